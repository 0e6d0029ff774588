"""The organisation and its settings: actions, users, currencies, tax rates, the chart."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

from .exchange import Answer, ApiCall
from .listing import Listing, listed
from .refusals import BadRequest, NotFound, malformed, validation
from .values import decimal_of, is_guid, same_text, too_long
from .where import Fields

if TYPE_CHECKING:
    from .people import Xero
    from .state import Record

ACTIONS = (
    "CreateApprovedInvoice", "CreateApprovedBill", "CreateDraftInvoice", "CreateDraftBill",
    "CreateRepeatingInvoice", "CreateRepeatingBill", "CreateApprovedPurchaseOrder",
    "CreateDraftPurchaseOrder", "CreateInvoicePayment", "AttachFilesIntoInvoice",
    "UseMulticurrency", "CreateManualJournal",
)  # fmt: skip


def _plain(xero: Xero, record: Record, call: ApiCall) -> Record:
    return dict(record)


def organisation(xero: Xero, call: ApiCall) -> Answer:
    return Answer({"Organisations": [dict(xero.organisation)]})


def actions(xero: Xero, call: ApiCall) -> Answer:
    denied = set()
    limit = xero.switches["plan_bill_limit"]
    month = xero.today()[:7]
    if limit is not None and limit <= sum(
        bill["Type"] == "ACCPAY" and bill["Status"] in ("AUTHORISED", "PAID")
        and bill["Date"][:7] == month
        for bill in xero.invoices.values()
    ):  # fmt: skip
        denied.add("CreateApprovedBill")
    rows = [
        {"Name": name, "Status": "NOT-ALLOWED" if name in denied else "ALLOWED"} for name in ACTIONS
    ]
    return Answer({"Actions": rows})


# --- users, currencies --------------------------------------------------------------------

USERS = Listing("Users", "UserID", _plain, Fields(equal=("EmailAddress", "OrganisationRole")))
CURRENCIES = Listing("Currencies", "Code", _plain, Fields(equal=("Code",)), since=False)


def get_users(xero: Xero, call: ApiCall) -> Answer:
    return listed(xero, call, USERS, xero.users.values())


def get_user(xero: Xero, call: ApiCall) -> Answer:
    found = xero.users.get(call.parts["id"].lower())
    if found is None:
        raise NotFound
    return Answer({"Users": [dict(found)]})


def get_currencies(xero: Xero, call: ApiCall) -> Answer:
    return listed(xero, call, CURRENCIES, xero.currencies.values())


def put_currency(xero: Xero, call: ApiCall) -> Answer:
    sent = _single(xero, call, "Currencies")
    code = str(sent.get("Code", ""))
    if not re.fullmatch(r"[A-Z]{3}", code):
        raise _refused("The currency code is not valid.", sent)
    return Answer({"Currencies": [dict(xero.add_currency(code, str(sent.get("Description", ""))))]})


def _single(xero: Xero, call: ApiCall, plural: str) -> Record:
    return call.single(plural, first_of_many=xero.switches["array_to_single_resource"] == "first")


def _refused(message: str, element: Record) -> BadRequest:
    return validation([{**element, "ValidationErrors": [{"Message": message}]}])


# --- tax rates ----------------------------------------------------------------------------

TAX_RATES = Listing(
    "TaxRates",
    "TaxType",
    _plain,
    Fields(equal=("Name", "TaxType", "Status")),
    orders=("Name",),
    since=False,
)


def get_tax_rates(xero: Xero, call: ApiCall) -> Answer:
    return listed(xero, call, TAX_RATES, xero.tax_rates.values())


def get_tax_rate(xero: Xero, call: ApiCall) -> Answer:
    found = xero.tax_rate_of(call.parts["id"])
    if found is None:
        raise NotFound
    return Answer({"TaxRates": [dict(found)]})


def put_tax_rate(xero: Xero, call: ApiCall) -> Answer:
    """Create one rate; it gets a type of its own, ``TAX001`` and so on."""
    sent = _one_of(xero, call, "TaxRates")
    if any(same_text(rate["Name"], sent.get("Name")) for rate in xero.tax_rates.values()):
        raise _refused("Please enter a unique Name.", sent)
    number = 1 + sum(kind.startswith("TAX0") for kind in xero.tax_rates)
    components = sent.get("TaxComponents", [])
    percent = sum((decimal_of(c.get("Rate", 0), "Rate") for c in components), Decimal(0))
    made = xero.add_tax_rate(f"TAX{number:03d}", str(sent.get("Name", "")), str(percent))
    made["TaxComponents"] = components
    return Answer({"TaxRates": [dict(made)]})


def post_tax_rate(xero: Xero, call: ApiCall) -> Answer:
    """Rename, or change the status, of the rate that the body names by TaxType."""
    sent = _one_of(xero, call, "TaxRates")
    found = xero.tax_rate_of(str(sent.get("TaxType", "")))
    if found is None:
        raise _refused("The TaxType does not exist.", sent)
    found |= {name: sent[name] for name in ("Name", "Status") if name in sent}
    return Answer({"TaxRates": [dict(found)]})


def _one_of(xero: Xero, call: ApiCall, plural: str) -> Record:
    elements = call.elements(plural)
    if len(elements) != 1:
        raise malformed("This endpoint takes one element in a request.")
    return elements[0]


# --- accounts -----------------------------------------------------------------------------

ACCOUNTS = Listing(
    "Accounts",
    "AccountID",
    _plain,
    Fields(
        equal=("Code", "Name", "Type", "Class", "Status", "TaxType", "SystemAccount",
               "EnablePaymentsToAccount"),
        ids=("AccountID",),
    ),
    orders=("Code", "Name"),
)  # fmt: skip
_EDITABLE = ("Code", "Name", "Type", "Description", "TaxType", "EnablePaymentsToAccount",
             "ShowInExpenseClaims", "BankAccountNumber", "CurrencyCode")  # fmt: skip


def get_accounts(xero: Xero, call: ApiCall) -> Answer:
    return listed(xero, call, ACCOUNTS, xero.accounts.values())


def get_account(xero: Xero, call: ApiCall) -> Answer:
    return Answer({"Accounts": [dict(_account(xero, call))]})


def _account(xero: Xero, call: ApiCall) -> Record:
    key = call.parts["id"]
    if not is_guid(key) or key.lower() not in xero.accounts:
        raise NotFound
    return xero.accounts[key.lower()]


def put_account(xero: Xero, call: ApiCall) -> Answer:
    sent = _single(xero, call, "Accounts")
    _check_account(xero, sent, but=None)
    kind = str(sent.get("Type", "EXPENSE"))
    made = xero.add_account(str(sent.get("Code", "")), str(sent.get("Name", "")), kind)
    made |= {name: sent[name] for name in _EDITABLE if name in sent}
    return Answer({"Accounts": [dict(made)]})


def post_account(xero: Xero, call: ApiCall) -> Answer:
    """Change an account; archiving it must be all that the call does."""
    account = _account(xero, call)
    sent = call.elements("Accounts")[0]
    changes = {name: sent[name] for name in _EDITABLE if name in sent}
    if sent.get("Status") in ("ARCHIVED", "ACTIVE"):
        if changes:
            raise _refused("An account cannot be archived together with other changes.", sent)
        account["Status"] = sent["Status"]
    _check_account(xero, sent, but=account["AccountID"])
    account |= changes
    xero.stamp(account)
    return Answer({"Accounts": [dict(account)]})


def _check_account(xero: Xero, sent: Record, *, but: str | None) -> None:
    errors = list(too_long(sent, {"Code": 10, "Name": 150}))
    others = [a for a in xero.accounts.values() if a["AccountID"] != but]
    if sent.get("Name") and any(same_text(a["Name"], sent["Name"]) for a in others):
        errors.append("Please enter a unique Name.")
    if sent.get("Code") and any(same_text(a.get("Code"), sent["Code"]) for a in others):
        errors.append("Please enter a unique Code.")
    if errors:
        raise validation([{**sent, "ValidationErrors": [{"Message": m} for m in errors]}])


def delete_account(xero: Xero, call: ApiCall) -> Answer:
    account = _account(xero, call)
    used = any(
        line.get("AccountID") == account["AccountID"]
        for records in (xero.invoices, xero.credit_notes, xero.bank_transactions)
        for record in records.values()
        for line in record["LineItems"]
    )
    if used or account["SystemAccount"]:
        raise _refused("The account is in use and cannot be deleted.", {})
    del xero.accounts[account["AccountID"]]
    return Answer({"Accounts": [account | {"Status": "DELETED"}]})
