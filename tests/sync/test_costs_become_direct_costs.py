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

from airflow_provider_procore_xero.sync.entities.cost_coding import (
    BudgetCodes,
    Coding,
    of_account,
    type_of_account,
)
from airflow_provider_procore_xero.sync.entities.cost_slices import (
    CostsAround,
    Slice,
    open_contracts,
    slices_of,
    sum_left,
)
from airflow_provider_procore_xero.sync.entities.direct_costs import ENTITY, to_direct_cost
from airflow_provider_procore_xero.sync.entities.job_costs import Codes
from airflow_provider_procore_xero.sync.entities.transactions import Kind, Transaction
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.links import Link, Links
from airflow_provider_procore_xero.sync.money import money
from airflow_provider_procore_xero.sync.plan import Adopt, Desired, Hold, Keep, Remove, Update
from airflow_provider_procore_xero.sync.planning import make_changes
from airflow_provider_procore_xero.sync.settings import AccountSettings
from tests.sync.builders import PAGES, a_wbs_code, some_settings
from tests.sync.test_transactions import (
    CLAIM,
    PROJECT_LINKS,
    PROJECTS,
    READING,
    a_bill_row,
    a_line_row,
    rates,
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


def test_E38_a_budget_code_of_a_custom_segment_beside_code_and_type_is_none() -> None:
    code = {"id": 2, **a_wbs_code("02-300", "S", shift="NIGHT")}

    assert BudgetCodes.from_procore([code]).ids == {}


def test_an_account_that_several_codes_or_types_post_to_tells_none() -> None:
    codes = AccountSettings(by_cost_code={"02-300": "399", "03-300": "399", "04-*": "398"})
    types = AccountSettings(by_cost_type={"S": "330", "M": "330", "L": "331"})

    assert of_account("399", codes) == of_account("398", codes) == ("", "")
    assert (type_of_account("330", types), type_of_account("331", types)) == ("", "L")


def test_a_cost_type_that_the_code_has_not_is_never_the_usual_one() -> None:
    around = an_around(direct_costs={"cost_type": "L"})
    coding = replace(around.coding, codes=Codes(pairs={"o-03-300": ("03-300", "")}))
    (read,) = Transaction.from_xero("bill", a_bill_row(line("5.00", "03-300")), READING).lines

    assert coding.cost_type(read, "03-300", "", BUDGET) == ""


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


# Another currency

ABROAD = {"CurrencyCode": "USD", "CurrencyRate": Decimal("0.610000")}


def converting(*links: Link, **sections: Any) -> CostsAround:
    around = an_around(*links, **{"direct_costs": {"currency": "convert"}, **sections})
    around.reading = replace(READING, converts=True)
    return around


def test_E45_both_amounts_are_in_the_line_the_link_and_what_it_is_called() -> None:
    around, row = converting(), a_bill_row(line("1250.00"), **ABROAD)

    desired = mapped(around, row)

    (sent,) = desired.payload["line_items"]
    assert (sent["quantity"], sent["unit_cost"], sent["amount"]) == ("1", "2049.18", "2049.18")
    assert sent["description"] == "Skip hire (USD 1,250.00 at 0.61)"
    assert {name: desired.data[name] for name in ("amount", "original", "currency", "rate")} == {
        "amount": "2049.18", "original": "1250.00", "currency": "USD", "rate": "0.610000",
    }  # fmt: skip
    said = "Bill HP-77 · Hire Pool Ltd · 2,049.18 (USD 1,250.00 at 0.61) on opt-a"
    assert a_slice(around, row).title == said


def test_E45_what_is_in_the_organisations_currency_says_nothing_of_it() -> None:
    row = a_bill_row(line("40.50"), CurrencyRate=Decimal("1.000000"))

    assert mapped(converting(), row) == mapped(an_around(), row)


@pytest.mark.parametrize(
    ("quantity", "price", "sent", "text"),
    [
        ("4", "61", ("4", "100", "400.00"), "Skip hire (USD 244.00 at 0.61)"),
        ("2.5", "2", ("2.5", "3.28", "8.20"), "Skip hire (USD 5.00 at 0.61)"),
        ("3", "100", ("1", "491.8", "491.80"), "Skip hire (3 at 100, USD 300.00 at 0.61)"),
    ],
)
def test_E45_R97_quantity_and_unit_cost_make_the_amount_else_it_is_one_lot_and_the_text_says_so(
    quantity: str, price: str, sent: tuple[str, str, str], text: str
) -> None:
    amount = str(Decimal(quantity) * Decimal(price))
    row = a_bill_row(line(amount, Quantity=Decimal(quantity), UnitAmount=Decimal(price)), **ABROAD)

    (found,) = mapped(converting(), row).payload["line_items"]

    assert (found["quantity"], found["unit_cost"], found["amount"]) == sent
    assert found["description"] == text


def test_E45_a_long_text_is_cut_before_the_amount_that_it_says() -> None:
    row = a_bill_row(line("1.00", Description="earth " * 1000), **ABROAD)

    (sent,) = mapped(converting(), row).payload["line_items"]

    assert len(sent["description"]) == 4000
    assert sent["description"].endswith(" (USD 1.00 at 0.61)")


def test_E7_E45_a_credit_note_in_another_currency_is_below_zero_in_both() -> None:
    row = a_bill_row(line("40.00", Quantity=Decimal(2), UnitAmount=Decimal(20)), **ABROAD)
    row |= {"CreditNoteID": "n-1", "CreditNoteNumber": "CN-4", "CurrencyRate": "0.5"}

    (sent,) = mapped(converting(), row, "credit_note").payload["line_items"]

    assert (sent["quantity"], sent["unit_cost"], sent["amount"]) == ("2", "-40", "-80.00")
    assert sent["description"] == "Skip hire (USD -40.00 at 0.5)"


def test_E45_a_line_that_comes_to_nothing_in_the_organisations_currency_is_left_out() -> None:
    row = a_bill_row(line("900.00"), line("0.40"), CurrencyCode="JPY", CurrencyRate="90")

    desired = mapped(converting(), row)

    assert [sent["amount"] for sent in desired.payload["line_items"]] == ["10.00"]


@pytest.mark.parametrize(
    ("rate", "said"),
    [(None, "missing"), ("0", "'0'"), ("-0.61", "'-0.61'"), ("much", "'much'"), ("1E+9", "'1E+9'")],
)
def test_E45_without_a_rate_that_can_be_one_it_is_held_and_the_rate_is_named(
    rate: str | None, said: str
) -> None:
    around, row = converting(), a_bill_row(line("5.00"), CurrencyCode="USD", CurrencyRate=rate)

    (change,) = make_changes(ENTITY, list(slices_of("bill", row, around)), around)

    assert isinstance(change, Hold)
    assert [reason.code for reason in change.reasons] == ["CURRENCY_RATE_MISSING"]
    assert f"its exchange rate in Xero is {said}." in change.reasons[0].sentence


def test_E45_another_rate_is_another_cost() -> None:
    row = a_bill_row(line("1250.00"), **ABROAD)
    wrote = fingerprint(mapped(converting(), row).payload)
    around = converting(replace(a_link("b-1:7"), wrote=wrote))

    (same,) = make_changes(ENTITY, list(slices_of("bill", row, around)), around)
    edited = {**row, "CurrencyRate": Decimal("0.62")}
    (change,) = make_changes(ENTITY, list(slices_of("bill", edited, around)), around)

    assert isinstance(same, Keep)
    assert isinstance(change, Update)
    assert change.desired.data["amount"] == "2016.13"


def test_E45_what_stays_in_xero_is_not_added_up_over_currencies() -> None:
    around = an_around()
    for currency in ("NZD", "USD", "USD"):
        list(slices_of("bill", a_bill_row(a_line_row("2.50", ""), CurrencyCode=currency), around))

    assert sum_left(around.unassigned[:1]) == "1 document with 2.50"
    assert sum_left(around.unassigned) == "3 documents with NZD 2.50 and USD 5.00"


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


def test_E17_what_came_over_before_the_contract_did_stays() -> None:
    around = an_around(a_link("b-1:7"))
    around.contracts = {"7": {"90": ("SC-001",)}}

    assert reasons(around, a_bill_row(line("5.00"))) == []


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED"])
def test_R55_a_document_that_is_not_approved_any_more_changes_nothing(status: str) -> None:
    around = an_around(a_link("b-1:7"))
    around.known = {"b-1": {"b-1:7"}}

    assert list(slices_of("bill", a_bill_row(line("9.00"), Status=status), around)) == []


def test_E13_E33_lines_of_a_voided_document_that_name_no_project_are_told_no_more() -> None:
    around = an_around(a_link("b-1:7"))
    around.known = {"b-1": {"b-1:7"}}
    row = a_bill_row(line("5.00"), a_line_row("1.00", option=""), Status="VOIDED")

    assert len(list(slices_of("bill", row, around))) == 1
    assert around.unassigned == []


def test_E29_a_cost_on_an_option_that_was_archived_stays_where_it_is() -> None:
    around = replace(an_around(a_link("b-1:7")), stopped=frozenset({"7"}))

    assert reasons(around, a_bill_row(line("9.00"))) == ["PROJECT_NOT_LINKED"]


@pytest.mark.parametrize(
    ("otherwise", "change"),
    [
        ({}, Adopt),
        ({"origin_id": None}, Update),
        ({"amount": "4.00"}, Update),
        ({"direct_cost_date": "2026-06-02"}, Update),
        ({"invoice_number": "HP-1"}, Update),
        ({"direct_cost_type": "expense"}, Update),
        ({"status": "draft"}, Update),
    ],
)
def test_E51_a_direct_cost_that_is_found_again_is_right_only_where_it_says_the_same(
    otherwise: dict[str, Any], change: type
) -> None:
    around = an_around()
    there = {
        "id": 4, "origin_id": "b-1:7", "amount": "5.00", "direct_cost_date": "2026-06-01",
        "invoice_number": "HP-77", "direct_cost_type": "invoice", "status": "approved",
    }  # fmt: skip
    around.issued = {"b-1:7": {**there, **otherwise}}

    (found,) = make_changes(
        ENTITY, list(slices_of("bill", a_bill_row(line("5.00")), around)), around
    )

    assert isinstance(found, change)


@pytest.mark.parametrize(("status", "change"), [("AUTHORISED", Update), ("VOIDED", Remove)])
def test_C11_one_that_came_over_before_is_followed_though_it_is_a_claims_by_now(
    status: str, change: type
) -> None:
    around = an_around(a_link("b-1:7"))
    around.known = {"b-1": {"b-1:7"}}
    row = a_bill_row(line("5.00"), Url=CLAIM, Status=status)

    (found,) = make_changes(ENTITY, list(slices_of("bill", row, around)), around)

    assert isinstance(found, change)


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


units = st.builds(
    lambda quantity, price, option: a_line_row(
        str(money(quantity * price)), option, Quantity=quantity, UnitAmount=price
    ),
    st.integers(1, 99_999).map(lambda n: Decimal(n).scaleb(-2)),
    st.integers(1, 9_999_999).map(lambda n: Decimal(n).scaleb(-3)),
    st.sampled_from(["opt-a", "opt-b"]),
)


@given(st.lists(units, max_size=8), rates)
def test_E12_E45_R97_converted_slices_add_up_line_by_line_and_quantity_by_unit_cost_is_the_amount(
    lines: list[dict[str, Any]], rate: Decimal
) -> None:
    around = converting(cost_codes={"fallback_code": "02-300"})
    row = a_bill_row(*lines, CurrencyCode="USD", CurrencyRate=rate)
    sent: list[Decimal] = []

    for raw in slices_of("bill", row, around):
        desired = to_direct_cost(Slice.from_xero(raw, around), around)
        assert desired is not None
        items = desired.payload["line_items"]
        for item in items:
            worth = money(Decimal(item["quantity"]) * Decimal(item["unit_cost"]))
            assert (str(worth), " at " in item["description"]) == (item["amount"], True)
        sent += [Decimal(item["amount"]) for item in items]
        assert Decimal(desired.data["amount"]) == sum(Decimal(i["amount"]) for i in items)

    each = [money(money(line["LineAmount"]) / rate) for line in lines]
    assert sorted(sent) == sorted(amount for amount in each if amount)
    assert sum(sent) == around.transaction("bill", row).net


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


def test_R95_a_cost_that_was_given_a_suffix_keeps_it_though_the_number_is_free_by_now() -> None:
    around = an_around()
    around.numbers = {("7", "90"): {"HP-77-2": "b-1:7"}}

    assert mapped(around, a_bill_row(line("1.00"))).payload["invoice_number"] == "HP-77-2"


def test_R95_a_bill_that_was_renumbered_in_xero_is_renumbered() -> None:
    around = an_around()
    around.numbers = {("7", "90"): {"HP-76": "b-1:7"}}

    assert mapped(around, a_bill_row(line("1.00"))).payload["invoice_number"] == "HP-77"


def test_R96_the_received_date_is_the_date_of_the_transaction() -> None:
    assert mapped(an_around(), a_bill_row(line("1.00"))).payload["received_date"] == str(
        date(2026, 6, 1)
    )


def test_a_document_that_cannot_be_read_is_held_and_stops_no_other() -> None:
    around = an_around()
    bad = a_bill_row(line("5.00"), SubTotal="much", InvoiceID="b-9")

    assert reasons(around, bad) == ["NOT_A_NUMBER"]
    assert reasons(around, a_bill_row(line("5.00"), Date=None)) == ["DATE_MISSING"]
