"""Cost codes: views that hide, codes with and without parents, cost types, budget codes."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from airflow_provider_procore_xero.simulator.procore import Procore
from tests.simulator.procore_world import COMPANY, a_site

MINE = {"company_id": COMPANY}
STANDARD = "/rest/v1.0/standard_cost_codes"


@pytest.fixture
def listed(procore: Procore) -> dict[str, Any]:
    """The query of a list with 02 Site Work and 02-300 Earthwork."""
    made = procore.add_standard_cost_code_list("Xero Standard Cost Codes")
    head = procore.add_standard_cost_code(list_id=made["id"], code="02", name="Site Work")
    procore.add_standard_cost_code(
        list_id=made["id"], code="300", name="Earthwork", parent_id=head["id"]
    )
    return {**MINE, "standard_cost_code_list_id": made["id"]}


def test_the_default_view_of_standard_codes_holds_two_ids_and_nothing_else(api, listed):
    rows = api.get(STANDARD, params=listed).json()

    assert set(rows[0]) == {"id", "standard_cost_code_list_id"}


def test_the_extended_view_has_the_own_segment_and_the_full_code(api, listed):
    rows = api.get(STANDARD, params={**listed, "view": "extended"}).json()

    assert [(r["code"], r["full_code"]) for r in rows] == [("02", "02"), ("300", "02-300")]


def test_the_list_must_be_named(api, listed):
    assert api.get(STANDARD, params=MINE).status_code == 400


def standard_sync(api: httpx.Client, listed: dict[str, Any], code: str) -> dict[str, Any]:
    parent = api.get(STANDARD, params={**listed, "view": "extended"}).json()[0]["id"]
    row = {"code": code, "name": "Paving", "parent_id": parent, "origin_id": "x:1"}
    answer = api.patch(f"{STANDARD}/sync", json={**listed, "updates": [row]}).json()
    found: dict[str, Any] = answer["entities"][0]
    return found


def test_sync_takes_the_own_segment_of_a_code(api, listed):
    assert standard_sync(api, listed, "500")["full_code"] == "02-500"


def test_sync_may_take_the_full_code_where_the_switch_says_so(api, listed, procore):
    procore.switches["standard_cost_code_sync_code"] = "full"

    assert standard_sync(api, listed, "02-500")["full_code"] == "02-500"


def test_a_list_copied_into_a_project_keeps_its_tree(api, listed, procore):
    project = procore.add_project(name="Riverside Depot")
    procore.copy_standard_list(
        project_id=project["id"], list_id=listed["standard_cost_code_list_id"]
    )

    rows = api.get("/rest/v1.0/cost_codes", params={"project_id": project["id"]}).json()

    assert [row["full_code"] for row in rows] == ["02", "02-300"]
    assert rows[1]["parent"] == {"id": rows[0]["id"]}


def test_the_same_code_under_one_parent_is_refused(api, procore):
    site = a_site(procore)
    body = {**site.of_project, "cost_code": {"code": "02-300", "name": "Again"}}

    answer = api.post("/rest/v1.0/cost_codes", json=body)

    assert answer.json() == {"errors": {"code": ["has already been taken"]}}


def test_cost_code_sync_wants_the_project_in_the_query(api, procore):
    site = a_site(procore)
    rows = [{"code": "03", "name": "Concrete"}]

    in_body = api.patch("/rest/v1.0/cost_codes/sync", json={**site.of_project, "updates": rows})
    in_query = api.patch(
        "/rest/v1.0/cost_codes/sync", params=site.of_project, json={"updates": rows}
    )

    assert in_body.status_code == 400
    assert in_query.json()["entities"][0]["full_code"] == "03"


def test_a_cost_types_code_is_written_under_another_name(api, procore):
    rows = [{"name": "Labor", "csv_import_code": "L", "base_type": "labor", "code": "X"}]

    answer = api.patch("/rest/v1.0/line_item_types/sync", json={**MINE, "updates": rows})

    assert answer.json()["entities"][0]["code"] == "L"


def test_a_budget_code_has_a_flat_code_and_segments_but_no_origin_id(api, procore):
    site = a_site(procore)
    path = f"/rest/v1.0/projects/{site.project['id']}/work_breakdown_structure/wbs_codes"

    row = api.get(path).json()[0]

    assert row["flat_code"] == "02-300.S"
    assert [s["segment"]["type"] for s in row["segment_items"]] == ["cost_code", "line_item_type"]
    assert "origin_id" not in row


def test_a_segment_item_is_not_called_by_the_cost_codes_id(api, procore):
    site = a_site(procore)
    code = next(iter(procore.cost_codes.values()))

    segment = site.wbs_code["segment_items"][0]

    assert segment["id"] != code["id"]
    assert segment["path_code"] == code["full_code"]


def test_a_budget_code_is_made_of_segment_items_once(api, procore):
    site = a_site(procore)
    kind = procore.add_line_item_type(code="M", name="Materials")
    path = f"/rest/v1.0/projects/{site.project['id']}/work_breakdown_structure"
    segments = {s["type"]: s["id"] for s in api.get(f"{path}/segments").json()}
    code = api.get(f"{path}/segments/{segments['cost_code']}/segment_items").json()[0]
    body = {
        "segment_items": [
            {"segment_id": segments["cost_code"], "segment_item_id": code["id"]},
            {"segment_id": segments["line_item_type"], "segment_item_id": kind["id"]},
        ]
    }

    answers = [api.post(f"{path}/wbs_codes", json=body) for _ in range(2)]

    assert answers[0].json()["flat_code"] == "02-300.M"
    assert [a.status_code for a in answers] == [201, 422]
