"""Bills that were entered in Xero without us, read where a claim might be one of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.sync.apply import in_batches
from airflow_provider_procore_xero.sync.entities.bill_twins import LIKELY
from airflow_provider_procore_xero.sync.entities.credit_notes import is_credit_note, is_ours
from airflow_provider_procore_xero.sync.entities.payees import contact_id
from airflow_provider_procore_xero.sync.entities.subcontractor_invoices import ENTITY
from airflow_provider_procore_xero.sync.planning import MISREAD

if TYPE_CHECKING:
    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.entities.claims import (
        InvoicesAround,
        SubcontractorInvoice,
    )
    from airflow_provider_procore_xero.sync.links import Link

Raw = Mapping[str, Any]


def of_claims(
    work: Work, around: InvoicesAround, raws: Sequence[Raw]
) -> Iterator[tuple[Raw, Link | None]]:
    """Yield those bills of a page that are claims', with the link that stands.

    The others are strangers, and remembered as such.
    """
    links = work.ledger.links(ENTITY.kind, xero_ids=[_id(raw) for raw in raws])
    known = {link.xero_id: link for link in links if link.state == "active"}
    for raw in raws:
        link = known.get(_id(raw))
        if link is not None or is_marked(_mark(raw), around):
            yield raw, link
        else:
            _remember(around, raw)


def is_marked(mark: str, around: InvoicesAround) -> bool:
    """Whether a bill's address, or a credit note's number, is one that we give."""
    ours = mark.startswith(f"{around.pages.procore}/") and "/requisitions/" in mark
    return ours or is_ours(mark)


def _id(raw: Raw) -> str:
    return str(raw.get("CreditNoteID" if is_credit_note(raw) else "InvoiceID") or "")


def _mark(raw: Raw) -> str:
    return str(raw.get("CreditNoteNumber" if is_credit_note(raw) else "Url") or "")


def _remember(around: InvoicesAround, raw: Raw) -> None:
    """Remember a bill of a linked vendor: no other can be a claim's."""
    with suppress(*MISREAD):  # what can't be read is no claim's
        linked = around.links.find("vendor", "xero", raw["Contact"]["ContactID"])
        if linked is not None and not is_credit_note(raw):
            around.strangers.add(raw)


def look_for_strangers(
    work: Work, around: InvoicesAround, claims: Sequence[SubcontractorInvoice]
) -> None:
    """Read the bills of the contacts of those of *claims* that may have been entered without us.

    Nothing need be asked where this run has read every bill. Else it is asked for claims that are
    older than our first run, and for those that were held for it: the others were ours from the
    start.
    """
    unlinked = (c for c in claims if not around.links.find(ENTITY.kind, "procore", c.id))
    new = [claim for claim in unlinked if str(claim.id) not in around.apart]
    if not new or around.named or around.strangers.whole:
        return
    first = work.ledger.first_run(ENTITY.name)
    began = first.date() if first else date.max
    said = work.ledger.issues(ENTITY.name, q=LIKELY)
    suspected = {issue.source_id for issue in said if issue.code == LIKELY}
    due = {
        contact_id(claim, around)
        for claim in new
        if str(claim.id) in suspected or (claim.billed_on and claim.billed_on <= began)
    }
    if wanted := due - around.strangers.contacts - {""}:
        for page in in_batches(work.xero.bills(contacts=sorted(wanted)), 500):
            for _ in of_claims(work, around, page):
                pass  # a claim's bill is no stranger
        around.strangers.contacts |= wanted
