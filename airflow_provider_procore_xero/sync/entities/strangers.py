"""Bills that were entered in Xero without us: one of them may be what a claim would become.

Before this package ran, or beside it, people enter bills by hand. Xero takes a second bill of the
same number, so whether a claim has one already is ours to ask.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from airflow_provider_procore_xero.sync.dates import parse_date
from airflow_provider_procore_xero.sync.money import money

NEAR = timedelta(days=31)
"""Claims share their order's number; a bill of that number is one claim's if its date is near."""


@dataclass(frozen=True, slots=True)
class Stranger:
    """A bill that no claim is linked with and that has no mark of ours, as it is compared."""

    id: str
    number: str
    dated_on: date | None


@dataclass(slots=True)
class Strangers:
    """Those that this run has read, by contact and by what they come to.

    :param inclusive: claims come to their bill's total; else to what it is without tax.
    :param whole: every bill there is was read.
    :param contacts: of whom every bill was read, where not all were.
    """

    inclusive: bool = False
    whole: bool = False
    contacts: set[str] = field(default_factory=set)
    _found: dict[tuple[str, Decimal], dict[str, Stranger]] = field(default_factory=dict)

    def add(self, record: Mapping[str, Any]) -> None:
        """Remember one record of ``GET /Invoices``, unless it is void."""
        if record["Status"] in ("VOIDED", "DELETED"):
            return
        worth = money(record["Total" if self.inclusive else "SubTotal"])
        stranger = Stranger(
            id=record["InvoiceID"],
            number=str(record.get("InvoiceNumber") or "").strip(),
            dated_on=parse_date(record.get("DateString") or record.get("Date")),
        )
        alike = self._found.setdefault((record["Contact"]["ContactID"], worth), {})
        alike[stranger.id] = stranger

    def like(
        self, contact_id: str, worth: Decimal, *, own: str, shared: str, billed_on: date | None
    ) -> Stranger | None:
        """Return the bill of a contact that comes to *worth* and has a claim's number or date.

        :param own: the claim's own number.
        :param shared: the number that its bill would have, which may be that of its order.
        """
        for each in self._found.get((contact_id, worth), {}).values():
            near = bool(each.dated_on and billed_on and abs(each.dated_on - billed_on) <= NEAR)
            same = each.number.casefold()
            if (
                (each.dated_on is not None and each.dated_on == billed_on)
                or (same and same == own.casefold())
                or (same and near and same == shared.casefold())
            ):
                return each
        return None
