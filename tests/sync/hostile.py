"""Records as a hostile or broken system might send them, for every entity that there is.

A case is a good record, what it is judged against, and what belongs to it and is read after it.
``hostile`` spoils records by a seed, so that a record that broke something can be made again.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random
from typing import Any

from airflow_provider_procore_xero.settings import make
from airflow_provider_procore_xero.sync.entities import bill_payments, contact_fields, vendors
from airflow_provider_procore_xero.sync.entities.commitment_change_orders import ChangeOrdersAround
from airflow_provider_procore_xero.sync.entities.commitments import CommitmentsAround
from airflow_provider_procore_xero.sync.entities.cost_slices import slices_of
from airflow_provider_procore_xero.sync.entities.directory import VendorsAround
from airflow_provider_procore_xero.sync.entities.items import ItemsAround, pair_row
from airflow_provider_procore_xero.sync.entities.order_lines import schedule
from airflow_provider_procore_xero.sync.entities.transactions import Kind
from airflow_provider_procore_xero.sync.entity import Around
from airflow_provider_procore_xero.sync.links import Link, Links
from airflow_provider_procore_xero.sync.planning import reading
from tests.sync import builders as b
from tests.sync import test_costs_become_direct_costs as costs
from tests.sync import test_figures_become_job_costs as figures
from tests.sync.test_transactions import a_bill_row

Row = dict[str, Any]
Path = tuple[Any, ...]
LINES = "read with it"
"""Where a case keeps the lines that the operator reads by themselves."""


def no_lines(around: Any, record: Any, row: Row) -> None:
    """Nothing else is read of this entity."""


@dataclass(frozen=True)
class Case:
    """One entity's good record: *complete* takes in what is read after it."""

    row: Callable[[], Row]
    around: Callable[[], Around]
    complete: Callable[[Any, Any, Row], None] = no_lines


# Good records


def a_full_contact() -> Row:
    place = {"AddressLine1": "1 Quay St", "City": "Perth", "Region": "WA", "Country": "AU"}
    phone = {"PhoneNumber": "5550100", "PhoneAreaCode": "08", "PhoneCountryCode": "61"}
    return b.a_contact_row(place=place, phones={"DEFAULT": phone}, EmailAddress="a@terra.example")


def a_paid_bill() -> Row:
    bill = b.a_bill_row(Payments=[b.a_payment_row()])
    (row,) = bill_payments.payments_of(bill, (), b.a_bill_link(), b.some_settings())
    return row


def a_full_claim() -> Row:
    item = b.an_item_row(
        "1000.00",
        retained="100.00",
        accounting_method="unit",
        work_completed_this_period_quantity="4",
        scheduled_unit_price="250.00",
        total_completed_and_stored_to_date="1000.00",
        total_completed_and_stored_to_date_from_previous="0.00",
        work_completed_retainage_from_previous_application="0.00",
        materials_presently_stored="0.00",
    )
    return b.a_claim_row(item, payment_date="2026-06-30")


def a_full_vendor() -> Row:
    return {
        "id": 7, "name": "Delta Ltd", "is_active": True, "origin_id": None,
        "address": "1 Quay St", "city": "Leeds", "zip": "LS1", "country_code": "GB",
        "state_code": "", "business_phone": "0113 1", "fax_number": "", "mobile_phone": "",
        "email_address": "delta@delta.example",
    }  # fmt: skip


def a_line() -> Row:
    return {
        "id": 61, "position": 1, "description": "Earthwork", "amount": "1000.00",
        "quantity": "4.0", "unit_cost": "250.00", "uom": "m3",
        "wbs_code": b.a_wbs_code("02-300", "S"),
        "cost_code": {"full_code": "02-300", "name": "Earthwork"},
        "line_item_type": {"code": "S"},
    }  # fmt: skip


def a_commitment() -> Row:
    return {
        "id": 812, "project_id": 7, "kind": "WorkOrderContract", "number": "SC-001",
        "title": "Earthworks", "status": "Approved", "grand_total": "1000.00",
        "vendor": {"id": 900, "company": "Terra Works Ltd"}, "ship_via": "truck",
        "created_at": "2026-05-01T10:00:00Z", "updated_at": "2026-05-01T10:00:00Z",
        "deleted_at": None, "contract_date": "2026-05-01",
        "currency_configuration": {"currency_iso_code": "AUD"},
        LINES: [a_line()],
    }  # fmt: skip


def a_change_order() -> Row:
    return {
        "id": 41, "project_id": 7, "contract_id": 812, "number": "001", "title": "More earth",
        "status": "approved", "grand_total": "1000.00", "deleted_at": None,
        "currency_configuration": {"currency_iso_code": "AUD"},
        LINES: [a_line()],
    }  # fmt: skip


# What they are judged against

PROJECT = Link(kind="project", procore_id="7", xero_id="o1", xero_name="A-1")
VENDOR = Link(kind="vendor", procore_id="900", xero_id="c1", xero_name="Terra Works Ltd")
CODE = Link(
    kind="cost_code", procore_id="4430", xero_id="o2", xero_name="02-300", data={"code": "02-300"}
)
ORDER = Link(
    kind="commitment", procore_id="812", xero_id="po1", xero_name="SC-001",
    data={"number": "SC-001", "kind": "WorkOrderContract", "contact": "c1"},
)  # fmt: skip


def around_orders(kind: Any, *links: Link) -> Any:
    return kind(
        settings=b.some_settings(),
        links=Links([PROJECT, VENDOR, CODE, *links]),
        pages=b.PAGES,
        codes={"02-300": CODE},
        items=frozenset(),
        accounts=b.some_accounts(b.an_account_row("310")),
        project_category="Project",
        code_category="Cost Codes",
        currency="AUD",
    )


def around_vendors() -> VendorsAround:
    other = {"ContactID": "c9", "Name": "Other Ltd", "ContactStatus": "ACTIVE"}
    known = vendors.Vendor.from_procore(a_full_vendor())
    return VendorsAround(
        settings=make({"profile": "procore_connector", "approval": {"backend": "none"}}),
        links=Links(),
        pages=b.PAGES,
        vendors={known.id: known},
        contacts={"c9": contact_fields.Contact.from_xero(other)},
    )


CONNECTOR = {
    "profile": "procore_connector", "projects": {"gate": "stage"}, "approval": {"backend": "none"},
    "accounts": {"expense": "310"},
}  # fmt: skip


def a_pair() -> Row:
    code = {"id": 4430, "full_code": "02-300", "name": "Earthwork"}
    return pair_row(code, "S", make(CONNECTOR).cost_codes)


def around_items() -> ItemsAround:
    return ItemsAround(
        settings=make(CONNECTOR),
        links=Links(),
        pages=b.PAGES,
        items=(),
        accounts=b.some_accounts(b.an_account_row("310")),
    )


def a_cost(kind: Kind, document: Row) -> Row:
    """Return the slice of a document that one project has."""
    line = costs.line("100.00")
    lines = {"JournalLines" if kind == "journal" else "LineItems": [line]}
    (row,) = slices_of(kind, {**document, **lines}, costs.an_around())
    return row


def order_lines(around: Any, record: Any, row: Row) -> None:
    with reading(record, around):
        around.lines[record.id] = schedule(row.get(LINES, ()))


CASES: Mapping[str, Case] = {
    "projects": Case(b.a_project_row, b.a_projects_around),
    "vendors": Case(a_full_vendor, around_vendors),
    "contacts": Case(
        a_full_contact,
        lambda: b.a_contacts_around(vendors=(b.a_vendor("Terra Works Limited"), b.a_vendor("X"))),
    ),
    "cost_codes": Case(b.a_code_row, b.a_codes_around),
    "items": Case(a_pair, around_items),
    "commitments": Case(a_commitment, lambda: around_orders(CommitmentsAround), order_lines),
    "commitment_change_orders": Case(
        a_change_order, lambda: around_orders(ChangeOrdersAround, ORDER), order_lines
    ),
    "subcontractor_invoices": Case(a_full_claim, b.an_invoices_around),
    "payments": Case(a_paid_bill, b.a_payments_around),
    "direct_costs": Case(lambda: a_cost("bill", a_bill_row(costs.line("100.00"))), costs.an_around),
    "journal_entries": Case(
        lambda: a_cost(
            "journal",
            {"ManualJournalID": "j", "Status": "POSTED", "Narration": "x", "Date": "2026-05-31"},
        ),
        costs.an_around,
    ),
    "job_costs": Case(figures.a_record, figures.an_around),
}

# What may be in them: all that the wire lets through, so no float and no half of a character

TEXTS = (
    "", " ", "\x00", "\r\n\x1b[31m", "\u202eevil\u202c", "\ufffd", "\ufeff", "Ω≈ç√∫˜µ", "🏗️" * 40,
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "javascript:alert(1)",
    "</td><td>", "&lt;b&gt;", "{r.title}", "{", "%s%n", "${7*7}", "{{ 7*7 }}", "'; DROP TABLE x;--",
    "=cmd|' /C calc'!A0", "+1+1", "-1", "@SUM(A1)", "\t=1", "x" * 5000, "../../etc/passwd",
    "NaN", "Infinity", "-0", "1e99", "1E-30", "0x10", "1,000.00", "1.000,00", "٣", "12.345678901",
    "2026-02-30", "0001-01-01", "9999-12-31", "/Date(9999999999999999)/", "null", "None",
)  # fmt: skip
OTHERS: tuple[Any, ...] = (
    None, True, False, 0, -1, 1, 10**18, -(10**30),
    Decimal("1e40"), Decimal("NaN"), Decimal("-Infinity"), Decimal("1E-40"), Decimal("-0.001"),
    Decimal("99999999999.995"), [], {}, [None], [[]], ["x"], {"x": None}, [{"segment": None}], [{}],
)  # fmt: skip
GONE = object()


def deep(levels: int) -> Any:
    """Return a list in a list in a list."""
    found: Any = "deep"
    for level in range(levels):
        found = [found] if level % 2 else {"a": found}
    return found


JUNK: Sequence[Any] = (*TEXTS, *OTHERS, deep(60), GONE, GONE, GONE)


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Every place in a record but its id, which the reader vouches for."""
    places: Any = ()
    if isinstance(value, dict):
        places = value.items()
    elif isinstance(value, list):
        places = enumerate(value)
    for key, item in places:
        if (*at, key) != ("id",):
            yield (*at, key)
            yield from paths(item, (*at, key))


def hostile(row: Row, places: Sequence[Path], random: Random) -> Row:
    """Return a copy of *row*, spoilt in one to four places, and sometimes with fields of its own.

    *row* itself is not touched.
    """
    spoilt = copy.deepcopy(row)
    for path in random.choices(places, k=random.choice((1, 1, 1, 2, 3, 4))):
        _spoil(spoilt, path, random.choice(JUNK))
    if random.random() < 0.1:
        spoilt[random.choice(TEXTS)] = random.choice(TEXTS)
    return spoilt


def _spoil(row: Row, path: Path, junk: Any) -> None:
    holder: Any = row
    try:
        for key in path[:-1]:
            holder = holder[key]
        if junk is GONE:
            del holder[path[-1]]
        else:
            holder[path[-1]] = copy.deepcopy(junk)  # else it spoils itself, and without end
    except (KeyError, IndexError, TypeError):
        return  # what was spoilt before took the place away
