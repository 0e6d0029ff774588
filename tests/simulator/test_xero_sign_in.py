"""Tokens, scopes and the tenant."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.simulator.xero_world import Office, token

pytest_plugins = ["tests.simulator.xero_office"]

TENANT = "c3d50000-0000-4000-8000-00000000cafe"
BASIC = ("xero-client", "xero-secret")


def ask(office: Office, auth: Any = BASIC, **form: str) -> httpx.Response:
    return office.http.post("/connect/token", data=form, auth=auth)


def refresh(office: Office, refresh_token: str) -> httpx.Response:
    return ask(office, grant_type="refresh_token", refresh_token=refresh_token)


def sign_in_as_a_person(office: Office) -> None:
    answer = refresh(office, "xero-refresh").json()
    office.http.headers["Authorization"] = f"Bearer {answer['access_token']}"


def test_a_custom_connection_gets_half_an_hour_and_no_refresh_token(office: Office):
    answer = ask(office, grant_type="client_credentials").json()

    assert (answer["expires_in"], answer["token_type"]) == (1800, "Bearer")
    assert "refresh_token" not in answer


def test_credentials_may_stand_in_the_body(office: Office):
    answer = office.http.post("/connect/token", data={
        "grant_type": "client_credentials", "client_id": "xero-client",
        "client_secret": "xero-secret",
    }, headers={"Authorization": ""})  # fmt: skip

    assert answer.status_code == 200


@pytest.mark.parametrize("status", [400, 401])
def test_a_wrong_secret_is_an_invalid_client(office: Office, status: int):
    office.xero.switches["wrong_secret_status"] = status

    answer = ask(office, ("xero-client", "wrong"), grant_type="client_credentials")

    assert (answer.status_code, answer.json()) == (status, {"error": "invalid_client"})


def test_a_scope_that_the_app_lacks_is_an_invalid_scope(office: Office):
    answer = ask(office, grant_type="client_credentials", scope="payroll.employees")

    assert (answer.status_code, answer.json()) == (400, {"error": "invalid_scope"})


def test_an_access_token_dies_after_thirty_minutes(office: Office):
    office.clock.advance(1799)
    assert office.call("GET", "/Organisation").status_code == 200
    office.clock.advance(1)

    response = office.call("GET", "/Organisation")

    assert response.status_code == 401
    assert response.json()["Detail"].startswith("TokenExpired")


def test_a_token_can_be_made_to_expire(office: Office):
    office.faults.arm("expire_token", side="xero")

    statuses = [office.call("GET", "/Organisation").status_code for _ in range(2)]

    assert statuses == [401, 401]


def test_every_refresh_gives_a_new_refresh_token(office: Office):
    first = refresh(office, "xero-refresh").json()["refresh_token"]
    second = refresh(office, first).json()["refresh_token"]

    assert len({"xero-refresh", first, second}) == 3


def test_the_previous_refresh_token_works_again_for_thirty_minutes(office: Office):
    refresh(office, "xero-refresh")
    office.clock.advance(1799)
    again = refresh(office, "xero-refresh")
    office.clock.advance(1)
    too_late = refresh(office, "xero-refresh")

    assert again.status_code == 200
    assert (too_late.status_code, too_late.json()) == (400, {"error": "invalid_grant"})


def test_of_two_workers_that_refresh_one_token_one_keeps_a_dead_one(office: Office):
    loser = refresh(office, "xero-refresh").json()["refresh_token"]
    winner = refresh(office, "xero-refresh").json()["refresh_token"]

    assert refresh(office, winner).status_code == 200
    assert refresh(office, loser).json() == {"error": "invalid_grant"}


def test_a_refresh_token_dies_after_sixty_days(office: Office):
    office.clock.advance(60 * 86_400)

    assert refresh(office, "xero-refresh").json() == {"error": "invalid_grant"}


def test_revocation_ends_the_chain_and_the_connection(office: Office):
    sign_in_as_a_person(office)
    current = office.xero.tokens.current

    answer = office.http.post("/connect/revocation", data={"token": current}, auth=BASIC)

    assert (answer.status_code, answer.content) == (200, b"")
    assert refresh(office, str(current)).json() == {"error": "invalid_grant"}


def test_a_token_without_the_scope_is_told_so(office: Office):
    text = token(office.http, scope="accounting.contacts.read")
    office.http.headers["Authorization"] = f"Bearer {text}"

    read = office.call("GET", "/Contacts")
    write = office.call("PUT", "/Contacts", {"Name": "New"})
    elsewhere = office.call("GET", "/Invoices")

    assert (read.status_code, write.status_code, elsewhere.status_code) == (200, 401, 401)
    assert "insufficient_scope" in elsewhere.headers["WWW-Authenticate"]


def test_a_missing_scope_may_be_a_403(office: Office):
    office.xero.switches["missing_scope_status"] = 403
    text = token(office.http, scope="accounting.contacts.read")
    office.http.headers["Authorization"] = f"Bearer {text}"

    assert office.call("GET", "/Invoices").status_code == 403


def test_a_broad_scope_still_opens_what_the_granular_ones_do(office: Office):
    text = token(office.http, scope="accounting.transactions")
    office.http.headers["Authorization"] = f"Bearer {text}"

    assert office.call("GET", "/Invoices").status_code == 200


@pytest.mark.parametrize(("tenant", "status"), [("", 200), (TENANT, 200), ("elsewhere", 403)])
def test_a_custom_connection_needs_no_tenant(office: Office, tenant: str, status: int):
    office.http.headers["xero-tenant-id"] = tenant

    assert office.call("GET", "/Organisation").status_code == status


@pytest.mark.parametrize(("tenant", "status"), [("", 403), (TENANT, 200), ("elsewhere", 403)])
def test_a_person_s_token_needs_the_tenant(office: Office, tenant: str, status: int):
    sign_in_as_a_person(office)
    office.http.headers["xero-tenant-id"] = tenant

    response = office.call("GET", "/Organisation")

    assert response.status_code == status
    assert status == 200 or response.json()["Detail"] == "AuthenticationUnsuccessful"


def test_connections_are_a_bare_array_and_one_can_be_dropped(office: Office):
    [connection] = office.http.get("/connections").json()
    gone = office.http.delete(f"/connections/{connection['id']}")

    assert connection["tenantId"] == TENANT
    assert gone.status_code == 204
    assert office.http.get("/connections").json() == []
    assert office.call("GET", "/Organisation").status_code == 403


def test_a_custom_connection_may_not_be_let_near_connections(office: Office):
    office.xero.switches["custom_connection_connections"] = "refuse"

    assert office.http.get("/connections").status_code == 403
