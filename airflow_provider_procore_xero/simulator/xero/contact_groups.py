"""Contact groups: a list without members, members one group at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .exchange import Answer, ApiCall
from .listing import Listing, listed
from .refusals import NotFound, validation
from .where import Fields

if TYPE_CHECKING:
    from .people import Xero
    from .state import Record

MOST_GROUPS = 100


def _view(xero: Xero, group: Record, call: ApiCall) -> Record:
    shown = {name: value for name, value in group.items() if name != "ContactIDs"}
    return {**shown, "Contacts": [], "HasValidationErrors": False}


def _full(xero: Xero, group: Record, call: ApiCall) -> Record:
    members = [
        {"ContactID": key, "Name": xero.contacts[key]["Name"]}
        for key in group["ContactIDs"]
        if key in xero.contacts
    ]
    return {**_view(xero, group, call), "Contacts": members}


LISTING = Listing(
    "ContactGroups",
    "ContactGroupID",
    _view,
    Fields(equal=("Name", "Status", "ContactGroupID")),
    orders=("Name",),
    since=False,
)


def get_list(xero: Xero, call: ApiCall) -> Answer:
    active = [g for g in xero.contact_groups.values() if g["Status"] == "ACTIVE"]
    return listed(xero, call, LISTING, active)


def get_one(xero: Xero, call: ApiCall) -> Answer:
    return _answer(xero, _group(xero, call), call)


def put(xero: Xero, call: ApiCall) -> Answer:
    made = []
    for element in call.elements("ContactGroups"):
        active = [g for g in xero.contact_groups.values() if g["Status"] == "ACTIVE"]
        if len(active) >= MOST_GROUPS:
            raise _refused("You've reached the limit of 100 contact groups.", element)
        if not element.get("Name"):
            raise _refused("The contact group name must be specified.", element)
        made.append(xero.add_contact_group(str(element["Name"])))
    return Answer({"ContactGroups": [_full(xero, group, call) for group in made]})


def post(xero: Xero, call: ApiCall) -> Answer:
    group = _group(xero, call)
    element = call.elements("ContactGroups")[0]
    group |= {name: element[name] for name in ("Name", "Status") if name in element}
    return _answer(xero, group, call)


def add_members(xero: Xero, call: ApiCall) -> Answer:
    group = _group(xero, call)
    good = []
    for element in call.elements("Contacts"):
        contact = xero.contacts.get(str(element.get("ContactID", "")).lower())
        problem = _why_not(contact)
        if problem is None and contact is not None:
            good.append(contact["ContactID"])
        elif xero.switches["group_with_bad_member"] == "refuse":
            raise _refused(problem or "", element)
    group["ContactIDs"] += [key for key in good if key not in group["ContactIDs"]]
    members = [{"ContactID": key, "Name": xero.contacts[key]["Name"]} for key in good]
    return Answer({"Contacts": members})


def _why_not(contact: Record | None) -> str | None:
    if contact is None:
        return "The contact with the specified ContactID could not be found."
    if contact["ContactStatus"] != "ACTIVE":
        return "Unable to assign an Archived contact."
    return None


def remove_members(xero: Xero, call: ApiCall) -> Answer:
    _group(xero, call)["ContactIDs"].clear()
    return Answer(None, 204)


def remove_member(xero: Xero, call: ApiCall) -> Answer:
    group = _group(xero, call)
    key = call.parts["contact_id"].lower()
    if key not in group["ContactIDs"]:
        raise NotFound
    group["ContactIDs"].remove(key)
    return Answer(None, 204)


def _group(xero: Xero, call: ApiCall) -> Record:
    group = xero.contact_groups.get(call.parts["id"].lower())
    if group is None or group["Status"] != "ACTIVE":
        raise NotFound
    return group


def _refused(message: str, element: Record) -> Exception:
    return validation([{**element, "ValidationErrors": [{"Message": message}]}])


def _answer(xero: Xero, group: Record, call: ApiCall) -> Answer:
    return Answer({"ContactGroups": [_full(xero, group, call)]})
