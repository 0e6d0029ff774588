"""From records to changes: the table of the four answers, and nothing else decides.

======================================================  =======================
the record                                              is planned as
======================================================  =======================
does not meet a condition, or cannot be mapped          ``Hold``
has no link, and no twin in the target                  ``Create``
has no link, but a twin                                 ``Adopt``, or ``Update``
is linked by a person, and taken as it stands           ``Adopt``, or ``Keep``
is linked, and what we last wrote still matches         ``Keep``
is linked, and it does not                              ``Update``
is linked, and is gone from the source                  ``Remove``
======================================================  =======================
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

from airflow_provider_procore_xero.errors import MappingError, raised_at
from airflow_provider_procore_xero.sync.entity import Around, Entity, Record, Twin
from airflow_provider_procore_xero.sync.fingerprint import fingerprint, read_print
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import (
    About,
    Adopt,
    Change,
    Create,
    Desired,
    Hold,
    Keep,
    Reason,
    Remove,
    Update,
)
from airflow_provider_procore_xero.sync.text import plain

Raw = Mapping[str, Any]
MISREAD = (LookupError, TypeError, ValueError, AttributeError, ArithmeticError)
"""What a record raises that is not shaped as its API says. It is held; the others go on.

A bug of ours raises the same, so whatever is held for it names the line that it came from.
"""


def unchanged(entity: Entity, raws: Iterable[Raw], around: Around, salt: str) -> Iterator[bool]:
    """Yield, for each of *raws*, whether it and its counterpart are as the last run left them.

    *salt* stands for everything but the record that the map depends on: the settings, the links
    that others were given by hand, the version of the map. Judging by it costs no mapping.
    """
    for raw in raws:
        link = around.links.find(entity.kind, entity.source, source_id(raw))
        yield (
            link is not None
            and link.state == "active"
            and not link.planned
            and link.read == read_print(raw, salt)
            and around.held_now.get(link.id_in(entity.target), link.held) == link.held
        )


def source_id(raw: Raw) -> str:
    """Return the id of a raw record, as text; readers put it under ``id``."""
    return str(raw["id"])


def make_changes(
    entity: Entity,
    raws: Iterable[Raw],
    around: Around,
    salt: str = "",
    complete: Callable[[Sequence[Any]], None] = lambda records: None,
) -> list[Change]:
    """Return what should happen to each of *raws*, in their order.

    *complete* is handed the records that meet every condition, to read what only they need; those
    conditions that are about what it reads are judged after it.
    """
    judged = [_judge(entity, raw, around, salt) for raw in raws]
    complete([each.record for each in judged if isinstance(each, _Ready)])
    return [_decided(entity, each, around) if isinstance(each, _Ready) else each for each in judged]


@contextmanager
def reading(record: Record, around: Around) -> Iterator[None]:
    """Have *record* held, and it alone, where what belongs to it can't be read in here."""
    try:
        yield
    except (*MISREAD, MappingError) as error:
        around.broken[record.id] = error


@dataclass(frozen=True, slots=True)
class _Ready:
    """A record that meets every condition, and what it is called."""

    record: Any
    about: About


def _judge(entity: Entity, raw: Raw, around: Around, salt: str) -> _Ready | Hold:
    link = around.links.find(entity.kind, entity.source, source_id(raw))
    try:
        record = entity.parse(raw, around)
        about = _about(raw, record.title, salt, entity.source_url(record, around))
        reasons = unmet(entity, record, around)
    except (*MISREAD, MappingError) as error:
        about = _about(raw, source_id(raw), salt)
        reason = _reason(raw, error, _field(entity, raw, around))
        return _hold(entity, about, (reason,), link, around)
    return _hold(entity, about, reasons, link, around) if reasons else _Ready(record, about)


def _decided(entity: Entity, ready: _Ready, around: Around) -> Change:
    link = around.links.find(entity.kind, entity.source, ready.about.source_id)
    try:
        if broken := around.broken.pop(ready.record.id, None):
            raise broken
        reasons = unmet(entity, ready.record, around)
        if not reasons:
            return _decide(entity, ready.record, ready.about, link, around)
    except (*MISREAD, MappingError) as error:
        reasons = (_reason(ready.about.raw, error),)
    return _hold(entity, ready.about, reasons, link, around)


def unmet(entity: Entity, record: Record, around: Around) -> tuple[Reason, ...]:
    """Return every condition that *record* does not meet, in the entity's order."""
    return tuple(c.reason(record, around) for c in entity.conditions if not c.met(record, around))


def _decide(
    entity: Entity, record: Record, about: About, link: Link | None, around: Around
) -> Change:
    desired = entity.desired(record, around)
    if desired is None:
        return _gone(entity, about, link, around)
    wrote = fingerprint(entity.lasting(desired.payload))
    if link is None or link.planned:
        return _unlinked(entity, record, about, desired, wrote, around)
    if drift := entity.drifted(record, link, around):
        return _hold(entity, about, (drift,), link, around)
    if taken := entity.taken(record, link, desired, around):
        return _taken(entity, about, link, desired, wrote, taken, around)
    if link.wrote == wrote:
        return Keep(source_id=about.source_id, read=about.read)
    part, fields = entity.change(link, desired, around)
    target_id = link.id_in(entity.target)
    return Update(
        about=about,
        desired=part,
        wrote=wrote,
        target_id=target_id,
        fields=fields,
        target_url=entity.target_url(target_id, desired.data, around),
    )


def _unlinked(
    entity: Entity, record: Record, about: About, desired: Desired, wrote: str, around: Around
) -> Change:
    twin = entity.twin(record, desired, around)
    if twin is None:
        return Create(about=about, desired=desired, wrote=wrote, fields=desired.moved)
    if twin.right:
        return _adopted(entity, about, desired, wrote, twin, around)
    return Update(
        about=about,
        desired=desired,
        wrote=wrote,
        target_id=twin.target_id,
        fields=twin.fields,
        adopts=True,
        target_url=entity.target_url(twin.target_id, desired.data, around),
    )


def _adopted(
    entity: Entity, about: About, desired: Desired, wrote: str, twin: Twin, around: Around
) -> Adopt:
    seen = {**desired.data, **twin.data, **({"held": twin.held} if twin.held else {})}
    return Adopt(
        about=about,
        desired=replace(desired, data=seen),
        wrote=wrote,
        target_id=twin.target_id,
        target_url=entity.target_url(twin.target_id, desired.data, around),
        reasons=twin.reasons,
    )


def _taken(
    entity: Entity,
    about: About,
    link: Link,
    desired: Desired,
    wrote: str,
    twin: Twin,
    around: Around,
) -> Change:
    """Remember how it stands, and that once: what is known already is only told again."""
    if (link.wrote, link.held) != (wrote, twin.held):
        return _adopted(entity, about, desired, wrote, twin, around)
    if twin.reasons:
        return _hold(entity, about, twin.reasons, link, around)
    return Keep(source_id=about.source_id, read=about.read)


def _gone(entity: Entity, about: About, link: Link | None, around: Around) -> Change:
    if link is None or link.state != "active" or link.planned:
        return Keep(source_id=about.source_id, read=about.read)
    target_id = link.id_in(entity.target)
    return Remove(
        about=about,
        target_id=target_id,
        data=link.data,
        target_url=entity.target_url(target_id, link.data, around),
    )


def _hold(
    entity: Entity, about: About, reasons: tuple[Reason, ...], link: Link | None, around: Around
) -> Hold:
    if link is None or link.planned:
        return Hold(about=about, reasons=reasons)
    target_id = link.id_in(entity.target)
    try:
        url = entity.target_url(target_id, link.data, around)
    except MISREAD:
        url = ""  # a link made by hand does not remember what the page's address needs
    return Hold(about=about, reasons=reasons, target_id=target_id, target_url=url)


def _about(raw: Raw, title: str, salt: str, url: str = "") -> About:
    return About(
        source_id=source_id(raw),
        title=plain(title),
        read=read_print(raw, salt),
        source_url=url,
        raw=raw,
    )


class _Watched(dict[str, Any]):
    """A raw record that remembers which of its fields was read last."""

    last = ""

    def __getitem__(self, key: str) -> Any:
        self.last = key
        return super().__getitem__(key)

    def get(self, key: str, default: Any = None) -> Any:
        self.last = key
        return super().get(key, default)


def _field(entity: Entity, raw: Raw, around: Around) -> str:
    """Return the field of *raw* that its reading ends at, or an empty text where it is read."""
    watched = _Watched(raw)
    try:
        entity.parse(watched, around)
    except (*MISREAD, MappingError):
        return watched.last
    return ""


def _reason(raw: Raw, error: Exception, field: str = "") -> Reason:
    """Return why a record can't be judged or mapped: its own words, or that it can't be read."""
    if isinstance(error, MappingError):
        said = str(error).rstrip(".")
        fix = error.fix or "Correct it in the source."
        return Reason(code=error.code, sentence=plain(f"{said}."), fix=plain(fix))
    lacks = f"it lacks {error}" if isinstance(error, KeyError) else str(error).rstrip(".")
    if field and field in raw:
        lacks = f"{field} is {str(raw[field])[:40]!r}, and {lacks}"
    return Reason(
        code="UNREADABLE",
        sentence=plain(f"Record {source_id(raw)} can't be read: {lacks}."),
        fix="Complete the record in the source. If it looks complete, the API has changed or we"
        f" misread it: report the code and {raised_at(error)}.",
    )
