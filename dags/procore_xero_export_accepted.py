"""Export what was accepted in the queue, in the order the money moves, and nothing else.

An acceptance on the page starts it at once; whoever may trigger it and stands in
`approval.approvers` may decide. The nightly DAG exports what is accepted too.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, chain

from airflow_provider_procore_xero.notifications.run_report import RunReportNotifier
from airflow_provider_procore_xero.operators.commitment_change_orders import (
    CommitmentChangeOrdersToPurchaseOrdersOperator,
)
from airflow_provider_procore_xero.operators.commitments import CommitmentsToPurchaseOrdersOperator
from airflow_provider_procore_xero.operators.cost_codes import CostCodesToTrackingOptionsOperator
from airflow_provider_procore_xero.operators.items import CostCodesToItemsOperator
from airflow_provider_procore_xero.operators.projects import ProjectsToTrackingOptionsOperator
from airflow_provider_procore_xero.operators.report import RunReportOperator
from airflow_provider_procore_xero.operators.subcontractor_invoices import (
    SubcontractorInvoicesToBillsOperator,
)
from airflow_provider_procore_xero.operators.vendors import VendorsToContactsOperator
from airflow_provider_procore_xero.schedules import schedule, timezone

SCHEDULE = schedule("procore_xero_export_accepted", None)
SETTINGS = None  # path of the settings file; None takes the configured one

with DAG(
    "procore_xero_export_accepted",
    schedule=SCHEDULE,
    start_date=pendulum.datetime(2026, 1, 1, tz=timezone()),
    is_paused_upon_creation=False,  # an acceptance that starts a paused DAG would wait for ever
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    dagrun_timeout=timedelta(hours=2),
    on_success_callback=RunReportNotifier(settings=SETTINGS),
    on_failure_callback=RunReportNotifier(settings=SETTINGS),
    doc_md=__doc__,
    tags=["procore", "xero", "Export"],
):
    flows = [
        operator(task_id=task_id, settings=SETTINGS, accepted=True)
        for task_id, operator in {
            "projects": ProjectsToTrackingOptionsOperator,
            "vendors": VendorsToContactsOperator,
            "cost_codes": CostCodesToTrackingOptionsOperator,
            "items": CostCodesToItemsOperator,
            "commitments": CommitmentsToPurchaseOrdersOperator,
            "commitment_change_orders": CommitmentChangeOrdersToPurchaseOrdersOperator,
            "subcontractor_invoices": SubcontractorInvoicesToBillsOperator,
        }.items()
    ]
    report = RunReportOperator(task_id="report", settings=SETTINGS, retries=2).as_teardown()
    chain(*flows, report)
