"""OAuth: single-use refresh tokens, ninety minutes, client authentication in the body."""

from __future__ import annotations

import httpx
import pytest

from airflow_provider_procore_xero.simulator.procore import Procore

APP = {"client_id": "procore-client", "client_secret": "procore-secret"}


def refresh(client: httpx.Client, token: str = "procore-refresh", **body: str) -> httpx.Response:
    asked = {"grant_type": "refresh_token", "refresh_token": token, **APP, **body}
    return client.post("/oauth/token", data=asked)


def test_a_service_account_gets_an_access_token_and_no_refresh_token(anonymous):
    answer = anonymous.post("/oauth/token", data={"grant_type": "client_credentials", **APP})

    assert answer.status_code == 200
    assert answer.json()["expires_in"] == 5400
    assert answer.json()["token_type"] == "bearer"
    assert "refresh_token" not in answer.json()


def test_a_refresh_gives_a_new_pair_and_the_new_refresh_token_works(anonymous):
    first = refresh(anonymous).json()

    second = refresh(anonymous, first["refresh_token"])

    assert second.status_code == 200
    assert second.json()["access_token"] != first["access_token"]


def test_a_refresh_token_works_once(anonymous):
    refresh(anonymous)

    again = refresh(anonymous)

    assert again.status_code == 401
    assert again.json()["error"] == "invalid_grant"
    assert again.json()["error_description"] == "The refresh token is invalid"


def test_a_failing_attempt_kills_the_refresh_token_too(anonymous):
    wrong = refresh(anonymous, client_secret="mistyped")

    after = refresh(anonymous)

    assert (wrong.status_code, wrong.json()["error"]) == (401, "invalid_client")
    assert after.status_code == 401


def test_a_bad_refresh_token_may_answer_400_where_the_switch_says_so(anonymous, procore):
    procore.switches["bad_refresh_token_status"] = 400

    assert refresh(anonymous, "unknown").status_code == 400


def test_client_credentials_in_a_basic_header_are_not_taken(anonymous):
    answer = anonymous.post(
        "/oauth/token",
        data={"grant_type": "client_credentials"},
        auth=("procore-client", "procore-secret"),
    )

    assert answer.status_code == 401


def test_an_unknown_grant_type_is_refused(anonymous):
    answer = anonymous.post("/oauth/token", data={"grant_type": "password", **APP})

    assert (answer.status_code, answer.json()["error"]) == (400, "unsupported_grant_type")


def test_an_access_token_lives_ninety_minutes(api, procore):
    procore.clock.advance(5399)
    before = api.get("/rest/v1.0/companies")

    procore.clock.advance(1)
    after = api.get("/rest/v1.0/companies")

    assert before.status_code == 200
    assert after.status_code == 401
    assert "The access token is invalid" in after.text


def test_token_info_counts_down(api, procore):
    procore.clock.advance(1400)

    info = api.get("/oauth/token/info").json()

    assert info["expires_in"] == 4000
    assert info["application"] == {"uid": "procore-client"}


def test_token_info_of_a_dead_token_is_401(api, procore):
    procore.clock.advance(5400)

    assert api.get("/oauth/token/info").status_code == 401


def test_revoking_kills_both_tokens_of_a_pair(anonymous, procore):
    pair = refresh(anonymous).json()

    answer = anonymous.post("/oauth/revoke", data={"token": pair["access_token"], **APP})

    assert answer.status_code == 200
    assert not procore.tokens.is_valid(pair["access_token"])
    assert refresh(anonymous, pair["refresh_token"]).status_code == 401


def test_revoking_an_unknown_token_is_200(anonymous):
    assert anonymous.post("/oauth/revoke", data={"token": "x", **APP}).status_code == 200


def test_the_fault_expire_token_ends_the_bearer_for_good(api, procore):
    procore.faults.arm("expire_token", side="procore")

    codes = [api.get("/rest/v1.0/companies").status_code for _ in range(2)]

    assert codes == [401, 401]


@pytest.mark.parametrize("path", ["/rest/v1.0/me", "/rest/v1.0/companies"])
def test_only_a_users_token_may_leave_out_the_company_header(
    path: str, anonymous: httpx.Client, procore: Procore
):
    app = procore.tokens.issue(refreshable=False)["access_token"]
    user = procore.tokens.issue(refreshable=True)["access_token"]

    codes = [
        anonymous.get(path, headers={"Authorization": f"Bearer {token}"}).status_code
        for token in (app, user)
    ]

    assert codes == [400, 200]
