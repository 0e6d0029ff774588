"""What every part of a world is built with: time, chance and ids from one number."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random
from typing import Any

from ..procore import Procore
from ..xero import Xero

CENT = Decimal("0.01")
Record = dict[str, Any]


class Builder:
    """Two empty states, and the means to fill them the same way each time."""

    def __init__(self, procore: Procore, xero: Xero, *, seed: int, now: datetime) -> None:
        self.procore = procore
        self.xero = xero
        self.random = Random(seed)
        self.now = now.astimezone(UTC).replace(microsecond=0)
        self.today = self.now.date()
        self._contacts: dict[str, str] = {}

    def contact_id(self, name: str) -> str:
        """The ContactID of the contact of that name; the first made, where two share it."""
        return self._contacts[name]

    def name_contact(self, contact: Record) -> None:
        self._contacts.setdefault(contact["Name"], contact["ContactID"])

    def dated(self, record: Record, *, made: float, changed: float | None = None) -> Record:
        """Say how many days ago a Procore record was made, and last changed."""
        record["created_at"] = self.moment(made)
        record["updated_at"] = self.moment(made if changed is None else changed)
        return record

    def stamped(self, record: Record, *, changed: float) -> Record:
        """Say how many days ago a Xero record was last changed."""
        record["UpdatedDateUTC"] = self.instant(changed)
        return record

    def day(self, ago: int) -> str:
        """The date so many days before today, as both APIs' plain text."""
        return (self.today - timedelta(days=ago)).isoformat()

    def moment(self, days_ago: float) -> str:
        """A moment in the past, spread over the working day by its own fraction."""
        return (self.now - timedelta(days=days_ago, hours=3)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def instant(self, days_ago: float) -> str:
        """The same as Xero writes it, with milliseconds."""
        return self.moment(days_ago).replace("Z", ".000Z")

    def month_end(self, months_ago: int) -> date:
        """The last day of the month so many months before this one."""
        first = self.today.replace(day=1)
        for _ in range(months_ago):
            first = (first - timedelta(days=1)).replace(day=1)
        following = (first + timedelta(days=32)).replace(day=1)
        return following - timedelta(days=1)

    def amount(self, low: int, high: int, *, step: int = 1) -> Decimal:
        """A price between two numbers of dollars; *step* 0 gives cents as well."""
        if step:
            return Decimal(self.random.randrange(low, high, step)).quantize(CENT)
        return (Decimal(self.random.randrange(low * 100, high * 100)) / 100).quantize(CENT)


def cents(amount: Decimal) -> Decimal:
    return amount.quantize(CENT, ROUND_HALF_UP)


def days_ago(builder: Builder, on: date) -> int:
    return (builder.today - on).days
