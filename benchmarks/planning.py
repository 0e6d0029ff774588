"""B13: planning and ledger, for each record that changed and each that did not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from benchmarks import floor, records
from benchmarks.flow import UnsentNight, new_ledger, nobody, ran
from benchmarks.measure import Stopwatch, each, in_turns
from benchmarks.table import Row

FIRST, SECOND = "changed", "unchanged"


def run(small: bool) -> list[Row]:
    """A first night creates a bill for each claim, a second finds nothing to do."""
    count, rounds, many = (100, 1, 1000) if small else (10_000, 5, 100_000)
    taken = in_turns({**_turns("ours", ours, count), **_turns("floor", the_floor, count)}, rounds)
    rows = []
    large = ours(many)
    for what, target in ((SECOND, 2.0), (FIRST, 2.5)):
        mine, least = taken[f"ours {what}"], taken[f"floor {what}"]
        rows.append(
            Row(
                name=f"B13 planning and ledger, a record {what}",
                ours=each(mine, count),
                floor=each(least, count),
                figure=mine / least,
                target=target,
            )
        )
        rows.append(
            Row(
                name=f"B13 the same, {many:,} against {count:,} records",
                ours=f"{large[what]:.2f} s",
                floor=f"{mine:.2f} s",
                figure=large[what] / mine,
                target=many / count * 1.1,
            )
        )
    return rows


def _turns(name: str, pair: Any, count: int) -> dict[str, Any]:
    """Return two candidates of one run: the second night needs what the first has left."""
    taken: dict[str, float] = {}

    def first() -> float:
        taken.update(pair(count))
        return taken[FIRST]

    return {f"{name} {FIRST}": first, f"{name} {SECOND}": lambda: taken[SECOND]}


def ours(count: int) -> dict[str, float]:
    """Return the CPU seconds of our first and our second night."""
    with new_ledger() as ledger:
        taken = {}
        for what in (FIRST, SECOND):
            watch = Stopwatch()
            done = ran(UnsentNight(claims=count, watch=watch), ledger, nobody())
            taken[what] = watch.seconds
            assert done["created" if what == FIRST else "unchanged"] == count, done
        return taken


def the_floor(count: int) -> dict[str, float]:
    """Return the same of the floor."""
    with ExitStack() as stack:
        folder = stack.enter_context(TemporaryDirectory(prefix="benchmarks-"))
        connection = stack.enter_context(closing(floor.opened(Path(folder))))
        taken = {}
        for what in (FIRST, SECOND):
            watch = Stopwatch()
            changed = sum(floor.run(connection, bills) for bills in _chunks(count, watch))
            taken[what] = watch.seconds
            assert changed == (count if what == FIRST else 0), changed
        return taken


def _chunks(count: int, watch: Stopwatch) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, count, floor.CHUNK):
        with watch.pause():
            numbers = range(start, min(start + floor.CHUNK, count))
            bills = [records.bill(number) for number in numbers]
        yield bills
