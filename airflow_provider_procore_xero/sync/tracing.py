"""Traces what a reconciliation finds different to the documents it comes from.

A claim is laid beside its bill, the bill beside what Xero's books hold, payments beside payments
issued; each difference goes on the sheet with the reason of its document. ``EXPLANATIONS`` are the
reasons that only a reconciliation has; others are those of the flows, such as ``BILL_EDITED``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from airflow_provider_procore_xero.sync.money import ZERO
from airflow_provider_procore_xero.sync.reconciliation import (
    UNEXPLAINED,
    Amounts,
    Explanation,
    Gap,
    Names,
    Place,
    Sheet,
)

MOST_ROUNDING = Decimal("0.10")
"""By how much Xero lets a bookkeeper shift a document's total; more is no rounding."""

EXPLANATIONS: Mapping[str, str] = {
    "TAX": "Xero took tax out of the amounts that were sent, since they include it.",
    "ROUNDING": "Xero and Procore round this document differently, by 0.10 at most.",
    "RECODED": "The bill is on other codes in Xero than the claim; its total is right.",
    "NOT_SENT_YET": "It changed after the last run that would have sent it.",
    "CLAIM_GONE": "Procore lists the claim no longer, and its bill still stands.",
    "BILL_NOT_APPROVED": "The bill waits in Xero to be approved, so it is no cost there yet.",
    "UNASSIGNED_LINE": "Lines of a document in Xero name no project.",
    "RETAINAGE_LINE": "Lines of retainage in a document that is no claim's: no cost of any code.",
    "OTHER_PROJECT": "Lines of a claim's bill are on another project in Xero.",
    "UNKNOWN_PROJECT": "Lines of a document in Xero name an option that stands for no project.",
    "CREDIT_NOTE": "A supplier credit note, which job costs and payments leave out.",
    "PREPAYMENT": "A prepayment was set against the bill; Procore has no payment for it.",
    "OVERPAYMENT": "An overpayment was set against the bill; Procore has no payment for it.",
    "PAYMENT_DELETED": "The payment was deleted in Xero, and Procore still has it.",
    "PAYMENT_BY_HAND": "The payment was entered in Procore by hand.",
    "PAYMENT_EDITED": "The payment has another amount in Procore than in Xero.",
    "PAYMENTS_OFF": "Payments are switched off: payments.enabled.",
    "NOT_A_DIRECT_COST": "The settings leave it out of direct costs.",
    "DIRECT_COST_BY_HAND": "The direct cost was entered in Procore by hand.",
    "DIRECT_COST_GONE": "Its document is void, deleted or changed in Xero; Procore still has it.",
    UNEXPLAINED: "Nobody can say why.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Why:
    """A reason, with its sentence."""

    code: str
    sentence: str = ""

    @property
    def said(self) -> str:
        return self.sentence or EXPLANATIONS[self.code]


NOBODY_KNOWS = Why(code=UNEXPLAINED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A document: what people call it, and its pages."""

    id: str
    title: str
    procore_url: str = ""
    xero_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenClaim:
    """A claim as Procore has it now.

    :param place: without a code; *claimed* is by code.
    :param why: why its bill is not there, or is not like it, as far as that is known.
    """

    paper: Paper
    place: Place
    names: Names
    claimed: Mapping[str, Decimal]
    why: Why | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenLine:
    """A line of a bill: *tax_inside* is what a tax-inclusive amount lost to tax.

    :param cost: the place where Xero's books have it, with its code.
    :param astray: why that is not its claim's project, where it is not.
    """

    code: str
    net: Decimal
    tax_inside: Decimal
    cost: Place
    astray: Why | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenBill:
    """A bill, or a credit note, that stands for a claim in Xero now.

    :param live: it was approved, so that it is in the books.
    """

    paper: Paper
    live: bool
    lines: tuple[SeenLine, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What was set against a bill in Xero, without tax.

    :param why: why Procore has no payment for it, as far as that is known.
    """

    paper: Paper
    amount: Decimal
    why: Why | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A payment issued in Procore. *origin_id* is the payment in Xero that it was made of."""

    paper: Paper
    amount: Decimal
    origin_id: str = ""


def trace_claim(sheet: Sheet, claim: SeenClaim, bills: Sequence[SeenBill]) -> None:
    """Lay a claim beside its bill: there should be one, with the same amount on each code."""
    rest: dict[str, Decimal] = defaultdict(Decimal)
    tax: dict[str, Decimal] = defaultdict(Decimal)
    bill = bills[0].paper if bills else None
    paper = replace(claim.paper, xero_url=bill.xero_url if bill else "")
    for code, amount in claim.claimed.items():
        rest[code] += amount
        _add(sheet, claim, code, Amounts(claimed=amount), paper)
    for line in (line for each in bills for line in each.lines):
        _add(sheet, claim, line.code, Amounts(billed=line.net), paper)
        rest[line.code] -= line.net + line.tax_inside
        tax[line.code] += line.tax_inside
    _explain_all(sheet, claim, "billed", Why(code="TAX"), tax, paper)
    _explain_all(sheet, claim, "billed", _why_billed(claim, rest, len(bills)), rest, paper)
    for each in bills:
        _trace_cost(sheet, claim, each)


def _why_billed(claim: SeenClaim, rest: Mapping[str, Decimal], bills: int) -> Why:
    """Return what explains that a claim and its bill differ, by *rest* on each code."""
    if bills > 1:
        return Why(code=UNEXPLAINED, sentence=f"The claim has {bills} bills in Xero.")
    if claim.why is not None or bills == 0:
        return claim.why or NOBODY_KNOWS
    if sum(rest.values()) == ZERO:
        return Why(code="RECODED")
    if sum(abs(amount) for amount in rest.values()) <= MOST_ROUNDING:
        return Why(code="ROUNDING")
    return NOBODY_KNOWS


def _trace_cost(sheet: Sheet, claim: SeenClaim, bill: SeenBill) -> None:
    """Lay a bill beside the books: what is approved should be a cost of the claim's project."""
    paper = replace(bill.paper, procore_url=claim.paper.procore_url)
    for line in bill.lines:
        here = replace(claim.place, code=line.code)
        if not bill.live:
            _explain(sheet, here, "cost", Why(code="BILL_NOT_APPROVED"), line.net, paper)
            continue
        cost = Amounts(job_cost=line.net)
        if line.astray is None:
            sheet.add(here, cost)
            continue
        sheet.add(line.cost, cost, Names(vendor=claim.names.vendor), xero_url=paper.xero_url)
        _explain(sheet, here, "cost", line.astray, line.net, paper)
        _explain(sheet, line.cost, "cost", line.astray, -line.net, paper)


def trace_direct(
    sheet: Sheet, place: Place, names: Names, paper: Paper, *, cost: Decimal, direct: Decimal,
    why: Why,
) -> None:  # fmt: skip
    """Lay what a document of Xero's costs beside the direct cost that Procore has of it.

    :param why: what explains that they differ, if they do.
    """
    amounts = Amounts(job_cost=cost, direct_cost=direct)
    sheet.add(place, amounts, names, procore_url=paper.procore_url, xero_url=paper.xero_url)
    _explain(sheet, place, "cost", why, direct - cost, paper)


def trace_payments(
    sheet: Sheet, place: Place, settled: Iterable[Settled], issued: Sequence[Issued]
) -> None:
    """Explain why a commitment's payments differ, each payment beside the one made of it."""
    by_origin = {each.origin_id: each for each in issued if each.origin_id}
    for each in issued:
        if not each.origin_id:
            _explain(sheet, place, "paid", Why(code="PAYMENT_BY_HAND"), -each.amount, each.paper)
    for one in settled:
        known = by_origin.pop(one.paper.id, None)
        if known is None:
            _explain(sheet, place, "paid", one.why or NOBODY_KNOWS, one.amount, one.paper)
        else:
            paper = replace(one.paper, procore_url=known.paper.procore_url)
            apart = one.amount - known.amount
            _explain(sheet, place, "paid", Why(code="PAYMENT_EDITED"), apart, paper)
    for left in by_origin.values():
        _explain(sheet, place, "paid", Why(code="PAYMENT_DELETED"), -left.amount, left.paper)


def _add(sheet: Sheet, claim: SeenClaim, code: str, amounts: Amounts, paper: Paper) -> None:
    place = replace(claim.place, code=code)
    sheet.add(place, amounts, claim.names, procore_url=paper.procore_url, xero_url=paper.xero_url)


def _explain_all(
    sheet: Sheet,
    claim: SeenClaim,
    gap: Gap,
    why: Why,
    amounts: Mapping[str, Decimal],
    paper: Paper,
) -> None:
    for code, amount in amounts.items():
        _explain(sheet, replace(claim.place, code=code), gap, why, amount, paper)


def _explain(sheet: Sheet, place: Place, gap: Gap, why: Why, amount: Decimal, paper: Paper) -> None:
    sheet.explain(
        place,
        Explanation(
            gap=gap,
            code=why.code,
            amount=amount,
            sentence=why.said,
            title=paper.title,
            procore_url=paper.procore_url,
            xero_url=paper.xero_url,
        ),
    )
