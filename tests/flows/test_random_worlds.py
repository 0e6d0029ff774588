"""Whatever two offices do: after a night both systems agree to the cent, or the reason is named."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from airflow_provider_procore_xero.sync.plan import Reason
from airflow_provider_procore_xero.sync.reconciliation import GAPS, UNEXPLAINED, Reconciled
from tests.flows.contractor import Record
from tests.flows.office import NIGHT, Office
from tests.flows.random_world import (
    PROFILES,
    RETAINAGE_ACCOUNT,
    Crowd,
    World,
    settings_of,
    worlds,
)

ZERO, CENT = Decimal("0.00"), Decimal("0.01")
SET_UP = ("projects", "contacts", "vendors", "cost_codes", "items")
PROOF = ("job_costs", "reconciliation")
MOVING = tuple(flow for flow in NIGHT if flow not in PROOF)
WRITTEN = ("created", "updated", "linked", "refused", "in_doubt")


@pytest.mark.parametrize("profile", PROFILES)
@settings(
    max_examples=8,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # to shrink a world takes minutes
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(world=worlds)
def test_after_every_flow_both_systems_agree_or_each_cent_of_difference_has_a_name(
    office: Office, profile: str, world: World
) -> None:
    office.reset()
    office.new_ledger()
    people = Crowd(office.simulator, profile, world)
    office.settings = settings_of(profile, world.way)
    people.enter_procore()
    office.night(flows=SET_UP)
    people.enter_xero()
    first = office.night(flows=MOVING)
    people.go_on()

    last = office.night(flows=MOVING)
    again = office.night("plan", flows=MOVING)
    office.night(flows=PROOF)

    rows = office.ledger.reconciliation(limit=1000)
    every_cent_has_a_name(rows)
    totals_are_those_of_both_systems(rows, people)
    untouched_claims_agree(rows, people)
    job_costs_are_those_of_xero(office, people)
    orders_are_their_commitments(office, people)
    nothing_stands_twice(people)
    for flow in MOVING:
        assert (first[flow]["refused"], first[flow]["in_doubt"]) == (0, 0), flow
        assert {n: again[flow][n] for n in WRITTEN} == dict.fromkeys(WRITTEN, 0), flow
        what_is_held_is_an_issue(office, flow, last[flow], again[flow])


# What must be so


def every_cent_has_a_name(rows: Sequence[Reconciled]) -> None:
    for row in rows:
        assert row.unexplained == ZERO, (row.title, row.explanations)
        for gap in GAPS:
            told = [e for e in row.explanations if e.gap == gap]
            assert sum((e.amount for e in told), ZERO) == row.amounts.gap(gap)
            assert UNEXPLAINED not in {e.code for e in told}
            assert all(e.code and e.sentence for e in told)


def totals_are_those_of_both_systems(rows: Sequence[Reconciled], people: Crowd) -> None:
    """Each amount is the sum over what stands in the system that it is of."""
    due = [r["summary"]["current_payment_due"] for r in people.procore.requisitions.values()]
    notes = people.xero.credit_notes.values()
    ours = [b["SubTotal"] for b in bills_of_claims(people)]
    ours += [-n["SubTotal"] for n in notes if "-CR-" in n["CreditNoteNumber"]]
    costs = people.procore.direct_costs.values()
    direct = [c for c in costs if c["direct_cost_type"] != "subcontractor_invoice"]
    expected = {
        "claimed": sum(map(Decimal, due), ZERO),
        "billed": sum(ours, ZERO),
        "paid_xero": sum((settled(b, people) for b in bills_of_claims(people)), ZERO),
        "paid_procore": sum((p["amount"] for p in people.payments), ZERO),
        "direct_cost": sum((c["grand_total"] for c in direct), ZERO),
        "job_cost": sum(cost_by_option(people, whole=True).values(), ZERO),
    }
    found = {n: sum((getattr(r.amounts, n) for r in rows), ZERO) for n in expected}
    assert found == expected


def untouched_claims_agree(rows: Sequence[Reconciled], people: Crowd) -> None:
    """Where nobody's hand was on a bill, claims that may go are billed, paid and cost alike.

    With tax inside the claims' amounts Xero has them without it: that, and no more, is between.
    """
    inside = people.world.way.amounts == "inclusive"
    for place in range(4):
        pairs = list(zip(people.world.claims, people.claims, strict=True))
        here = [pair for pair in pairs if pair[0].place == place]
        if not all(
            claim.status == "approved"
            and claim.dated
            and claim.fate in ("approve", "part", "paid")
            and record["summary"]["current_payment_due"] > ZERO
            for claim, record in here
        ):
            continue
        for row in rows:
            if row.names.commitment == f"SC-{place}":
                said = {e.code for e in row.explanations}
                assert said <= ({"TAX"} if inside else set()), (row.title, row.explanations)


def job_costs_are_those_of_xero(office: Office, people: Crowd) -> None:
    rows = office.ledger.job_costs(limit=1000)
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        code = f"{row.code}.{row.cost_type}" if row.cost_type else row.code
        found[row.project.split(" ")[0], code] += row.job_to_date
    expected = cost_by_option(people)
    assert {key: amount for key, amount in found.items() if amount} == expected


def orders_are_their_commitments(office: Office, people: Crowd) -> None:
    """Each order comes to its commitment and those of its change orders that are not held."""
    held = {
        issue.source_id
        for flow in ("commitments", "commitment_change_orders")
        for issue in office.ledger.issues(flow)
    }
    found = {o["PurchaseOrderNumber"]: o["LineItems"] for o in people.xero.purchase_orders.values()}
    for contract in people.contracts:
        assert str(contract["id"]) not in held
        approved = people.procore.packages_of(contract["id"], "approved")
        going = [p["grand_total"] for p in approved if str(p["id"]) not in held]
        lines = found.pop(contract["number"])
        ordered = sum((each["LineAmount"] for each in lines), ZERO)
        assert ordered == contract["grand_total"] + sum(going, ZERO), contract["number"]
    assert not found


def nothing_stands_twice(people: Crowd) -> None:
    """Void documents count too: a claim has one, and so has a payment, and a cost of a project."""
    documents = [b["Url"] for b in people.xero.invoices.values() if b.get("Url")]
    documents += [n["CreditNoteNumber"] for n in people.xero.credit_notes.values()]
    paid = [p["origin_id"] for p in people.payments]
    costs = [c["origin_id"] for c in people.procore.direct_costs.values()]
    for ids in (documents, paid, costs):
        assert [i for i, times in Counter(ids).items() if times > 1 or not i] == []


def what_is_held_is_an_issue(
    office: Office, flow: str, last: Mapping[str, Any], again: Mapping[str, Any]
) -> None:
    """What the last night held, and nothing else, is held again, and each has an open issue.

    But for what it took away: from then on that waits, as what never was there.
    """
    held, still = why_held(office, last), why_held(office, again)
    removed = {o.source_id for o in office.outcomes(last) if o.what == "removed"}
    waiting = {source_id: reasons for source_id, reasons in still.items() if source_id in removed}
    issues = {(issue.source_id, issue.code) for issue in office.ledger.issues(flow)}
    assert still == held | waiting, flow
    assert all(reason.waits for reasons in waiting.values() for reason in reasons), flow
    assert (last["held"], again["held"]) == (len(held), len(still)), flow
    for source_id, reasons in held.items():
        assert reasons, flow
        assert {(source_id, reason.code) for reason in reasons} <= issues, flow


def why_held(office: Office, result: Mapping[str, Any]) -> dict[str, tuple[Reason, ...]]:
    outcomes = office.outcomes(result)
    return {o.source_id: o.reasons for o in outcomes if o.what == "held"}


# What both systems hold


def bills_of_claims(people: Crowd) -> list[Record]:
    return [b for b in people.bills if "/requisitions/" in b.get("Url", "")]


def settled(bill: Record, people: Crowd) -> Decimal:
    """Return what was set against a bill, without tax where claims are."""
    amount = bill["AmountPaid"] + bill["AmountCredited"]
    way = people.world.way
    if way.paid == "gross" or way.amounts == "inclusive":
        return Decimal(amount)
    return Decimal((amount * bill["SubTotal"] / bill["Total"]).quantize(CENT, ROUND_HALF_UP))


def cost_by_option(people: Crowd, *, whole: bool = False) -> dict[tuple[str, str], Decimal]:
    """Return what Xero's approved documents come to without tax, by project and code.

    :param whole: with retainage, less supplier credit notes, and with journals on cost accounts.
    """
    xero = people.xero
    found: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    kinds = [(1, xero.invoices, "LineItems"), (1, xero.bank_transactions, "LineItems")]
    if whole:
        kinds += [(-1, xero.credit_notes, "LineItems"), (1, xero.manual_journals, "JournalLines")]
    for sign, records, lines in kinds:
        for record in records.values():
            if record["Status"] not in ("AUTHORISED", "PAID", "POSTED"):
                continue
            inside = record["LineAmountTypes"] == "Inclusive"
            for each in record[lines]:
                retained = each["AccountCode"] == RETAINAGE_ACCOUNT
                if retained and not (whole and lines == "LineItems"):
                    continue
                options = {t["Name"]: t["Option"] for t in each["Tracking"]}
                code = each.get("ItemCode") or options.get("Cost Codes", "")
                net = each["LineAmount"] - (each["TaxAmount"] if inside else 0)
                rate = record.get("CurrencyRate") or 1
                net = (net / rate).quantize(Decimal("0.01"), ROUND_HALF_UP)
                found[options.get("Project", "").split(" ")[0], code] += sign * net
    return {key: amount for key, amount in found.items() if amount}
