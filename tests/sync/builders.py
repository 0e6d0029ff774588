"""Records as the two APIs send them, with only what a test is about, and what they are judged by.

``a_..._row`` is the raw record; ``a_...`` is what the core reads out of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from itertools import count
from typing import Any

from airflow_provider_procore_xero.sync.accounts import Account
from airflow_provider_procore_xero.sync.entities.bill_payments import PaymentsAround
from airflow_provider_procore_xero.sync.entities.claims import (
    Bill,
    Commitment,
    InvoicesAround,
    SubcontractorInvoice,
)
from airflow_provider_procore_xero.sync.entities.cost_codes import by_code
from airflow_provider_procore_xero.sync.entities.projects import Project, ProjectsAround
from airflow_provider_procore_xero.sync.entities.vendor_fields import Contact, Vendor
from airflow_provider_procore_xero.sync.entities.vendor_twins import ContactsAround
from airflow_provider_procore_xero.sync.entity import Around, Entity
from airflow_provider_procore_xero.sync.links import Link, Links
from airflow_provider_procore_xero.sync.pages import Pages
from airflow_provider_procore_xero.sync.plan import Change, Hold
from airflow_provider_procore_xero.sync.planning import make_changes
from airflow_provider_procore_xero.sync.settings import AccountSettings, BillSettings, Settings
from airflow_provider_procore_xero.sync.tracking import TrackingAround, TrackingCategory

PAGES = Pages(procore="https://app.procore.test", company_id="1", shortcode="!org")
CONTACT = "c0000000-0000-0000-0000-000000000090"
PROJECT_OPTION = "A-1 Riverside"
CODE_OPTION = "02-300 Earthwork"
CLAIM_PAGE = (
    "https://app.procore.test/7/project/commitments/work_order_contracts/81/requisitions/500"
)

_ids = count(1000)


def some_settings(**sections: Mapping[str, Any]) -> Settings:
    """Settings with the two accounts that have no default, and what *sections* say otherwise."""
    settings = Settings(
        accounts=AccountSettings(expense="310"), bills=BillSettings(retainage_account="850")
    )
    given = {name: replace(getattr(settings, name), **values) for name, values in sections.items()}
    return replace(settings, **given)


# Projects and tracking


def a_project_row(number: str | None = "A-1", **given: Any) -> dict[str, Any]:
    stage = given.pop("stage", "Send to Xero")
    return {
        "id": 7,
        "name": "Riverside",
        "project_number": number,
        "active": True,
        "project_stage": {"id": 1, "name": stage} if stage is not None else None,
        **given,
    }


def a_project(number: str | None = "A-1", **given: Any) -> Project:
    return Project.from_procore(a_project_row(number, **given))


def a_category_row(
    *options: str | Mapping[str, Any], name: str = "Project", **given: Any
) -> dict[str, Any]:
    """A category of ``GET /TrackingCategories``; an option given by name is active."""
    return {
        "TrackingCategoryID": f"cat-{name}",
        "Name": name,
        "Status": "ACTIVE",
        "Options": [an_option_row(o) if isinstance(o, str) else dict(o) for o in options],
        **given,
    }


def an_option_row(name: str, **given: Any) -> dict[str, Any]:
    return {"TrackingOptionID": f"opt-{name}", "Name": name, "Status": "ACTIVE", **given}


def a_category(*options: str | Mapping[str, Any], name: str = "Project") -> TrackingCategory:
    return TrackingCategory.named(name, [a_category_row(*options, name=name)])


def a_projects_around(*links: Link, **given: Any) -> ProjectsAround:
    return ProjectsAround(
        **{
            "settings": some_settings(),
            "links": Links(links),
            "pages": PAGES,
            "category": a_category(),
            "kind": "project",
            **given,
        }
    )


def a_code_row(code: str = "02-300", name: str = "Earthwork", **given: Any) -> dict[str, Any]:
    return {"id": 31, "full_code": code, "name": name, **given}


def a_codes_around(*links: Link, **given: Any) -> TrackingAround:
    return TrackingAround(
        **{
            "settings": some_settings(),
            "links": Links(links),
            "pages": PAGES,
            "category": a_category(name="Cost Codes"),
            "kind": "cost_code",
            **given,
        }
    )


# Contacts and vendors


def a_contact_row(name: str = "Terra Works Ltd", **given: Any) -> dict[str, Any]:
    """A contact as ``GET /Contacts?page=`` sends it, under the ``id`` that the reader adds.

    *place* is its billing address, *phones* are its phone numbers by type.
    """
    contact_id = given.pop("id", CONTACT)
    place = given.pop("place", {})
    phones = given.pop("phones", {})
    return {
        "id": contact_id,
        "ContactID": contact_id,
        "Name": name,
        "ContactStatus": "ACTIVE",
        "EmailAddress": "",
        "Addresses": [{"AddressType": "STREET"}, {"AddressType": "POBOX", **place}],
        "Phones": [{"PhoneType": kind, **phone} for kind, phone in phones.items()],
        **given,
    }


def a_contact(name: str = "Terra Works Ltd", **given: Any) -> Contact:
    return Contact.from_xero(a_contact_row(name, **given))


def a_vendor_row(name: str = "Terra Works Ltd", **given: Any) -> dict[str, Any]:
    return {"id": 90, "name": name, "is_active": True, "origin_id": None, **given}


def a_vendor(name: str = "Terra Works Ltd", **given: Any) -> Vendor:
    return Vendor.from_procore(a_vendor_row(name, **given))


def a_contacts_around(*links: Link, **given: Any) -> ContactsAround:
    """Every contact that the tests make is in the group, unless *members* says otherwise."""
    return ContactsAround(
        **{
            "settings": some_settings(),
            "links": Links(links),
            "pages": PAGES,
            "members": frozenset({CONTACT}),
            "vendors": (),
            **given,
        }
    )


# Claims


def a_wbs_code(code: str, cost_type: str = "", **custom: str) -> dict[str, Any]:
    """A line's budget code, in segments as Procore sends them; *custom* segments by type."""
    segments = {"cost_code": code, "line_item_type": cost_type, **custom}
    return {
        "id": 1,
        "flat_code": ".".join(part for part in segments.values() if part),
        "segment_items": [
            {"code": value, "path_code": value, "segment": {"type": kind}}
            for kind, value in segments.items()
            if value
        ],
    }


def an_item_row(
    work: str = "1000.00", *, retained: str = "0.00", released: str = "0.00", **given: Any
) -> dict[str, Any]:
    """A line that bills *work* this period; *code* and *cost_type* are what it is coded to."""
    code, cost_type = given.pop("code", "02-300"), given.pop("cost_type", "S")
    return {
        "id": next(_ids),
        "item_type": "contract_item",
        "accounting_method": "amount",
        "description_of_work": "Earthwork",
        "wbs_code": a_wbs_code(code, cost_type) if code else None,
        "scheduled_value": "5000.00",
        "work_completed_this_period": work,
        "work_completed_retainage_retained_this_period": retained,
        "work_completed_retainage_released_this_period": released,
        **given,
    }


def a_claim_row(*items: Mapping[str, Any], **given: Any) -> dict[str, Any]:
    """An approved claim of one line of 1,000.00, or of *items*.

    Its header says that *due* is payable; by default what the items come to by the plain formula.
    """
    lines = list(items) or [an_item_row()]
    due = given.pop("due", None) or str(sum(map(net_of, lines), Decimal(0)))
    tax = given.pop("tax", "0")
    return {
        "id": 500,
        "project_id": 7,
        "commitment_id": 81,
        "commitment_type": "WorkOrderContract",
        "contract_name": "Groundworks",
        "vendor_id": 90,
        "vendor_name": "Terra Works Ltd",
        "number": 3,
        "invoice_number": "INV-2217",
        "status": "approved",
        "requisition_start": "2026-05-01",
        "requisition_end": "2026-05-31",
        "billing_date": "2026-05-31",
        "payment_date": None,
        "summary": {"current_payment_due": due, "tax_applicable_to_this_payment": tax},
        "currency_configuration": {"currency_iso_code": "AUD"},
        "items": lines,
        **given,
    }


def net_of(item: Mapping[str, Any]) -> Decimal:
    """What a line adds to the claim, by the formula of Procore's requisition tutorial."""
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
    added = sum((Decimal(item.get(name) or 0) for name in plus), Decimal(0))
    return added - sum((Decimal(item.get(name) or 0) for name in minus), Decimal(0))


def a_claim(*items: Mapping[str, Any], **given: Any) -> SubcontractorInvoice:
    return SubcontractorInvoice.from_procore(a_claim_row(*items, **given))


def an_account_row(code: str, **given: Any) -> dict[str, Any]:
    return {
        "Code": code,
        "Name": f"Account {code}",
        "Status": "ACTIVE",
        "Type": "DIRECTCOSTS",
        "TaxType": "INPUT",
        **given,
    }


def some_accounts(*rows: Mapping[str, Any]) -> dict[str, Account]:
    """The chart of accounts: costs on 310, retainage on 850, and *rows*."""
    all_rows = (an_account_row("310"), an_account_row("850", Type="CURRLIAB"), *rows)
    return {row["Code"]: Account.from_xero(row) for row in all_rows}


def a_project_link(**given: Any) -> Link:
    return Link(
        **{"kind": "project", "procore_id": "7", "xero_id": "opt", "xero_name": PROJECT_OPTION}
        | given
    )


def a_vendor_link(**given: Any) -> Link:
    return Link(**{"kind": "vendor", "procore_id": "90", "xero_id": CONTACT} | given)


def a_code_link(code: str = "02-300", **given: Any) -> Link:
    return Link(
        **{
            "kind": "cost_code",
            "procore_id": f"code-{code}",
            "xero_id": f"opt-{code}",
            "xero_name": CODE_OPTION if code == "02-300" else code,
            "data": {"code": code},
        }
        | given
    )


def a_bill_link(**given: Any) -> Link:
    """The link of the claim that ``a_claim`` makes."""
    data = {
        "project_id": 7,
        "commitment_id": 81,
        "commitment_kind": "WorkOrderContract",
        "invoice_number": "INV-2217",
        **given.pop("data", {}),
    }
    return Link(
        **{
            "kind": "subcontractor_invoice",
            "procore_id": "500",
            "xero_id": "bill-1",
            "xero_name": "SC-0001",
            "data": data,
        }
        | given
    )


def an_invoices_around(*links: Link, without: Iterable[str] = (), **given: Any) -> InvoicesAround:
    """Project 7, vendor 90 and code 02-300 are integrated but for the kinds in *without*."""
    usual = (a_project_link(), a_vendor_link(), a_code_link())
    known = Links((*(link for link in usual if link.kind not in without), *links))
    contract = {"id": 81, "number": "SC-0001", "title": "Groundworks"}
    return InvoicesAround(
        **{
            "settings": some_settings(),
            "links": known,
            "pages": PAGES,
            "codes": by_code(known),
            "accounts": some_accounts(),
            "project_category": "Project",
            "code_category": "Cost Codes",
            "currency": "AUD",
            "commitments": {81: Commitment.from_procore(contract, "WorkOrderContract")},
            "project_numbers": {"7": "A-1"},
            **given,
        }
    )


# Bills and payments in Xero


def a_bill_row(**given: Any) -> dict[str, Any]:
    """A bill of 1,000.00 + 100.00 tax that stands for the claim of ``a_claim``."""
    return {
        "InvoiceID": "bill-1",
        "InvoiceNumber": "SC-0001",
        "Type": "ACCPAY",
        "Status": "AUTHORISED",
        "Url": CLAIM_PAGE,
        "Contact": {"ContactID": CONTACT, "Name": "Terra Works Ltd"},
        "Date": "/Date(1780185600000+0000)/",
        "DateString": "2026-05-31T00:00:00",
        "LineAmountTypes": "Exclusive",
        "SubTotal": Decimal("1000.00"),
        "TotalTax": Decimal("100.00"),
        "Total": Decimal("1100.00"),
        "AmountPaid": Decimal("0.00"),
        "AmountCredited": Decimal("0.00"),
        "LineItems": [],
        "Payments": [],
        **given,
    }


def a_bill(**given: Any) -> Bill:
    return Bill.from_xero(a_bill_row(**given))


def a_payment_row(amount: str = "1100.00", **given: Any) -> dict[str, Any]:
    return {
        "PaymentID": "pay-1",
        "Date": "/Date(1781481600000+0000)/",
        "Amount": Decimal(amount),
        "Reference": "EFT 42",
        **given,
    }


def a_payments_around(*links: Link, **given: Any) -> PaymentsAround:
    known = Links(links or (a_bill_link(),))
    return PaymentsAround(**{"settings": some_settings(), "links": known, "pages": PAGES, **given})


# Planning


def change_of(entity: Entity, row: Mapping[str, Any], around: Around) -> Change:
    """What planning makes of one record."""
    (change,) = make_changes(entity, [row], around)
    return change


def why_held(entity: Entity, row: Mapping[str, Any], around: Around) -> dict[str, str]:
    """The reasons for which planning holds one record: sentences by code; none if it goes."""
    change = change_of(entity, row, around)
    if not isinstance(change, Hold):
        return {}
    return {reason.code: reason.sentence for reason in change.reasons}
