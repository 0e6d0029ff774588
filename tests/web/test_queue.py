"""Deciding through the page's API: who may, on what, who was first, and what it sets off."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import HTTPException

from airflow_provider_procore_xero.ledger.facts import Queued
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.settings import make
from airflow_provider_procore_xero.sync.plan import FieldChange
from airflow_provider_procore_xero.web import people
from airflow_provider_procore_xero.web import queue as routes
from airflow_provider_procore_xero.web.airflow import asking
from airflow_provider_procore_xero.web.app import app
from dev.mailbox import Mailbox
from tests.web.conftest import Browser

LONG = 16 * "a"


class Airflow:
    """As much of Airflow's API as the queue asks for."""

    def __init__(self) -> None:
        self.started: list[tuple[str, str]] = []
        self.queued: list[str] = []
        self.paused = False
        self.refuses = ""

    async def get(self, path: str, **_: Any) -> dict[str, Any]:
        if self.refuses:
            raise HTTPException(403, self.refuses)
        if path.endswith("/details"):
            return {"is_paused": self.paused}
        return {"dag_runs": [{"dag_run_id": run} for run in self.queued]}

    async def start(self, dag_id: str, conf: Any, note: str = "") -> str:
        self.started.append((dag_id, note))
        return f"run-{len(self.started)}"


@pytest.fixture
def airflow() -> Iterator[Airflow]:
    fake = Airflow()
    app.dependency_overrides[asking] = lambda: fake
    yield fake
    del app.dependency_overrides[asking]


@pytest.fixture
def mailbox(monkeypatch: pytest.MonkeyPatch) -> Iterator[Mailbox]:
    with Mailbox() as box:
        monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", box.connection())
        yield box


def waiting(ledger: Ledger, source_id: str = "1", **given: Any) -> Queued:
    row = Queued(
        **{
            "entity": "projects",
            "source_id": source_id,
            "state": "ready_to_export",
            "what": "create",
            "title": f"24-01{source_id} Riverside",
            "name": "Riverside",
            "hash": LONG,
            "read": "r1",
            "payload": {"Name": "Riverside"},
            "creator": "Cai Ono <cai@example.com>",
            **given,
        }
    )
    ledger.queue.save([row])
    return ledger.queue.find(row.entity, (source_id,))[source_id]


def settings_of(monkeypatch: pytest.MonkeyPatch, **approval: Any) -> None:
    made = make({"profile": "procore_connector", "approval": {"approvers": ["ana"], **approval}})
    monkeypatch.setattr(people, "settings", lambda: made)
    monkeypatch.setattr(routes, "settings", lambda: made)


def ids(answer: Any) -> list[str]:
    return [row["source_id"] for row in answer.json()["rows"]]


# Looking


def test_R112_ready_to_export_lists_what_waits_with_what_would_be_written(
    vera: Browser, ledger: Ledger
) -> None:
    waiting(ledger, "1")
    waiting(ledger, "2", what="update", fields=(FieldChange(name="Name", before="A", after="B"),))
    waiting(ledger, "3", state="synced")

    rows = vera.get("/api/queue").json()["rows"]

    assert [row["source_id"] for row in rows] == ["1", "2"]
    assert rows[0]["fields"] == [{"name": "Name", "before": None, "after": "Riverside"}]
    assert rows[1]["fields"] == [{"name": "Name", "before": "A", "after": "B"}]
    assert (rows[0]["title"], rows[0]["name"], rows[0]["hash"]) == (
        "24-011 Riverside", "Riverside", LONG,
    )  # fmt: skip


@pytest.mark.parametrize("state", ["ready_to_export", "synced", "failed_to_export", "rejected"])
def test_R114_R115_each_filter_lists_its_state_and_no_other(
    vera: Browser, ledger: Ledger, state: str
) -> None:
    states = ("ready_to_export", "synced", "failed_to_export", "rejected", "withdrawn")
    for number, each in enumerate(states):
        waiting(ledger, str(number), state=each)

    assert ids(vera.get("/api/queue", state=state)) == [str(states.index(state))]


def test_R115_every_error_is_told_not_only_the_first(vera: Browser, ledger: Ledger) -> None:
    waiting(ledger, state="failed_to_export", errors=("One.", "Two.", "Three."))

    (row,) = vera.get("/api/queue", state="failed_to_export").json()["rows"]

    assert row["errors"] == ["One.", "Two.", "Three."]


def test_a_state_that_is_none_is_a_sentence(vera: Browser) -> None:
    answer = vera.get("/api/queue", state="lost")

    assert answer.status_code == 422
    assert "state" in answer.json()["detail"]


def test_pages_follow_each_other_without_a_gap(vera: Browser, ledger: Ledger) -> None:
    for number in range(5):
        waiting(ledger, str(number))

    first = vera.get("/api/queue", limit=3)
    second = vera.get("/api/queue", limit=3, after=first.json()["next"])

    assert ids(first) + ids(second) == ["0", "1", "2", "3", "4"]
    assert vera.get("/api/queue", after="x").status_code == 422


def test_a_file_of_the_queue_runs_no_formula(vera: Browser, ledger: Ledger) -> None:
    waiting(ledger, title='=HYPERLINK("https://evil.example")')

    assert "\"'=HYPERLINK" in vera.get("/api/queue", format="csv").text


# Accepting


def test_R110_an_acceptance_is_kept_with_who_and_what_and_starts_the_export(
    ana: Browser, ledger: Ledger, airflow: Airflow
) -> None:
    row = waiting(ledger)

    answer = ana.post(f"/api/queue/{row.id}/accept", {"hash": LONG})

    assert answer.status_code == 200
    assert answer.json()["dag_run"] == "run-1"
    assert airflow.started[0][0] == "procore_xero_export_accepted"
    assert "ana" in airflow.started[0][1]
    (decision,) = ledger.queue.decisions_on("projects", "1")
    assert (decision.what, decision.who, decision.hash) == ("accept", "ana", LONG)
    assert ids(ana.get("/api/queue")) == []


def test_R114_a_run_that_has_yet_to_begin_exports_this_too(
    ana: Browser, ledger: Ledger, airflow: Airflow
) -> None:
    airflow.queued = ["run-of-before"]

    answer = ana.post(f"/api/queue/{waiting(ledger).id}/accept", {"hash": LONG})

    assert (answer.json()["dag_run"], airflow.started) == ("run-of-before", [])


@pytest.mark.parametrize("trouble", ["paused", "refuses"])
def test_R110_a_decision_stands_though_its_export_can_not_start(
    ana: Browser, ledger: Ledger, airflow: Airflow, trouble: str
) -> None:
    setattr(airflow, trouble, "Airflow says: no.")
    row = waiting(ledger)

    answer = ana.post(f"/api/queue/{row.id}/accept", {"hash": LONG})

    assert "not started" in answer.json()["warning"]
    assert ledger.queue.one(row.id).state == "accepted"


@pytest.mark.parametrize("name", ["vera", "otto"])
@pytest.mark.parametrize("what", ["accept", "reject", "retry"])
def test_R111_who_may_not_run_the_export_may_not_decide(
    request: pytest.FixtureRequest,
    ledger: Ledger,
    airflow: Airflow,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    what: str,
) -> None:
    settings_of(monkeypatch, approvers=["ana"] if name == "otto" else ["vera", "ana"])
    row = waiting(ledger)

    answer = request.getfixturevalue(name).post(
        f"/api/queue/{row.id}/{what}", {"hash": LONG, "comment": "No."}
    )

    assert answer.status_code == 403
    assert name in answer.json()["detail"]
    assert ledger.queue.one(row.id).state == "ready_to_export"


@pytest.mark.parametrize("approvers", [["somebody else"], []])
def test_R111_airflows_right_alone_is_not_enough(
    ana: Browser, ledger: Ledger, airflow: Airflow, monkeypatch: Any, approvers: list[str]
) -> None:
    settings_of(monkeypatch, approvers=approvers)

    answer = ana.post(f"/api/queue/{waiting(ledger).id}/accept", {"hash": LONG})

    assert answer.status_code == 403
    assert "approval.approvers" in answer.json()["detail"]


def test_R111_being_named_and_having_the_right_is(
    otto: Browser, ledger: Ledger, airflow: Airflow, monkeypatch: Any
) -> None:
    settings_of(monkeypatch, approvers=["Otto <otto@example.com>"])

    assert otto.post(f"/api/queue/{waiting(ledger).id}/accept", {"hash": LONG}).status_code == 200


def test_nobody_without_a_session_or_from_another_site_decides(
    nobody: Browser, ana: Browser, ledger: Ledger, airflow: Airflow
) -> None:
    path = f"/api/queue/{waiting(ledger).id}/accept"

    assert nobody.post(path, {"hash": LONG}).status_code == 401
    assert ana.post(path, {"hash": LONG}, origin="https://evil.example").status_code == 403
    assert ana.post(path, {"hash": LONG}, **{"sec-fetch-site": "cross-site"}).status_code == 403
    assert airflow.started == []


def test_E58_who_comes_second_is_told_who_was_first(
    ana: Browser, ledger: Ledger, airflow: Airflow
) -> None:
    row = waiting(ledger)
    ledger.queue.decide(row.id, "reject", "Ben Ito", seen=LONG, comment="No.")

    answer = ana.post(f"/api/queue/{row.id}/accept", {"hash": LONG})

    assert answer.status_code == 409
    assert "Ben Ito has rejected 24-011 Riverside already" in answer.json()["detail"]
    assert ledger.queue.one(row.id).state == "rejected"


def test_E58_what_has_changed_since_it_was_shown_is_not_accepted(
    ana: Browser, ledger: Ledger, airflow: Airflow
) -> None:
    row = waiting(ledger)

    answer = ana.post(f"/api/queue/{row.id}/accept", {"hash": "what stood there before"})

    assert answer.status_code == 409
    assert "has changed since it was shown" in answer.json()["detail"]
    assert (ledger.queue.one(row.id).state, airflow.started) == ("ready_to_export", [])


def test_a_record_that_vanished_is_a_sentence(ana: Browser, airflow: Airflow) -> None:
    answer = ana.post("/api/queue/99/accept", {"hash": LONG})

    assert (answer.status_code, "no record 99" in answer.json()["detail"]) == (404, True)


def test_E58_many_are_accepted_at_once_each_as_it_was_shown(
    ana: Browser, ledger: Ledger, airflow: Airflow
) -> None:
    rows = [waiting(ledger, str(number)) for number in range(3)]
    ledger.queue.decide(rows[1].id, "accept", "Ben Ito", seen=LONG)
    shown = [{"id": row.id, "hash": LONG} for row in rows]
    shown[2]["hash"] = "stale"

    said = ana.post("/api/queue/accept", {"rows": shown}).json()

    assert said["accepted"] == [rows[0].id]
    assert [each["id"] for each in said["refused"]] == [rows[1].id, rows[2].id]
    assert "Ben Ito" in said["refused"][0]["detail"]
    assert len(airflow.started) == 1


def test_R114_a_row_that_the_queue_does_not_have_keeps_none_of_the_others_back(
    ana: Browser, ledger: Ledger, airflow: Airflow
) -> None:
    row = waiting(ledger)
    shown = [{"id": row.id + 1000, "hash": LONG}, {"id": row.id, "hash": LONG}]

    said = ana.post("/api/queue/accept", {"rows": shown}).json()

    assert said["accepted"] == [row.id]
    assert said["refused"] == [
        {
            "id": row.id + 1000,
            "detail": f"The queue has no record {row.id + 1000}. Reload the page.",
        }
    ]


@pytest.mark.parametrize(("four_eyes", "status"), [(True, 403), (False, 200)])
def test_C15_with_four_eyes_nobody_accepts_what_they_sent_themselves(
    ana: Browser, ledger: Ledger, airflow: Airflow, monkeypatch: Any, four_eyes: bool, status: int
) -> None:
    settings_of(monkeypatch, four_eyes=four_eyes)
    row = waiting(ledger, creator="ana")

    assert ana.post(f"/api/queue/{row.id}/accept", {"hash": LONG}).status_code == status


@pytest.mark.parametrize(
    "sent",
    [
        {"creator": "Ana Ng <ana@example.com>"},
        {"creator": "Cai Ono <cai@example.com>", "submitter": "Ana Ng <ANA@example.com>"},
    ],
)
def test_C15_four_eyes_know_somebody_by_their_address_among_the_approvers_too(
    ana: Browser, ledger: Ledger, airflow: Airflow, monkeypatch: Any, sent: dict[str, str]
) -> None:
    settings_of(monkeypatch, four_eyes=True, approvers=["ana <ana@example.com>"])
    row = waiting(ledger, **sent)

    alone = ana.post(f"/api/queue/{row.id}/accept", {"hash": LONG})
    among = ana.post("/api/queue/accept", {"rows": [{"id": row.id, "hash": LONG}]}).json()

    assert alone.status_code == 403
    assert "ana created or submitted 24-011 Riverside" in alone.json()["detail"]
    assert (among["accepted"], among["refused"][0]["id"]) == ([], row.id)
    assert ledger.queue.one(row.id).state == "ready_to_export"


def test_C15_four_eyes_let_nobody_accept_what_nobody_is_known_to_have_sent(
    ana: Browser, ledger: Ledger, airflow: Airflow, monkeypatch: Any
) -> None:
    settings_of(monkeypatch, four_eyes=True)
    row = waiting(ledger, creator="")

    answer = ana.post(f"/api/queue/{row.id}/accept", {"hash": LONG})

    assert answer.status_code == 403
    assert answer.json()["detail"].startswith("Procore does not tell who created 24-011 Riverside")


# Rejecting, and trying again


@pytest.mark.parametrize("comment", ["", "   "])
def test_R117_a_rejection_without_a_reason_is_refused(
    ana: Browser, ledger: Ledger, mailbox: Mailbox, comment: str
) -> None:
    row = waiting(ledger)

    answer = ana.post(f"/api/queue/{row.id}/reject", {"hash": LONG, "comment": comment})

    assert answer.status_code == 422
    assert "Say why" in answer.json()["detail"]
    assert ledger.queue.one(row.id).state == "ready_to_export"
    assert mailbox.mails == ()


def test_R118_a_rejection_is_mailed_at_once_with_its_reason(
    ana: Browser, ledger: Ledger, mailbox: Mailbox
) -> None:
    row = waiting(ledger, submitter="sam@example.com")

    ana.post(f"/api/queue/{row.id}/reject", {"hash": LONG, "comment": "Name the street."})

    (mail,) = mailbox.mails
    assert mail.recipients == ("cai@example.com", "sam@example.com")
    assert "Name the street." in mail.text
    assert ids(ana.get("/api/queue", state="rejected")) == ["1"]


def test_R118_a_mail_server_that_is_down_does_not_undo_the_rejection(
    ana: Browser, ledger: Ledger, monkeypatch: pytest.MonkeyPatch, mailbox: Mailbox
) -> None:
    down = mailbox.connection().replace(str(mailbox.port), "1")
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", down)
    row = waiting(ledger)

    answer = ana.post(f"/api/queue/{row.id}/reject", {"hash": LONG, "comment": "No."})

    assert (answer.status_code, ledger.queue.one(row.id).state) == (200, "rejected")


def test_R116_C20_a_failed_export_is_retried_and_stays_failed_until_it_is_done(
    ana: Browser, ledger: Ledger, airflow: Airflow
) -> None:
    row = waiting(ledger, state="failed_to_export", errors=("One.",))

    answer = ana.post(f"/api/queue/{row.id}/retry", {"hash": LONG})

    assert answer.json()["dag_run"] == "run-1"
    assert ledger.queue.one(row.id).state == "failed_to_export"
    assert [d.what for d in ledger.queue.decisions_on("projects", "1")] == ["retry"]


def test_R116_C20_a_failed_export_is_rejected_with_a_reason(
    ana: Browser, ledger: Ledger, mailbox: Mailbox
) -> None:
    row = waiting(ledger, state="failed_to_export", errors=("One.",))

    assert ana.post(f"/api/queue/{row.id}/reject", {"comment": ""}).status_code == 422
    assert ana.post(f"/api/queue/{row.id}/reject", {"comment": "Not ours."}).status_code == 200
    assert ledger.queue.one(row.id).state == "rejected"


def test_R119_the_history_of_a_record_is_kept_and_shown(vera: Browser, ledger: Ledger) -> None:
    row = waiting(ledger)
    ledger.queue.decide(row.id, "reject", "Ben Ito", seen=LONG, comment="Name the street.")

    history = vera.get(f"/api/queue/{row.id}").json()["decisions"]

    assert [(d["what"], d["who"], d["comment"]) for d in history] == [
        ("reject", "Ben Ito", "Name the street.")
    ]


def test_the_counts_of_every_filter_come_in_one_answer(vera: Browser, ledger: Ledger) -> None:
    waiting(ledger, "1")
    waiting(ledger, "2", state="synced")

    assert vera.get("/api/queue/counts").json() == {"counts": {"ready_to_export": 1, "synced": 1}}
