"""Ask, in Airflow's Required Actions, about everything that waits for a decision.

For teams that prefer those to the Queue on the page *Procore ↔ Xero*. One form asks about one
batch, the 50 that have waited longest; whoever answers must stand in `approval.approvers`. What is
accepted is exported at once.
"""

from __future__ import annotations

from datetime import timedelta

import pendulum
from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.providers.standard.operators.python import ShortCircuitOperator
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import DAG, Param, chain

from airflow_provider_procore_xero.operators.approval import (
    OPTIONS,
    DecideOperator,
    WaitingForApprovalOperator,
)
from airflow_provider_procore_xero.schedules import schedule, timezone

# "0 7 * * 1-5" instead of None asks each weekday at seven; None only when triggered
SCHEDULE = schedule("procore_xero_approve", None)
SETTINGS = None  # path of the settings file; None takes the configured one
# Whom alone Airflow lets answer, by their ids in its auth manager: [{"id": "ana", "name": "ana"}].
# None lets everybody answer who may; an answer by somebody who is no approver decides nothing.
ANSWERED_BY = None


def any_accepted(decided: dict[str, int]) -> bool:
    """Whether there is something to export."""
    return decided["accepted"] > 0


with DAG(
    "procore_xero_approve",
    schedule=SCHEDULE,
    start_date=pendulum.datetime(2026, 1, 1, tz=timezone()),
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=1)},
    doc_md=__doc__,
    tags=["procore", "xero"],
):
    waiting = WaitingForApprovalOperator(task_id="waiting", settings=SETTINGS)
    ask = HITLOperator(
        task_id="ask",
        subject="{{ ti.xcom_pull('waiting')['subject'] }}",
        body="{{ ti.xcom_pull('waiting')['body'] }}",
        options=OPTIONS,
        assigned_users=ANSWERED_BY,
        params={
            "comment": Param(
                None,
                type=["null", "string"],
                title="Comment",
                description="Why, if you reject; whoever created the record gets it by mail.",
            )
        },
    )
    decide = DecideOperator(task_id="decide", shown="waiting", answer="ask", settings=SETTINGS)
    accepted = ShortCircuitOperator(
        task_id="accepted", python_callable=any_accepted, op_args=[decide.output]
    )
    export = TriggerDagRunOperator(
        task_id="export", trigger_dag_id="procore_xero_export_accepted", retries=0
    )
    chain(waiting, ask, decide, accepted, export)
