"""What people type goes over as they would read it: emoji stay, markup and controls do not."""

from __future__ import annotations

import pytest

from airflow_provider_procore_xero.operators.commitment_change_orders import (
    CommitmentChangeOrdersToPurchaseOrdersOperator,
)
from airflow_provider_procore_xero.operators.commitments import CommitmentsToPurchaseOrdersOperator
from tests.flows.contractor import Contractor, Record
from tests.flows.office import FLOWS, SETTINGS, Office

NIGHT = (
    "projects", "contacts", "cost_codes", "commitments", "commitment_change_orders",
    "subcontractor_invoices",
)  # fmt: skip
TYPED = {
    "Kerbs 🚧 north": "Kerbs 🚧 north",
    "🏗️🔩": "🏗️🔩",
    "<p>Dig &amp; <b>fill</b> 🚜</p>\r\n": "Dig & fill 🚜",
    "a\x00b\x07 🧱\t\u2028wall": "a b 🧱 wall",
    "&#128679; cones &lt;soft&gt;": "🚧 cones",
    "M³ of soil – “clean” 👍🏽": "M³ of soil – “clean” 👍🏽",
    "  ": "-",
}
"""What is typed in Procore, and what stands in Xero."""


@pytest.mark.parametrize("typed", TYPED)
def test_E47_emoji_survive_on_bills_orders_and_change_orders_and_controls_and_markup_do_not(
    office: Office, people: Contractor, monkeypatch: pytest.MonkeyPatch, typed: str
) -> None:
    monkeypatch.setitem(FLOWS, "commitments", CommitmentsToPurchaseOrdersOperator)
    monkeypatch.setitem(
        FLOWS, "commitment_change_orders", CommitmentChangeOrdersToPurchaseOrdersOperator
    )
    office.settings = SETTINGS
    contract = contract_with(people, typed)
    claim = people.claim(contract, "100.00")

    office.night(flows=NIGHT)
    again = office.night(flows=NIGHT)

    (order,) = people.xero.purchase_orders.values()
    read = TYPED[typed]
    assert [line["Description"] for line in order["LineItems"]] == [read, read]
    assert people.bill_of(claim)["LineItems"][0]["Description"] == read
    assert order["Reference"] == ("" if read == "-" else read)
    assert not any(r["created"] or r["updated"] or r["refused"] for r in again.values())
    assert office.issue_codes() == []


def contract_with(people: Contractor, text: str) -> Record:
    """Return a contract of one line, and a change order to it, that say *text* everywhere."""
    project = people.project("A-1")
    line = {"wbs_code_id": people.budget_code(project)["id"], "description": text}
    contract = people.contract(
        project, people.pair("Terra Works Ltd"), lines=[{**line, "amount": "1000.00"}]
    )
    contract["title"] = text
    people.procore.add_change_order(
        contract_id=contract["id"], status="approved", title=text,
        lines=[{**line, "amount": "10.00"}],
    )  # fmt: skip
    return contract
