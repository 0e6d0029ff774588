"""What an answer shows of the request it answers."""

from __future__ import annotations

import httpx
import pytest

from airflow_provider_procore_xero.apis.answers import without_echo


def shown(bearer: str, content: bytes) -> bytes:
    request = httpx.Request("GET", "https://api.example/x", headers={"Authorization": bearer})
    return without_echo(httpx.Response(200, content=content, request=request)).content


def test_a_bearer_that_a_gateway_echoes_is_taken_out() -> None:
    assert shown("Bearer 0123456789abcdef", b"sent: 0123456789abcdef") == b"sent: ***"


@pytest.mark.parametrize("bearer", ["", "Bearer", "Bearer t", "Bearer total"])
def test_what_a_record_says_by_chance_stays(bearer: str) -> None:
    assert shown(bearer, b'{"total": 100}') == b'{"total": 100}'
