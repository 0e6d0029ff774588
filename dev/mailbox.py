"""A mail server for one machine: it takes every mail, keeps it, and passes none on.

``python -m dev.mailbox FOLDER --port 1025`` runs it alone. Each mail becomes three files:
``001.eml`` as it came, ``001.html`` and ``001.txt`` its two readings.
"""

from __future__ import annotations

import argparse
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller

from dev.ports import free_ports


@dataclass(frozen=True, kw_only=True)
class Mail:
    """One mail as it was delivered.

    :param sender: the envelope's sender; *recipients* likewise, with everyone in Bcc.
    :param path: where it is kept, without suffix; None for a mailbox in memory.
    """

    sender: str
    recipients: tuple[str, ...]
    message: EmailMessage
    path: Path | None

    @property
    def subject(self) -> str:
        return str(self.message["Subject"] or "")

    @property
    def html(self) -> str:
        """The part that mail programs show, or an empty string."""
        return _part(self.message, "html")

    @property
    def text(self) -> str:
        """The plain reading of it, or an empty string."""
        return _part(self.message, "plain")


class Mailbox:
    """An SMTP server in a thread of this process; use it as a context manager.

    :param folder: where mails are kept; None keeps them in memory only.
    """

    def __init__(self, folder: Path | None = None, *, port: int | None = None) -> None:
        self.folder = folder
        self.port = port or free_ports(1)[0]
        self._mails: list[Mail] = []
        self._lock = threading.Lock()
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)

    def __enter__(self) -> Self:
        if self.folder is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
        self._controller.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._controller.stop()

    @property
    def mails(self) -> tuple[Mail, ...]:
        """Every mail so far, oldest first."""
        with self._lock:
            return tuple(self._mails)

    def clear(self) -> None:
        """Forget the mails in memory; files stay."""
        with self._lock:
            self._mails.clear()

    def connection(self, sender: str = "airflow@example.com") -> str:
        """Return this server as an Airflow connection, for ``AIRFLOW_CONN_SMTP_DEFAULT``."""
        return json.dumps(
            {
                "conn_type": "smtp",
                "host": "127.0.0.1",
                "port": self.port,
                "extra": {
                    "from_email": sender,
                    "disable_ssl": True,
                    "disable_tls": True,
                    "timeout": 10,
                    "retry_limit": 1,
                },
            }
        )

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Take one mail; the name and the signature are aiosmtpd's."""
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        with self._lock:
            mail = Mail(
                sender=envelope.mail_from or "",
                recipients=tuple(envelope.rcpt_tos),
                message=message,
                path=self.folder / f"{len(self._mails) + 1:03}" if self.folder else None,
            )
            _keep(mail, envelope.content)
            self._mails.append(mail)
        return "250 OK"


def _part(message: EmailMessage, kind: str) -> str:
    part = message.get_body(preferencelist=(kind,))
    return str(part.get_content()) if part is not None else ""


def _keep(mail: Mail, content: bytes) -> None:
    for path, body in _files(mail, content):
        path.write_bytes(body)


def _files(mail: Mail, content: bytes) -> Iterator[tuple[Path, bytes]]:
    if mail.path is None:
        return
    yield mail.path.with_suffix(".eml"), content
    for suffix, text in ((".html", mail.html), (".txt", mail.text)):
        if text:
            yield mail.path.with_suffix(suffix), text.encode()


def main() -> None:
    """Run until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m dev.mailbox", description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=1025)
    given = parser.parse_args()
    with Mailbox(given.folder, port=given.port):
        print(f"Taking mail at 127.0.0.1:{given.port}, keeping it in {given.folder}")
        threading.Event().wait()


if __name__ == "__main__":
    main()
