"""Approvals: what waits, what a decision is bound to, and what becomes of it in Xero."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from airflow_provider_procore_xero.ledger.facts import Queued
from airflow_provider_procore_xero.ledger.queue import Queue
from airflow_provider_procore_xero.operators.doctor import DoctorOperator
from airflow_provider_procore_xero.operators.gate import Gate
from airflow_provider_procore_xero.sync import resolve
from tests.flows.contractor import Contractor, Record, recently
from tests.flows.office import NIGHT, Office, Task
from tests.flows.power import Mains, PowerCut

CONNECTOR: dict[str, Any] = {
    "profile": "procore_connector",
    "cost_codes": {"target": "tracking_option", "list": None, "code_format": "{cost_code}"},
    "commitments": {"enabled": False},
    "accounts": {"expense": "310"},
    "bills": {"retainage_account": "850"},
    "approval": {"approvers": ["ana <ana@example.com>"]},
}
EXPORTED = ("projects", "vendors", "cost_codes", "subcontractor_invoices")


def having(**sections: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings with these keys otherwise."""
    return {**CONNECTOR, **{n: {**CONNECTOR.get(n, {}), **s} for n, s in sections.items()}}


def run(office: Office, flow: str = "projects", mode: str = "apply", **given: Any) -> Any:
    settings = given.pop("settings", CONNECTOR)
    operator = NIGHT[flow](task_id=flow, settings=settings, accepted=given.pop("accepted", None))
    context: Any = {
        "run_id": given.pop("run_id", office.next_night()),
        "ti": Task(flow, 1),
        "params": {"mode": mode, **given},
    }
    return operator.execute(context)


def export(office: Office, **given: Any) -> dict[str, Any]:
    """Run what an acceptance starts."""
    run_id = office.next_night()
    return {flow: run(office, flow, accepted=True, run_id=run_id, **given) for flow in EXPORTED}


def listed(office: Office, state: str = "ready_to_export") -> list[str]:
    return [row.title for row in office.ledger.queue.page(state)]


def waiting(office: Office, state: str = "ready_to_export") -> Queued:
    (row,) = office.ledger.queue.page(state)
    return row


def decide(office: Office, what: Any = "accept", state: str = "ready_to_export", **f: Any) -> None:
    for row in office.ledger.queue.page(state, limit=1000):
        assert office.ledger.queue.decide(row.id, what, "ana", seen=row.hash, **f)


def linked(people: Contractor, **f: Any) -> Record:
    """Add all that a claim needs, and the claim."""
    project = people.project("A-1", name="Riverside")
    people.contact("Terra Works Ltd")
    return people.claim(people.contract(project, people.vendor("Terra Works Ltd")), **f)


def everything_up_to(office: Office, flow: str) -> None:
    """Accept and export whatever comes before *flow*."""
    for before in EXPORTED[: EXPORTED.index(flow)]:
        run(office, before)
        decide(office)
        run(office, before, accepted=True)


# Nothing before a decision


def test_R109_C15_nothing_reaches_xero_in_any_number_of_runs_before_a_decision(
    office: Office, people: Contractor
) -> None:
    people.project("A-1", name="Riverside", stage="Bidding")
    people.vendor("Terra Works Ltd")

    results = [run(office, flow) for _ in range(3) for flow in ("projects", "vendors")]

    assert office.writes() == []
    assert {result["held"] for result in results} == {1}
    assert office.reasons(results[0]) == {"WAITS_FOR_APPROVAL": 1}
    assert listed(office) == ["A-1 Riverside", "Terra Works Ltd"]


def test_R112_the_queue_lists_exactly_what_waits_with_the_name_that_xero_would_have(
    office: Office, people: Contractor
) -> None:
    people.project("A-1", name="Riverside")
    people.project("B-2", name="Harbour")
    people.project("C-3", name="Over", active=False)
    run(office)

    rows = office.ledger.queue.page("ready_to_export")
    decide(office)

    assert [(row.title, row.name, row.payload) for row in rows] == [
        ("A-1 Riverside", "Riverside", {"Name": "Riverside"}),
        ("B-2 Harbour", "Harbour", {"Name": "Harbour"}),
    ]
    assert listed(office) == []


def test_C15_the_plan_of_a_night_says_what_would_wait_and_asks_nobody(
    office: Office, people: Contractor
) -> None:
    people.project("A-1")

    planned = run(office, mode="plan")

    assert office.reasons(planned) == {"WAITS_FOR_APPROVAL": 1}
    assert listed(office) == []


@pytest.mark.parametrize(
    ("gate", "stage", "waits", "options"),
    [
        ("stage", "Send to Xero", [], {"A-1": "ACTIVE"}),
        ("stage", "Bidding", [], {}),
        ("approval", "Bidding", ["A-1 Riverside"], {}),
        ("stage_then_approval", "Bidding", [], {}),
        ("stage_then_approval", "Send to Xero", ["A-1 Riverside"], {}),
        ("none", "Bidding", [], {"A-1": "ACTIVE"}),
    ],
)
def test_C4_what_lets_a_project_through_is_the_stage_a_person_both_or_nothing(
    office: Office, people: Contractor, gate: str, stage: str, waits: list[str], options: Any
) -> None:
    people.project("A-1", name="Riverside", stage=stage)

    run(office, settings=having(projects={"gate": gate, "option_name": "{number}"}))

    assert (listed(office), people.options("Project")) == (waits, options)


def test_C4_a_project_that_leaves_the_stage_before_a_decision_leaves_the_queue(
    office: Office, people: Contractor
) -> None:
    settings = having(projects={"gate": "stage_then_approval"})
    project = people.project("A-1")
    run(office, settings=settings)

    people.procore.move_project(project["id"], "Bidding")
    run(office, settings=settings)

    assert listed(office) == []
    people.procore.move_project(project["id"], "Send to Xero")
    run(office, settings=settings)
    assert len(listed(office)) == 1


def test_C15_a_company_chooses_what_needs_a_decision(office: Office, people: Contractor) -> None:
    people.vendor("Terra Works Ltd")
    people.project("A-1")
    settings = having(approval={"entities": []})

    run(office, settings=settings)
    vendors = run(office, "vendors", settings=settings)

    assert vendors["created"] == 1
    assert len(listed(office)) == 1


def test_C15_without_a_backend_the_night_goes_unattended(
    office: Office, people: Contractor
) -> None:
    people.vendor("Terra Works Ltd")

    vendors = run(office, "vendors", settings=having(approval={"backend": "none"}))

    assert (vendors["created"], listed(office)) == (1, [])


def test_C15_asked_for_by_number_a_project_still_needs_its_decision(
    office: Office, people: Contractor
) -> None:
    people.project("A-1", stage="Bidding")

    run(office, project_number="A-1", settings=having(projects={"gate": "stage_then_approval"}))

    assert office.writes() == []
    assert len(listed(office)) == 1


# Accepted


def test_R110_an_accepted_project_is_made_once_and_linked_with_who_said_so(
    office: Office, people: Contractor
) -> None:
    people.project("A-1", name="Riverside")
    run(office)
    decide(office)

    first, second = export(office), export(office)

    assert (first["projects"]["created"], second["projects"]["created"]) == (1, 0)
    assert people.options("Project") == {"Riverside": "ACTIVE"}
    (link,) = office.ledger.links("project")
    (decision,) = office.ledger.queue.decisions_on("projects", link.procore_id)
    assert (decision.what, decision.who) == ("accept", "ana")


def test_R114_R120_what_was_exported_is_synced_with_its_time_its_name_in_xero_and_its_page(
    office: Office, people: Contractor
) -> None:
    people.project("A-1", name="Riverside")
    run(office)
    decide(office)

    result = export(office)["projects"]

    row = waiting(office, "synced")
    assert row.exported_at is not None
    assert row.decided_at is not None
    assert 0 <= (row.exported_at - row.decided_at).total_seconds() < 60
    (option,) = people.xero.category("Project")["Options"]
    assert row.target_id == option["TrackingOptionID"]
    (outcome,) = office.outcomes(result)
    assert row.xero_url == outcome.xero_url
    assert outcome.xero_url
    (note,) = office.ledger.flow_report(result["run"]).notes
    assert note.startswith("A-1 Riverside: accepted by ana, in Xero ")
    assert note.endswith(" later as 'Riverside'.")


def test_C15_the_night_exports_what_is_accepted_too(office: Office, people: Contractor) -> None:
    people.project("A-1")
    people.project("B-2")
    run(office)
    row = office.ledger.queue.page("ready_to_export")[0]
    office.ledger.queue.decide(row.id, "accept", "ana", seen=row.hash)

    result = run(office)

    assert (result["created"], result["held"]) == (1, 1)


def test_R110_the_export_of_what_was_accepted_touches_nothing_else(
    office: Office, people: Contractor
) -> None:
    people.project("A-1")
    people.project("B-2")
    run(office)
    row = office.ledger.queue.page("ready_to_export")[0]
    office.ledger.queue.decide(row.id, "accept", "ana", seen=row.hash)
    people.project("C-3")

    result = export(office)

    assert (result["projects"]["read"], result["projects"]["created"]) == (1, 1)
    assert {flow: r["calls"] for flow, r in result.items() if flow != "projects"} == {
        flow: {"procore": 0, "xero": 0} for flow in EXPORTED if flow != "projects"
    }
    assert listed(office) == ["B-2 Project B-2"]


def test_R109_R110_a_claim_waits_is_accepted_and_is_one_bill_in_xero(
    office: Office, people: Contractor
) -> None:
    claim = linked(people)
    everything_up_to(office, "subcontractor_invoices")
    run(office, "subcontractor_invoices")
    assert people.bills == []
    row = waiting(office)
    assert (row.vendor, row.project, row.amount) == ("Terra Works Ltd", "A-1 Riverside", "1425.00")

    decide(office)
    office.forget_calls()
    result = export(office)["subcontractor_invoices"]

    assert result["created"] == 1
    assert people.bill_of(claim)["Total"]
    assert len(listed(office, "synced")) == 3
    assert run(office, "subcontractor_invoices")["unchanged"] == 1


def test_R110_what_was_accepted_is_read_afresh_by_its_id_and_no_list_is(
    office: Office, people: Contractor
) -> None:
    claim = linked(people)
    everything_up_to(office, "subcontractor_invoices")
    run(office, "subcontractor_invoices")
    decide(office)
    office.forget_calls()

    export(office)

    asked = [c for c in office.simulator.calls.of("procore", "GET") if "requisitions" in c.path]
    assert [str(claim["id"]) in str(call.query) for call in asked] == [True]


def test_E49_a_bill_in_a_locked_period_waits_in_the_queue_where_the_settings_ask(
    office: Office, people: Contractor
) -> None:
    claim = linked(people)
    everything_up_to(office, "subcontractor_invoices")
    people.xero.set_lock_date(recently(5))
    asking = having(bills={"lock_date": "ask"})

    result = run(office, "subcontractor_invoices", settings=asking)

    assert office.reasons(result) == {"WAITS_FOR_APPROVAL": 1}
    (field,) = waiting(office).fields
    assert field.name == f"Date, since Xero is locked up to {recently(5)}"
    assert (field.before, field.after) == (recently(), recently(4))
    decide(office)
    run(office, "subcontractor_invoices", accepted=True, settings=asking)
    assert people.bill_of(claim)["Date"] == recently(4)


def test_E60_a_bill_that_a_person_has_linked_needs_no_further_decision(
    office: Office, people: Contractor
) -> None:
    claim = linked(people)
    everything_up_to(office, "subcontractor_invoices")
    (contact,) = people.xero.contacts.values()
    line = {"Description": "x", "Quantity": "1", "UnitAmount": "1425", "AccountCode": "310"}
    bill = people.xero.add_bill(contact["ContactID"], [line], number="1", status="AUTHORISED")
    office.ledger.by_hand.link(
        "subcontractor_invoices", str(claim["id"]), bill["InvoiceID"], who="ana"
    )

    result = run(office, "subcontractor_invoices")

    assert (result["linked"], result["held"]) == (1, 0)


# What a decision is bound to


def test_E58_data_that_changed_after_the_decision_comes_back_to_be_decided_again(
    office: Office, people: Contractor
) -> None:
    project = people.project("A-1", name="Riverside")
    run(office)
    decide(office)
    people.procore.touch(project, name="Riverside Towers")

    export(office)

    assert office.writes() == []
    row = waiting(office)
    assert row.name == "Riverside Towers"
    decide(office)
    export(office)
    assert people.options("Project") == {"Riverside Towers": "ACTIVE"}
    history = office.ledger.queue.decisions_on("projects", str(project["id"]))
    assert [d.what for d in history] == ["accept", "accept"]
    assert history[0].hash != history[1].hash


def test_E58_what_would_be_written_is_shown_by_its_fingerprint(
    office: Office, people: Contractor
) -> None:
    people.project("A-1")
    result = run(office)

    (outcome,) = office.outcomes(result)

    assert waiting(office).hash in outcome.reasons[0].sentence


def test_E58_a_twin_that_came_into_xero_meanwhile_needs_a_decision_of_its_own(
    office: Office, people: Contractor
) -> None:
    people.vendor("Terra Works Ltd")
    run(office, "vendors")
    decide(office)
    people.contact("Terra Works Ltd", grouped=False)

    export(office)

    assert office.writes() == []
    assert waiting(office).what in ("adopt", "update")


def test_C15_a_change_of_what_is_in_xero_asks_again(office: Office, people: Contractor) -> None:
    vendor = people.vendor("Terra Works Ltd")
    run(office, "vendors")
    decide(office)
    export(office)
    office.forget_calls()
    people.procore.touch(vendor, business_phone="04 1")

    result = run(office, "vendors")

    assert (result["updated"], office.writes("xero")) == (0, [])
    row = waiting(office)
    assert row.what == "update"
    assert [(f.before, f.after) for f in row.fields]
    decide(office)
    assert export(office)["vendors"]["updated"] == 1


def test_C15_with_updates_accept_a_change_of_what_is_in_xero_goes_by_itself(
    office: Office, people: Contractor
) -> None:
    settings = having(approval={"updates": "accept"})
    vendor = people.vendor("Terra Works Ltd")
    run(office, "vendors", settings=settings)
    decide(office)
    export(office, settings=settings)
    people.procore.touch(vendor, business_phone="04 1")

    assert run(office, "vendors", settings=settings)["updated"] == 1
    assert listed(office) == []


def test_an_accepted_record_that_is_gone_from_procore_leaves_every_list(
    office: Office, people: Contractor
) -> None:
    project = people.project("A-1")
    run(office)
    decide(office)
    del people.procore.projects[project["id"]]

    export(office)

    assert set(office.ledger.queue.counts()) == {"withdrawn"}


# Failed


def test_R115_C20_a_failed_export_shows_every_error_that_xero_named(
    office: Office, people: Contractor
) -> None:
    linked(people)
    everything_up_to(office, "subcontractor_invoices")
    run(office, "subcontractor_invoices")
    decide(office)
    office.simulator.faults.arm(
        "status",
        side="xero",
        method="PUT",
        path="*/Invoices*",
        times=9,
        status=400,
        body=ERRORS,
        content_type="application/json",
    )

    export(office)

    row = waiting(office, "failed_to_export")
    assert {"One thing is wrong.", "And another."} <= set(row.errors)
    assert listed(office) == []


ERRORS = (
    '{"ErrorNumber": 10, "Type": "ValidationException", "Message": "A validation exception'
    ' occurred", "Elements": [{"ValidationErrors": [{"Message": "One thing is wrong."},'
    ' {"Message": "And another."}]}]}'
)


THE_WRITE = {"side": "xero", "method": "PUT", "path": "*/Options*"}


def fail(office: Office, times: int = 1) -> None:
    office.simulator.faults.arm(
        "status",
        **THE_WRITE,
        times=times,
        status=400,
        body=ERRORS,
        content_type="application/json",
    )


def test_R116_C20_a_retry_of_a_failed_export_makes_no_second_option(
    office: Office, people: Contractor
) -> None:
    people.project("A-1", name="Riverside")
    run(office)
    decide(office)
    fail(office)
    export(office)
    assert listed(office, "failed_to_export") == ["A-1 Riverside"]

    decide(office, "retry", "failed_to_export")
    assert listed(office, "failed_to_export") == ["A-1 Riverside"]
    export(office)
    export(office)

    assert listed(office, "synced") == ["A-1 Riverside"]
    assert waiting(office, "synced").errors == ()
    assert people.options("Project") == {"Riverside": "ACTIVE"}


def test_R116_after_an_answer_that_was_lost_a_retry_makes_no_second_option(
    office: Office, people: Contractor
) -> None:
    people.project("A-1", name="Riverside")
    run(office)
    decide(office)
    office.simulator.faults.arm("drop_after", side="xero", path="*/Options*", times=5)
    export(office)
    office.simulator.faults.clear()

    export(office)

    assert listed(office, "synced") == ["A-1 Riverside"]
    assert len(people.xero.category("Project")["Options"]) == 1


def test_R116_C20_a_failed_export_may_be_rejected(office: Office, people: Contractor) -> None:
    people.project("A-1", name="Riverside")
    run(office)
    decide(office)
    fail(office)
    export(office)

    decide(office, "reject", "failed_to_export", comment="Not ours.")
    export(office)
    result = run(office)

    assert office.reasons(result) == {"REJECTED": 1}
    assert people.options("Project") == {}


def failed(office: Office, people: Contractor) -> None:
    """Let the exports of two accepted projects fail."""
    people.project("A-1", name="Riverside")
    people.project("B-2", name="Harbour")
    run(office)
    decide(office)
    fail(office, times=2)
    export(office)
    assert listed(office, "failed_to_export") == ["B-2 Harbour", "A-1 Riverside"]
    office.forget_calls()


def reject(office: Office, title: str) -> None:
    """Reject a failed export, as somebody does on the page."""
    (row,) = [r for r in office.ledger.queue.page("failed_to_export") if r.title == title]
    done = office.ledger.queue.decide(row.id, "reject", "ben", seen=row.hash, comment="No.")
    assert done is not None


def test_R109_R118_E58_what_is_rejected_while_the_run_is_at_work_is_not_sent(
    office: Office, people: Contractor
) -> None:
    failed(office, people)
    office.simulator.faults.arm("meanwhile", **THE_WRITE, act=lambda: reject(office, "B-2 Harbour"))

    result = run(office)

    assert people.options("Project") == {"Riverside": "ACTIVE"}
    assert (result["created"], result["held"]) == (1, 1)
    assert office.reasons(result) == {"REJECTED": 1}
    assert listed(office, "rejected") == ["B-2 Harbour"]
    assert office.reasons(run(office)) == {"REJECTED": 1}
    assert people.options("Project") == {"Riverside": "ACTIVE"}


def test_R109_E58_what_was_sent_before_it_was_rejected_is_synced_and_the_report_says_so(
    office: Office, people: Contractor
) -> None:
    failed(office, people)
    office.simulator.faults.arm(
        "meanwhile", **THE_WRITE, act=lambda: reject(office, "A-1 Riverside")
    )

    result = run(office)

    assert set(people.options("Project")) == {"Riverside", "Harbour"}
    assert set(office.ledger.queue.counts()) == {"synced"}
    notes = office.ledger.flow_report(result["run"]).notes
    assert [n for n in notes if n.startswith("A-1 Riverside is in Xero, though ben rejected it")]
    assert not [n for n in notes if n.startswith("A-1 Riverside: accepted")]
    assert run(office)["unchanged"] == 2


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_R109_E52_E58_what_is_in_doubt_when_it_is_rejected_is_looked_for_and_not_sent_again(
    office: Office, people: Contractor, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    failed(office, people)
    reject(office, "B-2 Harbour")
    office.simulator.faults.arm(fault, **THE_WRITE, times=5)
    assert run(office)["in_doubt"] == 1
    office.simulator.faults.clear()
    office.forget_calls()
    reject(office, "A-1 Riverside")

    run(office)
    monkeypatch.setattr(resolve, "SETTLES", timedelta(0))
    run(office)

    written = fault == "drop_after"
    assert office.writes("xero") == []
    assert ("Riverside" in people.options("Project")) == written
    assert ("A-1 Riverside" in listed(office, "synced")) == written
    assert ("A-1 Riverside" in listed(office, "rejected")) != written
    assert office.ledger.doubts("projects") == []


def test_R109_what_is_found_in_xero_after_its_rejection_leaves_the_rejected_ones(
    office: Office, people: Contractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed(office, people)
    office.simulator.faults.arm(
        "meanwhile", **THE_WRITE, act=lambda: reject(office, "A-1 Riverside")
    )
    with monkeypatch.context() as broken:
        broken.setattr(Gate, "written", lambda gate, outcomes: None)
        run(office)
    assert listed(office, "rejected") == ["A-1 Riverside"]

    run(office)

    assert set(office.ledger.queue.counts()) == {"synced"}


# Rejected


def test_R119_a_rejected_project_is_gone_until_it_is_changed_in_procore(
    office: Office, people: Contractor
) -> None:
    project = people.project("A-1", name="Riverside")
    run(office)
    decide(office, "reject", comment="Name the street.")

    held = run(office)
    filters = ("ready_to_export", "synced", "failed_to_export")
    assert [listed(office, state) for state in filters] == [[], [], []]
    (outcome,) = office.outcomes(held)
    assert "rejected by ana: Name the street." in outcome.reasons[0].sentence

    people.procore.touch(project, name="Riverside, Dock Street")
    run(office)

    assert waiting(office).name == "Riverside, Dock Street"
    decide(office)
    export(office)
    assert people.options("Project") == {"Riverside, Dock Street": "ACTIVE"}
    history = office.ledger.queue.decisions_on("projects", str(project["id"]))
    assert [d.what for d in history] == ["reject", "accept"]


def test_R119_a_change_that_alters_nothing_in_xero_resubmits_too(
    office: Office, people: Contractor
) -> None:
    project = people.project("A-1", name="Riverside")
    run(office)
    decide(office, "reject", comment="Where is it?")

    people.procore.touch(project, address="1 Dock Street")
    run(office)

    assert listed(office) == ["A-1 Riverside"]


# Rules


def test_C15_a_rule_accepts_by_itself_and_stands_in_the_audit_trail(
    office: Office, people: Contractor
) -> None:
    project = people.project("24-017", name="Riverside")
    people.project("23-001", name="Harbour")
    settings = having(approval={"auto_accept": ["projects: project = 24-*"]})

    result = run(office, settings=settings)

    assert (result["created"], result["held"]) == (1, 1)
    assert people.options("Project") == {"Riverside": "ACTIVE"}
    (decision,) = office.ledger.queue.decisions_on("projects", str(project["id"]))
    assert (decision.who, decision.comment) == ("rule", "projects: project = 24-*")
    assert listed(office, "synced") == ["24-017 Riverside"]
    assert listed(office) == ["23-001 Harbour"]


def test_C15_R119_what_a_person_rejected_waits_for_a_person_whatever_the_rules_say(
    office: Office, people: Contractor
) -> None:
    project = people.project("A-1", name="Riverside")
    run(office)
    decide(office, "reject", comment="Name the street.")
    rules = having(approval={"auto_accept": ["projects"]})
    people.procore.touch(project, name="Riverside, Dock Street")

    runs = [run(office, settings=rules) for _ in range(2)]

    assert [office.reasons(each) for each in runs] == [{"WAITS_FOR_APPROVAL": 1}] * 2
    assert office.writes() == []
    decide(office)
    run(office, settings=rules)
    assert people.options("Project") == {"Riverside, Dock Street": "ACTIVE"}
    history = office.ledger.queue.decisions_on("projects", str(project["id"]))
    assert [(d.what, d.who) for d in history] == [("reject", "ana"), ("accept", "ana")]


def test_C15_after_a_person_has_accepted_it_the_rules_decide_again(
    office: Office, people: Contractor
) -> None:
    vendor = people.vendor("Terra Works Ltd")
    run(office, "vendors")
    decide(office, "reject", comment="No phone.")
    people.procore.touch(vendor, business_phone="04 1")
    run(office, "vendors")
    decide(office)
    rules = having(approval={"auto_accept": ["vendors"]})
    run(office, "vendors", settings=rules)
    people.procore.touch(vendor, business_phone="04 2")

    assert run(office, "vendors", settings=rules)["updated"] == 1


@pytest.mark.parametrize(
    ("rule", "created"),
    [
        ("subcontractor_invoices: amount <= 1425.00", 1),
        ("subcontractor_invoices: amount < 1425", 0),
        ("any: vendor = terra*; project = A-1", 1),
        ("any: vendor = Nova*", 0),
        ("commitments", 0),
    ],
)
def test_C15_rules_go_by_amount_vendor_and_project(
    office: Office, people: Contractor, rule: str, created: int
) -> None:
    linked(people)
    everything_up_to(office, "subcontractor_invoices")

    result = run(
        office, "subcontractor_invoices", settings=having(approval={"auto_accept": [rule]})
    )

    assert result["created"] == created


def test_R118_who_created_a_project_is_asked_once_a_run_and_only_for_what_is_new(
    office: Office, people: Contractor
) -> None:
    user = people.procore.add_user(name="Ben Ito", email="ben@example.com")
    people.project("A-1", created_by=user["id"])
    people.project("B-2", created_by=user["id"])
    run(office)
    assert {r.creator for r in office.ledger.queue.page("ready_to_export")} == {
        "Ben Ito <ben@example.com>"
    }
    office.forget_calls()

    run(office)

    assert "/rest/v1.0/projects" not in office.reads("procore")


@pytest.fixture
def created(office: Office, people: Contractor) -> list[Record]:
    """Add two commitments of Ben's, each with a change order of Eve's."""
    ben = people.procore.add_user(name="Ben Ito", email="ben@example.com")
    eve = people.procore.add_user(name="Eve Ro", email="eve@example.com")
    project, vendor = people.project("A-1", name="Riverside"), people.vendor("Terra Works Ltd")
    code = people.budget_code(project)["id"]
    contracts = [
        people.contract(project, vendor, number=number, created_by=ben["id"])
        for number in ("SC-001", "SC-002")
    ]
    for contract in contracts:
        people.procore.add_change_order(
            contract_id=contract["id"],
            created_by=eve["id"],
            status="approved",
            title="Rock",
            lines=[{"wbs_code_id": code, "amount": "900.00", "description": "Rock"}],
        )
    people.contact("Terra Works Ltd")
    everything_up_to(office, "subcontractor_invoices")
    return contracts


ORDERED = having(commitments={"enabled": True})


def test_R118_who_created_a_commitment_is_asked_of_each_that_is_new_and_of_no_other(
    office: Office, people: Contractor, created: list[Record]
) -> None:
    office.forget_calls()
    run(office, "commitments", settings=ORDERED)
    asked = [f"/rest/v1.0/commitments/{contract['id']}" for contract in created]

    assert {path: office.reads("procore")[path] for path in asked} == dict.fromkeys(asked, 1)
    waits = office.ledger.queue.page("ready_to_export")
    assert [row.creator for row in waits] == ["Ben Ito <ben@example.com>"] * 2

    office.forget_calls()
    people.procore.touch(created[0], title="Earthworks")
    run(office, "commitments", settings=ORDERED)
    assert not [path for path in office.reads("procore") if path in asked]


def test_R118_who_created_a_change_order_costs_no_call_of_its_own(
    office: Office, people: Contractor, created: list[Record]
) -> None:
    run(office, "commitments", settings=ORDERED)
    decide(office)
    run(office, "commitments", settings=ORDERED)
    office.forget_calls()

    run(office, "commitment_change_orders", settings=ORDERED)

    waits = office.ledger.queue.page("ready_to_export")
    assert [row.creator for row in waits] == ["Eve Ro <eve@example.com>"] * 2
    shown = [p for p in office.reads("procore").elements() if "change_order_packages/" in p]
    assert len(shown) == 2


def test_R118_who_created_a_claim_stands_in_its_list(office: Office, people: Contractor) -> None:
    ben = people.procore.add_user(name="Ben Ito", email="ben@example.com")
    linked(people, created_by=ben["id"])
    everything_up_to(office, "subcontractor_invoices")

    run(office, "subcontractor_invoices")

    assert waiting(office).creator == "Ben Ito <ben@example.com>"


def test_R118_a_commitment_that_may_not_be_shown_has_no_creator_and_waits_all_the_same(
    office: Office, people: Contractor, created: list[Record]
) -> None:
    office.simulator.faults.arm(
        "status", side="procore", path="/rest/v1.0/commitments/*", times=9, status=404
    )

    run(office, "commitments", settings=ORDERED)

    assert [r.creator for r in office.ledger.queue.page("ready_to_export")] == ["", ""]


# A whole company


def test_C15_a_plan_under_approvals_says_what_the_apply_then_does_and_the_queue_is_what_is_left(
    office: Office,
) -> None:
    office.reset("contractor")
    office.settings = yaml.safe_load(Path("dev/up.yaml").read_text(encoding="utf-8"))

    planned, applied = office.night("plan"), office.night()

    claims = "subcontractor_invoices"
    for count in ("created", "linked", "held"):
        assert planned[claims][count] == applied[claims][count]
    waiting_now = office.ledger.queue.page("ready_to_export", limit=1000)
    assert len(waiting_now) == office.reasons(applied[claims])["WAITS_FOR_APPROVAL"] > 0
    assert all(Decimal(row.amount) > 30000 for row in waiting_now)
    assert office.ledger.queue.counts()["synced"] == applied[claims]["created"] > 12
    office.forget_calls()
    office.night()
    assert office.writes() == []


def test_R110_all_that_waits_of_a_company_is_accepted_and_exported_at_once(
    office: Office,
) -> None:
    office.reset("contractor")
    office.settings = yaml.safe_load(Path("dev/up.yaml").read_text(encoding="utf-8"))
    office.night()
    waiting_now = len(office.ledger.queue.page("ready_to_export", limit=1000))
    decide(office)

    result = run(office, "subcontractor_invoices", accepted=True, settings=office.settings)

    assert (result["read"], result["created"]) == (waiting_now, waiting_now)
    assert set(office.ledger.queue.counts()) == {"synced"}
    assert result["calls"]["procore"] < 2 * waiting_now


# Crashes


def test_R116_E52_a_power_cut_at_any_commit_makes_no_second_option_and_loses_no_decision(
    office: Office, people: Contractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.project("A-1", name="Riverside")
    people.project("B-2", name="Harbour")
    run(office)
    decide(office)
    before = office.keep()
    mains = Mains(monkeypatch)
    run(office, accepted=True)
    for number in range(1, mains.commits + 1):
        office.back_to(before)
        mains.cut("commit", number, "before")
        with pytest.raises(PowerCut):
            run(office, accepted=True)
        mains.restore()

        run(office, accepted=True)

        options = office.simulator.xero.category("Project")["Options"]
        assert sorted(o["Name"] for o in options) == ["Harbour", "Riverside"], number
        assert office.ledger.queue.counts() == {"synced": 2}, number


@pytest.mark.parametrize("flow", ["projects", "vendors"])
def test_R116_E52_a_power_cut_before_the_queue_hears_of_an_export_loses_nothing(
    office: Office, people: Contractor, monkeypatch: pytest.MonkeyPatch, flow: str
) -> None:
    people.project("A-1", name="Riverside")
    people.vendor("Terra Works Ltd")
    run(office, flow)
    decide(office)
    with monkeypatch.context() as broken:
        broken.setattr(Queue, "save", cut)
        with pytest.raises(PowerCut):
            run(office, flow, accepted=True)
    written = len(office.writes("xero"))

    run(office, flow, accepted=True)

    assert len(office.writes("xero")) == written == 1
    assert office.ledger.queue.counts() == {"synced": 1}
    assert waiting(office, "synced").exported_at


def cut(queue: Queue, found: list[Queued], rules: Any = None) -> None:
    if found:
        raise PowerCut


# The set-up


@pytest.mark.parametrize(
    ("approval", "well", "said"),
    [
        ({"approvers": []}, False, "nobody may make"),
        ({"approvers": ["ana"]}, True, "No summary goes to ana"),
        ({"approvers": ["ana <ana@example.com>"]}, True, "1 may decide on projects, vendors"),
        ({"backend": "none"}, True, "Nothing needs an approval."),
        ({"four_eyes": True}, False, "Nobody may accept vendors under approval.four_eyes"),
        ({"four_eyes": True, "auto_accept": ["vendors"]}, True, "1 may decide on projects"),
    ],
)
def test_C15_the_doctor_says_whether_anybody_may_decide(
    office: Office, approval: Any, well: bool, said: str
) -> None:
    doctor = DoctorOperator(task_id="doctor", settings=having(approval=approval))

    found = {finding.check: finding for finding in doctor.findings({})}

    assert found["Approvals"].well is well
    assert said in found["Approvals"].sentence
