"""The mails about decisions, through a real mail server: to whom, how often, and what they say."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from airflow_provider_procore_xero.hooks.ledger import LedgerHook
from airflow_provider_procore_xero.hooks.pair import pair_of
from airflow_provider_procore_xero.ledger.facts import Decision, Queued
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.notifications.notes import rejection, summary
from airflow_provider_procore_xero.notifications.tell import (
    hearers,
    tell_rejected,
    tell_what_was_not_told,
)
from airflow_provider_procore_xero.operators.daily_summary import DailySummaryOperator
from airflow_provider_procore_xero.settings import make
from tests.notifications.pages import Page

SETTINGS: dict[str, Any] = {
    "profile": "procore_connector",
    "approval": {"approvers": ["ana <ana@example.com>", "ben@example.com", "cid"]},
    "notifications": {"to": ["office@example.com"]},
}
MORNING = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


def a_row(source_id: str = "1", **given: Any) -> Queued:
    return Queued(
        **{
            "entity": "projects",
            "source_id": source_id,
            "state": "ready_to_export",
            "what": "create",
            "title": "24-017 Riverside",
            "name": "Riverside",
            "hash": "h1",
            "read": "r1",
            "procore_url": "https://app.procore.com/17/project",
            **given,
        }
    )


@pytest.fixture
def ledger(connections: None) -> Ledger:
    return LedgerHook().get_conn(pair_of("procore_default", "xero_default"))


class Run:
    def __init__(self, run_type: str) -> None:
        self.run_type = run_type


def summarise(run_type: str = "manual", settings: Any = None) -> dict[str, int]:
    operator = DailySummaryOperator(task_id="summary", settings=settings or SETTINGS)
    context: Any = {"dag_run": Run(run_type)}
    return operator.execute(context)


def reject(ledger: Ledger, **given: Any) -> tuple[Queued, Decision]:
    ledger.queue.save([a_row(**given)])
    row = ledger.queue.find("projects", ("1",))["1"]
    decided = ledger.queue.decide(row.id, "reject", "ana", seen="h1", comment="Name the street.")
    assert decided is not None
    (decision,) = ledger.queue.decisions_on("projects", "1")
    return decided, decision


# The daily summary


def test_R113_three_runs_a_day_send_each_approver_one_mail_and_nobody_else(ledger, mailbox):
    ledger.queue.save([a_row()])

    with time_machine.travel(MORNING, tick=False) as clock:
        mailed = []
        for _ in range(3):
            mailed.append(summarise()["mailed"])
            clock.shift(timedelta(hours=4))

    assert mailed == [2, 0, 0]
    assert [m.recipients for m in mailbox.mails] == [("ana@example.com",), ("ben@example.com",)]
    assert mailbox.mails[0].subject == "ERP Integrations Daily Summary: 1 waiting"


def test_R113_each_day_something_waits_and_none_the_day_after_the_last_decision(ledger, mailbox):
    ledger.queue.save([a_row()])
    row = ledger.queue.find("projects", ("1",))["1"]

    with time_machine.travel(MORNING, tick=False) as clock:
        first = summarise()
        clock.shift(timedelta(days=1))
        second = summarise()
        ledger.queue.decide(row.id, "accept", "ana", seen="h1")
        clock.shift(timedelta(days=1))
        third = summarise()

    assert [day["mailed"] for day in (first, second, third)] == [2, 2, 0]


def test_R113_C17_a_scheduled_run_waits_for_the_hour_that_the_settings_name(ledger, mailbox):
    ledger.queue.save([a_row()])

    with time_machine.travel(MORNING.replace(hour=6, minute=59), tick=False) as clock:
        early = summarise("scheduled")
        clock.shift(timedelta(minutes=1))
        due = summarise("scheduled")

    assert (early["mailed"], due["mailed"]) == (0, 2)


def test_R113_a_mail_server_that_was_down_gets_the_mail_in_the_next_run(
    ledger, mailbox, monkeypatch
):
    ledger.queue.save([a_row()])
    working = mailbox.connection()
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", working.replace(str(mailbox.port), "1"))
    with pytest.raises(OSError, match="refused"):
        summarise()

    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", working)

    assert summarise()["mailed"] == 2


def test_the_summary_says_what_waits_in_words_and_in_plain_text(mailbox):
    since = datetime.now(UTC) - timedelta(days=3, hours=1)
    claim = a_row(
        "2",
        entity="subcontractor_invoices",
        title="INV-003 of SC-001",
        amount="1425.00",
        vendor="Terra Works Ltd",
        project="24-017 Riverside",
        waiting_since=since,
    )
    counts = {"ready_to_export": 2, "failed_to_export": 1}

    message = summary([a_row(), claim], counts, "https://airflow.example.com/procore-xero/queue")

    for said in (message.html, message.text):
        assert "2 records wait for a decision" in said
        assert "1425.00 before tax · Terra Works Ltd · 24-017 Riverside" in said
        assert "for 3 days" in said
        assert "1 accepted record could not be exported" in said
        assert "https://airflow.example.com/procore-xero/queue" in said


def test_E63_names_of_other_systems_are_escaped_and_stay_in_their_line():
    row = a_row(
        title="<script>alert(1)</script>\r\nBcc: eve@example.com", procore_url="javascript:alert(1)"
    )
    decision = Decision(
        queue=1, entity="projects", source_id="1", title="", what="reject", who="<b>ana</b>",
        comment="<img src=x>", hash="h1",
    )  # fmt: skip

    message = rejection(row, decision, "javascript:alert(1)")

    assert "<script>" not in message.html
    assert "<img" not in message.html
    assert "<b>ana" not in message.html
    assert "\n" not in message.subject
    assert Page(message.html).links == []


# Rejections


def test_R118_a_rejection_is_told_to_creator_and_submitter_once_each(ledger, mailbox):
    row, decision = reject(ledger, creator="Cai Ono <cai@example.com>", submitter="sam@example.com")

    for _ in range(2):
        assert tell_rejected(ledger, make(SETTINGS), row, decision)

    (mail,) = mailbox.mails
    assert mail.recipients == ("cai@example.com", "sam@example.com")
    assert mail.subject == "Rejected: project 24-017 Riverside"
    for said in (mail.html, mail.text):
        assert "Name the street." in said
        assert "24-017 Riverside" in said
        assert "ana" in said


def test_R118_creator_and_submitter_in_one_person_get_one_mail(ledger, mailbox):
    row, decision = reject(ledger, creator="Cai Ono <cai@example.com>", submitter="Cai@Example.com")

    tell_rejected(ledger, make(SETTINGS), row, decision)

    assert [len(mail.recipients) for mail in mailbox.mails] == [1]


@pytest.mark.parametrize(
    ("told", "creator", "heard"),
    [
        (["creator", "submitter"], "", ["office@example.com"]),
        (["creator"], "Integration Account", ["office@example.com"]),
        (["submitter"], "cai@example.com", ["office@example.com"]),
        (["approvers"], "cai@example.com", ["ana@example.com", "ben@example.com"]),
        (["creator", "cfo@example.com"], "cai@example.com", ["cai@example.com", "cfo@example.com"]),
        ([], "cai@example.com", []),
    ],
)
def test_C19_the_settings_say_who_hears_of_a_rejection(told, creator, heard):
    settings = make({**SETTINGS, "approval": {**SETTINGS["approval"], "notify_on_reject": told}})

    assert hearers(a_row(creator=creator), settings) == heard


def test_R118_what_the_mail_server_did_not_take_is_sent_by_the_next_summary(
    ledger, mailbox, monkeypatch
):
    row, decision = reject(ledger, creator="cai@example.com")
    working = mailbox.connection()
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", working.replace(str(mailbox.port), "1"))
    with pytest.raises(OSError, match="refused"):
        tell_rejected(ledger, make(SETTINGS), row, decision)
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", working)

    summarise()
    tell_what_was_not_told(ledger, make(SETTINGS))

    assert [mail.recipients for mail in mailbox.mails] == [("cai@example.com",)]


@pytest.mark.parametrize("hears", [[], ["creator"]])
def test_a_log_names_neither_what_was_rejected_nor_who_hears_of_it(ledger, mailbox, caplog, hears):
    row, decision = reject(ledger, title="Very Private Person", creator="private@person.example")
    settings = make({**SETTINGS, "approval": {**SETTINGS["approval"], "notify_on_reject": hears}})

    with caplog.at_level(logging.INFO, "airflow_provider_procore_xero"):
        told = tell_rejected(ledger, settings, row, decision)

    (record,) = [r for r in caplog.records if r.name.startswith("airflow_provider")]
    assert told is bool(hears)
    assert "rivate" not in record.getMessage()


def test_a_row_without_anything_said_makes_a_mail_too():
    decision = Decision(
        queue=1, entity="vendors", source_id="1", title="", what="reject", who="ana", comment="",
        hash="h1",
    )  # fmt: skip

    message = rejection(replace(a_row(), entity="vendors", procore_url=""), decision, "")

    assert "No reason was given." in message.text
    assert "Open it in Procore" not in message.html


def test_R118_what_was_tried_before_it_was_rejected_is_told_with_how_that_ended():
    decision = Decision(
        queue=1, entity="vendors", source_id="1", title="", what="reject", who="ana", comment="No.",
        hash="h1",
    )  # fmt: skip

    tried, new = (
        rejection(a_row(errors=errors), decision, "").text
        for errors in (("IN_DOUBT: The answer was lost.", "And more."), ())
    )

    assert "rejected by ana, and not sent to Xero again." in tried
    assert "The last try ended like this: IN_DOUBT: The answer was lost." in tried
    assert "rejected by ana, and not sent to Xero." in new
    assert "last try" not in new
