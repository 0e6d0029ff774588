"""Payments of bills become payments issued: one for each, never a cent more than was claimed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_procore_xero.sync.entities.bill_payments import (
    ENTITY,
    BillPayment,
    as_paid,
    payments_of,
)
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import Adopt, Create, Hold, Keep, Remove, Update
from airflow_provider_procore_xero.sync.settings import PaymentSettings, Settings
from tests.sync.builders import (
    a_bill_link,
    a_bill_row,
    a_payment_row,
    a_payments_around,
    change_of,
    why_held,
)

ZERO, FEW_CENTS = Decimal("0.00"), Decimal("0.05")
GROSS = Settings(payments=PaymentSettings(amount="gross"))


def rows_of(*payments: Mapping[str, Any], known: Iterable[Link] = (), **bill: Any) -> list[Any]:
    """What a bill of 1,000.00 + 100.00 tax yields for *payments*."""
    chosen = GROSS if bill.pop("gross", False) else Settings()
    claim = a_bill_link(data=bill.pop("claim", {}))
    return list(
        payments_of(a_bill_row(Payments=list(payments), **bill), list(known), claim, chosen)
    )


def amounts(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    return {row["id"]: row["amount"] for row in rows}


def a_payment_link(row: Mapping[str, Any], **given: Any) -> Link:
    """The link that stands once the payment of *row* was sent."""
    change = change_of(ENTITY, row, a_payments_around())
    assert isinstance(change, Create)
    return ENTITY.link(
        row["id"],
        f"issued-{row['id']}",
        source_name="",
        target_name="",
        wrote=change.wrote,
        data=change.desired.data,
    )


# What goes


def test_R52_C24_an_authorised_payment_becomes_one_payment_issued_on_its_commitment() -> None:
    (row,) = rows_of(a_payment_row("1100.00"))

    change = change_of(ENTITY, row, a_payments_around())

    assert isinstance(change, Create)
    assert change.desired.payload == {
        "date": "2026-06-15",
        "amount": "1000.00",
        "invoice_number": "INV-2217",
        "notes": "EFT 42",
        "origin_id": "pay-1",
        "origin_data": "airflow-procore-xero",
    }
    assert (change.desired.data["commitment_id"], change.desired.data["project_id"]) == (81, 7)


def test_C24_a_deleted_payment_that_was_never_sent_is_not_there() -> None:
    assert rows_of(a_payment_row("1100.00", Status="DELETED")) == []


def test_R108_what_procores_users_enter_themselves_is_not_in_the_payload() -> None:
    (row,) = rows_of(a_payment_row("1100.00"))
    change = change_of(ENTITY, row, a_payments_around())

    assert isinstance(change, Create)
    theirs = {"payment_number", "payment_method", "check_number", "requisition_id"}
    assert not theirs & change.desired.payload.keys()


def test_C13_R22_a_payment_comes_without_tax_by_the_bills_own_subtotal_and_total() -> None:
    assert amounts(rows_of(a_payment_row("550.00"))) == {"pay-1": "500.00"}


def test_C13_or_as_it_was_paid_where_the_settings_say_so() -> None:
    assert amounts(rows_of(a_payment_row("550.00"), gross=True)) == {"pay-1": "550.00"}


def test_E8_the_last_part_takes_the_cent() -> None:
    thirds = [
        a_payment_row("38.33", PaymentID="a", Date="2026-06-01"),
        a_payment_row("38.33", PaymentID="b", Date="2026-06-02"),
        a_payment_row("38.34", PaymentID="c", Date="2026-06-03"),
    ]
    bill = {"SubTotal": Decimal("100.00"), "Total": Decimal("115.00")}

    rows = amounts(rows_of(*thirds, **bill))

    assert rows == {"a": "33.33", "b": "33.33", "c": "33.34"}


def test_E8_a_payment_that_was_sent_keeps_its_amount_whatever_comes_before_it() -> None:
    bill = {"SubTotal": Decimal("100.00"), "Total": Decimal("115.00")}
    first = a_payment_row("38.33", PaymentID="b", Date="2026-06-02")
    (sent,) = rows_of(first, **bill)
    earlier = a_payment_row("38.33", PaymentID="a", Date="2026-06-01")

    rows = rows_of(first, earlier, known=[a_payment_link(sent)], **bill)

    assert amounts(rows)["b"] == sent["amount"]


def test_E8_a_payment_that_was_sent_keeps_its_amount_though_another_is_deleted() -> None:
    bill = {"SubTotal": Decimal("2.00"), "Total": Decimal("2.20")}
    first = a_payment_row("0.05", PaymentID="a", Date="2026-06-01")
    second = a_payment_row("0.05", PaymentID="b", Date="2026-06-02")
    sent = rows_of(first, second, **bill)

    rows = rows_of(second, known=[a_payment_link(row) for row in sent], **bill)

    assert amounts(sent) == {"a": "0.05", "b": "0.04"}
    assert [(row["id"], row["amount"], row["gone"]) for row in rows] == [
        ("b", "0.04", False), ("a", "0.05", True),
    ]  # fmt: skip


def test_E9_a_payment_deleted_in_xero_is_removed_from_procore() -> None:
    (sent,) = rows_of(a_payment_row("1100.00"))
    link = a_payment_link(sent)

    (row,) = rows_of(a_payment_row("1100.00", Status="DELETED"), known=[link])
    change = change_of(ENTITY, row, a_payments_around(a_bill_link(), link))

    assert isinstance(change, Remove)
    assert change.target_id == "issued-pay-1"
    assert change.data["commitment_id"] == 81


def test_E9_a_payment_that_is_no_longer_on_its_bill_is_removed_too() -> None:
    (sent,) = rows_of(a_payment_row("1100.00"))
    link = a_payment_link(sent)

    (row,) = rows_of(known=[link])

    assert row["gone"]
    assert isinstance(change_of(ENTITY, row, a_payments_around(a_bill_link(), link)), Remove)


def test_E9_what_was_removed_once_is_not_removed_again() -> None:
    (sent,) = rows_of(a_payment_row("1100.00"))
    (row,) = rows_of(known=[a_payment_link(sent)])

    assert isinstance(change_of(ENTITY, row, a_payments_around()), Keep)


@pytest.mark.parametrize(
    "batch", [{"BatchPaymentID": "batch-1"}, {"BatchPayment": {"BatchPaymentID": "batch-1"}}]
)
def test_E10_a_payment_of_a_batch_is_one_for_its_bill_and_remembers_the_batch(batch: Any) -> None:
    (row,) = rows_of(a_payment_row("1100.00", **batch))

    change = change_of(ENTITY, row, a_payments_around())

    assert isinstance(change, Create)
    assert change.desired.data["batch_id"] == "batch-1"


def test_R19_payments_of_an_inactive_project_wait() -> None:
    (row,) = rows_of(a_payment_row("1100.00"))

    held = why_held(ENTITY, row, a_payments_around(inactive=frozenset({"7"})))

    assert list(held) == ["PROJECT_INACTIVE"]


def test_a_payment_of_a_bill_whose_link_is_gone_is_held() -> None:
    (row,) = rows_of(a_payment_row("1100.00"))

    held = why_held(ENTITY, row, a_payments_around(a_bill_link(state="orphaned")))

    assert list(held) == ["SUBCONTRACTOR_INVOICE_NOT_LINKED"]


def test_a_payment_that_is_all_tax_is_held() -> None:
    (row,) = rows_of(a_payment_row("15.00"), SubTotal=ZERO, Total=Decimal("15.00"))

    assert list(why_held(ENTITY, row, a_payments_around())) == ["PAYMENT_ZERO"]


def test_a_payment_that_procore_lists_already_is_linked_and_not_doubled() -> None:
    (row,) = rows_of(a_payment_row("1100.00"))
    issued = {"pay-1": {"id": 9, "amount": "1000.00", "date": "2026-06-15"}}

    change = change_of(ENTITY, row, a_payments_around(issued=issued))

    assert isinstance(change, Adopt)
    assert change.target_id == "9"


def test_one_that_procore_lists_with_another_amount_is_corrected_and_not_doubled() -> None:
    (row,) = rows_of(a_payment_row("1100.00"))
    issued = {"pay-1": {"id": 9, "amount": "1100.00", "date": "2026-06-15"}}

    change = change_of(ENTITY, row, a_payments_around(issued=issued))

    assert isinstance(change, Update)
    assert (change.target_id, change.adopts) == ("9", True)


# To the cent, night after night


@st.composite
def nights(draw: st.DrawFn) -> tuple[Decimal, Decimal, list[dict[str, tuple[Decimal, int]]]]:
    """A bill's subtotal and total, and which payments stand on it at each of some nights.

    Payments come in any order and go again; on the last night the bill is paid in full. None is so
    small that it comes to nothing without its tax.
    """
    subtotal = Decimal(draw(st.integers(10, 300) | st.integers(10, 10**7))).scaleb(-2)
    rate = Decimal(draw(st.sampled_from(["0", "0.05", "0.1", "0.15", "0.2"])))
    total = subtotal + (subtotal * rate).quantize(Decimal("0.01"))
    standing: dict[str, tuple[Decimal, int]] = {}
    seen: list[dict[str, tuple[Decimal, int]]] = []
    for night in range(draw(st.integers(1, 5))):
        for gone in draw(st.lists(st.sampled_from(sorted(standing) or ["-"]), max_size=2)):
            standing.pop(gone, None)
        for part in range(draw(st.integers(0, 3))):
            left = total - sum((amount for amount, _ in standing.values()), ZERO)
            if left > 2 * FEW_CENTS:
                most = left - FEW_CENTS
                cents = draw(st.integers(5, int(most * 100)) | st.integers(5, 8))
                amount = min(most, Decimal(cents).scaleb(-2))
                standing[f"{night}-{part}"] = (amount, draw(st.integers(1, 28)))
        seen.append(dict(standing))
    left = total - sum((amount for amount, _ in standing.values()), ZERO)
    if left:
        standing["last"] = (left, draw(st.integers(1, 28)))
        seen.append(dict(standing))
    return subtotal, total, seen


@settings(deadline=None, max_examples=250)
@given(nights())
def test_E8_parts_never_pass_the_claim_and_are_it_to_the_cent_once_it_is_paid(
    bill: tuple[Decimal, Decimal, list[dict[str, tuple[Decimal, int]]]],
) -> None:
    subtotal, total, seen = bill
    issued: dict[str, Link] = {}
    for standing in seen:
        payments = [
            a_payment_row(str(amount), PaymentID=name, Date=f"2026-06-{day:02}")
            for name, (amount, day) in standing.items()
        ]
        rows = list(
            payments_of(
                a_bill_row(SubTotal=subtotal, Total=total, Payments=payments),
                list(issued.values()),
                a_bill_link(data={"net": str(subtotal)}),
                Settings(),
            )
        )
        issued = carried_out(rows, issued)

        sent = sum((Decimal(link.data["amount"]) for link in issued.values()), ZERO)
        assert sent <= subtotal
        assert set(issued) <= set(standing)
        if sum((amount for amount, _ in standing.values()), ZERO) == total:
            assert sent == subtotal


def test_E8_cents_of_payments_whose_partners_were_deleted_are_put_right_again() -> None:
    """Twenty payments that were each rounded up stay; those that were rounded down go."""
    bill = {"SubTotal": Decimal("2.00"), "Total": Decimal("2.20")}
    up = [a_payment_row("0.05", PaymentID=f"{n}-a", Date="2026-06-01") for n in range(20)]
    down = [a_payment_row("0.06", PaymentID=f"{n}-b", Date="2026-06-01") for n in range(20)]
    issued = carried_out(rows_of(*up, *down, **bill), {})

    few_cents = a_payment_row("0.05", PaymentID="few", Date="2026-06-02")
    rest = a_payment_row("1.15", PaymentID="rest", Date="2026-06-03")
    issued = carried_out(rows_of(*up, few_cents, known=issued.values(), **bill), issued)
    issued = carried_out(rows_of(*up, few_cents, rest, known=issued.values(), **bill), issued)

    assert sum(Decimal(link.data["amount"]) for link in issued.values()) == Decimal("2.00")


def carried_out(
    rows: list[dict[str, Any]], issued: dict[str, Link], claim: Link | None = None
) -> dict[str, Link]:
    """What Procore lists after planning *rows* against what it lists now."""
    now = dict(issued)
    for row in rows:
        around = a_payments_around(claim or a_bill_link(), *issued.values())
        match change_of(ENTITY, row, around):
            case Create(desired=desired, wrote=wrote) | Update(desired=desired, wrote=wrote):
                now[row["id"]] = ENTITY.link(
                    row["id"], f"i-{row['id']}", source_name="", target_name="", wrote=wrote,
                    data=desired.data,
                )  # fmt: skip
            case Remove():
                del now[row["id"]]
            case Hold(reasons=reasons) if claim is None:
                pytest.fail(f"held: {reasons}")
    return now


# Never beyond the claim


def planned(rows: Iterable[Mapping[str, Any]], *known: Link, net: str) -> dict[str, str]:
    """What becomes of each payment of a claim of *net*: the change, or why it is held."""
    found = {}
    for row in rows:
        change = change_of(ENTITY, row, a_payments_around(a_bill_link(data={"net": net}), *known))
        held = [r.code for r in change.reasons] if isinstance(change, Hold) else []
        found[row["id"]] = "".join(held) or type(change).__name__
    return found


THREE = [
    a_payment_row("440.00", PaymentID="a", Date="2026-06-01"),
    a_payment_row("550.00", PaymentID="b", Date="2026-06-02"),
    a_payment_row("110.00", PaymentID="c", Date="2026-06-03"),
]


def test_E8_a_payment_beyond_the_claim_waits_with_both_amounts_and_one_that_fits_goes() -> None:
    rows = rows_of(*THREE, claim={"net": "500.00"})

    around = a_payments_around(a_bill_link(data={"net": "500.00"}))
    assert planned(rows, net="500.00") == {
        "a": "Create", "b": "PAYMENT_EXCEEDS_CLAIM", "c": "Create",
    }  # fmt: skip
    assert "come to 900.00, and 500.00 was claimed" in "".join(
        why_held(ENTITY, rows[1], around).values()
    )


def test_E8_it_goes_once_the_claim_has_room_for_it() -> None:
    rows = rows_of(*THREE, claim={"net": "500.00"})

    assert planned(rows, net="1000.00") == {"a": "Create", "b": "Create", "c": "Create"}


def test_E8_payments_as_paid_may_be_the_claim_and_the_tax_of_its_bill() -> None:
    rows = rows_of(*THREE, claim={"net": "900.00"}, gross=True)

    assert planned(rows, net="900.00")["c"] == "PAYMENT_EXCEEDS_CLAIM"
    assert planned(rows, net="1000.00")["c"] == "Create"


def test_E8_E43_cents_that_the_bill_has_beyond_the_claim_are_paid_by_nobody() -> None:
    cents = {"SubTotal": Decimal("1000.03"), "Total": Decimal("1100.03")}
    whole, exact = {"claim": {"net": "1000.00"}}, a_payment_row("1100.03")

    assert amounts(rows_of(exact, **cents, **whole)) == {"pay-1": "1000.00"}
    assert amounts(rows_of(exact, gross=True, **cents, **whole)) == {"pay-1": "1100.00"}


@settings(deadline=None, max_examples=200)
@given(nights(), st.decimals("0.5", "1.5", places=2), st.booleans())
def test_E8_whatever_is_billed_and_paid_the_payments_never_pass_the_claim(
    bill: tuple[Decimal, Decimal, list[dict[str, tuple[Decimal, int]]]],
    share: Decimal,
    gross: bool,
) -> None:
    subtotal, total, seen = bill
    net = (subtotal * share).quantize(Decimal("0.01"))
    claim = a_bill_link(data={"net": str(net)})
    chosen = GROSS if gross else Settings()
    issued: dict[str, Link] = {}
    for standing in seen:
        payments = [
            a_payment_row(str(amount), PaymentID=name, Date=f"2026-06-{day:02}")
            for name, (amount, day) in standing.items()
        ]
        row = a_bill_row(SubTotal=subtotal, Total=total, Payments=payments)
        rows = list(payments_of(row, list(issued.values()), claim, chosen))
        issued = carried_out(rows, issued, claim)

        sent = sum((Decimal(link.data["amount"]) for link in issued.values()), ZERO)
        assert sent <= net + (total - subtotal if gross else ZERO)


@settings(deadline=None, max_examples=60)
@given(nights())
def test_a_second_night_changes_no_payment(
    bill: tuple[Decimal, Decimal, list[dict[str, tuple[Decimal, int]]]],
) -> None:
    subtotal, total, seen = bill
    payments = [
        a_payment_row(str(amount), PaymentID=name, Date=f"2026-06-{day:02}")
        for name, (amount, day) in seen[-1].items()
    ]
    row = a_bill_row(SubTotal=subtotal, Total=total, Payments=payments)
    issued = carried_out(list(payments_of(row, [], a_bill_link(), Settings())), {})

    again = list(payments_of(row, list(issued.values()), a_bill_link(), Settings()))

    around = a_payments_around(a_bill_link(), *issued.values())
    kept = [each for each in again if each["id"] in issued]
    assert all(isinstance(change_of(ENTITY, each, around), Keep) for each in kept)


def test_a_record_is_read_as_it_was_made() -> None:
    (row,) = rows_of(a_payment_row("1100.00"))
    payment = BillPayment.from_xero(row)

    assert payment.title == "1,100.00 on 2026-06-15 for SC-0001"
    assert (payment.amount, payment.paid) == (Decimal("1000.00"), Decimal("1100.00"))


def test_E44_the_net_of_a_tax_inclusive_bill_is_what_xero_states_never_divided_by_a_rate() -> None:
    (row,) = rows_of(
        a_payment_row("1149.99"),
        LineAmountTypes="Inclusive",
        Total="1149.99",
        SubTotal="1000.01",
        claim={"net": "1000.01"},
    )

    assert row["amount"] == "1000.01"


@pytest.mark.parametrize(
    ("kind", "net", "whole"),
    [
        ("Exclusive", "1000.00", False),
        ("Inclusive", "1100.00", True),
        ("Inclusive", "1000.00", False),  # a bookkeeper has Xero show it so; the claim is as it was
        ("NoTax", "1000.00", False),
    ],
)
def test_R22_R23_payments_come_whole_only_where_the_claim_has_its_tax_inside(
    kind: str, net: str, whole: bool
) -> None:
    claim = replace(a_bill_link(), data={**a_bill_link().data, "net": net})

    assert as_paid(a_bill_row(LineAmountTypes=kind), claim, Settings()) is whole
    assert as_paid(a_bill_row(LineAmountTypes=kind), claim, GROSS) is True
