"""Who is calling, and what they may do: always Airflow's own answer.

A *viewer* may read the nightly DAG, an *operator* may trigger it, an *approver* may trigger the
export of what was accepted and is named in ``approval.approvers``: neither alone is enough. What
starts a DAG asks for the right to trigger that very DAG.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from airflow.api_fastapi.app import get_auth_manager
from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
from airflow.api_fastapi.core_api.security import get_user
from airflow.configuration import conf
from fastapi import Depends, HTTPException, Request

from airflow_provider_procore_xero.sync.approval import same_person
from airflow_provider_procore_xero.web.configured import settings

NIGHTLY = "procore_xero_nightly"
EXPORT = "procore_xero_export_accepted"
_SAFE = ("GET", "HEAD")
_CALLER = "procore_xero.caller"


@dataclass(frozen=True, slots=True)
class Person:
    """An Airflow user whose session has been checked.

    :param name: what an audit trail calls them.
    :param mail: their address where Airflow's auth manager knows one.
    """

    user: Any
    id: str
    name: str
    mail: str = ""

    def may(self, method: Literal["GET", "POST"], dag_id: str) -> bool:
        """Return whether they may see (``GET``) or start (``POST``) runs of *dag_id*."""
        return get_auth_manager().is_authorized_dag(
            method=method,
            access_entity=DagAccessEntity.RUN,
            details=DagDetails(id=dag_id),
            user=self.user,
        )

    @property
    def may_operate(self) -> bool:
        """Whether they may run flows, and link, unlink and ignore records."""
        return self.may("POST", NIGHTLY)

    @property
    def may_approve(self) -> bool:
        """Whether they may accept and reject what waits in the queue."""
        return self.may("POST", EXPORT) and self.is_among(settings().approval.approvers)

    @property
    def known_by(self) -> tuple[str, ...]:
        """What Airflow knows them by: their name first."""
        return tuple(each for each in (self.name, self.id, self.mail) if each)

    def told(self) -> dict[str, object]:
        """Return who this is and what they may do, as the page is told."""
        return {
            "id": self.id,
            "name": self.name,
            "operates": self.may_operate,
            "approves": self.may_approve,
        }

    def is_among(self, named: tuple[str, ...]) -> bool:
        """Return whether *named* has them, by user name or address.

        An entry is a name, an address, or both: ``"ana <ana@example.com>"``.
        """
        return any(same_person(entry, *self.known_by) for entry in named)


def ours(request: Request) -> None:
    """Refuse a write that another site made the browser send.

    Airflow's session is a cookie without a token against forgery, so the browser's own word on
    where a request comes from decides. A caller with a token of its own in the header has none to
    forge. Whatever else is in that header a browser may send by itself, and Airflow then goes by
    the cookie.
    """
    scheme, _, own = request.headers.get("authorization", "").partition(" ")
    if request.method in _SAFE or (scheme.lower() == "bearer" and own.strip()):
        return
    site = request.headers.get("sec-fetch-site")
    origin = request.headers.get("origin")
    if site is not None and site != "same-origin":
        raise HTTPException(403, "This write came from another site, so it was refused.")
    if origin is not None and urlsplit(origin).netloc not in _hosts(request):
        raise HTTPException(403, f"This write came from {origin}, so it was refused.")
    if site is None and origin is None:
        raise HTTPException(
            403, "A write needs an Origin header or a token, so that no other site can forge it."
        )


def in_json(request: Request) -> None:
    """Refuse a body that a plain HTML form could have sent."""
    if request.method in _SAFE or request.headers.get("content-length", "0") == "0":
        return
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise HTTPException(415, "Send JSON, with Content-Type: application/json.")


def readable(request: Request) -> None:
    """Refuse an address with a NUL in it: no record has one, and no database takes one."""
    if "\x00" in request.url.path or "%00" in request.url.query:
        raise HTTPException(422, "The address holds a NUL character; leave it out.")


def _hosts(request: Request) -> set[str]:
    base = urlsplit(conf.get("api", "base_url", fallback="")).netloc
    return {request.headers.get("host", ""), base} - {""}


def known(request: Request, user: Annotated[Any, Depends(get_user)]) -> None:
    """Find out who is calling, for :func:`viewer`.

    :raises HTTPException: 401 without a session, 403 without the right to read the nightly DAG.
    """
    person = Person(
        user=user,
        id=str(user.get_id()),
        name=str(user.get_name() or user.get_id()),
        mail=str(getattr(user, "email", "") or ""),
    )
    if not person.may("GET", NIGHTLY):
        raise HTTPException(403, f"{person.name} may not see this page: {_lacks('read', NIGHTLY)}")
    request.scope[_CALLER] = person


async def viewer(request: Request) -> Person:
    """Return who is calling, as the door found out.

    :raises HTTPException: 401 if they came by no door.
    """
    person: Person | None = request.scope.get(_CALLER)
    if person is None:
        raise HTTPException(401)
    return person


def operator(person: Annotated[Person, Depends(viewer)]) -> Person:
    """Return who is calling, if they may run flows and link records.

    :raises HTTPException: 403 if they may not.
    """
    if not person.may_operate:
        raise HTTPException(403, f"{person.name} may only look: {_lacks('trigger', NIGHTLY)}")
    return person


def approver(person: Annotated[Person, Depends(viewer)]) -> Person:
    """Return who is calling, if they may decide what is exported.

    :raises HTTPException: 403 if they may not.
    """
    if not person.may("POST", EXPORT):
        raise HTTPException(403, f"{person.name} may not decide: {_lacks('trigger', EXPORT)}")
    if not person.is_among(settings().approval.approvers):
        raise HTTPException(
            403, f"{person.name} may not decide: approval.approvers in the settings lacks them."
        )
    return person


def _lacks(right: str, dag_id: str) -> str:
    return f"it takes the right to {right} {dag_id} in Airflow."


Viewer = Annotated[Person, Depends(viewer)]
Operator = Annotated[Person, Depends(operator)]
Approver = Annotated[Person, Depends(approver)]
