"""How the API says no: one class for each shape of refusal."""

from __future__ import annotations

from typing import Any

ZERO_GUID = "00000000-0000-0000-0000-000000000000"


class Refused(Exception):
    """The whole call is refused with *status*; subclasses say how the body looks."""

    status = 400

    def body(self, *, casing: str) -> dict[str, Any] | None:
        return None


class Problem(Refused):
    """401, 403 and 500: a problem document, in either key casing.

    :param detail: such as ``TokenExpired`` or ``AuthenticationUnsuccessful``.
    """

    def __init__(self, status: int, title: str, detail: str, headers: dict[str, str] | None = None):
        super().__init__(detail)
        self.status = status
        self.title = title
        self.detail = detail
        self.headers = headers or {}

    def body(self, *, casing: str) -> dict[str, Any]:
        document: dict[str, Any] = {
            "Type": None,
            "Title": self.title,
            "Status": self.status,
            "Detail": self.detail,
            "Instance": "5b7b0d6c-5b2f-4a53-9a3c-1d5f2b0e4b11",
            "Extensions": {},
        }
        if casing == "lower":
            return {key.lower(): value for key, value in document.items()}
        return document


def unauthorised(detail: str, headers: dict[str, str] | None = None) -> Problem:
    return Problem(401, "Unauthorized", detail, headers)


def forbidden(detail: str = "AuthenticationUnsuccessful") -> Problem:
    return Problem(403, "Forbidden", detail)


def server_error() -> Problem:
    """What bad input that reaches an unguarded corner of the real API gets."""
    return Problem(
        500, "An error occurred", "An error occurred in Xero. Check the API Status page."
    )


class BadRequest(Refused):
    """400 with an error number: 10 validation, 14 malformed data, 16 query."""

    def __init__(
        self, number: int, kind: str, message: str, elements: list[dict[str, Any]] | None = None
    ):
        super().__init__(message)
        self.number = number
        self.kind = kind
        self.message = message
        self.elements = elements

    def body(self, *, casing: str) -> dict[str, Any]:
        document: dict[str, Any] = {
            "ErrorNumber": self.number,
            "Type": self.kind,
            "Message": self.message,
        }
        if self.elements is not None:
            document["Elements"] = self.elements
        return document


def malformed(message: str) -> BadRequest:
    return BadRequest(14, "PostDataInvalidException", message)


def bad_query(message: str) -> BadRequest:
    return BadRequest(16, "QueryParseException", message)


def validation(elements: list[dict[str, Any]]) -> BadRequest:
    return BadRequest(10, "ValidationException", "A validation exception occurred", elements)


class NotFound(Refused):
    """404 as text/html without JSON, for a record as for a path."""

    status = 404


class MethodNotAllowed(Refused):
    status = 405

    def body(self, *, casing: str) -> dict[str, Any]:
        return {"message": "The requested resource does not support this method."}


class NotSimulated(Refused):
    """501 with a sentence: the real API has it, this one does not."""

    status = 501

    def __init__(self, what: str):
        super().__init__(f"The simulator does not have {what}.")

    def body(self, *, casing: str) -> dict[str, Any]:
        return {"message": str(self)}


class Invalid(Exception):
    """One element of a batch is refused, for *messages*.

    :param record_id: the ID of the record that was to change; None for a failed create.
    """

    def __init__(self, *messages: str, record_id: str | None = None):
        super().__init__("; ".join(messages))
        self.messages = list(messages)
        self.record_id = record_id
