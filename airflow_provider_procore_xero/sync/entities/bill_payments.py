"""Payments of bills in Xero become payments issued on the commitment in Procore.

Xero: bills that changed (``GET /Invoices``, whose paged rows carry their payments) and ``GET
/Payments``. Procore: ``POST /rest/v1.0/contract_payments``, one at a time. The bill is read whole,
because what one payment comes to without tax depends on the others, and because a payment that is
gone from its bill was deleted.

Prepayments and overpayments that are set against a bill leave no payment behind. The bill lists
them, once for each credit and bill, without an id of their own; so theirs is made of the two.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self
from uuid import NAMESPACE_URL, uuid5

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.sync.dates import parse_date
from airflow_provider_procore_xero.sync.entities.transactions import ROUNDING
from airflow_provider_procore_xero.sync.entity import Around, Condition, Entity, MapRow, Twin
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.money import ZERO, money
from airflow_provider_procore_xero.sync.plan import Desired, Reason
from airflow_provider_procore_xero.sync.text import plain

if TYPE_CHECKING:
    from airflow_provider_procore_xero.sync.settings import Settings

MARK = "airflow-procore-xero"
CREDITS = (
    ("Prepayments", "PrepaymentID", "Prepayment"),
    ("Overpayments", "OverpaymentID", "Overpayment"),
    ("CreditNotes", "CreditNoteID", "Credit note"),
)
OF_THE_CLAIM = {"project_id", "commitment_id", "commitment_kind", "invoice_number"}
"""What the link of a bill remembers of its claim, for payments to go by."""
ADVANCES = ("Prepayment", "Overpayment")
"""Credits that are money which was paid, only earlier."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BillPayment:
    """One payment of one of our bills, or a credit that was set against it.

    :param kind: ``Payment``, ``Prepayment``, ``Overpayment`` or ``Credit note``.
    :param amount: what it comes to in Procore: without tax, or as paid, by the settings.
    :param paid: what was paid in Xero.
    :param reached: what all payments of the bill that come to Procore are together, with this one.
    :param tax: what they may be beyond the net of the claim: its tax, where they come as paid.
    :param gone: it was deleted in Xero.
    """

    id: str
    bill_id: str
    amount: Decimal
    paid: Decimal
    paid_on: date | None
    reference: str
    batch_id: str
    gone: bool
    bill_name: str
    kind: str = "Payment"
    reached: Decimal = ZERO
    tax: Decimal = ZERO

    @classmethod
    def from_xero(cls, record: Mapping[str, Any], around: Any = None) -> Self:
        """Read one of the records that ``payments_of`` makes of a bill."""
        return cls(
            id=record["id"],
            bill_id=record["bill_id"],
            amount=money(record["amount"]),
            paid=money(record["paid"]),
            paid_on=parse_date(record["paid_on"]),
            reference=plain(record["reference"]),
            batch_id=record["batch_id"],
            gone=record["gone"],
            bill_name=record["bill_name"],
            kind=record.get("kind") or "Payment",
            reached=money(record.get("reached")),
            tax=money(record.get("tax")),
        )

    @property
    def title(self) -> str:
        said = "" if self.kind == "Payment" else f"{self.kind} of "
        return f"{said}{self.paid:,.2f} on {self.paid_on} for {self.bill_name}"


def as_paid(bill: Mapping[str, Any], claim: Link | None, settings: Settings) -> bool:
    """Whether payments of *bill* come over whole: the settings say so, or its tax is inside what
    the claim comes to in Procore.
    """
    return settings.payments.amount == "gross" or tax_inside(bill, claim)


def tax_inside(bill: Mapping[str, Any], claim: Link | None) -> bool:
    """Whether what the claim comes to in Procore has the tax of *bill* inside.

    A bookkeeper may have Xero show an exclusive bill as an inclusive one; so what counts is which
    of its two sums the claim comes to.
    """
    if claim is None or bill.get("LineAmountTypes") != "Inclusive":
        return False
    total, subtotal = money(bill["Total"]), money(bill["SubTotal"])
    net = money(claim.data.get("net", total))
    return abs(total - net) < abs(subtotal - net)


def payments_of(
    bill: Mapping[str, Any], known: Sequence[Link], claim: Link | None, settings: Settings
) -> Iterator[dict[str, Any]]:
    """Yield a record for each payment of *bill*, and for each known one that it has no longer.

    Credits that were set against it follow, to be explained.

    :param known: links of payments that this bill had before.
    :param claim: the link of the bill.

    Net amounts are pro rata of the bill's own subtotal and total: those that were sent keep theirs,
    new ones follow by date, each the difference of two rounded running sums. So together they never
    pass the subtotal, and are it to the cent once the bill is paid in full.
    """
    gross = as_paid(bill, claim, settings)
    counted = settings.payments.prepayments == "count"
    tax = money(bill["Total"]) - money(bill["SubTotal"])
    beside = tax if gross and not tax_inside(bill, claim) else ZERO
    most = claimed(claim, beside)
    sent_before = {link.xero_id: link.data for link in known}
    paid = [p for p in bill.get("Payments") or () if p.get("Status", "AUTHORISED") != "DELETED"]
    set_off = list(_credits(bill))
    said = [
        c
        for c in set_off
        if c["PaymentID"] not in sent_before and not (counted and c["Kind"] in ADVANCES)
    ]
    standing = sorted(
        (*paid, *(c for c in set_off if c not in said)),
        key=lambda p: (
            p["PaymentID"] not in sent_before, str(parse_date(p["Date"])), p["PaymentID"]
        ),
    )  # fmt: skip
    top = _top(bill, most, gross=gross)
    shares = _shares(bill, standing, sent_before, top, gross=gross)
    if min(shares, default=ZERO) < ZERO:  # cents that were sent before leave nothing for a new one
        shares = _shares(bill, standing, {}, top, gross=gross)
    there = ZERO
    for payment, amount in zip(standing, shares, strict=True):
        reached = there + amount
        yield {**_record(bill, payment, amount=amount), "reached": str(reached), "tax": str(beside)}
        if payment["PaymentID"] in sent_before or most is None or reached <= most:
            there = reached
    for credit in said:
        yield _record(bill, credit, amount=money(credit["Amount"]))
    ids = {payment["PaymentID"] for payment in standing}
    for link in known:
        if link.xero_id not in ids:
            yield {
                **link.data,
                "id": link.xero_id,
                "bill_id": bill["InvoiceID"],
                "bill_name": bill.get("InvoiceNumber") or "",
                "gone": True,
            }


def claimed(claim: Link | None, tax: Decimal) -> Decimal | None:
    """Return what payments of a claim may come to together; None where its link can't say."""
    if claim is None or "net" not in claim.data:
        return None
    return money(claim.data["net"]) + tax


def _top(bill: Mapping[str, Any], most: Decimal | None, *, gross: bool) -> Decimal | None:
    """Return where shares end: at the claim, where the bill differs from it by cents only."""
    worth = money(bill["Total"] if gross else bill["SubTotal"])
    return most if most is not None and ZERO < worth - most <= ROUNDING else None


def _credits(bill: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield what each credit settled of *bill*, as a payment would look.

    It took place on the later of the two documents' days: that is how Xero dates it.
    """
    for plural, id_key, kind in CREDITS:
        rows: dict[str, list[Mapping[str, Any]]] = {}
        for row in bill.get(plural) or ():
            rows.setdefault(str(row[id_key]), []).append(row)
        for credit_id, same in rows.items():
            days = [parse_date(row.get("Date")) for row in (*same, bill)]
            yield {
                "PaymentID": str(uuid5(NAMESPACE_URL, f"{credit_id}/{bill['InvoiceID']}")),
                "Kind": kind,
                "Amount": sum((money(row["AppliedAmount"]) for row in same), ZERO),
                "Date": str(max(day for day in days if day)),
                "Reference": same[0].get("CreditNoteNumber") or kind,
            }


def _shares(
    bill: Mapping[str, Any],
    payments: Sequence[Mapping[str, Any]],
    sent_before: Mapping[str, Mapping[str, Any]],
    top: Decimal | None,
    *,
    gross: bool,
) -> list[Decimal]:
    """Return what each of *payments* comes to in Procore, together no more than *top*."""
    total, subtotal = money(bill["Total"]), money(bill["SubTotal"])
    paid, sent = ZERO, ZERO
    shares = []
    for payment in payments:
        paid += money(payment["Amount"])
        reached = paid if gross or not total else money(subtotal * paid / total)
        reached = reached if top is None else min(reached, top)
        before = sent_before.get(payment["PaymentID"], {})
        kept = before.get("paid") == str(money(payment["Amount"]))
        shares.append(money(before["amount"]) if kept else reached - sent)
        sent += shares[-1]
    return shares


def _record(
    bill: Mapping[str, Any], payment: Mapping[str, Any], *, amount: Decimal
) -> dict[str, Any]:
    batch = payment.get("BatchPaymentID") or (payment.get("BatchPayment") or {}).get(
        "BatchPaymentID"
    )
    return {
        "id": payment["PaymentID"],
        "bill_id": bill["InvoiceID"],
        "bill_name": bill.get("InvoiceNumber") or "",
        "amount": str(amount),
        "paid": str(money(payment["Amount"])),
        "paid_on": str(parse_date(payment["Date"])),
        "reference": payment.get("Reference") or "",
        "batch_id": batch or "",
        "kind": payment.get("Kind") or "Payment",
        "gone": False,
    }


@dataclass(kw_only=True)
class PaymentsAround(Around):
    """What payments are judged against.

    Of the *inactive* projects only those whose payments have stopped.

    :param issued: what Procore lists already, by origin id.
    :param by_hand: of each commitment that was listed, what people entered there themselves.
    :param kept: what Procore still has of payments that were to be taken away, by bill.
    """

    issued: dict[str, dict[str, Any]] = field(default_factory=dict)
    by_hand: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    kept: dict[str, Decimal] = field(default_factory=dict)

    def claim(self, payment: BillPayment) -> Link | None:
        """Return the link of the bill that was paid; only our own bills have one."""
        return self.links.find("subcontractor_invoice", "xero", payment.bill_id)

    def room(self, payment: BillPayment) -> Decimal | None:
        """Return what is left of its claim after a payment, below zero where that is too little.

        None where the link of the claim does not say what was claimed.
        """
        most = claimed(self.claim(payment), payment.tax)
        there = payment.reached + self.kept.get(payment.bill_id, ZERO)
        return None if most is None else most - there

    def fits(self, payment: BillPayment) -> bool:
        """Whether payments stay within their claim with this one."""
        room = None if payment.gone else self.room(payment)
        return room is None or room >= ZERO

    def counts(self, payment: BillPayment) -> bool:
        """Whether it is a payment in Procore, or was one already."""
        if payment.kind in ADVANCES and self.settings.payments.prepayments == "count":
            return True
        known = self.links.find("payment", "xero", payment.id)
        return payment.kind == "Payment" or known is not None

    def project_active(self, payment: BillPayment) -> bool:
        link = self.claim(payment)
        return link is None or str(link.data.get("project_id")) not in self.inactive

    def taken_up(self, payment: BillPayment) -> bool:
        """Whether it is known what the bill's claim is: a link made by hand does not say so yet."""
        link = self.claim(payment)
        return link is None or link.data.keys() >= OF_THE_CLAIM


def to_payment_issued(payment: BillPayment, around: PaymentsAround) -> Desired | None:
    """Return the payment that should stand in Procore, or None where it was deleted in Xero.

    What Procore's users enter themselves is not in the payload: payment number, method, check
    number and the claim it is applied to.
    """
    if payment.gone:
        return None
    claim = around.links.need("subcontractor_invoice", "xero", payment.bill_id, payment.bill_name)
    if payment.amount <= ZERO:
        raise MappingError(
            f"Payment {payment.title} comes to {payment.amount} without tax.",
            code="PAYMENT_ZERO",
            fix="Look at the bill in Xero: its tax is all that was paid.",
        )
    number = claim.data["invoice_number"]
    return Desired(
        payload={
            "date": str(payment.paid_on),
            "amount": str(payment.amount),
            "invoice_number": number,
            "notes": payment.reference,
            "origin_id": payment.id,
            "origin_data": MARK,
        },
        name=f"{payment.amount:,.2f} for {number}",
        data={
            "project_id": claim.data["project_id"],
            "commitment_id": claim.data["commitment_id"],
            "commitment_kind": claim.data["commitment_kind"],
            "amount": str(payment.amount),
            "paid": str(payment.paid),
            "paid_on": str(payment.paid_on),
            "reference": payment.reference,
            "batch_id": payment.batch_id,
            "bill_id": payment.bill_id,
            "kind": payment.kind,
        },
    )


def issued_twin(payment: BillPayment, desired: Desired, around: PaymentsAround) -> Twin | None:
    """Return the payment that Procore lists with this origin id already."""
    found = around.issued.get(payment.id)
    if found is None:
        return None
    right = money(found["amount"]) == payment.amount and parse_date(found["date"]) == (
        payment.paid_on
    )
    return Twin(target_id=str(found["id"]), right=right)


def content(record: Mapping[str, Any]) -> dict[str, str]:
    """Return what we write of a payment issued, as Procore holds it now, to compare it."""
    return {
        "amount": str(money(record["amount"])),
        "date": str(parse_date(record["date"])),
        "invoice_number": record.get("invoice_number") or "",
        "notes": record.get("notes") or "",
    }


def touched(
    record: Mapping[str, Any], link: Link, wanted: Mapping[str, Any] | None
) -> Reason | None:
    """Return why the payment issued of *link* is not written to, or None where it may be.

    :param record: how it stands in Procore now; our ``origin_id`` or none is as we left it.
    :param wanted: the payload that would be written; None where it would be taken away.
    """
    origin = record.get("origin_id")
    if origin and origin != link.xero_id:
        return Reason(
            code="PAYMENT_FOREIGN",
            sentence=f"Payment {link.procore_id} in Procore belongs to another integration: its"
            f" origin_id is {origin!r}.",
            fix="Find out which integration took it over; only one may own a payment.",
        )
    now = content(record)
    done = wanted is not None and now == content(wanted)
    if not link.held or done or fingerprint(now) == link.held:
        return None
    before = {"amount": link.data.get("amount"), "date": link.data.get("paid_on")}
    said = "; ".join(
        f"{name} {was} → {now[name]}" for name, was in before.items() if was and was != now[name]
    )
    return Reason(
        code="PAYMENT_EDITED",
        sentence=f"Payment {link.procore_id} was changed in Procore since we wrote it"
        f"{': ' + said if said else ''}; it {'changed' if wanted else 'was deleted'} in Xero too.",
        fix="Make it in Procore what it is in Xero, or unlink the payment.",
    )


def beyond(payment: BillPayment, around: PaymentsAround) -> str:
    """Return what payments would come to, and what was claimed."""
    room = around.room(payment) or ZERO
    there = payment.reached + around.kept.get(payment.bill_id, ZERO)
    return f"{there:,.2f}, and {there + room:,.2f} was claimed"


LIKELY_THERE = "PAYMENT_LIKELY_THERE"


def likely_there(payment: BillPayment, around: PaymentsAround) -> str:
    """Return the payment that somebody entered by hand with the same amount, date and number."""
    claim = around.claim(payment)
    if claim is None or around.links.find("payment", "xero", payment.id) is not None:
        return ""
    number = str(claim.data.get("invoice_number") or "")
    for record in around.by_hand.get(str(claim.data.get("commitment_id")), ()):
        there = content(record)
        same = there["amount"] == str(payment.amount) and there["date"] == str(payment.paid_on)
        if same and there["invoice_number"].strip() == number:
            return str(record["id"])
    return ""


EXCEEDS = Condition(
    code="PAYMENT_EXCEEDS_CLAIM",
    asks="Do payments stay within what was claimed, with its tax where they come as paid?",
    met=lambda r, a: a.fits(r),
    sentence="{r.title}: with it the payments of its claim would come to {d}.",
    detail=beyond,
    fix="The bill was paid with more than the claim in Procore: correct the bill in Xero, or have"
    " the rest claimed. What is no part of a claim can be entered in Procore by hand.",
)

CONDITIONS = (
    Condition(
        code="CLAIM_NOT_TAKEN_UP",
        asks="Has the flow of claims taken up the bill, where a person has linked it?",
        met=lambda r, a: a.taken_up(r),
        sentence="The bill of payment {r.title} was linked by hand, and its claim has not been read"
        " since.",
        fix="Run procore_xero_subcontractor_invoices in full; it says what keeps the claim back."
        " The payment comes with the next run after it.",
    ),
    Condition(
        code="PROJECT_INACTIVE",
        asks="Is the project active in Procore, or inactive for no longer than"
        " `projects.payments_tail_days`?",
        met=lambda r, a: a.project_active(r),
        sentence="Payment {r.title} belongs to a project that is inactive in Procore.",
        fix="Make the project active again to bring its payments over.",
        waits=True,
    ),
    Condition(
        code="CREDIT_APPLIED",
        asks="Is it a payment, or a prepayment or overpayment that counts as one?",
        met=lambda r, a: a.counts(r),
        sentence="{r.title}: set against the bill, it lowers what is due in Xero and is no payment"
        " in Procore.",
        fix="Nothing to do. Prepayments and overpayments come as payments with"
        " payments.prepayments: count; credit notes never do.",
        waits=True,
    ),
    Condition(
        code=LIKELY_THERE,
        asks="Has nobody entered it in Procore by hand, as far as the commitment was read?",
        met=lambda r, a: r.gone or not likely_there(r, a),
        sentence="{r.title}: payment {d} in Procore has the same amount, date and invoice number,"
        " and was entered by hand.",
        detail=likely_there,
        fix="If it is the same payment, link the two, or delete the one that was entered by hand;"
        " if it is another, give it its own invoice number or date.",
    ),
    EXCEEDS,
)

ENTITY = Entity(
    name="payments",
    kind="payment",
    source="xero",
    target="procore",
    batch=1,
    parse=BillPayment.from_xero,
    conditions=CONDITIONS,
    desired=to_payment_issued,
    twin=issued_twin,
    source_url=lambda r, a: (
        a.pages.payment(r.id) if r.kind == "Payment" else a.pages.bill(r.bill_id)
    ),
    target_url=lambda target_id, data, a: a.pages.payments_issued(
        data["project_id"], data["commitment_kind"], data["commitment_id"]
    ),
    refers_to=("subcontractor_invoice",),
    mapping=(
        MapRow(
            r="R106",
            source="Payment `Amount`",
            target="`amount`",
            rule="`payments.amount`: `net` takes the bill's own subtotal and total pro rata, and"
            " the last payment the remainder, so that a paid claim is paid to the cent",
        ),
        MapRow(r="R106", source="Payment `Date`", target="`date`"),
        MapRow(r="R107", source="The claim's `invoice_number`", target="`invoice_number`"),
        MapRow(r="R107", source="Payment `Reference`", target="`notes`"),
        MapRow(source="`PaymentID`", target="`origin_id`", rule="locks the payment in Procore"),
        MapRow(source="`BatchPaymentID`", target="kept with the link"),
        MapRow(
            source="Prepayment or overpayment set against the bill",
            target="a payment issued of its own",
            rule="with `payments.prepayments: count`; else explained in the report, as supplier"
            " credit notes always are",
        ),
    ),
)
