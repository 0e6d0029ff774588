"""Budget codes (WBS codes) of a project: a cost code with a cost type. They have no origin id."""

from __future__ import annotations

from typing import Any

from .answers import Answer, bad_request, invalid, not_found
from .ask import Ask, Entry
from .lists import between, equals, filtered, paged
from .store import COST_CODE_SEGMENT, LINE_ITEM_TYPE_SEGMENT, Record, without

_HIDDEN = frozenset({"project_id", "cost_code_id", "line_item_type_id"})


def shown(wbs: Record) -> Record:
    return without(wbs, _HIDDEN)


def list_codes(ask: Ask) -> Answer:
    project_id = ask.project_id()
    text = (ask.query("query") or "").lower()
    rows = (
        w
        for w in ask.state.wbs_codes.values()
        if w["project_id"] == project_id
        and (not text or text in f"{w['flat_code']} {w['flat_name']}".lower())
    )
    filters = {"status": equals("status"), "updated_at": between("updated_at")}
    return paged(ask, filtered(ask, rows, filters), shown)


def create(ask: Ask) -> Answer:
    project_id = ask.project_id()
    code, kind = _segments(ask, project_id, ask.body.get("segment_items"))
    known = ask.state.children("wbs_codes", code["id"])
    if any(w["line_item_type_id"] == kind["id"] for w in known):
        raise invalid("base", "A budget code with these segments exists already")
    wbs = ask.state.add_wbs_code(cost_code_id=code["id"], line_item_type_id=kind["id"])
    if ask.body.get("description"):
        wbs["description"] = ask.body["description"]
    return Answer(shown(wbs), 201)


def _segments(ask: Ask, project_id: int, given: Any) -> tuple[Record, Record]:
    """The cost code and the cost type that the segment items name."""
    if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
        raise bad_request("param is missing or the value is empty: segment_items")
    named = {item.get("segment_id"): item.get("segment_item_id") for item in given}
    code = next(
        (
            c
            for c in ask.state.cost_codes.values()
            if c["biller_id"] == project_id
            and ask.state.cost_code_segment(c)["id"] == named.get(COST_CODE_SEGMENT)
        ),
        None,
    )
    kind = ask.state.line_item_types.get(named.get(LINE_ITEM_TYPE_SEGMENT) or 0)
    if code is None or kind is None:
        raise invalid("segment_items", "does not exist")
    return code, kind


def list_segments(ask: Ask) -> Answer:
    ask.project_id()
    segments = [
        {"id": COST_CODE_SEGMENT, "name": "Cost Code", "type": "cost_code"},
        {"id": LINE_ITEM_TYPE_SEGMENT, "name": "Cost Type", "type": "line_item_type"},
    ]
    return paged(ask, segments, lambda s: s)


def list_segment_items(ask: Ask) -> Answer:
    project_id = ask.project_id()
    state = ask.state
    segment_id = ask.path_id("segment_id")
    if segment_id == COST_CODE_SEGMENT:
        codes = [c for c in state.cost_codes.values() if c["biller_id"] == project_id]
        return paged(ask, codes, state.cost_code_segment)
    if segment_id == LINE_ITEM_TYPE_SEGMENT:
        return paged(ask, list(state.line_item_types.values()), state.type_segment)
    raise not_found()


_P = "/rest/v1.0/projects/{project_id}/work_breakdown_structure"
ROUTES: list[Entry] = [
    ("GET", f"{_P}/wbs_codes", list_codes),
    ("POST", f"{_P}/wbs_codes", create),
    ("GET", f"{_P}/segments", list_segments),
    ("GET", f"{_P}/segments/{{segment_id}}/segment_items", list_segment_items),
]
