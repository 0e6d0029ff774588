"""Tells each approver, once a day, what waits for a decision."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from airflow_provider_procore_xero.operators.paired import Paired

if TYPE_CHECKING:
    from airflow.sdk import Context


class DailySummaryOperator(Paired):
    """Mails the "ERP Integrations Daily Summary" to each approver who has an address.

    However often it runs, an approver gets one mail a day, and none when nothing waits. Scheduled
    runs before ``notifications.digest_hour`` do nothing. It also sends what a mail server did not
    take when something was rejected.

    :param settings: path of the settings file, or the settings themselves;
        ``approval.approvers`` there says who gets the mail.
    """

    ui_color = "#eaf0f8"

    def __init__(self, *, smtp_conn_id: str = "smtp_default", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.smtp_conn_id = smtp_conn_id

    def execute(self, context: Context) -> dict[str, int]:
        """Return how many records wait, and how many approvers were mailed."""
        from airflow_provider_procore_xero.notifications.tell import (
            tell_approvers,
            tell_what_was_not_told,
        )

        settings, ledger = self.opened()
        tell_what_was_not_told(ledger, settings, smtp_conn_id=self.smtp_conn_id)
        waiting = ledger.queue.counts().get("ready_to_export", 0)
        now = _now_there()
        if _scheduled(context) and now.hour < settings.notifications.digest_hour:
            self.log.info("It is not %s o'clock yet.", settings.notifications.digest_hour)
            return {"waiting": waiting, "mailed": 0}
        mailed = tell_approvers(
            ledger,
            settings,
            today=now.date().isoformat(),
            dag_id=str(self.dag_id),
            smtp_conn_id=self.smtp_conn_id,
        )
        self.log.info("%s wait for a decision; %s approvers were mailed.", waiting, mailed)
        return {"waiting": waiting, "mailed": mailed}


def _now_there() -> datetime:
    from airflow_provider_procore_xero.schedules import timezone

    return datetime.now(UTC).astimezone(ZoneInfo(timezone()))


def _scheduled(context: Mapping[str, Any]) -> bool:
    kind = getattr(context.get("dag_run"), "run_type", "")
    return getattr(kind, "value", kind) == "scheduled"
