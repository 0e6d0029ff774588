"""The overview: how each flow stands, what was moved, and how many calls are left today."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, HTTPException, Response
from fastapi.concurrency import run_in_threadpool

from airflow_provider_procore_xero.ledger.facts import Run
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.ledger.nights import Night, nights
from airflow_provider_procore_xero.sync.report import CALLED
from airflow_provider_procore_xero.web.airflow import Airflow
from airflow_provider_procore_xero.web.answers import answer
from airflow_provider_procore_xero.web.configured import OpenLedger, left_of_xeros_day, zone
from airflow_provider_procore_xero.web.flows import dags
from airflow_provider_procore_xero.web.shapes import money, of_run

router = APIRouter()


@router.get("/overview")
async def overview(ledger: OpenLedger, airflow: Airflow) -> Response:
    """Return how everything stands; what Airflow does not say now is left out."""
    seen = await run_in_threadpool(_of_the_ledger, ledger)
    try:
        seen["flows"] = await dags(airflow)
    except HTTPException as error:
        seen |= {"flows": [], "trouble": error.detail}
    return answer(seen)


def _of_the_ledger(ledger: Ledger) -> dict[str, Any]:
    asking, here = ledger.questions, zone()
    today = datetime.now(here).replace(hour=0, minute=0, second=0, microsecond=0)
    issues = asking.open_issues()
    left = left_of_xeros_day(ledger)
    last = asking.last_runs()
    company = next((run for run in sorted(last.values(), key=lambda r: r.id) if run.company), None)
    return {
        "entities": [
            {
                "entity": entity,
                "called": CALLED.get(entity, entity.replace("_", " ").capitalize()),
                "last_run": _of_last(last[entity]) if entity in last else None,
                "issues": issues.get(entity, {"to_do": 0, "waiting": 0, "ignored": 0}),
            }
            for entity in dict.fromkeys((*CALLED, *last, *issues))
            if entity in last or entity in issues
        ],
        "xero_day": left and {"left": left[0], "at": left[1]},
        "calls_today": asking.calls_since(today.astimezone(UTC)),
        "queue": ledger.queue.counts(),
        "nights": [_of_night(each) for each in nights(asking, today.date(), here)],
        "company": company.company if company else "",
        "organisation": company.organisation if company else "",
        "pair": dict(zip(("company", "organisation"), ledger.pair.split(":", 1), strict=False)),
        "others": asking.other_pairs(),
    }


def _of_last(run: Run) -> dict[str, Any]:
    """Return *run*; one that looked at nothing says why: it is switched off, say."""
    idle = run.state == "success" and "read" not in run.counts
    note = " ".join(run.notes) or "Nothing was waiting."
    return of_run(run) | {"note": note if idle else ""}


def _of_night(night: Night) -> dict[str, Any]:
    return {
        "day": night.day.isoformat(),
        "documents": night.documents,
        "money": money(night.cents),
    }
