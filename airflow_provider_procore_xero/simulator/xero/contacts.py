"""Contacts: unique names, closed archives, and the two addresses and four phones of each."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from .batches import Saved, Shape, save_all, save_one
from .exchange import Answer, ApiCall
from .listing import Listing, listed, narrowed, values_of
from .refusals import Invalid, NotFound
from .values import same_text, too_long
from .where import Fields

if TYPE_CHECKING:
    from .people import Xero
    from .state import Record

ARCHIVED = (
    "The specified contact details matched an archived contact. "
    "Archived contacts cannot currently be edited via the API."
)
NAME_TAKEN = (
    "The contact name {} is already assigned to another contact. "
    "The contact name must be unique across all active contacts."
)
NOBODY = (
    "The Contact must contain at least 1 of the following elements to identify the contact: "
    "Name, ContactID, ContactNumber"
)
LENGTHS = {
    "Name": 255,
    "ContactNumber": 50,
    "AccountNumber": 50,
    "FirstName": 255,
    "LastName": 255,
    "EmailAddress": 255,
    "CompanyNumber": 50,
    "TaxNumber": 50,
}
ADDRESS_LENGTHS = {
    **{f"AddressLine{number}": 500 for number in (1, 2, 3, 4)},
    "City": 255, "Region": 255, "AttentionTo": 255, "PostalCode": 50, "Country": 50,
}  # fmt: skip
PHONE_LENGTHS = {"PhoneNumber": 50, "PhoneAreaCode": 10, "PhoneCountryCode": 20}
TEXTS = (
    *LENGTHS, "TaxNumberType", "BankAccountDetails", "AccountsReceivableTaxType",
    "AccountsPayableTaxType", "DefaultCurrency", "SalesDefaultAccountCode",
    "PurchasesDefaultAccountCode", "SalesDefaultLineAmountType",
    "PurchasesDefaultLineAmountType",
)  # fmt: skip
REPLACED = ("ContactPersons", "PaymentTerms", "SalesTrackingCategories",
            "PurchasesTrackingCategories")  # fmt: skip
MOST_PERSONS = 5
# Only a paged or a single read has these.
FULL_ONLY = frozenset(
    {
        "ContactPersons", "ContactGroups", "PaymentTerms", "SalesTrackingCategories",
        "PurchasesTrackingCategories", "SalesDefaultAccountCode", "PurchasesDefaultAccountCode",
        "Website", "Discount", "BatchPayments", "Balances", "BrandingTheme", "XeroNetworkKey",
        "MergedToContactID", "HasAttachments",
    }
)  # fmt: skip
SUMMARY_LACKS = frozenset(
    {
        "Addresses", "Balances", "ContactGroups", "ContactPersons", "IsCustomer", "IsSupplier",
        "SalesDefaultAccountCode", "PurchasesDefaultAccountCode", "SalesTrackingCategories",
        "PurchasesTrackingCategories",
    }
)  # fmt: skip
_EMAIL = re.compile(r"^[\x21-\x7e]+@[\x21-\x7e]+\.[A-Za-z]{2,}$")


def view(xero: Xero, contact: Record, call: ApiCall) -> Record:
    groups = _groups(xero, call).get(contact["ContactID"], [])
    shown = {**contact, "ContactGroups": groups, "HasValidationErrors": False}
    if call.flag("summaryOnly") and call.method == "GET":
        return {name: value for name, value in shown.items() if name not in SUMMARY_LACKS}
    return shown


def _groups(xero: Xero, call: ApiCall) -> dict[str, list[Record]]:
    """Contact ID to the active groups it is in."""
    if "groups" not in call.memo:
        groups: dict[str, list[Record]] = {}
        for group in xero.contact_groups.values():
            short = {key: group[key] for key in ("ContactGroupID", "Name", "Status")}
            for key in group["ContactIDs"] if group["Status"] == "ACTIVE" else ():
                groups.setdefault(key, []).append({**short, "HasValidationErrors": False})
        call.memo["groups"] = groups
    found: dict[str, list[Record]] = call.memo["groups"]
    return found


SHAPE = Shape("Contacts", "ContactID", "HasValidationErrors", view)
LISTING = Listing(
    "Contacts",
    "ContactID",
    view,
    Fields(equal=("Name", "EmailAddress", "AccountNumber")),
    orders=("Name",),
    paged=True,
    hidden=FULL_ONLY,
)
_SEARCHED = (
    "Name", "FirstName", "LastName", "ContactNumber", "CompanyNumber", "EmailAddress",
)  # fmt: skip


def get_list(xero: Xero, call: ApiCall) -> Answer:
    rows = list(xero.contacts.values())
    if not call.flag("includeArchived"):
        rows = [row for row in rows if row["ContactStatus"] != "ARCHIVED"]
    rows = narrowed(rows, values_of(call, "ids"), lambda row: row["ContactID"])
    if term := call.query.get("searchterm"):
        rows = [row for row in rows if _matches(row, term.casefold())]
    if call.flag("summaryOnly"):
        call.query = {"page": "1", **call.query}
    return listed(xero, call, LISTING, rows)


def _matches(contact: Record, term: str) -> bool:
    return any(term in str(contact.get(name) or "").casefold() for name in _SEARCHED)


def get_one(xero: Xero, call: ApiCall) -> Answer:
    """By ContactID, or by ContactNumber."""
    key = call.parts["id"]
    found = xero.contacts.get(key.lower()) or find(xero, "ContactNumber", key)
    if found is None:
        raise NotFound
    return Answer({"Contacts": [view(xero, found, call)]})


def put(xero: Xero, call: ApiCall) -> Answer:
    return save_all(xero, call, SHAPE, lambda element: _create(xero, element))


def post(xero: Xero, call: ApiCall) -> Answer:
    _refuse_unknown(xero, call)
    return save_all(xero, call, SHAPE, lambda element: _create_or_update(xero, element))


def post_one(xero: Xero, call: ApiCall) -> Answer:
    if call.parts["id"].lower() not in xero.contacts:
        raise NotFound
    return save_one(xero, call, SHAPE, lambda element: _create_or_update(xero, element))


def _refuse_unknown(xero: Xero, call: ApiCall) -> None:
    unknown_is_404(xero, call, "Contacts", "ContactID", xero.contacts)


def unknown_is_404(
    xero: Xero, call: ApiCall, plural: str, id_key: str, records: dict[str, Record]
) -> None:
    """:raises NotFound: for the whole call, if an element names an ID that is not here."""
    if xero.switches["unknown_id_on_write"] != "404":
        return
    for element in call.elements(plural):
        if id_key in element and str(element[id_key]).lower() not in records:
            raise NotFound


def _create(xero: Xero, element: Record) -> Saved:
    return Saved(create(xero, {k: v for k, v in element.items() if k != "ContactID"}))


def _create_or_update(xero: Xero, element: Record) -> Saved:
    existing = match(xero, element)
    if existing is None and "ContactID" in element:
        raise Invalid("The contact with the specified ContactID could not be found.")
    if existing is None:
        return Saved(create(xero, element))
    update(xero, existing, element)
    return Saved(existing)


def match(xero: Xero, element: Record) -> Record | None:
    """The contact that *element* means: by ID, else by number, else by name."""
    if "ContactID" in element:
        return xero.contacts.get(str(element["ContactID"]).lower())
    if element.get("ContactNumber"):
        found = find(xero, "ContactNumber", element["ContactNumber"])
        if found is not None:
            return found
    if element.get("Name"):
        return find(xero, "Name", element["Name"], active_only=True)
    return None


def find(xero: Xero, key: str, value: str, *, active_only: bool = False) -> Record | None:
    """The first contact whose *key* is *value*, without case."""
    for contact in xero.contacts.values():
        if active_only and contact["ContactStatus"] != "ACTIVE":
            continue
        if same_text(contact.get(key), value):
            return contact
    return None


def create(xero: Xero, element: Record) -> Record:
    """A new contact.

    :raises Invalid: for what is wrong with it.
    """
    errors = [] if element.get("Name") else ["The contact name must be specified."]
    errors += problems(xero, element, but=None)
    if errors:
        raise Invalid(*errors)
    contact = xero.blank_contact(str(element["Name"]))
    write(xero, contact, element)
    return contact


def update(xero: Xero, contact: Record, element: Record) -> None:
    """Change *contact* as sent; what is left out stays.

    :raises Invalid: for what is wrong, and always if it is archived.
    """
    key = contact["ContactID"]
    wanted = element.get("ContactStatus")
    revives = wanted == "ACTIVE" and xero.switches["unarchive_contact"] == "allow"
    if contact["ContactStatus"] != "ACTIVE" and not revives:
        raise Invalid(ARCHIVED, record_id=key)
    if errors := problems(xero, element, but=key):
        raise Invalid(*errors, record_id=key)
    if wanted in ("ACTIVE", "ARCHIVED"):
        contact["ContactStatus"] = wanted
    write(xero, contact, element)


def write(xero: Xero, contact: Record, element: Record) -> None:
    contact |= {name: element[name] for name in TEXTS if name in element}
    contact |= {name: element[name] for name in REPLACED if name in element}
    replace = xero.switches["addresses"] == "replace"
    for name, kind in (("Addresses", "AddressType"), ("Phones", "PhoneType")):
        if name in element:
            contact[name] = _by_type(contact[name], element[name], kind, replace=replace)
    xero.stamp(contact)


def _by_type(old: list[Record], sent: list[Record], kind: str, *, replace: bool) -> list[Record]:
    """One entry for each type, the sent ones in place of the old ones."""
    given = {entry.get(kind): entry for entry in sent}
    return [
        {**_blank(entry, kind), **given[entry[kind]]}
        if entry[kind] in given
        else (_blank(entry, kind) if replace else entry)
        for entry in old
    ]


def _blank(entry: Record, kind: str) -> Record:
    names = ("City", "Region", "PostalCode", "Country")
    if kind == "PhoneType":
        names = ("PhoneNumber", "PhoneAreaCode", "PhoneCountryCode", "")
    return {kind: entry[kind], **{name: "" for name in names if name}}


def problems(xero: Xero, element: Record, *, but: str | None) -> list[str]:
    """What is wrong with the sent fields; *but* is the contact that may hold them already."""
    errors = list(too_long(element, LENGTHS))
    for address in element.get("Addresses", []):
        errors += too_long(address, ADDRESS_LENGTHS)
    for phone in element.get("Phones", []):
        errors += too_long(phone, PHONE_LENGTHS)
    if len(element.get("ContactPersons", [])) > MOST_PERSONS:
        errors.append("A contact can have at most 5 contact persons.")
    email = element.get("EmailAddress")
    if email and not _EMAIL.match(email):
        errors.append("Email address must be valid.")
    return errors + _name_problems(xero, element, but) + _number_problems(xero, element, but)


def _name_problems(xero: Xero, element: Record, but: str | None) -> list[str]:
    name = element.get("Name")
    if not name:
        return []
    if re.search(r"[<>]", name) or name != " ".join(name.split()):
        return ["The contact name must not hold angle brackets or superfluous spaces."]
    reuse = xero.switches["name_of_archived_contact"] == "reuse"
    if _taken(xero, "Name", name, but, lambda c: c["ContactStatus"] == "ACTIVE" or not reuse):
        return [NAME_TAKEN.format(name)]
    return []


def _number_problems(xero: Xero, element: Record, but: str | None) -> list[str]:
    number = element.get("ContactNumber")
    if number and _taken(xero, "ContactNumber", number, but, lambda contact: True):
        return ["Another contact has this contact number. Please enter a different contact number."]
    return []


def _taken(
    xero: Xero, key: str, value: str, but: str | None, counts: Callable[[Record], bool]
) -> bool:
    wanted = value.strip().casefold()
    return any(
        contact["ContactID"] != but and counts(contact)
        for contact in xero.contacts.values()
        if (contact.get(key) or "").casefold() == wanted
    )
