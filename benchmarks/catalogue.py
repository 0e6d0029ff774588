"""Which benchmarks there are, by the numbers that ``docs/benchmarks.md`` gives them."""

from __future__ import annotations

import importlib
import logging

from benchmarks.table import Row

BENCHMARKS = {
    "B5": ("benchmarks.reading", "run"),
    "B6": ("benchmarks.writing", "run"),
    "B10": ("benchmarks.memory", "run"),
    "B11": ("benchmarks.imports", "run_imports"),
    "B12": ("benchmarks.imports", "run_parsing"),
    "B13": ("benchmarks.planning", "run"),
    "B16": ("benchmarks.sharing", "run"),
    "B17": ("benchmarks.page", "run"),
}


def measured(name: str, small: bool) -> list[Row]:
    """Run the benchmark *name*, in tiny sizes where *small*."""
    logging.disable(logging.WARNING)
    module, function = BENCHMARKS[name]
    rows: list[Row] = getattr(importlib.import_module(module), function)(small)
    return rows
