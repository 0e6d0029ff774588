"""The Xero connection: what it may say, what is missing, and the Test button."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest

from airflow_provider_procore_xero.apis.allowance import State
from airflow_provider_procore_xero.apis.tokens import MemoryTokens
from airflow_provider_procore_xero.errors import ConnectionIncomplete
from airflow_provider_procore_xero.hooks.pair import pair_of
from airflow_provider_procore_xero.hooks.xero import XeroHook
from airflow_provider_procore_xero.simulator.server import Simulator
from tests.hooks.connections import PROCORE, XERO, connect
from tests.in_process import InProcessTransport

TENANT = "c3d50000-0000-4000-8000-00000000cafe"
CONSENT = {"grant_type": "refresh_token", "refresh_token": "xero-refresh"}


@dataclass
class Account:
    """What the workers know of the calls to Xero, whichever tenant is asked about."""

    state: str

    def text(self, key: str) -> str:
        return self.state


def test_a_custom_connection_needs_no_tenant(
    monkeypatch: pytest.MonkeyPatch, network: InProcessTransport, simulator: Simulator
) -> None:
    connect(monkeypatch, XERO)

    with XeroHook().get_conn(transport=network) as xero:
        assert xero.organisation()["Name"]

    calls = simulator.calls.of("xero", "GET")
    assert all("xero-tenant-id" not in call.headers for call in calls)


def test_a_consent_finds_its_only_organisation(
    monkeypatch: pytest.MonkeyPatch, network: InProcessTransport
) -> None:
    connect(monkeypatch, XERO, **CONSENT)

    xero = XeroHook().get_conn(tokens=MemoryTokens(), transport=network)

    assert xero.tenant_id() == TENANT


def test_links_lead_to_xero_unless_told_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, XERO)
    assert XeroHook().get_conn().web_host == "https://go.xero.com"

    connect(monkeypatch, XERO, web_host="http://127.0.0.1:8010/")
    assert XeroHook().get_conn().web_host == "http://127.0.0.1:8010"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"login": ""}, "'xero_default': login is empty"),
        ({"password": None}, "password is empty"),
        ({"host": "http://api.xero.com"}, "must begin with https://"),
        ({"identity_host": "identity"}, "identity_host is 'identity'"),
        ({"grant_type": "refresh_token"}, "refresh_token is empty"),
    ],
)
def test_what_is_missing_is_named_with_its_connection_and_fix(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], sentence: str
) -> None:
    connect(monkeypatch, XERO, **changes)

    with pytest.raises(ConnectionIncomplete) as raised:
        XeroHook().get_conn()

    assert sentence in str(raised.value)


def test_the_test_button_names_the_organisation(
    monkeypatch: pytest.MonkeyPatch, network: InProcessTransport
) -> None:
    connect(monkeypatch, XERO)

    works, sentence = XeroHook().test_connection(transport=network)

    assert works
    assert sentence.startswith("Signed in to the Xero organisation ")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"password": "wrong"}, "does not know this client id and secret"),
        ({"scopes": "accounting.gold"}, "scopes 'accounting.gold'"),
        ({"scopes": "accounting.contacts"}, "lacks the scope"),
        ({"tenant_id": "not-ours"}, "organisation not-ours"),
    ],
)
def test_the_test_button_names_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
    network: InProcessTransport,
    changes: dict[str, Any],
    sentence: str,
) -> None:
    connect(monkeypatch, XERO, **changes)

    works, said = XeroHook().test_connection(transport=network)

    assert not works
    assert sentence in said


def test_the_test_button_uses_no_refresh_token_up(
    monkeypatch: pytest.MonkeyPatch, simulator: Simulator, network: InProcessTransport
) -> None:
    connect(monkeypatch, XERO, **CONSENT)

    works, said = XeroHook().test_connection(transport=network)

    assert works
    assert "not tried" in said
    assert simulator.xero.tokens.current == "xero-refresh"


def test_airflow_3_1_gets_its_form(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("wtforms", "flask_appbuilder", "flask_appbuilder.fieldwidgets"):
        monkeypatch.setitem(sys.modules, module, MagicMock())

    fields = XeroHook.get_connection_form_widgets()

    assert {"tenant_id", "scopes", "identity_host", "refresh_token"} <= set(fields)
    assert XeroHook.get_ui_field_behaviour()["hidden_fields"] == ["schema", "port"]


def test_tokens_are_masked_the_moment_they_are_received(
    monkeypatch: pytest.MonkeyPatch, network: InProcessTransport
) -> None:
    heard: list[object] = []
    monkeypatch.setattr("airflow.sdk.log.mask_secret", heard.append)
    connect(monkeypatch, XERO, **CONSENT)

    XeroHook().get_conn(tokens=MemoryTokens(), transport=network).organisation()

    assert "xero-refresh-1" in heard


def test_refresh_tokens_are_kept_in_the_ledger_where_nobody_says_otherwise(
    monkeypatch: pytest.MonkeyPatch,
    network: InProcessTransport,
    simulator: Simulator,
    tmp_path: Path,
) -> None:
    kept = {"conn_type": "sqlite", "host": str(tmp_path / "ledger.db")}
    monkeypatch.setenv("AIRFLOW_CONN_PROCORE_XERO_LEDGER", json.dumps(kept))
    connect(monkeypatch, XERO, **CONSENT)

    for _ in range(2):
        assert XeroHook().get_conn(transport=network).organisation()["Name"]

    assert len(simulator.calls.of("xero", "POST", "/connect/token")) == 1


def test_a_pair_is_named_by_what_its_connections_name(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, PROCORE)
    connect(monkeypatch, XERO)
    assert pair_of("procore_default", "xero_default") == "4281379:xero-client"

    connect(monkeypatch, XERO, tenant_id=TENANT)
    assert pair_of("procore_default", "xero_default") == f"4281379:{TENANT}"


@pytest.mark.parametrize(("hours", "told"), [(1, 4310), (25, None)])
def test_what_was_left_of_another_day_is_not_told(
    monkeypatch: pytest.MonkeyPatch, hours: int, told: int | None
) -> None:
    connect(monkeypatch, XERO)
    said = datetime.now(UTC) - timedelta(hours=hours)
    account: Any = Account(State(day=4310, day_at=said.timestamp()).text())

    left = XeroHook().left_today(account)

    assert (left and left[0]) == told
