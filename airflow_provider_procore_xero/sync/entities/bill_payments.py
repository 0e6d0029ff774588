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
        )

    @property
    def title(self) -> str:
        said = "" if self.kind == "Payment" else f"{self.kind} of "
        return f"{said}{self.paid:,.2f} on {self.paid_on} for {self.bill_name}"


def as_paid(bill: Mapping[str, Any], claim: Link, settings: Settings) -> bool:
    """Whether payments of *bill* come over whole: the settings say so, or its tax is inside what
    the claim comes to in Procore.

    A bookkeeper may have Xero show an exclusive bill as an inclusive one; so what counts is which
    of its two sums the claim comes to.
    """
    if settings.payments.amount == "gross":
        return True
    total, subtotal = money(bill["Total"]), money(bill["SubTotal"])
    net = money(claim.data.get("net", total))
    return bill.get("LineAmountTypes") == "Inclusive" and abs(total - net) < abs(subtotal - net)


def payments_of(
    bill: Mapping[str, Any], known: Sequence[Link], *, gross: bool, counted: bool = False
) -> Iterator[dict[str, Any]]:
    """Yield a record for each payment of *bill*, and for each known one that it has no longer.

    Credits that were set against it follow, to be explained.

    :param known: links of payments that this bill had before.
    :param counted: prepayments and overpayments are payments too.

    Net amounts are pro rata of the bill's own subtotal and total: those that were sent keep theirs,
    new ones follow by date, each the difference of two rounded running sums. So together they never
    pass the subtotal, and are it to the cent once the bill is paid in full.
    """
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
    shares = _shares(bill, standing, sent_before, gross=gross)
    if min(shares, default=ZERO) < ZERO:  # cents that were sent before leave nothing for a new one
        shares = _shares(bill, standing, {}, gross=gross)
    for payment, amount in zip(standing, shares, strict=True):
        yield _record(bill, payment, amount=amount)
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
    *,
    gross: bool,
) -> list[Decimal]:
    """Return what each of *payments* comes to in Procore."""
    total, subtotal = money(bill["Total"]), money(bill["SubTotal"])
    paid, sent = ZERO, ZERO
    shares = []
    for payment in payments:
        paid += money(payment["Amount"])
        reached = paid if gross or not total else money(subtotal * paid / total)
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
    """*inactive* are projects whose payments have stopped; *issued* what Procore lists already."""

    inactive: frozenset[str] = frozenset()
    issued: dict[str, dict[str, Any]] = field(default_factory=dict)

    def claim(self, payment: BillPayment) -> Link | None:
        """Return the link of the bill that was paid; only our own bills have one."""
        return self.links.find("subcontractor_invoice", "xero", payment.bill_id)

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
