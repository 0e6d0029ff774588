"""Calls a minute, a day, and in progress."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from tests.simulator.xero_world import Office

pytest_plugins = ["tests.simulator.xero_office"]

LEFT = ("X-MinLimit-Remaining", "X-DayLimit-Remaining", "X-AppMinLimit-Remaining")


def test_every_answer_tells_what_is_left_refusals_too(office: Office):
    office.clock.advance(60)
    good = office.call("GET", "/Organisation")
    bad = office.call("PUT", "/Contacts", {"Name": "Acme Concrete"})

    assert [good.headers[name] for name in LEFT] == ["59", "4999", "9999"]
    assert [bad.headers[name] for name in LEFT] == ["58", "4998", "9998"]


def test_the_61st_call_of_a_minute_is_refused_without_a_body(office: Office):
    for _ in range(60):
        assert office.call("GET", "/Organisation").status_code == 200

    response = office.call("GET", "/Organisation")

    assert (response.status_code, response.content) == (429, b"")
    assert "Content-Type" not in response.headers
    assert response.headers["X-Rate-Limit-Problem"] == "minute"
    # It is 9:00:30, and this organisation's minutes begin at 17 seconds.
    assert response.headers["Retry-After"] == "47"


def test_the_window_is_fixed_and_not_rolling(office: Office):
    for _ in range(60):
        office.call("GET", "/Organisation")
    office.clock.advance(47)

    assert office.call("GET", "/Organisation").headers["X-MinLimit-Remaining"] == "59"


def test_the_day_has_a_quota_of_its_own(office: Office):
    office.xero.switches["day_limit"] = 1
    office.call("GET", "/Organisation")

    response = office.call("GET", "/Organisation")

    assert response.headers["X-Rate-Limit-Problem"] == "day"
    assert response.headers["X-MinLimit-Remaining"] == "59"
    assert int(response.headers["Retry-After"]) > 3600


def test_a_sixth_call_in_progress_is_refused_and_not_told_how_long_to_wait(office: Office):
    office.faults.arm("slow", side="xero", times=6, seconds=0.3)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: office.call("GET", "/Organisation"), range(6)))

    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].headers["X-Rate-Limit-Problem"] == "concurrent"
    assert "Retry-After" not in refused[0].headers


def test_without_enforcement_the_headers_stay_at_full(office: Office):
    office.xero.switches["enforce_limits"] = False
    for _ in range(61):
        response = office.call("GET", "/Organisation")

    assert (response.status_code, response.headers["X-MinLimit-Remaining"]) == (200, "60")
