"""One account of calls for all workers: three processes at once never break a limit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from airflow_provider_procore_xero.simulator.calls import Call
from tests.flows.office import TOKENS, Office
from tests.reliability.processes import Workers, until
from tests.reliability.work import ask_procore, ask_xero, ask_xero_briefly

MINUTE = 3.0
"""Seconds in Xero's minute here."""

SPIKE = 2
"""Seconds in Procore's ten."""


def api_calls(office: Office, side: str) -> list[Call]:
    return [call for call in office.simulator.calls.of(side) if call.path not in TOKENS]


def most_in(calls: Sequence[Call], seconds: float) -> int:
    """Return the most calls that arrived within any so many seconds."""
    moments = sorted(call.at for call in calls)
    window = timedelta(seconds=seconds)
    return max(sum(at <= other < at + window for other in moments) for at in moments)


def test_three_workers_never_have_more_than_five_calls_and_sixty_a_minute_at_xero(
    office: Office, address: str, workers: Workers
) -> None:
    office.reset(minute_limit=60, minute_seconds=MINUTE)
    office.simulator.faults.arm("slow", side="xero", path="/api.xro/*", times=999, seconds=0.02)

    answered = workers.together(ask_xero, *[(office.url, address, MINUTE, 50)] * 3)

    calls = api_calls(office, "xero")
    assert answered == [50, 50, 50]
    assert {call.status for call in calls} == {200}
    assert office.simulator.calls.in_flight_max_of("xero") == 5
    assert most_in(calls, MINUTE) <= 60


def test_three_workers_keep_to_procores_window_by_its_headers(
    office: Office, address: str, workers: Workers
) -> None:
    office.reset(rate_limits=True, spike_limit=12, spike_seconds=SPIKE)

    answered = workers.together(ask_procore, *[(office.url, address, SPIKE, 15)] * 3)

    calls = api_calls(office, "procore")
    refused = [call for call in calls if call.status == 429]
    assert answered == [15, 15, 15]
    # Its limit is learnt from the first answers; after them nobody is refused.
    assert [call for call in refused if call.at > calls[0].at + timedelta(seconds=SPIKE)] == []


def test_the_places_of_a_killed_worker_are_free_again_after_a_while(
    office: Office, address: str, workers: Workers
) -> None:
    office.reset()
    office.simulator.faults.arm("slow", side="xero", path="/api.xro/*", times=5, seconds=2)
    doomed = workers.start(ask_xero_briefly, office.url, address, MINUTE, 5, 3.0)
    until(lambda: office.simulator.calls.in_flight["xero"] == 5)

    doomed.kill()
    doomed.join()
    answered = ask_xero(office.url, address, MINUTE, 1)

    # Its calls went on at Xero without it; nobody had called before they were over.
    assert answered == 1
    assert {call.status for call in api_calls(office, "xero")} == {200}
    assert office.simulator.calls.in_flight_max_of("xero") == 5
