"""Lists: pages, Link, clamps, filters, views."""

from __future__ import annotations

import time

import httpx
import pytest

from airflow_provider_procore_xero.simulator.procore import Procore
from tests.simulator.procore_world import COMPANY, a_site

VENDORS = "/rest/v1.0/vendors"
PROJECTS = "/rest/v1.1/projects"


def ask(api: httpx.Client, path: str = VENDORS, **params: object) -> httpx.Response:
    return api.get(path, params={"company_id": COMPANY, **params})


def names(answer: httpx.Response) -> list[str]:
    return [row["name"] for row in answer.json()]


@pytest.fixture
def five(procore: Procore) -> Procore:
    for number in range(1, 6):
        procore.add_vendor(name=f"Vendor {number}", updated_at=f"2026-06-0{number}T00:00:00Z")
    return procore


def test_pages_are_followed_by_link_until_there_is_no_next(api, five):
    first = ask(api, per_page=2)
    second = api.get(first.links["next"]["url"])
    third = api.get(second.links["next"]["url"])

    assert names(first) + names(second) + names(third) == [f"Vendor {n}" for n in range(1, 6)]
    assert (first.headers["Total"], first.headers["Per-Page"]) == ("5", "2")
    assert "prev" not in first.links
    assert "prev" in second.links
    assert "next" not in third.links
    assert "page=3" in third.links["last"]["url"]


def test_a_link_keeps_the_filters(api, five):
    found = ask(api, per_page=1, **{"filters[updated_at]": "2026-06-02...2026-06-03"})

    second = api.get(found.links["next"]["url"])

    assert names(found) + names(second) == ["Vendor 2", "Vendor 3"]
    assert "next" not in second.links


def test_a_page_behind_the_last_is_empty(api, five):
    assert ask(api, page=9).json() == []


@pytest.mark.parametrize(
    ("asked", "given"), [({}, "100"), ({"per_page": 1000}, "300"), ({"view": "ids"}, "200000")]
)
def test_projects_come_by_the_hundred_and_at_most_three_hundred(api, asked, given):
    assert ask(api, PROJECTS, **asked).headers["Per-Page"] == given


def test_requisitions_come_by_thirty(api, procore):
    site = a_site(procore)

    answer = api.get("/rest/v1.1/requisitions", params=site.of_project)

    assert answer.headers["Per-Page"] == "30"


def test_a_per_page_beyond_two_thousand_is_lowered_without_a_word(api, five):
    answer = ask(api, per_page=10_000)

    assert answer.status_code == 200
    assert answer.headers["Per-Page"] == "2000"


def test_a_range_takes_in_both_ends(api, five):
    given = "2026-06-02T00:00:00Z...2026-06-04T00:00:00Z"

    found = ask(api, **{"filters[updated_at]": given})

    assert names(found) == ["Vendor 2", "Vendor 3", "Vendor 4"]


def test_a_range_may_leave_out_its_end_where_the_switch_says_so(api, five):
    five.switches["range_includes_end"] = False
    given = "2026-06-02T00:00:00Z...2026-06-04T00:00:00Z"

    found = ask(api, **{"filters[updated_at]": given})

    assert names(found) == ["Vendor 2", "Vendor 3"]


@pytest.mark.parametrize("given", ["2026-06-02", "2026-06-02...", "...2026-06-02", "a...b"])
def test_an_open_range_is_refused(api, five, given):
    assert ask(api, **{"filters[updated_at]": given}).status_code == 400


def test_a_plus_sign_that_was_not_encoded_spoils_the_range(api, five):
    query = f"company_id={COMPANY}&filters[updated_at]=2026-06-01T00:00:00+00:00...2026-06-02"

    assert api.get(f"{VENDORS}?{query}").status_code == 400


def test_ids_can_be_given_several_times(api, five):
    first, second, *_ = five.vendors

    found = ask(api, **{"filters[id][]": [first, second]})

    assert names(found) == ["Vendor 1", "Vendor 2"]


def test_several_filters_must_all_hold(api, five):
    found = ask(api, **{"filters[search]": "vendor", "filters[id][]": list(five.vendors)[1]})

    assert names(found) == ["Vendor 2"]


def test_a_filter_that_the_list_lacks_is_refused(api, five):
    assert ask(api, **{"filters[colour]": "red"}).status_code == 400


def test_a_filter_that_the_list_lacks_may_be_passed_over(api, five):
    five.switches["unknown_filters"] = "ignore"

    assert len(ask(api, **{"filters[colour]": "red"}).json()) == 5


def test_an_unknown_view_is_the_default_view(api, five):
    assert ask(api, view="everything").json() == ask(api, view="extended").json()


def test_a_row_that_leaves_an_earlier_page_hides_another_from_the_reader(api, five):
    five.faults.arm("forget_row", side="procore", path=VENDORS)
    first = ask(api, per_page=2)
    second = api.get(first.links["next"]["url"])

    assert names(first) + names(second) == ["Vendor 1", "Vendor 2", "Vendor 4", "Vendor 5"]
    assert "next" not in second.links


def test_a_page_of_ten_thousand_records_takes_no_time(api, procore):
    for number in range(10_000):
        procore.add_vendor(name=f"Vendor {number}")
    ask(api, per_page=100)

    began = time.perf_counter()
    for page in range(1, 11):
        assert len(ask(api, per_page=100, page=page).json()) == 100

    assert time.perf_counter() - began < 2
