"""Tells people of a run that hangs: Airflow's deadline is the only thing that sees it while it does.

Airflow calls it experimental. A run that never starts is seen by nothing in Airflow; that takes a
monitor outside.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from airflow.sdk.definitions.deadline import DeadlineAlert

SMTP = "smtp_default"


def deadline(
    after: timedelta, *, settings: str | None = None, smtp_conn_id: str = SMTP
) -> DeadlineAlert:
    """Return a deadline for a DAG: who gets its mails hears of a run still open after so long.

    :param settings: path of the settings file; ``notifications.to`` there says who.
    """
    from airflow.sdk.definitions.deadline import AsyncCallback, DeadlineAlert, DeadlineReference

    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT,
        interval=after,
        callback=AsyncCallback(
            f"{__name__}.tell", kwargs={"settings": settings, "smtp_conn_id": smtp_conn_id}
        ),
    )


async def tell(
    context: Mapping[str, Any], settings: str | None = None, smtp_conn_id: str = SMTP
) -> None:
    """Send one short mail about the late run; Airflow calls this in its triggerer."""
    from airflow.providers.smtp.hooks.smtp import SmtpHook
    from markupsafe import escape

    from airflow_provider_procore_xero.notifications.deliver import addressees
    from airflow_provider_procore_xero.notifications.outside import line

    told = addressees(settings)
    if not told.to:
        return
    run = context["dag_run"]
    dag_id, run_id = str(run["dag_id"]), str(run["dag_run_id"])
    async with SmtpHook(smtp_conn_id=smtp_conn_id) as hook:
        await hook.asend_email_smtp(
            to=list(told.to),
            from_email=told.sender,
            subject=line(f"LATE · {dag_id} is still running", 200),
            html_content=(
                f"<p>Run <b>{escape(run_id)}</b> of <b>{escape(dag_id)}</b> should have ended by"
                " now.</p><p>Look at its tasks in Airflow. Marking the run failed loses nothing:"
                " the next run looks what was written, and goes on.</p>"
            ),
        )
