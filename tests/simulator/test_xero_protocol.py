"""Headers, tokens, tenants, limits, keys, and the shapes of errors."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from xml.etree import ElementTree as ET

import httpx
import pytest

from airflow_provider_procore_xero.simulator.xero import switches
from tests.simulator.xero_world import BASE, Office, a_bill, acme, approved, token

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


# --- tokens -------------------------------------------------------------------------------


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


# --- the tenant ---------------------------------------------------------------------------


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


# --- formats and errors -------------------------------------------------------------------


def test_without_an_accept_header_the_answer_is_xml(office: Office):
    approved(office)
    response = office.http.get(f"{BASE}/Invoices?page=1", headers={"Accept": "*/*"})

    document = ET.fromstring(response.content)
    assert response.headers["Content-Type"].startswith("text/xml")
    assert document.findtext("Invoices/Invoice/LineItems/LineItem/AccountCode") == "310"


def test_the_envelope_says_ok(office: Office):
    answer = office.get("/Organisation")

    assert answer["Status"] == "OK"
    assert answer["DateTimeUTC"] == "/Date(1795165230000+0000)/"


@pytest.mark.parametrize("path", ["/Invoices/nothing", "/Nonsense"])
def test_a_404_is_html_without_json(office: Office, path: str):
    response = office.call("GET", path)

    assert response.status_code == 404
    assert response.headers["Content-Type"].startswith("text/html")


@pytest.mark.parametrize(("casing", "key"), [("pascal", "Detail"), ("lower", "detail")])
def test_problem_documents_come_in_two_casings(office: Office, casing: str, key: str):
    office.xero.switches["error_casing"] = casing
    office.http.headers["Authorization"] = "Bearer nonsense"

    assert key in office.call("GET", "/Organisation").json()


@pytest.mark.parametrize("fault", ["offline", "maintenance"])
def test_offline_is_a_503_in_plain_text(office: Office, fault: str):
    office.faults.arm(fault, side="xero")

    response = office.call("GET", "/Organisation")

    assert response.status_code == 503
    assert response.headers["Content-Type"].startswith("text/plain")


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("DELETE", "/Invoices", 405),
        ("DELETE", "/Contacts/x", 405),
        ("POST", "/Accounts", 405),
        ("POST", "/Organisation", 501),
        ("GET", "/Reports/ProfitAndLoss", 501),
        ("GET", "/Journals", 501),
    ],
)
def test_a_method_exists_only_where_it_does(office: Office, method: str, path: str, status: int):
    assert office.call(method, path).status_code == status


def test_broken_json_is_a_14(office: Office):
    response = office.http.put(f"{BASE}/Invoices", content=b'{"Invoices": [')

    assert (response.status_code, response.json()["ErrorNumber"]) == (400, 14)


# --- limits -------------------------------------------------------------------------------

LEFT = ("X-MinLimit-Remaining", "X-DayLimit-Remaining", "X-AppMinLimit-Remaining")


def test_every_answer_tells_what_is_left_refusals_too(office: Office):
    office.clock.advance(60)
    good = office.call("GET", "/Organisation")
    bad = office.call("PUT", "/Contacts", {"Name": "Acme Concrete"})

    assert [good.headers[name] for name in LEFT] == ["59", "4999", "9999"]
    assert [bad.headers[name] for name in LEFT] == ["58", "4998", "9998"]


def test_the_61st_call_of_a_minute_is_refused_without_a_body(office: Office):
    for _ in range(60):
        assert office.call("GET", "/Organisation").status_code == 200

    response = office.call("GET", "/Organisation")

    assert (response.status_code, response.content) == (429, b"")
    assert "Content-Type" not in response.headers
    assert response.headers["X-Rate-Limit-Problem"] == "minute"
    # It is 9:00:30, and this organisation's minutes begin at 17 seconds.
    assert response.headers["Retry-After"] == "47"


def test_the_window_is_fixed_and_not_rolling(office: Office):
    for _ in range(60):
        office.call("GET", "/Organisation")
    office.clock.advance(47)

    assert office.call("GET", "/Organisation").headers["X-MinLimit-Remaining"] == "59"


def test_the_day_has_a_quota_of_its_own(office: Office):
    office.xero.switches["day_limit"] = 1
    office.call("GET", "/Organisation")

    response = office.call("GET", "/Organisation")

    assert response.headers["X-Rate-Limit-Problem"] == "day"
    assert response.headers["X-MinLimit-Remaining"] == "59"
    assert int(response.headers["Retry-After"]) > 3600


def test_a_sixth_call_in_progress_is_refused_and_not_told_how_long_to_wait(office: Office):
    office.faults.arm("slow", side="xero", times=6, seconds=0.3)

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _: office.call("GET", "/Organisation"), range(6)))

    refused = [answer for answer in answers if answer.status_code == 429]
    assert refused
    assert refused[0].headers["X-Rate-Limit-Problem"] == "concurrent"
    assert "Retry-After" not in refused[0].headers


def test_without_enforcement_the_headers_stay_at_full(office: Office):
    office.xero.switches["enforce_limits"] = False
    for _ in range(61):
        response = office.call("GET", "/Organisation")

    assert (response.status_code, response.headers["X-MinLimit-Remaining"]) == (200, "60")


# --- idempotency --------------------------------------------------------------------------


def keyed(office: Office, body: Any, key: str = "k-1", path: str = "/Invoices") -> httpx.Response:
    return office.http.put(f"{BASE}{path}", json=body, headers={"Idempotency-Key": key})


def test_a_replay_within_six_minutes_saves_nothing_and_uses_quota(office: Office):
    office.clock.advance(60)
    first = keyed(office, a_bill(office))
    office.clock.advance(359)
    second = keyed(office, a_bill(office))

    assert first.json() == second.json()
    assert len(office.xero.invoices) == 1
    assert second.headers["X-DayLimit-Remaining"] == "4998"


def test_a_replay_is_the_first_answer_although_the_record_has_changed(office: Office):
    first = keyed(office, a_bill(office))
    office.xero.approve_bill(next(iter(office.xero.invoices)))

    assert keyed(office, a_bill(office)).json() == first.json()


def test_after_six_minutes_the_same_key_makes_a_second_bill(office: Office):
    keyed(office, a_bill(office))
    office.clock.advance(360)
    keyed(office, a_bill(office))

    assert len(office.xero.invoices) == 2


@pytest.mark.parametrize("place", ["message", "elements"])
def test_a_key_used_with_another_body_is_a_400(office: Office, place: str):
    office.xero.switches["idempotency_mismatch_in"] = place
    keyed(office, a_bill(office))

    response = keyed(office, a_bill(office, InvoiceNumber="other"))

    assert response.status_code == 400
    assert "is used with a different request" in response.text
    assert len(office.xero.invoices) == 1


def test_a_key_used_with_another_url_is_a_400(office: Office):
    keyed(office, a_bill(office))

    assert keyed(office, a_bill(office), path="/Contacts").status_code == 400


@pytest.mark.parametrize(("stored", "status"), [(True, 400), (False, 200)])
def test_validation_errors_may_be_replayed_after_their_cause_is_gone(
    office: Office, stored: bool, status: int
):
    office.xero.switches["store_validation_errors"] = stored
    office.xero.archive_contact(acme(office))
    keyed(office, a_bill(office))
    office.xero.restore_contact(acme(office))

    assert keyed(office, a_bill(office)).status_code == status


def test_an_internal_error_is_replayed_until_the_key_lapses(office: Office):
    office.faults.arm("stored_error", side="xero")

    statuses = [keyed(office, a_bill(office)).status_code for _ in range(2)]
    office.clock.advance(360)

    assert statuses == [500, 500]
    assert keyed(office, a_bill(office)).status_code == 200


def test_without_the_key_store_keyed_calls_are_500(office: Office):
    office.faults.arm("key_store_down", side="xero")

    assert keyed(office, a_bill(office)).status_code == 500
    assert not office.xero.invoices


def test_a_key_has_128_characters_at_most(office: Office):
    assert keyed(office, a_bill(office), key="k" * 129).status_code == 400


def test_a_call_that_the_limits_refuse_does_not_use_up_its_key(office: Office):
    office.xero.switches["minute_limit"] = 0
    assert keyed(office, a_bill(office)).status_code == 429
    office.xero.switches["minute_limit"] = 60

    assert keyed(office, a_bill(office, InvoiceNumber="other")).status_code == 200


def test_a_lost_answer_and_a_lost_question_look_alike(office: Office):
    office.faults.arm("drop_after", side="xero", method="PUT")
    office.faults.arm("drop_before", side="xero", method="PUT", after=1)

    for number in ("saved", "lost"):
        with pytest.raises(httpx.ReadError):
            office.call("PUT", "/Invoices", a_bill(office, InvoiceNumber=number))

    assert [bill["InvoiceNumber"] for bill in office.xero.invoices.values()] == ["saved"]


def test_every_switch_is_described():
    described = switches.__doc__ or ""

    assert [name for name in switches.DEFAULTS if f"``{name}``" not in described] == []
