"""Each night, in the order the money moves: set-up first, then bills, then what was paid
and what else was spent.

Change the three lines below; nothing further down needs editing. To see what a night would do
without doing it, trigger the DAG with `{"mode": "plan"}`. Once a week everything is read again, not
only what changed.
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
from airflow_provider_procore_xero.operators.contacts import ContactsToVendorsOperator
from airflow_provider_procore_xero.operators.cost_codes import CostCodesToTrackingOptionsOperator
from airflow_provider_procore_xero.operators.direct_costs import BillsToDirectCostsOperator
from airflow_provider_procore_xero.operators.items import CostCodesToItemsOperator
from airflow_provider_procore_xero.operators.job_costs import JobCostsOperator
from airflow_provider_procore_xero.operators.journal_entries import (
    JournalEntriesToDirectCostsOperator,
)
from airflow_provider_procore_xero.operators.payments import (
    BillPaymentsToCommitmentPaymentsOperator,
)
from airflow_provider_procore_xero.operators.projects import ProjectsToTrackingOptionsOperator
from airflow_provider_procore_xero.operators.reconcile import ReconcileOperator
from airflow_provider_procore_xero.operators.report import RunReportOperator
from airflow_provider_procore_xero.operators.subcontractor_invoices import (
    SubcontractorInvoicesToBillsOperator,
)
from airflow_provider_procore_xero.operators.vendors import VendorsToContactsOperator
from airflow_provider_procore_xero.params import params
from airflow_provider_procore_xero.schedules import schedule, timezone

SCHEDULE = schedule("procore_xero_nightly", "0 2 * * *")
SETTINGS = None  # path of the settings file; None takes the configured one
READ_EVERYTHING_ON = 6  # Sunday; Monday is 0

FULL = f"{{{{ params.full or dag_run.run_after.weekday() == {READ_EVERYTHING_ON} }}}}"

with DAG(
    "procore_xero_nightly",
    schedule=SCHEDULE,
    start_date=pendulum.datetime(2026, 1, 1, tz=timezone()),
    max_active_runs=1,
    params=params(),
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
    dagrun_timeout=timedelta(hours=6),
    on_success_callback=RunReportNotifier(settings=SETTINGS),
    on_failure_callback=RunReportNotifier(settings=SETTINGS),
    doc_md=__doc__,
    tags=["procore", "xero"],
):
    projects = ProjectsToTrackingOptionsOperator(task_id="projects", settings=SETTINGS, full=FULL)
    contacts = ContactsToVendorsOperator(task_id="contacts", settings=SETTINGS, full=FULL)
    vendors = VendorsToContactsOperator(task_id="vendors", settings=SETTINGS, full=FULL)
    cost_codes = CostCodesToTrackingOptionsOperator(
        task_id="cost_codes", settings=SETTINGS, full=FULL
    )
    items = CostCodesToItemsOperator(task_id="items", settings=SETTINGS, full=FULL)
    commitments = CommitmentsToPurchaseOrdersOperator(
        task_id="commitments", settings=SETTINGS, full=FULL
    )
    commitment_change_orders = CommitmentChangeOrdersToPurchaseOrdersOperator(
        task_id="commitment_change_orders", settings=SETTINGS, full=FULL
    )
    subcontractor_invoices = SubcontractorInvoicesToBillsOperator(
        task_id="subcontractor_invoices", settings=SETTINGS, full=FULL
    )
    payments = BillPaymentsToCommitmentPaymentsOperator(
        task_id="payments", settings=SETTINGS, full=FULL
    )
    direct_costs = BillsToDirectCostsOperator(task_id="direct_costs", settings=SETTINGS, full=FULL)
    journal_entries = JournalEntriesToDirectCostsOperator(
        task_id="journal_entries", settings=SETTINGS, full=FULL
    )
    job_costs = JobCostsOperator(task_id="job_costs", settings=SETTINGS, full=FULL)
    reconciliation = ReconcileOperator(task_id="reconciliation", settings=SETTINGS)
    report = RunReportOperator(task_id="report", settings=SETTINGS, retries=2).as_teardown()

    chain(
        projects,
        contacts,
        vendors,
        cost_codes,
        items,
        commitments,
        commitment_change_orders,
        subcontractor_invoices,
        payments,
        direct_costs,
        journal_entries,
        job_costs,
        reconciliation,
        report,
    )
