"""Money is a Decimal to the cent; what is no amount is never taken for one."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.sync.money import ZERO, decimal, money

CENTS = st.integers(-(10**13), 10**13).map(lambda n: Decimal(n).scaleb(-2))


@pytest.mark.parametrize(
    ("given", "cents"),
    [
        ("1234.5", "1234.50"),
        ("1,234.50", "1234.50"),
        ("0.005", "0.01"),
        ("0.0049", "0.00"),
        ("-0.005", "-0.01"),
        ("2.675", "2.68"),
        (" 12.3 ", "12.30"),
        (7, "7.00"),
        (Decimal("1e2"), "100.00"),
        (Decimal("1.005"), "1.01"),
    ],
)
def test_an_amount_is_rounded_half_up_to_the_cent(given: Any, cents: str) -> None:
    assert str(money(given)) == cents


@pytest.mark.parametrize("nothing", [None, ""])
def test_no_amount_is_zero(nothing: Any) -> None:
    assert money(nothing) == ZERO


@pytest.mark.parametrize(
    "given",
    ["abc", "NaN", "Infinity", "-inf", "1.2.3", True, [], {}, object(), "1e99", 10**40,
     Decimal("1e30"), "٣ apples"],
)  # fmt: skip
def test_what_is_no_finite_amount_is_named_and_held(given: Any) -> None:
    with pytest.raises(MappingError) as held:
        money(given)

    assert held.value.code == "NOT_A_NUMBER"
    assert held.value.fix


def test_a_float_is_never_money() -> None:
    with pytest.raises(MappingError, match="float"):
        money(0.1)


def test_E42_a_quantity_keeps_every_place_it_came_with() -> None:
    assert decimal("12.34567") == Decimal("12.34567")


@settings(deadline=None, max_examples=200)
@given(CENTS)
def test_money_comes_back_from_its_own_text_to_the_cent(amount: Decimal) -> None:
    assert money(str(amount)) == money(amount) == amount
    assert money(f"{amount:,}") == amount
    assert money(money(amount)).as_tuple().exponent == -2


@settings(deadline=None, max_examples=200)
@given(st.decimals(allow_nan=False, allow_infinity=False, places=5, min_value=-(10**9),
                   max_value=10**9))  # fmt: skip
def test_rounding_moves_no_amount_by_more_than_half_a_cent(amount: Decimal) -> None:
    assert abs(money(amount) - amount) <= Decimal("0.005")
