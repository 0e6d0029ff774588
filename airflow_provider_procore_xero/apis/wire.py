"""JSON as it travels: a number with a point becomes a Decimal, and a Decimal a number."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import msgspec

Record = dict[str, Any]
"""One JSON object as the API sent it."""

_HALF = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F][0-9a-fA-F]{2})"
    rb"|(?<!\\u[dD][89abAB][0-9a-fA-F]{2})\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
"""One half of a surrogate pair without the other, as JSON writes it."""

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


class Unreadable(ValueError):
    """The bytes are no JSON document."""


def decode(raw: bytes) -> Any:
    """Return the document in *raw*; ``1.10`` is ``Decimal("1.10")``, never a float.

    Half of a character, which some systems keep of an emoji that they cut, becomes U+FFFD.

    :raises Unreadable: for HTML, half a document, or nothing at all.
    """
    try:
        return _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        whole = _HALF.sub(rb"\\ufffd", raw)
        if whole != raw:
            return decode(whole)
        raise Unreadable(str(error)) from error


def encode(document: Any) -> bytes:
    """Return *document* as JSON bytes, amounts as plain numbers with all their digits."""
    return _encoder.encode(document)
