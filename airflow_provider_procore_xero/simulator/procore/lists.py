"""Lists: filters, sorting, views and pages."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode

from .answers import Answer, bad_request
from .ask import Ask
from .store import Record

Test = Callable[[Record], bool]
# From the values of one filter to a test of a record.
Filter = Callable[[Ask, list[str]], Test]
View = Callable[[Record], Any]

_NAME = re.compile(r"filters\[(\w+)\](?:\[\d*\])?")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


def paged(
    ask: Ask,
    rows: Sequence[Record],
    view: View,
    *,
    per_page: int | None = None,
    maximum: int | None = None,
) -> Answer:
    """One page of *rows*; only its records are rendered, so long lists stay cheap.

    A ``per_page`` beyond the maximum is lowered without a word.
    """
    switches = ask.state.switches
    most = maximum or switches["maximum_per_page"]
    size = min(_count(ask, "per_page", per_page or switches["default_per_page"]), most)
    page = _count(ask, "page", 1)
    rows = ask.state.between_pages(ask.request, page, rows)
    start = (page - 1) * size
    content = [view(row) for row in rows[start : start + size]]
    headers = {"Total": str(len(rows)), "Per-Page": str(size)}
    last = max(1, -(-len(rows) // size))
    return Answer(content, 200, headers | _links(ask, page, last))


def whole(rows: Iterable[Record], view: View) -> Answer:
    """A list that does not page: no ``Link``, no ``Total``."""
    return Answer([view(row) for row in rows])


def filtered(
    ask: Ask, rows: Iterable[Record], filters: Mapping[str, Filter], **defaults: str
) -> list[Record]:
    """The rows that pass all filters of the query; *defaults* count where none is given."""
    given: dict[str, list[str]] = {}
    for key, value in parse_qsl(ask.request.url.query, keep_blank_values=True):
        if match := _NAME.fullmatch(key):
            given.setdefault(match[1], []).append(value)
    for name, value in defaults.items():
        given.setdefault(name, [value])
    if ask.state.switches["unknown_filters"] == "refuse" and (odd := given.keys() - filters.keys()):
        raise bad_request(f"Unknown filters: {', '.join(sorted(odd))}")
    tests = [filters[name](ask, values) for name, values in given.items() if name in filters]
    return [row for row in rows if all(test(row) for test in tests)]


def sorted_rows(ask: Ask, rows: list[Record], *names: str) -> list[Record]:
    """By the query's ``sort`` where the endpoint offers the field, else by id."""
    wanted = ask.query("sort") or ""
    for name in reversed([n for n in wanted.split(",") if n.lstrip("-") in names]):
        field = name.lstrip("-")
        rows = sorted(rows, key=lambda r: str(r.get(field) or ""), reverse=name.startswith("-"))
    return rows


def viewed(
    ask: Ask, views: Mapping[str, View], default: str, *, parameter: str = "view"
) -> tuple[str, View]:
    """The view that the query names; a name that does not exist means the default."""
    name = ask.query(parameter) or default
    if name not in views:
        if ask.state.switches["unknown_views"] == "refuse":
            raise bad_request(f"Unknown view: {name}")
        name = default
    return name, views[name]


def equals(field: str) -> Filter:
    """The field, as text, is one of the values."""

    def build(ask: Ask, values: list[str]) -> Test:
        wanted = set(values)
        return lambda row: row.get(field) is not None and str(row[field]) in wanted

    return build


def one_of(field: str) -> Filter:
    """Ids, as ``filters[id][]=1&filters[id][]=2``, ``filters[id]=1`` or ``filters[id]=[1,2]``."""

    def build(ask: Ask, values: list[str]) -> Test:
        wanted = {i for value in values for i in re.findall(r"\d+", value)}
        return lambda row: str(row.get(field)) in wanted

    return build


def inside(field: str, key: str) -> Filter:
    """Ids of a nested record such as ``project_stage``."""

    def build(ask: Ask, values: list[str]) -> Test:
        wanted = {i for value in values for i in re.findall(r"\d+", value)}
        return lambda row: str((row.get(field) or {}).get(key)) in wanted

    return build


def contains(*fields: str) -> Filter:
    """The text occurs in one of the fields, whatever its case."""

    def build(ask: Ask, values: list[str]) -> Test:
        wanted = values[-1].lower()
        return lambda row: any(wanted in str(row.get(field) or "").lower() for field in fields)

    return build


def flag(test: Callable[[Record], bool]) -> Filter:
    def build(ask: Ask, values: list[str]) -> Test:
        if values[-1] not in ("true", "false"):
            raise bad_request(f"{values[-1]} is not true or false")
        wanted = values[-1] == "true"
        return lambda row: test(row) is wanted

    return build


def between(field: str) -> Filter:
    """A range ``a...b`` of dates or moments; open ends are not documented, so refused."""

    def build(ask: Ask, values: list[str]) -> Test:
        low, high = _range(values[-1])
        if ask.state.switches["range_includes_end"]:
            return lambda row: low <= _moment_of(row.get(field)) <= high
        return lambda row: low <= _moment_of(row.get(field)) < high

    return build


def deleted(ask: Ask, values: list[str]) -> Test:
    """``include_deleted``: ``with`` adds the deleted, ``only`` leaves nothing else."""
    if values[-1] not in ("with", "only", ""):
        raise bad_request("include_deleted is with or only")
    if values[-1] == "only":
        return lambda row: row.get("deleted_at") is not None
    if values[-1] == "with":
        return lambda row: True
    return lambda row: row.get("deleted_at") is None


MOMENTS: dict[str, Filter] = {
    "created_at": between("created_at"),
    "updated_at": between("updated_at"),
}


def _range(text: str) -> tuple[str, str]:
    low, dots, high = text.strip('"').partition("...")
    if not dots:
        raise bad_request(f"{text} is not a range: join two dates with three dots")
    first, last = _bound(low, "T00:00:00Z"), _bound(high, "T23:59:59Z")
    if first is None or last is None:
        raise bad_request(f"{text} is not a range of ISO 8601 values")
    return first, last


def _bound(text: str, of_day: str) -> str | None:
    """A bound as a UTC moment, comparable as text; a plain date takes in its whole day."""
    try:
        at = datetime.fromisoformat(text + of_day if _DATE.fullmatch(text) else text)
    except ValueError:
        return None
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at.tzinfo else None


def _moment_of(value: Any) -> str:
    """A record's date or moment as a moment; nothing compares as outside of every range."""
    if not value:
        return ""
    return f"{value}T00:00:00Z" if len(value) == len("2026-06-01") else str(value)


def _count(ask: Ask, name: str, default: int) -> int:
    given = ask.query(name) or ""
    return int(given) if given.isdecimal() and int(given) > 0 else default


def _links(ask: Ask, page: int, last: int) -> dict[str, str]:
    """The ``Link`` header; ``prev`` is missing on the first page, ``next`` on the last."""
    pages = {"first": 1, "prev": page - 1, "next": page + 1, "last": last}
    if page <= 1:
        del pages["prev"]
    if page >= last:
        del pages["next"]
    links = [f'<{_at_page(ask, number)}>; rel="{rel}"' for rel, number in pages.items()]
    return {"Link": ", ".join(links)}


def _at_page(ask: Ask, page: int) -> str:
    url = ask.request.url
    pairs = [p for p in parse_qsl(url.query, keep_blank_values=True) if p[0] != "page"]
    return str(url.replace(query=urlencode([*pairs, ("page", page)])))
