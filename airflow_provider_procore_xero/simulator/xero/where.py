"""The part of the ``where`` language that is fast on big organisations.

Equality on listed fields, ranges on listed dates and amounts, AND between them, OR between
IDs. Everything else may be refused by a real organisation with many records, so here it
always is: 400, number 16.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from .refusals import bad_query

Test = Callable[[Mapping[str, Any]], bool]
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<guid>guid\(\s*"(?P<guid_text>[^"]*)"\s*\))
    | (?P<date>DateTime\(\s*(?P<y>\d+)\s*,\s*(?P<m>\d+)\s*,\s*(?P<d>\d+)\s*\))
    | (?P<text>"(?:[^"\\]|\\.)*")
    | (?P<number>-?\d+(?:\.\d+)?)
    | (?P<op>==|!=|<=|>=|=|<|>)
    | (?P<join>&&|\|\||\bAND\b|\bOR\b)
    | (?P<paren>[()])
    | (?P<word>[A-Za-z_][A-Za-z_.]*)
    )""",
    re.VERBOSE | re.IGNORECASE,
)
_OR = ("or", "||")


@dataclass(frozen=True)
class Fields:
    """What one endpoint can filter on; names as the vendor writes them.

    :param equal: compared with ``==`` only.
    :param ranged: compared with any of ``== < <= > >=``.
    :param ids: those on which OR is allowed.
    """

    equal: tuple[str, ...] = ()
    ranged: tuple[str, ...] = ()
    ids: tuple[str, ...] = ()

    def find(self, name: str) -> str | None:
        for field in (*self.equal, *self.ranged, *self.ids):
            if field.lower() == name.lower():
                return field
        return None


@dataclass
class _Condition:
    test: Test
    is_id: bool


class _Parser:
    def __init__(self, text: str, fields: Fields) -> None:
        self._fields = fields
        self._tokens = list(_tokens(text))
        self._at = 0

    def parse(self) -> Test:
        condition = self._either()
        if self._at != len(self._tokens):
            raise bad_query("The where clause could not be parsed.")
        return condition.test

    def _peek(self) -> tuple[str, Any]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", None)

    def _next(self) -> tuple[str, Any]:
        token = self._peek()
        self._at += 1
        return token

    def _either(self) -> _Condition:
        options = [self._both()]
        while self._peek()[0] == "join" and self._peek()[1] in _OR:
            self._next()
            options.append(self._both())
        if len(options) == 1:
            return options[0]
        if not all(option.is_id for option in options):
            raise bad_query("OR is only optimised between IDs.")
        tests = [option.test for option in options]
        return _Condition(lambda record: any(test(record) for test in tests), True)

    def _both(self) -> _Condition:
        conditions = [self._one()]
        while self._peek()[0] == "join" and self._peek()[1] not in _OR:
            self._next()
            conditions.append(self._one())
        if len(conditions) == 1:
            return conditions[0]
        tests = [condition.test for condition in conditions]
        return _Condition(lambda record: all(test(record) for test in tests), False)

    def _one(self) -> _Condition:
        kind, value = self._next()
        if (kind, value) == ("paren", "("):
            inner = self._either()
            if self._next() != ("paren", ")"):
                raise bad_query("A bracket is missing in the where clause.")
            return inner
        if kind != "word":
            raise bad_query("The where clause could not be parsed.")
        return self._comparison(value)

    def _comparison(self, name: str) -> _Condition:
        field = self._fields.find(name)
        if field is None:
            raise bad_query(f"No optimised filter on {name}.")
        kind, op = self._next()
        if kind != "op":
            raise bad_query(f"No optimised method on {name}.")
        wanted = self._literal()
        if op == "!=" and wanted is not None:
            raise bad_query(f"No optimised != on {name}.")
        if op in ("<", "<=", ">", ">=") and field not in self._fields.ranged:
            raise bad_query(f"No optimised range on {name}.")
        return _Condition(_test(field, op, wanted), field in self._fields.ids)

    def _literal(self) -> Any:
        kind, value = self._next()
        if kind == "word":
            words = {"true": True, "false": False, "null": None}
            if value.lower() not in words:
                raise bad_query(f"{value} is not a value.")
            return words[value.lower()]
        if kind not in ("guid", "date", "text", "number"):
            raise bad_query("A value is missing in the where clause.")
        return value


def compile_where(text: str, fields: Fields) -> Test:
    """A test for records.

    :raises BadRequest: number 16, for whatever is not optimised.
    """
    return _Parser(text, fields).parse()


def _tokens(text: str) -> list[tuple[str, Any]]:
    tokens: list[tuple[str, Any]] = []
    at = 0
    text = text.strip()
    while at < len(text):
        found = _TOKEN.match(text, at)
        if found is None:
            raise bad_query(f"The where clause could not be parsed at {text[at : at + 20]!r}.")
        at = found.end()
        tokens.append(_token(found))
    return tokens


def _token(found: re.Match[str]) -> tuple[str, Any]:
    if found["guid"]:
        return "guid", found["guid_text"].lower()
    if found["date"]:
        return "date", _date(found)
    if found["text"]:
        return "text", re.sub(r"\\(.)", r"\1", found["text"][1:-1])
    if found["number"]:
        return "number", Decimal(found["number"])
    for kind in ("op", "join", "paren", "word"):
        if found[kind]:
            value = found[kind]
            return kind, value.lower() if kind == "join" else value
    raise bad_query("The where clause could not be parsed.")


def _date(found: re.Match[str]) -> str:
    try:
        return date(int(found["y"]), int(found["m"]), int(found["d"])).isoformat()
    except ValueError:
        raise bad_query("The where clause holds an impossible date.") from None


def value_at(record: Mapping[str, Any], path: str) -> Any:
    """The value under a dotted path, property names compared without case."""
    value: Any = record
    for name in path.split("."):
        if not isinstance(value, Mapping):
            return None
        value = value[name] if name in value else _insensitive(value, name)
    return value


def _insensitive(record: Mapping[str, Any], name: str) -> Any:
    for key, value in record.items():
        if key.lower() == name.lower():
            return value
    return None


def _test(path: str, op: str, wanted: Any) -> Test:
    if op == "!=":
        return lambda record: value_at(record, path) not in (None, "")
    if op in ("=", "=="):
        return _equality(path, wanted)
    compare: dict[str, Callable[[Any, Any], bool]] = {
        "<": lambda a, b: a < b,
        "<=": lambda a, b: a <= b,
        ">": lambda a, b: a > b,
        ">=": lambda a, b: a >= b,
    }
    holds = compare[op]

    def test(record: Mapping[str, Any]) -> bool:
        value = value_at(record, path)
        return value is not None and holds(value, wanted)

    return test


def _equality(path: str, wanted: Any) -> Test:
    if not isinstance(wanted, str):
        return lambda record: value_at(record, path) == wanted
    text = wanted.casefold()

    def test(record: Mapping[str, Any]) -> bool:
        value = value_at(record, path)
        return isinstance(value, str) and value.casefold() == text

    return test
