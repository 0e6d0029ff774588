"""Posted manual journals become direct costs, one for each project in them.

Xero: ``GET /ManualJournals``. Only lines on expense accounts count: the other side of a journal is
no cost, though bookkeepers may track it too. A journal that moves a cost from one project to
another is one direct cost above zero and one below.
https://developer.xero.com/documentation/api/accounting/manualjournals
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from airflow_provider_procore_xero.sync.entities.cost_lines import LINE_MAPPING
from airflow_provider_procore_xero.sync.entities.cost_slices import Slice
from airflow_provider_procore_xero.sync.entities.direct_costs import (
    BATCH,
    CODE_CONDITIONS,
    PROJECT_CONDITIONS,
    issued_twin,
    to_direct_cost,
)
from airflow_provider_procore_xero.sync.entity import Entity, MapRow

EXPENSE_TYPES = frozenset({"EXPENSE", "DIRECTCOSTS", "OVERHEADS", "DEPRECIATN", "WAGESEXPENSE"})


def expense_accounts(accounts: Iterable[Mapping[str, Any]]) -> frozenset[str]:
    """Return the codes of the accounts that costs are on, of ``GET /Accounts``."""
    return frozenset(
        account["Code"]
        for account in accounts
        if account.get("Code")
        and (account.get("Class") == "EXPENSE" or account["Type"] in EXPENSE_TYPES)
    )


ENTITY = Entity(
    name="journal_entries",
    kind="journal_entry",
    source="xero",
    target="procore",
    batch=BATCH,
    locked_last=True,
    parse=Slice.from_xero,
    conditions=(*PROJECT_CONDITIONS, *CODE_CONDITIONS),
    desired=to_direct_cost,
    twin=issued_twin,
    source_url=lambda r, a: a.page_of(r.transaction),
    target_url=lambda target_id, data, a: a.pages.direct_costs(data["project_id"]),
    refers_to=("project", "cost_code", "item"),
    mapping=(
        MapRow(
            source="Posted manual journal: lines on expense accounts",
            target="`direct_cost_type` `expense`, `status` `approved`",
            rule="without vendor and number",
        ),
        MapRow(source="`Date`", target="`direct_cost_date`"),
        MapRow(source="`Narration`", target="`description`"),
        MapRow(
            source="Line: tracking option of the project",
            target="the project, one direct cost each",
            rule="lines without one are counted as unassigned, never guessed",
        ),
        *LINE_MAPPING,
        MapRow(
            source="id of the journal and of the project",
            target="`origin_id`",
            rule="unique in the company; written last, since it locks the direct cost",
        ),
    ),
)
