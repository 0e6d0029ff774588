"""The flows that a night consists of, in their order."""

from __future__ import annotations

from airflow_provider_procore_xero.operators.base import SyncOperator
from airflow_provider_procore_xero.operators.bill_payments import (
    BillPaymentsToCommitmentPaymentsOperator,
)
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
from airflow_provider_procore_xero.operators.projects import ProjectsToTrackingOptionsOperator
from airflow_provider_procore_xero.operators.subcontractor_invoices import (
    SubcontractorInvoicesToBillsOperator,
)
from airflow_provider_procore_xero.operators.vendors import VendorsToContactsOperator

FLOWS: dict[str, type[SyncOperator]] = {
    "projects": ProjectsToTrackingOptionsOperator,
    "contacts": ContactsToVendorsOperator,
    "vendors": VendorsToContactsOperator,
    "cost_codes": CostCodesToTrackingOptionsOperator,
    "items": CostCodesToItemsOperator,
    "commitments": CommitmentsToPurchaseOrdersOperator,
    "commitment_change_orders": CommitmentChangeOrdersToPurchaseOrdersOperator,
    "subcontractor_invoices": SubcontractorInvoicesToBillsOperator,
    "payments": BillPaymentsToCommitmentPaymentsOperator,
    "direct_costs": BillsToDirectCostsOperator,
    "journal_entries": JournalEntriesToDirectCostsOperator,
    "job_costs": JobCostsOperator,
}
