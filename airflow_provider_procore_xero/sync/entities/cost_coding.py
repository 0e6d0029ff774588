"""Which of a project's budget codes a line of Xero's belongs to.

Xero knows a cost code as an option of the second tracking category, as an item, or only as an
account; Procore wants a budget code of the project, which is a cost code with a cost type.
https://developers.procore.com/documentation/tutorial-wbs
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from airflow_provider_procore_xero.sync.entities.claim_items import BudgetCode
from airflow_provider_procore_xero.sync.entities.job_costs import Codes, code_in_xero
from airflow_provider_procore_xero.sync.entities.transactions import TransactionLine
from airflow_provider_procore_xero.sync.planning import MISREAD

if TYPE_CHECKING:
    from airflow_provider_procore_xero.sync.settings import AccountSettings, Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetCodes:
    """The active budget codes of one project: those of a code and a type, and nothing more.

    :param ids: by code and type.
    :param types: of each code.
    """

    ids: Mapping[tuple[str, str], int]
    types: Mapping[str, frozenset[str]]

    @classmethod
    def from_procore(cls, rows: Iterable[Mapping[str, Any]]) -> Self:
        """Read ``GET .../work_breakdown_structure/wbs_codes`` of a project."""
        ids: dict[tuple[str, str], int] = {}
        types: dict[str, set[str]] = defaultdict(set)
        for row in rows:
            try:
                code, budget_id = BudgetCode.from_procore(row), int(row["id"])
            except MISREAD:
                continue  # a code that can't be read can't be charged to either
            if not code.custom and row.get("status") != "inactive":
                ids[code.code, code.cost_type] = budget_id
                types[code.code].add(code.cost_type)
        return cls(ids=ids, types={code: frozenset(found) for code, found in types.items()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Coding:
    """How lines are coded in this pair of companies.

    :param codes: what Xero's options and items are in Procore.
    """

    settings: Settings
    codes: Codes

    def said(self, line: TransactionLine) -> tuple[str, str]:
        """Return the cost code and the cost type that a line states, each empty if it does not."""
        target = self.settings.cost_codes.target
        if target == "account_map":
            return of_account(line.account, self.settings.accounts)
        key, name = code_in_xero(line, target)
        return self.codes.of(key, name)

    def budget_code(self, line: TransactionLine, budget: BudgetCodes) -> int | None:
        """Return the id of the line's budget code, or of the fallback's, or None."""
        code, cost_type = self.code(line, budget), self.said(line)[1]
        return budget.ids.get((code, self.cost_type(line, code, cost_type, budget)))

    def code(self, line: TransactionLine, budget: BudgetCodes) -> str:
        """Return the line's code if the project has it, else the fallback's, else nothing."""
        fallback = self.settings.cost_codes.fallback_code or ""
        for code in (self.said(line)[0], fallback):
            if code in budget.types:
                return code
        return ""

    def cost_type(
        self, line: TransactionLine, code: str, cost_type: str, budget: BudgetCodes
    ) -> str:
        """Return a type that the code has: the one stated, its only one, or what the settings say.

        Of a code with several types the line's account may tell, by ``accounts.by_cost_type``.
        """
        types = budget.types.get(code, frozenset())
        if cost_type and code == self.said(line)[0]:
            return cost_type
        if len(types) == 1:
            return next(iter(types))
        by_account = type_of_account(line.account, self.settings.accounts)
        for choice in (by_account, self.settings.direct_costs.cost_type or ""):
            if choice and choice in types:
                return choice
        return ""


def of_account(account: str, accounts: AccountSettings) -> tuple[str, str]:
    """Return the code and the type whose costs the settings post to *account*.

    Only where one code alone does, and its pattern stands for no other.
    """
    codes = [c for c, a in accounts.by_cost_code.items() if a == account and "*" not in c]
    return (codes[0] if len(codes) == 1 else ""), type_of_account(account, accounts)


def type_of_account(account: str, accounts: AccountSettings) -> str:
    """Return the only cost type whose costs the settings post to *account*, or nothing."""
    types = [t for t, a in accounts.by_cost_type.items() if a == account]
    return types[0] if len(types) == 1 else ""
