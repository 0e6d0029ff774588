"""Runs, plans and starting one, through Airflow's own app."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.settings import as_dict, make
from tests.web.conftest import Browser
from tests.web.kept import BILL, a_bill, a_held, a_run_of


def test_R8_every_past_run_is_listed_newest_first_a_page_at_a_time(
    vera: Browser, ledger: Ledger
) -> None:
    runs = [a_run_of(ledger) for _ in range(5)]

    first = vera.get("/api/runs", limit=2).json()
    second = vera.get("/api/runs", limit=2, after=first["next"]).json()
    third = vera.get("/api/runs", limit=2, after=second["next"]).json()

    listed = [row["id"] for page in (first, second, third) for row in page["rows"]]
    assert listed == runs[::-1]
    assert third["next"] == ""


def test_R8_the_log_of_a_run_is_searched_by_text_and_severity(
    vera: Browser, ledger: Ledger
) -> None:
    run = a_run_of(ledger, a_held("7"), a_held("9", title="Harbour"))

    found = vera.get(f"/api/runs/{run}/outcomes", q="harbour").json()["rows"]
    warnings = vera.get(f"/api/runs/{run}/outcomes", severity="warning").json()["rows"]
    errors = vera.get(f"/api/runs/{run}/outcomes", severity="error").json()["rows"]

    assert [row["source_id"] for row in found] == ["9"]
    assert (len(warnings), len(errors)) == (2, 0)


def test_a_run_tells_its_counts_its_calls_and_its_mails(vera: Browser, ledger: Ledger) -> None:
    run = a_bill(ledger)
    ledger.save_mail(
        "procore_xero_nightly", "manual__1", recipients=["a@example.com"], subject="1 written"
    )

    seen = vera.get(f"/api/runs/{run}").json()

    assert seen["counts"] == {"read": 1, "created": 1}
    assert seen["calls"] == {"procore": 4, "xero": 1}
    assert [mail["subject"] for mail in seen["mails"]] == ["1 written"]


def test_each_change_of_a_plan_is_shown_before_and_after(vera: Browser, ledger: Ledger) -> None:
    plan = vera.get(f"/api/runs/{a_bill(ledger)}").json()["plan"]

    assert vera.get(f"/api/plans/{plan}").json()["entity"] == "subcontractor_invoices"
    (change,) = vera.get(f"/api/plans/{plan}/changes", record="8").json()["rows"]
    assert change["what"] == "created"
    assert change["fields"] == [
        {"name": "Date", "before": None, "after": "2026-10-31"},
        {"name": "Total", "before": None, "after": "12500.00"},
    ]


def test_the_report_of_a_run_is_a_file_that_runs_nothing(vera: Browser, ledger: Ledger) -> None:
    answer = vera.get(f"/api/runs/{a_bill(ledger)}/report")

    assert answer.headers["content-disposition"].startswith('attachment; filename="procore-xero-')
    assert answer.headers["content-security-policy"].startswith("sandbox;")
    assert "Claim 8 · Acme Ltd" in answer.text


def test_the_report_shows_the_nights_up_to_its_own_and_needs_no_other_file(
    vera: Browser, ledger: Ledger
) -> None:
    now = datetime.now(UTC)
    with time_machine.travel(now - timedelta(days=2), tick=False):
        a_bill(ledger, "7", BILL.replace("0a", "0b"), dag_run="before")
    with time_machine.travel(now - timedelta(days=1), tick=False):
        run = a_bill(ledger)
    a_bill(ledger, "9", BILL.replace("0a", "0c"), dag_run="after")

    answer = vera.get(f"/api/runs/{run}/report")

    assert answer.headers["content-security-policy"].endswith("; img-src data:")
    assert answer.text.count('src="data:image/png;base64,iVBOR') == 1
    assert "0 0 0 0 0 0 0 0 0 0 0 0 1 1." in answer.text
    assert "cid:" not in answer.text


def test_the_report_of_the_first_night_shows_no_picture(vera: Browser, ledger: Ledger) -> None:
    assert "<img" not in vera.get(f"/api/runs/{a_bill(ledger)}/report").text


@pytest.mark.parametrize("path", ["runs/x", "runs/x/outcomes", "runs/x/report", "plans/x"])
def test_a_run_or_plan_that_is_not_there_is_404_with_a_sentence(vera: Browser, path: str) -> None:
    answer = vera.get(f"/api/{path}")

    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("The ledger has no ")


# Starting one


def test_R35_R36_an_operator_starts_a_flow_for_one_record_as_themselves(
    otto: Browser, dags: None, client: Any
) -> None:
    conf = {"mode": "plan", "project_number": "24-017"}

    answer = otto.post("/api/runs", {"dag_id": "procore_xero_projects", "conf": conf})

    assert answer.status_code == 201, answer.text
    made = dag_run("procore_xero_projects", answer.json()["dag_run"])
    assert made.conf == conf
    assert made.triggering_user_name == "otto"


def test_R51_what_a_flow_can_be_asked_for_is_what_its_dag_declares(
    otto: Browser, dags: None
) -> None:
    seen = otto.get("/api/flows/procore_xero_projects").json()

    names = [param["name"] for param in seen["params"]]
    assert seen["starts"]
    assert names == ["mode", "plan_id", "full", "project_number", "settings"]
    assert seen["params"][0]["choices"] == ["apply", "plan"]


def test_airflows_own_refusal_of_a_value_comes_back_in_its_words(otto: Browser, dags: None) -> None:
    conf = {"mode": "guess"}

    answer = otto.post("/api/runs", {"dag_id": "procore_xero_projects", "conf": conf})

    assert answer.status_code == 400
    assert "Invalid input for param mode" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("body", "status", "sentence"),
    [
        ({"dag_id": "procore_xero_projects", "conf": {"speed": 9}}, 422, "takes no speed."),
        ({"dag_id": "procore_xero_contacts"}, 409, "is paused in Airflow"),
        ({"dag_id": "procore_xero_unicorns"}, 404, "Airflow says: "),
        ({"dag_id": "somebody_elses"}, 422, "dag_id: "),
        ({"dag_id": "procore_xero_projects", "more": 1}, 422, "more: "),
    ],
)
def test_what_cannot_be_started_is_refused_with_a_sentence(
    otto: Browser, dags: None, body: Any, status: int, sentence: str
) -> None:
    answer = otto.post("/api/runs", body)

    assert answer.status_code == status
    assert sentence in answer.json()["detail"]


def dag_run(dag_id: str, run_id: str) -> Any:
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from sqlalchemy import select

    with create_session() as session:
        query = select(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
        return session.scalars(query).one()


# The list, the report, settings


def test_runs_that_had_nothing_to_do_are_listed_or_left_out(vera: Browser, ledger: Ledger) -> None:
    looked = a_run_of(ledger, a_held("7"))
    idle = ledger.begin_run("projects", "apply", dag_id="procore_xero_export_accepted")
    ledger.end_run(idle, "success", {}, {})
    failed = ledger.begin_run("projects", "apply")
    ledger.end_run(failed, "failed", {}, {}, "Xero is down.")

    every = vera.get("/api/runs").json()["rows"]
    busy = vera.get("/api/runs", idle=False).json()["rows"]

    assert [row["id"] for row in every] == [failed, idle, looked]
    assert [row["id"] for row in busy] == [failed, looked]


def test_cost_codes_that_become_options_and_items_are_told_apart(
    vera: Browser, ledger: Ledger
) -> None:
    for task in ("cost_codes", "items"):
        ledger.begin_run("cost_codes", "apply", task_id=task)

    called = [row["called"] for row in vera.get("/api/runs").json()["rows"]]

    assert called == ["Cost codes → items", "Cost codes → options"]


def test_the_report_is_in_the_zone_of_the_schedules_and_says_that_the_run_failed(
    otto: Browser, ledger: Ledger, dags: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__PROCORE_XERO__TIMEZONE", "Pacific/Auckland")
    dag_id = "procore_xero_projects"
    started = otto.post("/api/runs", {"dag_id": dag_id, "conf": {"mode": "plan"}}).json()["dag_run"]
    fails(dag_id, started)
    run = a_run_of(ledger, dag_id=dag_id, dag_run=started)

    report = otto.get(f"/api/runs/{run}/report").text

    assert "NZ" in report
    assert "The run failed, though none of its flows did" in report


def test_R1_the_settings_in_force_are_those_of_the_last_run_and_where_to_change_them(
    vera: Browser, ledger: Ledger
) -> None:
    before = vera.get("/api/settings").json()
    assert before["run"] is None
    assert before["path"].endswith("settings.yaml")
    given = as_dict(make({"accounts": {"expense": "310"}, "bills": {"due_days": 14}}))
    run = a_run_of(ledger, settings=given)

    seen = vera.get("/api/settings", differing=True).json()

    assert seen["run"]["id"] == run
    assert {row["key"]: row["value"] for row in seen["rows"]} == {
        "accounts.expense": "310",
        "bills.due_days": "14",
    }
    assert vera.get("/api/settings", run="x").status_code == 404


def test_a_run_is_started_with_settings_of_its_own_but_only_with_those_it_may_have(
    otto: Browser, dags: None
) -> None:
    (settings,) = (
        param
        for param in otto.get("/api/flows/procore_xero_projects").json()["params"]
        if param["name"] == "settings"
    )
    assert "bills.due_days" in [key["name"] for key in settings["keys"]]

    def start(given: Any) -> Any:
        conf = {"settings": given}
        return otto.post("/api/runs", {"dag_id": "procore_xero_projects", "conf": conf})

    refused = start({"approval": {"backend": "none"}})
    assert refused.status_code == 422
    assert "approval can't be set for one run" in refused.json()["detail"]
    assert start({"bills": {"due_days": "soon"}}).status_code == 422
    assert start("bills").status_code == 400
    taken = start({"bills": {"due_days": 14}})
    assert taken.status_code == 201
    made = dag_run("procore_xero_projects", taken.json()["dag_run"])
    assert made.conf == {"settings": {"bills": {"due_days": 14}}}


def fails(dag_id: str, run_id: str) -> None:
    """Let a DAG run have failed before any of its tasks began."""
    from airflow.models.dagrun import DagRun
    from airflow.utils.session import create_session
    from airflow.utils.state import DagRunState
    from sqlalchemy import update

    with create_session() as session:
        query = update(DagRun).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)
        session.execute(query.values(state=DagRunState.FAILED))
