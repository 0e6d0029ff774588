"""Which row of Procore's ERP job costs each figure of the ledger goes to.

The ledger has a figure for what Xero calls a code, with a cost type only where codes are items.
Procore wants one of the project's cost codes with one of the types that it is used with. Several
figures may come to one row: they are added up.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from airflow_provider_procore_xero.sync.entities.cost_coding import of_account
from airflow_provider_procore_xero.sync.entities.erp_job_costs import PLACE, held_of
from airflow_provider_procore_xero.sync.entities.job_costs import JobCost
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.money import ZERO
from airflow_provider_procore_xero.sync.planning import MISREAD
from airflow_provider_procore_xero.sync.text import plain

if TYPE_CHECKING:
    from airflow_provider_procore_xero.sync.settings import Settings

Coded = tuple[str, str]
"""A cost code and a cost type, by their codes; either may be empty."""
EMPTY = held_of(ZERO, ZERO)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectCodes:
    """A project's cost codes with the cost types that they are used with, and what they are called.

    :param codes: id and origin id, by code.
    :param types: id and origin id, by code and then by the type's code.
    """

    codes: Mapping[str, tuple[str, str]]
    types: Mapping[str, Mapping[str, tuple[str, str]]]

    @classmethod
    def from_procore(cls, rows: Iterable[Mapping[str, Any]]) -> Self:
        """Read ``GET /rest/v1.0/cost_codes`` of a project, without those of its sub jobs."""
        codes: dict[str, tuple[str, str]] = {}
        types: dict[str, dict[str, tuple[str, str]]] = {}
        for row in rows:
            with suppress(*MISREAD):  # a code that can't be read has no row either
                called, ids = plain(row["full_code"]), _ids(row)
                kinds = {plain(kind["code"]): _ids(kind) for kind in row["line_item_types"] or ()}
                if row.get("biller_type") != "SubJob" and not row.get("deleted_at"):
                    codes.setdefault(called, ids)
                    types.setdefault(called, kinds)
        return cls(codes=codes, types=types)

    def place(self, code: str, cost_type: str) -> dict[str, str]:
        """Return what Procore calls a code and a type, empty where it has none."""
        ids = (*self.codes.get(code, ("", "")), *self.types.get(code, {}).get(cost_type, ("", "")))
        return dict(zip(PLACE[1:], ids, strict=True))


def _ids(row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row["id"]), str(row.get("origin_id") or "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One project, its figures in the organisation's currency, and where they went before.

    :param known: links of its rows in Procore, by the id of the record.
    """

    id: str
    name: str
    figures: Sequence[JobCost] = ()
    known: Mapping[str, Link] = field(default_factory=dict)

    @property
    def before(self) -> dict[Coded, Coded]:
        """Return the code and the type that each figure went to."""
        return {
            (code, cost_type): (link.data["code"], link.data["cost_type"])
            for link in self.known.values()
            for code, cost_type in link.data["rows"]
        }

    def records(
        self, places: Mapping[JobCost, Coded]
    ) -> Iterator[tuple[str, Coded, list[JobCost]]]:
        """Yield the id, the code and the type of each row, and the figures that come to it.

        A row that nothing comes to any more has none; what was never written and comes to nothing
        is left out.
        """
        found: dict[Coded, list[JobCost]] = {
            (link.data["code"], link.data["cost_type"]): [] for link in self.known.values()
        }
        for figure in self.figures:
            found.setdefault(places[figure], []).append(figure)
        for coded, figures in sorted(found.items()):
            row = record_id(self.id, *coded)
            if row in self.known or sums(figures) != EMPTY:
                yield row, coded, figures


def record_id(project_id: str, code: str, cost_type: str, currency: str = "") -> str:
    """Return what a row is called in the ledger: project, code and type."""
    return "/".join((project_id, code, cost_type, *filter(None, (currency,))))


def sums(figures: Iterable[JobCost]) -> str:
    """Return what *figures* come to, as links remember it."""
    rows = list(figures)
    return held_of(
        sum((row.job_to_date for row in rows), ZERO),
        sum((row.commitment_invoiced for row in rows), ZERO),
    )


def as_before(job: Job) -> list[dict[str, Any]] | None:
    """Return the records of a project that has nothing to be written, else None.

    That is so where every figure goes where it went, and each row holds what it comes to now.
    """
    before = job.before
    places = {f: before.get(key_of(f), key_of(f)) for f in job.figures}
    records = []
    for row, coded, figures in job.records(places):
        link = job.known.get(row)
        if link is None or link.held != sums(figures):
            return None
        records.append(as_record(job, row, coded, figures, link.data))
    return records


def as_now(
    job: Job, origin_id: str, codes: ProjectCodes, settings: Settings
) -> Iterator[dict[str, Any]]:
    """Yield the records of a project whose codes were read.

    A row that nothing comes to any more, and whose code is gone too, is left out.
    """
    before = job.before
    places = {f: coded_of(f, codes, before, settings) for f in job.figures}
    for row, coded, figures in job.records(places):
        place = codes.place(*coded)
        if figures or place["line_item_type_id"]:
            yield as_record(job, row, coded, figures, {"job_origin_id": origin_id, **place})


def unread(job: Job) -> Iterator[dict[str, Any]]:
    """Yield the records of a project that nothing can be written to, so its codes are not read."""
    before = job.before
    places = {f: before.get(key_of(f), key_of(f)) for f in job.figures}
    for row, coded, figures in job.records(places):
        yield as_record(job, row, coded, figures, dict.fromkeys(PLACE, ""))


def foreign(project_id: str, name: str, figures: Iterable[JobCost]) -> Iterator[dict[str, Any]]:
    """Yield a record for each figure in another currency than the organisation's."""
    for figure in figures:
        coded = key_of(figure)
        row = record_id(project_id, *coded, figure.currency)
        job = Job(id=project_id, name=name)
        yield as_record(job, row, coded, [figure], dict.fromkeys(PLACE, ""))


def key_of(figure: JobCost) -> Coded:
    return figure.code, figure.cost_type


def coded_of(
    figure: JobCost, codes: ProjectCodes, before: Mapping[Coded, Coded], settings: Settings
) -> Coded:
    """Return the project's code and the type that a figure goes to.

    Without a type of its own it takes the code's only one, else ``direct_costs.cost_type``, else
    the one that it went to before. What the project has not keeps its name, to be held by it.
    """
    said, said_type = key_of(figure)
    if settings.cost_codes.target == "account_map":
        said, said_type = of_account(figure.code, settings.accounts)
    went = before.get(key_of(figure), key_of(figure))
    fallback = settings.cost_codes.fallback_code or ""
    code = next((each for each in (said, fallback) if each in codes.codes), "")
    if not code:
        return went
    if said_type and code == said:
        return code, said_type
    types = list(codes.types[code])
    usual = settings.direct_costs.cost_type or ""
    if len(types) == 1 or usual in types:
        return code, types[0] if len(types) == 1 else usual
    return went if went[0] == code else (code, "")


def as_record(
    job: Job, row: str, coded: Coded, figures: Sequence[JobCost], place: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the record of one row, which *figures* of the ledger come to."""
    job_to_date, commitment_invoiced = sums(figures).split()
    return {
        "id": row,
        "project_id": job.id,
        "project": job.name,
        "code": coded[0],
        "cost_type": coded[1],
        "currency": next((figure.currency for figure in figures), ""),
        "job_to_date": job_to_date,
        "commitment_invoiced": commitment_invoiced,
        "rows": [list(key_of(figure)) for figure in figures],
        **{name: str(place.get(name) or "") for name in PLACE},
    }


def by_project(figures: Iterable[JobCost]) -> dict[str, list[JobCost]]:
    """Return the figures of each project; those of none are left out."""
    found: dict[str, list[JobCost]] = defaultdict(list)
    for figure in figures:
        if figure.project_id:
            found[figure.project_id].append(figure)
    return dict(found)
