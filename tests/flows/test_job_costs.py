"""What each project and code has cost, against a sum over what stands in Xero."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_procore_xero.errors import SyncError
from airflow_provider_procore_xero.operators.items import CostCodesToItemsOperator
from airflow_provider_procore_xero.operators.job_costs import JobCostsOperator
from airflow_provider_procore_xero.simulator.calls import Call
from airflow_provider_procore_xero.simulator.xero.state import moment_text
from airflow_provider_procore_xero.sync.plan import Create, Update
from tests.flows.contractor import Contractor, Record
from tests.flows.office import FLOWS, SETTINGS, Office
from tests.flows.power import Mains, Moment, PowerCut

SET_UP = ("projects", "contacts", "cost_codes", "subcontractor_invoices", "payments")
Key = tuple[str, str]


@pytest.fixture(autouse=True)
def flow(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FLOWS, "job_costs", JobCostsOperator)
    office.settings = {**SETTINGS, "job_costs": {"enabled": True}}


@pytest.fixture
def claim(office: Office, people: Contractor) -> Record:
    """Return a claim whose bill is approved, on a project with a direct bill and money spent."""
    claim = people.one_claim()
    office.night(flows=SET_UP)
    people.xero.approve_bill(people.bill_of(claim)["InvoiceID"])
    contact = people.contact("Hire Pool Ltd")["ContactID"]
    people.xero.add_bill(
        contact, [line("480.10"), line("19.95", code="03-300")], status="AUTHORISED"
    )
    people.xero.add_spend_money(contact, [line("115.00"), line("11.50", project=None)])
    people.xero.add_credit_note(contact, [line("50.00")])
    people.xero.add_bill(contact, [line("999.00")], status="DRAFT")
    return claim


def line(amount: str, project: str | None = "A-1", code: str | None = "02-300") -> Record:
    tracking = [
        {"Name": name, "Option": option}
        for name, option in (("Project", project), ("Cost Codes", code))
        if option
    ]
    return {
        "Description": "Skip hire",
        "Quantity": "1",
        "UnitAmount": amount,
        "AccountCode": "310",
        "TaxType": "INPUT2",
        "Tracking": tracking,
    }


def take_off(people: Contractor, code: str) -> None:
    """Take every line of *code* off the bills and the money spent in Xero."""
    for record in (*people.xero.invoices.values(), *people.xero.bank_transactions.values()):
        record["LineItems"] = [
            row for row in record["LineItems"]
            if not any(t["Option"] == code for t in row["Tracking"])
        ]  # fmt: skip
        people.xero.stamp(record)


def run(office: Office, **f: Any) -> dict[str, Any]:
    return office.run("job_costs", **f)


def summed(people: Contractor, *, born: bool = False) -> dict[Key, Decimal]:
    """Return what approved bills and spend money come to, by option of project and of code.

    Retainage, on its own account, is left out.
    """
    xero = people.xero
    found: dict[Key, Decimal] = defaultdict(Decimal)
    for record in (*xero.invoices.values(), *xero.bank_transactions.values()):
        ours = "/requisitions/" in (record.get("Url") or "")
        if record["Status"] not in ("AUTHORISED", "PAID") or (born and not ours):
            continue
        inside = record["LineAmountTypes"] == "Inclusive"
        for each in record["LineItems"]:
            if each["AccountCode"] == "850":
                continue
            options = {t["Name"]: t["Option"] for t in each["Tracking"]}
            key = (options.get("Project", ""), options.get("Cost Codes", ""))
            found[key] += each["LineAmount"] - (each["TaxAmount"] if inside else 0)
    return {key: amount for key, amount in found.items() if amount}


def figures(office: Office, name: str) -> dict[Key, Decimal]:
    """Return one figure of every row, by project number and code."""
    rows = office.ledger.job_costs(limit=1000)
    return {
        (row.project.split(" ")[0], row.code): getattr(row, name)
        for row in rows
        if getattr(row, name)
    }


def test_R84_R85_job_to_date_is_the_sum_of_approved_bills_and_spend_money_without_tax(
    office: Office, people: Contractor, claim: Record
) -> None:
    run(office)

    assert figures(office, "job_to_date") == summed(people)
    assert figures(office, "job_to_date")["A-1", "02-300"] == Decimal("1580.10")
    assert figures(office, "job_to_date")["", "02-300"] == Decimal("10.00")


def test_R86_R87_commitment_invoiced_is_of_linked_bills_and_direct_costs_are_the_rest(
    office: Office, people: Contractor, claim: Record
) -> None:
    run(office)

    assert figures(office, "commitment_invoiced") == summed(people, born=True)
    for row in office.ledger.job_costs(limit=1000):
        assert row.direct_costs == row.job_to_date - row.commitment_invoiced
    assert figures(office, "direct_costs")["A-1", "02-300"] == Decimal("580.10")


def test_R84_R87_R104_retainage_is_no_cost_of_a_code_and_is_counted_with_a_link(
    office: Office, people: Contractor, claim: Record
) -> None:
    bill = people.bill_of(claim)

    result = run(office)

    rows = office.ledger.job_costs(limit=1000)
    (note,) = office.ledger.flow_report(result["run"]).notes
    assert [row for row in rows if not row.code] == []
    assert sum(row.commitment_invoiced for row in rows) + Decimal("-75.00") == bill["SubTotal"]
    assert note.startswith("RETAINAGE: 1 document with -75.00")
    assert bill["InvoiceID"] in note


def test_R84_nothing_is_written_to_either_system(
    office: Office, people: Contractor, claim: Record
) -> None:
    office.forget_calls()

    run(office)

    assert office.writes() == []


def test_only_what_changed_is_read_and_the_sums_stay_right(
    office: Office, people: Contractor, claim: Record
) -> None:
    run(office)
    office.forget_calls()
    bill = people.bill_of(claim)
    people.xero.void_bill(bill["InvoiceID"])
    spent = next(iter(people.xero.bank_transactions))
    people.xero.delete_spend_money(spent)

    run(office)

    assert figures(office, "job_to_date") == summed(people)
    assert figures(office, "commitment_invoiced") == {}
    assert dict(office.reads("xero")) == {
        "/api.xro/2.0/Invoices": 1, "/api.xro/2.0/BankTransactions": 1,
        "/api.xro/2.0/Organisation": 1, "/api.xro/2.0/TrackingCategories": 1,
    }  # fmt: skip


def test_what_has_not_changed_for_long_stays_in_the_figures(
    office: Office, people: Contractor, claim: Record
) -> None:
    for record in (*people.xero.invoices.values(), *people.xero.bank_transactions.values()):
        record["UpdatedDateUTC"] = moment_text(datetime.now(UTC) - timedelta(days=1))
    run(office)

    again = run(office)

    assert again["read"] == 0
    assert figures(office, "job_to_date") == summed(people)


def test_a_full_run_forgets_what_xero_has_no_longer(
    office: Office, people: Contractor, claim: Record
) -> None:
    run(office)
    people.xero.invoices.pop(people.bill_of(claim)["InvoiceID"])

    run(office)
    kept = figures(office, "job_to_date")
    run(office, full=True)

    assert kept != summed(people)
    assert figures(office, "job_to_date") == summed(people)


@pytest.mark.parametrize("path", ["*/Invoices", "*/BankTransactions"])
def test_a_list_of_costs_that_is_empty_all_of_a_sudden_leaves_the_figures_as_they_are(
    office: Office, people: Contractor, claim: Record, path: str
) -> None:
    for _ in range(3):
        people.xero.add_spend_money(people.contact("Fuel Ltd")["ContactID"], [line("11.50")])
    run(office)
    before = figures(office, "job_to_date")
    body: Record = {path[2:]: []}
    office.simulator.faults.arm(
        "status", side="xero", method="GET", path=path, status=200, body=body
    )

    with pytest.raises(AirflowFailException, match=r"LIST_SHRANK: The list of job cost .* has 0"):
        run(office, full=True)

    assert figures(office, "job_to_date") == before


def test_a_cost_whose_project_is_integrated_later_moves_to_it_without_being_read_again(
    office: Office, people: Contractor, claim: Record
) -> None:
    late = people.project("B-2", stage="Bidding")
    people.xero.add_option("Project", "B-2")
    contact = people.contact("Cook Piling Ltd")["ContactID"]
    people.xero.add_bill(contact, [line("70.00", project="B-2")], status="AUTHORISED")
    run(office)
    before = {row.project: row.project_id for row in office.ledger.job_costs(limit=1000)}

    office.run("projects", project_number="B-2")
    run(office)
    after = {row.project_id for row in office.ledger.job_costs(limit=1000)}

    assert before["B-2"] == ""
    assert str(late["id"]) in after


def test_a_plan_leaves_the_figures_as_they_are(
    office: Office, people: Contractor, claim: Record
) -> None:
    run(office, mode="plan")

    assert office.ledger.job_costs() == []


def test_job_costs_are_off_by_default(office: Office, people: Contractor, claim: Record) -> None:
    office.forget_calls()

    result = run(office, settings=SETTINGS)

    assert result["calls"] == {"procore": 0, "xero": 0}
    assert office.ledger.job_costs() == []


def test_totals_never_mix_currencies(office: Office, people: Contractor, claim: Record) -> None:
    contact = people.contact("Cook Piling Ltd")["ContactID"]
    people.xero.add_bill(contact, [line("70.00")], status="AUTHORISED", CurrencyCode="AUD")

    run(office)

    rows = [r for r in office.ledger.job_costs(limit=1000) if r.code == "02-300" and r.project_id]
    assert {r.currency: r.job_to_date for r in rows} == {
        "NZD": Decimal("1580.10"), "AUD": Decimal("70.00"),
    }  # fmt: skip


def test_E45_R87_they_add_up_in_the_organisations_currency_where_documents_are_converted(
    office: Office, people: Contractor, claim: Record
) -> None:
    contact = people.contact("Cook Piling Ltd")["ContactID"]
    people.xero.add_bill(
        contact, [line("70.00"), line("0.01")], status="AUTHORISED", CurrencyCode="AUD",
        CurrencyRate="0.9",
    )  # fmt: skip

    run(office, settings={**office.settings, "direct_costs": {"currency": "convert"}})

    (row,) = [r for r in office.ledger.job_costs(limit=9) if r.code == "02-300" and r.project_id]
    assert (row.currency, row.job_to_date) == ("NZD", Decimal("1580.10") + Decimal("77.79"))
    assert row.direct_costs == row.job_to_date - row.commitment_invoiced == Decimal("657.89")


# Written to Procore's ERP job costs, where the settings want it

WRITTEN = {**SETTINGS, "job_costs": {"enabled": True, "write": "erp"}}
SYNC = "/rest/v1.0/erp_job_costs/sync"
FIGURES = ("job_to_date_cost", "commitment_invoiced")
Figures = dict[Key, tuple[Decimal, Decimal]]
KEYS = pytest.mark.parametrize("keys", ["origin_ids", "ids"])


@pytest.fixture
def erp(office: Office, people: Contractor, claim: Record) -> Record:
    """Return the claim, on a project that was exported in a company that has the ERP tool."""
    people.procore.switches["erp_tool"] = "open"
    for project in list(people.procore.projects):
        people.procore.export_to_erp(project)
    office.settings = WRITTEN
    office.forget_calls()
    return claim


@pytest.fixture
def mains(monkeypatch: pytest.MonkeyPatch) -> Mains:
    return Mains(monkeypatch)


def in_procore(people: Contractor) -> Figures:
    """Return both figures that stand in Procore, by project number and code."""
    procore = people.procore
    return {
        (
            procore.projects[row["project_id"]]["project_number"],
            procore.cost_codes[row["cost_code_id"]]["full_code"],
        ): (row["job_to_date_cost"], row["commitment_invoiced"])
        for row in procore.erp_job_costs.values()
    }


def in_xero(people: Contractor) -> Figures:
    """Return what both figures should be, by an independent sum over what stands in Xero."""
    every, born = summed(people), summed(people, born=True)
    return {
        key: (amount, born.get(key, Decimal("0.00"))) for key, amount in every.items() if key[0]
    }


def sets(office: Office) -> list[Call]:
    return [call for call in office.writes() if call.path == SYNC]


def rows_of(call: Call) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(call.body)["updates"]
    return rows


def spend(people: Contractor, *amounts: str, **f: Any) -> Record:
    contact = people.contact(f"Shop {len(people.xero.bank_transactions)}")["ContactID"]
    lines = [line(amount, **f) for amount in amounts]
    return people.xero.add_spend_money(contact, lines, amount_types="Exclusive")


def a_second_project(people: Contractor, office: Office, number: str = "B-2") -> Record:
    """Add another project with its codes in use, integrate it and export it."""
    project = people.project(number)
    for code in ("02-300", "03-300"):
        people.budget_code(project, code)
    office.run("projects")
    people.procore.export_to_erp(project["id"])
    return project


@KEYS
def test_R85_R86_the_figures_in_procore_are_those_of_xero_for_every_project_and_code(
    office: Office, people: Contractor, erp: Record, keys: str
) -> None:
    people.procore.switches["erp_job_cost_keys"] = keys
    a_second_project(people, office)
    spend(people, "70.00", "0.05", project="B-2", code="03-300")

    result = run(office)

    assert in_procore(people) == in_xero(people)
    assert len(in_procore(people)) == 3
    assert in_procore(people)["A-1", "02-300"] == (Decimal("1580.10"), Decimal("1000.00"))
    assert (result["created"], result["held"], office.issue_codes()) == (3, 0, [])


def test_R84_R85_R86_with_codes_as_items_each_type_of_a_code_has_a_row_of_its_own(
    office: Office, people: Contractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(FLOWS, "items", CostCodesToItemsOperator)
    by_item = {"target": "item", "code_format": "{cost_code}.{cost_type}"}
    office.settings = {**WRITTEN, "cost_codes": by_item, "bills": {"retainage_item": "RET"}}
    people.xero.add_item("RET", "Retainage", PurchaseDetails={"AccountCode": "850"})
    claim = people.one_claim()
    code = next(c for c in people.procore.cost_codes.values() if c["full_code"] == "02-300")
    labour = next(t for t in people.procore.line_item_types.values() if t["code"] == "L")
    people.procore.add_wbs_code(cost_code_id=code["id"], line_item_type_id=labour["id"])
    office.night(flows=("projects", "contacts", "items", "subcontractor_invoices"))
    people.procore.switches["erp_tool"] = "open"
    people.procore.export_to_erp(code["biller_id"])
    people.xero.approve_bill(people.bill_of(claim)["InvoiceID"])
    by_labour = {**line("7.00", code=None), "ItemCode": "02-300.L"}
    contact = people.contact("Labour Hire Ltd")["ContactID"]
    people.xero.add_bill(contact, [by_labour], status="AUTHORISED")

    run(office)

    kinds = people.procore.line_item_types
    codes = people.procore.cost_codes
    rows = {
        f"{codes[row['cost_code_id']]['full_code']}.{kinds[row['line_item_type_id']]['code']}": row
        for row in people.procore.erp_job_costs.values()
    }
    assert {item: row["job_to_date_cost"] for item, row in rows.items()} == summed_by_item(people)
    assert summed_by_item(people)["02-300.L"] == Decimal("7.00")
    assert rows["02-300.L"]["commitment_invoiced"] == 0
    assert rows["02-300.S"]["commitment_invoiced"] == rows["02-300.S"]["job_to_date_cost"]


def summed_by_item(people: Contractor) -> dict[str, Decimal]:
    """Return what approved bills come to by the item of their lines, without retainage."""
    found: dict[str, Decimal] = defaultdict(Decimal)
    for bill in people.xero.invoices.values():
        for each in bill["LineItems"] if bill["Status"] == "AUTHORISED" else ():
            found[each["ItemCode"]] += each["LineAmount"]
    found.pop("RET")
    return dict(found)


def test_R87_what_the_budget_works_out_is_what_did_not_come_from_procore(
    office: Office, people: Contractor, erp: Record
) -> None:
    run(office)

    every, born = summed(people), summed(people, born=True)
    for key, (job_to_date, invoiced) in in_procore(people).items():
        assert job_to_date - invoiced == every[key] - born.get(key, 0)
        assert job_to_date - invoiced == figures(office, "direct_costs")[key]


def test_R84_nothing_but_the_two_figures_of_a_row_is_set_and_nothing_else_is_written(
    office: Office, people: Contractor, erp: Record
) -> None:
    run(office)

    (call,) = office.writes()
    project = next(iter(people.procore.projects.values()))
    assert json.loads(call.body)["job_origin_id"] == project["origin_id"]
    ids = {"cost_code_id", "cost_code_origin_id", "line_item_type_id", "line_item_type_origin_id"}
    assert all(row.keys() == {*FIGURES, *ids} for row in rows_of(call))


def test_R84_a_second_night_sends_nothing_and_asks_procore_nothing(
    office: Office, people: Contractor, erp: Record
) -> None:
    office.night(flows=("projects", "job_costs"))
    office.forget_calls()

    second = office.night(flows=("projects", "job_costs"))["job_costs"]

    assert not office.writes()
    assert not any("cost_codes" in path for path in office.reads("procore"))
    assert second["calls"] == {"procore": 0, "xero": 2}
    assert (second["unchanged"], second["read"]) == (2, 4)


def test_R84_a_night_reads_the_codes_of_projects_with_something_new_and_sends_one_call_each(
    office: Office, people: Contractor, erp: Record
) -> None:
    a_second_project(people, office)
    spend(people, "70.00", project="B-2")
    run(office)
    office.forget_calls()
    spend(people, "5.00", project="B-2")
    spend(people, "6.00", project="B-2", code="03-300")

    result = run(office)

    (call,) = sets(office)
    assert len(rows_of(call)) == 2
    assert office.reads("procore")["/rest/v1.0/cost_codes"] == 1
    assert (result["created"], result["updated"], result["unchanged"]) == (1, 1, 2)
    assert in_procore(people) == in_xero(people)


def test_R84_an_update_tells_which_figures_were_otherwise(
    office: Office, people: Contractor, erp: Record
) -> None:
    run(office)
    spend(people, "5.00")

    result = run(office)

    (outcome,) = office.outcomes(result)
    (changed,) = outcome.fields
    assert outcome.title == "A-1 Project A-1 · 02-300.S"
    assert (changed.name, changed.before, changed.after) == (
        "job_to_date_cost", "1580.10", "1585.10",
    )  # fmt: skip
    assert outcome.procore_url.endswith("/budgeting")


def test_R85_R86_a_voided_bill_lowers_the_figures(
    office: Office, people: Contractor, erp: Record
) -> None:
    run(office)
    people.xero.void_bill(people.bill_of(erp)["InvoiceID"])

    run(office)

    assert in_procore(people)["A-1", "02-300"] == (Decimal("580.10"), Decimal("0.00"))
    assert in_procore(people) == in_xero(people)


def test_R85_a_figure_that_is_gone_from_xero_is_set_to_nothing_and_then_left_alone(
    office: Office, people: Contractor, erp: Record
) -> None:
    spent = spend(people, "9.99", code="03-300")
    run(office)
    take_off(people, "03-300")
    people.xero.delete_spend_money(spent["BankTransactionID"])

    run(office, full=True)
    office.forget_calls()
    after = run(office)

    nothing = (Decimal("0.00"), Decimal("0.00"))
    assert in_procore(people)["A-1", "03-300"] == nothing
    assert not office.writes()
    assert after["unchanged"] == 2


def test_R3_R84_a_plan_lists_what_would_be_set_and_sends_nothing(
    office: Office, people: Contractor, erp: Record
) -> None:
    plan = run(office, mode="plan")
    writes, table = office.writes(), office.ledger.job_costs()
    apply = run(office)

    assert (writes, table) == ([], [])
    assert planned(office, plan) == [row for call in sets(office) for row in rows_of(call)]
    assert {k: plan[k] for k in ("read", "created", "held")} == {
        k: apply[k] for k in ("read", "created", "held")
    }


def planned(office: Office, result: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows that a stored plan would send."""
    found = []
    for stored in office.ledger.changes(result["plan"], (Create, Update)):
        assert isinstance(stored.change, Create | Update)
        row = dict(stored.change.desired.payload)
        assert row.pop("job_origin_id")
        found.append(row)
    return found


def test_R3_R84_a_plan_knows_what_changed_since_the_last_run(
    office: Office, people: Contractor, erp: Record
) -> None:
    run(office)
    people.xero.void_bill(people.bill_of(erp)["InvoiceID"])
    people.xero.delete_spend_money(next(iter(people.xero.bank_transactions)))
    spend(people, "3.33")
    office.forget_calls()

    plan = run(office, mode="plan")
    again = run(office, mode="plan")
    written = sets(office)
    apply = run(office)

    assert written == []
    assert planned(office, plan) == planned(office, again)
    assert planned(office, plan) == [row for call in sets(office) for row in rows_of(call)]
    assert plan["updated"] == apply["updated"] == 2
    assert in_procore(people) == in_xero(people)


@pytest.mark.parametrize("status", ["403", "404"])
def test_R84_where_the_erp_tool_is_closed_one_issue_says_so_and_the_table_is_right(
    office: Office, people: Contractor, erp: Record, status: str
) -> None:
    people.procore.switches["erp_tool"] = status

    result = run(office)

    assert figures(office, "job_to_date") == summed(people)
    assert office.issue_codes() == ["ERP_TOOL_CLOSED"]
    (issue,) = office.ledger.issues("job_costs")
    assert "A-1 Project A-1 · 02-300.S first" in issue.sentence
    assert "Ask Procore to activate ERP Integrations" in issue.fix
    assert office.ledger.run(result["run"]).state == "blocked"
    assert len(sets(office)) == 1
    assert office.ledger.doubts("job_costs") == []


def test_R84_once_the_erp_tool_is_open_the_figures_go_and_the_issue_is_closed(
    office: Office, people: Contractor, erp: Record
) -> None:
    people.procore.switches["erp_tool"] = "404"
    run(office)
    people.procore.switches["erp_tool"] = "open"

    result = run(office)

    assert in_procore(people) == in_xero(people)
    assert (result["read"], result["created"]) == (4, 2)
    assert office.issue_codes() == []


def test_R84_a_project_that_the_tool_hides_is_refused_and_the_others_go(
    office: Office, people: Contractor, erp: Record
) -> None:
    project = a_second_project(people, office)
    spend(people, "70.00", project="B-2")
    office.simulator.faults.arm(
        "meanwhile", side="procore", path=SYNC, method="PATCH", after=1,
        act=lambda: people.procore.forbid_project(project["id"]),
    )  # fmt: skip

    result = run(office)

    assert (result["created"], result["refused"]) == (2, 1)
    assert {key: in_xero(people)[key] for key in in_procore(people)} == in_procore(people)
    assert office.issue_codes() == ["REFUSED"]


# Lost answers and killed runs


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "half_json", "status_after"])
def test_R84_after_a_lost_answer_the_next_night_leaves_the_right_figures(
    office: Office, people: Contractor, erp: Record, fault: str
) -> None:
    office.simulator.faults.arm(fault, side="procore", path=SYNC, times=20)
    with suppress(SyncError):
        run(office)
    office.simulator.faults.clear()
    spend(people, "1.11")

    run(office)

    assert in_procore(people) == in_xero(people)
    assert (office.issue_codes(), office.ledger.doubts("job_costs")) == ([], [])


@pytest.mark.parametrize(
    ("what", "moment"), [("request", "before"), ("request", "after"), ("commit", "before")]
)
def test_R84_a_killed_run_that_runs_again_leaves_the_right_figures(
    office: Office, people: Contractor, erp: Record, mains: Mains, what: Any, moment: Moment
) -> None:
    run(office)
    people.xero.void_bill(people.bill_of(erp)["InvoiceID"])
    spend(people, "5.00", code="03-300")
    before = office.keep()
    mains.restore()
    run(office)
    moments = mains.requests if what == "request" else mains.commits

    for number in range(1, moments + 1):
        office.back_to(before)
        mains.cut(what, number, moment)
        killed(office, mains)

        run(office)

        assert in_procore(people) == in_xero(people), number
        assert figures(office, "job_to_date") == summed(people), number
        assert (office.issue_codes(), office.ledger.doubts("job_costs")) == ([], []), number
    assert moments >= 1


def killed(office: Office, mains: Mains) -> None:
    with pytest.raises(PowerCut):
        run(office)
    mains.restore()


def test_R85_a_cost_that_is_gone_after_a_lost_answer_is_set_to_nothing(
    office: Office, people: Contractor, erp: Record, mains: Mains
) -> None:
    run(office)
    a_second_project(people, office)
    spent = spend(people, "70.00", project="B-2")
    mains.cut("request", 1, "after")
    killed(office, mains)
    lost = in_procore(people)["B-2", "02-300"]
    people.xero.delete_spend_money(spent["BankTransactionID"])

    run(office)

    assert lost == (Decimal("70.00"), Decimal("0.00"))
    assert in_procore(people)["B-2", "02-300"] == (Decimal("0.00"), Decimal("0.00"))


def test_R85_a_figure_that_is_as_before_after_a_lost_answer_is_sent_again(
    office: Office, people: Contractor, erp: Record, mains: Mains
) -> None:
    run(office)
    spent = spend(people, "70.00")
    mains.cut("request", 1, "after")
    killed(office, mains)
    people.xero.delete_spend_money(spent["BankTransactionID"])

    run(office)

    assert in_procore(people) == in_xero(people)


# What is held


def held(office: Office, result: Mapping[str, Any]) -> dict[str, list[str]]:
    return {
        o.source_id.partition("/")[2]: [r.code for r in o.reasons]
        for o in office.outcomes(result)
        if o.what == "held"
    }


def test_R84_a_project_that_was_never_exported_waits_and_its_codes_are_not_read(
    office: Office, people: Contractor, erp: Record
) -> None:
    people.procore.touch(next(iter(people.procore.projects.values())), origin_id=None)

    result = run(office)

    assert held(office, result) == {
        "02-300/": ["PROJECT_NOT_EXPORTED"], "03-300/": ["PROJECT_NOT_EXPORTED"],
    }  # fmt: skip
    assert office.writes() == []
    assert office.reads("procore")["/rest/v1.0/cost_codes"] == 0


def test_R84_held_figures_go_once_they_can_and_their_issues_are_closed(
    office: Office, people: Contractor, erp: Record
) -> None:
    code = next(c for c in people.procore.cost_codes.values() if c["full_code"] == "03-300")
    origin_id, code["origin_id"] = code["origin_id"], None
    types, code["line_item_types"] = code["line_item_types"], []
    spend(people, "4.00", code=None)

    first = run(office)
    code["line_item_types"] = types
    second = run(office)
    code["origin_id"] = origin_id
    people.xero.delete_spend_money(list(people.xero.bank_transactions)[-1])
    third = run(office)

    assert held(office, first) == {"/": ["COST_CODE_UNKNOWN"], "03-300/": ["COST_TYPE_UNCLEAR"]}
    assert held(office, second) == {
        "/": ["COST_CODE_UNKNOWN"], "03-300/S": ["COST_CODE_NOT_EXPORTED"],
    }  # fmt: skip
    assert held(office, third) == {}
    assert office.issue_codes() == []
    assert in_procore(people) == in_xero(people)


def test_R84_issues_of_figures_are_closed_once_they_are_written_no_more(
    office: Office, people: Contractor, erp: Record
) -> None:
    spend(people, "4.00", code=None)
    run(office)
    before = office.issue_codes()

    run(office, settings={**SETTINGS, "job_costs": {"enabled": True}})

    assert (before, office.issue_codes()) == (["COST_CODE_UNKNOWN"], [])


def test_R84_a_code_of_several_types_takes_the_usual_one_and_is_held_without(
    office: Office, people: Contractor, erp: Record
) -> None:
    code = next(c for c in people.procore.cost_codes.values() if c["full_code"] == "02-300")
    labour = next(t for t in people.procore.line_item_types.values() if t["code"] == "L")
    people.procore.add_wbs_code(cost_code_id=code["id"], line_item_type_id=labour["id"])
    people.procore.export_to_erp(code["biller_id"])

    first = run(office)
    office.settings = {**WRITTEN, "direct_costs": {"cost_type": "L"}}
    second = run(office)

    assert held(office, first) == {"02-300/": ["COST_TYPE_UNCLEAR"]}
    assert (held(office, second), office.issue_codes()) == ({}, [])
    kinds = {row["line_item_type_id"] for row in people.procore.erp_job_costs.values()}
    assert labour["id"] in kinds
    assert in_procore(people) == in_xero(people)


def test_R84_a_figure_stays_on_its_type_when_the_code_is_used_with_another_one_too(
    office: Office, people: Contractor, erp: Record
) -> None:
    run(office)
    code = next(c for c in people.procore.cost_codes.values() if c["full_code"] == "02-300")
    labour = next(t for t in people.procore.line_item_types.values() if t["code"] == "L")
    people.procore.add_wbs_code(cost_code_id=code["id"], line_item_type_id=labour["id"])
    spend(people, "5.00")

    result = run(office)

    assert (result["updated"], result["held"]) == (1, 0)
    assert in_procore(people) == in_xero(people)


def test_R84_figures_that_come_to_one_row_are_added_up(
    office: Office, people: Contractor, erp: Record
) -> None:
    office.settings = {**WRITTEN, "cost_codes": {"fallback_code": "03-300"}}
    people.xero.add_option("Cost Codes", "Sundries")
    spend(people, "4.00", code=None)
    spend(people, "2.00", code="Sundries")

    result = run(office)
    office.forget_calls()
    again = run(office)

    sundries = [k for k in in_xero(people) if k[1] in ("", "Sundries")]
    rest = sum(in_xero(people)[key][0] for key in sundries)
    assert rest == Decimal("6.00")
    assert in_procore(people)["A-1", "03-300"][0] == in_xero(people)["A-1", "03-300"][0] + rest
    assert (result["created"], again["unchanged"], office.writes()) == (2, 2, [])


def test_R84_costs_in_another_currency_are_held_and_the_rest_goes(
    office: Office, people: Contractor, erp: Record
) -> None:
    contact = people.contact("Cook Piling Ltd")["ContactID"]
    people.xero.add_bill(contact, [line("70.00")], status="AUTHORISED", CurrencyCode="AUD")

    result = run(office)
    office.forget_calls()
    again = run(office)

    assert held(office, result) == held(office, again) == {"02-300//AUD": ["CURRENCY_DIFFERS"]}
    assert in_procore(people)["A-1", "02-300"][0] == Decimal("1580.10")
    assert office.reads("procore")["/rest/v1.0/cost_codes"] == 0


def test_R84_an_inactive_project_and_a_hidden_one_are_held(
    office: Office, people: Contractor, erp: Record
) -> None:
    hidden = a_second_project(people, office)
    spend(people, "70.00", project="B-2")
    people.procore.deactivate_project(next(iter(people.procore.projects)))
    people.procore.forbid_project(hidden["id"])

    result = run(office)

    assert office.reasons(result) == {"PROJECT_HIDDEN": 1, "PROJECT_INACTIVE": 2}
    assert sets(office) == []


def test_R84_a_project_that_procore_hides_in_between_is_held(
    office: Office, people: Contractor, erp: Record
) -> None:
    office.simulator.faults.arm("status", side="procore", path="/rest/v1.0/cost_codes", status=403)

    result = run(office)

    assert office.reasons(result) == {"PROJECT_HIDDEN": 2}
    assert office.writes() == []


def test_R84_a_row_that_procore_refuses_is_told_in_its_words_and_the_others_go(
    office: Office, people: Contractor, erp: Record
) -> None:
    code = next(c for c in people.procore.cost_codes.values() if c["full_code"] == "03-300")

    def recoded() -> None:
        code["origin_id"] = "sage-9"

    office.simulator.faults.arm("meanwhile", side="procore", path=SYNC, act=recoded)

    first = run(office)
    codes = office.issue_codes()
    second = run(office)

    assert (first["created"], first["refused"]) == (1, 1)
    (refused,) = [o for o in office.outcomes(first) if o.what == "refused"]
    assert refused.reasons[0].sentence == "cost_code_origin_id: does not exist"
    assert codes == ["REFUSED"]
    assert (second["created"], office.issue_codes()) == (1, [])
    assert in_procore(people) == in_xero(people)


# Renamed, exported anew


@pytest.mark.parametrize(("mode", "left"), [("plan", 2), ("apply", 1)])
def test_R85_a_row_whose_code_is_gone_is_let_go_and_not_by_a_plan(
    office: Office, people: Contractor, erp: Record, mode: str, left: int
) -> None:
    run(office)
    take_off(people, "03-300")
    for code in people.procore.cost_codes.values():
        if code["full_code"] == "03-300":
            code["deleted_at"] = "2026-01-01T00:00:00Z"

    run(office, mode=mode, full=True)

    assert len(office.ledger.links("job_cost")) == left


def test_R84_a_plan_leaves_figures_alone_that_another_run_is_at_work_on(
    office: Office, people: Contractor, erp: Record
) -> None:
    run(office)
    spend(people, "1.11")
    office.simulator.faults.arm("drop_after", side="procore", path=SYNC, times=20)
    with suppress(SyncError):
        run(office)
    office.simulator.faults.clear()
    before = {link.xero_id: link.held for link in office.ledger.links("job_cost")}
    other = office.ledger.lease("job_cost", task="other", who="Another run", seconds=60)
    other.take()

    run(office, mode="plan")

    assert {link.xero_id: link.held for link in office.ledger.links("job_cost")} == before
    assert all(before.values())


def test_R84_a_row_that_an_answer_does_not_mention_is_in_doubt(
    office: Office, people: Contractor, erp: Record
) -> None:
    office.simulator.faults.arm(
        "status", side="procore", path=SYNC, status=200, body={"entities": [], "errors": []}
    )

    first = run(office)
    again = run(office)

    assert (first["in_doubt"], first["refused"]) == (2, 0)
    assert again["created"] == 2
    assert in_procore(people) == in_xero(people)


def test_R84_a_code_that_was_renamed_in_procore_keeps_its_row(
    office: Office, people: Contractor, erp: Record
) -> None:
    run(office)
    for codes in (people.procore.cost_codes, people.procore.standard_cost_codes):
        for code in codes.values():
            if code["full_code"] == "02-300":
                code |= {"code": "02-310", "full_code": "02-310", "sortable_code": "02-310"}
    office.run("cost_codes")
    spend(people, "5.00", code="02-310")

    run(office)
    office.forget_calls()
    again = run(office)

    assert in_procore(people)["A-1", "02-310"] == (Decimal("1585.10"), Decimal("1000.00"))
    assert len(people.procore.erp_job_costs) == 2
    assert again["unchanged"] == 2
    assert not office.writes()


def test_R84_rows_that_procore_made_anew_are_linked_anew(
    office: Office, people: Contractor, erp: Record
) -> None:
    run(office)
    people.procore.erp_job_costs.clear()
    spend(people, "5.00")
    spend(people, "5.00", code="03-300")

    result = run(office)
    office.forget_calls()
    run(office)

    assert result["updated"] == 2
    assert in_procore(people) == in_xero(people)
    assert not office.writes()


# Guards


def test_R84_lists_that_are_empty_all_of_a_sudden_set_nothing_to_nothing(
    office: Office, people: Contractor, erp: Record
) -> None:
    run(office)
    before = in_procore(people)
    people.xero.invoices.clear()
    people.xero.bank_transactions.clear()

    with pytest.raises(AirflowFailException, match="LIST_SHRANK"):
        run(office, full=True)

    assert in_procore(people) == before


def test_R84_a_great_many_changed_figures_are_no_mass_change_but_emptied_ones_are(
    office: Office, people: Contractor, erp: Record
) -> None:
    spent = []
    for number in range(12):
        a_second_project(people, office, f"N-{number}")
        spent.append(spend(people, "10.00", project=f"N-{number}")["BankTransactionID"])
    run(office)
    for number in range(12):
        spend(people, "1.00", project=f"N-{number}")
    run(office)
    changed = in_procore(people) == in_xero(people)
    for spending in list(people.xero.bank_transactions):
        people.xero.delete_spend_money(spending)

    with pytest.raises(AirflowFailException, match="TOO_MANY_CHANGES"):
        run(office)

    assert changed
    assert in_procore(people)["N-3", "02-300"][0] == Decimal("11.00")


def test_R84_with_the_switch_off_no_call_is_added(
    office: Office, people: Contractor, erp: Record
) -> None:
    office.night(flows=("job_costs",), settings={**SETTINGS, "job_costs": {"enabled": True}})

    assert office.writes() == []
    assert dict(office.reads("procore")) == {"/rest/v1.0/company_base_url": 1}
