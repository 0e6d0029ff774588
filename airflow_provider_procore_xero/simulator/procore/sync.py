"""Sync actions: up to 1,000 rows in one call, HTTP 200 even when every row failed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .answers import Answer, Refusal, bad_request, invalid
from .ask import Ask
from .store import Record

MAXIMUM_ROWS = 1000


@dataclass(frozen=True)
class Action:
    """How one kind of record takes part in a sync.

    :param find: the record of an id in the call's scope, or None.
    :param create: makes a record of a row.
    :param update: applies a row to a record.
    :param view: the record as the show answer has it.
    :param by_id: whether the endpoint reads ``id``; where it does not, a row with an id
        and no known origin id is created once more.
    """

    collection: str
    find: Callable[[int], Record | None]
    create: Callable[[dict[str, Any]], Record]
    update: Callable[[Record, dict[str, Any]], Record]
    view: Callable[[Record], Any]
    by_id: bool = True


def synced(ask: Ask, action: Action) -> Answer:
    """The answer to ``{"updates": [...]}``: ``entities`` and ``errors``."""
    rows = ask.body.get("updates")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise bad_request("param is missing or the value is empty: updates")
    if len(rows) > MAXIMUM_ROWS:
        raise Refusal(413, {"errors": f"At most {MAXIMUM_ROWS} rows can be synced at once"})
    entities, errors = [], []
    for row in rows:
        try:
            entities.append(action.view(_applied(ask, action, row)))
        except Refusal as refusal:
            errors.append({**row, "errors": refusal.errors})
    return Answer({"entities": entities, "errors": errors})


def _applied(ask: Ask, action: Action, row: dict[str, Any]) -> Record:
    """Match by id, else by origin id, else create; only a match by id can change an origin id."""
    fields = {name: value for name, value in row.items() if name != "id"}
    if action.by_id and row.get("id") is not None:
        record = action.find(row["id"]) if isinstance(row["id"], int) else None
        if record is None:
            raise invalid("base", "Entity with this ID not found")
        return action.update(record, fields)
    if origin_id := row.get("origin_id"):
        found = ask.state.origins.find(action.collection, str(origin_id))
        record = action.find(found) if found is not None else None
        if record is not None:
            return action.update(record, fields)
    record = action.create(fields)
    ask.state.origins.move(action.collection, record["id"], None, record.get("origin_id"))
    return record
