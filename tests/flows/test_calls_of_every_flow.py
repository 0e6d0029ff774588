"""Every flow on, in each profile: what a quiet night costs, flow by flow, and what it reads once.

The least a flow can cost is one call for each list that is its own: a list of Procore's is of one
project, one of Xero's of the whole organisation. Each flow reads its own since it may be run alone,
with a watermark of its own; the small lists are shared by all flows of a night. The proof reads
afresh by design. Where records are held, what they are judged by is read again, once.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from tests.flows.office import NIGHT, TOKENS, Office

ON: dict[str, Any] = {
    "accounts": {"expense": "310"},
    "approval": {"backend": "none"},
    "job_costs": {"enabled": True},
    "journals": {"enabled": True},
    "direct_costs": {"cost_type": "S", "unlinked_vendor": "blank"},
}
PROFILES: dict[str, dict[str, Any]] = {
    "dimension_classic": {
        "projects": {"option_name": "{number} {name}"},
        "bills": {"retainage_account": "850"},
    },
    "procore_connector": {
        "projects": {"gate": "stage", "option_name": "{number} {name}"},
        "bills": {"retainage_item": "RET"},
    },
    "hybrid": {"bills": {"retainage_account": "850"}, "vendors": {"direction": "both"}},
}
IN_EACH = pytest.mark.parametrize("profile", PROFILES)
SMALL = re.compile(
    r"TrackingCategories$|Accounts$|Items$|TaxRates$|Organisation$|ContactGroups|/projects$"
    r"|company_base_url$|standard_cost_code_lists$|standard_cost_codes$|/vendors$"
    r"|vendors/inactive$|wbs_codes$"
)
"""Tracking, accounts, items, tax rates, organisation, projects, cost codes, vendors, budget codes.

The latter are of one project: items read all of them once and what changed from then on, direct
costs all of those projects where something is to be judged.
"""
MEMBERS = re.compile(r"(?<=ContactGroups/).+")
Reads = dict[str, Any]

EVERY_PROFILE: dict[str, Reads] = {
    "projects": {"projects": 1, "company_base_url": 1, "TrackingCategories": 1, "Organisation": 1},
    "commitment_change_orders": {"change_order_packages": "a project"},
    "subcontractor_invoices": {"requisitions": "a project", "Invoices": 1},
    "payments": {"Invoices": 1, "Payments": 1},
    "journal_entries": {"ManualJournals": 1},
    "job_costs": {"Invoices": 1, "BankTransactions": 1},
}


VENDORS: Reads = {"vendors": 1, "inactive": 1, "Contacts": 1}
OPTIONS: Reads = {"standard_cost_code_lists": 1, "standard_cost_codes": 2}
ORDERS: Reads = {
    "work_order_contracts": "a project", "purchase_order_contracts": "a project",
    "line_items": 3,  # held commitments with lines, as they are now
    "PurchaseOrders": 1,
}  # fmt: skip
COSTS: Reads = {"Invoices": 1, "BankTransactions": 1, "wbs_codes": 3}  # held in three projects
PROOF: Reads = {
    "requisitions": "a project", "work_order_contracts": 6, "purchase_order_contracts": 6,
    "direct_costs": 3,
    "Invoices": 1, "CreditNotes": 1, "BankTransactions": 1, "ManualJournals": 1,
}  # fmt: skip
GROUP: Reads = {**VENDORS, "ContactGroups": 1, "members": 1}
IN_PROFILE: dict[str, dict[str, Reads]] = {
    "dimension_classic": {
        "contacts": GROUP,
        "vendors": {},
        "cost_codes": OPTIONS,
        "items": {},
        "commitments": {**ORDERS, "Accounts": 1},
        "direct_costs": {**COSTS, "commitments": 3},
        "reconciliation": PROOF,
    },
    "procore_connector": {
        "contacts": {},
        "vendors": VENDORS,
        "cost_codes": {},
        "items": {
            "standard_cost_code_lists": 1, "standard_cost_codes": 1, "wbs_codes": "a project",
            "Items": 1, "Accounts": 1,
        },
        "commitments": ORDERS,
        "direct_costs": COSTS,
        "reconciliation": PROOF,
    },
    "hybrid": {
        "contacts": GROUP,
        "vendors": {"Contacts": 1},
        "cost_codes": OPTIONS,
        "items": {},
        "commitments": {**ORDERS, "Accounts": 1},
        "direct_costs": {**COSTS, "commitments": 3},
        "reconciliation": PROOF,
    },
}  # fmt: skip


@pytest.fixture
def contractor(office: Office, profile: str) -> Office:
    """Return the office of the seeded contractor, with every flow on."""
    office.reset("contractor")
    office.simulator.xero.add_item("RET", "Retentions", PurchaseDetails={"AccountCode": "850"})
    office.settings = {"profile": profile, **ON, **PROFILES[profile]}
    return office


def read_in_a_night(office: Office) -> dict[str, Counter[str]]:
    """Run a night, and return how often each flow read each list, by its last word."""
    run_id, found = office.next_night(), {}
    for flow in NIGHT:
        office.forget_calls()
        office.run(flow, run_id=run_id)
        calls = [c for c in office.simulator.calls if c.path not in TOKENS]
        assert not [c for c in calls if c.is_write]
        found[flow] = Counter(MEMBERS.sub("members", c.path).rsplit("/", 1)[-1] for c in calls)
    return found


@IN_EACH
def test_a_night_reads_each_small_list_once(contractor: Office, profile: str) -> None:
    for _ in ("the first night", "a quiet one"):
        contractor.forget_calls()
        contractor.night(flows=tuple(NIGHT))

        calls = [c for c in contractor.simulator.calls if c.method == "GET"]
        small = Counter((c.path, str(c.query)) for c in calls if SMALL.search(c.path))
        assert len(small) > 8
        assert {called: times for called, times in small.items() if times > 1} == {}


@IN_EACH
def test_B3_each_flow_of_a_quiet_night_makes_the_least_calls(
    contractor: Office, profile: str
) -> None:
    contractor.night(flows=tuple(NIGHT))
    projects = len(list(contractor.ledger.links("project")))

    made = read_in_a_night(contractor)

    for flow, lists in {**EVERY_PROFILE, **IN_PROFILE[profile]}.items():
        least = {n: projects if times == "a project" else times for n, times in lists.items()}
        assert made[flow] == least, flow
    assert made.keys() == NIGHT.keys() == {**EVERY_PROFILE, **IN_PROFILE[profile]}.keys()
