"""Records: found by number, name, id or amount, each with its whole story."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from airflow_provider_procore_xero.errors import UnknownRecord
from airflow_provider_procore_xero.ledger.facts import Decision, Found, Issue, Queued
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.ledger.questions import Pairing, Questions, sought
from airflow_provider_procore_xero.sync.explain import known, need
from airflow_provider_procore_xero.web.answers import answer
from airflow_provider_procore_xero.web.configured import OpenLedger
from airflow_provider_procore_xero.web.issues import COLUMNS as ISSUES
from airflow_provider_procore_xero.web.lists import Row, Wanted, following, listed, number, whole
from airflow_provider_procore_xero.web.shapes import (
    entities_of,
    kinds_of,
    money,
    of_issue,
    of_outcome,
    of_pairing,
)

router = APIRouter()
_AT_THE_END = re.compile(r" · (-?\d{1,3}(?:,\d{3})*\.\d{2})(?: on .*)?$")
State = Literal[
    "", "held", "refused", "in_doubt", "drifted",
    "ready_to_export", "accepted", "failed_to_export", "rejected",
    "active", "orphaned", "unlinked",
]  # fmt: skip
QUEUED = ("ready_to_export", "accepted", "failed_to_export", "rejected")
LINKED = ("active", "orphaned", "unlinked")
COLUMNS = {
    "entity": "Entity",
    "title": "Record",
    "state": "State",
    "amount": "Amount",
    "procore_name": "In Procore",
    "xero_name": "In Xero",
    "why": "Why, and what to do",
    "procore_id": "Procore id",
    "xero_id": "Xero id",
    "procore_url": "Page in Procore",
    "xero_url": "Page in Xero",
    "at": "Changed",
}

DECISIONS = {
    "at": "At",
    "who": "Who",
    "what": "What",
    "title": "About",
    "comment": "Because",
    "hash": "Fingerprint",
}
PARTS = {
    "links": {
        "kind": "Kind",
        "state": "State",
        "procore_id": "Procore id",
        "procore_name": "In Procore",
        "xero_id": "Xero id",
        "xero_name": "In Xero",
        "amount": "Amount",
        "run": "Run",
        "created_at": "Since",
        "updated_at": "Changed",
    },
    "issues": ISSUES | {"closed_at": "Gone since"},
    "decisions": DECISIONS,
}


@router.get("/records")
def records(
    ledger: OpenLedger,
    wanted: Wanted,
    q: Annotated[str, Query(max_length=200)] = "",
    entity: Annotated[str, Query(max_length=60)] = "",
    state: State = "",
    run: Annotated[str, Query(max_length=40)] = "",
) -> Response:
    """List records: those that are kept back, those in the queue, the linked ones; newest first."""
    if entity:
        need(entity)
    search = _Search(ledger, q, entity, state)
    if run:
        ledger.run(run)

    def page(after: str, limit: int) -> tuple[Sequence[Row], str]:
        if run:
            return search.of_run(run, after, limit)
        return search.page(after, limit)

    return listed(page, wanted, "records", COLUMNS)


@router.get("/records/{entity}/{source_id}")
def story(ledger: OpenLedger, entity: str, source_id: str) -> Response:
    """Return all that is known of one record."""
    links, asking = links_of(ledger, entity, source_id), ledger.questions
    events = asking.history(entity, source_id)
    issues = asking.issues_of(entity, source_id)
    decided = _decided(ledger, entity, source_id, links)
    if not (links or events or issues or decided):
        raise UnknownRecord(f"The ledger knows no {source_id} among {entity}.")
    queued = ledger.queue.find(entity, (source_id,)).get(source_id)
    last = asking.last_outcomes(entity, (source_id,)).get(source_id)
    urls = last.outcome if last else issues[0] if issues else None
    return answer(
        {
            "entity": entity,
            "source": known()[entity][0].source,
            "source_id": source_id,
            "title": _title(links, events, issues, entity) or source_id,
            "procore_url": urls.procore_url if urls else "",
            "xero_url": urls.xero_url if urls else "",
            "links": [of_pairing(link) for link in links],
            "issues": [of_issue(issue) for issue in issues],
            "events": [of_outcome(each) for each in events],
            "next": following(events, 50, lambda each: each.id),
            "decisions": decided,
            "queue": queued and {"id": queued.id, "state": queued.state},
        }
    )


@router.get("/records/{entity}/{source_id}/events")
def events(ledger: OpenLedger, wanted: Wanted, entity: str, source_id: str) -> Response:
    """List what became of a record, newest first."""
    need(entity)

    def page(after: str, limit: int) -> tuple[Sequence[Row], str]:
        found = ledger.questions.history(entity, source_id, before=number(after), limit=limit)
        return [of_outcome(each) for each in found], following(found, limit, lambda each: each.id)

    from airflow_provider_procore_xero.web.runs import OUTCOME_COLUMNS

    return listed(page, wanted, f"{entity}-events", OUTCOME_COLUMNS)


@router.get("/records/{entity}/{source_id}/{part}")
def part(
    ledger: OpenLedger,
    wanted: Wanted,
    entity: str,
    source_id: str,
    part: Literal["links", "issues", "decisions"],
) -> Response:
    """List one part of a record's story: its links, its issues, or what people decided."""
    links = links_of(ledger, entity, source_id)
    if part == "links":
        rows = [of_pairing(link) for link in links]
    elif part == "issues":
        rows = [of_issue(issue) for issue in ledger.questions.issues_of(entity, source_id)]
    else:
        decided = _decided(ledger, entity, source_id, links)
        rows = [{name: getattr(each, name) for name in DECISIONS} for each in decided]
    return listed(whole(rows), wanted, f"{entity}-{part}", PARTS[part])


def links_of(ledger: Ledger, entity: str, source_id: str) -> list[Pairing]:
    """Return every link that a record has or had, newest first."""
    need(entity)
    source = known()[entity][0].source
    return [
        link
        for kind in kinds_of(entity)
        for link in ledger.questions.pairings_of(kind, source, source_id)
    ]


def _decided(
    ledger: Ledger, entity: str, source_id: str, links: Sequence[Pairing]
) -> list[Decision]:
    """Return what people decided about a record, oldest first.

    A link of a vendor is told of under either direction that vendors go.
    """
    sides = {(entity, source_id)} | {
        (name, str(getattr(link, f"{source}_id")))
        for link in links
        for name, source in entities_of(link.kind)
    }
    found = {one.id: one for side in sides for one in ledger.questions.decisions_on(*side)}
    return [found[number] for number in sorted(found)]


def _title(
    links: Sequence[Pairing], events: Sequence[Found], issues: Sequence[Issue], entity: str
) -> str:
    if events:
        return events[0].outcome.title
    if issues:
        return issues[0].title
    source = known()[entity][0].source
    return next((str(getattr(link, f"{source}_name")) for link in links), "")


class _Search:
    """One search: records kept back are numbered by issues, linked ones by links.

    A page's end is written ``i17``, ``q8`` or ``l42`` by what its last row was. The issue of a
    record in the queue knows no amount, so the queue is searched too.
    """

    def __init__(self, ledger: Ledger, q: str, entity: str, state: str) -> None:
        self._asking, self._queue = ledger.questions, ledger.queue
        self._q, self._entity, self._state = q, entity, state

    def page(self, after: str, limit: int) -> tuple[list[Row], str]:
        rows: list[Row] = []
        if self._state in QUEUED:
            return self._queued(number(after.removeprefix("q")), limit)
        if self._state not in LINKED and not after.startswith(("q", "l")):
            rows, beyond = self._kept_back(number(after.removeprefix("i")), limit)
            if beyond or self._state:
                return rows, beyond
            after = ""
        if not self._state and not after.startswith("l"):
            queued, beyond = self._queued(number(after.removeprefix("q")), limit)
            rows += queued
            if beyond:
                return rows, beyond
            after = ""
        linked, beyond = self._linked(number(after.removeprefix("l")), limit)
        return rows + linked, beyond

    def of_run(self, run: str, after: str, limit: int) -> tuple[list[Row], str]:
        found = self._asking.outcomes(
            run,
            self._q,
            what=self._state if self._state not in (*LINKED, *QUEUED) else "",
            before=number(after),
            limit=limit,
        )
        kept = [each for each in found if self._entity in ("", each.outcome.entity)]
        if self._state in QUEUED:
            ids = [each.outcome.source_id for each in kept]
            queued = {
                (row.entity, row.source_id)
                for row in self._queue.holding("", (self._state,), of=ids)
            }
            kept = [e for e in kept if (e.outcome.entity, e.outcome.source_id) in queued]
        return [_of_outcome(each) for each in kept], following(found, limit, lambda e: e.id)

    def _kept_back(self, before: int | None, limit: int) -> tuple[list[Row], str]:
        found = self._asking.kept_back(
            self._q, entity=self._entity, what=self._state, before=before, limit=limit
        )
        return [_of_issue(each) for each in found], following(found, limit, lambda i: f"i{i.id}")

    def _queued(self, before: int | None, limit: int) -> tuple[list[Row], str]:
        """Return records in the queue; where all are listed, but for those with an issue."""
        states = (self._state,) if self._state else QUEUED
        found = self._queue.holding(
            sought(self._q), states, entity=self._entity, before=before, limit=limit
        )
        rows = [_of_queued(each) for each in found]
        if not self._state:
            rows = _without_issues(self._asking, rows, self._q)
        return rows, following(found, limit, lambda each: f"q{each.id}")

    def _linked(self, before: int | None, limit: int) -> tuple[list[Row], str]:
        found = self._asking.pairings(
            self._q,
            kinds=kinds_of(self._entity) if self._entity else (),
            state=self._state,
            before=before,
            limit=limit,
        )
        rows = _with_pages(self._asking, found, self._entity)
        if not self._state:  # those with an issue, or in the queue, have been listed before
            rows = _without_issues(self._asking, rows, self._q)
            rows = self._without_queued(rows)
        return rows, following(found, limit, lambda link: f"l{link.id}")

    def _without_queued(self, rows: list[Row]) -> list[Row]:
        listed = {
            (entity, each.source_id)
            for entity in {row["entity"] for row in rows}
            for each in self._queue.holding(
                sought(self._q),
                QUEUED,
                entity=entity,
                of=[row["source_id"] for row in rows if row["entity"] == entity],
            )
        }
        return [row for row in rows if (row["entity"], row["source_id"]) not in listed]


def _of_queued(row: Queued) -> Row:
    return {
        "entity": row.entity,
        "source_id": row.source_id,
        "title": row.title,
        "state": row.state,
        "procore_id": row.source_id,
        "xero_id": row.target_id,
        "procore_name": row.title,
        "xero_name": row.name,
        "amount": row.amount,
        "why": " ".join(row.errors),
        "procore_url": row.procore_url,
        "xero_url": row.xero_url,
        "at": row.changed_at,
    }


def _of_issue(issue: Issue) -> Row:
    source = known()[issue.entity][0].source if issue.entity in known() else "procore"
    return {
        "entity": issue.entity,
        "source_id": issue.source_id,
        "title": issue.title,
        "state": issue.what,
        "procore_id": issue.source_id if source == "procore" else "",
        "xero_id": issue.source_id if source == "xero" else "",
        "procore_name": "",
        "xero_name": "",
        "amount": _amount(issue.title),
        "why": f"{issue.sentence} {issue.fix}".strip(),
        "procore_url": issue.procore_url,
        "xero_url": issue.xero_url,
        "at": issue.last_seen,
    }


def _amount(title: str) -> Decimal | None:
    """Return the amount at the end of a title: issues and outcomes have no other.

    A direct cost's is followed by its project.
    """
    found = _AT_THE_END.search(title)
    return Decimal(found[1].replace(",", "")) if found else None


def _of_outcome(found: Found) -> Row:
    row = of_outcome(found)
    kept = ("entity", "source_id", "title", "procore_url", "xero_url", "at", "why", "run")
    return {name: row[name] for name in kept} | {
        "state": found.outcome.what,
        "procore_id": "",
        "xero_id": "",
        "procore_name": "",
        "xero_name": "",
        "amount": _amount(found.outcome.title),
    }


def _with_pages(asking: Questions, found: Sequence[Pairing], entity: str) -> list[Row]:
    """Return links as records, each with the pages and the entity that last had to do with it."""
    last: dict[tuple[str, str], Found] = {}
    for kind in {link.kind for link in found}:
        for name, source in entities_of(kind):
            if entity in ("", name):
                ids = [str(getattr(link, f"{source}_id")) for link in found if link.kind == kind]
                of = asking.last_outcomes(name, ids)
                last |= {(name, source_id): each for source_id, each in of.items()}
    return [_of_link(link, last, entity) for link in found]


def _of_link(link: Pairing, last: dict[tuple[str, str], Found], entity: str) -> Row:
    sides = [(n, str(getattr(link, f"{s}_id"))) for n, s in entities_of(link.kind)]
    sides = [each for each in sides if entity in ("", each[0])] or [(link.kind, link.procore_id)]
    mine = max(sides, key=lambda each: last[each].id if each in last else 0)
    seen: Any = last[mine].outcome if mine in last else None
    return {
        "entity": mine[0],
        "source_id": mine[1],
        "title": link.procore_name or link.xero_name or mine[1],
        "state": link.state,
        "procore_id": link.procore_id,
        "xero_id": link.xero_id,
        "procore_name": link.procore_name,
        "xero_name": link.xero_name,
        "amount": money(link.cents),
        "why": "",
        "procore_url": seen.procore_url if seen else "",
        "xero_url": seen.xero_url if seen else "",
        "at": link.updated_at,
        "link": link.id,
    }


def _without_issues(asking: Questions, rows: list[Row], q: str) -> list[Row]:
    """Return *rows* but those with an open issue that holds *q* too."""
    kept_back = {
        (entity, source_id)
        for entity in {row["entity"] for row in rows}
        for source_id in asking.with_issues(
            entity, [row["source_id"] for row in rows if row["entity"] == entity], q
        )
    }
    return [row for row in rows if (row["entity"], row["source_id"]) not in kept_back]
