"""What costs are made of in Xero: bills, spend money, supplier credit notes and manual journals.

All four are read into one shape, whose lines carry the project and the cost code that bookkeepers
gave them and a net amount as Xero states it: a tax-inclusive line less its own tax, never a
division by a tax rate. A cost is above zero; what a credit note gives back, and what a journal
credits, is below. Retainage, held or released, is told apart here for all that ask: it is no cost
of a code. Documents in another currency are converted here too, where the settings want that, so
that all who count them count the same.

Xero: ``GET /Invoices``, ``/BankTransactions``, ``/CreditNotes``, ``/ManualJournals``, each paged,
since only paged rows have their lines.
https://developer.xero.com/documentation/api/accounting/invoices
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal, Self

from airflow_provider_procore_xero.sync.currency import Exchange, rate_of
from airflow_provider_procore_xero.sync.dates import parse_date
from airflow_provider_procore_xero.sync.links import Link, Links
from airflow_provider_procore_xero.sync.money import ZERO, decimal, money
from airflow_provider_procore_xero.sync.text import plain

if TYPE_CHECKING:
    from airflow_provider_procore_xero.sync.settings import Settings

Kind = Literal["bill", "spend_money", "credit_note", "journal"]

ID_FIELDS: Mapping[Kind, str] = {
    "bill": "InvoiceID",
    "spend_money": "BankTransactionID",
    "credit_note": "CreditNoteID",
    "journal": "ManualJournalID",
}
LIVE = frozenset({"AUTHORISED", "PAID", "POSTED"})
"""Statuses of what was approved; a draft is no cost yet."""
DEAD = frozenset({"VOIDED", "DELETED", "ARCHIVED"})
ROUNDING = Decimal("0.10")
"""By how much a bookkeeper may shift a document's total in Xero; beyond, the lines are wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What must be known to read a transaction.

    :param project_category, code_category: names of the two tracking categories.
    :param procore: Procore's web host, which the ``Url`` of bills of ours begins with.
    :param currency: the organisation's, which journals are in.
    :param target: what cost codes are in Xero, ``cost_codes.target``.
    :param retainage_item, retainage_account: where the settings put retainage.
    :param cost_accounts: codes of the accounts that the settings post costs to.
    :param converts: whether documents in another currency are read in the organisation's.
    """

    project_category: str
    code_category: str = ""
    procore: str = ""
    currency: str = ""
    target: str = "tracking_option"
    retainage_item: str = ""
    retainage_account: str = ""
    cost_accounts: frozenset[str] = frozenset()
    converts: bool = False

    @classmethod
    def from_settings(cls, settings: Settings, *, procore: str, currency: str) -> Self:
        """Return what *settings* say of it, for one Procore company and one Xero organisation."""
        accounts, bills = settings.accounts, settings.bills
        by_code = (*accounts.by_cost_code.values(), *accounts.by_cost_type.values())
        return cls(
            project_category=settings.projects.tracking_category,
            code_category=settings.cost_codes.tracking_category,
            procore=procore,
            currency=currency,
            target=settings.cost_codes.target,
            retainage_item=bills.retainage_item or "",
            retainage_account=bills.retainage_account or "",
            cost_accounts=frozenset(filter(None, (accounts.expense, *by_code))),
            converts=settings.direct_costs.currency == "convert",
        )

    def exchange(self, record: Mapping[str, Any]) -> Exchange | None:
        """Return what a document is converted by; None where it stays in the currency it is in."""
        if not self.converts or not self.currency:
            return None
        currency, rate = plain(record.get("CurrencyCode")), rate_of(record.get("CurrencyRate"))
        if currency in ("", self.currency) or rate is None:
            return None
        return Exchange(currency=currency, rate=rate)


@dataclass(frozen=True, slots=True, kw_only=True)
class TransactionLine:
    """One line, in the words of cost accounting.

    :param net: without tax, signed so that a cost is above zero.
    :param original: the same in the document's own currency, as *unit_amount* always is.
    :param tax: of the line, with the same sign.
    :param project, code: names of the tracking options, empty where the line has none.
    :param project_option, code_option: their ids.
    :param retainage: it is money kept back or let go, see :func:`_is_retainage`.
    """

    id: str
    place: int
    description: str
    quantity: Decimal
    unit_amount: Decimal
    net: Decimal
    original: Decimal
    tax: Decimal
    account: str
    item: str
    project: str
    project_option: str
    code: str
    code_option: str
    retainage: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """A document of Xero's that holds costs.

    :param number: a bill's ``InvoiceNumber``, which Xero shows as Reference; spend money has none.
    :param reference: the field of that name, or a journal's narration.
    :param currency: what its amounts are in here; *exchange* says what they were converted by.
    :param rate: its ``CurrencyRate`` as Xero states it.
    :param stated: the net total that the document's header says, in its own currency.
    :param changed_on: the day it was last changed in Xero, UTC.
    :param withheld: construction tax kept back from the supplier, which is no part of the cost.
    :param from_procore: it is a document that we made of a claim.
    """

    id: str
    kind: Kind
    status: str
    number: str
    reference: str
    contact_id: str
    contact: str
    on: date | None
    due_on: date | None
    changed_on: date | None
    currency: str
    rate: str
    stated: Decimal
    withheld: Decimal
    from_procore: bool
    bank_account: str
    lines: tuple[TransactionLine, ...]
    exchange: Exchange | None = None

    @classmethod
    def from_xero(cls, kind: Kind, record: Mapping[str, Any], reading: Reading) -> Self:
        """Read one row of a paged list of *kind*.

        Who knows that a document is a claim's has added ``from_procore`` to the row.
        """
        contact = record.get("Contact") or {}
        rows = record.get("JournalLines" if kind == "journal" else "LineItems") or ()
        inclusive = record.get("LineAmountTypes") == "Inclusive"
        sign = -1 if kind == "credit_note" else 1
        ours = bool(record.get("from_procore")) or _ours(kind, record, reading)
        read = (
            _line(row, place, reading, sign=sign, inclusive=inclusive)
            for place, row in enumerate(rows, 1)
        )
        lines = tuple(
            replace(line, retainage=_is_retainage(line, reading, ours=ours)) for line in read
        )
        transaction = cls(
            id=record[ID_FIELDS[kind]],
            kind=kind,
            status=record["Status"],
            number=plain(record.get("InvoiceNumber") or record.get("CreditNoteNumber")),
            reference=plain(record.get("Reference") or record.get("Narration")),
            contact_id=contact.get("ContactID") or "",
            contact=plain(contact.get("Name")),
            on=parse_date(record.get("Date")),
            due_on=parse_date(record.get("DueDate")),
            changed_on=parse_date(record.get("UpdatedDateUTC")),
            currency=plain(record.get("CurrencyCode")) or reading.currency,
            rate=plain(record.get("CurrencyRate")),
            stated=sign * money(record["SubTotal"]) if "SubTotal" in record else total(lines),
            withheld=money(record.get("CISDeduction")),
            from_procore=ours,
            bank_account=(record.get("BankAccount") or {}).get("AccountID") or "",
            lines=lines,
        )
        exchange = reading.exchange(record)
        return transaction._in(reading.currency, exchange) if exchange else transaction

    def _in(self, currency: str, exchange: Exchange) -> Self:
        """Return this in the organisation's currency, but for what its header states."""
        return replace(
            self,
            currency=currency,
            exchange=exchange,
            withheld=exchange.converted(self.withheld),
            lines=tuple(_converted(line, exchange) for line in self.lines),
        )

    @property
    def net(self) -> Decimal:
        """What its lines come to without tax."""
        return total(self.lines)

    @property
    def original(self) -> Decimal:
        """The same in its own currency."""
        return original(self.lines)

    @property
    def retainage(self) -> Decimal:
        """What of its net is retainage: below zero where held, above where released."""
        return total(line for line in self.lines if line.retainage)

    @property
    def rounding(self) -> Decimal:
        """What the header says beyond its lines: cents that Xero or a bookkeeper shifted."""
        return self.stated - self.original

    @property
    def live(self) -> bool:
        """Whether it was approved, and stands."""
        return self.status in LIVE

    @property
    def gone(self) -> bool:
        return self.status in DEAD


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The lines of a transaction, shared out; together they are all of them.

    :param projects: by the id of the Procore project that their option stands for.
    :param unknown: by the name of an option that stands for no project.
    :param unassigned: lines that name no project.
    :param retainage: lines of retainage, whatever project they name.
    """

    projects: Mapping[str, tuple[TransactionLine, ...]]
    unknown: Mapping[str, tuple[TransactionLine, ...]]
    unassigned: tuple[TransactionLine, ...]
    retainage: tuple[TransactionLine, ...]


def parts(transaction: Transaction, projects: Mapping[str, Link]) -> Parts:
    """Return the lines of *transaction* by project.

    :param projects: what :func:`projects_by_option` made.
    """
    known: dict[str, list[TransactionLine]] = defaultdict(list)
    unknown: dict[str, list[TransactionLine]] = defaultdict(list)
    unassigned: list[TransactionLine] = []
    for line in transaction.lines:
        if line.retainage:
            continue
        if not line.project:
            unassigned.append(line)
        elif link := project_of(line, projects):
            known[link.procore_id].append(line)
        else:
            unknown[line.project].append(line)
    return Parts(
        projects={project: tuple(lines) for project, lines in known.items()},
        unknown={option: tuple(lines) for option, lines in unknown.items()},
        unassigned=tuple(unassigned),
        retainage=tuple(line for line in transaction.lines if line.retainage),
    )


def projects_by_option(links: Links) -> dict[str, Link]:
    """Return the links of projects by the id of their tracking option, and by its name.

    An option that was archived still says which project it stands for.
    """
    known = sorted(links.of("project", by="xero"), key=lambda link: link.state == "active")
    by_name = {f"name:{link.xero_name.casefold()}": link for link in known}
    return by_name | {link.xero_id: link for link in known}


def project_of(line: TransactionLine, projects: Mapping[str, Link]) -> Link | None:
    """Return the link of the project that *line* names, by its option's id, else by its name."""
    if line.project_option:
        return projects.get(line.project_option)
    return projects.get(f"name:{line.project.casefold()}")


def total(lines: Iterable[TransactionLine]) -> Decimal:
    """Return what *lines* come to without tax."""
    return sum((line.net for line in lines), ZERO)


def original(lines: Iterable[TransactionLine]) -> Decimal:
    """Return what *lines* come to without tax, in the currency of their document."""
    return sum((line.original for line in lines), ZERO)


def _line(
    row: Mapping[str, Any], place: int, reading: Reading, *, sign: int, inclusive: bool
) -> TransactionLine:
    amount, tax = money(row.get("LineAmount")), money(row.get("TaxAmount"))
    net = sign * (amount - tax if inclusive else amount)
    tracking = row.get("Tracking") or ()
    project, project_option = _option(tracking, reading.project_category)
    code, code_option = _option(tracking, reading.code_category)
    return TransactionLine(
        id=str(row.get("LineItemID") or place),
        place=place,
        description=plain(row.get("Description")),
        quantity=decimal(row.get("Quantity") or 0),
        unit_amount=decimal(row.get("UnitAmount") or 0),
        net=net,
        original=net,
        tax=sign * tax,
        account=row.get("AccountCode") or "",
        item=row.get("ItemCode") or "",
        project=project,
        project_option=project_option,
        code=code,
        code_option=code_option,
    )


def _converted(line: TransactionLine, exchange: Exchange) -> TransactionLine:
    return replace(line, net=exchange.converted(line.net), tax=exchange.converted(line.tax))


def _is_retainage(line: TransactionLine, reading: Reading, *, ours: bool) -> bool:
    """Whether a line is retainage: on the item or the account of that, and on no cost code.

    An account that costs post to as well tells it only of lines without a code that are *ours*: all
    work of a claim has a code there. Where codes are accounts, such an account never tells it.
    """
    if line.item and line.item == reading.retainage_item:
        return reading.target != "tracking_option" or not line.code
    shared = line.account in reading.cost_accounts
    coded = {"tracking_option": bool(line.code), "item": bool(line.item), "account_map": shared}
    if coded[reading.target] or not line.account or line.account != reading.retainage_account:
        return False
    return ours or not shared


def _option(tracking: Sequence[Mapping[str, Any]], category: str) -> tuple[str, str]:
    """Return the name and the id of the option that a line has in *category*."""
    wanted = category.strip().casefold()
    for element in tracking:
        if wanted and str(element.get("Name") or "").strip().casefold() == wanted:
            return plain(element.get("Option")), element.get("TrackingOptionID") or ""
    return "", ""


def _ours(kind: Kind, record: Mapping[str, Any], reading: Reading) -> bool:
    """Whether a bill is one that we made of a claim, by the mark that we left on it."""
    url = record.get("Url") or ""
    return bool(
        kind == "bill"
        and reading.procore
        and url.startswith(f"{reading.procore}/")
        and "/requisitions/" in url
    )
