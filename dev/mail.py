"""A mail about a made-up night, for the docs to show."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from airflow_provider_procore_xero.ledger.nights import DOCUMENTS, Night
from airflow_provider_procore_xero.notifications.chart_picture import Chart
from airflow_provider_procore_xero.notifications.mail import compose
from airflow_provider_procore_xero.sync.plan import Reason
from airflow_provider_procore_xero.sync.report import FlowReport, Outcome, Report, What

LAST = date(2026, 11, 22)
MADE = (
    (0, 0, 0, 0), (0, 0, 0, 0), (12, 40, 0, 22), (2, 5, 2, 0), (0, 0, 0, 0), (0, 0, 0, 0),
    (4, 9, 0, 1), (1, 8, 20, 3), (0, 6, 4, 1), (3, 7, 0, 0), (1, 1, 0, 0), (0, 0, 0, 0),
    (0, 0, 0, 0), (2, 9, 14, 3),
)  # fmt: skip
"""What each night made, of each of ``DOCUMENTS``."""
FLOWS = ("commitments", "subcontractor_invoices", "payments", "direct_costs")
"""What makes them."""
KEPT_BACK = (0, 0, 25, 19, 0, 0, 7, 5, 5, 6, 2, 2, 2, 1)
NO_DATE = Reason(
    code="NO_BILLING_DATE",
    sentence="The claim has no billing date.",
    fix="Set the billing date in Procore.",
)


def a_mail() -> str:
    """Return its HTML, with the picture in it."""
    report = Report(
        dag_id="procore_xero_nightly",
        dag_run="scheduled__2026-11-22T02:00:00+00:00",
        flows=tuple(_flow(*each) for each in zip(FLOWS, MADE[-1], strict=True)),
        profile="hybrid",
        company="Hartnell Construction",
        organisation="Hartnell NZ",
    )
    return compose(report, chart=_chart(), embedded=True).html


def _flow(entity: str, made: int) -> FlowReport:
    """Return a flow that made so many; a claim is held in that of claims."""
    began = datetime(2026, 11, 22, 2, tzinfo=UTC)
    held = (_claim(1, "held", reasons=(NO_DATE,)),) if entity == "subcontractor_invoices" else ()
    return FlowReport(
        run=f"01KAN7Q5F0{entity.upper()}",
        entity=entity,
        mode="apply",
        state="success",
        counts={"read": 40, "created": made, "held": len(held)},
        outcomes=(*held, *(_claim(number, "created") for number in range(2, made + 2))),
        started_at=began,
        ended_at=began + timedelta(minutes=7),
    )


def _claim(number: int, what: What, **given: Any) -> Outcome:
    return Outcome(
        entity="subcontractor_invoices",
        what=what,
        source_id=str(number),
        title=f"SC-{number:03} #3 · Terra Works Ltd",
        procore_url=f"https://app.procore.com/1/{number}",
        xero_url=f"https://go.xero.com/{number}" if what == "created" else "",
        **given,
    )


def _chart() -> Chart:
    nights = (
        Night(
            day=LAST - timedelta(days=len(MADE) - 1 - place),
            documents=dict(zip(DOCUMENTS.values(), made, strict=True)),
        )
        for place, made in enumerate(MADE)
    )
    return Chart(nights=tuple(nights), kept_back=KEPT_BACK)
