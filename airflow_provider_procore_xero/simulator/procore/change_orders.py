"""Commitment change orders: packages, and the potential change orders that hold the lines."""

from __future__ import annotations

from typing import Any

from . import fields
from .answers import Answer, invalid, not_found
from .ask import Ask, Entry
from .commitment_lines import FILTERS as LINE_FILTERS
from .commitment_lines import WRITABLE as LINE_WRITABLE
from .commitment_lines import check_coding
from .lists import MOMENTS, Filter, between, deleted, equals, filtered, one_of, paged
from .store import Record, loose, total, without
from .sync import Action, synced

STATUSES = (
    "draft", "not_pricing", "pricing", "pending", "revised", "proceeding", "not_proceeding",
    "pending_billable", "no_charge", "approved", "rejected", "void",
)  # fmt: skip
_DATES = ("due_date", "paid_date", "invoiced_date", "signed_change_order_received_date")
# ``grand_total`` is in the update schema; what it does is not documented: nothing here.
_WRITABLE: fields.Writable = {
    "status": fields.choice(*STATUSES),
    "title": fields.text,
    "description": fields.long_text,
    **dict.fromkeys(_DATES, fields.date),
    "executed": fields.truth,
    "schedule_impact_amount": fields.whole_number,
    **fields.ORIGIN_AND_CODE,
}
_ONLY_SHOWN = frozenset({
    "project_id", "type", "description", "schedule_impact_amount", "review_notes", "private",
    "creator", "reviewer", "attachments", "line_items",
})  # fmt: skip
_HIDDEN = frozenset({"project_id"})
_PCO_HIDDEN = frozenset({"project_id", "change_order_package_id", "line_items"})
_PCO_NOT_LISTED = _PCO_HIDDEN | {"origin_id", "origin_code", "origin_data"}
_BY_DATES: dict[str, Filter] = {
    name: between(name) for name in ("reviewed_at", "due_date", "invoiced_date", "paid_date")
}
_FILTERS: dict[str, Filter] = {
    **MOMENTS,
    **_BY_DATES,
    "id": one_of("id"),
    "signed_change_order_received_date": between("signed_change_order_received_date"),
    "include_deleted": deleted,
}
_PCO_FILTERS: dict[str, Filter] = {
    **MOMENTS,
    **_BY_DATES,
    "id": one_of("id"),
    "origin_id": equals("origin_id"),
    "contract_id": one_of("contract_id"),
    "include_deleted": deleted,
}
_PACKAGES, _PCOS, _LINES = (
    "change_order_packages",
    "potential_change_orders",
    "change_order_line_items",
)


def list_packages(ask: Ask) -> Answer:
    """The project's packages; ``origin_id`` is no filter here."""
    project_id = ask.project_id()
    contract_id = ask.query("contract_id")
    rows = (
        p
        for p in ask.state.change_order_packages.values()
        if p["project_id"] == project_id and contract_id in (None, str(p["contract_id"]))
    )
    found = filtered(ask, rows, _FILTERS, include_deleted="")
    return paged(ask, found, lambda p: without(p, _ONLY_SHOWN))


def show_package(ask: Ask) -> Answer:
    return Answer(without(ask.record_of_project(_PACKAGES), _HIDDEN))


def create_package(ask: Ask) -> Answer:
    project_id = ask.project_id()
    contract = ask.state.commitments.get(ask.required("contract_id"))
    if contract is None or contract["project_id"] != project_id:
        raise not_found()
    changes = fields.accepted(ask, ask.fields("change_order"), _WRITABLE, _READABLE)
    ask.state.origins.check(_PACKAGES, None, changes.get("origin_id"))
    package = ask.state.add_change_order(contract_id=contract["id"], **changes)
    ask.state.origins.move(_PACKAGES, package["id"], None, package["origin_id"])
    return Answer(without(package, _HIDDEN), 201)


def change_package(ask: Ask) -> Answer:
    package = ask.record_of_project(_PACKAGES)
    changes = fields.accepted(ask, ask.fields("change_order"), _WRITABLE, {*package, *_READABLE})
    ask.state.origins.check(_PACKAGES, package["id"], changes.get("origin_id"))
    if "origin_id" in changes:
        ask.state.origins.move(_PACKAGES, package["id"], package["origin_id"], changes["origin_id"])
    status = changes.pop("status", package["status"])
    ask.state.change_change_order(package["id"], status=status, **changes)
    return Answer(without(package, _HIDDEN))


def list_pcos(ask: Ask) -> Answer:
    """Potential change orders; their origin fields appear only in the show answer."""
    project_id = ask.project_id()
    rows = (p for p in ask.state.potential_change_orders.values() if p["project_id"] == project_id)
    found = filtered(ask, rows, _PCO_FILTERS, include_deleted="")
    return paged(ask, found, lambda p: without(p, _PCO_NOT_LISTED))


def show_pco(ask: Ask) -> Answer:
    pco = ask.record_of_project(_PCOS)
    return Answer({**without(pco, _PCO_HIDDEN), "line_items": pco["line_items"]})


def change_pco(ask: Ask) -> Answer:
    pco = ask.record_of_project(_PCOS)
    _pco_changed(ask, pco, ask.fields("potential_change_order"))
    return Answer({**without(pco, _PCO_HIDDEN), "line_items": pco["line_items"]})


def _pco_changed(ask: Ask, pco: Record, given: dict[str, Any]) -> Record:
    """Its own status is kept, but in a single-tier project the package's rules."""
    changes = fields.accepted(ask, given, _WRITABLE, {*pco, *_READABLE})
    ask.state.origins.check(_PCOS, pco["id"], changes.get("origin_id"))
    if "origin_id" in changes:
        ask.state.origins.move(_PCOS, pco["id"], pco["origin_id"], changes["origin_id"])
    return ask.state.touch(pco, **changes)


def sync_pcos(ask: Ask) -> Answer:
    """Project and contract are in the query; rows that match nothing are not created here."""
    project_id = ask.project_id(in_query=True)
    contract_id = ask.required("contract_id", in_query=True)

    def find(pco_id: int) -> Record | None:
        pco = ask.state.potential_change_orders.get(pco_id)
        mine = pco and (pco["project_id"], pco["contract_id"]) == (project_id, contract_id)
        return pco if pco and mine and not pco["deleted_at"] else None

    def refuse(row: dict[str, Any]) -> Record:
        raise invalid("base", "The simulator creates potential change orders with their package")

    action = Action(
        _PCOS,
        find=find,
        create=refuse,
        update=lambda pco, row: _pco_changed(ask, pco, row),
        view=lambda pco: without(pco, _PCO_HIDDEN),
    )
    return synced(ask, action)


def list_pco_lines(ask: Ask) -> Answer:
    pco = ask.record_of_project(_PCOS, "pco_id")
    return paged(ask, filtered(ask, pco["line_items"], LINE_FILTERS), lambda line: line)


def sync_pco_lines(ask: Ask) -> Answer:
    project_id = ask.project_id(in_query=True)
    pco = ask.record(_PCOS, "pco_id")
    if pco["project_id"] != project_id:
        raise not_found()
    state = ask.state
    action = Action(
        _LINES,
        find=lambda i: next((line for line in pco["line_items"] if line["id"] == i), None),
        create=lambda row: _line_created(ask, pco, row),
        update=lambda line, row: _line_changed(ask, pco, line, row),
        view=lambda line: line,
        by_id=state.switches["sync_by_id_where_schema_has_none"],
    )
    return synced(ask, action)


def _line_created(ask: Ask, pco: Record, row: dict[str, Any]) -> Record:
    changes = _line_changes(ask, pco, None, row)
    line = ask.state.new_change_order_line(len(pco["line_items"]) + 1, changes)
    pco["line_items"].append(line)
    _add_up(ask, pco)
    return line


def _line_changed(ask: Ask, pco: Record, line: Record, row: dict[str, Any]) -> Record:
    changes = _line_changes(ask, pco, line, row)
    ask.state.origins.move(
        _LINES, line["id"], line["origin_id"], changes.get("origin_id", line["origin_id"])
    )
    line |= ask.state.line(changes, base=line)
    ask.state.touch(line)
    _add_up(ask, pco)
    return line


def _line_changes(
    ask: Ask, pco: Record, line: Record | None, row: dict[str, Any]
) -> dict[str, Any]:
    changes = fields.accepted(ask, row, LINE_WRITABLE, line or ())
    check_coding(ask, pco["project_id"], changes)
    ask.state.origins.check(_LINES, line["id"] if line else None, changes.get("origin_id"))
    return changes


def _add_up(ask: Ask, pco: Record) -> None:
    """The package shows the same lines, so its total follows."""
    package = ask.state.change_order_packages[pco["change_order_package_id"]]
    worth = loose(total(line["amount"] for line in pco["line_items"]))
    pco["grand_total"] = package["grand_total"] = worth
    ask.state.child_changed(package)
    ask.state.add_up(package["contract_id"])


_READABLE = frozenset({"grand_total", "number", "revision"})
ROUTES: list[Entry] = [
    ("GET", "/rest/v1.0/change_order_packages", list_packages),
    ("POST", "/rest/v1.0/change_order_packages", create_package),
    ("GET", "/rest/v1.0/change_order_packages/{id}", show_package),
    ("PATCH", "/rest/v1.0/change_order_packages/{id}", change_package),
    ("GET", "/rest/v1.0/potential_change_orders", list_pcos),
    ("PATCH", "/rest/v1.0/potential_change_orders/sync", sync_pcos),
    ("GET", "/rest/v1.0/potential_change_orders/{id}", show_pco),
    ("PATCH", "/rest/v1.0/potential_change_orders/{id}", change_pco),
    ("GET", "/rest/v1.0/potential_change_orders/{pco_id}/line_items", list_pco_lines),
    ("PATCH", "/rest/v1.0/potential_change_orders/{pco_id}/line_items/sync", sync_pco_lines),
]
