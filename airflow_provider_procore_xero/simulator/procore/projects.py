"""Projects: only active ones unless asked, and only those the service account may see."""

from __future__ import annotations

from typing import Any

from . import fields
from .answers import Answer, invalid, not_found
from .ask import Ask, Entry
from .lists import (
    MOMENTS,
    Filter,
    Test,
    contains,
    equals,
    filtered,
    flag,
    inside,
    one_of,
    paged,
    sorted_rows,
    viewed,
)
from .store import Record, picked, without
from .sync import Action, synced

_PER_PAGE, _MAXIMUM = 100, 300
_IDS_MAXIMUM = 200_000
_COMPACT = ("id", "name", "display_name", "project_number", "active", "created_at", "updated_at")
_ONLY_V1_0 = frozenset({"created_by", "stage"})
_NOT_NORMAL = _ONLY_V1_0 | {
    "description", "public_notes", "custom_fields", "total_value", "origin_data", "origin_code",
    "departments", "office", "program", "project_type", "project_bid_type", "square_feet",
}  # fmt: skip

WRITABLE: fields.Writable = {
    **dict.fromkeys(
        ("name", "address", "city", "zip", "phone", "code", "project_number", "flag", "county",
         "accounting_project_number", "store_number", "time_zone", "locale", "sector",
         "work_scope", "delivery_method", "designated_market_area", "fax"),
        fields.text,
    ),
    "state_code": fields.any_value,
    "country_code": fields.any_value,
    "description": fields.long_text,
    "public_notes": fields.long_text,
    "active": fields.truth,
    **dict.fromkeys(("start_date", "completion_date"), fields.date),
    "total_value": fields.money,
    **dict.fromkeys(("project_stage_id", "standard_cost_code_list_id"), fields.whole_number),
    **dict.fromkeys(
        ("latitude", "longitude", "program_id", "office_id", "project_type_id",
         "project_bid_type_id", "project_owner_type_id", "project_region_id", "parent_job_id",
         "project_template_id", "department_ids", "square_feet", "priority", "erp_integrated",
         "enable_copy_of_standard_cost_codes", "currency_configuration"),
        fields.any_value,
    ),
    **fields.ORIGIN_AND_CODE,
}  # fmt: skip
# Written under these names, kept under others or not at all.
_NOT_KEPT = frozenset({
    "project_stage_id", "program_id", "office_id", "project_type_id", "project_bid_type_id",
    "project_owner_type_id", "project_region_id", "project_template_id", "department_ids",
    "erp_integrated", "enable_copy_of_standard_cost_codes", "currency_configuration",
    "latitude", "longitude", "locale", "sector", "work_scope", "delivery_method", "priority",
    "designated_market_area", "fax",
})  # fmt: skip
_NOT_IN_SYNC = frozenset({
    "origin_code", "code", "locale", "latitude", "longitude", "parent_job_id",
    "erp_integrated", "currency_configuration",
})  # fmt: skip
SYNCABLE: fields.Writable = {k: v for k, v in WRITABLE.items() if k not in _NOT_IN_SYNC}


def _by_status(ask: Ask, values: list[str]) -> Test:
    if values[-1] == "All":
        return lambda row: True
    wanted = values[-1] != "Inactive"
    return lambda row: row["active"] is wanted


_FILTERS: dict[str, Filter] = {
    **MOMENTS,
    "by_status": _by_status,
    "id": one_of("id"),
    "name": contains("name"),
    "origin_id": equals("origin_id"),
    "synced": flag(lambda row: bool(row["origin_id"])),
}
_FILTERS_V1_1: dict[str, Filter] = {
    **_FILTERS,
    "project_number": equals("project_number"),
    "by_stage": inside("project_stage", "id"),
    "is_demo": flag(lambda row: bool(row["is_demo"])),
    "template": flag(lambda row: bool(row["template"])),
}


def list_v1_0(ask: Ask) -> Answer:
    rows = _rows(ask, _FILTERS)
    compact = ask.query("serializer_view") == "compact"
    return paged(ask, rows, lambda p: picked(p, _COMPACT) if compact else p)


def list_v1_1(ask: Ask) -> Answer:
    rows = _rows(ask, _FILTERS_V1_1)
    views = {
        "ids": lambda p: {"id": p["id"]},
        "compact": lambda p: picked(p, _COMPACT),
        "normal": lambda p: without(p, _NOT_NORMAL),
        "extended": lambda p: without(p, _ONLY_V1_0),
    }
    name, view = viewed(ask, views, "normal")
    if name == "ids":
        return paged(ask, rows, view, per_page=_IDS_MAXIMUM, maximum=_IDS_MAXIMUM)
    return paged(ask, rows, view, per_page=_PER_PAGE, maximum=_MAXIMUM)


def _rows(ask: Ask, filters: dict[str, Filter]) -> list[Record]:
    ask.check_company()
    permitted = ask.state.permitted_projects
    seen = (p for p in ask.state.projects.values() if p["id"] in permitted)
    vendors = ask.state.vendors

    def of_vendor(ask: Ask, values: list[str]) -> Test:
        vendor = vendors.get(int(values[-1])) if values[-1].isdecimal() else None
        return lambda row: vendor is not None and row["id"] in vendor["project_ids"]

    rows = filtered(ask, seen, {**filters, "vendor_id": of_vendor}, by_status="Active")
    return sorted_rows(ask, rows, "name", "display_name")


def show(ask: Ask) -> Answer:
    ask.check_company()
    project = _permitted(ask)
    if ask.query("view") == "minimal":
        return Answer(picked(project, _COMPACT))
    return Answer(_shown(project))


def _permitted(ask: Ask) -> Record:
    """The project; one that is not permitted looks as if it did not exist."""
    project = ask.record("projects")
    if project["id"] not in ask.state.permitted_projects:
        raise not_found()
    return project


def _shown(project: Record) -> Record:
    stage = project["project_stage"]
    return {**project, "project_stage_id": stage["id"] if stage else None}


def create(ask: Ask) -> Answer:
    ask.check_company()
    changes = fields.accepted(ask, ask.fields("project"), WRITABLE)
    return Answer(_shown(_created(ask, changes)), 201)


def _created(ask: Ask, changes: dict[str, Any]) -> Record:
    if not changes.get("name"):
        raise invalid("name", "can't be blank")
    _check(ask, None, changes)
    state = ask.state
    project = state.add_project(
        stage=changes.get("project_stage_id"),
        permitted=state.switches["created_projects_are_permitted"],
        **{name: value for name, value in changes.items() if name not in _NOT_KEPT},
    )
    state.origins.move("projects", project["id"], None, project["origin_id"])
    return project


def change(ask: Ask) -> Answer:
    ask.check_company()
    project = _permitted(ask)
    return Answer(_shown(_changed(ask, project, ask.fields("project"), WRITABLE)))


def _changed(ask: Ask, project: Record, given: dict[str, Any], writable: fields.Writable) -> Record:
    state = ask.state
    changes = fields.accepted(ask, given, writable, project)
    if "name" in changes and not changes["name"]:
        raise invalid("name", "can't be blank")
    _check(ask, project, changes)
    if "origin_id" in changes:
        state.origins.move("projects", project["id"], project["origin_id"], changes["origin_id"])
    if "project_stage_id" in changes:
        state.stage_project(project, changes["project_stage_id"])
    state.touch(project, **{k: v for k, v in changes.items() if k not in _NOT_KEPT})
    state.name_project(project)
    return project


def _check(ask: Ask, project: Record | None, changes: dict[str, Any]) -> None:
    fields.check_regions(ask, changes)
    if changes.get("project_stage_id") and changes["project_stage_id"] not in ask.state.stages:
        raise invalid("project_stage_id", "does not exist")
    ask.state.origins.check(
        "projects", project["id"] if project else None, changes.get("origin_id")
    )


def sync(ask: Ask) -> Answer:
    ask.check_company()
    state = ask.state
    action = Action(
        "projects",
        find=lambda i: state.projects.get(i) if i in state.permitted_projects else None,
        create=lambda row: _created(ask, fields.accepted(ask, row, SYNCABLE, _READABLE)),
        update=lambda project, row: _changed(ask, project, row, SYNCABLE),
        view=_shown,
    )
    return synced(ask, action)


_READABLE = frozenset(WRITABLE)

ROUTES: list[Entry] = [
    ("GET", "/rest/v1.0/projects", list_v1_0),
    ("POST", "/rest/v1.0/projects", create),
    ("GET", "/rest/v1.1/projects", list_v1_1),
    ("PATCH", "/rest/v1.0/projects/sync", sync),
    ("GET", "/rest/v1.0/projects/{id}", show),
    ("PATCH", "/rest/v1.0/projects/{id}", change),
]
