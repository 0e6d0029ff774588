"""Runs and their outcomes as the reports that mails and pages are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby

from sqlalchemy import Connection, case, select

from airflow_provider_procore_xero.ledger import issues, reconciliations, runs
from airflow_provider_procore_xero.ledger.codec import outcome_of
from airflow_provider_procore_xero.ledger.facts import Run
from airflow_provider_procore_xero.ledger.tables import outcomes
from airflow_provider_procore_xero.sync.report import COUNTS, FlowReport, Outcome, Report

_DONE = ("created", "updated", "linked", "removed")
"""What an earlier try did stays done; everything else is told by the last try alone."""


def report(connection: Connection, pair: str, dag_id: str, dag_run: str, limit: int) -> Report:
    """Return the report of one DAG run: one flow a task, whatever tries it took."""
    found = runs.of_dag_run(connection, pair, dag_id, dag_run)
    last = found[-1] if found else None
    return Report(
        dag_id=dag_id,
        dag_run=dag_run,
        flows=tuple(flow_of(connection, pair, tries, limit) for tries in _by_task(found)),
        profile=str(last.settings.get("profile", "")) if last else "",
        company=last.company if last else "",
        organisation=last.organisation if last else "",
        proof=reconciliations.last(connection, pair, "", f"{dag_id}/{dag_run}"),
    )


def _by_task(found: Sequence[Run]) -> list[list[Run]]:
    """Return the tries of each task together, tasks in the order they first began."""

    def task(run: Run) -> tuple[str, str, int]:
        return (run.entity, run.task_id or run.id, run.map_index)

    order = {task(run): place for place, run in reversed(list(enumerate(found)))}
    together = sorted(found, key=lambda run: (order[task(run)], run.id))
    return [list(tries) for _, tries in groupby(together, key=task)]


def flow_of(connection: Connection, pair: str, tries: Sequence[Run], limit: int) -> FlowReport:
    """Return what became of *tries* of one task, oldest first."""
    last = tries[-1]
    earlier = [run for run in tries[:-1] if run.mode == "apply"]
    return FlowReport(
        run=last.id,
        entity=last.entity,
        mode=last.mode,
        state=last.state,
        plan=last.plan,
        counts=_counts(last, earlier),
        calls={
            system: sum(run.calls.get(system, 0) for run in tries) for system in ("procore", "xero")
        },
        error=last.error,
        outcomes=_outcomes(connection, pair, last, earlier, limit),
        started_at=tries[0].started_at,
        ended_at=last.ended_at,
        settings_hash=last.settings_hash,
        notes=last.notes,
    )


def _counts(last: Run, earlier: Sequence[Run]) -> dict[str, int]:
    counts = {name: last.counts.get(name, 0) for name in COUNTS}
    for run in earlier:
        for name in ("created", "updated", "linked"):
            counts[name] += run.counts.get(name, 0)
    return counts


def _outcomes(
    connection: Connection, pair: str, last: Run, earlier: Sequence[Run], limit: int
) -> tuple[Outcome, ...]:
    """Return at most *limit* outcomes; where there are more, those that wait for somebody stay."""
    done = outcomes.c.run.in_([run.id for run in earlier]) & outcomes.c.what.in_(_DONE)
    urgent = case({"error": 0, "warning": 1}, value=outcomes.c.severity, else_=2)
    query = (
        select(outcomes)
        .where((outcomes.c.run == last.id) | done)
        .order_by(urgent, outcomes.c.id)
        .limit(limit)
    )
    rows = sorted(connection.execute(query), key=lambda row: row.id)
    found = [outcome_of(row) for row in rows]
    ignored = issues.ignored(connection, pair, last.entity, {o.source_id for o in found})
    return tuple(
        replace(o, ignored=True)
        if o.reasons and all((o.source_id, reason.code) in ignored for reason in o.reasons)
        else o
        for o in found
    )
