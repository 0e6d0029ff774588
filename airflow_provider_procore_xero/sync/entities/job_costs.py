"""What each project and cost code has cost: posted cost lines of Xero, added up.

=====================  =========================================================================
job to date            approved bills and spend money, without tax
commitment invoiced    of that, bills that came from Procore: claims of commitments
direct costs           job to date less commitment invoiced
=====================  =========================================================================

Supplier credit notes and retainage are no part of it. Nothing is written to Xero; where
``job_costs.write`` says so, the figures are written to Procore: see :mod:`.erp_job_costs`.
https://support.procore.com/products/online/user-guide/company-level/erp-integrations/tutorials
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Self

from airflow_provider_procore_xero.sync.entities.erp_job_costs import (
    CONDITIONS,
    KIND,
    ROWS,
    ErpJobCost,
    empties,
    figures_of,
    project_of,
    to_job_cost,
)
from airflow_provider_procore_xero.sync.entities.transactions import Transaction, TransactionLine
from airflow_provider_procore_xero.sync.entity import Entity, MapRow
from airflow_provider_procore_xero.sync.links import Link, Links
from airflow_provider_procore_xero.sync.money import ZERO

KINDS = ("bill", "spend_money")
"""The kinds of documents that job costs are made of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one document has cost on one project option and one code, as Xero names them.

    :param option: id of the project's tracking option, or its name where Xero sent no id; empty for
        lines without a project.
    :param code: by what cost codes are in Xero: id of the code's option, item code, or account
        code; empty for lines without a code.
    """

    document: str
    kind: str
    option: str
    option_name: str
    code: str
    code_name: str
    currency: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCost:
    """The three figures of one project and code, in one currency, without tax.

    :param project_id: Procore's; empty for costs on no project, or on an option that stands for
        none: *project* is then the option's name.
    :param cost_type: where the code says it; empty where Xero knows codes only.
    """

    project_id: str
    project: str
    code: str
    cost_type: str
    currency: str
    job_to_date: Decimal = ZERO
    commitment_invoiced: Decimal = ZERO

    @property
    def direct_costs(self) -> Decimal:
        return self.job_to_date - self.commitment_invoiced

    def plus(self, amount: Decimal, *, from_procore: bool) -> Self:
        """Return this with one more cost in it."""
        invoiced = amount if from_procore else ZERO
        return replace(
            self,
            job_to_date=self.job_to_date + amount,
            commitment_invoiced=self.commitment_invoiced + invoiced,
        )


def costs_of(transaction: Transaction, target: str) -> list[Cost]:
    """Return what *transaction* has cost by project and code; nothing unless it is approved.

    Retainage is no cost of a code, so work counts in full when it is billed, and once.

    :param target: what cost codes are in Xero, ``cost_codes.target``.
    """
    if not transaction.live or transaction.kind not in KINDS:
        return []
    found: dict[tuple[str, str], Cost] = {}
    for line in transaction.lines:
        if line.retainage:
            continue
        code, name = code_in_xero(line, target)
        key = (line.project_option or line.project, code)
        known = found.get(key)
        amount = line.net if known is None else known.amount + line.net
        found[key] = Cost(
            document=transaction.id,
            kind=transaction.kind,
            option=key[0],
            option_name=line.project,
            code=code,
            code_name=name,
            currency=transaction.currency,
            amount=amount,
        )
    return [cost for cost in found.values() if cost.amount]


def code_in_xero(line: TransactionLine, target: str) -> tuple[str, str]:
    """Return what tells the line's cost code apart in Xero, and what people call it there."""
    if target == "tracking_option":
        return line.code_option or line.code, line.code
    code = line.item if target == "item" else line.account
    return code, code


@dataclass(frozen=True, slots=True, kw_only=True)
class Codes:
    """What the codes of Xero's lines are in Procore: pairs of cost code and cost type.

    :param pairs: by the id of an option, and by the code of an item.
    """

    pairs: Mapping[str, tuple[str, str]]

    @classmethod
    def from_links(cls, links: Links) -> Self:
        """Read the links of cost codes, which stand for options, and of items."""
        found: dict[str, tuple[str, str]] = {}
        for link in links.of("cost_code"):
            found[link.xero_id] = (str(link.data.get("code") or link.xero_name), "")
        for link in links.of("item"):
            code = str(link.data.get("code") or link.xero_name)
            found[link.xero_name] = (code, str(link.data.get("cost_type") or ""))
        return cls(pairs=found)

    def of(self, code: str, name: str) -> tuple[str, str]:
        """Return cost code and cost type; what is no code of Procore's keeps Xero's name."""
        return self.pairs.get(code, (name or code, ""))


def job_costs(
    sums: Iterable[tuple[Cost, bool]], projects: Mapping[str, Link], codes: Codes
) -> Iterator[JobCost]:
    """Yield the figures of each project and code.

    :param sums: costs, of one or of many documents, and whether they came from Procore.
    :param projects: links of projects, by the id of their option and by ``name:`` and its name.
    """
    found: dict[tuple[str, ...], JobCost] = defaultdict()
    for cost, from_procore in sums:
        link = projects.get(cost.option) or projects.get(f"name:{cost.option.casefold()}")
        code, cost_type = codes.of(cost.code, cost.code_name)
        blank = JobCost(
            project_id=link.procore_id if link else "",
            project=link.procore_name if link else cost.option_name,
            code=code,
            cost_type=cost_type,
            currency=cost.currency,
        )
        key = (blank.project_id, blank.project, code, cost_type, cost.currency)
        found[key] = found.get(key, blank).plus(cost.amount, from_procore=from_procore)
    yield from (found[key] for key in sorted(found))


ENTITY = Entity(
    name="job_costs",
    kind=KIND,
    source="xero",
    target="procore",
    batch=ROWS,
    alike=project_of,
    sets=True,
    parse=ErpJobCost.from_ledger,
    conditions=CONDITIONS,
    desired=to_job_cost,
    change=figures_of,
    rewrites=empties,
    target_url=lambda target_id, data, a: a.pages.budget(data["project_id"]),
    refers_to=("project", "cost_code", "item", "subcontractor_invoice"),
    mapping=(
        MapRow(
            r="R85",
            source="Approved bills and spend money: lines, without tax",
            target="Job to date: `job_to_date_cost`",
            rule="by the project's tracking option and the cost code's option or item; a"
            " tax-inclusive line less its own tax; retainage and supplier credit notes are left"
            " out",
        ),
        MapRow(
            r="R86",
            source="Of those, bills that came from Procore",
            target="Commitment invoiced: `commitment_invoiced`",
            rule="bills that are linked to a subcontractor invoice when the sum is made",
        ),
        MapRow(
            r="R87",
            source="Job to date less commitment invoiced",
            target="Direct costs",
            rule="so for every project and code, or the ledger refuses the row; Procore's budget"
            " works it out of the other two",
        ),
        MapRow(
            source="Project, code and type of a figure",
            target="ERP job cost: `job_origin_id`, `cost_code_origin_id`,"
            " `line_item_type_origin_id`, and the ids of code and type",
            rule="only with `job_costs.write: erp`. The type is the item's, or the only one that"
            " the project's code has, else `direct_costs.cost_type`; a code that the project has"
            " not takes `cost_codes.fallback_code`. Figures that come to one row are added up",
        ),
    ),
)
