"""The worlds that a simulator can start with."""

from __future__ import annotations

from collections.abc import Mapping

from ..procore import Procore
from ..xero import Xero

SIZES = ("bills", "vendors", "projects", "requisitions")


def build(
    procore: Procore, xero: Xero, *, world: str, seed: int, sizes: Mapping[str, int]
) -> None:
    """Fill both states with *world*, the same for the same *seed* and day."""
