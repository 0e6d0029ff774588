"""Tokens: encrypted, renewed by one worker at a time, changed by compare-and-set."""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from airflow_provider_procore_xero.apis.tokens import StoredToken, TokenStore
from airflow_provider_procore_xero.errors import ConnectionIncomplete, SyncError
from airflow_provider_procore_xero.ledger import tokens as module
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.ledger.tables import tokens
from airflow_provider_procore_xero.ledger.tokens import LEASE

SOON = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)


@pytest.fixture
def key():
    return f"xero:{uuid.uuid4()}"


def a_token(version=1, refresh="refresh-1"):
    return StoredToken(f"access-{version}", refresh, SOON, version)


def test_a_token_comes_back_as_it_was(ledger, key):
    store: TokenStore = ledger.tokens

    assert store.load(key) is None
    assert store.swap(key, None, a_token())

    assert store.load(key) == a_token()


def test_tokens_are_not_readable_in_the_database(ledger, engine, key):
    ledger.tokens.swap(key, None, a_token())

    with engine.connect() as connection:
        row = connection.execute(select(tokens).where(tokens.c.key == key)).one()

    assert b"access-1" not in bytes(row.ciphertext)
    assert "refresh-1" not in repr(StoredToken("access-1", "refresh-1", SOON, 1))


def test_of_two_workers_with_the_same_old_token_one_stores_its_new_one(new_ledger, key):
    one, other = new_ledger().tokens, new_ledger().tokens
    one.swap(key, None, a_token(1))
    seen, seen_too = one.load(key), other.load(key)

    assert one.swap(key, seen, a_token(2, "mine"))
    assert not other.swap(key, seen_too, a_token(2, "theirs"))

    assert other.load(key).refresh == "mine"


def test_of_two_first_tokens_one_is_stored(new_ledger, key):
    assert new_ledger().tokens.swap(key, None, a_token(1, "first"))
    assert not new_ledger().tokens.swap(key, None, a_token(1, "second"))


def test_workers_at_once_store_one_token(new_ledger, key):
    new_ledger().tokens.swap(key, None, a_token(1))
    together = threading.Barrier(4)

    def renew(worker):
        store = new_ledger().tokens
        seen = store.load(key)
        together.wait()
        return store.swap(key, seen, a_token(2, f"of worker {worker}"))

    with ThreadPoolExecutor(4) as pool:
        stored = list(pool.map(renew, range(4)))

    assert sorted(stored) == [False, False, False, True]


def test_one_worker_at_a_time_holds_the_lock(new_ledger, key):
    inside, most = [], []

    def renew(_):
        with new_ledger().tokens.lock(key):
            inside.append(1)
            most.append(len(inside))
            time.sleep(0.05)
            inside.pop()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(renew, range(4)))

    assert most == [1, 1, 1, 1]


def test_locks_of_other_tokens_are_free(ledger, key):
    with ledger.tokens.lock(key), ledger.tokens.lock(f"{key}-other"):
        pass


def test_the_lock_is_free_again_after_an_error(ledger, key, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0)
    with pytest.raises(ZeroDivisionError), ledger.tokens.lock(key):
        raise ZeroDivisionError

    with ledger.tokens.lock(key):
        pass


def test_a_worker_that_died_holds_the_lock_until_its_lease_ends(new_ledger, key, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0)
    dead = new_ledger().tokens.lock(key)
    dead.__enter__()

    with pytest.raises(SyncError, match="Another worker"), new_ledger().tokens.lock(key):
        pass

    monkeypatch.setattr(module, "now", lambda: datetime.now(UTC) + LEASE + timedelta(seconds=1))
    with new_ledger().tokens.lock(key):
        pass


def test_a_refresh_token_is_not_stored_without_a_key(engine, key):
    store = Ledger(engine, "", cipher=None).tokens

    with pytest.raises(ConnectionIncomplete, match="fernet_key"):
        store.swap(key, None, a_token())

    assert store.load(key) is None


def test_without_a_key_a_bearer_that_can_be_asked_for_again_is_just_not_kept(engine, key):
    store = Ledger(engine, "", cipher=None).tokens

    assert store.swap(key, None, a_token(refresh=None))
    assert store.load(key) is None


def test_who_held_a_lock_for_too_long_does_not_free_the_next_ones(new_ledger, key, monkeypatch):
    slow, quick = (new_ledger().tokens.lock(key) for _ in range(2))
    slow.__enter__()
    monkeypatch.setattr(module, "now", lambda: datetime.now(UTC) + LEASE + timedelta(seconds=1))
    quick.__enter__()

    slow.__exit__(None, None, None)

    monkeypatch.setattr(module, "PATIENCE_SECONDS", 0)
    with pytest.raises(SyncError, match="Another worker"), new_ledger().tokens.lock(key):
        pass


def test_no_token_shows_in_a_repr():
    assert "secret" not in repr(module.StoredToken("secret", "secret", SOON, 1))
