"""Issues: what needs a person; and what people do about it by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException, Query, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from airflow_provider_procore_xero.ledger.facts import Issue
from airflow_provider_procore_xero.sync.approval import under_approval
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.web.answers import answer
from airflow_provider_procore_xero.web.configured import OpenLedger, settings
from airflow_provider_procore_xero.web.lists import (
    Entity,
    Id,
    Row,
    Wanted,
    following,
    listed,
    moment,
    number,
)
from airflow_provider_procore_xero.web.people import Operator
from airflow_provider_procore_xero.web.shapes import entities_of, of_issue

router = APIRouter()
COLUMNS = {
    "entity": "Entity",
    "title": "Record",
    "code": "Reason",
    "sentence": "Why",
    "fix": "What to do",
    "first_seen": "First seen",
    "last_seen": "Last seen",
    "procore_url": "In Procore",
    "xero_url": "In Xero",
    "ignored_by": "Ignored by",
    "ignored_why": "Because",
    "source_id": "Source id",
    "run": "Run",
}


Mode = Literal["apply", "plan"]
LINKED = (
    "Nothing was done. Linked, {procore} in Procore and {xero} in Xero are one record to the next"
    " run: it writes what differs, or takes a bill as it stands, and makes no second one."
)
UNLINKED = (
    "Nothing was done. Unlinked, {procore} in Procore and {xero} in Xero stay as they are, and the"
    " next run judges them anew: it links them again if it finds one to be the other's counterpart,"
    " and else makes a new record."
)
DECIDED = "Before it writes to Xero, that waits for a decision in the queue."


class Body(BaseModel):
    """A body that has what it names and nothing else."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @field_validator("*")
    @classmethod
    def _without_nul(cls, value: Any) -> Any:
        if isinstance(value, str) and "\x00" in value:
            raise ValueError("it holds a NUL character; leave it out")
        return value


class Ignoring(Body):
    """Why an issue needs nobody."""

    comment: str = Field(min_length=1, max_length=2000)


class Noticing(Body):
    """Why an issue needs somebody after all."""

    comment: str = Field("", max_length=2000)


class Linking(Body):
    """Two records that are one; ``plan`` only says what would come of it."""

    entity: str = Field(max_length=60)
    procore_id: str = Field(max_length=100)
    xero_id: str = Field(max_length=100)
    comment: str = Field("", max_length=2000)
    mode: Mode = "apply"


@router.get("/issues")
def issues(
    ledger: OpenLedger,
    wanted: Wanted,
    q: Annotated[str, Query(max_length=200)] = "",
    entity: Entity = "",
    ignored: bool = False,
) -> Response:
    """List open issues: those that a person must act on first, the oldest first."""

    def page(after: str, limit: int) -> tuple[Sequence[Row], str]:
        found = ledger.questions.issues(
            q, entity=entity, ignored=ignored, after=_place(after), limit=limit
        )
        return [of_issue(each) for each in found], following(found, limit, _cursor)

    return listed(page, wanted, "issues", COLUMNS)


@router.post("/issues/{issue}/ignore")
def ignore(ledger: OpenLedger, person: Operator, issue: Id, body: Ignoring) -> Response:
    """Take an issue out of the lists until it is gone; who did and why is kept for ever."""
    ledger.by_hand.ignore(issue, who=person.name, who_id=person.id, why=body.comment)
    return answer({"ignored": issue})


@router.post("/issues/{issue}/unignore")
def unignore(ledger: OpenLedger, person: Operator, issue: Id, body: Noticing) -> Response:
    """Put an ignored issue back."""
    ledger.by_hand.unignore(issue, who=person.name, who_id=person.id, why=body.comment)
    return answer({"ignored": None})


@router.post("/links", status_code=201)
def link(ledger: OpenLedger, person: Operator, body: Linking) -> Response:
    """Pair two records by hand; the next run makes no second one, and writes to no bill."""
    ids = (body.entity, body.procore_id, body.xero_id)
    as_item = settings().cost_codes.target == "item"
    if body.mode == "plan":
        return answer(_planned(ledger.by_hand.would_link(*ids, as_item=as_item), LINKED))
    made = ledger.by_hand.link(
        *ids, who=person.name, who_id=person.id, why=body.comment, as_item=as_item
    )
    return answer(_pair(made), 201)


@router.delete("/links/{link}")
def unlink(
    ledger: OpenLedger,
    person: Operator,
    link: Id,
    comment: Annotated[str, Query(max_length=2000)] = "",
    mode: Mode = "apply",
) -> Response:
    """Forget a pair; both records stay as they are, and the next run judges them anew."""
    if mode == "plan":
        return answer(_planned(ledger.by_hand.would_unlink(link), UNLINKED))
    ended = ledger.by_hand.unlink(link, who=person.name, who_id=person.id, why=comment)
    return answer(_pair(ended))


def _pair(link: Link) -> dict[str, str]:
    return {"kind": link.kind, "procore_id": link.procore_id, "xero_id": link.xero_id}


def _planned(link: Link, then: str) -> dict[str, str]:
    """Return which records it is about, and what the next run would do *then*."""
    names = {"procore_name": link.procore_name, "xero_name": link.xero_name}
    asks = any(under_approval(settings(), name) for name, _ in entities_of(link.kind))
    said = then.format(
        procore=link.procore_name or link.procore_id, xero=link.xero_name or link.xero_id
    )
    return {
        **_pair(link),
        **names,
        "mode": "plan",
        "then": f"{said} {DECIDED}" if asks else said,
    }


def _cursor(issue: Issue) -> str:
    return f"{int(issue.waits)}_{issue.first_seen.isoformat()}_{issue.id}"


def _place(after: str) -> tuple[bool, datetime, int] | None:
    if not after:
        return None
    try:
        waits, first_seen, last = after.split("_")
        return (waits == "1", moment(first_seen), number(last) or 0)
    except ValueError:
        raise HTTPException(
            422, f"after is {after!r}; send what the page before gave as next."
        ) from None
