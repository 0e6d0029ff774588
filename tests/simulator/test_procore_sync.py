"""Sync actions and origin ids: 200 with errors, the matching table, uniqueness."""

from __future__ import annotations

from typing import Any

import httpx

from tests.simulator.procore_world import COMPANY, a_site

MINE = {"company_id": COMPANY}


def sync(api: httpx.Client, *rows: dict[str, Any]) -> dict[str, Any]:
    answer = api.patch("/rest/v1.0/vendors/sync", json={**MINE, "updates": list(rows)})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_the_answer_is_200_even_when_every_row_failed(api):
    found = sync(api, {"name": "", "origin_id": "x:1"}, {"name": ""})

    assert found["entities"] == []
    assert found["errors"][0] == {
        "name": "", "origin_id": "x:1", "errors": {"name": ["can't be blank"]},
    }  # fmt: skip


def test_a_bad_row_does_not_stop_the_others(api):
    found = sync(api, {"name": ""}, {"name": "Delta"})

    assert [e["name"] for e in found["entities"]] == ["Delta"]
    assert len(found["errors"]) == 1


def test_a_row_without_ids_is_created_without_an_origin_id(api):
    assert sync(api, {"name": "Delta"})["entities"][0]["origin_id"] is None


def test_a_row_with_an_unknown_id_is_an_error(api):
    found = sync(api, {"id": 1, "name": "Delta"})

    assert found["errors"][0]["errors"] == {"base": ["Entity with this ID not found"]}


def test_a_row_is_matched_by_its_origin_id(api, procore):
    vendor = procore.add_vendor(name="Delta", origin_id="x:1")

    found = sync(api, {"origin_id": "x:1", "name": "Delta Ltd"})

    assert found["entities"][0]["id"] == vendor["id"]
    assert vendor["name"] == "Delta Ltd"


def test_an_unknown_origin_id_creates_a_record_that_has_it(api, procore):
    found = sync(api, {"origin_id": "x:1", "name": "Delta"})

    assert found["entities"][0]["origin_id"] == "x:1"
    assert len(procore.vendors) == 1


def test_with_both_ids_the_id_finds_the_record_and_the_origin_id_is_set(api, procore):
    vendor = procore.add_vendor(name="Delta", origin_id="other-erp:9")

    sync(api, {"id": vendor["id"], "origin_id": "x:1"})

    assert vendor["origin_id"] == "x:1"


def test_the_same_origin_id_twice_in_one_call_is_one_record(api, procore):
    sync(api, {"origin_id": "x:1", "name": "Delta"}, {"origin_id": "x:1", "name": "Delta Ltd"})

    assert [v["name"] for v in procore.vendors.values()] == ["Delta Ltd"]


def test_an_origin_id_that_another_vendor_has_is_a_row_error(api, procore):
    procore.add_vendor(name="Delta", origin_id="x:1")
    other = procore.add_vendor(name="Echo")

    found = sync(api, {"id": other["id"], "origin_id": "x:1"})

    assert found["errors"][0]["errors"] == {"origin_id": ["has already been taken"]}
    assert other["origin_id"] is None


def test_an_origin_id_is_unique_across_all_kinds_of_records(api, procore):
    procore.add_project(name="Riverside Depot", origin_id="x:1")

    assert len(sync(api, {"origin_id": "x:1", "name": "Delta"})["errors"]) == 1


def test_it_may_be_unique_per_kind_where_the_switch_says_so(api, procore):
    procore.switches["origin_id_unique_in"] = "type"
    procore.add_project(name="Riverside Depot", origin_id="x:1")

    assert len(sync(api, {"origin_id": "x:1", "name": "Delta"})["entities"]) == 1


def test_a_taken_origin_id_in_a_single_write_is_422_or_409(api, procore):
    procore.add_vendor(name="Delta", origin_id="x:1")
    body = {**MINE, "vendor": {"name": "Echo", "origin_id": "x:1"}}

    default = api.post("/rest/v1.0/vendors", json=body)
    procore.switches["duplicate_origin_id_status"] = 409
    other = api.post("/rest/v1.0/vendors", json=body)

    assert (default.status_code, other.status_code) == (422, 409)


def test_an_origin_id_that_somebody_edited_in_place_counts(api, procore):
    vendor = procore.add_vendor(name="Delta", origin_id="x:1")
    sync(api, {"origin_id": "x:1", "name": "Delta"})

    vendor["origin_id"] = None
    found = sync(api, {"origin_id": "x:1", "name": "Echo"})

    assert found["entities"][0]["id"] != vendor["id"]


def test_a_thousand_rows_pass_and_one_more_is_413(api, procore):
    rows = [{"name": f"Vendor {n}", "origin_id": f"x:{n}"} for n in range(1001)]

    full = api.patch("/rest/v1.0/vendors/sync", json={**MINE, "updates": rows[:1000]})
    over = api.patch("/rest/v1.0/vendors/sync", json={**MINE, "updates": rows})

    assert len(full.json()["entities"]) == 1000
    assert over.status_code == 413


def test_updates_must_be_there(api):
    assert api.patch("/rest/v1.0/vendors/sync", json=MINE).status_code == 400


def test_purchase_order_sync_passes_over_the_id_and_makes_another(api, procore):
    site = a_site(procore, kind="PurchaseOrderContract")
    rows = [{"id": site.contract["id"], "title": "Kerbs"}]

    api.patch("/rest/v1.0/purchase_order_contracts/sync", json={**site.of_project, "updates": rows})

    assert [c["title"] for c in procore.commitments.values()] == ["Earthworks", "Kerbs"]


def test_purchase_order_sync_may_read_the_id_where_the_switch_says_so(api, procore):
    procore.switches["sync_by_id_where_schema_has_none"] = True
    site = a_site(procore, kind="PurchaseOrderContract")
    rows = [{"id": site.contract["id"], "title": "Kerbs"}]

    api.patch("/rest/v1.0/purchase_order_contracts/sync", json={**site.of_project, "updates": rows})

    assert [c["title"] for c in procore.commitments.values()] == ["Kerbs"]


def test_work_order_sync_reads_the_id(api, procore):
    site = a_site(procore)
    rows = [{"id": site.contract["id"], "origin_id": "x:1"}]

    api.patch("/rest/v1.0/work_order_contracts/sync", json={**site.of_project, "updates": rows})

    assert site.contract["origin_id"] == "x:1"
    assert len(procore.commitments) == 1


def test_a_record_of_another_project_is_not_matched(api, procore):
    site = a_site(procore, origin_id="x:1")
    other = procore.add_project(name="Hill Road")
    rows = [{"origin_id": "x:1", "title": "Kerbs"}]

    answer = api.patch(
        "/rest/v1.0/work_order_contracts/sync",
        json={"project_id": other["id"], "updates": rows},
    )

    assert answer.json()["errors"][0]["errors"] == {"origin_id": ["has already been taken"]}
    assert site.contract["title"] == "Earthworks"
