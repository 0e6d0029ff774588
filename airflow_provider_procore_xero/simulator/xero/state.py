"""What the pretend organisation remembers."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from .limits import Limits
from .switches import DEFAULTS
from .tokens import Tokens

if TYPE_CHECKING:
    from ..calls import Calls
    from ..clock import Clock
    from ..faults import Faults

TENANT_ID = "c3d50000-0000-4000-8000-00000000cafe"
Record = dict[str, Any]
Records = dict[str, Record]


class Books:
    """The records of one organisation, in the API's own words and largest view.

    Amounts are Decimals, dates ISO text, moments ISO text with ``Z``; every collection is a
    dict by GUID. Nothing is indexed: a test may change any record by hand at any time.
    """

    def __init__(self, *, clock: Clock, faults: Faults, calls: Calls) -> None:
        self.clock = clock
        self.faults = faults
        self.calls = calls
        self.switches: dict[str, Any] = dict(DEFAULTS)
        self.organisation: Record = _organisation()
        self.accounts: Records = {}
        self.tax_rates: Records = {}
        self.contacts: Records = {}
        self.contact_groups: Records = {}
        self.tracking_categories: Records = {}
        self.items: Records = {}
        self.purchase_orders: Records = {}
        self.invoices: Records = {}
        self.credit_notes: Records = {}
        self.payments: Records = {}
        self.batch_payments: Records = {}
        self.prepayments: Records = {}
        self.overpayments: Records = {}
        self.bank_transactions: Records = {}
        self.manual_journals: Records = {}
        self.currencies: Records = {}
        self.users: Records = {}
        self.history: dict[str, list[Record]] = {}
        self.attachments: dict[str, list[Record]] = {}
        self.app_made: set[str] = set()
        self.tokens = Tokens(clock)
        self.limits = Limits(self)
        self.replays: dict[str, Any] = {}
        self.connected = True
        self._ids = 0

    def new_id(self) -> str:
        """A GUID; the same run of calls gives the same ones."""
        self._ids += 1
        return str(uuid.uuid5(uuid.UUID(TENANT_ID), str(self._ids)))

    def now(self) -> str:
        """This moment as the state writes moments."""
        return moment_text(self.clock.now())

    def today(self) -> str:
        """The date where the organisation is, which a document without one gets."""
        local = self.clock.now() + timedelta(hours=self.utc_offset_hours())
        return local.date().isoformat()

    def utc_offset_hours(self) -> int:
        """Of the organisation's zone in its summer; near enough for a pretend one."""
        zones = {"NEWZEALANDSTANDARDTIME": 13, "AUSEASTERNSTANDARDTIME": 11, "UTC": 0}
        return zones.get(self.organisation.get("Timezone", "UTC"), 0)

    def stamp(self, record: Record) -> Record:
        """Mark *record* as changed now."""
        record["UpdatedDateUTC"] = self.now()
        return record


def moment_text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def _organisation() -> Record:
    return {
        "OrganisationID": TENANT_ID,
        "APIKey": None,
        "Name": "Demo Company (NZ)",
        "LegalName": "Demo Company (NZ)",
        "PaysTax": True,
        "Version": "NZ",
        "OrganisationType": "COMPANY",
        "BaseCurrency": "NZD",
        "CountryCode": "NZ",
        "IsDemoCompany": True,
        "OrganisationStatus": "ACTIVE",
        "FinancialYearEndDay": 31,
        "FinancialYearEndMonth": 3,
        "SalesTaxBasis": "PAYMENTS",
        "DefaultPurchasesTax": "Tax Exclusive",
        "CreatedDateUTC": "2020-01-01T00:00:00.000Z",
        "OrganisationEntityType": "COMPANY",
        "Timezone": "NEWZEALANDSTANDARDTIME",
        "ShortCode": "!23eYt",
        "Class": "DEMO",
        "Edition": "BUSINESS",
        "Addresses": [],
        "Phones": [],
        "PaymentTerms": {"Bills": {"Day": 20, "Type": "OFFOLLOWINGMONTH"}},
    }
