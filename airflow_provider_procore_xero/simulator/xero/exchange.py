"""One request as a resource sees it, and the answer it gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from .refusals import malformed
from .values import json_body


@dataclass
class ApiCall:
    """Path parts, query (names in lower case), headers (likewise), and the raw body."""

    method: str
    path: str
    parts: Mapping[str, str]
    query: Mapping[str, str]
    headers: Mapping[str, str]
    raw: bytes
    key_in_use: bool = False
    # What a view works out once for the whole call: a page may hold a thousand records.
    memo: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def body(self) -> Any:
        """The decoded JSON body.

        :raises BadRequest: number 14, for anything else.
        """
        return json_body(self.raw)

    @property
    def places(self) -> int:
        """Decimal places of unit amounts: two, or four with ``unitdp=4``."""
        return 4 if self.query.get("unitdp") == "4" else 2

    @property
    def summarises_errors(self) -> bool:
        return self.query.get("summarizeerrors", "true").lower() != "false"

    def flag(self, name: str) -> bool:
        return self.query.get(name.lower(), "").lower() == "true"

    def single(self, plural: str, *, first_of_many: bool) -> dict[str, Any]:
        """The one object of a resource that takes one.

        :param first_of_many: take the first of a list instead of refusing it.
        """
        body = self.body
        if isinstance(body, dict) and isinstance(body.get(plural), list):
            body = body[plural]
        if isinstance(body, list) and first_of_many and body:
            body = body[0]
        if not isinstance(body, dict):
            raise malformed("This endpoint takes a single object.")
        return body

    def elements(self, plural: str) -> list[dict[str, Any]]:
        """The objects of a batch: a bare one, or those under the plural."""
        body = self.body
        found = body.get(plural, [body]) if isinstance(body, dict) else None
        if isinstance(found, dict):
            found = [found]
        if (
            not isinstance(found, list)
            or not found
            or not all(isinstance(item, dict) for item in found)
        ):
            raise malformed(f"The request body does not hold {plural}.")
        return found


@dataclass
class Answer:
    """What goes into the envelope, or a raw body of another type.

    :param payload: the properties beside the envelope's own; None for an empty body.
    :param raw: sent as it is, of *content_type*, without an envelope.
    :param bare: the payload is the whole document.
    """

    payload: dict[str, Any] | list[Any] | None = None
    status: int = 200
    raw: bytes | None = None
    content_type: str = "application/json; charset=utf-8"
    bare: bool = False
    headers: dict[str, str] = field(default_factory=dict)
