"""The Procore connection: what it may say, what is missing, and the Test button."""

from __future__ import annotations

import sys
from typing import Any
from unittest.mock import MagicMock

import httpx
import pytest
from airflow.sdk import Connection

from airflow_provider_procore_xero.apis.tokens import MemoryTokens
from airflow_provider_procore_xero.errors import ConnectionIncomplete
from airflow_provider_procore_xero.hooks.procore import ProcoreHook
from airflow_provider_procore_xero.simulator.server import Simulator
from tests.hooks.connections import PROCORE, connect
from tests.in_process import InProcessTransport


def test_a_connection_becomes_a_client_of_its_company(
    monkeypatch: pytest.MonkeyPatch, network: InProcessTransport
) -> None:
    connect(monkeypatch, PROCORE)

    with ProcoreHook().get_conn(transport=network) as procore:
        assert procore.me()["id"]
        assert procore.company_id == 4281379


def test_a_company_id_may_be_a_text_and_the_web_host_may_be_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    connect(monkeypatch, PROCORE, company_id="4281379", web_host="https://uk01.procore.com/")

    procore = ProcoreHook().get_conn()

    assert procore.web_host() == "https://uk01.procore.com"
    assert procore.calls == 0


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"company_id": ""}, "'procore_default': company_id is empty; it stands after /companies/"),
        ({"company_id": "0"}, "company_id is '0', not a number"),
        ({"company_id": "Hartnell"}, "company_id is 'Hartnell', not a number"),
        ({"login": ""}, "'procore_default': login is empty; put the app's client id there"),
        ({"password": ""}, "password is empty; put the client secret there"),
        ({"host": "http://api.procore.com"}, "'procore_default': host is 'http://api.procore.com'"),
        ({"login_host": "http://login.procore.com"}, "login_host is 'http://login.procore.com'"),
        ({"grant_type": "password"}, "grant_type is 'password'; use client_credentials or"),
        ({"grant_type": "refresh_token"}, "refresh_token is empty; give consent"),
    ],
)
def test_what_is_missing_is_named_with_its_connection_and_fix(
    monkeypatch: pytest.MonkeyPatch, changes: dict[str, Any], sentence: str
) -> None:
    connect(monkeypatch, PROCORE, **changes)

    with pytest.raises(ConnectionIncomplete) as raised:
        ProcoreHook().get_conn()

    assert sentence in str(raised.value)


def test_making_a_hook_asks_nobody_anything() -> None:
    assert ProcoreHook("no_such_connection").procore_conn_id == "no_such_connection"


def test_airflow_can_make_the_hook_from_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, PROCORE)
    monkeypatch.setenv("AIRFLOW_CONN_MINE", '{"conn_type": "procore", "host": "x"}')

    hook = ProcoreHook(**{ProcoreHook.conn_name_attr: "mine"})

    assert hook.get_connection("mine").conn_type == ProcoreHook.conn_type
    assert isinstance(hook.get_connection("mine"), Connection)


def test_the_test_button_says_where_it_signed_in(
    monkeypatch: pytest.MonkeyPatch, network: InProcessTransport
) -> None:
    connect(monkeypatch, PROCORE)

    works, sentence = ProcoreHook().test_connection(transport=network)

    assert works
    assert sentence.startswith("Signed in to Procore company 4281379 at https://")


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"password": "wrong"}, "does not know this client id and secret"),
        ({"company_id": 5}, "not connected to Procore company 5"),
        ({"company_id": None}, "company_id is empty"),
    ],
)
def test_the_test_button_names_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch,
    network: InProcessTransport,
    changes: dict[str, Any],
    sentence: str,
) -> None:
    connect(monkeypatch, PROCORE, **changes)

    works, said = ProcoreHook().test_connection(transport=network)

    assert not works
    assert sentence in said
    assert "wrong" not in said


def test_the_test_button_names_a_host_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda seconds: None)
    connect(monkeypatch, PROCORE, login_host="http://127.0.0.1:9")

    works, said = ProcoreHook().test_connection()

    assert not works
    assert "127.0.0.1 can't be reached" in said


def test_the_test_button_uses_no_refresh_token_up(
    monkeypatch: pytest.MonkeyPatch, simulator: Simulator, network: InProcessTransport
) -> None:
    connect(monkeypatch, PROCORE, grant_type="refresh_token", refresh_token="procore-refresh")

    works, said = ProcoreHook().test_connection(transport=network)

    assert works
    assert "not tried" in said
    assert "procore-refresh" in simulator.procore.tokens.refresh_tokens


def test_whatever_breaks_the_test_button_gets_a_text(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(httpx.BaseTransport):
        def handle_request(self, request: httpx.Request) -> httpx.Response:
            raise ZeroDivisionError("oh")

    connect(monkeypatch, PROCORE)

    assert ProcoreHook().test_connection(transport=Broken()) == (False, "ZeroDivisionError: oh")


def test_rotated_tokens_are_kept_where_the_caller_says(
    monkeypatch: pytest.MonkeyPatch, network: InProcessTransport
) -> None:
    connect(monkeypatch, PROCORE, grant_type="refresh_token", refresh_token="procore-refresh")
    tokens = MemoryTokens()

    ProcoreHook().get_conn(tokens=tokens, transport=network).me()

    assert ProcoreHook().get_conn(tokens=tokens, transport=network).me()["id"]


def test_tokens_are_masked_the_moment_they_are_received(
    monkeypatch: pytest.MonkeyPatch, network: InProcessTransport
) -> None:
    heard: list[object] = []
    monkeypatch.setattr("airflow.sdk.log.mask_secret", heard.append)
    connect(monkeypatch, PROCORE)

    ProcoreHook().get_conn(transport=network).me()

    assert "procore-access-1" in heard


def test_airflow_3_1_gets_its_form(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("wtforms", "flask_appbuilder", "flask_appbuilder.fieldwidgets"):
        monkeypatch.setitem(sys.modules, module, MagicMock())

    fields = ProcoreHook.get_connection_form_widgets()

    assert set(fields) == {"company_id", "grant_type", "refresh_token", "login_host", "web_host"}
    assert ProcoreHook.get_ui_field_behaviour()["relabeling"]["login"] == "Client id"


def test_no_secret_of_a_connection_shows_in_a_repr(monkeypatch: pytest.MonkeyPatch) -> None:
    connect(monkeypatch, PROCORE, grant_type="refresh_token", refresh_token="hidden")

    shown = repr(ProcoreHook()._given())

    assert "procore-client" in shown
    assert "procore-secret" not in shown
    assert "hidden" not in shown
