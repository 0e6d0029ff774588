"""Reading lists page by page, each page dropped before the next is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

import httpx

from ..errors import ApiError, Unreachable
from .transport import Answer, Http
from .wire import Record

T = TypeVar("T")

XERO_DEFAULT_PAGE = 100


def link_pages(
    http: Http, path: str, params: Sequence[tuple[str, Any]], *, per_page: int
) -> Iterator[Record]:
    """Yield the rows of a Procore list, following ``Link: rel="next"`` to its end.

    Where Procore takes too long for a page (408), smaller ones are asked from the same row on.
    """
    query = httpx.QueryParams([*params, ("page", 1), ("per_page", per_page)])
    while True:
        try:
            answer = http.get(path, list(query.multi_items()))
        except ApiError as error:
            if error.status != 408:
                raise
            query = _smaller(query, http.system, path)
            continue
        yield from _rows(answer.body, http.system, path)
        following = _following(answer, query)
        if following is None:
            return
        query = following


def _following(answer: Answer, query: httpx.QueryParams) -> httpx.QueryParams | None:
    """Return the query of the next page, or None after the last.

    Only the query is taken from the link: the bearer goes nowhere but to the host it is for. An
    answer without links is complete unless its ``Total`` says otherwise.
    """
    following = httpx.Response(200, headers=answer.headers).links.get("next")
    if following:
        return httpx.URL(following["url"]).params
    page, size = int(query["page"]), answer.headers.get("Per-Page", query["per_page"])
    total = answer.headers.get("Total", "")
    if total.isdigit() and size.isdigit() and answer.body and page * int(size) < int(total):
        return query.set("page", page + 1).set("per_page", size)
    return None


def _smaller(query: httpx.QueryParams, system: str, path: str) -> httpx.QueryParams:
    """Half the page size, from the same row on."""
    size, page = int(query["per_page"]), int(query["page"])
    if size % 2:
        raise Unreachable(
            f"{system.capitalize()} takes too long for {path}, even for {size} rows at a time. "
            "Try again when it is less busy.",
            system=system,
            status=408,
        )
    return query.set("per_page", size // 2).set("page", (page - 1) * 2 + 1)


def numbered_pages(
    http: Http,
    path: str,
    key: str,
    params: Sequence[tuple[str, Any]],
    *,
    page_size: int,
    headers: dict[str, str],
) -> Iterator[Record]:
    """Yield the rows of a Xero list; its own page count tells the last page.

    :param key: the name of the array in the answer, ``Invoices``.
    """
    page = 1
    while True:
        query = [*params, ("page", page), ("pageSize", page_size)]
        answer = http.get(path, query, headers)
        rows = xero_rows(answer, key, http.system, path)
        yield from rows
        if _is_last(answer, page, len(rows), page_size):
            return
        page += 1


def _is_last(answer: Answer, page: int, rows: int, page_size: int) -> bool:
    paging = (answer.body or {}).get("pagination") or {}
    if paging.get("pageCount") is not None:
        return page >= int(paging["pageCount"])
    # A server that ignored our page size would send its default of 100.
    return rows < page_size and (rows == 0 or rows % XERO_DEFAULT_PAGE != 0)


def xero_rows(answer: Answer, key: str, system: str, path: str) -> list[Record]:
    """Return the array called *key*; a 304 is an empty one."""
    if answer.status == 304:
        return []
    body = answer.body if isinstance(answer.body, dict) else {}
    return _rows(body.get(key), system, path)


def _rows(body: Any, system: str, path: str) -> list[Record]:
    if isinstance(body, list):
        return body
    raise Unreachable(
        f"{system.capitalize()} answered {path} without the list that was asked for. "
        "Check the host of the connection.",
        system=system,
        status=200,
    )


def in_groups(items: Sequence[T], size: int, *, longest: int = 2000) -> Iterator[list[T]]:
    """Yield *items* in groups that fit a URL: *size* of them, or *longest* characters."""
    group: list[T] = []
    length = 0
    for item in items:
        needs = len(str(item)) + 3
        if group and (len(group) == size or length + needs > longest):
            yield group
            group, length = [], 0
        group.append(item)
        length += needs
    if group:
        yield group
