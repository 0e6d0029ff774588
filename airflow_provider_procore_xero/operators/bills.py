"""Bills in Xero: reading ours back, writing them, and looking for lost ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.operators.strangers import (
    is_marked,
    look_for_strangers,
    of_claims,
)
from airflow_provider_procore_xero.operators.work import OVERLAP
from airflow_provider_procore_xero.sync.apply import in_batches
from airflow_provider_procore_xero.sync.dates import parse_date
from airflow_provider_procore_xero.sync.entities.bill_coding import keeping_coding
from airflow_provider_procore_xero.sync.entities.bill_twins import cant_edit, incomplete
from airflow_provider_procore_xero.sync.entities.bills import expected
from airflow_provider_procore_xero.sync.entities.claims import (
    Bill,
    InvoicesAround,
    SubcontractorInvoice,
)
from airflow_provider_procore_xero.sync.entities.credit_notes import (
    is_credit_note,
    marker,
    turned,
)
from airflow_provider_procore_xero.sync.entities.subcontractor_invoices import ENTITY
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.links import Link, Links
from airflow_provider_procore_xero.sync.money import ZERO
from airflow_provider_procore_xero.sync.plan import (
    Adopt,
    Change,
    Create,
    Hold,
    Reason,
    Update,
    differences,
)
from airflow_provider_procore_xero.sync.results import Absent, Refused, Saved, Unclear

if TYPE_CHECKING:
    from airflow_provider_procore_xero.apis.elements import Element
    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.plan import Stored
    from airflow_provider_procore_xero.sync.results import Doubt, Found, Result

STREAM = "bills written"
CREDITS = "credit notes written"


def remember_bills(work: Work, around: InvoicesAround) -> None:
    """Read the bills that changed in Xero since the last run, and keep what concerns claims.

    That shows four things at once for no more than this one list: bills of ours that the ledger
    has forgotten, bills that somebody edited, bills that were voided, and bills that were entered
    without us for what a claim bills.
    """
    for page in in_batches(_changed(work, around), 500):
        for bill in _not_as_left(work, around, page):
            around.bills[bill.id] = bill
    around.held_now = {
        bill.id: "gone" if bill.gone else fingerprint(bill.content)
        for bill in around.bills.values()
    }
    ours = [bill for bill in around.bills.values() if is_marked(bill.url, around)]
    around.ours = {bill.url: bill for bill in ours if not bill.gone}
    gone = {bill.id: bill for bill in ours if bill.gone}
    for let_go in work.ledger.unlinked("subcontractor_invoice", gone):
        del gone[let_go]  # unlinked by hand, so that the claim is sent anew
    around.voided = {bill.url: bill for bill in gone.values()}
    _look_again(work, around)
    if not work.planning_only:
        _orphan_voided(work, around)


def _changed(work: Work, around: InvoicesAround) -> Iterator[dict[str, Any]]:
    """Yield the bills that changed, and where claims become such the credit notes, as they come."""
    since = work.since(STREAM)
    around.strangers.whole = since is None
    yield from work.counted(STREAM, work.xero.bills(modified_since=since))
    if around.settings.bills.negative == "credit_note":
        since = work.since(CREDITS)
        yield from work.counted(CREDITS, work.xero.credit_notes(modified_since=since))


def _not_as_left(
    work: Work, around: InvoicesAround, raws: Sequence[dict[str, Any]]
) -> Iterator[Bill]:
    """Yield those bills of a page that are claims', but for those that are as their link says.

    Years of them need no memory.
    """
    for raw, link in of_claims(work, around, raws):
        bill = Bill.read(raw)
        as_left = link is not None and link.held == fingerprint(bill.content)
        if link is None or bill.gone or not as_left or link.data.get("incomplete"):
            yield bill


def _look_again(work: Work, around: InvoicesAround) -> None:
    """Read the bills that Xero saved in part only, to see whether somebody has completed them."""
    shelved = [claim_id for claim_id, _ in work.ledger.shelf("subcontractor_invoices")]
    links = work.ledger.links("subcontractor_invoice", procore_ids=shelved)
    for bill in _by_id(work, [link for link in links if link.data.get("incomplete")]):
        around.bills[bill.id] = bill


def _by_id(work: Work, links: Sequence[Link]) -> Iterator[Bill]:
    """Yield the bills and credit notes of *links* as they are now; what is gone is left out."""
    notes = {link.xero_id for link in links if link.data.get("document") == "credit_note"}
    if wanted := sorted({link.xero_id for link in links} - notes):
        yield from map(Bill.from_xero, work.xero.bills(ids=wanted))
    for note_id in sorted(notes):
        if raw := work.xero.credit_note(note_id):
            yield Bill.from_credit_note(raw)


def _orphan_voided(work: Work, around: InvoicesAround) -> None:
    gone = [bill.id for bill in around.bills.values() if bill.gone]
    if gone:
        links = work.ledger.links("subcontractor_invoice", xero_ids=gone)
        voided = [link.procore_id for link in links if link.state == "active"]
        for link in links:
            if link.procore_id in voided:
                work.note(f"BILL_VOIDED: bill {link.xero_name} of {link.procore_name} is void.")
        if voided:
            work.ledger.orphan_links("subcontractor_invoice", "procore", voided, work.run)


def remember_by_hand(
    work: Work, around: InvoicesAround, claims: Sequence[SubcontractorInvoice]
) -> None:
    """Read the bills that people have linked with *claims*, unlinked from them, or made for them.

    The list of what changed need not show them: their last change may be long ago.
    """
    found = [(claim, around.links.find(ENTITY.kind, "procore", claim.id)) for claim in claims]
    fresh = [
        replace(link, data={"document": "credit_note"}) if claim.net < ZERO else link
        for claim, link in found
        if link is not None and link.state == "active" and not link.wrote
    ]
    unread = [link for link in fresh if link.xero_id not in around.bills]
    around.bills.update((bill.id, bill) for bill in _by_id(work, unread))
    _remember_apart(work, around, claims)
    look_for_strangers(work, around, claims)


def _remember_apart(
    work: Work, around: InvoicesAround, claims: Sequence[SubcontractorInvoice]
) -> None:
    new = [claim.id for claim in claims if not around.links.find(ENTITY.kind, "procore", claim.id)]
    former = work.ledger.former_links(ENTITY.kind, new)
    bills = {bill.id: bill for bill in _by_id(work, former) if not bill.gone}
    for link in former:
        if link.xero_id in bills:
            around.apart.setdefault(link.procore_id, []).append(bills[link.xero_id])


def checked_updates(work: Work, around: InvoicesAround, changes: list[Change]) -> list[Change]:
    """Return *changes* with updates held whose bill can't be edited now, or was edited by hand."""
    updates = [c for c in changes if isinstance(c, Update)]
    if not updates:
        return changes
    bills = {bill.id: bill for bill in _by_id(work, [_link(c, around) for c in updates])}
    return [
        _checked(c, bills.get(c.target_id), around) if isinstance(c, Update) else c for c in changes
    ]


def _link(change: Update, around: InvoicesAround) -> Link:
    """Return the link of a change, or what it would be for a bill that the ledger forgot."""
    known = around.links.find("subcontractor_invoice", "procore", change.about.source_id)
    if known is not None and known.xero_id == change.target_id:
        return known
    return ENTITY.link(
        change.about.source_id,
        change.target_id,
        source_name=change.about.title,
        target_name=change.desired.name,
        data=change.desired.data,
    )


def _checked(change: Update, bill: Bill | None, around: InvoicesAround) -> Change:
    link = around.links.find("subcontractor_invoice", "procore", change.about.source_id)
    if bill is not None and cant_edit(bill) and _holds_already(change, bill):
        return _known(change, bill)
    now_credit = is_credit_note(change.desired.payload)
    reason = (
        _gone(change)
        if bill is None
        else cant_edit(bill) or _edited(change, bill, link) or _locked(bill, around)
    )
    if bill is not None and bill.credit != now_credit:
        reason = turned(bill.number, now_credit=now_credit)
    if reason is None and bill is not None:
        return _coded_by_them(change, bill, link)
    assert reason is not None  # a bill that is gone has one
    return Hold(
        about=change.about,
        reasons=(reason,),
        target_id=change.target_id,
        target_url=change.target_url,
    )


def _coded_by_them(change: Update, bill: Bill, link: Link | None) -> Update:
    """Return *change* as it will leave: with what a bookkeeper has coded otherwise than we did."""
    sent = link.data.get("coding", ()) if link is not None else ()
    payload = keeping_coding(change.desired.payload, bill.lines, sent)
    return replace(change, desired=replace(change.desired, payload=payload))


def _holds_already(change: Update, bill: Bill) -> bool:
    return dict(bill.content) == expected(change.desired.payload)


def _known(change: Update, bill: Bill) -> Adopt:
    """A bill that was paid before we heard that our last change of it had arrived."""
    seen = {"content": bill.content, "held": fingerprint(bill.content)}
    return Adopt(
        about=change.about,
        desired=replace(change.desired, data={**change.desired.data, **seen}),
        wrote=change.wrote,
        target_id=change.target_id,
        target_url=change.target_url,
    )


def _gone(change: Update) -> Reason:
    return Reason(
        code="BILL_GONE",
        sentence=f"Xero does not know bill {change.desired.name} ({change.target_id}) any more.",
        fix="Unlink the claim to have it sent anew.",
    )


def _edited(change: Update, bill: Bill, link: Link | None) -> Reason | None:
    """Return why a bill that somebody edited is not overwritten, though its claim changed too."""
    if link is None or not link.held or fingerprint(bill.content) == link.held:
        return None
    if _holds_already(change, bill):
        return None  # we wrote it ourselves, and the answer was lost
    changed = differences(link.data.get("content", {}), bill.content)
    said = "; ".join(f"{f.name} {f.before} → {f.after}" for f in changed[:4])
    return Reason(
        code="BILL_EDITED",
        sentence=f"Both the claim and bill {bill.number} were changed since we wrote it: {said}.",
        fix="Undo the change in Xero to have the claim's figures sent; or, if Xero's version is the"
        " right one, unlink the two and link them again by hand: the bill is then taken as it"
        " stands.",
    )


def _locked(bill: Bill, around: InvoicesAround) -> Reason | None:
    """Return that Xero takes no change of a bill in a locked period."""
    if not around.locks(parse_date(bill.content["Date"])):
        return None
    return Reason(
        code="PERIOD_LOCKED",
        sentence=f"The claim changed, but bill {bill.number} is dated {bill.content['Date']}, and"
        f" Xero is locked up to {around.locked_until}.",
        fix="Move Xero's lock date for a while, or undo the change in Procore.",
    )


def saved_bills(
    work: Work, around: InvoicesAround, batch: Sequence[Stored], key: str
) -> Iterator[Result]:
    """Write one batch, all bills or all credit notes, all new or all known, by one call.

    Yield what came of each.
    """
    new = isinstance(batch[0].change, Create)
    changes = [stored.change for stored in batch]
    still = changes if new else _looked_at_again(work, around, changes)
    for change in still:
        if isinstance(change, Hold | Adopt):
            yield _overtaken(change)
    due = [change for change in still if isinstance(change, Create | Update)]
    if not due:
        return
    payloads = [_payload(change) for change in due]
    write = _write_of(work, new=new, credit=is_credit_note(payloads[0]))
    for change, payload, element in zip(due, payloads, write(payloads, key), strict=True):
        yield _result(change.about.source_id, payload, element)


def _write_of(
    work: Work, *, new: bool, credit: bool
) -> Callable[[Sequence[dict[str, Any]], str], list[Element]]:
    """Return the one call that writes such documents."""
    if credit:
        return work.xero.create_credit_notes if new else work.xero.update_credit_notes
    return work.xero.create_bills if new else work.xero.update_bills


def _looked_at_again(work: Work, around: InvoicesAround, changes: list[Change]) -> list[Change]:
    """Check updates right before they leave: the plan may have taken its time since it did."""
    ids = [c.about.source_id for c in changes if isinstance(c, Update)]
    own = work.ledger.links("subcontractor_invoice", procore_ids=ids)
    around.links = Links(own, beyond=work.links)
    return checked_updates(work, around, changes)


def _overtaken(change: Hold | Adopt) -> Result:
    """Return what becomes of an update that somebody was faster than."""
    if isinstance(change, Adopt):
        data = change.desired.data
        return Saved(
            source_id=change.about.source_id,
            target_id=change.target_id,
            held=data["held"],
            data={"content": data["content"]},
        )
    return Refused(
        source_id=change.about.source_id,
        errors=tuple(reason.sentence for reason in change.reasons),
        fix=change.reasons[0].fix,
    )


def _payload(change: Create | Update) -> dict[str, Any]:
    payload = dict(change.desired.payload)
    if isinstance(change, Update):
        payload["CreditNoteID" if is_credit_note(payload) else "InvoiceID"] = change.target_id
    return payload


def _result(source_id: str, payload: Mapping[str, Any], element: Element) -> Result:
    if not element.saved:
        return Refused(
            source_id=source_id,
            errors=element.errors,
            fix="Mend what Xero names, in Xero or in the settings; the next run sends it again.",
        )
    return _saved(source_id, payload, Bill.read(element.record), element.errors)


def _saved(
    source_id: str, payload: Mapping[str, Any], bill: Bill, said: Sequence[str] = ()
) -> Saved:
    lost = _lost(payload, bill, said)
    return Saved(
        source_id=source_id,
        target_id=bill.id,
        held=fingerprint(bill.content),
        data={"content": bill.content, "incomplete": bool(lost)},
        reasons=lost,
    )


def _lost(payload: Mapping[str, Any], bill: Bill, said: Sequence[str]) -> tuple[Reason, ...]:
    """Return what Xero left out though it said yes: it has dropped tracking without a word."""
    changed = differences(expected(payload), bill.content)
    if not changed and not said:
        return ()
    return (incomplete(bill.number, said, changed),)


def found_bills(work: Work, doubts: Sequence[Doubt]) -> Iterator[Found]:
    """Look for bills whose answer was lost, by number, and tell them apart by their marker.

    Credit notes can't be asked for by number: those made since are read.
    """
    creates = _creates(doubts)
    payloads = [doubt.stored.change.desired.payload for doubt in creates]
    by_marker: dict[str, list[Bill]] = {}
    for bill in _candidates(work, creates, payloads):
        if not bill.gone:
            by_marker.setdefault(bill.url, []).append(bill)
    for doubt, payload in zip(creates, payloads, strict=True):
        yield _found(doubt.source_id, payload, by_marker.get(marker(payload), []))


def _candidates(
    work: Work, creates: Sequence[Doubt], payloads: Sequence[Mapping[str, Any]]
) -> Iterator[Bill]:
    numbers = sorted({p["InvoiceNumber"] for p in payloads if not is_credit_note(p)})
    if numbers:
        yield from map(Bill.from_xero, work.xero.bills(numbers=numbers))
    if any(map(is_credit_note, payloads)):
        since = min(doubt.sent_at for doubt in creates) - OVERLAP
        yield from map(Bill.from_credit_note, work.xero.credit_notes(modified_since=since))


def _found(source_id: str, payload: Mapping[str, Any], bills: Sequence[Bill]) -> Found:
    if not bills:
        return Absent(source_id=source_id)
    if len(bills) > 1:
        ids = ", ".join(bill.id for bill in bills)
        return Unclear(source_id=source_id, why=f"Xero has {len(bills)} bills for it: {ids}.")
    return _saved(source_id, payload, bills[0])


def _creates(doubts: Sequence[Doubt]) -> list[Any]:
    return [doubt for doubt in doubts if isinstance(doubt.stored.change, Create)]
