"""The arithmetic of claims: two routes that agree, retainage held and released, totals."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_procore_xero.simulator.procore.claims import entered, figures, summary
from tests.simulator.procore_world import Record, a_claim, a_site


def money(record: Record, *names: str) -> list[str]:
    return [str(record[name]) for name in names]


def test_a_first_claim_holds_the_contracts_percentage(procore):
    site = a_site(procore)

    claim = a_claim(procore, site, {"work": "30000"})

    assert money(claim["items"][0], "gross_amount", "net_amount") == ["30000.00", "27000.00"]
    assert money(
        claim["summary"], "total_retainage", "total_earned_less_retainage", "current_payment_due"
    ) == ["3000.00", "27000.00", "27000.00"]


def test_a_line_without_work_is_in_the_claim_with_zeros(procore):
    site = a_site(procore)

    claim = a_claim(procore, site, {"work": "30000"})

    assert [i["line_item_id"] for i in claim["items"]] == [line["id"] for line in site.lines]
    assert money(claim["items"][1], "work_completed_this_period", "net_amount") == ["0.00", "0.00"]


def test_the_second_claim_starts_where_the_first_ended(procore):
    site = a_site(procore)
    a_claim(procore, site, {"work": "30000"})

    second = a_claim(procore, site, {"work": "20000"})

    item, totals = second["items"][0], second["summary"]
    assert second["number"] == 2
    assert money(
        item,
        "work_completed_from_previous_application",
        "total_completed_and_stored_to_date",
        "work_completed_retainage_from_previous_application",
    ) == ["30000.00", "50000.00", "3000.00"]
    assert money(
        totals, "less_previous_certificates_for_payment", "current_payment_due"
    ) == ["27000.00", "18000.00"]  # fmt: skip


def test_released_retainage_is_positive_and_is_paid(procore):
    site = a_site(procore)
    a_claim(procore, site, {"work": "30000"})

    release = a_claim(procore, site, {"released": "3000"}, invoice_type="retainage_release")

    item = release["items"][0]
    assert money(
        item, "gross_amount", "work_completed_retainage_released_this_period", "net_amount"
    ) == ["0.00", "3000.00", "3000.00"]
    assert money(release["summary"], "total_retainage", "current_payment_due") == [
        "0.00", "3000.00",
    ]  # fmt: skip


def test_stored_materials_count_once_until_they_are_moved_into_the_work(procore):
    site = a_site(procore)
    stored = a_claim(procore, site, {"stored": "5000"})
    same = a_claim(procore, site, {})
    moved = a_claim(procore, site, {"moved": "5000", "stored_retained_moved": "500"})

    assert [str(c["summary"]["current_payment_due"]) for c in (stored, same, moved)] == [
        "4500.00", "0.00", "0.00",
    ]  # fmt: skip
    assert money(
        moved["items"][0],
        "work_completed_from_previous_application",
        "materials_presently_stored",
        "work_completed_retainage_from_previous_application",
    ) == ["5000.00", "0.00", "500.00"]


def test_a_change_order_is_claimed_by_its_lines_once_it_is_approved(procore):
    site = a_site(procore)
    lines = [{"amount": "18600", "wbs_code_id": site.wbs_code["id"]}]
    change = procore.add_change_order(
        contract_id=site.contract["id"], lines=lines, status="approved"
    )

    claim = a_claim(procore, site)

    item = claim["items"][2]
    assert item["item_type"] == "change_order_item"
    assert item["line_item_id"] == change["line_items"][0]["id"]
    assert money(claim["summary"], "net_change_by_change_orders", "contract_sum_to_date") == [
        "18600.00", "138600.00",
    ]  # fmt: skip


def test_a_change_order_billed_whole_has_no_coding(procore):
    site = a_site(procore, change_order_level_of_detail="whole")
    lines = [{"amount": "18600", "wbs_code_id": site.wbs_code["id"]}]
    change = procore.add_change_order(
        contract_id=site.contract["id"], lines=lines, status="approved"
    )
    entry = {"line_item_id": change["id"], "work": "600"}

    claim = procore.add_requisition(commitment_id=site.contract["id"], lines=[entry])

    item = claim["items"][2]
    assert (item["item_type"], item["wbs_code"]) == ("whole_change_order_item", None)
    assert str(item["net_amount"]) == "540.00"


def test_an_item_is_coded_by_its_budget_code_with_segments(procore):
    site = a_site(procore)

    item = a_claim(procore, site)["items"][0]

    assert item["wbs_code"]["flat_code"] == "02-300.S"
    assert [s["path_code"] for s in item["wbs_code"]["segment_items"]] == ["02-300", "S"]


def test_editing_an_earlier_claim_moves_the_later_ones_but_not_their_updated_at(procore):
    site = a_site(procore)
    first = a_claim(procore, site, {"work": "30000"})
    second = a_claim(procore, site, {"work": "20000"})
    before = second["updated_at"]
    procore.clock.advance(60)

    procore.edit_claim(first["id"], [{"line_item_id": site.lines[0]["id"], "work": "40000"}])

    assert str(first["summary"]["current_payment_due"]) == "36000.00"
    assert str(second["summary"]["less_previous_certificates_for_payment"]) == "36000.00"
    assert str(second["summary"]["current_payment_due"]) == "18000.00"
    assert first["updated_at"] > second["updated_at"] == before


def test_a_negative_claim_is_possible(procore):
    site = a_site(procore)
    a_claim(procore, site, {"work": "30000"})

    credit = a_claim(procore, site, {"work": "-5000"})

    assert str(credit["summary"]["current_payment_due"]) == "-4500.00"


def test_tax_may_be_inside_what_is_due_where_the_switch_says_so(procore):
    site = a_site(procore)
    outside = a_claim(procore, site, {"work": "1000"}, tax="90")
    procore.switches["tax_in_current_payment_due"] = True

    inside = a_claim(procore, site, {"work": "1000"}, tax="90")

    assert money(outside["summary"], "current_payment_due", "tax_applicable_to_this_payment") == [
        "900.00", "90.00",
    ]  # fmt: skip
    assert str(inside["summary"]["current_payment_due"]) == "990.00"


def test_a_contract_billed_by_unit_has_quantities(procore):
    site = a_site(procore, accounting_method="unit")
    procore.edit_commitment_line(
        site.lines[0]["id"], extended_type="calculated", quantity="100", unit_cost="40"
    )

    item = a_claim(procore, site, {"work": "200"})["items"][0]

    assert money(item, "scheduled_unit_price", "work_completed_this_period_quantity") == [
        "40.0", "5.00",
    ]  # fmt: skip


AMOUNT = st.integers(-10_000_00, 10_000_00).map(lambda n: Decimal(n).scaleb(-2))
FIGURES = (
    "work", "stored", "moved", "retained", "released", "stored_retained", "stored_released",
    "stored_retained_moved",
)  # fmt: skip
PERIOD = st.fixed_dictionaries(dict.fromkeys(FIGURES, AMOUNT))


@given(st.lists(PERIOD, min_size=1, max_size=5))
def test_both_routes_to_a_claims_net_amount_agree_and_add_up(periods: list[dict[str, Any]]):
    item: Record | None = None
    totals: Record | None = None
    for period in periods:
        before = item
        item = figures(entered(period, Decimal(10), before), Decimal("5000"), before)
        totals = summary(
            [item], original=Decimal("5000"), changes=Decimal(0), before=totals,
            tax=Decimal("0.00"), tax_is_inside=False,
        )  # fmt: skip

        gross = (
            item["work_completed_this_period"]
            + item["materials_presently_stored"]
            + item["materials_moved"]
            - item["materials_presently_stored_from_previous_progress"]
        )
        held = (
            item["work_completed_retainage_retained_this_period"]
            + item["materials_stored_retainage_new_materials"]
        )
        released = (
            item["work_completed_retainage_released_this_period"]
            + item["materials_stored_retainage_released_this_period"]
        )
        assert item["gross_amount"] == gross
        assert item["net_amount"] == gross - held + released == totals["current_payment_due"]
