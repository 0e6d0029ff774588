"""Formats, and the shapes of errors."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import httpx
import pytest

from airflow_provider_procore_xero.simulator.xero import switches
from tests.simulator.xero_world import BASE, Office, a_bill, approved

pytest_plugins = ["tests.simulator.xero_office"]


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
