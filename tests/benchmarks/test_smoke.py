"""The benchmarks run; what they measure is for ``python -m benchmarks`` and its reader."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.catalogue import BENCHMARKS
from benchmarks.table import Row, printed

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("name", BENCHMARKS)
def test_each_benchmark_runs_in_a_tiny_size(name: str) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--smoke", "--only", name],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )

    assert ran.returncode == 0, ran.stderr
    assert f"| {name} " in ran.stdout


def a_row(figure: float, *, exact: bool = False) -> Row:
    return Row(name="B0", ours="", floor="", figure=figure, target=2.0, exact=exact)


@pytest.mark.parametrize(("figure", "verdict"), [(2.0, "ok"), (2.9, "over target"), (3.1, "FAILS")])
def test_a_ratio_fails_beyond_one_and_a_half_times_its_target(figure: float, verdict: str) -> None:
    row = a_row(figure)

    assert row.verdict == verdict


def test_an_exact_figure_has_no_room_for_noise() -> None:
    row = a_row(2.1, exact=True)

    assert row.fails


def test_the_table_is_markdown() -> None:
    table = printed([a_row(1.0)])

    assert table.splitlines()[-1].split("|")[1].strip() == "B0"
    assert len({len(line) for line in table.splitlines()}) == 1
