"""What a project has cost on a code and a type becomes a row of Procore's ERP job costs.

=============================  =================================================================
figures of the ledger          row of ``PATCH /rest/v1.0/erp_job_costs/sync``
=============================  =================================================================
project                        ``job_origin_id``, beside the rows
code                           ``cost_code_origin_id``, and ``cost_code_id``
type                           ``line_item_type_origin_id``, and ``line_item_type_id``
job to date                    ``job_to_date_cost``
commitment invoiced            ``commitment_invoiced``
direct costs                   nothing: the budget takes one from the other
=============================  =================================================================

Figures are set, never added, so that to send one twice is harmless. Which pair of ids tells a row
apart is not documented, so both are sent.
https://developers.procore.com/documentation/erp-technical-guide
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Self

from airflow_provider_procore_xero.sync.entity import Around, Condition
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.money import money
from airflow_provider_procore_xero.sync.plan import (
    Change,
    Desired,
    FieldChange,
    Update,
    differences,
)
from airflow_provider_procore_xero.sync.text import plain

KIND = "job_cost"
ROWS = 1000
"""Rows that one call takes; they are of one project."""
PLACE = (
    "job_origin_id", "cost_code_id", "cost_code_origin_id", "line_item_type_id",
    "line_item_type_origin_id",
)  # fmt: skip
"""What tells a row of Procore's apart; each is empty where Procore has none."""
FIGURES = ("job_to_date_cost", "commitment_invoiced")
"""What is set of a row; all else in it is left alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErpJobCost:
    """The figures of one row, and where it is.

    :param id: project, code and type, and the currency where it is not the organisation's.
    :param rows: code and type of each of the ledger's figures that are added up here.
    """

    id: str
    project_id: str
    project: str
    code: str
    cost_type: str
    currency: str
    job_to_date: Decimal
    commitment_invoiced: Decimal
    rows: tuple[tuple[str, str], ...]
    job_origin_id: str
    cost_code_id: str
    cost_code_origin_id: str
    line_item_type_id: str
    line_item_type_origin_id: str

    @classmethod
    def from_ledger(cls, record: Mapping[str, Any], around: Any = None) -> Self:
        """Read what :func:`.job_cost_places.as_record` made."""
        return cls(
            id=str(record["id"]),
            project_id=str(record["project_id"]),
            project=plain(record["project"]),
            code=plain(record["code"]),
            cost_type=plain(record["cost_type"]),
            currency=plain(record["currency"]),
            job_to_date=money(record["job_to_date"]),
            commitment_invoiced=money(record["commitment_invoiced"]),
            rows=tuple((str(code), str(cost_type)) for code, cost_type in record["rows"]),
            **{name: str(record[name]) for name in PLACE},
        )

    @property
    def coded(self) -> str:
        """Code and type, as people write them."""
        return ".".join(part for part in (self.code, self.cost_type) if part) or "no cost code"

    @property
    def title(self) -> str:
        return f"{self.project} · {self.coded}"


@dataclass(kw_only=True)
class JobCostsAround(Around):
    """What figures are judged against.

    :param hidden: ids of projects that can't be read.
    :param owners: whose each row of Procore's is, by its id.
    """

    currency: str = ""
    hidden: set[str] = field(default_factory=set)
    owners: Mapping[str, str] = field(default_factory=dict)

    def reads(self, cost: ErpJobCost) -> bool:
        """Whether it was looked up what Procore calls the project, and its codes."""
        return cost.project_id not in self.inactive | self.hidden and self.at_home(cost)

    def at_home(self, cost: ErpJobCost) -> bool:
        return cost.currency == self.currency or not cost.currency or not self.currency


def to_job_cost(cost: ErpJobCost, around: JobCostsAround) -> Desired:
    """Return the row that should stand in Procore for *cost*."""
    payload = {
        "job_origin_id": cost.job_origin_id,
        "cost_code_id": int(cost.cost_code_id),
        "cost_code_origin_id": cost.cost_code_origin_id,
        "line_item_type_id": int(cost.line_item_type_id),
        "line_item_type_origin_id": cost.line_item_type_origin_id,
        "job_to_date_cost": f"{cost.job_to_date:.2f}",
        "commitment_invoiced": f"{cost.commitment_invoiced:.2f}",
    }
    data = {
        "project_id": cost.project_id,
        "code": cost.code,
        "cost_type": cost.cost_type,
        "rows": [list(row) for row in cost.rows],
        **{name: getattr(cost, name) for name in PLACE},
    }
    return Desired(payload=payload, name=cost.coded, data=data)


def held_of(job_to_date: Decimal, commitment_invoiced: Decimal) -> str:
    """Return two figures as a link remembers that Procore holds them: ``1580.10 1000.00``."""
    return f"{job_to_date:.2f} {commitment_invoiced:.2f}"


def figures_of(
    link: Link, desired: Desired, around: JobCostsAround
) -> tuple[Desired, tuple[FieldChange, ...]]:
    """Send the whole row again, and tell which figures were otherwise."""
    before = dict(zip(FIGURES, link.held.split(), strict=False))
    return desired, differences(before, {name: desired.payload[name] for name in FIGURES})


def empties(change: Change) -> bool:
    """Whether *change* sets figures to nothing. That others change is what they are for."""
    return isinstance(change, Update) and not any(
        money(change.desired.payload[name]) for name in FIGURES
    )


def project_of(change: Any) -> str:
    """Return the project that a change is about; a call carries those of one."""
    return str(change.about.source_id).partition("/")[0]


# What must be so


def placed(check: Any) -> Any:
    """Return *check* for figures whose project and codes were looked up."""
    return lambda r, a: not a.reads(r) or check(r, a)


def coded(check: Any) -> Any:
    """Return *check* for figures of a project that the ERP tool knows, so its codes were read."""
    return placed(lambda r, a: not r.job_origin_id or check(r, a))


CONDITIONS = (
    Condition(
        code="PROJECT_INACTIVE",
        asks="Is the project active in Procore?",
        met=lambda r, a: r.project_id not in a.inactive,
        sentence="{r.title}: the project is inactive in Procore.",
        fix="Make the project active again to have its job costs written.",
        waits=True,
    ),
    Condition(
        code="PROJECT_HIDDEN",
        asks="May the service account see the project?",
        met=lambda r, a: r.project_id not in a.hidden,
        sentence="{r.title}: Procore hides the project from the service account.",
        fix="Add the project to the service account's permitted projects.",
    ),
    Condition(
        code="CURRENCY_DIFFERS",
        asks="Is it in the organisation's currency?",
        met=lambda r, a: a.at_home(r),
        sentence="{r.title}: {r.job_to_date:,.2f} are in {r.currency}, the Xero organisation keeps"
        " {a.currency}. Procore's figure is without them.",
        fix="Enter this cost in Procore by hand, in the currency of the budget.",
    ),
    Condition(
        code="PROJECT_NOT_EXPORTED",
        asks="Does Procore's ERP tool know the project?",
        met=placed(lambda r, a: bool(r.job_origin_id)),
        sentence="{r.title}: the project has no origin id, so Procore's ERP tool has no job costs"
        " of it.",
        fix="Export the project in Procore's ERP Integrations tool.",
        waits=True,
    ),
    Condition(
        code="COST_CODE_UNKNOWN",
        asks="Has the project the cost code, or is there a fallback?",
        met=coded(lambda r, a: bool(r.cost_code_id)),
        sentence="{r.title}: {r.job_to_date:,.2f} are on a cost code that the project has not.",
        fix="Code the lines in Xero, add the code to the project in Procore, or set"
        " cost_codes.fallback_code in the settings file.",
    ),
    Condition(
        code="COST_TYPE_UNCLEAR",
        asks="Has the code one cost type, or is it clear which one?",
        met=coded(lambda r, a: not r.cost_code_id or bool(r.line_item_type_id)),
        sentence="{r.title}: {r.job_to_date:,.2f} are of a cost type that the code has not in this"
        " project, or could be of several.",
        fix="Use the code with this cost type in the project's budget, or name the usual type in"
        " direct_costs.cost_type.",
    ),
    Condition(
        code="COST_CODE_NOT_EXPORTED",
        asks="Does Procore's ERP tool know the cost code, and its cost type?",
        met=coded(
            lambda r, a: (
                not r.line_item_type_id
                or bool(r.cost_code_origin_id and r.line_item_type_origin_id)
            )
        ),
        sentence="{r.title}: the cost code or its cost type has no origin id, so Procore's ERP tool"
        " has no job costs of it.",
        fix="Export the cost codes of the project in Procore's ERP Integrations tool.",
    ),
)
