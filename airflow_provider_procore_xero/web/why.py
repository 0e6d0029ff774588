"""Why is it not there? Each condition of a record with its tick or cross, and what to do."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from airflow_provider_procore_xero.ledger.explained import Explained, explained
from airflow_provider_procore_xero.sync.explain import Judged
from airflow_provider_procore_xero.web.answers import answer
from airflow_provider_procore_xero.web.configured import OpenLedger
from airflow_provider_procore_xero.web.lists import Row, Wanted, listed, whole

router = APIRouter()
COLUMNS = {
    "entity": "Entity",
    "title": "Record",
    "source_id": "Source id",
    "verdict": "Met",
    "asks": "Condition",
    "sentence": "What is wrong",
    "fix": "What to do",
    "code": "Reason",
    "judged_at": "Last judged",
    "run": "Run",
}


@router.get("/explain")
def explain(
    ledger: OpenLedger,
    wanted: Wanted,
    entity: Annotated[str, Query(max_length=60)],
    key: Annotated[str, Query(min_length=1, max_length=200)],
) -> Response:
    """Return the records that *key* may mean, each with its conditions as they were last judged.

    As a file it is a row for each condition.
    """
    found = explained(ledger, entity, key)
    if wanted.form == "csv":
        rows = [_row(each, condition) for each in found for condition in each.conditions]
        return listed(whole(rows), wanted, "conditions", COLUMNS)
    return answer({"entity": entity, "key": key, "records": [_shown(each) for each in found]})


def _shown(each: Any) -> dict[str, Any]:
    return {name: getattr(each, name) for name in type(each).__slots__}


def _row(each: Explained, condition: Judged) -> Row:
    of_record = ("entity", "title", "source_id", "judged_at", "run")
    of_condition = ("verdict", "asks", "sentence", "fix", "code")
    return {
        **{name: getattr(each, name) for name in of_record},
        **{name: getattr(condition, name) for name in of_condition},
    }
