"""Direct costs that stay in Procore though Xero's tracking, or the project, is no longer as it was.

Only a document that is dead, or that names other projects now, takes a direct cost away.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_procore_xero.operators.direct_costs import BillsToDirectCostsOperator
from airflow_provider_procore_xero.operators.job_costs import JobCostsOperator
from airflow_provider_procore_xero.operators.reconcile import ReconcileOperator
from tests.flows.contractor import Contractor, Record
from tests.flows.office import FLOWS, SETTINGS, Office
from tests.flows.test_direct_costs import SET_UP, Site, line, total

JOB_COSTS: Record = {**SETTINGS, "job_costs": {"enabled": True}}


@pytest.fixture(autouse=True)
def flows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FLOWS, "direct_costs", BillsToDirectCostsOperator)
    monkeypatch.setitem(FLOWS, "job_costs", JobCostsOperator)
    monkeypatch.setitem(FLOWS, "reconciliation", ReconcileOperator)


@pytest.fixture
def site(office: Office, people: Contractor) -> Site:
    return Site(office, people)


@pytest.fixture
def bill(site: Site) -> Record:
    """Return a bill of 480.00 on one project, whose direct cost is in Procore."""
    bill = site.bill()
    site.run()
    return bill


def option(site: Site, name: str = "A-1", category: str = "Project") -> Record:
    options = site.people.xero.category(category)["Options"]
    return next(o for o in options if o["Name"].startswith(name))


def edited(site: Site, bill: Record, *lines: Record) -> None:
    site.people.xero.edit_bill(bill["InvoiceID"], list(lines))


def night(site: Site, **f: Any) -> dict[str, Any]:
    """Run the flows that costs hang on and then the costs, and return what became of these."""
    return site.office.night(flows=(*SET_UP, "direct_costs"), **f)["direct_costs"]


@pytest.mark.parametrize("how", ["in full", "paid"])
def test_C16_E29_costs_stay_where_the_option_of_their_project_was_archived(
    site: Site, bill: Record, how: str
) -> None:
    option(site)["Status"] = "ARCHIVED"
    if how == "paid":
        site.people.pay(bill, str(bill["AmountDue"]))

    result = night(site, full=how == "in full")

    assert total(site.costs) == Decimal("480.00")
    assert site.office.reasons(result) == {"PROJECT_NOT_LINKED": 1}


def test_E29_a_plan_says_the_same_of_an_archived_option_as_the_run_that_follows_it(
    site: Site, bill: Record
) -> None:
    edited(site, bill, line("500.00"))
    option(site)["Status"] = "ARCHIVED"

    planned = night(site, mode="plan")
    applied = night(site)

    names = ("read", "created", "updated", "unchanged", "held")
    assert [planned[name] for name in names] == [applied[name] for name in names]
    assert total(site.costs) == Decimal("480.00")


def test_E29_once_the_option_is_restored_what_changed_comes_over(site: Site, bill: Record) -> None:
    edited(site, bill, line("500.00"))
    option(site)["Status"] = "ARCHIVED"
    night(site)

    option(site)["Status"] = "ACTIVE"
    night(site)

    assert total(site.costs) == Decimal("500.00")
    assert site.office.issue_codes() == []


def test_C16_costs_of_a_project_that_was_unlinked_stay_and_go_on_when_it_is_linked_again(
    site: Site, bill: Record
) -> None:
    site.office.ledger.unlink("project", "procore", [site.one["id"]])
    held = site.run(full=True)
    edited(site, bill, line("500.00"))
    site.run()
    kept = total(site.costs)

    night(site)

    assert site.office.reasons(held)["PROJECT_NOT_LINKED"] == 2
    assert kept == Decimal("480.00")
    assert [cost["grand_total"] for cost in site.costs] == [Decimal("500.00")]
    assert site.office.issue_codes() == []


@pytest.mark.parametrize("category", ["Project", "Cost Codes"])
def test_E30_where_a_category_was_renamed_costs_wait_for_it_and_nothing_is_taken_away(
    site: Site, bill: Record, category: str
) -> None:
    site.people.xero.category(category)["Name"] = "Job"
    for each in bill["LineItems"]:
        for tracked in each["Tracking"]:
            tracked["Name"] = "Job" if tracked["Name"] == category else tracked["Name"]
    site.people.xero.stamp(bill)

    results = site.office.night(
        flows=("direct_costs", "job_costs", "reconciliation"), settings=JOB_COSTS
    )

    for result in results.values():
        assert site.office.reasons(result) == {"CATEGORY_MISSING": 1}
    assert total(site.costs) == Decimal("480.00")


def test_E15_a_line_that_moves_to_an_option_of_no_project_takes_no_cost_away(
    site: Site, bill: Record
) -> None:
    site.people.xero.add_option("Project", "Overheads")
    edited(site, bill, line("480.00", "Overheads"))

    result = site.run()
    (issue,) = [i for i in site.office.ledger.issues("direct_costs") if i.code == "MOVE_UNCLEAR"]
    project = site.people.project("Overheads")
    site.people.budget_code(project)
    night(site)

    assert site.office.reasons(result) == {"PROJECT_NOT_LINKED": 1, "MOVE_UNCLEAR": 1}
    assert "'Overheads'" in issue.sentence
    assert [cost["project_id"] for cost in site.costs] == [project["id"]]
    assert site.office.issue_codes() == []


def test_E13_a_line_whose_project_was_cleared_takes_its_cost_along(
    site: Site, bill: Record
) -> None:
    edited(site, bill, line("480.00", None))

    result = site.run()

    (note,) = site.office.ledger.flow_report(result["run"]).notes
    assert note.startswith("UNASSIGNED: 1 document with 480.00")
    assert [o.what for o in site.office.outcomes(result)] == ["removed"]
    assert site.costs == []


def test_R19_of_an_inactive_project_nothing_is_taken_away_until_it_is_active_again(
    site: Site, bill: Record
) -> None:
    site.people.procore.projects[site.one["id"]]["active"] = False
    site.people.xero.void_bill(bill["InvoiceID"])
    result = night(site)
    kept = total(site.costs)

    site.people.procore.projects[site.one["id"]]["active"] = True
    night(site)

    assert (site.office.reasons(result), kept) == ({"PROJECT_INACTIVE": 1}, Decimal("480.00"))
    assert site.costs == []
    assert site.office.issue_codes() == []


@pytest.mark.parametrize("answer", ["403", "404"])
def test_of_a_hidden_project_nothing_is_taken_away(site: Site, bill: Record, answer: str) -> None:
    procore = site.people.procore
    procore.switches["not_permitted"] = answer
    procore.permitted_projects -= {site.one["id"]}
    site.people.xero.void_bill(bill["InvoiceID"])

    result = site.run()

    assert site.office.reasons(result) == {"PROJECT_HIDDEN": 1}
    assert total(site.costs) == Decimal("480.00")


# What else is told of them


def test_R84_E29_job_costs_know_the_project_of_an_archived_option(site: Site, bill: Record) -> None:
    option(site)["Status"] = "ARCHIVED"

    site.office.night(flows=(*SET_UP, "job_costs"), settings=JOB_COSTS)

    rows = site.office.ledger.job_costs()
    assert [row.project_id for row in rows] == [str(site.one["id"])]


def test_E29_the_proof_finds_costs_of_an_archived_option_where_they_were(
    site: Site, bill: Record
) -> None:
    option(site)["Status"] = "ARCHIVED"

    site.office.night(flows=(*SET_UP, "direct_costs", "reconciliation"), full=True)

    rows = site.office.ledger.reconciliation()
    assert [(row.place.project_id, row.difference) for row in rows] == [
        (str(site.one["id"]), Decimal("0.00"))
    ]


def test_the_proof_calls_a_cost_that_stays_by_the_reason_that_it_stays_for(
    site: Site, bill: Record
) -> None:
    site.people.xero.add_option("Project", "Overheads")
    edited(site, bill, line("480.00", "Overheads"))

    site.office.night(flows=("direct_costs", "reconciliation"))

    rows = site.office.ledger.reconciliation()
    told = {(e.code, e.amount) for row in rows for e in row.explanations}
    assert ("MOVE_UNCLEAR", Decimal("480.00")) in told
