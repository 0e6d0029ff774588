from __future__ import annotations

from benchmarks.beside import beside
from benchmarks.table import Row, printed


def a_row(name: str, ours: str) -> Row:
    return Row(name=name, ours=ours, floor="1.00 ms", figure=5, target=200)


def test_what_was_measured_on_both_databases_stands_in_one_row() -> None:
    rows = [
        a_row("B17 runs, deep, SQLite", "p50 12, p95 22, most 25 ms"),
        a_row("B17 first paint of Runs, SQLite", "p50 431, most 574 ms"),
        a_row("B17 runs, deep, PostgreSQL", "p50 11, p95 16, most 25 ms"),
    ]

    lines = beside(printed(rows)).splitlines()

    assert lines == [
        "| Route | SQLite | PostgreSQL |",
        "| --- | ---: | ---: |",
        "| runs, deep | 12 / 22 / 25 | 11 / 16 / 25 |",
        "| first paint of Runs | 431 / 574 |  |",
    ]
