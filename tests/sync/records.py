"""Builders of records as the two systems send them, and of what they are judged against.

Each takes only what a test is about; the rest is a plain, valid record.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from airflow_provider_procore_xero.settings import make
from airflow_provider_procore_xero.sync.accounts import Account
from airflow_provider_procore_xero.sync.entities.bill_payments import PaymentsAround
from airflow_provider_procore_xero.sync.entities.claims import Commitment, InvoicesAround
from airflow_provider_procore_xero.sync.entities.cost_codes import by_code
from airflow_provider_procore_xero.sync.entities.projects import Project, ProjectsAround
from airflow_provider_procore_xero.sync.entities.projects import number_owners
from airflow_provider_procore_xero.sync.entities.vendors import ContactsAround, Vendor
from airflow_provider_procore_xero.sync.links import Link, Links
from airflow_provider_procore_xero.sync.pages import Pages
from airflow_provider_procore_xero.sync.plan import Change, Hold
from airflow_provider_procore_xero.sync.planning import make_changes
from airflow_provider_procore_xero.sync.settings import Settings
from airflow_provider_procore_xero.sync.tracking import TrackingCategory, TrackingOption

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


def around_claims(
    *links: Link, chosen: Settings | None = None, linked: bool = True, **rest: Any
) -> InvoicesAround:
    """Return what a claim is judged against; by default all that it refers to is linked."""
    known = Links([*(LINKED if linked else ()), *links])
    accounts = [
        Account(code="310", name="Subcontractors", active=True, type="DIRECTCOSTS", tax_type="INPUT2"),
        Account(code="320", name="Wages", active=True, type="DIRECTCOSTS", tax_type="NONE"),
        Account(code="399", name="Old", active=False, type="EXPENSE", tax_type="INPUT2"),
        Account(code="850", name="Retentions", active=True, type="CURRLIAB", tax_type="BASEXCLUDED"),
        Account(code="090", name="Bank", active=True, type="BANK", tax_type="NONE"),
    ]  # fmt: skip
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


# Contacts, projects, payments


def a_contact(name: str = "Terra Works Ltd", **rest: Any) -> dict[str, Any]:
    """Return a contact without an address, in the group."""
    return {
        "id": rest.get("ContactID", CONTACT_ID),
        "ContactID": CONTACT_ID,
        "Name": name,
        "ContactStatus": "ACTIVE",
        "EmailAddress": "",
        "Addresses": [{"AddressType": "STREET"}, {"AddressType": "POBOX"}],
        "Phones": [],
        **rest,
    }


def an_address(**parts: str) -> list[dict[str, str]]:
    """Return the addresses of a contact whose billing address has *parts*."""
    return [{"AddressType": "STREET"}, {"AddressType": "POBOX", **parts}]


def a_vendor(name: str = "Terra Works Ltd", vendor_id: int = VENDOR_ID, **rest: Any) -> Vendor:
    """Return an active vendor that nothing is linked to."""
    return Vendor.from_procore(
        {"id": vendor_id, "name": name, "is_active": True, "origin_id": None, **rest}
    )


def around_contacts(
    *vendors: Vendor, links: Sequence[Link] = (), chosen: Settings | None = None, **rest: Any
) -> ContactsAround:
    """Return what a contact is judged against; the contact is in the group unless told."""
    return ContactsAround(
        settings=chosen or settings(),
        links=Links(links),
        pages=PAGES,
        members=rest.pop("members", frozenset({CONTACT_ID})),
        vendors=vendors,
        **rest,
    )


def a_project(
    number: str | None = "24-017", *, stage: str = "Send to Xero", **rest: Any
) -> dict[str, Any]:
    """Return an active project in the stage that sends it."""
    return {
        "id": PROJECT_ID,
        "name": "Riverside Depot",
        "project_number": number,
        "active": True,
        "project_stage": {"id": 1, "name": stage},
        **rest,
    }


def around_projects(
    *others: Mapping[str, Any],
    options: Sequence[TrackingOption] = (),
    links: Sequence[Link] = (),
    chosen: Settings | None = None,
    **rest: Any,
) -> ProjectsAround:
    """Return what a project is judged against: the *others*, and the category's options."""
    known = Links(links)
    return ProjectsAround(
        settings=chosen or settings(),
        links=known,
        pages=PAGES,
        category=TrackingCategory(id="cat", name="Project", options=tuple(options)),
        kind="project",
        owners=number_owners([Project.from_procore(each) for each in others], known),
        **rest,
    )


def an_option(name: str, option_id: str = "o1", *, active: bool = True) -> TrackingOption:
    return TrackingOption(id=option_id, name=name, active=active)


def a_paid_bill(*payments: Mapping[str, Any], total: str = "115.00", net: str = "100.00") -> dict[str, Any]:  # fmt: skip
    """Return one of our bills with these payments on it."""
    return {
        "InvoiceID": BILL_ID,
        "InvoiceNumber": "SC-003",
        "Status": "AUTHORISED",
        "Total": Decimal(total),
        "SubTotal": Decimal(net),
        "Payments": list(payments),
    }


def a_payment(amount: str, payment_id: str = "p1", *, on: date = date(2026, 6, 20), **rest: Any) -> dict[str, Any]:  # fmt: skip
    return {"PaymentID": payment_id, "Amount": Decimal(amount), "Date": on.isoformat(), **rest}


CLAIM_LINK = Link(
    kind="subcontractor_invoice",
    procore_id="1455203",
    xero_id=BILL_ID,
    xero_name="SC-003",
    data={
        "project_id": PROJECT_ID,
        "commitment_id": COMMITMENT_ID,
        "commitment_kind": "WorkOrderContract",
        "invoice_number": "INV-2217",
    },
)


def around_payments(**rest: Any) -> PaymentsAround:
    return PaymentsAround(
        settings=rest.pop("chosen", settings()), links=Links([CLAIM_LINK]), pages=PAGES, **rest
    )


# Judging


def judged(entity: Any, raw: Mapping[str, Any], around: Any) -> Change:
    """Return what should happen to one record."""
    (change,) = make_changes(entity, [raw], around)
    return change


def codes(change: Change) -> tuple[str, ...]:
    """Return the codes of why a record is held; empty where it is not."""
    return tuple(reason.code for reason in change.reasons) if isinstance(change, Hold) else ()
