"""What a bookkeeper has coded otherwise than we did is kept when a bill is sent again."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_procore_xero.sync.entities.bill_coding import (
    coded_lines,
    coding,
    keeping_coding,
)


def a_line(text: str, amount: str, account: str = "310", **rest: Any) -> dict[str, Any]:
    """Return a line as it is sent, coded to the one code of the tests."""
    return {
        "Description": text,
        "Quantity": 1,
        "UnitAmount": Decimal(amount),
        "AccountCode": account,
        "TaxType": "INPUT2",
        "Tracking": [{"Name": "Cost Codes", "Option": "02-300"}],
        **rest,
    }


def accounts_after(
    before: list[dict[str, Any]], now: list[dict[str, Any]], wanted: list[dict[str, Any]]
) -> list[str]:
    """Return the accounts that go out for *wanted*, where *now* stands for what was *before*."""
    kept = keeping_coding(
        {"LineItems": wanted}, coded_lines({"LineItems": now}), coding({"LineItems": before})
    )
    return [line["AccountCode"] for line in kept["LineItems"]]


EARTH, STEEL = a_line("Earthwork", "100.00"), a_line("Steel", "50.00")


@pytest.mark.parametrize(
    "wanted",
    [
        [EARTH, a_line("Steel", "60.00")],
        [a_line("Earthwork", "900.00"), STEEL],
        [a_line("Earthwork", "900.00"), a_line("Steel", "60.00"), a_line("More", "1.00")],
    ],
    ids=["another amount changed", "its own amount changed", "a line was added"],
)
def test_E34_a_line_that_was_coded_to_another_account_keeps_it(
    wanted: list[dict[str, Any]],
) -> None:
    now = [a_line("Earthwork", "100.00", "399"), STEEL]

    assert accounts_after([EARTH, STEEL], now, wanted)[:2] == ["399", "310"]


def test_E34_a_line_that_nobody_recoded_follows_its_claim_to_another_account() -> None:
    wanted = [a_line("Earthwork", "100.00", "320"), STEEL]

    assert accounts_after([EARTH, STEEL], [EARTH, STEEL], wanted) == ["320", "310"]


def test_E34_E59_lines_are_told_apart_in_whatever_order_xero_shows_them() -> None:
    now = [STEEL, a_line("Earthwork", "100.00", "399")]

    assert accounts_after([EARTH, STEEL], now, [EARTH, STEEL]) == ["399", "310"]


def test_E34_of_two_lines_that_are_alike_one_is_kept_once() -> None:
    now = [a_line("Earthwork", "100.00", "399"), EARTH]

    assert sorted(accounts_after([EARTH, EARTH], now, [EARTH, EARTH])) == ["310", "399"]


def test_E34_of_two_lines_that_are_alike_both_keep_what_each_was_recoded_to() -> None:
    now = [a_line("Earthwork", "100.00", "399"), a_line("Earthwork", "100.00", "398")]

    assert sorted(accounts_after([EARTH, EARTH], now, [EARTH, EARTH])) == ["398", "399"]


def test_E34_a_line_that_was_recoded_to_the_account_of_another_keeps_it() -> None:
    before = [EARTH, a_line("More earth", "100.00", "399")]
    now = [EARTH, a_line("More earth", "100.00", "310")]

    assert accounts_after(before, now, before) == ["310", "310"]


@pytest.mark.parametrize("amount", ["100.00", "90.00"], ids=["as sent", "changed"])
def test_E34_a_line_that_was_left_without_an_account_gets_ours(amount: str) -> None:
    assert accounts_after([EARTH], [a_line("Earthwork", amount, "")], [EARTH]) == ["310"]


def test_E34_a_line_of_which_only_the_tax_type_was_changed_keeps_that() -> None:
    now = a_line("Earthwork", "100.00", TaxType="NONE")

    (kept,) = keeping_coding(
        {"LineItems": [EARTH]}, coded_lines({"LineItems": [now]}), coding({"LineItems": [EARTH]})
    )["LineItems"]

    assert (kept["AccountCode"], kept["TaxType"]) == ("310", "NONE")


def test_E34_a_tax_type_and_an_item_are_kept_too_and_an_item_that_was_taken_off_stays_off() -> None:
    taxed = a_line("Earthwork", "100.00", TaxType="NONE", ItemCode="X1")
    bare = a_line("Steel", "50.00", "399")
    wanted = [EARTH, {**STEEL, "ItemCode": "02-300"}]

    kept = keeping_coding(
        {"LineItems": wanted},
        coded_lines({"LineItems": [taxed, bare]}),
        coding({"LineItems": wanted}),
    )["LineItems"]

    assert [(x["TaxType"], x.get("ItemCode")) for x in kept] == [("NONE", "X1"), ("INPUT2", None)]


def test_E34_an_untaxed_bill_shows_no_tax_type_and_nobody_has_changed_it() -> None:
    sent = {"LineAmountTypes": "NoTax", "LineItems": [EARTH]}
    now = {"LineAmountTypes": "NoTax", "LineItems": [{**EARTH, "TaxType": "NONE"}]}
    moved = {**sent, "LineItems": [a_line("Earthwork", "100.00", "320")]}

    kept = keeping_coding(moved, coded_lines(now), coding(sent))

    assert kept["LineItems"][0]["AccountCode"] == "320"
