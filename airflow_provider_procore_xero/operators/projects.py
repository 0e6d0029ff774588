"""Projects → tracking options."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import UnknownRecord
from airflow_provider_procore_xero.operators.tracking import TrackingOptionOperator
from airflow_provider_procore_xero.sync.entities.projects import (
    ENTITY,
    Project,
    ProjectsAround,
    number_owners,
)

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


def projects_of(work: Work) -> list[dict[str, Any]]:
    """Return every project of the company, inactive ones too; read once in a DAG run."""
    return work.small("projects", work.procore.projects)


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


def _readable(raw: dict[str, Any]) -> bool:
    return {"id", "name", "project_number", "active"} <= raw.keys()
