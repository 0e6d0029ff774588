"""``kill -9`` in what a profile's nights lack: journals, PDFs, accepted exports, ERP job costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from sqlalchemy import create_engine

from airflow_provider_procore_xero.ledger.ledger import Ledger
from tests.faults.matrix import Count, killed_in
from tests.faults.stage import Scene, Stage
from tests.faults.world import PROFILES
from tests.flows.contractor import Contractor, recently
from tests.flows.office import TENANT

CLASSIC = PROFILES["dimension_classic"].settings
JOURNALS = {**CLASSIC, "journals": {"enabled": True}}
PDFS = {**CLASSIC, "bills": {**CLASSIC["bills"], "attach_pdf": True}}
FIGURES = {**CLASSIC, "job_costs": {"enabled": True, "write": "erp"}}
DECIDED = {**CLASSIC, "approval": {"backend": "airflow", "approvers": ["ana <ana@example.com>"]}}
BEFORE = ("projects", "contacts", "cost_codes")
CLAIMS = "subcontractor_invoices"


def an_office(people: Contractor) -> None:
    """Two projects with two claims each, and a journal that moves a cost from one to the other."""
    terra = people.pair("Terra Works Ltd")
    for number in ("A-1", "B-2"):
        contract = people.contract(people.project(number), terra, number=f"SC-{number}")
        for amount in ("100.00", "200.00"):
            claim = people.claim(contract, amount)
            people.procore.attach_file(claim["id"], f"claim {claim['id']}.pdf")


def journal(people: Contractor) -> None:
    lines = [
        {
            "LineAmount": amount,
            "AccountCode": "310",
            "Tracking": [
                {"Name": "Project", "Option": project},
                {"Name": "Cost Codes", "Option": "02-300"},
            ],
        }
        for amount, project in (("500.00", "A-1"), ("-500.00", "B-2"))
    ]
    people.xero.add_manual_journal("Skips went to A-1", lines, on=recently(3))


def bill(people: Contractor, amount: str, project: str) -> None:
    tracking = [
        {"Name": "Project", "Option": project},
        {"Name": "Cost Codes", "Option": "02-300"},
    ]
    line = {"Description": "Skips", "Quantity": "1", "UnitAmount": amount, "AccountCode": "310"}
    contact = people.contact(f"Hire {amount}")["ContactID"]
    people.xero.add_bill(contact, [{**line, "Tracking": tracking}], status="AUTHORISED")


def figures(stage: Stage) -> Iterator[Scene]:
    """Job costs that Procore has none of yet, then some that changed and one that is nothing."""
    up_to_claims(stage, FIGURES)
    stage.people.procore.switches["erp_tool"] = "open"
    for project in list(stage.people.procore.projects.values()):
        stage.people.procore.export_to_erp(project["id"])
    bill(stage.people, "480.00", "A-1")
    bill(stage.people, "12.34", "B-2")
    first = stage.scene("job costs", "job_costs", FIGURES, "night")
    yield first
    stage.put_on(first)
    bill(stage.people, "1.00", "A-1")
    gone = next(b for b in stage.people.bills if b["SubTotal"] == Decimal("12.34"))
    stage.people.xero.void_bill(gone["InvoiceID"])
    yield stage.scene("changed job costs", "job_costs", FIGURES, "second night")


def decided(stage: Stage) -> None:
    """Have somebody accept all that waits."""
    engine = create_engine(stage.store.url())
    queue = Ledger(engine, f"4281379:{TENANT}").queue
    for row in queue.page("ready_to_export", limit=100):
        assert queue.decide(row.id, "accept", "ana", seen=row.hash)
    engine.dispose()


def up_to_claims(stage: Stage, settings: Mapping[str, Any], *, accepting: bool = False) -> None:
    """Bring over what claims need."""
    stage.reset()
    an_office(stage.people)
    for flow in BEFORE:
        stage.do(flow, settings, "before")
        if accepting:
            decided(stage)
            stage.do(flow, settings, "before, accepted", accepted=True)


def scenes(stage: Stage) -> Iterator[Scene]:
    empty = stage.store.keep()
    up_to_claims(stage, JOURNALS)
    journal(stage.people)
    yield stage.scene("journal entries", "journal_entries", JOURNALS, "night")
    stage.store.back_to(empty)
    up_to_claims(stage, PDFS)
    yield stage.scene("claims with PDFs", CLAIMS, PDFS, "night")
    stage.store.back_to(empty)
    yield from figures(stage)
    stage.store.back_to(empty)
    up_to_claims(stage, DECIDED, accepting=True)
    stage.do(CLAIMS, DECIDED, "asking")
    decided(stage)
    yield stage.scene("accepted claims", CLAIMS, DECIDED, "night", accepted=True)


def test_E52_killed_at_any_moment_and_run_again_everything_stands_once(
    lite: Stage, counted: Count
) -> None:
    wrong = killed_in(lite, enumerate(scenes(lite)), "kill -9, other flows, SQLite", counted)

    assert not wrong, "\n".join(wrong[:20])
