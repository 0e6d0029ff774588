"""Commitments become Xero purchase orders: subcontracts and purchase order contracts alike.

Procore: ``GET /rest/v1.0/{work,purchase}_order_contracts?view=extended`` of each project, and the
lines of those that are written. Xero: ``PUT /PurchaseOrders`` for new ones, never ``POST`` by
number; ``POST`` with the id for changed and cancelled ones. Numbers are unique in Xero, those of
deleted orders too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.sync.dates import parse_date, parse_moment
from airflow_provider_procore_xero.sync.entities.bills import LINE_AMOUNT_TYPES
from airflow_provider_procore_xero.sync.entities.order_lines import (
    LINE_CONDITIONS,
    OrdersAround,
    to_line,
    total,
    types_by_code,
)
from airflow_provider_procore_xero.sync.entities.orders import (
    NUMBER_LENGTH,
    Order,
    claimed,
    drifted_order,
    expected,
    free_number,
)
from airflow_provider_procore_xero.sync.entities.payees import payee_conditions
from airflow_provider_procore_xero.sync.entities.projects import IN_AN_ACTIVE_PROJECT
from airflow_provider_procore_xero.sync.entity import Condition, Entity, MapRow, Twin
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.money import ZERO, money
from airflow_provider_procore_xero.sync.plan import Desired, FieldChange, Reason, differences
from airflow_provider_procore_xero.sync.text import cut, plain

CANCELLED = ("Void", "Terminated")
REFERENCE_LENGTH = 255
DELIVERY_LENGTH = 500
READ = (
    "id", "project_id", "kind", "number", "title", "status", "vendor", "grand_total", "ship_via",
    "created_at", "updated_at", "deleted_at", "contract_date", "currency_configuration",
)  # fmt: skip
"""What is kept of a contract: nothing that changes with each claim and payment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """A commitment: a subcontract or a purchase order contract.

    :param total: what Procore says its lines come to, without change orders.
    """

    id: int
    project_id: int
    kind: str
    number: str
    name: str
    status: str
    vendor_id: int | None
    vendor: str
    total: Decimal | None
    ship_via: str
    created_at: datetime | None
    contract_on: date | None
    currency: str
    deleted: bool

    @classmethod
    def from_procore(cls, record: Mapping[str, Any], around: Any = None) -> Self:
        """Read one record of ``GET .../{work,purchase}_order_contracts?view=extended``.

        The reader has added its ``project_id`` and ``kind``.
        """
        vendor = record["vendor"] or {}
        worth = record.get("grand_total")
        return cls(
            id=record["id"],
            project_id=record["project_id"],
            kind=record["kind"],
            number=plain(record["number"]),
            name=plain(record["title"]),
            status=record["status"],
            vendor_id=vendor.get("id"),
            vendor=plain(vendor.get("company")),
            total=None if worth is None else money(worth),
            ship_via=plain(record.get("ship_via")),
            created_at=parse_moment(record["created_at"]),
            contract_on=parse_date(record.get("contract_date")),
            currency=(record.get("currency_configuration") or {}).get("currency_iso_code") or "",
            deleted=bool(record.get("deleted_at")),
        )

    @property
    def title(self) -> str:
        return f"{self.number or 'Commitment without a number'} · {self.vendor or 'no vendor'}"


@dataclass(kw_only=True)
class CommitmentsAround(OrdersAround):
    """What commitments are judged against.

    :param numbered: finds the order that has a number in Xero, a deleted one too.
    :param owners: the commitment that each number of ours belongs to, by number.
    :param project_numbers, zones: by project id; a zone is a name like ``Australia/Sydney``.
    :param today: the day of this run, UTC.
    """

    numbered: Callable[[str], Order | None] = lambda number: None
    owners: dict[str, str] = field(default_factory=dict)
    project_numbers: Mapping[str, str] = field(default_factory=dict)
    zones: Mapping[str, str] = field(default_factory=dict)
    today: datetime = field(default_factory=lambda: datetime.now(UTC))

    def ends(self, record: Contract) -> bool:
        """Whether the commitment was deleted, or cancelled after its order was written."""
        link = self.links.find("commitment", "procore", record.id)
        sent = link is not None and not link.planned and link.state == "active"
        return record.deleted or (record.status in CANCELLED and sent)

    def day(self, moment: datetime, project_id: int) -> date:
        """Return the date of *moment* where the project is; UTC where Procore names no zone."""
        try:
            zone = ZoneInfo(self.zones.get(str(project_id)) or "UTC")
        except (ZoneInfoNotFoundError, ValueError):
            zone = ZoneInfo("UTC")
        return moment.astimezone(zone).date()


def _cut_texts(contract: Contract, payload: Mapping[str, Any]) -> dict[str, str]:
    """Return the whole of what the order has only a part of, by the names of its fields."""
    whole = {"Reference": contract.name, "DeliveryInstructions": contract.ship_via}
    return {f"whole_{name}": text for name, text in whole.items() if payload[name] != text}


def to_order(contract: Contract, around: CommitmentsAround) -> Desired | None:
    """Return the purchase order that should stand in Xero, None where it should not stand.

    :raises MappingError: where no number is left for it.
    """
    if around.ends(contract):
        return None
    project = around.links.need("project", "procore", contract.project_id)
    vendor = around.links.need("vendor", "procore", contract.vendor_id)
    number, wanted = order_number(contract, around)
    lines = [(x.id, to_line(x, around, project)) for x in around.lines[contract.id]]
    dated = _dated(contract, around)
    payload = {
        "PurchaseOrderNumber": number,
        "Contact": {"ContactID": vendor.xero_id},
        "Date": dated,
        "Reference": cut(contract.name, REFERENCE_LENGTH),
        "DeliveryInstructions": cut(contract.ship_via, DELIVERY_LENGTH),
        "LineAmountTypes": LINE_AMOUNT_TYPES[around.settings.tax.amounts],
        "CurrencyCode": around.currency,
        "Status": "AUTHORISED",
        "LineItems": [line for _, line in lines],
    }
    around.owners[number] = str(contract.id)
    data = {
        "project_id": contract.project_id,
        "kind": contract.kind,
        "number": contract.number,
        "wanted": wanted,
        "contact": vendor.xero_id,
        "date": dated,
        "net": str(total(around.lines[contract.id])),
        "sources": [source for source, _ in lines],
        "types": types_by_code(around.lines[contract.id]),
        **_cut_texts(contract, payload),
    }
    return Desired(
        payload=payload, name=number, data=data | _already(contract, payload, data, around)
    )


def order_number(contract: Contract, around: CommitmentsAround) -> tuple[str, str]:
    """Return the order's number, and what it would be if no other commitment had it.

    A linked order keeps its number as long as the commitment keeps its own.
    """
    project_number = around.project_numbers.get(str(contract.project_id), "")
    template = around.settings.commitments.number
    wanted = _number(template.format(number=contract.number, project_number=project_number))
    link = around.links.find("commitment", "procore", contract.id)
    if link is not None and not link.planned and link.data.get("wanted", wanted) == wanted:
        return link.xero_name or wanted, wanted

    def owned(number: str) -> bool:
        return around.owners.get(number, str(contract.id)) != str(contract.id)

    base = wanted
    if owned(wanted):
        base = _number(f"{project_number}-{contract.number}")
    return free_number(base, owned, around.numbered), wanted


def _number(text: str) -> str:
    printable = "".join(c if " " <= c <= "~" else "?" for c in plain(text).strip(" -"))
    return cut(printable, NUMBER_LENGTH)


def _dated(contract: Contract, around: CommitmentsAround) -> str:
    """Return the order's date by ``commitments.date``; the day of its creation is the fall-back."""
    rule = around.settings.commitments.date
    link = around.links.find("commitment", "procore", contract.id)
    if rule == "export_date":
        known = "" if link is None or link.planned else str(link.data.get("date", ""))
        return known or around.day(around.today, contract.project_id).isoformat()
    if rule == "contract_date" and contract.contract_on:
        return contract.contract_on.isoformat()
    return around.day(contract.created_at or around.today, contract.project_id).isoformat()


def _already(
    contract: Contract,
    payload: Mapping[str, Any],
    data: Mapping[str, Any],
    around: CommitmentsAround,
) -> dict[str, Any]:
    """Return whose line is whose where the order stands in Xero, though no link says so."""
    link = around.links.find("commitment", "procore", contract.id)
    if link is not None and not link.planned:
        return {}
    order = around.numbered(payload["PurchaseOrderNumber"])
    if order is None or order.gone:
        return {}
    found = claimed(order, list(zip(data["sources"], payload["LineItems"], strict=True)))
    held = order.content(set(found.values()))
    return {"lines": found, "content": held} if len(found) == len(data["sources"]) else {}


def order_twin(contract: Contract, desired: Desired, around: CommitmentsAround) -> Twin | None:
    """Return the order that has the commitment's number, contact and lines: the ledger forgot it.

    :raises MappingError: where the number's order is somebody else's, or holds something else.
    """
    order = around.numbered(desired.name)
    if order is None or order.gone:
        return None
    owner = around.links.find("commitment", "xero", order.id)
    same = order.contact_id == desired.payload["Contact"]["ContactID"]
    if not same or not _of_project(order, contract, around) or owner is not None:
        raise MappingError(
            f"Xero has an order {desired.name} already, of another contact or project.",
            code="NUMBER_TAKEN",
            fix="Renumber that order in Xero or the commitment in Procore, or set"
            " commitments.number to a template with {project_number} in it.",
        )
    if "lines" in desired.data:
        return Twin(target_id=order.id, held=fingerprint(desired.data["content"]))
    raise MappingError(
        f"Xero has an order {desired.name} for this contact and project ({order.id}), with other"
        " lines than the commitment.",
        code="ORDER_EXISTS",
        fix="If it is the commitment's, make its lines equal or delete it in Xero, or link the two"
        " by hand; otherwise give one of them another number.",
    )


def _of_project(order: Order, contract: Contract, around: CommitmentsAround) -> bool:
    option = around.links.need("project", "procore", contract.project_id).xero_name
    options = {str(t["Option"]) for line in order.lines for t in line.get("Tracking") or ()}
    return option in options


def order_changed(
    link: Link, desired: Desired, around: CommitmentsAround
) -> tuple[Desired, tuple[FieldChange, ...]]:
    """Send all but the status, which is the bookkeeper's by now."""
    payload = {name: value for name, value in desired.payload.items() if name != "Status"}
    fields = differences(link.data.get("content", {}), expected(desired.payload))
    return Desired(payload=payload, name=desired.name, data=desired.data), fields


def order_drifted(contract: Contract, link: Link, around: CommitmentsAround) -> Reason | None:
    """Return why an order that was read in this run is not to be written."""
    return drifted_order(link, around.orders, around.links_on)


def _staying(check: Callable[[Contract, CommitmentsAround], bool]) -> Any:
    """Return *check* for commitments whose order is to stay."""
    return lambda r, a: a.ends(r) or check(r, a)


CONDITIONS = (
    IN_AN_ACTIVE_PROJECT,
    Condition(
        code="COMMITMENT_NOT_APPROVED",
        asks="Is its status one of `commitments.statuses`?",
        met=_staying(lambda r, a: r.status in a.settings.commitments.statuses),
        sentence="Commitment {r.title} is {r.status!r} in Procore.",
        fix="Approve it in Procore, or add its status to commitments.statuses.",
        waits=True,
    ),
    Condition(
        code="COMMITMENT_NUMBER_MISSING",
        asks="Does it have a number?",
        met=_staying(lambda r, a: bool(r.number)),
        sentence="A commitment with {r.vendor!r} has no number.",
        fix="Give it a number in Procore; it becomes the order's.",
    ),
    Condition(
        code="PROJECT_NOT_LINKED",
        asks="Is its project integrated?",
        met=_staying(lambda r, a: a.linked("project", r.project_id)),
        sentence="The project of commitment {r.title} has no tracking option in Xero.",
        fix="Run procore_xero_projects first; it says why if the project is held there.",
    ),
    Condition(
        code="VENDOR_NOT_LINKED",
        asks="Is its vendor integrated?",
        met=_staying(lambda r, a: r.vendor_id is not None and a.linked("vendor", r.vendor_id)),
        sentence="Vendor {r.vendor!r} of commitment {r.title} is not linked to a Xero contact.",
        fix="Put its contact into the Xero group {s.vendors.contact_group!r} and run"
        " procore_xero_contacts; or run procore_xero_vendors where vendors go to Xero.",
    ),
    Condition(
        code="CURRENCY_DIFFERS",
        asks="Is it in the organisation's currency?",
        met=_staying(lambda r, a: not r.currency or not a.currency or r.currency == a.currency),
        sentence="Commitment {r.title} is in {r.currency}, the Xero organisation keeps"
        " {a.currency}.",
        fix="Enter this order in Xero by hand.",
    ),
    *payee_conditions("commitment"),
    *LINE_CONDITIONS,
    Condition(
        code="ORDER_BELOW_ZERO",
        asks="Is its total not below zero?",
        met=_staying(lambda r, a: r.id not in a.lines or total(a.lines[r.id]) >= ZERO),
        sentence="Commitment {r.title} comes to {r.total}; Xero takes no order below zero.",
        fix="Correct its lines in Procore.",
    ),
)

ENTITY = Entity(
    name="commitments",
    kind="commitment",
    source="procore",
    target="xero",
    batch=50,
    parse=Contract.from_procore,
    conditions=CONDITIONS,
    desired=to_order,
    twin=order_twin,
    change=order_changed,
    drifted=order_drifted,
    source_url=lambda r, a: a.pages.commitment(r.project_id, r.kind, r.id),
    target_url=lambda target_id, data, a: a.pages.purchase_order(target_id),
    refers_to=("project", "vendor", "cost_code"),
    mapping=(
        MapRow(
            r="R73",
            source="Commitment `number`",
            target="`PurchaseOrderNumber`",
            rule="`commitments.number`; `{project_number}-{number}` where another commitment has"
            " it, and `-R2` where a deleted order does; at most 50 characters, printable ASCII",
        ),
        MapRow(
            r="R74",
            source="Contract company",
            target="`Contact`",
            rule="by link; only the id is sent",
        ),
        MapRow(r="R75", source="`title`", target="`Reference`", rule="plain text"),
        MapRow(
            r="R72",
            source="`created_at`",
            target="`Date`",
            rule="the day in the project's time zone; `commitments.date` may take the contract date"
            " or the day of the export",
        ),
        MapRow(
            r="R80",
            source="`ship_via` (purchase orders only)",
            target="`DeliveryInstructions`",
            rule="at most 500 characters",
        ),
        MapRow(source="`status`", target="`Status`", rule="`AUTHORISED`, only when it is created"),
        MapRow(
            r="R76",
            source="Line cost code and cost type",
            target="Line `ItemCode`, or `AccountCode` and `Tracking`",
            rule="by `cost_codes.target`: the item is `cost_codes.code_format`, at most 30"
            " characters; the account is `accounts.by_cost_code`, else `by_cost_type`, else"
            " `expense`",
        ),
        MapRow(
            r="R77",
            source="Line `description`",
            target="Line `Description`",
            rule="plain text; `-` if empty",
        ),
        MapRow(
            r="R78",
            source="Line `quantity`, `unit_cost`, `amount`",
            target="Line `Quantity`, `UnitAmount`",
            rule="1 × amount where quantity times unit cost is not the amount to the cent, or has"
            " more than four places; the text then says what the units were",
        ),
        MapRow(
            r="R79",
            source="Project",
            target="Line `Tracking`",
            rule="the linked option of the category, by its present name",
        ),
    ),
)
