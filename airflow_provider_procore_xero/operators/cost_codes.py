"""Cost codes → tracking options."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.operators.tracking import TrackingOptionOperator
from airflow_provider_procore_xero.sync.entities.cost_codes import ENTITY, Leaves
from airflow_provider_procore_xero.sync.links import CODE_KIND, Links
from airflow_provider_procore_xero.sync.tracking import TrackingAround

if TYPE_CHECKING:
    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.settings import Settings


class CostCodesToTrackingOptionsOperator(TrackingOptionOperator):
    """Send the company-wide standard cost codes to Xero, each as an option of one category."""

    entity = ENTITY

    def switched_off(self, settings: Settings) -> str:
        target = settings.cost_codes.target
        if target == "tracking_option":
            return ""
        return f"Cost codes do not become tracking options: cost_codes.target is {target!r}."

    def around(self, work: Work) -> TrackingAround:
        category = self.category(work, work.settings.cost_codes.tracking_category)
        self.follow_renames(work, category, ENTITY.kind)
        return TrackingAround(
            settings=work.settings,
            links=work.load_links(ENTITY.kind),
            pages=work.pages(),
            category=category,
            kind=ENTITY.kind,
            limit=work.settings.projects.option_limit,
        )

    def read(self, work: Work, around: TrackingAround) -> Iterator[dict[str, Any]]:
        seen: set[str | None] = set()
        for raw in standard_codes(work):
            if raw.get("full_code") not in seen:
                seen.add(raw.get("full_code"))
                yield raw

    def finish(self, work: Work, around: TrackingAround) -> None:
        mark_listed(work, ENTITY.kind)


def standard_codes(work: Work) -> list[dict[str, Any]]:
    """Return the codes of the list that the settings name, else of the ERP list, else of all.

    They are read once in a DAG run.

    :raises MappingError: if Procore has no list of that name.
    """
    return work.small(_called(work), lambda: _read(work))


def mark_listed(work: Work, kind: str) -> None:
    """Remember of the links of codes whether the standard list, read whole, has them as leaves."""
    there = Leaves.of(standard_codes(work))
    changed = [
        replace(link, data={**link.data, "listed": there.has(link)})
        for link in work.ledger.links(kind)
        if there.has(link) != link.data.get("listed", True)
    ]
    if changed and not work.planning_only:
        work.ledger.save_links(changed, work.run)


def closed_codes(work: Work, links: Links, items: Iterable[str] = ()) -> frozenset[str]:
    """Return the codes that no new document may use, as lines name them.

    Those are headings, what the standard list has no longer, and *items* that stand for no code of
    it. The list is asked where this DAG run has read it, else what the last whole read left.
    """
    target = work.settings.cost_codes.target
    rows = work.shared(_called(work))
    there = None if rows is None else Leaves.of(rows)
    known = [link for link in links.of(CODE_KIND[target]) if link.state == "active"]
    listed = [k for k in known if (there.has(k) if there else k.data.get("listed", True))]
    if target == "item":
        return frozenset(items) - {link.xero_name for link in listed}
    codes = frozenset(str(link.data.get("code")) for link in known)
    return codes - {str(link.data.get("code")) for link in listed}


def _called(work: Work) -> str:
    chosen = work.settings.cost_codes.list
    return f"standard cost codes of {chosen}" if chosen else "standard cost codes"


def _read(work: Work) -> Iterator[dict[str, Any]]:
    lists = list(work.procore.standard_cost_code_lists())
    wanted = work.settings.cost_codes.list
    if wanted is not None:
        chosen = [each for each in lists if each["name"] == wanted]
        if not chosen:
            names = ", ".join(repr(each["name"]) for each in lists) or "none"
            raise MappingError(
                f"Procore has no standard cost code list called {wanted!r}; it has {names}.",
                code="COST_CODE_LIST_MISSING",
                fix="Correct cost_codes.list in the settings, or rename the list in Procore.",
            )
    else:
        chosen = [each for each in lists if each.get("is_erp_list")] or lists
    for each in chosen:
        yield from work.procore.standard_cost_codes(each["id"])


def __getattr__(name: str) -> Any:
    """Know the other operator of cost codes too; it reads them by this module, so it comes late."""
    if name == "CostCodesToItemsOperator":
        from airflow_provider_procore_xero.operators.items import CostCodesToItemsOperator

        return CostCodesToItemsOperator
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
