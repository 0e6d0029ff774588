"""Equal records have equal fingerprints, and nothing else has."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from airflow_provider_procore_xero.sync.fingerprint import fingerprint

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


def upside_down(value: Any) -> Any:
    """The same value with the keys of every mapping the other way round."""
    if isinstance(value, dict):
        return {key: upside_down(value[key]) for key in reversed(value)}
    if isinstance(value, list):
        return [upside_down(item) for item in value]
    return value


@settings(deadline=None, max_examples=150)
@given(VALUES)
def test_the_order_of_keys_does_not_matter(value: Any) -> None:
    assert fingerprint(value) == fingerprint(upside_down(value))


@settings(deadline=None, max_examples=150)
@given(VALUES, VALUES)
def test_different_values_have_different_fingerprints(one: Any, other: Any) -> None:
    assume(repr(one) != repr(other) and one != other)

    assert fingerprint(one) != fingerprint(other)


def test_the_order_of_a_list_does_matter() -> None:
    assert fingerprint(["a", "b"]) != fingerprint(["b", "a"])


def test_it_changes_with_the_salt() -> None:
    assert fingerprint({"a": 1}, "0.1.0|s|1") != fingerprint({"a": 1}, "0.1.0|s|2")


def test_amounts_differ_to_the_place() -> None:
    assert fingerprint(Decimal("1.00")) != fingerprint(Decimal("1.01"))
    assert fingerprint(Decimal("0.1") + Decimal("0.2")) == fingerprint(Decimal("0.3"))
