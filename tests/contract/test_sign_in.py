"""Signing in to the simulator: both grants, rotation, and what is said when it fails."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from airflow_provider_procore_xero.apis.tokens import MemoryTokens, StoredToken, Token
from airflow_provider_procore_xero.errors import (
    ConnectionIncomplete,
    SignInRefused,
    Unreachable,
)
from tests.contract.conftest import World

REFRESHING: dict[str, Any] = {"grant_type": "refresh_token", "refresh_token": "procore-refresh"}
TOKEN = "/oauth/token"


class Shared(MemoryTokens):
    """A store that several clients use; remembers who asked for its lock."""

    def __init__(self) -> None:
        super().__init__()
        self.saved: list[Token] = []

    def swap(self, key: str, old: Token | None, new: Token) -> bool:
        self.saved.append(new)
        return super().swap(key, old, new)


class Unwilling(MemoryTokens):
    """A store that can't keep a refresh token."""

    def swap(self, key: str, old: Token | None, new: Token) -> bool:
        raise ConnectionIncomplete("Set [core] fernet_key.")


class Overtaken(MemoryTokens):
    """Somebody else renews while we wait for the lock."""

    def __init__(self, theirs: StoredToken) -> None:
        super().__init__()
        self.theirs = theirs

    @contextmanager
    def lock(self, key: str) -> Iterator[None]:
        self._tokens[key] = self.theirs
        yield


def asked_for_tokens(world: World) -> int:
    return len(world.simulator.calls.of("procore", "POST", TOKEN))


def test_a_token_is_asked_for_once_and_used_until_a_minute_before_its_end(world: World) -> None:
    procore = world.procore()
    procore.me()
    world.simulator.clock.advance(5400 - 61)
    procore.me()
    assert asked_for_tokens(world) == 1

    world.simulator.clock.advance(2)
    procore.me()

    assert asked_for_tokens(world) == 2


def test_a_refresh_token_rotates_and_the_new_pair_is_saved_before_it_is_used(
    world: World,
) -> None:
    store = Shared()
    world.procore(**REFRESHING, tokens=store).me()
    world.simulator.clock.advance(6000)

    world.procore(**REFRESHING, tokens=store).me()

    assert [token.version for token in store.saved] == [0, 1, 2]
    assert [token.refresh for token in store.saved] == [
        "procore-refresh",
        "procore-refresh-1",
        "procore-refresh-2",
    ]


def test_every_token_is_told_to_the_masker_as_it_arrives(world: World) -> None:
    world.procore(**REFRESHING).me()

    assert {"procore-access-1", "procore-refresh-1"} <= set(world.heard)


def test_ten_threads_refresh_once(world: World) -> None:
    store = Shared()
    start = threading.Barrier(10)

    def work(number: int) -> object:
        start.wait()
        return world.procore(**REFRESHING, tokens=store).me()["id"]

    with ThreadPoolExecutor(10) as pool:
        assert len(set(pool.map(work, range(10)))) == 1

    assert asked_for_tokens(world) == 1


def test_a_worker_that_was_overtaken_uses_the_others_token(world: World) -> None:
    theirs = world.simulator.procore.tokens.issue(refreshable=True)
    store = Overtaken(
        StoredToken(
            theirs["access_token"], theirs["refresh_token"], world.now().replace(year=2027), 7
        )
    )

    assert world.procore(**REFRESHING, tokens=store).me()
    assert asked_for_tokens(world) == 0


def test_a_store_that_cannot_keep_the_token_is_noticed_before_the_token_is_spent(
    world: World,
) -> None:
    with pytest.raises(ConnectionIncomplete):
        world.procore(**REFRESHING, tokens=Unwilling()).me()

    assert world.procore(**REFRESHING, tokens=Shared()).me()


def test_consenting_again_starts_afresh_whatever_the_store_holds(world: World) -> None:
    store = Shared()
    world.procore(**REFRESHING, tokens=store).me()
    world.simulator.procore.tokens.refresh_tokens = {"fresh-consent"}
    world.simulator.clock.advance(6000)

    procore = world.procore(grant_type="refresh_token", refresh_token="fresh-consent", tokens=store)

    assert procore.me()


def test_a_refresh_token_that_was_used_asks_for_consent(world: World) -> None:
    world.simulator.procore.tokens.use_up("procore-refresh")

    with pytest.raises(SignInRefused, match="Consent again and put the new refresh_token"):
        world.procore(**REFRESHING).me()


def test_a_lost_answer_to_a_refresh_of_procores_is_not_tried_again(world: World) -> None:
    world.simulator.faults.arm("drop_after", side="procore", path=TOKEN)

    with pytest.raises(Unreachable, match="may be spent"):
        world.procore(**REFRESHING).me()

    assert asked_for_tokens(world) == 1


def test_a_lost_answer_to_a_refresh_of_xeros_is_tried_again_within_its_grace(
    world: World,
) -> None:
    world.simulator.faults.arm("drop_after", side="xero", path="/connect/token")
    tenant = "c3d50000-0000-4000-8000-00000000cafe"
    xero = world.xero(grant_type="refresh_token", refresh_token="xero-refresh", tenant_id=tenant)

    assert xero.organisation()["Name"]


def test_wrong_credentials_are_named(world: World) -> None:
    with pytest.raises(SignInRefused, match="does not know this client id and secret"):
        world.procore(client_secret="wrong").me()
    with pytest.raises(SignInRefused, match="Check login and password"):
        world.xero(client_secret="wrong").organisation()


@pytest.mark.parametrize("status", [400, 401])
def test_a_wrong_secret_reads_the_same_whichever_status_xero_chooses(
    build: Callable[..., World], status: int
) -> None:
    world = build(wrong_secret_status=status)

    with pytest.raises(SignInRefused, match="does not know this client id and secret"):
        world.xero(client_secret="wrong").organisation()


def test_scopes_that_the_app_lacks_are_named(world: World) -> None:
    with pytest.raises(SignInRefused, match=r"scopes 'accounting\.gold'"):
        world.xero(scopes="accounting.gold").organisation()


def test_a_login_host_that_answers_html_is_named(world: World) -> None:
    world.simulator.faults.arm("html", side="procore", path=TOKEN, times=9)

    with pytest.raises(Unreachable, match=r"login\.procore\.example answered 200 with no token"):
        world.procore().me()


def test_a_token_does_not_show_in_a_repr(world: World) -> None:
    token = StoredToken("access-secret", "refresh-secret", world.now(), 1)

    assert "secret" not in repr(token)


def test_no_secret_is_sent_to_a_login_host_in_the_clear(world: World) -> None:
    with pytest.raises(ConnectionIncomplete, match="the login host is"):
        world.procore(login_host="http://login.procore.example")
    with pytest.raises(ConnectionIncomplete, match="the identity host is"):
        world.xero(identity_host="http://identity.xero.example")
