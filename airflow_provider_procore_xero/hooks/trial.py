"""What both hooks do around a client: mask its tokens, keep them, try it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ..errors import SyncError, in_full
from .credentials import Given

if TYPE_CHECKING:
    import httpx

    from ..apis.tokens import TokenStore


def mask(secret: str) -> None:
    """Keep *secret* out of every log line from now on."""
    from airflow.sdk.log import mask_secret

    mask_secret(secret)


def store_for(given: Given, tokens: TokenStore | None) -> TokenStore | None:
    """Return *tokens*, else the ledger's for refresh tokens, which change with every use."""
    if tokens is None and given.refreshes:
        from .ledger import LedgerHook

        return LedgerHook().get_conn().tokens
    return tokens


def trial(attempt: Callable[[], str]) -> tuple[bool, str]:
    """Return what Airflow's *Test* button shows: whether it worked, and a sentence."""
    try:
        return True, attempt()
    except SyncError as error:
        return False, in_full(error)
    except Exception as error:  # noqa: BLE001 - the page must get a text, whatever broke
        return False, f"{type(error).__name__}: {error}"


def nothing_was_tried(given: Given, system: str, transport: httpx.BaseTransport | None) -> str:
    """Check what can be checked without signing in, and say so.

    A refresh token is used up by trying it, and what a test receives is not kept.
    """
    from ..apis.reach import reach

    for url in (given.url, given.login_url):
        reach(url, system=system, transport=transport)
    return (
        "The fields are complete and both hosts answer. The refresh token itself was not tried, "
        "because that would use it up; the first run will tell."
    )
