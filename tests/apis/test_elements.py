"""Reading what Xero says about each element of a batch."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_procore_xero.apis.elements import NO_ID, element, in_order_sent

ID = "5620a1ec-0000-4000-8000-000000000001"


def read(**record: Any) -> Any:
    return element({"InvoiceID": ID, "StatusAttributeString": "OK", **record}, "InvoiceID")


def test_an_id_and_no_error_is_saved() -> None:
    assert (read().saved, read().errors, read().warnings) == (True, (), ())


@pytest.mark.parametrize(
    "record",
    [
        {"InvoiceID": NO_ID},
        {"InvoiceID": None},
        {"InvoiceID": ""},
        {"StatusAttributeString": "ERROR"},
        {"HasErrors": True},
        {"HasValidationErrors": True},
        {"ValidationErrors": [{"Message": "No."}]},
        {"StatusAttributeString": "ERROR", "Status": "DELETED"},
    ],
)
def test_any_mark_of_failure_is_not_saved_and_never_without_a_reason(
    record: dict[str, Any],
) -> None:
    assert not read(**record).saved
    assert read(**record).errors


@pytest.mark.parametrize(
    ("record", "silent"),
    [
        ({"InvoiceID": None}, True),
        ({"InvoiceID": None, "HasErrors": True}, False),
        ({"InvoiceID": None, "ValidationErrors": [{"Message": "No."}]}, False),
        ({}, False),
    ],
)
def test_neither_an_id_nor_a_word_on_why_leaves_nobody_the_wiser(
    record: dict[str, Any], silent: bool
) -> None:
    assert read(**record).silent == silent


def test_messages_come_from_lines_too_and_by_either_name() -> None:
    found = read(
        HasErrors=True,
        ValidationErrors=[{"Message": "One."}, {"Description": "Two."}],
        LineItems=[{"ValidationErrors": [{"Message": "Three."}]}, {"ValidationErrors": []}],
    )

    assert found.errors == ("One.", "Two.", "Three.")


@pytest.mark.parametrize(
    "text",
    [
        "Account code '999' has been removed as it does not match a recognised account",
        "The tracking option was ignored",
        "Only AUTHORISED and BILLED purchase orders may have SentToContact updated.",
    ],
)
def test_a_warning_that_loses_something_is_an_error_of_a_saved_element(text: str) -> None:
    found = read(StatusAttributeString="WARNING", Warnings=[{"Message": text}])

    assert found.saved
    assert (found.errors, found.warnings) == ((text,), ())


def test_another_warning_stays_a_warning() -> None:
    found = read(StatusAttributeString="WARNING", Warnings=[{"Message": "Terms are unusual."}])

    assert (found.errors, found.warnings) == ((), ("Terms are unusual.",))


def a_bill(number: str, contact: str = "c1", **more: Any) -> dict[str, Any]:
    return {"InvoiceNumber": number, "Contact": {"ContactID": contact}, **more}


def test_E59_answers_are_put_into_the_order_sent() -> None:
    sent = [a_bill("A"), a_bill("A", "c2"), a_bill("B")]

    assert in_order_sent(sent, sent[::-1]) == sent


def test_bills_that_cannot_be_told_apart_keep_the_order_they_came_in() -> None:
    twins = [a_bill("A", Total=1), a_bill("A", Total=2)]

    assert in_order_sent(twins, twins) == twins


def test_E59_bills_that_cannot_be_told_apart_in_another_order_are_no_answer() -> None:
    one, two, other = a_bill("A", InvoiceID="1"), a_bill("A", InvoiceID="2"), a_bill("B")

    assert in_order_sent([other, a_bill("A"), a_bill("A")], [one, two, other]) is None


@pytest.mark.parametrize("answered", [[], [a_bill("A")], [a_bill("A"), a_bill("C")]])
def test_answers_that_do_not_fit_what_was_sent_are_no_answer(answered: list[Any]) -> None:
    assert in_order_sent([a_bill("A"), a_bill("B")], answered) is None


def test_bills_of_one_order_that_come_back_in_another_order_are_told_apart_by_their_marker() -> (
    None
):
    sent = [
        {
            "InvoiceNumber": "SC-1",
            "Contact": {"ContactID": "c"},
            "Url": f"https://x/requisitions/{n}",
        }
        for n in (1, 2)
    ]
    answered = [{**bill, "InvoiceID": f"id {n}"} for n, bill in enumerate(sent, 1)][::-1]

    ordered = in_order_sent(sent, answered)

    assert ordered is not None
    assert [bill["InvoiceID"] for bill in ordered] == ["id 1", "id 2"]


def test_bills_that_were_sent_by_their_ids_are_known_by_them() -> None:
    sent = [{"InvoiceID": each, "Status": "VOIDED"} for each in ("1", "2")]

    assert in_order_sent(sent, sent[::-1]) == sent
