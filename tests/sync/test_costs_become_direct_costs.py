"""Bills, spend money and credit notes become direct costs: the map by itself."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_procore_xero.sync.entities.cost_coding import BudgetCodes, Coding
from airflow_provider_procore_xero.sync.entities.cost_slices import (
    CostsAround,
    Slice,
    open_contracts,
    slices_of,
)
from airflow_provider_procore_xero.sync.entities.direct_costs import ENTITY, to_direct_cost
from airflow_provider_procore_xero.sync.entities.job_costs import Codes
from airflow_provider_procore_xero.sync.entities.transactions import Kind, Transaction
from airflow_provider_procore_xero.sync.links import Link, Links
from airflow_provider_procore_xero.sync.plan import Desired, Hold, Keep, Remove
from airflow_provider_procore_xero.sync.planning import make_changes
from tests.sync.builders import PAGES, some_settings
from tests.sync.test_transactions import (
    CLAIM,
    PROJECT_LINKS,
    PROJECTS,
    READING,
    a_bill_row,
    a_line_row,
    rows,
)

VENDOR = Link(kind="vendor", procore_id="90", xero_id="c-1")
CODES = Links(
    [
        Link(kind="cost_code", procore_id="1", xero_id="o-02-300", data={"code": "02-300"}),
        Link(
            kind="item",
            procore_id="2.S",
            xero_id="i",
            xero_name="03-300.S",
            data={"code": "03-300", "cost_type": "S"},
        ),
    ]
)


def wbs(number: int, code: str, **given: Any) -> dict[str, Any]:
    return {"id": number, "flat_code": code, "status": "active", "segment_items": [], **given}


BUDGET = BudgetCodes.from_procore(
    [wbs(11, "02-300.S"), wbs(12, "03-300.S"), wbs(13, "03-300.M"), wbs(14, "09-900.S")]
)


def an_around(*links: Link, **sections: Any) -> CostsAround:
    settings = some_settings(**sections)
    known = Links([VENDOR, *PROJECT_LINKS, *links])
    return CostsAround(
        settings=settings,
        links=known,
        pages=PAGES,
        kind="direct_cost",
        reading=READING,
        projects=PROJECTS,
        coding=Coding(settings=settings, codes=Codes.from_links(CODES)),
        currency="NZD",
        budgets={"7": BUDGET, "8": BUDGET},
    )


def a_slice(around: CostsAround, row: dict[str, Any], kind: Kind = "bill") -> Slice:
    """Return the only slice of a document."""
    (raw,) = slices_of(kind, row, around)
    return Slice.from_xero(raw, around)


def mapped(around: CostsAround, row: dict[str, Any], kind: Kind = "bill") -> Desired:
    desired = to_direct_cost(a_slice(around, row, kind), around)
    assert desired is not None
    return desired


def line(amount: str, code: str = "02-300", **given: Any) -> dict[str, Any]:
    return a_line_row(amount, code=code, **given)


def reasons(around: CostsAround, row: dict[str, Any], kind: Kind = "bill") -> list[str]:
    """Return why the slices of a document are held."""
    changes = make_changes(ENTITY, list(slices_of(kind, row, around)), around)
    return [r.code for change in changes if isinstance(change, Hold) for r in change.reasons]


def test_R56_every_field_of_a_bill_has_its_place() -> None:
    row = a_bill_row(
        line("40.50", Quantity=Decimal(3), UnitAmount=Decimal("13.5")), DueDate="2026-06-20"
    )
    payload = mapped(an_around(), row).payload

    assert dict(payload) == {
        "direct_cost_type": "invoice",
        "direct_cost_date": "2026-06-01",
        "status": "approved",
        "vendor_id": 90,
        "invoice_number": "HP-77",
        "description": None,
        "terms": "Due 2026-06-20",
        "received_date": "2026-06-01",
        "line_items": [
            {
                "wbs_code_id": 11,
                "description": "Skip hire",
                "quantity": "3",
                "unit_cost": "13.5",
                "amount": "40.50",
            }
        ],
        "origin_id": "b-1:7",
        "origin_data": "airflow-procore-xero:b-1:7",
    }


@pytest.mark.parametrize(
    ("kind", "url", "typed"),
    [
        ("bill", "", "invoice"),
        ("bill", CLAIM, "subcontractor_invoice"),
        ("spend_money", "", "expense"),
    ],
)
def test_R89_R90_R91_a_cost_is_typed_by_where_it_comes_from(
    kind: Kind, url: str, typed: str
) -> None:
    row = a_bill_row(line("1.00"), BankTransactionID="s-1", Url=url)
    around = an_around(direct_costs={"include": "all"})

    assert mapped(around, row, kind).payload["direct_cost_type"] == typed


def test_R92_the_date_is_the_calendar_date_of_xero_whatever_the_server_thinks() -> None:
    row = a_bill_row(line("1.00"), Date="/Date(1780185600000+0000)/")

    assert mapped(an_around(), row).payload["direct_cost_date"] == "2026-05-31"


@pytest.mark.parametrize(
    ("given", "described"),
    [({}, None), ({"Url": CLAIM}, "see e-mail")],
)
def test_R93_a_bill_from_xero_leaves_the_description_empty(
    given: dict[str, Any], described: str | None
) -> None:
    row = a_bill_row(line("1.00"), Reference="see e-mail", **given)
    around = an_around(direct_costs={"include": "all"})

    assert mapped(around, row).payload["description"] == described


def test_R97_what_quantity_and_price_do_not_come_to_is_one_lot_and_the_text_says_so() -> None:
    row = a_bill_row(
        line("115.00", TaxAmount="15.00", Quantity=Decimal(5), UnitAmount=Decimal(23)),
        LineAmountTypes="Inclusive",
        SubTotal="100.00",
    )
    (sent,) = mapped(an_around(), row).payload["line_items"]

    assert (sent["quantity"], sent["unit_cost"], sent["amount"]) == ("1", "100", "100.00")
    assert sent["description"] == "Skip hire (5 at 23)"


def test_lines_that_come_to_nothing_are_left_out() -> None:
    row = a_bill_row(line("5.00"), line("0.00", Description="As agreed"))

    assert len(mapped(an_around(), row).payload["line_items"]) == 1


# Cost codes


def test_a_line_is_coded_by_its_item_where_codes_are_items() -> None:
    around = an_around(cost_codes={"target": "item"})
    row = a_bill_row(line("5.00", "", ItemCode="03-300.S"))

    assert mapped(around, row).payload["line_items"][0]["wbs_code_id"] == 12


def test_a_line_is_coded_by_its_account_where_codes_are_accounts() -> None:
    around = an_around(
        cost_codes={"target": "account_map"},
        accounts={"expense": "310", "by_cost_code": {"09-900": "399", "03-*": "399"}},
    )
    row = a_bill_row(line("5.00", "", AccountCode="399"))

    assert mapped(around, row).payload["line_items"][0]["wbs_code_id"] == 14


def test_E38_a_line_with_an_unknown_item_takes_the_fallback_or_is_held() -> None:
    row = a_bill_row(line("5.00", "", ItemCode="77-777.S"))
    held = an_around(cost_codes={"target": "item"})
    falls = an_around(cost_codes={"target": "item", "fallback_code": "09-900"})

    assert reasons(held, row) == ["COST_CODE_UNKNOWN"]
    assert mapped(falls, row).payload["line_items"][0]["wbs_code_id"] == 14


def test_E38_inactive_budget_codes_and_those_of_custom_segments_take_no_costs() -> None:
    custom = {"segment": {"type": "custom"}, "code": "NIGHT"}
    codes = [
        wbs(1, "02-300.S", status="inactive"),
        wbs(2, "02-300.M.NIGHT", segment_items=[custom]),
    ]
    around = an_around()
    around.budgets["7"] = BudgetCodes.from_procore(codes)

    assert reasons(around, a_bill_row(line("5.00"))) == ["COST_CODE_UNKNOWN"]


@pytest.mark.parametrize(
    ("account", "cost_type", "found"),
    [("310", None, None), ("330", None, 13), ("310", "S", 12), ("330", "S", 13)],
)
def test_of_several_cost_types_the_account_tells_else_the_settings(
    account: str, cost_type: str | None, found: int | None
) -> None:
    accounts = {"expense": "310", "by_cost_type": {"M": "330"}}
    around = an_around(accounts=accounts, direct_costs={"cost_type": cost_type})
    around.coding = replace(
        around.coding, codes=Codes(pairs={"o-03-300": ("03-300", ""), "o-02-300": ("02-300", "")})
    )
    row = a_bill_row(line("5.00", "03-300", AccountCode=account))

    if found is None:
        assert reasons(around, row) == ["COST_TYPE_UNCLEAR"]
    else:
        assert mapped(around, row).payload["line_items"][0]["wbs_code_id"] == found


# Retainage


def held_back(amount: str, **given: Any) -> dict[str, Any]:
    return a_line_row(amount, AccountCode="850", Description="Retainage held", **given)


def test_R104_retainage_is_no_line_of_a_direct_cost_and_is_counted() -> None:
    around = an_around(direct_costs={"include": "all"})
    row = a_bill_row(line("100.00"), held_back("-5.00"), Url=CLAIM)

    desired = mapped(around, row)

    assert [sent["amount"] for sent in desired.payload["line_items"]] == ["100.00"]
    assert desired.data["amount"] == "100.00"
    assert [net for _, net in around.retained] == [Decimal("-5.00")]


def test_R104_a_bill_of_released_retainage_alone_is_no_cost_and_loses_its_direct_cost() -> None:
    row = a_bill_row(held_back("5.00"), Url=CLAIM)
    new = an_around(direct_costs={"include": "all"})
    known = an_around(a_link("b-1:7"), direct_costs={"include": "all"})
    known.known = {"b-1": {"b-1:7"}}

    assert list(slices_of("bill", row, new)) == []
    assert [net for _, net in new.retained] == [Decimal("5.00")]
    (change,) = make_changes(ENTITY, list(slices_of("bill", row, known)), known)
    assert isinstance(change, Remove)


def test_R104_a_held_release_goes_once_the_settings_say_where_retainage_is() -> None:
    row = a_bill_row(held_back("5.00"))
    before = an_around()
    before.reading = replace(READING, retainage_account="")
    (shelved,) = slices_of("bill", row, before)

    (held,) = make_changes(ENTITY, [shelved], before)
    (after,) = make_changes(ENTITY, [shelved], an_around())

    assert isinstance(held, Hold)
    assert isinstance(after, Keep)


# What is held, and what goes


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"InvoiceNumber": ""}, "NUMBER_MISSING"),
        ({"CurrencyCode": "AUD"}, "CURRENCY_DIFFERS"),
        ({"SubTotal": "5.11"}, "LINES_DISAGREE"),
        ({"Contact": {"ContactID": "c-9", "Name": "Nobody"}}, "VENDOR_NOT_LINKED"),
        ({"LineItems": [line("5.00"), a_line_row("1.00", "opt-x")]}, "PROJECT_NOT_LINKED"),
    ],
)
def test_R94_R95_E43_E45_each_hold_has_its_reason(given: dict[str, Any], code: str) -> None:
    row = a_bill_row(line("5.00"), **{"SubTotal": "5.00", **given})
    row |= {"SubTotal": "6.00"} if "LineItems" in given else {}

    assert reasons(an_around(), row) == [code]


def test_R53_E16_a_bill_of_a_contracted_vendor_waits_on_that_project_only() -> None:
    around = an_around()
    around.contracts = {
        "7": open_contracts([{"id": 1, "number": "SC-1", "vendor": {"id": 90}, "status": "Draft"}]),
        "8": open_contracts([{"id": 2, "number": "SC-2", "vendor": {"id": 90}, "status": "Void"}]),
    }
    row = a_bill_row(line("5.00"), a_line_row("6.00", "opt-b", "02-300"))

    changes = make_changes(ENTITY, list(slices_of("bill", row, around)), around)

    assert [type(change).__name__ for change in changes] == ["Hold", "Create"]


def test_R53_spend_money_is_never_a_claim() -> None:
    around = an_around()
    around.contracts = {"7": {"90": ("SC-1",)}}
    row = a_bill_row(line("5.00"), BankTransactionID="s-1")

    assert reasons(around, row, "spend_money") == []


def test_C11_a_bill_that_came_from_procore_is_no_slice_where_only_uncontracted_ones_are() -> None:
    row = a_bill_row(line("5.00"), Url=CLAIM)

    assert list(slices_of("bill", row, an_around())) == []


def a_link(piece: str) -> Link:
    data = {"project_id": int(piece.rpartition(":")[2]), "amount": "5.00"}
    return Link(kind="direct_cost", procore_id=f"dc-{piece}", xero_id=piece, data=data)


def test_E33_a_voided_bill_takes_its_direct_costs_along() -> None:
    around = an_around(a_link("b-1:7"), a_link("b-1:8"))
    around.known = {"b-1": {"b-1:7", "b-1:8"}}
    row = a_bill_row(line("5.00"), Status="VOIDED")

    changes = make_changes(ENTITY, list(slices_of("bill", row, around)), around)

    assert [type(change) for change in changes] == [Remove, Remove]


def test_E33_a_bill_that_comes_without_its_lines_takes_nothing_along() -> None:
    around = an_around(a_link("b-1:7"))
    around.known = {"b-1": {"b-1:7"}}

    assert reasons(around, a_bill_row(SubTotal=Decimal("5.00"))) == ["LINES_DISAGREE"]


def test_E15_a_project_that_a_bill_has_no_line_of_any_more_loses_its_direct_cost() -> None:
    around = an_around(a_link("b-1:8"))
    around.known = {"b-1": {"b-1:8"}}

    changes = make_changes(
        ENTITY, list(slices_of("bill", a_bill_row(line("5.00")), around)), around
    )

    assert [type(change).__name__ for change in changes] == ["Create", "Remove"]


def test_C8_the_created_date_is_kept_from_the_first_time() -> None:
    around = an_around(
        replace(a_link("b-1:7"), data={"project_id": 7, "received": "2026-06-02"}),
        direct_costs={"received_date": "created_date"},
    )
    row = a_bill_row(line("5.00"), UpdatedDateUTC="/Date(1782864000000+0000)/")

    assert mapped(around, row).payload["received_date"] == "2026-06-02"


def test_R96_a_bill_that_came_from_procore_has_no_received_date() -> None:
    around = an_around(direct_costs={"include": "all"})

    assert mapped(around, a_bill_row(line("5.00"), Url=CLAIM)).payload["received_date"] is None


def test_E44_construction_tax_that_was_kept_back_is_no_part_of_the_cost_and_stated_apart() -> None:
    desired = mapped(an_around(), a_bill_row(line("100.00"), CISDeduction="20.00"))

    assert (desired.data["amount"], desired.data["withheld"]) == ("100.00", "20.00")


# Of every document


@given(
    st.lists(rows, max_size=8),
    st.sampled_from(["Exclusive", "Inclusive", "NoTax"]),
    st.sampled_from(["bill", "spend_money", "credit_note"]),
)
def test_E12_R88_what_comes_over_or_is_held_unassigned_or_retainage_is_the_net_of_every_document(
    lines: list[dict[str, Any]], amounts: str, kind: Kind
) -> None:
    around = an_around(cost_codes={"fallback_code": "02-300"})
    row = a_bill_row(*lines, LineAmountTypes=amounts, BankTransactionID="s", CreditNoteID="n")

    sums: dict[str, Decimal] = defaultdict(Decimal)
    for raw in slices_of(kind, row, around):
        piece = Slice.from_xero(raw, around)
        if not piece.project_id:
            sums["held"] += piece.net
            continue
        desired = to_direct_cost(piece, around)
        assert desired is not None
        sums["sent"] += sum(Decimal(sent["amount"]) for sent in desired.payload["line_items"])
    sums["unassigned"] = sum((net for _, net in around.unassigned), Decimal(0))
    sums["retainage"] = sum((net for _, net in around.retained), Decimal(0))

    assert sum(sums.values()) == Transaction.from_xero(kind, row, READING).net


@given(st.lists(st.sampled_from(["A", "A-2", "A-3", "B"]), max_size=12))
def test_R95_numbers_of_one_vendor_on_one_project_are_never_the_same(numbers: list[str]) -> None:
    around = an_around()
    sent = [
        mapped(around, a_bill_row(line("1.00"), InvoiceID=f"b-{n}", InvoiceNumber=number))
        for n, number in enumerate(numbers)
    ]
    again = [
        mapped(around, a_bill_row(line("1.00"), InvoiceID=f"b-{n}", InvoiceNumber=number))
        for n, number in enumerate(numbers)
    ]

    given_numbers = [desired.payload["invoice_number"] for desired in sent]
    assert len(set(given_numbers)) == len(numbers)
    assert [desired.payload["invoice_number"] for desired in again] == given_numbers
    assert all(n.startswith(base) for n, base in zip(given_numbers, numbers, strict=True))


def test_R96_the_received_date_is_the_date_of_the_transaction() -> None:
    assert mapped(an_around(), a_bill_row(line("1.00"))).payload["received_date"] == str(
        date(2026, 6, 1)
    )


def test_a_document_that_cannot_be_read_is_held_and_stops_no_other() -> None:
    around = an_around()
    bad = a_bill_row(line("5.00"), SubTotal="much", InvoiceID="b-9")

    assert reasons(around, bad) == ["NOT_A_NUMBER"]
    assert reasons(around, a_bill_row(line("5.00"), Date=None)) == ["DATE_MISSING"]
