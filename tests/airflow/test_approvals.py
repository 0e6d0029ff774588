"""From sent to synced in a real Airflow: the queue, an acceptance on the page, and its export."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from airflow_provider_procore_xero.operators.approval import ACCEPT, LEAVE
from dev.demo import Demo, world

PEOPLE = {"ana": "admin", "otto": "user"}
SETTINGS = """
profile: procore_connector
accounts: {expense: "310"}
bills: {retainage_account: "850"}
approval: {approvers: ["ana <ana@example.com>"]}
notifications: {to: [accounts@example.com]}
"""
EXPORT = "procore_xero_export_accepted"
ASK = "procore_xero_approve"
WAITING = ("awaiting_input", "deferred")
"""The state of a task that waits for a person, from Airflow 3.3 on and before."""
A_LOOK = 3.0
"""Seconds before which nobody answers. An answer that reaches Airflow 3.3 before its executor has
heard that the task waits is lost: the task counts as failed and, retried, asks again."""
SOON = 180.0
"""Seconds in which what was accepted must be in Xero."""


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    home = tmp_path_factory.mktemp("approvals")
    (home / "settings.yaml").write_text(SETTINGS)
    passwords = home / "passwords.json"
    passwords.write_text(json.dumps({name: name for name in PEOPLE}))
    environment = {
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "False",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{n}:{r}" for n, r in PEOPLE.items()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__PROCORE_XERO__SETTINGS": str(home / "settings.yaml"),
    }
    with world(home, environment=environment, login=("ana", "ana")) as running:
        yield running


class Page:
    """The page's API as one person has it."""

    def __init__(self, demo: Demo, name: str) -> None:
        url = demo.airflow.url
        made = httpx.post(f"{url}/auth/token", json={"username": name, "password": name})
        token = made.raise_for_status().json()["access_token"]
        self._client = httpx.Client(
            base_url=f"{url}/procore-xero/api/",
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        )

    def rows(self, state: str) -> list[dict[str, Any]]:
        answer = self._client.get("queue", params={"state": state, "entity": "projects"})
        return list(answer.raise_for_status().json()["rows"])

    def post(self, path: str, **body: Any) -> httpx.Response:
        return self._client.post(path, json=body)


def options(demo: Demo) -> set[str]:
    categories = demo.state()["xero"]["tracking_categories"].values()
    return {o["Name"] for each in categories if each["Name"] == "Project" for o in each["Options"]}


def test_R109_R110_R114_R120_an_acceptance_on_the_page_is_in_xero_within_minutes(
    demo: Demo, tmp_path: Path
) -> None:
    ana, otto = Page(demo, "ana"), Page(demo, "otto")
    before = options(demo)
    demo.airflow.wait_for_dag(EXPORT)
    _, state = demo.airflow.run("procore_xero_projects")
    waiting = ana.rows("ready_to_export")
    assert (state, options(demo)) == ("success", before)
    assert waiting

    row, rejected = waiting[0], waiting[1]
    assert otto.post(f"queue/{row['id']}/accept", hash=row["hash"]).status_code == 403
    said = ana.post(f"queue/{row['id']}/accept", hash=row["hash"]).raise_for_status().json()
    assert (said["warning"], bool(said["dag_run"])) == ("", True)
    ana.post(f"queue/{rejected['id']}/reject", comment="Not this year.").raise_for_status()

    end = time.monotonic() + SOON
    while not (synced := ana.rows("synced")) and time.monotonic() < end:
        time.sleep(1)
    assert [each["title"] for each in synced] == [row["title"]]
    assert synced[0]["seconds"] < SOON
    assert options(demo) - before == {row["name"]}
    assert demo.airflow.wait(EXPORT, said["dag_run"]) == "success"
    subjects = {mail.subject for mail in demo.mailbox.mails}
    assert f"Rejected: project {rejected['title']}" in subjects
    (report,) = [m for m in demo.mailbox.mails if f"{row['title']}: accepted by ana" in m.text]
    assert report.recipients == ("accounts@example.com",)


def test_R113_the_daily_summary_goes_to_the_approver_once(demo: Demo) -> None:
    before = len(demo.mailbox.mails)

    states = [demo.airflow.run("procore_xero_daily_summary")[1] for _ in range(2)]

    mails = demo.mailbox.mails[before:]
    assert states == ["success", "success"]
    assert [m.recipients for m in mails] == [("ana@example.com",)]
    assert "ERP Integrations Daily Summary" in mails[0].subject


# Airflow's Required Actions


def answered(demo: Demo, choice: str, comment: str | None = None) -> dict[str, str | None]:
    """Ask about everything that waits, answer as Airflow's form does, and return what ran."""
    airflow = demo.airflow
    airflow.wait_for_dag(ASK)
    airflow.unpause(ASK)
    run = airflow.trigger(ASK)
    end = time.monotonic() + SOON
    while airflow.task_states(ASK, run)["ask"] not in WAITING and time.monotonic() < end:
        time.sleep(0.5)
    time.sleep(A_LOOK)
    airflow.send(
        "PATCH",
        f"/dags/{ASK}/dagRuns/{run}/taskInstances/ask/-1/hitlDetails",
        {"chosen_options": [choice], "params_input": {"comment": comment}},
    )
    assert airflow.wait(ASK, run) == "success"
    return airflow.task_states(ASK, run)


def test_C15_what_is_accepted_in_required_actions_is_exported_and_what_is_left_is_not(
    demo: Demo,
) -> None:
    ana = Page(demo, "ana")
    before = {row["title"] for row in ana.rows("ready_to_export")}
    runs = f"/dags/{EXPORT}/dagRuns"
    exports = demo.airflow.get(runs)["total_entries"]

    left = answered(demo, LEAVE)

    assert (left["decide"], left["accepted"], left["export"]) == ("success", "success", "skipped")
    assert {row["title"] for row in ana.rows("ready_to_export")} == before
    assert demo.airflow.get(runs)["total_entries"] == exports

    done = answered(demo, ACCEPT)

    assert set(done.values()) == {"success"}
    assert ana.rows("ready_to_export") == []
    assert demo.airflow.get(runs)["total_entries"] == exports + 1
    end = time.monotonic() + SOON
    while ana.rows("accepted") and time.monotonic() < end:
        time.sleep(1)
    assert before <= {row["title"] for row in ana.rows("synced")}
