"""Decisions: who decided what, when and why, back to the very first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from airflow_provider_procore_xero.ledger.facts import Decision
from airflow_provider_procore_xero.ledger.questions import sought
from airflow_provider_procore_xero.sync.report import CALLED
from airflow_provider_procore_xero.web.configured import OpenLedger
from airflow_provider_procore_xero.web.lists import Entity, Row, Wanted, following, listed, number

router = APIRouter()
What = Literal["", "accept", "reject", "retry", "link", "unlink", "ignore", "unignore"]
COLUMNS = {
    "at": "At",
    "what": "What",
    "who": "Who",
    "who_id": "Their id in Airflow",
    "called": "Flow",
    "title": "Record",
    "comment": "Because",
    "hash": "Fingerprint",
    "source_id": "Source id",
    "id": "Decision",
}


@router.get("/decisions")
def decisions(
    ledger: OpenLedger,
    wanted: Wanted,
    q: Annotated[str, Query(max_length=200)] = "",
    who: Annotated[str, Query(max_length=200)] = "",
    what: What = "",
    entity: Entity = "",
) -> Response:
    """List what people and rules decided, newest first."""

    def page(after: str, limit: int) -> tuple[Sequence[Row], str]:
        found = ledger.questions.decisions(
            sought(q), who=who, what=what, entity=entity, before=number(after), limit=limit
        )
        return [_of_decision(each) for each in found], following(found, limit, lambda d: d.id)

    return listed(page, wanted, "decisions", COLUMNS)


def _of_decision(decision: Decision) -> dict[str, Any]:
    named = {name: getattr(decision, name) for name in Decision.__slots__}
    return {**named, "called": CALLED.get(decision.entity, decision.entity)}
