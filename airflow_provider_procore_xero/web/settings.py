"""The settings in force, to be read: as a run had them, key by key, beside the profile's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response

from airflow_provider_procore_xero.ledger.codec import dumps, loads
from airflow_provider_procore_xero.ledger.facts import Run
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.settings import as_dict, attribute, make, reference
from airflow_provider_procore_xero.web.answers import answer
from airflow_provider_procore_xero.web.configured import OpenLedger, settings, settings_path
from airflow_provider_procore_xero.web.lists import Row, Wanted, listed, whole
from airflow_provider_procore_xero.web.shapes import of_run

router = APIRouter()
COLUMNS = {
    "key": "Key",
    "value": "Value",
    "profile": "Profile",
    "differs": "Differs",
    "overridable": "For one run",
    "says": "What it does",
}


@router.get("/settings")
def in_force(
    ledger: OpenLedger,
    wanted: Wanted,
    run: Annotated[str, Query(max_length=40)] = "",
    q: Annotated[str, Query(max_length=200)] = "",
    differing: bool = False,
) -> Response:
    """List the settings that *run* had, or the last run; before any, those of the next one.

    No password is ever among them: connections hold those.
    """
    found = ledger.run(run) if run else _last(ledger)
    given = found.settings if found and found.settings else _plain(as_dict(settings()))
    words = q.casefold().split()
    rows = [
        row
        for row in _rows(given)
        if (row["differs"] or not differing)
        and all(word in f"{row['key']} {row['value']} {row['says']}".casefold() for word in words)
    ]
    if wanted.form == "csv":
        return listed(whole(rows), wanted, "settings", COLUMNS)
    return answer(
        {
            "rows": rows,
            "next": "",
            "run": found and of_run(found),
            "profile": given["profile"],
            "path": settings_path(),
        }
    )


def _last(ledger: Ledger) -> Run | None:
    runs = ledger.questions.last_runs().values()
    return max((run for run in runs if run.settings), key=lambda run: run.id, default=None)


def _rows(given: Mapping[str, Any]) -> Iterator[Row]:
    usual = _plain(as_dict(make({"profile": given["profile"]})))
    for section, key, default, doc in reference():
        name = attribute(section, key)
        value = given.get(section, {}).get(name, default)
        profile = usual[section].get(name)
        yield {
            "key": f"{section}.{key}",
            "value": _text(value),
            "profile": _text(profile),
            "differs": value != profile,
            "overridable": doc.overridable,
            "says": doc.text,
        }


def _plain(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return *value* as the ledger keeps it."""
    plain: dict[str, Any] = loads(dumps(value))
    return plain


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ", ".join(f"{key}: {_text(each)}" for key, each in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(_text(each) for each in value)
    return "" if value is None else str(value)
