"""The worlds that a simulator can start with.

``contractor``
    Hartnell Civil Ltd, a believable contractor with the usual mess, months into its books.
``empty``
    Company, organisation, stages, accounts, the tracking categories, the group; no records.
``large``
    Many plain records, for benchmarks.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..procore import Procore
from ..xero import Xero
from . import basics, bookkeeping, claims, commitments, companies, large, projects
from .builder import Builder

WORLDS = ("contractor", "empty", "large")
SIZES = large.SIZES


def build(procore: Procore, xero: Xero, *, world: str, seed: int, sizes: Mapping[str, int]) -> None:
    """Fill both states with *world*, the same for the same *seed* and moment of the clock.

    :raises ValueError: for a world that does not exist, or sizes for one that has its own.
    """
    if world not in WORLDS:
        raise ValueError(f"There is no world {world!r}. Choose one of {', '.join(WORLDS)}.")
    if sizes and world != "large":
        raise ValueError(f"Only the world 'large' takes sizes, not {world!r}.")
    builder = Builder(procore, xero, seed=seed, now=procore.clock.now())
    basics.build(builder)
    if world == "contractor":
        for part in (companies, projects, commitments, claims, bookkeeping):
            part.build(builder)
    elif world == "large":
        large.build(builder, **sizes)
