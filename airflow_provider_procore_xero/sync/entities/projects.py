"""Projects become options of a Xero tracking category.

Procore: ``GET /rest/v1.1/projects?view=extended&filters[by_status]=All``. Xero: ``PUT`` and ``POST
/TrackingCategories/{id}/Options``. The pair is kept by ids, so both sides may be renamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from airflow_provider_procore_xero.sync.entity import Condition, Entity, MapRow
from airflow_provider_procore_xero.sync.links import Links
from airflow_provider_procore_xero.sync.plan import Desired, Reason
from airflow_provider_procore_xero.sync.text import cut, plain
from airflow_provider_procore_xero.sync.tracking import (
    NAME_LENGTH,
    TrackingAround,
    TrackingOption,
    not_by_hand,
    option_twin,
    option_url,
)

if TYPE_CHECKING:
    from airflow_provider_procore_xero.sync.settings import ProjectSettings


READY_TO_IMPORT = "READY_TO_IMPORT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A Procore project. *number* is the job number that people know it by."""

    id: int
    name: str
    number: str
    active: bool
    stage: str

    @classmethod
    def from_procore(cls, record: Mapping[str, Any], around: Any = None) -> Self:
        """Read one record of ``GET /rest/v1.1/projects?view=extended``."""
        stage = record.get("project_stage") or {}
        return cls(
            id=record["id"],
            name=plain(record["name"]),
            number=plain(record["project_number"]),
            active=record["active"],
            stage=plain(stage.get("name")),
        )

    @property
    def title(self) -> str:
        return f"{self.number} {self.name}".strip()


@dataclass(kw_only=True)
class ProjectsAround(TrackingAround):
    """*owners* says which project a number belongs to, where several carry it."""

    owners: Mapping[str, int] = field(default_factory=dict)

    def went(self, project: Project) -> bool:
        """Whether the project has been sent already; its stage no longer matters then."""
        link = self.links.find("project", "procore", project.id)
        return link is not None and not link.planned

    def rename_waits(self, project: Project) -> bool:
        """Whether the project was renamed, and the settings want a person to say yes to it."""
        link = self.links.find("project", "procore", project.id)
        if link is None or link.planned or self.settings.projects.rename != "propose":
            return False
        if "wanted" not in link.data:
            return False  # linked by hand: the option keeps the name that people gave it
        return bool(option_name(project, self.settings.projects) != link.data["wanted"])

    def owner(self, project: Project) -> int:
        return self.owners.get(project.number, project.id)


def number_owners(projects: Iterable[Project], links: Links) -> dict[str, int]:
    """Return whose each number is: the linked project's, else the oldest active one's."""

    def rank(project: Project) -> tuple[bool, bool, int]:
        return (
            links.find("project", "procore", project.id) is None,
            not project.active,
            project.id,
        )

    owners: dict[str, int] = {}
    for project in sorted(projects, key=rank, reverse=True):
        if project.number:
            owners[project.number] = project.id
    return owners


def option_name(project: Project, settings: ProjectSettings) -> str:
    """Return the option's name: the template filled, in at most 100 characters.

    The number stands first in every shipped template, so what is cut is the name.
    """
    name = settings.option_name.format(number=project.number, name=project.name)
    return cut(plain(name).strip(" -–."), NAME_LENGTH)


def to_option(project: Project, around: ProjectsAround) -> Desired:
    """Return the tracking option that should stand in Xero for *project*."""
    link = around.links.find("project", "procore", project.id)
    wanted = name = option_name(project, around.settings.projects)
    if link is not None and not link.planned:
        if "wanted" not in link.data:
            name = link.xero_name
        elif around.settings.projects.rename == "never":
            wanted = name = link.data["wanted"]
    return Desired(
        payload={"Name": name},
        name=name,
        data={
            "wanted": wanted,
            "category_id": around.category.id,
            "number": project.number,
            "name": project.name,
        },
    )


IN_AN_ACTIVE_PROJECT = Condition(
    code="PROJECT_INACTIVE",
    asks="Is its project active in Procore?",
    met=lambda r, a: str(r.project_id) not in a.inactive,
    sentence="{r.title}: its project is inactive in Procore, so nothing is sent for it.",
    fix="Make the project active again if it should go on.",
    waits=True,
)
"""What is asked of each document of a project, also of those that were held before."""


def ready_to_import(option: TrackingOption) -> Reason:
    """Return what a person may do with an option that stands for no project."""
    return Reason(
        code="READY_TO_IMPORT",
        sentence=f"Option {option.name!r} in Xero stands for no Procore project.",
        fix="Create the project in Procore, named so that the option would be called the same, and"
        " it is linked by the next run; or link the two by hand. Archive the option if it is done"
        " with.",
        waits=True,
    )


CONDITIONS = (
    Condition(
        code="PROJECT_INACTIVE",
        asks="Is the project active in Procore?",
        met=lambda r, a: r.active,
        sentence="Project {r.title} is inactive in Procore, so nothing is synced for it.",
        fix="Make the project active again if it should go on.",
        waits=True,
    ),
    Condition(
        code="STAGE_NOT_READY",
        asks="Is it linked already, asked for by number, or in the stage that sends it?",
        met=lambda r, a: (
            a.went(r)
            or a.one
            or "stage" not in a.settings.projects.gate
            or r.stage.casefold() == a.settings.projects.stage.casefold()
        ),
        sentence="Project {r.title} is in stage {r.stage!r}, not {s.projects.stage!r}.",
        fix="Set its stage to {s.projects.stage!r} in Procore, or run this flow with its number.",
        waits=True,
    ),
    Condition(
        code="NOWHERE_TO_APPROVE",
        asks="Is it linked already, is no approval asked for, or is there a place to decide?",
        met=lambda r, a: (
            a.went(r)
            or "approval" not in a.settings.projects.gate
            or a.settings.approval.backend != "none"
        ),
        sentence="Project {r.title} needs an approval (projects.gate is {s.projects.gate!r}), but"
        " approval.backend is none.",
        fix="Set approval.backend to airflow to decide in Airflow, or projects.gate to stage or"
        " none.",
    ),
    Condition(
        code="PROJECT_NUMBER_MISSING",
        asks="Does it have a Project Number?",
        met=lambda r, a: bool(r.number) or not a.settings.projects.require_number,
        sentence="Project {r.name} has no Project Number.",
        fix="Give it a Project Number in Procore; it is how people find the project in Xero.",
    ),
    Condition(
        code="NUMBER_CONFLICT",
        asks="Is its Project Number its own?",
        met=lambda r, a: a.owner(r) == r.id,
        sentence="Project number {r.number} already belongs to another project.",
        fix="Give {r.name!r} another Project Number in Procore, or unlink the other project.",
    ),
    Condition(
        code="RENAME_PROPOSED",
        of_linked=True,
        asks="Is its name still what the option was made from?",
        met=lambda r, a: not a.rename_waits(r),
        sentence="Project {r.title} was renamed; its option in Xero still has the old name.",
        fix="Set projects.rename to auto to rename the option, or to never to leave it.",
    ),
)

ENTITY = Entity(
    name="projects",
    kind="project",
    source="procore",
    target="xero",
    batch=1,
    parse=Project.from_procore,
    conditions=CONDITIONS,
    desired=to_option,
    twin=option_twin,
    drifted=not_by_hand(to_option),
    source_url=lambda r, a: a.pages.project(r.id),
    target_url=option_url,
    mapping=(
        MapRow(
            r="R66",
            source="Project `project_number`, `name`",
            target="Tracking option `Name`, in the category `projects.tracking_category`",
            rule="`projects.option_name`, at most 100 characters; the end of a longer name is cut"
            " and replaced by a short hash",
        ),
    ),
)
