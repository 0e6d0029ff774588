"""The arithmetic of the proof, over every world that there can be."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_procore_xero.sync.entities.job_costs import Codes, Cost, job_costs
from airflow_provider_procore_xero.sync.reconciliation import (
    GAPS,
    UNEXPLAINED,
    Amounts,
    Explanation,
    Names,
    Place,
    Reconciled,
    Sheet,
    beyond,
    total,
)
from airflow_provider_procore_xero.sync.seen import header_due
from airflow_provider_procore_xero.sync.tracing import (
    EXPLANATIONS,
    Issued,
    Paper,
    SeenBill,
    SeenClaim,
    SeenLine,
    Settled,
    Why,
    trace_claim,
    trace_direct,
    trace_payments,
)

ZERO = Decimal("0.00")
CENT = Decimal("0.01")
HERE = Place(project_id="1", commitment_id="7", vendor_id="3", currency="NZD")
NAMES = Names(project="A-1", commitment="SC-001", vendor="Terra Works Ltd")

cents = st.integers(-10_000_000, 10_000_000).map(lambda n: Decimal(n).scaleb(-2))
codes = st.sampled_from(["", "02-300", "03-300"])
whys = st.sampled_from([None, Why(code="BILL_EDITED", sentence="Somebody changed it.")])
by_code = st.dictionaries(codes, cents, max_size=3)


def a_paper(called: str = "1") -> Paper:
    return Paper(id=called, title=f"INV-{called}")


def a_settled(payment: str, amount: Decimal, why: Why | None) -> Settled:
    return Settled(paper=a_paper(payment), amount=amount, why=why)


def a_claim(claimed: dict[str, Decimal], why: Why | None = None) -> SeenClaim:
    return SeenClaim(paper=a_paper(), place=HERE, names=NAMES, claimed=claimed, why=why)


def a_bill(amounts: dict[str, str | Decimal], *, live: bool = True, tax: str = "0.00") -> SeenBill:
    lines = tuple(a_line(code, Decimal(net), Decimal(tax)) for code, net in amounts.items())
    return SeenBill(paper=a_paper("b"), live=live, lines=lines)


def a_line(code: str, net: Decimal, tax: Decimal = ZERO, astray: Why | None = None) -> SeenLine:
    project = "" if astray else HERE.project_id
    cost = Place(project_id=project, vendor_id="3", code=code, currency="NZD")
    return SeenLine(code=code, net=net, tax_inside=tax, cost=cost, astray=astray)


lines = st.builds(a_line, codes, cents, cents, st.sampled_from([None, Why(code="UNASSIGNED_LINE")]))
bills = st.builds(
    lambda live, lines: SeenBill(paper=a_paper("b"), live=live, lines=tuple(lines)),
    st.booleans(),
    st.lists(lines, max_size=4),
)
payment_ids = st.sampled_from(["p1", "p2", "p3"])
settleds = st.lists(
    st.builds(a_settled, payment_ids, cents, whys),
    max_size=3,
    unique_by=lambda s: s.paper.id,
)
issueds = st.lists(
    st.builds(
        lambda a, origin: Issued(paper=a_paper("i"), amount=a, origin_id=origin),
        cents,
        st.sampled_from(["", "p1", "p2", "p4"]),
    ),
    max_size=4,
    unique_by=lambda i: i.origin_id or id(i),
)


def reasons(rows: Sequence[Reconciled]) -> dict[tuple[str, str], Decimal]:
    return {(e.gap, e.code): e.amount for row in rows for e in row.explanations}


def judged(claimed: dict[str, str], *found: SeenBill, why: Why | None = None) -> list[Reconciled]:
    sheet = Sheet()
    amounts = {code: Decimal(amount) for code, amount in claimed.items()}
    trace_claim(sheet, a_claim(amounts, why), found)
    return sheet.rows()


# For every world


@given(by_code, st.lists(bills, max_size=2), whys, settleds, issueds, cents, cents, whys)
def test_explanations_and_what_is_unexplained_add_up_to_each_gap(
    claimed, found, why, settled, issued, cost, direct, direct_why
):
    sheet = Sheet()
    trace_claim(sheet, a_claim(claimed, why), found)
    paid, in_procore = (sum((e.amount for e in each), ZERO) for each in (settled, issued))
    sheet.add(HERE, Amounts(paid_xero=paid, paid_procore=in_procore))
    trace_payments(sheet, HERE, settled, issued)
    unknown = direct_why or Why(code=UNEXPLAINED)
    trace_direct(sheet, HERE, NAMES, a_paper("d"), cost=cost, direct=direct, why=unknown)

    rows = sheet.rows()

    for row in rows:
        for gap in GAPS:
            told = sum((e.amount for e in row.explanations if e.gap == gap), ZERO)
            assert told == row.amounts.gap(gap)
        assert row.difference == sum(abs(row.amounts.gap(gap)) for gap in GAPS)
        unexplained = [e for e in row.explanations if e.code == UNEXPLAINED]
        assert row.unexplained >= abs(sum((e.amount for e in unexplained), ZERO))
        assert bool(row.unexplained) == bool(unexplained)
        assert not any("No document" in e.sentence for e in row.explanations)


@given(by_code, st.lists(bills, max_size=2), whys)
def test_no_amount_is_lost_on_the_sheet(claimed, found, why):
    sheet = Sheet()
    trace_claim(sheet, a_claim(claimed, why), found)

    amounts = total(sheet.rows()).get("NZD", Amounts())

    lines = [line for bill in found for line in bill.lines]
    assert amounts.claimed == sum(claimed.values(), ZERO)
    assert amounts.billed == sum((line.net for line in lines), ZERO)
    approved = [line for bill in found if bill.live for line in bill.lines]
    assert amounts.job_cost == sum((line.net for line in approved), ZERO)


@given(by_code)
def test_a_bill_that_is_like_its_claim_leaves_nothing_to_explain(claimed):
    sheet = Sheet()
    trace_claim(sheet, a_claim(claimed), [a_bill(claimed)])

    assert all(not row.difference and not row.explanations for row in sheet.rows())


@given(st.lists(st.tuples(codes, cents, st.booleans(), st.sampled_from(["NZD", "AUD"]))))
def test_R87_direct_costs_are_job_to_date_less_commitment_invoiced_in_every_world(given_costs):
    costs = [
        (
            Cost(
                document=str(number), kind="bill", option="o", option_name="A-1", code=code,
                code_name=code, currency=currency, amount=amount,
            ),
            born,
        )
        for number, (code, amount, born, currency) in enumerate(given_costs)
    ]  # fmt: skip

    rows = list(job_costs(costs, {}, Codes(pairs={})))

    for row in rows:
        assert row.direct_costs == row.job_to_date - row.commitment_invoiced
        here = [
            (cost.amount, born)
            for cost, born in costs
            if (cost.code, cost.currency) == (row.code, row.currency)
        ]
        assert row.job_to_date == sum((amount for amount, _ in here), ZERO)
        assert row.direct_costs == sum((amount for amount, born in here if not born), ZERO)


# One reason at a time


def test_a_cent_without_a_reason_is_unexplained_unless_it_may_be_rounding():
    rounded = judged({"a": "10.00"}, a_bill({"a": "9.90"}))
    beyond_it = judged({"a": "10.00"}, a_bill({"a": "9.89"}))

    assert reasons(rounded) == {("billed", "ROUNDING"): Decimal("0.10")}
    assert reasons(beyond_it) == {("billed", UNEXPLAINED): Decimal("0.11")}


def test_E43_two_roundings_that_cancel_out_are_judged_by_their_sizes():
    for a, b in (("9.91", "9.98"), ("5.00", "14.99")):
        rows = judged({"a": "10.00", "b": "10.00"}, a_bill({"a": a, "b": b}))

        assert {e.code for row in rows for e in row.explanations} == {UNEXPLAINED}


def test_a_bill_on_other_codes_with_the_right_total_was_recoded():
    rows = judged({"a": "10.00"}, a_bill({"b": "10.00"}))

    assert {row.place.code: row.explanations[0].amount for row in rows} == {
        "a": Decimal("10.00"), "b": Decimal("-10.00"),
    }  # fmt: skip
    assert {e.code for row in rows for e in row.explanations} == {"RECODED"}


def test_two_bills_of_one_claim_are_unexplained_whatever_else_is_known():
    bill = a_bill({"a": "10.00"})

    rows = judged({"a": "10.00"}, bill, bill, why=Why(code="BILL_EDITED", sentence="Changed."))

    assert reasons(rows) == {("billed", UNEXPLAINED): Decimal("-10.00")}
    assert "2 bills" in rows[0].explanations[0].sentence


def test_tax_inside_is_told_apart_from_what_is_left():
    rows = judged({"a": "115.00"}, a_bill({"a": "99.50"}, tax="15.00"))

    assert reasons(rows) == {
        ("billed", "TAX"): Decimal("15.00"), ("billed", UNEXPLAINED): Decimal("0.50"),
    }  # fmt: skip


def test_unexplained_cents_of_two_documents_do_not_cancel_out():
    sheet = Sheet()
    for amount in ("10.50", "9.50"):
        trace_claim(sheet, a_claim({"a": Decimal("10.00")}), [a_bill({"a": amount})])

    (row,) = sheet.rows()

    assert row.difference == ZERO
    assert row.unexplained == Decimal("1.00")
    assert list(beyond([row], Decimal("0.99"))) == [row]
    assert list(beyond([row], Decimal("1.00"))) == []


def test_what_no_document_accounts_for_is_unexplained():
    sheet = Sheet()
    sheet.add(HERE, Amounts(paid_procore=CENT))

    (row,) = sheet.rows()

    assert reasons([row]) == {("paid", UNEXPLAINED): -CENT}
    assert row.unexplained == CENT


def test_E45_totals_never_mix_currencies():
    sheet = Sheet()
    sheet.add(HERE, Amounts(claimed=CENT))
    sheet.add(Place(code="a", currency="AUD"), Amounts(claimed=CENT + CENT))

    assert {currency: made.claimed for currency, made in total(sheet.rows()).items()} == {
        "NZD": CENT, "AUD": CENT + CENT,
    }  # fmt: skip


def test_a_header_that_holds_no_amount_is_due_nothing():
    assert header_due({"summary": {"current_payment_due": "12.50"}}) == Decimal("12.50")
    for spoilt in ({}, {"summary": "x"}, {"summary": {"current_payment_due": "a lot"}}):
        assert header_due(spoilt) == ZERO


def test_rows_that_differ_most_without_a_reason_come_first():
    sheet = Sheet()
    said = Explanation(gap="paid", code="PAYMENTS_OFF", amount=Decimal(9), sentence="Off.")
    for code, paid in (("a", 0), ("b", 9), ("c", 1), ("d", 2)):
        place = Place(code=code)
        sheet.add(place, Amounts(paid_xero=Decimal(paid)))
        if code == "b":
            sheet.explain(place, said)

    assert [(row.seq, row.place.code) for row in sheet.rows()] == [
        (1, "d"), (2, "c"), (3, "b"), (4, "a"),
    ]  # fmt: skip


def test_a_payment_that_is_in_both_systems_is_compared_with_the_one_it_was_made_of():
    sheet = Sheet()
    settled = [Settled(paper=a_paper("p1"), amount=Decimal("10.00"))]
    issued = [Issued(paper=a_paper("i"), amount=Decimal("9.00"), origin_id="p1")]
    sheet.add(HERE, Amounts(paid_xero=Decimal("10.00"), paid_procore=Decimal("9.00")))

    trace_payments(sheet, HERE, settled, issued)

    assert reasons(sheet.rows()) == {("paid", "PAYMENT_EDITED"): Decimal("1.00")}


def test_every_reason_of_the_proof_has_a_sentence():
    assert all(sentence.endswith(".") for sentence in EXPLANATIONS.values())
