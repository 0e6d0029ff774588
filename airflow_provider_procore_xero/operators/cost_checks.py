"""Direct costs that would change are looked at first: what others did to them is not undone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import ApiError
from airflow_provider_procore_xero.operators.work import not_permitted
from airflow_provider_procore_xero.sync.entities.direct_costs import mark_of
from airflow_provider_procore_xero.sync.money import money
from airflow_provider_procore_xero.sync.plan import Change, Hold, Reason, Remove, Update

if TYPE_CHECKING:
    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.entity import Around, Entity
    from airflow_provider_procore_xero.sync.links import Link


def checked_costs(
    work: Work, around: Around, entity: Entity, changes: list[Change]
) -> list[Change]:
    """Return *changes* with those held whose direct cost is not as we left it; one list a project.

    A correction that a crash cut short has no lock, but still our mark: it may go on.
    """
    listed: dict[int, dict[str, Mapping[str, Any]] | None] = {}
    checked: list[Change] = []
    for change in changes:
        link = None
        if isinstance(change, Update | Remove):
            link = around.links.find(entity.kind, entity.source, change.about.source_id)
        if not isinstance(change, Update | Remove) or link is None:
            checked.append(change)
            continue
        project_id = int(link.data.get("project_id") or _data(change)["project_id"])
        if project_id not in listed:
            listed[project_id] = _listed(work, project_id)
        costs = listed[project_id]
        cost = costs.get(change.target_id) if costs is not None else None
        reason = _hidden(change) if costs is None else _touched(cost, link, change)
        checked.append(_held(change, reason) if reason else change)
    return checked


def _listed(work: Work, project_id: int) -> dict[str, Mapping[str, Any]] | None:
    """Return the direct costs of a project by id, or None where Procore hides the project."""
    try:
        return {str(cost["id"]): cost for cost in work.procore.direct_costs(project_id)}
    except ApiError as error:
        if not not_permitted(error):
            raise
        return None


def _hidden(change: Update | Remove) -> Reason:
    return Reason(
        code="PROJECT_HIDDEN",
        sentence=f"{change.about.title}: Procore hides the project from the service account.",
        fix="Add the project to the service account's permitted projects.",
    )


def _data(change: Update | Remove) -> Mapping[str, Any]:
    return change.data if isinstance(change, Remove) else change.desired.data


def _touched(cost: Mapping[str, Any] | None, link: Link, change: Update | Remove) -> Reason | None:
    """Return why a direct cost is left as it is, or None where it may be written to."""
    if cost is None:
        if isinstance(change, Remove):
            return None  # it is gone, as it should be
        return Reason(
            code="COST_GONE",
            sentence=f"{change.about.title}: Procore lists direct cost {change.target_id} no"
            " longer.",
            fix="Unlink it to have it sent anew.",
        )
    origin, mark = cost.get("origin_id"), cost.get("origin_data")
    if origin and origin != link.xero_id:
        return Reason(
            code="COST_FOREIGN",
            sentence=f"{change.about.title}: direct cost {change.target_id} belongs to another"
            f" integration: its origin_id is {origin!r}.",
            fix="Find out which integration took it over; only one may own a direct cost.",
        )
    if not link.wrote:
        return None  # people paired the two, so that it becomes what it is in Xero
    worth = money(cost.get("amount") or cost.get("grand_total"))
    known = {money(data.get("amount")) for data in (link.data, _data(change))}
    if (origin and worth not in known) or (not origin and mark != mark_of(link.xero_id)):
        return Reason(
            code="COST_EDITED",
            sentence=f"{change.about.title}: direct cost {change.target_id} was changed in Procore"
            f" since we wrote it; it comes to {worth} there.",
            fix="Make it in Procore what it is in Xero, or unlink it.",
        )
    return None


def _held(change: Update | Remove, reason: Reason) -> Hold:
    return Hold(
        about=change.about,
        reasons=(reason,),
        target_id=change.target_id,
        target_url=change.target_url,
    )
