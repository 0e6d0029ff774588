"""A bill comes to its claim to the cent, and Xero's answer to what we expect of it."""

from __future__ import annotations

from dataclasses import replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_procore_xero.sync.entities.bill_twins import cant_edit
from airflow_provider_procore_xero.sync.entities.bills import expected
from airflow_provider_procore_xero.sync.entities.claims import Bill, InvoicesAround, content
from airflow_provider_procore_xero.sync.entities.subcontractor_invoices import ENTITY
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import Adopt, Create, Hold, Keep, Update
from tests.sync.builders import (
    CLAIM_PAGE,
    a_bill,
    a_claim,
    a_claim_row,
    an_account_row,
    an_invoices_around,
    an_item_row,
    change_of,
    net_of,
    some_accounts,
    some_settings,
    why_held,
)
from tests.sync.xero_answers import answer_to

CENT = Decimal("0.01")
CENTS = st.integers(-(10**6), 10**8).map(lambda n: str(Decimal(n).scaleb(-2)))
SOME = st.integers(0, 10**6).map(lambda n: str(Decimal(n).scaleb(-2)))
PLACES = st.integers(1, 10**8).map(lambda n: Decimal(n).scaleb(-5))


@st.composite
def items(draw: st.DrawFn) -> dict[str, Any]:
    """A line as progress claims have them: by amount, by unit, with materials, with retainage."""
    code = draw(st.sampled_from(["02-300", "03-100"]))
    retainage = {"retained": draw(SOME), "released": draw(SOME)}
    kind = draw(st.sampled_from(["amount", "unit", "materials"]))
    if kind == "unit":
        quantity, price = draw(PLACES), draw(PLACES)
        exact = (quantity * price).quantize(CENT, ROUND_HALF_UP)
        off = draw(st.sampled_from(["0.00", "0.00", "0.01", "-0.01"]))
        return an_item_row(
            str(exact + Decimal(off)), **retainage, code=code, accounting_method="unit",
            work_completed_this_period_quantity=str(quantity), scheduled_unit_price=str(price),
            uom="m3",
        )  # fmt: skip
    if kind == "materials":
        return an_item_row(
            draw(CENTS), **retainage, code=code,
            materials_presently_stored=draw(SOME),
            materials_moved=draw(SOME),
            materials_presently_stored_from_previous_progress=draw(SOME),
            materials_stored_retainage_new_materials=draw(SOME),
            materials_stored_retainage_released_this_period=draw(SOME),
        )  # fmt: skip
    return an_item_row(draw(CENTS), **retainage, code=code)


def around(amounts: str = "exclusive", **given: Any) -> InvoicesAround:
    """Two codes whose lines post to two accounts of different tax types."""
    chosen = some_settings(accounts={"by_cost_code": {"03-*": "311"}}, tax={"amounts": amounts})
    accounts = some_accounts(an_account_row("311", TaxType="NONE"))
    return an_invoices_around(code_link("03-100"), settings=chosen, accounts=accounts, **given)


def code_link(code: str) -> Link:
    return Link(
        kind="cost_code", procore_id=f"code-{code}", xero_id=code, xero_name=code,
        data={"code": code},
    )  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(st.lists(items(), min_size=1, max_size=6))
def test_R47_E3_the_lines_of_a_bill_always_come_to_the_claims_net(rows: list[Any]) -> None:
    claim = a_claim_row(*rows)
    net = sum(map(net_of, rows), Decimal(0))

    change = change_of(ENTITY, claim, around())

    if isinstance(change, Hold):
        assert {r.code for r in change.reasons} <= {
            "NO_LINES", "ZERO_INVOICE", "NEGATIVE_INVOICE",
        }  # fmt: skip
        assert net <= 0 or not any(Decimal(r["work_completed_this_period"]) for r in rows)
        return
    assert isinstance(change, Create)
    answer = answer_to(change.desired.payload)
    assert answer["SubTotal"] == net
    assert all(line["LineAmount"] for line in answer["LineItems"])


@pytest.mark.parametrize("amounts", ["exclusive", "inclusive", "no_tax"])
@settings(deadline=None, max_examples=100)
@given(rows=st.lists(items(), min_size=1, max_size=5), rate=st.sampled_from(["0.1", "0.15", "0"]))
def test_R23_what_is_expected_of_a_bill_is_what_xero_answers(
    amounts: str, rows: list[Any], rate: str
) -> None:
    change = change_of(ENTITY, a_claim_row(*rows), around(amounts))
    if not isinstance(change, Create):
        return

    answer = answer_to(change.desired.payload, rate=rate)

    assert expected(change.desired.payload) == content(answer)


@settings(deadline=None, max_examples=60)
@given(st.lists(items(), min_size=1, max_size=5))
def test_what_was_written_is_kept_at_a_glance_and_after_a_look(rows: list[Any]) -> None:
    claim = a_claim_row(*rows)
    change = change_of(ENTITY, claim, around())
    if not isinstance(change, Create):
        return
    bill = Bill.from_xero(answer_to(change.desired.payload))
    link = ENTITY.link(
        "500", bill.id, source_name="", target_name="", wrote=change.wrote,
        held=fingerprint(bill.content), data={**change.desired.data, "content": bill.content},
    )  # fmt: skip

    later = around()
    later.links.add([link])
    later.bills = {bill.id: bill}

    assert isinstance(change_of(ENTITY, claim, later), Keep)


# Bills that were touched


def written(**bill: Any) -> tuple[Link, Bill]:
    """The link of a claim that was sent, and its bill as Xero holds it now."""
    change = change_of(ENTITY, a_claim_row(), an_invoices_around())
    assert isinstance(change, Create)
    left = Bill.from_xero(answer_to(change.desired.payload))
    link = ENTITY.link(
        "500", left.id, source_name="INV-2217", target_name="SC-0001", wrote=change.wrote,
        held=fingerprint(left.content), data={**change.desired.data, "content": left.content},
    )  # fmt: skip
    return link, Bill.from_xero(answer_to(change.desired.payload, **bill))


def judged(link: Link, bill: Bill, **claim: Any) -> Any:
    now = an_invoices_around(link, bills={bill.id: bill})
    return change_of(ENTITY, a_claim_row(**claim), now)


def test_E34_an_edited_bill_is_held_with_the_difference() -> None:
    link, bill = written(InvoiceNumber="Mine now")

    change = judged(link, bill)

    assert isinstance(change, Hold)
    (reason,) = change.reasons
    assert reason.code == "BILL_EDITED"
    assert "SC-0001 → Mine now" in reason.sentence
    assert change.target_id == "bill-1"


@pytest.mark.parametrize("status", ["VOIDED", "DELETED"])
def test_E33_a_voided_bill_is_held_and_not_sent_again(status: str) -> None:
    link, bill = written(Status=status)

    for touched in (link, replace(link, state="orphaned")):
        change = judged(touched, bill)
        assert isinstance(change, Hold)
        assert [reason.code for reason in change.reasons] == ["BILL_VOIDED"]


def test_E33_nor_when_the_ledger_that_knew_its_link_was_lost() -> None:
    _, bill = written(Status="VOIDED")
    now = an_invoices_around(voided={CLAIM_PAGE: bill})

    assert list(why_held(ENTITY, a_claim_row(), now)) == ["BILL_VOIDED"]


def test_E35_a_changed_claim_sends_the_whole_bill_again_but_for_its_status() -> None:
    link, bill = written()

    change = judged(link, bill, payment_date="2026-07-15")

    assert isinstance(change, Update)
    assert "Status" not in change.desired.payload
    assert change.desired.payload["DueDate"] == "2026-07-15"
    assert change.target_id == "bill-1"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"Status": "AUTHORISED"}, None),
        ({"Status": "AUTHORISED", "AmountPaid": Decimal("0.01")}, "BILL_PAID"),
        ({"Status": "DRAFT", "AmountCredited": Decimal(1)}, "BILL_PAID"),
        ({"Status": "PAID", "AmountPaid": Decimal("1100.00")}, "BILL_PAID"),
        ({"Status": "VOIDED"}, "BILL_CLOSED"),
    ],
)
def test_E34_E35_only_a_bill_that_nothing_is_applied_to_is_written_again(
    given: dict[str, Any], code: str | None
) -> None:
    reason = cant_edit(a_bill(**given))

    assert (reason.code if reason else None) == code


def test_E60_a_bill_that_carries_the_claims_page_is_linked_and_not_doubled() -> None:
    _, bill = written()

    change = change_of(ENTITY, a_claim_row(), an_invoices_around(ours={CLAIM_PAGE: bill}))

    assert isinstance(change, Adopt)
    assert change.desired.data["held"] == fingerprint(bill.content)
    assert change.desired.data["content"] == bill.content


def test_one_that_holds_other_amounts_is_corrected_while_it_may_be() -> None:
    _, bill = written(InvoiceNumber="Else")
    _, paid = written(InvoiceNumber="Else", AmountPaid=Decimal("5.00"))

    change = change_of(ENTITY, a_claim_row(), an_invoices_around(ours={CLAIM_PAGE: bill}))
    held = why_held(ENTITY, a_claim_row(), an_invoices_around(ours={CLAIM_PAGE: paid}))

    assert isinstance(change, Update)
    assert change.adopts
    assert list(held) == ["BILL_DIFFERS"]


def test_the_bookkeepers_coding_and_approval_are_no_edits() -> None:
    link, bill = written(Status="AUTHORISED", Reference="x", DueDateString="2027-01-01T00:00:00")

    assert isinstance(judged(link, bill), Keep)


def test_E60_a_bill_linked_by_hand_is_taken_as_it_stands_and_not_called_edited() -> None:
    _, bill = written(InvoiceNumber="Entered by hand")
    by_hand = Link(kind="subcontractor_invoice", procore_id="500", xero_id="bill-1")

    change = judged(by_hand, bill)

    assert isinstance(change, Adopt)
    assert change.desired.data["held"] == fingerprint(bill.content)
    assert change.desired.data["taken"]


@pytest.mark.parametrize(
    ("bill", "said"),
    [
        ({}, ()),
        ({"Contact": {"ContactID": "somebody-else"}}, ("another contact",)),
        ({"SubTotal": Decimal("999.00")}, ("comes to 999.00, its claim to 1000.00",)),
    ],
    ids=["as it is", "contact", "amount"],
)
def test_E60_a_bill_linked_by_hand_is_compared_with_its_claim(
    bill: dict[str, Any], said: tuple[str, ...]
) -> None:
    _, theirs = written(InvoiceNumber="Entered by hand", **bill)
    by_hand = Link(kind="subcontractor_invoice", procore_id="500", xero_id="bill-1")

    change = judged(by_hand, theirs)

    assert isinstance(change, Adopt)
    assert [r.code for r in change.reasons] == ["BILL_DIFFERS"] * len(said)
    assert all(s in r.sentence for s, r in zip(said, change.reasons, strict=True))


def test_E45_a_claim_that_names_no_currency_is_in_the_organisations() -> None:
    claim = a_claim_row(currency_configuration=None)

    assert not why_held(ENTITY, claim, an_invoices_around())
    assert a_claim(currency_configuration=None).currency == ""
