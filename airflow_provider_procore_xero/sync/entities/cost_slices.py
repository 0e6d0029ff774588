"""A slice is what one document of Xero has cost one project: its header, and the lines of that.

Its id is the document's and the project's, so it is unique in the company, as the ``origin_id`` of
the direct cost that it becomes must be.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Self

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.sync.entities.cost_coding import BudgetCodes, Coding
from airflow_provider_procore_xero.sync.entities.transactions import (
    ID_FIELDS,
    Kind,
    Parts,
    Reading,
    Transaction,
    TransactionLine,
    original,
    parts,
    total,
)
from airflow_provider_procore_xero.sync.entity import Around
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.money import ZERO
from airflow_provider_procore_xero.sync.pages import Pages
from airflow_provider_procore_xero.sync.planning import MISREAD
from airflow_provider_procore_xero.sync.text import plain

READ = frozenset(
    {
        *ID_FIELDS.values(), "Status", "InvoiceNumber", "CreditNoteNumber", "Reference",
        "Narration", "Date", "DueDate", "UpdatedDateUTC", "CurrencyCode", "CurrencyRate",
        "SubTotal", "CISDeduction", "LineAmountTypes", "Url", "BankAccount", "LineItems",
        "JournalLines", "from_procore",
    }
)  # fmt: skip
"""What is kept of a document: nothing that changes with each payment, but the day it changed."""
CALLED: Mapping[Kind, str] = {
    "bill": "Bill",
    "spend_money": "Spend money",
    "credit_note": "Credit note",
    "journal": "Journal",
}
Left = tuple[Transaction, Decimal]
"""A document, and what of it stays in Xero."""
SHOWN = 5
"""So many documents are named where a note counts more."""
CLOSED = frozenset({"Void", "Terminated"})
"""Statuses of commitments that nothing can be billed on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """What one document has cost one project.

    :param project_id: Procore's; empty where the lines' option stands for no project.
    :param option: the name of that option.
    :param lines: its costs; retainage is none.
    :param unknown: names of the document's other options that stand for no project.
    """

    id: str
    transaction: Transaction
    project_id: str
    option: str
    lines: tuple[TransactionLine, ...]
    unknown: tuple[str, ...]

    @classmethod
    def from_xero(cls, record: Mapping[str, Any], around: CostsAround) -> Self:
        """Read one of the records that :func:`slices_of` made of a document."""
        transaction = around.transaction(record["kind"], record["document"])
        shared = parts(transaction, around.projects)
        project_id, option = record["project_id"], record["option"]
        if not project_id:  # when it was read; its option may stand for a project by now
            project_id = _project_by_now(shared, option)
        of_option = shared.unknown.get(option, ())
        lines = shared.projects.get(project_id, ()) if project_id else of_option
        return cls(
            id=slice_id(transaction.id, project_id) if project_id else record["id"],
            transaction=transaction,
            project_id=project_id,
            option=option,
            lines=tuple(line for line in lines if line.net),
            unknown=tuple(name for name, those in shared.unknown.items() if any_cost(those)),
        )

    @property
    def gone(self) -> bool:
        """Whether the document was voided, or has no cost of that project any more."""
        return self.transaction.gone or not self.lines

    @property
    def net(self) -> Decimal:
        return total(self.lines)

    @property
    def original(self) -> Decimal:
        """The same in the currency of its document."""
        return original(self.lines)

    @property
    def title(self) -> str:
        exchange = self.transaction.exchange
        said = f" ({exchange.said(self.original)})" if exchange and self.lines else ""
        return f"{called(self.transaction)} · {self.net:,.2f}{said} on {self.option}"

    @property
    def typed(self) -> str:
        """What Procore calls a cost of this kind."""
        if self.transaction.kind in ("spend_money", "journal"):
            return "expense"
        return "subcontractor_invoice" if self.transaction.from_procore else "invoice"


def called(transaction: Transaction) -> str:
    """Return what people call a document."""
    words = [CALLED[transaction.kind], transaction.number or transaction.reference]
    return " ".join(filter(None, (*words, "·" if transaction.contact else "", transaction.contact)))


@dataclass(kw_only=True)
class CostsAround(Around):
    """What slices are judged against.

    :param kind: the kind of link that slices are paired under.
    :param projects: links of projects by their option, as ``projects_by_option`` makes them.
    :param known: ids of the slices that each document had before, linked or held.
    :param hidden: ids of projects that can't be read.
    :param stopped: ids of projects whose option can't be used any more.
    :param cost_accounts: where only lines on these accounts are costs; None where all are.
    :param budgets: the budget codes of projects that were read in this run.
    :param contracts: numbers of a vendor's commitments, by project and vendor, where read.
    :param numbers: slices by the invoice number that each has, by project and vendor.
    :param listed: projects whose direct costs were read in this run.
    :param issued: what Procore lists already, by the slice it is marked with.
    :param doubled: slices that were flagged, when this run began, as possibly counted twice.
    :param unassigned: documents with lines that name no project, and what those come to;
        *retained* are those with lines of retainage.
    """

    kind: str
    reading: Reading
    projects: Mapping[str, Link]
    coding: Coding
    currency: str = ""
    known: dict[str, set[str]] = field(default_factory=dict)
    stopped: frozenset[str] = frozenset()
    hidden: set[str] = field(default_factory=set)
    cost_accounts: frozenset[str] | None = None
    budgets: dict[str, BudgetCodes] = field(default_factory=dict)
    contracts: dict[str, dict[str, tuple[str, ...]]] = field(default_factory=dict)
    numbers: dict[tuple[str, str], dict[str, str]] = field(default_factory=dict)
    listed: set[str] = field(default_factory=set)
    issued: dict[str, dict[str, Any]] = field(default_factory=dict)
    doubled: frozenset[str] = frozenset()
    unassigned: list[Left] = field(default_factory=list)
    retained: list[Left] = field(default_factory=list)

    def transaction(self, kind: Kind, document: Mapping[str, Any]) -> Transaction:
        """Read a document, without lines that are on no account of costs."""
        read = Transaction.from_xero(kind, document, self.reading)
        if self.cost_accounts is None:
            return read
        lines = tuple(line for line in read.lines if line.account in self.cost_accounts)
        return replace(read, lines=lines, stated=total(lines))

    def link_of(self, piece: Slice) -> Link | None:
        """Return the link of a slice that has its direct cost."""
        link = self.links.find(self.kind, "xero", piece.id)
        return link if link is not None and link.state == "active" and not link.planned else None

    def integrated(self, project_id: str) -> bool:
        """Whether costs come to a project: its option is linked, and can be used."""
        return self.linked("project", project_id) and project_id not in self.stopped

    def vendor_id(self, piece: Slice) -> str:
        """Return the vendor that a slice's contact is, or nothing."""
        link = self.links.find("vendor", "xero", piece.transaction.contact_id)
        return link.procore_id if link is not None and link.state == "active" else ""

    def contracts_of(self, piece: Slice) -> tuple[str, ...]:
        """Return the numbers of the commitments that the vendor has on the project, if read."""
        vendors = self.contracts.get(piece.project_id, {})
        return vendors.get(self.vendor_id(piece), ())

    def page_of(self, transaction: Transaction) -> str:
        """Return where a document is found in Xero."""
        return page_of(transaction, self.pages)


def page_of(transaction: Transaction, pages: Pages) -> str:
    """Return where a document is found in Xero."""
    match transaction.kind:
        case "bill":
            return pages.bill(transaction.id)
        case "credit_note":
            return pages.credit_note(transaction.id)
        case "spend_money":
            return pages.bank_transaction(transaction.id, transaction.bank_account)
        case "journal":
            return pages.journal(transaction.id)


def sum_left(left: Sequence[Left]) -> str:
    """Return how many documents leave how much in Xero: ``2 documents with 5.00``.

    Amounts of several currencies are not added up.
    """
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for transaction, net in left:
        sums[transaction.currency] += net
    named = sums if len(sums) > 1 else {"": sum(sums.values(), ZERO)}
    amounts = " and ".join(f"{currency} {net:,.2f}".strip() for currency, net in named.items())
    return f"{len(left)} document{'' if len(left) == 1 else 's'} with {amounts}"


def name_left(left: Sequence[Left], pages: Pages) -> str:
    """Return what the largest of those leave, with links; first those that come over in part."""
    by_weight = sorted(left, key=lambda each: (each[0].net == each[1], -abs(each[1])))
    named = "; ".join(
        f"{called(transaction)} {net:,.2f} {page_of(transaction, pages)}"
        for transaction, net in by_weight[:SHOWN]
    )
    return f"{named}; and {len(left) - SHOWN} more" if len(left) > SHOWN else named


def _project_by_now(shared: Parts, option: str) -> str:
    """Return the project that the lines of *option* are on now, or nothing."""
    for project_id, lines in shared.projects.items():
        if any(line.project == option for line in lines):
            return project_id
    return ""


def slice_id(transaction_id: str, project_id: str) -> str:
    """Return what a slice is called in both systems and in the ledger."""
    return f"{transaction_id}:{project_id}"


def slices_of(
    kind: Kind, document: Mapping[str, Any], around: CostsAround
) -> Iterator[dict[str, Any]]:
    """Yield a record for each project of *document*, and for each known slice that it lost.

    Lines that name no project are noted as unassigned, never guessed, and those of retainage as
    retained. A document that can't be read is one slice, held by what it lacks when it is judged.
    """
    try:
        yield from list(_slices(kind, document, around))
    except (*MISREAD, MappingError):
        yield _record(str(document[ID_FIELDS[kind]]), kind, document, "", "")


def _slices(
    kind: Kind, document: Mapping[str, Any], around: CostsAround
) -> Iterator[dict[str, Any]]:
    transaction = around.transaction(kind, document)
    known = around.known.get(transaction.id, set())
    if not (transaction.live or transaction.gone) or not (known or _wanted(transaction, around)):
        return
    kept = {name: value for name, value in document.items() if name in READ}
    kept["Contact"] = {"ContactID": transaction.contact_id, "Name": transaction.contact}
    found: dict[str, tuple[str, str]] = {}
    if transaction.live:
        found = _found(transaction, around)
    for piece, (project_id, option) in found.items():
        yield _record(piece, kind, kept, project_id, option)
    for piece in sorted(known - found.keys()):
        project_id = piece.rpartition(":")[2]
        yield _record(piece, kind, kept, project_id, f"project {project_id}")


def _found(transaction: Transaction, around: CostsAround) -> dict[str, tuple[str, str]]:
    """Return project and option of each slice of a document that stands, by the slice's id."""
    shared = parts(transaction, around.projects)
    if lost := total(shared.unassigned):
        around.unassigned.append((transaction, lost))
    if kept := total(shared.retainage):
        around.retained.append((transaction, kept))
    found = {
        slice_id(transaction.id, project_id): (project_id, lines[0].project)
        for project_id, lines in shared.projects.items()
        if any_cost(lines)
    }
    return found | {
        slice_id(transaction.id, option): ("", option)
        for option, lines in shared.unknown.items()
        if any_cost(lines)
    }


def any_cost(lines: Iterable[TransactionLine]) -> bool:
    """Whether one of *lines* is more than text."""
    return any(line.net for line in lines)


def _wanted(transaction: Transaction, around: CostsAround) -> bool:
    """Whether a document is a cost here: a claim's own bill is in Procore already."""
    return not transaction.from_procore or around.settings.direct_costs.include == "all"


def _record(
    piece: str, kind: Kind, document: Mapping[str, Any], project_id: str, option: str
) -> dict[str, Any]:
    return {
        "id": piece,
        "kind": kind,
        "project_id": project_id,
        "option": option,
        "document": document,
    }


def open_contracts(rows: Iterable[Mapping[str, Any]]) -> dict[str, tuple[str, ...]]:
    """Return the numbers of each vendor's commitments, of ``GET /rest/v1.0/commitments``.

    A draft counts too: what it stands for is agreed soon, and would be counted twice then.
    """
    found: dict[str, list[str]] = {}
    for row in rows:
        with suppress(*MISREAD):  # one that names no vendor contracts none
            if row["status"] not in CLOSED:
                number = plain(row.get("number")) or str(row["id"])
                found.setdefault(str(row["vendor"]["id"]), []).append(number)
    return {vendor: tuple(sorted(numbers)) for vendor, numbers in found.items()}
