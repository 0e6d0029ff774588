"""Whatever two offices do: after a night both systems agree to the cent, or the reason is named."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from airflow_provider_procore_xero.operators.direct_costs import BillsToDirectCostsOperator
from airflow_provider_procore_xero.operators.job_costs import JobCostsOperator
from airflow_provider_procore_xero.operators.reconcile import ReconcileOperator
from airflow_provider_procore_xero.sync.reconciliation import GAPS, UNEXPLAINED, Reconciled
from tests.flows.contractor import Contractor, Record
from tests.flows.office import FLOWS, SETTINGS, Office

ZERO = Decimal("0.00")
MOVING = (
    "projects", "contacts", "cost_codes", "subcontractor_invoices", "payments", "direct_costs",
)  # fmt: skip
NUMBERS, VENDORS = ("A-1", "B-2"), ("Terra Works Ltd", "Cook Piling Ltd")
SUPPLIER = "Hire Pool Ltd"
CODES = ("02-300", "03-300")
WORLD: dict[str, Any] = {
    **SETTINGS, "job_costs": {"enabled": True}, "direct_costs": {"currency": "convert"},
}  # fmt: skip
HAND_MADE = ("edit", "void", "unassign", "delete_payment")

cents = st.integers(1, 5_000_000).map(lambda n: Decimal(n).scaleb(-2))


@dataclass(frozen=True)
class Claim:
    """A claim, and what becomes of its bill in Xero between two nights."""

    place: int
    amounts: tuple[Decimal, Decimal]
    status: str
    dated: bool
    fate: str


@dataclass(frozen=True)
class World:
    retainage: tuple[int, int, int, int]
    claims: Sequence[Claim]
    direct: Sequence[tuple[str, str | None, str, Decimal, str]] = field(default=())


claims = st.builds(
    Claim,
    st.integers(0, 3),
    st.tuples(cents, cents),
    st.sampled_from(["approved", "approved", "approved", "under_review"]),
    st.sampled_from([True, True, True, False]),
    st.sampled_from(["leave", "approve", "part", "paid", "paid", "advance", *HAND_MADE]),
)
direct = st.tuples(
    st.sampled_from(["bill", "spend_money", "credit_note", "draft"]),
    st.sampled_from([*NUMBERS, None]),
    st.sampled_from(CODES),
    cents,
    st.sampled_from(["", "0.61", "1.700001", "92.5"]),
)
worlds = st.builds(
    World,
    st.tuples(*[st.sampled_from([0, 5, 10])] * 4),
    st.lists(claims, min_size=1, max_size=5),
    st.lists(direct, max_size=3),
)


@pytest.fixture(autouse=True)
def flows(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, operator in (
        ("direct_costs", BillsToDirectCostsOperator),
        ("job_costs", JobCostsOperator),
        ("reconciliation", ReconcileOperator),
    ):
        monkeypatch.setitem(FLOWS, name, operator)


@settings(
    max_examples=5,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink a world takes minutes
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(worlds)
def test_after_every_flow_both_systems_agree_or_each_cent_of_difference_has_a_name(
    office: Office, world: World
) -> None:
    office.reset()
    office.new_ledger()
    people = Contractor(office.simulator)
    office.settings = WORLD
    made = build(people, world)
    office.night(flows=MOVING[:3])
    supplier = contact_of(people, SUPPLIER)
    for number, (kind, project, code, amount, rate) in enumerate(world.direct):
        add_cost(people, supplier, kind, [line(amount, project, code)], f"HP-{number}", rate)
    office.night(flows=MOVING)
    for claim, record in zip(world.claims, made, strict=True):
        befall(people, claim, record)

    office.night(flows=MOVING)
    again = office.night("plan", flows=MOVING)
    office.night(flows=("job_costs", "reconciliation"))

    rows = office.ledger.reconciliation(limit=1000)
    every_cent_has_a_name(rows)
    totals_are_those_of_both_systems(rows, people)
    untouched_claims_agree(rows, people, world)
    job_costs_are_those_of_xero(office, people)
    for result in again.values():
        assert {n: result[n] for n in ("created", "updated", "linked", "refused")} == dict.fromkeys(
            ("created", "updated", "linked", "refused"), 0
        )


# What people do


def build(people: Contractor, world: World) -> list[Record]:
    """Make two projects, two vendors with a contract on each, and their claims."""
    projects = [people.project(number) for number in NUMBERS]
    vendors = [people.pair(name) for name in (*VENDORS, SUPPLIER)]
    contracts = [
        people.contract(projects[i % 2], vendors[i // 2], number=f"SC-{i}", retainage_percent=kept)
        for i, kept in enumerate(world.retainage)
    ]
    made = []
    for claim in world.claims:
        dates = {} if claim.dated else {"billing_date": None}
        amounts = [str(amount) for amount in claim.amounts]
        made.append(people.claim(contracts[claim.place], *amounts, status=claim.status, **dates))
    return made


def add_cost(
    people: Contractor, contact: str, kind: str, lines: list[Record], number: str, rate: str
) -> None:
    """Add a document; one that has a *rate* is in another currency (E45)."""
    xero = people.xero
    abroad = {"CurrencyCode": "USD", "CurrencyRate": rate} if rate else {}
    if kind == "spend_money":
        xero.add_spend_money(contact, lines, reference=number, **abroad)
    elif kind == "credit_note":
        xero.add_credit_note(contact, lines, number=number, **abroad)
    else:
        status = "DRAFT" if kind == "draft" else "AUTHORISED"
        xero.add_bill(contact, lines, number=number, status=status, **abroad)


def befall(people: Contractor, claim: Claim, record: Record) -> None:
    """Do to the claim's bill, if it has one, what its fate is."""
    found = [b for b in people.bills if f"/requisitions/{record['id']}" in b.get("Url", "")]
    for bill in found:
        FATES[claim.fate](people, bill)


def approve(people: Contractor, bill: Record) -> None:
    people.xero.approve_bill(bill["InvoiceID"])


def part(people: Contractor, bill: Record) -> None:
    people.pay(bill, str((bill["Total"] / 3).quantize(Decimal("0.01"), ROUND_HALF_UP) or "0.01"))


def delete_payment(people: Contractor, bill: Record) -> None:
    people.xero.delete_payment(people.pay(bill, str(bill["Total"]))["PaymentID"])


def advance(people: Contractor, bill: Record) -> None:
    approve(people, bill)
    credit = people.xero.add_prepayment(bill["Contact"]["ContactID"], bill["Total"])
    people.xero.allocate_credit(credit["PrepaymentID"], bill["InvoiceID"], bill["Total"])


def edit(people: Contractor, bill: Record) -> None:
    changed = lines_of(bill)
    changed[0]["UnitAmount"] += Decimal("0.01")
    people.xero.edit_bill(bill["InvoiceID"], changed)


def unassign(people: Contractor, bill: Record) -> None:
    changed = lines_of(bill)
    changed[0]["Tracking"] = [t for t in changed[0]["Tracking"] if t["Name"] != "Project"]
    people.xero.edit_bill(bill["InvoiceID"], changed)
    approve(people, bill)


def void(people: Contractor, bill: Record) -> None:
    approve(people, bill)
    people.xero.void_bill(bill["InvoiceID"])


FATES: dict[str, Callable[[Contractor, Record], Any]] = {
    "leave": lambda people, bill: None,
    "paid": lambda people, bill: people.pay(bill, str(bill["Total"])),
    "approve": approve, "part": part, "advance": advance, "edit": edit, "void": void,
    "unassign": unassign, "delete_payment": delete_payment,
}  # fmt: skip


# What must be so


def every_cent_has_a_name(rows: Sequence[Reconciled]) -> None:
    for row in rows:
        assert row.unexplained == ZERO, (row.title, row.explanations)
        for gap in GAPS:
            told = [e for e in row.explanations if e.gap == gap]
            assert sum((e.amount for e in told), ZERO) == row.amounts.gap(gap)
            assert UNEXPLAINED not in {e.code for e in told}


def totals_are_those_of_both_systems(rows: Sequence[Reconciled], people: Contractor) -> None:
    """Each amount is the sum over what stands in the system that it is of."""
    due = [r["summary"]["current_payment_due"] for r in people.procore.requisitions.values()]
    ours = [b for b in people.bills if "/requisitions/" in b.get("Url", "")]
    costs = sum(cost_by_option(people, noted=True).values(), ZERO)
    direct = [c["grand_total"] for c in people.procore.direct_costs.values()]
    expected = {
        "claimed": sum(map(Decimal, due), ZERO),
        "billed": sum((b["SubTotal"] for b in ours), ZERO),
        "paid_procore": sum((p["amount"] for p in people.payments), ZERO),
        "direct_cost": sum(direct, ZERO),
        "job_cost": costs,
    }
    found = {n: sum((getattr(r.amounts, n) for r in rows), ZERO) for n in expected}
    assert found == expected


def untouched_claims_agree(rows: Sequence[Reconciled], people: Contractor, world: World) -> None:
    """Where nobody's hand was on a bill, claims that may go are billed, paid and cost alike."""
    for place in range(4):
        here = [claim for claim in world.claims if claim.place == place]
        sent = [c for c in here if c.status == "approved" and c.dated]
        if len(sent) != len(here) or not all(c.fate in ("approve", "part", "paid") for c in here):
            continue
        for row in rows:
            if row.names.commitment == f"SC-{place}":
                assert row.difference == ZERO, (row.title, row.explanations)


def job_costs_are_those_of_xero(office: Office, people: Contractor) -> None:
    found = {
        (row.project.split(" ")[0], row.code): row.job_to_date
        for row in office.ledger.job_costs(limit=1000)
    }
    expected = cost_by_option(people, retainage=False)
    assert {key: amount for key, amount in found.items() if amount} == expected


def cost_by_option(
    people: Contractor, *, noted: bool = False, retainage: bool = True
) -> dict[tuple[str, str], Decimal]:
    """Return what Xero's approved documents come to without tax, by project and code.

    Each line counts in the organisation's currency, by the rate that its document states.

    :param noted: less supplier credit notes.
    :param retainage: with what is kept back.
    """
    xero = people.xero
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    notes = xero.credit_notes.values() if noted else ()
    for sign, records in (
        (1, (*xero.invoices.values(), *xero.bank_transactions.values())),
        (-1, notes),
    ):
        for record in records:
            if record["Status"] not in ("AUTHORISED", "PAID"):
                continue
            inside = record["LineAmountTypes"] == "Inclusive"
            for each in record["LineItems"]:
                if not retainage and each["AccountCode"] == WORLD["bills"]["retainage_account"]:
                    continue
                options = {t["Name"]: t["Option"] for t in each["Tracking"]}
                key = (options.get("Project", ""), options.get("Cost Codes", ""))
                net = each["LineAmount"] - (each["TaxAmount"] if inside else 0)
                net = (net / record["CurrencyRate"]).quantize(Decimal("0.01"), ROUND_HALF_UP)
                found[key] += sign * net
    return {key: amount for key, amount in found.items() if amount}


def contact_of(people: Contractor, name: str) -> str:
    contacts = people.xero.contacts.values()
    return str(next(c["ContactID"] for c in contacts if c["Name"] == name))


def line(amount: Decimal, project: str | None, code: str) -> Record:
    options = (("Project", project), ("Cost Codes", code))
    return {
        "Description": "Hire",
        "Quantity": "1",
        "UnitAmount": str(amount),
        "AccountCode": "310",
        "Tracking": [{"Name": name, "Option": option} for name, option in options if option],
    }


def lines_of(bill: Record) -> list[Record]:
    """Return a bill's lines as they would be entered again."""
    kept = ("Description", "Quantity", "UnitAmount", "AccountCode", "TaxType", "Tracking")
    return [{name: each[name] for name in kept if name in each} for each in bill["LineItems"]]
