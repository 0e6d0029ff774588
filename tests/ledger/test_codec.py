"""What goes into the ledger comes out as it was, to the last digit."""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_procore_xero.ledger import codec
from airflow_provider_procore_xero.sync.plan import (
    About,
    Adopt,
    Create,
    Desired,
    FieldChange,
    Hold,
    Keep,
    Reason,
    Remove,
    Update,
)

amounts = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False),
    st.decimals(places=2, min_value=-(10**9), max_value=10**9),
    st.sampled_from([Decimal("5"), Decimal("-0"), Decimal("1E+3"), Decimal("0.10")]),
)
texts = st.text(st.characters(exclude_categories=["Cs"]))
whole = st.integers(min_value=-(2**63), max_value=2**63 - 1)
values = st.recursive(
    st.none() | st.booleans() | whole | texts | amounts,
    lambda part: (
        st.lists(part, max_size=3) | st.dictionaries(texts | st.just("$decimal"), part, max_size=3)
    ),
    max_leaves=12,
)
documents = st.dictionaries(texts, values, max_size=4)
reasons = st.builds(Reason, code=texts, sentence=texts, fix=texts, waits=st.booleans())
fields = st.builds(FieldChange, name=texts, before=st.none() | texts, after=st.none() | texts)
abouts = st.builds(About, source_id=texts, title=texts, read=texts, source_url=texts, raw=documents)
wanted = st.builds(Desired, payload=documents, name=texts, data=documents)
common = {"about": abouts, "target_id": texts, "target_url": texts}
changes = st.one_of(
    st.builds(Create, about=abouts, desired=wanted, wrote=texts),
    st.builds(
        Update,
        **common,
        desired=wanted,
        wrote=texts,
        fields=st.lists(fields, max_size=3).map(tuple),
        adopts=st.booleans(),
    ),
    st.builds(Adopt, **common, desired=wanted, wrote=texts),
    st.builds(Remove, **common, data=documents),
    st.builds(Hold, **common, reasons=st.lists(reasons, max_size=3).map(tuple)),
)


def exact(value: Any) -> Any:
    """Return *value* so that equality sees types and digits too: 5, 5.0 and True are equal."""
    if isinstance(value, dict):
        return {key: exact(part) for key, part in value.items()}
    if isinstance(value, list):
        return [exact(part) for part in value]
    return (type(value).__name__, str(value))


@given(values)
def test_every_value_comes_back_with_its_type_and_its_digits(value):
    assert exact(codec.loads(codec.dumps(value))) == exact(value)
    assert exact(codec.unsqueeze(codec.squeeze(value))) == exact(value)


@given(changes)
def test_every_change_comes_back_equal(change):
    row = SimpleNamespace(**codec.row_of(change))

    assert codec.change_of(row) == change
    assert exact(dict(codec.change_of(row).about.raw)) == exact(dict(change.about.raw))


@given(st.dictionaries(texts, values, max_size=4))
def test_equal_values_have_equal_ordered_texts(value):
    backwards = dict(reversed(value.items()))

    assert codec.dumps(value, ordered=True) == codec.dumps(backwards, ordered=True)


def test_amounts_are_written_digit_for_digit():
    assert codec.dumps({"a": Decimal("1234.50"), "b": 7}) == '{"a":1234.50,"b":7}'


def test_any_mapping_is_written_and_its_tuples_are_lists():
    frozen = MappingProxyType({"lines": (MappingProxyType({"a": Decimal("5")}),)})

    assert codec.loads(codec.dumps(frozen)) == {"lines": [{"a": Decimal("5")}]}


@pytest.mark.parametrize("value", [1.5, {"a": [0.1]}, {"a": Decimal("5"), "b": 0.5}])
def test_a_float_is_refused(value):
    with pytest.raises(TypeError, match="is a float"):
        codec.dumps(value)


def test_what_is_kept_has_no_row():
    with pytest.raises(TypeError, match="counted"):
        codec.row_of(Keep(source_id="8"))


def test_a_stored_record_is_read_only_when_somebody_looks_into_it() -> None:
    row = SimpleNamespace(**codec.row_of(Hold(about=About(source_id="8", title="", read=""),
                                              reasons=())))  # fmt: skip
    row.raw = "half a record"

    change = codec.change_of(row)

    with pytest.raises(ValueError, match="malformed"):
        dict(change.about.raw)


@given(documents)
def test_a_record_passed_on_unread_is_stored_as_it_was(document: dict[str, Any]) -> None:
    unread = codec.Unread(codec.dumps(document))

    assert codec.loads(codec.dumps(unread)) == document == unread


def test_a_record_that_says_the_mark_of_an_amount_is_none():
    said = {"$decimal": "5", "amount": Decimal("5")}

    assert exact(codec.loads(codec.dumps(said))) == exact(said)
