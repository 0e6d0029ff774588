"""The flows as Airflow has them: their DAGs, when they run next, and starting one now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, HTTPException, Path, Response
from pydantic import Field

from airflow_provider_procore_xero.errors import SettingsError
from airflow_provider_procore_xero.settings import reference, with_overrides
from airflow_provider_procore_xero.web.airflow import Airflow
from airflow_provider_procore_xero.web.answers import answer
from airflow_provider_procore_xero.web.configured import settings
from airflow_provider_procore_xero.web.issues import Body
from airflow_provider_procore_xero.web.people import Viewer

router = APIRouter()
OURS = "procore_xero_"
Dag = Annotated[str, Path(pattern=rf"^{OURS}[a-z_]+$", max_length=250)]
LEADS_TO = {"commitments": ("commitments", "commitment_change_orders")}
"""Entities of the DAGs that are not called as their only entity is."""


class Starting(Body):
    """What to run, and what to run it with: the params of its DAG."""

    dag_id: str = Field(pattern=rf"^{OURS}[a-z_]+$", max_length=250)
    conf: dict[str, Any] = Field(default_factory=dict)


@router.get("/flows")
async def flows(airflow: Airflow) -> Response:
    """List our DAGs that the caller may see, with when each runs next."""
    return answer({"rows": await dags(airflow)})


@router.get("/flows/{dag_id}")
async def flow(airflow: Airflow, person: Viewer, dag_id: Dag) -> Response:
    """Return what a run of a DAG can be asked for, and whether the caller may ask."""
    details = await airflow.get(f"/dags/{dag_id}/details")
    return answer(
        {
            "dag_id": dag_id,
            "is_paused": details["is_paused"],
            "starts": person.may("POST", dag_id),
            "params": [
                _param(name, given) for name, given in (details.get("params") or {}).items()
            ],
        }
    )


@router.post("/runs", status_code=201)
async def start(airflow: Airflow, person: Viewer, body: Starting) -> Response:
    """Start a flow now, as the caller: Airflow checks their right to trigger that DAG."""
    if not person.may("POST", body.dag_id):
        raise HTTPException(
            403, f"{person.name} may not start it: it takes the right to trigger {body.dag_id}."
        )
    details = await airflow.get(f"/dags/{body.dag_id}/details")
    if details["is_paused"]:
        raise HTTPException(
            409, f"{body.dag_id} is paused in Airflow, so its runs would wait. Unpause it first."
        )
    unknown = set(body.conf) - set(details.get("params") or {})
    if unknown:
        raise HTTPException(422, f"{body.dag_id} takes no {', '.join(sorted(unknown))}.")
    _refuse_settings(body.conf.get("settings"))
    note = f"Started by {person.name} on the Procore ↔ Xero page"
    run_id = await airflow.start(body.dag_id, body.conf, note)
    return answer({"dag_id": body.dag_id, "dag_run": run_id}, 201)


def _refuse_settings(given: Any) -> None:
    """Raise for settings that a run can't have, before there is a run that fails of them."""
    if not isinstance(given, Mapping):
        return  # Airflow refuses what is no object in its own words
    in_force = settings()
    try:
        with_overrides(in_force, given)
    except SettingsError as error:
        raise HTTPException(422, str(error)) from None


async def dags(airflow: Airflow) -> list[dict[str, Any]]:
    """Return our DAGs as the caller may see them."""
    found = await airflow.get("/dags", dag_id_pattern=OURS, limit=100)
    return [
        {
            "dag_id": each["dag_id"],
            "called": each.get("dag_display_name") or each["dag_id"],
            "entities": _entities(each["dag_id"]),
            "is_paused": each["is_paused"],
            "schedule": each.get("timetable_description") or each.get("timetable_summary"),
            "next_run": each.get("next_dagrun_run_after"),
        }
        for each in found["dags"]
        if each["dag_id"].startswith(OURS)
    ]


def _entities(dag_id: str) -> tuple[str, ...]:
    name = dag_id.removeprefix(OURS)
    return LEADS_TO.get(name, (name,))


def _param(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    schema = given.get("schema") or {}
    kinds = schema.get("type", "string")
    return {
        "name": name,
        "value": given.get("value"),
        "title": schema.get("title") or name,
        "description": given.get("description") or schema.get("description") or "",
        "types": kinds if isinstance(kinds, list) else [kinds],
        "choices": schema.get("enum") or [],
        "called": schema.get("values_display") or {},
        "section": schema.get("section") or "",
        "keys": overridable() if name == "settings" else [],
    }


def overridable() -> list[dict[str, str]]:
    """Return the keys of the settings that a run may set for itself, each with what it does."""
    return [
        {"name": f"{section}.{key}", "says": doc.text}
        for section, key, _, doc in reference()
        if doc.overridable
    ]
