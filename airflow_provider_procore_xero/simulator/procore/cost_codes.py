"""Cost codes: the company's standard lists, a project's codes, cost types."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from . import fields
from .answers import Answer, invalid, not_found
from .ask import Ask, Entry
from .lists import Filter, View, equals, filtered, one_of, paged, viewed, whole
from .store import Record, picked, without
from .sync import Action, synced

_STANDARD: fields.Writable = {
    "name": fields.text,
    "code": fields.text,
    "parent_id": fields.whole_number,
    "parent_origin_id": fields.text,
    **fields.ORIGIN,
}
_CODE: fields.Writable = {
    **_STANDARD,
    "standard_cost_code_id": fields.whole_number,
    "position": fields.whole_number,
}
_TYPE: fields.Writable = {
    "name": fields.text,
    "csv_import_code": fields.text,
    "base_type": fields.choice(
        "labor",
        "equipment",
        "materials",
        "commitment",
        "owner_cost",
        "professional_services",
        "other",
    ),
    **fields.ORIGIN,
}
_MOMENTS = frozenset({"created_at", "updated_at"})
_BY_ORIGIN: dict[str, Filter] = {"origin_id": equals("origin_id")}


def list_lists(ask: Ask) -> Answer:
    ask.check_company()
    return whole(ask.state.standard_cost_code_lists.values(), lambda r: without(r, _MOMENTS))


def list_standard(ask: Ask) -> Answer:
    """Standard cost codes; the default view holds two ids and nothing else."""
    ask.check_company()
    list_id = _list_id(ask)
    rows = [
        c
        for c in ask.state.standard_cost_codes.values()
        if c["standard_cost_code_list_id"] == list_id
    ]
    ids = ("id", "standard_cost_code_list_id")
    views: dict[str, View] = {
        "default": lambda c: picked(c, ids),
        "compact": lambda c: picked(c, (*ids, "origin_id")),
        "extended": lambda c: without(c, _MOMENTS),
    }
    return paged(ask, filtered(ask, rows, _BY_ORIGIN), viewed(ask, views, "default")[1])


def _list_id(ask: Ask) -> int:
    list_id = ask.required("standard_cost_code_list_id")
    if list_id not in ask.state.standard_cost_code_lists:
        raise not_found()
    return list_id


def sync_standard(ask: Ask) -> Answer:
    ask.check_company()
    list_id = _list_id(ask)
    codes = ask.state.standard_cost_codes

    def find(code_id: int) -> Record | None:
        code = codes.get(code_id)
        return code if code and code["standard_cost_code_list_id"] == list_id else None

    def create(row: dict[str, Any]) -> Record:
        changes = _code_changes(ask, None, row, "standard_cost_codes", _STANDARD)
        _check_free(codes.values(), changes, lambda c: c["standard_cost_code_list_id"] == list_id)
        return ask.state.add_standard_cost_code(list_id=list_id, **changes)

    return synced(ask, _code_action(ask, "standard_cost_codes", find, create, _STANDARD))


def list_codes(ask: Ask) -> Answer:
    project_id = ask.project_id()
    rows = [c for c in ask.state.cost_codes.values() if c["biller_id"] == project_id]
    filters = {**_BY_ORIGIN, "id": one_of("id")}
    views: dict[str, View] = {
        "default": lambda c: _shown(ask, c),
        "erp_compact": lambda c: picked(c, ("id", "name", "full_code", "origin_id")),
    }
    return paged(ask, filtered(ask, rows, filters), viewed(ask, views, "default")[1])


def _shown(ask: Ask, code: Record) -> Record:
    """A code with its cost types as they are now."""
    kinds = ask.state.line_item_types
    types = [
        {name: kinds[kind["id"]][name] for name in kind} if kind["id"] in kinds else kind
        for kind in code["line_item_types"]
    ]
    return {**code, "line_item_types": types}


def show_code(ask: Ask) -> Answer:
    return Answer(_shown(ask, _code_of_project(ask)))


def _code_of_project(ask: Ask) -> Record:
    project_id = ask.project_id()
    code = ask.record("cost_codes")
    if code["biller_id"] != project_id:
        raise not_found()
    return code


def create_code(ask: Ask) -> Answer:
    project_id = ask.project_id()
    return Answer(_new_code(ask, project_id, ask.fields("cost_code")), 201)


def change_code(ask: Ask) -> Answer:
    code = _code_of_project(ask)
    return Answer(_changed(ask, "cost_codes", code, ask.fields("cost_code"), _CODE))


def sync_codes(ask: Ask) -> Answer:
    """The project is in the query even though this is a write."""
    project_id = ask.project_id(in_query=True)

    def find(code_id: int) -> Record | None:
        code = ask.state.cost_codes.get(code_id)
        return code if code and code["biller_id"] == project_id else None

    def create(row: dict[str, Any]) -> Record:
        return _new_code(ask, project_id, row)

    return synced(ask, _code_action(ask, "cost_codes", find, create, _CODE))


def _new_code(ask: Ask, project_id: int, given: dict[str, Any]) -> Record:
    changes = _code_changes(ask, None, given, "cost_codes", _CODE)
    if not changes.get("name"):
        raise invalid("name", "can't be blank")
    codes = ask.state.cost_codes.values()
    _check_free(codes, changes, lambda c: c["biller_id"] == project_id)
    code = ask.state.add_cost_code(project_id=project_id, **changes)
    ask.state.origins.move("cost_codes", code["id"], None, code["origin_id"])
    return code


def _check_free(codes: Any, changes: dict[str, Any], same: Callable[[Record], bool]) -> None:
    """A code is unique under its parent."""
    if not changes.get("code"):
        raise invalid("code", "can't be blank")
    for code in codes:
        if same(code) and (_parent_id(code), code["code"]) == (
            changes.get("parent_id"),
            changes["code"],
        ):
            raise invalid("code", "has already been taken")


def _parent_id(code: Record) -> int | None:
    nested = code.get("parent")
    return nested["id"] if nested else code.get("parent_id")


def _code_action(
    ask: Ask,
    collection: str,
    find: Callable[[int], Record | None],
    create: Callable[[dict[str, Any]], Record],
    writable: fields.Writable,
) -> Action:
    return Action(
        collection,
        find=find,
        create=create,
        update=lambda code, row: _changed(ask, collection, code, row, writable),
        view=lambda code: without(code, _MOMENTS),
    )


def _changed(
    ask: Ask, collection: str, code: Record, given: dict[str, Any], writable: fields.Writable
) -> Record:
    state = ask.state
    changes = _code_changes(ask, code, given, collection, writable)
    if "origin_id" in changes:
        state.origins.move(collection, code["id"], code["origin_id"], changes["origin_id"])
    if "parent_id" in changes and "parent" in code:
        parent_id = changes.pop("parent_id")
        changes["parent"] = {"id": parent_id} if parent_id else None
    state.touch(code, **changes)
    code["full_code"] = state.full_code(collection, code)
    return code


def _code_changes(
    ask: Ask, code: Record | None, given: dict[str, Any], collection: str, writable: fields.Writable
) -> dict[str, Any]:
    changes = fields.accepted(ask, given, writable, code or _READABLE)
    codes = ask.state.collection(collection)
    if parent_origin := changes.pop("parent_origin_id", None):
        parent_id = ask.state.origins.find(collection, parent_origin)
        if parent_id is None:
            raise invalid("parent_origin_id", "does not exist")
        changes["parent_id"] = parent_id
    if changes.get("parent_id") and changes["parent_id"] not in codes:
        raise invalid("parent_id", "does not exist")
    ask.state.origins.check(collection, code["id"] if code else None, changes.get("origin_id"))
    if collection == "standard_cost_codes" and changes.get("code"):
        parent = codes.get(changes.get("parent_id") or 0)
        changes["code"] = _own_segment(ask, parent, changes["code"])
    return changes


def _own_segment(ask: Ask, parent: Record | None, code: str) -> str:
    """The own segment of a code that may be sent with its parents', as the switch says."""
    if ask.state.switches["standard_cost_code_sync_code"] == "full" and parent is not None:
        return code.removeprefix(f"{parent['full_code']}-")
    return code


def list_types(ask: Ask) -> Answer:
    if ask.query("project_id") is not None:
        ask.project_id()
    else:
        ask.check_company()
    rows = filtered(ask, ask.state.line_item_types.values(), _BY_ORIGIN)
    return whole(rows, lambda t: without(t, _MOMENTS))


def sync_types(ask: Ask) -> Answer:
    ask.check_company()
    action = Action(
        "line_item_types",
        find=ask.state.line_item_types.get,
        create=lambda row: _new_type(ask, row),
        update=lambda kind, row: ask.state.touch(kind, **_type_changes(ask, kind, row)),
        view=lambda kind: without(kind, _MOMENTS),
    )
    return synced(ask, action)


def _new_type(ask: Ask, row: dict[str, Any]) -> Record:
    changes = _type_changes(ask, None, row)
    for name, said in (("name", "name"), ("code", "csv_import_code")):
        if not changes.get(name):
            raise invalid(said, "can't be blank")
    return ask.state.add_line_item_type(**changes)


def _type_changes(ask: Ask, kind: Record | None, row: dict[str, Any]) -> dict[str, Any]:
    """The changes of a cost type, whose code is written under another name than it is read."""
    changes = fields.accepted(ask, row, _TYPE, _READABLE)
    if "csv_import_code" in changes:
        changes["code"] = changes.pop("csv_import_code")
    own_id = kind["id"] if kind else None
    ask.state.origins.check("line_item_types", own_id, changes.get("origin_id"))
    if "origin_id" in changes and kind:
        ask.state.origins.move(
            "line_item_types", kind["id"], kind["origin_id"], changes["origin_id"]
        )
    return changes


_READABLE = frozenset({"full_code", "sortable_code", "code", "created_at", "updated_at"})
ROUTES: list[Entry] = [
    ("GET", "/rest/v1.0/standard_cost_code_lists", list_lists),
    ("GET", "/rest/v1.0/standard_cost_codes", list_standard),
    ("PATCH", "/rest/v1.0/standard_cost_codes/sync", sync_standard),
    ("GET", "/rest/v1.0/cost_codes", list_codes),
    ("POST", "/rest/v1.0/cost_codes", create_code),
    ("PATCH", "/rest/v1.0/cost_codes/sync", sync_codes),
    ("GET", "/rest/v1.0/cost_codes/{id}", show_code),
    ("PATCH", "/rest/v1.0/cost_codes/{id}", change_code),
    ("GET", "/rest/v1.0/line_item_types", list_types),
    ("PATCH", "/rest/v1.0/line_item_types/sync", sync_types),
]
