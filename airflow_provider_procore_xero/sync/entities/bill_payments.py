"""Payments of bills in Xero become payments issued on the commitment in Procore.

Xero: bills that changed (``GET /Invoices``, whose paged rows carry their payments) and ``GET
/Payments``. Procore: ``POST /rest/v1.0/contract_payments``, one at a time. The bill is read whole,
because what one payment comes to without tax depends on the others, and because a payment that is
gone from its bill was deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Self

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.sync.dates import parse_date
from airflow_provider_procore_xero.sync.entity import Around, Condition, Entity, MapRow, Twin
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.money import ZERO, money
from airflow_provider_procore_xero.sync.plan import Desired
from airflow_provider_procore_xero.sync.text import plain

MARK = "airflow-procore-xero"


@dataclass(frozen=True, slots=True, kw_only=True)
class BillPayment:
    """One payment of one of our bills.

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
        )

    @property
    def title(self) -> str:
        return f"{self.paid:,.2f} on {self.paid_on} for {self.bill_name}"


def payments_of(
    bill: Mapping[str, Any], known: Sequence[Link], *, gross: bool
) -> Iterator[dict[str, Any]]:
    """Yield a record for each payment of *bill*, and for each known one that it has no longer.

    :param known: links of payments that this bill had before.

    Net amounts are pro rata of the bill's own subtotal and total: those that were sent keep theirs,
    new ones follow by date, each the difference of two rounded running sums. So together they never
    pass the subtotal, and are it to the cent once the bill is paid in full.
    """
    sent_before = {link.xero_id: link.data for link in known}
    standing = sorted(
        (p for p in bill.get("Payments") or () if p.get("Status", "AUTHORISED") != "DELETED"),
        key=lambda p: (
            p["PaymentID"] not in sent_before, str(parse_date(p["Date"])), p["PaymentID"]
        ),
    )  # fmt: skip
    shares = _shares(bill, standing, sent_before, gross=gross)
    if min(shares, default=ZERO) < ZERO:  # cents that were sent before leave nothing for a new one
        shares = _shares(bill, standing, {}, gross=gross)
    for payment, amount in zip(standing, shares, strict=True):
        yield _record(bill, payment, amount=amount)
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
        "gone": False,
    }


@dataclass(kw_only=True)
class PaymentsAround(Around):
    """*inactive* are projects that are switched off; *issued* what Procore lists already."""

    inactive: frozenset[str] = frozenset()
    issued: dict[str, dict[str, Any]] = field(default_factory=dict)

    def claim(self, payment: BillPayment) -> Link | None:
        """Return the link of the bill that was paid; only our own bills have one."""
        return self.links.find("subcontractor_invoice", "xero", payment.bill_id)

    def project_active(self, payment: BillPayment) -> bool:
        link = self.claim(payment)
        return link is None or str(link.data["project_id"]) not in self.inactive


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


CONDITIONS = (
    Condition(
        code="PROJECT_INACTIVE",
        asks="Is the project active in Procore?",
        met=lambda r, a: a.project_active(r),
        sentence="Payment {r.title} belongs to a project that is inactive in Procore.",
        fix="Make the project active again to bring its payments over.",
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
    source_url=lambda r, a: a.pages.payment(r.id),
    target_url=lambda target_id, data, a: a.pages.payments_issued(
        data["project_id"], data["commitment_kind"], data["commitment_id"]
    ),
    refers_to=("subcontractor_invoice",),
    mapping=(
        MapRow(
            source="Payment `Amount`",
            target="`amount`",
            rule="`payments.amount`: `net` takes the bill's own subtotal and total pro rata, and"
            " the last payment the remainder, so that a paid claim is paid to the cent",
        ),
        MapRow(source="Payment `Date`", target="`date`"),
        MapRow(source="The claim's `invoice_number`", target="`invoice_number`"),
        MapRow(source="Payment `Reference`", target="`notes`"),
        MapRow(source="`PaymentID`", target="`origin_id`", rule="locks the payment in Procore"),
        MapRow(source="`BatchPaymentID`", target="kept with the link"),
    ),
)
