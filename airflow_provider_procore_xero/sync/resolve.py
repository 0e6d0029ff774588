"""What became of writes whose answer was lost: looked for before anything is sent again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby

from airflow_provider_procore_xero.errors import LinkTaken
from airflow_provider_procore_xero.sync.apply import Applier, Memory
from airflow_provider_procore_xero.sync.entity import Entity, no_page
from airflow_provider_procore_xero.sync.outcomes import (
    clash,
    counted,
    link_of,
    lost,
    outcome_of,
    still_in_doubt,
)
from airflow_provider_procore_xero.sync.plan import Create
from airflow_provider_procore_xero.sync.results import (
    Absent,
    Doubt,
    Find,
    Found,
    Page,
    Saved,
    Unclear,
)

SETTLES = timedelta(minutes=5)
"""How long a look-up that finds nothing proves nothing: a write may take a while to be carried out
and to be seen. Until then Xero still knows its idempotency key, which it forgets after six minutes.
"""
REPEATS = timedelta(seconds=100)
"""How long what is not found is sent again. Later it might leave, wait included, so late that the
next look comes while it is at work; ``apis/transport.py`` lets none leave that is older than 150 s.
"""


@dataclass(kw_only=True)
class Resolver:
    """Settles an entity's doubts in one run.

    Found ones are linked, unclear ones wait for a person. Absent ones may be planned again, but
    not at once where only a key keeps the target from doing it twice: those are sent again as they
    were while that is safe, and then wait until their absence can be believed. Updates and removals
    are harmless to repeat, so only creates are looked for.

    :param since: when the run began to look: what is not found was not there then.
    :param again: makes what applies a plan; None where nothing may be written.
    """

    entity: Entity
    ledger: Memory
    run: str
    find: Find
    page: Page = no_page
    since: datetime = field(default_factory=lambda: datetime.now(UTC))
    again: Callable[[str], Applier] | None = None

    def resolve(self, doubts: Sequence[Doubt]) -> Counter[str]:
        """Look what became of *doubts*, and return how many of each are settled or still open."""
        repeatable = [d for d in doubts if not isinstance(d.stored.change, Create)]
        self.ledger.close_batch(self.run, (), (), [d.intent for d in repeatable])
        sought = [d for d in doubts if isinstance(d.stored.change, Create)]
        found = {each.source_id: each for each in self.find(sought)} if sought else {}
        early = [d for d in sought if self._too_early(d, found.get(d.source_id))]
        repeats = list(self._repeats(early))
        again = [doubt for _, due in repeats for doubt in due]
        waiting = {d.source_id: self._not_yet(d) for d in early if d not in again}
        counts = self._settle([d for d in sought if d not in again], {**found, **waiting})
        for applier, due in repeats:
            applier.repeat([doubt for doubt in sought if doubt.key == due[0].key], due)
            counts += applier.counts
        return counts

    def _repeats(self, early: Sequence[Doubt]) -> Iterator[tuple[Applier, list[Doubt]]]:
        """Yield what is to be sent again, a batch at a time: as a whole, or not at all.

        Its key stands for exactly what was sent. Where one of it was rejected meanwhile, all of it
        waits until its absence is believed.
        """
        if self.again is None or self.entity.target != "xero":
            return
        young = [doubt for doubt in early if doubt.age < REPEATS]
        for key in sorted({doubt.key for doubt in young}):
            due = [doubt for doubt in young if doubt.key == key]
            applier = self.again(due[0].plan)
            if not applier.not_agreed([doubt.stored for doubt in due]):
                yield applier, due

    def _too_early(self, doubt: Doubt, found: Found | None) -> bool:
        """Whether it proves nothing that the target does not show a write.

        Procore takes one record of an origin id and refuses the next, however late it shows the
        first; but not where the origin id is written last.
        """
        if not isinstance(found, Absent) or found.sure:
            return False
        may_come = self.entity.target == "xero" or self.entity.locked_last
        return may_come and self.since - doubt.sent_at < SETTLES

    def _not_yet(self, doubt: Doubt) -> Found:
        why = (
            f"{self.entity.target.capitalize()} does not show it, {doubt.sent_at:%H:%M:%S} UTC"
            " being too recent for that to mean anything."
        )
        return Unclear(source_id=doubt.source_id, why=why, soon=True)

    def _settle(self, doubts: Sequence[Doubt], found: Mapping[str, Found]) -> Counter[str]:
        """Remember what was found; one that a person linked otherwise stays in doubt, alone."""
        try:
            return self._close(doubts, found)
        except LinkTaken as error:
            by_id = groupby(sorted(doubts, key=_source_id), _source_id)
            one_by_one = [list(each) for _, each in by_id]
            if len(one_by_one) > 1:
                return sum((self._settle(each, found) for each in one_by_one), Counter[str]())
            saved = found[doubts[0].source_id]
            assert isinstance(saved, Saved)
            why = clash(self.entity, saved.target_id, error)
            return self._close(
                doubts, {saved.source_id: Unclear(source_id=saved.source_id, why=why)}
            )

    def _close(self, doubts: Sequence[Doubt], found: Mapping[str, Found]) -> Counter[str]:
        """Remember what was found; what is still in doubt is kept to be judged again."""
        by_id = {doubt.source_id: doubt for doubt in doubts}
        outcomes, links, unclear = [], [], []
        for source_id, doubt in by_id.items():
            match found.get(source_id):
                case Saved() as saved:
                    outcomes.append(outcome_of(self.entity, doubt.stored, saved, self.page))
                    links.append(link_of(self.entity, doubt.stored, saved))
                case Absent():
                    pass
                case Unclear(soon=True) as young:
                    outcomes.append(lost(self.entity, doubt.stored, young.why))
                    unclear.append(doubt)
                case other:
                    why = other.why if other else "Looking for it gave no answer."
                    outcomes.append(still_in_doubt(self.entity, doubt.stored, why))
                    unclear.append(doubt)
        still_open = {doubt.source_id for doubt in unclear}
        closed = [doubt.intent for doubt in doubts if doubt.source_id not in still_open]
        self.ledger.close_batch(self.run, outcomes, links, closed)
        if unclear:
            shelved = [(d.source_id, d.stored.about.raw) for d in unclear]
            self.ledger.shelve(self.entity.name, shelved)
        return Counter(counted(outcome.what) for outcome in outcomes)


def _source_id(doubt: Doubt) -> str:
    return doubt.source_id
