"""The seeded worlds: believable, complete, and right to the cent."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest

from airflow_provider_procore_xero.simulator.clock import Clock
from airflow_provider_procore_xero.simulator.control import snapshot
from airflow_provider_procore_xero.simulator.server import Simulator

Record = dict[str, Any]
CENT = Decimal("0.01")
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SEEDS = (1, 7, 42)


def a_world(*, seed: int = 7, at: datetime = NOON, world: str = "contractor") -> Simulator:
    return Simulator(world=world, seed=seed, clock=Clock(at))


@pytest.fixture(scope="module")
def simulator() -> Simulator:
    return a_world()


@pytest.fixture(scope="module", params=SEEDS)
def any_world(request: pytest.FixtureRequest) -> Simulator:
    return a_world(seed=request.param)


def claims(simulator: Simulator) -> list[Record]:
    return list(simulator.procore.requisitions.values())


def items(simulator: Simulator) -> Iterator[Record]:
    for claim in claims(simulator):
        yield from claim["items"]


def has_header_slip(claim: Record) -> bool:
    total = sum((i["net_amount"] for i in claim["items"]), Decimal(0))
    return bool(total != claim["summary"]["current_payment_due"])


# The arithmetic of claims: two routes to each figure, see Procore's guide to requisitions.


def test_each_item_is_the_same_by_its_cumulative_figures_as_by_its_periods_own(
    any_world: Simulator,
) -> None:
    for item in items(any_world):
        gross = (
            item["total_completed_and_stored_to_date"]
            - item["total_completed_and_stored_to_date_from_previous"]
        )
        held = (
            item["total_retainage_currently_retained"]
            - item["total_retainage_from_previous_application"]
        )
        period_gross = (
            item["work_completed_this_period"]
            + item["materials_presently_stored"]
            + item["materials_moved"]
            - item["materials_presently_stored_from_previous_progress"]
        )
        retained = (
            item["work_completed_retainage_retained_this_period"]
            + item["materials_stored_retainage_new_materials"]
        )
        released = (
            item["work_completed_retainage_released_this_period"]
            + item["materials_stored_retainage_released_this_period"]
        )

        assert gross == period_gross == item["gross_amount"]
        assert held == retained - released
        assert item["net_amount"] == gross - held == period_gross - retained + released


def test_each_claims_header_keeps_its_identities(any_world: Simulator) -> None:
    for claim in claims(any_world):
        s = claim["summary"]

        assert s["total_retainage"] == (
            s["completed_work_retainage_amount"] + s["stored_materials_retainage_amount"]
        )
        assert s["total_earned_less_retainage"] == (
            s["total_completed_and_stored_to_date"] - s["total_retainage"]
        )
        assert s["current_payment_due"] == (
            s["total_earned_less_retainage"] - s["less_previous_certificates_for_payment"]
        )
        assert s["contract_sum_to_date"] == (
            s["original_contract_sum"] + s["net_change_by_change_orders"]
        )
        assert s["balance_to_finish_including_retainage"] == (
            s["contract_sum_to_date"] - s["total_earned_less_retainage"]
        )


def test_one_claims_header_differs_from_its_items_by_a_cent_and_no_other(
    any_world: Simulator,
) -> None:
    slips = [claim for claim in claims(any_world) if has_header_slip(claim)]

    assert len(slips) == 1
    total = sum((i["net_amount"] for i in slips[0]["items"]), Decimal(0))
    assert slips[0]["summary"]["current_payment_due"] - total == CENT


def test_each_claim_goes_on_where_the_one_before_it_ended(any_world: Simulator) -> None:
    earlier: dict[int, Record] = {}
    for claim in sorted(claims(any_world), key=lambda c: (c["commitment_id"], c["number"])):
        before = earlier.get(claim["commitment_id"])
        if before is not None:
            assert claim["number"] == before["number"] + 1
            assert claim["previous_requisition_id"] == before["id"]
            last = {i["line_item_id"]: i for i in before["items"]}
            for item in claim["items"]:
                assert (
                    item["total_completed_and_stored_to_date_from_previous"]
                    == last[item["line_item_id"]]["total_completed_and_stored_to_date"]
                )
        earlier[claim["commitment_id"]] = claim


def test_no_claim_goes_beyond_its_lines_or_releases_what_is_not_held(
    any_world: Simulator,
) -> None:
    for item in items(any_world):
        if item["scheduled_value"] > 0:
            assert item["total_completed_and_stored_to_date"] <= item["scheduled_value"]
        assert item["work_completed_retainage_currently_retained"] >= 0 or (
            item["scheduled_value"] < 0
        )


def test_every_amount_of_a_claim_is_whole_cents(any_world: Simulator) -> None:
    for item in items(any_world):
        for name, value in item.items():
            if isinstance(value, Decimal) and "unit_price" not in name and "quantity" not in name:
                assert value == value.quantize(CENT), (item["id"], name)


# The arithmetic of the books.


def bills(simulator: Simulator) -> list[Record]:
    return list(simulator.xero.invoices.values())


def tax_on(line: Record, amount_types: str, simulator: Simulator) -> Decimal:
    rate: Decimal = simulator.xero.tax_rates[line["TaxType"]]["EffectiveRate"] / 100
    amount: Decimal = line["LineAmount"]
    if amount_types == "Inclusive":
        return amount - (amount / (1 + rate)).quantize(CENT, ROUND_HALF_UP)
    if amount_types == "Exclusive":
        return (amount * rate).quantize(CENT, ROUND_HALF_UP)
    return Decimal(0)


def test_each_document_is_the_sum_of_its_lines_and_their_tax(any_world: Simulator) -> None:
    spends = list(any_world.xero.bank_transactions.values())
    for document in (*bills(any_world), *spends, *any_world.xero.credit_notes.values()):
        kind, lines = document["LineAmountTypes"], document["LineItems"]
        for line in lines:
            product = line["Quantity"] * line["UnitAmount"]
            assert line["LineAmount"] == product.quantize(CENT, ROUND_HALF_UP)
            assert line["TaxAmount"] == tax_on(line, kind, any_world)
        amount = sum((line["LineAmount"] for line in lines), Decimal(0))
        assert document["TotalTax"] == sum((line["TaxAmount"] for line in lines), Decimal(0))
        assert document["SubTotal"] + document["TotalTax"] == document["Total"]
        assert amount == document["Total" if kind == "Inclusive" else "SubTotal"]


def test_each_bills_dues_are_its_total_less_its_living_payments(any_world: Simulator) -> None:
    paid: Counter[str] = Counter()
    for payment in any_world.xero.payments.values():
        if payment["Status"] == "AUTHORISED":
            paid[payment["Invoice"]["InvoiceID"]] += payment["Amount"]
    for bill in bills(any_world):
        assert bill["AmountPaid"] == paid[bill["InvoiceID"]]
        if bill["Status"] not in ("VOIDED", "DELETED"):
            assert bill["AmountDue"] == bill["Total"] - bill["AmountPaid"]
        assert (bill["Status"] == "PAID") == (bill["AmountPaid"] == bill["Total"])


def test_a_batch_payment_is_the_sum_of_its_payments(simulator: Simulator) -> None:
    batches = list(simulator.xero.batch_payments.values())

    assert batches
    for batch in batches:
        assert len(batch["Payments"]) > 1
        assert batch["TotalAmount"] == sum((p["Amount"] for p in batch["Payments"]), Decimal(0))


# Determinism, and "today".


def test_the_same_number_builds_the_same_world() -> None:
    one, same, other = a_world(seed=7), a_world(seed=7), a_world(seed=8)

    assert snapshot(one) == snapshot(same)
    assert snapshot(one) != snapshot(other)


@pytest.mark.parametrize("month", range(1, 13))
def test_the_world_is_built_on_any_day_and_is_current(month: int) -> None:
    for day in (1, 28):
        now = datetime(2028, month, day, 3, tzinfo=UTC)

        simulator = a_world(at=now)

        newest = max(c["billing_date"] or "" for c in claims(simulator))
        age = now.date() - date.fromisoformat(newest)
        assert timedelta(0) <= age <= timedelta(days=31)
        assert len(claims(simulator)) == 80
        assert max(c["updated_at"] for c in claims(simulator)) <= f"{now:%Y-%m-%dT%H:%M:%SZ}"
        assert max(b["Date"] for b in bills(simulator)) <= now.date().isoformat()


def test_no_record_was_changed_before_it_was_made_or_after_now(any_world: Simulator) -> None:
    collections = ("projects", "vendors", "commitments", "requisitions", "change_order_packages")
    for name in collections:
        for record in getattr(any_world.procore, name).values():
            assert record["created_at"] <= record["updated_at"] <= "2026-11-22T12:00:00Z", name


# What the contractor's world has.


def test_projects_come_in_all_shapes(simulator: Simulator) -> None:
    projects = list(simulator.procore.projects.values())
    numbers = Counter(p["project_number"] for p in projects)
    stages = Counter(p["stage"] for p in projects)

    assert len(projects) == 12
    assert stages["Send to Xero"] >= 4
    assert stages["Course of Construction"] >= 2
    assert numbers[None] == 1
    assert sorted(numbers.values())[-1] == 2
    assert sum(not p["active"] for p in projects) == 1
    assert any(len(p["name"]) > 100 for p in projects)
    assert any("&" in p["name"] and "<" in p["name"] and "ā" in p["name"] for p in projects)
    assert all(p["id"] >= 10**14 for p in projects)


def test_the_stage_is_among_the_companys_stages(simulator: Simulator) -> None:
    assert "Send to Xero" in {s["name"] for s in simulator.procore.stages.values()}


def test_vendors_and_contacts_are_the_usual_mess(simulator: Simulator) -> None:
    vendors = list(simulator.procore.vendors.values())
    contacts = list(simulator.xero.contacts.values())
    (group,) = simulator.xero.contact_groups.values()
    countries = {a["Country"] for c in contacts for a in c["Addresses"]}

    assert len(vendors) == len(contacts) == 60
    assert sum(v["company_vendor"] for v in vendors) == 1
    assert sum(not v["is_active"] for v in vendors) == 1
    assert sum(v["origin_id"] is not None for v in vendors) == 1
    assert any(v["address"] is None for v in vendors)
    assert {"Untied States", "New Zealand", "NZ", "AU"} <= countries
    assert any(c["ContactStatus"] == "ARCHIVED" for c in contacts)
    assert any(c.get("MergedToContactID") in simulator.xero.contacts for c in contacts)
    assert 0 < len(group["ContactIDs"]) < len(contacts)
    assert group["Name"] == "Procore"
    shared = {v["name"] for v in vendors} & {c["Name"] for c in contacts}
    assert 35 <= len(shared) < 60
    assert any(len(c["Name"]) > 100 for c in contacts)


def test_contacts_in_xero_have_names_that_xero_takes(any_world: Simulator) -> None:
    for contact in any_world.xero.contacts.values():
        name = contact["Name"]
        assert name == " ".join(name.split())
        assert not set("<>") & set(name)
    active = [
        c["Name"].casefold()
        for c in any_world.xero.contacts.values()
        if c["ContactStatus"] == "ACTIVE"
    ]
    assert len(active) == len(set(active))


def test_the_standard_list_has_divisions_and_leaves(simulator: Simulator) -> None:
    procore = simulator.procore
    (chosen,) = (
        found
        for found in procore.standard_cost_code_lists.values()
        if found["name"] == "Xero Standard Cost Codes"
    )
    codes = [
        c
        for c in procore.standard_cost_codes.values()
        if c["standard_cost_code_list_id"] == chosen["id"]
    ]
    heads = {c["id"]: c for c in codes if c["parent_id"] is None}

    assert 55 <= len(codes) <= 65
    assert len(procore.standard_cost_codes) > len(codes)
    for code in codes:
        if code["id"] not in heads:
            assert code["full_code"] == f"{heads[code['parent_id']]['code']}-{code['code']}"
    assert {k["code"] for k in procore.line_item_types.values()} == set("LMSEO")


def test_one_project_has_a_code_that_the_company_has_not(simulator: Simulator) -> None:
    own = [c for c in simulator.procore.cost_codes.values() if not c["standard_cost_code_id"]]

    assert [c["full_code"] for c in own] == ["02-998"]


def test_commitments_are_of_both_kinds_and_their_numbers_repeat(simulator: Simulator) -> None:
    commitments = list(simulator.procore.commitments.values())
    numbers = Counter(c["number"] for c in commitments)

    assert len(commitments) == 40
    assert {c["commitment_type"] for c in commitments} == {
        "WorkOrderContract",
        "PurchaseOrderContract",
    }
    assert numbers["SC-001"] > 1
    assert {"Approved", "Draft", "Complete", "Void", "Terminated", "Closed", "Received"} <= {
        c["status"] for c in commitments
    }
    empty = [c for c in commitments if not simulator.procore.lines_of(c["id"])]
    assert [c["status"] for c in empty] == ["Approved"]


def test_commitments_add_up_to_their_lines_and_changes(any_world: Simulator) -> None:
    procore = any_world.procore
    for commitment in procore.commitments.values():
        lines = procore.lines_of(commitment["id"])
        changes = procore.packages_of(commitment["id"], "approved")
        assert commitment["grand_total"] == sum((x["amount"] for x in lines), Decimal(0))
        assert commitment["revised_contract"] == commitment["grand_total"] + sum(
            (c["grand_total"] for c in changes), Decimal(0)
        )


def test_each_odd_claim_is_there(simulator: Simulator) -> None:
    found = claims(simulator)
    lock = simulator.xero.organisation["PeriodLockDate"]
    statuses = Counter(c["status"] for c in found)
    due = [c["summary"]["current_payment_due"] for c in found]
    vendors = simulator.procore.vendors
    contacts = {c["Name"] for c in simulator.xero.contacts.values()}

    assert len(found) == 80
    for name in ("invoice_number", "requisition_start", "requisition_end", "billing_date"):
        assert sum(c[name] is None for c in found) == 1, name
    assert {"draft", "under_review", "revise_and_resubmit", "pending_owner_approval"} <= set(
        statuses
    )
    assert statuses["approved_as_noted"] >= 2
    assert statuses["approved"] >= 50
    assert sum(amount < 0 for amount in due) == 1
    assert sum(amount == 0 for amount in due) == 1
    assert sum(c["invoice_type"] == "retainage_release" for c in found) == 1
    assert sum(c["currency_configuration"]["currency_iso_code"] == "AUD" for c in found) == 1
    assert any(c["billing_date"] and c["billing_date"] <= lock for c in found)
    assert any(vendors[c["vendor_id"]]["name"] not in contacts for c in found)
    assert any(i["materials_presently_stored"] for i in items(simulator))
    assert any(i["materials_moved"] for i in items(simulator))
    assert any(i["item_type"] == "change_order_item" for i in items(simulator))
    codes = {i["wbs_code"]["flat_code"] for i in items(simulator)}
    assert {"02-998.S", "02-300.S.NIGHT"} <= codes


def test_the_release_only_claim_lets_go_of_all_that_was_held(simulator: Simulator) -> None:
    (claim,) = (c for c in claims(simulator) if c["invoice_type"] == "retainage_release")

    assert all(i["gross_amount"] == 0 for i in claim["items"])
    assert claim["summary"]["total_retainage"] == 0
    assert claim["summary"]["current_payment_due"] > 0


def test_claims_hold_five_or_ten_percent(simulator: Simulator) -> None:
    held = {
        simulator.procore.commitments[c["commitment_id"]]["retainage_percent"]
        for c in claims(simulator)
    }

    assert held == {Decimal(5), Decimal(10)}


def test_the_books_have_the_accounts_that_the_settings_name(simulator: Simulator) -> None:
    accounts = {a["Code"]: a for a in simulator.xero.accounts.values()}

    assert {"090", "200", "310", "320", "850"} <= set(accounts)
    assert accounts["090"]["Type"] == "BANK"
    assert accounts["850"]["Class"] == "LIABILITY"
    assert any(a["Status"] == "ARCHIVED" for a in accounts.values())
    assert {c["Name"] for c in simulator.xero.tracking_categories.values()} == {
        "Project",
        "Cost Codes",
    }


def test_the_bookkeepers_bills_are_of_all_kinds(simulator: Simulator) -> None:
    found = bills(simulator)
    statuses = Counter(b["Status"] for b in found)
    kinds = {b["LineAmountTypes"] for b in found}
    lock = simulator.xero.organisation["PeriodLockDate"]

    assert len(found) == 120
    assert set(statuses) == {"AUTHORISED", "PAID", "DRAFT", "SUBMITTED", "VOIDED", "DELETED"}
    assert kinds == {"Exclusive", "Inclusive", "NoTax"}
    assert sum(len(projects_of(b)) > 1 for b in found) >= 5
    assert any(not b["InvoiceNumber"] for b in found)
    assert any(b["Date"] <= lock for b in found)
    assert any(0 < b["AmountPaid"] < b["Total"] for b in found)
    assert any(p["Status"] == "DELETED" for p in simulator.xero.payments.values())
    assert len(simulator.xero.bank_transactions) >= 20


def test_one_posted_journal_moves_a_cost_and_one_draft_is_no_cost_yet(
    simulator: Simulator,
) -> None:
    posted, draft = simulator.xero.manual_journals.values()
    options = [[t["Option"] for t in line["Tracking"]] for line in posted["JournalLines"]]

    assert (posted["Status"], draft["Status"]) == ("POSTED", "DRAFT")
    assert [line["LineAmount"] for line in posted["JournalLines"]] == [480, -480]
    assert options[0][0] != options[1][0]


def test_what_is_coded_names_its_cost_code_as_an_option_and_as_an_item(
    simulator: Simulator,
) -> None:
    lines = [line for bill in bills(simulator) for line in bill["LineItems"]]
    codes = [{t["Name"]: t["Option"] for t in line["Tracking"]}.get("Cost Codes") for line in lines]

    assert [line.get("ItemCode") for line in lines] == [c and f"{c}.S" for c in codes]
    assert set(codes) - {None} == {c["Code"][:-2] for c in simulator.xero.items.values()}


def projects_of(bill: Record) -> set[str]:
    return {
        t["Option"]
        for line in bill["LineItems"]
        for t in line["Tracking"]
        if t["Name"] == "Project"
    }


# The other worlds.


def test_the_empty_world_has_settings_and_no_records() -> None:
    simulator = a_world(world="empty")

    assert not simulator.procore.projects
    assert not simulator.procore.vendors
    assert not simulator.xero.contacts
    assert not simulator.xero.invoices
    assert simulator.procore.stages
    assert simulator.xero.accounts
    assert len(simulator.xero.tracking_categories) == 2
    assert len(simulator.xero.contact_groups) == 1


def test_a_large_world_is_as_large_as_asked_and_built_in_seconds() -> None:
    began = time.monotonic()

    simulator = Simulator(world="large", bills=2000, vendors=100, projects=20, requisitions=300)

    assert time.monotonic() - began < 10
    assert len(simulator.xero.invoices) == 2000
    assert len(simulator.xero.contacts) == 100
    assert len(simulator.procore.vendors) == 100
    assert len(simulator.procore.projects) == 20
    assert len(claims(simulator)) == 300
    assert not any(has_header_slip(claim) for claim in claims(simulator))


def test_an_unknown_world_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="Choose one of contractor, empty, large"):
        Simulator(world="atlantis")


def test_only_the_large_world_takes_sizes() -> None:
    with pytest.raises(ValueError, match="'large'"):
        Simulator(world="contractor", bills=3)


def test_the_whole_state_can_be_written_as_json(any_world: Simulator) -> None:
    text = json.dumps(snapshot(any_world))

    assert "Hartnell Civil Ltd" in text


def test_the_odd_claims_lie_on_projects_that_go_to_xero(simulator: Simulator) -> None:
    procore = simulator.procore
    odd = [
        claim
        for claim in claims(simulator)
        if claim["summary"]["current_payment_due"] <= 0
        or has_header_slip(claim)
        or not claim["status"].startswith("approved")
        or None in (claim["invoice_number"], claim["billing_date"], claim["requisition_start"])
    ]

    assert len(odd) >= 9
    assert {procore.projects[c["project_id"]]["stage"] for c in odd} == {"Send to Xero"}
