"""Builders of records as the two systems send them, and of what they are judged against.

Each takes only what a test is about; the rest is a plain, valid record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from airflow_provider_procore_xero.settings import make
from airflow_provider_procore_xero.sync.accounts import Account
from airflow_provider_procore_xero.sync.entities.claims import Commitment, InvoicesAround
from airflow_provider_procore_xero.sync.entities.cost_codes import by_code
from airflow_provider_procore_xero.sync.links import Link, Links
from airflow_provider_procore_xero.sync.pages import Pages
from airflow_provider_procore_xero.sync.plan import Change, Hold
from airflow_provider_procore_xero.sync.planning import make_changes
from airflow_provider_procore_xero.sync.settings import Settings

PAGES = Pages(procore="https://us02.procore.com", company_id="42", shortcode="!abc")
PROJECT_ID, VENDOR_ID, COMMITMENT_ID = 101, 900, 812
CONTACT_ID = "c0000000-0000-4000-8000-000000000001"
BILL_ID = "b0000000-0000-4000-8000-000000000001"


def settings(**sections: Any) -> Settings:
    """Return settings of the classic profile with accounts, and what *sections* say otherwise."""
    given = {"profile": "dimension_classic", "accounts": {"expense": "310"}, **sections}
    given["bills"] = {"retainage_account": "850", **given.get("bills", {})}
    return make(given)


# Subcontractor invoices


def an_item(
    work: str = "1000.00",
    *,
    retained: str = "0.00",
    released: str = "0.00",
    code: str = "02-300",
    cost_type: str = "S",
    **rest: Any,
) -> dict[str, Any]:
    """Return one line of a claim: *work* done this period, retainage on it."""
    return {
        "id": 7740091,
        "item_type": "contract_item",
        "description_of_work": "Earthwork",
        "scheduled_value": "310000.00",
        "work_completed_this_period": work,
        "work_completed_retainage_retained_this_period": retained,
        "work_completed_retainage_released_this_period": released,
        "materials_presently_stored": "0.00",
        "materials_moved": "0.00",
        "materials_presently_stored_from_previous_progress": "0.00",
        "materials_stored_retainage_new_materials": "0.00",
        "materials_stored_retainage_released_this_period": "0.00",
        "wbs_code": {
            "id": 1,
            "flat_code": f"{code}.{cost_type}",
            "segment_items": [
                {"code": code, "path_code": code, "segment": {"type": "cost_code"}},
                {"code": cost_type, "path_code": cost_type, "segment": {"type": "line_item_type"}},
            ],
        },
        **rest,
    }


def a_claim(*items: Mapping[str, Any], due: str | None = None, **rest: Any) -> dict[str, Any]:
    """Return an approved claim; its header says that *due* is payable, by default what adds up."""
    lines = list(items) or [an_item()]
    return {
        "id": 1455203,
        "project_id": PROJECT_ID,
        "commitment_id": COMMITMENT_ID,
        "commitment_type": "WorkOrderContract",
        "contract_name": "Earthworks",
        "vendor_id": VENDOR_ID,
        "vendor_name": "Terra Works",
        "number": 3,
        "invoice_number": "INV-2217",
        "status": "approved",
        "requisition_start": "2026-05-01",
        "requisition_end": "2026-05-31",
        "billing_date": "2026-05-31",
        "payment_date": None,
        "summary": {"current_payment_due": due if due is not None else str(_net(lines))},
        "items": lines,
        **rest,
    }


def _net(items: Sequence[Mapping[str, Any]]) -> Decimal:
    plus = (
        "work_completed_this_period", "materials_presently_stored", "materials_moved",
        "work_completed_retainage_released_this_period",
        "materials_stored_retainage_released_this_period",
    )  # fmt: skip
    minus = (
        "materials_presently_stored_from_previous_progress",
        "work_completed_retainage_retained_this_period",
        "materials_stored_retainage_new_materials",
    )
    return sum(
        (sum(Decimal(i[k]) for k in plus) - sum(Decimal(i[k]) for k in minus) for i in items),
        Decimal("0.00"),
    )


def an_account(code: str, **rest: Any) -> Account:
    """Return an active cost account."""
    plain = {"name": f"Account {code}", "active": True, "type": "DIRECTCOSTS", "tax_type": "NONE"}
    return Account(code=code, **{**plain, **rest})


def around_claims(
    *links: Link, chosen: Settings | None = None, linked: bool = True, **rest: Any
) -> InvoicesAround:
    """Return what a claim is judged against; by default all that it refers to is linked."""
    known = Links([*(LINKED if linked else ()), *links])
    accounts = [
        an_account("310", tax_type="INPUT2"),
        an_account("320", tax_type="NONE"),
        an_account("399", active=False),
        an_account("850", type="CURRLIAB", tax_type="BASEXCLUDED"),
        an_account("090", type="BANK"),
    ]
    return InvoicesAround(
        settings=chosen or settings(),
        links=known,
        pages=PAGES,
        codes=by_code(known),
        accounts={account.code: account for account in accounts},
        project_category="Project",
        code_category="Cost Codes",
        currency="NZD",
        commitments={
            COMMITMENT_ID: Commitment(
                id=COMMITMENT_ID, kind="WorkOrderContract", number="SC-003", title="Earthworks"
            )
        },
        project_numbers={str(PROJECT_ID): "24-017"},
        **rest,
    )


LINKED = (
    Link(kind="project", procore_id=str(PROJECT_ID), xero_id="o1", xero_name="24-017"),
    Link(kind="vendor", procore_id=str(VENDOR_ID), xero_id=CONTACT_ID, xero_name="Terra Works"),
    Link(
        kind="cost_code", procore_id="4430", xero_id="o2", xero_name="02-300",
        data={"code": "02-300"},
    ),
)  # fmt: skip


# Judging


def judged(entity: Any, raw: Mapping[str, Any], around: Any) -> Change:
    """Return what should happen to one record."""
    (change,) = make_changes(entity, [raw], around)
    return change


def codes(change: Change) -> tuple[str, ...]:
    """Return the codes of why a record is held; empty where it is not."""
    return tuple(reason.code for reason in change.reasons) if isinstance(change, Hold) else ()
