"""What every call passes: bearer, company header, rate limits, body, Idempotency-Token."""

from __future__ import annotations

from tests.simulator.procore_world import COMPANY

VENDORS = "/rest/v1.0/vendors"
MINE = {"company_id": COMPANY}


def test_without_a_token_nothing_answers(anonymous):
    answer = anonymous.get(VENDORS, params=MINE)

    assert answer.status_code == 401
    assert answer.json() == {"errors": "The access token is invalid"}


def test_the_company_header_is_needed_although_the_query_names_the_company(api):
    del api.headers["Procore-Company-Id"]

    answer = api.get(VENDORS, params=MINE)

    assert answer.status_code == 400
    assert answer.json() == {"message": "Missing Procore-Company-Id header!"}


def test_the_company_must_be_named_although_the_header_says_it(api):
    assert api.get(VENDORS).status_code == 400


def test_another_company_is_403(api):
    api.headers["Procore-Company-Id"] = "99"

    answer = api.get(VENDORS, params=MINE)

    assert answer.status_code == 403
    assert answer.json() == {"message": "App is not connected to this company"}


def test_a_write_must_be_json(api):
    answer = api.post(VENDORS, data={"company_id": COMPANY})

    assert answer.status_code == 406


def test_malformed_json_is_400(api):
    answer = api.post(VENDORS, content="{", headers={"Content-Type": "application/json"})

    assert answer.status_code == 400


def test_every_answer_has_a_request_id_of_its_own(api):
    ids = {api.get(VENDORS, params=MINE).headers["X-Request-Id"] for _ in range(2)}

    assert len(ids) == 2


def test_the_web_host_is_the_simulators_own(api):
    answer = api.get("/rest/v1.0/company_base_url")

    assert answer.json() == {"zone": "us02", "web_base_url": "http://procore.example"}


def test_the_twenty_sixth_call_in_ten_seconds_is_429_with_retry_after(api, procore):
    procore.switches["rate_limits"] = True
    answers = [api.get(VENDORS, params=MINE)]
    procore.clock.advance(3)

    answers += [api.get(VENDORS, params=MINE) for _ in range(25)]

    assert [a.status_code for a in answers] == [200] * 25 + [429]
    assert answers[0].headers["X-Rate-Limit-Limit"] == "25"
    assert answers[0].headers["X-Rate-Limit-Remaining"] == "24"
    assert answers[25].headers["Retry-After"] == "7"
    reset = int(procore.clock.now().timestamp()) + 7
    assert answers[25].headers["X-Rate-Limit-Reset"] == str(reset)


def test_the_windows_are_fixed_and_the_next_one_starts_from_zero(api, procore):
    procore.switches["rate_limits"] = True
    for _ in range(26):
        api.get(VENDORS, params=MINE)

    procore.clock.advance(10)

    assert api.get(VENDORS, params=MINE).headers["X-Rate-Limit-Remaining"] == "24"


def test_the_headers_change_to_the_hour_when_it_is_nearer_to_its_end(api, procore):
    procore.switches |= {"rate_limits": True, "hourly_limit": 30}
    for _ in range(20):
        api.get(VENDORS, params=MINE)
    procore.clock.advance(10)

    answer = api.get(VENDORS, params=MINE)

    assert answer.headers["X-Rate-Limit-Limit"] == "30"
    assert answer.headers["X-Rate-Limit-Remaining"] == "9"


def test_past_the_hourly_limit_the_wait_is_until_the_hour_ends(api, procore):
    procore.switches |= {"rate_limits": True, "hourly_limit": 5}
    for _ in range(5):
        api.get(VENDORS, params=MINE)

    refused = api.get(VENDORS, params=MINE)

    assert refused.status_code == 429
    assert refused.headers["Retry-After"] == "3600"


def test_limits_can_be_switched_off(api):
    codes = {api.get(VENDORS, params=MINE).status_code for _ in range(30)}

    assert codes == {200}


def twice(api):
    body = {**MINE, "vendor": {"name": "Delta Plumbing"}}
    headers = {"Idempotency-Token": "once"}
    return [api.post(VENDORS, json=body, headers=headers).json()["id"] for _ in range(2)]


def test_an_idempotency_token_does_not_stop_a_second_vendor(api, procore):
    first, second = twice(api)

    assert first != second
    assert len(procore.vendors) == 2


def test_an_idempotency_token_replays_the_answer_where_the_switch_says_so(api, procore):
    procore.switches["idempotency_token"] = "honoured"

    first, second = twice(api)

    assert first == second
    assert len(procore.vendors) == 1


def test_without_the_erp_tool_its_endpoints_are_404(api):
    company = f"/rest/v1.0/companies/{COMPANY}"

    answers = [
        api.get(f"{company}/erp_requests/1"),
        api.patch(f"{company}/external_data/sync", json={"updates": []}),
        api.post(f"{company}/erp_connections", json={}),
        api.post(f"{company}/staged_records", json={}),
        api.patch("/rest/v1.0/erp_job_costs/sync", json={}),
    ]

    assert [a.status_code for a in answers] == [404] * 5
