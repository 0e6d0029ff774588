"""Reading a file by its address, without the sign-in going astray."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from airflow_provider_procore_xero.apis.files import fetch
from airflow_provider_procore_xero.errors import ApiError, Unreachable

Answers = Callable[[httpx.Request], httpx.Response]


def read(url: str, answers: Answers, most: int = 100) -> tuple[bytes, list[httpx.Request]]:
    """Fetch *url* with a signed-in client of ``api.example``; return what came, and what left."""
    sent: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return answers(request)

    network = httpx.MockTransport(answer)
    inside = httpx.Client(
        base_url="https://api.example", headers={"Authorization": "Bearer x"}, transport=network
    )
    content = fetch(inside, lambda: httpx.Client(transport=network), url, most=most, extensions={})
    return content, sent


def always(response: httpx.Response) -> Answers:
    return lambda request: response


def test_the_sign_in_goes_to_the_api_s_own_host_and_to_no_other() -> None:
    _, (own,) = read("https://api.example/f", always(httpx.Response(200, content=b"%PDF")))
    _, (other,) = read("https://store.example/f", always(httpx.Response(200, content=b"%PDF")))
    _, (port,) = read("https://api.example:444/f", always(httpx.Response(200, content=b"%PDF")))

    assert own.headers["Authorization"] == "Bearer x"
    assert "Authorization" not in other.headers
    assert "Authorization" not in port.headers


def test_a_redirect_elsewhere_leaves_the_sign_in_behind() -> None:
    def answers(request: httpx.Request) -> httpx.Response:
        if request.url.host == "api.example":
            return httpx.Response(302, headers={"Location": "https://store.example/f"})
        return httpx.Response(200, content=b"%PDF")

    content, (first, second) = read("https://api.example/f", answers)

    assert content == b"%PDF"
    assert "Authorization" in first.headers
    assert "Authorization" not in second.headers


def test_redirects_without_end_are_given_up() -> None:
    back = httpx.Response(302, headers={"Location": "https://api.example/f"})

    with pytest.raises(Unreachable, match="circles"):
        read("https://api.example/f", always(back))


@pytest.mark.parametrize("url", ["http://store.example/f", "file:///etc/passwd", "", "ftp://x/y"])
def test_an_address_that_is_not_https_is_never_read(url: str) -> None:
    with pytest.raises(Unreachable, match="https"):
        read(url, always(httpx.Response(200)))


INNER = ["127.0.0.1", "10.0.0.8", "192.168.1.9", "169.254.169.254", "100.64.0.1", "[::1]",
         "[fd00::1]", "[::ffff:10.0.0.8]", "[::ffff:100.64.0.1]", "2130706433",
         "localhost"]  # fmt: skip
"""Hosts within a machine's own network, each written in another way."""


@pytest.mark.parametrize("scheme", ["https", "http"])
@pytest.mark.parametrize("host", INNER)
def test_a_record_leads_nobody_into_the_network_of_the_worker(host: str, scheme: str) -> None:
    with pytest.raises(Unreachable, match=r"not public|https"):
        read(f"{scheme}://{host}/f", always(httpx.Response(200, content=b"%PDF")))


def test_nor_does_a_redirect() -> None:
    away = httpx.Response(302, headers={"Location": "https://169.254.169.254/latest/meta-data"})

    with pytest.raises(Unreachable, match="not public"):
        read("https://store.example/f", always(away))


def test_a_name_that_stands_for_an_inner_address_is_seen_through(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = [(2, 1, 6, "", ("93.184.216.34", 0)), (2, 1, 6, "", ("10.0.0.8", 0))]
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: found)

    with pytest.raises(Unreachable, match=r"store\.example, in a network that is not public"):
        read("https://store.example/f", always(httpx.Response(200)))


def test_where_the_api_is_on_this_machine_its_files_may_be_too() -> None:
    inside = httpx.Client(base_url="http://127.0.0.1:8099")
    network = httpx.MockTransport(always(httpx.Response(200, content=b"%PDF")))
    url = "http://127.0.0.1:8100/f"

    content = fetch(inside, lambda: httpx.Client(transport=network), url, most=9, extensions={})

    assert content == b"%PDF"


def test_a_file_that_is_too_large_is_read_no_further() -> None:
    with pytest.raises(ApiError, match="larger"):
        read("https://store.example/f", always(httpx.Response(200, content=b"x" * 101)))


@pytest.mark.parametrize("status", [403, 404, 500])
def test_what_is_no_file_names_host_and_status(status: int) -> None:
    with pytest.raises(ApiError, match=f"store.example answers {status}"):
        read("https://store.example/f", always(httpx.Response(status)))
