"""A contractor's three nights: what people do before them, and in what order it goes, by profile.

The first night has everything new. Before the second one people changed, withdrew, paid and
corrected, so that every kind of write is due again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from tests.flows.contractor import Contractor, Record, recently

MONEY = (
    "commitments", "commitment_change_orders", "subcontractor_invoices", "payments",
    "direct_costs",
)  # fmt: skip
Act = Callable[[Contractor], None]


@dataclass(frozen=True)
class Profile:
    """One way to run the product: its settings, and the flows of a night in their order."""

    settings: dict[str, Any]
    flows: tuple[str, ...]


PROFILES: dict[str, Profile] = {
    "dimension_classic": Profile(
        settings={
            "profile": "dimension_classic",
            "accounts": {"expense": "310"},
            "bills": {"retainage_account": "850"},
            "direct_costs": {"include": "all"},
        },
        flows=("projects", "contacts", "cost_codes", *MONEY),
    ),
    "procore_connector": Profile(
        settings={
            "profile": "procore_connector",
            "projects": {"gate": "none"},
            "approval": {"backend": "none"},
            "cost_codes": {"target": "item", "list": "Standard"},
            "accounts": {"expense": "310", "by_cost_code": {"03-*": "311"}},
            "bills": {"retainage_item": "RET", "negative": "credit_note"},
        },
        flows=("projects", "vendors", "items", *MONEY),
    ),
    "hybrid": Profile(
        settings={
            "profile": "hybrid",
            "vendors": {"direction": "both"},
            "accounts": {"expense": "310"},
            "bills": {"retainage_account": "850", "negative": "credit_note"},
            "direct_costs": {"include": "all"},
        },
        flows=("projects", "contacts", "vendors", "cost_codes", *MONEY),
    ),
}


def before_the_first_night(people: Contractor) -> None:
    """Two projects, vendors and contacts that know of each other or don't, three orders, claims."""
    people.xero.add_item("RET", "Retainage", PurchaseDetails={"AccountCode": "850"})
    terra = people.pair("Terra Works Ltd")
    people.contact("New Drainage Ltd")
    own = people.vendor("Own Scaffolds Ltd")
    first, second = people.project("A-1"), people.project("B-2")
    one = people.contract(first, terra)
    two = people.contract(second, terra, number="SC-002", retainage_percent=10)
    people.contract(second, own, number="SC-003")
    _change(people, one, "700.00", "Rock")
    _change(people, one, "70.00", "Drains")
    people.claim(one, "1000.00", "500.00")
    people.claim(one, "333.33", "66.67")
    people.claim(two, "250.00", "0.00")
    people.claim(two, "-400.00", "100.00")


def before_the_second_night(people: Contractor) -> None:
    """Lines and claims were changed, an order was cancelled, and bills were paid."""
    commitments = {c["number"]: c for c in people.procore.commitments.values()}
    one, two, three = (commitments[f"SC-00{n}"] for n in (1, 2, 3))
    people.project("C-3")
    people.contact("Late Paving Ltd")
    people.vendor("Late Painting Ltd")
    code = people.budget_code(people.procore.projects[one["project_id"]])["id"]
    people.procore.add_commitment_line(
        one["id"], wbs_code_id=code, amount="900.00", description="Kerbs"
    )
    people.procore.change_commitment(three["id"], status="Terminated")
    _change(people, two, "40.00", "Fence")
    _change(people, two, "45.00", "Gate")
    rock = next(iter(people.procore.change_order_packages.values()))
    people.procore.change_change_order(rock["id"], status="void")
    people.claim(two, "75.00", "25.00")
    _correct_and_pay(people)
    _type_in_costs(people)


def _correct_and_pay(people: Contractor) -> None:
    """One bill is paid in part, one in two parts, and the claim of a third was changed."""
    bills = sorted(ours(people), key=lambda bill: bill["Url"])
    people.pay(bills[0], "600.00", reference="first part")
    people.pay(bills[0], "20.00", reference="second part")
    people.pay(bills[2], "100.01", reference="a part")
    claim = next(c for c in people.procore.requisitions.values() if str(c["id"]) in bills[1]["Url"])
    line = claim["items"][0]["line_item_id"]
    people.procore.edit_claim(claim["id"], [{"line_item_id": line, "work": Decimal("444.44")}])


def before_the_third_night(people: Contractor) -> None:
    """A payment was corrected, another one deleted, and a bill was voided."""
    paid = {p["Reference"]: p for p in people.xero.payments.values()}
    for reference in ("a part", "second part"):
        people.xero.delete_payment(paid[reference]["PaymentID"])
    bill_id = paid["a part"]["Invoice"]["InvoiceID"]
    people.pay(people.xero.invoices[bill_id], "100.10", reference="corrected")
    unpaid = [b for b in ours(people) if not b["AmountPaid"] and b["Status"] == "DRAFT"]
    people.xero.delete_bill(unpaid[0]["InvoiceID"])
    hired, _ = [b for b in people.bills if not b.get("Url")]
    people.xero.edit_bill(hired["InvoiceID"], [_cost(people, "481.00")])
    for spent in people.xero.bank_transactions.values():
        people.xero.delete_spend_money(spent["BankTransactionID"])


def ours(people: Contractor) -> list[Record]:
    """Return the bills that claims have become."""
    return [bill for bill in people.bills if bill.get("Url")]


def _type_in_costs(people: Contractor) -> None:
    """Two bills and some spend money of a supplier, typed into Xero on a project and a code."""
    supplier = next(c for c in people.xero.contacts.values() if c["Name"] == "Terra Works Ltd")
    for number, amount in (("HP-77", "480.00"), ("HP-78", "12.34")):
        people.xero.add_bill(
            supplier["ContactID"], [_cost(people, amount), _cost(people, "1.00")], number=number,
            status="AUTHORISED", on=recently(5), due=recently(1),
        )  # fmt: skip
    people.xero.add_spend_money(
        supplier["ContactID"], [_cost(people, "33.00")], on=recently(4), reference="Fuel"
    )


def _cost(people: Contractor, amount: str) -> Record:
    """A line on a project and a cost code, as the profile tells codes apart."""
    project = next(name for name in people.options("Project") if "A-1" in name)
    codes = [name for name in people.options("Cost Codes") if name.startswith("02-300")]
    tracking = [{"Name": "Project", "Option": project}]
    tracking += [{"Name": "Cost Codes", "Option": code} for code in codes]
    item = {} if codes else {"ItemCode": "02-300.S"}
    return {
        "Description": "Skip hire", "Quantity": "1", "UnitAmount": amount, "AccountCode": "310",
        "Tracking": tracking, **item,
    }  # fmt: skip


def _change(people: Contractor, contract: Record, amount: str, title: str) -> Record:
    line = people.procore.lines_of(contract["id"])[0]
    lines = [
        {"wbs_code_id": line["wbs_code"]["id"], "amount": amount, "description": title},
        {"wbs_code_id": line["wbs_code"]["id"], "amount": "1.00", "description": f"{title}, more"},
    ]
    return people.procore.add_change_order(
        contract_id=contract["id"], status="approved", title=title, lines=lines
    )


NIGHTS: dict[str, Act] = {
    "first night": before_the_first_night,
    "second night": before_the_second_night,
    "third night": before_the_third_night,
}
