"""The mailbox keeps what it is sent, in memory and on disk."""

from __future__ import annotations

import json
import smtplib
from email.message import EmailMessage
from pathlib import Path

from dev.mailbox import Mailbox


def a_mail(subject: str = "Réunion – 3 held", html: str = "<p>déjà</p>") -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "a@example.com", "b@example.com", subject
    message.set_content("déjà")
    message.add_alternative(html, subtype="html")
    return message


def send(mailbox: Mailbox, message: EmailMessage, to: list[str] | None = None) -> None:
    with smtplib.SMTP("127.0.0.1", mailbox.port) as server:
        server.send_message(message, to_addrs=to)


def test_a_mail_has_a_subject_and_two_readings(tmp_path: Path) -> None:
    with Mailbox(tmp_path) as mailbox:
        send(mailbox, a_mail(), to=["b@example.com", "c@example.com"])

        (mail,) = mailbox.mails

    assert mail.subject == "Réunion – 3 held"
    assert mail.recipients == ("b@example.com", "c@example.com")
    assert mail.html.strip() == "<p>déjà</p>"
    assert mail.text.strip() == "déjà"
    assert (tmp_path / "001.html").read_text().strip() == "<p>déjà</p>"
    assert (tmp_path / "001.txt").read_text().strip() == "déjà"
    assert b"Subject:" in (tmp_path / "001.eml").read_bytes()


def test_mails_are_numbered_in_the_order_they_came(tmp_path: Path) -> None:
    with Mailbox(tmp_path) as mailbox:
        for subject in ("first", "second"):
            send(mailbox, a_mail(subject))

    assert [each.subject for each in mailbox.mails] == ["first", "second"]
    assert sorted(each.name for each in tmp_path.glob("*.eml")) == ["001.eml", "002.eml"]


def test_a_mailbox_without_a_folder_writes_nothing(tmp_path: Path) -> None:
    with Mailbox() as mailbox:
        send(mailbox, a_mail())

    assert mailbox.mails[0].path is None


def test_its_connection_is_what_airflow_wants() -> None:
    mailbox = Mailbox()

    connection = json.loads(mailbox.connection())

    assert connection["conn_type"] == "smtp"
    assert connection["port"] == mailbox.port
    assert connection["extra"]["disable_tls"] is True
