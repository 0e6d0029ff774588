"""What Procore sends back: records as JSON, and refusals in its several shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from starlette.responses import Response

# Decimals leave as strings: that is how Procore writes money.
_encoded = msgspec.json.Encoder(decimal_format="string").encode


@dataclass
class Answer:
    """A status, what will be the JSON body (None: no body), and further headers."""

    content: Any = None
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def response(self, headers: Mapping[str, str]) -> Response:
        body = b"" if self.content is None else _encoded(self.content)
        kind = None if self.content is None else "application/json; charset=utf-8"
        return Response(body, self.status, {**self.headers, **headers}, kind)


class Refusal(Exception):
    """An answer that ends the call; a sync action turns it into a row's ``errors``."""

    def __init__(self, status: int, content: Any, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(f"{status} {content}")
        self.answer = Answer(content, status, dict(headers or {}))

    @property
    def errors(self) -> Any:
        """The refusal as the ``errors`` of one row."""
        content = self.answer.content
        errors = content.get("errors") if isinstance(content, dict) else None
        return errors if isinstance(errors, dict) else {"base": [errors or "is invalid"]}


def invalid(field: str, *messages: str, status: int = 422) -> Refusal:
    """A rule is broken by *field*; ``base`` stands for the whole record."""
    return Refusal(status, {"errors": {field: list(messages)}})


def bad_request(message: str) -> Refusal:
    return Refusal(400, {"errors": message})


def not_found() -> Refusal:
    """Missing, or invisible to the caller: Procore does not say which."""
    return Refusal(404, {"error": {"code": 404, "message": "Not Found", "details": []}})


def forbidden(message: str = "You do not have permission to access this resource") -> Refusal:
    return Refusal(403, {"errors": message})
