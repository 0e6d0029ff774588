"""Manual journals: debits and credits that must come to nothing."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from .batches import Saved, Shape, save_all, save_one
from .contacts import unknown_is_404
from .documents import check_lock, check_url, dates_of, locked
from .exchange import Answer, ApiCall
from .lines import NOT_FOR_LINES, Notes, tax_on
from .listing import Listing, listed
from .refusals import Invalid, NotFound
from .tracking import current_names, tracked
from .values import cents, decimal_of
from .where import Fields

if TYPE_CHECKING:
    from .people import Xero
    from .state import Record

ZERO = Decimal("0.00")


def view(xero: Xero, journal: Record, call: ApiCall) -> Record:
    names = current_names(xero)
    lines = [
        {**line, "Tracking": [names.get(t["TrackingOptionID"], t) for t in line["Tracking"]]}
        for line in journal["JournalLines"]
    ]
    return {**journal, "JournalLines": lines}


SHAPE = Shape("ManualJournals", "ManualJournalID", "HasErrors", view)
LISTING = Listing(
    "ManualJournals",
    "ManualJournalID",
    view,
    Fields(equal=("Narration",)),
    orders=("Date",),
    paged=True,
    hidden=frozenset({"JournalLines"}),
)


def get_list(xero: Xero, call: ApiCall) -> Answer:
    return listed(xero, call, LISTING, xero.manual_journals.values())


def get_one(xero: Xero, call: ApiCall) -> Answer:
    found = xero.manual_journals.get(call.parts["id"].lower())
    if found is None:
        raise NotFound
    return Answer({"ManualJournals": [view(xero, found, call)]})


def put(xero: Xero, call: ApiCall) -> Answer:
    return save_all(xero, call, SHAPE, lambda element: _create(xero, element))


def post(xero: Xero, call: ApiCall) -> Answer:
    unknown_is_404(xero, call, "ManualJournals", "ManualJournalID", xero.manual_journals)
    return save_all(xero, call, SHAPE, lambda element: _create_or_update(xero, element))


def post_one(xero: Xero, call: ApiCall) -> Answer:
    if call.parts["id"].lower() not in xero.manual_journals:
        raise NotFound
    return save_one(xero, call, SHAPE, lambda element: _create_or_update(xero, element))


def build(xero: Xero, sent: Record) -> Record:
    """A journal typed in by a person.

    :raises ValueError: if it would be refused.
    """
    try:
        return _create(xero, sent).record
    except Invalid as error:
        raise ValueError(str(error)) from None


def _create_or_update(xero: Xero, element: Record) -> Saved:
    if "ManualJournalID" not in element:
        return _create(xero, element)
    found = xero.manual_journals.get(str(element["ManualJournalID"]).lower())
    if found is None:
        raise Invalid("The manual journal with the specified ID could not be found.")
    return _update(xero, found, element)


def _create(xero: Xero, sent: Record) -> Saved:
    notes = Notes()
    draft: Record = {
        "ManualJournalID": xero.new_id(),
        "Narration": "",
        "Date": xero.today(),
        "Status": sent.get("Status", "DRAFT"),
        "LineAmountTypes": "NoTax",
        "JournalLines": [],
        "ShowOnCashBasisReports": True,
        "HasAttachments": False,
        "UpdatedDateUTC": xero.now(),
    }
    if draft["Status"] not in ("DRAFT", "POSTED"):
        notes.errors.append("Manual journal not of valid status for creation")
    _merge(xero, draft, {"JournalLines": [], **sent}, notes)
    notes.raise_if_any(None)
    xero.manual_journals[draft["ManualJournalID"]] = draft
    return Saved(draft, notes.warnings)


def _update(xero: Xero, journal: Record, sent: Record) -> Saved:
    key, now = journal["ManualJournalID"], journal["Status"]
    wanted = sent.get("Status", now)
    allowed = {"DRAFT": ("DRAFT", "POSTED", "DELETED"), "POSTED": ("POSTED", "VOIDED")}
    if wanted not in allowed.get(now, ()):
        raise Invalid("Manual journal not of valid status for modification", record_id=key)
    if message := locked(xero, journal["Date"]):
        raise Invalid(message, record_id=key)
    notes = Notes()
    draft = {**journal, "Status": wanted}
    if wanted not in ("DELETED", "VOIDED"):
        _merge(xero, draft, sent, notes)
    notes.raise_if_any(key)
    journal.update(draft)
    xero.stamp(journal)
    return Saved(journal, notes.warnings)


def _merge(xero: Xero, draft: Record, sent: Record, notes: Notes) -> None:
    for name in ("Narration", "Url", "ShowOnCashBasisReports", "LineAmountTypes"):
        if name in sent:
            draft[name] = sent[name]
    draft |= dates_of(sent, "Date")
    check_url(draft, notes)
    check_lock(xero, notes, draft["Date"])
    if not draft["Narration"]:
        notes.errors.append("A Narration must be specified.")
    if "JournalLines" not in sent:
        return
    draft["JournalLines"] = [_line(xero, line, draft, notes) for line in sent["JournalLines"]]
    if len(draft["JournalLines"]) < 2:
        notes.errors.append("At least two journal lines must be specified.")
    amounts = [line["LineAmount"] for line in draft["JournalLines"]]
    debits = sum((amount for amount in amounts if amount > 0), ZERO)
    owed = sum((amount for amount in amounts if amount < 0), ZERO)
    if debits + owed:
        notes.errors.append(f"The total debits ({debits}) must equal total credits ({owed})")


def _line(xero: Xero, sent: Record, draft: Record, notes: Notes) -> Record:
    amount = cents(decimal_of(sent.get("LineAmount", 0), "LineAmount"))
    line: Record = {
        "LineAmount": amount,
        "Description": str(sent.get("Description", "")),
        "TaxType": str(sent.get("TaxType", "NONE")),
        "Tracking": tracked(xero, sent.get("Tracking", []), notes, was=None),
        "IsBlank": False,
    }
    rate = xero.tax_rate_of(line["TaxType"])
    percent = rate["EffectiveRate"] if rate else ZERO
    line["TaxAmount"] = tax_on(amount, percent, draft["LineAmountTypes"])
    _account(xero, line, str(sent.get("AccountCode", "")), draft, notes)
    return line


def _account(xero: Xero, line: Record, code: str, draft: Record, notes: Notes) -> None:
    account = xero.account_of(code) if code else None
    if account is None and code and draft["Status"] == "DRAFT":
        notes.warnings.append(
            f"Account code '{code}' has been removed as it does not match a recognised account."
        )
    elif account is None or _closed(account):
        notes.errors.append(f"Account code '{code}' is not a valid code for this document.")
    else:
        line |= {"AccountCode": account["Code"], "AccountID": account["AccountID"]}


def _closed(account: Record) -> bool:
    return (
        account["Status"] != "ACTIVE"
        or account["Type"] in ("BANK", "INVENTORY")
        or account.get("SystemAccount") in NOT_FOR_LINES
    )
