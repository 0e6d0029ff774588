"""Calls are the cost, so they are counted exactly."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.contract.bills import a_bill
from tests.contract.conftest import World


@pytest.mark.parametrize(("bills", "calls"), [(10_000, 10), (10_001, 11), (999, 1), (0, 1)])
def test_B1_reading_bills_takes_a_call_for_each_thousand_and_no_empty_last_page(
    build: Callable[..., World], bills: int, calls: int
) -> None:
    world = build(world="large", bills=bills, vendors=5, projects=1, requisitions=0)
    xero = world.xero()

    read = sum(1 for _ in xero.bills())

    assert (read, xero.calls) == (bills, calls)


def test_B2_creating_two_thousand_bills_takes_forty_calls(build: Callable[..., World]) -> None:
    world = build(world="large", bills=0, vendors=5, projects=1, requisitions=0)
    payloads = [a_bill(world, f"B-{number}") for number in range(2000)]
    xero = world.xero()

    made = [
        element
        for first in range(0, 2000, 50)
        for element in xero.create_bills(payloads[first : first + 50], f"key-{first}")
    ]

    assert all(element.saved for element in made)
    assert len(world.simulator.xero.invoices) == 2000
    assert xero.calls_by_verb == {"PUT": 40}


def test_B4_vendors_take_a_call_for_each_two_thousand(build: Callable[..., World]) -> None:
    world = build(world="large", bills=0, vendors=4000, projects=1, requisitions=0)
    procore = world.procore()

    active = sum(1 for vendor in procore.vendors() if not vendor["company_vendor"])

    assert active == 4000
    assert procore.calls == 2
