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
