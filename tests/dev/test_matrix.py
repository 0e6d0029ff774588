"""Which Airflow is tested under which Python."""

from __future__ import annotations

import configparser
import re
import sys

import pytest

from dev.matrix import AIRFLOWS, PYTHONS, ROOT, interpreters, pairs

NEWEST = list(AIRFLOWS)[-1]


def test_every_airflow_is_run_and_the_newest_under_every_python() -> None:
    found = {python: f"/usr/bin/python{python}" for python in PYTHONS}

    wanted = [(each.airflow, each.python) for each in pairs(found)]

    assert {airflow for airflow, _ in wanted} == set(AIRFLOWS)
    assert [python for airflow, python in wanted if airflow == NEWEST] == list(PYTHONS)


def test_a_python_that_is_missing_is_shown_rather_than_left_out() -> None:
    missing = [each.python for each in pairs({"3.12": "python3.12"}) if not each.interpreter]

    assert missing == ["3.11", "3.13"]


def test_the_pythons_are_those_that_the_package_says() -> None:
    package = configparser.ConfigParser()
    package.read(ROOT / "setup.cfg")

    said = re.findall(r"Python :: (3\.\d+)$", package["metadata"]["classifiers"], re.MULTILINE)

    assert said == list(PYTHONS)


@pytest.mark.parametrize("airflow", AIRFLOWS)
def test_the_constraints_of_an_airflow_are_that_airflows(airflow: str) -> None:
    lines = (ROOT / AIRFLOWS[airflow]).read_text().splitlines()

    assert f"apache-airflow=={airflow}" in lines


def test_this_python_is_among_those_found() -> None:
    version = ".".join(map(str, sys.version_info[:2]))

    assert interpreters([sys.executable]) == {version: sys.executable}
