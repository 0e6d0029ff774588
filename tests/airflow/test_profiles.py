"""The nightly DAG with every flow on, in a real Airflow, in the two profiles that the demo is not.

The connector profile runs with approvals off, so that a night writes by itself; what people accept
on the page is in ``test_approvals.py``.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dev.bookkeeper import Bookkeeper
from dev.demo import APPLY, Demo, proof, world

ALL_ON: dict[str, Any] = {
    "accounts": {"expense": "310"},
    "direct_costs": {"cost_type": "S"},
    "job_costs": {"enabled": True},
    "journals": {"enabled": True},
    "notifications": {"to": ["accounts@example.com"]},
}
PROFILES: dict[str, dict[str, Any]] = {
    "dimension_classic": {
        "projects": {"option_name": "{number} {name}"},
        "bills": {"retainage_account": "850"},
    },
    "procore_connector": {
        "projects": {"gate": "stage", "option_name": "{number} {name}"},
        "approval": {"backend": "none"},
        "bills": {"retainage_item": "RET"},
    },
}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("profiles")


@pytest.fixture(scope="module")
def demo(home: Path) -> Iterator[Demo]:
    settings = {"AIRFLOW__PROCORE_XERO__SETTINGS": str(home / "settings.yaml")}
    with world(home, environment=settings) as running:
        yield running


@pytest.mark.parametrize("profile", PROFILES)
def test_a_night_of_each_profile_runs_clean(demo: Demo, home: Path, profile: str) -> None:
    demo.simulator("POST", "reset", {"minute_limit": 1000})
    Bookkeeper(demo.url).item("RET", "Retentions", account="850")
    (home / "airflow" / "procore_xero.db").unlink(missing_ok=True)
    given = {"profile": profile, **ALL_ON, **PROFILES[profile]}
    (home / "settings.yaml").write_text(json.dumps(given))  # JSON is YAML

    assert demo.play(APPLY) == []
    assert [r["task"] for r in demo.results if r["refused"] or r["in_doubt"]] == []
    made = {r["task"]: r["created"] for r in demo.results}
    assert made["subcontractor_invoices"] > 30
    assert made["direct_costs"] > 20
    assert "each cent for a known reason" in proof(demo.results)
