"""Quantity and unit price where they make an amount to the cent, else one of the whole amount."""

from __future__ import annotations

from decimal import Decimal

from airflow_provider_procore_xero.sync.money import money

PLACES = 4
"""Decimal places that Xero keeps of a quantity and of a unit amount."""


def by_unit(
    description: str,
    amount: Decimal,
    quantity: Decimal | None,
    unit_price: Decimal | None,
    uom: str = "",
) -> tuple[Decimal, Decimal, str]:
    """Return quantity, unit price and text of a line that must come to *amount*.

    Where quantity times price is not the amount to the cent, or has more places than Xero keeps,
    the line is 1 x amount and the text says what the units were.
    """
    if not quantity or not unit_price:
        return Decimal(1), amount, description
    exact = _places(quantity) <= PLACES and _places(unit_price) <= PLACES
    if exact and money(quantity * unit_price) == amount:
        return quantity, unit_price, description
    said = f"{quantity.normalize():f} {uom} at {unit_price.normalize():f}".replace("  ", " ")
    return Decimal(1), amount, f"{description} ({said})".strip()


def _places(number: Decimal) -> int:
    exponent = number.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0
