"""Claims and bills with the fields and sizes that the two APIs send, as many as asked for.

Claim *n* has five items, of the project, vendor and cost codes that follow from *n*.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from airflow_provider_procore_xero.sync.accounts import Account
from airflow_provider_procore_xero.sync.links import Link

LINES = 5
CLAIMS_A_PROJECT = 200
VENDORS = 500
CODES = 50
PROCORE = "https://us02.procore.com"

_SEGMENT = {"path_ids": [], "status": "active"}
_ZEROS = dict.fromkeys(
    (
        "materials_presently_stored",
        "materials_presently_stored_from_previous_progress",
        "materials_moved",
        "materials_retainage_retained_moved",
        "total_completed_and_stored_to_date_from_previous",
        "work_completed_from_previous_application",
        "work_completed_retainage_from_previous_application",
        "work_completed_retainage_released_this_period",
        "materials_stored_retainage_currently_retained",
        "materials_stored_retainage_new_materials",
        "materials_stored_retainage_percent_this_period",
        "materials_stored_retainage_released_this_period",
    ),
    "0.00",
)
_NOTHING = dict.fromkeys(
    (
        "scheduled_quantity",
        "scheduled_unit_price",
        "comment",
        "subcontractor_claimed_amount",
        "previous_progress_id",
        "uom",
        "work_completed_this_period_quantity",
        "work_completed_from_previous_application_quantity",
        "materials_presently_stored_quantity",
    )
)


def projects(claims: int) -> list[int]:
    """Return the ids of the projects that the first *claims* belong to."""
    return [5_000_000 + n for n in range(-(-claims // CLAIMS_A_PROJECT))]


def claims_of(project: int, claims: int) -> Iterator[dict[str, Any]]:
    """Yield the claims of *project* among the first *claims*."""
    first = (project - 5_000_000) * CLAIMS_A_PROJECT
    for number in range(first, min(first + CLAIMS_A_PROJECT, claims)):
        yield claim(number)


def claim(number: int) -> dict[str, Any]:
    """Return one row of ``GET /rest/v1.1/requisitions?view=extended``."""
    works = [Decimal(100_000 + (number * 7919 + line * 104_729) % 900_000) / 100
             for line in range(LINES)]  # fmt: skip
    retained = [(work / 20).quantize(Decimal("0.01")) for work in works]
    due = sum(works) - sum(retained)
    return {
        "id": 1_000_000 + number,
        "invoice_number": f"INV-{number:06d}",
        "status": "approved",
        "erp_status": None,
        "period_id": 5103,
        "requisition_start": "2026-08-01",
        "requisition_end": "2026-08-31",
        "billing_date": "2026-08-31",
        "submitted_at": "2026-09-03T13:48:52Z",
        "payment_date": None,
        "invoice_type": "progress",
        "contract_invoicing_method": "progressive",
        "final": False,
        "deletable": False,
        "attachments": [],
        "custom_fields": {},
        "origin_id": None,
        "origin_data": None,
        "number": number % 10 + 1,
        "commitment_id": 800_000 + number // 10,
        "commitment_type": "WorkOrderContract",
        "contract_name": f"Earthworks and Drainage - Project {number // CLAIMS_A_PROJECT:04d}",
        "project_id": 5_000_000 + number // CLAIMS_A_PROJECT,
        "vendor_id": 900_000 + number % VENDORS,
        "vendor_name": f"Supplier {number % VENDORS:05d} Ltd",
        "previous_requisition_id": None,
        "created_by": {"id": 77006, "name": "Priya Singh", "company_name": "Supplier Ltd"},
        "currency_configuration": {"currency_iso_code": "NZD", "base_currency_iso_code": None},
        "items": [
            _item(number, line, work, kept)
            for line, (work, kept) in enumerate(zip(works, retained, strict=True))
        ],
        "created_at": "2026-09-01T13:48:52Z",
        "updated_at": "2026-09-21T11:10:18Z",
        "summary": {
            "original_contract_sum": "277000.00",
            "net_change_by_change_orders": "18600.00",
            "contract_sum_to_date": "295600.00",
            "total_completed_and_stored_to_date": str(sum(works)),
            "total_retainage": str(sum(retained)),
            "current_payment_due": str(due),
            "tax_applicable_to_this_payment": "0.00",
        },
        "total_claimed_amount": str(sum(works)),
        "percent_complete": "24.40",
    }


def _item(number: int, line: int, work: Decimal, retained: Decimal) -> dict[str, Any]:
    code = (number + line) % CODES
    return {
        "id": 7_000_000 + number * LINES + line,
        "position": line + 1,
        "line_number": line + 1,
        "taxes": [],
        "status": "no_action",
        "item_type": "contract_item",
        "accounting_method": "amount",
        "line_item_id": 6_200_000 + line,
        "cost_code_id": 5_100_000 + code,
        "wbs_code": {
            "id": 50_000_000 + code,
            "flat_code": f"02-{code:03d}.S",
            "description": "Dewatering.Subcontract",
            "segment_items": [
                {
                    **_SEGMENT,
                    "id": 87_100_000 + code,
                    "code": f"{code:03d}",
                    "name": "Dewatering",
                    "path_code": f"02-{code:03d}",
                    "segment": {"id": 31001, "name": "Cost Code", "type": "cost_code"},
                },
                {
                    **_SEGMENT,
                    "id": 40213,
                    "code": "S",
                    "name": "Subcontract",
                    "path_code": "S",
                    "segment": {"id": 31002, "name": "Cost Type", "type": "line_item_type"},
                },
            ],
        },
        "description_of_work": f"Dewatering, part {line + 1}, as scheduled",
        "scheduled_value": "133500.00",
        "work_completed_this_period": str(work),
        "total_completed_and_stored_to_date": str(work),
        "work_completed_retainage_retained_this_period": str(retained),
        "work_completed_retainage_percent_this_period": "5.00",
        "total_completed_and_stored_to_date_percent": "21.00",
        "gross_amount": str(work),
        "net_amount": str(work - retained),
        **_ZEROS,
        **_NOTHING,
    }


def links(claims: int) -> Iterator[Link]:
    """Yield what the flows before this one have linked."""
    for project in projects(claims):
        yield Link(kind="project", procore_id=str(project), xero_id=f"p{project}",
                   xero_name=f"Project {project}")  # fmt: skip
    for number in range(VENDORS):
        yield Link(kind="vendor", procore_id=str(900_000 + number), xero_id=f"v{number:05d}")
    for code in range(CODES):
        name = f"02-{code:03d}"
        yield Link(kind="cost_code", procore_id=str(code), xero_id=f"c{code}",
                   procore_name=name, xero_name=f"{name} Dewatering")  # fmt: skip


def codes(known: Iterator[Link]) -> dict[str, Link]:
    """Return the links of cost codes among *known*, by code."""
    return {link.procore_name: link for link in known if link.kind == "cost_code"}


def accounts() -> dict[str, Account]:
    """Return a chart of the two accounts that the claims post to."""
    return {
        code: Account(code=code, name=code, active=True, type="EXPENSE", tax_type="INPUT2")
        for code in ("310", "850")
    }


def bill(number: int) -> dict[str, Any]:
    """Return a bill of five lines with two tracking categories each, as one writes it to Xero."""
    return {
        "Type": "ACCPAY",
        "Contact": {"ContactID": f"v{number % VENDORS:05d}"},
        "InvoiceNumber": f"INV-{number:06d}",
        "Date": "2026-08-31",
        "DueDate": "2026-09-20",
        "LineAmountTypes": "Exclusive",
        "CurrencyCode": "NZD",
        "Status": "DRAFT",
        "Url": f"{PROCORE}/562949/project/commitments/requisitions/{number}",
        "LineItems": [_line(number, line) for line in range(LINES)],
    }


def _line(number: int, line: int) -> dict[str, Any]:
    return {
        "Description": f"Dewatering, part {line + 1}, as scheduled",
        "Quantity": Decimal(1),
        "UnitAmount": Decimal(100_000 + (number * 7919 + line * 104_729) % 900_000) / 100,
        "AccountCode": "310",
        "TaxType": "INPUT2",
        "Tracking": [
            {"Name": "Project", "Option": f"Project {number // CLAIMS_A_PROJECT}"},
            {"Name": "Cost Codes", "Option": f"02-{(number + line) % CODES:03d} Dewatering"},
        ],
    }
