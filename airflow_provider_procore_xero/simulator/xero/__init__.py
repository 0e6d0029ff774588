"""A pretend accounting organisation that keeps the real API's nasty rules.

Written from the vendor's public documentation and OpenAPI description, and from what
integrators have reported; ``switches.py`` lists what nobody documents. Start reading at
``gate.py`` (what every call passes), then ``batches.py``, ``bills.py`` and ``people.py``.
"""

from __future__ import annotations

from starlette.routing import Route

from . import (
    bank_transactions,
    batch_payments,
    contact_groups,
    contacts,
    credit_notes,
    identity,
    invoices,
    items,
    manual_journals,
    papers,
    payments,
    purchase_orders,
    settings,
    tracking,
)
from .credits import CREDIT_NOTES, OVERPAYMENTS, PREPAYMENTS
from .exchange import Answer, ApiCall
from .gate import Handler, endpoint
from .people import Xero
from .refusals import MethodNotAllowed, NotFound, NotSimulated
from .state import TENANT_ID

__all__ = ["TENANT_ID", "Xero", "routes"]

BASE = "/api.xro/2.0"
METHODS = ["GET", "PUT", "POST", "DELETE", "PATCH"]
NOT_HERE = (
    "BankTransfers", "BrandingThemes", "Budgets", "Employees", "ExpenseClaims",
    "InvoiceReminders", "Journals", "LinkedTransactions", "PaymentServices", "Quotes",
    "Receipts", "RepeatingInvoices", "Reports",
)  # fmt: skip
SETTINGS = "accounting.settings"
CONTACTS = "accounting.contacts"
INVOICES = "accounting.invoices"
PAYMENTS = "accounting.payments"
BANK = "accounting.banktransactions"
JOURNALS = "accounting.manualjournals"
FILES = "accounting.attachments"

Paths = dict[str, dict[str, Handler]]


def routes(xero: Xero) -> list[Route]:
    """The routes of the token endpoint, the connections and the accounting API."""
    plan = [*_settings(), *_contacts(), *_documents(), *_money(), *_papers()]
    return [
        *identity.routes(xero),
        *[
            Route(f"{BASE}{path}", endpoint(xero, _whole(handlers), scopes), methods=METHODS)
            for paths, scopes in plan
            for path, handlers in paths.items()
        ],
        Route(
            f"{BASE}/{{rest:path}}",
            endpoint(xero, {"*": _elsewhere}, (SETTINGS, CONTACTS, INVOICES, PAYMENTS, BANK)),
            methods=METHODS,
        ),
    ]


def _whole(handlers: dict[str, Handler]) -> dict[str, Handler]:
    return {"*": _not_allowed, **handlers}


def _not_allowed(xero: Xero, call: ApiCall) -> Answer:
    raise MethodNotAllowed


def _elsewhere(xero: Xero, call: ApiCall) -> Answer:
    first = call.parts["rest"].split("/", 1)[0]
    if first in NOT_HERE or call.parts["rest"].endswith(("/pdf", "/Email", "/OnlineInvoice")):
        raise NotSimulated(f"{call.method} {call.path}")
    raise NotFound


Plan = list[tuple[Paths, tuple[str, ...]]]


def _settings() -> Plan:
    s = settings
    paths: Paths = {
        "/Organisation": {"GET": s.organisation, "POST": _no_method, "PUT": _no_method},
        "/Organisation/Actions": {"GET": s.actions},
        "/Users": {"GET": s.get_users},
        "/Users/{id}": {"GET": s.get_user},
        "/Currencies": {"GET": s.get_currencies, "PUT": s.put_currency},
        "/TaxRates": {"GET": s.get_tax_rates, "PUT": s.put_tax_rate, "POST": s.post_tax_rate},
        "/TaxRates/{id}": {"GET": s.get_tax_rate},
        "/Accounts": {"GET": s.get_accounts, "PUT": s.put_account},
        "/Accounts/{id}": {
            "GET": s.get_account, "POST": s.post_account, "DELETE": s.delete_account,
        },
    }  # fmt: skip
    t = tracking
    base = "/TrackingCategories"
    paths |= {
        base: {"GET": t.get_list, "PUT": t.put},
        f"{base}/{{id}}": {"GET": t.get_one, "POST": t.post, "DELETE": t.delete},
        f"{base}/{{id}}/Options": {"PUT": t.put_option},
        f"{base}/{{id}}/Options/{{option_id}}": {
            "POST": t.post_option,
            "DELETE": t.delete_option,
        },
    }
    item_paths: Paths = {
        "/Items": {"GET": items.get_list, "PUT": items.put, "POST": items.post},
        "/Items/{id}": {"GET": items.get_one, "POST": items.post_one, "DELETE": items.delete},
    }
    return [(paths, (SETTINGS,)), (item_paths, (SETTINGS, INVOICES))]


def _no_method(xero: Xero, call: ApiCall) -> Answer:
    raise NotSimulated(f"{call.method} {call.path}, nor does the real API")


def _contacts() -> Plan:
    c, g = contacts, contact_groups
    members = "/ContactGroups/{id}/Contacts"
    paths: Paths = {
        "/Contacts": {"GET": c.get_list, "PUT": c.put, "POST": c.post},
        "/Contacts/{id}": {"GET": c.get_one, "POST": c.post_one},
        "/ContactGroups": {"GET": g.get_list, "PUT": g.put, "POST": g.put},
        "/ContactGroups/{id}": {"GET": g.get_one, "POST": g.post},
        members: {"PUT": g.add_members, "DELETE": g.remove_members},
        f"{members}/{{contact_id}}": {"DELETE": g.remove_member},
    }
    return [(paths, (CONTACTS,))]


def _documents() -> Plan:
    i, o, n = invoices, purchase_orders, credit_notes
    paths: Paths = {
        "/Invoices": {"GET": i.get_list, "PUT": i.put, "POST": i.post},
        "/Invoices/{id}": {"GET": i.get_one, "POST": i.post_one},
        "/PurchaseOrders": {"GET": o.get_list, "PUT": o.put, "POST": o.post},
        "/PurchaseOrders/{id}": {"GET": o.get_one, "POST": o.post_one},
        "/CreditNotes": {"GET": n.get_list, "PUT": n.put, "POST": n.post},
        "/CreditNotes/{id}": {"GET": n.get_one, "POST": n.post_one},
        **CREDIT_NOTES.handlers(),
    }
    return [(paths, (INVOICES,))]


def _money() -> Plan:
    p, b, k, m = payments, batch_payments, bank_transactions, manual_journals
    paths: Paths = {
        "/Payments": {"GET": p.get_list, "PUT": p.put, "POST": p.post},
        "/Payments/{id}": {"GET": p.get_one, "POST": p.post_one},
        "/BatchPayments": {"GET": b.get_list, "PUT": b.put, "POST": b.post},
        "/BatchPayments/{id}": {"GET": b.get_one, "POST": b.post_one},
    }
    for credit in (PREPAYMENTS, OVERPAYMENTS):
        paths |= {
            f"/{credit.plural}": {"GET": credit.get_list},
            f"/{credit.plural}/{{id}}": {"GET": credit.get_one},
            **credit.handlers(),
        }
    bank: Paths = {
        "/BankTransactions": {"GET": k.get_list, "PUT": k.put, "POST": k.post},
        "/BankTransactions/{id}": {"GET": k.get_one, "POST": k.post_one},
    }
    journals: Paths = {
        "/ManualJournals": {"GET": m.get_list, "PUT": m.put, "POST": m.post},
        "/ManualJournals/{id}": {"GET": m.get_one, "POST": m.post_one},
    }
    return [(paths, (PAYMENTS,)), (bank, (BANK,)), (journals, (JOURNALS,))]


def _papers() -> Plan:
    """Files need a scope of their own; notes need that of the record they hang on."""
    both = {
        "BankTransactions": ("bank_transactions", BANK),
        "Contacts": ("contacts", CONTACTS),
        "CreditNotes": ("credit_notes", INVOICES),
        "Invoices": ("invoices", INVOICES),
        "ManualJournals": ("manual_journals", JOURNALS),
        "PurchaseOrders": ("purchase_orders", INVOICES),
    }
    notes_only = {
        "BatchPayments": ("batch_payments", PAYMENTS),
        "Items": ("items", SETTINGS),
        "Overpayments": ("overpayments", PAYMENTS),
        "Payments": ("payments", PAYMENTS),
        "Prepayments": ("prepayments", PAYMENTS),
    }
    plan: Plan = [
        (papers.history_paths(plural, name), (scope,))
        for plural, (name, scope) in (both | notes_only).items()
    ]
    plan += [(papers.attachment_paths(p, name), (FILES,)) for p, (name, _) in both.items()]
    plan.append((papers.attachment_paths("Accounts", "accounts"), (FILES,)))
    return plan
