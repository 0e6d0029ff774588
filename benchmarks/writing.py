"""B6: a whole night of new bills (plan, conditions, send, ledger), against bare sending."""

from __future__ import annotations

import json
from decimal import Decimal
from functools import partial

import httpx

from benchmarks import records
from benchmarks.flow import PlannedNight, clients_at, new_ledger, ran
from benchmarks.measure import Stopwatch, each, in_turns
from benchmarks.stub import serving
from benchmarks.table import Row

BATCH = 50


def run(small: bool) -> list[Row]:
    count, rounds = (100, 1) if small else (2000, 5)
    with serving() as address:
        taken = in_turns(
            {"ours": partial(ours, address, count), "plain": partial(plain, address, count)},
            rounds,
        )
    row = Row(
        name=f"B6 writing {count:,} bills, CPU",
        ours=each(taken["ours"], count),
        floor=each(taken["plain"], count),
        figure=taken["ours"] / taken["plain"],
        target=2.5,
    )
    return [row]


def ours(address: str, count: int) -> float:
    httpx.delete(address)
    with new_ledger() as ledger:
        watch = Stopwatch()
        done = ran(PlannedNight(claims=count, watch=watch), ledger, clients_at(address, count))
        assert done["created"] == count, done
        return watch.seconds


def plain(address: str, count: int) -> float:
    """Payloads that are ready, sent in fifties, and what came back read; nothing remembered."""
    httpx.delete(address)
    bills = [records.bill(number) for number in range(count)]
    watch = Stopwatch()
    ids: list[str] = []
    with httpx.Client(base_url=f"{address}/0/api.xro/2.0") as client:
        for start in range(0, count, BATCH):
            body = json.dumps({"Invoices": bills[start : start + BATCH]}, default=float)
            answer = client.put("/Invoices", content=body)
            saved = json.loads(answer.content, parse_float=Decimal)["Invoices"]
            ids.extend(bill["InvoiceID"] for bill in saved)
    assert len(ids) == count, len(ids)
    return watch.seconds
