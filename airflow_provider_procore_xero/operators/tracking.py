"""Writing tracking options, for every entity that becomes one.

Xero takes one option a call. https://developer.xero.com/documentation/api/accounting/trackingcategories
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import InDoubt
from airflow_provider_procore_xero.operators.base import SyncOperator
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.plan import Create, Update
from airflow_provider_procore_xero.sync.results import Absent, Refused, Saved
from airflow_provider_procore_xero.sync.tracking import TrackingAround, TrackingCategory

if TYPE_CHECKING:
    from airflow_provider_procore_xero.apis.elements import Element
    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.plan import Stored
    from airflow_provider_procore_xero.sync.results import Doubt, Found, Result


OPTIONS = "tracking categories"


class TrackingOptionOperator(SyncOperator):
    """Sends records that become options of a Xero tracking category."""

    shelves = False
    lengthens = OPTIONS

    def category(self, work: Work, name: str, *, fresh: bool = False) -> TrackingCategory:
        """Return the category called *name*, with its options.

        :raises MappingError: if Xero has no such category.
        """
        listed = list(work.xero.tracking_categories()) if fresh else tracking_categories(work)
        return TrackingCategory.named(name, listed)

    def follow_renames(self, work: Work, category: TrackingCategory, kind: str) -> None:
        """Call linked options as Xero calls them now: lines name their option.

        A linked option that is no longer there, or archived, can't be used any more.
        """
        if work.planning_only:
            return
        options = {option.id: option for option in category.options}
        found = list(work.ledger.links(kind))
        renamed = [
            replace(link, xero_name=options[link.xero_id].name)
            for link in found
            if link.xero_id in options and options[link.xero_id].name != link.xero_name
        ]
        for link in renamed:
            work.note(f"Option {link.xero_name!r} is what {link.procore_name} is called in Xero.")
        gone = [
            link.procore_id
            for link in found
            if link.state == "active"
            and (link.xero_id not in options or not options[link.xero_id].active)
        ]
        back = [
            replace(link, state="active")
            for link in found
            if link.state == "orphaned" and link.xero_id in options and options[link.xero_id].active
        ]
        if renamed or back:
            work.ledger.save_links(renamed + back, work.run)
        if gone:
            work.ledger.orphan_links(kind, "procore", gone, work.run)

    def save(
        self, work: Work, around: TrackingAround, batch: Sequence[Stored], key: str
    ) -> Iterator[Result]:
        for stored in batch:
            change = stored.change
            assert isinstance(change, Create | Update)
            payload = dict(change.desired.payload)
            if isinstance(change, Create):
                answer = work.xero.create_tracking_option(around.category.id, payload, key)
            else:
                answer = work.xero.update_tracking_option(
                    around.category.id, change.target_id, payload, key
                )
            yield _result(change.about.source_id, answer, payload)

    def find(self, work: Work, around: TrackingAround, doubts: Sequence[Doubt]) -> Iterator[Found]:
        category = self.category(work, around.category.name, fresh=True)
        by_name = {option.name.casefold(): option for option in category.options}
        for doubt in doubts:
            change = doubt.stored.change
            assert isinstance(change, Create)
            option = by_name.get(change.desired.name.casefold())
            source_id = change.about.source_id
            if option is None:
                yield Absent(source_id=source_id)
            else:
                held = fingerprint({"Name": option.name})
                data = {"answered": option.name}
                yield Saved(source_id=source_id, target_id=option.id, held=held, data=data)


def tracking_categories(work: Work) -> list[dict[str, Any]]:
    """Return every tracking category with its options; read once in a DAG run."""
    return work.small(OPTIONS, work.xero.tracking_categories, _options)


def categories_of_lines(work: Work) -> TrackingCategory:
    """Return the category of projects, once each category that lines are read by is there.

    Where one is renamed or archived, lines seem to be on no project, or no code. Nothing may be
    decided by that.

    :raises MappingError: ``CATEGORY_MISSING``.
    """
    listed, codes = tracking_categories(work), work.settings.cost_codes
    if codes.target == "tracking_option":
        TrackingCategory.named(codes.tracking_category, listed)
    return TrackingCategory.named(work.settings.projects.tracking_category, listed)


def _options(categories: Sequence[Mapping[str, Any]]) -> int:
    """Return how many options all categories have together."""
    return sum(len(category.get("Options") or ()) for category in categories)


def _result(source_id: str, answer: Element, payload: dict[str, Any]) -> Result:
    """Read Xero's answer; an OK without an id has been seen, and then nothing was made."""
    if answer.saved:
        name = answer.record.get("Name", payload["Name"])
        return Saved(
            source_id=source_id,
            target_id=answer.record["TrackingOptionID"],
            held=fingerprint({"Name": name}),
            data={"answered": name},
        )
    if answer.silent:
        raise InDoubt("Xero said yes to an option, but gave it no id.", system="xero")
    return Refused(source_id=source_id, errors=answer.errors)
