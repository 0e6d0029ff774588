"""Where the pretend Procore keeps its records, and the little that all of them share."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Any

from ..calls import Calls
from ..clock import Clock
from ..faults import Faults
from .switches import switched

Record = dict[str, Any]

COMPANY_ID = 4281379
ZERO = Decimal("0.00")
_CENT = Decimal("0.01")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")

# Where each collection's ids begin; a project's id is beyond 32 bits, as in newer zones.
_FIRST_IDS = {
    "stages": 5500,
    "projects": 562949953512000,
    "vendors": 900400,
    "users": 77000,
    "standard_cost_code_lists": 8100,
    "standard_cost_codes": 4400,
    "cost_codes": 5108800,
    "line_item_types": 40210,
    "wbs_codes": 50000100,
    "tax_codes": 2600,
    "commitments": 812300,
    "commitment_line_items": 6200400,
    "change_order_packages": 330700,
    "potential_change_orders": 340700,
    "change_order_line_items": 6900100,
    "requisitions": 1455200,
    "requisition_items": 7740000,
    "contract_payments": 310500,
    "direct_costs": 440100,
    "direct_cost_line_items": 4501000,
    "erp_job_costs": 7300100,
    "billing_periods": 5100,
    "files": 9900400,
    "business_registers": 4400,
}
# By what a record's siblings are found without reading the whole collection.
_PARENTS: dict[str, Callable[[Record], int]] = {
    "wbs_codes": lambda record: int(record["cost_code_id"]),
    "commitment_line_items": lambda record: int(record["holder"]["id"]),
    "change_order_packages": lambda record: int(record["contract_id"]),
    "requisitions": lambda record: int(record["commitment_id"]),
    "contract_payments": lambda record: int(record["contract_id"]),
}
SEGMENT_ITEM_OFFSET = 82_000_000
COST_CODE_SEGMENT = 31001
LINE_ITEM_TYPE_SEGMENT = 31002


class Store:
    """Collections of plain records by id, in Procore's own words.

    A record holds the largest view; money is Decimal, dates and moments are ISO strings.
    What a view leaves out is left out when the record is answered, never here.
    """

    def __init__(self, *, clock: Clock, faults: Faults, calls: Calls, **switches: Any) -> None:
        self.clock = clock
        self.faults = faults
        self.calls = calls
        self.switches = switched(**switches)
        self.company: Record = {
            "id": COMPANY_ID,
            "name": "Hartnell Civil Ltd",
            "is_active": True,
            "logo_url": None,
            "pcn_business_experience": None,
            "my_company": True,
            "currency_iso_code": "AUD",
            "zone": "us02",
        }
        self.stages: dict[int, Record] = {}
        self.projects: dict[int, Record] = {}
        self.vendors: dict[int, Record] = {}
        self.users: dict[int, Record] = {}
        self.standard_cost_code_lists: dict[int, Record] = {}
        self.standard_cost_codes: dict[int, Record] = {}
        self.cost_codes: dict[int, Record] = {}
        self.line_item_types: dict[int, Record] = {}
        self.wbs_codes: dict[int, Record] = {}
        self.tax_codes: dict[int, Record] = {}
        self.commitments: dict[int, Record] = {}
        self.commitment_line_items: dict[int, Record] = {}
        self.change_order_packages: dict[int, Record] = {}
        self.potential_change_orders: dict[int, Record] = {}
        self.requisitions: dict[int, Record] = {}
        self.contract_payments: dict[int, Record] = {}
        self.direct_costs: dict[int, Record] = {}
        self.erp_job_costs: dict[int, Record] = {}
        self.billing_periods: dict[int, Record] = {}
        self.files: dict[int, bytes] = {}
        self.permitted_projects: set[int] = set()
        # Records whose origin_id was cleared while the switch says that the lock stays.
        self.locked_for_good: set[tuple[str, int]] = set()
        self._ids: dict[str, int] = dict(_FIRST_IDS)
        self._children: dict[tuple[str, int], list[int]] = {}

    def now(self) -> str:
        return self.clock.now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    def next_id(self, kind: str) -> int:
        self._ids[kind] += 1
        return self._ids[kind]

    def collection(self, name: str) -> dict[int, Record]:
        records: dict[int, Record] = getattr(self, name)
        return records

    def keep(self, collection: str, fields: Mapping[str, Any]) -> Record:
        """Add a record with an id and its moments, and return it."""
        given = dict(fields)
        record: Record = {"id": given.pop("id", None) or self.next_id(collection), **given}
        record["created_at"] = record.get("created_at") or self.now()
        record["updated_at"] = record.get("updated_at") or record["created_at"]
        self.collection(collection)[record["id"]] = record
        if collection in _PARENTS:
            key = (collection, _PARENTS[collection](record))
            self._children.setdefault(key, []).append(record["id"])
        return record

    def children(self, collection: str, parent_id: int) -> list[Record]:
        """The records of *collection* under one parent, oldest first, without the removed."""
        records = self.collection(collection)
        ids = self._children.get((collection, parent_id), [])
        return [records[i] for i in ids if i in records]

    def touch(self, record: Record, **changes: Any) -> Record:
        """Change *record* as Procore does after any edit: ``updated_at`` moves."""
        record.update(changes)
        record["updated_at"] = self.now()
        return record

    def currency(self) -> Record:
        """What financial records answer without object-level currencies."""
        return {
            "currency_iso_code": self.company["currency_iso_code"],
            "base_currency_iso_code": None,
            "currency_exchange_rate": None,
        }


def cents(amount: Decimal | int | str | None) -> Decimal:
    """An amount with two places, as requisitions and payments write it."""
    return Decimal(amount or 0).quantize(_CENT, ROUND_HALF_UP)


def loose(amount: Decimal | int | str | None) -> Decimal:
    """An amount with at least one place and no more than needed, as contracts write it."""
    text = f"{Decimal(amount or 0):f}"
    whole, _, places = text.partition(".")
    return Decimal(f"{whole}.{places.rstrip('0') or '0'}")


def total(amounts: Iterable[Decimal]) -> Decimal:
    return sum(amounts, ZERO)


def number(value: Any) -> Decimal | None:
    """*value* as a number, or None where it is none; Procore takes numbers and strings."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        found = Decimal(value)
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def plain_date(value: Any) -> str | None:
    """*value* if it is ``YYYY-MM-DD`` and exists; else None, which Procore stores silently."""
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        return None
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        return None


def picked(record: Record, names: Iterable[str]) -> Record:
    return {name: record[name] for name in names if name in record}


def without(record: Record, names: frozenset[str]) -> Record:
    return {name: value for name, value in record.items() if name not in names}
