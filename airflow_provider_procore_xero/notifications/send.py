"""Send a mail through Airflow's SMTP connection: HTML with its pictures, plain text beside it."""

from __future__ import annotations

import logging
import smtplib
from collections.abc import Sequence
from email.errors import HeaderParseError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import ConnectionIncomplete, SettingsError
from airflow_provider_procore_xero.notifications.outside import line

if TYPE_CHECKING:
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    from airflow_provider_procore_xero.notifications.mail import Message

log = logging.getLogger(__name__)
SMTP = "smtp_default"


def send(
    message: Message, to: Sequence[str], *, sender: str = "", smtp_conn_id: str = SMTP
) -> None:
    """Send *message* to all of *to* at once.

    The hook signs in as its connection says (TLS, SSL, login, OAuth 2), and sends again as often;
    its own sending knows no plain-text part.

    An address that can't be one is left out and logged: it must not keep the mail from the others.

    :param sender: empty takes the connection's ``from_email``.
    :raises ConnectionIncomplete: if neither names a sender.
    :raises SettingsError: if none of *to* is an address.
    :raises smtplib.SMTPException: if the server does not take it.
    """
    from airflow.providers.smtp.hooks.smtp import SmtpHook

    with SmtpHook(smtp_conn_id=smtp_conn_id) as hook:
        sender = sender or hook.from_email or ""
        if not sender:
            raise ConnectionIncomplete(
                f"The mail has no sender. Set from_email in the extra of connection {smtp_conn_id},"
                " or notifications.from in the settings."
            )
        _deliver(hook, addressed(message, _possible(to), sender))


def addressed(message: Message, to: Sequence[str], sender: str) -> EmailMessage:
    """Return *message* as it is sent.

    :raises SettingsError: if an address can't be one.
    """
    from datetime import UTC, datetime

    mail = EmailMessage()
    mail["Subject"] = line(message.subject, 200)
    mail["From"] = _address(sender)
    mail["To"] = [_address(each) for each in to]
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = make_msgid(domain=parseaddr(sender)[1].rpartition("@")[2] or "localhost")
    # So that nobody's out-of-office reply answers a machine.
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(message.text, cte="quoted-printable")
    mail.add_alternative(message.html, subtype="html", cte="quoted-printable")
    _, html = mail.iter_parts()
    for cid, png in message.pictures.items():
        html.add_related(
            png, "image", "png", cid=f"<{cid}>", disposition="inline", filename="nights.png"
        )
        html.set_param("type", "text/html")  # RFC 2387 asks which of the parts is the text
    return mail


def _possible(to: Sequence[str]) -> list[str]:
    good, wrong = [], []
    for each in to:
        try:
            _address(each)
        except SettingsError as error:
            wrong.append(str(error))
        else:
            good.append(each)
    if wrong and not good:
        raise SettingsError(" ".join(wrong))
    for sentence in wrong:
        log.error("%s", sentence)
    return good


def _deliver(hook: SmtpHook, mail: EmailMessage) -> None:
    # The client has no public name; smtp 2 called it without the underscore.
    client: Any = getattr(hook, "_smtp_client", None) or getattr(hook, "smtp_client", None)
    for left in reversed(range(hook.smtp_retry_limit + 1)):
        try:
            refused = client.send_message(mail)
        except (smtplib.SMTPException, OSError):
            if not left:
                raise
        else:
            if refused:
                hook.log.warning("The mail server refused %s", ", ".join(sorted(refused)))
            return


def _address(given: str) -> Address:
    name, spec = parseaddr(line(given, 320))
    try:
        return Address(display_name=name, addr_spec=spec)
    except (ValueError, IndexError, HeaderParseError) as error:
        raise SettingsError(
            f"{given!r} is no mail address; mend notifications in the settings."
        ) from error
