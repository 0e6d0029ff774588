"""Attachments, and history with its notes: what hangs on a record without being part of it."""

from __future__ import annotations

import mimetypes
import re
from typing import TYPE_CHECKING

from .exchange import Answer, ApiCall
from .refusals import BadRequest, NotFound, validation
from .values import too_long

if TYPE_CHECKING:
    from .gate import Handler
    from .people import Xero
    from .state import Record, Records

MOST_FILES = 10
LARGEST_FILE = 10 * 1024 * 1024
LONGEST_NOTE = 2500
BAD_NAME = re.compile(r'[<>:"/\\|?*\x00+]')
NO_DOCUMENT = "The document with the supplied id was not found for this endpoint."


def attachment_paths(plural: str, collection: str) -> dict[str, dict[str, Handler]]:
    """The paths of one endpoint's attachments."""

    def parent(xero: Xero, call: ApiCall) -> Record:
        return _parent(xero, collection, call)

    def get_list(xero: Xero, call: ApiCall) -> Answer:
        parent(xero, call)
        files = xero.attachments.get(call.parts["id"].lower(), [])
        return Answer({"Attachments": [_shown(file) for file in files]})

    def download(xero: Xero, call: ApiCall) -> Answer:
        parent(xero, call)
        for file in xero.attachments.get(call.parts["id"].lower(), []):
            if call.parts["name"] in (file["FileName"], file["AttachmentID"]):
                return Answer(None, raw=file["Content"], content_type=file["MimeType"])
        raise NotFound

    def upload(xero: Xero, call: ApiCall) -> Answer:
        return _upload(xero, call, parent(xero, call), plural)

    base = f"/{plural}/{{id}}/Attachments"
    return {
        base: {"GET": get_list},
        f"{base}/{{name:path}}": {"GET": download, "PUT": upload, "POST": upload},
    }


def _parent(xero: Xero, collection: str, call: ApiCall) -> Record:
    records: Records = getattr(xero, collection)
    try:
        return records[call.parts["id"].lower()]
    except KeyError:
        raise NotFound from None


def _upload(xero: Xero, call: ApiCall, record: Record, plural: str) -> Answer:
    """The raw body is the file; one of the same name is overwritten."""
    name, key = call.parts["name"], call.parts["id"].lower()
    files = xero.attachments.setdefault(key, [])
    same = next((file for file in files if file["FileName"] == name), None)
    if BAD_NAME.search(name) or not name:
        raise _refused("The file name holds characters that are not allowed.")
    if len(call.raw) > LARGEST_FILE:
        raise _refused("The file is larger than 10 MB.")
    if same is None and len(files) >= MOST_FILES:
        raise _refused("A document can have at most 10 attachments.")
    made = {
        "AttachmentID": same["AttachmentID"] if same else xero.new_id(),
        "FileName": name,
        "Url": f"https://api.xero.com/api.xro/2.0/{plural}/{key}/Attachments/{name}",
        "MimeType": call.headers.get("content-type") or mimetypes.guess_type(name)[0] or "",
        "ContentLength": len(call.raw),
        "Content": call.raw,
    }
    files[:] = [file for file in files if file is not same] + [made]
    record["HasAttachments"] = True
    if xero.switches["attachment_bumps"]:
        xero.stamp(record)
    return Answer({"Attachments": [_shown(made)]})


def _shown(file: Record) -> Record:
    return {name: value for name, value in file.items() if name != "Content"}


def _refused(message: str) -> BadRequest:
    return BadRequest(10, "ValidationException", message, [])


def history_paths(plural: str, collection: str) -> dict[str, dict[str, Handler]]:
    """The path of one endpoint's history."""

    def get_list(xero: Xero, call: ApiCall) -> Answer:
        _document(xero, collection, call)
        records = xero.history.get(call.parts["id"].lower(), [])
        return Answer({"HistoryRecords": [dict(record) for record in records]})

    def put(xero: Xero, call: ApiCall) -> Answer:
        return _add_notes(xero, call, _document(xero, collection, call))

    return {f"/{plural}/{{id}}/History": {"GET": get_list, "PUT": put, "POST": put}}


def _document(xero: Xero, collection: str, call: ApiCall) -> Record:
    try:
        return _parent(xero, collection, call)
    except NotFound:
        raise validation([{"ValidationErrors": [{"Message": NO_DOCUMENT}]}]) from None


def _add_notes(xero: Xero, call: ApiCall, record: Record) -> Answer:
    elements = call.elements("HistoryRecords")
    for element in elements:
        if errors := list(too_long(element, {"Details": LONGEST_NOTE})):
            raise validation([{**element, "ValidationErrors": [{"Message": errors[0]}]}])
    now = xero.now()
    made = [
        {
            "Changes": "Note",
            "DateUTCString": now[:19],
            "DateUTC": now,
            "User": "System Generated",
            "Details": str(element.get("Details", "")),
        }
        for element in elements
    ]
    xero.history.setdefault(call.parts["id"].lower(), []).extend(made)
    if xero.switches["note_bumps"]:
        xero.stamp(record)
    return Answer({"HistoryRecords": made})
