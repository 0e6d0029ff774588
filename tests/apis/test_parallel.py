"""Reading several lists at once without holding more than a few of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from airflow_provider_procore_xero.apis.parallel import read_each


def test_lists_come_in_the_order_asked_whichever_is_ready_first() -> None:
    def read(key: int) -> Iterator[int]:
        time.sleep(0.02 if key == 0 else 0)
        yield key * 10

    assert list(read_each(range(4), read, at_once=3)) == [(0, [0]), (1, [10]), (2, [20]), (3, [30])]


def test_no_more_are_read_ahead_than_asked() -> None:
    begun: list[int] = []

    def read(key: int) -> list[int]:
        begun.append(key)
        return []

    reading = read_each(range(100), read, at_once=3)
    next(reading)
    time.sleep(0.05)
    reading.close()

    assert len(begun) <= 4


def test_as_many_as_asked_are_read_at_the_same_time() -> None:
    together = threading.Barrier(3, timeout=5)

    def read(key: int) -> list[int]:
        return [together.wait()]

    assert len(list(read_each(range(3), read, at_once=3))) == 3


def test_an_error_comes_in_its_keys_turn_after_what_went_before() -> None:
    def read(key: int) -> list[int]:
        if key == 1:
            raise KeyError(key)
        return [key]

    reading = read_each(range(9), read, at_once=3)

    assert next(reading) == (0, [0])
    with pytest.raises(KeyError):
        next(reading)
