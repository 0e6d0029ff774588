"""The proof that both systems agree: claimed, billed, paid and cost, side by side, to the cent.

Each row is a project, commitment, vendor and cost code. Three pairs of its amounts should be equal:

========  ============================================  =========================================
gap       on one side                                   on the other
========  ============================================  =========================================
billed    claimed in Procore                            billed in Xero, drafts included
paid      settled in Xero, without tax                  payments issued in Procore
cost      billed in Xero, and direct costs in Procore   what Xero's books hold: approved documents
========  ============================================  =========================================

What differs is traced to documents, each with a code, a sentence and its share, so that
explanations add up to the gap to the cent. What no document explains is ``UNEXPLAINED``: the alarm.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal, Self

from airflow_provider_procore_xero.sync.entity import Entity
from airflow_provider_procore_xero.sync.money import ZERO
from airflow_provider_procore_xero.sync.plan import Desired

Gap = Literal["billed", "paid", "cost"]
GAPS: tuple[Gap, ...] = ("billed", "paid", "cost")
UNEXPLAINED = "UNEXPLAINED"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What a row is about, by ids; *code* is written as Xero has it, empty for what has none.

    Retainage and payments have no code. Costs without a commitment have none, and costs whose lines
    name no project have no project.
    """

    project_id: str = ""
    commitment_id: str = ""
    vendor_id: str = ""
    code: str = ""
    currency: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What people call a place's project, commitment and vendor."""

    project: str = ""
    commitment: str = ""
    vendor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amounts:
    """What both systems say of one place, without tax.

    :param claimed: in Procore, less retainage; *direct_cost* too is Procore's.
    :param billed: in Xero, by documents that we made of claims.
    :param paid_xero: settled in Xero: payments, prepayments and credits applied.
    :param job_cost: in Xero's books: approved bills, spend money and supplier credit notes.
    """

    claimed: Decimal = ZERO
    billed: Decimal = ZERO
    paid_xero: Decimal = ZERO
    paid_procore: Decimal = ZERO
    direct_cost: Decimal = ZERO
    job_cost: Decimal = ZERO

    def __add__(self, other: Amounts) -> Amounts:
        return Amounts(**{n: getattr(self, n) + getattr(other, n) for n in AMOUNTS})

    def gap(self, gap: Gap) -> Decimal:
        """Return by how much one side is above the other; 0.00 where they agree."""
        if gap == "billed":
            return self.claimed - self.billed
        if gap == "paid":
            return self.paid_xero - self.paid_procore
        return self.billed + self.direct_cost - self.job_cost


AMOUNTS: tuple[str, ...] = tuple(f.name for f in fields(Amounts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """Part of a gap, and why it is there.

    :param documents: how many it stands for; *title*, *sentence* and links are the first one's.
    """

    gap: Gap
    code: str
    amount: Decimal
    sentence: str
    title: str = ""
    procore_url: str = ""
    xero_url: str = ""
    documents: int = 1

    def with_(self, other: Explanation) -> Self:
        """Return this and *other*, of the same gap and code, as one."""
        return replace(
            self,
            amount=self.amount + other.amount,
            documents=self.documents + other.documents,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciled:
    """One row of a reconciliation.

    :param seq: its place in the list, the largest unexplained difference first.
    :param difference: its three gaps together, each as an absolute amount.
    :param unexplained: what of that nobody can explain, each document by itself.
    """

    place: Place
    names: Names
    amounts: Amounts
    explanations: tuple[Explanation, ...] = ()
    difference: Decimal = ZERO
    unexplained: Decimal = ZERO
    procore_url: str = ""
    xero_url: str = ""
    seq: int = 0

    @property
    def title(self) -> str:
        """Where it is, as people call it: project, commitment, vendor, code."""
        names = self.names
        parts = (names.project, names.commitment, names.vendor, self.place.code)
        return " · ".join(part for part in parts if part) or "No project"

    @property
    def sentence(self) -> str:
        """Its amounts, those that differ only."""
        amounts, parts = self.amounts, []
        if amounts.gap("billed"):
            parts.append(f"claimed {amounts.claimed:,.2f}, billed {amounts.billed:,.2f}")
        if amounts.gap("paid"):
            parts.append(
                f"paid {amounts.paid_xero:,.2f} in Xero, {amounts.paid_procore:,.2f} in Procore"
            )
        if amounts.gap("cost"):
            known = amounts.billed + amounts.direct_cost
            parts.append(f"billed and direct {known:,.2f}, cost {amounts.job_cost:,.2f}")
        text = "; ".join(parts)
        return f"{text[:1].upper()}{text[1:]}." if text else "Both systems agree."


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """What one reconciliation came to.

    :param rows: how many there are; *differing* of them are not the same on both sides, and
        *unexplained* of those for a reason that nobody can name.
    :param totals: of all rows, by currency.
    :param worst: the rows that differ most without a reason.
    """

    run: str
    rows: int
    differing: int
    unexplained: int
    totals: Mapping[str, Amounts]
    made_at: datetime
    worst: tuple[Reconciled, ...] = ()


@dataclass(kw_only=True)
class _Row:
    names: Names = field(default_factory=Names)
    amounts: Amounts = field(default_factory=Amounts)
    said: dict[tuple[Gap, str], Explanation] = field(default_factory=dict)
    unexplained: Decimal = ZERO
    pages: dict[str, str] = field(default_factory=dict)


class Sheet:
    """Rows in the making: amounts are added, differences explained, and in the end added up."""

    def __init__(self) -> None:
        self._rows: dict[Place, _Row] = defaultdict(_Row)

    def add(
        self,
        place: Place,
        amounts: Amounts,
        names: Names | None = None,
        *,
        procore_url: str = "",
        xero_url: str = "",
    ) -> None:
        """Add *amounts* to those of *place*; the first names and pages that are known stay."""
        row = self._rows[place]
        row.amounts += amounts
        if names is not None:
            row.names = Names(
                **{
                    f.name: getattr(row.names, f.name) or getattr(names, f.name)
                    for f in fields(Names)
                }
            )
        for side, url in (("procore_url", procore_url), ("xero_url", xero_url)):
            row.pages[side] = row.pages.get(side) or url

    def explain(self, place: Place, explanation: Explanation) -> None:
        """Say why part of a gap is there."""
        if not explanation.amount:
            return
        row = self._rows[place]
        if explanation.code == UNEXPLAINED:
            row.unexplained += abs(explanation.amount)
        key = (explanation.gap, explanation.code)
        known = row.said.get(key)
        row.said[key] = explanation if known is None else known.with_(explanation)

    def rows(self) -> list[Reconciled]:
        """Return the rows, those that differ most without a reason first."""
        made = [self._reconciled(place, row) for place, row in self._rows.items()]
        made.sort(key=lambda r: (-r.unexplained, -r.difference, *_order(r)))
        return [replace(row, seq=seq) for seq, row in enumerate(made, 1)]

    def _reconciled(self, place: Place, row: _Row) -> Reconciled:
        for gap in GAPS:
            told = sum((e.amount for e in row.said.values() if e.gap == gap), ZERO)
            self.explain(place, _untraced(gap, row.amounts.gap(gap) - told))
        said = [e for e in row.said.values() if e.amount or e.code == UNEXPLAINED]
        return Reconciled(
            place=place,
            names=row.names,
            amounts=row.amounts,
            explanations=tuple(sorted(said, key=lambda e: (GAPS.index(e.gap), -abs(e.amount)))),
            difference=sum((abs(row.amounts.gap(gap)) for gap in GAPS), ZERO),
            unexplained=row.unexplained,
            procore_url=row.pages.get("procore_url", ""),
            xero_url=row.pages.get("xero_url", ""),
        )


def _untraced(gap: Gap, amount: Decimal) -> Explanation:
    return Explanation(
        gap=gap,
        code=UNEXPLAINED,
        amount=amount,
        sentence="No document that was read accounts for this.",
        documents=0,
    )


def _order(row: Reconciled) -> tuple[str, ...]:
    place, names = row.place, row.names
    return (names.project, place.project_id, names.commitment, names.vendor, place.code)


def total(rows: Iterable[Reconciled]) -> Mapping[str, Amounts]:
    """Return the amounts of all *rows* by currency: currencies are never mixed."""
    found: dict[str, Amounts] = defaultdict(Amounts)
    for row in rows:
        found[row.place.currency] += row.amounts
    return dict(found)


def beyond(rows: Iterable[Reconciled], tolerance: Decimal) -> Iterator[Reconciled]:
    """Yield the rows whose unexplained difference is above *tolerance*."""
    return (row for row in rows if row.unexplained > tolerance)


def nothing(record: Any, around: Any) -> Desired | None:
    """Return that nothing should be written: a proof only looks."""
    return None


ENTITY = Entity(
    name="reconciliation",
    kind="",
    source="procore",
    target="xero",
    batch=1,
    parse=nothing,
    conditions=(),
    desired=nothing,
)
