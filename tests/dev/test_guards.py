"""The list of guards is whole, and taking one away is noticed."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from dev.guards import PACKAGE, ROOT, Guard, conditions, guards
from dev.guards.__main__ import outcome

LISTED = guards()
SOURCE = """
def payable(amount):
    if amount < 0:
        raise ValueError
    return amount
"""
TESTS = """
import sys
sys.path.insert(0, "airflow_provider_procore_xero")
import money

def test_nothing_negative_is_paid():
    try:
        money.payable(-1)
    except ValueError:
        return
    raise AssertionError

def test_what_is_due_is_paid():
    assert money.payable(1) == 1
"""


def test_each_guard_stands_where_the_list_says() -> None:
    sources = {guard.file: (PACKAGE / guard.file).read_text() for guard in LISTED}

    assert [g.name for g in LISTED if g.without(sources[g.file]) == sources[g.file]] == []


def test_each_test_that_the_list_names_is_there() -> None:
    named = {test for guard in LISTED for test in guard.tests}
    there = {
        f"{path.relative_to(ROOT)}::{name}"
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(), re.MULTILINE)
    }

    assert {test.partition("[")[0] for test in named} <= there
    assert all(guard.tests for guard in LISTED)


def test_no_guard_is_listed_twice() -> None:
    assert {name: n for name, n in Counter(g.name for g in LISTED).items() if n > 1} == {}


def test_each_condition_of_each_kind_of_record_is_listed() -> None:
    listed = {(guard.file, guard.condition) for guard in LISTED}
    there = {
        (str(path.relative_to(PACKAGE)), code)
        for path in (PACKAGE / "sync" / "entities").glob("*.py")
        for code, _ in conditions(path.read_text())
    }

    assert there <= listed


@pytest.mark.parametrize(
    ("test", "said"),
    [
        ("test_nothing_negative_is_paid", "caught by test_nothing_negative_is_paid"),
        ("test_what_is_due_is_paid", "SURVIVED"),
        ("test_that_is_not_there", "NOT TRIED: pytest ended with 4"),
    ],
)
def test_a_guard_that_no_test_misses_is_named(tmp_path: Path, test: str, said: str) -> None:
    (tmp_path / PACKAGE.name).mkdir()
    (tmp_path / PACKAGE.name / "money.py").write_text(SOURCE)
    (tmp_path / "test_money.py").write_text(TESTS)
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -ra\n")
    guard = Guard(
        name="Nothing negative is paid",
        file="money.py",
        old="if amount < 0:",
        new="if False:",
        tests=(f"test_money.py::{test}",),
    )

    assert outcome(guard, tmp_path).startswith(said)
    assert (tmp_path / PACKAGE.name / "money.py").read_text() == SOURCE


def test_a_guard_that_has_moved_is_named() -> None:
    guard = Guard(name="Gone", file="errors.py", old="if nobody_wrote_this:", new="", tests=())

    with pytest.raises(ValueError, match=r"errors\.py does not have it once"):
        guard.without((PACKAGE / guard.file).read_text())
