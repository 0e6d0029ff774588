"""The ledger's connection: SQLite without one, PostgreSQL by one, a sentence where it is wrong."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from airflow.configuration import AIRFLOW_HOME
from airflow.providers.common.compat.sdk import AirflowNotFoundException
from cryptography.fernet import Fernet

from airflow_provider_procore_xero.apis.tokens import StoredToken
from airflow_provider_procore_xero.errors import ConnectionIncomplete
from airflow_provider_procore_xero.hooks import ledger as module
from airflow_provider_procore_xero.hooks.ledger import FernetCipher, LedgerHook, cipher
from airflow_provider_procore_xero.ledger.tables import HEAD


@pytest.fixture
def connection(monkeypatch):
    """Set the connection ``procore_xero_ledger``."""

    def give(uri: str = "", **fields: object) -> LedgerHook:
        monkeypatch.setenv("AIRFLOW_CONN_PROCORE_XERO_LEDGER", uri or json.dumps(fields))
        return LedgerHook()

    return give


@pytest.fixture
def hook(connection, tmp_path):
    return connection(conn_type="sqlite", host=str(tmp_path / "ledger.db"))


def test_without_a_connection_the_ledger_is_a_file_in_airflows_home():
    url = LedgerHook().url()

    assert url.drivername == "sqlite"
    assert url.database == str(Path(AIRFLOW_HOME) / "procore_xero.db")


def test_a_connection_asked_for_by_name_has_to_exist():
    with pytest.raises(AirflowNotFoundException):
        LedgerHook("another").url()


@pytest.mark.parametrize("kind", ["procore_xero_ledger", "postgres", "postgresql"])
def test_fields_name_a_postgresql_with_its_driver(connection, kind):
    hook = connection(
        conn_type=kind,
        host="db",
        port=5433,
        login="me",
        password="p@ss/word",
        schema="books",
        extra={"sslmode": "require", "cursor": "ours to ignore"},
    )

    assert hook.url().render_as_string(hide_password=False) == (
        "postgresql+psycopg2://me:p%40ss%2Fword@db:5433/books?sslmode=require"
    )


@pytest.mark.parametrize(
    "uri",
    [
        "postgres://me:secret@db:5432/books",
        "postgresql://me:secret@db:5432/books",
        "postgresql+psycopg2://me:secret@db:5432/books",
    ],
)
def test_a_uri_names_a_postgresql_with_its_driver(connection, uri):
    assert connection(uri).url().render_as_string(hide_password=False) == (
        "postgresql+psycopg2://me:secret@db:5432/books"
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"conn_type": "procore_xero_ledger", "host": "postgresql://db/books"},
        {"conn_type": "generic", "extra": {"url": "postgres://db/books"}},
        {"conn_type": "generic", "extra": {"sqlalchemy_url": "postgresql+psycopg2://db/books"}},
    ],
)
def test_a_whole_url_gets_its_login_from_the_connection(connection, fields):
    hook = connection(**fields, login="me", password="secret")

    assert hook.url().render_as_string(hide_password=False) == (
        "postgresql+psycopg2://me:secret@db/books"
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"conn_type": "sqlite", "host": "/data/ledger.db"},
        {"conn_type": "procore_xero_ledger", "host": "sqlite:////data/ledger.db"},
        {"conn_type": "generic", "extra": {"url": "sqlite:////data/ledger.db"}},
    ],
)
def test_a_file_may_be_named_in_several_ways(connection, fields):
    assert str(connection(**fields).url()) == "sqlite:////data/ledger.db"


@pytest.mark.parametrize(
    "fields",
    [
        {"conn_type": "procore_xero_ledger"},
        {"conn_type": "postgres", "host": "db"},
        {"conn_type": "generic", "host": "db", "schema": "books"},
        {"conn_type": "sqlite"},
        {"conn_type": "generic", "extra": {"url": "no url at all"}},
    ],
)
def test_a_connection_without_a_database_is_named_with_what_to_do(connection, fields):
    with pytest.raises(ConnectionIncomplete, match=r"procore_xero_ledger .*Give"):
        connection(**fields).url()


def test_the_ledger_comes_ready_for_its_pair(hook):
    ledger = hook.get_conn("1:tenant")

    run = ledger.begin_run("vendors", "apply")

    assert hook.get_conn("1:tenant").run(run).entity == "vendors"
    assert hook.get_conn("2:tenant").runs() == []


def test_tokens_are_encrypted_with_airflows_key_and_of_the_clients_class(hook, connection):
    token = StoredToken("a", "r", datetime(2026, 3, 2, tzinfo=UTC), 1)

    assert hook.get_conn().tokens.swap("xero:1", None, token)

    assert hook.get_conn().tokens.load("xero:1") == token


def test_tokens_encrypted_with_another_key_name_the_setting():
    theirs = FernetCipher(Fernet(Fernet.generate_key())).encrypt(b"secret")

    with pytest.raises(ConnectionIncomplete, match="fernet_key"):
        FernetCipher(Fernet(Fernet.generate_key())).decrypt(theirs)


def test_airflow_without_a_key_encrypts_nothing():
    script = (
        "from airflow_provider_procore_xero.hooks.ledger import cipher\nprint('cipher:', cipher())"
    )

    said = subprocess.run(
        [sys.executable, "-c", script],
        env={"PATH": "", "AIRFLOW_HOME": AIRFLOW_HOME, "AIRFLOW__CORE__FERNET_KEY": ""},
        cwd=Path(module.__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )

    assert cipher() is not None
    assert said.stdout.strip().endswith("cipher: None")


def test_the_test_button_says_where_the_ledger_is_and_hides_the_password(hook):
    works, sentence = hook.test_connection()

    assert works
    assert "ledger.db" in sentence
    assert HEAD in sentence


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"conn_type": "sqlite", "host": "/no/such/folder/ledger.db"}, "unable to open"),
        ({"conn_type": "postgres", "host": "127.0.0.1", "port": 1, "schema": "d"}, "refused"),
        ({"conn_type": "postgres"}, "names no database"),
    ],
)
def test_the_test_button_says_what_is_wrong(connection, fields, said):
    works, sentence = connection(**fields, login="me", password="secret").test_connection()

    assert not works
    assert said in sentence
    assert "secret" not in sentence


def test_importing_the_hook_loads_no_database_library():
    script = (
        "import sys\n"
        "import airflow.sdk, airflow.providers.common.compat.sdk\n"
        "before = set(sys.modules)\n"
        "import airflow_provider_procore_xero.hooks.ledger\n"
        "new = {name.split('.')[0] for name in set(sys.modules) - before} - {'airflow'}\n"
        "print(sorted(new))"
    )

    said = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    assert said.stdout.strip().splitlines()[-1] == "['airflow_provider_procore_xero']"
