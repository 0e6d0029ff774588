"""The FastAPI app that the plugin mounts at ``/procore-xero``. Closed by default: every route
below, whoever adds it, first asks Airflow who is calling.
"""

from __future__ import annotations

from fastapi import APIRouter, Depends, FastAPI

from airflow_provider_procore_xero.web import (
    flows,
    issues,
    overview,
    page,
    queue,
    reconciliation,
    records,
    runs,
    settings,
    why,
)
from airflow_provider_procore_xero.web.answers import in_sentences
from airflow_provider_procore_xero.web.people import Viewer, in_json, ours, readable, viewer

app = FastAPI(
    title="Procore and Xero",
    dependencies=[Depends(ours), Depends(in_json), Depends(viewer), Depends(readable)],
    docs_url=None,
    redoc_url=None,
    openapi_url=None,
)
in_sentences(app)
api = APIRouter(prefix="/api")


@api.get("/me")
def me(person: Viewer) -> dict[str, object]:
    """Return who is calling and what they may do."""
    return person.told()


for each in (overview, runs, flows, records, issues, queue, why, reconciliation, settings):
    api.include_router(each.router)
app.include_router(api)
app.include_router(page.router)
