"""The lines of a commitment's schedule of values."""

from __future__ import annotations

from typing import Any

from . import fields
from .answers import Answer, invalid, not_found
from .ask import Ask, Entry, Handler
from .commitments import KINDS, Kind, check_open, contract_of
from .lists import MOMENTS, Filter, filtered, inside, one_of, paged
from .store import Record, without
from .sync import Action, synced

WRITABLE: fields.Writable = {
    **dict.fromkeys(("amount", "quantity", "unit_cost"), fields.money),
    **dict.fromkeys(("cost_code_id", "line_item_type_id", "wbs_code_id"), fields.whole_number),
    "tax_code_id": fields.whole_number,
    "description": fields.long_text,
    "extended_type": fields.choice("manual", "calculated"),
    "uom": fields.text,
    **fields.ORIGIN,
}
FILTERS: dict[str, Filter] = {
    **MOMENTS,
    "id": one_of("id"),
    "cost_code_id": inside("cost_code", "id"),
    "line_item_type_id": inside("line_item_type", "id"),
}
_HIDDEN = frozenset({"project_id"})
_COLLECTION = "commitment_line_items"


def shown(line: Record) -> Record:
    return without(line, _HIDDEN)


def check_coding(ask: Ask, project_id: int, changes: dict[str, Any]) -> None:
    """The codes that a line names must exist, in its project."""
    state = ask.state
    wbs = changes.get("wbs_code_id")
    if wbs is not None and state.wbs_codes.get(wbs, {}).get("project_id") != project_id:
        raise invalid("wbs_code_id", "does not exist in this project")
    code = changes.get("cost_code_id")
    if code is not None and state.cost_codes.get(code, {}).get("biller_id") != project_id:
        raise invalid("cost_code_id", "does not exist in this project")
    kind = changes.get("line_item_type_id")
    if kind is not None and kind not in state.line_item_types:
        raise invalid("line_item_type_id", "does not exist")


def _contract(ask: Ask, kind: Kind, *, in_query: bool | None = None) -> Record:
    return contract_of(ask, kind, "contract_id", in_query=in_query)


def _line(ask: Ask, contract: Record) -> Record:
    line = ask.record(_COLLECTION)
    if line["holder"]["id"] != contract["id"]:
        raise not_found()
    return line


def _changes(ask: Ask, contract: Record, line: Record | None, given: dict[str, Any]) -> Record:
    check_open(ask, contract)
    changes = fields.accepted(ask, given, WRITABLE, line or _READABLE)
    check_coding(ask, contract["project_id"], changes)
    own_id = line["id"] if line else None
    ask.state.origins.check(_COLLECTION, own_id, changes.get("origin_id"))
    if line and "origin_id" in changes:
        ask.state.origins.move(_COLLECTION, line["id"], line["origin_id"], changes["origin_id"])
    return changes


def _created(ask: Ask, contract: Record, given: dict[str, Any]) -> Record:
    line = ask.state.add_commitment_line(contract["id"], **_changes(ask, contract, None, given))
    ask.state.origins.move(_COLLECTION, line["id"], None, line["origin_id"])
    ask.state.child_changed(contract)
    return line


def _changed(ask: Ask, contract: Record, line: Record, given: dict[str, Any]) -> Record:
    return ask.state.edit_commitment_line(line["id"], **_changes(ask, contract, line, given))


def _routes_of(kind: Kind) -> list[Entry]:
    def list_lines(ask: Ask) -> Answer:
        rows = ask.state.lines_of(_contract(ask, kind)["id"])
        return paged(ask, filtered(ask, rows, FILTERS), shown)

    def show(ask: Ask) -> Answer:
        return Answer(shown(_line(ask, _contract(ask, kind))))

    def create(ask: Ask) -> Answer:
        contract = _contract(ask, kind)
        return Answer(shown(_created(ask, contract, ask.fields("line_item"))), 201)

    def change(ask: Ask) -> Answer:
        contract = _contract(ask, kind)
        line = _line(ask, contract)
        return Answer(shown(_changed(ask, contract, line, ask.fields("line_item"))))

    def delete(ask: Ask) -> Answer:
        contract = _contract(ask, kind)
        check_open(ask, contract)
        line = _line(ask, contract)
        ask.state.delete_commitment_line(line["id"])
        return Answer()

    def sync(ask: Ask) -> Answer:
        contract = _contract(ask, kind, in_query=True)

        def find(line_id: int) -> Record | None:
            line = ask.state.commitment_line_items.get(line_id)
            return line if line and line["holder"]["id"] == contract["id"] else None

        action = Action(
            _COLLECTION,
            find=find,
            create=lambda row: _created(ask, contract, row),
            update=lambda line, row: _changed(ask, contract, line, row),
            view=shown,
            by_id=ask.state.switches["sync_by_id_where_schema_has_none"],
        )
        return synced(ask, action)

    base = f"/rest/v1.0/{kind.path}/{{contract_id}}/line_items"
    handlers: list[tuple[str, str, Handler]] = [
        ("GET", "", list_lines),
        ("POST", "", create),
        ("PATCH", "/sync", sync),
        ("GET", "/{id}", show),
        ("PATCH", "/{id}", change),
        ("DELETE", "/{id}", delete),
    ]
    return [(method, base + path, handler) for method, path, handler in handlers]


_READABLE = frozenset({
    "id", "position", "total_amount", "extended_amount", "cost_code", "line_item_type",
    "wbs_code", "holder",
})  # fmt: skip
ROUTES: list[Entry] = [entry for kind in KINDS for entry in _routes_of(kind)]
