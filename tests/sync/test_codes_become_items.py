"""What becomes of a cost code with a cost type: the item's fields, and why it is held."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_procore_xero.settings import make
from airflow_provider_procore_xero.sync.accounts import Account
from airflow_provider_procore_xero.sync.entities.cost_codes import leaves
from airflow_provider_procore_xero.sync.entities.items import (
    ENTITY,
    Item,
    ItemsAround,
    as_held,
    pair_row,
)
from airflow_provider_procore_xero.sync.links import Link, Links
from airflow_provider_procore_xero.sync.plan import Adopt, Create, Hold, Keep, Update
from tests.sync.records import PAGES, codes, judged

GIVEN: dict[str, Any] = {
    "profile": "procore_connector",
    "accounts": {"expense": "310", "income": "200", "by_cost_type": {"L": "320"}},
}
ACCOUNTS = {
    code: Account(code=code, name=code, active=code != "399", type="EXPENSE", tax_type="INPUT2")
    for code in ("200", "310", "320", "399")
}


def a_pair(code: str = "02-300", kind: str = "S", name: str = "Earthwork") -> dict[str, Any]:
    cost_codes = make(GIVEN).cost_codes
    return pair_row({"id": 4430, "full_code": code, "name": name}, kind, cost_codes)


def an_item(code: str = "02-300.S", **rest: Any) -> Item:
    row = {"ItemID": "i1", "Code": code, "Name": "Theirs", **rest}
    return Item.from_xero(row)


def around(*items: Item, links: tuple[Link, ...] = (), **sections: Any) -> ItemsAround:
    return ItemsAround(
        settings=make({**GIVEN, **sections}),
        links=Links(links),
        pages=PAGES,
        items=items,
        accounts=ACCOUNTS,
    )


def payload(pair: dict[str, Any], place: ItemsAround | None = None) -> dict[str, Any]:
    change = judged(ENTITY, pair, place or around())
    assert isinstance(change, Create), codes(change)
    return dict(change.desired.payload)


def a_link(**rest: Any) -> Link:
    """The link that a first run leaves of the pair."""
    change = judged(ENTITY, a_pair(), around())
    assert isinstance(change, Create)
    made = {
        "procore_id": "4430.S",
        "xero_id": "i1",
        "xero_name": "02-300.S",
        "wrote": change.wrote,
        "held": as_held("02-300.S"),
        "data": change.desired.data,
    }
    return Link(kind="item", **{**made, **rest})


def test_R62_R63_the_code_and_the_type_are_the_items_code_and_the_name_its_name() -> None:
    item = payload(a_pair())

    assert (item["Code"], item["Name"]) == ("02-300.S", "Earthwork")


def test_R65_the_accounts_come_from_the_settings_by_type_else_by_default() -> None:
    labour, other = payload(a_pair(kind="L")), payload(a_pair(kind="S"))

    assert labour["PurchaseDetails"] == {"AccountCode": "320"}
    assert other["PurchaseDetails"] == {"AccountCode": "310"}
    assert other["SalesDetails"] == {"AccountCode": "200"}


def test_R65_without_an_income_account_an_item_is_purchased_only() -> None:
    item = payload(a_pair(), around(accounts={"expense": "310"}))

    assert item["IsSold"] is False
    assert "SalesDetails" not in item


@pytest.mark.parametrize(
    ("accounts", "code"),
    [
        ({"by_cost_code": {"99-*": "310"}}, "ACCOUNT_NOT_SET"),
        ({"expense": "399"}, "ACCOUNT_UNKNOWN"),
        ({"expense": "310", "income": "777"}, "ACCOUNT_UNKNOWN"),
    ],
)
def test_C12_a_code_whose_accounts_are_not_there_is_held(
    accounts: dict[str, Any], code: str
) -> None:
    assert codes(judged(ENTITY, a_pair(), around(accounts=accounts))) == (code,)


def test_a_code_without_a_code_is_held() -> None:
    assert "COST_CODE_EMPTY" in codes(judged(ENTITY, a_pair(""), around()))


@given(st.text(min_size=1), st.text(alphabet="LMSE", max_size=2), st.text())
def test_E46_code_and_name_always_fit(code: str, kind: str, name: str) -> None:
    change = judged(ENTITY, a_pair(code, kind, name), around())

    if isinstance(change, Create):
        item = change.desired.payload
        assert 0 < len(item["Code"]) <= 30
        assert len(item["Name"]) <= 50


def test_E46_two_long_codes_with_one_beginning_stay_apart() -> None:
    one, two = (payload(a_pair("02-300-400-500-600-700-800-" + end)) for end in ("900", "901"))

    assert one["Code"] != two["Code"]


def test_E46_a_code_that_another_pair_has_already_is_held() -> None:
    other = a_link(procore_id="1.S", procore_name="Other")

    change = judged(ENTITY, a_pair(), around(an_item(), links=(other,)))

    assert codes(change) == ("ITEM_CODE_TAKEN",)


def test_E60_an_item_of_the_code_is_linked_as_it_is() -> None:
    change = judged(ENTITY, a_pair(), around(an_item()))

    assert isinstance(change, Adopt)
    assert change.target_id == "i1"


@pytest.mark.parametrize(
    "item",
    [
        an_item("02-300.s"),
        an_item(IsTrackedAsInventory=True),
        an_item(IsPurchased=False),
    ],
    ids=["other letter case", "stock", "not purchased"],
)
def test_an_item_that_lines_cant_name_is_not_linked(item: Item) -> None:
    assert codes(judged(ENTITY, a_pair(), around(item))) == ("ITEM_UNUSABLE",)


def test_R65_other_accounts_in_the_settings_change_no_item_that_is_made() -> None:
    place = around(an_item(), links=(a_link(),), accounts={"expense": "320"})

    assert isinstance(judged(ENTITY, a_pair(), place), Keep)


def test_R63_a_new_name_is_sent_without_the_accounts() -> None:
    change = judged(ENTITY, a_pair(name="Excavation"), around(an_item(), links=(a_link(),)))

    assert isinstance(change, Update)
    assert change.desired.payload == {"Code": "02-300.S", "Name": "Excavation"}
    assert [(f.name, f.before, f.after) for f in change.fields] == [
        ("Name", "Theirs", "Excavation")
    ]


@pytest.mark.parametrize(
    ("items", "code"), [((), "ITEM_GONE"), ((an_item("MINE"),), "ITEM_RECODED")]
)
def test_E38_an_item_that_was_deleted_or_recoded_is_an_issue(
    items: tuple[Item, ...], code: str
) -> None:
    change = judged(ENTITY, a_pair(), around(*items, links=(a_link(),)))

    assert isinstance(change, Hold)
    assert codes(change) == (code,)


def test_R64_only_codes_without_others_under_them_are_leaves() -> None:
    rows: list[dict[str, Any]] = [
        {"id": 1},
        {"id": 2, "parent_id": 1},
        {"id": 3, "parent_id": None},
    ]

    assert [row["id"] for row in leaves(rows)] == [2, 3]


def test_without_a_cost_type_in_the_format_a_code_is_one_item() -> None:
    plain = make({**GIVEN, "cost_codes": {"code_format": "{cost_code}"}}).cost_codes
    code = {"id": 4430, "full_code": "02-300", "name": "Earthwork"}

    assert pair_row(code, "S", plain) == pair_row(code, "M", plain)
