"""The queue: what waits for a decision, what became of it, and deciding.

A decision is bound to the fingerprint of what was shown. The first of two counts; whoever comes too
late is told by whom, and nothing is done.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, BackgroundTasks, HTTPException, Query, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import Field

from airflow_provider_procore_xero.ledger.facts import Decision, Queued
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.ledger.questions import sought
from airflow_provider_procore_xero.sync.approval import What, may_not_accept
from airflow_provider_procore_xero.sync.plan import FieldChange, flat
from airflow_provider_procore_xero.sync.report import CALLED
from airflow_provider_procore_xero.web.airflow import Airflow
from airflow_provider_procore_xero.web.answers import answer
from airflow_provider_procore_xero.web.configured import OpenLedger, settings
from airflow_provider_procore_xero.web.issues import Body
from airflow_provider_procore_xero.web.lists import (
    LARGEST,
    Entity,
    Id,
    Row,
    Wanted,
    following,
    listed,
    moment,
    number,
)
from airflow_provider_procore_xero.web.people import EXPORT, Approver, Person

log = logging.getLogger(__name__)
router = APIRouter()
State = Literal["ready_to_export", "accepted", "synced", "failed_to_export", "rejected"]
COLUMNS = {
    "called": "Flow",
    "title": "Record",
    "name": "Name in Xero",
    "amount": "Amount",
    "vendor": "Vendor",
    "project": "Project",
    "state": "State",
    "waiting_since": "Waiting since",
    "decided_by": "Decided by",
    "decided_at": "Decided",
    "comment": "Comment",
    "exported_at": "In Xero since",
    "errors": "Errors",
    "creator": "Created by",
    "procore_url": "In Procore",
    "xero_url": "In Xero",
    "hash": "Fingerprint",
}
_DID = {"accept": "accepted", "reject": "rejected", "retry": "retried"}
NO_REASON = "Say why: a rejection needs a comment, which whoever sent the record gets by mail."


class Deciding(Body):
    """What was shown, by its fingerprint; without one the decision is on what stands there now."""

    hash: str = Field("", max_length=64)


class Rejecting(Deciding):
    """Why it is not to go to Xero."""

    comment: str = Field("", max_length=2000)


class Seen(Body):
    """One record of a list, as it was shown."""

    id: int = Field(ge=1, le=LARGEST)
    hash: str = Field(min_length=1, max_length=64)


class AcceptingAll(Body):
    """All records that were shown and chosen."""

    rows: list[Seen] = Field(min_length=1, max_length=200)


@router.get("/queue")
def queue(
    ledger: OpenLedger,
    wanted: Wanted,
    state: State = "ready_to_export",
    entity: Entity = "",
    q: Annotated[str, Query(max_length=200)] = "",
) -> Response:
    """List records in a state: what waits oldest first, everything else newest first."""

    def page(after: str, limit: int) -> tuple[Sequence[Row], str]:
        found = ledger.queue.page(
            state, entity=entity, q=sought(q), after=_place(after), limit=limit
        )
        last = ledger.queue.last_decisions([row.id for row in found])
        return [of_queued(r, last.get(r.id)) for r in found], following(found, limit, _cursor)

    return listed(page, wanted, f"queue-{state}", COLUMNS)


@router.get("/queue/counts")
def counts(ledger: OpenLedger) -> Response:
    """Return how many records are in each state."""
    return answer({"counts": ledger.queue.counts()})


@router.get("/queue/{row}")
def record(ledger: OpenLedger, row: Id) -> Response:
    """Return one record with every decision on it, oldest first."""
    found = ledger.queue.one(row)
    history = ledger.queue.decisions_on(found.entity, found.source_id)
    names = ("what", "who", "who_id", "comment", "hash", "at")
    told = [{name: getattr(each, name) for name in names} for each in history]
    return answer({**of_queued(found, history[-1] if history else None), "decisions": told})


@router.post("/queue/accept")
async def accept_all(
    ledger: OpenLedger, person: Approver, airflow: Airflow, body: AcceptingAll
) -> Response:
    """Accept each of these that is still as it was shown; the others are named, with why."""
    accepted, refused = await run_in_threadpool(_accept_all, ledger, person, body.rows)
    started = await _start(airflow, person) if accepted else {"dag_run": "", "warning": ""}
    return answer({"accepted": accepted, "refused": refused, **started})


@router.post("/queue/{row}/accept")
async def accept(
    ledger: OpenLedger, person: Approver, airflow: Airflow, row: Id, body: Deciding | None = None
) -> Response:
    """Accept a record, and start its export at once."""
    decided = await run_in_threadpool(_accept, ledger, person, row, body.hash if body else "")
    return answer({"row": of_queued(decided), **await _start(airflow, person)})


@router.post("/queue/{row}/reject")
def reject(
    ledger: OpenLedger, person: Approver, row: Id, later: BackgroundTasks, body: Rejecting
) -> Response:
    """Reject a record with a reason, which its creator and its submitter get by mail at once."""
    if not body.comment:
        raise HTTPException(422, NO_REASON)
    decided = _decide(ledger, person, row, "reject", body.hash, body.comment)
    decision = ledger.queue.last_decisions([row])[row]
    later.add_task(_tell, ledger, decided, decision)
    return answer({"row": of_queued(decided, decision)})


@router.post("/queue/{row}/retry")
async def retry(
    ledger: OpenLedger, person: Approver, airflow: Airflow, row: Id, body: Deciding | None = None
) -> Response:
    """Try an export that failed once more; it stays failed until it is done."""
    seen = body.hash if body else ""
    decided = await run_in_threadpool(_decide, ledger, person, row, "retry", seen)
    return answer({"row": of_queued(decided), **await _start(airflow, person)})


def _accept(ledger: Ledger, person: Person, row: int, seen: str) -> Queued:
    if refusal := _as_their_own(person, ledger.queue.one(row)):
        raise HTTPException(403, refusal)
    return _decide(ledger, person, row, "accept", seen)


def _accept_all(
    ledger: Ledger, person: Person, shown: Sequence[Seen]
) -> tuple[list[int], list[dict[str, Any]]]:
    """Accept what can be; return the ids of that, and why the others are not."""
    found = ledger.queue.several([seen.id for seen in shown])
    refused = {
        seen.id: _as_their_own(person, found[seen.id])
        if seen.id in found
        else f"The queue has no record {seen.id}. Reload the page."
        for seen in shown
    }
    due = {seen.id: seen.hash for seen in shown if not refused[seen.id]}
    accepted = set(ledger.queue.decide_all(due, "accept", person.name, person.id)) if due else set()
    refused |= {row: _too_late(ledger, row, due[row]) for row in due if row not in accepted}
    return (
        [row for row in refused if row in accepted],
        [{"id": row, "detail": why} for row, why in refused.items() if why],
    )


def _as_their_own(person: Person, row: Queued) -> str:
    """Return why *person* may not accept *row*: an empty text if they may."""
    return may_not_accept(settings(), row.title, (row.creator, row.submitter), person.known_by)


def _decide(
    ledger: Ledger, person: Person, row: int, what: What, seen: str, comment: str = ""
) -> Queued:
    """Remember a decision.

    :raises HTTPException: if it is not what was shown any more, or somebody else was first.
    """
    shown = seen or ledger.queue.one(row).hash
    decided = ledger.queue.decide(
        row, what, person.name, seen=shown, comment=comment, who_id=person.id
    )
    if decided is None:
        raise HTTPException(409, _too_late(ledger, row, shown))
    return decided


def _too_late(ledger: Ledger, row: int, seen: str) -> str:
    """Return why a decision could not be made."""
    found = ledger.queue.one(row)
    if found.hash != seen:
        return f"{found.title} has changed since it was shown. Look at it again, then decide."
    last = ledger.queue.last_decisions([row]).get(row)
    if last is not None and found.state != "ready_to_export":
        at = f"{last.at:%Y-%m-%d %H:%M} UTC" if last.at else ""
        return f"{last.who} has {_DID[last.what]} {found.title} already, {at}. Nothing was done."
    return f"{found.title} is {found.state.replace('_', ' ')}, so this can't be done with it."


async def _start(airflow: Airflow, person: Person) -> dict[str, str]:
    """Start the export, unless a run that has yet to begin will see to it.

    The decision stands whatever becomes of it: the nightly run exports what is accepted too.
    """
    try:
        waiting = await airflow.get(f"/dags/{EXPORT}/dagRuns", state="queued", limit=1)
        if waiting["dag_runs"]:
            return {"dag_run": str(waiting["dag_runs"][0]["dag_run_id"]), "warning": ""}
        details = await airflow.get(f"/dags/{EXPORT}/details")
        if details["is_paused"]:
            raise HTTPException(409, f"{EXPORT} is paused in Airflow.")
        note = f"Accepted by {person.name} on the Procore ↔ Xero page"
        return {"dag_run": await airflow.start(EXPORT, {}, note), "warning": ""}
    except HTTPException as error:
        log.warning("The export was not started: %s", error.detail)
        said = f"It is accepted, but its export was not started. {error.detail} The next night"
        return {"dag_run": "", "warning": f"{said} exports it, or {EXPORT} by hand."}


def _tell(ledger: Ledger, row: Queued, decision: Decision) -> None:
    """Send the mail of a rejection; the next daily summary sends what is not taken now."""
    from airflow_provider_procore_xero.notifications.deliver import unsendable
    from airflow_provider_procore_xero.notifications.tell import tell_rejected

    try:
        tell_rejected(ledger, settings(), row, decision)
    except unsendable() as error:
        log.warning("Rejection %s was not mailed: %s", decision.id, error)


def of_queued(row: Queued, last: Decision | None = None) -> Row:
    """Return *row* with each field before and after; a new record has no before."""
    fields = row.fields
    if not fields or row.what == "create":
        said = flat(row.payload).items()
        fields += tuple(FieldChange(name=name, before=None, after=value) for name, value in said)
    took = (
        (row.exported_at - row.decided_at).total_seconds()
        if row.exported_at and row.decided_at and row.exported_at >= row.decided_at
        else None
    )
    left_out = ("fields", "payload", "version", "read")
    return {
        **{name: getattr(row, name) for name in Queued.__slots__ if name not in left_out},
        "called": CALLED.get(row.entity, row.entity),
        "fields": fields,
        "seconds": None if took is None else round(took),
        "comment": last.comment if last else "",
    }


def _cursor(row: Queued) -> str:
    assert row.changed_at is not None
    return f"{row.changed_at.isoformat()}_{row.id}"


def _place(after: str) -> tuple[datetime, int] | None:
    if not after:
        return None
    at, _, last = after.rpartition("_")
    try:
        return moment(at), number(last) or 0
    except ValueError:
        raise HTTPException(
            422, f"after is {after!r}; send what the page before gave as next."
        ) from None
