"""What the simulator is besides the two APIs: traffic, faults, the control API, pages."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import uvicorn

from airflow_provider_procore_xero.simulator.clock import Clock
from airflow_provider_procore_xero.simulator.faults import Faults
from airflow_provider_procore_xero.simulator.server import Simulator, serve
from tests.in_process import InProcessTransport, in_process_client

COMPANY = 4281379
VENDORS = "/rest/v1.0/vendors"
NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
def simulator() -> Simulator:
    return Simulator(clock=Clock(NOON), rate_limits=False, enforce_limits=False)


@pytest.fixture
def anybody(simulator: Simulator) -> Iterator[httpx.Client]:
    """A client on this machine, without a token."""
    with in_process_client(simulator.app, "http://simulator.example") as client:
        yield client


@pytest.fixture
def signed_in(simulator: Simulator, anybody: httpx.Client) -> httpx.Client:
    """Signed in to Procore; nothing of that is remembered among the calls."""
    token = anybody.post("/oauth/token", data=PROCORE_LOGIN).json()["access_token"]
    anybody.headers["Authorization"] = f"Bearer {token}"
    anybody.headers["Procore-Company-Id"] = str(COMPANY)
    simulator.calls.clear()
    return anybody


PROCORE_LOGIN = {
    "grant_type": "client_credentials",
    "client_id": "procore-client",
    "client_secret": "procore-secret",
}


def make_vendor(client: httpx.Client, name: str = "New Vendor Ltd") -> httpx.Response:
    return client.post(VENDORS, json={"company_id": COMPANY, "vendor": {"name": name}})


def vendors_named(simulator: Simulator, name: str = "New Vendor Ltd") -> list[dict[str, Any]]:
    return [v for v in simulator.procore.vendors.values() if v["name"] == name]


# The clock


def test_a_clock_runs_with_real_time_and_can_be_moved_on() -> None:
    clock = Clock()

    clock.advance(3600)

    ahead = clock.now() - datetime.now(UTC)
    assert timedelta(minutes=59) < ahead < timedelta(minutes=61)


def test_a_frozen_clock_moves_only_when_it_is_told_to() -> None:
    clock = Clock(NOON)

    clock.advance(90)

    assert clock.now() == clock.now() == NOON + timedelta(seconds=90)


def test_a_thawed_clock_runs_on_from_where_it_stood() -> None:
    clock = Clock(NOON)

    clock.thaw()

    assert NOON <= clock.now() < NOON + timedelta(minutes=1)


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        Clock().freeze(datetime(2026, 1, 1))


# Arming and taking faults


def test_a_fault_is_used_up_after_its_times() -> None:
    faults = Faults()
    faults.arm("status", side="xero", times=2)

    taken = [faults.take("status", "xero", "GET", "/api.xro/2.0/Items") for _ in range(3)]

    assert [fault is not None for fault in taken] == [True, True, False]


def test_a_fault_lets_calls_pass_first_where_it_is_told_to() -> None:
    faults = Faults()
    faults.arm("status", side="xero", after=2)

    taken = [faults.take("status", "xero", "GET", "/x") for _ in range(4)]

    assert [fault is not None for fault in taken] == [False, False, True, False]


@pytest.mark.parametrize(
    ("side", "method", "path"),
    [("procore", "PUT", "/api.xro/2.0/Invoices"), ("xero", "POST", "/api.xro/2.0/Invoices"),
     ("xero", "PUT", "/api.xro/2.0/Contacts")],
)  # fmt: skip
def test_a_fault_strikes_only_its_side_method_and_path(side: str, method: str, path: str) -> None:
    faults = Faults()
    faults.arm("status", side="xero", method="PUT", path="*/Invoices")

    assert faults.take("status", side, method, path) is None
    assert faults.take("status", "xero", "PUT", "/api.xro/2.0/Invoices") is not None


def test_a_fault_has_one_of_the_two_sides() -> None:
    with pytest.raises(ValueError, match="side"):
        Faults().arm("status", side="sage")


# Faults on the wire


def test_a_status_fault_answers_as_told_and_commits_nothing(
    simulator: Simulator, signed_in: httpx.Client
) -> None:
    simulator.faults.arm(
        "status", side="procore", status=503, body="busy", content_type="text/plain",
        headers={"Retry-After": "7"},
    )  # fmt: skip

    answer = make_vendor(signed_in)

    assert (answer.status_code, answer.text) == (503, "busy")
    assert answer.headers["Retry-After"] == "7"
    assert answer.headers["Content-Type"] == "text/plain"
    assert vendors_named(simulator) == []


def test_an_html_fault_is_a_page_with_status_200(
    simulator: Simulator, signed_in: httpx.Client
) -> None:
    simulator.faults.arm("html", side="procore")

    answer = signed_in.get(VENDORS, params={"company_id": COMPANY})

    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.text.startswith("<!DOCTYPE html>")


def test_half_json_is_cut_though_the_length_in_its_header_is_right(
    simulator: Simulator, signed_in: httpx.Client
) -> None:
    simulator.faults.arm("half_json", side="procore")

    answer = make_vendor(signed_in)

    assert answer.status_code == 200
    assert int(answer.headers["Content-Length"]) == len(answer.content)
    with pytest.raises(ValueError, match=r".+"):
        answer.json()
    assert len(vendors_named(simulator)) == 1


def test_a_connection_that_dies_before_leaves_nothing_behind(
    simulator: Simulator, signed_in: httpx.Client
) -> None:
    simulator.faults.arm("drop_before", side="procore")

    with pytest.raises(httpx.ReadError):
        make_vendor(signed_in)

    assert vendors_named(simulator) == []


def test_a_connection_that_dies_after_has_committed_and_looks_the_same(
    simulator: Simulator, signed_in: httpx.Client
) -> None:
    simulator.faults.arm("drop_after", side="procore")

    with pytest.raises(httpx.ReadError):
        make_vendor(signed_in)

    assert len(vendors_named(simulator)) == 1
    assert [call.status for call in simulator.calls] == [0]


def test_a_status_after_has_committed(simulator: Simulator, signed_in: httpx.Client) -> None:
    simulator.faults.arm("status_after", side="procore", status=504)

    answer = make_vendor(signed_in)

    assert answer.status_code == 504
    assert len(vendors_named(simulator)) == 1


def test_a_slow_answer_takes_its_time_and_counts_as_in_flight(
    simulator: Simulator, signed_in: httpx.Client
) -> None:
    simulator.faults.arm("slow", side="procore", seconds=0.2, times=3)
    threads = [threading.Thread(target=make_vendor, args=(signed_in, f"V{n}")) for n in range(3)]
    began = time.monotonic()

    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert 0.2 <= time.monotonic() - began < 2
    assert simulator.calls.in_flight_max == simulator.calls.in_flight_max_of("procore") == 3
    assert simulator.calls.in_flight["procore"] == 0


def test_procores_rate_limit_says_when_it_ends(
    simulator: Simulator, signed_in: httpx.Client
) -> None:
    simulator.faults.arm("rate_limit", side="procore", kind="spike", retry_after=9)

    answer = signed_in.get(VENDORS, params={"company_id": COMPANY})

    assert answer.status_code == 429
    assert answer.headers["X-Rate-Limit-Remaining"] == "0"
    assert answer.headers["X-Rate-Limit-Reset"] == str(int(NOON.timestamp()) + 9)
    assert answer.headers["Retry-After"] == "9"


@pytest.mark.parametrize("kind", ["minute", "day"])
def test_xeros_rate_limit_has_no_body(
    simulator: Simulator, anybody: httpx.Client, kind: str
) -> None:
    simulator.faults.arm("rate_limit", side="xero", kind=kind, retry_after=26)

    answer = anybody.get("/api.xro/2.0/Organisation")

    assert (answer.status_code, answer.content) == (429, b"")
    assert "Content-Type" not in answer.headers
    assert answer.headers["X-Rate-Limit-Problem"] == kind
    assert answer.headers["Retry-After"] == "26"


def test_too_many_calls_at_a_time_come_without_a_time_to_wait(
    simulator: Simulator, anybody: httpx.Client
) -> None:
    simulator.faults.arm("rate_limit", side="xero", kind="concurrent")

    answer = anybody.get("/api.xro/2.0/Organisation")

    assert answer.headers["X-Rate-Limit-Problem"] == "concurrent"
    assert "Retry-After" not in answer.headers


# What is remembered of calls


def test_calls_are_remembered_without_their_secrets(
    simulator: Simulator, signed_in: httpx.Client
) -> None:
    signed_in.get(VENDORS, params={"company_id": COMPANY, "view": "extended"})

    (call,) = simulator.calls
    assert (call.side, call.method, call.path, call.status) == ("procore", "GET", VENDORS, 200)
    assert call.query == {"company_id": [str(COMPANY)], "view": ["extended"]}
    assert call.headers["authorization"] == "***"
    assert call.at == NOON
    assert b"Delta Plumbing" in call.response


def test_asking_for_a_token_is_no_write(simulator: Simulator, anybody: httpx.Client) -> None:
    anybody.post("/oauth/token", data=PROCORE_LOGIN)
    anybody.post("/connect/token", data={"grant_type": "client_credentials"})

    assert len(simulator.calls) == 2
    assert simulator.calls.writes() == []


def test_writes_are_found_by_side(simulator: Simulator, signed_in: httpx.Client) -> None:
    make_vendor(signed_in)
    signed_in.get(VENDORS, params={"company_id": COMPANY})

    assert [call.method for call in simulator.calls.writes("procore")] == ["POST"]
    assert simulator.calls.writes("xero") == []
    assert len(simulator.calls.of("procore", "GET", "/rest/*/vendors")) == 1


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/rest/v9.9/wonders"), ("GET", "/nowhere"),
     ("DELETE", "/rest/v1.0/vendors")],
)  # fmt: skip
def test_what_the_simulator_lacks_answers_501_with_a_sentence(
    signed_in: httpx.Client, method: str, path: str
) -> None:
    answer = signed_in.request(method, path)

    assert answer.status_code == 501
    assert f"does not have {method} {path}" in answer.json()["message"]


# The control API


def test_the_state_can_be_read_whole_with_amounts_as_text(anybody: httpx.Client) -> None:
    state = anybody.get("/_simulator/state").json()

    assert state["procore"]["company"]["id"] == COMPANY
    assert len(state["procore"]["requisitions"]) == 80
    assert len(state["xero"]["invoices"]) == 120
    amounts = {bill["Total"] for bill in state["xero"]["invoices"].values()}
    assert all(isinstance(amount, str) for amount in amounts)
    assert state["xero"]["switches"]["enforce_limits"] is False


def test_calls_are_read_and_forgotten(signed_in: httpx.Client) -> None:
    make_vendor(signed_in)
    signed_in.get(VENDORS, params={"company_id": COMPANY})

    everything = signed_in.get("/_simulator/calls").json()
    writes = signed_in.get("/_simulator/calls?side=procore&writes=1").json()
    others = signed_in.get("/_simulator/calls?side=xero").json()
    signed_in.delete("/_simulator/calls")

    assert [c["method"] for c in everything] == ["POST", "GET"]
    assert [c["method"] for c in writes] == ["POST"]
    assert others == signed_in.get("/_simulator/calls").json() == []


def test_a_fault_is_armed_and_disarmed(simulator: Simulator, anybody: httpx.Client) -> None:
    asked = {"name": "status", "side": "xero", "path": "*/Items", "times": 2, "status": 500}

    assert anybody.post("/_simulator/faults", json=asked).json() == {"armed": 1}
    (fault,) = simulator.faults.armed
    anybody.delete("/_simulator/faults")

    assert (fault.path, fault.times, fault.args) == ("*/Items", 2, {"status": 500})
    assert simulator.faults.armed == []


def test_time_is_moved_on(simulator: Simulator, anybody: httpx.Client) -> None:
    answer = anybody.post("/_simulator/clock", json={"advance": 60})

    assert answer.json() == {"now": "2026-11-22T12:01:00Z"}
    assert simulator.clock.now() == NOON + timedelta(minutes=1)


def test_a_reset_builds_another_world_on_the_same_address(
    simulator: Simulator, signed_in: httpx.Client
) -> None:
    make_vendor(signed_in)

    answer = signed_in.post("/_simulator/reset", json={"world": "empty", "seed": 3})

    assert answer.json()["world"] == "empty"
    assert not simulator.procore.vendors
    assert len(simulator.calls) == 0
    assert signed_in.get("/_simulator/health").json()["seed"] == 3


def test_a_switch_is_set_on_the_side_that_has_it(
    simulator: Simulator, anybody: httpx.Client
) -> None:
    anybody.post("/_simulator/switches", json={"zero_total": "refuse", "not_permitted": "404"})

    assert simulator.xero.switches["zero_total"] == "refuse"
    assert simulator.procore.switches["not_permitted"] == "404"


def test_an_unknown_switch_is_refused_and_the_known_ones_are_named(
    anybody: httpx.Client,
) -> None:
    answer = anybody.post("/_simulator/switches", json={"magic": True})

    assert answer.status_code == 400
    assert "'magic'" in answer.json()["message"]
    assert "zero_total" in answer.json()["message"]


def test_somebody_edits_a_vendor_in_procore(simulator: Simulator, anybody: httpx.Client) -> None:
    vendor = next(iter(simulator.procore.vendors.values()))
    path = f"/_simulator/procore/vendors/{vendor['id']}"

    anybody.put(path, json={"city": "Levin", "primary_contact": {"first_name": "Rua"}})

    assert vendor["city"] == "Levin"
    assert vendor["primary_contact"]["first_name"] == "Rua"
    assert vendor["primary_contact"]["email_address"]
    assert vendor["updated_at"] == "2026-11-22T12:00:00Z"


def test_somebody_edits_a_bill_in_xero_and_amounts_stay_decimals(
    simulator: Simulator, anybody: httpx.Client
) -> None:
    bill = next(iter(simulator.xero.invoices.values()))
    path = f"/_simulator/xero/invoices/{bill['InvoiceID']}"

    answer = anybody.put(path, json={"CurrencyRate": "1.1", "InvoiceNumber": "EDITED"})

    assert answer.json()["InvoiceNumber"] == "EDITED"
    assert bill["CurrencyRate"] == Decimal("1.1")
    assert bill["UpdatedDateUTC"].startswith("2026-11-22T12:00:00")


def test_somebody_deletes_a_record(simulator: Simulator, anybody: httpx.Client) -> None:
    vendor_id = next(iter(simulator.procore.vendors))
    path = f"/_simulator/procore/vendors/{vendor_id}"

    assert anybody.delete(path).status_code == 204

    assert vendor_id not in simulator.procore.vendors
    assert anybody.get(path).status_code == 404


def test_the_lock_date_is_changed_like_any_record(
    simulator: Simulator, anybody: httpx.Client
) -> None:
    key = simulator.xero.organisation["OrganisationID"]

    anybody.put(f"/_simulator/xero/organisation/{key}", json={"PeriodLockDate": "2026-10-31"})

    assert simulator.xero.organisation["PeriodLockDate"] == "2026-10-31"


@pytest.mark.parametrize("place", ["sage/vendors/1", "procore/wonders/1", "procore/vendors/1"])
def test_a_record_that_is_not_there_cannot_be_edited(anybody: httpx.Client, place: str) -> None:
    assert anybody.put(f"/_simulator/{place}", json={}).status_code == 404


def test_a_project_is_exported_to_the_erp_tool_and_its_job_costs_are_in_the_state(
    simulator: Simulator, anybody: httpx.Client
) -> None:
    project = next(iter(simulator.procore.projects))

    exported = anybody.post("/_simulator/erp_export", json={"project_id": project}).json()
    unknown = anybody.post("/_simulator/erp_export", json={"project_id": 1})

    assert exported["origin_id"] == f"erp:job:{project}"
    assert unknown.status_code == 404
    assert anybody.get("/_simulator/state").json()["procore"]["erp_job_costs"] == {}
    assert "erp job costs" in anybody.get(f"/projects/{project}/budgeting").text


def test_the_control_api_answers_this_machine_only(simulator: Simulator) -> None:
    status = _asked_from("203.0.113.9", simulator, "/_simulator/state")

    assert status == 403


def _asked_from(address: str, simulator: Simulator, path: str) -> int:
    async def from_elsewhere(scope: Any, receive: Any, send: Any) -> None:
        await simulator.app({**scope, "client": (address, 4711)}, receive, send)

    with httpx.Client(transport=InProcessTransport(from_elsewhere)) as client:
        return client.get(f"http://simulator.example{path}").status_code


# Pages for people


def test_the_index_counts_what_there_is(anybody: httpx.Client) -> None:
    page = anybody.get("/").text

    assert "Hartnell Civil Ltd" in page
    assert '<a href="/browse/procore/requisitions">requisitions</a></td><td>80<' in page
    assert '<a href="/browse/xero/invoices">invoices</a></td><td>120<' in page


def test_each_collection_has_a_page_and_its_records_open(
    simulator: Simulator, anybody: httpx.Client
) -> None:
    for side, names in BROWSED.items():
        for name in names:
            newest = next(reversed(getattr(getattr(simulator, side), name)))

            listed = anybody.get(f"/browse/{side}/{name}")
            shown = anybody.get(f"/record/{side}/{name}/{newest}")

            assert f"/record/{side}/{name}/{newest}" in listed.text
            assert (listed.status_code, shown.status_code) == (200, 200), (side, name)


BROWSED = {
    "procore": ("stages", "projects", "vendors", "users", "standard_cost_codes", "cost_codes",
                "wbs_codes", "commitments", "commitment_line_items", "change_order_packages",
                "requisitions", "billing_periods"),
    "xero": ("accounts", "tax_rates", "contacts", "contact_groups", "tracking_categories",
             "invoices", "credit_notes", "payments", "batch_payments", "bank_transactions"),
}  # fmt: skip


def procore_links(simulator: Simulator) -> Iterator[str]:
    procore = simulator.procore
    claim = next(iter(procore.requisitions.values()))
    project, contract = claim["project_id"], claim["commitment_id"]
    package = next(iter(procore.change_order_packages.values()))
    tools = f"/webclients/host/companies/{COMPANY}/projects/{project}/tools"
    work = f"/{project}/project/commitments/work_order_contracts/{contract}"
    yield f"/{COMPANY}/company/directory/vendors/{claim['vendor_id']}"
    yield f"{tools}/projecthome"
    yield f"/{project}/project/home"
    yield f"{tools}/contracts/commitments/work_order_contracts/{contract}"
    yield work
    yield f"{work}/requisitions/{claim['id']}"
    yield f"{work}/requisitions"
    yield f"{work}/invoices"
    yield f"{work}/contract_payments"
    yield f"{work}/payments"
    yield f"{work}/change_orders/commitment_contract_change_orders/{package['id']}"
    yield f"/{project}/project/direct_costs"
    yield f"/{project}/project/directory/vendors/{claim['vendor_id']}/edit"


def xero_links(simulator: Simulator) -> Iterator[str]:
    xero = simulator.xero
    (category, _) = xero.tracking_categories
    bill, contact = next(iter(xero.invoices)), next(iter(xero.contacts))
    order = xero.add_purchase_order(contact, [{"Description": "Kerb"}])["PurchaseOrderID"]
    yield f"/AccountsPayable/Edit.aspx?InvoiceID={bill}"
    yield f"/AccountsPayable/View.aspx?invoiceID={bill}"
    yield f"/AccountsPayable/ViewCreditNote.aspx?creditNoteID={next(iter(xero.credit_notes))}"
    yield f"/Contacts/View/{contact}"
    yield f"/app/!Hc7Zt/contacts/contact/{contact}"
    yield f"/Bank/ViewTransaction.aspx?bankTransactionID={next(iter(xero.payments))}"
    yield f"/Bank/ViewTransaction.aspx?bankTransactionID={next(iter(xero.bank_transactions))}"
    yield f"/Accounts/Payable/PurchaseOrders/View/{order}/"
    yield f"/Setup/Tracking.aspx?categoryID={category}"


def test_every_deep_link_of_procore_opens(simulator: Simulator, anybody: httpx.Client) -> None:
    for link in procore_links(simulator):
        answer = anybody.get(link)

        assert answer.status_code == 200, link
        assert answer.headers["Content-Type"].startswith("text/html")


def test_every_deep_link_of_xero_opens_through_the_organisations_login(
    simulator: Simulator, anybody: httpx.Client
) -> None:
    code = quote(simulator.xero.organisation["ShortCode"], safe="")
    login = f"/organisationlogin/default.aspx?shortcode={code}&redirecturl="
    for link in xero_links(simulator):
        assert anybody.get(link).status_code == 200, link

        answer = anybody.get(login + quote(link, safe=""), follow_redirects=True)

        assert answer.status_code == 200, link


@pytest.mark.parametrize(
    ("code", "target"),
    [("!Hc7Zt", "https://evil.example/"), ("!Hc7Zt", "//evil.example/"),
     ("!Hc7Zt", "/\\evil.example"), ("!Other", "/Contacts/View/1")],
)  # fmt: skip
def test_the_organisations_login_leads_nowhere_else(
    anybody: httpx.Client, code: str, target: str
) -> None:
    answer = anybody.get(
        "/organisationlogin/default.aspx", params={"shortcode": code, "redirecturl": target}
    )

    assert answer.status_code == 404


def test_a_link_to_a_record_that_is_gone_says_so(anybody: httpx.Client) -> None:
    answer = anybody.get("/Contacts/View/00000000-0000-0000-0000-000000000000")

    assert answer.status_code == 404
    assert "There is no such record" in answer.text


def test_what_the_records_say_is_text_and_never_markup(
    simulator: Simulator, anybody: httpx.Client
) -> None:
    bad = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
    vendor = simulator.procore.add_vendor(name=bad, website="javascript:alert(3)")

    for path in ("/browse/procore/vendors", f"/record/procore/vendors/{vendor['id']}"):
        page = anybody.get(path)

        assert "<script" not in page.text
        assert "<img" not in page.text
        assert 'href="javascript' not in page.text
        assert page.headers["Content-Security-Policy"].startswith("default-src 'none'")


# Serving


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "::"])
def test_it_refuses_to_serve_a_host_that_others_can_reach(host: str) -> None:
    with pytest.raises(ValueError, match="reached by others"):
        serve(host=host)


@pytest.fixture
def served() -> Iterator[tuple[Simulator, str]]:
    """A simulator behind a real socket."""
    simulator = Simulator(world="empty", rate_limits=False)
    server = uvicorn.Server(uvicorn.Config(simulator.app, port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield simulator, f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(5)


@pytest.mark.parametrize("name", ["drop_before", "drop_after"])
def test_over_a_socket_the_connection_really_dies(served: tuple[Simulator, str], name: str) -> None:
    simulator, url = served
    simulator.faults.arm(name, side="procore")

    with httpx.Client(base_url=url) as client:
        with pytest.raises(httpx.TransportError):
            client.post("/oauth/token", data=PROCORE_LOGIN)
        answer = client.post("/oauth/token", data=PROCORE_LOGIN)

    assert answer.status_code == 200
    assert [call.status for call in simulator.calls] == [0, 200]
