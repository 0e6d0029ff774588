"""Lines of Xero's documents, compared whatever order they come in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any


def in_one_order(lines: Iterable[tuple[Decimal, Mapping[str, Any]]]) -> list[dict[str, Any]]:
    """Return what is compared of lines, each given with what it comes to: by tracking, by amount.

    Lines that are alike in both are the same to us, so it does not matter which comes first.
    """
    rows = sorted((options_of(line), amount) for amount, line in lines)
    return [{"LineAmount": str(amount), "Tracking": options} for options, amount in rows]


def options_of(line: Mapping[str, Any]) -> list[str]:
    """Return the names of the tracking options of a line, sorted."""
    return sorted(str(t["Option"]) for t in line.get("Tracking") or ())
