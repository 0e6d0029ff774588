"""The FastAPI app that the plugin mounts at ``/procore-xero``. Closed by default.

All that comes goes through one door, which asks Airflow who is calling before anything else of the
request is looked at: its address, its method, its body. Behind it are the routes.
"""

from __future__ import annotations

from http import HTTPMethod

from fastapi import APIRouter, Depends, FastAPI, Response
from starlette.types import Receive, Scope, Send

from airflow_provider_procore_xero.web import (
    decisions,
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
from airflow_provider_procore_xero.web.people import (
    Viewer,
    in_json,
    known,
    ours,
    readable,
    viewer,
)

# Without a description of the API there are no pages of docs, which no dependency would close.
app = FastAPI(title="Procore and Xero", dependencies=[Depends(viewer)], openapi_url=None)
door = FastAPI(
    dependencies=[Depends(known), Depends(ours), Depends(in_json), Depends(readable)],
    openapi_url=None,
)
in_sentences(app)
in_sentences(door)
api = APIRouter(prefix="/api")


@api.get("/me")
def me(person: Viewer) -> dict[str, object]:
    """Return who is calling and what they may do."""
    return person.told()


for each in (
    overview, runs, flows, records, issues, queue, decisions, why, reconciliation, settings,
):  # fmt: skip
    api.include_router(each.router)
app.include_router(api)
app.include_router(page.router)


class Inside(Response):
    """Whatever is behind the door answers."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await app({**scope, "path_params": {}}, receive, send)


@door.api_route("/{rest:path}", methods=list(HTTPMethod))
async def enter() -> Response:
    """Let somebody in whose session, and whose right to look, the door has seen."""
    return Inside()
