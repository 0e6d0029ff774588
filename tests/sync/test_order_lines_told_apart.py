"""Which line of an order is whose, once Xero has answered a write."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_procore_xero.sync.entities.orders import written_ids


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
