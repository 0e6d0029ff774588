"""What a run may do at most, when it turns red, what it says, and where its ledger may be."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_procore_xero.errors import RecordsRefused
from tests.flows.contractor import Contractor
from tests.flows.office import SETTINGS, Office


def safely(**safety: Any) -> dict[str, Any]:
    return {**SETTINGS, "safety": safety}


def test_a_plan_of_more_writes_than_allowed_stops_before_the_first(
    office: Office, people: Contractor
) -> None:
    for number in ("A-1", "B-2", "C-3"):
        people.project(number)

    with pytest.raises(AirflowFailException, match=r"3 writes, more than safety\.max_writes"):
        office.run("projects", settings=safely(max_writes=2))

    assert not office.writes()
    assert office.ledger.runs(limit=1)[0].state == "failed"
    assert office.run("projects", settings=safely(max_writes=3))["created"] == 3


def test_a_plan_that_changes_too_large_a_share_stops_before_the_first(
    office: Office, people: Contractor
) -> None:
    settings = {**safely(max_change_percent=50), "projects": {"rename": "auto"}}
    projects = [people.project(f"A-{number}") for number in range(20)]
    office.run("projects", settings=settings)
    for project in projects[:11]:
        number = project["project_number"]
        people.procore.rename_project(project["id"], project_number=f"X{number}")
    office.forget_calls()

    with pytest.raises(AirflowFailException, match=r"11 of 20 .*safety\.max_change_percent"):
        office.run("projects", settings=settings)

    assert not office.writes()


@pytest.mark.parametrize("what", ["held", "refused", "in_doubt"])
def test_a_run_turns_red_where_the_settings_ask_for_it_after_everything_is_saved(
    office: Office, people: Contractor, what: str
) -> None:
    people.project("A-1")
    people.project("B-2", stage="Bidding" if what == "held" else "Send to Xero")
    answer: dict[str, Any] = {"status": 400, "body": {"ErrorNumber": 10, "Elements": []}}
    if what != "held":
        name = "status" if what == "refused" else "drop_after"
        given = answer if what == "refused" else {}
        office.simulator.faults.arm(name, side="xero", method="PUT", after=1, times=9, **given)

    with pytest.raises(RecordsRefused, match=what.replace("_", " ")):
        office.run("projects", settings=safely(fail_run_on=[what]))

    assert len(office.ledger.links("project")) == 1
    assert office.ledger.runs(limit=1)[0].state == "success"


def test_no_secret_and_no_contact_is_in_the_log_of_a_night(
    office: Office, people: Contractor, caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    caplog.set_level(logging.DEBUG)
    people.one_claim()
    people.contact("Very Private Person", EmailAddress="private@person.example")
    office.simulator.faults.arm("drop_after", side="xero", method="PUT")
    office.simulator.faults.arm("expire_token", side="xero", path="*/Contacts")

    office.night()

    said = caplog.text + "".join(capfd.readouterr())
    simulator = office.simulator
    tokens = [*_tokens(simulator.xero.tokens), *_tokens(simulator.procore.tokens)]
    assert len(tokens) >= 2
    assert "subcontractor_invoices apply: success" in said
    for secret in ("xero-secret", "procore-secret", "Very Private", "private@person", *tokens):
        assert secret not in said


def _tokens(store: Any) -> list[str]:
    """Return every bearer that a side has given out."""
    for value in vars(store).values():
        if isinstance(value, dict) and value:
            return [str(key) for key in value]
    return []


def test_a_night_and_the_next_with_the_ledger_in_postgresql(
    office: Office, people: Contractor, postgres: str
) -> None:
    office.use_postgres(postgres)
    claim = people.one_claim()

    plan = office.night("plan")
    first = office.night()
    people.pay(people.bill_of(claim), "115.00")
    second = office.night()

    assert plan["subcontractor_invoices"]["created"] == 1
    assert first["subcontractor_invoices"]["created"] == 1
    assert second["payments"]["created"] == 1
    assert office.ledger.links("payment")[0].data["amount"] == "100.00"
