"""Projects → tracking options, as both systems see it."""

from __future__ import annotations

import pytest
from airflow.sdk.exceptions import AirflowFailException

from tests.flows.contractor import Contractor
from tests.flows.office import SETTINGS, Office


def renaming(how: str) -> dict[str, object]:
    return {**SETTINGS, "projects": {"rename": how}}


def test_R15_a_project_without_a_number_is_not_sent(office: Office, people: Contractor) -> None:
    people.project(None)

    result = office.run("projects")

    assert not office.writes()
    assert office.reasons(result) == {"PROJECT_NUMBER_MISSING": 1}


def test_R16_R35_all_means_every_project_in_the_stage_and_no_other(
    office: Office, people: Contractor
) -> None:
    people.project("A-1")
    people.project("B-2")
    people.project("C-3", stage="Bidding")

    result = office.run("projects")

    assert people.options("Project") == {"A-1": "ACTIVE", "B-2": "ACTIVE"}
    assert office.reasons(result) == {"STAGE_NOT_READY": 1}


def test_R32_a_project_goes_once_it_is_put_into_the_stage(
    office: Office, people: Contractor
) -> None:
    project = people.project("A-1", stage="Bidding")
    office.run("projects")

    people.procore.move_project(project["id"], "Send to Xero")
    office.run("projects")

    assert people.options("Project") == {"A-1": "ACTIVE"}


def test_R17_a_linked_project_goes_on_whatever_its_stage(
    office: Office, people: Contractor
) -> None:
    project = people.project("A-1")
    office.run("projects")
    people.procore.move_project(project["id"], "Warranty")

    result = office.run("projects")

    assert (result["unchanged"], result["held"]) == (1, 0)
    assert len(office.writes()) == 1


def test_R18_R36_one_project_goes_in_any_stage_and_no_other_with_it(
    office: Office, people: Contractor
) -> None:
    people.project("A-1")
    people.project("B-2", stage="Bidding")

    result = office.run("projects", project_number="B-2")

    assert result["read"] == 1
    assert people.options("Project") == {"B-2": "ACTIVE"}


def test_R36_an_unknown_project_number_fails_with_the_number(
    office: Office, people: Contractor
) -> None:
    people.project("A-1")

    with pytest.raises(AirflowFailException, match="no project with the number 'Z-9'"):
        office.run("projects", project_number="Z-9")

    assert "Z-9" in office.last["projects"].pushed["error"]
    assert "Z-9" in office.ledger.runs(limit=1)[0].error
    assert not office.writes()


def test_R19_an_inactive_project_stops_in_every_flow_and_goes_on_when_it_is_active_again(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    office.night()
    project = people.procore.deactivate_project(claim["project_id"])
    contract = people.procore.commitments[claim["commitment_id"]]
    people.claim(contract, "10.00")
    people.pay(people.bill_of(claim), "50.00")
    office.forget_calls()

    stopped = office.night()
    writes_while_inactive = len(office.writes())
    people.procore.touch(project, active=True)
    office.night()

    assert writes_while_inactive == 0
    assert office.reasons(stopped["projects"]) == {"PROJECT_INACTIVE": 1}
    assert office.reasons(stopped["payments"]) == {"PROJECT_INACTIVE": 1}
    assert people.options("Project") == {"A-1": "ACTIVE"}
    assert (len(people.bills), len(people.payments)) == (2, 1)


def test_R33_E26_of_two_projects_with_one_number_the_second_is_refused(
    office: Office, people: Contractor
) -> None:
    first = people.project("A-1", name="Bridge")
    office.run("projects")
    second = people.project("A-1", name="Tunnel")

    result = office.run("projects")

    held = [o for o in office.outcomes(result) if o.what == "held"]
    assert [(o.source_id, o.reasons[0].code) for o in held] == [
        (str(second["id"]), "NUMBER_CONFLICT")
    ]
    assert [link.procore_id for link in office.ledger.links("project")] == [str(first["id"])]
    assert people.options("Project") == {"A-1": "ACTIVE"}


def test_R34_without_the_category_the_flow_says_so_and_sends_nothing(
    office: Office, people: Contractor
) -> None:
    people.project("A-1")
    people.xero.category("Project")["Name"] = "Region"

    result = office.run("projects")

    assert not office.writes()
    assert office.reasons(result) == {"CATEGORY_MISSING": 1}
    assert office.ledger.run(result["run"]).state == "blocked"
    assert "'Project'" in office.ledger.issues("projects")[0].sentence


def test_R34_the_issue_of_the_category_closes_once_it_is_there(
    office: Office, people: Contractor
) -> None:
    people.project("A-1")
    category = people.xero.category("Project")
    category["Name"] = "Region"
    office.run("projects")

    category["Name"] = "Project"
    office.run("projects")

    assert office.issue_codes() == []


def test_E27_a_rename_is_proposed_first(office: Office, people: Contractor) -> None:
    project = people.project("A-1")
    office.run("projects")
    people.procore.rename_project(project["id"], project_number="A-100")

    result = office.run("projects")

    assert office.reasons(result) == {"RENAME_PROPOSED": 1}
    assert people.options("Project") == {"A-1": "ACTIVE"}


@pytest.mark.parametrize(("how", "name"), [("auto", "A-100"), ("never", "A-1")])
def test_E27_a_renumbered_project_keeps_its_one_option(
    office: Office, people: Contractor, how: str, name: str
) -> None:
    project = people.project("A-1")
    office.run("projects", settings=renaming(how))
    (before,) = people.xero.category("Project")["Options"]
    option_id = before["TrackingOptionID"]
    people.procore.rename_project(project["id"], project_number="A-100")

    office.run("projects", settings=renaming(how))

    options = people.xero.category("Project")["Options"]
    assert [(o["TrackingOptionID"], o["Name"]) for o in options] == [(option_id, name)]


def test_E28_an_option_renamed_in_xero_keeps_its_link_and_its_new_name_on_bills(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    office.night(flows=("projects", "contacts", "cost_codes"))
    people.xero.rename_option("A-1", "A-1 Bridge")

    results = office.night()

    assert results["projects"]["unchanged"] == 1
    tracking = people.bill_of(claim)["LineItems"][0]["Tracking"]
    assert "A-1 Bridge" in [t["Option"] for t in tracking]


@pytest.mark.parametrize("act", ["archive_option", "delete_option"])
def test_E29_claims_of_an_archived_or_deleted_option_are_held_and_the_option_is_an_issue(
    office: Office, people: Contractor, act: str
) -> None:
    people.one_claim()
    office.night(flows=("projects", "contacts", "cost_codes"))
    getattr(people.xero, act)("A-1")

    results = office.night()

    assert people.bills == []
    assert office.reasons(results["projects"]) in ({"OPTION_ARCHIVED": 1}, {"OPTION_GONE": 1})
    assert office.reasons(results["subcontractor_invoices"]) == {"PROJECT_NOT_LINKED": 1}


def test_E29_a_restored_option_is_used_again_and_its_claims_go(
    office: Office, people: Contractor
) -> None:
    people.one_claim()
    office.night(flows=("projects", "contacts", "cost_codes"))
    people.xero.archive_option("A-1")
    office.night()

    people.xero.option("A-1")["Status"] = "ACTIVE"
    office.night()

    assert len(people.bills) == 1
    assert office.issue_codes() == []


def test_E31_from_the_warning_on_the_run_says_how_many_options_there_are(
    office: Office, people: Contractor
) -> None:
    settings = {**SETTINGS, "projects": {"option_warning": 1, "option_limit": 2}}
    for number in ("A-1", "B-2", "C-3"):
        people.project(number)

    result = office.run("projects", settings=settings)
    office.run("projects", settings=settings)

    assert office.reasons(result) == {"OPTION_LIMIT": 1}
    assert len(people.options("Project")) == 2
    (run,) = office.ledger.runs(entity="projects", limit=1)
    assert "2 active options" in " ".join(run.notes)


def test_E31_xeros_own_limit_is_told_in_its_words(office: Office, people: Contractor) -> None:
    office.simulator.set_switches(option_limit=1)
    people.project("A-1")
    people.project("B-2")

    result = office.run("projects")
    again = office.run("projects")

    assert (result["created"], result["refused"]) == (1, 1)
    assert (again["created"], again["refused"]) == (0, 1)
    assert office.issue_codes() == ["REFUSED"]
    assert office.ledger.doubts("projects") == []


def test_E32_bills_of_a_project_that_goes_inactive_are_left_as_they_are(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    office.night()
    people.procore.deactivate_project(claim["project_id"])
    payment = people.pay(people.bill_of(claim), "50.00")

    held = office.night()["payments"]
    people.xero.delete_payment(payment["PaymentID"])
    office.night()

    assert office.reasons(held) == {"PROJECT_INACTIVE": 1}
    assert len(people.bills) == 1
    assert people.payments == []
