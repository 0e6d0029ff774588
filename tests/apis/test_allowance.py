"""The account that all workers keep of one tenant's calls: who gets what, and when."""

from __future__ import annotations

from typing import Any

from airflow_provider_procore_xero.apis.allowance import (
    Ask,
    Granted,
    Heard,
    Rules,
    State,
    close,
    decide,
    pause,
)

XERO = Rules(window=60.0, most=60, places=5)
NOON = 1_800_000_000.0


class Account:
    """One tenant's account, and a clock that the test moves."""

    def __init__(self, rules: Rules = XERO) -> None:
        self.state, self.rules, self.now = State(), rules, NOON

    def ask(self, worker: str, places: int = 1, calls: int = 60, **more: Any) -> Granted:
        asked = Ask(worker=worker, places=places, calls=calls, **more)
        # As it is kept: every worker reads what another one wrote.
        self.state = State.read(self.state.text())
        return decide(self.state, self.rules, asked, self.now)


def says(left: int, ends_in: float = 60.0, cap: str = "minute", **more: Any) -> Heard:
    return Heard(cap=cap, left=left, ends_in=ends_in, **more)


def test_who_is_alone_gets_all_there_is() -> None:
    assert Account().ask("a", places=5) == Granted(places=5, calls=60)


def test_calls_in_one_hand_are_not_given_to_another() -> None:
    account = Account()
    account.ask("a", places=2, calls=60)

    assert account.ask("b").calls == 0


def test_what_is_not_used_is_given_back_within_the_second() -> None:
    account = Account()
    account.ask("a", calls=60)
    account.ask("a", places=0, calls=0, done=[0.5] * 10)

    assert account.ask("b").calls == 50


def test_with_others_about_nobody_takes_more_than_a_share_of_what_is_left() -> None:
    account = Account()
    account.ask("a", calls=10)

    assert account.ask("b").calls == 25


def test_a_call_counts_for_a_minute_from_its_answer() -> None:
    account = Account()
    account.ask("a", calls=60)
    account.now += 5
    spent = account.ask("a", done=[float(n % 3) for n in range(60)])
    assert 57 < spent.wait < 58.1

    account.now += spent.wait

    assert account.ask("a").calls == 20


def test_a_call_in_flight_counts_until_it_is_answered() -> None:
    account = Account()
    account.ask("a", calls=60)
    account.now += 100

    assert account.ask("a", flying=1, in_air=1, done=[90.0] * 59).calls == 59


def test_places_are_shared_by_all_workers() -> None:
    account = Account()

    given = [account.ask(worker, places=5, calls=5).places for worker in "abc"]

    assert (given[0], given[1:]) == (5, [0, 0])


def test_who_waits_for_a_place_comes_before_who_had_one() -> None:
    account = Account()
    account.ask("a", places=5, calls=5)
    account.ask("b", places=5, calls=5)

    again = account.ask("a", places=5, calls=5, done=[0.1] * 5)

    assert again.places == 3
    assert account.ask("b", places=5, calls=5).places == 2


def test_who_waits_longest_for_a_place_is_first() -> None:
    account = Account()
    account.ask("a", places=5, calls=5)
    account.ask("b")
    account.now += 1
    account.ask("c")
    account.ask("a", places=4, calls=5, flying=4, in_air=4, done=[0.1])

    assert account.ask("c").places == 0
    assert account.ask("b").places == 1


def test_a_worker_that_died_frees_its_places_and_its_calls_count_as_made() -> None:
    account = Account()
    account.ask("dead", places=5, calls=20)
    account.now += 14
    assert account.ask("b").places == 0

    account.now += 2

    assert account.ask("b") == Granted(places=1, calls=40)


def test_what_the_headers_say_goes_before_our_own_count() -> None:
    account = Account()
    account.ask("a", calls=1)

    assert account.ask("a", done=[0.1], heard=says(left=7)).calls == 7


def test_a_window_that_somebody_else_has_used_up_is_waited_for_by_all() -> None:
    account = Account()
    account.ask("a", calls=1)
    account.ask("a", done=[0.1], heard=says(left=0, age=10.0))

    assert 50 <= account.ask("b").wait < 51


def test_an_allowance_that_does_not_shrink_is_not_counted() -> None:
    account = Account()
    account.ask("a", calls=1)

    assert account.ask("a", calls=500, done=[0.1], heard=Heard(counted=False)).calls == 500


def test_an_hour_of_procores_is_remembered_while_its_headers_speak_of_ten_seconds() -> None:
    account = Account(Rules(window=10.0, most=25, places=None))
    account.ask("a", calls=1)
    account.ask("a", calls=2, done=[0.1], heard=says(2, 3000, "hour"))
    spent = account.ask("a", done=[0.1] * 2, heard=says(20, 8, "spike", most=25))

    assert spent.calls == 0
    assert 2900 < spent.wait <= 3001


def test_a_verdict_on_the_day_holds_for_every_worker() -> None:
    account = Account()
    close(account.state, 30_000, "day", account.now)

    assert account.ask("b") == Granted(wait=30_000, limit="day")
    account.now += 1801
    assert account.ask("b").calls == 60


def test_after_a_refusal_every_worker_waits_as_long_as_it_asked_for() -> None:
    account = Account()
    pause(account.state, 26, None, account.now)

    assert account.ask("b").wait == 26


def test_scheduled_runs_leave_the_reserve_and_people_may_use_it() -> None:
    account = Account()
    account.ask("night", calls=1)
    account.ask("night", done=[0.1], heard=says(left=40, day=100))

    assert account.ask("night", reserve=100).limit == "reserve"
    assert account.ask("person", reserve=0).calls > 0


def test_an_account_of_another_version_is_begun_anew() -> None:
    assert State.read('{"workers": 3}') == State()
