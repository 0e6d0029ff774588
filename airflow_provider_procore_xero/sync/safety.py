"""When a list is so much shorter than it was that the reading of it must be at fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from airflow_provider_procore_xero.sync.settings import SafetySettings

FEW = 3
"""A list of fewer may become empty in a day, by hand."""
SOME = 20
"""Of a list of fewer, a share says nothing."""


def shrank(had: int, has: int, safety: SafetySettings) -> bool:
    """Whether a list of *had* records that now has *has* lost more than the settings let pass.

    It is empty, or it lacks more than ``safety.max_missing_percent`` of what it had.
    """
    most = safety.max_missing_percent
    if most >= 100 or has >= had:
        return False
    if not has:
        return had >= FEW
    return had >= SOME and (had - has) * 100 > had * most
