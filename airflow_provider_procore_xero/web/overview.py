"""The overview: how each flow stands, what was moved, and how many calls are left today."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from airflow.configuration import conf
from fastapi import APIRouter, HTTPException, Response
from fastapi.concurrency import run_in_threadpool

from airflow_provider_procore_xero.ledger.facts import Run
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.ledger.questions import Made
from airflow_provider_procore_xero.sync.report import CALLED
from airflow_provider_procore_xero.web.airflow import Airflow
from airflow_provider_procore_xero.web.answers import answer
from airflow_provider_procore_xero.web.configured import OpenLedger, left_of_xeros_day
from airflow_provider_procore_xero.web.flows import dags
from airflow_provider_procore_xero.web.shapes import money, of_run

router = APIRouter()
NIGHTS = 14
DOCUMENTS = {
    "commitment": "purchase orders",
    "subcontractor_invoice": "bills",
    "payment": "payments",
    "direct_cost": "direct costs",
}
"""The kinds of links that stand for a document; the others are names."""


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
    asking, zone = ledger.questions, _zone()
    today = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    first = today - timedelta(days=NIGHTS - 1)
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
        "nights": _nights(asking.made(first.astimezone(UTC)), first, zone),
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


def _nights(found: Iterable[Made], first: datetime, zone: tzinfo) -> list[dict[str, Any]]:
    """Return a day each from *first* on: documents made, by what they are, and their money."""
    days: dict[str, dict[str, Any]] = {
        (first + timedelta(days=day)).date().isoformat(): {
            "documents": dict.fromkeys(DOCUMENTS.values(), 0),
            "cents": 0,
        }
        for day in range(NIGHTS)
    }
    for each in found:
        hour = datetime.strptime(each.hour, "%Y-%m-%d %H").replace(tzinfo=UTC)
        day = days.get(hour.astimezone(zone).date().isoformat())
        if day is not None and each.kind in DOCUMENTS:
            day["documents"][DOCUMENTS[each.kind]] += each.count
            day["cents"] += abs(each.cents)
    return [
        {"day": name, "documents": day["documents"], "money": money(day["cents"])}
        for name, day in days.items()
    ]


def _zone() -> tzinfo:
    try:
        return ZoneInfo(conf.get("procore_xero", "timezone", fallback="UTC") or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC
