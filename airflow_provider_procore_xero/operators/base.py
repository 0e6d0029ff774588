"""The one path: read, desired, plan, apply, report. An entity's operator says what is its own."""

from __future__ import annotations

import re
import traceback
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from airflow_provider_procore_xero.errors import (
    Busy,
    ConnectionIncomplete,
    MappingError,
    Misshapen,
    RateLimited,
    RecordsRefused,
    SettingsError,
    SignInRefused,
    SyncError,
    UnknownRecord,
    UnsafePlan,
    in_full,
    raised_at,
)
from airflow_provider_procore_xero.operators.asked import asked
from airflow_provider_procore_xero.operators.links import ProcoreLink, XeroLink
from airflow_provider_procore_xero.operators.paired import Paired

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.apply import Applier
    from airflow_provider_procore_xero.sync.entity import Around, Entity
    from airflow_provider_procore_xero.sync.plan import Change, Stored
    from airflow_provider_procore_xero.sync.results import Doubt, Found, Result
    from airflow_provider_procore_xero.sync.settings import Settings

A_PAGE = 500
SET_UP = "set-up"
"""What stands for the record where the set-up lacks something."""
WORTH_WAITING = timedelta(hours=1)
"""A limit that lifts within this is waited for outside the worker; beyond, the next run goes on."""
_CODED = re.compile(r"([A-Z][A-Z_]+): ")
_A_PERSON_MUST_ACT = (ConnectionIncomplete, SettingsError, SignInRefused, UnknownRecord, UnsafePlan)


class SyncOperator(Paired):
    """Reads one kind of record, plans what should change, and unless told not to, changes it.

    Everything may be left out: what an argument does not say, the DAG run's params say, and then
    the defaults.

    :param mode: ``apply``, or ``plan`` to write nothing.
    :param plan_id: apply only what this stored plan holds, record by record, if it still fits.
    :param full: read everything, not only what changed since the last run.
    :param accepted: only what people have accepted in the queue, and nothing else.
    :param settings: path of the settings file, or the settings themselves.
    """

    template_fields: Sequence[str] = ("mode", "plan_id", "full", "settings")
    operator_extra_links = (ProcoreLink(), XeroLink())
    ui_color = "#eef5ea"
    selects: ClassVar[tuple[str, ...]] = ()
    """Params that pick particular records of this entity."""
    lengthens: ClassVar[str] = ""
    """The list of the target that what is created here is in, as ``Work`` calls it."""
    shelves: ClassVar[bool] = True
    """Whether what is held must be kept to be judged again: not where every run reads all."""

    def __init__(
        self,
        *,
        mode: str | None = None,
        plan_id: str | None = None,
        full: bool | str | None = None,
        accepted: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.mode = mode
        self.plan_id = plan_id
        self.full = full
        self.accepted = accepted

    # What an entity's operator says

    @property
    def entity(self) -> Entity:
        """What this operator moves."""
        raise TypeError(f"{type(self).__name__} names no entity")

    @property
    def lease(self) -> str:
        """What only one run at a time may work on: all that makes the same kind of link."""
        return self.entity.kind or self.entity.name

    def switched_off(self, settings: Settings) -> str:
        """Return why the settings want nothing of this flow, or an empty text."""
        return ""

    def around(self, work: Work) -> Around:
        """Read the small lists that records are judged against."""
        raise TypeError(f"{type(self).__name__} has nothing around it")

    def read(self, work: Work, around: Any) -> Iterator[dict[str, Any]]:
        """Yield the source's records, each with its ``id``."""
        raise TypeError(f"{type(self).__name__} reads nothing")

    def again(
        self, work: Work, around: Any, raws: Sequence[dict[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        """Yield fresh copies of shelved records that may go now; what is gone is left out."""
        yield from raws

    def list_of(self, raw: Mapping[str, Any]) -> str:
        """Return which list a shelved record would be on, as ``Work`` calls it, if that is known.

        What a whole list has no longer is let go.
        """
        return ""

    def people(
        self, work: Work, around: Any, raws: Sequence[Mapping[str, Any]]
    ) -> Mapping[str, str]:
        """Return by id who created records that do not say so themselves, as mails address them."""
        return {}

    def complete(self, work: Work, around: Any, records: Sequence[Any]) -> None:
        """Read what only records that meet every condition need."""

    def recheck(self, work: Work, around: Any, changes: list[Change]) -> list[Change]:
        """Return *changes* with updates checked against their present targets."""
        return changes

    def save(self, work: Work, around: Any, batch: Sequence[Stored], key: str) -> Iterator[Result]:
        """Write one batch, and yield what came of each of its elements."""
        raise TypeError(f"{type(self).__name__} writes nothing")

    def find(self, work: Work, around: Any, doubts: Sequence[Doubt]) -> Iterator[Found]:
        """Look whether creates whose answer was lost happened."""
        raise TypeError(f"{type(self).__name__} looks for nothing")

    def finish(self, work: Work, around: Any) -> None:
        """Do what follows once everything is written; a plan only says what would."""

    # The path

    def execute(self, context: Context) -> dict[str, Any]:
        from airflow_provider_procore_xero.operators.open import open_work

        try:
            what = asked(vars(self), context)
            lease = self.lease if what.mode == "apply" else ""
            opening = open_work(self, what, context, called=self.entity.name, lease=lease)
            with closing(opening) as opened:
                work = next(opened)
                return self._run(work)
        except Busy as error:
            self.log.warning("%s", error)
            raise _wait_outside(error, context) from error
        except SyncError as error:
            _leave_word(context, error)
            if isinstance(error, _A_PERSON_MUST_ACT):
                raise _fail(error) from error
            raise

    def _run(self, work: Work) -> dict[str, Any]:
        from airflow_provider_procore_xero.sync.planning import MISREAD

        if work.asked.accepted and not self._accepted(work):
            return self._end(work, "success", Counter())
        if off := self.switched_off(work.settings):
            work.note(off)
            self.log.warning("%s", off)
            return self._end(work, "success", Counter())
        counts: Counter[str] = Counter()
        try:
            self._sync(work, counts)
        except MappingError as error:  # the set-up lacks something; other flows can go on
            self._blocked(work, error)
            self.log.warning("Blocked by %s. %s", error.code, error.fix)
            return self._end(work, "blocked", counts + Counter(held=1), str(error))
        except RateLimited as error:
            self._end(work, "limited", counts, in_full(error))
            raise _come_back(error) from error
        except MISREAD as error:
            misshapen = _misshapen(self.entity, error)
            self._end(work, "failed", counts, str(misshapen))
            frames = "".join(traceback.format_tb(error.__traceback__))
            self.log.error("%s, raised by\n%s", type(error).__name__, frames)
            raise misshapen from None  # the error's own words may hold a name or an amount
        except BaseException as error:
            said = in_full(error) if isinstance(error, SyncError) else type(error).__name__
            self._end(work, "failed", counts, said)
            raise
        if not work.planning_only:
            work.ledger.settle_issues(work.run, self.entity.name, (), judged=(SET_UP,))
        done = self._end(work, "success", counts)
        _raise_if_asked(work.settings, counts)
        return done

    def _accepted(self, work: Work) -> set[str]:
        from airflow_provider_procore_xero.sync.approval import AGREED

        return work.ledger.queue.ids_in(self.entity.name, AGREED)

    def _sync(self, work: Work, counts: Counter[str]) -> None:
        from airflow_provider_procore_xero.operators.planner import Planner
        from airflow_provider_procore_xero.sync.plan import Remove
        from airflow_provider_procore_xero.sync.resolve import Resolver

        doubts = work.ledger.doubts(self.entity.name)
        if work.planning_only and not work.ledger.is_free(self.lease):
            doubts = []  # they are on their way: whoever holds the lease gets their answers
        going = (doubt for doubt in doubts if isinstance(doubt.stored.change, Remove))
        work.removing = frozenset(doubt.source_id for doubt in going)
        around = self.around(work)
        if doubts:
            resolver = Resolver(
                entity=self.entity,
                ledger=work.ledger,
                run=work.run,
                find=lambda d: self.find(work, around, d),
                since=work.started_at,
                page=lambda target_id, data: self.entity.target_url(target_id, data, around),
                again=None
                if work.planning_only
                else lambda plan: self._applier(work, around, plan),
            )
            counts += resolver.resolve(doubts)
            work.afresh = True  # what was resolved may not be in the lists that were read before
            around = self.around(work)
        planner = Planner(operator=self, work=work, around=around)
        planned = planner.plan()
        done = planned.counts if work.planning_only else planned.judged
        counts.update(done)
        if work.planning_only:
            self.finish(work, around)
            return
        planned.raise_if_unsafe(work)
        applier = self._applier(work, around, work.plan)
        try:
            applier.apply()
        finally:
            counts.update(applier.counts)
            planner.settle_written()
        self.finish(work, around)
        work.remember_sizes(self.lengthens, counts["created"])
        if work.asked.bulk:
            work.move_watermarks()

    def _applier(self, work: Work, around: Any, plan: str) -> Applier:
        """Return what carries out a plan: this run's, or one that an earlier run left in doubt."""
        from airflow_provider_procore_xero.operators.gate import decisions_needed
        from airflow_provider_procore_xero.sync.apply import Applier

        return Applier(
            entity=self.entity,
            ledger=work.ledger,
            run=work.run,
            plan=plan,
            pair=work.ledger.pair,
            save=lambda batch, key: self.save(work, around, batch, key),
            intended=work.xero.intended,
            page=lambda target_id, data: self.entity.target_url(target_id, data, around),
            needed=partial(decisions_needed, self.entity, work),
        )

    def _blocked(self, work: Work, error: MappingError) -> None:
        from airflow_provider_procore_xero.sync.plan import Reason
        from airflow_provider_procore_xero.sync.report import Outcome

        reason = Reason(code=error.code, sentence=str(error), fix=error.fix)
        outcome = Outcome(
            entity=self.entity.name,
            what="held",
            source_id=SET_UP,
            title="Set-up",
            reasons=(reason,),
        )
        work.ledger.add_outcomes(work.run, [outcome])
        if not work.planning_only:
            work.ledger.settle_issues(work.run, self.entity.name, [outcome])

    def _end(self, work: Work, state: str, counts: Counter[str], error: str = "") -> dict[str, Any]:
        work.ledger.end_run(
            work.run,
            state,
            counts,
            work.calls,
            error=error,
            notes=work.notes,
            plan=work.plan,
            names=work.names,
        )
        report = work.ledger.flow_report(work.run, limit=0)
        if work.known_pages is not None:  # what the buttons on the task lead to
            self.procore_page = work.known_pages.procore_home()
            self.xero_page = work.known_pages.xero_home()
        self.log.info(
            "%s %s: %s, %s read, %s created, %s updated, %s linked, %s unchanged, %s held,"
            " %s refused, %s in doubt; calls: %s to Procore, %s to Xero; run %s",
            self.entity.name,
            work.asked.mode,
            state,
            *(counts[name] for name in _LOGGED),
            work.calls["procore"],
            work.calls["xero"],
            work.run,
        )
        if work.notes:
            self.log.warning("In the mail and on the page in words: %s", _in_log(work.notes))
        return report.xcom()


_LOGGED = (
    "read", "created", "updated", "linked", "unchanged", "held", "refused", "in_doubt",
)  # fmt: skip


def _in_log(notes: Sequence[str]) -> str:
    """Return how many notes there are of each code: their sentences name records."""
    codes = [found[1] if (found := _CODED.match(note)) else "uncoded" for note in notes]
    return ", ".join(f"{count} {code}" for code, count in sorted(Counter(codes).items()))


def _raise_if_asked(settings: Settings, counts: Mapping[str, int]) -> None:
    """Turn the task red, everything being saved, where the settings want that."""
    met = [what for what in settings.safety.fail_run_on if counts.get(what)]
    if met:
        said = ", ".join(f"{counts[what]} {what.replace('_', ' ')}" for what in met)
        raise RecordsRefused(f"{said}: see the run's mail; safety.fail_run_on asks to fail.")


def _misshapen(entity: Entity, error: Exception) -> Misshapen:
    """Return what to say of a list that the run needs whole and can't read; no value is told."""
    what = f"it lacks {error}" if isinstance(error, KeyError) else type(error).__name__
    return Misshapen(
        f"A record that {entity.name} are judged against can't be read: {what}, at"
        f" {raised_at(error)}. Nothing more was written, and the next run goes on from here. If it"
        " happens again, either the API has changed or this package has a bug: report the place,"
        " with this task's log."
    )


def _fail(error: SyncError) -> Exception:
    """Return what fails the task at once: trying again would change nothing."""
    from airflow.providers.common.compat.sdk import AirflowFailException

    return AirflowFailException(str(error))


def _wait_outside(error: Busy, context: Context) -> Exception:
    """Return what frees the worker until somebody else's lease ends; after an hour it fails."""
    from airflow.exceptions import AirflowRescheduleException

    from airflow_provider_procore_xero.operators.lease import LOOKS

    looked: Any = context.get("task_reschedule_count")
    if (looked or 0) >= LOOKS:
        _leave_word(context, error)
        return _fail(error)
    at = datetime.now(UTC) + timedelta(seconds=error.wait)
    come_back: Exception = AirflowRescheduleException(at)  # type: ignore[no-untyped-call]
    return come_back


def _come_back(error: RateLimited) -> Exception:
    """Return what frees the worker until the limit lifts, or fails with the time that it does."""
    from airflow.exceptions import AirflowRescheduleException

    if error.limit == "reserve":
        return _fail(error)  # to come back would use up by reading what is left to people
    wait = timedelta(seconds=error.retry_after)
    at = datetime.now(UTC) + wait
    if wait <= WORTH_WAITING:
        come_back: Exception = AirflowRescheduleException(at)  # type: ignore[no-untyped-call]
        return come_back
    return _fail(
        RateLimited(
            f"{error} It lifts at {at:%Y-%m-%d %H:%M} UTC; what is left is done by the next run.",
            system=error.system,
            retry_after=error.retry_after,
            limit=error.limit,
        )
    )


def _leave_word(context: Context, error: SyncError) -> None:
    """Leave the sentence where the report finds it, even if no run could be opened."""
    ti = context.get("ti")
    if ti is not None:
        ti.xcom_push(key="error", value=str(error))


def ids_of(raws: Iterable[Mapping[str, Any]]) -> list[str]:
    """Return the ids of raw records, as text."""
    return [str(raw["id"]) for raw in raws]
