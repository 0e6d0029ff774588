"""Reading lists page by page, to their end and no further."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from airflow_provider_procore_xero.apis.pages import in_groups, link_pages, numbered_pages
from airflow_provider_procore_xero.errors import Unreachable
from tests.apis.world import Network, Time, an_http, json


def rows(first: int, count: int) -> list[dict[str, int]]:
    return [{"id": first + number} for number in range(count)]


def procore_list(*answers: httpx.Response) -> tuple[list[Any], Network]:
    network = Network(*answers)
    found = list(link_pages(an_http(network, Time()), "/list", [("a", 1)], per_page=2))
    return [row["id"] for row in found], network


def test_the_bearer_follows_a_link_to_no_other_host() -> None:
    link = '<https://evil.example/list?a=1&page=2&per_page=2>; rel="next"'

    found, network = procore_list(json(body=rows(0, 2), Link=link), json(body=rows(2, 1)))

    assert found == [0, 1, 2]
    assert {request.url.host for request in network.requests} == {"api.example"}
    assert network.requests[1].url.params["page"] == "2"


def test_an_answer_without_links_is_complete() -> None:
    assert procore_list(json(body=rows(0, 2)))[0] == [0, 1]


def test_a_page_size_lowered_in_silence_loses_no_rows() -> None:
    first = json(body=rows(0, 1), Total="2", Per_Page="1")
    second = json(body=rows(1, 1), Total="2", Per_Page="1")

    assert procore_list(first, second)[0] == [0, 1]


def test_smaller_pages_go_on_from_the_same_row() -> None:
    following = '<https://api.example/list?a=1&page=2&per_page=2>; rel="next"'

    found, network = procore_list(
        json(body=rows(0, 2), Link=following), json(408), json(body=rows(2, 1))
    )

    assert found == [0, 1, 2]
    asked = network.requests[-1].url.params
    assert (asked["page"], asked["per_page"]) == ("3", "1")


def test_a_record_where_a_list_was_due_is_not_taken_for_an_empty_list() -> None:
    with pytest.raises(Unreachable, match="without the list"):
        procore_list(json(body={"errors": "x"}))


def xero_list(*answers: httpx.Response) -> list[int]:
    http = an_http(Network(*answers), Time())
    pages = numbered_pages(http, "/Invoices", "Invoices", [], page_size=200, headers={})
    return [row["id"] for row in pages]


def test_xeros_page_count_tells_the_last_page() -> None:
    paging = {"page": 1, "pageCount": 1}

    assert xero_list(json(body={"Invoices": rows(0, 200), "pagination": paging})) == list(
        range(200)
    )


def test_without_a_page_count_a_short_page_is_the_last() -> None:
    full, short = json(body={"Invoices": rows(0, 200)}), json(body={"Invoices": rows(200, 7)})

    assert len(xero_list(full, short)) == 207


def test_a_server_that_ignored_the_page_size_loses_no_rows() -> None:
    first, second = json(body={"Invoices": rows(0, 100)}), json(body={"Invoices": rows(100, 7)})

    assert len(xero_list(first, second)) == 107


def test_not_modified_is_an_empty_list() -> None:
    assert xero_list(httpx.Response(304)) == []


def test_xml_without_the_list_is_not_taken_for_an_empty_list() -> None:
    with pytest.raises(Unreachable):
        xero_list(json(body={"Status": "OK"}))


def test_groups_fit_a_url_by_count_and_by_length() -> None:
    assert [len(g) for g in in_groups(["x" * 36] * 85, 40)] == [40, 40, 5]
    assert [len(g) for g in in_groups(["x" * 250] * 9, 40)] == [7, 2]
    assert list(in_groups([], 40)) == []
