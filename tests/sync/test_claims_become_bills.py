"""What becomes of a subcontractor invoice: the bill's fields and lines, and why it is held."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_procore_xero.sync.entities.bills import expected
from airflow_provider_procore_xero.sync.entities.claims import Bill, content
from airflow_provider_procore_xero.sync.entities.payees import Payee
from airflow_provider_procore_xero.sync.entities.subcontractor_invoices import ENTITY
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import Adopt, Create, Hold, Keep, Update
from tests.sync.records import (
    BILL_ID,
    CONTACT_ID,
    a_claim,
    an_item,
    around_claims,
    codes,
    judged,
    settings,
)


def bill_of(claim: dict[str, Any], around: Any = None) -> dict[str, Any]:
    change = judged(ENTITY, claim, around or around_claims())
    assert isinstance(change, Create), codes(change)
    return dict(change.desired.payload)


def lines_of(claim: dict[str, Any], around: Any = None) -> list[dict[str, Any]]:
    lines: list[dict[str, Any]] = bill_of(claim, around)["LineItems"]
    return lines


def amounts(lines: list[dict[str, Any]]) -> list[tuple[str, Decimal]]:
    return [(line["AccountCode"], line["Quantity"] * line["UnitAmount"]) for line in lines]


# Fields


def test_R98_a_claim_is_a_bill_of_its_vendors_contact() -> None:
    bill = bill_of(a_claim())

    assert (bill["Type"], bill["Status"]) == ("ACCPAY", "DRAFT")
    assert bill["Contact"] == {"ContactID": CONTACT_ID}


def test_E19_only_the_contacts_id_is_sent() -> None:
    assert list(bill_of(a_claim())["Contact"]) == ["ContactID"]


def test_R21_amounts_go_without_tax_and_xero_calculates_it() -> None:
    bill = bill_of(a_claim())

    assert bill["LineAmountTypes"] == "Exclusive"
    assert "TaxAmount" not in bill["LineItems"][0]


@pytest.mark.parametrize(
    ("commitments", "number"), [(True, "SC-003"), (False, "INV-2217")], ids=["on", "off"]
)
def test_C5_the_reference_is_the_commitments_number_only_with_commitments_on(
    commitments: bool, number: str
) -> None:
    around = around_claims(chosen=settings(commitments={"enabled": commitments}))

    assert bill_of(a_claim(), around)["InvoiceNumber"] == number


def test_R100_the_reference_is_the_number_that_the_purchase_order_really_has() -> None:
    order = Link(kind="commitment", procore_id="812", xero_id="po", xero_name="24-017-SC-003")

    assert bill_of(a_claim(), around_claims(order))["InvoiceNumber"] == "24-017-SC-003"


def test_C5_the_reference_may_be_a_template() -> None:
    chosen = settings(
        bills={"reference": "{project_number}/{commitment_number}/{application_number}"}
    )

    assert bill_of(a_claim(), around_claims(chosen=chosen))["InvoiceNumber"] == "24-017/SC-003/3"


def test_the_claims_own_page_marks_its_bill() -> None:
    assert bill_of(a_claim())["Url"] == (
        "https://us02.procore.com/101/project/commitments/work_order_contracts/812/requisitions/1455203"
    )


@pytest.mark.parametrize(
    ("pay_on", "due"), [("2026-07-14", "2026-07-14"), (None, "2026-06-30")], ids=["stated", "not"]
)
def test_R99_E56_the_due_date_is_the_payment_date_else_so_many_days_later(
    pay_on: str | None, due: str
) -> None:
    assert bill_of(a_claim(payment_date=pay_on))["DueDate"] == due


def paid_by(day: int, counted: str, status: str = "ACTIVE") -> dict[str, Payee]:
    """Return the contact, with these terms for bills."""
    terms = {"Bills": {"Day": day, "Type": counted}}
    row = {"ContactID": CONTACT_ID, "ContactStatus": status, "PaymentTerms": terms}
    return {CONTACT_ID: Payee.from_xero(row)}


@pytest.mark.parametrize(
    ("day", "counted", "due"),
    [
        (7, "DAYSAFTERBILLDATE", "2026-06-07"),
        (7, "DAYSAFTERBILLMONTH", "2026-07-07"),
        (20, "OFCURRENTMONTH", "2026-06-20"),
        (31, "OFCURRENTMONTH", "2026-06-30"),
        (20, "OFFOLLOWINGMONTH", "2026-07-20"),
    ],
)
def test_E56_without_a_payment_date_the_contacts_terms_say_when_a_bill_is_due(
    day: int, counted: str, due: str
) -> None:
    billed_on = "2026-05-31" if counted == "DAYSAFTERBILLDATE" else "2026-06-01"
    claim = a_claim(payment_date=None, billing_date=billed_on)

    assert bill_of(claim, around_claims(payees=paid_by(day, counted)))["DueDate"] == due


def test_E56_the_payment_date_of_the_claim_goes_before_the_contacts_terms() -> None:
    around = around_claims(payees=paid_by(7, "DAYSAFTERBILLDATE"))

    assert bill_of(a_claim(payment_date="2026-07-14"), around)["DueDate"] == "2026-07-14"


@pytest.mark.parametrize(
    "terms",
    [None, {}, {"Sales": {"Day": 3, "Type": "DAYSAFTERBILLDATE"}}, {"Bills": {"Day": 3}},
     {"Bills": {"Day": "x", "Type": "DAYSAFTERBILLDATE"}}, {"Bills": {"Day": 3, "Type": "NEVER"}}],
    ids=["absent", "empty", "sales only", "no type", "no number", "unknown"],
)  # fmt: skip
def test_E56_terms_that_say_nothing_of_bills_leave_it_to_the_settings(terms: Any) -> None:
    payee = Payee.from_xero({"ContactID": CONTACT_ID, "PaymentTerms": terms})
    around = around_claims(payees={CONTACT_ID: payee})

    assert bill_of(a_claim(payment_date=None), around)["DueDate"] == "2026-06-30"


def test_E56_the_settings_may_leave_the_contacts_terms_out() -> None:
    chosen = settings(bills={"due_from": "due_days"})
    around = around_claims(chosen=chosen, payees=paid_by(7, "DAYSAFTERBILLDATE"))

    assert bill_of(a_claim(payment_date=None), around)["DueDate"] == "2026-06-30"


def test_E56_terms_that_change_later_do_not_move_a_bill_that_stands() -> None:
    claim = a_claim(payment_date=None)
    made = judged(ENTITY, claim, around_claims(payees=paid_by(7, "DAYSAFTERBILLDATE")))
    assert isinstance(made, Create)
    link = Link(
        kind=ENTITY.kind, procore_id=str(claim["id"]), xero_id=BILL_ID, wrote=made.wrote,
        data=made.desired.data,
    )  # fmt: skip

    later = around_claims(link, payees=paid_by(90, "DAYSAFTERBILLDATE"))

    assert isinstance(judged(ENTITY, claim, later), Keep)


@given(
    billed_on=st.dates(date(1990, 1, 1), date(2099, 1, 1)),
    day=st.integers(0, 366),
    counted=st.sampled_from(
        ["DAYSAFTERBILLDATE", "DAYSAFTERBILLMONTH", "OFCURRENTMONTH", "OFFOLLOWINGMONTH"]
    ),
)
def test_E56_no_bill_is_due_before_its_own_date(billed_on: date, day: int, counted: str) -> None:
    (payee,) = paid_by(day, counted).values()

    due = payee.due_on(billed_on)

    assert due is not None
    assert due >= billed_on


@pytest.mark.parametrize(
    ("status", "code"), [("ARCHIVED", "CONTACT_ARCHIVED"), ("GDPRREQUEST", "CONTACT_ERASED")]
)
def test_E20_E21_no_new_bill_is_made_out_to_a_contact_that_is_no_more(
    status: str, code: str
) -> None:
    around = around_claims(payees=paid_by(7, "DAYSAFTERBILLDATE", status))

    assert codes(judged(ENTITY, a_claim(), around)) == (code,)


# Lines


def test_R47_the_bill_comes_to_what_the_claim_says_is_payable() -> None:
    claim = a_claim(an_item("30000.00", retained="3000.00"), due="27000.00")

    assert sum(amount for _, amount in amounts(lines_of(claim))) == Decimal("27000.00")


def test_E1_retainage_is_one_negative_line_on_its_account_with_the_project_option() -> None:
    lines = lines_of(a_claim(an_item("30000.00", retained="3000.00")))

    assert amounts(lines) == [("310", Decimal("30000.00")), ("850", Decimal("-3000.00"))]
    assert lines[1]["Tracking"] == [{"Name": "Project", "Option": "24-017"}]
    assert lines[1]["Description"] == "Retainage held"


def test_E1_the_tax_type_of_retainage_is_that_of_the_work_unless_the_settings_name_one() -> None:
    claim = a_claim(an_item("100.00", retained="10.00"))

    assert lines_of(claim)[1]["TaxType"] == "INPUT2"
    other = around_claims(chosen=settings(bills={"retainage_tax": "NONE"}))
    assert lines_of(claim, other)[1]["TaxType"] == "NONE"


def test_E1_retainage_of_work_with_two_tax_types_is_one_line_each() -> None:
    around = around_claims(
        chosen=settings(accounts={"expense": "310", "by_cost_type": {"L": "320"}})
    )
    claim = a_claim(
        an_item("100.00", retained="10.00"), an_item("50.00", retained="5.00", cost_type="L")
    )

    held = [line for line in lines_of(claim, around) if line["AccountCode"] == "850"]

    assert [(line["TaxType"], line["UnitAmount"]) for line in held] == [
        ("INPUT2", Decimal("-10.00")),
        ("NONE", Decimal("-5.00")),
    ]


def test_E2_a_claim_that_only_releases_retainage_is_sent_with_that_line_alone() -> None:
    item = an_item(
        "0.00", released="3000.00", work_completed_retainage_from_previous_application="3000.00"
    )

    assert amounts(lines_of(a_claim(item))) == [("850", Decimal("3000.00"))]


def test_E3_stored_and_moved_materials_count_as_the_period_says() -> None:
    item = an_item(
        "800.00",
        materials_presently_stored="500.00",
        materials_moved="300.00",
        materials_presently_stored_from_previous_progress="300.00",
        materials_stored_retainage_new_materials="50.00",
    )

    assert amounts(lines_of(a_claim(item))) == [
        ("310", Decimal("1300.00")),
        ("850", Decimal("-50.00")),
    ]


def test_E3_items_that_do_not_come_to_the_header_hold_the_claim() -> None:
    assert codes(judged(ENTITY, a_claim(due="999.99"), around_claims())) == ("AMOUNTS_DISAGREE",)


def test_E3_a_header_that_includes_its_tax_adds_up_too() -> None:
    claim = a_claim(due="1150.00")
    claim["summary"]["tax_applicable_to_this_payment"] = "150.00"

    assert codes(judged(ENTITY, claim, around_claims())) == ()


def test_E3_period_and_cumulative_figures_of_an_item_that_disagree_hold_the_claim() -> None:
    item = an_item(
        "1000.00",
        total_completed_and_stored_to_date="5000.00",
        total_completed_and_stored_to_date_from_previous="4500.00",
    )

    change = judged(ENTITY, a_claim(item), around_claims())

    assert codes(change) == ("AMOUNTS_DISAGREE",)
    assert "500.00" in change.reasons[0].sentence  # type: ignore[union-attr]


def test_E4_releasing_more_than_is_held_holds_the_claim() -> None:
    item = an_item(
        "100.00", released="11.00", work_completed_retainage_from_previous_application="10.00"
    )

    assert codes(judged(ENTITY, a_claim(item), around_claims())) == ("RETAINAGE_OVER_RELEASE",)


def test_E4_what_is_held_on_one_line_is_not_another_lines_to_release() -> None:
    def line(name: str, released: str) -> dict[str, Any]:
        held = {"work_completed_retainage_from_previous_application": "50.00"}
        return an_item("100.00", released=released, description_of_work=name, **held)

    change = judged(ENTITY, a_claim(line("Earth", "60.00"), line("Steel", "0.00")), around_claims())

    assert codes(change) == ("RETAINAGE_OVER_RELEASE",)
    assert "Earth, 60.00 of 50.00" in change.reasons[0].sentence  # type: ignore[union-attr]


@pytest.mark.parametrize(("before", "held"), [("10.00", False), ("9.99", True)])
def test_E4_what_was_held_on_materials_may_be_released_too(before: str, held: bool) -> None:
    item = an_item(
        "100.00",
        released="10.00",
        work_completed_retainage_from_previous_application=before,
        materials_stored_retainage_released_this_period="5.00",
        materials_stored_retainage_currently_retained="0.00",
    )

    change = judged(ENTITY, a_claim(item), around_claims())

    assert codes(change) == (("RETAINAGE_OVER_RELEASE",) if held else ())


def test_E4_a_line_that_does_not_say_what_was_held_excuses_no_other() -> None:
    held = {"work_completed_retainage_from_previous_application": "50.00"}
    claim = a_claim(an_item("100.00", released="60.00", **held), an_item("5.00"))

    assert codes(judged(ENTITY, claim, around_claims())) == ("RETAINAGE_OVER_RELEASE",)


def test_E4_a_line_that_takes_work_away_releases_no_more_than_the_less_that_it_holds() -> None:
    def line(released: str) -> dict[str, Any]:
        held = {"work_completed_retainage_from_previous_application": "0.00"}
        return an_item("-100.00", retained="-5.00", released=released, **held)

    def holds(released: str) -> tuple[str, ...]:
        work = an_item("500.00")
        return codes(judged(ENTITY, a_claim(work, line(released)), around_claims()))

    assert (holds("0.00"), holds("-5.00")) == ((), ())
    assert (holds("-5.01"), holds("0.01")) == (("RETAINAGE_OVER_RELEASE",),) * 2


def test_E41_a_lump_sum_line_is_one_times_its_amount() -> None:
    line = lines_of(a_claim(an_item("480.00")))[0]

    assert (line["Quantity"], line["UnitAmount"]) == (Decimal(1), Decimal("480.00"))


def test_E42_a_unit_line_keeps_quantity_and_price_only_if_they_make_the_amount() -> None:
    unit = {"accounting_method": "unit", "uom": "m3"}
    said = {"work_completed_this_period_quantity": "3.0", "scheduled_unit_price": "40.5", **unit}
    exact, rounded = an_item("121.50", **said), an_item("121.51", **said)

    first, second = lines_of(a_claim(exact, rounded))

    assert (first["Quantity"], first["UnitAmount"]) == (Decimal("3.0"), Decimal("40.5"))
    assert (second["Quantity"], second["UnitAmount"]) == (Decimal(1), Decimal("121.51"))
    assert second["Description"] == "Earthwork (3 m3 at 40.5)"


def test_E47_descriptions_are_plain_text_and_never_empty() -> None:
    html = an_item(description_of_work="<p>Dig &amp; <b>fill</b></p>\r\n\x00 soil")
    empty = an_item("5.00", description_of_work=None)

    assert [line["Description"] for line in lines_of(a_claim(html, empty))] == [
        "Dig & fill soil",
        "-",
    ]


def test_lines_without_an_amount_are_left_out() -> None:
    assert len(lines_of(a_claim(an_item("10.00"), an_item("0.00")))) == 1


def test_every_line_carries_the_project_and_work_its_cost_code() -> None:
    (line,) = lines_of(a_claim())

    assert line["Tracking"] == [
        {"Name": "Project", "Option": "24-017"},
        {"Name": "Cost Codes", "Option": "02-300"},
    ]


def test_C12_accounts_come_by_cost_code_then_by_cost_type_then_the_default() -> None:
    chosen = settings(
        accounts={"expense": "310", "by_cost_type": {"S": "850"}, "by_cost_code": {"02-*": "320"}}
    )

    assert lines_of(a_claim(), around_claims(chosen=chosen))[0]["AccountCode"] == "320"


# Holds


@pytest.mark.parametrize(
    ("field", "called"),
    [
        ("invoice_number", "Invoice #"),
        ("requisition_start", "invoice start"),
        ("requisition_end", "invoice end"),
        ("billing_date", "billing date"),
    ],
)
def test_R46_a_claim_that_lacks_one_of_its_four_fields_is_held_with_that_field_named(
    field: str, called: str
) -> None:
    change = judged(ENTITY, a_claim(**{field: None}), around_claims())

    assert isinstance(change, Hold)
    assert codes(change) == ("FIELDS_MISSING",)
    assert called in change.reasons[0].sentence


@pytest.mark.parametrize(
    "status", ["draft", "under_review", "revise_and_resubmit", "approved_as_noted"]
)
def test_R48_a_claim_that_is_not_approved_waits(status: str) -> None:
    change = judged(ENTITY, a_claim(status=status), around_claims())

    assert isinstance(change, Hold)
    assert [(r.code, r.waits) for r in change.reasons] == [("CLAIM_NOT_APPROVED", True)]


def test_R48_approved_as_noted_goes_where_the_settings_say_so() -> None:
    chosen = settings(bills={"statuses": ["approved", "approved_as_noted"]})

    assert bill_of(a_claim(status="approved_as_noted"), around_claims(chosen=chosen))


def test_R49_an_unlinked_vendor_or_project_holds_the_claim_and_says_what_to_run() -> None:
    change = judged(ENTITY, a_claim(), around_claims(linked=False))

    assert isinstance(change, Hold)
    assert codes(change)[:2] == ("PROJECT_NOT_LINKED", "VENDOR_NOT_LINKED")
    assert "procore_xero_contacts" in change.reasons[1].fix


def test_R20_a_line_coded_outside_the_standard_list_holds_the_claim_with_the_code_named() -> None:
    change = judged(ENTITY, a_claim(an_item(code="02-998")), around_claims())

    assert isinstance(change, Hold)
    assert codes(change) == ("COST_CODE_UNKNOWN",)
    assert "02-998" in change.reasons[0].sentence


def test_E38_the_fallback_code_stands_in_for_a_line_without_any() -> None:
    around = around_claims(chosen=settings(cost_codes={"fallback_code": "02-300"}))

    (line,) = lines_of(a_claim(an_item(wbs_code=None)), around)

    assert line["Tracking"][1]["Option"] == "02-300"


def test_R59_a_custom_segment_holds_the_claim() -> None:
    item = an_item()
    item["wbs_code"]["segment_items"].append(
        {"code": "N", "path_code": "N", "segment": {"type": "custom"}}
    )

    assert "CUSTOM_SEGMENT" in codes(judged(ENTITY, a_claim(item), around_claims()))


def test_C14_R60_a_negative_claim_is_held_but_mixed_signs_with_a_positive_total_go() -> None:
    assert codes(judged(ENTITY, a_claim(an_item("-5.00")), around_claims())) == (
        "NEGATIVE_INVOICE",
    )
    assert bill_of(a_claim(an_item("10.00"), an_item("-4.00")))


def test_E6_a_claim_that_nets_to_zero_is_held_unless_the_settings_send_it() -> None:
    claim = a_claim(an_item("10.00", retained="10.00"))

    assert codes(judged(ENTITY, claim, around_claims())) == ("ZERO_INVOICE",)
    assert bill_of(claim, around_claims(chosen=settings(bills={"zero": "send"})))


def test_E6_a_claim_that_comes_to_zero_without_any_retainage_is_never_sent() -> None:
    claim = a_claim(an_item("100.00"), an_item("-100.00"))
    around = around_claims(chosen=settings(bills={"zero": "send"}))

    assert codes(judged(ENTITY, claim, around)) == ("ZERO_INVOICE",)


def test_E48_a_claim_without_an_amount_on_any_line_is_held() -> None:
    assert "NO_LINES" in codes(judged(ENTITY, a_claim(an_item("0.00")), around_claims()))


def test_E45_a_claim_in_another_currency_is_held() -> None:
    claim = a_claim(currency_configuration={"currency_iso_code": "AUD"})

    assert codes(judged(ENTITY, claim, around_claims())) == ("CURRENCY_DIFFERS",)


@pytest.mark.parametrize(
    ("accounts", "code"),
    [
        ({"expense": None}, "ACCOUNT_NOT_SET"),
        ({"expense": "777"}, "ACCOUNT_UNKNOWN"),
        ({"expense": "399"}, "ACCOUNT_UNKNOWN"),
        ({"expense": "090"}, "ACCOUNT_UNKNOWN"),
    ],
    ids=["none", "unknown", "archived", "a bank account"],
)
def test_an_account_that_is_not_set_or_takes_no_bills_holds_the_claim(
    accounts: dict[str, Any], code: str
) -> None:
    assert code in codes(
        judged(ENTITY, a_claim(), around_claims(chosen=settings(accounts=accounts)))
    )


def test_retainage_without_an_account_for_it_holds_the_claim() -> None:
    chosen = settings(bills={"retainage_account": None})
    claim = a_claim(an_item("100.00", retained="10.00"))

    assert codes(judged(ENTITY, claim, around_claims(chosen=chosen))) == ("RETAINAGE_NOT_SET",)


def test_retainage_on_an_account_that_takes_no_bills_holds_the_claim() -> None:
    chosen = settings(bills={"retainage_account": "777"})
    claim = a_claim(an_item("100.00", retained="10.00"))

    assert codes(judged(ENTITY, claim, around_claims(chosen=chosen))) == ("ACCOUNT_UNKNOWN",)


LOCKED = date(2026, 6, 30)


@pytest.mark.parametrize(("rule", "said"), [("hold", False), ("ask", True)])
def test_E49_a_claim_dated_in_a_locked_period_is_held(rule: str, said: bool) -> None:
    around = around_claims(chosen=settings(bills={"lock_date": rule}), locked_until=LOCKED)

    change = judged(ENTITY, a_claim(), around)

    assert codes(change) == ("PERIOD_LOCKED",)
    assert ("approvals are off" in change.reasons[0].sentence) == said  # type: ignore[union-attr]


@pytest.mark.parametrize(("until", "held"), [(date(2026, 5, 30), False), (date(2026, 5, 31), True)])
def test_E49_the_lock_date_itself_is_locked(until: date, held: bool) -> None:
    change = judged(ENTITY, a_claim(), around_claims(locked_until=until))

    assert isinstance(change, Hold) == held


def test_E49_or_it_goes_as_a_draft_or_on_the_first_open_day() -> None:
    draft = settings(bills={"lock_date": "draft", "status": "AUTHORISED"})
    moved = settings(bills={"lock_date": "first_open_day", "status": "AUTHORISED"})

    as_draft = bill_of(a_claim(), around_claims(chosen=draft, locked_until=LOCKED))
    as_moved = bill_of(a_claim(), around_claims(chosen=moved, locked_until=LOCKED))

    assert (as_draft["Status"], as_draft["Date"]) == ("DRAFT", "2026-05-31")
    assert (as_moved["Status"], as_moved["Date"]) == ("AUTHORISED", "2026-07-01")


def test_E56_a_bill_whose_claim_moves_is_dated_and_due_anew() -> None:
    claim = a_claim(payment_date=None)
    made = judged(ENTITY, claim, around_claims())
    assert isinstance(made, Create)
    link = Link(
        kind=ENTITY.kind, procore_id=str(claim["id"]), xero_id=BILL_ID, wrote=made.wrote,
        data=made.desired.data,
    )  # fmt: skip

    change = judged(ENTITY, {**claim, "billing_date": "2026-06-10"}, around_claims(link))

    assert isinstance(change, Update)
    assert change.desired.payload["Date"] == "2026-06-10"
    assert change.desired.payload["DueDate"] > made.desired.payload["DueDate"]


def test_E49_a_bill_that_stands_keeps_its_date_when_the_lock_date_passes_it() -> None:
    chosen = settings(bills={"lock_date": "first_open_day"})
    made = judged(ENTITY, a_claim(), around_claims(chosen=chosen))
    assert isinstance(made, Create)
    link = Link(
        kind=ENTITY.kind, procore_id=str(a_claim()["id"]), xero_id=BILL_ID, wrote=made.wrote,
        data=made.desired.data,
    )  # fmt: skip

    later = around_claims(link, chosen=chosen, locked_until=LOCKED)

    assert isinstance(judged(ENTITY, a_claim(), later), Keep)


def test_claims_from_before_go_live_stay_in_procore() -> None:
    around = around_claims(chosen=settings(bills={"starts_on": "2026-06-01"}))

    assert codes(judged(ENTITY, a_claim(), around)) == ("BEFORE_START",)


def test_all_reasons_of_a_claim_are_kept_not_only_the_first() -> None:
    claim = a_claim(an_item(code="02-998"), status="draft", billing_date=None)

    assert set(codes(judged(ENTITY, claim, around_claims()))) == {
        "CLAIM_NOT_APPROVED",
        "FIELDS_MISSING",
        "COST_CODE_UNKNOWN",
    }


@pytest.mark.parametrize("field", ["vendor_id", "items", "status", "commitment_id"])
def test_a_record_that_lacks_a_field_is_held_with_the_field_named(field: str) -> None:
    claim = a_claim()
    del claim[field]

    change = judged(ENTITY, claim, around_claims())

    assert isinstance(change, Hold)
    assert codes(change) == ("UNREADABLE",)
    assert field in change.reasons[0].sentence


# After it was sent


def sent(claim: dict[str, Any], **echo: Any) -> tuple[Link, Bill]:
    """Return the link of a claim that was sent, and its bill as Xero holds it now."""
    payload = bill_of(claim)
    held = expected(payload)
    record = {
        "InvoiceID": BILL_ID,
        "Status": "DRAFT",
        **payload,
        "SubTotal": held["SubTotal"],
        "LineItems": [
            {**line, "LineAmount": line["Quantity"] * line["UnitAmount"]}
            for line in payload["LineItems"]
        ],
        **echo,
    }
    link = Link(
        kind="subcontractor_invoice",
        procore_id=str(claim["id"]),
        xero_id=BILL_ID,
        xero_name="SC-003",
        wrote=fingerprint(ENTITY.lasting(payload)),
        held=fingerprint(held),
        data={"content": held},
    )
    return link, Bill.from_xero(record)


def test_a_claim_that_was_sent_and_did_not_change_is_kept() -> None:
    link, _ = sent(a_claim())

    assert isinstance(judged(ENTITY, a_claim(), around_claims(link)), Keep)


def test_E35_a_claim_that_changed_updates_its_bill_and_leaves_its_status_alone() -> None:
    link, _ = sent(a_claim())

    change = judged(ENTITY, a_claim(an_item("1200.00")), around_claims(link))

    assert isinstance(change, Update)
    assert change.target_id == BILL_ID
    assert "Status" not in change.desired.payload
    assert ("SubTotal", "1000.00", "1200.00") in [
        (f.name, f.before, f.after) for f in change.fields
    ]


def test_E34_a_bill_whose_amount_was_edited_in_xero_is_held_with_the_difference() -> None:
    link, bill = sent(a_claim(), SubTotal=Decimal("900.00"))

    change = judged(ENTITY, a_claim(), around_claims(link, bills={bill.id: bill}))

    assert isinstance(change, Hold)
    assert codes(change) == ("BILL_EDITED",)
    assert "1000.00 → 900.00" in change.reasons[0].sentence


def test_E34_recoding_and_approving_a_draft_is_the_bookkeepers_work_not_drift() -> None:
    link, bill = sent(a_claim(), Status="AUTHORISED")

    assert isinstance(judged(ENTITY, a_claim(), around_claims(link, bills={bill.id: bill})), Keep)


def test_E33_a_voided_bill_is_reported_and_never_made_again() -> None:
    link, bill = sent(a_claim(), Status="VOIDED")

    change = judged(ENTITY, a_claim(), around_claims(link, bills={bill.id: bill}))

    assert codes(change) == ("BILL_VOIDED",)


def test_E52_a_bill_that_carries_the_claims_marker_is_linked_not_doubled() -> None:
    _, bill = sent(a_claim())

    change = judged(ENTITY, a_claim(), around_claims(ours={bill.url: bill}))

    assert isinstance(change, Adopt)
    assert change.target_id == BILL_ID


# What holds for every claim

AMOUNT = st.decimals(min_value=0, max_value=999_999, places=2)
ITEM = st.builds(
    lambda work, kept, back: an_item(str(work), retained=str(min(kept, work)), released=str(back)),
    AMOUNT,
    AMOUNT,
    AMOUNT,
)


@given(st.lists(ITEM, min_size=1, max_size=6))
def test_the_lines_of_every_bill_come_to_the_claims_net_to_the_cent(
    items: list[dict[str, Any]],
) -> None:
    claim = a_claim(*items)

    change = judged(ENTITY, claim, around_claims())

    if isinstance(change, Create):
        total = sum(amount for _, amount in amounts(change.desired.payload["LineItems"]))
        assert str(total) == claim["summary"]["current_payment_due"]
    else:
        assert set(codes(change)) <= {"NO_LINES", "ZERO_INVOICE"}


@given(st.lists(ITEM, min_size=1, max_size=4))
def test_what_we_expect_a_bill_to_hold_is_what_xeros_echo_of_it_holds(
    items: list[dict[str, Any]],
) -> None:
    change = judged(ENTITY, a_claim(*items), around_claims())
    if not isinstance(change, Create):
        return
    payload = change.desired.payload

    echo = {
        **payload,
        "SubTotal": sum(amount for _, amount in amounts(payload["LineItems"])),
        "LineItems": [
            {**line, "LineAmount": line["Quantity"] * line["UnitAmount"]}
            for line in payload["LineItems"]
        ],
    }

    assert content(echo) == expected(payload)


def test_E43_odd_cents_are_left_as_they_are_without_a_rounding_line_or_tax_of_ours() -> None:
    claim = a_claim(*(an_item("33.33") for _ in range(3)), an_item("0.01"))

    lines = lines_of(claim)

    assert [amount for _, amount in amounts(lines)] == [Decimal("33.33")] * 3 + [Decimal("0.01")]
    assert not any("TaxAmount" in line for line in lines)
