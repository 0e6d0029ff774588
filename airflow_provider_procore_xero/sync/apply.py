"""Carry a plan out, through functions it is handed. Applying never decides.

Changes leave in batches. Each batch's intents are committed before it does, and its outcomes, links
and closed intents are committed together after. A crash in between leaves intents open, and the
next run looks what became of them before it plans anything new.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Any, Protocol, TypeVar

from airflow_provider_procore_xero.errors import ApiError, InDoubt
from airflow_provider_procore_xero.sync.entity import Entity, no_page
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import (
    About,
    Adopt,
    Change,
    Create,
    Hold,
    Keep,
    Reason,
    Remove,
    Stored,
    Update,
)
from airflow_provider_procore_xero.sync.planning import MISREAD
from airflow_provider_procore_xero.sync.report import Outcome, What

T = TypeVar("T")

SETTLES = timedelta(minutes=5)
"""How long a look-up that finds nothing proves nothing: a write may take a while to be carried out
and to be seen. Until then Xero still knows its idempotency key, which it forgets after six minutes.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The target holds it.

    :param held: fingerprint of what the target says it now holds.
    :param data: what else the link must remember, beside what the plan said.
    :param reasons: what the target did not keep, though it said yes.
    """

    source_id: str
    target_id: str
    held: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The target said no, for every one of *errors*."""

    source_id: str
    errors: tuple[str, ...]
    fix: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """A look-up found nothing: the write never happened, and may be planned again."""

    source_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """A look-up found more than one, or could not tell."""

    source_id: str
    why: str


Result = Saved | Refused
Found = Saved | Absent | Unclear


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """An intent without an outcome: sent, or not; nobody knows.

    :param key: the idempotency key that its batch went out under.
    """

    intent: int
    run: str
    plan: str
    stored: Stored
    sent_at: datetime
    key: str = ""

    @property
    def source_id(self) -> str:
        return _about(self.stored).source_id


Page = Callable[[str, Mapping[str, Any]], str]
"""Where a person finds a target record: by its id, and what its link remembers."""
Save = Callable[[Sequence[Stored], str], Iterable[Result]]
Find = Callable[[Sequence[Doubt]], Iterable[Found]]


class Memory(Protocol):
    """What applying asks of the ledger; each call is one transaction."""

    def changes(self, plan: str, kinds: tuple[type, ...]) -> Iterator[Stored]: ...

    def save_intents(
        self, run: str, plan: str, stored: Sequence[Stored], *, entity: str, key: str
    ) -> list[int]: ...

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


@dataclass(kw_only=True)
class Applier:
    """Applies one plan of one entity in one run, and counts what came of it."""

    entity: Entity
    ledger: Memory
    run: str
    plan: str
    save: Save
    pair: str = ""
    page: Page = no_page
    counts: Counter[str] = field(default_factory=Counter)

    def apply(self) -> Counter[str]:
        """Write everything that the plan holds, and return the counts.

        :raises RateLimited: when the target wants a longer wait; what is left stays planned.
        :raises SignInRefused, Unreachable: when the target can't be worked with at all.
        """
        for kind in (Remove, Update, Create):
            for batch in in_batches(self.ledger.changes(self.plan, (kind,)), self.entity.batch):
                self._send(batch)
        for batch in in_batches(self.ledger.changes(self.plan, (Adopt,)), 500):
            self._adopt(batch)
        return self.counts

    def _send(self, batch: Sequence[Stored]) -> None:
        key = self._key(batch)
        intents = self.ledger.save_intents(
            self.run, self.plan, batch, entity=self.entity.name, key=key
        )
        self._save(batch, key, intents)

    def repeat(self, batch: Sequence[Doubt], due: Sequence[Doubt]) -> None:
        """Send a batch once more as it was, under its key: what was done is not done again.

        :param due: those of it whose answer is still wanted.
        """
        stored, sent = [doubt.stored for doubt in due], [doubt.stored for doubt in batch]
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
            self.ledger.close_batch(self.run, (), (), intents)
            if not _is_refusal(error):
                raise
            self._refused_whole(batch, error)
        else:
            self._record(batch, results, intents)

    def _refused_whole(self, batch: Sequence[Stored], error: ApiError) -> None:
        """One bad element can fail a whole request; halve it until only that one is refused."""
        if len(batch) > 1:
            middle = len(batch) // 2
            self._send(batch[:middle])
            self._send(batch[middle:])
            return
        refusal = Refused(
            source_id=_about(batch[0]).source_id, errors=error.details or (str(error),)
        )
        self._record(batch, {refusal.source_id: refusal}, ())

    def _record(
        self, batch: Sequence[Stored], results: Mapping[str, Result], intents: Sequence[int]
    ) -> None:
        outcomes: list[Outcome] = []
        links: list[Link] = []
        unlinked: list[Link] = []
        silent: list[tuple[Stored, int]] = []
        for stored, intent in zip(batch, intents or [0] * len(batch), strict=True):
            result = results.get(_about(stored).source_id)
            if result is None:
                silent.append((stored, intent))
                continue
            outcomes.append(outcome_of(self.entity, stored, result, self.page))
            done = _done(stored.change) if isinstance(result, Saved) else "refused"
            self.counts[counted(done)] += 1
            if isinstance(result, Saved):
                link = link_of(self.entity, stored, result)
                if not isinstance(stored.change, Remove):
                    links.append(link)
                if isinstance(stored.change, Remove) or _takes_over(stored.change):
                    unlinked.append(link)
        answered = [i for i in intents if i not in {intent for _, intent in silent}]
        self.ledger.close_batch(self.run, outcomes, links, answered, unlinked=unlinked)
        self._shelve_unfinished(batch, results)
        if silent:
            why = InDoubt("The answer did not mention this record.", system=self.entity.target)
            self._doubt([stored for stored, _ in silent], why)

    def _shelve_unfinished(self, batch: Sequence[Stored], results: Mapping[str, Result]) -> None:
        """Have what was refused, or kept in part only, judged again by the next run."""
        unfinished = [
            (about.source_id, about.raw)
            for about in map(_about, batch)
            if isinstance(result := results.get(about.source_id), Refused)
            or (isinstance(result, Saved) and result.reasons)
        ]
        if unfinished:
            self.ledger.shelve(self.entity.name, unfinished)

    def _doubt(self, batch: Sequence[Stored], error: InDoubt) -> None:
        """Leave the intents open: the next run looks before it sends any of these again."""
        outcomes = [
            Outcome(
                entity=self.entity.name,
                what="in_doubt",
                source_id=about.source_id,
                title=about.title,
                reasons=(doubt_reason(str(error)),),
                **urls(self.entity, about.source_url, ""),
            )
            for about in map(_about, batch)
        ]
        self.counts["in_doubt"] += len(outcomes)
        self.ledger.close_batch(self.run, outcomes, (), ())
        self.ledger.shelve(self.entity.name, [(a.source_id, a.raw) for a in map(_about, batch)])

    def _adopt(self, batch: Sequence[Stored]) -> None:
        saved = {
            a.source_id: Saved(
                source_id=a.source_id,
                target_id=stored.change.target_id,
                held=str(stored.change.desired.data.get("held", "")),
            )
            for stored, a in ((s, _about(s)) for s in batch)
            if isinstance(stored.change, Adopt)
        }
        self._record(batch, saved, ())

    def _key(self, batch: Sequence[Stored]) -> str:
        """Return the idempotency key: the same for this batch of this plan, and for no other."""
        parts = [self.pair, self.entity.name, self.plan, *(str(stored.seq) for stored in batch)]
        return sha256("|".join(parts).encode()).hexdigest()


def resolve(
    entity: Entity,
    doubts: Sequence[Doubt],
    find: Find,
    ledger: Memory,
    run: str,
    page: Page = no_page,
    again: Callable[[str], Applier] | None = None,
) -> Counter[str]:
    """Look what became of writes whose answer was lost, and return how many are still in doubt.

    Found ones are linked, unclear ones wait for a person. Absent ones may be planned again, but
    not at once where only a key keeps the target from doing it twice: those are sent again as they
    were while the key lasts. Updates and removals are harmless to repeat, so only creates are
    looked for.

    :param again: makes what applies a plan; None where nothing may be written.
    """
    repeatable = [d for d in doubts if not isinstance(d.stored.change, Create)]
    ledger.close_batch(run, (), (), [d.intent for d in repeatable])
    sought = [d for d in doubts if isinstance(d.stored.change, Create)]
    found = {each.source_id: each for each in find(sought)} if sought else {}
    early = [d for d in sought if _too_early(entity, d, found.get(d.source_id))]
    if again is None:
        waiting = {d.source_id: _not_yet(entity, d) for d in early}
        return _settle(entity, sought, {**found, **waiting}, ledger, run, page)
    told = [d for d in sought if d not in early]
    counts = _settle(entity, told, found, ledger, run, page)
    for key in sorted({doubt.key for doubt in early}):
        due = [doubt for doubt in early if doubt.key == key]
        applier = again(due[0].plan)
        applier.repeat([doubt for doubt in sought if doubt.key == key], due)
        counts += applier.counts
    return counts


def _too_early(entity: Entity, doubt: Doubt, found: Found | None) -> bool:
    """Whether it proves nothing that the target does not show a write.

    Procore takes one record of an origin id and refuses the next, however late it shows the first.
    """
    young = datetime.now(UTC) - doubt.sent_at < SETTLES
    return isinstance(found, Absent) and young and entity.target == "xero"


def _not_yet(entity: Entity, doubt: Doubt) -> Found:
    why = (
        f"{entity.target.capitalize()} does not show it, {doubt.sent_at:%H:%M:%S} UTC being too"
        " recent for that to mean anything."
    )
    return Unclear(source_id=doubt.source_id, why=why)


def _settle(
    entity: Entity,
    doubts: Sequence[Doubt],
    found: Mapping[str, Found],
    ledger: Memory,
    run: str,
    page: Page,
) -> Counter[str]:
    """Remember what was found; what is still in doubt is kept to be judged again."""
    by_id = {doubt.source_id: doubt for doubt in doubts}
    outcomes, links, unclear = [], [], []
    for source_id, doubt in by_id.items():
        match found.get(source_id):
            case Saved() as saved:
                outcomes.append(outcome_of(entity, doubt.stored, saved, page))
                links.append(link_of(entity, doubt.stored, saved))
            case Absent():
                pass
            case other:
                why = other.why if other else "Looking for it gave no answer."
                outcomes.append(_still_in_doubt(entity, doubt, why))
                unclear.append(doubt)
    open_ones = {doubt.source_id for doubt in unclear}
    closed = [doubt.intent for doubt in doubts if doubt.source_id not in open_ones]
    ledger.close_batch(run, outcomes, links, closed)
    if unclear:
        ledger.shelve(entity.name, [(d.source_id, _about(d.stored).raw) for d in unclear])
    return Counter(counted(outcome.what) for outcome in outcomes)


def in_batches(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Yield *items* in lists of at most *size*."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch


def outcome_of(entity: Entity, stored: Stored, result: Result, page: Page = no_page) -> Outcome:
    """Return what *result* means for a person."""
    change = stored.change
    about = _about(stored)
    target_url = getattr(change, "target_url", "")
    if isinstance(result, Refused):
        reasons = tuple(
            Reason(code="REFUSED", sentence=error, fix=result.fix) for error in result.errors
        )
        return Outcome(
            entity=entity.name,
            what="refused",
            source_id=about.source_id,
            title=about.title,
            target_id=getattr(change, "target_id", ""),
            reasons=reasons,
            **urls(entity, about.source_url, target_url),
        )
    url = target_url or page(result.target_id, _data(change, result))
    what: What = "drifted" if result.reasons else _done(change)
    return Outcome(
        entity=entity.name,
        what=what,
        source_id=about.source_id,
        title=about.title,
        target_id=result.target_id,
        reasons=result.reasons,
        fields=getattr(change, "fields", ()),
        **urls(entity, about.source_url, url),
    )


def link_of(entity: Entity, stored: Stored, result: Saved) -> Link:
    """Return the link that *result* makes, or for a removal the one it ends."""
    change = stored.change
    about = _about(stored)
    if isinstance(change, Remove):
        return entity.link(
            about.source_id, change.target_id, source_name=about.title, target_name=""
        )
    assert isinstance(change, Create | Update | Adopt)
    both = {**change.desired.data, **result.data}
    data = {k: v for k, v in both.items() if k not in ("url", "held")}
    return entity.link(
        about.source_id,
        result.target_id,
        source_name=about.title,
        target_name=change.desired.name,
        wrote=change.wrote,
        held=result.held,
        read="" if result.reasons else about.read,
        data=data,
    )


def _data(change: Change, result: Saved) -> Mapping[str, Any]:
    """Return what the link of a change remembers, which its page may be found by."""
    planned = change.desired.data if isinstance(change, Create | Update | Adopt) else {}
    return {**planned, **result.data}


def urls(entity: Entity, source_url: str, target_url: str) -> dict[str, Any]:
    """Return an outcome's two pages under the systems they belong to."""
    return {f"{entity.source}_url": source_url, f"{entity.target}_url": target_url}


def counted(what: What) -> str:
    """Return the count of ``COUNTS`` that an outcome belongs to."""
    return {"removed": "updated", "drifted": "created"}.get(what, what)


def doubt_reason(sentence: str) -> Reason:
    """Return why a record is in doubt, and that the next run sees to it."""
    return Reason(
        code="IN_DOUBT",
        sentence=f"It may have been written: {sentence}",
        fix="Nothing to do yet: the next run looks for it before it sends it again.",
    )


def _takes_over(change: Change) -> bool:
    """Whether the target may have been another record's before, as with merged contacts."""
    return isinstance(change, Update) and change.adopts


def _done(change: Any) -> What:
    match change:
        case Create():
            return "created"
        case Update(adopts=True) | Adopt():
            return "linked"
        case Remove():
            return "removed"
        case _:
            return "updated"


def _still_in_doubt(entity: Entity, doubt: Doubt, why: str) -> Outcome:
    about = _about(doubt.stored)
    return Outcome(
        entity=entity.name,
        what="in_doubt",
        source_id=about.source_id,
        title=about.title,
        reasons=(
            Reason(
                code="IN_DOUBT",
                sentence=why,
                fix="Look in both systems, keep one of the two, and link it by hand.",
            ),
        ),
        **urls(entity, about.source_url, ""),
    )


def _about(stored: Stored) -> About:
    change = stored.change
    assert not isinstance(change, Hold | Keep)
    return change.about


def _is_refusal(error: ApiError) -> bool:
    """Whether the target looked at the request and said no to what it holds."""
    return type(error) is ApiError and error.status in (400, 409, 413, 422)
