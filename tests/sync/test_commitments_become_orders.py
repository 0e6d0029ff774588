"""Commitments become orders, and change orders lines of them: what holds them, and whose is what.

The map field by field is in ``tests/flows/test_commitments.py``.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_procore_xero.sync.entities import commitment_change_orders, commitments
from airflow_provider_procore_xero.sync.entities.commitment_change_orders import ChangeOrdersAround
from airflow_provider_procore_xero.sync.entities.commitments import (
    CommitmentsAround,
    Contract,
    to_order,
)
from airflow_provider_procore_xero.sync.entities.order_lines import schedule
from airflow_provider_procore_xero.sync.entities.orders import Order, drifted_order
from airflow_provider_procore_xero.sync.entities.payees import Payee
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import Adopt, Create, Remove
from airflow_provider_procore_xero.sync.planning import make_changes
from tests.sync.builders import an_account_row, change_of, some_accounts, some_settings, why_held
from tests.sync.hostile import CODE, ORDER, PROJECT, VENDOR, a_change_order, a_commitment, a_line
from tests.sync.hostile import around_orders as around_of

Row = dict[str, Any]
COMMITMENTS, CHANGES = commitments.ENTITY, commitment_change_orders.ENTITY


def around_orders(*links: Link, lines: tuple[Row, ...] = (), **given: Any) -> Any:
    """What a commitment of these lines is judged against; by default of one line of 1,000.00."""
    around = around_of(CommitmentsAround, *links)
    around.lines[812] = schedule(lines or (a_line(),))
    around.project_numbers = {"7": "A-1"}
    return replace(around, **given)


def around_changes(*links: Link, lines: tuple[Row, ...] = (), **given: Any) -> Any:
    """What change orders 41 and 42 are judged against, each of these lines."""
    around = around_of(ChangeOrdersAround, ORDER, *links)
    around.lines[41] = around.lines[42] = schedule(lines or (a_line(),))
    return replace(around, **given)


def an_order(*lines: Row, **given: Any) -> Order:
    """An order of the contact of our commitment, each line with an id."""
    return Order.from_xero(
        {
            "PurchaseOrderID": "po1",
            "PurchaseOrderNumber": "SC-001",
            "Status": "AUTHORISED",
            "Contact": {"ContactID": "c1"},
            "DateString": "2026-05-01T00:00:00",
            "LineItems": [{**line, "LineItemID": f"l{n}"} for n, line in enumerate(lines)],
            **given,
        }
    )


def sent_of(entity: Any, row: Row, around: Any) -> list[Row]:
    """The lines that a record would be sent with."""
    change = change_of(entity, row, around)
    assert isinstance(change, Create)
    return list(change.desired.payload["LineItems"])


@pytest.mark.parametrize(
    ("row", "given", "code", "said"),
    [
        ({"number": " "}, {}, "COMMITMENT_NUMBER_MISSING", "no number"),
        (
            {"currency_configuration": {"currency_iso_code": "USD"}},
            {},
            "CURRENCY_DIFFERS",
            "is in USD",
        ),
        ({"grand_total": "-1.00"}, {"amount": "-1.00"}, "ORDER_BELOW_ZERO", "comes to -1.00"),
        (
            {},
            {"wbs_code": {"flat_code": "02-300.S.X", "segment_items": []}},
            "CUSTOM_SEGMENT",
            "custom segment",
        ),
    ],
)
def test_a_commitment_is_held_by_each_condition_alone(
    row: Row, given: Row, code: str, said: str
) -> None:
    held = why_held(
        COMMITMENTS, a_commitment() | row, around_orders(lines=({**a_line(), **given},))
    )

    assert list(held) == [code]
    assert said in held[code]


@pytest.mark.parametrize(
    ("accounts", "expense", "code"),
    [
        (some_accounts(), None, "ACCOUNT_NOT_SET"),
        (some_accounts(), "999", "ACCOUNT_UNKNOWN"),
        (
            some_accounts(an_account_row("310", Status="ARCHIVED")),
            "310",
            "ACCOUNT_UNKNOWN",
        ),
    ],
)
def test_no_order_goes_without_an_account_that_takes_its_lines(
    accounts: Any, expense: str | None, code: str
) -> None:
    settings = some_settings(accounts={"expense": expense})

    held = why_held(
        COMMITMENTS, a_commitment(), around_orders(settings=settings, accounts=accounts)
    )

    assert list(held) == [code]


@pytest.mark.parametrize("code", ["CONTACT_ARCHIVED", "CONTACT_ERASED"])
def test_E20_E21_what_becomes_of_its_contact_holds_a_new_order_and_none_that_stands(
    code: str,
) -> None:
    status = {"CONTACT_ARCHIVED": "ARCHIVED", "CONTACT_ERASED": "GDPRREQUEST"}[code]
    payees = {"c1": Payee(id="c1", status=status)}

    assert list(why_held(COMMITMENTS, a_commitment(), around_orders(payees=payees))) == [code]
    assert why_held(COMMITMENTS, a_commitment(), around_orders(ORDER, payees=payees)) == {}


# Numbers


def test_an_order_that_stands_keeps_its_number_though_another_would_be_free() -> None:
    link = replace(ORDER, xero_name="SC-001-R2", data={"wanted": "SC-001"})

    desired = to_order(Contract.from_procore(a_commitment()), around_orders(link))

    assert desired is not None
    assert desired.name == "SC-001-R2"


def test_C25_a_number_that_others_of_our_orders_have_is_given_to_no_other() -> None:
    around = around_orders(owners={"SC-001": "1", "A-1-SC-001": "2", "A-1-SC-001-R2": "3"})

    desired = to_order(Contract.from_procore(a_commitment()), around)

    assert desired is not None
    assert desired.name == "A-1-SC-001-R3"


# Orders that stand already


def test_E60_an_order_of_its_number_contact_project_and_lines_is_the_commitments() -> None:
    order = an_order(*sent_of(COMMITMENTS, a_commitment(), around_orders()))

    change = change_of(COMMITMENTS, a_commitment(), around_orders(numbered=lambda n: order))

    assert isinstance(change, Adopt)
    assert change.target_id == "po1"


@pytest.mark.parametrize("what", ["contact", "project", "owner"])
def test_E40_an_order_of_another_contact_project_or_commitment_is_not_taken(what: str) -> None:
    lines = sent_of(COMMITMENTS, a_commitment(), around_orders())
    links: tuple[Link, ...] = ()
    given: Row = {}
    if what == "contact":
        given = {"Contact": {"ContactID": "c2"}}
    elif what == "project":
        lines = [{**line, "Tracking": [{"Name": "Project", "Option": "B-2"}]} for line in lines]
    else:
        links = (replace(ORDER, procore_id="999"),)
    order = an_order(*lines, **given)

    held = why_held(COMMITMENTS, a_commitment(), around_orders(*links, numbered=lambda n: order))

    assert list(held) == ["NUMBER_TAKEN"]


def test_an_order_that_was_deleted_is_remembered_when_no_list_shows_it_any_more() -> None:
    reason = drifted_order(replace(ORDER, state="orphaned", held="h"), {}, lambda order_id: ())

    assert reason is not None
    assert reason.code == "ORDER_DELETED"


# Change orders


@pytest.mark.parametrize(
    ("without", "code", "said"),
    [
        ("commitment", "COMMITMENT_NOT_LINKED", "has no purchase order in Xero"),
        ("project", "PROJECT_NOT_LINKED", "has no tracking option in Xero"),
    ],
)
def test_a_change_order_waits_for_what_it_belongs_to_and_says_so(
    without: str, code: str, said: str
) -> None:
    kept = [link for link in (PROJECT, VENDOR, CODE, ORDER) if link.kind != without]
    around = around_changes()
    around.links = type(around.links)(kept)

    held = why_held(CHANGES, a_change_order(), around)

    assert said in held[code]


def test_a_change_order_in_another_currency_is_held() -> None:
    row = a_change_order() | {"currency_configuration": {"currency_iso_code": "USD"}}

    assert list(why_held(CHANGES, row, around_changes())) == ["CURRENCY_DIFFERS"]


def test_nothing_is_added_to_an_order_that_was_deleted() -> None:
    gone = an_order(Status="DELETED")

    held = why_held(CHANGES, a_change_order(), around_changes(orders={"po1": gone}))

    assert list(held) == ["ORDER_DELETED"]


def test_a_change_order_in_the_recycle_bin_takes_its_lines_away() -> None:
    link = Link(kind="commitment_change_order", procore_id="41", xero_id="po1#41")
    row = a_change_order() | {"deleted_at": "2026-06-01T00:00:00Z"}

    change = change_of(CHANGES, row, around_changes(link))

    assert isinstance(change, Remove)


def supplementing(**given: Any) -> Any:
    """What change orders are judged against whose commitment's order is billed."""
    return around_changes(
        settings=some_settings(commitments={"billed_po": "supplement"}),
        orders={"po1": an_order(Status="BILLED")},
        **given,
    )


def test_a_supplement_is_not_below_zero() -> None:
    lines = ({**a_line(), "amount": "-500.00", "quantity": "0", "unit_cost": "0"},)
    row = a_change_order() | {"grand_total": "-500.00"}

    assert list(why_held(CHANGES, row, supplementing(lines=lines))) == ["ORDER_BELOW_ZERO"]


def test_an_order_of_a_supplements_number_is_taken_for_it_only_with_the_same_lines() -> None:
    lines = sent_of(CHANGES, a_change_order(), supplementing())
    same = an_order(*lines, PurchaseOrderID="po2", PurchaseOrderNumber="SC-001-CO1")
    other = an_order(*lines, *lines, PurchaseOrderID="po2", PurchaseOrderNumber="SC-001-CO1")

    found = change_of(CHANGES, a_change_order(), supplementing(numbered=lambda n: same))
    held = why_held(CHANGES, a_change_order(), supplementing(numbered=lambda n: other))

    assert isinstance(found, Adopt)
    assert found.target_id == "po2#41"
    assert list(held) == ["NUMBER_TAKEN"]


def test_E52_of_two_change_orders_that_read_alike_one_finds_the_line_and_the_other_is_added() -> (
    None
):
    (line,) = sent_of(CHANGES, a_change_order(), around_changes())
    order = an_order({**line, "LineAmount": Decimal("1000.00")})
    rows = [a_change_order(), a_change_order() | {"id": 42, "number": "002"}]

    changes = list(make_changes(CHANGES, rows, around_changes(orders={"po1": order})))

    assert [type(change) for change in changes] == [Adopt, Create]
