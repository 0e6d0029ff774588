"""One mail a run: from the report task, or else from the callback behind it."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.exc import OperationalError

from airflow_provider_procore_xero.ledger.questions import Questions
from airflow_provider_procore_xero.notifications.deliver import addressees
from airflow_provider_procore_xero.notifications.gather import NO_WORD, STOPPED
from airflow_provider_procore_xero.notifications.run_report import RunReportNotifier
from airflow_provider_procore_xero.operators.report import RunReportOperator
from tests.notifications.reports import an_outcome, held
from tests.notifications.runs import DAG_ID, RUN_ID, a_context, a_run, a_task, documents, ledger

SETTINGS = {"notifications": {"to": ["amy@example.com"]}}
ALL_WELL = {"projects": "success", "bills": "success", "payments": "success", "report": "running"}

pytestmark = pytest.mark.usefixtures("connections")


def report_task(settings=SETTINGS):
    return RunReportOperator(task_id="report", settings=settings)


def a_night() -> None:
    """Leave a night in the ledger: one project created, one claim held."""
    for entity, task, outcome in (
        ("projects", "projects", an_outcome(1, entity="projects", title="2026-01 Wharf")),
        ("subcontractor_invoices", "bills", held(2, title="SC-0002 #1")),
        ("payments", "payments", None),
    ):
        run = a_run(entity, task)
        counts = {"read": 1, outcome.what: 1} if outcome else {"read": 1}
        if outcome:
            ledger().add_outcomes(run, [outcome])
        ledger().end_run(run, "success", counts, {"procore": 2, "xero": 1})


# The report task


def test_R6_the_report_task_mails_what_the_ledger_holds(mailbox):
    a_night()

    left = report_task().execute(a_context(ALL_WELL))

    (mail,) = mailbox.mails
    assert mail.recipients == ("amy@example.com",)
    assert mail.subject.startswith("1 to do · 1 written · Procore–Xero nightly, ")
    assert left == {"emailed": True, "subject": mail.subject, "cleared": 0}
    assert "2026-01 Wharf, created" in mail.text
    assert "SC-0002 #1" in mail.text
    assert "6 calls to Procore, 3 to Xero" in mail.text
    assert "https://airflow.example.com/dags/procore_xero_nightly/runs/scheduled" in mail.text
    assert ledger().mail_sent(DAG_ID, RUN_ID)
    assert b"made-up" not in mail.message.as_bytes()  # the connections' passwords


def test_the_mail_shows_the_last_nights_of_its_pair(mailbox):
    a_night()
    now = datetime.now(UTC)
    documents(now, "1")
    documents(now - timedelta(days=1), "2", "3")
    documents(now - timedelta(days=1), "4", pair="4711:another")

    report_task().execute(a_context(ALL_WELL))

    (mail,) = mailbox.mails
    assert "0 0 0 0 0 0 0 0 0 0 0 0 2 1. Held or refused: " in mail.text
    assert "This night: 1 bill. Most on " in mail.text
    (cid,) = (part["Content-ID"] for part in mail.message.walk() if part["Content-ID"])
    assert f'src="cid:{cid.strip("<>")}"' in mail.html


def test_a_retry_sends_no_second_picture_although_there_is_more_to_show(mailbox):
    documents(datetime.now(UTC) - timedelta(days=1), "1")
    a_night()
    report_task().execute(a_context(ALL_WELL))
    documents(datetime.now(UTC), "2")

    report_task().execute(a_context(ALL_WELL))

    assert len(mailbox.mails) == 1


def test_the_first_night_has_no_picture(mailbox):
    a_night()
    documents(datetime.now(UTC), "1", "2")

    report_task().execute(a_context(ALL_WELL))

    (mail,) = mailbox.mails
    assert mail.message.get_content_type() == "multipart/alternative"
    assert [p.get_content_type() for p in mail.message.iter_parts()] == ["text/plain", "text/html"]
    assert "per night" not in mail.text.lower()


def test_where_the_nights_cannot_be_read_the_mail_goes_out_without_a_picture(
    mailbox, monkeypatch, caplog
):
    a_night()

    def down(*_):
        raise OperationalError("SELECT", {}, Exception("the disk is full"))

    monkeypatch.setattr(Questions, "made", down)
    report_task().execute(a_context(ALL_WELL))

    assert mailbox.mails[0].subject.startswith("1 to do")
    assert "The mail has no picture" in caplog.text


def test_what_somebody_ignored_on_the_page_is_named_as_that_and_not_as_to_do(mailbox):
    a_night()
    (run, *_) = ledger().runs(entity="subcontractor_invoices")
    ledger().settle_issues(run.id, "subcontractor_invoices", [held(2, title="SC-0002 #1")])
    (issue,) = ledger().questions.issues()
    ledger().by_hand.ignore(issue.id, who="otto", why="It is of the old system.")

    report_task().execute(a_context(ALL_WELL))

    (mail,) = mailbox.mails
    assert mail.subject.startswith("All good · 1 written · ")
    assert "1 ignored on the page" in mail.text
    assert "1 ignored on the page" in mail.html
    assert "SC-0002 #1" not in mail.text


def test_a_task_that_failed_before_it_opened_a_run_tells_its_sentence(mailbox):
    sentence = "Connection procore_default has no company_id. Set it in extra."
    context = a_context(
        {**ALL_WELL, "projects": "failed", "bills": "upstream_failed", "payments": "failed"},
        {("projects", "error"): sentence},
    )

    report_task().execute(context)

    (mail,) = mailbox.mails
    assert mail.subject == "FAILED · nothing written · Procore–Xero nightly, 22 Nov"
    assert f"Projects → tracking options: failed. {sentence}" in mail.text
    assert "Subcontractor invoices → bills: did not run. A task before it failed." in mail.text
    assert f"Bill payments → payments issued: failed. {NO_WORD}" in mail.text


def test_a_task_that_was_killed_in_the_middle_has_failed(mailbox):
    a_run("projects", "projects")

    report_task().execute(a_context({**ALL_WELL, "projects": "failed"}))

    assert f"Projects → tracking options: failed. {STOPPED}" in mailbox.mails[0].text


def test_a_task_that_failed_after_its_work_was_saved_keeps_its_counts(mailbox):
    a_night()
    sentence = "1 held: see the run's mail; safety.fail_run_on asks to fail."
    context = a_context({**ALL_WELL, "bills": "failed"}, {("bills", "error"): sentence})

    report_task().execute(context)

    (mail,) = mailbox.mails
    assert mail.subject.startswith("FAILED · 1 to do · 1 written")
    assert f"Subcontractor invoices → bills: failed. {sentence}" in mail.text


def test_each_mapped_task_is_told_of(mailbox):
    run = a_run("subcontractor_invoices", "bills", map_index=0)
    ledger().end_run(run, "success", {"read": 1}, {})
    context = a_context(
        {"bills_0": "success", "bills_1": "failed", "bills_10": "upstream_failed"},
        tasks=[a_task("bills", "subcontractor_invoices")],
    )

    report_task().execute(context)

    assert mailbox.mails[0].text.count("Subcontractor invoices → bills: done") == 1
    assert mailbox.mails[0].text.count(f"Subcontractor invoices → bills: failed. {NO_WORD}") == 1
    assert mailbox.mails[0].text.count("Subcontractor invoices → bills: did not run. ") == 1


def test_a_skipped_branch_is_not_worth_a_word(mailbox):
    report_task().execute(a_context({"projects": "skipped", "report": "running"}))

    assert mailbox.mails[0].subject.startswith("All good")
    assert "did not run" not in mailbox.mails[0].text


def test_a_plan_that_failed_early_is_still_called_a_plan(mailbox):
    context = a_context({"projects": "failed"}, params={"mode": "plan"})

    report_task().execute(context)

    assert mailbox.mails[0].subject.startswith("PLAN · FAILED · ")


def test_nobody_to_tell_is_no_failure(mailbox, caplog):
    with caplog.at_level(logging.INFO):
        left = report_task({}).execute(a_context(ALL_WELL))

    assert left["emailed"] is False
    assert mailbox.mails == ()
    assert "the settings name nobody in notifications.to" in caplog.text


def test_with_when_issues_a_quiet_night_stays_quiet(mailbox):
    settings = {"notifications": {"to": ["amy@example.com"], "when": "issues"}}

    quiet = report_task(settings).execute(a_context(ALL_WELL))
    loud = report_task(settings).execute(a_context({"projects": "failed"}))

    assert (quiet["emailed"], loud["emailed"]) == (False, True)
    assert len(mailbox.mails) == 1


def test_a_retry_after_the_mail_was_taken_sends_no_second(mailbox):
    report_task().execute(a_context(ALL_WELL))

    left = report_task().execute(a_context(ALL_WELL))

    assert left["emailed"] is True
    assert len(mailbox.mails) == 1


def test_a_run_that_was_cleared_is_told_of_again_and_says_so(mailbox):
    report_task().execute(a_context(ALL_WELL))

    report_task().execute(a_context(ALL_WELL, cleared=1))

    first, second = mailbox.mails
    assert second.subject == f"{first.subject} (run again)"


# When little can be used


def test_without_connections_the_mail_says_what_the_tasks_said(mailbox, monkeypatch):
    monkeypatch.delenv("AIRFLOW_CONN_PROCORE_DEFAULT")
    context = a_context({"projects": "failed"}, {("projects", "error"): "There is no procore."})

    report_task().execute(context)

    assert "failed. There is no procore." in mailbox.mails[0].text
    assert ledger().mail_sent(DAG_ID, RUN_ID)


def test_without_a_ledger_the_mail_still_goes_out(mailbox, monkeypatch):
    monkeypatch.setenv(
        "AIRFLOW_CONN_PROCORE_XERO_LEDGER",
        json.dumps({"conn_type": "sqlite", "host": "/nowhere/at/all/ledger.db"}),
    )

    left = report_task().execute(a_context({"projects": "failed"}))

    assert left["emailed"] is True
    assert len(mailbox.mails) == 1


def test_settings_that_are_wrong_still_say_who_gets_the_mail(tmp_path):
    path = tmp_path / "settings.yaml"
    path.write_text(
        "notifications: {to: [amy@example.com], from: sync@example.com}\nbils: {status: DRAFT}\n"
    )

    told = addressees(str(path))

    assert told.to == ("amy@example.com",)
    assert told.sender == "sync@example.com"


@pytest.mark.parametrize("content", ["to: [", "- a\n", "notifications: 7\n", "bils: {}\n"])
def test_settings_that_name_nobody_name_nobody(tmp_path, content):
    path = tmp_path / "settings.yaml"
    path.write_text(content)

    assert addressees(str(path)).to == ()
    assert addressees(str(tmp_path / "gone.yaml")).to == ()


def test_a_mail_that_is_not_taken_fails_the_task_and_is_remembered(mailbox, monkeypatch):
    connection = json.loads(mailbox.connection())
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps({**connection, "port": 1}))

    with pytest.raises(OSError, match="refused"):
        report_task().execute(a_context(ALL_WELL))

    assert not ledger().mail_sent(DAG_ID, RUN_ID)
    (tried,) = ledger().questions.mails(DAG_ID, RUN_ID)
    assert "refused" in tried.error


def test_a_ledger_that_cant_tell_of_mails_keeps_none_from_going_out(mailbox):
    a_night()
    with ledger()._write() as connection:
        connection.exec_driver_sql("DROP TABLE mails")

    left = report_task().execute(a_context(ALL_WELL))

    assert left["emailed"] is True
    assert len(mailbox.mails) == 1


# The notifier behind it


def test_the_notifier_is_silent_where_the_report_task_mailed(mailbox):
    context = a_context(ALL_WELL, {("report", "return_value"): {"emailed": True}}, reason="success")

    RunReportNotifier(settings=SETTINGS)(context)

    assert mailbox.mails == ()


def test_the_notifier_is_silent_where_the_report_task_decided_that_nobody_is_told(mailbox):
    context = a_context(ALL_WELL, {("report", "return_value"): {"emailed": False}})

    RunReportNotifier(settings=SETTINGS)(context)

    assert mailbox.mails == ()


def test_the_notifier_tells_of_a_run_that_took_too_long(mailbox):
    a_run("projects", "projects")
    states = {"projects": "skipped", "bills": "skipped", "payments": None, "report": "skipped"}

    RunReportNotifier(settings=SETTINGS)(a_context(states, reason="timed_out"))

    (mail,) = mailbox.mails
    assert mail.subject.startswith("FAILED · ")
    assert "The run took longer than it may and was stopped." in mail.text
    assert f"Projects → tracking options: failed. {STOPPED}" in mail.text
    assert "Bill payments → payments issued: did not run. " in mail.text
    assert ledger().mail_sent(DAG_ID, RUN_ID)


def test_the_notifier_sends_what_the_report_task_could_not(mailbox):
    a_night()

    RunReportNotifier(settings=SETTINGS)(a_context({**ALL_WELL, "report": "failed"}))

    assert mailbox.mails[0].subject.startswith("1 to do · 1 written")


def test_the_mail_of_an_earlier_clear_does_not_silence_the_notifier(mailbox):
    before = {"emailed": True, "cleared": 0}
    context = a_context(
        {"projects": "skipped"}, {("report", "return_value"): before}, cleared=1, reason="timed_out"
    )

    RunReportNotifier(settings=SETTINGS)(context)

    assert mailbox.mails[0].subject.endswith("(run again)")


def test_the_notifier_needs_no_task_instance(mailbox):
    context = {"dag": a_context()["dag"], "run_id": RUN_ID, "reason": "timed_out"}

    RunReportNotifier(settings=SETTINGS)(context)

    assert mailbox.mails[0].subject == "FAILED · nothing written · Procore–Xero nightly"


def test_under_dag_test_the_notifier_leaves_the_mail_to_the_report_task(mailbox):
    context = a_context(ALL_WELL, reason="success")
    context["ti"].alone = True

    RunReportNotifier(settings=SETTINGS).notify(context)

    assert mailbox.mails == ()


def test_one_notifier_tells_each_run_in_its_own_words(mailbox):
    notifier = RunReportNotifier(settings=SETTINGS)

    notifier(a_context({"projects": "failed"}, reason="task_failure"))
    notifier({**a_context({"projects": "success"}, cleared=1), "run_id": "manual__2"})

    first, second = mailbox.mails
    assert RUN_ID in first.text
    assert "manual__2" in second.text
    assert first.subject.startswith("FAILED")
    assert second.subject.startswith("All good")


def test_a_reason_that_no_task_tells_is_told(mailbox):
    RunReportNotifier(settings=SETTINGS)(a_context(ALL_WELL, reason="all_tasks_deadlocked"))

    assert "The tasks left in the run wait for each other." in mailbox.mails[0].text
