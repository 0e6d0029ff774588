"""What invoices, credit notes, purchase orders and spend money have in common."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .exchange import ApiCall
from .lines import Notes
from .parties import long, short
from .render import with_twins
from .tracking import current_names
from .values import date_of, rounded

if TYPE_CHECKING:
    from .people import Xero
    from .state import Record

LOCKS = (
    ("EndOfYearLockDate", "end of year lock date"),
    ("PeriodLockDate", "period lock date"),
)


def shown(xero: Xero, record: Record, call: ApiCall, *, places: int, moment: bool = True) -> Record:
    """A document as it is answered: names of today, unit amounts to *places*, twins."""
    nest = short if call.method == "GET" else long
    seen = dict(record)
    if contact := record.get("Contact"):
        seen["Contact"] = nest(xero, contact["ContactID"])
    names = _names(xero, call)
    seen["LineItems"] = [_line(line, names, places) for line in record.get("LineItems", [])]
    if xero.switches["line_order"] == "reversed":
        seen["LineItems"].reverse()
    return with_twins(seen, moment=moment)


def _names(xero: Xero, call: ApiCall) -> dict[str, Record]:
    if "tracking" not in call.memo:
        call.memo["tracking"] = current_names(xero)
    names: dict[str, Record] = call.memo["tracking"]
    return names


def _line(line: Record, names: dict[str, Record], places: int) -> Record:
    seen = dict(line)
    if "UnitAmount" in seen:
        seen["UnitAmount"] = rounded(seen["UnitAmount"], places)
    seen["Tracking"] = [names.get(t["TrackingOptionID"], t) for t in line.get("Tracking", [])]
    return seen


def locked(xero: Xero, *dates: str | None) -> str | None:
    """The message for the first lock date that one of *dates* falls under."""
    for name, words in LOCKS:
        lock = xero.organisation.get(name)
        if lock is None:
            continue
        for day in dates:
            if day is not None and (day < lock or (day == lock and _on_too(xero))):
                return f"The document date cannot be before the {words}, currently set at {lock}."
    return None


def _on_too(xero: Xero) -> bool:
    return bool(xero.switches["lock_date"] == "on_or_before")


def check_lock(xero: Xero, notes: Notes, *dates: str | None) -> None:
    if message := locked(xero, *dates):
        notes.errors.append(message)


def check_currency(xero: Xero, sent: Record, notes: Notes) -> None:
    code = sent.get("CurrencyCode")
    if code and code != xero.organisation["BaseCurrency"] and code not in xero.currency_codes():
        notes.errors.append(f"Organisation is not subscribed to currency {code}")


def check_url(sent: Record, notes: Notes) -> None:
    url = sent.get("Url")
    if not url:
        return
    if not re.match(r"^https?://[^\s/]+", url):
        notes.errors.append("Url must be a valid absolute url")
    elif "xero" in url.lower():
        notes.errors.append("Url must not contain xero")


def dates_of(sent: Record, *names: str) -> Record:
    """The dates of *sent* as ISO text, those that are there."""
    return {name: date_of(sent[name], name) for name in names if sent.get(name)}
