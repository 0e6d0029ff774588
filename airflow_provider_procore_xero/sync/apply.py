"""Carry a plan out, through functions it is handed. Applying never decides.

Changes leave in batches. Each batch's intents are committed before it does, and its outcomes, links
and closed intents are committed together after. A crash in between leaves intents open, and the
next run looks what became of them before it plans anything new: see :mod:`.resolve`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from typing import Any, Protocol, TypeVar

from airflow_provider_procore_xero.errors import ApiError, InDoubt, LinkTaken, NotAgreed, in_full
from airflow_provider_procore_xero.sync.approval import taken_back
from airflow_provider_procore_xero.sync.entity import Entity, no_page
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.outcomes import (
    clash,
    counted,
    done,
    link_of,
    lost,
    outcome_of,
    still_in_doubt,
    withheld,
)
from airflow_provider_procore_xero.sync.plan import Adopt, Change, Create, Remove, Stored, Update
from airflow_provider_procore_xero.sync.planning import MISREAD
from airflow_provider_procore_xero.sync.report import Outcome
from airflow_provider_procore_xero.sync.results import (
    Doubt,
    Intended,
    Page,
    Refused,
    Result,
    Save,
    Saved,
)

T = TypeVar("T")
_APART: tuple[tuple[type, ...], ...] = ((Remove,), (Update,), (Create,))
_TOGETHER: tuple[tuple[type, ...], ...] = ((Remove,), (Update, Create))


class Memory(Protocol):
    """What applying asks of the ledger; each call is one transaction."""

    def changes(self, plan: str, kinds: tuple[type, ...]) -> Iterator[Stored]: ...

    def save_intents(
        self,
        run: str,
        plan: str,
        stored: Sequence[Stored],
        *,
        entity: str,
        key: str,
        needed: Mapping[str, str],
    ) -> list[int]: ...

    def not_agreed(self, entity: str, needed: Mapping[str, str]) -> Mapping[str, str]: ...

    def close_batch(
        self,
        run: str,
        outcomes: Sequence[Outcome],
        links: Sequence[Link],
        intents: Sequence[int],
        *,
        unlinked: Sequence[Link] = (),
    ) -> None: ...

    def shelve(self, entity: str, items: Iterable[tuple[str, Mapping[str, Any]]]) -> None: ...


def nothing_needed(batch: Sequence[Stored]) -> Mapping[str, str]:
    """Return nothing: these changes go without a decision."""
    return {}


@dataclass(kw_only=True)
class Applier:
    """Applies one plan of one entity in one run, and counts what came of it.

    :param needed: the hashes that decisions on these changes must be bound to, by source id. A
        person may take theirs back until the moment at which a batch leaves.
    """

    entity: Entity
    ledger: Memory
    run: str
    plan: str
    save: Save
    intended: Intended = lambda age: nullcontext()
    pair: str = ""
    page: Page = no_page
    needed: Callable[[Sequence[Stored]], Mapping[str, str]] = nothing_needed
    counts: Counter[str] = field(default_factory=Counter)

    def apply(self) -> Counter[str]:
        """Write everything that the plan holds, and return the counts.

        :raises RateLimited: when the target wants a longer wait; what is left stays planned.
        :raises SignInRefused, Unreachable: when the target can't be worked with at all.
        """
        for kinds in _TOGETHER if self.entity.sets else _APART:
            for batch in self._batches(kinds):
                self._send(batch)
        for batch in in_batches(self.ledger.changes(self.plan, (Adopt,)), 500):
            self._adopt(self._left_of(batch, self.not_agreed(batch)))
        return self.counts

    def _batches(self, kinds: tuple[type, ...]) -> Iterator[list[Stored]]:
        """Yield what is planned in batches of one call each."""
        filling: dict[str, list[Stored]] = {}
        for stored in self.ledger.changes(self.plan, kinds):
            kept = self.entity.alike(stored.change)
            filling.setdefault(kept, []).append(stored)
            if len(filling[kept]) == self.entity.batch:
                yield filling.pop(kept)
        yield from filling.values()

    def _send(self, batch: Sequence[Stored]) -> None:
        key = self._key(batch)
        with self.intended(0.0):
            try:
                intents = self.ledger.save_intents(
                    self.run,
                    self.plan,
                    batch,
                    entity=self.entity.name,
                    key=key,
                    needed=self.needed(batch),
                )
            except NotAgreed as error:
                left = self._left_of(batch, error.states)
            else:
                self._save(batch, key, intents)
                return
        if left:
            self._send(left)

    def not_agreed(self, batch: Sequence[Stored]) -> Mapping[str, str]:
        """Return which of *batch* need a decision that does not stand, and where they stand."""
        needed = self.needed(batch)
        return self.ledger.not_agreed(self.entity.name, needed) if needed else {}

    def _left_of(self, batch: Sequence[Stored], states: Mapping[str, str]) -> list[Stored]:
        """Keep back those of *batch* that *states* names, and return the others."""
        back = [s for s in batch if s.about.source_id in states]
        if back:
            outcomes = [
                withheld(self.entity, s, taken_back(s.about, states[s.about.source_id]))
                for s in back
            ]
            self.counts["held"] += len(outcomes)
            self.ledger.close_batch(self.run, outcomes, (), ())
            self.ledger.shelve(self.entity.name, [(s.about.source_id, s.about.raw) for s in back])
        return [s for s in batch if s.about.source_id not in states]

    def repeat(self, batch: Sequence[Doubt], due: Sequence[Doubt]) -> None:
        """Send a batch once more as it was, under its key: what was done is not done again.

        What it is told now is no answer to the first time, unless it is a success.

        :param due: those of it whose answer is still wanted.
        """
        stored, sent = [doubt.stored for doubt in due], [doubt.stored for doubt in batch]
        with self.intended(max(doubt.age for doubt in batch).total_seconds()):
            self._save(stored, batch[0].key, [doubt.intent for doubt in due], sent)

    def _save(
        self,
        batch: Sequence[Stored],
        key: str,
        intents: Sequence[int],
        sent: Sequence[Stored] | None = None,
    ) -> None:
        try:
            results = {result.source_id: result for result in self.save(sent or batch, key)}
        except InDoubt as error:
            self._doubt(batch, error)
        except MISREAD as error:
            why = f"The answer can't be read: {type(error).__name__}."
            self._doubt(batch, InDoubt(why, system=self.entity.target))
        except ApiError as error:
            if sent is None:
                self.ledger.close_batch(self.run, (), (), intents)
            else:
                self._doubt(batch, error)
            if not _is_refusal(error):
                raise
            if sent is None:
                self._refused_whole(batch, error)
        else:
            pairs = list(zip(batch, intents, strict=True))
            apart = [(s, i) for s, i in pairs if sent is None and _goes_apart(batch, results, s)]
            left = [pair for pair in pairs if pair not in apart]
            self._record([s for s, _ in left], results, [i for _, i in left])
            if apart:
                self.ledger.close_batch(self.run, (), (), [i for _, i in apart])
            for stored, _ in apart:
                self._send([stored])

    def _refused_whole(self, batch: Sequence[Stored], error: ApiError) -> None:
        """One bad element can fail a whole request; halve it until only that one is refused."""
        if len(batch) > 1:
            middle = len(batch) // 2
            self._send(batch[:middle])
            self._send(batch[middle:])
            return
        refusal = Refused(source_id=batch[0].about.source_id, errors=error.details or (str(error),))
        self._record(batch, {refusal.source_id: refusal}, ())

    def _record(
        self, batch: Sequence[Stored], results: Mapping[str, Result], intents: Sequence[int]
    ) -> None:
        """Remember what was answered, in one transaction; the rest of the batch is in doubt."""
        numbers = {s.seq: i for s, i in zip(batch, intents, strict=bool(intents))}
        self._keep([s for s in batch if s.about.source_id in results], results, numbers)
        if silent := [s for s in batch if s.about.source_id not in results]:
            why = "The answer did not mention this record."
            self._doubt(silent, InDoubt(why, system=self.entity.target))

    def _keep(
        self,
        answered: Sequence[Stored],
        results: Mapping[str, Result],
        numbers: Mapping[int, int],
    ) -> None:
        """Remember outcomes and links; one that a person linked otherwise stands back alone."""
        outcomes = [
            outcome_of(self.entity, s, results[s.about.source_id], self.page) for s in answered
        ]
        saved = [
            (s.change, link_of(self.entity, s, result))
            for s in answered
            if isinstance(result := results[s.about.source_id], Saved)
        ]
        try:
            self.ledger.close_batch(
                self.run,
                outcomes,
                [link for change, link in saved if not isinstance(change, Remove)],
                [numbers[s.seq] for s in answered if s.seq in numbers],
                unlinked=[link for change, link in saved if _ends_another(change)],
            )
        except LinkTaken as error:
            if len(answered) == 1:
                self._leave_to_a_person(answered[0], outcomes[0], error)
                return
            for each in answered:
                self._keep([each], results, numbers)
            return
        self.counts += Counter(refused=len(answered) - len(saved))
        self.counts.update(counted(done(change)) for change, _ in saved)
        self._shelve_unfinished(answered, results)

    def _leave_to_a_person(self, stored: Stored, outcome: Outcome, error: LinkTaken) -> None:
        """Leave one in doubt that was written, and that somebody has linked otherwise meanwhile."""
        why = clash(self.entity, outcome.target_id, error)
        self.counts["in_doubt"] += 1
        self.ledger.close_batch(self.run, [still_in_doubt(self.entity, stored, why)], (), ())
        self.ledger.shelve(self.entity.name, [(stored.about.source_id, stored.about.raw)])

    def _shelve_unfinished(self, batch: Sequence[Stored], results: Mapping[str, Result]) -> None:
        """Have what was refused, or kept in part only, judged again by the next run."""
        unfinished = [
            (stored.about.source_id, stored.about.raw)
            for stored in batch
            if isinstance(result := results.get(stored.about.source_id), Refused)
            or (isinstance(result, Saved) and result.reasons)
        ]
        if unfinished:
            self.ledger.shelve(self.entity.name, unfinished)

    def _doubt(self, batch: Sequence[Stored], error: ApiError) -> None:
        """Leave the intents open: the next run looks before it sends any of these again."""
        outcomes = [lost(self.entity, stored, in_full(error)) for stored in batch]
        self.counts["in_doubt"] += len(outcomes)
        self.ledger.close_batch(self.run, outcomes, (), ())
        self.ledger.shelve(self.entity.name, [(s.about.source_id, s.about.raw) for s in batch])

    def _adopt(self, batch: Sequence[Stored]) -> None:
        saved = {
            change.about.source_id: Saved(
                source_id=change.about.source_id,
                target_id=change.target_id,
                held=str(change.desired.data.get("held", "")),
                reasons=change.reasons,
            )
            for change in (stored.change for stored in batch)
            if isinstance(change, Adopt)
        }
        self._record(batch, saved, ())

    def _key(self, batch: Sequence[Stored]) -> str:
        """Return the idempotency key: the same for this batch of this plan, and for no other."""
        parts = [self.pair, self.entity.name, self.plan, *(str(stored.seq) for stored in batch)]
        return sha256("|".join(parts).encode()).hexdigest()


def in_batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield *items* in lists of at most *size*."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def _ends_another(change: Change) -> bool:
    """Whether a pair ends: the target is gone, or was another record's, as with merged contacts."""
    return isinstance(change, Remove) or (isinstance(change, Update) and change.adopts)


def _goes_apart(batch: Sequence[Stored], results: Mapping[str, Result], stored: Stored) -> bool:
    """Whether a change was refused with others that were written as one with it."""
    result = results.get(stored.about.source_id)
    return len(batch) > 1 and isinstance(result, Refused) and result.apart


def _is_refusal(error: ApiError) -> bool:
    """Whether the target looked at the request and said no to what it holds."""
    return type(error) is ApiError and error.status in (400, 409, 413, 422)
