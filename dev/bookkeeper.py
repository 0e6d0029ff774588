"""Somebody in the accounts department, who works in Xero between two nights."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import httpx

API = "/api.xro/2.0"
CLIENT = ("xero-client", "xero-secret")
TENANT = "c3d50000-0000-4000-8000-00000000cafe"


class Bookkeeper:
    """Approves draft bills and pays some, through Xero's own API.

    :param url: where the pretend Xero is.
    """

    def __init__(self, url: str) -> None:
        answer = httpx.post(
            f"{url}/connect/token", data={"grant_type": "client_credentials"}, auth=CLIENT
        )
        self._client = httpx.Client(
            base_url=f"{url}{API}",
            headers={
                "Authorization": f"Bearer {answer.raise_for_status().json()['access_token']}",
                "Xero-Tenant-Id": TENANT,
                "Accept": "application/json",
            },
            timeout=30,
        )

    def approve(self, count: int) -> list[dict[str, Any]]:
        """Approve up to *count* draft bills and return them as they then are."""
        drafts = self._ask("GET", "/Invoices?where=Type==%22ACCPAY%22&Statuses=DRAFT&page=1")
        ours = (each for each in drafts["Invoices"] if each.get("Url"))
        wanted = [each for each in ours if each["Total"] > 0][:count]
        body = [{"InvoiceID": each["InvoiceID"], "Status": "AUTHORISED"} for each in wanted]
        return list(self._ask("POST", "/Invoices", {"Invoices": body})["Invoices"])

    def pay(self, bills: list[dict[str, Any]]) -> None:
        """Pay *bills* today: the last one by half, the others in full."""
        shares = [Decimal(1)] * (len(bills) - 1) + [Decimal("0.5")]
        bank = self._bank()
        payments = [
            {
                "Invoice": {"InvoiceID": bill["InvoiceID"]},
                "Account": {"Code": bank},
                "Date": datetime.now(UTC).date().isoformat(),
                "Amount": str(round(bill["AmountDue"] * share, 2)),
            }
            for bill, share in zip(bills, shares, strict=True)
        ]
        self._ask("PUT", "/Payments", {"Payments": payments})

    def item(self, code: str, name: str, account: str) -> None:
        """Add an item that is bought on *account*."""
        details = {"AccountCode": account}
        self._ask(
            "PUT", "/Items", {"Items": [{"Code": code, "Name": name, "PurchaseDetails": details}]}
        )

    def account(self, code: str, status: str) -> None:
        """Archive an account, or make it active again."""
        (found,) = self._ask("GET", f"/Accounts?where=Code==%22{code}%22")["Accounts"]
        body = {"AccountID": found["AccountID"], "Status": status}
        self._ask("POST", f"/Accounts/{found['AccountID']}", body)

    def _bank(self) -> str:
        accounts = self._ask("GET", "/Accounts?where=Type==%22BANK%22")["Accounts"]
        return str(accounts[0]["Code"])

    def _ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        answer = self._client.request(method, path, json=body)
        if answer.is_error:
            raise SystemExit(f"Xero said no to {method} {path}: {answer.text[:2000]}")
        return dict(json.loads(answer.content, parse_float=Decimal))
