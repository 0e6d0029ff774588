"""Reconciliation: where both systems agree to the cent, and where they do not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from airflow_provider_procore_xero.errors import UnknownRecord
from airflow_provider_procore_xero.sync.reconciliation import (
    AMOUNTS,
    Amounts,
    Explanation,
    Names,
    Place,
    Reconciled,
)
from airflow_provider_procore_xero.web.answers import answer
from airflow_provider_procore_xero.web.configured import OpenLedger
from airflow_provider_procore_xero.web.lists import Row, Wanted, following, listed, number, whole

router = APIRouter()
SAID = (
    *(field.name for kind in (Place, Names, Amounts) for field in fields(kind)),
    *("difference", "unexplained", "explanations", "procore_url", "xero_url"),
)
COLUMNS = {name: name.replace("_", " ").capitalize() for name in SAID}


@router.get("/reconciliation")
def reconciliation(
    ledger: OpenLedger,
    wanted: Wanted,
    q: Annotated[str, Query(max_length=200)] = "",
    run: Annotated[str, Query(max_length=40)] = "",
    differing: bool = False,
) -> Response:
    """List the rows of a reconciliation, the largest difference without a reason first."""
    last = ledger.last_reconciliation(run=run)
    if last is None and run:
        raise UnknownRecord(f"The ledger has no reconciliation of run {run}.")

    def page(after: str, limit: int) -> tuple[Sequence[Row], str]:
        if last is None:
            return [], ""
        found = ledger.reconciliation(
            run=last.run, q=q, differing=differing, after=number(after) or 0, limit=limit
        )
        rows = [_flat(each) for each in found]
        if wanted.form == "csv":
            rows = [row | {"explanations": _told(row["explanations"])} for row in rows]
        return rows, following(found, limit, lambda each: each.seq)

    if wanted.form == "csv":
        return listed(page, wanted, "reconciliation", COLUMNS)
    rows, beyond = page(wanted.after, wanted.limit)
    return answer({"rows": rows, "next": beyond, "last": last})


TOTALS = {
    "currency": "Currency",
    **{name: COLUMNS[name] for name in (*AMOUNTS, "difference", "unexplained")},
}


@router.get("/reconciliation/totals")
def totals(
    ledger: OpenLedger, wanted: Wanted, run: Annotated[str, Query(max_length=40)] = ""
) -> Response:
    """List what all rows of a reconciliation come to, a row for each currency."""
    last = ledger.last_reconciliation(run=run)
    if last is None and run:
        raise UnknownRecord(f"The ledger has no reconciliation of run {run}.")
    differing = ledger.differences(last.run) if last else {}
    rows = [
        {
            "currency": currency,
            **asdict(amounts),
            **dict(zip(("difference", "unexplained"), differing.get(currency, ()), strict=False)),
        }
        for currency, amounts in (last.totals if last else {}).items()
    ]
    return listed(whole(rows), wanted, "reconciliation-totals", TOTALS)


def _flat(row: Reconciled) -> dict[str, Any]:
    return {
        **asdict(row.place),
        **asdict(row.names),
        **asdict(row.amounts),
        "difference": row.difference,
        "unexplained": row.unexplained,
        "explanations": row.explanations,
        "procore_url": row.procore_url,
        "xero_url": row.xero_url,
        "seq": row.seq,
    }


def _told(explanations: Sequence[Explanation]) -> list[str]:
    return [f"{each.code} {each.amount}: {each.sentence}" for each in explanations]
