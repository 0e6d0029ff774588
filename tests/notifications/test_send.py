"""Over the wire: a real SMTP server, a real connection, our own two parts."""

from __future__ import annotations

import json
import smtplib

import pytest

from airflow_provider_procore_xero.errors import ConnectionIncomplete, SettingsError
from airflow_provider_procore_xero.notifications.chart_picture import WIDTH
from airflow_provider_procore_xero.notifications.mail import Message, compose
from airflow_provider_procore_xero.notifications.send import addressed, send
from tests.notifications.pages import Page
from tests.notifications.pixels import Pixels, a_chart
from tests.notifications.reports import a_flow, a_report, an_outcome, held

A_MESSAGE = Message(subject="3 to do · Kōwhai", html="<p>→ ☃</p>\n", text="→ ☃\n")


def test_R6_a_mail_arrives_with_a_subject_html_and_plain_text(mailbox):
    message = compose(a_report(a_flow(an_outcome(1, title="Kōwhai 株式会社"), held(2))))

    send(message, ["amy@example.com", "Ben <ben@example.com>"])

    (mail,) = mailbox.mails
    assert mail.subject == message.subject
    assert mail.html.replace("\r\n", "\n") == message.html
    assert mail.text.replace("\r\n", "\n") == message.text
    assert mail.message.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.message.iter_parts()] == [
        "text/plain",
        "text/html",
    ]
    assert mail.recipients == ("amy@example.com", "ben@example.com")
    assert mail.message["To"] == "amy@example.com, Ben <ben@example.com>"


def test_a_picture_arrives_beside_the_html_that_shows_it(mailbox):
    chart = a_chart(kept_back=(25, 0, 3))
    message = compose(a_report(a_flow(an_outcome(1), held(2))), chart=chart)

    send(message, ["amy@example.com"])

    (mail,) = mailbox.mails
    text, related = mail.message.iter_parts()
    html, picture = related.iter_parts()
    kinds = [part.get_content_type() for part in (mail.message, text, related, html, picture)]
    assert kinds == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    assert related.get_param("type") == "text/html"
    assert picture["Content-Disposition"] == 'inline; filename="nights.png"'
    shown = [a["src"] for tag, a in Page(html.get_content()).tags if tag == "img"]
    assert [f"<{src.removeprefix('cid:')}>" for src in shown] == [picture["Content-ID"]]
    assert picture.get_content() == chart.png()
    assert Pixels(picture.get_content()).width == WIDTH
    assert chart.figures in mail.text


def test_the_connection_names_the_sender_unless_the_settings_do(mailbox):
    send(A_MESSAGE, ["amy@example.com"])
    send(A_MESSAGE, ["amy@example.com"], sender="Sync <sync@example.com>")

    assert [mail.sender for mail in mailbox.mails] == ["airflow@example.com", "sync@example.com"]
    assert mailbox.mails[1].message["From"] == "Sync <sync@example.com>"


@pytest.mark.parametrize("message", [A_MESSAGE, compose(a_report(), chart=a_chart())])
def test_no_line_of_the_mail_is_longer_than_mail_servers_take(message):
    sent = addressed(message, ["amy@example.com"], "sync@example.com").as_bytes()

    assert max(len(each) for each in sent.split(b"\n")) < 998
    assert sent.isascii()


def test_nobodys_out_of_office_reply_answers_it():
    mail = addressed(A_MESSAGE, ["amy@example.com"], "sync@example.com")

    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Message-ID"].endswith("@example.com>")
    assert mail["Date"] is not None


def test_without_a_sender_the_sentence_says_where_to_set_one(mailbox, monkeypatch):
    connection = json.loads(mailbox.connection())
    del connection["extra"]["from_email"]
    monkeypatch.setenv("AIRFLOW_CONN_SMTP_DEFAULT", json.dumps(connection))

    with pytest.raises(ConnectionIncomplete, match="Set from_email in the extra of connection"):
        send(A_MESSAGE, ["amy@example.com"])


@pytest.mark.parametrize("wrong", ["amy at example.com", "a@b@c", "", "amy@", "@example.com"])
def test_what_is_no_address_is_named(wrong):
    with pytest.raises(SettingsError, match="is no mail address"):
        addressed(A_MESSAGE, [wrong], "sync@example.com")


def test_one_wrong_address_does_not_keep_the_mail_from_the_others(mailbox, caplog):
    send(A_MESSAGE, ["amy at example.com", "ben@example.com"])

    assert mailbox.mails[0].recipients == ("ben@example.com",)
    assert "'amy at example.com' is no mail address" in caplog.text


@pytest.mark.parametrize("smuggled", ["amy@example.com\r\nBcc: all@example.com", "a@b.c\nX: y"])
def test_no_header_can_be_put_in_through_an_address(smuggled):
    try:
        mail = addressed(A_MESSAGE, [smuggled], "sync@example.com")
    except SettingsError:
        return

    assert mail["Bcc"] is None
    assert b"\nBcc" not in mail.as_bytes()
    assert b"\nX:" not in mail.as_bytes()


def test_a_subject_is_one_line_whoever_made_it():
    smuggled = Message(subject="3 to do\r\nBcc: x@example.com", html="<p></p>", text="")

    mail = addressed(smuggled, ["amy@example.com"], "sync@example.com")

    assert mail["Subject"] == "3 to do Bcc: x@example.com"
    assert mail["Bcc"] is None


class Hook:
    """A signed-in hook whose client fails *failures* times."""

    def __init__(self, failures: int) -> None:
        self.smtp_retry_limit = 2
        self.from_email = "sync@example.com"
        self.failures = failures
        self.taken = 0
        self._smtp_client = self

    def __enter__(self) -> Hook:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def send_message(self, mail: object) -> dict[str, object]:
        if self.failures:
            self.failures -= 1
            raise smtplib.SMTPDataError(451, b"later")
        self.taken += 1
        return {}


@pytest.mark.parametrize(("failures", "taken"), [(0, 1), (2, 1)])
def test_it_is_sent_again_as_often_as_the_connection_says(monkeypatch, failures, taken):
    hook = Hook(failures)
    monkeypatch.setattr("airflow.providers.smtp.hooks.smtp.SmtpHook", lambda smtp_conn_id: hook)

    send(A_MESSAGE, ["amy@example.com"])

    assert hook.taken == taken


def test_a_server_that_never_takes_it_is_an_error(monkeypatch):
    monkeypatch.setattr("airflow.providers.smtp.hooks.smtp.SmtpHook", lambda smtp_conn_id: Hook(3))

    with pytest.raises(smtplib.SMTPDataError):
        send(A_MESSAGE, ["amy@example.com"])
