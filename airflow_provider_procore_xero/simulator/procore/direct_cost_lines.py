"""The lines of direct costs: of one, of a whole project, and their sync."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import fields
from .answers import Answer, invalid, not_found
from .ask import Ask, Entry
from .direct_costs import COLLECTION, LINE, LINES, check_conflict, check_line
from .lists import MOMENTS, Filter, filtered, inside, one_of, paged
from .origins import is_locked, locked
from .store import Record
from .sync import Action, synced

SYNC_LINE: fields.Writable = {
    **LINE,
    "direct_cost_id": fields.whole_number,
    "cost_code_id": fields.whole_number,
    "line_item_type_id": fields.whole_number,
    "extended_type": fields.choice("manual", "calculated"),
    "amount": fields.money,
}
_LINE_FILTERS: dict[str, Filter] = {
    **MOMENTS,
    "id": one_of("id"),
    "direct_cost_id": one_of("direct_cost_id"),
    "cost_code_id": inside("cost_code", "id"),
    "line_item_type_id": inside("line_item_type", "id"),
}


def _lines_of_project(ask: Ask, project_id: int) -> Iterator[Record]:
    for cost in ask.state.direct_costs.values():
        if cost["project_id"] == project_id and not cost["deleted_at"]:
            yield from cost["line_items"]


def list_all_lines(ask: Ask) -> Answer:
    rows = _lines_of_project(ask, ask.project_id())
    return paged(ask, filtered(ask, rows, _LINE_FILTERS), lambda line: line)


def list_lines(ask: Ask) -> Answer:
    cost = ask.record_of_project(COLLECTION, "direct_cost_id")
    return paged(ask, filtered(ask, cost["line_items"], _LINE_FILTERS), lambda line: line)


def create_line(ask: Ask) -> Answer:
    cost = ask.record_of_project(COLLECTION, "direct_cost_id")
    check_conflict(ask)
    return Answer(_line_created(ask, cost, ask.fields("line_item")), 201)


def change_line(ask: Ask) -> Answer:
    cost, line = _line(ask)
    check_conflict(ask)
    return Answer(_line_changed(ask, cost, line, ask.fields("line_item")))


def delete_line(ask: Ask) -> Answer:
    cost, line = _line(ask)
    check_conflict(ask)
    if is_locked(ask.state, COLLECTION, cost):
        raise locked()
    cost["line_items"].remove(line)
    ask.state.origins.move(LINES, line["id"], line["origin_id"], None)
    _add_up(ask, cost)
    return Answer()


def _line(ask: Ask) -> tuple[Record, Record]:
    cost = ask.record_of_project(COLLECTION, "direct_cost_id")
    line_id = ask.path_id("id")
    line = next((line for line in cost["line_items"] if line["id"] == line_id), None)
    if line is None:
        raise not_found()
    return cost, line


def _line_created(ask: Ask, cost: Record, given: dict[str, Any]) -> Record:
    changes = _line_changes(ask, cost, None, given)
    by_wbs = changes.get("wbs_code_id") is not None
    by_code = changes.get("cost_code_id") and changes.get("line_item_type_id")
    if not by_wbs and not by_code:
        raise invalid("wbs_code_id", "can't be blank")
    line = ask.state.add_direct_cost_line(cost, changes)
    ask.state.origins.move(LINES, line["id"], None, line["origin_id"])
    ask.state.child_changed(cost)
    return line


def _line_changed(ask: Ask, cost: Record, line: Record, given: dict[str, Any]) -> Record:
    changes = _line_changes(ask, cost, line, given)
    new = changes.get("origin_id", line["origin_id"])
    ask.state.origins.move(LINES, line["id"], line["origin_id"], new)
    line |= ask.state.line(changes, base=line)
    ask.state.touch(line)
    _add_up(ask, cost)
    return line


def _line_changes(
    ask: Ask, cost: Record, line: Record | None, given: dict[str, Any]
) -> dict[str, Any]:
    """A line's changes; the lock of a synced direct cost covers its lines."""
    if is_locked(ask.state, COLLECTION, cost):
        raise locked()
    changes = fields.accepted(ask, given, SYNC_LINE, line or ())
    check_line(ask, cost["project_id"], line, changes)
    return {name: value for name, value in changes.items() if name != "direct_cost_id"}


def _add_up(ask: Ask, cost: Record) -> None:
    ask.state.add_up_direct_cost(cost)
    ask.state.child_changed(cost)


def sync_lines(ask: Ask) -> Answer:
    project_id = ask.project_id()
    check_conflict(ask)
    costs = ask.state.direct_costs

    def find(line_id: int) -> Record | None:
        lines = _lines_of_project(ask, project_id)
        return next((line for line in lines if line["id"] == line_id), None)

    def make(row: dict[str, Any]) -> Record:
        cost = costs.get(row.get("direct_cost_id") or 0)
        if cost is None or cost["project_id"] != project_id:
            raise invalid("direct_cost_id", "can't be blank")
        return _line_created(ask, cost, row)

    action = Action(
        LINES,
        find=find,
        create=make,
        update=lambda line, row: _line_changed(ask, costs[line["direct_cost_id"]], line, row),
        view=lambda line: line,
    )
    return synced(ask, action)


_BASE = "/rest/v1.0/projects/{project_id}/direct_costs"
_OF_ONE = f"{_BASE}/{{direct_cost_id}}/line_items"
ROUTES: list[Entry] = [
    ("GET", f"{_BASE}/line_items", list_all_lines),
    ("PATCH", f"{_BASE}/line_items/sync", sync_lines),
    ("GET", _OF_ONE, list_lines),
    ("POST", _OF_ONE, create_line),
    ("PATCH", f"{_OF_ONE}/{{id}}", change_line),
    ("DELETE", f"{_OF_ONE}/{{id}}", delete_line),
]
