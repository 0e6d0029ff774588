"""Both APIs in a process of its own, as fast as can be: it keeps no rules, and costs us nothing.

``python -m benchmarks.stub`` prints its port and serves until it is killed. Reading lists claims
and bills without end to their number; writing remembers what came, for the list of bills.
"""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from benchmarks import records

_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_encode = msgspec.json.Encoder(decimal_format="number").encode
_written: list[bytes] = []
"""Each batch that was written, as compressed JSON without its brackets."""

_A_BATCH = 50


def shown(bill: dict[str, Any]) -> dict[str, Any]:
    """Return *bill* as Xero shows what was written."""
    number = bill["Url"].rpartition("/")[2]
    lines = [_line_shown(number, at, line) for at, line in enumerate(bill["LineItems"])]
    total = sum((line["LineAmount"] for line in lines), Decimal())
    return {
        **bill,
        "InvoiceID": f"00000000-0000-4000-8000-{number:0>12}",
        "Contact": {**bill["Contact"], "Name": "Supplier Ltd", "Addresses": [], "Phones": []},
        "DateString": f"{bill['Date']}T00:00:00",
        "Date": "/Date(1788134400000+0000)/",
        "DueDateString": f"{bill['DueDate']}T00:00:00",
        "DueDate": "/Date(1789862400000+0000)/",
        "LineItems": lines,
        "SubTotal": total,
        "TotalTax": Decimal("0.00"),
        "Total": total,
        "AmountDue": total,
        "AmountPaid": Decimal("0.00"),
        "AmountCredited": Decimal("0.00"),
        "UpdatedDateUTC": "/Date(1778058957000+0000)/",
        "CurrencyRate": Decimal("1.0"),
        "HasAttachments": False,
        "Payments": [],
        "CreditNotes": [],
        "Prepayments": [],
        "Overpayments": [],
        "IsDiscounted": False,
        "HasErrors": False,
    }


def _line_shown(number: str, at: int, line: dict[str, Any]) -> dict[str, Any]:
    amount = Decimal(line["Quantity"]) * Decimal(line["UnitAmount"])
    return {
        **line,
        "LineItemID": f"{number}-{at}".rjust(36, "0"),
        "LineAmount": amount.quantize(Decimal("0.01"), ROUND_HALF_UP),
        "TaxAmount": Decimal("0.00"),
        "AccountID": "4fcd3daa-25f0-5448-a75c-3a9792a9e093",
        "Tracking": [
            {
                **option,
                "TrackingCategoryID": "6792893a-6cb0-52d6-acc3-b8811de53896",
                "TrackingOptionID": "69549aa0-091e-5c06-94e1-e0c894a3281b",
            }
            for option in line["Tracking"]
        ],
    }


@lru_cache(maxsize=100)
def made_up(count: int, page: int, size: int) -> bytes:
    """Return one page of *count* bills that nobody has written."""
    first = (page - 1) * size
    numbers = range(first, min(first + size, count))
    return _page([_encode(shown(records.bill(n))) for n in numbers], count, page, size)


def written(page: int, size: int) -> bytes:
    """Return one page of what was written, in whole batches."""
    count = len(_written) * _A_BATCH
    step = size // _A_BATCH
    parts = [zlib.decompress(part) for part in _written[(page - 1) * step : page * step]]
    return _page(parts, count, page, size)


def _page(parts: list[bytes], count: int, page: int, size: int) -> bytes:
    pages = max(-(-count // size), 1)
    head = b'{"pagination":{"page":%d,"pageSize":%d,"pageCount":%d,"itemCount":%d},"Invoices":['
    return head % (page, size, pages, count) + b",".join(parts) + b"]}"


class Answers(BaseHTTPRequestHandler):
    """What both APIs answer; the number of claims or bills is in the address's user part."""

    protocol_version = "HTTP/1.1"
    wbufsize = 1 << 16
    disable_nagle_algorithm = True

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        self._body()
        self._send(b'{"access_token":"t","token_type":"Bearer","expires_in":86400}')

    def do_PUT(self) -> None:
        bills = [_encode(shown(bill)) for bill in _decode(self._body())["Invoices"]]
        joined = b",".join(bills)
        _written.append(zlib.compress(joined, 1))
        self._send(b'{"Invoices":[' + joined + b"]}")

    def do_DELETE(self) -> None:
        """Forget what was written."""
        _written.clear()
        self._send(b"{}")

    def do_GET(self) -> None:
        """``/{count}/api.xro/...`` has so many bills, or with 0 those that were written."""
        address = urlsplit(self.path)
        count = int(address.path.split("/")[1])
        query = parse_qs(address.query)
        page = int(query["page"][0])
        if address.path.endswith("/Invoices"):
            size = int(query["pageSize"][0])
            self._send(made_up(count, page, size) if count else written(page, size))
            return
        size = int(query["per_page"][0])
        rows = list(records.claims_of(int(query["project_id"][0]), count))
        headers = {"Total": str(len(rows)), "Per-Page": str(size)}
        self._send(_encode(rows[(page - 1) * size : page * size]), headers)

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def _send(self, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


@contextmanager
def serving() -> Iterator[str]:
    """Run a stub while the caller needs it; gives its address."""
    command = [sys.executable, "-m", "benchmarks.stub"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main()
