"""Reports to make mails of."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_procore_xero.sync.plan import FieldChange, Reason
from airflow_provider_procore_xero.sync.report import FlowReport, Outcome, Report

BEGAN = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
NO_DATE = Reason(
    code="NO_BILLING_DATE",
    sentence="The claim has no billing date.",
    fix="Set the billing date in Procore.",
)
NOT_YET = Reason(
    code="STATUS_NOT_SENT", sentence="Its status is Draft; Approved ones are sent.", waits=True
)
_COUNTED = {"removed": "updated", "drifted": "updated"}


def an_outcome(number: int = 1, **given: Any) -> Outcome:
    """Return what became of bill *number*, both of whose pages are known."""
    plain = {
        "entity": "subcontractor_invoices",
        "what": "created",
        "source_id": str(number),
        "title": f"Invoice {number}",
        "procore_url": f"https://app.procore.com/101/project/commitments/requisitions/{number}",
        "xero_url": f"https://go.xero.com/AccountsPayable/Edit.aspx?InvoiceID=bill-{number}",
    }
    return Outcome(**{**plain, **given})


def held(number: int = 1, *reasons: Reason, **given: Any) -> Outcome:
    """Return a claim that is kept back, for want of a date if for nothing else."""
    return an_outcome(number, what="held", reasons=reasons or (NO_DATE,), xero_url="", **given)


def updated(number: int = 1, *fields: tuple[str, str | None, str | None], **given: Any) -> Outcome:
    """Return a bill of which *fields* were changed: name, before, after."""
    changes = tuple(FieldChange(name=n, before=b, after=a) for n, b, a in fields)
    return an_outcome(number, what="updated", fields=changes, **given)


def a_flow(*outcomes: Outcome, **given: Any) -> FlowReport:
    """Return a flow whose counts are those of *outcomes*."""
    counts = Counter(_COUNTED.get(o.what, o.what) for o in outcomes)
    plain = {
        "run": "01KAN7Q5F0RUN",
        "entity": "subcontractor_invoices",
        "mode": "apply",
        "state": "success",
        "counts": {"read": len(outcomes), **counts},
        "calls": {"procore": 12, "xero": 3},
        "outcomes": outcomes,
        "started_at": BEGAN,
        "ended_at": BEGAN + timedelta(minutes=7),
    }
    return FlowReport(**{**plain, **given})


def a_report(*flows: FlowReport, **given: Any) -> Report:
    """Return the report of a night."""
    plain = {
        "dag_id": "procore_xero_nightly",
        "dag_run": "scheduled__2026-11-22T15:00:00+00:00",
        "flows": flows or (a_flow(an_outcome()),),
        "profile": "dimension_classic",
    }
    return Report(**{**plain, **given})
