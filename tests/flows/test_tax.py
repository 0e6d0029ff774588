"""Tax: what goes under each setting is what the docs' page says, and a paid claim reads as paid."""

from __future__ import annotations

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from airflow_provider_procore_xero.operators.commitments import CommitmentsToPurchaseOrdersOperator
from tests.flows.contractor import Contractor, Record
from tests.flows.office import FLOWS, SETTINGS, Office

PAGE = Path(__file__).parents[2] / "docs" / "tax.md"


def documented() -> Iterator[dict[str, str]]:
    """Yield the rows of the page's table of what becomes of a claim."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    rows = [[cell.strip(" `") for cell in line.strip("|").split("|")] for line in lines]
    head = next(row for row in rows if "SubTotal" in row)
    for row in rows[rows.index(head) + 2 :]:
        if len(row) == len(head):
            yield dict(zip(head, row, strict=True))


def called(row: dict[str, str]) -> str:
    return "-".join(list(row.values())[:3])


def settings(amounts: str, tax_type: str | None = None, payments: str = "net") -> dict[str, Any]:
    return {
        **SETTINGS,
        "tax": {"amounts": amounts, "purchase_tax_type": tax_type},
        "payments": {"amount": payments},
    }


def a_claim(people: Contractor, *amounts: str) -> Record:
    contract = people.contract(
        people.project("A-1"), people.pair("Terra Works Ltd"), retainage_percent=0
    )
    return people.claim(contract, *amounts)


@pytest.mark.parametrize("row", list(documented()), ids=called)
def test_R23_each_tax_profile_gives_the_payload_that_is_documented(
    office: Office, people: Contractor, row: dict[str, str]
) -> None:
    tax_type = None if row["tax.purchase_tax_type"] == "null" else row["tax.purchase_tax_type"]
    office.settings = settings(row["tax.amounts"], tax_type, row["payments.amount"])
    claim = a_claim(people, "1150.00")

    office.night()
    (call,) = [c for c in office.writes("xero") if c.path.endswith("/Invoices")]
    bill = people.bill_of(claim)
    people.pay(bill, str(bill["Total"]))
    office.night()

    (sent,) = json.loads(call.body)["Invoices"]
    assert sent["LineAmountTypes"] == row["LineAmountTypes"]
    assert {line["TaxType"] for line in sent["LineItems"]} == {row["TaxType"]}
    assert not any("TaxAmount" in line for line in sent["LineItems"])
    for name in ("SubTotal", "TotalTax", "Total"):
        assert bill[name] == Decimal(row[name]), name
    assert [p["amount"] for p in people.payments] == [Decimal(row["Payment issued"])]


def test_R23_every_choice_of_the_settings_is_documented() -> None:
    assert {row["tax.amounts"] for row in documented()} == {"exclusive", "inclusive", "no_tax"}


@pytest.mark.parametrize("amounts", ["exclusive", "inclusive", "no_tax"])
def test_R22_R23_a_claim_that_is_paid_in_parts_reads_as_paid_to_the_cent(
    office: Office, people: Contractor, amounts: str
) -> None:
    office.settings = settings(amounts)
    claim = a_claim(people, "333.33", "666.68")
    office.night()
    bill = people.bill_of(claim)
    third = (bill["Total"] / 3).quantize(Decimal("0.01"))

    for amount in (third, third, bill["Total"] - 2 * third):
        people.pay(bill, str(amount))
        office.night(flows=("subcontractor_invoices", "payments"))

    assert sum(p["amount"] for p in people.payments) == Decimal("1000.01")


@pytest.mark.parametrize("amounts", ["exclusive", "inclusive", "no_tax"])
def test_R23_a_second_night_changes_nothing(
    office: Office, people: Contractor, amounts: str
) -> None:
    office.settings = settings(amounts)
    a_claim(people, "333.33", "666.68")
    office.night()

    again = office.night(full=True)["subcontractor_invoices"]

    assert (again["created"], again["updated"], again["held"]) == (0, 0, 0)


def test_R22_a_bill_that_went_out_with_tax_inside_stays_so_when_the_settings_change(
    office: Office, people: Contractor
) -> None:
    claim = a_claim(people, "1150.00")
    office.night(settings=settings("inclusive"))
    people.pay(people.bill_of(claim), "1150.00")

    office.night(settings=settings("exclusive"))

    assert [p["amount"] for p in people.payments] == [Decimal("1150.00")]


@pytest.mark.parametrize(
    ("amounts", "kind", "total"),
    [("exclusive", "Exclusive", "172500.00"), ("inclusive", "Inclusive", "150000.00"),
     ("no_tax", "NoTax", "150000.00")],
)  # fmt: skip
def test_R21_R23_an_order_has_the_tax_of_its_bills(
    office: Office,
    people: Contractor,
    monkeypatch: pytest.MonkeyPatch,
    amounts: str,
    kind: str,
    total: str,
) -> None:
    monkeypatch.setitem(FLOWS, "commitments", CommitmentsToPurchaseOrdersOperator)
    office.settings = settings(amounts)
    people.contract(people.project("A-1"), people.pair("Terra Works Ltd"))

    office.night(flows=("projects", "contacts", "cost_codes", "commitments"))
    again = office.run("commitments", full=True)

    (order,) = people.xero.purchase_orders.values()
    assert (order["LineAmountTypes"], order["Total"]) == (kind, Decimal(total))
    assert (again["created"], again["updated"], again["held"]) == (0, 0, 0)
