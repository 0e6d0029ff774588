"""JSON as it travels."""

from __future__ import annotations

from decimal import Decimal

import pytest

from airflow_provider_procore_xero.apis.wire import Unreadable, decode, encode


def test_a_number_with_a_point_is_a_decimal_with_all_its_digits() -> None:
    record = decode(b'{"Total": 10000000000.10, "Rate": 0.1, "Count": 3, "Big": 1e2}')

    assert record["Total"] == Decimal("10000000000.10")
    assert str(record["Rate"]) == "0.1"
    assert isinstance(record["Big"], Decimal)
    assert record["Count"] == 3


def test_a_decimal_travels_as_a_number_and_not_as_a_text() -> None:
    assert encode({"UnitAmount": Decimal("1234.5600")}) == b'{"UnitAmount":1234.5600}'


@pytest.mark.parametrize("raw", [b"", b"<html></html>", b'{"Invoices": [{"To', b"\xff\xfe{}"])
def test_what_is_no_json_document_is_unreadable(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        decode(raw)


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (rb'"a\ud83d"', "a\ufffd"),
        (rb'"\ude00b"', "\ufffdb"),
        (rb'"\ud83d\ude00 \ud83d"', "\U0001f600 \ufffd"),
    ],
)
def test_half_of_a_character_does_not_make_the_document_unreadable(sent: bytes, read: str) -> None:
    assert decode(sent) == read
