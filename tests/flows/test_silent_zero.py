"""A list that is empty, or lacks most of what it held, stops the run before anything is written."""

from __future__ import annotations

from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tests.flows.contractor import Contractor
from tests.flows.office import SETTINGS, Office

NUMBERS = ("A-1", "B-2", "C-3", "D-4")
ALL_MAY_GO = {"safety": {"max_missing_percent": 100}}


@pytest.fixture
def settled(office: Office, people: Contractor) -> Office:
    """Return the office after a night with four projects, vendors, codes and claims."""
    for number in NUMBERS:
        vendor = people.pair(f"Vendor {number} Limited")
        contract = people.contract(people.project(number), vendor)
        people.claim(contract, "100.00")
    codes = people.standard_list()
    people.procore.add_standard_cost_code(list_id=codes, code="04-400", name="Masonry")
    office.night()
    office.forget_calls()
    return office


def answered(office: Office, side: str, path: str, body: Any, times: int = 1) -> None:
    """Have the next call of *path* answered 200 with *body*."""
    office.simulator.faults.arm(
        "status", side=side, method="GET", path=path, times=times, status=200, body=body
    )


EMPTY = {
    "projects": ("projects", "procore", "/rest/v1.1/projects", []),
    "standard cost codes": ("cost_codes", "procore", "/rest/v1.0/standard_cost_codes", []),
    "active vendors": ("contacts", "procore", "/rest/v1.0/vendors", []),
    "members of contact group": (
        "contacts", "xero", "*/ContactGroups/*", {"ContactGroups": [{"Contacts": []}]},
    ),
    "tracking categories": (
        "projects",
        "xero",
        "*/TrackingCategories",
        {
            "TrackingCategories": [
                {"TrackingCategoryID": name, "Name": name, "Status": "ACTIVE", "Options": []}
                for name in ("Project", "Cost Codes")
            ]
        },
    ),
    "accounts": ("subcontractor_invoices", "xero", "*/Accounts", {"Accounts": []}),
}  # fmt: skip


@pytest.mark.parametrize("name", EMPTY)
def test_a_list_that_is_empty_all_of_a_sudden_stops_the_run_before_it_writes(
    settled: Office, people: Contractor, name: str
) -> None:
    flow, side, path, body = EMPTY[name]
    links = {link.xero_id: link.state for link in settled.ledger.links("project")}
    people.project("E-5")
    people.contact("New Vendor Limited")
    answered(settled, side, path, body)

    with pytest.raises(AirflowFailException, match="LIST_SHRANK: ") as failed:
        settled.run(flow)

    assert f"The list of {name}" in str(failed.value)
    assert "has 0 records" in str(failed.value)
    assert "max_missing_percent" in str(failed.value)
    assert not settled.writes()
    assert settled.ledger.runs(limit=1)[0].state == "failed"
    assert {link.xero_id: link.state for link in settled.ledger.links("project")} == links


CLAIMS, CONTACTS = "/rest/v1.1/requisitions", "*/Contacts"


@pytest.mark.parametrize(
    ("flow", "side", "path", "body", "times"),
    [
        ("subcontractor_invoices", "procore", CLAIMS, [], len(NUMBERS)),
        ("subcontractor_invoices", "xero", "*/Invoices", {"Invoices": []}, 1),
        ("contacts", "xero", CONTACTS, {"Contacts": []}, 1),
    ],
)
def test_a_full_read_that_finds_nothing_where_there_was_much_stops_the_run(
    settled: Office, flow: str, side: str, path: str, body: Any, times: int
) -> None:
    before = settled.ledger.watermark("contacts")
    answered(settled, side, path, body, times)

    with pytest.raises(AirflowFailException, match=r"LIST_SHRANK: .* has 0 records, and had 4"):
        settled.run(flow, full=True)

    assert not settled.writes()
    assert settled.ledger.watermark("contacts") == before


PACKAGES, BOTH_KINDS = "/rest/v1.0/change_order_packages", "/rest/v1.0/*_order_contracts"


@pytest.mark.parametrize(
    ("flow", "side", "path", "body", "times"),
    [
        ("commitments", "procore", BOTH_KINDS, [], 2 * len(NUMBERS)),
        ("commitments", "xero", "*/PurchaseOrders", {"PurchaseOrders": []}, 1),
        ("commitment_change_orders", "procore", PACKAGES, [], len(NUMBERS)),
        ("payments", "xero", "*/Invoices", {"Invoices": []}, 1),
        ("payments", "xero", "*/Payments", {"Payments": []}, 1),
        ("direct_costs", "xero", "*/Invoices", {"Invoices": []}, 1),
        ("job_costs", "xero", "*/Invoices", {"Invoices": []}, 1),
    ],
)
def test_nor_is_it_believed_of_orders_payments_and_costs(
    settled: Office, people: Contractor, flow: str, side: str, path: str, body: Any, times: int
) -> None:
    settled.settings = {**SETTINGS, "job_costs": {"enabled": True}}
    for contract in people.procore.commitments.values():
        code = people.procore.lines_of(contract["id"])[0]["wbs_code"]["id"]
        lines = [{"wbs_code_id": code, "amount": "5.00", "description": "Rock"}]
        people.procore.add_change_order(contract_id=contract["id"], status="approved", lines=lines)
    for bill in people.bills:
        people.pay(bill, "10.00")
    for each in dict.fromkeys(("commitments", "commitment_change_orders", flow)):
        settled.run(each)
    settled.forget_calls()
    answered(settled, side, path, body, times)

    with pytest.raises(AirflowFailException, match=r"LIST_SHRANK: .* has 0 records, and had"):
        settled.run(flow, full=True)

    assert not settled.writes()


@pytest.mark.parametrize(
    ("flow", "side", "path", "body", "times"),
    [
        ("subcontractor_invoices", "procore", CLAIMS, [], len(NUMBERS)),
        ("contacts", "xero", CONTACTS, {"Contacts": []}, 1),
        ("payments", "xero", "*/Invoices", {"Invoices": []}, 1),
    ],
)
def test_what_changed_since_yesterday_may_be_nothing(
    settled: Office, flow: str, side: str, path: str, body: Any, times: int
) -> None:
    answered(settled, side, path, body, times)

    result = settled.run(flow)

    assert (result["read"], result["created"]) == (0, 0)


def test_a_few_projects_lists_may_become_empty_where_the_others_are_read(
    settled: Office, people: Contractor
) -> None:
    answered(settled, "procore", CLAIMS, [])

    assert settled.run("subcontractor_invoices", full=True)["read"] == 3


def test_a_plan_is_not_made_of_an_empty_list_either(settled: Office) -> None:
    answered(settled, "procore", "/rest/v1.1/projects", [])

    with pytest.raises(AirflowFailException, match="LIST_SHRANK"):
        settled.run("projects", "plan")


def test_one_run_may_be_told_that_the_records_are_really_gone(
    settled: Office, people: Contractor
) -> None:
    people.procore.projects.clear()
    with pytest.raises(AirflowFailException, match="LIST_SHRANK"):
        settled.run("projects")

    told = settled.run("projects", settings={**SETTINGS, **ALL_MAY_GO})
    next_night = settled.run("projects")

    assert (told["read"], next_night["read"]) == (0, 0)


def test_a_list_that_lost_most_of_its_records_stops_the_run_and_one_that_lost_some_does_not(
    office: Office, people: Contractor
) -> None:
    for number in range(40):
        people.project(f"P-{number:02}")
    office.run("projects")
    kept = dict(people.procore.projects)

    def only(count: int) -> None:
        people.procore.projects.clear()
        people.procore.projects.update(list(kept.items())[:count])

    only(19)
    with pytest.raises(AirflowFailException, match=r"LIST_SHRANK: .* has 19 records, and had 40"):
        office.run("projects")
    only(20)

    assert office.run("projects")["read"] == 20


def test_a_run_that_failed_leaves_yesterdays_figures(settled: Office) -> None:
    for _ in range(2):
        answered(settled, "procore", "/rest/v1.1/projects", [])
        with pytest.raises(AirflowFailException, match="and had 4"):
            settled.run("projects")


def test_a_second_try_of_the_task_looks_again(settled: Office) -> None:
    answered(settled, "procore", "/rest/v1.1/projects", [])
    with pytest.raises(AirflowFailException):
        settled.run("projects", run_id="night")

    assert settled.run("projects", run_id="night", try_number=2)["unchanged"] == 4


def test_a_second_try_takes_no_list_from_the_first(settled: Office, people: Contractor) -> None:
    settled.run("projects", run_id="night")
    people.project("E-5")

    assert settled.run("projects", run_id="night", try_number=2)["created"] == 1


def test_what_was_there_at_the_first_night_is_taken_as_it_is(office: Office) -> None:
    assert office.run("projects")["read"] == 0
