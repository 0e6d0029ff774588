"""Projects → tracking options, as both systems see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
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


def test_a_run_remembers_what_company_and_organisation_are_called_without_a_call_for_it(
    office: Office, people: Contractor
) -> None:
    people.project("A-1")

    result = office.run("projects")

    run = office.ledger.run(result["run"])
    assert run.company == people.procore.company["name"] != ""
    assert run.organisation == people.xero.organisation["Name"] != ""


def test_R32_R66_a_project_goes_once_it_is_put_into_the_stage(
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


def test_C3_E27_other_settings_have_every_project_judged_again(
    office: Office, people: Contractor
) -> None:
    people.project("A-1", name="Riverside")
    office.run("projects", settings=with_projects(rename="auto"))

    again = office.run(
        "projects", settings=with_projects(rename="auto", option_name="{name} ({number})")
    )

    assert (again["updated"], again["unchanged"]) == (1, 0)
    assert people.options("Project") == {"Riverside (A-1)": "ACTIVE"}


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


def with_projects(**projects: Any) -> dict[str, Any]:
    return {**SETTINGS, "projects": projects}


def notes(office: Office, flow: str) -> str:
    (run,) = office.ledger.runs(entity=flow, limit=1)
    return " ".join(run.notes)


def test_E32_the_last_report_of_an_inactive_project_names_its_unpaid_bills_once(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    paid = people.claim(people.procore.commitments[claim["commitment_id"]], "100.00")
    office.night()
    people.pay(people.bill_of(paid), "109.25")
    people.procore.deactivate_project(claim["project_id"])

    office.night("plan")
    planned = notes(office, "payments")
    office.night()
    last = notes(office, "payments")
    office.night()

    bill = people.bill_of(claim)
    assert planned == last
    assert "Still due in Xero, 1,638.75 together" in last
    assert bill["InvoiceID"] in last
    assert people.bill_of(paid)["InvoiceID"] not in last
    assert notes(office, "payments") == ""


def test_E32_payments_follow_an_inactive_project_for_as_long_as_the_settings_say(
    office: Office, people: Contractor
) -> None:
    settings = with_projects(payments_tail_days=30)
    claim = people.one_claim()
    office.night(settings=settings)
    people.procore.deactivate_project(claim["project_id"])
    office.night(settings=settings)
    bill = people.bill_of(claim)

    with time_machine.travel(datetime.now(UTC) + timedelta(days=29), tick=True):
        people.pay(bill, "115.00")
        during = office.night(settings=settings)["payments"]
        said = notes(office, "payments")
    with time_machine.travel(datetime.now(UTC) + timedelta(days=31), tick=True):
        people.pay(bill, "11.50")
        after = office.night(settings=settings)["payments"]

    assert (during["created"], said) == (1, "")
    assert office.reasons(after) == {"PROJECT_INACTIVE": 1}
    assert "Still due in Xero, 1,512.25" in notes(office, "payments")
    assert [p["amount"] for p in people.payments] == [Decimal("100.00")]


def test_E32_a_project_that_is_active_again_is_said_farewell_to_again(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    office.night()
    project = people.procore.deactivate_project(claim["project_id"])
    office.night()
    people.procore.touch(project, active=True)
    office.night()
    people.procore.deactivate_project(claim["project_id"])

    office.night()

    assert "Still due in Xero" in notes(office, "payments")


def test_C21_options_without_a_project_are_listed_as_ready_to_import_where_that_is_wanted(
    office: Office, people: Contractor
) -> None:
    people.project("A-1")
    people.xero.add_option("Project", "A-1")
    people.xero.add_option("Project", "Old job")
    settings = with_projects(**{"import": True})

    off = office.run("projects")
    planned = office.run("projects", "plan", settings=settings)
    on = office.run("projects", settings=settings)
    (issue,) = office.ledger.issues("projects")
    people.project("Old job")
    office.run("projects", settings=settings)

    assert office.reasons(off) == {}
    assert office.reasons(planned) == office.reasons(on) == {"READY_TO_IMPORT": 1}
    assert (issue.title, issue.code) == ("Old job", "READY_TO_IMPORT")
    assert office.issue_codes() == []
    assert len(people.procore.projects) == 2


def test_C21_nothing_is_ready_to_import_any_more_once_the_switch_is_off(
    office: Office, people: Contractor
) -> None:
    people.xero.add_option("Project", "Old job")
    office.run("projects", settings=with_projects(**{"import": True}))

    office.run("projects")

    assert office.issue_codes() == []


@pytest.mark.parametrize("what", ["archived", "renamed"])
def test_E30_a_category_that_was_archived_or_renamed_stops_its_flow_and_nothing_else(
    office: Office, people: Contractor, what: str
) -> None:
    people.one_claim()
    category = people.xero.category("Project")
    category |= {"Status": "ARCHIVED"} if what == "archived" else {"Name": "Jobs"}

    night = office.night()

    (issue,) = office.ledger.issues("projects")
    assert issue.code == "CATEGORY_MISSING"
    assert "Two can be active at once" in issue.fix
    assert night["contacts"]["created"] + night["contacts"]["linked"] == 1
    assert people.bills == []


def test_E30_C3_a_renamed_category_is_found_again_once_the_settings_name_it(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    office.night()
    people.xero.category("Project")["Name"] = "Jobs"
    people.claim(people.procore.commitments[claim["commitment_id"]], "10.00")

    office.night(settings=with_projects(tracking_category="Jobs"))

    assert people.options("Jobs") == {"A-1": "ACTIVE"}
    assert len(people.bills) == 2


def test_C16_inactive_pauses_and_only_unlinking_by_hand_ends(
    office: Office, people: Contractor
) -> None:
    claim = people.one_claim()
    office.night()
    people.procore.deactivate_project(claim["project_id"])
    office.night()
    paused = [link.state for link in office.ledger.links("project")]

    office.ledger.unlink("project", "procore", [str(claim["project_id"])])

    assert paused == ["active"]
    assert office.ledger.links("project") == []
    assert people.options("Project") == {"A-1": "ACTIVE"}


def test_E46_an_option_keeps_its_full_name_in_the_link_and_the_plan_shows_the_cut_one(
    office: Office, people: Contractor
) -> None:
    settings = with_projects(option_name="{number} {name}")
    ends = ("north", "south")
    for number, end in enumerate(ends):
        people.project(f"A-{number}", name="A very long name of a bridge " * 5 + end)

    planned = office.run("projects", "plan", settings=settings)
    payloads = [
        stored.change.desired.payload["Name"] for stored in office.ledger.changes(planned["plan"])
    ]
    office.run("projects", settings=settings)
    office.run("projects", settings=settings)

    options = people.options("Project")
    assert set(payloads) == set(options)
    assert len(options) == 2
    assert all(len(name) <= 100 for name in options)
    assert {link.data["name"].rsplit(" ", 1)[1] for link in office.ledger.links("project")} == {
        *ends
    }
