"""Why is it not there? Each condition of a record with its tick or cross, and what to do."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from airflow_provider_procore_xero.ledger.explained import explained
from airflow_provider_procore_xero.web.answers import answer
from airflow_provider_procore_xero.web.configured import OpenLedger

router = APIRouter()


@router.get("/explain")
def explain(
    ledger: OpenLedger,
    entity: Annotated[str, Query(max_length=60)],
    key: Annotated[str, Query(min_length=1, max_length=200)],
) -> Response:
    """Return the records that *key* may mean, each with its conditions as they were last judged."""
    found = explained(ledger, entity, key)
    return answer({"entity": entity, "key": key, "records": [_shown(each) for each in found]})


def _shown(each: Any) -> dict[str, Any]:
    return {name: getattr(each, name) for name in type(each).__slots__}
