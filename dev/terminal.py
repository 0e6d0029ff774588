"""Words for a terminal: a run's tasks as they change, its counts as a table."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

from dev.airflow import name

COUNTS = ("read", "created", "updated", "linked", "unchanged", "held", "refused", "in_doubt")
COLOURS = {"success": "32", "failed": "31", "up_for_retry": "33", "running": "36", "skipped": "90"}
WORTH_SAYING = ("running", "success", "failed", "up_for_retry", "skipped", "upstream_failed")


def coloured(text: str, colour: str | None) -> str:
    """Return *text* in an ANSI colour where somebody looks at a terminal."""
    if colour is None or not sys.stdout.isatty():
        return text
    return f"\033[{colour}m{text}\033[0m"


def heading(text: str) -> None:
    """Print what comes next."""
    print(f"\n{coloured(text, '1')}", flush=True)


class Progress:
    """Prints each change of a task's state once, with the seconds since the run was asked for."""

    def __init__(self) -> None:
        self._began = time.monotonic()
        self._seen: dict[str, str | None] = {}

    def __call__(self, tasks: list[dict[str, Any]]) -> None:
        for task in sorted(tasks, key=lambda each: each["start_date"] or "~"):
            self._tell(name(task), task["state"])

    def _tell(self, task: str, state: str | None) -> None:
        if self._seen.get(task) == state or state not in WORTH_SAYING:
            return
        self._seen[task] = state
        seconds = time.monotonic() - self._began
        print(f"  {seconds:6.1f} s  {task:<32} {coloured(state, COLOURS.get(state))}", flush=True)


def counts_table(results: Sequence[Mapping[str, Any]]) -> str:
    """Return one row a task: its counts and the calls it used; a dot stands for nought."""
    rows = [("task", *(each.replace("_", " ") for each in COUNTS), "calls procore", "calls xero")]
    for result in results:
        calls = result["calls"]
        figures = [*(result[each] for each in COUNTS), calls["procore"], calls["xero"]]
        rows.append((result["task"], *(str(each or "·") for each in figures)))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  " + "  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])])
        for row in rows
    )
