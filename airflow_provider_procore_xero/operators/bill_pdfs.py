"""Claims' PDFs onto their bills: a list of what is to be attached, kept until it is.

What is to be done is put down before a bill is written, so that no crash forgets it; what Xero has
already is looked up before anything is sent a second time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import ApiError, RateLimited, SignInRefused, in_full
from airflow_provider_procore_xero.operators.work import not_permitted
from airflow_provider_procore_xero.sync.entities.claim_pdfs import (
    LARGEST,
    MOST_FILES,
    ClaimPdf,
    not_attached,
    pdfs_of,
    still_missing,
    too_many,
    without_files,
)
from airflow_provider_procore_xero.sync.entities.claims import (
    InvoicesAround,
    SubcontractorInvoice,
)
from airflow_provider_procore_xero.sync.entities.subcontractor_invoices import ENTITY
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import Reason
from airflow_provider_procore_xero.sync.report import Outcome

if TYPE_CHECKING:
    from airflow_provider_procore_xero.operators.work import Work

SHELF = "claim_pdfs"


def leaned(raw: dict[str, Any], around: InvoicesAround) -> dict[str, Any]:
    """Return a claim without the addresses of its files, which *around* remembers for this page."""
    wanted = around.settings.bills.attach_pdf
    if wanted and (pdfs := pdfs_of(raw)):
        around.addresses[str(raw["id"])] = pdfs
    return without_files(raw, keep_pdfs=wanted)


def put_down(work: Work, around: InvoicesAround, claims: Iterable[SubcontractorInvoice]) -> None:
    """Put down which claims of a page have PDFs that their bill lacks, or will lack.

    Bills that were sent before the setting was switched on are left as they are.
    """
    if work.planning_only or not work.settings.bills.attach_pdf:
        return
    wanted = {str(c.id): c for c in claims if still_missing(c.pdfs, _attached(c, around) or ())}
    wanted = {k: c for k, c in wanted.items() if _attached(c, around) is not None}
    around.pdfs.update({k: around.addresses[k] for k in wanted if k in around.addresses})
    work.ledger.shelve(
        SHELF, [(k, {"project_id": c.project_id, "title": c.title}) for k, c in wanted.items()]
    )


def _attached(claim: SubcontractorInvoice, around: InvoicesAround) -> list[str] | None:
    """Return what was attached to the claim's bill; None where that is no business of ours."""
    link = around.links.find(ENTITY.kind, "procore", claim.id)
    return [] if link is None else link.data.get("pdfs")


def attach_all(work: Work, around: InvoicesAround) -> None:
    """Attach what was put down, in this run or before; what fails is an issue, and stays down."""
    if work.planning_only or not work.settings.bills.attach_pdf:
        return
    down = dict(work.ledger.shelf(SHELF))
    links = {
        link.procore_id: link
        for link in work.ledger.links(ENTITY.kind, procore_ids=list(down))
        if link.state == "active"
    }
    hidden = _look_up(
        work, around, {k: down[k]["project_id"] for k in links if k not in around.pdfs}
    )
    blocked = ""
    for claim_id, link in links.items():
        if claim_id in hidden:
            continue
        pdfs = around.pdfs.get(claim_id, ())
        try:
            names, reasons = _attach(work, around, link, pdfs, blocked)
        except SignInRefused as error:
            blocked = in_full(error)
            names, reasons = [], _none_attached(pdfs, blocked)
        _remember(work, around, link, down[claim_id]["title"], names, reasons)


def _look_up(work: Work, around: InvoicesAround, projects: dict[str, int]) -> set[str]:
    """Read the claims whose addresses are not of this run, one call a project.

    Return those that Procore hides for now: they stay down.
    """
    wanted: dict[int, list[int]] = defaultdict(list)
    hidden: set[str] = set()
    for claim_id, project_id in projects.items():
        wanted[project_id].append(int(claim_id))
    for project_id, ids in wanted.items():
        try:
            for raw in work.procore.requisitions(project_id, ids=ids):
                around.pdfs[str(raw["id"])] = pdfs_of(raw)
        except ApiError as error:
            if not not_permitted(error):
                raise
            hidden |= {str(claim_id) for claim_id in ids}
    return hidden


def _attach(
    work: Work, around: InvoicesAround, link: Link, pdfs: Sequence[ClaimPdf], blocked: str
) -> tuple[list[str], list[Reason]]:
    """Attach what the bill lacks; return the names of what it has now, and why not the rest.

    :raises SignInRefused: where Xero takes no files from this app at all.
    """
    if blocked or not pdfs:  # no PDFs: the claim was deleted meanwhile, or they were
        return [], _none_attached(pdfs, blocked) if pdfs else []
    try:
        there = _names(work, around, link)
    except (RateLimited, SignInRefused):
        raise
    except ApiError as error:
        return [], _none_attached(pdfs, in_full(error))
    missing = still_missing(pdfs, there)
    room = max(MOST_FILES - len(there), 0)
    reasons = [too_many(missing[room:])] if missing[room:] else []
    failed = {pdf: why for pdf in missing[:room] if (why := _send(work, link, pdf))}
    there += [pdf.name for pdf in missing[:room] if pdf not in failed]
    reasons += [not_attached(failed)] if failed else []
    ours = {pdf.name for pdf in pdfs}
    return sorted(ours.intersection(there)), reasons


def _none_attached(pdfs: Sequence[ClaimPdf], why: str) -> list[Reason]:
    return [not_attached(dict.fromkeys(pdfs, why))]


def _names(work: Work, around: InvoicesAround, link: Link) -> list[str]:
    """Return the names of a bill's files; one that this very run has made has none."""
    if link.xero_id in around.made:
        return []
    return [file["FileName"] for file in work.xero.attachments(_plural(link), link.xero_id)]


def _plural(link: Link) -> str:
    return "CreditNotes" if link.data.get("document") == "credit_note" else "Invoices"


def _send(work: Work, link: Link, pdf: ClaimPdf) -> str:
    """Bring one file over, and return why it could not be."""
    try:
        content = work.procore.file(pdf.url, LARGEST)
    except RateLimited:
        raise
    except ApiError as error:
        return in_full(error)
    if b"%PDF" not in content[:1024]:
        return "What Procore gives for it is no PDF."
    work.ledger.still_mine()
    try:
        work.xero.attach_pdf(_plural(link), link.xero_id, pdf.name, content)
    except (RateLimited, SignInRefused):
        raise
    except ApiError as error:
        return "; ".join(error.details) or str(error)
    return ""


def _remember(
    work: Work,
    around: InvoicesAround,
    link: Link,
    title: str,
    names: Sequence[str],
    reasons: Sequence[Reason],
) -> None:
    """Commit what was attached to one bill, and open or close its issue."""
    ledger, own = work.ledger, f"{link.procore_id}/pdf"
    data = {**link.data, "pdfs": sorted({*link.data.get("pdfs", ()), *names})}
    ledger.save_links([replace(link, data=data)], work.run)
    failed = list(_outcome(around, link, own, title, reasons))
    ledger.add_outcomes(work.run, failed)
    ledger.settle_issues(work.run, ENTITY.name, failed, judged=(own,))
    if not failed:
        ledger.unshelve(SHELF, [link.procore_id])


def _outcome(
    around: InvoicesAround, link: Link, own: str, title: str, reasons: Sequence[Reason]
) -> Iterator[Outcome]:
    if reasons:
        yield Outcome(
            entity=ENTITY.name,
            what="drifted",
            source_id=own,
            title=title,
            target_id=link.xero_id,
            reasons=tuple(reasons),
            xero_url=ENTITY.target_url(link.xero_id, link.data, around),
        )
