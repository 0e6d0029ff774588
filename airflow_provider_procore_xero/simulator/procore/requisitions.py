"""Subcontractor invoices: views, filters, and the lock once ``origin_id`` is set."""

from __future__ import annotations

from typing import Any

from . import fields, files
from .answers import Answer, invalid, not_found
from .ask import Ask, Entry
from .lists import MOMENTS, Filter, Test, View, equals, filtered, one_of, paged, viewed
from .origins import check_lock, is_locked, locked, note_clearing
from .store import Record, without

PER_PAGE = 30
STATUSES = (
    "draft", "under_review", "revise_and_resubmit", "approved", "approved_as_noted",
    "pending_owner_approval",
)  # fmt: skip
WRITABLE: fields.Writable = {
    "status": fields.choice(*STATUSES),
    "invoice_number": fields.text,
    **dict.fromkeys(
        ("billing_date", "requisition_start", "requisition_end", "payment_date",
         "submitted_at"),
        fields.date,
    ),
    "period_id": fields.whole_number,
    "final": fields.truth,
    **fields.ORIGIN,
}  # fmt: skip
_ITEMS = frozenset({"items", "item_packages"})
_HIDDEN = frozenset({"due_date"})
_ONLY_IN_DETAIL = frozenset({
    "work_completed_retainage_currently_retained", "total_retainage_currently_retained",
    "total_retainage_from_previous_application",
    "materials_stored_retainage_retained_this_period", "balance_to_finish",
    "work_completed_to_date",
})  # fmt: skip


def _is_last(ask: Ask, values: list[str]) -> Test:
    wanted = values[-1] == "true"
    claims_of = ask.state.claims_of
    return lambda row: (claims_of(row["commitment_id"])[-1] is row) is wanted


_FILTERS_V1_0: dict[str, Filter] = {
    **MOMENTS,
    "id": one_of("id"),
    "commitment_id": one_of("commitment_id"),
    "period_id": one_of("period_id"),
    "status": equals("status"),
    "origin_id": equals("origin_id"),
}
_FILTERS: dict[str, Filter] = {**_FILTERS_V1_0, "is_last": _is_last}


def _with_items(requisition: Record) -> Record:
    shown = without(requisition, _HIDDEN)
    return {**shown, "items": [without(item, _ONLY_IN_DETAIL) for item in shown["items"]]}


_VIEWS: dict[str, View] = {
    "default": lambda r: without(r, _HIDDEN | _ITEMS | {"tax_summary"}),
    "action_policy": lambda r: without(r, _HIDDEN | _ITEMS | {"tax_summary"}),
    "header_only": lambda r: without(r, _HIDDEN | _ITEMS),
    "items": lambda r: without(_with_items(r), frozenset({"tax_summary"})),
    "extended": _with_items,
}


def list_v1_1(ask: Ask) -> Answer:
    rows = filtered(ask, _of_project(ask), _FILTERS)
    view = viewed(ask, _VIEWS, "default")[1]
    return paged(ask, rows, lambda r: files.with_addresses(ask, view(r)), per_page=PER_PAGE)


def list_v1_0(ask: Ask) -> Answer:
    """The older list: no views, no items, no ``vendor_id``."""
    hidden = _HIDDEN | _ITEMS | {"tax_summary", "vendor_id"}
    rows = filtered(ask, _of_project(ask), _FILTERS_V1_0)
    return paged(ask, rows, lambda r: without(r, hidden), per_page=PER_PAGE)


def _of_project(ask: Ask) -> list[Record]:
    project_id = ask.project_id()
    return [r for r in ask.state.requisitions.values() if r["project_id"] == project_id]


def show(ask: Ask) -> Answer:
    requisition = ask.record_of_project("requisitions")
    view = viewed(ask, _VIEWS, "default")[1]
    return Answer(files.with_addresses(ask, view(requisition)))


def detail(ask: Ask) -> Answer:
    """All lines as one flat array, with the retainage held so far; it does not page."""
    return Answer(list(ask.record_of_project("requisitions")["items"]))


def create(ask: Ask) -> Answer:
    project_id = ask.project_id()
    contract = ask.state.commitments.get(ask.required("commitment_id"))
    if contract is None or contract["project_id"] != project_id or contract["deleted_at"]:
        raise not_found()
    changes = _changes(ask, None)
    requisition = ask.state.add_requisition(commitment_id=contract["id"], **changes)
    ask.state.origins.move("requisitions", requisition["id"], None, requisition["origin_id"])
    return Answer(viewed(ask, _VIEWS, "default")[1](requisition), 201)


def change(ask: Ask) -> Answer:
    requisition = ask.record_of_project("requisitions")
    if ask.required("commitment_id") != requisition["commitment_id"]:
        raise not_found()
    changes = _changes(ask, requisition)
    check_lock(ask.state, "requisitions", requisition, changes)
    note_clearing(ask.state, "requisitions", requisition, changes)
    if "origin_id" in changes:
        ask.state.origins.move(
            "requisitions", requisition["id"], requisition["origin_id"], changes["origin_id"]
        )
    ask.state.touch(requisition, **changes)
    return Answer(viewed(ask, _VIEWS, "default")[1](requisition))


def _changes(ask: Ask, requisition: Record | None) -> dict[str, Any]:
    given = ask.fields("requisition")
    changes = fields.accepted(ask, given, WRITABLE, requisition or ())
    if "items" in given:
        raise invalid("items", "cannot be written in the simulator", status=501)
    own_id = requisition["id"] if requisition else None
    ask.state.origins.check("requisitions", own_id, changes.get("origin_id"))
    return changes


def delete(ask: Ask) -> Answer:
    requisition = ask.record_of_project("requisitions")
    may_go = ask.state.switches["locked_records_can_be_deleted"]
    if is_locked(ask.state, "requisitions", requisition) and not may_go:
        raise locked()
    if not requisition["deletable"]:
        raise invalid("base", "Only the latest invoice of a contract can be deleted")
    ask.state.delete_requisition(requisition["id"])
    return Answer(_VIEWS["default"](requisition))


def change_due_date(ask: Ask) -> Answer:
    """The due date, which no requisition answer of v1.1 contains."""
    ask.check_company()
    requisition = ask.record_of_project("requisitions")
    due = fields.date("due_date", ask.body.get("due_date"))
    ask.state.touch(requisition, due_date=due)
    return Answer({"data": {"id": str(requisition["id"]), "due_date": due}})


_V1_1 = "/rest/v1.1/requisitions"
_V2 = "/rest/v2.0/companies/{company_id}/projects/{project_id}/requisitions/{id}"
ROUTES: list[Entry] = [
    ("GET", _V1_1, list_v1_1),
    ("POST", _V1_1, create),
    ("GET", f"{_V1_1}/{{id}}", show),
    ("PATCH", f"{_V1_1}/{{id}}", change),
    ("DELETE", f"{_V1_1}/{{id}}", delete),
    ("GET", "/rest/v1.0/requisitions", list_v1_0),
    ("GET", "/rest/v1.0/requisitions/{id}/detail", detail),
    ("PATCH", f"{_V2}/payment_details", change_due_date),
]
