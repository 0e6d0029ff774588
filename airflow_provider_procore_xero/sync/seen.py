"""What both systems' records say, in the words in which they are compared.

Claims and bills are put on the same codes, as Xero has them: the cost code that an option stands
for, an item code, or an account code. Retainage is where its lines are: on its own item or account,
and on no code where cost codes are options.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.sync.entities.bill_payments import (
    ADVANCES,
    as_paid,
    payments_of,
)
from airflow_provider_procore_xero.sync.entities.claims import (
    InvoicesAround,
    SubcontractorInvoice,
    content,
)
from airflow_provider_procore_xero.sync.entities.job_costs import Codes, code_in_xero
from airflow_provider_procore_xero.sync.entities.transactions import (
    Transaction,
    TransactionLine,
    project_of,
)
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.money import ZERO, money
from airflow_provider_procore_xero.sync.reconciliation import Names, Place
from airflow_provider_procore_xero.sync.tracing import Paper, SeenBill, SeenLine, Settled, Why

if TYPE_CHECKING:
    from airflow_provider_procore_xero.sync.settings import Settings

CREDITS: Mapping[str, str] = {
    "Credit note": "CREDIT_NOTE", "Prepayment": "PREPAYMENT", "Overpayment": "OVERPAYMENT",
}  # fmt: skip
RETAINAGE = Why(code="RETAINAGE_LINE")
"""Why lines of retainage come to no direct cost, wherever they are."""
_OURS = re.compile(r"(?:/requisitions/|-CR-)(\d+)$")


@dataclass(kw_only=True)
class Look:
    """What records are looked at with.

    :param around: the small lists that claims are judged against.
    :param projects: links of projects by the id and by the name of their option.
    :param names: what people call each project that is read, by its id.
    :param cost_accounts: codes of the accounts that costs are on.
    """

    around: InvoicesAround
    projects: Mapping[str, Link]
    codes: Codes
    names: Mapping[str, str]
    cost_accounts: frozenset[str]

    @property
    def target(self) -> str:
        return self.around.settings.cost_codes.target

    def code(self, line: TransactionLine) -> str:
        """Return the code of a line in Xero."""
        code, name = code_in_xero(line, self.target)
        return self.codes.of(code, name)[0] if self.target == "tracking_option" else code

    def vendor(self, transaction: Transaction) -> str:
        """Return the id of the vendor that a document's contact is, else the contact's."""
        link = self.around.links.find("vendor", "xero", transaction.contact_id)
        return link.procore_id if link is not None else transaction.contact_id

    def astray(self, line: TransactionLine, project_id: str) -> tuple[str, str, Why | None]:
        """Return where a line is that should be on a project: its project, its name, why not it."""
        link = project_of(line, self.projects)
        if link is not None and link.procore_id == project_id:
            return project_id, "", None
        if not line.project:
            return "", "", Why(code="UNASSIGNED_LINE")
        if link is None:
            return "", line.project, Why(code="UNKNOWN_PROJECT")
        return link.procore_id, link.procore_name, Why(code="OTHER_PROJECT")


def claim_place(claim: SubcontractorInvoice, around: InvoicesAround) -> Place:
    """Return where a claim belongs, without a code."""
    return Place(
        project_id=str(claim.project_id),
        commitment_id=str(claim.commitment_id),
        vendor_id="" if claim.vendor_id is None else str(claim.vendor_id),
        currency=claim.currency or around.currency,
    )


def claimed(claim: SubcontractorInvoice, around: InvoicesAround) -> dict[str, Decimal]:
    """Return what a claim comes to by code, retainage on its own."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    bills = around.settings.bills
    kept = {"item": bills.retainage_item or "", "account_map": around.retainage_account}
    retainage = kept.get(around.target, "")
    for item in claim.items:
        if around.target == "tracking_option":
            code = around.code(item)
        else:
            code = around.item_code(item) if around.target == "item" else around.account(item)
        found[code] += item.gross
        found[retainage] += item.released - item.retained
    return {code: amount for code, amount in found.items() if amount}


def header_due(record: Mapping[str, Any]) -> Decimal:
    """Return what the header of a claim says is due, where its items can't be read.

    What is no amount there is 0.00; its bill, if it has one, then stands alone.
    """
    summary = record.get("summary") or record.get("g702")
    try:
        return money(summary.get("current_payment_due") if isinstance(summary, Mapping) else None)
    except MappingError:
        return ZERO


def claim_id(record: Mapping[str, Any], link: Link | None) -> str:
    """Return the id of the claim that a document of Xero's stands for, or an empty text.

    The ledger knows it by its link; a document whose link is lost is known by its mark.
    """
    if link is not None:
        return link.procore_id
    found = _OURS.search(record.get("Url") or record.get("CreditNoteNumber") or "")
    return found[1] if found else ""


def edited(record: Mapping[str, Any], link: Link | None) -> Why | None:
    """Return that a document is no longer what we left, where that is so."""
    document = record.get("InvoiceID") or record.get("CreditNoteID")
    if link is None or link.xero_id != document or not link.held:
        return None
    if fingerprint(content(record)) != link.held:
        number = record.get("InvoiceNumber") or record.get("CreditNoteNumber") or document
        return Why(
            code="BILL_EDITED", sentence=f"Bill {number} was changed in Xero since we wrote it."
        )
    if link.data.get("taken"):
        return Why(
            code="BILL_DIFFERS", sentence="It was linked by hand, and is taken as it stands."
        )
    if link.data.get("incomplete"):
        return Why(code="BILL_INCOMPLETE", sentence="Xero did not keep all that was sent.")
    return None


def seen_bill(
    transaction: Transaction, record: Mapping[str, Any], place: Place, look: Look
) -> SeenBill:
    """Return a claim's document as Xero has it now."""
    inside = record.get("LineAmountTypes") == "Inclusive"
    pages, credit = look.around.pages, transaction.kind == "credit_note"
    url = pages.credit_note(transaction.id) if credit else pages.bill(transaction.id)
    lines = []
    for line in transaction.lines:
        project_id, _, astray = look.astray(line, place.project_id)
        code = look.code(line)
        cost = Place(
            project_id=project_id,
            vendor_id=place.vendor_id,
            code=code,
            currency=transaction.currency,
        )
        lines.append(
            SeenLine(
                code=code,
                net=line.net,
                tax_inside=line.tax if inside else ZERO,
                cost=cost,
                astray=astray,
            )
        )
    paper = Paper(id=transaction.id, title=transaction.number, xero_url=url)
    return SeenBill(paper=paper, live=transaction.live, lines=tuple(lines))


def settled(
    bill: Mapping[str, Any],
    known: Sequence[Link],
    claim: Link | None,
    settings: Settings,
    page: str,
) -> Iterator[Settled]:
    """Yield what was set against *bill* in Xero: payments as they come to Procore, then credits.

    :param known: links of payments that this bill had before.
    """
    gross = as_paid(bill, claim, settings)
    counted = settings.payments.prepayments == "count"
    paid = ZERO
    for record in payments_of(bill, known, claim, settings):
        if record["gone"]:
            continue
        before, paid = paid, paid + money(record["paid"])
        code = "" if counted and record["kind"] in ADVANCES else CREDITS.get(record["kind"], "")
        amount = money(record["amount"])
        if code:
            amount = _net(bill, paid, gross=gross) - _net(bill, before, gross=gross)
        title = f"{record['kind']} of {record['paid']} on {record['paid_on']}"
        yield Settled(
            paper=Paper(id=record["id"], title=title, xero_url=page),
            amount=amount,
            why=Why(code=code) if code else None,
        )


def _net(bill: Mapping[str, Any], paid: Decimal, *, gross: bool) -> Decimal:
    """Return what *paid* of a bill comes to without tax, by its own subtotal and total."""
    total = money(bill["Total"])
    return paid if gross or not total else money(money(bill["SubTotal"]) * paid / total)


def direct_lines(
    transaction: Transaction, look: Look
) -> Iterator[tuple[Place, Names, Decimal, Why | None]]:
    """Yield what a document that is not a claim's costs, by place.

    With it comes why Procore has no direct cost for it, where its lines already say so.
    """
    found: dict[tuple[Place, bool], Decimal] = defaultdict(Decimal)
    said: dict[tuple[Place, bool], tuple[Names, Why | None]] = {}
    for line in transaction.lines:
        project_id, option, astray = look.astray(line, "")
        place = Place(
            project_id=project_id,
            vendor_id=look.vendor(transaction),
            code=look.code(line),
            currency=transaction.currency,
        )
        found[place, line.retainage] += line.net
        on_project = astray is not None and astray.code == "OTHER_PROJECT"
        project = look.names.get(project_id, option)
        names = Names(project=project, vendor=transaction.contact)
        why = None if on_project else astray
        said[place, line.retainage] = (names, RETAINAGE if line.retainage else why)
    for key, amount in found.items():
        yield key[0], said[key][0], amount, said[key][1]
