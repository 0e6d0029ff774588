"""Tracking categories and their options, and tracking on lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .exchange import Answer, ApiCall
from .listing import Listing, listed
from .refusals import BadRequest, Invalid, NotFound, malformed, server_error, validation
from .values import same_text, too_long
from .where import Fields

if TYPE_CHECKING:
    from .lines import Notes
    from .people import Xero
    from .state import Record

MOST_ACTIVE = 2
MOST_EVER = 4
MOST_ON_A_LINE = 2
LONGEST_NAME = 100


# --- on lines -----------------------------------------------------------------------------


def tracked(xero: Xero, sent: list[Record], notes: Notes, *, was: Record | None) -> list[Record]:
    """The tracking of a line: up to two known, active options.

    What a line already carries stays good although the option has been archived since.
    """
    if len(sent) > MOST_ON_A_LINE:
        notes.errors.append("A line item can have at most 2 tracking categories.")
    kept = {t["TrackingOptionID"] for t in (was or {}).get("Tracking", [])}
    found: list[Record] = []
    for element in sent:
        category, option = _find(xero, element)
        if category is None or option is None or not _usable(category, option, kept):
            _unknown(xero, element, notes)
        elif any(t["TrackingCategoryID"] == category["TrackingCategoryID"] for t in found):
            notes.errors.append("A tracking category can be used only once on a line item.")
        else:
            found.append(_on_line(category, option))
    return found


def _usable(category: Record, option: Record, kept: set[str]) -> bool:
    active = category["Status"] == "ACTIVE" and option["Status"] == "ACTIVE"
    return active or option["TrackingOptionID"] in kept


def _unknown(xero: Xero, element: Record, notes: Notes) -> None:
    what = f"{element.get('Name', '')}: {element.get('Option', '')}"
    mode = xero.switches["unknown_tracking"]
    if mode == "error":
        notes.errors.append(f"The tracking option '{what}' does not exist or is not active.")
    elif mode == "warning":
        notes.warnings.append(f"The tracking option '{what}' has been removed.")


def _find(xero: Xero, element: Record) -> tuple[Record | None, Record | None]:
    by_id = _by_id(xero, element)
    by_name = _by_name(xero, element)
    first, second = (by_id, by_name) if xero.switches["tracking_by"] == "id" else (by_name, by_id)
    return first if first[1] is not None else second


def _by_id(xero: Xero, element: Record) -> tuple[Record | None, Record | None]:
    wanted = str(element.get("TrackingOptionID", "")).lower()
    for category in xero.tracking_categories.values():
        for option in category["Options"]:
            if option["TrackingOptionID"] == wanted:
                return category, option
    return None, None


def _by_name(xero: Xero, element: Record) -> tuple[Record | None, Record | None]:
    for category in xero.tracking_categories.values():
        if same_text(category["Name"], element.get("Name")):
            for option in category["Options"]:
                if same_text(option["Name"], element.get("Option")):
                    return category, option
    return None, None


def _on_line(category: Record, option: Record) -> Record:
    return {
        "Name": category["Name"],
        "Option": option["Name"],
        "TrackingCategoryID": category["TrackingCategoryID"],
        "TrackingOptionID": option["TrackingOptionID"],
    }


def current_names(xero: Xero) -> dict[str, Record]:
    """Option ID to what a line shows for it today: a rename reaches all past lines."""
    return {
        option["TrackingOptionID"]: _on_line(category, option)
        for category in xero.tracking_categories.values()
        for option in category["Options"]
    }


# --- the resource -------------------------------------------------------------------------


def option_view(option: Record) -> Record:
    status = option["Status"]
    return {
        **option,
        "HasValidationErrors": False,
        "IsDeleted": False,
        "IsArchived": status == "ARCHIVED",
        "IsActive": status == "ACTIVE",
    }


def _view(xero: Xero, category: Record, call: ApiCall) -> Record:
    archived_too = call.flag("includeArchived")
    return {
        **category,
        "Options": [
            option_view(option)
            for option in category["Options"]
            if archived_too or option["Status"] == "ACTIVE"
        ],
    }


LISTING = Listing(
    "TrackingCategories",
    "TrackingCategoryID",
    _view,
    Fields(equal=("Name", "Status", "TrackingCategoryID")),
    orders=("Name",),
    since=False,
)


def get_list(xero: Xero, call: ApiCall) -> Answer:
    rows = [
        category
        for category in xero.tracking_categories.values()
        if category["Status"] == "ACTIVE" or call.flag("includeArchived")
    ]
    if "order" not in call.query:
        call.query = {**call.query, "order": "Name"}
    return listed(xero, call, LISTING, rows)


def get_one(xero: Xero, call: ApiCall) -> Answer:
    return _categories(xero, _category(xero, call), call)


def put(xero: Xero, call: ApiCall) -> Answer:
    """Create one category."""
    name = _sent_name(xero, call, "TrackingCategories")
    refuse_category(xero, name)
    category = xero.add_tracking_category(name)
    return _categories(xero, category, call)


def refuse_category(xero: Xero, name: str) -> None:
    """:raises BadRequest: for a name in use, or more categories than there may be."""
    everything = xero.tracking_categories.values()
    if any(same_text(category["Name"], name) for category in everything):
        raise _invalid("The tracking category name must be unique", Name=name)
    active = sum(category["Status"] == "ACTIVE" for category in everything)
    if active >= MOST_ACTIVE or len(everything) >= MOST_EVER:
        raise _invalid("You already have the maximum number of tracking categories.", Name=name)


def post(xero: Xero, call: ApiCall) -> Answer:
    """Rename, archive or restore one category."""
    category = _category(xero, call)
    sent = call.single("TrackingCategories", first_of_many=_takes_first(xero))
    if sent.get("Options"):
        raise _invalid("For each specified tracking option the name must be unique")
    if name := sent.get("Name"):
        _check_length(name)
        category["Name"] = name
    if sent.get("Status") in ("ACTIVE", "ARCHIVED"):
        category["Status"] = sent["Status"]
    return _categories(xero, category, call)


def delete(xero: Xero, call: ApiCall) -> Answer:
    category = _category(xero, call)
    if any(xero.option_is_used(o["TrackingOptionID"]) for o in category["Options"]):
        raise _invalid("The tracking category is in use and cannot be deleted.")
    del xero.tracking_categories[category["TrackingCategoryID"]]
    return _categories(xero, category | {"Status": "DELETED"}, call)


def put_option(xero: Xero, call: ApiCall) -> Answer:
    """Add one option. An unknown category is a 500, as it is at the vendor's."""
    category = xero.tracking_categories.get(call.parts["id"].lower())
    if category is None:
        raise server_error()
    name = _sent_name(xero, call, "Options")
    if xero.faults.take("option_without_id", "xero", call.method, call.path):
        return Answer({"Options": [{"Name": name, "HasValidationErrors": False}]})
    refuse_option(xero, category, name)
    return _options(xero.add_option(category["TrackingCategoryID"], name))


def refuse_option(xero: Xero, category: Record, name: str, *, but: str = "") -> None:
    """:raises BadRequest: for a name in use in the category, or one option too many."""
    reuse = xero.switches["name_of_archived_option"] == "reuse"
    for option in category["Options"]:
        ignored = option["TrackingOptionID"] == but or (reuse and option["Status"] != "ACTIVE")
        if same_text(option["Name"], name) and not ignored:
            raise _invalid("For each specified tracking option the name must be unique", Name=name)
    limit = xero.switches["option_limit"]
    if limit is not None and not but and len(category["Options"]) >= limit:
        raise _invalid("The tracking category has the maximum number of options.", Name=name)


def post_option(xero: Xero, call: ApiCall) -> Answer:
    """Rename, archive or restore one option."""
    category = _category(xero, call)
    option = _option(category, call)
    sent = call.single("Options", first_of_many=_takes_first(xero))
    if name := sent.get("Name"):
        _check_length(name)
        refuse_option(xero, category, name, but=option["TrackingOptionID"])
        option["Name"] = name
    if (status := sent.get("Status")) in ("ACTIVE", "ARCHIVED"):
        back = option["Status"] == "ARCHIVED" and status == "ACTIVE"
        if back and xero.switches["unarchive_option"] == "refuse":
            raise _invalid("An archived tracking option cannot be restored.")
        option["Status"] = status
    return _options(option)


def delete_option(xero: Xero, call: ApiCall) -> Answer:
    category = _category(xero, call)
    option = _option(category, call)
    if xero.option_is_used(option["TrackingOptionID"]):
        raise _invalid("The tracking option is in use and cannot be deleted.")
    category["Options"].remove(option)
    shown = option_view(option) | {"Status": "DELETED", "IsDeleted": True, "IsActive": False}
    return Answer({"Options": [shown]})


def _category(xero: Xero, call: ApiCall) -> Record:
    try:
        return xero.tracking_categories[call.parts["id"].lower()]
    except KeyError:
        raise NotFound from None


def _option(category: Record, call: ApiCall) -> Record:
    for option in category["Options"]:
        if option["TrackingOptionID"] == call.parts["option_id"].lower():
            found: Record = option
            return found
    raise NotFound


def _takes_first(xero: Xero) -> bool:
    return bool(xero.switches["array_to_single_resource"] == "first")


def _sent_name(xero: Xero, call: ApiCall, plural: str) -> str:
    sent = call.single(plural, first_of_many=_takes_first(xero))
    name = sent.get("Name")
    if not isinstance(name, str) or not name.strip():
        raise malformed("A Name must be specified.")
    _check_length(name)
    return name


def _check_length(name: str) -> None:
    if errors := list(too_long({"Name": name}, {"Name": LONGEST_NAME})):
        raise _invalid(*errors, Name=name)


def _invalid(*messages: str, **sent: str) -> BadRequest:
    element = {**sent, "ValidationErrors": [{"Message": m} for m in Invalid(*messages).messages]}
    return validation([element])


def _categories(xero: Xero, category: Record, call: ApiCall) -> Answer:
    return Answer({"TrackingCategories": [_view(xero, category, call)]})


def _options(option: Record) -> Answer:
    return Answer({"Options": [option_view(option)]})
