"""Links: one row a pair of ids for ever, one living counterpart each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from traceback import format_exception

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from airflow_provider_procore_xero.errors import LinkTaken
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.ledger.tables import links
from airflow_provider_procore_xero.sync.links import Links
from tests.ledger.builders import a_link


def test_a_link_comes_back_as_it_was_saved(ledger):
    link = a_link(
        procore_name="Acme",
        xero_name="ACME Ltd",
        wrote="w",
        held="h",
        read="r",
        data={"retained": Decimal("5"), "lines": ["a", {"rate": Decimal("0.10")}]},
    )

    ledger.save_links([link])

    assert ledger.links("vendor") == [link]


def test_links_are_found_from_either_end_however_many_ids_are_asked_for(ledger):
    ledger.save_links(a_link(str(i), f"x{i}") for i in range(1200))

    by_procore = ledger.links("vendor", procore_ids=range(1100))
    by_xero = ledger.links("vendor", xero_ids=[f"x{i}" for i in range(100, 1200)])

    assert len(by_procore) == len(by_xero) == 1100


def test_asking_for_no_ids_finds_nothing(ledger):
    ledger.save_links([a_link()])

    assert ledger.links("vendor", procore_ids=[]) == []


def test_another_pair_sees_nothing(ledger, engine):
    ledger.save_links([a_link()])

    assert Ledger(engine, f"{ledger.pair}0").links("vendor") == []


def test_planned_links_are_not_remembered(ledger):
    ledger.save_links([a_link(planned=True)])

    assert ledger.links("vendor") == []


@pytest.mark.parametrize("second", [a_link("8", "other"), a_link("9", "x8")])
def test_a_record_has_one_living_counterpart(ledger, second):
    ledger.save_links([a_link("8", "x8", procore_name="Acme")])

    with pytest.raises(LinkTaken, match="linked with another record already") as raised:
        ledger.save_links([replace(second, procore_name="Acme")])

    assert [link.xero_id for link in ledger.links("vendor")] == ["x8"]
    assert "Acme" not in str(raised.value)  # it is pushed to XCom, where ids may be and no names


@pytest.mark.parametrize("second", [a_link("8", "other"), a_link("9", "x8")])
def test_what_lives_on_is_paired_anew_after_its_counterpart_was_orphaned(ledger, second):
    ledger.save_links([a_link("8", "x8")])
    ledger.orphan_links("vendor", "procore", ["8"])

    ledger.save_links([second])

    links = Links(ledger.links("vendor"))
    assert links.need("vendor", "procore", second.procore_id).xero_id == second.xero_id
    assert links.need("vendor", "xero", second.xero_id).procore_id == second.procore_id


def test_an_orphaned_pair_that_lives_again_is_the_same_pair(ledger):
    ledger.save_links([a_link()])
    ledger.orphan_links("vendor", "xero", ["x8"])
    assert ledger.links("vendor")[0].state == "orphaned"

    ledger.save_links([a_link()])

    assert ledger.links("vendor") == [a_link()]


def test_an_unlinked_pair_is_forgotten_until_it_is_linked_again(ledger):
    ledger.save_links([a_link()])

    assert ledger.unlink("vendor", "xero", ["x8"]) == 1
    assert ledger.links("vendor") == []

    ledger.save_links([a_link()])
    assert ledger.links("vendor") == [a_link()]


def test_a_pair_that_was_unlinked_is_not_orphaned(ledger):
    ledger.save_links([a_link()])
    ledger.unlink("vendor", "xero", ["x8"])

    assert ledger.orphan_links("vendor", "xero", ["x8"]) == 0
    assert ledger.links("vendor") == []


def test_ending_a_link_ends_none_of_another_pair_or_kind(ledger, engine):
    other = Ledger(engine, f"{ledger.pair}0")
    other.save_links([a_link()])
    ledger.save_links([a_link(), a_link(kind="payment")])

    assert ledger.unlink("vendor", "procore", ["8"]) == 1

    assert other.links("vendor") == [a_link()]
    assert ledger.links("payment") == [a_link(kind="payment")]


def test_what_was_unlinked_and_is_nobodys_since_is_known(ledger):
    ledger.save_links([a_link("8", "x8"), a_link("9", "x9")])
    ledger.unlink("vendor", "procore", ["8", "9"])

    ledger.save_links([a_link("10", "x8")])

    assert ledger.unlinked("vendor", ["x8", "x9", "x10"]) == {"x9"}
    assert [link.xero_id for link in ledger.former_links("vendor", ["8", "9"])] == ["x9"]


@pytest.mark.parametrize(
    "change",
    [
        lambda ledger: ledger.save_links([a_link(data={"total": Decimal("1.01")})]),
        lambda ledger: ledger.save_links([a_link(xero_name="New name")]),
        lambda ledger: ledger.orphan_links("vendor", "procore", ["8"]),
        lambda ledger: ledger.unlink("vendor", "procore", ["8"]),
    ],
    ids=["data", "name", "orphaned", "unlinked"],
)
def test_the_epoch_changes_with_what_a_plan_may_lean_on(
    ledger: Ledger, change: Callable[[Ledger], object]
):
    ledger.save_links([a_link(data={"total": Decimal("1.00")})])
    before = ledger.links_epoch()

    change(ledger)

    assert ledger.links_epoch() != before


def test_additions_and_fresh_fingerprints_leave_the_epoch_alone(ledger):
    ledger.save_links([a_link(data={"a": 1, "b": 2})])
    before = ledger.links_epoch()

    ledger.save_links([a_link("9", "x9"), a_link(data={"b": 2, "a": 1}, wrote="w", held="h")])

    assert ledger.links_epoch() == before


def test_a_link_says_under_which_settings_it_was_last_written(ledger, engine):
    first = ledger.begin_run("vendors", "apply", settings_hash="a1")
    second = ledger.begin_run("vendors", "apply", settings_hash="b2")
    link = a_link(wrote="w")
    by_hand = a_link("2", "x2", wrote="")

    def under() -> dict[str, str]:
        with engine.connect() as connection:
            query = select(links.c.procore_id, links.c.settings_hash)
            rows = connection.execute(query.where(links.c.pair == ledger.pair))
            return {row.procore_id: row.settings_hash for row in rows}

    ledger.save_links([link, by_hand], first)
    ledger.save_links([replace(link, read="looked at", data={"more": 1})], second)
    assert under() == {link.procore_id: "a1", "2": ""}

    ledger.save_links([replace(link, wrote="anew"), replace(by_hand, wrote="w")], second)
    assert under() == {link.procore_id: "b2", "2": "b2"}


def test_a_row_that_the_database_refuses_is_no_pair_that_is_taken_and_nobody_is_told_of_it(ledger):
    broken = a_link(procore_name="Very Private Person", state="nonsense")

    with pytest.raises(IntegrityError) as raised:
        ledger.save_links([broken])

    told = "".join(format_exception(raised.value))
    assert "links_state" in told
    assert "Very Private" not in told
    assert "nonsense" not in told.replace('state="nonsense"', "")
