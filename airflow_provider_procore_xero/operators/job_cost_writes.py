"""ERP job costs in Procore: which rows are due, and setting them, a call a project.

What the links remember tells which projects have something new; only those projects' cost codes are
read, so a night that changes no figure makes no call.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import ApiError, MappingError, in_full
from airflow_provider_procore_xero.operators.contacts import messages_of
from airflow_provider_procore_xero.operators.projects import projects_of
from airflow_provider_procore_xero.operators.work import not_permitted
from airflow_provider_procore_xero.sync.entities.erp_job_costs import (
    FIGURES,
    KIND,
    JobCostsAround,
    held_of,
)
from airflow_provider_procore_xero.sync.entities.job_cost_places import (
    Job,
    ProjectCodes,
    as_before,
    as_now,
    by_project,
    foreign,
    unread,
)
from airflow_provider_procore_xero.sync.entities.job_costs import ENTITY, JobCost
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.money import money
from airflow_provider_procore_xero.sync.plan import Create, Update
from airflow_provider_procore_xero.sync.results import Refused, Result, Saved

if TYPE_CHECKING:
    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.plan import Stored

Raw = dict[str, Any]
_BY = (
    ("cost_code_origin_id", "line_item_type_origin_id"),
    ("cost_code_id", "line_item_type_id"),
)
"""What may tell a row apart: an answer has one pair of these, or both."""
FIX = "Mend what Procore names, in its ERP Integrations tool; the next run sends it again."


# What there is


def known_rows(work: Work) -> dict[str, Link]:
    """Return the links of rows that stand in Procore, or may, by the id of the record.

    What a row holds whose answer was lost, nobody knows, so it is sent again whatever it comes to.
    """
    links = [link for link in work.ledger.links(KIND) if link.state == "active"]
    known = {link.xero_id: link for link in links}
    if work.planning_only and not work.ledger.is_free(KIND):
        return known  # another run is at work on these
    for doubt in work.ledger.doubts(ENTITY.name):
        change = doubt.stored.change
        if isinstance(change, Create | Update):
            row, data = doubt.source_id, change.desired.data
            link = known.get(row) or Link(kind=KIND, procore_id="", xero_id=row, data=data)
            known[row] = replace(link, wrote="", held="", read="")
    if unsure := [link for link in known.values() if link.procore_id and not link.held]:
        work.ledger.save_links(unsure, work.run)
    return known


def records_of(
    work: Work,
    around: JobCostsAround,
    figures: Iterable[JobCost],
    known: Mapping[str, Link],
    *,
    whole: bool,
) -> Iterator[Raw]:
    """Yield the records of all integrated projects, one for each row in Procore.

    :param whole: every project is looked at, not only those with something new.
    """
    due = []
    for job, others in _jobs(work, around, figures, known):
        yield from foreign(job.id, job.name, others)
        records = None if whole else as_before(job)
        if records is not None:
            yield from records
        elif job.figures or job.known:
            due.append(job)
    if due:
        yield from _due(work, around, due)


def _jobs(
    work: Work, around: JobCostsAround, figures: Iterable[JobCost], known: Mapping[str, Link]
) -> Iterator[tuple[Job, list[JobCost]]]:
    """Yield each integrated project, and its figures in other currencies."""
    rows: dict[str, dict[str, Link]] = defaultdict(dict)
    for row, link in known.items():
        rows[str(link.data["project_id"])][row] = link
    found = by_project(figures)
    for project_id in sorted({*found, *rows}, key=lambda i: (len(i), i)):
        project = work.links.find("project", "procore", project_id)
        if project is None or project.state != "active":
            continue
        here: dict[bool, list[JobCost]] = {False: [], True: []}
        for figure in found.get(project_id, ()):
            here[_is_foreign(figure, around)].append(figure)
        name = project.procore_name or project_id
        job = Job(id=project_id, name=name, figures=here[False], known=rows[project_id])
        yield job, here[True]


def _is_foreign(figure: JobCost, around: JobCostsAround) -> bool:
    return bool(figure.currency and around.currency and figure.currency != around.currency)


def _due(work: Work, around: JobCostsAround, jobs: Sequence[Job]) -> Iterator[Raw]:
    """Yield the records of projects that have something new."""
    listed = {str(raw["id"]): raw for raw in projects_of(work)}
    around.hidden |= {job.id for job in jobs if job.id not in listed}
    around.inactive |= {j.id for j in jobs if j.id in listed and not listed[j.id].get("active")}
    origins = {job.id: str(listed.get(job.id, {}).get("origin_id") or "") for job in jobs}
    closed = around.hidden | around.inactive
    readable = {int(job.id): job for job in jobs if job.id not in closed and origins[job.id]}
    for project_id, rows in _codes(work, around, readable):
        job = readable[project_id]
        if job.id in around.hidden:
            continue
        records = list(as_now(job, origins[job.id], ProjectCodes.from_procore(rows), work.settings))
        _let_go(work, job.known.keys() - {record["id"] for record in records})
        yield from records
    for job in jobs:
        if int(job.id) not in readable or job.id in around.hidden:
            yield from unread(job)


def _codes(
    work: Work, around: JobCostsAround, projects: Iterable[int]
) -> Iterator[tuple[int, list[Raw]]]:
    """Yield each project's cost codes, reading a few ahead; what Procore hides is remembered."""

    def read(project_id: int) -> Iterator[Raw]:
        try:
            yield from work.procore.cost_codes(project_id)
        except ApiError as error:
            if not not_permitted(error):
                raise
            around.hidden.add(str(project_id))

    return work.procore.each_project(projects, read)


def _let_go(work: Work, rows: Iterable[str]) -> None:
    """Forget rows that nothing comes to any more, and whose code Procore has no longer."""
    if rows and not work.planning_only:
        work.ledger.unlink(KIND, "xero", rows, work.run)


def settle_gone(work: Work, seen: set[str]) -> None:
    """Close what was said of records that are none any more: their costs are elsewhere by now."""
    said = {issue.source_id for issue in work.ledger.issues(ENTITY.name)}
    shelved = {row for row, _ in work.ledger.shelf(ENTITY.name)}
    if gone := (said | shelved) - seen:
        work.ledger.unshelve(ENTITY.name, gone)
        work.ledger.settle_issues(work.run, ENTITY.name, (), judged=gone)


# Setting them


def saved_figures(work: Work, around: JobCostsAround, batch: Sequence[Stored]) -> list[Result]:
    """Set the figures of one project's rows, and return what came of each.

    A row that the answer does not mention is left out: it is in doubt.
    """
    by_job: dict[str, dict[str, Raw]] = defaultdict(dict)
    for stored in batch:
        change = stored.change
        assert isinstance(change, Create | Update)
        row = dict(change.desired.payload)
        by_job[row.pop("job_origin_id")][change.about.source_id] = row
    results = [each for job, rows in by_job.items() for each in _set(work, job, rows)]
    targets = {each.source_id: each.target_id for each in results if isinstance(each, Saved)}
    _take_over(work, around, batch, targets)
    return results


def _set(work: Work, job: str, rows: Mapping[str, Raw]) -> Iterator[Result]:
    answer = work.procore.sync_job_costs(job, list(rows.values()))
    saved = {key: entity for entity in answer.entities for key in _keys(entity)}
    refused = {key: error for error in answer.errors for key in _keys(error)}
    for source_id, row in rows.items():
        keys = _keys(row)
        if entity := next((saved[key] for key in keys if key in saved), None):
            held = held_of(*(money(row[name]) for name in FIGURES))
            yield Saved(source_id=source_id, target_id=str(entity["id"]), held=held)
        elif error := next((refused[key] for key in keys if key in refused), None):
            yield Refused(source_id=source_id, errors=messages_of(error), fix=FIX)


def _keys(row: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """Return what tells a row apart, as far as it says."""
    pairs = [tuple(str(row.get(name) or "") for name in names) for names in _BY]
    return [(names[0], *pair) for names, pair in zip(_BY, pairs, strict=True) if all(pair)]


def _take_over(
    work: Work, around: JobCostsAround, batch: Sequence[Stored], targets: Mapping[str, str]
) -> None:
    """End pairs that these answers contradict: a row in Procore is one record's, and no other's.

    So it is where a cost code was renamed in Procore, or a project was exported anew.
    """
    before = {s.about.source_id: getattr(s.change, "target_id", "") for s in batch}
    ended = [
        *(target for row, target in targets.items() if around.owners.get(target, row) != row),
        *(before[row] for row, target in targets.items() if before[row] not in ("", target)),
    ]
    if ended:
        work.ledger.unlink(KIND, "procore", ended, work.run)


def tool_closed(first: str, error: ApiError) -> MappingError:
    """Return what to say where Procore refused the first call of a run.

    :param first: what that call was about.
    """
    return MappingError(
        "Procore takes no job costs: its ERP Integrations tool is closed to this connection. It was"
        f" asked for {first} first. {in_full(error)}",
        code="ERP_TOOL_CLOSED",
        fix="Ask Procore to activate ERP Integrations for the company, and give the service account"
        " the tool and its projects; or set job_costs.write to none. The figures are in the ledger"
        " all the same.",
    )
