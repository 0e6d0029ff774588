"""The page of mappings says every row, and what the code does."""

from __future__ import annotations

import importlib
import re
from itertools import groupby

import pytest

from airflow_provider_procore_xero.operators.base import SyncOperator
from airflow_provider_procore_xero.settings import PROFILES, make, reference
from airflow_provider_procore_xero.sync.capabilities import CAPABILITIES, Capability
from dev import mappings
from dev.docs import DOCS, table

PAGE = (DOCS / "mapping.md").read_text(encoding="utf-8")
MAPPED = range(58, 109)
OPERATORS = {
    "project": "projects.ProjectsToTrackingOptionsOperator",
    "contacts": "contacts.ContactsToVendorsOperator",
    "vendors": "vendors.VendorsToContactsOperator",
    "item": "items.CostCodesToItemsOperator",
    "cost_code": "cost_codes.CostCodesToTrackingOptionsOperator",
    "commitment": "commitments.CommitmentsToPurchaseOrdersOperator",
    "commitment_change_order": (
        "commitment_change_orders.CommitmentChangeOrdersToPurchaseOrdersOperator"
    ),
    "subcontractor_invoice": "subcontractor_invoices.SubcontractorInvoicesToBillsOperator",
    "payment": "bill_payments.BillPaymentsToCommitmentPaymentsOperator",
    "direct_cost": "direct_costs.BillsToDirectCostsOperator",
    "job_costs": "job_costs.JobCostsOperator",
    "journal_entry": "journal_entries.JournalEntriesToDirectCostsOperator",
}


def operator_of(capability: Capability) -> SyncOperator:
    entity = capability.entity
    found = OPERATORS.get(entity.kind) or OPERATORS[entity.name]
    module, name = found.split(".")
    package = "airflow_provider_procore_xero.operators"
    made = getattr(importlib.import_module(f"{package}.{module}"), name)(task_id="one")
    assert isinstance(made, SyncOperator)
    return made


def test_R58_the_pairs_of_records_and_their_ways_are_those_of_the_overview() -> None:
    pairs = {
        (row[0].split(":")[0].split(" (")[0], row[1], row[2]) for row in mappings.capabilities()
    }

    assert {
        ("Cost code and cost type", "→", "Item"),
        ("Project", "→", "Tracking option"),
        ("Company", "→", "Contact"),
        ("Commitment", "→", "Purchase order"),
        ("Commitment change order", "→", "Lines of the same purchase order"),
        ("Job costs of the budget", "←", "Bills and spend money"),
        ("Direct cost", "←", "Bill, spend money"),
        ("Subcontractor invoice", "→", "Bill"),
        ("Commitment payment issued", "←", "Bill payment"),
    } <= pairs


@pytest.mark.parametrize("number", MAPPED)
def test_R2_each_row_of_the_mappings_is_on_the_page(number: int) -> None:
    if number == 58:
        assert "## What moves" in PAGE  # the overview itself
        return
    assert re.search(rf"^\| R{number} \|", PAGE, re.MULTILINE), f"R{number}"


def test_R2_the_page_is_what_the_code_says() -> None:
    rows = list(mappings.requirements())

    assert table(("No.", "From", "To", "Way", "How", "Profiles"), rows) in PAGE
    assert [n for n, _ in groupby(row[0] for row in rows)] == sorted(
        {row[0] for row in rows}, key=lambda n: int(n[1:])
    )


@pytest.mark.parametrize("capability", CAPABILITIES, ids=lambda c: f"{c.entity.name}-{c.xero}")
def test_R2_rules_name_settings_and_codes_that_there_are(capability: Capability) -> None:
    settings = {f"{section}.{key}" for section, key, _, _ in reference()}
    codes = {condition.code for condition in capability.entity.conditions}

    said = {capability.switch, *(rule.setting for rule in capability.rules)} - {""}
    assert said <= settings
    assert {rule.held for rule in capability.rules} - {""} <= codes


@pytest.mark.parametrize("profile", PROFILES)
@pytest.mark.parametrize("capability", CAPABILITIES, ids=lambda c: f"{c.entity.name}-{c.xero}")
def test_R58_a_flow_is_on_where_its_operator_says_so(capability: Capability, profile: str) -> None:
    settings = make({"profile": profile})

    assert capability.on(settings) is not bool(operator_of(capability).switched_off(settings))
