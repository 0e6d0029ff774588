"""The gate before Xero: keeps back what nobody has decided on, and keeps the queue up to date."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.ledger.facts import Queued
from airflow_provider_procore_xero.sync.approval import (
    AGREED,
    OPEN,
    RULE,
    Facts,
    content_hash,
    deciding_rule,
    facts_of,
    named,
    needs_decision,
    under_approval,
)
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.links import Links
from airflow_provider_procore_xero.sync.plan import (
    Adopt,
    Change,
    Create,
    Hold,
    Keep,
    Reason,
    Remove,
    Update,
)

if TYPE_CHECKING:
    from airflow_provider_procore_xero.ledger.facts import Decision
    from airflow_provider_procore_xero.operators.base import SyncOperator
    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.entity import Around, Entity
    from airflow_provider_procore_xero.sync.plan import Stored
    from airflow_provider_procore_xero.sync.report import Outcome, What

WAITS = ("WAITS_FOR_APPROVAL", "REJECTED")
WRITTEN: tuple[What, ...] = ("created", "updated", "linked", "removed", "drifted")
TOLD = 50
"""So many exports are told of one by one in a run's report."""
_WHAT: Mapping[type, str] = {
    Create: "create",
    Update: "update",
    Adopt: "adopt",
    Remove: "remove",
}


def decisions_needed(entity: Entity, work: Work, batch: Sequence[Stored]) -> dict[str, str]:
    """Return what decisions on these changes must be bound to, of those that need one."""
    if not under_approval(work.settings, entity.name):
        return {}
    ids = [stored.about.source_id for stored in batch]
    links = Links(work.ledger.links(entity.kind, procore_ids=ids))
    needed = {}
    for change in (stored.change for stored in batch):
        if isinstance(change, Keep | Hold):
            continue
        source_id = change.about.source_id
        link = links.find(entity.kind, entity.source, source_id)
        if needs_decision(change, link, work.settings):
            needed[source_id] = content_hash(change)
    return needed


@dataclass(kw_only=True)
class Gate:
    """Judges the changes of one run by the decisions there are.

    :param entered: rows to be written once their page of the plan is, by source id.
    :param rules: the rule that accepted a record, by source id.
    :param known: records that the queue waits to hear of.
    :param unseen: those of them that this run has not come across.
    """

    operator: SyncOperator
    work: Work
    around: Around
    entered: dict[str, Queued] = field(default_factory=dict)
    rules: dict[str, str] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    unseen: set[str] = field(default_factory=set)
    exported: list[Queued] = field(default_factory=list)

    def __post_init__(self) -> None:
        name, queue = self.operator.entity.name, self.work.ledger.queue
        self.asks = under_approval(self.work.settings, name)
        self.known = queue.ids_in(name, (*OPEN, "rejected"))
        self.unseen = queue.ids_in(name, AGREED if self.work.asked.accepted else OPEN)

    # Before the plan is stored

    def judged(self, changes: list[Change]) -> list[Change]:
        """Return *changes* with those held back that wait for a decision, or were rejected."""
        if not self.asks:
            return changes
        ids = [c.about.source_id for c in changes if not isinstance(c, Keep | Hold)]
        queue = self.work.ledger.queue
        rows = queue.find(self.operator.entity.name, ids)
        decided = queue.last_decisions([row.id for row in rows.values()])
        last = {i: decided[row.id] for i, row in rows.items() if row.id in decided}
        return [
            c
            if isinstance(c, Keep | Hold)
            else self._judged(c, rows.get(c.about.source_id), last.get(c.about.source_id))
            for c in changes
        ]

    def _judged(
        self,
        change: Create | Update | Adopt | Remove,
        row: Queued | None,
        last: Decision | None,
    ) -> Change:
        entity, settings, about = self.operator.entity, self.work.settings, change.about
        link = self.around.links.find(entity.kind, entity.source, about.source_id)
        if not needs_decision(change, link, settings):
            return change
        digest = content_hash(change)
        if row is not None and row.state in AGREED and row.hash == digest:
            return change
        read = fingerprint(about.raw)
        if row is not None and row.state == "rejected" and row.read == read:
            return Hold(about=about, reasons=(_rejected(row, last),))
        facts = facts_of(change, entity.name, self.around.links)
        entered = _entered(change, row, entity.name, digest, read, facts)
        # What a person has rejected waits for a person, whatever is changed in it.
        rejected = last is not None and last.what == "reject"
        text = "" if rejected else deciding_rule(settings, entity.name, facts)
        if text:
            self.entered[about.source_id] = replace(
                entered, state="accepted", decided_by=RULE, decided_at=datetime.now(UTC)
            )
            self.rules[about.source_id] = text
            return change
        if row is None or _stands(row) != _stands(entered):
            self.entered[about.source_id] = entered
        target = "" if isinstance(change, Create) else change.target_id
        return Hold(about=about, reasons=(self._waits(about.title, digest),), target_id=target)

    def _waits(self, title: str, digest: str) -> Reason:
        place = "under Queue on the page Procore ↔ Xero in Airflow"
        named = bool(self.work.settings.approval.approvers)
        return Reason(
            code="WAITS_FOR_APPROVAL",
            sentence=f"{title} waits for a decision; what would be written has the fingerprint"
            f" {digest}.",
            fix=f"Accept or reject it {place}."
            if named
            else f"Name in approval.approvers who may decide; they find it {place}.",
            waits=True,
        )

    # Once its page of the plan is stored

    def settle(self, changes: Sequence[Change]) -> None:
        """Bring the queue up to date with one page of the plan."""
        name, queue = self.operator.entity.name, self.work.ledger.queue
        by_id = {_id(change): change for change in changes}
        self.unseen -= by_id.keys()
        entered = {i: self.entered.pop(i) for i in by_id if i in self.entered}
        others = [i for i in by_id if i in self.known and i not in entered]
        rows = queue.find(name, others).values() if others else ()
        moved = [m for row in rows if (m := _moved(by_id[row.source_id], row))]
        queue.save([*self._with_people(entered, by_id), *moved], self.rules)
        self.known |= entered.keys()

    def _with_people(
        self, entered: Mapping[str, Queued], changes: Mapping[str, Change]
    ) -> Iterator[Queued]:
        new = [changes[source_id] for source_id, one in entered.items() if not one.creator]
        raws = [change.about.raw for change in new if not isinstance(change, Keep)]
        found = self.operator.people(self.work, self.around, raws) if raws else {}
        for source_id, one in entered.items():
            creator = one.creator or found.get(source_id, "")
            yield replace(one, creator=creator, run=self.work.run)

    def end(self) -> None:
        """Take what this run should have met, and did not, out of the queue."""
        if not self.work.asked.one and not self.work.planning_only:
            self.work.ledger.queue.withdraw(self.operator.entity.name, self.unseen)

    # Once it is written

    def written(self, outcomes: Sequence[Outcome]) -> None:
        """Bring the queue up to date with what became of records."""
        told = {o.source_id: o for o in outcomes if o.what != "held" and o.source_id in self.known}
        if not told:
            return
        rows = self.work.ledger.queue.find(self.operator.entity.name, told).values()
        agreed = [_ended(row, told[row.source_id]) for row in rows if row.state in OPEN]
        too_late = [
            _ended(row, told[row.source_id])
            for row in rows
            if row.state == "rejected" and told[row.source_id].what in WRITTEN
        ]
        self.work.ledger.queue.save([*agreed, *too_late])
        self.exported += [row for row in agreed if row.state == "synced" and row.decided_at]
        for row in too_late:
            self.work.note(
                f"{row.title} is in Xero, though {row.decided_by} rejected it: it had been sent"
                " before, or needs no decision any more. If it must not be there, take it back in"
                " Xero."
            )

    def tell(self) -> None:
        """Note for the report how long each export took, and what Xero then held."""
        shown = {row.source_id: row for row in self.exported[:TOLD]}
        entity = self.operator.entity
        links = self.work.ledger.links(entity.kind, procore_ids=list(shown)) if shown else []
        names = {link.procore_id: str(link.data.get("answered", link.xero_name)) for link in links}
        for row in shown.values():
            self.work.note(
                f"{row.title}: accepted by {_who(row)}, in Xero {_elapsed(row)} later"
                f" as {names.get(row.source_id) or row.name!r}."
            )
        if more := len(self.exported) - len(shown):
            self.work.note(f"And {more} more that were accepted are in Xero.")


def _entered(
    change: Create | Update | Adopt | Remove,
    row: Queued | None,
    entity: str,
    digest: str,
    read: str,
    facts: Facts,
) -> Queued:
    """Return the row of a record that waits, as the queue shows it."""
    about = change.about
    desired = None if isinstance(change, Remove) else change.desired
    waits = row is not None and row.state == "ready_to_export"
    return Queued(
        id=row.id if row else 0,
        version=row.version if row else 1,
        entity=entity,
        source_id=about.source_id,
        state="ready_to_export",
        what=_WHAT[type(change)],
        title=about.title,
        name=desired.name if desired else "",
        hash=digest,
        read=read,
        payload=desired.payload if desired else {},
        fields=change.fields if isinstance(change, Create | Update) else (),
        amount="" if facts.amount is None else f"{facts.amount:.2f}",
        vendor=next(iter(facts.vendor), ""),
        project=next(iter(facts.project), ""),
        creator=_named(about.raw) or (row.creator if row else ""),
        submitter=row.submitter if row else "",
        procore_url=about.source_url,
        xero_url="" if isinstance(change, Create) else change.target_url,
        target_id="" if isinstance(change, Create) else change.target_id,
        waiting_since=row.waiting_since if row and waits else datetime.now(UTC),
        exported_at=row.exported_at if row else None,
    )


def _rejected(row: Queued, last: Decision | None) -> Reason:
    said = f": {last.comment}" if last and last.comment else ""
    return Reason(
        code="REJECTED",
        sentence=f"{row.title} was rejected by {row.decided_by}{said}",
        fix="Change it in Procore; it then comes back into the queue.",
        waits=True,
    )


def _named(raw: Mapping[str, Any]) -> str:
    """Return who created a record, where it says so: ``Ana Ng <ana@example.com>``."""
    return named(raw.get("created_by") or raw.get("creator") or {})


def _stands(row: Queued) -> tuple[str, str, str]:
    return (row.state, row.hash, row.read)


def _moved(change: Change, row: Queued) -> Queued | None:
    """Return the row of a record that is not waiting any more, or None where nothing changes."""
    if isinstance(change, Keep):
        if row.state == "ready_to_export":
            return replace(row, state="synced" if row.exported_at else "withdrawn")
        # The queue has not heard of it: a crash, or a rejection, came between.
        return replace(row, state="synced", errors=(), exported_at=datetime.now(UTC))
    if not isinstance(change, Hold) or any(r.code in WAITS for r in change.reasons):
        return None
    if row.state == "ready_to_export":
        return replace(row, state="withdrawn")
    errors = tuple(reason.sentence for reason in change.reasons)
    same = row.state == "failed_to_export" and row.errors == errors
    return None if same else replace(row, state="failed_to_export", errors=errors)


def _ended(row: Queued, outcome: Outcome) -> Queued:
    """Return the row of a record that was sent."""
    errors = tuple(reason.sentence for reason in outcome.reasons)
    if outcome.what == "refused":
        return replace(row, state="failed_to_export", errors=errors)
    if outcome.what == "in_doubt":
        return replace(row, errors=errors)
    return replace(
        row,
        state="synced",
        errors=errors,
        exported_at=datetime.now(UTC),
        target_id=outcome.target_id or row.target_id,
        xero_url=outcome.xero_url or row.xero_url,
    )


def _who(row: Queued) -> str:
    return "a rule" if row.decided_by == RULE else row.decided_by


def _elapsed(row: Queued) -> str:
    """Return how long after its acceptance a record was in Xero: ``1 min 5 s``."""
    assert row.exported_at is not None
    assert row.decided_at is not None
    seconds = max(0, round((row.exported_at - row.decided_at).total_seconds()))
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    parts = ((hours, "h"), (minutes, "min"), (seconds, "s"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 s"


def _id(change: Change) -> str:
    return change.source_id if isinstance(change, Keep) else change.about.source_id
