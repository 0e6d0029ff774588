"""Vendors: the inactive list, regions, registers, merges."""

from __future__ import annotations

import httpx
import pytest

from tests.simulator.procore_world import COMPANY, a_site

VENDORS = "/rest/v1.0/vendors"
INACTIVE = f"/rest/v1.0/companies/{COMPANY}/vendors/inactive"
MINE = {"company_id": COMPANY}


def create(api: httpx.Client, **vendor: object) -> httpx.Response:
    return api.post(VENDORS, json={**MINE, "vendor": vendor})


def names(api: httpx.Client, path: str = VENDORS, **params: object) -> list[str]:
    return [row["name"] for row in api.get(path, params={**MINE, **params}).json()]


def test_inactive_vendors_have_a_list_of_their_own(api, procore):
    procore.add_vendor(name="Delta Plumbing")
    gone = procore.add_vendor(name="Gone Ltd")
    procore.deactivate_vendor(gone["id"])

    assert names(api) == ["Delta Plumbing"]
    assert names(api, INACTIVE) == ["Gone Ltd"]


def test_the_inactive_list_has_no_updated_at_filter(api, procore):
    given = {"filters[updated_at]": "2026-06-01...2026-06-02"}

    assert api.get(INACTIVE, params=given).status_code == 400


def test_an_inactive_vendor_is_reactivated_by_an_empty_patch(api, procore):
    gone = procore.add_vendor(name="Gone Ltd", is_active=False)

    answer = api.patch(f"{INACTIVE}/{gone['id']}")

    assert answer.json()["is_active"] is True
    assert names(api) == ["Gone Ltd"]


def test_a_vendor_needs_a_name(api):
    answer = create(api, name=" ")

    assert answer.status_code == 422
    assert answer.json() == {"errors": {"name": ["can't be blank"]}}


def test_two_vendors_may_have_one_name(api):
    assert [create(api, name="Delta").status_code for _ in range(2)] == [201, 201]


def test_names_may_be_unique_where_the_switch_says_so(api, procore):
    procore.switches["vendor_names_are_unique"] = True

    assert [create(api, name="Delta").status_code for _ in range(2)] == [201, 422]


def test_a_state_code_of_three_letters_is_refused(api):
    answer = create(api, name="Delta", state_code="NSW", country_code="AU")

    assert answer.status_code == 422
    assert "state_code" in answer.json()["errors"]


@pytest.mark.parametrize(("mode", "stored"), [("kept", "NSW"), ("dropped", None)])
def test_it_may_be_kept_or_dropped_where_the_switch_says_so(api, procore, mode, stored):
    procore.switches["wrong_region_codes"] = mode

    assert create(api, name="Delta", state_code="NSW").json()["state_code"] == stored


def test_the_legal_name_can_be_sent_but_does_not_change(api, procore):
    vendor = procore.add_vendor(name="Delta", legal_name="Delta Limited")
    body = {**MINE, "vendor": {"legal_name": "Other", "city": "Leeds"}}

    answer = api.patch(f"{VENDORS}/{vendor['id']}", json=body)

    assert (answer.json()["legal_name"], answer.json()["city"]) == ("Delta Limited", "Leeds")


def test_sync_sets_the_business_register_with_the_vendor(api, procore):
    register = {"type": "ABN", "identifier": "51824753556"}
    row = {"name": "Delta", "origin_id": "x:1", "business_register_attributes": register}

    answer = api.patch(f"{VENDORS}/sync", json={**MINE, "updates": [row]})

    assert answer.json()["entities"][0]["business_register"]["identifier"] == "51824753556"


def test_there_is_no_register_type_for_new_zealand(api, procore):
    register = {"type": "NZBN", "identifier": "9429041560000"}
    row = {"name": "Delta", "origin_id": "x:1", "business_register_attributes": register}

    answer = api.patch(f"{VENDORS}/sync", json={**MINE, "updates": [row]})

    assert answer.json()["entities"] == []
    assert len(answer.json()["errors"]) == 1


def test_a_second_register_is_409(api, procore):
    vendor = procore.add_vendor(name="Delta")
    body = {"business_register": {"type": "ABN", "identifier": "51824753556"}}

    codes = [
        api.post(f"{VENDORS}/{vendor['id']}/business_register", json=body).status_code
        for _ in range(2)
    ]

    assert codes == [201, 409]


def test_a_merged_vendor_stops_resolving_and_its_contracts_move_over(api, procore):
    site = a_site(procore)
    kept = procore.add_vendor(name="Terra Works Ltd")

    procore.merge_vendors(kept["id"], site.vendor["id"])

    assert api.get(f"{VENDORS}/{site.vendor['id']}", params=MINE).status_code == 404
    assert site.contract["vendor"] == {"id": kept["id"], "company": "Terra Works Ltd"}


def test_search_finds_a_business_number(api, procore):
    procore.add_vendor(name="Delta", business_register={"type": "ABN", "identifier": "518"})

    assert names(api, **{"filters[search]": "518"}) == ["Delta"]


def test_the_default_view_shows_whether_a_vendor_is_linked(api, procore):
    procore.add_vendor(name="Delta", origin_id="xero:1")

    assert api.get(VENDORS, params=MINE).json()[0]["synced_to_erp"] is True


def test_a_vendor_can_be_added_to_a_project(api, procore):
    site = a_site(procore)
    vendor = procore.add_vendor(name="Delta")
    path = f"/rest/v1.0/projects/{site.project['id']}/vendors"

    api.post(f"{path}/{vendor['id']}/actions/add")

    assert names(api, path) == ["Terra Works", "Delta"]
