"""A short hash of a record's content: equal fingerprints, equal records."""

from __future__ import annotations

from hashlib import blake2b, sha256
from typing import Any

import msgspec

_encode = msgspec.json.Encoder(order="deterministic", decimal_format="string").encode
_as_sent = msgspec.json.Encoder(decimal_format="string").encode


def fingerprint(value: Any, salt: str = "") -> str:
    """Return 32 hex digits that change whenever *value* or *salt* does.

    Keys may come in any order; ``Decimal("1.0")`` and ``Decimal("1.00")`` differ, so normalise
    amounts first.
    """
    return blake2b(_encode(value), digest_size=16, key=salt.encode()[:64]).hexdigest()


def read_print(value: Any, salt: str = "") -> str:
    """Return 32 hex digits of a record as its API sent it, keys in their order.

    Cheaper than ``fingerprint``, and every record read costs one. An API that sends its keys in
    another order one day costs a comparison of what would be written, nothing else.
    """
    return sha256(salt.encode() + b"\0" + _as_sent(value)).hexdigest()[:32]
