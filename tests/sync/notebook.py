"""A ledger in memory, and targets that say yes, no or nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from airflow_provider_procore_xero.errors import ApiError, NotAgreed
from airflow_provider_procore_xero.sync.apply import Applier
from airflow_provider_procore_xero.sync.entity import Entity
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import (
    About,
    Adopt,
    Change,
    Create,
    Desired,
    Hold,
    Keep,
    Remove,
    Stored,
    Update,
)
from airflow_provider_procore_xero.sync.report import Outcome
from airflow_provider_procore_xero.sync.results import Refused, Result, Saved


@dataclass(kw_only=True)
class Notebook:
    """What a ledger remembers, with every act in the order it came.

    :param acts: ``("intents", ids)``, ``("sent", ids)``, ``("closed", ids)``, ``("shelved", ids)``;
        ids are those of source records.
    :param rejected: records to which nobody agrees, with their state in the queue.
    """

    plan: list[Stored] = field(default_factory=list)
    acts: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    intents: dict[int, str] = field(default_factory=dict)
    open: set[int] = field(default_factory=set)
    keys: list[str] = field(default_factory=list)
    outcomes: list[Outcome] = field(default_factory=list)
    links: dict[str, Link] = field(default_factory=dict)
    unlinked: list[Link] = field(default_factory=list)
    shelf: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    rejected: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, *changes: Change) -> Notebook:
        """A notebook with a plan of *changes*."""
        stored = [Stored(seq=seq, change=change) for seq, change in enumerate(changes, 1)]
        return cls(plan=stored)

    # What applying asks of the ledger

    def changes(self, plan: str, kinds: tuple[type, ...]) -> Iterator[Stored]:
        yield from [stored for stored in self.plan if isinstance(stored.change, kinds)]

    def save_intents(
        self,
        run: str,
        plan: str,
        stored: Sequence[Stored],
        *,
        entity: str,
        key: str,
        needed: Mapping[str, str] = {},
    ) -> list[int]:
        if refused := self.not_agreed(entity, needed):
            raise NotAgreed(refused)
        ids = [len(self.intents) + n for n in range(1, len(stored) + 1)]
        self.intents |= {i: id_of(s.change) for i, s in zip(ids, stored, strict=True)}
        self.open |= set(ids)
        self.keys.append(key)
        self.acts.append(("intents", tuple(id_of(s.change) for s in stored)))
        return ids

    def not_agreed(self, entity: str, needed: Mapping[str, str]) -> dict[str, str]:
        return {i: self.rejected[i] for i in needed if i in self.rejected}

    def close_batch(
        self,
        run: str,
        outcomes: Sequence[Outcome],
        links: Sequence[Link],
        intents: Sequence[int],
        *,
        unlinked: Sequence[Link] = (),
    ) -> None:
        self.outcomes += outcomes
        self.unlinked += unlinked
        self.open -= set(intents)
        self.links |= {link.procore_id: link for link in links}
        self.acts.append(("closed", tuple(self.intents[i] for i in intents)))

    def shelve(self, entity: str, items: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
        rows = dict(items)
        self.shelf |= rows
        self.acts.append(("shelved", tuple(rows)))

    # What a test asks of it

    @property
    def in_doubt(self) -> set[str]:
        """The source records whose intents are open."""
        return {self.intents[i] for i in self.open}

    def what(self) -> dict[str, str]:
        """What became of each record."""
        return {outcome.source_id: outcome.what for outcome in self.outcomes}


def id_of(change: Change) -> str:
    return change.source_id if isinstance(change, Keep) else change.about.source_id


def about(source_id: str, **given: Any) -> About:
    return About(
        **{"source_id": source_id, "title": f"No. {source_id}", "read": "r", "raw": {}, **given}
    )


def a_create(source_id: str, **given: Any) -> Create:
    desired = Desired(**{"payload": {"n": source_id}, "name": f"T{source_id}", **given})
    return Create(about=about(source_id, raw={"id": source_id}), desired=desired, wrote="w")


def an_update(source_id: str, **given: Any) -> Update:
    return Update(
        **{
            "about": about(source_id),
            "desired": Desired(payload={}, name=""),
            "wrote": "w",
            "target_id": f"t{source_id}",
            **given,
        }
    )


def an_adopt(source_id: str, **given: Any) -> Adopt:
    return Adopt(
        about=about(source_id),
        desired=Desired(**{"payload": {}, "name": "", **given}),
        wrote="w",
        target_id=f"t{source_id}",
    )


def a_remove(source_id: str) -> Remove:
    return Remove(about=about(source_id), target_id=f"t{source_id}")


def a_hold(source_id: str) -> Hold:
    return Hold(about=about(source_id), reasons=())


@dataclass(kw_only=True)
class Target:
    """A target that saves whatever it is sent, but for what a test says.

    :param refuses: errors by source id.
    :param silent: records that an answer does not mention.
    :param fails: what the call as a whole raises, given the ids that it carries.
    """

    notebook: Notebook
    refuses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()
    fails: Callable[[tuple[str, ...]], ApiError | None] = lambda ids: None
    sent: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)
    written: list[str] = field(default_factory=list)

    def save(self, batch: Sequence[Stored], key: str) -> Iterator[Result]:
        ids = tuple(id_of(stored.change) for stored in batch)
        self.sent.append((key, ids))
        self.notebook.acts.append(("sent", ids))
        if error := self.fails(ids):
            raise error
        for source_id in ids:
            if source_id in self.silent:
                continue
            if source_id in self.refuses:
                yield Refused(source_id=source_id, errors=self.refuses[source_id])
                continue
            self.written.append(source_id)
            yield Saved(source_id=source_id, target_id=f"t{source_id}", held="h")


def an_applier(entity: Entity, notebook: Notebook, target: Target, **given: Any) -> Applier:
    return Applier(
        **{
            "entity": entity,
            "ledger": notebook,
            "run": "run-1",
            "plan": "plan-1",
            "save": target.save,
            "pair": "1:org",
            **given,
        }
    )
