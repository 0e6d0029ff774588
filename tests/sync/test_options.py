"""Projects and cost codes become tracking options: which go, under which name, into which place."""

from __future__ import annotations

from typing import Any

import pytest

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.sync.entities import cost_codes, projects
from airflow_provider_procore_xero.sync.entities.cost_codes import by_code
from airflow_provider_procore_xero.sync.entities.projects import ProjectsAround, number_owners
from airflow_provider_procore_xero.sync.links import Link, Links
from airflow_provider_procore_xero.sync.plan import Adopt, Create, Hold, Keep, Update
from airflow_provider_procore_xero.sync.planning import make_changes
from airflow_provider_procore_xero.sync.tracking import TrackingCategory
from tests.sync.builders import (
    a_category,
    a_category_row,
    a_code_link,
    a_code_row,
    a_codes_around,
    a_project,
    a_project_link,
    a_project_row,
    a_projects_around,
    an_option_row,
    change_of,
    some_settings,
    why_held,
)

PROJECTS, CODES = projects.ENTITY, cost_codes.ENTITY


def named(template: str, **project: Any) -> str:
    """The option that a project becomes."""
    around = a_projects_around(settings=some_settings(projects={"option_name": template}))
    change = change_of(PROJECTS, a_project_row(**project), around)
    assert isinstance(change, Create)
    assert change.desired.payload == {"Name": change.desired.name}
    return change.desired.name


def a_sent_project(**project: Any) -> Link:
    """The link that stands once the project was sent as it is in *project*."""
    change = change_of(PROJECTS, a_project_row(**project), a_projects_around())
    assert isinstance(change, Create)
    return a_project_link(
        xero_id="opt-1",
        xero_name=change.desired.name,
        wrote=change.wrote,
        data=change.desired.data,
    )


def around_sent(link: Link, *, rename: str = "propose", option: Any = None) -> ProjectsAround:
    option = option or an_option_row(link.xero_name, TrackingOptionID="opt-1")
    return a_projects_around(
        link,
        category=a_category(option),
        settings=some_settings(projects={"rename": rename}),
    )


# Which projects go


def test_R15_a_project_without_a_number_is_held() -> None:
    for number in (None, "", "  "):
        held = why_held(PROJECTS, a_project_row(number), a_projects_around())

        assert list(held) == ["PROJECT_NUMBER_MISSING"]
        assert "Riverside" in held["PROJECT_NUMBER_MISSING"]


def test_R15_C18_unless_the_settings_do_without() -> None:
    around = a_projects_around(settings=some_settings(projects={"require_number": False}))

    assert isinstance(change_of(PROJECTS, a_project_row(None), around), Create)


def test_R16_an_unlinked_project_goes_only_in_the_stage_that_sends_it() -> None:
    for stage in ("Bidding", None):
        held = why_held(PROJECTS, a_project_row(stage=stage), a_projects_around())
        assert list(held) == ["STAGE_NOT_READY"]

    assert isinstance(
        change_of(PROJECTS, a_project_row(stage="send to xero"), a_projects_around()), Create
    )


def test_R31_the_stage_is_the_settings() -> None:
    around = a_projects_around(settings=some_settings(projects={"stage": "Bauphase"}))

    assert isinstance(change_of(PROJECTS, a_project_row(stage="Bauphase"), around), Create)


def test_R17_once_linked_the_stage_no_longer_matters() -> None:
    change = change_of(PROJECTS, a_project_row(stage="Warranty"), around_sent(a_sent_project()))

    assert isinstance(change, Keep)


def test_R18_a_project_asked_for_by_number_goes_in_any_stage() -> None:
    around = a_projects_around(one=True)

    assert isinstance(change_of(PROJECTS, a_project_row(stage="Bidding"), around), Create)


def test_R19_an_inactive_project_waits_even_when_linked_or_asked_for() -> None:
    row = a_project_row(active=False)

    for around in (a_projects_around(one=True), around_sent(a_sent_project())):
        assert list(why_held(PROJECTS, row, around)) == ["PROJECT_INACTIVE"]


def test_every_reason_is_given_not_only_the_first() -> None:
    row = a_project_row(None, stage="Bidding", active=False)

    assert list(why_held(PROJECTS, row, a_projects_around())) == [
        "PROJECT_INACTIVE", "STAGE_NOT_READY", "PROJECT_NUMBER_MISSING",
    ]  # fmt: skip


@pytest.mark.parametrize("gate", ["approval", "stage_then_approval"])
def test_a_gate_that_asks_for_approval_with_nowhere_to_decide_holds_what_is_not_linked(
    gate: str,
) -> None:
    around = a_projects_around(settings=some_settings(projects={"gate": gate}))

    assert "NOWHERE_TO_APPROVE" in why_held(PROJECTS, a_project_row(), around)


def test_without_a_gate_every_stage_goes() -> None:
    around = a_projects_around(settings=some_settings(projects={"gate": "none"}))

    assert isinstance(change_of(PROJECTS, a_project_row(stage="Bidding"), around), Create)


# Numbers


def test_R33_E26_a_number_belongs_to_the_oldest_active_project() -> None:
    listed = [a_project(id=9), a_project(id=7), a_project(id=5, active=False)]
    around = a_projects_around(owners=number_owners(listed, Links()))

    held = why_held(PROJECTS, a_project_row(id=9), around)

    assert list(held) == ["NUMBER_CONFLICT"]
    assert isinstance(change_of(PROJECTS, a_project_row(id=7), around), Create)


def test_E26_a_linked_project_keeps_its_number_before_an_older_one() -> None:
    listed = [a_project(id=7), a_project(id=9)]

    owners = number_owners(listed, Links([a_project_link(procore_id="9")]))

    assert owners == {"A-1": 9}


def test_a_number_that_only_an_inactive_project_had_is_free() -> None:
    assert number_owners([a_project(id=5, active=False), a_project(id=9)], Links()) == {"A-1": 9}


# Names


@pytest.mark.parametrize(
    ("template", "name"),
    [("{number} {name}", "A-1 Riverside"), ("{number}", "A-1"), ("{name}", "Riverside")],
)
def test_C3_an_option_is_named_by_the_template(template: str, name: str) -> None:
    assert named(template) == name


def test_R33_E46_a_long_name_is_cut_but_keeps_its_number_and_stays_its_own() -> None:
    one = named("{number} {name}", name="Long " * 30)
    other = named("{number} {name}", name="Long " * 30 + "II")

    assert one.startswith("A-1 Long")
    assert one != other
    assert len(one) == len(other) <= 100


def test_E47_a_name_is_plain_text_without_stray_signs_at_its_ends() -> None:
    assert named("{number} {name}", name="<i>Pier &amp; Quay</i>\n") == "A-1 Pier & Quay"
    around = a_projects_around(settings=some_settings(projects={"require_number": False}))
    change = change_of(PROJECTS, a_project_row(None), around)
    assert isinstance(change, Create)
    assert change.desired.name == "Riverside"


# Options that are there already


def test_an_option_of_the_name_is_linked_and_not_doubled() -> None:
    around = a_projects_around(category=a_category("a-1  RIVERSIDE"))

    change = change_of(PROJECTS, a_project_row(), around)

    assert isinstance(change, Adopt)
    assert change.target_id == "opt-a-1  RIVERSIDE"


def test_one_that_stands_for_another_project_is_not_taken() -> None:
    other = a_project_link(procore_id="8", xero_id="opt-A-1 Riverside", procore_name="B-2 Pier")
    around = a_projects_around(other, category=a_category("A-1 Riverside"))

    held = why_held(PROJECTS, a_project_row(), around)

    assert list(held) == ["OPTION_TAKEN"]
    assert "B-2 Pier" in held["OPTION_TAKEN"]


def test_two_projects_of_one_run_never_become_one_option() -> None:
    around = a_projects_around(settings=some_settings(projects={"option_name": "{name}"}))
    rows = [a_project_row("A-1", id=7), a_project_row("B-2", id=8)]

    first, second = make_changes(PROJECTS, rows, around)

    assert isinstance(first, Create)
    assert isinstance(second, Hold)
    assert second.reasons[0].code == "OPTION_TAKEN"


def test_E29_an_archived_option_of_the_name_holds_the_project() -> None:
    around = a_projects_around(
        category=a_category(an_option_row("A-1 Riverside", Status="ARCHIVED"))
    )

    assert list(why_held(PROJECTS, a_project_row(), around)) == ["OPTION_ARCHIVED"]


def test_E29_a_linked_option_that_was_archived_or_deleted_holds_the_project() -> None:
    link = a_sent_project()
    archived = an_option_row(link.xero_name, TrackingOptionID="opt-1", Status="ARCHIVED")
    elsewhere = an_option_row("Else")

    for option, code in ((archived, "OPTION_ARCHIVED"), (elsewhere, "OPTION_GONE")):
        held = why_held(PROJECTS, a_project_row(), around_sent(link, option=option))
        assert list(held) == [code]


def test_E31_beyond_the_settings_limit_no_option_is_made() -> None:
    around = a_projects_around(category=a_category("One", "Two"), limit=3)
    rows = [a_project_row("A-1", id=7), a_project_row("B-2", id=8)]

    first, second = make_changes(PROJECTS, rows, around)

    assert isinstance(first, Create)
    assert isinstance(second, Hold)
    assert second.reasons[0].code == "OPTION_LIMIT"


def test_E31_archived_options_do_not_count() -> None:
    old = an_option_row("Old", Status="ARCHIVED")

    assert a_category("One", old).active == 1
    around = a_projects_around(category=a_category("One", old), limit=2)
    assert isinstance(change_of(PROJECTS, a_project_row(), around), Create)


# Renames


def test_E27_a_renamed_project_is_proposed_and_its_option_left_alone() -> None:
    held = why_held(PROJECTS, a_project_row(name="Lakeside"), around_sent(a_sent_project()))

    assert list(held) == ["RENAME_PROPOSED"]


def test_E27_or_renames_the_same_option_and_makes_no_second_one() -> None:
    around = around_sent(a_sent_project(), rename="auto")

    change = change_of(PROJECTS, a_project_row(name="Lakeside"), around)

    assert isinstance(change, Update)
    assert change.target_id == "opt-1"
    assert change.desired.payload == {"Name": "A-1 Lakeside"}


def test_E27_or_is_never_renamed() -> None:
    around = around_sent(a_sent_project(), rename="never")

    assert isinstance(change_of(PROJECTS, a_project_row(name="Lakeside"), around), Keep)


def test_E28_an_option_renamed_in_xero_stays_linked_and_keeps_its_new_name() -> None:
    link = a_sent_project()
    renamed = an_option_row("What people call it", TrackingOptionID="opt-1")

    assert isinstance(change_of(PROJECTS, a_project_row(), around_sent(link, option=renamed)), Keep)


def test_an_option_linked_by_hand_keeps_the_name_that_people_gave_it() -> None:
    by_hand = a_project_link(xero_id="opt-1", xero_name="Old name")

    change = change_of(PROJECTS, a_project_row(), around_sent(by_hand))

    assert isinstance(change, Update)
    assert change.desired.payload == {"Name": "Old name"}


# Categories


def test_R34_the_category_is_found_by_its_name_in_any_case() -> None:
    assert TrackingCategory.named(" project ", [a_category_row(name="Project")]).name == "Project"


@pytest.mark.parametrize(
    "rows", [[], [a_category_row(name="Region")], [a_category_row(Status="ARCHIVED")]]
)
def test_R34_R44_a_category_that_is_missing_or_archived_is_named(rows: Any) -> None:
    with pytest.raises(MappingError, match="'Project'") as missing:
        TrackingCategory.named("Project", rows)

    assert missing.value.code == "CATEGORY_MISSING"
    assert "'Project'" in missing.value.fix


def test_E29_E30_options_that_are_archived_or_in_another_category_have_stopped() -> None:
    category = a_category(
        an_option_row("A-1"), an_option_row("B-2", TrackingOptionID="old", Status="ARCHIVED")
    )
    links = [
        a_project_link(procore_id="1", xero_id="opt-A-1"),
        a_project_link(procore_id="2", xero_id="old"),
        a_project_link(procore_id="3", xero_id="opt-3", data={"category_id": "another"}),
        a_project_link(procore_id="4", xero_id="opt-4", data={"category_id": category.id}),
    ]

    assert category.stopped(links) == {"2", "3"}


# Cost codes


@pytest.mark.parametrize(
    ("template", "name"),
    [
        ("{cost_code}", "02-300"),
        ("{cost_code} {name}", "02-300 Earthwork"),
        ("{cost_code}.{cost_type}", "02-300"),
    ],
)
def test_R42_a_standard_code_becomes_an_option_named_by_the_format(
    template: str, name: str
) -> None:
    around = a_codes_around(settings=some_settings(cost_codes={"code_format": template}))

    change = change_of(CODES, a_code_row(), around)

    assert isinstance(change, Create)
    assert change.desired.payload == {"Name": name}
    assert change.desired.data["code"] == "02-300"


def test_R42_a_code_that_was_sent_is_kept() -> None:
    change = change_of(CODES, a_code_row(), a_codes_around())
    assert isinstance(change, Create)
    link = a_code_link(
        procore_id="31", xero_id="opt-02-300", wrote=change.wrote, data=change.desired.data
    )
    around = a_codes_around(link, category=a_category("02-300", name="Cost Codes"))

    assert isinstance(change_of(CODES, a_code_row(), around), Keep)


def test_a_code_without_a_code_is_held() -> None:
    assert list(why_held(CODES, a_code_row(""), a_codes_around())) == ["COST_CODE_EMPTY"]


def test_R20_E38_documents_find_only_codes_whose_option_can_be_used() -> None:
    links = Links(
        [a_code_link("02-300"), a_code_link("03-100", state="orphaned"), a_code_link("4", data={})]
    )

    assert set(by_code(links)) == {"02-300"}
