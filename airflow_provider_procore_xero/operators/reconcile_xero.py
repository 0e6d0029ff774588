"""What Xero says now, laid beside what Procore said: bills, payments, and everything that costs.

Bills, spend money and supplier credit notes are read whole, 1,000 a call. A project's direct costs
are listed in Procore where it has any, and a commitment's payments only where their sum differs.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.operators.cost_slices import known_claims
from airflow_provider_procore_xero.operators.direct_costs import BILLS, CREDITED, SPENT
from airflow_provider_procore_xero.operators.job_costs import readable, reading_of
from airflow_provider_procore_xero.operators.journal_entries import JOURNALS
from airflow_provider_procore_xero.operators.reconcile_procore import (
    Contract,
    Procore,
    issue_of,
    not_yet,
    why_differs,
    why_no_bill,
)
from airflow_provider_procore_xero.sync.dates import parse_moment
from airflow_provider_procore_xero.sync.entities.cost_slices import slice_id
from airflow_provider_procore_xero.sync.entities.credit_notes import claim_in
from airflow_provider_procore_xero.sync.entities.transactions import Kind, Transaction
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.money import ZERO, money
from airflow_provider_procore_xero.sync.reconciliation import Amounts, Names, Place, Sheet
from airflow_provider_procore_xero.sync.seen import (
    RETAINAGE,
    claim_id,
    direct_lines,
    edited,
    seen_bill,
    settled,
)
from airflow_provider_procore_xero.sync.tracing import (
    Issued,
    Paper,
    SeenBill,
    SeenClaim,
    Settled,
    Why,
    trace_claim,
    trace_direct,
    trace_payments,
)

if TYPE_CHECKING:
    from airflow_provider_procore_xero.operators.work import Work

CLAIM, PAYMENTS = "subcontractor_invoice", "payments"
DIRECT, JOURNAL = "direct_costs", "journal_entries"


@dataclass(kw_only=True)
class Part:
    """What one document has cost on one place."""

    place: Place
    names: Names
    cost: Decimal
    why: Why | None


@dataclass(kw_only=True)
class Xero:
    """What was read from Xero.

    :param bills: of each claim, by its id; *edits* say what was changed in them by hand.
    :param settled: what was set against the bills of each commitment, by its id.
    :param direct: what other documents cost, by the slice that would be their direct cost.
    """

    claims: dict[str, Link] = field(default_factory=dict)
    bills: dict[str, list[SeenBill]] = field(default_factory=lambda: defaultdict(list))
    edits: dict[str, Why] = field(default_factory=dict)
    settled: dict[str, list[Settled]] = field(default_factory=lambda: defaultdict(list))
    direct: dict[str, list[Part]] = field(default_factory=lambda: defaultdict(list))
    papers: dict[str, tuple[Paper, Kind, datetime | None]] = field(default_factory=dict)


def lay_beside(work: Work, sheet: Sheet, procore: Procore) -> None:
    """Read Xero, and put on *sheet* what both systems say and why they differ."""
    xero = _read(work, procore)
    for claim in procore.claims.values():
        bills = xero.bills.pop(claim.paper.id, [])
        trace_claim(sheet, replace(claim, why=_why(work, procore, xero, claim, bills)), bills)
    for left, bills in xero.bills.items():
        _trace_left(sheet, procore, xero.claims.get(left), bills)
    for contract in procore.contracts.values():
        _trace_payments(work, sheet, procore, contract, xero.settled.get(str(contract.id), []))
    _trace_direct(work, sheet, procore, xero)


def _why(
    work: Work, procore: Procore, xero: Xero, claim: SeenClaim, bills: Sequence[SeenBill]
) -> Why | None:
    """Return why a claim and its bill may differ; a bill that stands no condition holds."""
    if not bills:
        return why_no_bill(work, procore, claim, xero.claims.get(claim.paper.id))
    return xero.edits.get(claim.paper.id) or why_differs(work, procore, claim)


def _trace_left(
    sheet: Sheet, procore: Procore, link: Link | None, bills: Sequence[SeenBill]
) -> None:
    """Lay bills beside nothing: Procore lists their claim no longer, in a project that was read."""
    project_id = str(link.data.get("project_id") or "") if link is not None else ""
    if link is None or project_id not in procore.look.names:
        return
    commitment = procore.contracts.get(str(link.data.get("commitment_id")))
    gone = SeenClaim(
        paper=Paper(id=link.procore_id, title=link.procore_name),
        place=commitment.place if commitment else Place(project_id=project_id),
        names=commitment.names if commitment else Names(project=procore.look.names[project_id]),
        claimed={},
        why=Why(code="CLAIM_GONE"),
    )
    trace_claim(sheet, gone, bills)


# Reading


def _read(work: Work, procore: Procore) -> Xero:
    links = work.ledger.links(CLAIM)
    found = Xero(claims={link.procore_id: link for link in links})
    by_document = {link.xero_id: link for link in links}
    known = _payments_by_bill(work)
    reading = reading_of(work)
    for transaction, raw in readable(work, _documents(work, procore), reading):
        if transaction.gone:
            continue
        link = by_document.get(transaction.id)
        if link is None and not transaction.from_procore:
            _add_direct(procore, found, transaction, raw)
            continue
        claim = claim_id(raw, link)
        seen = procore.claims.get(claim)
        place = seen.place if seen else Place(project_id=_project(link))
        bill = seen_bill(transaction, raw, place, procore.look)
        found.bills[claim].append(bill)
        if why := edited(raw, link):
            found.edits[claim] = why
        if seen is not None and transaction.kind == "bill":
            paid = settled(raw, known[transaction.id], link, work.settings, bill.paper.xero_url)
            late = not_yet(work, "bills paid", parse_moment(raw.get("UpdatedDateUTC")))
            for each in paid:
                found.settled[seen.place.commitment_id].append(
                    replace(each, why=each.why or _why_unpaid(work, procore, each, late))
                )
    return found


def _documents(work: Work, procore: Procore) -> Iterator[tuple[Kind, dict[str, Any]]]:
    for bill in work.xero.bills():
        yield "bill", bill
    notes = list(work.xero.credit_notes())
    claims = known_claims(work, notes) | procore.claims.keys()
    for note in notes:
        yield "credit_note", {**note, "from_procore": claim_in(note) in claims}
    for spent in work.xero.spend_money():
        yield "spend_money", spent
    if work.settings.journals.enabled:
        for journal in work.xero.manual_journals():
            yield "journal", journal


def _payments_by_bill(work: Work) -> dict[str, list[Link]]:
    known: dict[str, list[Link]] = defaultdict(list)
    for link in work.ledger.links("payment"):
        known[str(link.data.get("bill_id"))].append(link)
    return known


def _project(link: Link | None) -> str:
    return str(link.data.get("project_id") or "") if link is not None else ""


def _why_unpaid(work: Work, procore: Procore, paid: Settled, late: Why | None) -> Why | None:
    """Return why Procore has no payment for one that Xero has, as far as that is known."""
    if not work.settings.payments.enabled:
        return Why(code="PAYMENTS_OFF")
    return issue_of(work, procore, PAYMENTS, paid.paper.id) or late


def _add_direct(
    procore: Procore, found: Xero, transaction: Transaction, raw: Mapping[str, Any]
) -> None:
    """Keep what a document costs on the projects that were read, and on none."""
    if not transaction.live:
        return
    look = procore.look
    if transaction.kind == "journal":  # of a journal only what is on accounts of costs
        lines = tuple(line for line in transaction.lines if line.account in look.cost_accounts)
        transaction = replace(transaction, lines=lines)
    pages = look.around.pages
    urls = {
        "bill": pages.bill(transaction.id),
        "credit_note": pages.credit_note(transaction.id),
        "spend_money": pages.bank_transaction(transaction.id, transaction.bank_account),
        "journal": pages.journal(transaction.id),
    }
    name = transaction.number or transaction.reference
    title = " · ".join(filter(None, (name, transaction.contact)))
    paper = Paper(id=transaction.id, title=title, xero_url=urls[transaction.kind])
    changed = parse_moment(raw.get("UpdatedDateUTC"))
    found.papers[transaction.id] = (paper, transaction.kind, changed)
    for place, names, cost, why in direct_lines(transaction, look):
        if place.project_id and place.project_id not in look.names:
            continue
        piece = slice_id(transaction.id, place.project_id)
        found.direct[piece].append(Part(place=place, names=names, cost=cost, why=why))


# Payments


def _trace_payments(
    work: Work, sheet: Sheet, procore: Procore, contract: Contract, paid: Sequence[Settled]
) -> None:
    """Compare sums, and look at payments one by one only where they differ."""
    total = sum((each.amount for each in paid), ZERO)
    issued: list[Issued] = []
    if total != contract.paid:
        issued = list(_issued(work, procore, contract))
        contract.paid = sum((each.amount for each in issued), ZERO)
    if not paid and not contract.paid:
        return
    page = procore.look.around.pages.payments_issued(
        contract.place.project_id, contract.kind, contract.id
    )
    amounts = Amounts(paid_xero=total, paid_procore=contract.paid)
    sheet.add(contract.place, amounts, contract.names, procore_url=page)
    if total != contract.paid:
        trace_payments(sheet, contract.place, paid, issued)


def _issued(work: Work, procore: Procore, contract: Contract) -> Iterator[Issued]:
    pages = procore.look.around.pages
    project = contract.place.project_id
    for row in work.procore.contract_payments(int(project), contract.id):
        paper = Paper(
            id=str(row["id"]),
            title=f"{money(row['amount'])} on {row.get('date')}",
            procore_url=pages.payments_issued(project, contract.kind, contract.id),
        )
        origin = str(row.get("origin_id") or "")
        yield Issued(paper=paper, amount=money(row["amount"]), origin_id=origin)


# Direct costs


def _trace_direct(work: Work, sheet: Sheet, procore: Procore, xero: Xero) -> None:
    """Lay other documents of Xero's beside the direct costs that Procore has of them."""
    linked = {
        str(link.data.get("project_id"))
        for kind in ("direct_cost", "journal_entry")
        for link in work.ledger.links(kind)
    }
    used = {part.place.project_id for parts in xero.direct.values() for part in parts}
    wanted = [int(p) for p in sorted(procore.look.names) if p in linked | used]
    listed: dict[str, tuple[int, dict[str, Any]]] = {}
    by_hand: list[tuple[int, dict[str, Any]]] = []
    for project_id, rows in work.procore.each_project(wanted, work.procore.direct_costs):
        for row in rows:
            if row.get("direct_cost_type") == "subcontractor_invoice":
                continue  # a claim's own bill: its cost is laid beside the claim (C11)
            if origin := row.get("origin_id"):
                listed[origin] = (project_id, row)
            else:
                by_hand.append((project_id, row))
    for piece, parts in xero.direct.items():
        found = listed.pop(piece, None)
        _trace_slice(work, sheet, procore, xero, piece, parts, found[1] if found else None)
    for piece, (project_id, row) in listed.items():
        why = issue_of(work, procore, DIRECT, piece) or issue_of(work, procore, JOURNAL, piece)
        gone = why or Why(code="DIRECT_COST_GONE")
        _trace_only_in_procore(sheet, procore, project_id, row, gone)
    for project_id, row in by_hand:
        _trace_only_in_procore(sheet, procore, project_id, row, Why(code="DIRECT_COST_BY_HAND"))


def _trace_slice(
    work: Work,
    sheet: Sheet,
    procore: Procore,
    xero: Xero,
    piece: str,
    parts: Sequence[Part],
    row: Mapping[str, Any] | None,
) -> None:
    """Lay one document's costs on one project beside its direct cost, whose lines are not read.

    What the two totals differ by is on the first code; retainage is no part of a direct cost. A
    document in another currency that is not converted has none that could be laid beside it.
    """
    paper, kind, changed = xero.papers[piece.partition(":")[0]]
    flow = JOURNAL if kind == "journal" else DIRECT
    why = issue_of(work, procore, flow, piece) or _why_no_cost(work, kind, changed)
    why = why or Why(code="UNEXPLAINED")
    first = parts[0]
    if row is not None and first.place.currency != procore.look.around.currency:
        _trace_only_in_procore(sheet, procore, int(first.place.project_id), row, why)
        row = None
    if row is not None:
        url = procore.look.around.pages.direct_costs(first.place.project_id)
        paper = replace(paper, procore_url=url)
        apart = _amount(row) - sum((p.cost for p in parts if p.why != RETAINAGE), ZERO)
        trace_direct(sheet, first.place, first.names, paper, cost=ZERO, direct=apart, why=why)
    for part in parts:
        direct = ZERO if row is None or part.why == RETAINAGE else part.cost
        told = part.why or why
        trace_direct(sheet, part.place, part.names, paper, cost=part.cost, direct=direct, why=told)


def _why_no_cost(work: Work, kind: Kind, changed: datetime | None) -> Why | None:
    direct = work.settings.direct_costs
    if kind == "credit_note" and direct.credit_notes == "explain":
        return Why(code="CREDIT_NOTE")
    if kind == "spend_money" and not direct.spend_money:
        return Why(code="NOT_A_DIRECT_COST")
    return not_yet(work, STREAMS[kind], changed)


STREAMS: Mapping[Kind, str] = {
    "bill": BILLS, "credit_note": CREDITED, "spend_money": SPENT, "journal": JOURNALS,
}  # fmt: skip


def _trace_only_in_procore(
    sheet: Sheet, procore: Procore, project_id: int, row: Mapping[str, Any], why: Why
) -> None:
    around = procore.look.around
    place = Place(
        project_id=str(project_id),
        vendor_id=str(row.get("vendor_id") or ""),
        currency=around.currency,
    )
    names = Names(
        project=procore.look.names.get(str(project_id), ""),
        vendor=str(row.get("vendor_name") or ""),
    )
    paper = Paper(
        id=str(row["id"]),
        title=str(row.get("invoice_number") or row.get("description") or row["id"]),
        procore_url=around.pages.direct_costs(project_id),
    )
    trace_direct(sheet, place, names, paper, cost=ZERO, direct=_amount(row), why=why)


def _amount(row: Mapping[str, Any]) -> Decimal:
    return money(row.get("grand_total") or row.get("amount"))
