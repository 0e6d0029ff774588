"""Documents carry plain dates: the server's zone never moves one by a day."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from airflow_provider_procore_xero.sync.dates import parse_date, parse_moment

ZONES = ("UTC", "Pacific/Auckland", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Kiritimati")
DAYS = st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 12, 31))
relaxed = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def in_xero(day: date) -> str:
    """A calendar date as Xero writes it: its midnight, called UTC."""
    return f"/Date({(day - date(1970, 1, 1)).days * 86_400_000}+0000)/"


@pytest.fixture(params=ZONES)
def server_zone(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("TZ", request.param)
    time.tzset()
    yield request.param
    monkeypatch.undo()
    time.tzset()


@relaxed
@given(day=DAYS)
def test_E50_a_date_is_the_same_in_every_zone_of_the_server(server_zone: str, day: date) -> None:
    assert parse_date(in_xero(day)) == day
    assert parse_date(day.isoformat()) == day
    assert parse_date(f"{day.isoformat()}T00:00:00") == day


@relaxed
@given(moment=st.datetimes(min_value=datetime(1900, 1, 1), max_value=datetime(2200, 1, 1)))
def test_E50_a_moment_comes_back_in_utc_whatever_the_servers_zone(
    server_zone: str, moment: datetime
) -> None:
    moment = moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
    since_epoch = (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)

    assert parse_moment(f"/Date({since_epoch}+0000)/") == moment
    assert parse_moment(f"/Date({since_epoch})/") == moment
    assert parse_moment(moment.isoformat()) == moment
    assert parse_moment(moment.replace(tzinfo=None).isoformat() + "Z") == moment


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("/Date(-1+0000)/", date(1969, 12, 31)),
        ("/Date(-86400000)/", date(1969, 12, 31)),
        ("/Date(-2208988800000+0000)/", date(1900, 1, 1)),
        ("/Date(0+0000)/", date(1970, 1, 1)),
    ],
)
def test_a_day_before_1970_is_read_too(text: str, day: date) -> None:
    assert parse_date(text) == day


def test_the_offset_of_xeros_notation_is_a_label_and_moves_nothing() -> None:
    assert parse_date("/Date(1780185600000+1300)/") == date(2026, 5, 31)


def test_an_offset_in_a_timestamp_does_move_the_moment() -> None:
    moment = parse_moment("2026-05-31T18:30:00-07:00")

    assert moment == datetime(2026, 6, 1, 1, 30, tzinfo=UTC)
    assert moment is not None
    assert moment.tzinfo is UTC


def test_a_moment_without_a_zone_is_utc() -> None:
    assert parse_moment(datetime(2026, 5, 31)) == datetime(2026, 5, 31, tzinfo=UTC)
    aware = datetime(2026, 5, 31, tzinfo=timezone(timedelta(hours=12)))
    assert parse_moment(aware) is aware


@pytest.mark.parametrize("read", [parse_date, parse_moment])
@pytest.mark.parametrize("nothing", [None, ""])
def test_no_date_is_none(read: Callable[[Any], Any], nothing: Any) -> None:
    assert read(nothing) is None


@pytest.mark.parametrize("text", ["31/05/2026", "soon", "2026-13-01", "/Date(x)/", "/Date(1"])
def test_what_is_no_date_is_an_error_and_not_a_guess(text: str) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        parse_date(text)
