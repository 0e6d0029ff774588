"""Send the mails about decisions, each once, and remember them in the ledger.

Works in a task and in Airflow's API server alike.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from airflow_provider_procore_xero.notifications.deliver import unsendable
from airflow_provider_procore_xero.notifications.notes import SHOWN, rejection, summary
from airflow_provider_procore_xero.notifications.send import SMTP, send
from airflow_provider_procore_xero.sync.approval import person

if TYPE_CHECKING:
    from airflow_provider_procore_xero.ledger.facts import Decision, Queued
    from airflow_provider_procore_xero.ledger.ledger import Ledger
    from airflow_provider_procore_xero.notifications.mail import Message
    from airflow_provider_procore_xero.sync.settings import Settings

log = logging.getLogger(__name__)
QUEUE = "/procore-xero/queue"
TRIED_FOR = timedelta(days=3)
"""So long is a rejection told of again whose mail was not taken."""
_SUMMARY, _REJECTION = "daily summary", "rejection"


def queue_url() -> str:
    """Return where one decides, or an empty text where Airflow was not told its address."""
    from airflow.providers.common.compat.sdk import conf

    base = (conf.get("api", "base_url", fallback="") or "").rstrip("/")
    return f"{base}{QUEUE}" if base else ""


def tell_approvers(
    ledger: Ledger, settings: Settings, *, today: str, dag_id: str, smtp_conn_id: str = SMTP
) -> int:
    """Mail each approver what waits, unless they had that mail *today*; return how many got it.

    :param today: the day as the people there have it, ``2026-11-22``.
    :raises Exception: what sending raises, once every other approver was tried.
    """
    counts = ledger.queue.counts()
    if not counts.get("ready_to_export"):
        return 0
    told = settings.approval.approvers
    for entry in told:
        if not person(entry).address:
            log.warning(
                "Approver %r gets no summary; write 'name <address>' in approval.approvers.", entry
            )
    rows = ledger.queue.page("ready_to_export", limit=SHOWN)
    message = summary(rows, counts, queue_url())
    sent, trouble = 0, None
    for address in _once(person(entry).address for entry in told):
        run = f"{ledger.pair} {today} {address.casefold()}"
        if ledger.mail_sent(dag_id, run, _SUMMARY):
            continue
        try:
            _send(ledger, message, [address], settings, smtp_conn_id, (dag_id, run, _SUMMARY))
            sent += 1
        except unsendable() as error:
            trouble = error
    if trouble is not None:
        raise trouble
    return sent


def tell_rejected(
    ledger: Ledger,
    settings: Settings,
    row: Queued,
    decision: Decision,
    *,
    smtp_conn_id: str = SMTP,
) -> bool:
    """Mail those who are to hear of a rejection; return whether anybody was, now or before.

    :raises Exception: what sending raises.
    """
    about = ("", f"decision {decision.id}", _REJECTION)
    if ledger.mail_sent(*about):
        return True
    to = hearers(row, settings)
    if not to:
        log.warning("Nobody hears of rejection %s: no address is known.", decision.id)
        return False
    _send(ledger, rejection(row, decision, queue_url()), to, settings, smtp_conn_id, about)
    return True


def tell_what_was_not_told(ledger: Ledger, settings: Settings, *, smtp_conn_id: str = SMTP) -> None:
    """Send again what a mail server did not take when something was rejected."""
    for decision in ledger.queue.rejections(datetime.now(UTC) - TRIED_FOR):
        if decision.queue is not None:
            row = ledger.queue.one(decision.queue)
            tell_rejected(ledger, settings, row, decision, smtp_conn_id=smtp_conn_id)


def hearers(row: Queued, settings: Settings) -> list[str]:
    """Return who hears that *row* was rejected, each address once.

    Where Procore names nobody with an address, those do who get the mails after each run.
    """
    known: dict[str, tuple[str, ...]] = {
        "creator": (row.creator,),
        "submitter": (row.submitter,),
        "approvers": settings.approval.approvers,
    }
    wanted = settings.approval.notify_on_reject
    found = _once(
        person(entry).address for who in wanted for entry in known.get(who, (who,)) if entry
    )
    return found or (list(settings.notifications.to) if wanted else [])


def _once(addresses: Iterable[str]) -> list[str]:
    return list({each.casefold(): each for each in addresses if each}.values())


def _send(
    ledger: Ledger,
    message: Message,
    to: list[str],
    settings: Settings,
    smtp_conn_id: str,
    about: tuple[str, str, str],
) -> None:
    dag_id, run, kind = about
    said = ""
    try:
        sender = settings.notifications.sender or ""
        send(message, to, sender=sender, smtp_conn_id=smtp_conn_id)
    except unsendable() as error:
        said = f"{type(error).__name__}: {error}"
        raise
    finally:
        ledger.save_mail(dag_id, run, recipients=to, subject=message.subject, kind=kind, error=said)
    log.info("Mailed %s people: %s", len(to), kind)
