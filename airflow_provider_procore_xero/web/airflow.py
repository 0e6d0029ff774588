"""Airflow's own REST API, asked in this process as the person who is calling.

Nothing leaves the process and no right is lent: the caller's own session goes along, so Airflow
checks it, refuses what it must, and writes its own audit log.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import httpx
from fastapi import Depends, HTTPException, Request

_HANDED_ON = ("authorization", "cookie", "host", "user-agent", "x-forwarded-for")


class AskAirflow:
    """Airflow as the caller of *request* sees it."""

    def __init__(self, request: Request) -> None:
        self._app = request.scope.get("procore_xero.airflow")
        self._headers = {
            name: request.headers[name] for name in _HANDED_ON if name in request.headers
        }

    async def get(self, path: str, **params: Any) -> dict[str, Any]:
        """Return what ``/api/v2`` answers below *path*.

        :raises HTTPException: with Airflow's status and its own sentence.
        """
        return await self._ask("GET", path, params=params)

    async def start(self, dag_id: str, conf: Mapping[str, Any], note: str = "") -> str:
        """Start a run of *dag_id* with the params *conf*; return its id.

        :raises HTTPException: with Airflow's status and its own sentence.
        """
        body = {"logical_date": None, "conf": dict(conf), "note": note or None}
        answer = await self._ask("POST", f"/dags/{dag_id}/dagRuns", json=body)
        return str(answer["dag_run_id"])

    async def _ask(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        if self._app is None:
            raise HTTPException(503, "The page was not started by Airflow, so it can't ask it.")
        transport = httpx.ASGITransport(app=self._app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://airflow", headers=self._headers
        ) as client:
            answer = await client.request(method, f"/api/v2{path}", **request)
        if answer.is_error:
            raise HTTPException(answer.status_code, _sentence(answer))
        return dict(answer.json())


def _sentence(answer: httpx.Response) -> str:
    try:
        detail = answer.json()["detail"]
    except (ValueError, KeyError, TypeError):
        detail = answer.reason_phrase
    return f"Airflow says: {detail if isinstance(detail, str) else answer.text}"


def asking(request: Request) -> AskAirflow:
    """Return Airflow as the caller sees it. Older FastAPIs read the types of functions only."""
    return AskAirflow(request)


Airflow = Annotated[AskAirflow, Depends(asking)]
