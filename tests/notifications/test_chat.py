"""The word in a chat: short, and through Airflow's own HTTP connection."""

from __future__ import annotations

import json

import pytest
import requests
from airflow.providers.common.compat.sdk import AirflowException

from airflow_provider_procore_xero.errors import SyncError
from airflow_provider_procore_xero.notifications.chat import ChatNotifier
from airflow_provider_procore_xero.sync.plan import Reason
from tests.notifications.reports import an_outcome, held
from tests.notifications.runs import a_context, a_run, ledger

RUN_URL = (
    "https://airflow.example.com/dags/procore_xero_nightly/runs/"
    "scheduled__2026-11-22T15%3A00%3A00%2B00%3A00"
)
HOOK = "https://hooks.example.com/services/T1/B2/s3cret"

pytestmark = pytest.mark.usefixtures("connections")


@pytest.fixture
def chat(monkeypatch, requests_mock):
    """Return the webhook, which the connection ``procore_xero_chat`` leads to."""
    connection = {
        "conn_type": "http",
        "host": "https://hooks.example.com/services",
        "password": "T1/B2/s3cret",
    }
    monkeypatch.setenv("AIRFLOW_CONN_PROCORE_XERO_CHAT", json.dumps(connection))
    return requests_mock.post(HOOK, text="ok")


def test_it_posts_counts_what_to_do_and_a_link(chat):
    run = a_run("subcontractor_invoices", "bills")
    ledger().add_outcomes(run, [an_outcome(1), held(2), held(3)])
    ledger().end_run(run, "success", {"read": 3, "created": 1, "held": 2}, {})

    ChatNotifier()(a_context({"bills": "success", "payments": "failed"}))

    first, *rest = chat.last_request.json()["text"].splitlines()
    assert first.startswith("FAILED · 2 to do · 1 written · Procore–Xero nightly, ")
    assert rest == [
        "• Bill payments → payments issued: failed",
        "• 2 × No billing date",
        RUN_URL,
    ]


def test_under_dag_test_it_posts_what_the_ledger_knows(chat):
    context = a_context()
    context["ti"].alone = True

    ChatNotifier()(context)

    assert chat.last_request.json()["text"].startswith("All good · nothing written · ")


def test_it_stays_short(chat):
    run = a_run("subcontractor_invoices", "bills")
    ledger().add_outcomes(
        run, [held(n, Reason(code=f"REASON_{n}", sentence="So.")) for n in range(30)]
    )
    ledger().end_run(run, "success", {"held": 30}, {})

    ChatNotifier()(a_context({"bills": "success"}))

    said = chat.last_request.json()["text"]
    assert "• and 25 more reasons, see the mail" in said
    assert len(said.splitlines()) == 8


def test_it_mentions_nobody(chat):
    run = a_run("subcontractor_invoices", "bills")
    ledger().add_outcomes(run, [held(1, Reason(code="<!channel>_@all", sentence="So."))])
    ledger().end_run(run, "success", {"held": 1}, {})

    ChatNotifier()(a_context({"bills": "success"}))

    said = chat.last_request.json()["text"]
    assert "<" not in said
    assert "@" not in said


def test_a_webhook_that_says_no_is_an_error_without_its_secret(chat, requests_mock):
    requests_mock.post(HOOK, status_code=404, reason="Not Found", text="no_service")

    with pytest.raises(AirflowException, match="404") as caught:
        ChatNotifier().post("Hello")

    assert "s3cret" not in str(caught.value)


def test_a_chat_that_can_t_be_reached_is_named_without_its_secret(chat, requests_mock):
    requests_mock.post(HOOK, exc=requests.ConnectTimeout(HOOK))

    with pytest.raises(SyncError, match="procore_xero_chat can't be reached: ConnectTimeout"):
        ChatNotifier().post("Hello")
