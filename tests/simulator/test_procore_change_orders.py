"""Change orders: packages with origin ids, the hidden potential change order with the lines."""

from __future__ import annotations

from tests.simulator.procore_world import Record, Site, a_site

PACKAGES = "/rest/v1.0/change_order_packages"
PCOS = "/rest/v1.0/potential_change_orders"


def a_change(procore, site: Site, **f: object) -> Record:
    lines = [{"amount": "18600", "wbs_code_id": site.wbs_code["id"], "description": "Rock"}]
    change: Record = procore.add_change_order(
        contract_id=site.contract["id"], lines=lines, title="Rock excavation", **f
    )
    return change


def test_an_approved_change_order_raises_the_revised_contract(procore):
    site = a_site(procore)
    change = a_change(procore, site, status="pending")
    pending = str(site.contract["revised_contract"])

    procore.change_change_order(change["id"], status="approved")

    assert pending == "120000.0"
    assert str(site.contract["revised_contract"]) == "138600.0"


def test_the_list_has_no_lines_and_show_has(api, procore):
    site = a_site(procore)
    change = a_change(procore, site)

    listed = api.get(PACKAGES, params=site.of_project).json()[0]
    shown = api.get(f"{PACKAGES}/{change['id']}", params=site.of_project).json()

    assert "line_items" not in listed
    assert listed["grand_total"] == "18600.0"
    assert shown["type"] == "CommitmentContractChangeOrder"
    assert shown["line_items"][0]["wbs_code"]["flat_code"] == "02-300.S"


def test_packages_cannot_be_found_by_origin_id(api, procore):
    site = a_site(procore)

    answer = api.get(PACKAGES, params={**site.of_project, "filters[origin_id]": "x:1"})

    assert answer.status_code == 400


def test_packages_of_one_contract_can_be_listed(api, procore):
    site = a_site(procore)
    a_change(procore, site)

    mine = api.get(PACKAGES, params=site.of_contract).json()
    none = api.get(PACKAGES, params={**site.of_project, "contract_id": 7}).json()

    assert (len(mine), none) == (1, [])


def test_the_grand_total_cannot_be_written(api, procore):
    site = a_site(procore)
    change = a_change(procore, site)
    body = {**site.of_project, "change_order": {"grand_total": "1", "origin_id": "x:1"}}

    answer = api.patch(f"{PACKAGES}/{change['id']}", json=body)

    assert (answer.json()["grand_total"], answer.json()["origin_id"]) == ("18600.0", "x:1")


def test_a_deleted_package_needs_the_filter_to_be_seen(api, procore):
    site = a_site(procore)
    procore.delete_change_order(a_change(procore, site)["id"])

    hidden = api.get(PACKAGES, params=site.of_project).json()
    seen = api.get(PACKAGES, params={**site.of_project, "filters[include_deleted]": "only"}).json()

    assert hidden == []
    assert seen[0]["deleted_at"] is not None


def test_a_potential_change_order_shows_its_origin_id_only_on_its_own(api, procore):
    site = a_site(procore)
    a_change(procore, site)

    listed = api.get(PCOS, params=site.of_project).json()[0]
    shown = api.get(f"{PCOS}/{listed['id']}", params=site.of_project).json()

    assert "origin_id" not in listed
    assert "origin_id" in shown
    assert listed["change_order_package_acronym_number"] == "CCO 001"


def test_lines_synced_into_a_potential_change_order_show_in_its_package(api, procore):
    site = a_site(procore)
    change = a_change(procore, site)
    pco = next(iter(procore.potential_change_orders))
    updates = [{"origin_id": "x:1", "amount": "-600", "wbs_code_id": site.wbs_code["id"]}]

    api.patch(f"{PCOS}/{pco}/line_items/sync", params=site.of_project, json={"updates": updates})

    shown = api.get(f"{PACKAGES}/{change['id']}", params=site.of_project).json()
    assert shown["grand_total"] == "18000.0"
    assert len(shown["line_items"]) == 2


def test_a_potential_change_order_is_linked_by_sync_with_its_contract_in_the_query(api, procore):
    site = a_site(procore)
    a_change(procore, site)
    pco = next(iter(procore.potential_change_orders))
    rows = [{"id": pco, "origin_id": "x:1"}, {"title": "New"}]

    found = api.patch(f"{PCOS}/sync", params=site.of_contract, json={"updates": rows}).json()

    assert [e["origin_id"] for e in found["entities"]] == ["x:1"]
    assert len(found["errors"]) == 1
