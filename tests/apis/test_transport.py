"""What may be sent again, and how a lost answer is told."""

from __future__ import annotations

import logging
from traceback import format_exception

import httpx
import pytest

from airflow_provider_procore_xero.apis import procore_errors, xero_errors
from airflow_provider_procore_xero.apis.transport import LEAVES_WITHIN, Explain, Resend
from airflow_provider_procore_xero.apis.urls import secure_url
from airflow_provider_procore_xero.errors import (
    ApiError,
    ConnectionIncomplete,
    InDoubt,
    RateLimited,
    SignInRefused,
    Unreachable,
    in_full,
)
from tests.apis.world import Network, Say, Time, an_http, bodies, half, html, json

BROKEN = httpx.ReadError("broken")
NO_CONNECT = httpx.ConnectError("[Errno -2] Name or service not known")
BODY = {"Invoices": [{"InvoiceNumber": "A"}]}


@pytest.mark.parametrize("trouble", [BROKEN, NO_CONNECT, html(), html(502), half(), json(503)])
def test_a_read_is_tried_again_until_an_answer_can_be_read(trouble: Say) -> None:
    network = Network(trouble, trouble, json(body={"Id": 1}))

    answer = an_http(network, Time()).get("/x")

    assert answer.body == {"Id": 1}
    assert len(network.requests) == 3


@pytest.mark.parametrize(
    ("trouble", "what"),
    [
        (html(), "api.example answered 200 with an HTML page where JSON was due"),
        (half(), "api.example answered 200 with half a JSON document where JSON was due"),
        (NO_CONNECT, "api.example can't be reached"),
        (httpx.Response(503, text="The Organisation is offline"), "The Organisation is offline"),
        (json(302, Location="https://elsewhere.example"), "a redirect"),
    ],
)
def test_a_read_without_a_readable_answer_says_host_and_what_came(trouble: Say, what: str) -> None:
    network = Network(trouble)

    with pytest.raises(Unreachable, match="Nothing was written") as raised:
        an_http(network, Time()).get("/x")

    assert what in in_full(raised.value)
    assert len(network.requests) == 4


LOST = [
    BROKEN, httpx.ReadTimeout("slow"), httpx.DecodingError("no gzip"), html(), half(),
    json(302, Location="https://elsewhere.example"), json(500), json(503), json(408),
]  # fmt: skip


@pytest.mark.parametrize("trouble", LOST)
def test_a_write_whose_answer_is_lost_is_in_doubt_and_not_sent_again(trouble: Say) -> None:
    network = Network(trouble)

    with pytest.raises(InDoubt, match="may have carried it out"):
        an_http(network, Time()).write("POST", "/x", BODY, resend=Resend.NEVER)

    assert len(network.requests) == 1


def test_a_write_that_never_arrived_is_sent_again_and_never_in_doubt() -> None:
    network = Network(NO_CONNECT)

    with pytest.raises(Unreachable):
        an_http(network, Time()).write("POST", "/x", BODY, resend=Resend.NEVER)

    assert len(network.requests) == 4


def test_a_keyed_write_is_sent_once_more_with_the_same_key_and_body() -> None:
    network = Network(BROKEN, json(body={"Id": 1}))
    headers = {"Idempotency-Key": "k1"}

    an_http(network, Time()).write("PUT", "/x", BODY, resend=Resend.KEYED, headers=headers)

    assert bodies(network.requests) == [b'{"Invoices":[{"InvoiceNumber":"A"}]}'] * 2
    assert [r.headers["Idempotency-Key"] for r in network.requests] == ["k1", "k1"]


def test_a_keyed_write_is_in_doubt_after_the_second_time() -> None:
    network = Network(BROKEN)

    with pytest.raises(InDoubt):
        an_http(network, Time()).write("PUT", "/x", BODY, resend=Resend.KEYED)

    assert len(network.requests) == 2


def test_a_keyed_write_is_not_sent_again_once_xero_may_have_forgotten_the_key() -> None:
    time = Time()

    def slow(request: httpx.Request) -> httpx.Response:
        time.pass_by(301)
        raise httpx.ReadTimeout("slow")

    network = Network(slow)

    with pytest.raises(InDoubt):
        an_http(network, time).write("PUT", "/x", BODY, resend=Resend.KEYED)

    assert len(network.requests) == 1


def test_a_keyed_write_that_waited_for_too_long_is_not_sent_at_all() -> None:
    time = Time()
    network = Network(json(429, X_Rate_Limit_Problem="minute", Retry_After="60"))

    with pytest.raises(RateLimited, match="was not sent: it was intended too long ago") as raised:
        an_http(network, time).write("PUT", "/x", BODY, resend=Resend.KEYED)

    assert len(network.requests) == 3  # each refused, the last after two minutes
    assert raised.value.retry_after <= 65


def test_a_keyed_write_is_as_old_as_its_intent_and_others_are_new() -> None:
    network = Network(json())
    http = an_http(network, Time())

    with http.intended(LEAVES_WITHIN + 1):
        http.get("/x")
        http.write("PATCH", "/x", BODY, resend=Resend.FREELY)
        with pytest.raises(RateLimited):
            http.write("PUT", "/x", BODY, resend=Resend.KEYED)
    http.write("PUT", "/x", BODY, resend=Resend.KEYED)

    assert [request.method for request in network.requests] == ["GET", "PATCH", "PUT"]


@pytest.mark.parametrize(("age", "sent"), [(20, 2), (40, 1)])
def test_a_keyed_write_that_timed_out_is_sent_again_where_that_is_over_in_time(
    age: float, sent: int
) -> None:
    time = Time()

    def slow(request: httpx.Request) -> httpx.Response:
        time.pass_by(120)
        raise httpx.ReadTimeout("slow")

    network = Network(slow)
    http = an_http(network, time)

    with http.intended(age), pytest.raises(InDoubt):
        http.write("PUT", "/x", BODY, resend=Resend.KEYED)

    assert len(network.requests) == sent


@pytest.mark.parametrize("resend", [Resend.KEYED, Resend.FREELY])
@pytest.mark.parametrize("second", [json(401), json(403), NO_CONNECT])
def test_doubt_stays_when_the_second_sending_gets_nowhere(second: Say, resend: Resend) -> None:
    network = Network(BROKEN, second)

    with pytest.raises(InDoubt):
        an_http(network, Time()).write("PUT", "/x", BODY, resend=resend)


def test_doubt_stays_when_the_second_sending_meets_the_day_limit() -> None:
    limit = json(429, X_Rate_Limit_Problem="day", Retry_After="30000")
    network = Network(BROKEN, limit)

    with pytest.raises(InDoubt):
        an_http(network, Time()).write("PUT", "/x", BODY, resend=Resend.KEYED)


@pytest.mark.parametrize("status", [400, 404, 409, 413, 422, 501])
def test_doubt_stays_when_the_second_sending_is_refused(status: int) -> None:
    network = Network(BROKEN, json(status, {"Message": "Something under this key is at work."}))

    with pytest.raises(InDoubt, match="may have carried it out") as raised:
        an_http(network, Time()).write("PUT", "/x", BODY, resend=Resend.KEYED)

    assert raised.value.details == ("Something under this key is at work.",)


def test_a_key_that_is_in_use_already_leaves_doubt_though_it_was_sent_once() -> None:
    network = Network(json(409, {"Message": "A request with this key is in progress."}))

    with pytest.raises(InDoubt):
        an_http(network, Time()).write("PUT", "/x", BODY, resend=Resend.KEYED)

    assert len(network.requests) == 1


def test_a_conflict_in_a_system_without_keys_is_a_refusal() -> None:
    with pytest.raises(ApiError) as raised:
        an_http(Network(json(409)), Time()).write("PATCH", "/x", BODY, resend=Resend.NEVER)

    assert not isinstance(raised.value, InDoubt)


def test_a_refused_write_is_refused_and_not_in_doubt() -> None:
    network = Network(json(400, {"Message": "Idempotency"}))

    with pytest.raises(ApiError, match="Xero refuses PUT /x") as raised:
        an_http(network, Time()).write("PUT", "/x", BODY, resend=Resend.KEYED)

    assert not isinstance(raised.value, InDoubt)
    assert raised.value.details == ("Idempotency",)


def test_a_429_is_waited_for_and_sent_again_even_for_a_write_that_never_is() -> None:
    time = Time()
    limit = httpx.Response(429, headers={"X-Rate-Limit-Problem": "minute", "Retry-After": "26"})
    network = Network(limit, json(body={"Id": 1}))

    an_http(network, time).write("POST", "/x", BODY, resend=Resend.NEVER)

    assert len(network.requests) == 2
    assert 26 <= sum(time.slept) < 27


def test_B9_a_day_limit_lets_the_worker_go_at_once() -> None:
    time = Time()
    network = Network(json(429, X_Rate_Limit_Problem="day", Retry_After="30000"))
    http = an_http(network, time)

    with pytest.raises(RateLimited, match="8 h 20 min") as raised:
        http.get("/x")
    with pytest.raises(RateLimited):
        http.get("/x")

    assert time.slept == []
    assert (raised.value.limit, raised.value.retry_after) == ("day", 30000)
    assert len(network.requests) == 1


def test_a_503_that_asks_for_hours_is_not_waited_for() -> None:
    time = Time()

    with pytest.raises(Unreachable):
        an_http(Network(json(503, Retry_After="7200")), time).get("/x")

    assert time.slept == []


def test_every_request_is_counted_by_verb_refused_ones_too() -> None:
    http = an_http(Network(json(500), json(), json()), Time())

    http.get("/x")
    http.write("PUT", "/x", BODY, resend=Resend.KEYED)

    assert http.calls == 3
    assert dict(http.calls_by_verb) == {"GET": 2, "PUT": 1}


def test_a_missing_scope_is_a_sign_in_matter_and_names_the_scope() -> None:
    refusal = json(401, WWW_Authenticate='Bearer error="insufficient_scope"')

    with pytest.raises(SignInRefused, match=r"accounting\.invoices"):
        an_http(Network(refusal), Time()).get("/api.xro/2.0/Invoices")


def test_logs_hold_the_request_id_and_neither_headers_nor_bodies(
    caplog: pytest.LogCaptureFixture,
) -> None:
    answer = json(400, {"Message": "secret-body"}, Xero_Correlation_Id="abc-1")

    with caplog.at_level(logging.DEBUG, "airflow_provider_procore_xero"), pytest.raises(ApiError):
        an_http(Network(answer), Time()).write(
            "PUT", "/x", BODY, resend=Resend.KEYED, headers={"Idempotency-Key": "secret-key"}
        )

    assert "abc-1" in caplog.text
    assert "secret" not in caplog.text


def test_logs_hold_nothing_that_the_other_system_says(caplog: pytest.LogCaptureFixture) -> None:
    said = json(500, {"Message": "Very Private Person can't be saved"})

    with (
        caplog.at_level(logging.DEBUG, "airflow_provider_procore_xero"),
        pytest.raises(InDoubt) as raised,
    ):
        an_http(Network(said), Time()).write("PUT", "/x", BODY, resend=Resend.KEYED)

    assert "answered 500" in caplog.text
    assert "Very Private" not in caplog.text
    assert "Very Private" not in "".join(format_exception(raised.value))
    assert in_full(raised.value).endswith("Xero says: Very Private Person can't be saved.")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422])
@pytest.mark.parametrize("explain", [xero_errors.explain, procore_errors.explain])
def test_an_error_tells_logs_nothing_that_the_other_system_says_and_people_all_of_it(
    explain: Explain, status: int
) -> None:
    request = httpx.Request("POST", "https://api.example/api.xro/2.0/Contacts")
    refused = httpx.Response(status, request=request, text="")

    error = explain(refused, ("Very Private Person is taken.", "Try another name"))

    assert "Private" not in str(error)
    assert in_full(error).endswith("says: Very Private Person is taken.; Try another name.")


def test_compressed_answers_are_asked_for() -> None:
    network = Network(json())

    an_http(network, Time()).get("/x")

    assert network.requests[0].headers["Accept-Encoding"] == "gzip"


@pytest.mark.parametrize("url", ["https://a.example/", "http://127.0.0.1:8010", "http://[::1]:1"])
def test_credentials_travel_by_https_or_stay_on_this_machine(url: str) -> None:
    assert secure_url(url, "host") == url.rstrip("/")


@pytest.mark.parametrize("url", ["http://api.procore.com", "ftp://x", "procore", "http://10.0.0.1"])
def test_credentials_do_not_travel_in_the_clear(url: str) -> None:
    with pytest.raises(ConnectionIncomplete, match=r"host is .* must begin with https"):
        secure_url(url, "host")


def test_no_conversation_begins_in_the_clear() -> None:
    with pytest.raises(ConnectionIncomplete, match=r"the API host is .* must begin with https"):
        an_http(Network(json()), Time(), base_url="http://api.example")
