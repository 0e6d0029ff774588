"""Plans: stored as they were made, streamed, sealed."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from airflow_provider_procore_xero.errors import UnknownRecord
from airflow_provider_procore_xero.sync.links import Links
from airflow_provider_procore_xero.sync.plan import (
    Adopt,
    Create,
    FieldChange,
    Hold,
    Keep,
    Remove,
    Update,
)
from tests.ledger.builders import (
    NO_DATE,
    NOT_YET,
    a_create,
    a_hold,
    a_link,
    a_plan,
    a_run,
    about,
    an_adopt,
    an_update,
)

EVERY_KIND = (
    a_create("1", payload={"UnitAmount": Decimal("12.50"), "Quantity": Decimal("5")}, name="n"),
    an_update("2", fields=(FieldChange(name="Name", before=None, after="Acme"),), adopts=True),
    an_adopt("3", data={"rate": Decimal("0.1500")}),
    Remove(about=about("4"), target_id="x4", data={"a": 1}, target_url="https://x"),
    a_hold("5", NO_DATE, NOT_YET),
)


def test_every_kind_of_change_comes_back_in_its_place(ledger):
    plan = a_plan(ledger, *EVERY_KIND)

    stored = list(ledger.changes(plan, (Create, Update, Adopt, Remove, Hold)))

    assert [one.change for one in stored] == list(EVERY_KIND)
    assert [one.seq for one in stored] == [1, 2, 3, 4, 5]


def test_amounts_keep_their_digits(ledger):
    plan = a_plan(ledger, *EVERY_KIND)

    payload = next(ledger.changes(plan, (Create,))).change.desired.payload

    assert {key: str(value) for key, value in payload.items()} == {
        "UnitAmount": "12.50",
        "Quantity": "5",
    }
    assert all(type(value) is Decimal for value in payload.values())


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    st.lists(
        st.builds(
            a_create,
            st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0")),
            payload=st.dictionaries(
                st.text(st.characters(exclude_categories=["Cs"])),
                st.decimals(allow_nan=False, allow_infinity=False) | st.integers(-9, 9),
            ),
        ),
        max_size=5,
    )
)
def test_whatever_text_and_amounts_a_payload_has_the_database_gives_them_back(ledger, found):
    stored = ledger.changes(a_plan(ledger, *found))

    assert [repr(one.change) for one in stored] == [repr(change) for change in found]


def test_what_is_kept_is_counted_and_not_stored(ledger):
    plan = ledger.begin_plan(a_run(ledger), "vendors")

    counts = ledger.add_changes(plan, [Keep(source_id="1"), a_create("2"), Keep(source_id="3")])

    assert counts == {"created": 1, "updated": 0, "linked": 0, "unchanged": 2, "held": 0}
    assert [one.change.about.source_id for one in ledger.changes(plan)] == ["2"]


def test_changes_that_come_later_go_behind_those_there(ledger):
    plan = ledger.begin_plan(a_run(ledger), "vendors")

    ledger.add_changes(plan, (a_create(str(i)) for i in range(700)))
    ledger.add_changes(plan, [a_create("last")])

    assert [one.seq for one in ledger.changes(plan, limit=100)] == list(range(1, 702))


def test_reading_goes_on_after_a_place(ledger):
    plan = a_plan(ledger, *(a_create(str(i)) for i in range(10)))

    assert [one.seq for one in ledger.changes(plan, after=7, limit=2)] == [8, 9, 10]


def test_changes_may_be_written_down_while_they_are_read(ledger):
    run = a_run(ledger)
    plan = a_plan(ledger, *(a_create(str(i)) for i in range(4)), run=run)

    for stored in ledger.changes(plan, limit=2):
        ledger.save_intents(run, plan, [stored], entity="vendors", key="k")

    assert len(ledger.doubts("vendors")) == 4


def test_equal_plans_have_equal_hashes_and_others_do_not(ledger):
    hashes = [
        ledger.plan(a_plan(ledger, *changes)).content_hash
        for changes in (EVERY_KIND, EVERY_KIND, EVERY_KIND[1:], EVERY_KIND[::-1])
    ]

    assert hashes[0] == hashes[1]
    assert len(set(hashes)) == 3


def test_a_stored_change_can_not_be_changed(ledger, engine):
    plan = a_plan(ledger, a_create())

    with pytest.raises(DBAPIError, match="never changed"), engine.begin() as connection:
        connection.execute(text("UPDATE changes SET payload = '{}'"))

    assert next(ledger.changes(plan)).change == a_create()


def test_a_plan_is_found_by_its_id_and_by_its_dag_run(ledger):
    run = a_run(ledger, dag_run="manual__1")
    plan = a_plan(ledger, a_create(), run=run, scope="nightly/manual__1", settings={"a": 1})

    found = [ledger.plan(called, "vendors") for called in (plan, "manual__1", "nightly/manual__1")]

    assert {one.id for one in found} == {plan}
    assert (found[0].settings, found[0].counts["created"]) == ({"a": 1}, 1)


@pytest.mark.parametrize(("called", "entity"), [("nobody", ""), (None, "payments")])
def test_an_unknown_plan_is_named(ledger, called, entity):
    plan = a_plan(ledger, a_create())

    with pytest.raises(UnknownRecord, match=called or "payments"):
        ledger.plan(called or plan, entity)


def test_an_unfinished_plan_is_no_plan(ledger):
    plan = ledger.begin_plan(a_run(ledger), "vendors")
    ledger.add_changes(plan, [a_create()])

    with pytest.raises(UnknownRecord):
        ledger.plan(plan)


def test_a_plan_alone_knows_the_links_it_would_make(ledger):
    a_plan(
        ledger,
        a_create("1", name="Tower", data={"category": "c"}),
        an_adopt("2", "x2", name="Bridge"),
        an_update("3", "x3", adopts=True),
        an_update("4", "x4"),
        a_hold("5"),
        run=a_run(ledger, "plan"),
        scope="d/r",
    )

    links = ledger.planned_links("d/r")

    assert [(link.procore_id, link.xero_id) for link in links] == [
        ("1", "planned:1"),
        ("2", "x2"),
        ("3", "x3"),
    ]
    assert links[0] == a_link(
        "1",
        "planned:1",
        procore_name="No. 1",
        xero_name="Tower",
        data={"category": "c"},
        planned=True,
    )


def test_planned_links_of_a_flow_from_xero_have_their_placeholder_in_procore(ledger):
    run = a_run(ledger, "plan")
    a_plan(ledger, a_create("x1", name="Acme"), run=run, scope="s", source_system="xero")

    link = Links(ledger.planned_links("s")).need("vendor", "xero", "x1")

    assert (link.procore_id, link.procore_name, link.xero_name) == (
        "planned:x1",
        "Acme",
        "No. x1",
    )


def test_plans_that_are_applied_plan_no_links(ledger):
    a_plan(ledger, a_create(), run=a_run(ledger, "apply"), scope="s")

    assert ledger.planned_links("s") == []


def test_nothing_is_added_to_a_sealed_plan(ledger):
    plan = a_plan(ledger, a_create())

    with pytest.raises(ValueError, match="sealed"):
        ledger.add_changes(plan, [a_create("9")])
