"""Makes the plan of one run, page by page, so that memory stays flat as records grow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero import __version__
from airflow_provider_procore_xero.errors import UnknownRecord, UnsafePlan
from airflow_provider_procore_xero.operators.base import A_PAGE
from airflow_provider_procore_xero.operators.gate import Gate
from airflow_provider_procore_xero.sync.apply import in_batches
from airflow_provider_procore_xero.sync.entity import Around
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.links import Links
from airflow_provider_procore_xero.sync.outcomes import urls
from airflow_provider_procore_xero.sync.plan import (
    About,
    Adopt,
    Change,
    Create,
    Hold,
    Keep,
    Reason,
    Remove,
    Update,
    tally,
)
from airflow_provider_procore_xero.sync.planning import make_changes, source_id, unchanged
from airflow_provider_procore_xero.sync.report import Outcome, What

if TYPE_CHECKING:
    from airflow_provider_procore_xero.operators.base import SyncOperator
    from airflow_provider_procore_xero.operators.work import Work

FEW = 10
"""So many changes are never a mass change, however few links there are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """How much a plan holds."""

    counts: Counter[str]
    rewrites: int
    kind: str

    @property
    def judged(self) -> Counter[str]:
        """The counts that planning settles by itself; the others are settled by writing."""
        return Counter({name: self.counts[name] for name in ("read", "unchanged", "held")})

    def raise_if_unsafe(self, work: Work) -> None:
        """Stop before the first write where the plan is larger than the settings allow.

        :raises UnsafePlan: naming the figure and the setting.
        """
        safety = work.settings.safety
        writes = self.counts["created"] + self.counts["updated"] + self.counts["linked"]
        if writes > safety.max_writes:
            raise UnsafePlan(
                f"The plan has {writes} writes, more than safety.max_writes allows"
                f" ({safety.max_writes}).",
                code="TOO_MANY_WRITES",
                fix=f"Look at plan {work.plan}; raise the limit for one run"
                f' with {{"settings": {{"safety": {{"max_writes": {writes}}}}}}}.',
            )
        linked = len(work.ledger.links(self.kind)) if self.rewrites > FEW else 0
        if linked and self.rewrites * 100 > linked * safety.max_change_percent:
            raise UnsafePlan(
                f"The plan changes {self.rewrites} of {linked} linked records, more than"
                f" safety.max_change_percent allows ({safety.max_change_percent} %).",
                code="TOO_MANY_CHANGES",
                fix=f"Look at plan {work.plan}; raise the limit in the settings file if it is"
                " meant.",
            )


@dataclass(kw_only=True)
class Planner:
    """Plans one run of one operator, and settles its issues."""

    operator: SyncOperator
    work: Work
    around: Around
    salt: str = ""
    counts: Counter[str] = field(default_factory=Counter)
    rewrites: int = 0
    shelved: set[str] = field(default_factory=set)
    in_doubt: set[str] = field(default_factory=set)
    allowed: dict[str, Change] | None = None
    gate: Gate = field(init=False)

    def plan(self) -> Planned:
        """Read, decide and store; return how much there is to do."""
        work, entity = self.work, self.operator.entity
        self.salt = self._salt()
        self.allowed = self._stored_plan()
        self.gate = Gate(operator=self.operator, work=work, around=self.around)
        work.plan = work.ledger.begin_plan(
            work.run,
            entity.name,
            kind=entity.kind,
            source_system=entity.source,
            scope=work.scope,
            settings_hash=work.settings_hash,
        )
        # Until it is known what became of them, nothing is planned for these: it might be a second.
        self.in_doubt = {doubt.source_id for doubt in work.ledger.doubts(entity.name)}
        if self.operator.shelves and work.asked.bulk:
            shelved = {shelved for shelved, _ in work.ledger.shelf(entity.name)}
            self.shelved = shelved - self.in_doubt
        known = (raw for raw in self._records() if source_id(raw) not in self.in_doubt)
        for page in in_batches(known, A_PAGE):
            self.shelved -= {source_id(raw) for raw in page}
            self._add(self._changes(page))
        self._let_go(self._unlisted())
        for page in in_batches(self._from_shelf(), A_PAGE):
            self._add(self._judged_again(page))
        if work.asked.one and not self.counts["read"] and not self.in_doubt:
            raise UnknownRecord("Nothing was found for the numbers that this run was asked for.")
        work.ledger.seal_plan(work.plan, self.counts)
        self.gate.end()
        return Planned(counts=self.counts, rewrites=self.rewrites, kind=entity.kind)

    def settle_written(self) -> None:
        """Open the issues of what was refused, and close those of what was written."""
        work, entity = self.work, self.operator.entity
        for page in work.ledger.outcome_pages(work.run):
            bad = [o for o in page if o.what in ("refused", "in_doubt", "drifted")]
            good = [o.source_id for o in page if o.what not in ("held", "refused", "in_doubt")]
            work.ledger.settle_issues(work.run, entity.name, bad, judged=good)
            drifted = {o.source_id for o in bad}
            work.ledger.unshelve(entity.name, [done for done in good if done not in drifted])
            self.gate.written(page)
        self.gate.tell()

    # Pages

    def _records(self) -> Iterator[dict[str, Any]]:
        """Yield what is due, or of what was accepted a fresh copy each."""
        operator, work = self.operator, self.work
        if not work.asked.accepted:
            yield from operator.read(work, self.around)
            return
        accepted = set(self.gate.unseen)
        if operator.shelves:
            shelf = work.ledger.shelf(operator.entity.name)
            kept = [raw for shelved, raw in shelf if shelved in accepted]
            yield from operator.again(work, self.around, kept)
        else:
            records = operator.read(work, self.around)
            yield from (raw for raw in records if source_id(raw) in accepted)

    def _from_shelf(self) -> Iterator[dict[str, Any]]:
        for _, raw in self._from_shelf_named():
            yield raw

    def _from_shelf_named(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield what is on the shelf and was not read, each with its id there."""
        for shelved, raw in self.work.ledger.shelf(self.operator.entity.name):
            if shelved in self.shelved:
                yield shelved, raw

    def _judged_again(self, raws: Sequence[dict[str, Any]]) -> list[Change]:
        """Judge shelved records; those that may go now are first read afresh.

        What the source has no longer leaves the shelf, and is nobody's issue any more.
        """
        changes = self._changes(raws)
        ready = {_id(change) for change in changes if not isinstance(change, Hold)}
        if not ready:
            return changes
        old = [raw for raw in raws if source_id(raw) in ready]
        fresh = {source_id(r): r for r in self.operator.again(self.work, self.around, old)}
        self._let_go(ready - set(fresh))
        held = [change for change in changes if isinstance(change, Hold)]
        return [*held, *self._changes(list(fresh.values()))]

    def _unlisted(self) -> set[str]:
        """Return what is on the shelf, and was not on the list that it should be on."""
        operator, whole = self.operator, self.work.whole
        return {
            shelved for shelved, raw in self._from_shelf_named() if whole(operator.list_of(raw))
        }

    def _let_go(self, gone: set[str]) -> None:
        """Forget shelved records that the source has no longer, and what was said of them."""
        self.shelved -= gone
        if gone and not self.work.planning_only:
            name = self.operator.entity.name
            self.work.ledger.unshelve(name, gone)
            self.work.ledger.settle_issues(self.work.run, name, (), judged=gone)

    def _changes(self, raws: Sequence[dict[str, Any]]) -> list[Change]:
        """Return what should happen to one page of records."""
        operator, work, around = self.operator, self.work, self.around
        entity = operator.entity
        ids = [source_id(raw) for raw in raws]
        own = (
            work.ledger.links(entity.kind, procore_ids=ids)
            if entity.source == "procore"
            else work.ledger.links(entity.kind, xero_ids=ids)
        )
        around.links = Links(own, beyond=work.links)
        same = list(unchanged(entity, raws, around, self.salt))
        kept: list[Change] = [Keep(source_id=i) for i, s in zip(ids, same, strict=True) if s]
        rest = [raw for raw, s in zip(raws, same, strict=True) if not s]
        changes = make_changes(
            entity,
            rest,
            around,
            self.salt,
            lambda records: operator.complete(work, around, records),
        )
        self._freshen(changes)
        fit = [self._if_allowed(c) for c in operator.recheck(work, around, changes)]
        return kept + self.gate.judged(fit)

    def _freshen(self, changes: Sequence[Change]) -> None:
        """Remember how kept records read now, to know them at a glance the next time."""
        if self.work.planning_only:
            return
        entity, links = self.operator.entity, self.around.links
        fresh = [
            replace(link, read=change.read)
            for change in changes
            if isinstance(change, Keep)
            and change.read
            and (link := links.find(entity.kind, entity.source, change.source_id))
            and link.state == "active"
            and link.read != change.read
        ]
        if fresh:
            self.work.ledger.save_links(fresh, self.work.run)

    # What becomes of a page

    def _add(self, changes: list[Change]) -> None:
        work, entity = self.work, self.operator.entity
        self.counts["read"] += len(changes)
        self.counts.update(tally(changes))
        self.rewrites += sum(entity.rewrites(c) for c in changes)
        work.ledger.add_changes(work.plan, changes)
        held = [self._outcome(c) for c in changes if isinstance(c, Hold)]
        planned = [
            self._outcome(c)
            for c in changes
            if work.planning_only and not isinstance(c, Hold | Keep)
        ]
        work.ledger.add_outcomes(work.run, held + planned)
        if not work.planning_only:
            settled = [_id(c) for c in changes if isinstance(c, Hold | Keep)]
            work.ledger.settle_issues(work.run, entity.name, held, judged=settled)
            self._reshelve(changes)
            self.gate.settle(changes)

    def _reshelve(self, changes: Sequence[Change]) -> None:
        if not self.operator.shelves:
            return
        ledger, name = self.work.ledger, self.operator.entity.name
        ledger.shelve(
            name, [(c.about.source_id, c.about.raw) for c in changes if isinstance(c, Hold)]
        )
        ledger.unshelve(name, [_id(c) for c in changes if isinstance(c, Keep)])

    def _outcome(self, change: Change) -> Outcome:
        assert not isinstance(change, Keep)
        return Outcome(
            entity=self.operator.entity.name,
            what=_what(change),
            source_id=change.about.source_id,
            title=change.about.title,
            target_id=getattr(change, "target_id", ""),
            reasons=getattr(change, "reasons", ()),
            fields=getattr(change, "fields", ()),
            **urls(
                self.operator.entity, change.about.source_url, getattr(change, "target_url", "")
            ),
        )

    # Stored plans

    def _stored_plan(self) -> dict[str, Change] | None:
        """Return the writes of the plan that this run was told to apply, by source id."""
        called = self.work.asked.plan_id
        if not called:
            return None
        plan = self.work.ledger.plan(called, self.operator.entity.name)
        return {_id(stored.change): stored.change for stored in self.work.ledger.changes(plan.id)}

    def _if_allowed(self, change: Change) -> Change:
        """Return *change* if the stored plan holds the same, else why not."""
        if self.allowed is None or isinstance(change, Keep | Hold):
            return change
        stored = self.allowed.get(_id(change))
        if stored is not None and _same(stored, change):
            return change
        moved = stored is not None
        return Hold(
            about=change.about,
            reasons=(
                Reason(
                    code="PLAN_STALE" if moved else "NOT_IN_PLAN",
                    sentence=f"{change.about.title} has changed since plan"
                    f" {self.work.asked.plan_id} was made."
                    if moved
                    else f"{change.about.title} is not in plan {self.work.asked.plan_id}.",
                    fix="Make a new plan and apply that one.",
                    waits=not moved,
                ),
            ),
        )

    def _salt(self) -> str:
        """Return everything but the record that its map depends on."""
        epoch = self.work.ledger.links_epoch()
        return f"{__version__}|{self.work.settings_hash}|{epoch}"


_WHAT: dict[type, What] = {
    Create: "created",
    Update: "updated",
    Adopt: "linked",
    Remove: "removed",
    Hold: "held",
}


def _what(change: Change) -> What:
    """Return what is reported of a change that is held, or that a plan would make."""
    if isinstance(change, Adopt) and change.reasons:
        return "drifted"
    return "linked" if getattr(change, "adopts", False) else _WHAT[type(change)]


def _same(stored: Change, change: Change) -> bool:
    """Whether two changes of one record write the same to the same target."""
    return (
        type(stored) is type(change)
        and all(
            getattr(stored, name, None) == getattr(change, name, None)
            for name in ("wrote", "target_id", "adopts")
        )
        and _sent(stored) == _sent(change)
    )


def _sent(change: Change) -> str:
    """Return the fingerprint of the body that leaves: what is written over may be kept in it."""
    return fingerprint(change.desired.payload) if isinstance(change, Create | Update) else ""


def _id(change: Change) -> str:
    if isinstance(change, Keep):
        return change.source_id
    about: About = change.about
    return about.source_id
