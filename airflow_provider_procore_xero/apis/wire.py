"""JSON as it travels: a number with a point becomes a Decimal, and a Decimal a number."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

Record = dict[str, Any]
"""One JSON object as the API sent it."""

_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")


class Unreadable(ValueError):
    """The bytes are no JSON document."""


def decode(raw: bytes) -> Any:
    """Return the document in *raw*; ``1.10`` is ``Decimal("1.10")``, never a float.

    :raises Unreadable: for HTML, half a document, or nothing at all.
    """
    try:
        return _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreadable(str(error)) from error


def encode(document: Any) -> bytes:
    """Return *document* as JSON bytes, amounts as plain numbers with all their digits."""
    return _encoder.encode(document)
