"""The lines of a subcontractor invoice, and the arithmetic of a progress claim.

Procore's figures are decimal strings; what is retained and what is released are both positive. An
item's period is worked out from its own period fields, and checked against its cumulative ones
where the item carries them. https://developers.procore.com/documentation/tutorial-requisitions
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, Self

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.sync.money import ZERO, decimal, money
from airflow_provider_procore_xero.sync.text import plain

_KNOWN_SEGMENTS = ("cost_code", "line_item_type")


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetCode:
    """What a line is coded to: a cost code, a cost type, and whatever else the company added.

    :param name: the cost code's, where Procore states it.
    """

    code: str = ""
    cost_type: str = ""
    name: str = ""
    custom: tuple[str, ...] = ()

    @classmethod
    def from_procore(cls, wbs_code: Mapping[str, Any] | None) -> Self:
        """Read an item's ``wbs_code``: its segments, or where there are none ``flat_code``."""
        if not wbs_code:
            return cls()
        found: dict[str, str] = {}
        custom: list[str] = []
        name = ""
        for item in wbs_code.get("segment_items") or ():
            kind = item["segment"]["type"]
            if kind in _KNOWN_SEGMENTS:
                found[kind] = plain(item.get("path_code") or item["code"])
                name = plain(item.get("name")) if kind == "cost_code" else name
            else:
                custom.append(plain(item.get("path_code") or item["code"]))
        if not found:
            code, _, cost_type = plain(wbs_code["flat_code"]).rpartition(".")
            found = {"cost_code": code or cost_type, "line_item_type": cost_type if code else ""}
        return cls(
            code=found.get("cost_code", ""),
            cost_type=found.get("line_item_type", ""),
            name=name,
            custom=tuple(custom),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimItem:
    """One line of a claim, for this period only.

    :param gross: work completed and materials stored this period, before retainage.
    :param retained, released: retainage, both positive.
    :param quantity, unit_price: the work's, where the contract is billed by unit.
    :param whole_change_order: a change order billed as one amount, without any coding of its own.
    """

    id: str
    description: str
    gross: Decimal
    retained: Decimal
    released: Decimal
    scheduled: Decimal
    quantity: Decimal | None
    unit_price: Decimal | None
    uom: str
    budget_code: BudgetCode
    whole_change_order: bool
    held_before: Decimal | None

    @classmethod
    def from_procore(cls, item: Mapping[str, Any]) -> Self:
        """Read one of ``items[]`` of ``GET /rest/v1.1/requisitions?view=extended``.

        :raises MappingError: where its period figures and its cumulative ones disagree.
        """
        stored = (
            money(item.get("materials_presently_stored"))
            + money(item.get("materials_moved"))
            - money(item.get("materials_presently_stored_from_previous_progress"))
        )
        gross = money(item["work_completed_this_period"]) + stored
        _check_gross(item, gross)
        by_unit = item.get("accounting_method") == "unit" and not stored
        return cls(
            id=str(item["id"]),
            description=plain(item.get("description_of_work")),
            gross=gross,
            retained=money(item["work_completed_retainage_retained_this_period"])
            + money(item.get("materials_stored_retainage_new_materials")),
            released=money(item["work_completed_retainage_released_this_period"])
            + money(item.get("materials_stored_retainage_released_this_period")),
            scheduled=money(item.get("scheduled_value")),
            quantity=_number(item.get("work_completed_this_period_quantity")) if by_unit else None,
            unit_price=_number(item.get("scheduled_unit_price")) if by_unit else None,
            uom=plain(item.get("uom")),
            budget_code=BudgetCode.from_procore(item.get("wbs_code")),
            whole_change_order=item.get("item_type") == "whole_change_order_item",
            held_before=_held_before(item),
        )

    @property
    def whole(self) -> Self:
        """The line as it is where its whole scheduled value is billed, ``scheduled_value``."""
        return replace(self, gross=self.scheduled, quantity=None, unit_price=None)

    @property
    def net(self) -> Decimal:
        return self.gross - self.retained + self.released


def _check_gross(item: Mapping[str, Any], gross: Decimal) -> None:
    """Period and cumulative figures of one item must agree to the cent."""
    to_date = item.get("total_completed_and_stored_to_date")
    before = item.get("total_completed_and_stored_to_date_from_previous")
    if to_date is None or before is None:
        return
    cumulative = money(to_date) - money(before)
    if cumulative != gross:
        raise MappingError(
            f"Item {item['id']} bills {gross} this period, but its totals to date grew by"
            f" {cumulative}",
            code="AMOUNTS_DISAGREE",
        )


def _held_before(item: Mapping[str, Any]) -> Decimal | None:
    """Return the retainage held before this period, or None where the item does not say.

    What is held on stored materials is stated after this period, so this period is taken off.
    """
    on_work = item.get("work_completed_retainage_from_previous_application")
    if on_work is None:
        return None
    on_materials = (
        money(item.get("materials_stored_retainage_currently_retained"))
        - money(item.get("materials_stored_retainage_new_materials"))
        + money(item.get("materials_stored_retainage_released_this_period"))
    )
    return money(on_work) + max(on_materials, ZERO)


def _number(value: Any) -> Decimal | None:
    return decimal(value) if value not in (None, "") else None
