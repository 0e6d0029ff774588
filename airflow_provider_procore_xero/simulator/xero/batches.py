"""PUT and POST of one or many: what is saved, what is refused, and how that is said.

Without ``summarizeErrors=false`` a bad element makes the whole answer a 400 that lists the
bad ones only; the good ones are saved all the same, and their IDs are lost to the caller.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .exchange import Answer, ApiCall
from .refusals import ZERO_GUID, Invalid, validation

if TYPE_CHECKING:
    from .people import Xero
    from .state import Record

View = Callable[["Xero", "Record", ApiCall], "Record"]


@dataclass
class Saved:
    """A record as it now stands, and what was dropped or ignored on the way."""

    record: Record
    warnings: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Shape:
    """How a resource answers a write; *flag* is its ``HasErrors`` or ``HasValidationErrors``."""

    plural: str
    id_key: str
    flag: str
    view: View


Save = Callable[["Record"], Saved]


def save_all(
    xero: Xero, call: ApiCall, shape: Shape, save: Save, *, elements: list[Record] | None = None
) -> Answer:
    """Save each element on its own and answer as ``summarizeErrors`` asks.

    :param elements: those of the body, unless the caller has put them together itself.
    :raises BadRequest: number 10, with the refused elements, if errors are summarised.
    """
    given = call.elements(shape.plural) if elements is None else elements
    answered: list[Record] = []
    refused: list[Record] = []
    for element in given:
        try:
            saved = save(element)
        except Invalid as error:
            refused.append(_refused(element, shape, error))
            answered.append({**refused[-1], "StatusAttributeString": "ERROR"})
        else:
            answered.append(_accepted(xero, call, shape, saved))
    if refused and call.summarises_errors:
        raise validation(refused)
    if xero.switches["batch_order"] == "reversed":
        answered.reverse()
    return Answer({shape.plural: answered})


def save_one(xero: Xero, call: ApiCall, shape: Shape, save: Save) -> Answer:
    """POST to one record's own address: a single element, errors always summarised."""
    element = {**call.elements(shape.plural)[0], shape.id_key: call.parts["id"].lower()}
    call.query = {name: v for name, v in call.query.items() if name != "summarizeerrors"}
    return save_all(xero, call, shape, save, elements=[element])


def _refused(element: Record, shape: Shape, error: Invalid) -> Record:
    """The element as it was sent, so with the status it asked for, and why not."""
    return {
        **element,
        shape.id_key: error.record_id or ZERO_GUID,
        shape.flag: True,
        "ValidationErrors": [{"Message": message} for message in error.messages],
    }


def _accepted(xero: Xero, call: ApiCall, shape: Shape, saved: Saved) -> Record:
    shown = {**shape.view(xero, saved.record, call), shape.flag: False}
    if saved.warnings:
        shown["Warnings"] = [{"Message": message} for message in saved.warnings]
    if not call.summarises_errors:
        shown["StatusAttributeString"] = "WARNING" if saved.warnings else "OK"
    return shown
