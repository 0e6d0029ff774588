"""Whether two worlds are the same but for the ids and the moments that chance gave them."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any

_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d")
_GUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_COUNTED = frozenset({"payment_number"})
"""What a system numbers by the order in which records come; the last one first is as good."""
_LEAST_ID = 1000
"""Smaller numbers are positions, quantities and codes."""

Name = str | int


def names_in(world: Any, now: datetime) -> set[Name]:
    """Return every id and every moment before *now* in *world*.

    What is made from now on may bear the second that it is now, and is new all the same.
    """
    second = now.strftime("%Y-%m-%dT%H:%M:%S")
    return {name for name in _names(world) if not (_is_moment(name) and str(name) >= second)}


def _names(value: Any) -> Iterator[Name]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _names(key)
            yield from _names(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _names(inner)
    elif _is_name(value):
        yield value


def _is_name(value: Any) -> bool:
    if isinstance(value, str):
        return _is_a_name(value)
    return isinstance(value, int) and value >= _LEAST_ID


@cache
def _is_a_name(text: str) -> bool:
    return (
        bool(_GUID.search(text))
        or _is_moment(text)
        or (text.isdecimal() and int(text) >= _LEAST_ID)
    )


@cache
def _is_moment(value: Any) -> bool:
    return isinstance(value, str) and _MOMENT.match(value) is not None


def normal(world: dict[str, Any], known: Collection[Name]) -> Counter[str]:
    """Return the records of *world*, each as one text, with what is new called by what it is.

    :param known: the ids and moments that were there before; those stay as they are.
    """
    seen: dict[str, set[str]] = defaultdict(set)
    _learn(world, frozenset(known), seen)
    called = {
        name: sha256("|".join(sorted(said)).encode()).hexdigest()[:10]
        for name, said in seen.items()
    }
    return Counter(f"{place}: {_text(record, known, called)}" for place, record in _records(world))


def _records(world: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    for place, held in world.items():
        for record in held.values() if isinstance(held, dict) else held:
            yield place, record


def _learn(value: Any, known: frozenset[Name], seen: dict[str, set[str]]) -> None:
    """Note of each new name where it stands, and beside what."""
    if isinstance(value, list):
        for inner in value:
            _learn(inner, known, seen)
    if not isinstance(value, dict):
        return
    new = [
        (key, inner)
        for key, inner in value.items()
        if _is_name(inner) and inner not in known and not _is_moment(inner)
    ]
    if new:
        beside = _text(value, known, {})
        for key, inner in new:
            seen[str(inner)].add(f"{key} {beside}")
    for inner in value.values():
        _learn(inner, known, seen)


def _text(value: Any, known: Collection[Name], called: dict[str, str]) -> str:
    return json.dumps(_renamed(value, known, called), sort_keys=True, default=str)


def _renamed(value: Any, known: Collection[Name], called: dict[str, str]) -> Any:
    if isinstance(value, dict):
        parts = {
            _new(k, known, called): _renamed(v, known, called)
            for k, v in value.items()
            if k not in _COUNTED
        }
        return {str(k): v for k, v in parts.items()}
    if isinstance(value, list):
        return [_renamed(inner, known, called) for inner in value]
    return _new(value, known, called)


def _new(value: Any, known: Collection[Name], called: dict[str, str]) -> Any:
    if not _is_name(value) or value in known:
        return value
    if _is_moment(value):
        return "moment"
    if isinstance(value, str) and not _GUID.fullmatch(value) and not value.isdecimal():
        return _GUID.sub(lambda found: called.get(found[0], "new"), value)
    return called.get(str(value), "new")


def difference(is_: Counter[str], should_be: Counter[str]) -> list[str]:
    """Return what is there too much, and what is missing."""
    return [
        *(f"too much ({n}): {text}" for text, n in sorted((is_ - should_be).items())),
        *(f"missing ({n}): {text}" for text, n in sorted((should_be - is_).items())),
    ]
