"""Direct costs: v1.1 headers with nested lines, v1.0 sync of headers.

The fault ``conflict`` answers a write with 409, as two writes at once on one direct cost do.
"""

from __future__ import annotations

from typing import Any

from . import fields
from .answers import Answer, Refusal, invalid
from .ask import Ask, Entry
from .commitment_lines import check_coding
from .lists import (
    MOMENTS,
    Filter,
    between,
    equals,
    filtered,
    one_of,
    paged,
)
from .origins import check_lock, is_locked, locked, note_clearing
from .store import Record, without
from .sync import Action, synced

MAXIMUM_LINES = 100
COLLECTION, LINES = "direct_costs", "direct_cost_line_items"
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
LINE: fields.Writable = {
    "wbs_code_id": fields.whole_number,
    "description": fields.long_text,
    **dict.fromkeys(("quantity", "unit_cost"), fields.money),
    "uom": fields.text,
    "tax_code_id": fields.whole_number,
    **fields.ORIGIN,
}
V1_1_LINE: fields.Writable = {
    **LINE,
    "manual_amount": fields.money,
    "ref": fields.text,
    "funding_rule_id": fields.any_value,
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
    return Answer(shown(ask.record_of_project(COLLECTION)))


def create(ask: Ask) -> Answer:
    project_id = ask.project_id()
    check_conflict(ask)
    changes = fields.accepted(ask, ask.fields("direct_cost"), V1_1)
    if ask.state.switches["expenses_need_vendor_and_number"]:
        _refuse_missing(changes, ("vendor_id", "invoice_number"), status=400)
    lines = _new_lines(ask, project_id, changes.get("line_items") or [])
    cost = _created(ask, project_id, changes, status=400)
    made = [(ask.state.add_direct_cost_line(cost, line), ref) for line, ref in lines]
    for line, _ in made:
        ask.state.origins.move(LINES, line["id"], None, line["origin_id"])
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
    check_line(ask, project_id, None, changes)
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


def check_line(ask: Ask, project_id: int, line: Record | None, changes: dict[str, Any]) -> None:
    check_coding(ask, project_id, changes)
    own_id = line["id"] if line else None
    ask.state.origins.check(LINES, own_id, changes.get("origin_id"))
    amount = changes.get("amount", changes.get("manual_amount"))
    if amount is not None and amount < 0 and not ask.state.switches["negative_direct_cost_lines"]:
        raise invalid("amount", "must be greater than or equal to 0")


def _created(ask: Ask, project_id: int, changes: dict[str, Any], *, status: int) -> Record:
    """A new header; *status* refuses what is missing."""
    kind = changes.get("direct_cost_type")
    needed = ("vendor_id", "invoice_number") if kind == "invoice" else ()
    _refuse_missing(changes, ("direct_cost_type", *needed), status=status)
    _check(ask, project_id, None, changes)
    kept = {name: value for name, value in changes.items() if name not in _NOT_KEPT}
    cost = ask.state.add_direct_cost(project_id=project_id, **kept)
    ask.state.origins.move(COLLECTION, cost["id"], None, cost["origin_id"])
    return cost


def _refuse_missing(changes: dict[str, Any], names: tuple[str, ...], *, status: int) -> None:
    for name in names:
        if changes.get(name) in (None, ""):
            raise invalid(name, "can't be blank", status=status)


def _check(ask: Ask, project_id: int, cost: Record | None, changes: dict[str, Any]) -> None:
    state = ask.state
    vendor_id = changes.get("vendor_id")
    if vendor_id is not None and vendor_id not in state.vendors:
        raise invalid("vendor_id", "does not exist")
    state.origins.check(COLLECTION, cost["id"] if cost else None, changes.get("origin_id"))
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
    cost = ask.record_of_project(COLLECTION)
    check_conflict(ask)
    changes = fields.accepted(ask, ask.fields("direct_cost"), V1_1, cost)
    if "line_items" in changes:
        raise invalid("line_items", "are changed through their own endpoints", status=501)
    return Answer(shown(_changed(ask, cost, changes)))


def _changed(ask: Ask, cost: Record, changes: dict[str, Any]) -> Record:
    state = ask.state
    check_lock(state, COLLECTION, cost, changes)
    _check(ask, cost["project_id"], cost, changes)
    note_clearing(state, COLLECTION, cost, changes)
    if "origin_id" in changes:
        state.origins.move(COLLECTION, cost["id"], cost["origin_id"], changes["origin_id"])
    if changes.get("vendor_id") is not None:
        cost["vendor_name"] = state.vendors[changes["vendor_id"]]["name"]
    return state.touch(cost, **{k: v for k, v in changes.items() if k not in _NOT_KEPT})


def delete(ask: Ask) -> Answer:
    cost = ask.record_of_project(COLLECTION)
    check_conflict(ask)
    if is_locked(ask.state, COLLECTION, cost):
        _refuse_unless_deletable(ask)
    del ask.state.direct_costs[cost["id"]]
    ask.state.origins.move(COLLECTION, cost["id"], cost["origin_id"], None)
    for line in cost["line_items"]:
        ask.state.origins.move(LINES, line["id"], line["origin_id"], None)
    return Answer({"id": cost["id"]})


def _refuse_unless_deletable(ask: Ask) -> None:
    if not ask.state.switches["locked_records_can_be_deleted"]:
        raise locked()


def check_conflict(ask: Ask) -> None:
    request = ask.request
    if ask.state.faults.take("conflict", "procore", request.method, request.url.path):
        raise Refusal(409, {"errors": "The direct cost is being changed by another request"})


def sync(ask: Ask) -> Answer:
    """Headers without lines; a row with an origin id makes a header that is locked at once."""
    project_id = ask.project_id()
    check_conflict(ask)

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
        COLLECTION,
        find=find,
        create=lambda row: _created(ask, project_id, fields.accepted(ask, row, SYNC), status=422),
        update=update,
        view=shown,
    )
    return synced(ask, action)


_V1_1 = "/rest/v1.1/projects/{project_id}/direct_costs"
ROUTES: list[Entry] = [
    ("GET", _V1_1, list_costs),
    ("POST", _V1_1, create),
    ("GET", f"{_V1_1}/{{id}}", show),
    ("PATCH", f"{_V1_1}/{{id}}", change),
    ("DELETE", f"{_V1_1}/{{id}}", delete),
    ("PATCH", "/rest/v1.0/projects/{project_id}/direct_costs/sync", sync),
]
