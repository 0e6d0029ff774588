"""Keeping within the limits, by what the answers say."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from airflow_provider_procore_xero.apis.allowance import State
from airflow_provider_procore_xero.apis.limits import (
    Limiter,
    MemoryLimits,
    ProcoreLimiter,
    XeroLimiter,
    hour_of,
    shared,
)
from airflow_provider_procore_xero.errors import RateLimited
from tests.apis.world import Network, Time, an_http, json


class Minute:
    """Xero's fixed minute: *size* calls, beginning *offset* seconds before the test."""

    def __init__(self, time: Time, size: int, offset: float) -> None:
        self.time, self.size = time, size
        self.starts = time.seconds() - offset
        self.used = self.refused = 0

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.time.pass_by(0.05)
        self.roll()
        if self.used >= self.size:
            self.refused += 1
            wait = str(int(self.starts + 61 - self.time.seconds()))
            return json(
                429,
                Retry_After=wait,
                X_Rate_Limit_Problem="minute",
                X_MinLimit_Remaining="0",
            )
        self.used += 1
        return json(X_MinLimit_Remaining=str(self.size - self.used))

    def roll(self) -> None:
        while self.time.seconds() >= self.starts + 60:
            self.starts += 60
            self.used = 0


@pytest.mark.parametrize("offset", [0.0, 30.0, 59.0])
def test_B8_two_hundred_calls_alone_take_three_minutes_and_no_refusal(offset: float) -> None:
    time = Time()
    xero = Minute(time, 60, offset)
    http = an_http(Network(xero), time)
    began = time.seconds()

    for _ in range(200):
        http.get("/x")

    assert xero.refused == 0
    assert time.seconds() - began <= 3 * 60 * 1.05 + 200 * 0.05


class Twice(httpx.Auth):
    """Sends each request again, as where a bearer was refused."""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        yield request
        yield request


def test_a_request_that_is_repeated_for_its_bearer_takes_a_turn_of_its_own() -> None:
    time = Time()
    xero = Minute(time, 59, 0)
    http = an_http(Network(xero), time, auth=Twice())

    for _ in range(40):
        http.get("/x")

    assert xero.refused == 0
    assert http.calls == 80


def test_B8_when_somebody_else_takes_half_there_is_one_refusal_a_minute_at_most() -> None:
    time = Time()
    xero = Minute(time, 60, 0)

    def busy(request: httpx.Request) -> httpx.Response:
        xero.roll()
        xero.used = min(xero.used + 1, xero.size)  # the other caller
        return xero(request)

    http = an_http(Network(busy), time)
    began = time.seconds()

    for _ in range(120):
        http.get("/x")

    assert xero.refused <= (time.seconds() - began) / 60 + 1


def test_what_somebody_else_has_used_is_not_counted_on() -> None:
    time = Time()
    xero = Minute(time, 60, 0)
    xero.used = 58
    http = an_http(Network(xero), time)

    for _ in range(3):
        http.get("/x")

    assert xero.refused == 0
    assert len(time.slept) == 1


def test_a_call_limit_that_stays_full_is_never_waited_for() -> None:
    time = Time()
    http = an_http(Network(json(X_MinLimit_Remaining="60")), time)

    for _ in range(200):
        http.get("/x")

    assert time.slept == []


def test_at_most_five_calls_are_in_flight() -> None:
    flying = most = 0
    lock = threading.Lock()
    gate = threading.Barrier(5, timeout=10)

    def slow(request: httpx.Request) -> httpx.Response:
        nonlocal flying, most
        with lock:
            flying += 1
            most = max(most, flying)
        gate.wait()
        with lock:
            flying -= 1
        return json()

    http = an_http(Network(slow), Time())
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: http.get("/x"), range(20)))

    assert most == 5


def test_too_many_at_once_is_waited_for_shortly_though_xero_says_no_time() -> None:
    time = Time()
    http = an_http(Network(json(429, X_Rate_Limit_Problem="concurrent"), json()), time)

    http.get("/x")

    assert sum(time.slept) < 3


def test_xeros_verdict_on_the_day_is_forgotten_after_half_an_hour() -> None:
    time = Time()
    http = an_http(
        Network(json(429, X_Rate_Limit_Problem="Day", Retry_After="30000"), json()), time
    )
    with pytest.raises(RateLimited):
        http.get("/x")

    time.pass_by(1801)

    assert http.get("/x").status == 200


def test_a_day_limit_ends_the_run_however_short_a_wait_it_names() -> None:
    time = Time()
    http = an_http(Network(json(429, X_Rate_Limit_Problem="day", Retry_After="5"), json()), time)

    with pytest.raises(RateLimited):
        http.get("/x")

    assert time.slept == []


def test_a_scheduled_run_stops_at_the_reserve_whatever_it_was_given() -> None:
    time = Time()
    network = Network(json(X_MinLimit_Remaining="50", X_DayLimit_Remaining="100"))
    http = an_http(network, time)
    http.limiter.reserve = 100
    http.get("/x")

    with pytest.raises(RateLimited, match="leave to people"):
        http.get("/x")


def test_what_was_given_long_ago_is_not_used_any_more() -> None:
    time = Time()
    store = MemoryLimits(time.seconds)
    xero = Minute(time, 60, 0)
    idle, busy = (
        an_http(
            Network(xero),
            time,
            XeroLimiter(clock=time.seconds, sleep=time.sleep, store=store, key="k"),
        )
        for _ in range(2)
    )
    idle.get("/x")
    time.pass_by(240)

    for _ in range(60):
        busy.get("/x")
    idle.get("/x")

    assert xero.refused == 0


def a_procore(time: Time) -> Limiter:
    return ProcoreLimiter(clock=time.seconds, sleep=time.sleep)


def procore_says(time: Time, left: int, ends_in: int) -> httpx.Response:
    return json(
        X_Rate_Limit_Limit="25",
        X_Rate_Limit_Remaining=str(left),
        X_Rate_Limit_Reset=str(int(time.seconds()) + ends_in),
    )


def test_procores_ten_seconds_are_waited_for_before_they_are_overrun() -> None:
    time = Time()
    http = an_http(Network(procore_says(time, 0, 7)), time, a_procore(time))

    http.get("/x")
    http.get("/x")

    assert 7 <= sum(time.slept) < 8


def test_procores_hour_is_not_waited_for() -> None:
    time = Time()
    http = an_http(Network(procore_says(time, 0, 2400)), time, a_procore(time))
    http.get("/x")

    with pytest.raises(RateLimited, match="40 min") as raised:
        http.get("/x")

    assert raised.value.limit == "hour"
    assert time.slept == []


@pytest.mark.parametrize(("ends_in", "known"), [(2400, True), (7, False)])
def test_what_procore_says_of_its_hour_is_kept_for_people_to_see(ends_in: int, known: bool) -> None:
    time = Time()
    store = MemoryLimits(time.seconds)
    limiter = ProcoreLimiter(clock=time.seconds, sleep=time.sleep, store=store, key="k")
    http = an_http(Network(procore_says(time, 20, ends_in)), time, limiter)
    began = time.seconds()

    http.get("/x")
    limiter.rest()

    hour = hour_of(store.change("k", lambda text, _: (text, text)))
    assert (hour is not None) == known
    if hour is not None:
        assert (hour.left, hour.most, round(hour.ends - began)) == (20, 25, ends_in)


def test_a_reset_by_a_clock_far_from_ours_is_not_believed() -> None:
    time = Time()
    http = an_http(Network(procore_says(time, 0, 86_400)), time, a_procore(time))

    http.get("/x")
    http.get("/x")

    assert time.slept == []


def test_procores_429_without_headers_waits_out_the_ten_seconds() -> None:
    time = Time()
    http = an_http(Network(json(429), json()), time, a_procore(time))

    http.get("/x")

    assert 10 <= sum(time.slept) < 11


def test_how_many_calls_a_window_takes_is_remembered_through_a_refusal() -> None:
    time = Time()
    store = MemoryLimits(time.seconds)
    two_a_window = {"X_Rate_Limit_Limit": "2", "X_Rate_Limit_Reset": str(int(time.seconds()) + 10)}
    first = json(X_Rate_Limit_Remaining="1", **two_a_window)
    limiter = ProcoreLimiter(clock=time.seconds, sleep=time.sleep, store=store, key="k")
    http = an_http(Network(first, json(429), json()), time, limiter)

    http.get("/x")
    http.get("/x")

    assert State.read(store.change("k", lambda text, _: (text, text))).most == 2


def test_one_tenant_has_one_limiter_in_a_process() -> None:
    assert shared(XeroLimiter, "host", "tenant") is shared(XeroLimiter, "host", "tenant")
    assert shared(XeroLimiter, "host", "tenant") is not shared(XeroLimiter, "host", "other")


def test_a_forked_task_has_a_limiter_of_its_own() -> None:
    ours = shared(XeroLimiter, "host", "forked")

    child = os.fork()
    if child == 0:
        os._exit(int(shared(XeroLimiter, "host", "forked") is ours))
    _, status = os.waitpid(child, 0)

    assert status == 0


class Named(MemoryLimits):
    """An account that other processes look into."""

    name = "a ledger"


def test_a_worker_that_is_at_work_on_a_slow_call_keeps_its_place() -> None:
    store = Named()
    limiter = XeroLimiter(store=store, key="k")

    def good_until() -> float:
        state = State.read(store.change("k", lambda text, _: (text, text)))
        return max((worker.until for worker in state.workers.values()), default=0.0)

    with limiter.flight():
        first = good_until()
        give_up = time.monotonic() + 15
        while good_until() <= first and time.monotonic() < give_up:
            time.sleep(0.05)

        assert good_until() > first
    limiter.rest()
