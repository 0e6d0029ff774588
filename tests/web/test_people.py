"""Who gets in, and what they may do: Airflow's own auth manager answers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from airflow_provider_procore_xero.ledger.ledger import Ledger
from tests.in_process import InProcessTransport
from tests.web.conftest import ORIGIN, Browser, token


def routes() -> list[tuple[str, str]]:
    from airflow_provider_procore_xero.web.app import app

    found: list[tuple[str, str]] = []
    for each in app.routes:
        found += ((method, getattr(each, "path", "")) for method in getattr(each, "methods", ()))
    return found


def test_R1_no_route_answers_without_a_session(nobody: Browser, client: Any) -> None:
    answers = {
        (method, path): nobody.send(
            method,
            path.replace("{", "").replace("}", "").replace(":path", ""),
            headers={"origin": "http://testserver"},
        ).status_code
        for method, path in routes()
    }

    assert len(answers) > 5
    assert set(answers.values()) == {401}


def test_R1_who_has_signed_in_but_may_not_read_the_nightly_dag_sees_nothing(
    nobody: Browser, ledger: Ledger
) -> None:
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

    nora = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username="nora", role=None))
    header = {"authorization": f"Bearer {nora}"}

    answers = [
        nobody.send(
            "GET", path.replace("{", "").replace("}", "").replace(":path", ""), headers=header
        )
        for method, path in routes()
        if method == "GET"
    ]

    assert len(answers) > 5
    assert {answer.status_code for answer in answers} == {403}
    assert "read procore_xero_nightly" in answers[0].json()["detail"]


def test_R1_no_route_answers_somebody_who_came_by_no_door(airflow_app: Any) -> None:
    from airflow_provider_procore_xero.web.app import app

    with httpx.Client(transport=InProcessTransport(app), base_url=ORIGIN) as beside:
        answers = [beside.get(path) for path in ("/", "/api/me", "/api/queue", "/icon.svg")]

    assert {answer.status_code for answer in answers} == {401}


@pytest.mark.parametrize("path", ["/nonsense", "/api/nonsense", "/api/links", "/api/queue/accept"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_R1_without_a_session_nobody_learns_what_there_is(
    nobody: Browser, client: Any, method: str, path: str
) -> None:
    for headers in (
        {},
        {"origin": "https://evil.example", "content-type": "text/plain"},
        {"origin": "http://testserver", "content-type": "application/json"},
    ):
        answer = nobody.send(method, path, headers=headers, content=b"{not json")

        assert answer.status_code == 401
        assert answer.json() == {"detail": "Sign in to Airflow first."}


def test_what_is_at_no_address_is_a_sentence_to_those_who_may_look(vera: Browser) -> None:
    answer = vera.post("/api/nonsense")

    assert answer.status_code == 405
    assert answer.json() == {"detail": "There is nothing to POST at this address."}


def test_a_token_that_airflow_did_not_sign_is_no_session(nobody: Browser) -> None:
    answer = nobody.send("GET", "/api/me", headers={"authorization": "Bearer nonsense"})

    assert answer.status_code == 403


@pytest.mark.parametrize(
    ("name", "operates", "approves"),
    [("vera", False, False), ("otto", True, False), ("ana", True, True)],
)
def test_R1_what_people_may_do_is_what_airflow_lets_them(
    name: str, operates: bool, approves: bool, request: pytest.FixtureRequest
) -> None:
    me = request.getfixturevalue(name).get("/api/me").json()

    assert me == {"id": name, "name": name, "operates": operates, "approves": approves}


def test_the_page_lets_nothing_run_but_its_own_files(vera: Browser) -> None:
    answer = vera.get("/")

    assert answer.status_code == 200
    assert "default-src 'none'; script-src 'self';" in answer.headers["content-security-policy"]
    assert "<script>" not in answer.text
    assert '<base href="/procore-xero/">' in answer.text


# Writes that another site makes the browser send


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "http://testserver.evil.example", "sec-fetch-site": "same-origin"},
        {"origin": "http://testserver", "sec-fetch-site": "same-site"},
        {"sec-fetch-site": "cross-site"},
        {"origin": "null"},
        {"origin": "https://evil.example", "authorization": "Basic YW5hOmFuYQ=="},
        {"authorization": "Basic YW5hOmFuYQ=="},
        {"authorization": "Bearer"},
        {},
    ],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/api/links"), ("DELETE", "/api/links/1"), ("POST", "/api/runs")],
)
def test_R1_a_write_that_another_site_forged_is_refused(
    ana: Browser, method: str, path: str, headers: dict[str, str]
) -> None:
    answer = ana.send(method, path, json={}, headers=headers)

    assert answer.status_code == 403
    assert answer.json()["detail"].endswith(".")


def test_a_body_that_a_plain_form_could_send_is_refused(ana: Browser) -> None:
    answer = ana.send(
        "POST",
        "/api/links",
        content='{"entity": "projects"}',
        headers={"origin": "http://testserver", "content-type": "text/plain"},
    )

    assert answer.status_code == 415
    assert answer.json()["detail"] == "Send JSON, with Content-Type: application/json."


def test_a_caller_with_a_token_of_its_own_needs_no_browser(nobody: Browser, ledger: Any) -> None:
    for scheme in ("Bearer", "bearer"):
        header = {"authorization": f"{scheme} {token('otto')}"}

        answer = nobody.send("DELETE", "/api/links/1", headers=header)

        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/links", {"entity": "projects", "procore_id": "1", "xero_id": "x"}),
        ("DELETE", "/api/links/1", None),
        ("POST", "/api/issues/1/ignore", {"comment": "known"}),
        ("POST", "/api/issues/1/unignore", {}),
        ("POST", "/api/runs", {"dag_id": "procore_xero_projects"}),
    ],
)
def test_R1_a_viewer_changes_nothing(vera: Browser, method: str, path: str, body: Any) -> None:
    answer = vera.post(path, body) if method == "POST" else vera.delete(path)

    assert answer.status_code == 403
    assert answer.json()["detail"].startswith("vera may ")


def test_a_screen_that_is_not_there_is_named(vera: Browser) -> None:
    answer = vera.get("/nonsense")

    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("There is no screen 'nonsense'; there are overview,")


@pytest.mark.parametrize("path", ["../page.py", "..%2fpage.py", "%2e%2e%2fpage.py", "shell.html"])
def test_no_file_beside_the_pages_own_is_served(vera: Browser, path: str) -> None:
    assert vera.get(f"/static/x/{path}").status_code == 404


def test_who_types_the_address_without_a_session_is_led_to_airflows_sign_in(
    nobody: Browser,
) -> None:
    answer = nobody.send("GET", "/records?q=1", headers={"accept": "text/html"})

    assert answer.status_code == 401
    assert "Sign in to Airflow first." in answer.text
    assert 'href="/auth/login' in answer.text
    assert "<script" not in answer.text


def test_a_sentence_shown_as_a_page_is_only_text(vera: Browser) -> None:
    answer = vera.send("GET", "/<img src=x>", headers={"accept": "text/html"})

    assert answer.status_code == 404
    assert "&lt;img src=x&gt;" in answer.text
