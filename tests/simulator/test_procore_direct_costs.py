"""Direct costs: nested lines, unique numbers, 409, the lock, sync of headers and lines."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from airflow_provider_procore_xero.simulator.procore import Procore
from tests.simulator.procore_world import Record, Site, a_site


@pytest.fixture
def site(procore: Procore) -> Site:
    return a_site(procore)


def path(site: Site, version: str = "v1.1") -> str:
    return f"/rest/{version}/projects/{site.project['id']}/direct_costs"


def a_bill(site: Site, **changes: Any) -> Record:
    return {
        "direct_cost_type": "invoice",
        "vendor_id": site.vendor["id"],
        "invoice_number": "BILL-1",
        "direct_cost_date": "2026-06-03",
        "status": "approved",
        "line_items": [
            {"ref": "L1", "wbs_code_id": site.wbs_code["id"], "manual_amount": 480.25},
            {"ref": "L2", "wbs_code_id": site.wbs_code["id"], "quantity": 3, "unit_cost": 40.5},
        ],
        **changes,
    }


def create(api: httpx.Client, site: Site, **changes: Any) -> httpx.Response:
    return api.post(path(site), json={"direct_cost": a_bill(site, **changes)})


def patch(api: httpx.Client, site: Site, cost: Record, **changes: Any) -> httpx.Response:
    return api.patch(f"{path(site)}/{cost['id']}", json={"direct_cost": changes})


def test_header_and_lines_are_made_in_one_call(api, site):
    made = create(api, site)

    assert made.status_code == 201
    assert [line["amount"] for line in made.json()["line_items"]] == ["480.25", "121.5"]
    assert made.json()["grand_total"] == "601.75"
    assert made.json()["tax_breakdown"]["tax_total"] == "0.0"


def test_a_lines_ref_is_echoed_once_and_not_stored(api, site):
    made = create(api, site).json()

    shown = api.get(f"{path(site)}/{made['id']}").json()

    assert [line["ref"] for line in made["line_items"]] == ["L1", "L2"]
    assert "ref" not in shown["line_items"][0]


def test_the_list_has_the_plain_vendor_name_and_no_lines(api, site):
    create(api, site)

    row = api.get(path(site)).json()[0]

    assert row["vendor"] == "Terra Works"
    assert row["line_items_count"] == 2
    assert "line_items" not in row


@pytest.mark.parametrize("field", ["direct_cost_type", "vendor_id", "invoice_number"])
def test_an_invoice_needs_type_vendor_and_number(api, site, field):
    bill = {name: value for name, value in a_bill(site).items() if name != field}

    answer = api.post(path(site), json={"direct_cost": bill})

    assert answer.status_code == 400
    assert field in answer.json()["errors"]


@pytest.mark.parametrize(("needed", "status"), [(True, 400), (False, 201)])
def test_whether_an_expense_needs_vendor_and_number_is_a_switch(api, site, procore, needed, status):
    procore.switches["expenses_need_vendor_and_number"] = needed

    made = create(api, site, direct_cost_type="expense", vendor_id=None, invoice_number=None)

    assert made.status_code == status


def test_a_line_needs_a_budget_code_of_the_project_and_nothing_is_half_written(api, site, procore):
    without = create(api, site, line_items=[{"manual_amount": 1}])
    foreign = create(api, site, line_items=[{"wbs_code_id": 7, "manual_amount": 1}])

    assert (without.status_code, foreign.status_code) == (400, 422)
    assert procore.direct_costs == {}


def test_a_hundred_lines_pass_and_one_more_does_not(api, site):
    line = {"wbs_code_id": site.wbs_code["id"], "manual_amount": 1}

    codes = [
        create(api, site, invoice_number=str(n), line_items=[line] * n).status_code
        for n in (100, 101)
    ]

    assert codes == [201, 400]


def test_an_invoice_number_is_unique_per_vendor(api, site, procore):
    other = procore.add_vendor(name="Delta")
    create(api, site)

    assert create(api, site).status_code == 422
    assert create(api, site, vendor_id=other["id"]).status_code == 201


def test_a_taken_number_may_be_400_where_the_switch_says_so(api, site, procore):
    procore.switches["duplicate_invoice_number_status"] = 400
    create(api, site)

    assert create(api, site).status_code == 400


def test_negative_lines_may_be_refused_where_the_switch_says_so(api, site, procore):
    line = [{"wbs_code_id": site.wbs_code["id"], "manual_amount": "-5"}]
    allowed = create(api, site, line_items=line)
    procore.switches["negative_direct_cost_lines"] = False

    refused = create(api, site, invoice_number="BILL-2", line_items=line)

    assert (allowed.status_code, refused.status_code) == (201, 422)


def test_writes_at_once_on_one_direct_cost_answer_409(api, site, procore):
    cost = create(api, site).json()
    procore.faults.arm("conflict", side="procore", path="*/direct_costs/*")

    codes = [patch(api, site, cost, terms="Net 30").status_code for _ in range(2)]

    assert codes == [409, 200]


def test_with_an_origin_id_header_and_lines_are_read_only(api, site):
    cost = create(api, site).json()
    marked = patch(api, site, cost, origin_id="x:1")
    line = cost["line_items"][0]["id"]
    lines = f"{path(site, 'v1.0')}/{cost['id']}/line_items"

    answers = [
        patch(api, site, cost, payment_date="2026-07-01"),
        api.patch(f"{lines}/{line}", json={"line_item": {"amount": 1}}),
        api.post(lines, json={"line_item": {"amount": 1}}),
        api.delete(f"{lines}/{line}"),
    ]

    assert marked.status_code == 200
    assert [a.status_code for a in answers] == [422] * 4


def test_clearing_the_origin_id_makes_it_writable_again(api, site):
    cost = create(api, site, origin_id="x:1").json()

    codes = [
        patch(api, site, cost, origin_id=None).status_code,
        patch(api, site, cost, terms="Net 30").status_code,
        patch(api, site, cost, origin_id="x:1").status_code,
    ]

    assert codes == [200, 200, 200]


def test_a_lines_origin_id_marks_the_header_as_synced_without_locking_it(api, site, procore):
    line = {"wbs_code_id": site.wbs_code["id"], "manual_amount": 1, "origin_id": "x:line"}
    cost = create(api, site, line_items=[line]).json()

    default = patch(api, site, cost, terms="Net 30")
    procore.switches["line_origin_id_locks"] = True
    strict = patch(api, site, cost, terms="Net 60")

    assert cost["synced"] is True
    assert (default.status_code, strict.status_code) == (200, 422)


def test_a_deleted_direct_cost_frees_its_number_and_origin_id(api, site):
    cost = create(api, site, origin_id="x:1").json()

    api.delete(f"{path(site)}/{cost['id']}")

    assert create(api, site, origin_id="x:1").status_code == 201


def test_a_header_synced_with_an_origin_id_is_locked_before_it_has_lines(api, site):
    row = {k: v for k, v in a_bill(site, origin_id="x:1").items() if k != "line_items"}
    made = api.patch(f"{path(site, 'v1.0')}/sync", json={"updates": [row]}).json()["entities"][0]
    line = {"direct_cost_id": made["id"], "wbs_code_id": site.wbs_code["id"], "amount": 5}

    answer = api.patch(f"{path(site, 'v1.0')}/line_items/sync", json={"updates": [line]})

    assert answer.status_code == 200
    assert "synced with ERP" in answer.json()["errors"][0]["errors"]["base"][0]


def test_lines_are_synced_into_several_headers_at_once(api, site, procore):
    costs = [create(api, site, invoice_number=n, line_items=[]).json() for n in ("1", "2")]
    rows = [
        {"direct_cost_id": cost["id"], "wbs_code_id": site.wbs_code["id"], "amount": "10.50"}
        for cost in costs
    ]

    answer = api.patch(f"{path(site, 'v1.0')}/line_items/sync", json={"updates": rows})

    assert len(answer.json()["entities"]) == 2
    assert [str(c["grand_total"]) for c in procore.direct_costs.values()] == ["10.5", "10.5"]


def test_lines_of_a_project_can_be_listed_by_direct_cost(api, site):
    first = create(api, site).json()
    create(api, site, invoice_number="BILL-2")

    all_lines = api.get(f"{path(site, 'v1.0')}/line_items").json()
    some = api.get(
        f"{path(site, 'v1.0')}/line_items", params={"filters[direct_cost_id]": first["id"]}
    ).json()

    assert (len(all_lines), len(some)) == (4, 2)


def test_filters_find_number_and_origin_id(api, site):
    create(api, site, origin_id="x:1")
    create(api, site, invoice_number="BILL-2")

    by_number = api.get(path(site), params={"filters[invoice_number]": "BILL-2"}).json()
    by_origin = api.get(path(site), params={"filters[origin_id]": "x:1"}).json()

    assert [r["invoice_number"] for r in (*by_number, *by_origin)] == ["BILL-2", "BILL-1"]
