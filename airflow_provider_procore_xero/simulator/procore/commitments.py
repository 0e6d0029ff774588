"""Commitments: purchase order contracts, work order contracts, and both in one list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from . import fields
from .acts_contracts import PURCHASE_ORDER, WORK_ORDER
from .answers import Answer, invalid, not_found
from .ask import Ask, Entry, Handler
from .lists import MOMENTS, Filter, View, deleted, equals, filtered, one_of, paged, viewed
from .store import Record, picked, without
from .sync import Action, synced

_HIDDEN = frozenset({
    "project_id", "commitment_type", "created_by", "created_by_id",
    "change_order_level_of_detail",
})  # fmt: skip
_NOT_COMPACT = _HIDDEN | {
    "description", "inclusions", "exclusions", "approved_change_orders",
    "pending_change_orders", "draft_change_orders_amount", "revised_contract",
    "pending_revised_contract", "remaining_balance_outstanding", "total_payments",
    "total_draw_requests_amount", "total_requisitions_amount", "percentage_paid",
    "retainage_percent", "origin_id", "origin_code", "origin_data", "bill_to_address",
    "ship_to_address", "payment_terms", "currency_configuration",
}  # fmt: skip
_PAYMENT = (
    "id", "amount", "date", "check_number", "invoice_number", "draw_request_number",
    "payment_number", "notes", "origin_id", "origin_data",
)  # fmt: skip
_UNIFIED = (
    "id", "title", "number", "status", "description", "executed", "delivery_date",
    "created_at", "private",
)  # fmt: skip
_DATES = (
    "contract_date", "issued_on_date", "execution_date", "signed_contract_received_date",
)  # fmt: skip
_SHARED: fields.Writable = {
    **dict.fromkeys(("number", "title"), fields.text),
    "description": fields.long_text,
    **dict.fromkeys(("executed", "private", "show_line_items_to_non_admins"), fields.truth),
    **dict.fromkeys(_DATES, fields.date),
    "accounting_method": fields.choice("amount", "unit"),
    "retainage_percent": fields.money,
    "vendor_id": fields.whole_number,
    **dict.fromkeys(
        ("currency_iso_code", "currency_exchange_rate", "invoice_contact_user_ids",
         "upload_ids"),
        fields.any_value,
    ),
    **fields.ORIGIN_AND_CODE,
}  # fmt: skip
# Ignored unless the company has object-level currencies, or not part of the answer.
_NOT_KEPT = frozenset({
    "vendor_id", "currency_iso_code", "currency_exchange_rate", "invoice_contact_user_ids",
    "upload_ids", "assignee_id",
})  # fmt: skip
_LOCKING_STATUSES = frozenset({"Approved", "Complete"})
_FILTERS: dict[str, Filter] = {
    **MOMENTS,
    "id": one_of("id"),
    "status": equals("status"),
    "origin_id": equals("origin_id"),
    "include_deleted": deleted,
}


@dataclass(frozen=True)
class Kind:
    """One of the two kinds of commitment.

    :param path: its part of the URL.
    :param key: its key in a body.
    :param sync_reads_id: whether the sync schema has ``id``.
    """

    name: str
    path: str
    key: str
    writable: fields.Writable
    sync_reads_id: bool


PURCHASE = Kind(
    PURCHASE_ORDER,
    "purchase_order_contracts",
    "purchase_order_contract",
    {
        **_SHARED,
        "status": fields.choice(
            "Draft", "Processing", "Submitted", "Partially Received", "Received",
            "Approved", "Closed",
        ),
        **dict.fromkeys(("bill_to_address", "ship_to_address"), fields.long_text),
        **dict.fromkeys(("ship_via", "payment_terms"), fields.text),
        "delivery_date": fields.date,
        "assignee_id": fields.whole_number,
    },
    sync_reads_id=False,
)  # fmt: skip
WORK = Kind(
    WORK_ORDER,
    "work_order_contracts",
    "work_order_contract",
    {
        **_SHARED,
        "status": fields.choice(
            "Draft", "Out For Bid", "Out For Signature", "Approved", "Complete",
            "Terminated", "Void",
        ),
        **dict.fromkeys(("inclusions", "exclusions"), fields.long_text),
        **dict.fromkeys(
            ("contract_start_date", "contract_estimated_completion_date",
             "actual_completion_date"),
            fields.date,
        ),
    },
    sync_reads_id=True,
)  # fmt: skip
KINDS = (PURCHASE, WORK)


def contract_of(ask: Ask, kind: Kind, name: str = "id", *, in_query: bool | None = None) -> Record:
    """The contract that the path names: of this kind, in the call's project, not deleted."""
    project_id = ask.project_id(in_query=in_query)
    contract = ask.record("commitments", name)
    if (contract["commitment_type"], contract["project_id"]) != (kind.name, project_id):
        raise not_found()
    if contract["deleted_at"]:
        raise not_found()
    return contract


def check_open(ask: Ask, contract: Record) -> None:
    """Refuse where the company locks approved commitments."""
    locks = ask.state.switches["approved_commitments_lock"]
    if locks and contract["status"] in _LOCKING_STATUSES:
        raise invalid("base", f"The contract is {contract['status']} and cannot be changed")


def _lister(kind: Kind) -> Handler:
    def list_contracts(ask: Ask) -> Answer:
        project_id = ask.project_id()
        rows = (
            c
            for c in ask.state.commitments.values()
            if c["project_id"] == project_id and c["commitment_type"] == kind.name
        )
        views: dict[str, View] = {
            "compact": lambda c: without(c, _NOT_COMPACT),
            "extended": lambda c: without(c, _HIDDEN),
        }
        found = filtered(ask, rows, _FILTERS, include_deleted="")
        return paged(ask, found, viewed(ask, views, "compact")[1])

    return list_contracts


def shown(ask: Ask, contract: Record) -> Record:
    """The show answer: the contract with lines, payments, change orders and the vendor's link."""
    state = ask.state
    vendor = contract["vendor"]
    linked = state.vendors.get(vendor["id"]) if vendor else None
    return {
        **without(contract, _HIDDEN - {"created_by_id"}),
        "vendor": {**vendor, **picked(linked or {}, ("origin_id", "origin_data"))}
        if vendor
        else None,
        "line_items": [
            without(line, frozenset({"project_id"})) for line in state.lines_of(contract["id"])
        ],
        "payments_issued": [
            picked(p, _PAYMENT) for p in state.children("contract_payments", contract["id"])
        ],
        "change_order_packages": [
            picked(p, ("id", "number", "title", "status", "grand_total"))
            for p in state.packages_of(contract["id"])
        ],
        "change_order_requests": [],
        "potential_change_orders": [],
        "invoice_contacts": [],
        "attachments": [],
    }


def _shower(kind: Kind) -> Handler:
    def show(ask: Ask) -> Answer:
        return Answer(shown(ask, contract_of(ask, kind)))

    return show


def _creator(kind: Kind) -> Handler:
    def create(ask: Ask) -> Answer:
        project_id = ask.project_id()
        given = ask.fields(kind.key)
        return Answer(shown(ask, _created(ask, kind, project_id, given)), 201)

    return create


def _created(ask: Ask, kind: Kind, project_id: int, given: dict[str, Any]) -> Record:
    state = ask.state
    changes = fields.accepted(ask, given, kind.writable)
    _check(ask, None, project_id, changes)
    retainage = changes.pop("retainage_percent", None)
    contract = state.add_commitment(
        project_id=project_id,
        vendor_id=changes.get("vendor_id"),
        kind=kind.name,
        retainage_percent=retainage or 0,
        **{name: value for name, value in changes.items() if name not in _NOT_KEPT},
    )
    state.origins.move("commitments", contract["id"], None, contract["origin_id"])
    return contract


def _changer(kind: Kind) -> Handler:
    def change(ask: Ask) -> Answer:
        contract = contract_of(ask, kind)
        return Answer(shown(ask, _changed(ask, kind, contract, ask.fields(kind.key))))

    return change


def _changed(ask: Ask, kind: Kind, contract: Record, given: dict[str, Any]) -> Record:
    state = ask.state
    changes = fields.accepted(ask, given, kind.writable, contract)
    _check(ask, contract, contract["project_id"], changes)
    if "vendor_id" in changes:
        check_open(ask, contract)
        state.set_contract_vendor(contract, changes["vendor_id"])
    if "origin_id" in changes:
        state.origins.move(
            "commitments", contract["id"], contract["origin_id"], changes["origin_id"]
        )
    return state.touch(contract, **{k: v for k, v in changes.items() if k not in _NOT_KEPT})


def _check(ask: Ask, contract: Record | None, project_id: int, changes: dict[str, Any]) -> None:
    own_id = contract["id"] if contract else None
    ask.state.origins.check("commitments", own_id, changes.get("origin_id"))
    vendor_id = changes.get("vendor_id")
    if vendor_id is None:
        return
    vendor = ask.state.vendors.get(vendor_id)
    must_be_inside = ask.state.switches["contract_vendor_must_be_in_project"]
    if vendor is None or (must_be_inside and project_id not in vendor["project_ids"]):
        raise invalid("vendor_id", "does not exist in this project")


def _deleter(kind: Kind) -> Handler:
    def delete(ask: Ask) -> Answer:
        contract = contract_of(ask, kind)
        check_open(ask, contract)
        ask.state.delete_commitment(contract["id"])
        return Answer()

    return delete


def _syncer(kind: Kind) -> Handler:
    def sync(ask: Ask) -> Answer:
        project_id = ask.project_id()
        state = ask.state

        def find(contract_id: int) -> Record | None:
            c = state.commitments.get(contract_id)
            mine = c and c["project_id"] == project_id and c["commitment_type"] == kind.name
            return c if c and mine and not c["deleted_at"] else None

        action = Action(
            "commitments",
            find=find,
            create=lambda row: _created(ask, kind, project_id, row),
            update=lambda contract, row: _changed(ask, kind, contract, row),
            view=lambda contract: shown(ask, contract),
            by_id=kind.sync_reads_id or state.switches["sync_by_id_where_schema_has_none"],
        )
        return synced(ask, action)

    return sync


def list_unified(ask: Ask) -> Answer:
    """Both kinds, with few fields and no filters."""
    project_id = ask.project_id()
    rows = (
        c
        for c in ask.state.commitments.values()
        if c["project_id"] == project_id and not c["deleted_at"]
    )
    return paged(ask, filtered(ask, rows, {}), _unified)


def _unified(contract: Record) -> Record:
    vendor = contract["vendor"]
    named = {"id": vendor["id"], "name": vendor["company"]} if vendor else None
    return {**picked(contract, _UNIFIED), "vendor": named}


def show_unified(ask: Ask) -> Answer:
    """Either kind by its bare id: the only way to learn its type, and who created it."""
    contract = ask.record_of_project("commitments")
    further = {
        "type": contract["commitment_type"],
        "created_by": contract["created_by"],
        "grand_total": contract["grand_total"],
        "approved_change_orders": contract["approved_change_orders"],
        "revised_contract": contract["revised_contract"],
        "line_items": [
            without(line, frozenset({"project_id"})) for line in ask.state.lines_of(contract["id"])
        ],
    }
    return Answer({**_unified(contract), **further})


def _routes_of(kind: Kind) -> list[Entry]:
    base = f"/rest/v1.0/{kind.path}"
    return [
        ("GET", base, _lister(kind)),
        ("POST", base, _creator(kind)),
        ("PATCH", f"{base}/sync", _syncer(kind)),
        ("GET", f"{base}/{{id}}", _shower(kind)),
        ("PATCH", f"{base}/{{id}}", _changer(kind)),
        ("DELETE", f"{base}/{{id}}", _deleter(kind)),
    ]


ROUTES: list[Entry] = [
    *_routes_of(PURCHASE),
    *_routes_of(WORK),
    ("GET", "/rest/v1.0/commitments", list_unified),
    ("GET", "/rest/v1.0/commitments/{id}", show_unified),
]
