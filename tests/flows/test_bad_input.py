"""What is wrong, said in one sentence that names the thing and the fix; nothing is half-written."""

from __future__ import annotations

import re
from typing import Any

import pytest
from airflow.exceptions import AirflowRescheduleException
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_procore_xero.errors import Unreachable
from tests.flows.contractor import Contractor
from tests.flows.office import FLOWS, SETTINGS, TENANT, Office

NOBODY = "http://127.0.0.1:9"


def failed(office: Office, flow: str, error: type[BaseException], **asked: Any) -> str:
    """Run a flow that must fail; return its sentence, which the task's XCom has too."""
    with pytest.raises(error) as caught:
        office.run(flow, **asked)
    said = office.last[flow].pushed.get("error", str(caught.value))
    assert said in str(caught.value)
    return str(caught.value)


def in_the_record(office: Office, said: str) -> None:
    """Check that the newest run failed, and says why: there with the other system's words too."""
    (run,) = office.ledger.runs(limit=1)
    ours = re.split(" (?:Procore|Xero) says: ", run.error)[0]
    assert run.state == "failed"
    assert ours
    assert ours in said


@pytest.mark.parametrize("flow", list(FLOWS))
@pytest.mark.parametrize("side", ["procore", "xero"])
def test_a_wrong_secret_names_the_system_and_the_fields(
    office: Office, people: Contractor, side: str, flow: str
) -> None:
    people.one_claim()
    office.connect(**{side: {"password": "not-the-secret"}})

    if side == "xero" and flow == "payments":
        people.bills.clear()
    with pytest.raises(AirflowFailException) as caught:
        office.run(flow)

    said = str(caught.value)
    assert f"{side.capitalize()} at 127.0.0.1 does not know this client id and secret" in said
    assert "login and password of the connection" in said
    assert "not-the-secret" not in said
    assert not office.writes()
    in_the_record(office, said)


def test_a_missing_company_id_names_connection_and_field(office: Office) -> None:
    office.connect(procore={"extra": {"login_host": office.url}})

    said = failed(office, "projects", AirflowFailException)

    assert "procore_default" in said
    assert "company_id" in said


@pytest.mark.parametrize(
    ("side", "gone"), [("procore", "password"), ("xero", "password"), ("xero", "login")]
)
def test_an_empty_field_names_connection_and_field(office: Office, side: str, gone: str) -> None:
    office.connect(**{side: {gone: ""}})

    said = failed(office, "projects", AirflowFailException)

    assert f"{side}_default" in said
    assert gone in said


def test_a_connection_that_does_not_exist_is_named(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator = FLOWS["projects"](task_id="projects", procore_conn_id="procore_other")

    with pytest.raises(Exception, match="procore_other"):
        operator.execute({})  # type: ignore[typeddict-item]


def test_a_missing_scope_is_named(office: Office, people: Contractor) -> None:
    people.project("A-1")
    office.connect(
        xero={
            "extra": {
                "tenant_id": TENANT,
                "identity_host": office.url,
                "web_host": office.url,
                "scopes": "accounting.contacts",
            }
        }
    )

    said = failed(office, "projects", AirflowFailException)

    assert "accounting.settings" in said
    assert "connect again" in said
    in_the_record(office, said)
    assert not office.writes()


def test_an_organisation_that_is_not_connected_is_named(office: Office, people: Contractor) -> None:
    people.project("A-1")
    wrong = "11111111-0000-4000-8000-000000000000"
    office.connect(
        xero={"extra": {"tenant_id": wrong, "identity_host": office.url, "web_host": office.url}}
    )

    said = failed(office, "projects", AirflowFailException)

    assert "tenant_id" in said
    assert wrong in said


def test_a_project_that_procore_hides_is_noted_and_the_others_go_on(
    office: Office, people: Contractor
) -> None:
    vendor = people.pair("Terra Works Ltd")
    hidden, shown = people.project("A-1"), people.project("B-2")
    for project in (hidden, shown):
        people.claim(people.contract(project, vendor))
    office.night(flows=("projects", "contacts", "cost_codes"))
    office.simulator.faults.arm(
        "status", side="procore", path="*/requisitions", status=403, body={"errors": "No"}
    )

    result = office.run("subcontractor_invoices")
    office.run("subcontractor_invoices")

    assert result["created"] == 1
    (_, run) = office.ledger.runs(entity="subcontractor_invoices", limit=2)
    assert "PROJECT_HIDDEN" in " ".join(run.notes)
    assert len(people.bills) == 2


@pytest.mark.parametrize(
    ("flow", "path"),
    [
        ("subcontractor_invoices", "*/requisitions"),
        ("commitments", "*/work_order_contracts"),
        ("commitment_change_orders", "*/change_order_packages"),
    ],
)
def test_what_a_project_hid_for_a_night_goes_the_night_after_however_old_it_is(
    office: Office, people: Contractor, flow: str, path: str
) -> None:
    contract = people.contract(people.project("A-1"), people.pair("Terra Works Ltd"))
    code = people.procore.lines_of(contract["id"])[0]["wbs_code"]["id"]
    lines = [{"wbs_code_id": code, "amount": "5.00", "description": "Rock"}]
    change = people.procore.add_change_order(
        contract_id=contract["id"], status="approved", lines=lines
    )
    for record in (contract, people.claim(contract), change):
        record["updated_at"] = "2026-01-01T00:00:00Z"
    office.night(flows=("projects", "contacts", "cost_codes"))
    if flow == "commitment_change_orders":
        office.run("commitments")
    office.simulator.faults.arm(
        "status", side="procore", path=path, status=403, body={"errors": "No"}
    )

    made = [office.run(flow)["created"] for _ in range(2)]

    assert made == [0, 1]


@pytest.mark.parametrize("side", ["procore", "xero"])
def test_an_unreachable_host_is_named_and_nothing_was_written(
    office: Office, people: Contractor, side: str
) -> None:
    people.project("A-1")
    office.connect(**{side: {"host": NOBODY}})

    said = failed(office, "projects", Unreachable)

    assert "127.0.0.1 can't be reached" in said
    assert "Check the host of the connection" in said
    in_the_record(office, said)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"profile": "dimension_clasic"}, "profile is 'dimension_clasic'; choose one of"),
        ({"projects": {"sage": "x"}}, r"unknown key projects\.sage"),
        ({"project": {}}, "unknown key 'project'"),
        ({"bills": {"due_days": "soon"}}, r"bills\.due_days"),
        ({"bills": {"lock_date": "never"}}, r"bills\.lock_date"),
        ({"bills": {"attach_pdf": "often"}}, r"bills\.attach_pdf"),
    ],
)
def test_settings_that_cant_be_name_key_and_value(
    office: Office, people: Contractor, settings: dict[str, Any], said: str
) -> None:
    people.project("A-1")

    with pytest.raises(AirflowFailException, match=said) as caught:
        office.run("projects", settings=settings)

    in_the_record(office, str(caught.value))
    assert not office.simulator.calls.all


def test_an_impossible_mode_fails_before_anything_is_read(office: Office) -> None:
    said = failed(office, "projects", AirflowFailException, mode="dry")

    assert "'dry'; choose plan or apply" in said
    assert not office.simulator.calls.all


@pytest.mark.parametrize("key", ["accounts", "projects"])
def test_a_key_that_a_run_may_not_set_is_refused(office: Office, key: str) -> None:
    operator = FLOWS["projects"](task_id="projects", settings=SETTINGS)

    with pytest.raises(AirflowFailException, match=key):
        operator.execute({"params": {"settings": {key: {"expense": "1"}}}})  # type: ignore[typeddict-item]


@pytest.mark.parametrize("name", ["html", "half_json"])
@pytest.mark.parametrize("side", ["procore", "xero"])
def test_a_read_that_never_makes_sense_ends_the_flow_with_what_came(
    office: Office, people: Contractor, side: str, name: str
) -> None:
    people.project("A-1")
    path = "*/projects" if side == "procore" else "*/TrackingCategories"
    office.simulator.faults.arm(name, side=side, path=path, method="GET", times=99)

    said = failed(office, "projects", Unreachable)

    assert ("an HTML page" if name == "html" else "half a JSON document") in said
    assert "Nothing was written" in said
    in_the_record(office, said)
    assert not office.writes()


@pytest.mark.parametrize("side", ["procore", "xero"])
@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("status", {"status": 503, "body": "down", "content_type": "text/plain"}),
        ("html", {"status": 502}),
        ("half_json", {}),
        ("drop_before", {}),
        ("rate_limit", {"retry_after": 0}),
        ("expire_token", {}),
    ],
)
def test_a_passing_trouble_is_not_noticed_by_anybody(
    office: Office, people: Contractor, side: str, name: str, args: dict[str, Any]
) -> None:
    people.one_claim()
    office.simulator.faults.arm(name, side=side, method="GET", path="/[ra]*", after=2, **args)

    office.night()

    assert len(people.bills) == 1
    assert office.issue_codes() == []


def test_E54_a_limit_that_lifts_within_the_hour_puts_the_task_back_into_the_queue(
    office: Office, people: Contractor
) -> None:
    people.one_claim()
    office.night(flows=("projects", "contacts", "cost_codes"))
    office.simulator.faults.arm(
        "rate_limit", side="xero", method="PUT", kind="minute", retry_after=900
    )

    with pytest.raises(AirflowRescheduleException):
        office.run("subcontractor_invoices")
    limited = office.ledger.runs(limit=1)[0]
    office.reset_limits()
    office.run("subcontractor_invoices")

    assert limited.state == "limited"
    assert "15 min" in limited.error
    assert office.ledger.doubts("subcontractor_invoices") == []
    assert len(people.bills) == 1


def test_E54_a_day_limit_ends_the_run_with_the_time_it_lifts_and_the_next_run_goes_on(
    office: Office, people: Contractor
) -> None:
    for number in ("A-1", "B-2", "C-3"):
        people.project(number)
    office.simulator.faults.arm(
        "rate_limit", side="xero", method="PUT", after=1, kind="day", retry_after=30_000
    )

    said = failed(office, "projects", AirflowFailException)
    first = people.options("Project")
    office.reset_limits()
    office.run("projects")

    assert "day limit" in said
    assert "UTC; what is left is done by the next run" in said
    assert len(first) == 1
    assert len(people.options("Project")) == 3
    assert office.ledger.doubts("projects") == []


@pytest.mark.parametrize("lacking", ["number", "status", "commitment_id"])
def test_a_claim_that_lacks_what_every_claim_has_is_held_and_the_others_go(
    office: Office, people: Contractor, lacking: str
) -> None:
    claim = people.one_claim()
    broken = people.claim(people.procore.commitments[claim["commitment_id"]], "10.00")
    office.night(flows=("projects", "contacts", "cost_codes"))
    kept = people.procore.requisitions[broken["id"]].pop(lacking)

    result = office.run("subcontractor_invoices")
    broken[lacking] = kept

    assert result["created"] == 1
    assert office.reasons(result) == {"UNREADABLE": 1}
    (issue,) = office.ledger.issues("subcontractor_invoices")
    assert lacking in issue.sentence


def test_a_project_that_lacks_a_field_is_held_and_the_others_go(
    office: Office, people: Contractor
) -> None:
    people.project("A-1")
    broken = people.project("B-2")
    del broken["project_number"]

    result = office.run("projects")

    assert office.reasons(result) == {"UNREADABLE": 1}
    assert people.options("Project") == {"A-1": "ACTIVE"}


def test_without_an_account_claims_are_held_with_the_key(
    office: Office, people: Contractor
) -> None:
    people.one_claim()
    settings = {"profile": "dimension_classic"}

    result = office.night(settings=settings)["subcontractor_invoices"]

    assert office.reasons(result) == {"ACCOUNT_NOT_SET": 1, "RETAINAGE_NOT_SET": 1}
    assert {"accounts.expense", "bills.retainage_account"} <= {
        word.strip(",.") for o in office.outcomes(result) for r in o.reasons
        for word in r.fix.split()
    }  # fmt: skip


@pytest.mark.parametrize("account", ["999", "350", "090"])
def test_an_account_that_xero_has_not_or_does_not_let_be_billed_is_named(
    office: Office, people: Contractor, account: str
) -> None:
    people.one_claim()
    settings = {**SETTINGS, "accounts": {"expense": account}}

    result = office.night(settings=settings)["subcontractor_invoices"]

    (held,) = office.outcomes(result)
    assert held.reasons[0].code == "ACCOUNT_UNKNOWN"
    assert account in held.reasons[0].sentence
