"""B5: reading bills through our client, against httpx and json at the same page size."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import partial

import httpx

from benchmarks.flow import xero_at
from benchmarks.measure import Stopwatch, each, in_turns
from benchmarks.stub import serving
from benchmarks.table import Row

PAGE = 1000


def run(small: bool) -> list[Row]:
    count, rounds = (1000, 1) if small else (10_000, 5)
    with serving() as address:
        taken = in_turns(
            {"ours": partial(ours, address, count), "plain": partial(plain, address, count)},
            rounds,
        )
    row = Row(
        name=f"B5 reading {count:,} bills, CPU",
        ours=each(taken["ours"], count),
        floor=each(taken["plain"], count),
        figure=taken["ours"] / taken["plain"],
        target=1.5,
    )
    return [row]


def ours(address: str, count: int) -> float:
    watch = Stopwatch()
    with xero_at(address, count) as client:
        totals = [bill["Total"] for bill in client.bills()]
    _check(totals, count)
    return watch.seconds


def plain(address: str, count: int) -> float:
    """What anybody would write first; ``parse_float`` since amounts must not be floats."""
    watch = Stopwatch()
    totals: list[Decimal] = []
    with httpx.Client(base_url=f"{address}/{count}/api.xro/2.0") as client:
        for page in range(1, -(-count // PAGE) + 1):
            answer = client.get("/Invoices", params={"page": page, "pageSize": PAGE, "unitdp": 4})
            bills = json.loads(answer.content, parse_float=Decimal)["Invoices"]
            totals.extend(bill["Total"] for bill in bills)
    _check(totals, count)
    return watch.seconds


def _check(totals: list[Decimal], count: int) -> None:
    assert len(totals) == count, len(totals)
    assert sum(totals) > 0
