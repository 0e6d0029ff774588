"""Journal entries → direct costs, as both systems see it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_procore_xero.operators.journal_entries import (
    JournalEntriesToDirectCostsOperator,
)
from tests.flows.contractor import Contractor, Record, recently
from tests.flows.office import FLOWS, SETTINGS, Office

SET_UP = ("projects", "cost_codes")
ON = {**SETTINGS, "journals": {"enabled": True}}


@pytest.fixture(autouse=True)
def flow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FLOWS, "journal_entries", JournalEntriesToDirectCostsOperator)


@pytest.fixture
def projects(office: Office, people: Contractor) -> list[Record]:
    """Return two integrated projects, each with a budget code."""
    made = [people.project(number) for number in ("A-1", "B-2")]
    for project in made:
        people.budget_code(project)
    office.night(flows=SET_UP)
    return made


def journal_line(amount: str, option: str | None = "A-1", account: str = "310") -> Record:
    tracking = [{"Name": "Cost Codes", "Option": "02-300"}]
    if option:
        tracking.append({"Name": "Project", "Option": option})
    return {"LineAmount": amount, "AccountCode": account, "Tracking": tracking}


def moved(people: Contractor, **f: Any) -> Record:
    """Enter a journal that moves 500.00 from one project to the other."""
    lines = [journal_line("500.00"), journal_line("-500.00", "B-2")]
    return people.xero.add_manual_journal("Skips went to A-1", lines, on=recently(3), **f)


def costs(people: Contractor) -> list[Record]:
    return list(people.procore.direct_costs.values())


def test_R30_journals_stay_in_xero_unless_they_are_switched_on(
    office: Office, people: Contractor, projects: list[Record]
) -> None:
    moved(people)
    office.forget_calls()

    result = office.run("journal_entries")

    assert (result["read"], costs(people)) == (0, [])
    assert not office.reads("xero")


def test_R30_a_posted_journal_becomes_an_expense_on_each_of_its_projects(
    office: Office, people: Contractor, projects: list[Record]
) -> None:
    journal = moved(people)

    office.run("journal_entries", settings=ON)
    again = office.run("journal_entries", settings=ON)

    one, two = costs(people)
    assert [cost["grand_total"] for cost in (one, two)] == [Decimal(500), Decimal(-500)]
    assert (one["direct_cost_type"], one["status"]) == ("expense", "approved")
    assert (one["description"], one["direct_cost_date"]) == ("Skips went to A-1", recently(3))
    assert one["origin_id"] == f"{journal['ManualJournalID']}:{projects[0]['id']}"
    assert again["unchanged"] == 2


def test_R30_a_draft_is_no_cost_and_a_voided_journal_takes_its_costs_along(
    office: Office, people: Contractor, projects: list[Record]
) -> None:
    moved(people, status="DRAFT")
    journal = moved(people)
    office.run("journal_entries", settings=ON)
    before = len(costs(people))
    people.xero.stamp(journal)["Status"] = "VOIDED"

    office.run("journal_entries", settings=ON)

    assert (before, costs(people)) == (2, [])


def test_R30_only_lines_on_expense_accounts_are_costs(
    office: Office, people: Contractor, projects: list[Record]
) -> None:
    lines = [journal_line("80.00"), journal_line("-80.00", account="850")]
    people.xero.add_manual_journal("Accrued", lines, on=recently(3))

    office.run("journal_entries", settings=ON)

    assert [cost["grand_total"] for cost in costs(people)] == [Decimal(80)]


def test_a_quiet_night_of_journals_is_one_list(
    office: Office, people: Contractor, projects: list[Record]
) -> None:
    moved(people)
    office.run("journal_entries", settings=ON)
    office.forget_calls()

    office.run("journal_entries", settings=ON)

    assert sorted(path.rpartition("/")[2] for path in office.reads("xero")) == [
        "Accounts", "ManualJournals", "Organisation", "TrackingCategories"
    ]  # fmt: skip
    assert not office.writes()
