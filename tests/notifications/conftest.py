"""Connections as Airflow finds them in the environment, and a mail server to send to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.mailbox import Mailbox


@pytest.fixture(scope="session")
def mail_server() -> Iterator[Mailbox]:
    with Mailbox() as mailbox:
        yield mailbox


@pytest.fixture
def mailbox(mail_server: Mailbox, monkeypatch: pytest.MonkeyPatch) -> Mailbox:
    """Return an empty mailbox, which ``smtp_default`` leads to."""
    mail_server.clear()
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", mail_server.connection())
    return mail_server


@pytest.fixture
def connections(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Give Procore, Xero and a fresh ledger a connection each."""
    given = {
        "PROCORE_DEFAULT": {"conn_type": "procore", "extra": {"company_id": 4711}},
        "XERO_DEFAULT": {"conn_type": "xero", "extra": {"tenant_id": "tenant-1"}},
        "PROCORE_XERO_LEDGER": {"conn_type": "sqlite", "host": str(tmp_path / "ledger.db")},
    }
    for name, fields in given.items():
        credentials = {"login": "id", "password": "made-up"} if "extra" in fields else {}
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", json.dumps({**fields, **credentials}))
    monkeypatch.setenv("AIRFLOW__API__BASE_URL", "https://airflow.example.com/")
