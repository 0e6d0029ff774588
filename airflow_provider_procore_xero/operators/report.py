"""The last task of a DAG: it tells people what the run came to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.operators.paired import Paired

if TYPE_CHECKING:
    from airflow.sdk import Context


class RunReportOperator(Paired):
    """Sends one mail about the run: what was written, what a person must do, what it took.

    Use it as a teardown after every other task: ``[a, b] >> RunReportOperator(…).as_teardown()``.
    It then runs whatever happened before, and a failed run stays failed. Give it retries; and give
    the DAG a :class:`~airflow_provider_procore_xero.notifications.run_report.RunReportNotifier` as
    both callbacks, for runs that end without it.

    :param settings: path of the settings file, or the settings themselves; ``notifications.to``
        there says who gets the mail.
    """

    ui_color = "#eaf0f8"

    def __init__(self, *, smtp_conn_id: str = "smtp_default", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.smtp_conn_id = smtp_conn_id

    def execute(self, context: Context) -> dict[str, Any]:
        from airflow_provider_procore_xero.notifications.deliver import deliver
        from airflow_provider_procore_xero.notifications.gather import Connections

        return deliver(
            context,
            settings=self.settings,
            connections=Connections(
                procore=self.procore_conn_id, xero=self.xero_conn_id, ledger=self.ledger_conn_id
            ),
            smtp_conn_id=self.smtp_conn_id,
        )
