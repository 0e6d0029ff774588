"""One row for each figure, and what to think of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

NOISE = 1.5
"""Cores are shared with other work, so a run fails only this far beyond a target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One figure beside its target.

    :param ours, floor: what was measured, in words with a unit.
    :param figure: what the target is about: most often *ours* divided by *floor*.
    :param exact: True where nothing is allowed for noise.
    """

    name: str
    ours: str
    floor: str
    figure: float
    target: float
    exact: bool = False

    @property
    def fails(self) -> bool:
        return self.figure > self.target * (1.0 if self.exact else NOISE)

    @property
    def verdict(self) -> str:
        if self.fails:
            return "FAILS"
        return "over target" if self.figure > self.target else "ok"


def printed(rows: Iterable[Row]) -> str:
    """Return *rows* as a Markdown table."""
    head = ("Benchmark", "Ours", "Floor", "Ratio", "Target", "Verdict")
    cells = [
        head,
        *((r.name, r.ours, r.floor, f"{r.figure:.2f}", f"{r.target:g}", r.verdict) for r in rows),
    ]
    widths = [max(len(line[i]) for line in cells) for i in range(len(head))]
    lines = [_line(line, widths) for line in cells]
    rule = "| " + " | ".join("-" * width for width in widths) + " |"
    return "\n".join([lines[0], rule, *lines[1:]])


def _line(cells: Iterable[str], widths: list[int]) -> str:
    padded = (cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
    return "| " + " | ".join(padded) + " |"
