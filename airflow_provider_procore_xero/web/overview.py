"""The overview: how each flow stands, what was moved, and how many calls are left today."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from fastapi import APIRouter, HTTPException, Response
from fastapi.concurrency import run_in_threadpool

from airflow_provider_procore_xero.ledger.facts import Run
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.ledger.nights import Night, nights
from airflow_provider_procore_xero.sync.report import CALLED, COUNTS
from airflow_provider_procore_xero.web.airflow import Airflow
from airflow_provider_procore_xero.web.answers import answer
from airflow_provider_procore_xero.web.configured import (
    OpenLedger,
    left_of_procores_hour,
    left_of_xeros_day,
    zone,
)
from airflow_provider_procore_xero.web.flows import dags
from airflow_provider_procore_xero.web.lists import Row, Wanted, listed, whole
from airflow_provider_procore_xero.web.people import NIGHTLY
from airflow_provider_procore_xero.web.shapes import money, of_run

router = APIRouter()
MADE_BY_US = ("billed", "paid_procore", "direct_cost")
"""Amounts of a reconciliation that are in the books' currency: nothing else is ever written."""
FLOW_COLUMNS = {
    "called": "Flow",
    "state": "Last run",
    "mode": "Mode",
    "started_at": "Began",
    **{name: name.replace("_", " ").capitalize() for name in COUNTS},
    "note": "Note",
    "to_do": "Issues to do",
    "waiting": "Issues that wait",
    "next_run": "Next run",
}


@router.get("/overview")
async def overview(ledger: OpenLedger, airflow: Airflow, wanted: Wanted) -> Response:
    """Return how everything stands; what Airflow does not say now is left out.

    As a file it is the flows alone.
    """
    seen = await run_in_threadpool(_of_the_ledger, ledger)
    try:
        seen["flows"] = await dags(airflow)
    except HTTPException as error:
        seen |= {"flows": [], "trouble": error.detail}
    for each in seen["entities"]:
        each |= _next(each["entity"], seen["flows"])
    if wanted.form == "csv":
        rows = [_as_row(each) for each in seen["entities"]]
        return listed(whole(rows), wanted, "flows", FLOW_COLUMNS)
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
        "procore_hour": left_of_procores_hour(ledger),
        "calls_today": asking.calls_since(today.astimezone(UTC)),
        "calls_last_hour": asking.calls_since(datetime.now(UTC) - timedelta(hours=1)),
        "queue": ledger.queue.counts(),
        "nights": [_of_night(each) for each in nights(asking, today.date(), here)],
        "currency": _currency(ledger),
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


def _next(entity: str, flows: Sequence[Row]) -> dict[str, Any]:
    """Return when a flow runs next, by itself or with the nightly; None where nothing says so."""
    own = next((flow for flow in flows if entity in flow["entities"]), None)
    nightly = next((flow for flow in flows if flow["dag_id"] == NIGHTLY), None)
    due = [f for f in (own, nightly) if f and f["next_run"] and not f["is_paused"]]
    first = min(due, key=lambda flow: str(flow["next_run"]), default=None)
    return {
        "next_run": first and first["next_run"],
        "next_with": first["dag_id"] if first else "",
        "is_paused": bool(own and own["is_paused"]),
    }


def _as_row(each: Mapping[str, Any]) -> Row:
    last = each["last_run"] or {}
    kept = {name: last.get(name, "") for name in ("state", "mode", "started_at", "note")}
    return {**each, **kept, **last.get("counts", {}), **each["issues"]}


def _currency(ledger: Ledger) -> str:
    """Return the currency of the organisation's books, as the last reconciliation has it."""
    last = ledger.last_reconciliation()
    known = last.totals.items() if last else ()
    found = [name for name, sums in known if any(getattr(sums, each) for each in MADE_BY_US)]
    return found[0] if len(found) == 1 else ""


def _of_night(night: Night) -> dict[str, Any]:
    """Return a night as the page draws it.

    Money is never added up over kinds: an order, its bill and its payment are the same money.
    """
    return {
        "day": night.day.isoformat(),
        "documents": night.documents,
        "money": {kind: money(cents) for kind, cents in night.cents.items()},
    }
