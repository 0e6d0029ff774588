"""Compare, and list the changes. Planning is the only place that decides."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a record is kept back, and what a person does about it.

    :param code: its stable name, ``VENDOR_NOT_LINKED``.
    :param waits: True where nobody must act: the record is simply not ready yet.
    """

    code: str
    sentence: str
    fix: str = ""
    waits: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One field as it stood in the target, and as it should stand. None is absent."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Which source record a change is about.

    :param source_id: its id in the source system, as text.
    :param title: what people call it.
    :param read: fingerprint of the record as it was read.
    :param source_url: its page in the source system.
    :param raw: the record as it was read; kept while it is held, so that it is judged again
        without another call.
    """

    source_id: str
    title: str
    read: str
    source_url: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """What the target should hold.

    :param payload: the body as it will be sent, whole; ids of the target are not in it.
    :param name: what people will call it in the target.
    :param data: what the link must remember for later flows.
    :param moved: fields that are otherwise than the source says, each with why.
    """

    payload: Mapping[str, Any]
    name: str
    data: Mapping[str, Any] = field(default_factory=dict)
    moved: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """It has no counterpart: make one.

    :param fields: those that are otherwise than the source says.
    """

    about: About
    desired: Desired
    wrote: str
    fields: tuple[FieldChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """Its counterpart differs: write it. *adopts* where the pair is new."""

    about: About
    desired: Desired
    wrote: str
    target_id: str
    fields: tuple[FieldChange, ...] = ()
    adopts: bool = False
    target_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Adopt:
    """Its counterpart exists already: remember the pair, write nothing.

    :param reasons: what is not right about it, where it is for people to mend.
    """

    about: About
    desired: Desired
    wrote: str
    target_id: str
    target_url: str = ""
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Remove:
    """It is gone from the source: take its counterpart away."""

    about: About
    target_id: str
    data: Mapping[str, Any] = field(default_factory=dict)
    target_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """Nothing to do. *read* is the record's fingerprint, to recognise it sooner next time."""

    source_id: str
    read: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """It is kept back, for every one of *reasons*."""

    about: About
    reasons: tuple[Reason, ...]
    target_id: str = ""
    target_url: str = ""


Write = Create | Update | Remove
Change = Create | Update | Adopt | Remove | Keep | Hold


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A change as the ledger keeps it, with its place in its plan."""

    seq: int
    change: Change

    @property
    def about(self) -> About:
        """Which record it is about; nothing that leaves is a Keep or a Hold."""
        assert not isinstance(self.change, Hold | Keep)
        return self.change.about


def tally(changes: Iterable[Change]) -> dict[str, int]:
    """Return how many of *changes* a run would report under each count; removals are updates."""
    counts = dict.fromkeys(("created", "updated", "linked", "unchanged", "held"), 0)
    for change in changes:
        counts[counted_as(change)] += 1
    return counts


def counted_as(change: Change) -> str:
    """Return the count that *change* belongs to."""
    match change:
        case Create():
            return "created"
        case Update(adopts=True) | Adopt():
            return "linked"
        case Update() | Remove():
            return "updated"
        case Keep():
            return "unchanged"
        case Hold():
            return "held"


def rewrites(change: Change) -> bool:
    """Whether *change* alters or takes away what an earlier run had left."""
    return isinstance(change, Remove) or (isinstance(change, Update) and not change.adopts)


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], names: Sequence[str] | None = None
) -> tuple[FieldChange, ...]:
    """Return the fields of *after* that *before* has otherwise, flat, in the order of *after*."""
    was, now = flat(before), flat(after)
    keys = [*now, *(k for k in was if k not in now)] if names is None else names
    return tuple(
        FieldChange(name=key, before=was.get(key), after=now.get(key))
        for key in keys
        if was.get(key) != now.get(key)
    )


def flat(value: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """Return *value* as dotted names to texts: ``LineItems.0.UnitAmount``."""
    found: dict[str, str] = {}
    for key, item in value.items():
        name = f"{prefix}{key}"
        if isinstance(item, Mapping):
            found |= flat(item, f"{name}.")
        elif isinstance(item, Sequence) and not isinstance(item, str):
            found |= flat({str(i): part for i, part in enumerate(item)}, f"{name}.")
        elif item is not None:
            found[name] = str(item)
    return found
