"""Schedules: nightly in the DAG's own line, anything else by configuration."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from airflow_provider_procore_xero.schedules import schedule, timezone

DAGS = Path(__file__).parents[1] / "dags"
VARIABLE = "AIRFLOW__PROCORE_XERO__SCHEDULES"


def own_line(dag_id: str) -> str | None:
    """Return the default that the DAG's file gives to ``schedule()``."""
    tree = ast.parse((DAGS / f"{dag_id}.py").read_text(encoding="utf-8"))
    (call,) = (
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "schedule"
    )
    value = ast.literal_eval(call.args[1])
    assert value is None or isinstance(value, str)
    return value


def test_R5_the_night_is_a_night_by_default_and_single_flows_wait_to_be_asked() -> None:
    minute, hour, *rest = str(own_line("procore_xero_nightly")).split()

    assert (minute.isdigit(), 0 <= int(hour) < 6, rest) == (True, True, ["*", "*", "*"])
    assert own_line("procore_xero_cost_codes") is None


@pytest.mark.parametrize("cron", ["0 * * * *", "30 3 * * *", "0 6 * * 1", "@weekly"])
def test_R5_the_configuration_gives_each_dag_its_own_time(
    monkeypatch: pytest.MonkeyPatch, cron: str
) -> None:
    monkeypatch.setenv(VARIABLE, json.dumps({"procore_xero_projects": cron}))

    assert schedule("procore_xero_projects", None) == cron
    assert schedule("procore_xero_nightly", "0 2 * * *") == "0 2 * * *"


def test_R5_a_dag_can_be_told_to_run_only_when_triggered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, '{"procore_xero_nightly": null}')

    assert schedule("procore_xero_nightly", "0 2 * * *") is None


@pytest.mark.parametrize("given", ["nightly", "[]", '{"a": "every night"}', '{"a": 5}'])
def test_R5_what_is_no_schedule_leaves_the_dags_own_line(
    monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    monkeypatch.setenv(VARIABLE, given)

    assert schedule("a", "0 2 * * *") == "0 2 * * *"


def test_R5_schedules_are_in_the_time_zone_of_the_configuration(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert timezone() == "UTC"

    monkeypatch.setenv("AIRFLOW__PROCORE_XERO__TIMEZONE", "Pacific/Auckland")

    assert timezone() == "Pacific/Auckland"
