"""Which line of an order is whose, once Xero has answered a write."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_procore_xero.sync.entities.orders import (
    Order,
    claimed,
    composed,
    with_added,
    written_ids,
)


def a_line(text: str, amount: str, line_id: str = "", option: str = "A-1") -> dict[str, Any]:
    tracking = [{"Name": "Project", "Option": option}] if option else []
    line = {"Description": text, "Quantity": 1, "UnitAmount": Decimal(amount), "Tracking": tracking}
    return {**line, "LineItemID": line_id} if line_id else line


@pytest.mark.parametrize("turned", [False, True])
def test_E59_new_lines_are_known_by_what_they_say(turned: bool) -> None:
    sent = [a_line("Earth", "1.00", "l0"), a_line("Steel", "2.00"), a_line("Glass", "3.00")]
    answered = [*sent[:1], a_line("Steel", "2.00", "l1"), a_line("Glass", "3.00", "l2")]

    ids = written_ids(answered[::-1] if turned else answered, sent, ["e", "s", "g"], {"e": "l0"})

    assert ids == {"e": "l0", "s": "l1", "g": "l2"}


def test_E59_lines_that_say_the_same_get_an_id_each() -> None:
    sent = [a_line("Earth", "1.00"), a_line("Earth", "1.00")]
    answered = [a_line("Earth", "1.00", "l1"), a_line("Earth", "1.00", "l0")]

    ids = written_ids(answered, sent, ["a", "b"], {})

    assert sorted(ids.values()) == ["l0", "l1"]


def test_E59_a_line_that_lost_its_tracking_and_one_that_reads_otherwise_are_still_found() -> None:
    sent = [a_line("Earth", "1.00"), a_line("Steel  ", "2.00")]
    answered = [a_line("Changed by Xero", "2.00", "l1"), a_line("Earth", "1.00", "l0", option="")]

    assert written_ids(answered, sent, ["e", "s"], {}) == {"e": "l0", "s": "l1"}


def test_E59_a_line_that_was_taken_off_and_is_sent_anew_gets_its_new_id() -> None:
    sent = [a_line("Earth", "1.00", "l0"), a_line("Steel", "2.00")]
    answered = [a_line("Steel", "2.00", "l9"), a_line("Earth", "1.00", "l0")]

    ids = written_ids(answered, sent, ["e", "s"], {"e": "l0", "s": "l5"})

    assert ids == {"e": "l0", "s": "l9"}


def an_order(*lines: dict[str, Any]) -> Order:
    return Order(
        id="po1", number="SC-001", status="AUTHORISED", contact_id="c1", dated="", lines=lines
    )


@pytest.mark.parametrize(
    "there",
    [a_line("Earth", "1.00", "l0", option="B-2"), a_line("Earth", "2.00", "l0")],
    ids=["tracking", "amount"],
)
def test_E52_a_line_of_other_tracking_or_amount_is_not_taken_for_a_lost_one(
    there: dict[str, Any],
) -> None:
    wanted = [("e", a_line("Earth", "1.00"))]

    assert claimed(an_order(there), wanted, incomplete=True) == {}


def test_E52_a_line_that_lost_its_tracking_is_found_for_a_lost_one_where_that_may_be() -> None:
    order, wanted = an_order(a_line("Earth", "1.00", "l0", option="")), a_line("Earth", "1.00")

    assert claimed(order, [("e", wanted)]) == {}
    assert with_added(order, [("e", wanted)], {}, set()) == {"e": "l0"}


def test_E52_a_new_line_is_not_taken_for_an_old_one_that_reads_alike() -> None:
    order = an_order(a_line("Earth", "1.00", "l0"))
    wanted = [("e", a_line("Earth", "1.00")), ("new", a_line("Earth", "1.00"))]

    assert with_added(order, wanted, {"e": "l0"}, set()) == {"e": "l0"}


def test_a_line_that_stands_is_sent_once_and_one_that_is_somebody_elses_stays() -> None:
    order = an_order(a_line("Earth", "1.00", "l0"), a_line("Theirs", "9.00", "l1"))

    lines = composed(order, {"e": "l0"}, [("e", a_line("Earth", "2.00")), ("s", a_line("S", "3"))])

    assert [(x["Description"], x.get("LineItemID")) for x in lines] == [
        ("Earth", "l0"), ("Theirs", "l1"), ("S", None),
    ]  # fmt: skip
