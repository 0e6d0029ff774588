"""What a ledger may hold when people look at it."""

from __future__ import annotations

from typing import Any

from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import About, Create, Desired, FieldChange, Reason
from airflow_provider_procore_xero.sync.report import Outcome

NO_NUMBER = Reason(
    code="PROJECT_NUMBER_MISSING",
    sentence="Project Marina has no Project Number.",
    fix="Give it one in Procore.",
)
NOT_APPROVED = Reason(
    code="CLAIM_NOT_APPROVED",
    sentence="Claim 7 is a draft.",
    fix="Approve it in Procore.",
    waits=True,
)
NO_VENDOR = Reason(
    code="VENDOR_NOT_LINKED",
    sentence="Vendor Acme of claim 7 is not linked.",
    fix="Run procore_xero_contacts.",
)
BILL = "0a2d91d2-1111-4222-8333-444455556666"
CONTACT = "bf66af4c-2f95-574a-a983-79c915051f1e"


def a_held(
    source_id: str = "7", *reasons: Reason, entity: str = "projects", **given: Any
) -> Outcome:
    """Return a record that is kept back, and tell nobody yet."""
    told = {"title": "Marina", "procore_url": "https://procore.example/7", **given}
    return Outcome(
        entity=entity, what="held", source_id=source_id, reasons=reasons or (NO_NUMBER,), **told
    )


def a_run_of(ledger: Ledger, *held: Outcome, entity: str = "projects", **given: Any) -> str:
    """Keep an applied run that held these records, with their issues."""
    run = ledger.begin_run(entity, "apply", **given)
    ledger.add_outcomes(run, held)
    ledger.settle_issues(run, entity, held)
    ledger.end_run(
        run, "success", {"read": len(held), "held": len(held)}, {"procore": 3, "xero": 2}
    )
    return run


def a_bill(
    ledger: Ledger,
    claim: str = "8",
    xero_id: str = BILL,
    net: str = "12500.00",
    dag_run: str = "manual__1",
) -> str:
    """Keep a claim that became a bill, with plan, outcome and link; return its run."""
    run = ledger.begin_run(
        "subcontractor_invoices", "apply", dag_id="procore_xero_nightly", dag_run=dag_run
    )
    title = f"Claim {claim} · Acme Ltd"
    plan = ledger.begin_plan(run, "subcontractor_invoices", kind="subcontractor_invoice")
    change = Create(
        about=About(source_id=claim, title=title, read="r"),
        desired=Desired(payload={"Date": "2026-10-31", "Total": net}, name="SC-003"),
        wrote="w",
    )
    ledger.seal_plan(plan, ledger.add_changes(plan, [change]))
    done = Outcome(
        entity="subcontractor_invoices",
        what="created",
        source_id=claim,
        title=title,
        target_id=xero_id,
        procore_url="https://procore.example/8",
        xero_url="https://xero.example/8",
        fields=(FieldChange(name="Total", before=None, after=net),),
    )
    link = Link(
        kind="subcontractor_invoice",
        procore_id=claim,
        xero_id=xero_id,
        procore_name=title,
        xero_name="SC-003",
        data={"net": net, "application_number": 3},
    )
    ledger.close_batch(run, [done], [link], ())
    ledger.end_run(run, "success", {"read": 1, "created": 1}, {"procore": 4, "xero": 1}, plan=plan)
    return run
