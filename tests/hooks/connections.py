"""Connections as environment variables, pointing at a simulator in this process."""

from __future__ import annotations

import json
from typing import Any

import pytest

PROCORE: dict[str, Any] = {
    "conn_type": "procore",
    "host": "https://procore.example",
    "login": "procore-client",
    "password": "procore-secret",
    "extra": {"company_id": 4281379, "login_host": "https://login.example"},
}
XERO: dict[str, Any] = {
    "conn_type": "xero",
    "host": "https://xero.example",
    "login": "xero-client",
    "password": "xero-secret",
    "extra": {"identity_host": "https://identity.example"},
}


def connect(monkeypatch: pytest.MonkeyPatch, given: dict[str, Any], **changes: Any) -> None:
    """Set the default connection; *changes* go to the fields, or to extra where it has them."""
    fields = {name: each for name, each in changes.items() if name in given}
    extra = {**given["extra"], **{k: v for k, v in changes.items() if k not in given}}
    connection = {**given, **fields, "extra": extra}
    name = f"AIRFLOW_CONN_{given['conn_type'].upper()}_DEFAULT"
    monkeypatch.setenv(name, json.dumps(connection))
