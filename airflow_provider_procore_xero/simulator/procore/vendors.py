"""Vendors: the company directory, its inactive part, business registers, project vendors."""

from __future__ import annotations

from typing import Any

from . import fields
from .answers import Answer, Refusal, invalid, not_found
from .ask import Ask, Entry
from .lists import (
    MOMENTS,
    Filter,
    Test,
    View,
    contains,
    equals,
    filtered,
    one_of,
    paged,
    sorted_rows,
    viewed,
)
from .store import Record, picked, without
from .sync import Action, synced

_ERP = frozenset({"origin_custom_fields", "erp_custom_fields"})
_COMPACT = ("id", "name")
_DIRECTORY = ("id", "name", "city", "state_code", "business_phone", "email_address", "is_active")
_NORMAL = (
    "id", "name", "abbreviated_name", "address", "city", "state_code", "country_code", "zip",
    "business_phone", "mobile_phone", "fax_number", "email_address", "website", "is_active",
    "authorized_bidder", "prequalified", "license_number", "company_vendor", "origin_id",
    "created_at", "updated_at",
)  # fmt: skip
WRITABLE: fields.Writable = {
    **dict.fromkeys(
        ("name", "abbreviated_name", "trade_name", "address", "city", "zip", "business_phone",
         "mobile_phone", "fax_number", "email_address", "website", "license_number",
         "labor_union"),
        fields.text,
    ),
    "state_code": fields.any_value,
    "country_code": fields.any_value,
    "notes": fields.long_text,
    **dict.fromkeys(
        ("is_active", "authorized_bidder", "prequalified", "union_member",
         "non_union_prevailing_wage"),
        fields.truth,
    ),
    **dict.fromkeys(
        ("vendor_group_id", "parent_id", "primary_contact_id", "trade_ids", "bidding",
         "bidding_distribution_ids", "standard_cost_code_ids"),
        fields.any_value,
    ),
    **fields.ORIGIN_AND_CODE,
}  # fmt: skip
SYNCABLE: fields.Writable = {
    **WRITABLE,
    "business_register_attributes": fields.any_value,
    "origin_custom_fields": fields.any_value,
}
_NOT_KEPT = frozenset({
    "vendor_group_id", "parent_id", "primary_contact_id", "trade_ids",
    "bidding_distribution_ids", "standard_cost_code_ids", "business_register_attributes",
    "origin_custom_fields",
})  # fmt: skip
_REGISTERS = ("ABN", "EIN")


def _search(ask: Ask, values: list[str]) -> Test:
    named = contains("name", "origin_code", "trade_name")(ask, values)
    number = values[-1]

    def test(row: Record) -> bool:
        register = row["business_register"]
        return named(row) or bool(register and register["identifier"] == number)

    return test


_FILTERS: dict[str, Filter] = {
    **MOMENTS,
    "id": one_of("id"),
    "origin_id": equals("origin_id"),
    "search": _search,
}


def _views() -> dict[str, View]:
    return {
        "compact": lambda v: picked(v, _COMPACT),
        "normal": lambda v: picked(v, _NORMAL),
        "directory": lambda v: picked(v, _DIRECTORY),
        "summary": lambda v: picked(v, _DIRECTORY),
        "extended": shown,
        "erp": lambda v: {**v, "synced_to_erp": bool(v["origin_id"])},
    }


def shown(vendor: Record) -> Record:
    return {**without(vendor, _ERP), "synced_to_erp": bool(vendor["origin_id"])}


def list_active(ask: Ask) -> Answer:
    ask.check_company()
    both = ask.state.switches["vendor_list_includes_inactive"]
    rows = (v for v in ask.state.vendors.values() if both or v["is_active"])
    found = sorted_rows(ask, filtered(ask, rows, _FILTERS), "name")
    return paged(ask, found, viewed(ask, _views(), "extended")[1])


def list_inactive(ask: Ask) -> Answer:
    """All inactive vendors: this list has no filters."""
    ask.check_company()
    rows = filtered(ask, (v for v in ask.state.vendors.values() if not v["is_active"]), {})
    return paged(ask, sorted_rows(ask, rows, "name"), viewed(ask, _views(), "extended")[1])


def reactivate(ask: Ask) -> Answer:
    ask.check_company()
    vendor = ask.record("vendors")
    if vendor["is_active"]:
        raise not_found()
    return Answer(shown(ask.state.touch(vendor, is_active=True)))


def show(ask: Ask) -> Answer:
    ask.check_company()
    return Answer(viewed(ask, _views(), "extended")[1](ask.record("vendors")))


def create(ask: Ask) -> Answer:
    ask.check_company()
    return Answer(shown(_created(ask, ask.fields("vendor"), WRITABLE)), 201)


def _created(ask: Ask, given: dict[str, Any], writable: fields.Writable) -> Record:
    changes = fields.accepted(ask, given, writable, _READABLE)
    if not (changes.get("name") or "").strip():
        raise invalid("name", "can't be blank")
    _check(ask, None, changes)
    vendor = ask.state.add_vendor(**{k: v for k, v in changes.items() if k not in _NOT_KEPT})
    _apply_further(ask, vendor, changes)
    ask.state.origins.move("vendors", vendor["id"], None, vendor["origin_id"])
    return vendor


def change(ask: Ask) -> Answer:
    ask.check_company()
    vendor = ask.record("vendors")
    return Answer(shown(_changed(ask, vendor, ask.fields("vendor"), WRITABLE)))


def _changed(ask: Ask, vendor: Record, given: dict[str, Any], writable: fields.Writable) -> Record:
    changes = fields.accepted(ask, given, writable, _READABLE)
    if "name" in changes and not (changes["name"] or "").strip():
        raise invalid("name", "can't be blank")
    _check(ask, vendor, changes)
    if "origin_id" in changes:
        ask.state.origins.move("vendors", vendor["id"], vendor["origin_id"], changes["origin_id"])
    _apply_further(ask, vendor, changes)
    return ask.state.touch(vendor, **{k: v for k, v in changes.items() if k not in _NOT_KEPT})


def _check(ask: Ask, vendor: Record | None, changes: dict[str, Any]) -> None:
    own_id = vendor["id"] if vendor else None
    fields.check_regions(ask, changes)
    ask.state.origins.check("vendors", own_id, changes.get("origin_id"))
    if ask.state.switches["vendor_names_are_unique"] and "name" in changes:
        names = (v["name"] for v in ask.state.vendors.values() if v["id"] != own_id)
        if changes["name"] in names:
            raise invalid("name", "has already been taken")
    if register := changes.get("business_register_attributes"):
        _check_register(register)


def _apply_further(ask: Ask, vendor: Record, changes: dict[str, Any]) -> None:
    """What is written under one name and read under another."""
    if register := changes.get("business_register_attributes"):
        vendor["business_register"] = _register(ask, vendor, register)
    if custom := changes.get("origin_custom_fields"):
        vendor["origin_custom_fields"] = {**vendor["origin_custom_fields"], **custom}
    if changes.get("parent_id"):
        parent = ask.state.vendors.get(changes["parent_id"])
        vendor["parent"] = {"id": parent["id"], "name": parent["name"]} if parent else None


def _check_register(given: dict[str, Any]) -> None:
    if given.get("type") not in _REGISTERS:
        raise invalid("business_register.type", f"must be one of: {', '.join(_REGISTERS)}")
    if not given.get("identifier"):
        raise invalid("business_register.identifier", "can't be blank")


def _register(ask: Ask, vendor: Record, given: dict[str, Any]) -> Record:
    old = vendor["business_register"]
    return {
        "id": old["id"] if old else ask.state.next_id("business_registers"),
        "type": given["type"],
        "identifier": given["identifier"],
        "verified_at": None,
        "verification_status": "pending",
    }


def create_register(ask: Ask) -> Answer:
    vendor = ask.record("vendors")
    if vendor["business_register"]:
        raise Refusal(409, {"errors": "The vendor has a business register already"})
    return Answer(_registered(ask, vendor), 201)


def change_register(ask: Ask) -> Answer:
    return Answer(_registered(ask, ask.record("vendors")))


def _registered(ask: Ask, vendor: Record) -> Record:
    given = ask.fields("business_register")
    _check_register(given)
    ask.state.touch(vendor, business_register=_register(ask, vendor, given))
    register: Record = vendor["business_register"]
    return register


def sync(ask: Ask) -> Answer:
    ask.check_company()
    action = Action(
        "vendors",
        find=ask.state.vendors.get,
        create=lambda row: _created(ask, row, SYNCABLE),
        update=lambda vendor, row: _changed(ask, vendor, row, SYNCABLE),
        view=shown,
    )
    return synced(ask, action)


def list_of_project(ask: Ask) -> Answer:
    project_id = ask.project_id()
    rows = (v for v in ask.state.vendors.values() if project_id in v["project_ids"])
    filters = {"id": one_of("id"), "search": _search}
    return paged(ask, filtered(ask, rows, filters), shown)


def add_to_project(ask: Ask) -> Answer:
    project_id = ask.project_id()
    vendor = ask.record("vendors")
    if project_id not in vendor["project_ids"]:
        vendor["project_ids"].append(project_id)
    return Answer(shown(ask.state.touch(vendor)))


def remove_from_project(ask: Ask) -> Answer:
    project_id = ask.project_id()
    vendor = ask.record("vendors")
    if project_id not in vendor["project_ids"]:
        raise not_found()
    vendor["project_ids"].remove(project_id)
    ask.state.touch(vendor)
    return Answer(status=204)


# Readable fields that a write may echo, where they change nothing.
_READABLE = frozenset({
    "legal_name", "business_register", "company", "primary_contact", "vendor_group", "parent",
    "children_count", "contact_count", "company_vendor", "is_connected", "project_ids", "trades",
    "standard_cost_codes", "bidding_distribution", "attachments", "logo", "synced_to_erp",
    "business_id", "created_at", "updated_at",
})  # fmt: skip
_INACTIVE = "/rest/v1.0/companies/{company_id}/vendors/inactive"
_PROJECT = "projects/{project_id}/vendors"
ROUTES: list[Entry] = [
    ("GET", "/rest/v1.0/vendors", list_active),
    ("POST", "/rest/v1.0/vendors", create),
    ("PATCH", "/rest/v1.0/vendors/sync", sync),
    ("GET", "/rest/v1.0/vendors/{id}", show),
    ("PATCH", "/rest/v1.0/vendors/{id}", change),
    ("POST", "/rest/v1.0/vendors/{id}/business_register", create_register),
    ("PATCH", "/rest/v1.0/vendors/{id}/business_register", change_register),
    ("GET", _INACTIVE, list_inactive),
    ("PATCH", f"{_INACTIVE}/{{id}}", reactivate),
    ("GET", f"/rest/v1.0/{_PROJECT}", list_of_project),
    ("GET", f"/rest/v1.1/{_PROJECT}", list_of_project),
    ("POST", f"/rest/v1.0/{_PROJECT}/{{id}}/actions/add", add_to_project),
    ("DELETE", f"/rest/v1.0/{_PROJECT}/{{id}}/actions/remove", remove_from_project),
]
