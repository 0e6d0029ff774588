"""What a first night costs, flow by flow: each read and write against the least that it could be.

The least is what the two APIs take in a call. Xero: one tracking option; 50 contacts, bills or
orders; 100 items. Procore: 1,000 vendors, headers or lines of direct costs in a sync action; one
payment. Lists come 1,000 a call, of Procore's one for each project.

What is read beside lists is read on purpose: the lines of a commitment, which no list has; an order
once for the plan and again right before each write, since Xero deletes lines that are not sent; and
what a project or a commitment has already, so that nothing is made a second time.
"""

from __future__ import annotations

import re
from collections import Counter
from math import ceil
from typing import Any

import pytest

from tests.flows.contractor import Contractor, Record, recently
from tests.flows.office import TOKENS, Office

ON: dict[str, Any] = {
    "accounts": {"expense": "310"},
    "approval": {"backend": "none"},
    "journals": {"enabled": True},
}
HYBRID: dict[str, Any] = {
    **ON,
    "profile": "hybrid",
    "bills": {"retainage_account": "850"},
    "vendors": {"direction": "both", "similar_threshold": 100},
}
BY_ITEM: dict[str, Any] = {
    **ON,
    "profile": "procore_connector",
    "projects": {"gate": "stage"},
    "cost_codes": {"list": "Standard"},
    "bills": {"retainage_item": "RET"},
}
IDS = re.compile(r"/[0-9a-f-]{36}|/\d+")
Calls = dict[str, int]


def called(office: Office, flow: str, created: int, **f: Any) -> tuple[Calls, Calls]:
    """Run a flow that makes *created*; return how often it read and wrote what, by last words."""
    office.forget_calls()
    result = office.run(flow, **f)
    assert (result["created"], result["held"], result["refused"]) == (created, 0, 0)
    reads: Counter[str] = Counter()
    writes: Counter[str] = Counter()
    for call in office.simulator.calls:
        if call.path not in TOKENS:
            words = IDS.sub("", call.path).split("/")
            name = "/".join(words[-2:]) if words[-1] == "sync" else words[-1]
            (writes if call.is_write else reads)[name] += 1
    return dict(reads), dict(writes)


def names(kind: str, many: int) -> list[str]:
    return [f"{chr(65 + i % 26)}{chr(65 + i // 26)} {kind} Ltd" for i in range(many)]


@pytest.fixture
def projects(office: Office, people: Contractor) -> list[Record]:
    """Return three projects, each with a budget code; nothing is in Xero yet."""
    office.settings = HYBRID
    made = [people.project(number) for number in ("A-1", "B-2", "C-3")]
    for project in made:
        project["code"] = people.budget_code(project)["id"]
    return made


def ready(office: Office) -> str:
    """Bring projects, companies and codes over, and return a DAG run that has read its lists."""
    run_id = ""
    for _ in ("what is new", "the lists"):
        run_id = office.next_night()
        for flow in ("projects", "contacts", "vendors", "cost_codes", "items"):
            office.run(flow, run_id=run_id)
    return run_id


def contracts(people: Contractor, projects: list[Record], many: int) -> list[Record]:
    """Make contracts of a line each, with a company each, on the projects in turn."""
    return [
        people.contract(
            projects[i % len(projects)],
            people.vendor(name),
            number=f"SC-{i:03}",
            lines=[a_line(projects[i % len(projects)], "1000")],
        )
        for i, name in enumerate(names("Works", many))
    ]


def a_line(project: Record, amount: str) -> Record:
    return {"wbs_code_id": project["code"], "amount": amount, "description": "Work"}


def a_cost(people: Contractor, project: Record, amount: str = "30.00") -> Record:
    option = next(o for o in people.options("Project") if o.startswith(project["project_number"]))
    tracked = (("Project", option), ("Cost Codes", "02-300"))
    return {
        "Description": "Hire", "Quantity": "1", "UnitAmount": amount, "AccountCode": "310",
        "Tracking": [{"Name": name, "Option": option} for name, option in tracked],
    }  # fmt: skip


def a_journal(people: Contractor, project: Record) -> list[Record]:
    line = a_cost(people, project)
    cost = {"LineAmount": "7.00", "AccountCode": "310", "Tracking": line["Tracking"]}
    return [cost, {"LineAmount": "-7.00", "AccountCode": "850"}]


# What all records need is read once a night, by the flow that comes first


def test_an_option_is_a_call_since_xero_takes_one_at_a_time(
    office: Office, people: Contractor, projects: list[Record]
) -> None:
    run_id = office.next_night()

    by_project = called(office, "projects", len(projects), run_id=run_id)
    by_code = called(office, "cost_codes", 2, run_id=run_id)

    first = {"projects": 1, "company_base_url": 1, "TrackingCategories": 1, "Organisation": 1}
    assert by_project == (first, {"Options": len(projects)})
    assert by_code == (
        {"standard_cost_code_lists": 1, "standard_cost_codes": 1}, {"Options": 2},
    )  # fmt: skip


@pytest.mark.parametrize("many", [100, 101])
def test_B2_items_go_a_hundred_a_call(office: Office, people: Contractor, many: int) -> None:
    office.settings = BY_ITEM
    kinds = list(people.procore.line_item_types)
    for number in range(ceil(many / len(kinds))):
        people.procore.add_standard_cost_code(
            list_id=people.standard_list(), code=f"9{number}-100", name="More"
        )
    people.project("A-1")
    pairs = [(code, kind) for code in people.procore.cost_codes for kind in kinds][:many]
    for code, kind in pairs:
        people.procore.add_wbs_code(cost_code_id=code, line_item_type_id=kind)
    run_id = office.next_night()
    office.run("projects", run_id=run_id)

    reads, writes = called(office, "items", many, run_id=run_id)

    assert writes == {"Items": ceil(many / 100)}
    assert reads == dict.fromkeys(
        ("standard_cost_code_lists", "standard_cost_codes", "wbs_codes", "Items", "Accounts"), 1
    )


@pytest.mark.parametrize("many", [50, 51])
def test_B2_contacts_go_fifty_a_call_and_vendors_a_thousand(
    office: Office, people: Contractor, projects: list[Record], many: int
) -> None:
    for name in names("Hire", many):
        people.contact(name)
    for name in names("Works", many):
        people.vendor(name)
    run_id = office.next_night()
    office.run("projects", run_id=run_id)

    into_procore = called(office, "contacts", many, run_id=run_id)
    into_xero = called(office, "vendors", many, run_id=run_id)

    small = {"vendors": 1, "inactive": 1, "ContactGroups": 2, "Contacts": ceil(many / 1000)}
    assert into_procore == (small, {"vendors/sync": ceil(many / 1000)})
    assert into_xero == (
        {"Contacts": 1}, {"Contacts": ceil(many / 50), "vendors/sync": ceil(many / 1000)},
    )  # fmt: skip


@pytest.mark.parametrize("many", [50, 51])
def test_B2_orders_go_fifty_a_call_and_the_lines_of_each_commitment_are_read_once(
    office: Office, people: Contractor, projects: list[Record], many: int
) -> None:
    contracts(people, projects, many)
    run_id = ready(office)

    reads, writes = called(office, "commitments", many, run_id=run_id)

    assert writes == {"PurchaseOrders": ceil(many / 50)}
    assert reads == {
        "work_order_contracts": len(projects), "purchase_order_contracts": len(projects),
        "line_items": many,
        "PurchaseOrders": 1, "Accounts": 1,
        "Contacts": ceil(many / 40),  # whether they are active, by the ids that a URL holds
    }  # fmt: skip


def test_change_orders_go_by_one_call_and_each_of_their_orders_is_read_before_it(
    office: Office, people: Contractor, projects: list[Record]
) -> None:
    made = contracts(people, projects, 6)
    for contract, times in zip(made, (1, 1, 1, 2, 2, 2), strict=True):
        for _ in range(times):
            line = a_line(projects[made.index(contract) % 3], "10")
            people.procore.add_change_order(
                contract_id=contract["id"], status="approved", title="More", lines=[line]
            )
    run_id = ready(office)
    office.run("commitments", run_id=run_id)

    reads, writes = called(office, "commitment_change_orders", 9, run_id=run_id)

    assert writes == {"PurchaseOrders": 1}
    assert reads == {
        "change_order_packages": len(projects) + 9,  # lists have no lines
        "PurchaseOrders": 6 + 6,  # to plan them, and right before they are written
    }


@pytest.mark.parametrize("many", [50, 51])
def test_B2_bills_go_fifty_a_call(
    office: Office, people: Contractor, projects: list[Record], many: int
) -> None:
    (contract,) = contracts(people, projects, 1)
    for _ in range(many):
        people.claim(contract, "10.00")
    run_id = ready(office)

    reads, writes = called(office, "subcontractor_invoices", many, run_id=run_id)

    assert writes == {"Invoices": ceil(many / 50)}
    assert reads == {
        "requisitions": len(projects), "work_order_contracts": 1,
        "Invoices": 1, "Accounts": 1, "Contacts": 1,
    }  # fmt: skip


def test_a_payment_is_a_call_and_each_commitment_is_asked_once_what_it_has(
    office: Office, people: Contractor, projects: list[Record]
) -> None:
    made = contracts(people, projects, 4)
    claims = [people.claim(contract, "10.00") for contract in made for _ in range(3)]
    office.run("subcontractor_invoices", run_id=ready(office))
    for claim in claims:
        people.pay(people.bill_of(claim), "5.00")

    reads, writes = called(office, "payments", len(claims), run_id=ready(office))

    assert writes == {"contract_payments": len(claims)}
    assert reads == {"Invoices": 1, "Payments": 1, "contract_payments": len(made)}


@pytest.mark.parametrize(
    ("bills", "lines", "writes"),
    [
        (1, 1, {"direct_costs": 1, "direct_costs/sync": 1}),
        (2, 1, {"direct_costs": 2, "direct_costs/sync": 1}),
        (1, 101, {"direct_costs": 1, "line_items/sync": 1, "direct_costs/sync": 1}),
        (3, 2, {"direct_costs/sync": 1 + 1, "line_items/sync": 1}),
        (1000, 1, {"direct_costs/sync": 1 + 1, "line_items/sync": 1}),
    ],
)
def test_direct_costs_of_a_project_are_made_with_their_lines_and_locked_in_the_fewest_calls(
    office: Office,
    people: Contractor,
    projects: list[Record],
    bills: int,
    lines: int,
    writes: Calls,
) -> None:
    """One or two are a call each, and one locks them; more are three calls: up to 1,000 of them."""
    contact = people.contact("Hire Pool Ltd")["ContactID"]
    run_id = ready(office)
    line = a_cost(people, projects[0])
    for number in range(bills):
        people.xero.add_bill(contact, [line] * lines, number=f"HP-{number}", status="AUTHORISED")

    reads, written = called(office, "direct_costs", bills, run_id=run_id)

    assert written == writes
    assert reads == {
        "Invoices": 1, "BankTransactions": 1, "wbs_codes": 1, "commitments": 1, "direct_costs": 1,
    }  # fmt: skip


@pytest.mark.parametrize("flow", ["direct_costs", "journal_entries"])
def test_expenses_of_a_project_are_three_calls_however_many_they_are(
    office: Office, people: Contractor, projects: list[Record], flow: str
) -> None:
    contact = people.contact("Hire Pool Ltd")["ContactID"]
    run_id = ready(office)
    for _ in range(4):
        if flow == "direct_costs":
            people.xero.add_spend_money(contact, [a_cost(people, projects[0])])
        else:
            people.xero.add_manual_journal("Late", a_journal(people, projects[0]), on=recently(3))

    _, writes = called(office, flow, 4, run_id=run_id)

    assert writes == {"direct_costs/sync": 1 + 1, "line_items/sync": 1}
