"""Whatever a system sends, planning holds the record with a sentence and goes on to the next."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_procore_xero.sync.entities import (
    bill_payments,
    cost_codes,
    projects,
    subcontractor_invoices,
    vendors,
)
from airflow_provider_procore_xero.sync.entity import Around, Entity
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import Change, Create, Hold
from airflow_provider_procore_xero.sync.planning import make_changes, unchanged
from tests.sync.builders import (
    a_bill_link,
    a_bill_row,
    a_claim_row,
    a_code_row,
    a_codes_around,
    a_contact_row,
    a_contacts_around,
    a_payment_row,
    a_payments_around,
    a_project_row,
    a_projects_around,
    a_vendor,
    a_vendor_link,
    an_invoices_around,
    an_item_row,
    change_of,
    some_settings,
)

Row = dict[str, Any]
Path = tuple[Any, ...]


def a_full_contact_row() -> Row:
    place = {"AddressLine1": "1 Quay St", "City": "Perth", "Region": "WA", "Country": "AU"}
    phone = {"PhoneNumber": "5550100", "PhoneAreaCode": "08", "PhoneCountryCode": "61"}
    return a_contact_row(place=place, phones={"DEFAULT": phone})


def a_paid_row() -> Row:
    bill = a_bill_row(Payments=[a_payment_row()])
    (row,) = bill_payments.payments_of(bill, (), a_bill_link(), some_settings())
    return row


def a_full_claim_row() -> Row:
    item = an_item_row(
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
    return a_claim_row(item, payment_date="2026-06-30")


CASES: dict[str, tuple[Entity, Callable[[], Row], Callable[[], Around]]] = {
    "projects": (projects.ENTITY, a_project_row, a_projects_around),
    "cost_codes": (cost_codes.ENTITY, a_code_row, a_codes_around),
    "contacts": (
        vendors.ENTITY,
        a_full_contact_row,
        lambda: a_contacts_around(vendors=(a_vendor("Terra Works Limited"), a_vendor("Other"))),
    ),
    "subcontractor_invoices": (
        subcontractor_invoices.ENTITY,
        a_full_claim_row,
        an_invoices_around,
    ),
    "payments": (bill_payments.ENTITY, a_paid_row, a_payments_around),
}
JUNK = (
    None, "", " ", "x" * 5000, "NaN", "1e99", "-0.001", "2026-02-30", "/Date(9999999999999999)/",
    "{r.title}", "{", "<b>", "\x00", True, False, 0, -1, 10**18, Decimal("1e40"), Decimal("NaN"),
    [], {}, [None], [[]], ["x"], {"x": None}, [{"segment": None}], "9999-12-31",
)  # fmt: skip


def paths(value: Any, at: Path = ()) -> Iterator[Path]:
    """Every place in a record but its id, which the reader vouches for."""
    places = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    for key, item in places:
        if (*at, key) != ("id",):
            yield (*at, key)
            yield from paths(item, (*at, key))


def replaced(row: Row, path: Path, junk: Any) -> Row:
    """*row* with *junk* at *path*; ``...`` takes the place away."""
    row = copy.deepcopy(row)
    holder: Any = row
    for key in path[:-1]:
        holder = holder[key]
    if junk is ...:
        del holder[path[-1]]
    else:
        holder[path[-1]] = junk
    return row


def assert_decided(changes: list[Change]) -> None:
    for change in changes:
        if isinstance(change, Hold):
            assert change.reasons
            assert all(reason.code and reason.sentence for reason in change.reasons)


@pytest.mark.parametrize("name", CASES)
def test_the_record_that_these_tests_spoil_is_a_good_one(name: str) -> None:
    entity, row, around = CASES[name]

    assert isinstance(change_of(entity, row(), around()), Create)


@pytest.mark.parametrize("name", CASES)
def test_a_record_that_lacks_any_one_field_is_decided_on_or_held(name: str) -> None:
    entity, make, around = CASES[name]
    row = make()

    for path in paths(row):
        assert_decided(make_changes(entity, [replaced(row, path, ...)], around()))


@pytest.mark.parametrize("name", CASES)
def test_a_record_with_junk_in_any_one_place_is_decided_on_or_held(name: str) -> None:
    entity, make, around = CASES[name]
    row = make()

    for path in paths(row):
        spoilt = [replaced(row, path, junk) for junk in JUNK]
        assert_decided(make_changes(entity, spoilt, around()))


@pytest.mark.parametrize("name", CASES)
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_a_record_spoilt_in_several_places_is_decided_on_or_held(
    name: str, data: st.DataObject
) -> None:
    entity, make, around = CASES[name]
    row = make()
    for path in data.draw(st.lists(st.sampled_from(list(paths(row))), max_size=4)):
        try:
            row = replaced(row, path, data.draw(st.sampled_from((..., *JUNK))))
        except (KeyError, IndexError, TypeError):
            continue  # what was spoilt before took the place away

    assert_decided(make_changes(entity, [row], around()))


@pytest.mark.parametrize("name", CASES)
def test_a_field_that_nobody_knows_changes_nothing(name: str) -> None:
    entity, make, around = CASES[name]

    change = change_of(entity, {**make(), "brand_new": {"a": [1]}}, around())

    assert isinstance(change, Create)


@pytest.mark.parametrize("name", CASES)
def test_a_record_that_lacks_everything_is_held_and_the_next_one_goes(name: str) -> None:
    entity, make, around = CASES[name]

    bad, good = make_changes(entity, [{"id": "broken"}, make()], around())

    assert isinstance(bad, Hold)
    assert [reason.code for reason in bad.reasons] == ["UNREADABLE"]
    assert "broken" in bad.reasons[0].sentence
    assert re.search(r"report the code and sync/\w+(/\w+)?\.py:\d+\.$", bad.reasons[0].fix)
    assert isinstance(good, Create)


@pytest.mark.parametrize("name", CASES)
def test_a_record_that_was_never_seen_is_not_unchanged(name: str) -> None:
    entity, make, around = CASES[name]

    assert list(unchanged(entity, [make(), {"id": "broken"}], around(), "salt")) == [False, False]


def test_a_claim_whose_commitment_is_hidden_from_us_is_held() -> None:
    around = an_invoices_around(commitments={})

    change = change_of(subcontractor_invoices.ENTITY, a_claim_row(), around)

    assert isinstance(change, Hold)


def test_a_line_that_bills_nothing_may_be_coded_to_anything() -> None:
    unbilled = an_item_row("0.00", code="99-999", cost_type="Z")
    nowhere = some_settings(accounts={"by_cost_code": {"99-*": "999"}})
    around = an_invoices_around(settings=nowhere)

    change = change_of(subcontractor_invoices.ENTITY, a_claim_row(an_item_row(), unbilled), around)

    assert isinstance(change, Create)


def test_a_payment_of_a_bill_linked_by_hand_is_held_until_the_claims_flow_has_run() -> None:
    by_hand = Link(kind="subcontractor_invoice", procore_id="500", xero_id="bill-1")

    change = change_of(bill_payments.ENTITY, a_paid_row(), a_payments_around(by_hand))

    assert isinstance(change, Hold)


def test_a_vendor_linked_by_hand_is_planned_like_any_other() -> None:
    around = a_contacts_around(a_vendor_link(), vendors=(a_vendor(),))

    assert not isinstance(change_of(vendors.ENTITY, a_full_contact_row(), around), Hold)
