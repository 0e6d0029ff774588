"""The contact that a new bill or order is made out to: whether Xero takes it, and when it is paid.

Xero: ``GET /Contacts?IDs=``, paged, since only paged rows have ``PaymentTerms``.
https://developer.xero.com/documentation/api/accounting/contacts
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Self

from airflow_provider_procore_xero.sync.entity import Around, Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class Payee:
    """A contact as far as documents look at it.

    :param days, counted: its terms for bills: 20 days ``DAYSAFTERBILLDATE``, the 20th
        ``OFFOLLOWINGMONTH``; None where it has none.
    """

    id: str
    status: str
    days: int | None = None
    counted: str = ""

    @classmethod
    def from_xero(cls, record: Mapping[str, Any]) -> Self:
        """Read one contact; terms that are not shaped as Xero documents them are none."""
        terms = record.get("PaymentTerms") or {}
        bills = (terms.get("Bills") if isinstance(terms, Mapping) else None) or {}
        days = bills.get("Day") if isinstance(bills, Mapping) else None
        known = isinstance(days, int) and 0 <= days <= 366
        return cls(
            id=record["ContactID"],
            status=record.get("ContactStatus") or "ACTIVE",
            days=days if known else None,
            counted=str(bills["Type"] or "") if known and "Type" in bills else "",
        )

    def due_on(self, billed_on: date) -> date | None:
        """Return when a bill of *billed_on* falls due, or None without terms that we know.

        A day that the month has not is its last; no bill is due before its own date.
        """
        if self.days is None:
            return None
        month_end = billed_on.replace(day=monthrange(billed_on.year, billed_on.month)[1])
        match self.counted:
            case "DAYSAFTERBILLDATE":
                return billed_on + timedelta(days=self.days)
            case "DAYSAFTERBILLMONTH":
                return month_end + timedelta(days=self.days)
            case "OFCURRENTMONTH":
                return max(billed_on, _day_of(month_end, self.days))
            case "OFFOLLOWINGMONTH":
                return _day_of(month_end + timedelta(days=1), self.days)
        return None


def _day_of(month: date, day: int) -> date:
    last = monthrange(month.year, month.month)[1]
    return month.replace(day=max(1, min(day, last)))


def payee_of(record: Any, around: Any) -> Payee | None:
    """Return the contact of *record*'s vendor, if it was read in this run."""
    link = around.links.find("vendor", "procore", record.vendor_id)
    found: Payee | None = around.payees.get(link.xero_id) if link is not None else None
    return found


def contact_id(record: Any, around: Around) -> str:
    """Return the id of the contact of *record*'s vendor; empty where Xero has none so far."""
    link = around.links.find("vendor", "procore", record.vendor_id)
    return "" if link is None or link.xero_id.startswith("planned:") else link.xero_id


def is_new(record: Any, around: Around, kind: str) -> bool:
    """Whether a document would be made of *record*; *kind* is what links of such are."""
    link = around.links.find(kind, "procore", record.id)
    return link is None or link.planned or link.state != "active"


def payee_conditions(kind: str) -> tuple[Condition, ...]:
    """Return what the contact of a new document must be; those that stand are left to Xero."""

    def takes(record: Any, around: Any, status: str) -> bool:
        payee = payee_of(record, around)
        return payee is None or payee.status != status or not is_new(record, around, kind)

    return (
        Condition(
            code="CONTACT_ARCHIVED",
            asks="Is the contact of a new document active in Xero?",
            met=lambda r, a: takes(r, a, "ARCHIVED"),
            sentence="The contact of vendor {r.vendor!r} is archived in Xero, so {r.title} is not"
            " sent.",
            fix="Restore the contact in Xero; the next run sends it.",
        ),
        Condition(
            code="CONTACT_ERASED",
            asks="Is the contact of a new document free of a privacy erasure request?",
            met=lambda r, a: takes(r, a, "GDPRREQUEST"),
            sentence="The contact of vendor {r.vendor_id} is under a privacy erasure request, so"
            " nothing is made out to it.",
            fix="Link the vendor to another contact by hand, or enter the document without us.",
        ),
    )
