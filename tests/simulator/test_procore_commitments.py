"""Commitments: views, statuses, deleted ones, lines, the unified endpoint."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.simulator.procore_world import Site, a_site

WORK = "/rest/v1.0/work_order_contracts"
PURCHASE = "/rest/v1.0/purchase_order_contracts"


def rows(api: httpx.Client, site: Site, path: str = WORK, **params: object) -> list[dict[str, Any]]:
    answer = api.get(path, params={**site.of_project, **params})
    assert answer.status_code == 200, answer.text
    found: list[dict[str, Any]] = answer.json()
    return found


def test_the_list_is_compact_unless_extended_is_asked_for(api, procore):
    site = a_site(procore, origin_id="x:1")

    assert "origin_id" not in rows(api, site)[0]
    assert rows(api, site, view="extended")[0]["origin_id"] == "x:1"


def test_amounts_are_strings_with_no_more_places_than_needed(api, procore):
    site = a_site(procore)

    row = rows(api, site, view="extended")[0]

    assert (row["grand_total"], row["retainage_percent"]) == ("120000.0", "10.0")


def test_each_kind_has_its_own_list_and_statuses(api, procore):
    site = a_site(procore)
    body = {**site.of_project, "purchase_order_contract": {"status": "Terminated"}}

    assert rows(api, site, PURCHASE) == []
    assert api.post(PURCHASE, json=body).status_code == 422


def test_without_a_project_there_is_no_list(api):
    assert api.get(WORK).status_code == 400


def test_a_deleted_contract_vanishes_unless_it_is_asked_for(api, procore):
    site = a_site(procore)
    procore.delete_commitment(site.contract["id"])

    seen = [len(rows(api, site, **{"filters[include_deleted]": m})) for m in ("with", "only")]

    assert rows(api, site) == []
    assert seen == [1, 1]
    assert api.get(f"{WORK}/{site.contract['id']}", params=site.of_project).status_code == 404


def test_show_adds_lines_payments_and_the_vendors_link(api, procore):
    site = a_site(procore)
    site.vendor["origin_id"] = "x:contact"
    procore.add_contract_payment(contract_id=site.contract["id"], amount="500")

    shown = api.get(f"{WORK}/{site.contract['id']}", params=site.of_project).json()

    assert [line["amount"] for line in shown["line_items"]] == ["100000.0", "20000.0"]
    assert shown["payments_issued"][0]["amount"] == "500.00"
    assert shown["vendor"]["origin_id"] == "x:contact"
    assert shown["total_payments"] == "500.0"


def test_only_the_unified_endpoint_says_type_and_creator(api, procore):
    site = a_site(procore)

    shown = api.get(f"/rest/v1.0/commitments/{site.contract['id']}", params=site.of_project).json()

    assert shown["type"] == "WorkOrderContract"
    assert shown["created_by"]["login"].endswith("@service-account.example")


def test_the_unified_list_has_no_filters(api, procore):
    site = a_site(procore)
    given = {**site.of_project, "filters[updated_at]": "2026-01-01...2026-12-31"}

    assert api.get("/rest/v1.0/commitments", params=given).status_code == 400


def test_a_contract_of_another_project_is_404(api, procore):
    site = a_site(procore)
    other = procore.add_project(name="Hill Road")

    answer = api.get(f"{WORK}/{site.contract['id']}", params={"project_id": other["id"]})

    assert answer.status_code == 404


def test_an_origin_id_does_not_lock_a_commitment(api, procore):
    site = a_site(procore, origin_id="x:1")
    body = {**site.of_project, "work_order_contract": {"title": "Earth"}}

    assert api.patch(f"{WORK}/{site.contract['id']}", json=body).json()["title"] == "Earth"


def test_an_approved_contract_may_lock_its_lines_where_the_company_says_so(api, procore):
    procore.switches["approved_commitments_lock"] = True
    site = a_site(procore)
    body = {**site.of_project, "line_item": {"amount": 5}}

    answer = api.patch(f"{WORK}/{site.contract['id']}/line_items/{site.lines[0]['id']}", json=body)

    assert answer.status_code == 422


def test_a_vendor_from_outside_the_project_may_be_refused(api, procore):
    procore.switches["contract_vendor_must_be_in_project"] = True
    site = a_site(procore)
    stranger = procore.add_vendor(name="Delta")
    body = {**site.of_project, "work_order_contract": {"vendor_id": stranger["id"]}}

    assert api.post(WORK, json=body).status_code == 422


def test_a_line_changes_the_totals_but_not_the_contracts_updated_at(api, procore):
    site = a_site(procore)
    before = site.contract["updated_at"]
    procore.clock.advance(60)

    procore.edit_commitment_line(site.lines[0]["id"], amount="90000")

    assert str(site.contract["grand_total"]) == "110000.0"
    assert site.contract["updated_at"] == before


def test_it_may_touch_the_contract_where_the_switch_says_so(api, procore):
    procore.switches["children_touch_parent"] = True
    site = a_site(procore)
    before = site.contract["updated_at"]
    procore.clock.advance(60)

    procore.edit_commitment_line(site.lines[0]["id"], amount="90000")

    assert site.contract["updated_at"] > before


def test_a_deleted_line_simply_disappears(api, procore):
    site = a_site(procore)
    path = f"{WORK}/{site.contract['id']}/line_items"

    api.delete(f"{path}/{site.lines[0]['id']}", params=site.of_project)

    assert [row["id"] for row in rows(api, site, path)] == [site.lines[1]["id"]]


def test_a_calculated_line_is_quantity_by_unit_cost(api, procore):
    site = a_site(procore)
    line = {"extended_type": "calculated", "quantity": 3, "unit_cost": "40.5", "amount": 1}
    body = {**site.of_project, "line_item": line}

    made = api.post(f"{WORK}/{site.contract['id']}/line_items", json=body)

    assert made.json()["amount"] == "121.5"


def test_line_sync_wants_the_project_in_the_query_and_matches_by_origin_id(api, procore):
    site = a_site(procore)
    path = f"{WORK}/{site.contract['id']}/line_items/sync"
    updates = [{"origin_id": "x:1", "amount": 10}, {"origin_id": "x:1", "amount": 20}]

    in_body = api.patch(path, json={**site.of_project, "updates": updates})
    in_query = api.patch(path, params=site.of_project, json={"updates": updates})

    assert in_body.status_code == 400
    assert len(in_query.json()["entities"]) == 2
    assert [str(line["amount"]) for line in procore.lines_of(site.contract["id"])] == [
        "100000.0", "20000.0", "20.0",
    ]  # fmt: skip


def test_codes_make_a_budget_code_by_themselves(api, procore):
    site = a_site(procore)
    kind = procore.add_line_item_type(code="M", name="Materials")
    code = next(iter(procore.cost_codes))
    line = {"amount": 10, "cost_code_id": code, "line_item_type_id": kind["id"]}
    body = {**site.of_project, "line_item": line}

    made = api.post(f"{WORK}/{site.contract['id']}/line_items", json=body)

    assert made.json()["wbs_code"]["flat_code"] == "02-300.M"


@pytest.mark.parametrize("field", ["wbs_code_id", "cost_code_id", "line_item_type_id"])
def test_a_code_that_does_not_exist_is_refused(api, procore, field):
    site = a_site(procore)
    body = {**site.of_project, "line_item": {"amount": 10, field: 7}}

    answer = api.post(f"{WORK}/{site.contract['id']}/line_items", json=body)

    assert answer.status_code == 422
