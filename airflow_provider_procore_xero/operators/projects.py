"""Projects → tracking options."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import UnknownRecord
from airflow_provider_procore_xero.operators.base import ids_of
from airflow_provider_procore_xero.operators.tracking import TrackingOptionOperator
from airflow_provider_procore_xero.sync.approval import named
from airflow_provider_procore_xero.sync.entities.projects import (
    ENTITY,
    READY_TO_IMPORT,
    Project,
    ProjectsAround,
    number_owners,
    ready_to_import,
)
from airflow_provider_procore_xero.sync.report import Outcome

if TYPE_CHECKING:
    from airflow_provider_procore_xero.operators.work import Work


class ProjectsToTrackingOptionsOperator(TrackingOptionOperator):
    """Send projects to Xero, each as an option of one tracking category.

    Without ``project_number`` all that are due go; with it that one goes, whatever its stage.

    :param project_number: the Project Number of one project.
    """

    template_fields = (*TrackingOptionOperator.template_fields, "project_number")
    entity = ENTITY
    selects = ("project_number",)

    def __init__(self, *, project_number: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.project_number = project_number

    def around(self, work: Work) -> ProjectsAround:
        settings = work.settings.projects
        category = self.category(work, settings.tracking_category)
        self.follow_renames(work, category, ENTITY.kind)
        links = work.load_links(ENTITY.kind)
        if category.active >= settings.option_warning:
            work.note(
                f"Category {category.name!r} has {category.active} active options; Xero recommends"
                " at most 100, and its reports slow down beyond. Archive those of closed projects."
            )
        projects = [Project.from_procore(raw) for raw in projects_of(work) if _readable(raw)]
        return ProjectsAround(
            settings=work.settings,
            links=links,
            pages=work.pages(),
            one=work.asked.one,
            category=category,
            kind=ENTITY.kind,
            limit=settings.option_limit,
            owners=number_owners(projects, links),
        )

    def read(self, work: Work, around: ProjectsAround) -> Iterator[dict[str, Any]]:
        number = work.asked.project_number
        yield from projects_numbered(work, number) if number else projects_of(work)

    def finish(self, work: Work, around: ProjectsAround) -> None:
        if not work.asked.one:
            _ready_to_import(work, around)

    def people(
        self, work: Work, around: ProjectsAround, raws: Sequence[Mapping[str, Any]]
    ) -> dict[str, str]:
        """Ask the one list that knows who created a project, once in a DAG run."""
        wanted = set(ids_of(raws))
        return {
            str(raw["id"]): named(raw["created_by"] or {})
            for raw in work.small("project creators", work.procore.project_creators)
            if str(raw["id"]) in wanted
        }


def projects_of(work: Work) -> list[dict[str, Any]]:
    """Return every project of the company, inactive ones too; read once in a DAG run."""
    return work.projects()


def inactive_projects(work: Work) -> frozenset[str]:
    """Return the ids of the projects that are switched off in Procore."""
    return frozenset(str(p["id"]) for p in projects_of(work) if not p.get("active"))


def chosen_projects(work: Work) -> list[int]:
    """Return the ids of the projects whose documents are looked at: integrated, and active.

    Documents of a project whose option was archived are read too, to be held by name.
    """
    number = work.asked.project_number
    chosen = []
    for raw in projects_numbered(work, number) if number else projects_of(work):
        link = work.links.find("project", "procore", raw["id"])
        if link is None:
            if number:
                work.note(f"PROJECT_NOT_LINKED: project {number} is not integrated.")
                chosen.append(raw["id"])
        elif raw.get("active"):
            chosen.append(raw["id"])
        else:
            work.note(f"PROJECT_INACTIVE: {raw.get('name')} is inactive, so it is left out.")
    return chosen


def projects_numbered(work: Work, number: str) -> list[dict[str, Any]]:
    """Return the projects with this Project Number.

    :raises UnknownRecord: if there is none.
    """
    found = [p for p in projects_of(work) if str(p.get("project_number") or "").strip() == number]
    if not found:
        raise UnknownRecord(
            f"Procore has no project with the number {number!r} that this connection may see."
            " Check the number, and that the project is among the service account's permitted"
            " projects."
        )
    return found


def _ready_to_import(work: Work, around: ProjectsAround) -> None:
    """List the options that stand for no project, and close what was said of others before."""
    ledger = work.ledger
    said = {i.source_id for i in ledger.issues(ENTITY.name) if i.code == READY_TO_IMPORT}
    linked = {link.xero_id for link in ledger.links(ENTITY.kind)}
    if work.planning_only:
        linked |= {link.xero_id for link in work.planned([ENTITY.kind])}
    wanted = work.settings.projects.import_options
    free = [o for o in around.category.options if o.active and o.id not in linked and wanted]
    ready = [
        Outcome(
            entity=ENTITY.name,
            what="held",
            source_id=option.id,
            title=option.name,
            target_id=option.id,
            reasons=(ready_to_import(option),),
            xero_url=ENTITY.target_url(option.id, {"category_id": around.category.id}, around),
        )
        for option in free
    ]
    ledger.add_outcomes(work.run, ready)
    if not work.planning_only:
        ledger.settle_issues(work.run, ENTITY.name, ready, judged=said)


def _readable(raw: dict[str, Any]) -> bool:
    return {"id", "name", "project_number", "active"} <= raw.keys()
