"""From an operator and its context to a run that is open in the ledger."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from airflow_provider_procore_xero import settings as settings_file
from airflow_provider_procore_xero.errors import SyncError
from airflow_provider_procore_xero.hooks.ledger import LedgerHook
from airflow_provider_procore_xero.hooks.pair import pair_of
from airflow_provider_procore_xero.hooks.procore import ProcoreHook
from airflow_provider_procore_xero.hooks.xero import XeroHook
from airflow_provider_procore_xero.operators.lease import leased
from airflow_provider_procore_xero.operators.work import Work

if TYPE_CHECKING:
    from airflow_provider_procore_xero.apis.procore import Procore
    from airflow_provider_procore_xero.apis.tokens import TokenStore
    from airflow_provider_procore_xero.apis.xero import Xero
    from airflow_provider_procore_xero.ledger.ledger import Ledger
    from airflow_provider_procore_xero.operators.asked import Asked
    from airflow_provider_procore_xero.operators.base import SyncOperator
    from airflow_provider_procore_xero.operators.doctor import DoctorOperator
    from airflow_provider_procore_xero.sync.settings import Settings


def open_work(
    operator: SyncOperator | DoctorOperator,
    asked: Asked,
    context: Mapping[str, Any],
    *,
    called: str,
    lease: str = "",
) -> Generator[Work, None, None]:
    """Yield the work of one run, begun in the ledger; both clients are closed in the end.

    :param called: what the run goes by: an entity's name.
    :param lease: the flow that only one run at a time may work on; empty for one that only reads.
    :raises Busy: if another run is at work on it; this one has not begun.
    :raises ConnectionIncomplete: before anything is opened.
    :raises SettingsError: with the run ended in the ledger, so that the report has it.
    """
    pair = pair_of(operator.procore_conn_id, operator.xero_conn_id)
    ledger = LedgerHook(operator.ledger_conn_id).get_conn(pair)
    place = _place(context)
    settings = _settings(ledger, operator, asked, called, place)
    with (
        leased(ledger, lease, place),
        _clients(operator, ledger, _reserve(settings, context)) as (procore, xero),
    ):
        digest = settings_file.settings_hash(settings)
        run = ledger.begin_run(
            called,
            asked.mode,
            **place,
            settings_hash=digest,
            settings=settings_file.as_dict(settings),
        )
        ledger.prune_snapshots()
        yield Work(
            procore=procore,
            xero=xero,
            ledger=ledger,
            settings=settings,
            settings_hash=digest,
            asked=asked,
            scope=f"{place['dag_id']}/{place['dag_run']}" if place["dag_run"] else run,
            try_number=place["try_number"],
            run=run,
        )


def _settings(
    ledger: Ledger,
    operator: SyncOperator | DoctorOperator,
    asked: Asked,
    called: str,
    place: Mapping[str, Any],
) -> Settings:
    try:
        return settings_file.with_overrides(found(operator.settings), asked.settings)
    except SyncError as error:
        run = ledger.begin_run(called, asked.mode, **place)
        ledger.end_run(run, "failed", {}, {}, error=str(error))
        raise


@contextmanager
def _clients(
    operator: SyncOperator | DoctorOperator, ledger: Ledger, reserve: int
) -> Iterator[tuple[Procore, Xero]]:
    """Give both clients, which share tokens and limits with every other worker."""
    tokens = cast("TokenStore", ledger.tokens)  # the same shape; neither imports the other
    limits = ledger.limits
    with (
        ProcoreHook(operator.procore_conn_id).get_conn(tokens=tokens, limits=limits) as procore,
        XeroHook(operator.xero_conn_id).get_conn(tokens=tokens, limits=limits) as xero,
    ):
        xero.limiter.reserve = reserve
        yield procore, xero


def _reserve(settings: Settings, context: Mapping[str, Any]) -> int:
    """Return how many of Xero's calls a day this run leaves to others: a person's run none."""
    kind = getattr(context.get("dag_run"), "run_type", None)
    return settings.safety.day_reserve if kind not in (None, "manual") else 0


def found(given: str | Mapping[str, Any] | None) -> Settings:
    """Return the settings: an operator's own, else the configured file's, else the profile's.

    :raises SettingsError: if they can't be used.
    """
    if isinstance(given, Mapping):
        return settings_file.make(given)
    path = given or _configured()
    return settings_file.load(path) if path else settings_file.make({})


def _configured() -> str:
    from airflow.providers.common.compat.sdk import conf

    return conf.get("procore_xero", "settings", fallback="") or ""


def _place(context: Mapping[str, Any]) -> dict[str, Any]:
    """Return where in Airflow a run takes place; outside it there is no such place."""
    ti = context.get("ti")
    return {
        "dag_id": getattr(ti, "dag_id", "") or "",
        "dag_run": context.get("run_id") or "",
        "task_id": getattr(ti, "task_id", "") or "",
        "map_index": getattr(ti, "map_index", -1),
        "try_number": getattr(ti, "try_number", 1) or 1,
    }
