"""Documents of Xero's that hold costs: read into one shape, and shared out by project."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_procore_xero.sync.entities.job_costs import costs_of
from airflow_provider_procore_xero.sync.entities.transactions import (
    Kind,
    Reading,
    Transaction,
    parts,
    projects_by_option,
    total,
)
from airflow_provider_procore_xero.sync.links import Link, Links

READING = Reading(
    project_category="Project",
    code_category="Cost Codes",
    procore="https://app.procore.test",
    currency="NZD",
    retainage_item="RET",
    retainage_account="850",
    cost_accounts=frozenset({"310"}),
)
CONVERTS = replace(READING, converts=True)
PROJECT_LINKS = [
    Link(kind="project", procore_id="7", xero_id="opt-a", xero_name="A-1 Riverside"),
    Link(kind="project", procore_id="8", xero_id="opt-b", xero_name="B-2 Hilltop"),
]
PROJECTS = projects_by_option(Links(PROJECT_LINKS))
CLAIM = "https://app.procore.test/7/project/commitments/work_order_contracts/81/requisitions/500"


def a_line_row(amount: str, option: str = "opt-a", code: str = "", **given: Any) -> dict[str, Any]:
    tracking = []
    if option:
        tracking.append({"Name": "Project", "Option": option, "TrackingOptionID": option})
    if code:
        tracking.append({"Name": "Cost Codes", "Option": code, "TrackingOptionID": f"o-{code}"})
    return {
        "LineItemID": "l1",
        "Description": "Skip hire",
        "Quantity": Decimal(1),
        "UnitAmount": Decimal(amount),
        "LineAmount": Decimal(amount),
        "TaxAmount": Decimal(0),
        "AccountCode": "310",
        "Tracking": tracking,
        **given,
    }


def a_bill_row(*lines: dict[str, Any], **given: Any) -> dict[str, Any]:
    net = sum((line["LineAmount"] for line in lines), Decimal(0))
    return {
        "InvoiceID": "b-1",
        "Status": "AUTHORISED",
        "InvoiceNumber": "HP-77",
        "Contact": {"ContactID": "c-1", "Name": "Hire Pool Ltd"},
        "Date": "/Date(1780272000000+0000)/",
        "CurrencyCode": "NZD",
        "LineAmountTypes": "Exclusive",
        "LineItems": list(lines),
        "SubTotal": net,
        **given,
    }


def a_bill(*lines: dict[str, Any], **given: Any) -> Transaction:
    return Transaction.from_xero("bill", a_bill_row(*lines, **given), READING)


def test_R56_a_bill_is_read_with_its_header_and_its_lines() -> None:
    bill = a_bill(a_line_row("480.00", code="02-300", ItemCode="02-300.S"), CISDeduction="3.00")

    (line,) = bill.lines
    assert (bill.id, bill.number, bill.contact_id, bill.on) == (
        "b-1", "HP-77", "c-1", date(2026, 6, 1)
    )  # fmt: skip
    assert (line.net, line.account, line.item) == (Decimal("480.00"), "310", "02-300.S")
    assert (line.project, line.project_option, line.code) == ("opt-a", "opt-a", "02-300")
    assert bill.withheld == Decimal("3.00")


def test_R22_E44_net_is_the_line_less_the_tax_that_xero_states() -> None:
    lines = (a_line_row("115.00", TaxAmount="15.01"), a_line_row("11.50", TaxAmount="1.49"))

    bill = a_bill(*lines, LineAmountTypes="Inclusive", SubTotal="110.00")

    assert [line.net for line in bill.lines] == [Decimal("99.99"), Decimal("10.01")]
    assert bill.rounding == 0


def test_R22_the_tax_of_an_exclusive_line_is_no_part_of_it() -> None:
    bill = a_bill(a_line_row("100.00", TaxAmount="15.00"))

    assert (bill.net, bill.rounding) == (Decimal("100.00"), Decimal("0.00"))


def test_E43_what_the_header_says_beyond_its_lines_is_rounding() -> None:
    bill = a_bill(a_line_row("100.00"), SubTotal="100.03")

    assert bill.rounding == Decimal("0.03")


def test_E7_a_credit_note_is_below_zero() -> None:
    row = {**a_bill_row(a_line_row("40.00")), "CreditNoteID": "n-1", "CreditNoteNumber": "CN-4"}
    note = Transaction.from_xero("credit_note", row, READING)

    assert (note.net, note.stated) == (Decimal("-40.00"), Decimal("-40.00"))
    assert note.rounding == 0


def test_an_option_that_has_only_the_name_of_a_project_is_not_the_projects() -> None:
    tracking = {"Name": "Project", "Option": "A-1 Riverside", "TrackingOptionID": "opt-z"}
    line = {**a_line_row("5.00"), "Tracking": [tracking]}

    shared = parts(a_bill(line), PROJECTS)

    assert (list(shared.projects), list(shared.unknown)) == ([], ["A-1 Riverside"])


@pytest.mark.parametrize("kind", ["spend_money", "credit_note"])
def test_R90_only_a_bill_carries_the_mark_of_a_claim(kind: Any) -> None:
    row = {**a_bill_row(a_line_row("5.00"), Url=CLAIM), "BankTransactionID": "s-1"}

    assert not Transaction.from_xero(kind, {**row, "CreditNoteID": "n-1"}, READING).from_procore


def test_R85_lines_of_one_bill_on_one_code_are_added_up() -> None:
    bill = a_bill(*(a_line_row(amount, code="02-300") for amount in ("5.00", "7.50")))

    assert [cost.amount for cost in costs_of(bill, "tracking_option")] == [Decimal("12.50")]


@pytest.mark.parametrize(
    ("kind", "costs"), [("bill", 1), ("spend_money", 1), ("credit_note", 0), ("journal", 0)]
)
def test_R84_only_bills_and_spend_money_are_in_the_figures(kind: Any, costs: int) -> None:
    ids = {"BankTransactionID": "s-1", "CreditNoteID": "n-1", "ManualJournalID": "j-1"}
    line = a_line_row("40.00")
    row = {**a_bill_row(line), **ids, "JournalLines": [line]}

    read = Transaction.from_xero(kind, row, READING)

    assert read.live
    assert len(costs_of(read, "tracking_option")) == costs


def test_R30_a_journal_is_read_with_debits_above_zero() -> None:
    row = {
        "ManualJournalID": "j-1",
        "Status": "POSTED",
        "Narration": "Reallocate skips",
        "Date": "2026-06-01",
        "LineAmountTypes": "NoTax",
        "JournalLines": [a_line_row("500.00"), a_line_row("-500.00", "opt-b")],
    }
    journal = Transaction.from_xero("journal", row, READING)

    assert [line.net for line in journal.lines] == [Decimal(500), Decimal(-500)]
    assert (journal.reference, journal.currency, journal.live) == ("Reallocate skips", "NZD", True)


@pytest.mark.parametrize(
    ("status", "live", "gone"),
    [
        ("DRAFT", False, False),
        ("SUBMITTED", False, False),
        ("AUTHORISED", True, False),
        ("PAID", True, False),
        ("VOIDED", False, True),
        ("DELETED", False, True),
    ],
)
def test_R55_only_what_was_approved_is_a_cost(status: str, live: bool, gone: bool) -> None:
    bill = a_bill(a_line_row("1.00"), Status=status)

    assert (bill.live, bill.gone) == (live, gone)


@pytest.mark.parametrize(
    ("url", "ours"),
    [(CLAIM, True), ("https://else.test/requisitions/5", False), (None, False)],
)
def test_R90_a_bill_that_came_from_procore_is_known_by_its_mark(url: str, ours: bool) -> None:
    assert a_bill(a_line_row("1.00"), Url=url).from_procore is ours


def test_E13_a_line_without_a_project_is_assigned_to_none() -> None:
    shared = parts(a_bill(a_line_row("1.00"), a_line_row("2.00", "")), PROJECTS)

    assert list(shared.projects) == ["7"]
    assert total(shared.unassigned) == Decimal("2.00")


@pytest.mark.parametrize(
    ("target", "code", "given", "retainage"),
    [
        ("tracking_option", "", {"AccountCode": "850"}, True),
        ("tracking_option", "", {"ItemCode": "RET"}, True),
        ("tracking_option", "02-300", {"AccountCode": "850"}, False),
        ("tracking_option", "02-300", {"ItemCode": "RET"}, False),
        ("tracking_option", "", {}, False),
        ("item", "", {"ItemCode": "RET"}, True),
        ("item", "", {"AccountCode": "850"}, True),
        ("item", "", {"ItemCode": "02-300.S", "AccountCode": "850"}, False),
        ("account_map", "", {"AccountCode": "850"}, True),
        ("account_map", "", {"AccountCode": "310"}, False),
    ],
)
def test_R104_retainage_is_on_its_own_item_or_account_and_on_no_cost_code(
    target: str, code: str, given: dict[str, Any], retainage: bool
) -> None:
    reading = replace(READING, target=target)

    read = Transaction.from_xero("bill", a_bill_row(a_line_row("1.00", "", code, **given)), reading)

    assert [line.retainage for line in read.lines] == [retainage]


@pytest.mark.parametrize(
    ("target", "ours", "theirs"),
    [("tracking_option", True, False), ("item", True, False), ("account_map", False, False)],
)
def test_an_account_of_costs_tells_retainage_only_where_a_claims_work_has_its_code_elsewhere(
    target: str, ours: bool, theirs: bool
) -> None:
    reading = replace(READING, target=target, retainage_account="310")
    row = a_bill_row(a_line_row("-1.00"))

    said = [
        Transaction.from_xero("bill", {**row, "Url": url}, reading).lines[0].retainage
        for url in (CLAIM, "")
    ]

    assert said == [ours, theirs]


def test_an_option_that_stands_for_no_project_is_kept_by_its_name() -> None:
    shared = parts(a_bill(a_line_row("3.00", "opt-x")), PROJECTS)

    assert {name: total(lines) for name, lines in shared.unknown.items()} == {"opt-x": 3}


def test_a_line_that_names_its_option_without_an_id_is_found_by_the_name() -> None:
    line = a_line_row("3.00", Tracking=[{"Name": "project", "Option": "b-2 hilltop"}])

    assert list(parts(a_bill(line), PROJECTS).projects) == ["8"]


# Another currency


def abroad(*lines: dict[str, Any], **given: Any) -> dict[str, Any]:
    return a_bill_row(*lines, **{"CurrencyCode": "USD", "CurrencyRate": Decimal("0.61"), **given})


def test_E45_a_bill_in_another_currency_is_read_in_it_by_default() -> None:
    bill = Transaction.from_xero("bill", abroad(a_line_row("1250.00")), READING)

    assert (bill.net, bill.currency, bill.exchange) == (Decimal("1250.00"), "USD", None)


def test_E45_each_line_is_divided_by_the_rate_that_stands_on_the_bill_and_rounded_once() -> None:
    row = abroad(a_line_row("115.00", TaxAmount="15.00"), a_line_row("0.01"))
    bill = Transaction.from_xero("bill", {**row, "LineAmountTypes": "Inclusive"}, CONVERTS)

    assert [line.net for line in bill.lines] == [Decimal("163.93"), Decimal("0.02")]
    assert [line.original for line in bill.lines] == [Decimal("100.00"), Decimal("0.01")]
    assert (bill.net, bill.currency) == (Decimal("163.95"), "NZD")
    assert bill.exchange is not None
    assert bill.exchange.said(bill.original) == "USD 100.01 at 0.61"


def test_E45_half_a_cent_is_rounded_away_from_zero_on_either_side() -> None:
    row = abroad(a_line_row("0.01"), a_line_row("-0.01"), CurrencyRate=Decimal("2"))
    bill = Transaction.from_xero("bill", row, CONVERTS)

    assert [line.net for line in bill.lines] == [Decimal("0.01"), Decimal("-0.01")]


def test_E43_E45_what_a_header_says_beyond_its_lines_is_judged_in_its_own_currency() -> None:
    row = abroad(a_line_row("0.33"), a_line_row("0.33"), SubTotal="0.69")
    bill = Transaction.from_xero("bill", row, CONVERTS)

    assert bill.rounding == Decimal("0.03")


@pytest.mark.parametrize("given", [{"CurrencyCode": "NZD"}, {"CurrencyCode": None}])
def test_E45_the_organisations_own_currency_is_not_converted_whatever_rate_it_states(
    given: dict[str, Any],
) -> None:
    bill = Transaction.from_xero("bill", abroad(a_line_row("9.00"), **given), CONVERTS)

    assert (bill.net, bill.currency, bill.exchange) == (Decimal("9.00"), "NZD", None)


@pytest.mark.parametrize(
    "rate",
    [None, "", "much", True, [], "NaN", "Infinity", Decimal(0), Decimal("-0.61"), "0.0000009",
     "1000000.1", "1E+99"],
)  # fmt: skip
def test_E45_nothing_is_converted_by_what_can_be_no_rate(rate: Any) -> None:
    row = abroad(a_line_row("9.00"), CurrencyRate=rate)
    bill = Transaction.from_xero("bill", row, CONVERTS)

    assert (bill.net, bill.currency, bill.exchange) == (Decimal("9.00"), "USD", None)


# Of every document


cents = st.integers(-99_999_99, 99_999_99).map(lambda n: Decimal(n).scaleb(-2))
rows = st.builds(
    lambda amount, option, rate, given: a_line_row(
        str(amount), option, TaxAmount=(amount * rate).quantize(Decimal("0.01")), **given
    ),
    cents,
    st.sampled_from(["opt-a", "opt-b", "opt-x", ""]),
    st.sampled_from([Decimal(0), Decimal("0.15"), Decimal("0.1")]),
    st.sampled_from([{}, {"AccountCode": "850"}, {"ItemCode": "RET"}]),
)


@given(
    st.lists(rows, max_size=8),
    st.sampled_from(["Exclusive", "Inclusive", "NoTax"]),
    st.sampled_from(["bill", "spend_money", "credit_note"]),
)
def test_E12_the_parts_of_every_transaction_come_to_its_net(
    lines: list[dict[str, Any]], amounts: str, kind: Kind
) -> None:
    row = a_bill_row(*lines, LineAmountTypes=amounts, BankTransactionID="s", CreditNoteID="n")
    transaction = Transaction.from_xero(kind, row, READING)

    shared = parts(transaction, PROJECTS)

    every = [*shared.projects.values(), *shared.unknown.values(), shared.unassigned]
    every.append(shared.retainage)
    assert sum(map(total, every)) == transaction.net
    assert sum(map(len, every)) == len(lines)


rates = st.integers(1, 5_000_000).map(lambda n: Decimal(n).scaleb(-6))


def half_up(amount: Decimal, rate: Decimal) -> Decimal:
    """Return *amount* divided by *rate* to the cent, in whole numbers all the way."""
    hundredfold = abs(Fraction(amount) * 100 / Fraction(rate))
    cents = floor(hundredfold + Fraction(1, 2))
    return Decimal(cents if amount > 0 else -cents).scaleb(-2)


@given(
    st.lists(rows, max_size=8),
    st.sampled_from(["Exclusive", "Inclusive", "NoTax"]),
    st.sampled_from(["bill", "spend_money", "credit_note"]),
    rates,
)
def test_E12_E45_converted_parts_come_to_the_net_line_by_line(
    lines: list[dict[str, Any]], amounts: str, kind: Kind, rate: Decimal
) -> None:
    row = abroad(*lines, LineAmountTypes=amounts, BankTransactionID="s", CreditNoteID="n")
    own = Transaction.from_xero(kind, row, READING)
    converted = Transaction.from_xero(kind, {**row, "CurrencyRate": rate}, CONVERTS)

    shared = parts(converted, PROJECTS)

    every = [*shared.projects.values(), *shared.unknown.values(), shared.unassigned]
    every.append(shared.retainage)
    assert sum(map(total, every)) == converted.net
    assert [line.net for line in converted.lines] == [half_up(x.net, rate) for x in own.lines]
    assert (converted.original, converted.rounding) == (own.net, own.rounding)
