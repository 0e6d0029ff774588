"""Put what B17 printed into ``docs/benchmarks.md``: a row a route, both databases in it.

``python -m benchmarks --only B17 > printed`` and then ``python -m benchmarks.beside < printed``.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterable
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "benchmarks.md"
DATABASES = ("SQLite", "PostgreSQL")
_ROW = re.compile(r"^\| B17 (?P<name>.+), (?P<database>\w+) +\| (?P<ours>p50 .+?) ms +\|", re.M)
_TABLE = re.compile(r"(?<=<!-- B17 -->\n).*?(?=<!-- end of B17 -->)", re.S)


def beside(printed: str) -> str:
    """Return the table for the page: half, 95 of 100 and the slowest, in milliseconds."""
    found: dict[str, dict[str, str]] = {}
    for row in _ROW.finditer(printed):
        figures = re.findall(r"\b\d+\b", row["ours"])
        found.setdefault(row["name"], {})[row["database"]] = " / ".join(figures)
    return "".join(_lines(found.items()))


def _lines(found: Iterable[tuple[str, dict[str, str]]]) -> Iterable[str]:
    yield f"| Route | {' | '.join(DATABASES)} |\n| --- | ---: | ---: |\n"
    for name, figures in found:
        yield f"| {name} | {' | '.join(figures.get(each, '') for each in DATABASES)} |\n"


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(_TABLE.sub(beside(sys.stdin.read()), text), encoding="utf-8")
