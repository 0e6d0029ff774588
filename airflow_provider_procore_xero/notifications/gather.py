"""What a DAG run came to: the ledger's report, and what only Airflow knows of its tasks.

It works in a task and in a DAG callback, and with whatever is left when a connection, the settings
or the ledger can't be used: that is when a mail is wanted most.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from airflow_provider_procore_xero.errors import SyncError
from airflow_provider_procore_xero.sync.report import FlowReport, Mode, Report

if TYPE_CHECKING:
    from airflow_provider_procore_xero.ledger.facts import Run
    from airflow_provider_procore_xero.ledger.ledger import Ledger
    from airflow_provider_procore_xero.notifications.chart_picture import Chart

log = logging.getLogger(__name__)
REPORTER = "RunReportOperator"
NO_WORD = "The task failed and left no word; its log in Airflow says why."
BEFORE = "A task before it failed."
NO_TURN = "The run ended before its turn."
STOPPED = "It was stopped before it ended; what it had written is in the ledger."
_WHY = {
    "timed_out": "The run took longer than it may and was stopped.",
    "all_tasks_deadlocked": "The tasks left in the run wait for each other.",
}
"""Airflow's reasons for ending a run that no task of it tells."""
_FINE = ("", "success")


@dataclass(frozen=True, slots=True, kw_only=True)
class Connections:
    """The Airflow connections that a report is drawn from."""

    procore: str = "procore_default"
    xero: str = "xero_default"
    ledger: str = "procore_xero_ledger"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What a mail about a DAG run is made of.

    :param ledger: None where it can't be opened.
    :param failed_reason: why the whole run failed, as a sentence.
    :param began: when the run itself began; its flows know when they did.
    :param cleared: how often the run had been cleared; None where Airflow does not say.
    """

    report: Report
    ledger: Ledger | None
    failed_reason: str
    run_url: str
    title: str
    began: datetime | None
    cleared: int | None
    zone: tzinfo


def gather(context: Mapping[str, Any], connections: Connections) -> Gathered:
    """Return what is known of the DAG run that *context* is of."""
    dag, run_id = context["dag"], str(context["run_id"])
    ledger = open_ledger(connections)
    report, runs = _remembered(ledger, dag.dag_id, run_id)
    mode: Mode = "plan" if (context.get("params") or {}).get("mode") == "plan" else report.mode
    report = replace(report, flows=_flows(context, report, runs, mode))
    zone = getattr(dag, "timezone", None)
    return Gathered(
        report=report,
        ledger=ledger,
        failed_reason=_failed_reason(str(context.get("reason") or ""), report),
        run_url=run_url(dag.dag_id, run_id),
        title=str(getattr(dag, "dag_display_name", "") or ""),
        began=getattr(context.get("dag_run"), "start_date", None),
        cleared=getattr(context.get("dag_run"), "clear_number", None),
        zone=zone if isinstance(zone, tzinfo) else UTC,
    )


def open_ledger(connections: Connections) -> Ledger | None:
    """Return the ledger, or None with a line in the log if it can't be opened.

    Without a good pair of connections nothing was ever written for it; mails are still remembered.
    """
    from airflow_provider_procore_xero.hooks.ledger import LedgerHook
    from airflow_provider_procore_xero.hooks.pair import pair_of

    try:
        pair = pair_of(connections.procore, connections.xero)
    except unreadable() as error:
        log.warning("The report has no records: %s", error)
        pair = ""
    try:
        return LedgerHook(connections.ledger).get_conn(pair)
    except unreadable() as error:
        log.warning("The ledger can't be opened: %s", error)
        return None


def chart(
    ledger: Ledger | None, report: Report, began: datetime | None, zone: tzinfo
) -> Chart | None:
    """Return the nights up to that of *report*, or None where there is nothing to show.

    :param began: when the run began; the end of its last flow wins.
    """
    from airflow_provider_procore_xero.ledger.nights import kept_back, nights
    from airflow_provider_procore_xero.notifications.chart_picture import chart_of

    at = max((flow.ended_at for flow in report.flows if flow.ended_at), default=began)
    if ledger is None or not ledger.pair or at is None:
        return None
    asking, last = ledger.questions, at.astimezone(zone).date()
    try:
        return chart_of(nights(asking, last, zone), kept_back(asking, last, zone))
    except unreadable() as error:
        log.warning("The mail has no picture: %s", error)
        return None


def run_url(dag_id: str, run_id: str) -> str:
    """Return the run's page in Airflow, or an empty text where Airflow was not told its address."""
    from airflow.providers.common.compat.sdk import conf

    base = (conf.get("api", "base_url", fallback="") or "").rstrip("/")
    return f"{base}/dags/{quote(dag_id, safe='')}/runs/{quote(run_id, safe='')}" if base else ""


def unreadable() -> tuple[type[Exception], ...]:
    """Return what a connection or a ledger that can't be used raises."""
    from airflow.providers.common.compat.sdk import AirflowException
    from sqlalchemy.exc import SQLAlchemyError

    return (SyncError, AirflowException, SQLAlchemyError, OSError)


def _remembered(ledger: Ledger | None, dag_id: str, run_id: str) -> tuple[Report, list[Run]]:
    if ledger is not None and ledger.pair:
        try:
            runs = ledger.runs(dag_id=dag_id, dag_run=run_id, limit=10_000)
            return ledger.report(dag_id, run_id), runs
        except unreadable() as error:
            log.warning("The ledger can't be read: %s", error)
    return Report(dag_id=dag_id, dag_run=run_id, flows=()), []


def _flows(
    context: Mapping[str, Any], report: Report, runs: list[Run], mode: Mode
) -> tuple[FlowReport, ...]:
    """Return the report's flows, corrected and completed by how Airflow's tasks ended."""
    known = {flow.run: flow for flow in report.flows}
    newest = {(run.task_id, run.map_index): run.id for run in reversed(runs)}
    over = str(context.get("reason") or "") not in _FINE
    flows = dict(known)
    for task, map_index, state in _ended(context):
        run = newest.get((task.task_id, map_index), "")
        flow = flows.get(run)
        if flow is None:
            flow = FlowReport(run="", entity=_entity(task), mode=mode, state="")
        told = _told(context, task.task_id, map_index) if state == "failed" else ""
        seen = _corrected(flow, state, told, over)
        if seen is not None:
            flows[run or f"{task.task_id} {map_index}"] = seen
    return tuple(flows.values())


def _corrected(flow: FlowReport, state: str, told: str, over: bool) -> FlowReport | None:
    """Return *flow* as its task ended, or None where there is nothing to tell.

    :param told: the sentence that a failed task left.
    :param over: whether Airflow, not a task, ended the run.
    """
    if state == "failed" and flow.state in ("", "running", "success"):
        last = STOPPED if flow.state == "running" else NO_WORD
        return replace(flow, state="failed", error=told or flow.error or last)
    if not flow.state and state == "upstream_failed":
        return replace(flow, state=state, error=BEFORE)
    if not flow.state and over and state in ("skipped", "None", "scheduled", "queued"):
        return replace(flow, state="skipped", error=NO_TURN)
    if flow.state == "running" and over:
        return replace(flow, state="failed", error=STOPPED)
    return flow if flow.state else None


def _ended(context: Mapping[str, Any]) -> Iterator[tuple[Any, int, str]]:
    """Yield each task instance of the run but the report's own: task, map index, state."""
    ti, dag, run_id = context.get("ti"), context["dag"], context["run_id"]
    if ti is None:
        return
    try:
        states = ti.get_task_states(dag_id=dag.dag_id, run_ids=[run_id]).get(run_id, {})
    except ImportError:  # a callback under dag.test, where Airflow has nobody to ask
        return
    tasks = {task.task_id: task for task in dag.tasks}
    for key, state in states.items():
        name, _, place = key.rpartition("_")
        mapped = key not in tasks and place.isdecimal() and name in tasks
        task = tasks.get(name if mapped else key)
        if task is not None and getattr(task, "task_type", "") != REPORTER:
            yield task, int(place) if mapped else -1, str(getattr(state, "value", state))


def _told(context: Mapping[str, Any], task_id: str, map_index: int) -> str:
    """Return the sentence that a failed task left in XCom, or an empty text."""
    found = context["ti"].xcom_pull(task_ids=[task_id], key="error", map_indexes=[map_index])
    return next((str(each) for each in found or () if each), "")


def _entity(task: Any) -> str:
    """Return what the task's operator moves; a mapped task, or another's, goes by its id."""
    try:
        return str(task.entity.name)
    except (AttributeError, TypeError):
        return str(task.task_id)


def _failed_reason(reason: str, report: Report) -> str:
    if reason in _FINE or (reason not in _WHY and report.failed):
        return ""
    return _WHY.get(reason, f"The run failed: {reason.replace('_', ' ')}.")
