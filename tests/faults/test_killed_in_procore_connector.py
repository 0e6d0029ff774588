"""``kill -9`` in profile ``procore_connector``: run again, all is as if nothing had happened."""

from __future__ import annotations

from tests.faults.matrix import Count, killed_everywhere
from tests.faults.stage import Stage


def test_E52_killed_at_any_moment_and_run_again_everything_stands_once(
    stage: Stage, counted: Count
) -> None:
    wrong = killed_everywhere(stage, "procore_connector", counted)

    assert not wrong, "\n".join(wrong[:20])
