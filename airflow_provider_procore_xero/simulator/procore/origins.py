"""``origin_id``: unique in the whole company, and on some records the lock."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from .answers import Refusal, invalid
from .store import Record

if TYPE_CHECKING:
    from .state import Procore

WITH_ORIGINS = (
    "projects",
    "vendors",
    "users",
    "standard_cost_codes",
    "cost_codes",
    "line_item_types",
    "tax_codes",
    "commitments",
    "commitment_line_items",
    "change_order_packages",
    "potential_change_orders",
    "requisitions",
    "contract_payments",
    "direct_costs",
)
# Lines that live inside their parents.
WITH_LINES = {
    "direct_costs": "direct_cost_line_items",
    "potential_change_orders": "change_order_line_items",
}
# Below this many records the index is built once a call: people edit records in place.
_SMALL = 5_000

Place = tuple[str, int]


class Origins:
    """Which record holds which ``origin_id``."""

    def __init__(self, state: Procore) -> None:
        self._state = state
        self._places: dict[str, set[Place]] = {}
        self._built_at = -1

    def find(self, collection: str, origin_id: str) -> int | None:
        """The id of the record of that kind which holds *origin_id*."""
        places = self._fresh().get(origin_id, ())
        return next((i for kind, i in places if kind == collection), None)

    def check(self, collection: str, record_id: int | None, origin_id: Any) -> None:
        """Refuse *origin_id* if another record holds it, in the company or of the kind."""
        if origin_id in (None, ""):
            return
        others = self._fresh().get(origin_id, set()) - {(collection, record_id or 0)}
        if self._state.switches["origin_id_unique_in"] == "type":
            others = {place for place in others if place[0] == collection}
        if others:
            status = self._state.switches["duplicate_origin_id_status"]
            raise invalid("origin_id", "has already been taken", status=status)

    def move(self, collection: str, record_id: int, old: Any, new: Any) -> None:
        """Remember that a record's origin id changed."""
        if old:
            self._places.get(old, set()).discard((collection, record_id))
        if new:
            self._places.setdefault(new, set()).add((collection, record_id))

    def rebuild(self) -> None:
        """Read all records again; needed in a large world after an edit in place."""
        self._places = {}
        for kind, record in _all(self._state):
            self.move(kind, record["id"], None, record.get("origin_id"))

    def _fresh(self) -> dict[str, set[Place]]:
        if self._built_at == self._state.requests:
            return self._places
        if self._built_at < 0 or self._is_small():
            self.rebuild()
        self._built_at = self._state.requests
        return self._places

    def _is_small(self) -> bool:
        return sum(len(self._state.collection(name)) for name in WITH_ORIGINS) < _SMALL


def _all(state: Procore) -> Iterator[tuple[str, Record]]:
    for name in WITH_ORIGINS:
        for record in state.collection(name).values():
            yield name, record
            if name in WITH_LINES:
                for line in record["line_items"]:
                    yield WITH_LINES[name], line


def is_locked(state: Procore, collection: str, record: Record) -> bool:
    """Whether the record is synced, and so read-only."""
    if record.get("origin_id") or (collection, record["id"]) in state.locked_for_good:
        return True
    by_line = collection == "direct_costs" and state.switches["line_origin_id_locks"]
    return by_line and any(line.get("origin_id") for line in record["line_items"])


def check_lock(
    state: Procore,
    collection: str,
    record: Record,
    changes: dict[str, Any],
    *,
    always: frozenset[str] = frozenset(),
) -> None:
    """Refuse *changes* of a locked record, save those that the lock lets through.

    :param always: fields that this kind of record takes although it is locked.
    """
    if not is_locked(state, collection, record):
        return
    free = always | frozenset(state.switches["locked_records_accept"])
    if changes and _is_clearing(changes):
        if state.switches["clearing_origin_id"] == "refused" and "origin_id" not in free:
            raise locked()
        free |= {"origin_id", "origin_data"}
    if changes.keys() - free:
        raise locked()


def note_clearing(state: Procore, collection: str, record: Record, changes: dict[str, Any]) -> None:
    """Keep the lock of a record whose origin id goes, where the switch says so."""
    kept = state.switches["clearing_origin_id"] == "keeps_lock"
    if kept and record.get("origin_id") and _is_clearing(changes):
        state.locked_for_good.add((collection, record["id"]))


def _is_clearing(changes: dict[str, Any]) -> bool:
    return "origin_id" in changes and not changes["origin_id"]


def locked() -> Refusal:
    return invalid("base", "This record is synced with ERP and cannot be changed")
