"""Why is it not there? Each condition of a record, with a tick or a cross as it was last judged.

A run records every condition that a record does not meet, so what it did not record was met. The
page and ``procore-xero explain`` both ask here.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

from airflow_provider_procore_xero.errors import UnknownRecord
from airflow_provider_procore_xero.sync import entities
from airflow_provider_procore_xero.sync.entity import Condition, Entity
from airflow_provider_procore_xero.sync.plan import Reason
from airflow_provider_procore_xero.sync.report import Outcome

Verdict = Literal["met", "unmet", "unknown", "aside"]
UNREADABLE = "UNREADABLE"
_DONE = ("created", "updated", "linked", "drifted")


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One condition, and how the record stood to it; *aside* is one that does not apply to it.

    :param asks: the condition as a question; a reason that is no condition has none.
    :param sentence: why it is not met, in the words of that run; empty where it is.
    """

    code: str
    asks: str
    verdict: Verdict
    sentence: str = ""
    fix: str = ""
    waits: bool = False


@cache
def known() -> Mapping[str, tuple[Entity, ...]]:
    """Return every entity by its name; cost codes are two: as options, and as items."""
    found: dict[str, tuple[Entity, ...]] = {}
    for module in pkgutil.iter_modules(entities.__path__):
        loaded = importlib.import_module(f"{entities.__name__}.{module.name}")
        entity = getattr(loaded, "ENTITY", None)
        if isinstance(entity, Entity) and loaded.__name__ == f"{entities.__name__}.{module.name}":
            found[entity.name] = (*found.get(entity.name, ()), entity)
    return found


def need(entity: str, among: Iterable[str] | None = None) -> None:
    """Make sure that there is an entity called so.

    :param among: their names; those that records are of, where left out.
    :raises UnknownRecord: if there is none, with those that there are.
    """
    names = list(known() if among is None else among)
    if entity not in names:
        raise UnknownRecord(f"There is no entity {entity!r}; there are {', '.join(names)}.")


def judged(entity: str, outcome: Outcome | None, *, linked: bool = False) -> tuple[Judged, ...]:
    """Return each condition of *entity*, as the run that gave *outcome* judged it.

    None is a record that no run had anything to say of: where it is linked it met them all, else
    nothing is known. Reasons beside the conditions, such as a refusal, come last.
    """
    conditions = _conditions(entity)
    reasons = {} if outcome is None else {reason.code: reason for reason in outcome.reasons}
    unread = UNREADABLE in reasons or (not linked if outcome is None else outcome.what == "removed")
    listed = [_judged(each, reasons, unread, linked) for each in conditions]
    asked = {each.code for each in conditions}
    return (*listed, *(_beside(reason) for code, reason in reasons.items() if code not in asked))


def is_done(outcome: Outcome | None) -> bool:
    """Return whether the record went over when *outcome* was given."""
    return outcome is not None and outcome.what in _DONE


def _conditions(entity: str) -> Sequence[Condition]:
    every = [each for one in known().get(entity, ()) for each in one.conditions]
    return tuple({each.code: each for each in reversed(every)}.values())[::-1]


def _judged(
    condition: Condition, reasons: Mapping[str, Reason], unread: bool, linked: bool
) -> Judged:
    reason = reasons.get(condition.code)
    verdict: Verdict = "unmet" if reason else "unknown" if unread else "met"
    if verdict == "met" and condition.of_linked and not linked:
        verdict = "aside"
    return Judged(
        code=condition.code,
        asks=condition.asks,
        verdict=verdict,
        sentence=reason.sentence if reason else "",
        fix=reason.fix if reason else "",
        waits=condition.waits,
    )


def _beside(reason: Reason) -> Judged:
    return Judged(
        code=reason.code,
        asks="",
        verdict="unmet",
        sentence=reason.sentence,
        fix=reason.fix,
        waits=reason.waits,
    )
