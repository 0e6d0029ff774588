"""Runs and plans: what was done, what would be, and what each change alters."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Sequence
from typing import Annotated, Any, Literal
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Query, Response
from fastapi.concurrency import run_in_threadpool

from airflow_provider_procore_xero.ledger.facts import Run
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.sync.report import What
from airflow_provider_procore_xero.web.airflow import Airflow, AskAirflow
from airflow_provider_procore_xero.web.answers import answer
from airflow_provider_procore_xero.web.configured import OpenLedger, zone
from airflow_provider_procore_xero.web.lists import Entity, Row, Wanted, following, listed, number
from airflow_provider_procore_xero.web.shapes import of_change, of_outcome, of_run

router = APIRouter()
Words = Annotated[str, Query(max_length=200)]
Name = Annotated[str, Query(max_length=250)]
RUN_COLUMNS = {
    "started_at": "Began",
    "ended_at": "Ended",
    "called": "Flow",
    "mode": "Mode",
    "state": "State",
    "counts": "Counts",
    "calls": "Calls",
    "error": "Error",
    "dag_id": "DAG",
    "dag_run": "DAG run",
    "id": "Run",
}
OUTCOME_COLUMNS = {
    "at": "At",
    "entity": "Entity",
    "what": "What",
    "title": "Record",
    "source_id": "Source id",
    "target_id": "Target id",
    "why": "Why, and what to do",
    "procore_url": "In Procore",
    "xero_url": "In Xero",
    "run": "Run",
}
CHANGE_COLUMNS = {
    "what": "What",
    "title": "Record",
    "name": "Becomes",
    "fields": "Fields",
    "why": "Why, and what to do",
    "source_id": "Source id",
    "target_id": "Target id",
}

NO_FLOW_FAILED = "The run failed, though none of its flows did; its page in Airflow says why."


@router.get("/runs")
def runs(
    ledger: OpenLedger,
    wanted: Wanted,
    entity: Entity = "",
    state: Name = "",
    dag_run: Name = "",
    idle: bool = True,
) -> Response:
    """List runs, newest first; not *idle* leaves out what ended well and looked at nothing."""

    def page(after: str, limit: int) -> tuple[Sequence[Row], str]:
        found = ledger.runs(
            entity=entity or None,
            state=state or None,
            dag_run=dag_run or None,
            before=after,
            limit=limit,
            idle=idle,
        )
        return [of_run(run) for run in found], following(found, limit, lambda run: run.id)

    return listed(page, wanted, "runs", RUN_COLUMNS)


@router.get("/runs/{run}")
def one_run(ledger: OpenLedger, run: str) -> Response:
    """Return one run: how it went, under which settings, its mails, and the runs beside it."""
    found = ledger.run(run)
    beside = ledger.runs(dag_run=found.dag_run, limit=100) if found.dag_run else []
    return answer(
        {
            **of_run(found),
            "task_id": found.task_id,
            "try_number": found.try_number,
            "notes": found.notes,
            "settings": found.settings,
            "company": found.company,
            "organisation": found.organisation,
            "mails": ledger.questions.mails(found.dag_id, found.dag_run) if found.dag_run else [],
            "beside": [of_run(each) for each in reversed(beside) if each.id != run],
        }
    )


@router.get("/runs/{run}/outcomes")
def outcomes(
    ledger: OpenLedger,
    wanted: Wanted,
    run: str,
    q: Words = "",
    what: What | Literal[""] = "",
    severity: Literal["", "info", "warning", "error"] = "",
) -> Response:
    """List what became of records in a run, newest first."""
    ledger.run(run)

    def page(after: str, limit: int) -> tuple[Sequence[Row], str]:
        found = ledger.questions.outcomes(
            run, q, what=what, severity=severity, before=number(after), limit=limit
        )
        return [of_outcome(each) for each in found], following(found, limit, lambda each: each.id)

    return listed(page, wanted, f"run-{run}", OUTCOME_COLUMNS)


@router.get("/runs/{run}/report")
async def report(ledger: OpenLedger, airflow: Airflow, run: str) -> Response:
    """Return the report of a run's DAG run, as it was mailed, as an HTML file to keep."""
    found = await run_in_threadpool(ledger.run, run)
    title, state = await _told_by_airflow(airflow, found)
    return Response(
        await run_in_threadpool(_report, ledger, found, title, state),
        media_type="text/html; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="procore-xero-{found.id}.html"',
            "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline';"
            " img-src data:",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        },
    )


async def _told_by_airflow(airflow: AskAirflow, run: Run) -> tuple[str, str]:
    """Return what Airflow calls the DAG, and how its run stands; empty where it does not know."""
    try:
        dag_path = f"/dags/{quote(run.dag_id, safe='')}"
        run_path = f"{dag_path}/dagRuns/{quote(run.dag_run, safe='')}"
        dag, there = await gather(airflow.get(f"{dag_path}/details"), airflow.get(run_path))
        return str(dag.get("dag_display_name") or ""), str(there["state"])
    except HTTPException:
        return "", ""


def _report(ledger: Ledger, run: Run, title: str, state: str) -> str:
    from airflow_provider_procore_xero.notifications.gather import chart, run_url
    from airflow_provider_procore_xero.notifications.mail import compose

    found, here = ledger.report(run.dag_id, run.dag_run), zone()
    message = compose(
        found,
        run_url=run_url(run.dag_id, run.dag_run),
        title=title,
        failed_reason=NO_FLOW_FAILED if state == "failed" and not found.failed else "",
        began=run.started_at,
        zone=here,
        chart=chart(ledger, found, run.started_at, here),
        embedded=True,
    )
    return message.html


@router.get("/plans/{plan}")
def one_plan(ledger: OpenLedger, plan: str) -> Response:
    """Return a stored plan; its changes are a list of their own."""
    found = ledger.questions.plan(plan)
    whole: dict[str, Any] = {
        name: getattr(found, name)
        for name in ("id", "run", "entity", "source_system", "counts", "content_hash")
    }
    return answer({**whole, "created_at": found.created_at, "sealed_at": found.sealed_at})


@router.get("/plans/{plan}/changes")
def changes(ledger: OpenLedger, wanted: Wanted, plan: str, record: Name = "") -> Response:
    """List the changes of a plan in its order, or of one record, each field before and after."""
    found = ledger.questions.plan(plan)

    def page(after: str, limit: int) -> tuple[Sequence[Row], str]:
        part = ledger.questions.changes(
            found.id, record=record, after=number(after) or 0, limit=limit
        )
        return _rows([of_change(each) for each in part], wanted.form), following(
            part, limit, lambda each: each.seq
        )

    return listed(page, wanted, f"plan-{found.id}", CHANGE_COLUMNS)


def _rows(rows: list[Row], form: str) -> list[Row]:
    if form == "json":
        return rows
    return [
        row
        | {
            "fields": [f"{f.name}: {f.before or ''} → {f.after or ''}" for f in row["fields"]],
            "why": " ".join(f"{r.sentence} {r.fix}".strip() for r in row["reasons"]),
        }
        for row in rows
    ]
