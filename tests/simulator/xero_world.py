"""A small pretend Xero for tests: a clock that stands still, a chart, records as they are sent.

The fixture ``office`` is in ``xero_office.py``, so that pytest loads it as a plugin.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

from airflow_provider_procore_xero.simulator.clock import Clock
from airflow_provider_procore_xero.simulator.faults import Faults
from airflow_provider_procore_xero.simulator.xero import Xero

Record = dict[str, Any]
BASE = "/api.xro/2.0"
NOW = datetime(2026, 11, 20, 9, 0, 30, tzinfo=UTC)
ZERO_GUID = "00000000-0000-0000-0000-000000000000"


@dataclass
class Office:
    """The pretend organisation, and a client of its API that asks for JSON."""

    xero: Xero
    clock: Clock
    faults: Faults
    http: httpx.Client

    def call(self, method: str, path: str, body: Any = None, **params: str) -> httpx.Response:
        """Any call; *params* are the query, `headers` aside."""
        return self.http.request(method, f"{BASE}{path}", json=body, params=params)

    def get(self, path: str, **params: str) -> Record:
        response = self.call("GET", path, **params)
        assert response.status_code == 200, response.text
        found: Record = response.json(parse_float=Decimal)
        return found

    def save(self, method: str, path: str, *elements: Record, **params: str) -> list[Record]:
        """Write elements with ``summarizeErrors=false`` and return what came back for each."""
        plural = path.strip("/").split("/")[-1]
        params = {"summarizeErrors": "false", **params}
        response = self.call(method, path, {plural: list(elements)}, **params)
        assert response.status_code == 200, response.text
        rows: list[Record] = response.json(parse_float=Decimal)[plural]
        return rows

    def messages(self, response: httpx.Response) -> list[str]:
        """The validation messages of a 400."""
        assert response.status_code == 400, response.text
        return [
            error["Message"]
            for element in response.json().get("Elements", [])
            for error in element["ValidationErrors"]
        ]


def token(http: httpx.Client, **form: str) -> str:
    """A fresh access token of the custom connection."""
    answer = http.post(
        "/connect/token",
        data={"grant_type": "client_credentials", **form},
        auth=("xero-client", "xero-secret"),
    )
    text: str = answer.json()["access_token"]
    return text


def furnish(xero: Xero) -> None:
    xero.add_tax_rate("INPUT2", "15% GST on Expenses", "15", CanApplyToRevenue=False)
    xero.add_tax_rate("OUTPUT2", "15% GST on Income", "15", CanApplyToExpenses=False)
    xero.add_tax_rate("NONE", "No GST", "0")
    xero.add_account("090", "Business Bank Account", "BANK")
    xero.add_account("200", "Sales", "REVENUE", TaxType="OUTPUT2")
    xero.add_account("310", "Cost of Goods Sold", "DIRECTCOSTS", TaxType="INPUT2")
    xero.add_account("850", "Retentions Payable", "CURRLIAB")
    xero.add_account("800", "Accounts Payable", "CURRLIAB", SystemAccount="CREDITORS")
    xero.add_account("399", "Old Costs", "EXPENSE", Status="ARCHIVED")
    xero.add_tracking_category("Job", ["J-1001", "J-1002"])
    xero.add_tracking_category("Cost Code", ["03-300"])
    xero.add_contact("Acme Concrete")


def acme(office: Office) -> str:
    """The supplier's ContactID."""
    return next(key for key, c in office.xero.contacts.items() if c["Name"] == "Acme Concrete")


def a_line(amount: str = "100.00", **fields: Any) -> Record:
    line = {
        "Description": "Footings",
        "Quantity": 1,
        "UnitAmount": amount,
        "AccountCode": "310",
        "TaxType": "INPUT2",
    }
    return {k: v for k, v in (line | fields).items() if v is not None}


def a_bill(office: Office, **fields: Any) -> Record:
    """A bill as a client sends it."""
    return {
        "Type": "ACCPAY",
        "InvoiceNumber": "SC-014-REQ-03",
        "Contact": {"ContactID": acme(office)},
        "Date": "2026-11-20",
        "DueDate": "2026-12-20",
        "LineAmountTypes": "Exclusive",
        "LineItems": [a_line()],
        **fields,
    }


def approved(office: Office, amount: str = "100.00", **fields: Any) -> Record:
    """An approved bill without tax, typed in by a person."""
    line = a_line(amount, TaxType="NONE")
    fields = {"number": "B-1", "on": "2026-11-10", "status": "AUTHORISED", **fields}
    return office.xero.add_bill(acme(office), [line], **fields)


def an_order(office: Office, number: str = "SC-1", **fields: Any) -> Record:
    """A purchase order as a client sends it."""
    return {
        "PurchaseOrderNumber": number,
        "Contact": {"ContactID": acme(office)},
        "Date": "2026-11-20",
        "LineItems": [a_line()],
        **fields,
    }
