"""ERP job costs: what the accounting side says that a project's codes have cost.

A sync action of the ERP Integrations tool: a project by its origin id, and for each cost code with
a cost type figures that are set, never added. Budget columns show them. What tells a row apart, the
documentation does not print; the switch ``erp_job_cost_keys`` has both ways.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from . import fields
from .answers import Answer, bad_request, invalid, not_found
from .ask import Ask, Entry
from .store import ZERO, Record
from .sync import Action, synced

COLLECTION = "erp_job_costs"
_MONEY = (
    "job_to_date_cost", "month_to_date_cost", "paid_amount", "job_to_date_dollars_paid",
    "month_to_date_dollars_paid", "open_balance", "committed_costs", "commitment_invoiced",
    "original_commitment", "approved_commitment_changes", "revised_commitment",
    "original_estimate", "approved_estimate_changes", "estimate",
)  # fmt: skip
_BY_ORIGIN = ("cost_code_origin_id", "line_item_type_origin_id")
_BY_ID = ("cost_code_id", "line_item_type_id")


def _amount(name: str, value: Any) -> Any:
    found = fields.payment_money(name, value)
    if found is None:
        raise invalid(name, "can't be blank")
    return found


WRITABLE: fields.Writable = {
    **dict.fromkeys(_BY_ORIGIN, fields.text),
    **dict.fromkeys(_BY_ID, fields.whole_number),
    "sub_job_origin_id": fields.text,
    "percentage_complete": fields.money,
    **dict.fromkeys(_MONEY, _amount),
}


def sync(ask: Ask) -> Answer:
    ask.check_erp_tool()
    ask.check_company()
    project = _job(ask)

    def save(row: dict[str, Any]) -> Record:
        changes = fields.accepted(ask, row, WRITABLE)
        code, kind = _place(ask, project, changes)
        figures = {name: changes[name] for name in changes if name in _MONEY}
        return ask.state.touch(_row(ask, project, code, kind), **figures)

    def find(row_id: int) -> Record | None:
        row = ask.state.erp_job_costs.get(row_id)
        return row if row and row["project_id"] == project["id"] else None

    action = Action(
        COLLECTION,
        find=find,
        create=save,
        update=lambda known, row: save(row),
        view=lambda row: row,
    )
    return synced(ask, action)


def _job(ask: Ask) -> Record:
    """The project that the call is about, which it calls by its origin id."""
    origin_id = ask.body.get("job_origin_id")
    if not origin_id:
        raise bad_request("param is missing or the value is empty: job_origin_id")
    found = ask.state.origins.find("projects", str(origin_id))
    if found is None:
        raise not_found()
    ask.check_permitted(found)
    return ask.state.projects[found]


def _place(ask: Ask, project: Record, changes: dict[str, Any]) -> tuple[Record, Record]:
    """The cost code of the project, and the cost type among those that it has."""
    by_origin = ask.state.switches["erp_job_cost_keys"] == "origin_ids"
    names, key = (_BY_ORIGIN, "origin_id") if by_origin else (_BY_ID, "id")
    codes = (c for c in ask.state.cost_codes.values() if c["biller_id"] == project["id"])
    code = _named(codes, key, names[0], changes)
    used = [ask.state.line_item_types[kind["id"]] for kind in code["line_item_types"]]
    return code, _named(used, key, names[1], changes)


def _named(records: Iterable[Record], key: str, name: str, changes: dict[str, Any]) -> Record:
    wanted = changes.get(name)
    if not wanted:
        raise invalid(name, "can't be blank")
    for record in records:
        if record[key] == wanted:
            return record
    raise invalid(name, "does not exist")


def _row(ask: Ask, project: Record, code: Record, kind: Record) -> Record:
    """The row of this code and type, made with nothing in it where there is none."""
    for row in ask.state.erp_job_costs.values():
        if (row["cost_code_id"], row["line_item_type_id"]) == (code["id"], kind["id"]):
            return row
    row = {
        "project_id": project["id"],
        "job_origin_id": project["origin_id"],
        "sub_job_origin_id": None,
        "cost_code_id": code["id"],
        "cost_code_origin_id": code["origin_id"],
        "line_item_type_id": kind["id"],
        "line_item_type_origin_id": kind["origin_id"],
        **dict.fromkeys(_MONEY, ZERO),
    }
    return ask.state.keep(COLLECTION, row)


ROUTES: list[Entry] = [("PATCH", "/rest/v1.0/erp_job_costs/sync", sync)]
