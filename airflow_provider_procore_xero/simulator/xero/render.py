"""From the state's plain dicts to bytes: ``/Date()/`` with twins, numbers, JSON and XML."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from xml.sax.saxutils import escape

import msgspec

DATES = frozenset(
    {
        "Date", "DueDate", "PlannedPaymentDate", "FullyPaidOnDate", "DeliveryDate",
        "ExpectedArrivalDate", "PeriodLockDate", "EndOfYearLockDate",
    }
)  # fmt: skip
MOMENTS = frozenset({"UpdatedDateUTC", "CreatedDateUTC", "DateUTC", "DateTimeUTC"})
# A twin is a second property with the same date as text, see "Dates" in the vendor's guide.
DOCUMENT_TWINS = ("Date", "DueDate", "DeliveryDate", "ExpectedArrivalDate")

_PLAIN = msgspec.json.Encoder(decimal_format="number")
_AS_TEXT = msgspec.json.Encoder(decimal_format="string")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def milliseconds(text: str) -> int:
    """Since 1970, negative before; *text* is an ISO date or moment."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round((moment - _EPOCH).total_seconds() * 1000)


class Renderer:
    """Renders under the switches *date_offset* and *numbers_as_strings*."""

    def __init__(self, switches: Mapping[str, Any]) -> None:
        self._offset = "+0000" if switches["date_offset"] else ""
        self._encoder = _AS_TEXT if switches["numbers_as_strings"] else _PLAIN
        self._seen: dict[str, str] = {}

    def json(self, document: Any) -> bytes:
        raw = self._encoder.encode(self.plain(document))
        # The real bytes escape these slashes; a parser sees no difference, a regex does.
        return raw.replace(b'"/Date(', b'"\\/Date(').replace(b')/"', b')\\/"')

    def xml(self, document: Any) -> bytes:
        return b"<Response>" + "".join(_children(self.plain(document))).encode() + b"</Response>"

    def plain(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {
                key: self._date(item)
                if (key in DATES or key in MOMENTS) and isinstance(item, str)
                else self.plain(item)
                if isinstance(item, dict | list)
                else item
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self.plain(item) for item in value]
        return value

    def _date(self, text: str) -> str:
        if text.startswith("/Date("):  # a stored answer was rendered when it was first given
            return text
        if (rendered := self._seen.get(text)) is None:
            rendered = self._milliseconds_date(text)
            self._seen[text] = rendered
        return rendered

    def _milliseconds_date(self, text: str) -> str:
        try:
            return f"/Date({milliseconds(text)}{self._offset})/"
        except ValueError:
            # A refused element is echoed with what was sent, dates that are none included.
            return text


def with_twins(record: dict[str, Any], *, moment: bool = True) -> dict[str, Any]:
    """Add the ``...String`` twins to *record* itself, and ``UpdatedDateUTCString`` if asked."""
    for name in DOCUMENT_TWINS:
        if isinstance(text := record.get(name), str):
            record[f"{name}String"] = f"{text[:10]}T00:00:00"
    if moment and isinstance(text := record.get("UpdatedDateUTC"), str):
        record["UpdatedDateUTCString"] = text
    return record


def _children(value: Any) -> list[str]:
    if not isinstance(value, dict):
        return [escape(_text(value))]
    parts = []
    for key, item in value.items():
        if isinstance(item, list):
            inner = "".join(f"<{_one(key)}>{''.join(_children(i))}</{_one(key)}>" for i in item)
            parts.append(f"<{key}>{inner}</{key}>")
        elif item is not None:
            parts.append(f"<{key}>{''.join(_children(item))}</{key}>")
    return parts


def _one(plural: str) -> str:
    for ending, single in (("ies", "y"), ("sses", "ss"), ("s", "")):
        if plural.endswith(ending):
            return plural[: -len(ending)] + single
    return plural


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, Decimal | int | str) else ""
