"""Cost codes → items, as both systems see it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from airflow_provider_procore_xero.operators.items import CostCodesToItemsOperator
from tests.flows.contractor import Contractor, Record
from tests.flows.office import FLOWS, Office

LIST = "Xero Standard Cost Codes"
CHOSEN: dict[str, Any] = {
    "profile": "hybrid",
    "projects": {"option_name": "{number}"},
    "cost_codes": {"target": "item", "list": LIST},
    "accounts": {"expense": "310", "income": "200", "by_cost_code": {"03-*": "320"}},
}


@pytest.fixture(autouse=True)
def _chosen(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FLOWS, "items", CostCodesToItemsOperator)
    office.settings = CHOSEN


def with_codes(**cost_codes: Any) -> dict[str, Any]:
    return {**CHOSEN, "cost_codes": {**CHOSEN["cost_codes"], **cost_codes}}


def a_world(people: Contractor) -> Record:
    """Add a list of two codes under a heading, and a project that uses both as subcontracts."""
    made = people.procore.add_standard_cost_code_list(LIST)
    head = people.procore.add_standard_cost_code(list_id=made["id"], code="02", name="Site")
    for code, name, parent in (
        ("300", "Earthwork", head["id"]),
        ("03-300", "Cast-in-place concrete with a name of more than fifty letters", None),
    ):
        people.procore.add_standard_cost_code(
            list_id=made["id"], code=code, name=name, parent_id=parent
        )
    project = people.project("A-1")
    for code in ("02-300", "03-300"):
        people.budget_code(project, code)
    return project


def night(office: Office, **settings: Any) -> dict[str, Any]:
    """Run projects and items, and return what items leave in XCom."""
    return office.night(flows=("projects", "items"), **settings)["items"]


def items(people: Contractor) -> dict[str, Record]:
    return {item["Code"]: item for item in people.xero.items.values()}


def item_writes(office: Office) -> list[Any]:
    return [json.loads(c.body) for c in office.writes("xero") if c.path.endswith("/Items")]


def notes(office: Office, result: dict[str, Any]) -> str:
    return " ".join(office.ledger.run(result["run"]).notes)


def test_R62_R63_R65_each_code_and_type_in_use_is_an_item_with_name_and_accounts(
    office: Office, people: Contractor
) -> None:
    a_world(people)

    first, again = night(office), night(office)

    made = items(people)
    assert {code: item["PurchaseDetails"]["AccountCode"] for code, item in made.items()} == {
        "02-300.S": "310",
        "03-300.S": "320",
    }
    assert made["02-300.S"]["Name"] == "Earthwork"
    assert made["02-300.S"]["SalesDetails"]["AccountCode"] == "200"
    assert len(made["03-300.S"]["Name"]) <= 50
    assert made["03-300.S"]["PurchaseDescription"].endswith("fifty letters")
    assert (first["created"], again["created"], again["unchanged"]) == (2, 0, 2)
    assert len(item_writes(office)) == 1


def test_R65_without_any_account_nothing_is_written_and_the_fix_is_said(
    office: Office, people: Contractor
) -> None:
    a_world(people)

    result = night(office, settings={**CHOSEN, "accounts": {}})

    (held,) = office.outcomes(result)
    assert items(people) == {}
    assert held.reasons[0].code == "ACCOUNT_NOT_SET"
    assert "accounts.expense" in held.reasons[0].fix


def test_R65_a_code_without_an_account_is_held_and_the_others_go(
    office: Office, people: Contractor
) -> None:
    a_world(people)

    result = night(office, settings={**CHOSEN, "accounts": {"by_cost_code": {"02-*": "310"}}})

    assert list(items(people)) == ["02-300.S"]
    assert office.reasons(result) == {"ACCOUNT_NOT_SET": 1}
    assert items(people)["02-300.S"]["IsSold"] is False


def test_R65_accounts_that_a_bookkeeper_changed_are_never_overwritten(
    office: Office, people: Contractor
) -> None:
    a_world(people)
    night(office)
    items(people)["02-300.S"]["PurchaseDetails"]["AccountCode"] = "399"
    people.procore.standard_cost_codes[
        next(c["id"] for c in people.procore.standard_cost_codes.values() if c["code"] == "300")
    ]["name"] = "Excavation"

    result = night(office, settings={**CHOSEN, "accounts": {"expense": "320"}})

    item = items(people)["02-300.S"]
    assert (item["Name"], item["PurchaseDetails"]["AccountCode"]) == ("Excavation", "399")
    assert (result["updated"], result["unchanged"]) == (1, 1)
    (row,) = item_writes(office)[-1]["Items"]
    assert set(row) == {"ItemID", "Code", "Name"}


def test_R64_codes_of_no_leaf_of_the_list_are_left_out_with_a_count(
    office: Office, people: Contractor
) -> None:
    project = a_world(people)
    people.procore.add_cost_code(project_id=project["id"], code="99-999", name="Only here")
    people.budget_code(project, "99-999")
    people.budget_code(project, "02")

    result = night(office)

    said = notes(office, result)
    assert list(items(people)) == ["02-300.S", "03-300.S"]
    assert "2 budget codes of no leaf of the cost code list left out: 02.S, 99-999.S" in said


def test_R64_a_list_that_procore_lacks_is_said_before_any_write(
    office: Office, people: Contractor
) -> None:
    a_world(people)

    result = night(office, settings=with_codes(list="Another list"))

    assert office.reasons(result) == {"COST_CODE_LIST_MISSING": 1}
    assert items(people) == {}


def test_R59_a_budget_code_with_a_custom_segment_never_goes_without_it(
    office: Office, people: Contractor
) -> None:
    project = a_world(people)
    odd = people.budget_code(project, "02-300")
    odd["segment_items"][1] |= {"code": "M", "path_code": "M"}
    odd["segment_items"].append(
        {"code": "N", "path_code": "N", "segment": {"id": 9, "name": "Shift", "type": "custom"}}
    )

    result = night(office)

    assert list(items(people)) == ["02-300.S", "03-300.S"]
    assert "1 budget code with a custom segment left out" in notes(office, result)


def test_R62_all_pairs_go_where_the_settings_ask_for_them(
    office: Office, people: Contractor
) -> None:
    a_world(people)
    types = {kind["code"] for kind in people.procore.line_item_types.values()}

    result = night(office, settings=with_codes(pairs="all"))

    assert "1 heading of the cost code list left out" in notes(office, result)
    assert set(items(people)) == {f"{c}.{t}" for c in ("02-300", "03-300") for t in types}


def test_E46_codes_that_become_one_item_are_held_but_for_the_first(
    office: Office, people: Contractor
) -> None:
    a_world(people)
    for code in people.procore.standard_cost_codes.values():
        code["name"] = "One name for all"

    result = night(office, settings=with_codes(code_format="{name}"))

    assert list(items(people)) == ["One name for all"]
    assert office.reasons(result) == {"ITEM_CODE_TAKEN": 1}


def test_E60_an_item_that_xero_has_already_is_linked_and_left_as_it_is(
    office: Office, people: Contractor
) -> None:
    a_world(people)
    people.xero.add_item("02-300.S", "My own name", PurchaseDetails={"AccountCode": "399"})

    result = night(office)

    assert (result["linked"], result["created"]) == (1, 1)
    assert items(people)["02-300.S"]["Name"] == "My own name"
    assert items(people)["02-300.S"]["PurchaseDetails"] == {"AccountCode": "399"}


def test_E38_an_item_whose_code_left_the_list_stays_and_one_that_xero_lost_is_an_issue(
    office: Office, people: Contractor
) -> None:
    a_world(people)
    night(office)
    for code in list(people.procore.standard_cost_codes.values()):
        if code["code"] == "300":
            del people.procore.standard_cost_codes[code["id"]]
    concrete = items(people)["03-300.S"]["ItemID"]
    del people.xero.items[concrete]

    result = night(office)

    assert list(items(people)) == ["02-300.S"]
    assert office.reasons(result) == {"ITEM_GONE": 1}


def test_E52_an_item_whose_answer_was_lost_is_found_by_its_code(
    office: Office, people: Contractor
) -> None:
    a_world(people)
    office.run("projects")
    office.simulator.faults.arm("drop_after", side="xero", path="*/Items", method="PUT", times=9)
    lost = office.run("items")
    office.simulator.faults.clear()

    result = office.run("items")

    assert lost["in_doubt"] == 2
    assert (result["created"], result["unchanged"]) == (2, 2)
    assert sorted(items(people)) == ["02-300.S", "03-300.S"]


def test_only_budget_codes_that_changed_are_read_again(office: Office, people: Contractor) -> None:
    project = a_world(people)
    night(office)
    office.forget_calls()
    people.procore.add_wbs_code(
        cost_code_id=next(
            c["id"]
            for c in people.procore.cost_codes.values()
            if c["biller_id"] == project["id"] and c["full_code"] == "02-300"
        ),
        line_item_type_id=next(
            t["id"] for t in people.procore.line_item_types.values() if t["code"] == "M"
        ),
    )

    night(office)

    (read,) = [c for c in office.simulator.calls.of("procore", "GET") if "wbs_codes" in c.path]
    assert "updated_at" in str(read)
    assert sorted(items(people)) == ["02-300.M", "02-300.S", "03-300.S"]


def test_a_plan_says_what_the_apply_then_does(office: Office, people: Contractor) -> None:
    a_world(people)

    planned = night(office, mode="plan")
    done = night(office)

    assert items(people)
    assert {k: planned[k] for k in ("read", "created", "held")} == {
        k: done[k] for k in ("read", "created", "held")
    }


def test_R43_with_another_target_no_item_is_made(office: Office, people: Contractor) -> None:
    a_world(people)

    result = night(office, settings=with_codes(target="account_map"))

    assert items(people) == {}
    assert "cost_codes.target" in notes(office, result)
