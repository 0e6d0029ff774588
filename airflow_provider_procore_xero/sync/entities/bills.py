"""The bill that a subcontractor invoice becomes: its lines, its dates, and what these need."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.sync.approval import under_approval
from airflow_provider_procore_xero.sync.entities.bill_coding import coding
from airflow_provider_procore_xero.sync.entities.claim_items import ClaimItem
from airflow_provider_procore_xero.sync.entities.claims import (
    Commitment,
    InvoicesAround,
    SubcontractorInvoice,
    content,
)
from airflow_provider_procore_xero.sync.entities.credit_notes import to_credit_note
from airflow_provider_procore_xero.sync.entities.payees import is_new, payee_of
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.money import ZERO, money
from airflow_provider_procore_xero.sync.plan import Desired, FieldChange, differences
from airflow_provider_procore_xero.sync.quantities import by_unit
from airflow_provider_procore_xero.sync.text import cut

KIND = "subcontractor_invoice"
LINE_AMOUNT_TYPES = {"exclusive": "Exclusive", "inclusive": "Inclusive", "no_tax": "NoTax"}
DESCRIPTION_LENGTH = 4000
NUMBER_LENGTH = 255
ONCE = frozenset({"Status"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BillLine:
    """One line. *amount* is quantity times unit price, to the cent."""

    description: str
    amount: Decimal
    account: str
    tax_type: str | None
    options: tuple[tuple[str, str], ...]
    quantity: Decimal | int = 1
    unit_price: Decimal | None = None
    item: str | None = None

    def to_xero(self) -> dict[str, Any]:
        line: dict[str, Any] = {
            "Description": cut(self.description or "-", DESCRIPTION_LENGTH),
            "Quantity": self.quantity,
            "UnitAmount": self.amount if self.unit_price is None else self.unit_price,
            "AccountCode": self.account,
            "Tracking": [{"Name": name, "Option": option} for name, option in self.options],
        }
        if self.tax_type:
            line["TaxType"] = self.tax_type
        if self.item:
            line["ItemCode"] = self.item
        return line


def to_bill(claim: SubcontractorInvoice, around: InvoicesAround) -> Desired:
    """Return the bill that should stand in Xero for *claim*, or the credit note if it is negative.

    :raises MappingError: where one of its lines can't be written to the cent.
    """
    settings = around.settings
    commitment = _commitment(claim, around)
    project = around.links.need("project", "procore", claim.project_id)
    lines = list(_lines(claim, around, project))
    if sum((line.amount for line in lines), ZERO) != claim.net:
        raise MappingError(
            f"The lines of claim {claim.invoice_number} do not come to {claim.net}.",
            code="AMOUNTS_DISAGREE",
            fix="Report this as a bug, with the claim's number.",
        )
    billed_on, status = _date_and_status(claim, around)
    due_on, due_by = due(claim, around, billed_on)
    number = reference(claim, commitment, around)
    payload: dict[str, Any] = {
        "Type": "ACCPAY",
        "Contact": {"ContactID": around.links.need("vendor", "procore", claim.vendor_id).xero_id},
        "InvoiceNumber": number,
        "Date": billed_on.isoformat(),
        "DueDate": due_on.isoformat(),
        "LineAmountTypes": LINE_AMOUNT_TYPES[settings.tax.amounts],
        "CurrencyCode": around.currency,
        "Status": status,
        "Url": around.url(claim),
        "LineItems": [line.to_xero() for line in lines],
    }
    data: dict[str, Any] = {
        "project_id": claim.project_id,
        "commitment_id": claim.commitment_id,
        "commitment_kind": claim.commitment_kind,
        "commitment_number": commitment.number,
        "invoice_number": claim.invoice_number,
        "application_number": claim.number,
        "net": str(claim.net),
        "billed_on": billed_on.isoformat(),
        "claimed_on": str(claim.billed_on),
        "due_on": due_on.isoformat(),
        "due_by": due_by,
    }
    known = around.links.find(KIND, "procore", claim.id)
    attached = [] if known is None else known.data.get("pdfs")
    if settings.bills.attach_pdf and attached is not None:
        data["pdfs"] = attached
    if claim.net < ZERO:
        payload = to_credit_note(payload, claim.id)
        number, data["document"] = payload["CreditNoteNumber"], "credit_note"
    data["coding"] = coding(payload)
    return Desired(payload=payload, name=number, data=data, moved=moved(claim, payload, around))


def _commitment(claim: SubcontractorInvoice, around: InvoicesAround) -> Commitment:
    commitment = around.commitments.get(claim.commitment_id)
    if commitment is None:
        raise MappingError(
            f"Commitment {claim.contract or claim.commitment_id} of claim {claim.invoice_number}"
            " can't be read.",
            code="COMMITMENT_HIDDEN",
            fix="Let the connection's service account see the commitment: if it is private, add"
            " the account to it.",
        )
    return commitment


def reference(claim: SubcontractorInvoice, commitment: Commitment, around: InvoicesAround) -> str:
    """Return the bill's number, which Xero's screens show as Reference.

    A purchase order may be numbered otherwise than its commitment, where two share a number.
    """
    order = around.links.find("commitment", "procore", commitment.id)
    choice = around.settings.bills.reference
    if choice == "auto":
        choice = "po_number" if around.settings.commitments.enabled else "invoice_number"
    templates = {"po_number": "{order_number}", "invoice_number": "{invoice_number}"}
    text = templates.get(choice, choice).format(
        order_number=(order.xero_name if order else "") or commitment.number,
        commitment_number=commitment.number,
        invoice_number=claim.invoice_number,
        application_number=claim.number,
        project_number=around.project_numbers.get(str(claim.project_id), ""),
    )
    printable = "".join(c if " " <= c <= "~" else "?" for c in text)
    return cut(printable.strip(), NUMBER_LENGTH)


DUE_BY = {
    "payment_date": "by the claim's payment date",
    "contact_terms": "by the payment terms of the contact",
    "due_days": "by bills.due_days",
}
"""What a due date comes from, as the link of a bill has it, and in words."""


def due(claim: SubcontractorInvoice, around: InvoicesAround, billed_on: date) -> tuple[date, str]:
    """Return the due date, and what it comes from: a key of ``DUE_BY``.

    What no payment date says is decided once, when the bill is made: terms that change later do not
    move bills that stand.
    """
    if claim.pay_on is not None:
        return claim.pay_on, "payment_date"
    if known := _due_before(claim, around, billed_on):
        return known
    payee = payee_of(claim, around)
    if payee is not None and around.settings.bills.due_from == "contact_terms":
        by_terms = payee.due_on(billed_on)
        if by_terms is not None:
            return by_terms, "contact_terms"
    return billed_on + timedelta(days=around.settings.bills.due_days), "due_days"


def _due_before(
    claim: SubcontractorInvoice, around: InvoicesAround, billed_on: date
) -> tuple[date, str] | None:
    """Return what was decided when the bill was made, unless the billing date has moved since."""
    link = around.links.find(KIND, "procore", claim.id)
    if link is None or link.planned or link.state != "active":
        return None
    decided = link.data.get("due_by")
    if decided not in ("contact_terms", "due_days") or link.data["billed_on"] != str(billed_on):
        return None
    return date.fromisoformat(link.data["due_on"]), decided


def wants_terms(claim: SubcontractorInvoice, around: InvoicesAround) -> bool:
    """Whether the contact of *claim* must be known: a bill will be made, or may be due anew."""
    if is_new(claim, around, KIND):
        return True
    assert claim.billed_on is not None  # a condition says so
    billed_on, _ = _date_and_status(claim, around)
    return claim.pay_on is None and _due_before(claim, around, billed_on) is None


def _date_and_status(claim: SubcontractorInvoice, around: InvoicesAround) -> tuple[date, str]:
    assert claim.billed_on is not None  # a condition says so
    if known := _dated_before(claim, around):
        return known, around.settings.bills.status
    rule = around.settings.bills.lock_date
    if around.locks(claim.billed_on) and rule in ("first_open_day", "ask"):
        return around.first_open_day or claim.billed_on, around.settings.bills.status
    if around.locks(claim.billed_on) and rule == "draft":
        return claim.billed_on, "DRAFT"
    return claim.billed_on, around.settings.bills.status


def moved(
    claim: SubcontractorInvoice, payload: Mapping[str, Any], around: InvoicesAround
) -> tuple[FieldChange, ...]:
    """Return what of a new bill is otherwise than claim and settings say, since Xero is locked."""
    since = f"since Xero is locked up to {around.locked_until}"
    said = {"Date": str(claim.billed_on), "Status": around.settings.bills.status}
    if claim.net < ZERO:
        del said["Status"]  # a credit note is always a draft
    return tuple(
        FieldChange(name=f"{name}, {since}", before=before, after=payload[name])
        for name, before in said.items()
        if around.locks(claim.billed_on) and payload[name] != before
    )


def asks_in_vain(claim: SubcontractorInvoice, around: InvoicesAround) -> str:
    """Return that ``bills.lock_date: ask`` has nobody to ask, as a part of a sentence."""
    if around.settings.bills.lock_date != "ask":
        return ""
    return ", and approvals are off, so there is nobody for bills.lock_date to ask"


def may_be_dated(claim: SubcontractorInvoice, around: InvoicesAround) -> bool:
    """Whether a bill of the claim's date may be made: Xero is open, or the settings have a way."""
    rule = around.settings.bills.lock_date
    asked = rule == "ask" and under_approval(around.settings, "subcontractor_invoices")
    return not around.locks(claim.billed_on) or asked or rule in ("draft", "first_open_day")


def _dated_before(claim: SubcontractorInvoice, around: InvoicesAround) -> date | None:
    """Return the date that the bill was given when it was made, unless the claim's has moved since.

    A lock date that moves later moves no bill that stands.
    """
    link = around.links.find(KIND, "procore", claim.id)
    if link is None or link.planned or link.state != "active" or "billed_on" not in link.data:
        return None
    billed_on = link.data["billed_on"]
    moved = link.data.get("claimed_on", billed_on) != str(claim.billed_on)
    return None if moved else date.fromisoformat(billed_on)


def _lines(
    claim: SubcontractorInvoice, around: InvoicesAround, project: Link
) -> Iterator[BillLine]:
    """Yield a line for each item billed, then what is retained and what is released.

    Retainage goes on one line for each tax type that its work has, so that tax falls due with the
    money: on the net now, on the release later.
    """
    retained: dict[str, Decimal] = {}
    released: dict[str, Decimal] = {}
    for item in _billed(claim):
        line = _work_line(item, around, project)
        if item.gross:
            yield line
        tax = line.tax_type or ""
        retained[tax] = retained.get(tax, ZERO) + item.retained
        released[tax] = released.get(tax, ZERO) + item.released
    yield from _retainage_lines("Retainage held", retained, -1, around, project)
    yield from _retainage_lines("Retainage released", released, 1, around, project)


def _work_line(item: ClaimItem, around: InvoicesAround, project: Link) -> BillLine:
    code, account, named = around.code(item), around.account(item), around.item(item)
    own_tax = named.tax_type if named is not None else ""
    options = [(around.project_category, project.xero_name)]
    if around.target == "tracking_option" and code in around.codes:
        options.append((around.code_category, around.codes[code].xero_name))
    quantity, unit_price, description = by_unit(
        item.description, item.gross, item.quantity, item.unit_price, item.uom
    )
    return BillLine(
        description=description,
        amount=item.gross,
        account=account,
        tax_type=around.settings.tax.purchase_tax_type
        or own_tax
        or around.accounts[account].tax_type
        or None,
        options=tuple(options),
        quantity=1 if quantity == 1 else quantity,
        unit_price=unit_price,
        item=named.code if named is not None else None,
    )


def _retainage_lines(
    words: str,
    amounts: Mapping[str, Decimal],
    sign: int,
    around: InvoicesAround,
    project: Link,
) -> Iterator[BillLine]:
    bills = around.settings.bills
    tax = bills.retainage_tax
    for tax_type, amount in amounts.items():
        if amount:
            yield BillLine(
                description=words,
                amount=amount * sign,
                account=around.retainage_account,
                item=bills.retainage_item,
                tax_type=(tax_type or None) if tax == "same_as_work" else tax,
                options=((around.project_category, project.xero_name),),
            )


def document_url(target_id: str, data: Mapping[str, Any], around: InvoicesAround) -> str:
    """Return the page in Xero of a claim's bill or credit note."""
    pages = around.pages
    credit = data.get("document") == "credit_note"
    return pages.credit_note(target_id) if credit else pages.bill(target_id)


def expected(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``content`` that Xero will show of a bill sent as *payload*."""
    lines = [
        {
            "LineAmount": money(line["Quantity"] * line["UnitAmount"]),
            "Tracking": line["Tracking"],
        }
        for line in payload["LineItems"]
    ]
    return content(
        {
            **payload,
            "LineItems": lines,
            "SubTotal": sum((line["LineAmount"] for line in lines), ZERO),
        }
    )


def whole_bill(
    link: Link, desired: Desired, around: InvoicesAround
) -> tuple[Desired, tuple[FieldChange, ...]]:
    """Send the whole bill again but for its status, which is the bookkeeper's by now.

    So is the coding of its lines, which is kept where the present bill is looked at.
    """
    payload = {key: value for key, value in desired.payload.items() if key not in ONCE}
    before = link.data.get("content", {})
    fields = differences(before, expected(desired.payload))
    return Desired(payload=payload, name=desired.name, data=desired.data), fields


def codes_missing(claim: SubcontractorInvoice, around: InvoicesAround) -> str:
    """Return the codes of billed lines that Xero does not have, as people write them."""
    by_item = around.target == "item"
    known = around.items if by_item else around.codes
    codes = {
        item.budget_code.code and (code if by_item else item.budget_code.code)
        for item in _billed(claim)
        if (code := around.item_code(item) if by_item else around.code(item)) not in known
        or around.refuses(code, KIND, claim.id)
    }
    return "" if around.target == "account_map" else ", ".join(sorted(c or "(none)" for c in codes))


def no_account(claim: SubcontractorInvoice, around: InvoicesAround) -> bool:
    """Whether the settings name no account for some line."""
    return any(not around.account(item) for item in _billed(claim))


def accounts_missing(claim: SubcontractorInvoice, around: InvoicesAround) -> str:
    """Return what is wrong with the accounts that the claim's lines would post to."""
    codes = {around.account(item) for item in _billed(claim)}
    if has_retainage(claim):
        codes.add(around.retainage_account)
    bad = []
    for code in sorted(code for code in codes if code):
        account = around.accounts.get(code)
        if account is None or not account.takes_lines:
            bad.append(code)
    return ", ".join(bad)


def retainage_missing(claim: SubcontractorInvoice, around: InvoicesAround) -> str:
    """Return the setting that must say where the retainage of *claim* goes, and does not."""
    if not has_retainage(claim):
        return ""
    if around.target == "item" and not around.settings.bills.retainage_item:
        return "bills.retainage_item"
    return "" if _retainage_account_said(around) else "bills.retainage_account"


def _retainage_account_said(around: InvoicesAround) -> bool:
    """Whether there is an account; an item that Xero lacks is another condition's matter."""
    item = around.settings.bills.retainage_item
    return bool(around.retainage_account) or bool(item and item not in around.items)


def retainage_item_unfit(claim: SubcontractorInvoice, around: InvoicesAround) -> str:
    """Return why the item that the settings name for retainage can't be used, if it can't."""
    code = around.settings.bills.retainage_item
    if code is None or not has_retainage(claim):
        return ""
    item = around.items.get(code)
    if item is None:
        return "is none of Xero's items"
    if code in around.for_cost_codes:
        return "stands for a cost code"
    return "" if item.usable else "is not for purchases, or stock is kept of it"


def _billed(claim: SubcontractorInvoice) -> Iterable[ClaimItem]:
    return [item for item in claim.items if item.gross or item.retained or item.released]


def has_retainage(claim: SubcontractorInvoice) -> bool:
    return any(item.retained or item.released for item in claim.items)


def over_release(claim: SubcontractorInvoice, around: InvoicesAround) -> str:
    """Return the lines that release more retainage than was ever held on them.

    What is held on one line is not another's to release; a line that does not say how much was
    held before is believed. On a line that takes work away both are below zero.
    """
    return "; ".join(
        f"{item.description or 'a line'}, {item.released:,.2f} of {held:,.2f}"
        for item in claim.items
        if item.held_before is not None
        and not min(held := item.held_before + item.retained, ZERO)
        <= item.released
        <= max(held, ZERO)
    )
