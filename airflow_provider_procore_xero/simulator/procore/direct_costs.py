"""Direct costs: v1.1 headers with nested lines, v1.0 sync of headers and of lines.

The fault ``conflict`` answers a write with 409, as two writes at once on one direct cost do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import fields
from .answers import Answer, Refusal, invalid, not_found
from .ask import Ask, Entry
from .commitment_lines import check_coding
from .lists import (
    MOMENTS,
    Filter,
    between,
    equals,
    filtered,
    inside,
    one_of,
    paged,
)
from .origins import check_lock, is_locked, locked, note_clearing
from .store import Record, without
from .sync import Action, synced

MAXIMUM_LINES = 100
_COLLECTION, _LINES = "direct_costs", "direct_cost_line_items"
_STATUS = fields.choice("draft", "pending", "revise_and_resubmit", "approved")
_TYPES = ("invoice", "expense", "payroll")
_HEADER: fields.Writable = {
    "status": _STATUS,
    "invoice_number": fields.text,
    "vendor_id": fields.whole_number,
    "employee_id": fields.whole_number,
    "description": fields.long_text,
    "terms": fields.text,
    **dict.fromkeys(("direct_cost_date", "received_date", "payment_date"), fields.date),
    **fields.ORIGIN,
}
V1_1: fields.Writable = {
    **_HEADER,
    "direct_cost_type": fields.choice(*_TYPES, "subcontractor_invoice"),
    "currency_configuration": fields.any_value,
    "line_items": fields.any_value,
}
SYNC: fields.Writable = {**_HEADER, "direct_cost_type": fields.choice(*_TYPES)}
_LINE: fields.Writable = {
    "wbs_code_id": fields.whole_number,
    "description": fields.long_text,
    **dict.fromkeys(("quantity", "unit_cost"), fields.money),
    "uom": fields.text,
    "tax_code_id": fields.whole_number,
    **fields.ORIGIN,
}
V1_1_LINE: fields.Writable = {
    **_LINE,
    "manual_amount": fields.money,
    "ref": fields.text,
    "funding_rule_id": fields.any_value,
}
SYNC_LINE: fields.Writable = {
    **_LINE,
    "direct_cost_id": fields.whole_number,
    "cost_code_id": fields.whole_number,
    "line_item_type_id": fields.whole_number,
    "extended_type": fields.choice("manual", "calculated"),
    "amount": fields.money,
}
_NOT_KEPT = frozenset({"currency_configuration", "line_items", "employee_id"})
_HIDDEN = frozenset({"project_id"})
_FILTERS: dict[str, Filter] = {
    **MOMENTS,
    "id": one_of("id"),
    "origin_id": equals("origin_id"),
    "invoice_number": equals("invoice_number"),
    "payment_date": between("payment_date"),
    "received_date": between("received_date"),
}
_LINE_FILTERS: dict[str, Filter] = {
    **MOMENTS,
    "id": one_of("id"),
    "direct_cost_id": one_of("direct_cost_id"),
    "cost_code_id": inside("cost_code", "id"),
    "line_item_type_id": inside("line_item_type", "id"),
}


def _is_synced(cost: Record) -> bool:
    return bool(cost["origin_id"]) or any(line["origin_id"] for line in cost["line_items"])


def _listed(cost: Record) -> Record:
    """In a list the vendor is its plain name, and the lines are only counted."""
    row = without(cost, frozenset({"project_id", "line_items"}))
    return {**row, "vendor": cost["vendor_name"], "synced": _is_synced(cost)}


def shown(cost: Record) -> Record:
    vendor = {"id": cost["vendor_id"], "name": cost["vendor_name"]}
    named = vendor if cost["vendor_id"] is not None else None
    return {**without(cost, _HIDDEN), "vendor": named, "synced": _is_synced(cost)}


def list_costs(ask: Ask) -> Answer:
    project_id = ask.project_id()
    rows = (
        c
        for c in ask.state.direct_costs.values()
        if c["project_id"] == project_id and not c["deleted_at"]
    )
    return paged(ask, filtered(ask, rows, _FILTERS), _listed)


def show(ask: Ask) -> Answer:
    return Answer(shown(ask.record_of_project(_COLLECTION)))


def create(ask: Ask) -> Answer:
    project_id = ask.project_id()
    _check_conflict(ask)
    changes = fields.accepted(ask, ask.fields("direct_cost"), V1_1)
    lines = _new_lines(ask, project_id, changes.get("line_items") or [])
    cost = _created(ask, project_id, changes, status=400)
    made = [(ask.state.add_direct_cost_line(cost, line), ref) for line, ref in lines]
    for line, _ in made:
        ask.state.origins.move(_LINES, line["id"], None, line["origin_id"])
    return Answer(_with_refs(cost, {line["id"]: ref for line, ref in made if ref}), 201)


def _with_refs(cost: Record, refs: dict[int, str]) -> Record:
    """The answer echoes each line's ``ref``, which is not stored."""
    lines = [
        {**line, "ref": refs[line["id"]]} if line["id"] in refs else line
        for line in cost["line_items"]
    ]
    return {**shown(cost), "line_items": lines}


def _new_lines(ask: Ask, project_id: int, given: Any) -> list[tuple[Record, str | None]]:
    if not isinstance(given, list) or not all(isinstance(line, dict) for line in given):
        raise invalid("line_items", "must be a list", status=400)
    if len(given) > MAXIMUM_LINES:
        raise invalid("line_items", f"are too many (maximum is {MAXIMUM_LINES})", status=400)
    origin_ids = [line["origin_id"] for line in given if line.get("origin_id")]
    if len(origin_ids) != len(set(origin_ids)):
        raise invalid("origin_id", "has already been taken")
    return [_new_line(ask, project_id, line) for line in given]


def _new_line(ask: Ask, project_id: int, given: dict[str, Any]) -> tuple[Record, str | None]:
    changes = fields.accepted(ask, given, V1_1_LINE)
    if changes.get("wbs_code_id") is None:
        raise invalid("line_items.wbs_code_id", "can't be blank", status=400)
    _check_line(ask, project_id, None, changes)
    ref = changes.pop("ref", None)
    return _valued(changes), ref


def _valued(changes: dict[str, Any]) -> dict[str, Any]:
    """``manual_amount`` makes a line manual; else quantity by unit cost."""
    given = {k: v for k, v in changes.items() if k not in ("manual_amount", "funding_rule_id")}
    if changes.get("manual_amount") is not None:
        return {**given, "amount": changes["manual_amount"], "extended_type": "manual"}
    if "quantity" in changes or "unit_cost" in changes:
        return {**given, "extended_type": "calculated"}
    return given


def _check_line(ask: Ask, project_id: int, line: Record | None, changes: dict[str, Any]) -> None:
    check_coding(ask, project_id, changes)
    own_id = line["id"] if line else None
    ask.state.origins.check(_LINES, own_id, changes.get("origin_id"))
    amount = changes.get("amount", changes.get("manual_amount"))
    if amount is not None and amount < 0 and not ask.state.switches["negative_direct_cost_lines"]:
        raise invalid("amount", "must be greater than or equal to 0")


def _created(ask: Ask, project_id: int, changes: dict[str, Any], *, status: int) -> Record:
    """A new header; *status* refuses what is missing."""
    kind = changes.get("direct_cost_type")
    needed = ("vendor_id", "invoice_number") if kind == "invoice" else ()
    for name in ("direct_cost_type", *needed):
        if changes.get(name) in (None, ""):
            raise invalid(name, "can't be blank", status=status)
    _check(ask, project_id, None, changes)
    kept = {name: value for name, value in changes.items() if name not in _NOT_KEPT}
    cost = ask.state.add_direct_cost(project_id=project_id, **kept)
    ask.state.origins.move(_COLLECTION, cost["id"], None, cost["origin_id"])
    return cost


def _check(ask: Ask, project_id: int, cost: Record | None, changes: dict[str, Any]) -> None:
    state = ask.state
    vendor_id = changes.get("vendor_id")
    if vendor_id is not None and vendor_id not in state.vendors:
        raise invalid("vendor_id", "does not exist")
    state.origins.check(_COLLECTION, cost["id"] if cost else None, changes.get("origin_id"))
    if "invoice_number" in changes or "vendor_id" in changes:
        _check_number(ask, project_id, cost, changes)


def _check_number(ask: Ask, project_id: int, cost: Record | None, changes: Record) -> None:
    """An invoice number is unique per vendor within the project's tool."""
    merged = {**(cost or {}), **changes}
    wanted = (merged.get("vendor_id"), merged.get("invoice_number"))
    if None in wanted:
        return
    for other in ask.state.direct_costs.values():
        if other is cost or other["project_id"] != project_id or other["deleted_at"]:
            continue
        if (other["vendor_id"], other["invoice_number"]) == wanted:
            status = ask.state.switches["duplicate_invoice_number_status"]
            raise invalid("invoice_number", "has already been taken", status=status)


def change(ask: Ask) -> Answer:
    cost = ask.record_of_project(_COLLECTION)
    _check_conflict(ask)
    changes = fields.accepted(ask, ask.fields("direct_cost"), V1_1, cost)
    if "line_items" in changes:
        raise invalid("line_items", "are changed through their own endpoints", status=501)
    return Answer(shown(_changed(ask, cost, changes)))


def _changed(ask: Ask, cost: Record, changes: dict[str, Any]) -> Record:
    state = ask.state
    check_lock(state, _COLLECTION, cost, changes)
    _check(ask, cost["project_id"], cost, changes)
    note_clearing(state, _COLLECTION, cost, changes)
    if "origin_id" in changes:
        state.origins.move(_COLLECTION, cost["id"], cost["origin_id"], changes["origin_id"])
    if changes.get("vendor_id") is not None:
        cost["vendor_name"] = state.vendors[changes["vendor_id"]]["name"]
    return state.touch(cost, **{k: v for k, v in changes.items() if k not in _NOT_KEPT})


def delete(ask: Ask) -> Answer:
    cost = ask.record_of_project(_COLLECTION)
    _check_conflict(ask)
    if is_locked(ask.state, _COLLECTION, cost):
        _refuse_unless_deletable(ask)
    del ask.state.direct_costs[cost["id"]]
    ask.state.origins.move(_COLLECTION, cost["id"], cost["origin_id"], None)
    for line in cost["line_items"]:
        ask.state.origins.move(_LINES, line["id"], line["origin_id"], None)
    return Answer({"id": cost["id"]})


def _refuse_unless_deletable(ask: Ask) -> None:
    if not ask.state.switches["locked_records_can_be_deleted"]:
        raise locked()


def _check_conflict(ask: Ask) -> None:
    request = ask.request
    if ask.state.faults.take("conflict", "procore", request.method, request.url.path):
        raise Refusal(409, {"errors": "The direct cost is being changed by another request"})


def sync(ask: Ask) -> Answer:
    """Headers without lines; a row with an origin id makes a header that is locked at once."""
    project_id = ask.project_id()
    _check_conflict(ask)

    def find(cost_id: int) -> Record | None:
        cost = ask.state.direct_costs.get(cost_id)
        return cost if cost and cost["project_id"] == project_id else None

    def update(cost: Record, row: dict[str, Any]) -> Record:
        changes = fields.accepted(ask, row, SYNC, cost)
        changes.pop("direct_cost_type", None)
        # The origin id by which the row was found is no change.
        if changes.get("origin_id") == cost["origin_id"]:
            changes.pop("origin_id", None)
        return _changed(ask, cost, changes)

    action = Action(
        _COLLECTION,
        find=find,
        create=lambda row: _created(ask, project_id, fields.accepted(ask, row, SYNC), status=422),
        update=update,
        view=shown,
    )
    return synced(ask, action)


def _lines_of_project(ask: Ask, project_id: int) -> Iterator[Record]:
    for cost in ask.state.direct_costs.values():
        if cost["project_id"] == project_id and not cost["deleted_at"]:
            yield from cost["line_items"]


def list_all_lines(ask: Ask) -> Answer:
    rows = _lines_of_project(ask, ask.project_id())
    return paged(ask, filtered(ask, rows, _LINE_FILTERS), lambda line: line)


def list_lines(ask: Ask) -> Answer:
    cost = ask.record_of_project(_COLLECTION, "direct_cost_id")
    return paged(ask, filtered(ask, cost["line_items"], _LINE_FILTERS), lambda line: line)


def create_line(ask: Ask) -> Answer:
    cost = ask.record_of_project(_COLLECTION, "direct_cost_id")
    _check_conflict(ask)
    return Answer(_line_created(ask, cost, ask.fields("line_item")), 201)


def change_line(ask: Ask) -> Answer:
    cost, line = _line(ask)
    _check_conflict(ask)
    return Answer(_line_changed(ask, cost, line, ask.fields("line_item")))


def delete_line(ask: Ask) -> Answer:
    cost, line = _line(ask)
    _check_conflict(ask)
    if is_locked(ask.state, _COLLECTION, cost):
        raise locked()
    cost["line_items"].remove(line)
    ask.state.origins.move(_LINES, line["id"], line["origin_id"], None)
    _add_up(ask, cost)
    return Answer()


def _line(ask: Ask) -> tuple[Record, Record]:
    cost = ask.record_of_project(_COLLECTION, "direct_cost_id")
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
    ask.state.origins.move(_LINES, line["id"], None, line["origin_id"])
    ask.state.child_changed(cost)
    return line


def _line_changed(ask: Ask, cost: Record, line: Record, given: dict[str, Any]) -> Record:
    changes = _line_changes(ask, cost, line, given)
    new = changes.get("origin_id", line["origin_id"])
    ask.state.origins.move(_LINES, line["id"], line["origin_id"], new)
    line |= ask.state.line(changes, base=line)
    ask.state.touch(line)
    _add_up(ask, cost)
    return line


def _line_changes(
    ask: Ask, cost: Record, line: Record | None, given: dict[str, Any]
) -> dict[str, Any]:
    """A line's changes; the lock of a synced direct cost covers its lines."""
    if is_locked(ask.state, _COLLECTION, cost):
        raise locked()
    changes = fields.accepted(ask, given, SYNC_LINE, line or ())
    _check_line(ask, cost["project_id"], line, changes)
    return {name: value for name, value in changes.items() if name != "direct_cost_id"}


def _add_up(ask: Ask, cost: Record) -> None:
    ask.state.add_up_direct_cost(cost)
    ask.state.child_changed(cost)


def sync_lines(ask: Ask) -> Answer:
    project_id = ask.project_id()
    _check_conflict(ask)
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
        _LINES,
        find=find,
        create=make,
        update=lambda line, row: _line_changed(ask, costs[line["direct_cost_id"]], line, row),
        view=lambda line: line,
    )
    return synced(ask, action)


_V1_0 = "/rest/v1.0/projects/{project_id}/direct_costs"
_V1_1 = "/rest/v1.1/projects/{project_id}/direct_costs"
_OF_ONE = f"{_V1_0}/{{direct_cost_id}}/line_items"
ROUTES: list[Entry] = [
    ("GET", _V1_1, list_costs),
    ("POST", _V1_1, create),
    ("GET", f"{_V1_1}/{{id}}", show),
    ("PATCH", f"{_V1_1}/{{id}}", change),
    ("DELETE", f"{_V1_1}/{{id}}", delete),
    ("PATCH", f"{_V1_0}/sync", sync),
    ("GET", f"{_V1_0}/line_items", list_all_lines),
    ("PATCH", f"{_V1_0}/line_items/sync", sync_lines),
    ("GET", _OF_ONE, list_lines),
    ("POST", _OF_ONE, create_line),
    ("PATCH", f"{_OF_ONE}/{{id}}", change_line),
    ("DELETE", f"{_OF_ONE}/{{id}}", delete_line),
]
