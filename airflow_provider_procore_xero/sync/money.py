"""Money is a ``Decimal`` of two places, rounded half up as both systems do."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from airflow_provider_procore_xero.errors import MappingError

CENT = Decimal("0.01")
ZERO = Decimal("0.00")
LARGEST = 15
"""The power of ten of the largest amount that is one. Xero takes ten digits before the point."""


def money(value: Any) -> Decimal:
    """Return *value* to the cent; None and the empty string are 0.00.

    Procore sends decimal strings, Xero JSON numbers that were decoded to ``Decimal``.

    :raises MappingError: if it is no finite number; a float is a bug, and no number either.
    """
    if value in (None, "", "0.00"):
        return ZERO
    number = decimal(value)
    return number if number.same_quantum(CENT) else number.quantize(CENT, ROUND_HALF_UP)


def decimal(value: Any) -> Decimal:
    """Return *value* as it is written, unrounded: quantities and unit prices.

    :raises MappingError: if it is no finite number.
    """
    if isinstance(value, float):
        raise MappingError(
            f"{value!r} went through a float.", code="NOT_A_NUMBER", fix="Report this as a bug."
        )
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value).replace(",", ""))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or number.adjusted() > LARGEST:
        raise MappingError(
            f"{str(value)[:40]!r} is not an amount.",
            code="NOT_A_NUMBER",
            fix="Correct the amount in the source.",
        )
    return number
