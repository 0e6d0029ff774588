"""Killing a worker at any write, and at any commit of the ledger, changes nothing in the end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.flows.contractor import Contractor
from tests.flows.office import FLOWS, Office
from tests.flows.power import Mains, Moment, PowerCut

MONEY = ("subcontractor_invoices", "payments")
Night = Callable[[], Any]


@pytest.fixture
def mains(office: Office, monkeypatch: pytest.MonkeyPatch) -> Mains:
    return Mains(monkeypatch)


# The three nights. Each prepares the world, and returns what is run (and killed) on it.


def first_night(office: Office, people: Contractor) -> Night:
    """Everything is new: options, one vendor to link, one to make, three bills."""
    people.contact("New Drainage Ltd")
    terra, cook = people.pair("Terra Works Ltd"), people.pair("Cook Piling Ltd")
    one = people.contract(people.project("A-1"), terra)
    people.claim(one, "1000.00", "500.00")
    people.claim(one, "333.33", "66.67")
    people.claim(people.contract(people.project("B-2"), cook, retainage_percent=10))
    return office.night


def night_after_payments(office: Office, people: Contractor) -> Night:
    """Bills were paid in full, in part and in two parts; one claim was changed."""
    first_night(office, people)()
    one, two, three = people.bills
    people.pay(one, "600.00", reference="one, first part")
    people.pay(one, str(one["AmountDue"]), reference="one, the rest")
    people.pay(three, "100.01", reference="three, a part")
    claim = next(c for c in people.procore.requisitions.values() if str(c["id"]) in two["Url"])
    line = claim["items"][0]["line_item_id"]
    people.procore.edit_claim(claim["id"], [{"line_item_id": line, "work": "444.44"}])
    return lambda: office.night(flows=MONEY)


def night_after_corrections(office: Office, people: Contractor) -> Night:
    """A payment was deleted, another was entered instead, and a bill was voided."""
    night_after_payments(office, people)()
    payment = next(p for p in people.xero.payments.values() if p["Reference"] == "three, a part")
    people.xero.delete_payment(payment["PaymentID"])
    people.pay(people.bills[2], "100.10", reference="three, corrected")
    people.xero.delete_bill(people.bills[1]["InvoiceID"])
    return lambda: office.night(flows=MONEY)


NIGHTS = (first_night, night_after_payments, night_after_corrections)


def end_state(office: Office, people: Contractor) -> dict[str, Any]:
    """Return what both systems and the ledger hold, without ids and moments that chance made."""
    contacts = {c["ContactID"]: c["Name"] for c in people.xero.contacts.values()}
    paid = {p["PaymentID"]: p["Reference"] for p in people.xero.payments.values()}
    names = {**contacts, **paid}
    ledger = office.ledger
    return {
        "options": sorted(
            (name, option, status)
            for name in ("Project", "Cost Codes")
            for option, status in people.options(name).items()
        ),
        "vendors": sorted(
            (v["name"], names.get(v["origin_id"])) for v in people.procore.vendors.values()
        ),
        "bills": sorted(bill_in_words(b, contacts) for b in people.xero.invoices.values()),
        "payments": sorted(
            (p["contract_id"], p["amount"], p["date"], p["invoice_number"], p["notes"],
             names[p["origin_id"]])
            for p in people.payments
        ),
        "links": sorted(
            (link.kind, link.procore_name, link.state)
            for kind in ("project", "vendor", "cost_code", "subcontractor_invoice", "payment")
            for link in ledger.links(kind)
        ),
        "in doubt": [d.intent for flow in FLOWS for d in ledger.doubts(flow)],
        "issues": sorted((i.entity, i.code, i.title) for i in ledger.issues()),
    }  # fmt: skip


def differing(end: dict[str, Any], undisturbed: dict[str, Any]) -> dict[str, Any]:
    """Return what is otherwise than after an undisturbed night: what is, and what should be."""
    return {
        name: ([x for x in end[name] if x not in should], [x for x in should if x not in end[name]])
        for name, should in undisturbed.items()
        if end[name] != should
    }


def bill_in_words(bill: dict[str, Any], contacts: dict[str, str]) -> tuple[Any, ...]:
    lines = [
        (line["Description"], line["LineAmount"], line["AccountCode"],
         sorted(t["Option"] for t in line["Tracking"]))
        for line in bill["LineItems"]
    ]  # fmt: skip
    return (
        bill["Url"], bill["InvoiceNumber"], bill["Status"], bill["Date"], bill["DueDate"],
        contacts[bill["Contact"]["ContactID"]], bill["AmountPaid"], str(lines),
    )  # fmt: skip


def killed_and_run_again(mains: Mains, night: Night, later: timedelta = timedelta()) -> None:
    with pytest.raises(PowerCut):
        night()
    mains.restore()
    with time_machine.travel(datetime.now(UTC) + later, tick=True):
        night()


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("prepare", NIGHTS)
def test_E52_killed_at_any_write_a_run_leaves_nothing_that_the_next_does_not_put_right(
    office: Office, people: Contractor, mains: Mains, prepare: Any, moment: Moment
) -> None:
    night = prepare(office, people)
    before = office.keep()
    mains.restore()
    night()
    writes, undisturbed = mains.requests, end_state(office, people)

    ends = {}
    for number in range(1, writes + 1):
        office.back_to(before)
        mains.cut("request", number, moment)
        killed_and_run_again(mains, night)
        ends[number] = differing(end_state(office, people), undisturbed)

    assert writes >= 3
    assert not any(ends.values()), ends


@pytest.mark.parametrize("prepare", NIGHTS)
def test_E52_six_minutes_later_the_idempotency_keys_are_gone_and_nothing_is_doubled(
    office: Office, people: Contractor, mains: Mains, prepare: Any
) -> None:
    night = prepare(office, people)
    before = office.keep()
    mains.restore()
    night()
    writes, undisturbed = mains.requests, end_state(office, people)

    ends = {}
    for number in range(writes, 0, -2):
        office.back_to(before)
        mains.cut("request", number, "after")
        killed_and_run_again(mains, night, timedelta(seconds=400))
        ends[number] = differing(end_state(office, people), undisturbed)

    assert not any(ends.values()), ends


@pytest.mark.parametrize("prepare", NIGHTS[1:])
def test_E52_killed_before_any_commit_of_the_ledger_a_run_of_the_money_flows_is_put_right(
    office: Office, people: Contractor, mains: Mains, prepare: Any
) -> None:
    night = prepare(office, people)
    before = office.keep()
    mains.restore()
    night()
    commits, undisturbed = mains.commits, end_state(office, people)

    ends = {}
    for number in range(1, commits + 1):
        office.back_to(before)
        mains.cut("commit", number, "before")
        killed_and_run_again(mains, night)
        ends[number] = differing(end_state(office, people), undisturbed)

    assert not any(ends.values()), ends
