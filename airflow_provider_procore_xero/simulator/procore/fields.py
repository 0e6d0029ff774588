"""What a write may set, and what Procore makes of the values."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from .answers import Refusal, invalid
from .ask import Ask
from .store import cents, loose, number, plain_date

# From the field's name and the value sent to the value stored.
Kind = Callable[[str, Any], Any]
Writable = Mapping[str, Kind]

_TEXT_MAXIMUM = 255


def any_value(name: str, value: Any) -> Any:
    return value


def text(name: str, value: Any) -> Any:
    if value is not None and not isinstance(value, str):
        value = str(value)
    if value is not None and len(value) > _TEXT_MAXIMUM:
        raise invalid(name, f"is too long (maximum is {_TEXT_MAXIMUM} characters)")
    return value


def long_text(name: str, value: Any) -> Any:
    return value if value is None else str(value)


def date(name: str, value: Any) -> Any:
    """A wrong format is stored as null without an error."""
    return plain_date(value)


def money(name: str, value: Any) -> Any:
    return _amount(name, value, loose)


def payment_money(name: str, value: Any) -> Any:
    return _amount(name, value, cents)


def _amount(name: str, value: Any, form: Callable[[Any], Any]) -> Any:
    if value is None:
        return None
    found = number(value)
    if found is None:
        raise invalid(name, "is not a number")
    return form(found)


def whole_number(name: str, value: Any) -> Any:
    if value is None:
        return None
    found = number(value)
    if found is None or found != int(found):
        raise invalid(name, "is not a number")
    return int(found)


def truth(name: str, value: Any) -> Any:
    if value is not None and not isinstance(value, bool):
        raise invalid(name, "must be true or false")
    return value


def choice(*allowed: str) -> Kind:
    def check(name: str, value: Any) -> Any:
        if value not in allowed:
            raise invalid(name, f"must be one of: {', '.join(allowed)}")
        return value

    return check


ORIGIN: Writable = {"origin_id": text, "origin_data": long_text}
ORIGIN_AND_CODE: Writable = {**ORIGIN, "origin_code": text}


def accepted(
    ask: Ask, given: Mapping[str, Any], writable: Writable, readable: Collection[str] = ()
) -> dict[str, Any]:
    """The changes that *given* asks for; fields that are only readable are passed over.

    :raises Refusal: 406 for a field that the record does not have.
    """
    odd = [
        name
        for name in given
        if name not in writable and name not in readable and not name.startswith("custom_field_")
    ]
    if odd and ask.state.switches["unknown_fields"] == "refuse":
        errors = {name: ["is not a known field"] for name in sorted(odd)}
        raise Refusal(406, {"errors": errors})
    return {name: writable[name](name, given[name]) for name in writable if name in given}


def check_regions(ask: Ask, changes: dict[str, Any]) -> None:
    """Hold ``state_code`` and ``country_code`` to two upper-case letters, as the switch says."""
    mode = ask.state.switches["wrong_region_codes"]
    for name in ("state_code", "country_code"):
        value = changes.get(name)
        if not value or mode == "kept":
            continue
        if isinstance(value, str) and len(value) == 2 and value.isalpha() and value.isupper():
            continue
        if mode == "refused":
            raise invalid(name, "is not a two-character ISO 3166 code")
        changes[name] = None
