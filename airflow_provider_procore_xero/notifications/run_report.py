"""The mail after a DAG run that the report task could not send: it was skipped, or failed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseNotifier

from airflow_provider_procore_xero.notifications.gather import REPORTER, Connections

if TYPE_CHECKING:
    from airflow.sdk import Context


class RunReportNotifier(BaseNotifier):
    """Sends the mail about a run, as both callbacks of its DAG, if the report task did not.

    Airflow skips the report task when a run takes longer than ``dagrun_timeout``; and SMTP may have
    been down for all its tries.

    :param settings: path of the settings file, or the settings themselves.
    """

    # One object serves every run of the DAG, and Airflow renders templates in place: the second run
    # would be told of with the words of the first.
    template_fields: Sequence[str] = ()

    def __init__(
        self,
        *,
        settings: str | Mapping[str, Any] | None = None,
        procore_conn_id: str = "procore_default",
        xero_conn_id: str = "xero_default",
        ledger_conn_id: str = "procore_xero_ledger",
        smtp_conn_id: str = "smtp_default",
    ) -> None:
        super().__init__()
        self.settings = settings
        self.connections = Connections(
            procore=procore_conn_id, xero=xero_conn_id, ledger=ledger_conn_id
        )
        self.smtp_conn_id = smtp_conn_id

    def render_template_fields(self, context: Context, jinja_env: Any = None) -> None:
        """Render nothing; Airflow's own way asks the DAG for what ``dag.test`` does not have."""

    def notify(self, context: Context) -> None:
        from airflow_provider_procore_xero.notifications.deliver import deliver

        try:
            if reported(context):
                return
        except ImportError:
            # dag.test calls back where no task can be asked; it has run the report task, though.
            self.log.info("Not in a real run: the mail is left to the report task.")
            return
        deliver(
            context,
            settings=self.settings,
            connections=self.connections,
            smtp_conn_id=self.smtp_conn_id,
        )


def reported(context: Mapping[str, Any]) -> bool:
    """Return whether the report task has dealt with the run, as it stands after the last clear.

    :raises ImportError: under ``dag.test``, where Airflow has nobody to ask.
    """
    ti = context.get("ti")
    if ti is None:
        return False
    tasks = [t.task_id for t in context["dag"].tasks if getattr(t, "task_type", "") == REPORTER]
    cleared = getattr(context.get("dag_run"), "clear_number", None) or 0
    return any(
        isinstance(left, Mapping) and "emailed" in left and left.get("cleared", 0) == cleared
        for left in (ti.xcom_pull(task_ids=tasks) if tasks else ()) or ()
    )
