"""Approvals as one of Airflow's own Required Actions, for teams that prefer those to the page.

Three tasks: what waits, Airflow's ``HITLOperator`` to ask, and what the answer means. One form asks
about one batch, those that have waited longest; what is decided is bound to what it showed, as on
the page.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.operators.paired import Paired

if TYPE_CHECKING:
    from airflow.sdk import Context

    from airflow_provider_procore_xero.ledger.facts import Queued
    from airflow_provider_procore_xero.ledger.ledger import Ledger
    from airflow_provider_procore_xero.sync.approval import What
    from airflow_provider_procore_xero.sync.settings import Settings

ACCEPT, REJECT, LEAVE = "Accept all", "Reject all", "Leave for later"
OPTIONS = [ACCEPT, REJECT, LEAVE]
"""What the form offers: the ``options`` of the ``HITLOperator``."""
SHOWN = 50
"""Records that one form asks about."""
COLOR = "#f6efe2"


class WaitingForApprovalOperator(Paired):
    """Returns what waits for a decision, as the form shows it; skips what follows if nothing does.

    What it leaves in XCom: ``subject``, ``body`` (Markdown), ``shown`` (id and fingerprint of
    each), and ``count``, how many wait in all.
    """

    ui_color = COLOR

    def execute(self, context: Context) -> dict[str, Any]:
        from airflow.providers.common.compat.sdk import AirflowSkipException

        _, ledger = self.opened()
        rows = ledger.queue.page("ready_to_export", limit=SHOWN)
        if not rows:
            raise AirflowSkipException("Nothing waits for a decision.")
        count = max(ledger.queue.counts().get("ready_to_export", 0), len(rows))
        return {
            "count": count,
            "subject": _subject(len(rows), count),
            "body": _table(rows),
            "shown": [[row.id, row.hash] for row in rows],
        }


class DecideOperator(Paired):
    """Accepts or rejects what a form showed, as whoever answered it chose.

    :param shown: the task that listed it, a ``WaitingForApprovalOperator``.
    :param answer: the task that asked, a ``HITLOperator`` with ``OPTIONS`` and a param ``comment``.
    """

    ui_color = COLOR

    def __init__(
        self,
        *,
        shown: str = "waiting",
        answer: str = "ask",
        smtp_conn_id: str = "smtp_default",
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.shown = shown
        self.answer = answer
        self.smtp_conn_id = smtp_conn_id

    def execute(self, context: Context) -> dict[str, int]:
        """Return how many were ``accepted`` and ``rejected``, and how many were neither.

        ``own`` are those that four eyes keep from whoever answered, ``too_late`` those that had
        changed, or were decided on, since the form was made.
        """
        settings, ledger = self.opened()
        ti: Any = context["ti"]
        shown, answer = ti.xcom_pull(task_ids=[self.shown, self.answer])
        chosen = answer["chosen_options"][0]
        counts = {"accepted": 0, "rejected": 0, "own": 0, "too_late": 0}
        if chosen == LEAVE:
            return counts
        known, comment = _answered(answer, settings)
        if chosen == REJECT and not comment:
            raise _refused("Say why: a rejection needs a comment. Clear this and the task before.")
        for row, seen in shown["shown"]:
            if chosen == ACCEPT and (refusal := _own(ledger.queue.one(row), known, settings)):
                self.log.warning("%s", refusal)
                counts["own"] += 1
                continue
            what: What = "accept" if chosen == ACCEPT else "reject"
            done = ledger.queue.decide(
                row, what, known[0], seen=seen, comment=comment, who_id=known[-1]
            )
            counts["too_late" if done is None else done.state] += 1
            if done is not None and chosen == REJECT:
                self._tell(ledger, settings, done)
        return counts

    def _tell(self, ledger: Ledger, settings: Settings, row: Queued) -> None:
        from airflow_provider_procore_xero.notifications.deliver import unsendable
        from airflow_provider_procore_xero.notifications.tell import tell_rejected

        decision = ledger.queue.last_decisions([row.id])[row.id]
        try:
            tell_rejected(ledger, settings, row, decision, smtp_conn_id=self.smtp_conn_id)
        except unsendable() as error:  # the next daily summary sends it
            self.log.warning("Rejection %s was not mailed: %s", decision.id, error)


def _answered(answer: Mapping[str, Any], settings: Settings) -> tuple[list[str], str]:
    """Return what whoever answered is known by, their name first, and what they said to it.

    :raises AirflowFailException: if they may not decide.
    """
    from airflow_provider_procore_xero.sync.approval import same_person

    user = answer.get("responded_by_user") or {}
    known = [str(user[key]) for key in ("name", "id") if user.get(key)]
    if not any(same_person(entry, *known) for entry in settings.approval.approvers if known):
        raise _refused(
            f"{known[0] if known else 'Nobody'} answered, whom approval.approvers does not name;"
            " nothing was decided."
        )
    return known, str((answer.get("params_input") or {}).get("comment") or "").strip()


def _own(row: Queued, known: Sequence[str], settings: Settings) -> str:
    """Return why four eyes keep *row* from whoever answered; an empty text if they do not."""
    from airflow_provider_procore_xero.sync.approval import may_not_accept

    return may_not_accept(settings, row.title, (row.creator, row.submitter), known)


def _refused(sentence: str) -> Exception:
    from airflow.providers.common.compat.sdk import AirflowFailException

    return AirflowFailException(sentence)


def _subject(shown: int, count: int) -> str:
    if shown < count:
        return f"{shown} of {count} records that wait for a decision"
    return f"{count} {'record waits' if count == 1 else 'records wait'} for a decision"


def _table(rows: Sequence[Queued]) -> str:
    """Return *rows* as a table in Markdown; what records are called is text and nothing else."""
    head = ("| Record | In Xero | Before tax | Vendor | Project | Fingerprint |", "|" + "---|" * 6)
    lines = (
        f"| {_text(row.title)} | {_text(f'{row.what} {row.name}')} | {_text(row.amount)} |"
        f" {_text(row.vendor)} | {_text(row.project)} | {row.hash} |"
        for row in rows
    )
    return "\n".join((*head, *lines))


def _text(given: str) -> str:
    return re.sub(r"([\\`*_{}\[\]()<>#+!|~&:-])", r"\\\1", " ".join(given.split())[:120])
