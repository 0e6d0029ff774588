"""The arithmetic of a subcontractor invoice: cumulative figures, retainage, the summary.

Retained and released amounts are both positive; the sign is in the field's name. A claim's
items carry every line of the commitment, those without work this period too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from .store import ZERO, Record, cents, total


@dataclass(frozen=True)
class Entered:
    """What the subcontractor enters for one line of a claim, in money with two places.

    :param work: work completed this period.
    :param stored: materials presently stored at the end of the period.
    :param moved: stored materials of the last claim that count as work from now on.
    :param retained: retainage held on this period's work.
    :param released: retainage released on earlier work.
    :param stored_retained: retainage held on new materials.
    :param stored_released: retainage released on materials.
    :param stored_retained_moved: materials retainage that moves with *moved*.
    """

    work: Decimal = ZERO
    stored: Decimal = ZERO
    moved: Decimal = ZERO
    retained: Decimal = ZERO
    released: Decimal = ZERO
    stored_retained: Decimal = ZERO
    stored_released: Decimal = ZERO
    stored_retained_moved: Decimal = ZERO


def entered(given: Mapping[str, Any], percent: Decimal, before: Record | None) -> Entered:
    """The figures of one line; the contract's retainage *percent* where none is given.

    Materials that were stored before stay stored unless *given* says otherwise.
    """
    figures = {name: cents(given[name]) for name in _FIGURES if name in given}
    stored_before = before["materials_presently_stored"] if before else ZERO
    work = figures.setdefault("work", ZERO)
    moved = figures.setdefault("moved", ZERO)
    stored = figures.setdefault("stored", stored_before - moved)
    new_materials = max(stored + moved - stored_before, ZERO)
    figures.setdefault("retained", cents(work * percent / 100))
    figures.setdefault("stored_retained", cents(new_materials * percent / 100))
    return Entered(**figures)


def figures(line: Entered, scheduled: Decimal, before: Record | None) -> Record:
    """An item's amounts, this period's and cumulative; *before* is the line's last item."""
    work_before = (_of(before, "work_completed_to_date")) + line.moved
    done_before = _of(before, "total_completed_and_stored_to_date")
    done = work_before + line.work + line.stored
    work_held_before = (
        _of(before, "work_completed_retainage_currently_retained") + line.stored_retained_moved
    )
    work_held = work_held_before + line.retained - line.released
    stored_held = (
        _of(before, "materials_stored_retainage_currently_retained")
        - line.stored_retained_moved
        + line.stored_retained
        - line.stored_released
    )
    held_before = _of(before, "total_retainage_currently_retained")
    gross = done - done_before
    return {
        "scheduled_value": cents(scheduled),
        "work_completed_from_previous_application": work_before,
        "work_completed_this_period": line.work,
        "work_completed_to_date": work_before + line.work,
        "materials_presently_stored": line.stored,
        "materials_presently_stored_from_previous_progress": _of(
            before, "materials_presently_stored"
        ),
        "materials_moved": line.moved,
        "materials_retainage_retained_moved": line.stored_retained_moved,
        "total_completed_and_stored_to_date": done,
        "total_completed_and_stored_to_date_from_previous": done_before,
        "work_completed_retainage_from_previous_application": work_held_before,
        "work_completed_retainage_retained_this_period": line.retained,
        "work_completed_retainage_percent_this_period": _percent(line.retained, line.work),
        "work_completed_retainage_released_this_period": line.released,
        "work_completed_retainage_currently_retained": work_held,
        "materials_stored_retainage_currently_retained": stored_held,
        "materials_stored_retainage_new_materials": line.stored_retained,
        "materials_stored_retainage_retained_this_period": line.stored_retained,
        "materials_stored_retainage_percent_this_period": _percent(
            line.stored_retained, line.stored
        ),
        "materials_stored_retainage_released_this_period": line.stored_released,
        "total_retainage_currently_retained": work_held + stored_held,
        "total_retainage_from_previous_application": held_before,
        "balance_to_finish": cents(scheduled) - done,
        "total_completed_and_stored_to_date_percent": _percent(done, cents(scheduled)),
        "gross_amount": gross,
        "net_amount": gross - (work_held + stored_held - held_before),
    }


def quantities(figured: Mapping[str, Any], unit_price: Decimal | None) -> Record:
    """The twins in units of an item that is billed by unit; nothing for one billed by amount."""
    return {
        f"{name}_quantity": cents(figured[name] / unit_price) if unit_price else None
        for name in (
            "work_completed_this_period",
            "work_completed_from_previous_application",
            "materials_presently_stored",
        )
    }


def as_entered(item: Record) -> dict[str, Decimal]:
    """The figures of an item as they were entered, to compute it again."""
    return {name: item[field] for name, field in _FIGURES.items()}


def summary(
    items: Iterable[Record],
    *,
    original: Decimal,
    changes: Decimal,
    before: Record | None,
    tax: Decimal,
    tax_is_inside: bool,
) -> Record:
    """The totals of a claim; *before* is the summary of the claim before it."""
    rows = list(items)
    done = total(r["total_completed_and_stored_to_date"] for r in rows)
    work_held = total(r["work_completed_retainage_currently_retained"] for r in rows)
    stored_held = total(r["materials_stored_retainage_currently_retained"] for r in rows)
    earned = done - work_held - stored_held
    certified = before["total_earned_less_retainage"] if before else ZERO
    due = earned - certified
    sum_to_date = cents(original + changes)
    return {
        "original_contract_sum": cents(original),
        "net_change_by_change_orders": cents(changes),
        "contract_sum_to_date": sum_to_date,
        "total_completed_and_stored_to_date": done,
        "completed_work_retainage_amount": work_held,
        "completed_work_retainage_percent": _percent(
            work_held, total(r["work_completed_to_date"] for r in rows)
        ),
        "stored_materials_retainage_amount": stored_held,
        "stored_materials_retainage_percent": _percent(
            stored_held, total(r["materials_presently_stored"] for r in rows)
        ),
        "total_retainage": work_held + stored_held,
        "total_earned_less_retainage": earned,
        "less_previous_certificates_for_payment": certified,
        "current_payment_due": due + (tax if tax_is_inside else ZERO),
        "balance_to_finish_including_retainage": sum_to_date - earned,
        "tax_applicable_to_this_payment": tax,
    }


# From our word for a figure to the item's field that holds it.
_FIGURES = {
    "work": "work_completed_this_period",
    "stored": "materials_presently_stored",
    "moved": "materials_moved",
    "retained": "work_completed_retainage_retained_this_period",
    "released": "work_completed_retainage_released_this_period",
    "stored_retained": "materials_stored_retainage_new_materials",
    "stored_released": "materials_stored_retainage_released_this_period",
    "stored_retained_moved": "materials_retainage_retained_moved",
}


def _of(item: Record | None, name: str) -> Decimal:
    return item[name] if item else ZERO


def _percent(part: Decimal, whole: Decimal) -> Decimal:
    return cents(part * 100 / whole) if whole else ZERO
