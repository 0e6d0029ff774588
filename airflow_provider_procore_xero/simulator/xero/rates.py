"""The rate of a document in another currency: as sent, else that of the day.

A rate is how much of the document's currency one unit of the organisation's buys, of six places.
The examples in the vendor's OpenAPI description fit no other direction: an organisation with New
Zealand's tax has a quote in AUD at 0.937053. Nothing here is computed from it.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from .blanks import ONE
from .values import decimal_of, rounded

if TYPE_CHECKING:
    from .blanks import Blanks
    from .state import Record

PLACES = 6
# What one US dollar buys, the same on every day; of other currencies it buys one.
PER_DOLLAR = {
    "AUD": "1.5200", "CAD": "1.3900", "EUR": "0.8600", "GBP": "0.7500", "JPY": "150.00",
    "NZD": "1.7000", "SGD": "1.2900", "USD": "1.0000", "ZAR": "17.500",
}  # fmt: skip


def day_rate(base: str, code: str) -> Decimal:
    """What one unit of *base* buys of *code*."""
    if code == base:
        return ONE
    one, other = (Decimal(PER_DOLLAR.get(each, "1")) for each in (base, code))
    return rounded(other / one, PLACES)


def put_rate(xero: Blanks, record: Record, sent: Record, was: str = "") -> None:
    """Give *record* the rate of its currency; *was* is the currency that it was in before.

    A rate that is not sent stays, unless the currency is another one now. In the organisation's
    own it is always 1.
    """
    base, code = xero.organisation["BaseCurrency"], record["CurrencyCode"]
    if code == base or (code != was and "CurrencyRate" not in sent):
        record["CurrencyRate"] = day_rate(base, code)
    elif "CurrencyRate" in sent:
        rate = decimal_of(sent["CurrencyRate"], "CurrencyRate")
        record["CurrencyRate"] = rounded(rate, PLACES)
