"""Payments issued to a commitment: listed per contract, without any filter."""

from __future__ import annotations

from typing import Any

from . import fields
from .answers import Answer, invalid, not_found
from .ask import Ask, Entry
from .lists import filtered, paged
from .origins import check_lock, is_locked, locked, note_clearing
from .store import Record, without

_COLLECTION = "contract_payments"
# A locked payment still takes these.
_ALWAYS = frozenset({"origin_id", "origin_data", "attachments"})
# ``payment_method`` and ``invoice_date`` can be written, but no answer shows them.
_HIDDEN = frozenset({"payment_method", "invoice_date"})
WRITABLE: fields.Writable = {
    "date": fields.date,
    "amount": fields.payment_money,
    "payment_method": fields.choice("check", "credit_card", "electronic"),
    **dict.fromkeys(("invoice_number", "check_number"), fields.text),
    **dict.fromkeys(("draw_request_number", "payment_number"), fields.whole_number),
    "invoice_date": fields.date,
    "requisition_id": fields.whole_number,
    "notes": fields.long_text,
    "attachments": fields.any_value,
    **fields.ORIGIN,
}


def _shown(payment: Record) -> Record:
    return without(payment, _HIDDEN)


def _contract_id(ask: Ask) -> int:
    """The contract of the call: said on every call, in the project of the call."""
    project_id = ask.project_id()
    contract_id = ask.required("contract_id")
    contract = ask.state.commitments.get(contract_id)
    if contract is None or contract["project_id"] != project_id or contract["deleted_at"]:
        raise not_found()
    return contract_id


def list_payments(ask: Ask) -> Answer:
    rows = ask.state.children(_COLLECTION, _contract_id(ask))
    return paged(ask, filtered(ask, rows, {}), _shown)


def _payment(ask: Ask) -> Record:
    contract_id = _contract_id(ask)
    payment = ask.record(_COLLECTION)
    if payment["contract_id"] != contract_id:
        raise not_found()
    return payment


def show(ask: Ask) -> Answer:
    return Answer(_shown(_payment(ask)))


def create(ask: Ask) -> Answer:
    contract_id = _contract_id(ask)
    changes = _changes(ask, contract_id, None)
    if changes.get("amount") is None:
        raise invalid("amount", "can't be blank")
    payment = ask.state.add_contract_payment(contract_id=contract_id, **changes)
    ask.state.origins.move(_COLLECTION, payment["id"], None, payment["origin_id"])
    return Answer(_shown(payment), 201)


def change(ask: Ask) -> Answer:
    payment = _payment(ask)
    state = ask.state
    changes = _changes(ask, payment["contract_id"], payment)
    check_lock(state, _COLLECTION, payment, changes, always=_ALWAYS)
    note_clearing(state, _COLLECTION, payment, changes)
    if "origin_id" in changes:
        state.origins.move(_COLLECTION, payment["id"], payment["origin_id"], changes["origin_id"])
    state.touch(payment, **changes)
    state.add_up(payment["contract_id"])
    return Answer(_shown(payment))


def delete(ask: Ask) -> Answer:
    payment = _payment(ask)
    may_go = ask.state.switches["locked_records_can_be_deleted"]
    if is_locked(ask.state, _COLLECTION, payment) and not may_go:
        raise locked()
    ask.state.delete_contract_payment(payment["id"])
    return Answer(_shown(payment))


def _changes(ask: Ask, contract_id: int, payment: Record | None) -> dict[str, Any]:
    changes = fields.accepted(ask, ask.fields("contract_payment"), WRITABLE, payment or ())
    if (requisition_id := changes.get("requisition_id")) is not None:
        requisition = ask.state.requisitions.get(requisition_id)
        if requisition is None or requisition["commitment_id"] != contract_id:
            raise invalid("requisition_id", "does not exist on this contract")
    own_id = payment["id"] if payment else None
    ask.state.origins.check(_COLLECTION, own_id, changes.get("origin_id"))
    return changes


ROUTES: list[Entry] = [
    ("GET", "/rest/v1.0/contract_payments", list_payments),
    ("POST", "/rest/v1.0/contract_payments", create),
    ("GET", "/rest/v1.0/contract_payments/{id}", show),
    ("PATCH", "/rest/v1.0/contract_payments/{id}", change),
    ("DELETE", "/rest/v1.0/contract_payments/{id}", delete),
]
