"""Bill payments → commitment payments issued, by the name that reports give the flow."""

from __future__ import annotations

from airflow_provider_procore_xero.operators.bill_payments import (
    BillPaymentsToCommitmentPaymentsOperator,
)

__all__ = ["BillPaymentsToCommitmentPaymentsOperator"]
