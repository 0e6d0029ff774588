"""Subcontractor invoices over the API: views, filters, locks, silent changes."""

from __future__ import annotations

import httpx
import pytest

from tests.simulator.procore_world import COMPANY, Record, Site, a_claim, a_site

V1_0, V1_1 = "/rest/v1.0/requisitions", "/rest/v1.1/requisitions"


def rows(api: httpx.Client, site: Site, path: str = V1_1, **params: object) -> list[Record]:
    answer = api.get(path, params={**site.of_project, **params})
    assert answer.status_code == 200, answer.text
    found: list[Record] = answer.json()
    return found


def patch(api: httpx.Client, site: Site, claim: Record, **changes: object) -> httpx.Response:
    body = {**site.of_claim, "requisition": changes}
    return api.patch(f"{V1_1}/{claim['id']}", json=body)


@pytest.mark.parametrize(
    ("view", "has_items", "has_taxes"),
    [
        ("default", False, False),
        ("action_policy", False, False),
        ("header_only", False, True),
        ("items", True, False),
        ("extended", True, True),
    ],
)
def test_items_come_only_with_two_views(api, procore, view, has_items, has_taxes):
    site = a_site(procore)
    a_claim(procore, site, {"work": "30000"})

    row = rows(api, site, view=view)[0]

    assert ("items" in row, "tax_summary" in row) == (has_items, has_taxes)
    assert row["summary"]["current_payment_due"] == "27000.00"


def test_the_older_list_has_no_vendor_id_and_never_items(api, procore):
    site = a_site(procore)
    a_claim(procore, site)

    row = rows(api, site, V1_0, view="extended")[0]

    assert "vendor_id" not in row
    assert "items" not in row


def test_retainage_held_so_far_is_only_in_the_detail(api, procore):
    site = a_site(procore)
    claim = a_claim(procore, site, {"work": "30000"})

    item = rows(api, site, view="extended")[0]["items"][0]
    detail = rows(api, site, f"{V1_0}/{claim['id']}/detail")[0]

    assert "total_retainage_currently_retained" not in item
    assert detail["total_retainage_currently_retained"] == "3000.00"


def test_filters_find_status_commitment_and_the_last_claim(api, procore):
    site = a_site(procore)
    first = a_claim(procore, site, status="approved")
    second = a_claim(procore, site)

    def ids(**filters: object) -> list[int]:
        given = {f"filters[{name}]": value for name, value in filters.items()}
        return [row["id"] for row in rows(api, site, **given)]

    assert ids(status="approved") == [first["id"]]
    assert ids(is_last="true") == [second["id"]]
    assert ids(commitment_id=site.contract["id"]) == [first["id"], second["id"]]
    assert ids(commitment_id=1) == []


def test_no_filter_brings_a_deleted_claim_back(api, procore):
    site = a_site(procore)
    claim = a_claim(procore, site)
    procore.delete_requisition(claim["id"])

    asked = api.get(V1_1, params={**site.of_project, "filters[include_deleted]": "with"})

    assert rows(api, site) == []
    assert asked.status_code == 400


def test_a_withdrawn_approval_changes_only_status_and_updated_at(api, procore):
    site = a_site(procore)
    claim = a_claim(procore, site, status="approved")
    before = dict(claim)
    procore.clock.advance(60)

    procore.change_requisition(claim["id"], status="draft")

    changed = {name for name in claim if claim[name] != before[name]}
    assert changed == {"status", "updated_at"}


def test_a_write_needs_the_commitment_beside_the_project(api, procore):
    site = a_site(procore)
    claim = a_claim(procore, site)
    body = {**site.of_project, "requisition": {"status": "approved"}}

    assert api.patch(f"{V1_1}/{claim['id']}", json=body).status_code == 400


def test_once_it_has_an_origin_id_a_claim_is_read_only(api, procore):
    site = a_site(procore)
    claim = a_claim(procore, site)
    marked = patch(api, site, claim, origin_id="x:1", origin_data="v1")

    later = patch(api, site, claim, payment_date="2026-07-01")

    assert marked.status_code == 200
    assert later.status_code == 422
    assert "synced with ERP" in later.text
    assert claim["payment_date"] is None


def test_a_person_can_still_change_a_locked_claim(procore):
    site = a_site(procore)
    claim = a_claim(procore, site, origin_id="x:1", status="approved")

    procore.change_requisition(claim["id"], status="draft")

    assert claim["status"] == "draft"


@pytest.mark.parametrize(
    ("mode", "cleared", "then"), [("unlocks", 200, 200), ("keeps_lock", 200, 422),
                                  ("refused", 422, 422)]
)  # fmt: skip
def test_whether_clearing_the_origin_id_unlocks_is_a_switch(api, procore, mode, cleared, then):
    procore.switches["clearing_origin_id"] = mode
    site = a_site(procore)
    claim = a_claim(procore, site, origin_id="x:1")

    codes = [
        patch(api, site, claim, origin_id=None).status_code,
        patch(api, site, claim, invoice_number="INV-2").status_code,
    ]

    assert codes == [cleared, then]


def test_clearing_and_changing_in_one_call_is_refused(api, procore):
    site = a_site(procore)
    claim = a_claim(procore, site, origin_id="x:1")

    answer = patch(api, site, claim, origin_id=None, invoice_number="INV-2")

    assert answer.status_code == 422
    assert claim["origin_id"] == "x:1"


def test_a_locked_claim_may_take_some_fields_where_the_switch_says_so(api, procore):
    procore.switches["locked_records_accept"] = ("payment_date",)
    site = a_site(procore)
    claim = a_claim(procore, site, origin_id="x:1")

    assert patch(api, site, claim, payment_date="2026-07-01").status_code == 200


def test_a_wrong_billing_date_becomes_null_without_an_error(api, procore):
    site = a_site(procore)
    claim = a_claim(procore, site, billing_date="2026-05-31")

    answer = patch(api, site, claim, billing_date="31/05/2026")

    assert answer.status_code == 200
    assert claim["billing_date"] is None


def test_an_unknown_status_is_refused(api, procore):
    site = a_site(procore)

    assert patch(api, site, a_claim(procore, site), status="paid").status_code == 422


def test_only_the_last_claim_of_a_contract_can_be_deleted(api, procore):
    site = a_site(procore)
    first, last = a_claim(procore, site), a_claim(procore, site)

    codes = [
        api.delete(f"{V1_1}/{claim['id']}", params=site.of_project).status_code
        for claim in (first, last, first)
    ]

    assert codes == [422, 200, 200]


def test_the_due_date_is_written_elsewhere_and_shown_nowhere(api, procore):
    site = a_site(procore)
    claim = a_claim(procore, site)
    path = f"/rest/v2.0/companies/{COMPANY}/projects/{site.project['id']}/requisitions"

    answer = api.patch(f"{path}/{claim['id']}/payment_details", json={"due_date": "2026-07-14"})

    assert answer.json() == {"data": {"id": str(claim["id"]), "due_date": "2026-07-14"}}
    assert "due_date" not in rows(api, site, view="extended")[0]
