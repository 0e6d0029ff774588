"""Subcontractor invoices become Xero bills, with retainage on lines of its own.

Procore: ``GET /rest/v1.1/requisitions?view=extended``, per project. Xero: ``PUT /Invoices`` for new
bills, ``POST /Invoices`` with the id for changed ones. Numbers of bills are not unique in Xero, so
what tells a claim's bill apart is its ``Url``: the claim's page in Procore.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Literal, Self

from airflow_provider_procore_xero.sync.accounts import Account, account_code
from airflow_provider_procore_xero.sync.dates import parse_date
from airflow_provider_procore_xero.sync.entities.bill_coding import CodedLine, coded_lines
from airflow_provider_procore_xero.sync.entities.claim_items import ClaimItem
from airflow_provider_procore_xero.sync.entities.claim_pdfs import ClaimPdf, pdfs_of
from airflow_provider_procore_xero.sync.entities.credit_notes import is_credit_note
from airflow_provider_procore_xero.sync.entities.items import Item
from airflow_provider_procore_xero.sync.entities.lines import in_one_order
from airflow_provider_procore_xero.sync.entities.order_lines import item_code
from airflow_provider_procore_xero.sync.entities.payees import Payee
from airflow_provider_procore_xero.sync.entities.strangers import Strangers
from airflow_provider_procore_xero.sync.entity import Around
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.money import ZERO, money
from airflow_provider_procore_xero.sync.text import plain

CommitmentKind = Literal["WorkOrderContract", "PurchaseOrderContract"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Commitment:
    """The subcontract or purchase order that a claim bills."""

    id: int
    kind: CommitmentKind
    number: str
    title: str

    @classmethod
    def from_procore(cls, record: Mapping[str, Any], kind: CommitmentKind) -> Self:
        """Read one record of ``GET /rest/v1.0/{work,purchase}_order_contracts?view=extended``."""
        return cls(
            id=record["id"],
            kind=kind,
            number=plain(record["number"]),
            title=plain(record.get("title")),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SubcontractorInvoice:
    """A Procore requisition. *number* is the application number within its commitment.

    :param due: what Procore says is payable for the period; None where it says nothing.
    :param tax: the tax that Procore adds to it, which may or may not be inside *due*.
    """

    id: int
    project_id: int
    commitment_id: int
    commitment_kind: CommitmentKind
    contract: str
    vendor_id: int | None
    vendor: str
    number: int
    invoice_number: str
    status: str
    starts_on: date | None
    ends_on: date | None
    billed_on: date | None
    pay_on: date | None
    due: Decimal | None
    tax: Decimal
    currency: str
    items: tuple[ClaimItem, ...]
    pdfs: tuple[ClaimPdf, ...] = ()

    @classmethod
    def from_procore(cls, record: Mapping[str, Any], around: Any = None) -> Self:
        """Read one record of ``GET /rest/v1.1/requisitions?view=extended``."""
        summary = record.get("summary") or record.get("g702") or {}
        currency = record.get("currency_configuration") or {}
        due = summary.get("current_payment_due")
        claim = cls(
            id=record["id"],
            project_id=record["project_id"],
            commitment_id=record["commitment_id"],
            commitment_kind=record["commitment_type"],
            contract=plain(record.get("contract_name")),
            vendor_id=record["vendor_id"],
            vendor=plain(record.get("vendor_name")),
            number=record["number"],
            invoice_number=plain(record["invoice_number"]),
            status=record["status"],
            starts_on=parse_date(record["requisition_start"]),
            ends_on=parse_date(record["requisition_end"]),
            billed_on=parse_date(record["billing_date"]),
            pay_on=parse_date(record.get("payment_date")),
            due=None if due is None else money(due),
            tax=money(summary.get("tax_applicable_to_this_payment")),
            currency=currency.get("currency_iso_code") or "",
            items=tuple(ClaimItem.from_procore(item) for item in record["items"]),
            pdfs=pdfs_of(record),
        )
        whole = around is not None and around.settings.bills.amount_source == "scheduled_value"
        return claim.whole if whole else claim

    @property
    def whole(self) -> Self:
        """The claim as it is where it bills all of each line's scheduled value.

        What its header says is due was compared before: it is about the period.
        """
        whole = replace(self, items=tuple(item.whole for item in self.items))
        return replace(whole, due=None) if self.adds_up else whole

    @property
    def title(self) -> str:
        number = self.invoice_number or f"no. {self.number}"
        return f"{number} · {self.vendor} · {self.net:,.2f}"

    @property
    def net(self) -> Decimal:
        """What is payable for the period, before tax."""
        return sum((item.net for item in self.items), ZERO)

    @property
    def missing(self) -> str:
        """The required fields that are empty, by the names people see in Procore."""
        fields = {
            "Invoice #": self.invoice_number,
            "invoice start": self.starts_on,
            "invoice end": self.ends_on,
            "billing date": self.billed_on,
        }
        return ", ".join(name for name, value in fields.items() if not value)

    @property
    def adds_up(self) -> bool:
        """Whether the items come to what the claim's header says, with or without its tax."""
        return self.due is None or self.due in (self.net, self.net + self.tax)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bill:
    """A bill as Xero holds it now, as far as we look at it again.

    :param net, total: without and with tax, whichever way its lines are entered.
    """

    id: str
    number: str
    status: str
    url: str
    applied: Decimal
    net: Decimal
    total: Decimal
    content: Mapping[str, Any]
    lines: tuple[CodedLine, ...] = ()
    credit: bool = False

    @classmethod
    def from_xero(cls, record: Mapping[str, Any]) -> Self:
        """Read one record of ``GET /Invoices?page=&unitdp=4``."""
        return cls(
            id=record["InvoiceID"],
            number=record.get("InvoiceNumber") or "",
            status=record["Status"],
            url=record.get("Url") or "",
            applied=money(record.get("AmountPaid")) + money(record.get("AmountCredited")),
            net=money(record["SubTotal"]),
            total=money(record.get("Total")),
            content=content(record),
            lines=coded_lines(record),
        )

    @classmethod
    def from_credit_note(cls, record: Mapping[str, Any]) -> Self:
        """Read one record of ``GET /CreditNotes``; its number stands for the address."""
        number = record.get("CreditNoteNumber") or ""
        used = money(record.get("Total")) - money(record.get("RemainingCredit"))
        return cls(
            id=record["CreditNoteID"],
            number=number,
            status=record["Status"],
            url=number,
            applied=used,
            net=money(record["SubTotal"]),
            total=money(record.get("Total")),
            content=content(record),
            lines=coded_lines(record),
            credit=True,
        )

    @classmethod
    def read(cls, record: Mapping[str, Any]) -> Self:
        """Read a bill, or the credit note that stands for one."""
        return cls.from_credit_note(record) if is_credit_note(record) else cls.from_xero(record)

    @property
    def gone(self) -> bool:
        return self.status in ("VOIDED", "DELETED")

    @property
    def editable(self) -> bool:
        """Whether Xero lets its lines be changed: approved or not, but nothing applied to it."""
        return self.status in ("DRAFT", "SUBMITTED", "AUTHORISED") and not self.applied


def content(record: Mapping[str, Any]) -> dict[str, Any]:
    """Return what must stay as we wrote it: contact, number, date, amounts and projects.

    A bookkeeper may code a draft to other accounts and approve it; that is their work, not drift.
    Xero promises no order of lines, so here they have one of their own.
    Xero's subtotal is always without tax; here it is what the lines come to.
    """
    inside = record.get("LineAmountTypes") == "Inclusive"
    subtotal = money(record["SubTotal"]) + (money(record.get("TotalTax")) if inside else ZERO)
    return {
        "Contact": record["Contact"]["ContactID"],
        "InvoiceNumber": record.get("InvoiceNumber") or record.get("CreditNoteNumber") or "",
        "Date": str(parse_date(record.get("DateString") or record.get("Date"))),
        "SubTotal": str(subtotal),
        "Lines": in_one_order(
            (money(line.get("LineAmount")), line) for line in record.get("LineItems") or ()
        ),
    }


@dataclass(kw_only=True)
class InvoicesAround(Around):
    """What a claim is judged against.

    :param codes: links of cost codes, by code.
    :param accounts: the chart of accounts, by code.
    :param items: Xero's items by code, where lines or retainage name one.
    :param categories: names of the tracking categories of projects and of cost codes.
    :param locked_until: last day of the locked period; None where nothing is locked.
    :param ours: bills that carry our marker and were read in this run, by ``Url``.
    :param voided: the same of those that were voided or deleted, and that nobody has unlinked.
    :param bills: bills that were read in this run, by id.
    :param apart: bills that stand, and that a person has unlinked from a claim, by claim.
    :param strangers: bills that were entered without us.
    :param paid: how much of a bill is paid, by its id.
    :param seen: ids of the claims that were read in this run.
    :param listed: projects whose claims were all read, with the claims' ids.
    :param named: True where a person asked for this very claim, or has accepted it.
    :param commitments: filled with those that the claims of this page bill, by id.
    :param payees: contacts of new bills that were read in this run, by id.
    :param addresses: where the PDFs of this page's claims lie, by claim.
    :param pdfs: the PDFs that this run attaches, by claim.
    :param made: ids of the bills that this run has made.
    """

    codes: Mapping[str, Link]
    accounts: Mapping[str, Account]
    project_category: str
    code_category: str
    currency: str = ""
    locked_until: date | None = None
    ours: dict[str, Bill] = field(default_factory=dict)
    voided: dict[str, Bill] = field(default_factory=dict)
    bills: dict[str, Bill] = field(default_factory=dict)
    apart: dict[str, list[Bill]] = field(default_factory=dict)
    strangers: Strangers = field(default_factory=Strangers)
    named: bool = False
    paid: Callable[[str], Decimal] = lambda bill_id: ZERO
    seen: set[str] = field(default_factory=set)
    listed: dict[str, set[str]] = field(default_factory=dict)
    commitments: dict[int, Commitment] = field(default_factory=dict)
    payees: dict[str, Payee] = field(default_factory=dict)
    project_numbers: Mapping[str, str] = field(default_factory=dict)
    items: Mapping[str, Item] = field(default_factory=dict)
    addresses: dict[str, tuple[ClaimPdf, ...]] = field(default_factory=dict)
    pdfs: dict[str, tuple[ClaimPdf, ...]] = field(default_factory=dict)
    made: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.for_cost_codes = frozenset(link.xero_name for link in self.links.of("item"))

    @property
    def target(self) -> str:
        """What cost codes are in Xero: options, items, or nothing but accounts."""
        return self.settings.cost_codes.target

    def code(self, item: ClaimItem) -> str:
        """Return the cost code of a line, or the one that stands in for none."""
        return item.budget_code.code or self.settings.cost_codes.fallback_code or ""

    def item_code(self, item: ClaimItem) -> str:
        """Return the code of the item that a line names, if it names one."""
        budget = item.budget_code
        return item_code(self.code(item), budget.cost_type, budget.name, self.settings.cost_codes)

    def item(self, item: ClaimItem) -> Item | None:
        """Return the item that a line names, or None where Xero has none, or lines name none."""
        return self.items.get(self.item_code(item)) if self.target == "item" else None

    def account(self, item: ClaimItem) -> str:
        """Return the account of a line: its item's own, else the one that the settings name."""
        own = self.item(item)
        chosen = own.account if own is not None else ""
        kind = item.budget_code.cost_type
        return chosen or account_code(self.settings.accounts, self.code(item), kind) or ""

    @property
    def retainage_account(self) -> str:
        """The account of retainage lines: the settings', else that of the settings' item."""
        bills = self.settings.bills
        item = self.items.get(bills.retainage_item or "")
        return bills.retainage_account or (item.account if item is not None else "")

    def url(self, claim: SubcontractorInvoice) -> str:
        """Return the claim's page in Procore: the marker of its bill."""
        return self.pages.requisition(
            claim.project_id, claim.commitment_kind, claim.commitment_id, claim.id
        )

    def locks(self, day: date | None) -> bool:
        return day is not None and self.locked_until is not None and day <= self.locked_until

    @property
    def first_open_day(self) -> date | None:
        return self.locked_until and self.locked_until + timedelta(days=1)
