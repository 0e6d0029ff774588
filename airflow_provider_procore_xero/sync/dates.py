"""Documents carry plain dates, everything else UTC moments."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import Any

_MILLISECONDS = re.compile(r"/Date\((-?\d+)([+-]\d{4})?\)/")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_date(value: Any) -> date | None:
    """Return the calendar date of ``2026-05-31``, ``2026-05-31T00:00:00`` or ``/Date(ms)/``.

    Xero labels midnight of a calendar date as UTC, so the UTC date is the date whatever the
    server's zone is. None and the empty string are None.
    """
    if not value:
        return None
    text = str(value)
    if text.startswith("/Date("):
        moment = parse_moment(text)
        return moment.date() if moment else None
    return date.fromisoformat(text[:10])


def parse_moment(value: Any) -> datetime | None:
    """Return the UTC moment of an ISO timestamp or of Xero's ``/Date(ms+0000)/``."""
    if not value:
        return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    text = str(value)
    if found := _MILLISECONDS.fullmatch(text):
        return _EPOCH + timedelta(milliseconds=int(found[1]))
    moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
