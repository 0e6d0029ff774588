"""Read-only pages, so that a deep link in a mail or on a bill opens something.

The paths are those of the real web applications, Procore's and Xero's; what they show is the
record as it stands, and the records that belong to it.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from .control import COLLECTIONS, Endpoint
from .page_template import PAGE

if TYPE_CHECKING:
    from .server import Simulator

Record = dict[str, Any]
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}
_ROWS = 500
_CONTRACT = "/{project:int}/project/commitments/{kind}/{contract:int}"
_NEW_UI = "/webclients/host/companies/{company:int}/projects/{project:int}/tools"

# Deep links that show one record: path, side, collection, the parameter with the id.
_ONE = (
    ("/{company:int}/company/directory/vendors/{id:int}", "procore", "vendors", "id"),
    ("/{project:int}/project/directory/vendors/{id:int}/edit", "procore", "vendors", "id"),
    (f"{_NEW_UI}/projecthome", "procore", "projects", "project"),
    ("/{project:int}/project/home", "procore", "projects", "project"),
    (f"{_NEW_UI}/contracts/commitments/{{kind}}/{{contract:int}}", "procore", "commitments",
     "contract"),
    (_CONTRACT, "procore", "commitments", "contract"),
    (f"{_CONTRACT}/requisitions/{{id:int}}", "procore", "requisitions", "id"),
    (f"{_CONTRACT}/change_orders/commitment_contract_change_orders/{{id:int}}", "procore",
     "change_order_packages", "id"),
    ("/{project:int}/project/direct_costs/{id:int}", "procore", "direct_costs", "id"),
    ("/Contacts/View/{id}", "xero", "contacts", "id"),
    ("/app/{shortcode}/contacts/contact/{id}", "xero", "contacts", "id"),
    ("/Accounts/Payable/PurchaseOrders/View/{id}/", "xero", "purchase_orders", "id"),
    ("/Accounts/Payable/PurchaseOrders/View/{id}", "xero", "purchase_orders", "id"),
    ("/AccountsPayable/Edit.aspx", "xero", "invoices", "invoiceid"),
    ("/AccountsPayable/View.aspx", "xero", "invoices", "invoiceid"),
    ("/AccountsPayable/ViewCreditNote.aspx", "xero", "credit_notes", "creditnoteid"),
    ("/Setup/Tracking.aspx", "xero", "tracking_categories", "categoryid"),
    ("/Journal/View.aspx", "xero", "manual_journals", "invoiceid"),
)  # fmt: skip

# Deep links that show a list: path, collection, its field, the parameter to match.
_MANY = (
    (f"{_CONTRACT}/requisitions", "requisitions", "commitment_id", "contract"),
    (f"{_CONTRACT}/invoices", "requisitions", "commitment_id", "contract"),
    (f"{_CONTRACT}/contract_payments", "contract_payments", "contract_id", "contract"),
    (f"{_CONTRACT}/payments", "contract_payments", "contract_id", "contract"),
    ("/{project:int}/project/direct_costs", "direct_costs", "project_id", "project"),
    ("/projects/{project:int}/budgeting", "erp_job_costs", "project_id", "project"),
)

# What a record's page lists beneath it: side, collection -> (collection, the field that refers).
_BELOW: dict[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("procore", "projects"): (("commitments", "project_id"), ("requisitions", "project_id"),
                              ("direct_costs", "project_id")),
    ("procore", "commitments"): (("requisitions", "commitment_id"),
                                 ("contract_payments", "contract_id"),
                                 ("change_order_packages", "contract_id")),
    ("procore", "vendors"): (("requisitions", "vendor_id"), ("direct_costs", "vendor_id")),
}  # fmt: skip
_NAMES = (
    "name", "Name", "title", "contract_name", "InvoiceNumber", "PurchaseOrderNumber",
    "CreditNoteNumber", "Reference", "description", "Description", "Narration", "Code",
)  # fmt: skip
_NUMBERS = ("number", "project_number", "full_code", "flat_code", "invoice_number", "Code")
_STATUSES = ("status", "Status", "ContactStatus")
_AMOUNTS = ("grand_total", "amount", "Total", "Amount", "TotalAmount")


class Pages:
    """The pages that are neither one record nor a list of them, and makers of those two."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    async def index(self, request: Request) -> Response:
        return _index(self.simulator)

    async def browse(self, request: Request) -> Response:
        side, name = request.path_params["side"], request.path_params["collection"]
        if name not in COLLECTIONS.get(side, ()):
            return _missing(side)
        rows = _records(self.simulator, side, name).values()
        return _page(name, side=side, tables=[_listed(side, name, rows)])

    async def record(self, request: Request) -> Response:
        given = request.path_params
        return _show(self.simulator, given["side"], given["collection"], given["id"])

    async def into_organisation(self, request: Request) -> Response:
        """Xero's switch to the right organisation; it goes nowhere but here."""
        target = request.query_params.get("redirecturl", "/")
        code = self.simulator.xero.organisation["ShortCode"]
        right = request.query_params.get("shortcode") == code
        local = target.startswith("/") and target[1:2] not in ("/", "\\")
        return RedirectResponse(target, 302) if right and local else _missing("xero")

    async def bank(self, request: Request) -> Response:
        """Payments are shown under the bank transaction's address too."""
        key = _parameter(request, "banktransactionid")
        paid = key.lower() in self.simulator.xero.payments
        return _show(self.simulator, "xero", "payments" if paid else "bank_transactions", key)

    def one(self, side: str, collection: str, name: str) -> Endpoint:
        async def show(request: Request) -> Response:
            return _show(self.simulator, side, collection, _parameter(request, name))

        return show

    def many(self, collection: str, field: str, name: str) -> Endpoint:
        async def show(request: Request) -> Response:
            wanted = int(_parameter(request, name))
            records = _records(self.simulator, "procore", collection).values()
            rows = [row for row in records if row.get(field) == wanted]
            title = collection.replace("_", " ")
            return _page(title, side="procore", tables=[_listed("procore", collection, rows)])

        return show


def routes(simulator: Simulator) -> list[Route]:
    """The index, a page for each collection and record, and the deep links."""
    pages = Pages(simulator)
    return [
        Route("/", pages.index),
        Route("/browse/{side}/{collection}", pages.browse),
        Route("/record/{side}/{collection}/{id}", pages.record),
        Route("/organisationlogin/default.aspx", pages.into_organisation),
        Route("/Bank/ViewTransaction.aspx", pages.bank),
        *(Route(path, pages.one(side, name, key)) for path, side, name, key in _ONE),
        *(Route(path, pages.many(name, field, key)) for path, name, field, key in _MANY),
    ]


def _index(simulator: Simulator) -> Response:
    tables = []
    for side, names in COLLECTIONS.items():
        rows = [
            [{"href": f"/browse/{side}/{name}", "text": name.replace("_", " ")},
             len(_records(simulator, side, name))]
            for name in names
        ]  # fmt: skip
        tables.append({"title": side.capitalize(), "columns": ("records", "count"), "rows": rows})
    facts = [
        ("company", simulator.procore.company["name"]),
        ("organisation", simulator.xero.organisation["Name"]),
        ("world", f"{simulator.world}, seed {simulator.seed}"),
        ("now", simulator.clock.now().strftime("%Y-%m-%d %H:%M:%S UTC")),
        ("calls so far", len(simulator.calls)),
    ]
    return _page("A pretend Procore and a pretend Xero", facts=facts, tables=tables)


def _show(simulator: Simulator, side: str, collection: str, key: str) -> Response:
    records = _records(simulator, side, collection)
    record = records.get(int(key) if side == "procore" and key.isdigit() else key.lower())
    record = record if record is not None else records.get(key)
    if not isinstance(record, dict):
        return _missing(side)
    tables = _nested(record)
    for name, field in _BELOW.get((side, collection), ()):
        rows = [r for r in _records(simulator, side, name).values()
                if r.get(field) == record["id"]]  # fmt: skip
        if rows:
            tables.append(_listed(side, name, rows))
    return _page(
        _first(record, _NAMES) or collection.replace("_", " "),
        side=side,
        status=_first(record, _STATUSES),
        facts=_facts(record),
        tables=tables,
    )


def _records(simulator: Simulator, side: str, collection: str) -> dict[Any, Record]:
    if collection not in COLLECTIONS.get(side, ()):
        return {}
    records: dict[Any, Record] = getattr(getattr(simulator, side), collection, {})
    return records


def _listed(side: str, collection: str, rows: Iterable[Record]) -> Record:
    """A table of records, each linked to its page; the newest 500 of a long list."""
    everything = list(rows)
    kept = everything[-_ROWS:]
    title = collection.replace("_", " ")
    if len(kept) < len(everything):
        title = f"{title}: the newest {len(kept)} of {len(everything)}"
    key = _key_of(collection, kept)
    return {
        "title": title,
        "columns": ("record", "number", "status", "amount"),
        "rows": [
            [
                {"href": f"/record/{side}/{collection}/{row.get(key)}",
                 "text": _first(row, _NAMES) or row.get(key)},
                _first(row, _NUMBERS),
                _first(row, _STATUSES),
                _first(row, _AMOUNTS) or row.get("summary", {}).get("current_payment_due", ""),
            ]
            for row in kept
        ],
    }  # fmt: skip


def _key_of(collection: str, rows: list[Record]) -> str:
    """The field with the id: Procore says ``id``, Xero names the kind of record."""
    if not rows or "id" in rows[0]:
        return "id"
    singular = "".join(word.capitalize() for word in collection.split("_"))
    for ending, single in (("ies", "y"), ("s", "")):
        if singular.endswith(ending):
            singular = singular.removesuffix(ending) + single
            break
    named = (f"{singular}ID", "TaxType", "Code")
    return next((name for name in named if name in rows[0]), "id")


def _facts(record: Record, prefix: str = "") -> list[tuple[str, Any]]:
    """The plain values, those of nested records under a dotted name."""
    facts: list[tuple[str, Any]] = []
    for name, value in record.items():
        if isinstance(value, dict):
            facts += _facts(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            if value and not isinstance(value[0], dict):
                facts.append((prefix + name, ", ".join(map(str, value))))
        elif value not in (None, ""):
            facts.append((prefix + name, value))
    return facts


def _nested(record: Record) -> list[Record]:
    """A table for each list of records within the record: lines, items, payments, options."""
    tables = []
    for name, value in record.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            rows = [dict(_facts(row)) | _tracking(row) for row in value]
            columns = list(dict.fromkeys(key for row in rows for key in row))[:24]
            tables.append({
                "title": name,
                "columns": columns,
                "rows": [[row.get(key, "") for key in columns] for row in rows],
            })  # fmt: skip
    return tables


def _tracking(line: Record) -> Record:
    tracking = line.get("Tracking") or []
    return {"Tracking": ", ".join(str(t.get("Option", "")) for t in tracking)} if tracking else {}


def _first(record: Record, names: tuple[str, ...]) -> Any:
    return next((record[name] for name in names if record.get(name)), "")


def _parameter(request: Request, name: str) -> str:
    """From the path, or from the query whatever the case of its name."""
    if name in request.path_params:
        return str(request.path_params[name])
    return next((v for k, v in request.query_params.items() if k.lower() == name), "")


def _missing(side: str) -> Response:
    return _page("There is no such record", side=side, code=404)


def _page(title: Any, *, code: int = 200, **content: Any) -> Response:
    return HTMLResponse(PAGE.render(title=title, **content), code, headers=_HEADERS)
