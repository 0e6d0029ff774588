"""Tokens where the login host, or the store, is not as it should be."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from airflow_provider_procore_xero.apis.oauth import Credentials, Tokens
from airflow_provider_procore_xero.apis.tokens import MemoryTokens, StoredToken, Token
from airflow_provider_procore_xero.errors import Unreachable
from tests.apis.world import Network, Say, Time, html, json


class Meddled(MemoryTokens):
    """Another worker stores a token that is no longer good, right before ours."""

    def __init__(self, time: Time) -> None:
        super().__init__()
        self.stale = StoredToken("stale", "stale", time.now() - timedelta(days=1), 1)

    def swap(self, key: str, old: Token | None, new: Token) -> bool:
        if new.access == "new" and self.load(key) != self.stale:
            self._tokens[key] = self.stale
        return super().swap(key, old, new)


def credentials(**changes: Any) -> Credentials:
    given: dict[str, Any] = {
        "system": "procore",
        "token_url": "https://login.example/oauth/token",
        "client_id": "app",
        "client_secret": "hidden-secret",
        "client_auth": "client_secret_post",
        "grant_type": "refresh_token",
        "refresh_token": "hidden-seed",
        "once": True,
    }
    return Credentials(**{**given, **changes})


def tokens(time: Time, *says: Say, store: MemoryTokens | None = None) -> tuple[Tokens, Network]:
    network = Network(*says)
    found = Tokens(credentials(), store=store, transport=network, now=time.now, sleep=time.sleep)
    return found, network


def a_pair(**more: Any) -> Say:
    return json(body={"access_token": "new", "expires_in": 1800, **more})


def test_a_refresh_token_that_is_not_rotated_is_kept() -> None:
    signed_in, _ = tokens(Time(), a_pair())

    assert signed_in.bearer().refresh == "hidden-seed"


def test_a_new_pair_is_stored_though_somebody_stored_a_stale_one_meanwhile() -> None:
    time = Time()
    store = Meddled(time)
    signed_in, _ = tokens(time, a_pair(refresh_token="next"), store=store)

    assert signed_in.bearer().access == "new"

    kept = store.load(credentials().key)
    assert kept is not None
    assert (kept.access, kept.refresh) == ("new", "next")


@pytest.mark.parametrize("says", [html(), json(503)])
def test_an_answer_without_a_token_to_a_refresh_of_procores_is_not_tried_again(says: Say) -> None:
    signed_in, network = tokens(Time(), says)

    with pytest.raises(Unreachable, match="may be spent"):
        signed_in.bearer()

    assert len(network.requests) == 1


def test_a_login_host_that_asks_for_hours_is_not_waited_for() -> None:
    time = Time()
    signed_in, network = tokens(time, json(429, Retry_After="7200"))

    with pytest.raises(Unreachable):
        signed_in.bearer()

    assert time.slept == []
    assert len(network.requests) == 1


def test_credentials_do_not_show_in_a_repr() -> None:
    assert "hidden" not in repr(credentials())


def test_of_two_tokens_in_memory_the_first_stays() -> None:
    store, at = MemoryTokens(), Time().now()
    first, second = (StoredToken(access, None, at, 1) for access in ("first", "second"))

    assert store.swap("k", None, first)
    assert not store.swap("k", None, second)

    assert store.load("k") == first
