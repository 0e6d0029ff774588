"""Approvals as Airflow's Required Actions: what the form shows, and what its answer does."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from airflow_provider_procore_xero.operators import approval
from airflow_provider_procore_xero.operators.approval import (
    ACCEPT,
    LEAVE,
    REJECT,
    DecideOperator,
    WaitingForApprovalOperator,
)
from tests.flows.contractor import Contractor
from tests.flows.office import Office
from tests.flows.test_approvals import export, having, listed, run

ANA = {"id": "ana", "name": "ana"}


class Pulled:
    """A task instance that has the XComs of the two tasks before."""

    def __init__(self, *values: Any) -> None:
        self._values = json.loads(json.dumps(values))

    def xcom_pull(self, task_ids: list[str]) -> Any:
        return self._values


def shown() -> dict[str, Any]:
    context: Any = {}
    return WaitingForApprovalOperator(task_id="waiting", settings=having()).execute(context)


def answer(
    form: Mapping[str, Any], chosen: str, *, user: Any = ANA, comment: str | None = None, **f: Any
) -> dict[str, int]:
    said = {
        "chosen_options": [chosen],
        "params_input": {"comment": comment},
        "responded_by_user": user,
    }
    context: Any = {"ti": Pulled(form, said)}
    return DecideOperator(task_id="decide", settings=having(**f)).execute(context)


def test_C15_all_that_the_form_showed_is_accepted_and_exported(
    office: Office, people: Contractor
) -> None:
    people.project("A-1", name="Riverside")
    people.project("B-2", name="Harbour")
    run(office)

    counts = answer(shown(), ACCEPT)
    export(office)

    assert counts == {"accepted": 2, "rejected": 0, "own": 0, "too_late": 0}
    assert set(people.options("Project")) == {"Riverside", "Harbour"}


def test_E58_what_changed_since_the_form_was_made_is_left_alone(
    office: Office, people: Contractor
) -> None:
    project = people.project("A-1", name="Riverside")
    run(office)
    form = shown()
    people.procore.touch(project, name="Riverside Towers")
    run(office)

    assert answer(form, ACCEPT) == {"accepted": 0, "rejected": 0, "own": 0, "too_late": 1}
    assert len(listed(office)) == 1


@pytest.mark.parametrize("user", [ANA, {"id": "ana", "name": "Somebody"}])
def test_C15_with_four_eyes_nobody_accepts_what_they_sent_themselves(
    office: Office, people: Contractor, user: Any
) -> None:
    mine = people.procore.add_user(name="Ana Ng", email="ana@example.com")
    other = people.procore.add_user(name="Ben Ito", email="ben@example.com")
    people.project("A-1", name="Riverside", created_by=mine["id"])
    people.project("B-2", name="Harbour", created_by=other["id"])
    run(office)

    counts = answer(shown(), ACCEPT, user=user, approval={"four_eyes": True})

    assert counts == {"accepted": 1, "rejected": 0, "own": 1, "too_late": 0}
    assert listed(office) == ["A-1 Riverside"]


@pytest.mark.parametrize("user", [{"id": "eve", "name": "Eve"}, None])
def test_R111_whoever_is_not_named_decides_nothing(
    office: Office, people: Contractor, user: Any
) -> None:
    people.project("A-1")
    run(office)

    with pytest.raises(AirflowFailException, match="approvers does not name"):
        answer(shown(), ACCEPT, user=user)

    assert len(listed(office)) == 1


def test_R117_a_rejection_needs_its_reason(office: Office, people: Contractor) -> None:
    people.project("A-1")
    run(office)

    with pytest.raises(AirflowFailException, match="Say why"):
        answer(shown(), REJECT)
    counts = answer(shown(), REJECT, comment="Not this year.")

    assert counts["rejected"] == 1
    assert len(listed(office, "rejected")) == 1


def test_who_leaves_it_for_later_decides_nothing(office: Office, people: Contractor) -> None:
    people.project("A-1")
    run(office)

    assert set(answer(shown(), LEAVE, user=None).values()) == {0}


@pytest.mark.parametrize(
    ("records", "subject"),
    [
        (1, "1 record waits for a decision"),
        (2, "2 records wait for a decision"),
        (5, "2 of 5 records that wait for a decision"),
    ],
)
def test_the_form_says_how_many_wait_where_it_does_not_show_them_all(
    office: Office,
    people: Contractor,
    monkeypatch: pytest.MonkeyPatch,
    records: int,
    subject: str,
) -> None:
    monkeypatch.setattr(approval, "SHOWN", 2)
    for number in range(records):
        people.project(f"A-{number}")
    run(office)

    form = shown()

    assert (form["subject"], form["count"]) == (subject, records)
    assert len(form["shown"]) == min(records, 2)


def test_nobody_is_asked_about_nothing(office: Office) -> None:
    with pytest.raises(AirflowSkipException, match="Nothing waits"):
        shown()


def test_a_name_is_text_in_the_form_and_nothing_else(office: Office, people: Contractor) -> None:
    people.project("A-1", name="[click](https://evil.example) | <b>")
    run(office)

    body = shown()["body"]

    assert "[click]" not in body
    assert r"\[click\]\(https\://evil.example\)" in body
