"""Changes and outcomes as rows, and back. Amounts come back as the very Decimals they were.

JSON has one kind of number. A Decimal is written as one, digit for digit, and every number with a
point or an exponent is read as a Decimal; one that has neither, ``Decimal("5")``, would come back
as an int, so it is written as ``{"$decimal": "5"}``. Floats have no place here and are refused.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

import msgspec

from airflow_provider_procore_xero.sync.plan import (
    About,
    Adopt,
    Change,
    Create,
    Desired,
    FieldChange,
    Hold,
    Keep,
    Reason,
    Remove,
    Update,
)
from airflow_provider_procore_xero.sync.report import Outcome

_MARK = "$decimal"
_NESTED = (dict, list, tuple)
_has_fraction = re.compile("[.E]").search
_NAMES: dict[type, str] = {
    Create: "create",
    Update: "update",
    Adopt: "adopt",
    Remove: "remove",
    Hold: "hold",
}


def _as_dict(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no place in JSON.")


_encode = msgspec.json.Encoder(decimal_format="number", enc_hook=_as_dict).encode
_sorted = msgspec.json.Encoder(
    decimal_format="number", order="deterministic", enc_hook=_as_dict
).encode
_decode = msgspec.json.Decoder(float_hook=Decimal).decode
_decode_fields = msgspec.json.Decoder(tuple[FieldChange, ...]).decode
_decode_reasons = msgspec.json.Decoder(tuple[Reason, ...]).decode


def dumps(value: Any, *, ordered: bool = False) -> str:
    """Return *value* as JSON; *ordered* gives equal values equal texts.

    :raises TypeError: if there is a float in it.
    """
    encode = _sorted if ordered else _encode
    text = encode(value).decode() if _plain((value,)) else ""
    return encode(_marked(value)).decode() if not text or _MARK in text else text


def loads(text: str | bytes | None) -> Any:
    """Return what ``dumps`` was given, tuples as lists; None is an empty dict."""
    if text is None:
        return {}
    value = _decode(text)
    mark = _MARK.encode() if isinstance(text, bytes) else _MARK
    return _unmarked(value) if mark in text else value  # type: ignore[operator]


class Unread(Mapping[str, Any]):
    """JSON that is read when somebody looks into it: most stored records are only passed on."""

    __slots__ = ("_text", "_value")

    def __init__(self, text: str) -> None:
        self._text = text
        self._value: Any = None

    def _read(self) -> Mapping[str, Any]:
        if self._value is None:
            self._value = loads(self._text)
        value: Mapping[str, Any] = self._value
        return value

    def __getitem__(self, key: str) -> Any:
        return self._read()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def __repr__(self) -> str:
        return repr(self._read())


def squeeze(value: Any) -> bytes:
    """Return *value* as compressed JSON."""
    return zlib.compress(dumps(value).encode(), 1)


def unsqueeze(content: bytes) -> Any:
    """Return what ``squeeze`` was given."""
    return loads(zlib.decompress(content))


def _plain(values: Iterable[Any]) -> bool:
    """Return whether JSON as it is brings every one of *values* back.

    Every amount on its way into the ledger passes here, hence a loop that asks for types.
    """
    for value in values:
        kind = type(value)
        if kind is str or kind is int:
            continue
        if kind is Decimal:
            if not _has_fraction(str(value)):
                return False
        elif kind in _NESTED:
            if not _plain(value.values() if kind is dict else value):
                return False
        elif value is not None and kind is not bool:
            return False
    return True


def _marked(value: Any) -> Any:
    if isinstance(value, Decimal):
        return value if _plain((value,)) else {_MARK: str(value)}
    if isinstance(value, Mapping):
        inner = {key: _marked(part) for key, part in value.items()}
        return {_MARK: inner} if _MARK in value else inner
    if isinstance(value, list | tuple):
        return [_marked(part) for part in value]
    if isinstance(value, float):
        raise TypeError(f"{value} is a float; amounts are Decimals.")
    return value


def _unmarked(value: Any) -> Any:
    if isinstance(value, list):
        return [_unmarked(part) for part in value]
    if not isinstance(value, dict):
        return value
    if _MARK not in value:
        return {key: _unmarked(part) for key, part in value.items()}
    marked = value[_MARK]
    if isinstance(marked, str):
        return Decimal(marked)
    return {key: _unmarked(part) for key, part in marked.items()}


def _or_none(value: Any) -> str | None:
    return dumps(value) if value else None


def _parts_or_none(parts: tuple[Any, ...]) -> str | None:
    return _encode(parts).decode() if parts else None


def row_of(change: Change) -> dict[str, Any]:
    """Return *change* as columns of ``changes``."""
    if isinstance(change, Keep):
        raise TypeError("What is kept is counted, not stored.")
    about = change.about
    row: dict[str, Any] = {
        "what": _NAMES[type(change)],
        "source_id": about.source_id,
        "title": about.title,
        "read": about.read,
        "source_url": about.source_url,
        "raw": _or_none(about.raw),
        "target_id": "",
        "target_url": "",
        "name": "",
        "wrote": "",
        "adopts": False,
        "payload": None,
        "data": None,
        "fields": None,
        "reasons": None,
    }
    if not isinstance(change, Create):
        row["target_id"] = change.target_id
        row["target_url"] = change.target_url
    match change:
        case Create() | Update() | Adopt():
            desired = change.desired
            row["name"] = desired.name
            row["wrote"] = change.wrote
            row["payload"] = dumps(desired.payload)
            row["data"] = _or_none(desired.data)
            if isinstance(change, Create | Update):
                row["fields"] = _parts_or_none(change.fields)
            if isinstance(change, Update):
                row["adopts"] = change.adopts
            if isinstance(change, Adopt):
                row["reasons"] = _parts_or_none(change.reasons)
        case Remove():
            row["data"] = _or_none(change.data)
        case Hold():
            row["reasons"] = _parts_or_none(change.reasons)
    return row


def change_of(row: Any) -> Change:
    """Return the change that *row* of ``changes`` keeps."""
    about = About(
        source_id=row.source_id,
        title=row.title,
        read=row.read,
        source_url=row.source_url,
        raw=Unread(row.raw) if row.raw else {},
    )
    what = row.what
    if what == "hold":
        return Hold(
            about=about,
            reasons=_decode_reasons(row.reasons or "[]"),
            target_id=row.target_id,
            target_url=row.target_url,
        )
    data = loads(row.data)
    if what == "remove":
        return Remove(about=about, target_id=row.target_id, data=data, target_url=row.target_url)
    desired = Desired(payload=loads(row.payload), name=row.name, data=data)
    if what == "create":
        return Create(
            about=about, desired=desired, wrote=row.wrote, fields=_decode_fields(row.fields or "[]")
        )
    if what == "adopt":
        return Adopt(
            about=about,
            desired=desired,
            wrote=row.wrote,
            target_id=row.target_id,
            target_url=row.target_url,
            reasons=_decode_reasons(row.reasons or "[]"),
        )
    return Update(
        about=about,
        desired=desired,
        wrote=row.wrote,
        target_id=row.target_id,
        fields=_decode_fields(row.fields or "[]"),
        adopts=row.adopts,
        target_url=row.target_url,
    )


def names_of(kinds: Iterable[type]) -> list[str]:
    """Return what ``changes.what`` calls each of the classes in *kinds*."""
    return [_NAMES[kind] for kind in kinds if kind in _NAMES]


def severity(outcome: Outcome) -> str:
    """Return ``error``, ``warning`` where a person should look, or ``info``."""
    if outcome.what in ("refused", "in_doubt"):
        return "error"
    return "warning" if outcome.needs_somebody else "info"


def words(*texts: str) -> str:
    """Return *texts* as one line to search in, the same for upper and lower case."""
    return " ".join(text for text in texts if text).casefold()


def outcome_row(outcome: Outcome) -> dict[str, Any]:
    """Return *outcome* as columns of ``outcomes``."""
    said = [part for why in outcome.reasons for part in (why.code, why.sentence)]
    return {
        "entity": outcome.entity,
        "what": outcome.what,
        "severity": severity(outcome),
        "source_id": outcome.source_id,
        "title": outcome.title,
        "target_id": outcome.target_id,
        "procore_url": outcome.procore_url,
        "xero_url": outcome.xero_url,
        "reasons": _parts_or_none(outcome.reasons),
        "fields": _parts_or_none(outcome.fields),
        "words": words(outcome.source_id, outcome.title, outcome.target_id, *said),
    }


def outcome_of(row: Any) -> Outcome:
    """Return the outcome that *row* of ``outcomes`` keeps."""
    return Outcome(
        entity=row.entity,
        what=row.what,
        source_id=row.source_id,
        title=row.title,
        target_id=row.target_id,
        procore_url=row.procore_url,
        xero_url=row.xero_url,
        reasons=_decode_reasons(row.reasons or "[]"),
        fields=_decode_fields(row.fields or "[]"),
    )
