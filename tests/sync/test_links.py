"""Links are found from either end, and say what is missing and how to mend it."""

from __future__ import annotations

import pytest

from airflow_provider_procore_xero.errors import NotLinked
from airflow_provider_procore_xero.sync.links import Link, Links


def a_link(procore_id: str = "8", xero_id: str = "x8", **given: object) -> Link:
    return Link(**{"kind": "vendor", "procore_id": procore_id, "xero_id": xero_id, **given})


def test_a_link_is_found_from_either_end_by_number_or_text() -> None:
    link = a_link()
    links = Links([link])

    assert links.find("vendor", "procore", 8) is link
    assert links.find("vendor", "xero", "x8") is link
    assert links.find("project", "procore", 8) is None
    assert (link.id_in("procore"), link.id_in("xero")) == ("8", "x8")


def test_a_page_sees_its_own_links_first_and_the_others_behind_them() -> None:
    everywhere = Links([a_link("8", "old"), a_link("9", "x9")])
    page = Links([a_link("8", "new")], beyond=everywhere)

    found = [page.find("vendor", "procore", each) for each in ("8", "9")]

    assert [link.xero_id for link in found if link] == ["new", "x9"]
    assert {link.xero_id for link in page.of("vendor")} == {"new", "old", "x9"}


def test_a_planned_link_never_hides_one_that_stands() -> None:
    links = Links([a_link(planned=True)])
    links.add([a_link(xero_name="stored")])
    links.add([a_link(planned=True)])

    found = links.find("vendor", "procore", "8")

    assert found is not None
    assert found.xero_name == "stored"


def test_R49_a_missing_link_names_the_record_and_the_flow_to_run() -> None:
    with pytest.raises(NotLinked) as missing:
        Links().need("vendor", "procore", 8, "Terra Works")

    assert str(missing.value) == "Vendor Terra Works has no counterpart yet."
    assert missing.value.code == "VENDOR_NOT_LINKED"
    assert "procore_xero_contacts" in missing.value.fix


def test_a_link_whose_counterpart_is_gone_is_not_good_enough() -> None:
    with pytest.raises(NotLinked, match="any more"):
        Links([a_link(state="orphaned")]).need("vendor", "procore", 8)
