"""A claim's bill as it stands in Xero: whose it is, and why it is left as it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.sync.entities.bills import KIND, expected, to_bill
from airflow_provider_procore_xero.sync.entities.claims import (
    Bill,
    InvoicesAround,
    SubcontractorInvoice,
)
from airflow_provider_procore_xero.sync.entities.credit_notes import is_note_of, marker
from airflow_provider_procore_xero.sync.entity import Twin
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.money import ZERO
from airflow_provider_procore_xero.sync.plan import Desired, FieldChange, Reason, differences

LIKELY = "BILL_LIKELY_THERE"


def bill_twin(claim: SubcontractorInvoice, desired: Desired, around: InvoicesAround) -> Twin | None:
    """Return the bill that carries the claim's marker already: the ledger had forgotten it.

    :raises MappingError: where that bill was voided, holds something else, or was unlinked.
    """
    url = marker(desired.payload)
    if reason := _kept_apart(claim, url, around):
        raise MappingError(reason.sentence, code=reason.code, fix=reason.fix)
    bill = around.ours.get(url)
    if bill is None and url in around.voided:
        said = _voided(around.voided[url].number)
        raise MappingError(said.sentence, code=said.code, fix=said.fix)
    if bill is None and (reason := _likely_there(claim, desired, around)):
        raise MappingError(reason.sentence, code=reason.code, fix=reason.fix)
    if bill is None:
        return None
    if dict(bill.content) == expected(desired.payload):
        held = fingerprint(bill.content)
        return Twin(target_id=bill.id, held=held, data={"content": bill.content})
    if not bill.editable:
        raise MappingError(
            f"Bill {bill.number} in Xero is this claim's, but holds other amounts and is"
            f" {bill.status.lower()}.",
            code="BILL_DIFFERS",
            fix="Compare the two; correct the bill in Xero, or void it so that it is sent anew.",
        )
    return Twin(
        target_id=bill.id,
        right=False,
        fields=differences(bill.content, expected(desired.payload)),
    )


def _kept_apart(claim: SubcontractorInvoice, url: str, around: InvoicesAround) -> Reason | None:
    """Return that a bill stands which a person has unlinked from *claim*, so none is made beside.

    One that does not carry the claim's marker may be another's: then a person can insist.
    """
    apart = around.apart.get(str(claim.id), ())
    ours = [bill for bill in apart if bill.url == url or is_note_of(bill.url, claim.id)]
    if not apart or (around.named and not ours):
        return None
    bill = (ours or apart)[0]
    return Reason(
        code="BILL_KEPT_APART",
        sentence=f"Bill {bill.number} ({bill.id}) was unlinked from this claim, and stands in Xero:"
        " no second one is made.",
        fix="Link the two again by hand to have the bill taken as it stands, or void it in Xero to"
        " have the claim sent anew."
        if ours
        else "Link the two again by hand, or void the bill in Xero; if it is not this claim's, run"
        " the claim alone by its three numbers to have it sent.",
    )


def _likely_there(
    claim: SubcontractorInvoice, desired: Desired, around: InvoicesAround
) -> Reason | None:
    """Return that people seem to have entered the bill of *claim* before us.

    Whether it is the claim's is theirs to say; asked for this very claim, we take their word.
    """
    payload = desired.payload
    if around.named or claim.net <= ZERO:
        return None
    found = around.strangers.like(
        payload["Contact"]["ContactID"],
        claim.net,
        own=claim.invoice_number,
        shared=payload["InvoiceNumber"],
        billed_on=claim.billed_on,
    )
    if found is None:
        return None
    return Reason(
        code="BILL_LIKELY_THERE",
        sentence=f"Xero has bill {found.number!r} of {found.dated_on} already, of the same contact"
        f" and amount, {claim.net:,.2f}, that was entered without us ({found.id}).",
        fix="If it is this claim's, link the two by hand: the bill is taken as it stands. If it is"
        " another, run the claim alone by its three numbers to have it sent.",
    )


def bill_drifted(claim: SubcontractorInvoice, link: Link, around: InvoicesAround) -> Reason | None:
    """Return why a linked bill is no longer what we left, or None where it is, or is unread."""
    if link.state == "orphaned":
        return _voided(link.xero_name)
    bill = around.bills.get(link.xero_id)
    if bill is None:
        return None
    if bill.gone:
        return _voided(link.xero_name)
    if is_taken(link):
        return None  # linked by hand, so that it stands as people have it
    as_left = fingerprint(bill.content) == link.held
    if as_left and not link.data.get("incomplete"):
        return None
    wanted = expected(to_bill(claim, around).payload)
    if dict(bill.content) == wanted:
        return None  # completed by hand, or written by ourselves though the answer was lost
    if as_left:
        return incomplete(bill.number, (), differences(wanted, bill.content))
    changed = differences(link.data.get("content", {}), bill.content)
    said = "; ".join(f"{f.name} {f.before} → {f.after}" for f in changed[:4])
    return Reason(
        code="BILL_EDITED",
        sentence=f"Bill {bill.number} was changed in Xero since we wrote it: {said}.",
        fix="Undo the change in Xero; or, if Xero's version is the right one, unlink the two and"
        " link them again by hand: the bill is then taken as it stands.",
    )


def bill_stands(claim: SubcontractorInvoice, around: InvoicesAround) -> bool:
    """Whether the claim has a bill in Xero that nobody has voided, as far as we know."""
    link = around.links.find(KIND, "procore", claim.id)
    return link is not None and bill_of_link(link, around)


def bill_of_link(link: Link, around: InvoicesAround) -> bool:
    """Whether the bill of a link stands, as far as we know."""
    bill = around.bills.get(link.xero_id)
    return link.state == "active" and not link.planned and (bill is None or not bill.gone)


def paid_of(claim: SubcontractorInvoice, around: InvoicesAround) -> str:
    """Return how much of the claim's bill is paid, as a part of a sentence."""
    link = around.links.find(KIND, "procore", claim.id)
    return "" if link is None else _paid(link, around)


def _paid(link: Link, around: InvoicesAround) -> str:
    paid = around.paid(link.xero_id)
    return f", and {paid:,.2f} of it is paid" if paid else ""


def claim_gone(link: Link, around: InvoicesAround) -> Reason:
    """Return that a bill stands whose claim is gone from Procore, or hidden from us."""
    return Reason(
        code="CLAIM_GONE",
        sentence=f"Procore lists claim {link.procore_name} no longer, but {link.xero_name} stands"
        f" in Xero{_paid(link, around)}.",
        fix="If the claim was deleted, void it in Xero, once what is paid of it is settled; if it"
        " is there, let the connection's service account see it: a private commitment hides its"
        " claims.",
    )


def is_taken(link: Link) -> bool:
    """Whether the bill was linked by a person, and is not as we would have made it."""
    return not link.wrote or bool(link.data.get("taken"))


def taken(
    claim: SubcontractorInvoice, link: Link, desired: Desired, around: InvoicesAround
) -> Twin | None:
    """Return how the bill stands that a person has linked: nothing is written to it.

    One that is just as we would have made it is ours from then on, and follows its claim.

    :raises MappingError: where Xero does not know it.
    """
    if not is_taken(link):
        return None
    bill = around.bills.get(link.xero_id)
    if bill is None and not link.held:
        raise MappingError(
            f"Xero does not know the bill {link.xero_id} that was linked with this claim by hand.",
            code="BILL_GONE",
            fix="Unlink the two, and link the claim with a bill that Xero has, or have it sent.",
        )
    now = link.data["content"] if bill is None else bill.content
    worth = link.data["worth"] if bill is None else str(worth_of(bill, around))
    wanted = expected(desired.payload)
    agrees = (now["Contact"], worth) == (wanted["Contact"], str(abs(claim.net)))
    return Twin(
        target_id=link.xero_id,
        held=fingerprint(now),
        data={"content": now, "worth": worth, "taken": dict(now) != wanted},
        reasons=() if agrees else (_differs(claim, now, worth),),
    )


def worth_of(bill: Bill, around: InvoicesAround) -> Decimal:
    """Return what of a bill a claim comes to: all, where claims are with tax, else the net."""
    return bill.total if around.settings.tax.amounts == "inclusive" else bill.net


def _differs(claim: SubcontractorInvoice, now: Mapping[str, Any], worth: str) -> Reason:
    said = (
        f"comes to {worth}, its claim to {abs(claim.net)}"
        if worth != str(abs(claim.net))
        else "is made out to another contact than its claim's"
    )
    return Reason(
        code="BILL_DIFFERS",
        sentence=f"Bill {now['InvoiceNumber']}, which was linked by hand, {said}. Nothing is"
        " written to it.",
        fix="Correct the bill in Xero or the claim in Procore; ignore this where it is meant.",
    )


def incomplete(number: str, said: Sequence[str], changed: Sequence[FieldChange]) -> Reason:
    """Return what Xero left out of a bill though it said yes."""
    words = [*said, *(f"{f.name}: sent {f.before}, kept {f.after}" for f in changed[:4])]
    return Reason(
        code="BILL_INCOMPLETE",
        sentence=f"Xero saved bill {number}, but not all of it: {'; '.join(words)}.",
        fix="Complete the bill in Xero before you approve it.",
    )


def _voided(number: str) -> Reason:
    return Reason(
        code="BILL_VOIDED",
        sentence=f"Bill {number} was voided or deleted in Xero. It is not sent again.",
        fix="Unlink the claim to have it sent anew, or leave it so.",
    )


def cant_edit(bill: Bill) -> Reason | None:
    """Return why a claim that changed after export can't change its bill, or None where it can."""
    if bill.editable:
        return None
    return Reason(
        code="BILL_PAID" if bill.applied else "BILL_CLOSED",
        sentence=f"The claim changed, but bill {bill.number} is {bill.status.lower()}"
        f" with {bill.applied} applied to it, so it is left alone.",
        fix="Correct it by a credit note in Xero, or undo the change in Procore.",
    )
