"""Lists: a page at a time as JSON, or the whole as CSV that no spreadsheet takes for formulas."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import Depends, HTTPException, Path, Query, Response
from fastapi.responses import StreamingResponse

from airflow_provider_procore_xero.sync.explain import need
from airflow_provider_procore_xero.sync.report import CALLED
from airflow_provider_procore_xero.web.answers import answer

A_PART = 500
"""Rows of a file that are read at a time; it is sent as it is read, however long it is."""
THE_FIRST = 50
"""Rows that are read before it begins; a person waits for those."""
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")

Row = dict[str, Any]
LARGEST = 2**63 - 1
Id = Annotated[int, Path(ge=1, le=LARGEST)]
"""A row of the ledger; a larger number is none that a database takes."""
Page = Callable[[str, int], tuple[Sequence[Row], str]]
"""``page(after, limit)``: rows, and where the next page begins; an empty text where none does."""


@dataclass(frozen=True, slots=True)
class Asked:
    """How a list is wanted.

    :param after: what the page before gave as ``next``.
    """

    after: str
    limit: int
    form: str


def asked(
    after: Annotated[str, Query(max_length=200)] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    format: Literal["json", "csv"] = "json",  # noqa: A002 - it is called so in the address
) -> Asked:
    """Return how the caller wants a list."""
    return Asked(after, limit, format)


Wanted = Annotated[Asked, Depends(asked)]


def of_entity(entity: Annotated[str, Query(max_length=60)] = "") -> str:
    """Return the entity that a list is asked for, or an empty text for all of them.

    :raises UnknownRecord: if there is none such.
    """
    if entity:
        need(entity, CALLED)
    return entity


Entity = Annotated[str, Depends(of_entity)]
"""An entity by its name, or what is named like one in runs: the reconciliation."""


def listed(page: Page, wanted: Asked, called: str, columns: Mapping[str, str]) -> Response:
    """Return a list as it is wanted.

    :param called: what the file is called.
    :param columns: heading by key of the rows, for the file.
    """
    if wanted.form == "json":
        rows, following = page(wanted.after, wanted.limit)
        return answer({"rows": rows, "next": following})
    first = page("", THE_FIRST)  # what can go wrong goes wrong before the file has begun
    return StreamingResponse(
        _lines(page, first, columns),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="procore-xero-{called}.csv"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def number(after: str) -> int | None:
    """Return the id that a page begins behind, or None for the first page.

    :raises HTTPException: 422 if it is none.
    """
    if not after:
        return None
    if not after.isascii() or not after.isdigit() or len(after) > 18:
        raise HTTPException(422, f"after is {after!r}; send what the page before gave as next.")
    return int(after)


def moment(text: str) -> datetime:
    """Return the moment of a cursor, in UTC.

    :raises ValueError: if it is none that a ledger can hold.
    """
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    try:
        return found.astimezone(UTC)
    except OverflowError as error:
        raise ValueError(f"{text} is in no year") from error


def whole(rows: Sequence[Row]) -> Page:
    """Return the only page of a list that is short enough to have one."""
    return lambda after, limit: (() if after else rows, "")


def following(rows: Sequence[Any], limit: int, cursor: Callable[[Any], object]) -> str:
    """Return where the page after *rows* begins; nowhere where they did not fill theirs."""
    return str(cursor(rows[-1])) if len(rows) == limit else ""


def _lines(
    page: Page, first: tuple[Sequence[Row], str], columns: Mapping[str, str]
) -> Iterator[str]:
    yield "\ufeff" + _written([columns.values()])  # the mark by which Excel knows UTF-8
    rows, after = first
    while rows:
        yield _written((safe(row.get(key)) for key in columns) for row in rows)
        if not after:
            return
        rows, after = page(after, A_PART)


def _written(lines: Iterable[Iterable[str]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue()


def safe(value: Any) -> str:
    """Return *value* as a cell that stays text: a formula in a name is not run."""
    if isinstance(value, str):
        return f"'{value}" if value.startswith(_STARTS_A_FORMULA) else value
    if isinstance(value, Mapping):
        return safe(", ".join(f"{key} {count}" for key, count in value.items() if count))
    if isinstance(value, list | tuple):
        return safe("; ".join(str(each) for each in value))
    if value is None or isinstance(value, int | Decimal):
        return "" if value is None else str(value)
    return safe(value.isoformat() if hasattr(value, "isoformat") else str(value))
