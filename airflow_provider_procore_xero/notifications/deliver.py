"""One mail about one DAG run: gathered, composed, sent, and remembered in the ledger."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import SettingsError
from airflow_provider_procore_xero.notifications.gather import (
    Connections,
    Gathered,
    chart,
    gather,
    unreadable,
)
from airflow_provider_procore_xero.notifications.headline import must_act
from airflow_provider_procore_xero.notifications.mail import compose
from airflow_provider_procore_xero.notifications.send import send
from airflow_provider_procore_xero.sync.settings import NotificationSettings

if TYPE_CHECKING:
    from airflow_provider_procore_xero.notifications.mail import Message

log = logging.getLogger(__name__)


def deliver(
    context: Mapping[str, Any],
    *,
    settings: str | Mapping[str, Any] | None,
    connections: Connections,
    smtp_conn_id: str,
) -> dict[str, Any]:
    """Send the mail about the run of *context*, unless it was sent; return what became of it.

    ``emailed`` is False where nobody is to get it; ``cleared`` tells runs of a cleared run apart.
    """
    told = addressees(settings)
    night = gather(context, connections)
    message = compose(
        night.report,
        run_url=night.run_url,
        title=night.title,
        failed_reason=night.failed_reason,
        again=bool(night.cleared),
        began=night.began,
        zone=night.zone,
        chart=chart(night.ledger, night.report, night.began, night.zone),
    )
    done = {"emailed": False, "subject": message.subject, "cleared": night.cleared or 0}
    if _sent_before(night):
        log.info("The mail about this run was sent before.")
        return done | {"emailed": True}
    if not told.to:
        log.info("No mail: the settings name nobody in notifications.to. %s", message.subject)
        return done
    if told.when == "issues" and not must_act(night.report, night.failed_reason):
        log.info("No mail: nobody must act, and notifications.when is issues. %s", message.subject)
        return done
    _send(message, told, smtp_conn_id, night)
    log.info("Mailed %s: %s", ", ".join(told.to), message.subject)
    return done | {"emailed": True}


def addressees(given: str | Mapping[str, Any] | None) -> NotificationSettings:
    """Return who gets the mail; from settings that can't be used, at least that part of them."""
    from airflow_provider_procore_xero.operators.open import found

    try:
        return found(given).notifications
    except SettingsError as error:
        log.warning("%s", error)
        return _legible(given)


def _legible(given: str | Mapping[str, Any] | None) -> NotificationSettings:
    """Return ``to`` and ``from`` of settings that are otherwise wrong."""
    import yaml
    from airflow.providers.common.compat.sdk import conf

    if not isinstance(given, Mapping):
        path = given or conf.get("procore_xero", "settings", fallback="") or ""
        try:
            given = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
        except (OSError, yaml.YAMLError):
            given = None
    section = given.get("notifications") if isinstance(given, Mapping) else None
    if not isinstance(section, Mapping):
        return NotificationSettings()
    to, sender = section.get("to"), section.get("from", section.get("sender"))
    return NotificationSettings(
        to=tuple(each for each in to if isinstance(each, str))
        if isinstance(to, list | tuple)
        else (),
        sender=sender if isinstance(sender, str) else None,
    )


def kind_of(night: Gathered) -> str:
    """Return the ledger's name for this mail: a cleared run gets one of its own."""
    return f"report, run again {night.cleared}" if night.cleared else "report"


def _sent_before(night: Gathered) -> bool:
    """Return whether a retry, or the task before a callback, has sent it already."""
    if night.ledger is None or night.cleared is None:
        return False
    try:
        report = night.report
        return night.ledger.mail_sent(report.dag_id, report.dag_run, kind=kind_of(night))
    except unreadable() as error:
        log.warning("The ledger can't be read: %s", error)
        return False


def _send(message: Message, told: NotificationSettings, smtp: str, night: Gathered) -> None:
    try:
        send(message, told.to, sender=told.sender or "", smtp_conn_id=smtp)
    except unsendable() as error:
        _remember(message, told, night, f"{type(error).__name__}: {error}")
        raise
    _remember(message, told, night, "")


def unsendable() -> tuple[type[Exception], ...]:
    """Return what sending raises: for want of a connection, an address or a server."""
    return (*unreadable(), smtplib.SMTPException)


def _remember(message: Message, told: NotificationSettings, night: Gathered, error: str) -> None:
    """Remember the attempt; a ledger that fails now must not make a retry send it twice."""
    if night.ledger is None:
        return
    try:
        night.ledger.save_mail(
            night.report.dag_id,
            night.report.dag_run,
            recipients=told.to,
            subject=message.subject,
            kind=kind_of(night),
            error=error,
        )
    except unreadable() as trouble:
        log.warning("The ledger can't remember the mail: %s", trouble)
