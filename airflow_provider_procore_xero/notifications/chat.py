"""A short word in a chat after a DAG run, through an incoming webhook."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from airflow.sdk import BaseNotifier

from airflow_provider_procore_xero.errors import SyncError
from airflow_provider_procore_xero.notifications.gather import Connections

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_procore_xero.notifications.gather import Gathered

MOST = 5
"""Reasons that are named; the mail has them all."""
_HARMLESS = str.maketrans({"<": "‹", ">": "›", "@": "＠"})
"""What chats read as mentions and links."""


class ChatNotifier(BaseNotifier):
    """Posts what a run came to, as a callback of its DAG, to Slack, Mattermost, Teams or the like.

    :param http_conn_id: an HTTP connection. Its host is the webhook's address; what of it is secret
        stands as password, which Airflow hides in logs, and goes to the end of the address.
    """

    template_fields: Sequence[str] = ()

    def __init__(
        self,
        *,
        http_conn_id: str = "procore_xero_chat",
        procore_conn_id: str = "procore_default",
        xero_conn_id: str = "xero_default",
        ledger_conn_id: str = "procore_xero_ledger",
    ) -> None:
        super().__init__()
        self.http_conn_id = http_conn_id
        self.connections = Connections(
            procore=procore_conn_id, xero=xero_conn_id, ledger=ledger_conn_id
        )

    def render_template_fields(self, context: Context, jinja_env: Any = None) -> None:
        """Render nothing, as :class:`~.run_report.RunReportNotifier` does and why."""

    def notify(self, context: Context) -> None:
        from airflow_provider_procore_xero.notifications.gather import gather

        self.post(text(gather(context, self.connections)))

    def post(self, said: str) -> None:
        """Post *said*; every chat named above reads ``{"text": …}``.

        :raises SyncError: if the chat can't be reached.
        """
        from airflow.providers.http.hooks.http import HttpHook
        from requests import RequestException

        hook = HttpHook(method="POST", http_conn_id=self.http_conn_id)
        secret = hook.get_connection(self.http_conn_id).password or ""
        try:
            hook.run(secret, json={"text": said}, extra_options={"timeout": 30})
        except RequestException as error:  # its text holds the address, and that the secret
            raise SyncError(
                f"The chat of connection {self.http_conn_id} can't be reached:"
                f" {type(error).__name__}."
            ) from None


def text(night: Gathered) -> str:
    """Return the counts, what there is to do, and where to look, a line each."""
    from airflow_provider_procore_xero.notifications.contents import problems, to_do
    from airflow_provider_procore_xero.notifications.headline import headline

    head = headline(
        night.report,
        title=night.title,
        reason=night.failed_reason,
        again=bool(night.cleared),
        began=night.began,
        zone=night.zone,
    )
    groups = to_do(night.report, 0)
    said = [head.subject, night.failed_reason]
    said += [f"• {flow.called}: {flow.state}" for flow in problems(night.report)[:MOST]]
    said += [f"• {group.count:,} × {group.title}" for group in groups[:MOST]]
    if len(groups) > MOST:
        said.append(f"• and {len(groups) - MOST} more reasons, see the mail")
    return "\n".join([*(s.translate(_HARMLESS) for s in said if s), night.run_url]).rstrip()
