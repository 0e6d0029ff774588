"""Amounts in the organisation's currency, by the rate that stands on a document in another one.

Xero's ``CurrencyRate`` is how much of the document's currency one unit of the organisation's buys,
so what stands on the document is divided by it. Each amount is rounded once, half up, to the cent.
https://developer.xero.com/documentation/api/accounting/invoices
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.sync.money import decimal, money

LEAST, MOST = Decimal("0.000001"), Decimal(1_000_000)
"""Between these are the rates of all currencies; Xero states six places."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """What a document was converted by.

    :param currency: the document's own.
    :param rate: how much of that one unit of the organisation's buys.
    """

    currency: str
    rate: Decimal

    def converted(self, amount: Decimal) -> Decimal:
        """Return what *amount* of the document is in the organisation's currency."""
        return money(amount / self.rate)

    def said(self, amount: Decimal) -> str:
        """Return what people should read of *amount*: ``USD 1,250.00 at 0.61``."""
        return f"{self.currency} {amount:,.2f} at {self.rate.normalize():f}"


def rate_of(stated: Any) -> Decimal | None:
    """Return the rate that a document states, or None where it can be none."""
    try:
        rate = decimal(stated)
    except MappingError:
        return None
    return rate if LEAST <= rate <= MOST else None
