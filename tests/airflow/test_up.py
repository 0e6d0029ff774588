"""What ``make up`` opens: two nights, one claim that failed, and people in three roles."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import httpx
import pytest

from dev import up
from dev.airflow import AirflowStopped
from dev.demo import DAG_ID, NO_WAITING, world

MAY = {
    "viewer": {"operates": False, "approves": False},
    "operator": {"operates": True, "approves": False},
    "approver": {"operates": True, "approves": True},
}


def test_make_up_leaves_two_nights_a_failed_claim_and_three_people_who_may_what_they_should(
    tmp_path: Path,
) -> None:
    login = ("approver", "approver")
    with world(tmp_path, environment=up.people(tmp_path), login=login) as demo:
        demo.simulator("POST", "switches", NO_WAITING)

        assert up.prepare(demo) == []

        for name in up.ROLES:
            me = up.page_of(demo, name).get("me").json()
            assert {right: me[right] for right in MAY[name]} == MAY[name]
        page = up.page_of(demo, "viewer")
        nights = page.get("runs", params={"entity": "direct_costs"}).json()["rows"]
        assert [night["dag_run"].split("__")[0] for night in nights] == ["scheduled", "manual"]
        assert nights[-1]["counts"]["created"] > 0
        assert page.get("queue/counts").json()["counts"]["failed_to_export"] == 1
        flows = {flow["dag_id"]: flow for flow in page.get("flows").json()["rows"]}
        assert flows[DAG_ID]["next_run"]
        refused = httpx.post(
            f"{demo.airflow.url}/auth/token", json={"username": "viewer", "password": "wrong"}
        )
        assert refused.status_code == 401


@pytest.mark.parametrize(("complaints", "code"), [([], 0), (["No mail came."], 1)])
def test_make_up_ends_with_an_error_where_something_was_not_as_it_should_be(
    complaints: list[str], code: int, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened_without_a_world(monkeypatch, tmp_path)
    monkeypatch.setattr(up, "prepare", lambda demo: complaints)

    assert up.main() == code


def test_make_up_ends_with_an_error_where_airflow_stopped(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def stops(demo: object) -> list[str]:
        raise AirflowStopped("scheduler ended by itself")

    opened_without_a_world(monkeypatch, tmp_path)
    monkeypatch.setattr(up, "prepare", stops)

    assert up.main() == 1


def opened_without_a_world(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """Let ``main`` start nothing, and wait for nobody."""
    monkeypatch.setattr(up, "world", lambda *_, **__: nullcontext())
    monkeypatch.setattr(up, "_invite", lambda demo: None)
    monkeypatch.setattr("sys.argv", ["up", "--home", str(home / "up")])
    monkeypatch.setattr("signal.signal", lambda *_: None)
