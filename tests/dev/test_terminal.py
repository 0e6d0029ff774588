"""What the demo shows of a run."""

from __future__ import annotations

from typing import Any

import pytest

from dev.terminal import Progress, counts_table


def a_task(state: str | None, task_id: str = "bills", map_index: int = -1) -> dict[str, Any]:
    return {"task_id": task_id, "map_index": map_index, "state": state, "start_date": None}


def a_result(**counts: int) -> dict[str, Any]:
    names = ["read", "created", "updated", "linked", "unchanged", "held", "refused", "in_doubt"]
    calls = {"procore": 3, "xero": 0}
    return {"task": "projects", **dict.fromkeys(names, 0), **counts, "calls": calls}


def test_a_change_is_told_once(capsys: pytest.CaptureFixture[str]) -> None:
    progress = Progress()

    for state in (None, "queued", "running", "running", "success", "success"):
        progress([a_task(state)])

    lines = capsys.readouterr().out.splitlines()
    assert [each.split()[-1] for each in lines] == ["running", "success"]


def test_instances_of_a_mapped_task_are_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    Progress()([a_task("running", map_index=0), a_task("running", map_index=1)])

    shown = capsys.readouterr().out
    assert "bills[0]" in shown
    assert "bills[1]" in shown


def test_nothing_is_coloured_where_nobody_looks(capsys: pytest.CaptureFixture[str]) -> None:
    Progress()([a_task("failed")])

    assert "\033" not in capsys.readouterr().out


def test_the_columns_of_the_counts_stand_under_their_names() -> None:
    head, row = counts_table([a_result(read=12, created=7)]).splitlines()

    assert row.split() == ["projects", "12", "7", *["·"] * 6, "3", "·"]
    assert head.index("created") + len("created") == row.index(" 7 ") + 2
