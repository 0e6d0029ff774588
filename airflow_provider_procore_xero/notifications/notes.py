"""The mails about decisions: what waits for one, and what was rejected. Nothing is sent here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from airflow_provider_procore_xero.notifications.mail import Message, render
from airflow_provider_procore_xero.notifications.outside import A_TITLE, address, line
from airflow_provider_procore_xero.sync.report import CALLED

if TYPE_CHECKING:
    from airflow_provider_procore_xero.ledger.facts import Decision, Queued

SUMMARY = "ERP Integrations Daily Summary"
SHOWN = 40
"""Records that one summary lists; the page has all."""
_KINDS = {
    "projects": ("project", "projects"),
    "vendors": ("vendor", "vendors"),
    "cost_codes": ("cost code", "cost codes"),
    "commitments": ("commitment", "commitments"),
    "commitment_change_orders": ("change order", "change orders"),
    "subcontractor_invoices": ("claim", "claims"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One record of a note."""

    title: str
    lines: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    group: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a mail about decisions says.

    :param tone: ``bad`` or ``warn``.
    :param lead: sentences above the button.
    """

    subject: str
    tone: str
    heading: str
    title: str
    lead: tuple[str, ...]
    url: str
    button: str
    records: tuple[Line, ...]
    foot: str

    def message(self) -> Message:
        """Return it as HTML and as plain text."""
        seen = {"note": self}
        return Message(
            subject=self.subject, html=render("note.html", seen), text=render("note.txt", seen)
        )


def summary(
    rows: Sequence[Queued],
    counts: Mapping[str, int],
    url: str,
    *,
    now: datetime | None = None,
) -> Message:
    """Return the daily mail to those who decide.

    :param rows: what waits, oldest first; the first ones are listed.
    :param counts: how many records are in each state.
    :param url: where one decides.
    """
    waiting, failed = counts.get("ready_to_export", 0), counts.get("failed_to_export", 0)
    heading = f"{waiting:,} {'record waits' if waiting == 1 else 'records wait'} for a decision"
    lead = ["Nothing of this reaches Xero before you, or another approver, have accepted it."]
    if failed:
        lead.append(
            f"{failed:,} accepted {'record' if failed == 1 else 'records'} could not be exported;"
            " the page says why."
        )
    if waiting > len(rows[:SHOWN]):
        lead.append(f"The {len(rows[:SHOWN])} that wait longest are listed here.")
    return Note(
        subject=f"{SUMMARY}: {waiting:,} waiting",
        tone="warn",
        heading=heading,
        title=SUMMARY,
        lead=tuple(lead),
        url=address(url),
        button="Open the queue",
        records=tuple(_waiting(row, now or datetime.now(UTC)) for row in rows[:SHOWN]),
        foot="You get this once a day while something waits, since approval.approvers in the"
        " settings names you.",
    ).message()


def rejection(row: Queued, decision: Decision, url: str) -> Message:
    """Return the mail to those who created and submitted a record that was rejected."""
    kind = _KINDS.get(row.entity, (row.entity, ""))[0]
    title = line(row.title, A_TITLE)
    again = " again" if row.errors else ""
    reason = line(decision.comment) or "No reason was given."
    return Note(
        subject=f"Rejected: {kind} {title}",
        tone="bad",
        heading="Not accepted for Xero",
        title=f"{kind.capitalize()} {title}",
        lead=(
            f"It was rejected by {line(decision.who, A_TITLE)}, and not sent to Xero{again}.",
            *(f"The last try ended like this: {line(said)}" for said in row.errors[:1]),
            f"Reason: {reason}",
            "Nothing is locked: change it in Procore, and it is submitted again by itself.",
        ),
        url=address(row.procore_url),
        button="Open it in Procore",
        records=(),
        foot="You get this because you created or submitted it in Procore, or the settings name"
        f" you in approval.notify_on_reject. {_what_happened(url)}".strip(),
    ).message()


def _what_happened(url: str) -> str:
    found = address(url)
    return f"The queue, with every decision on it: {found}" if found else ""


def _waiting(row: Queued, now: datetime) -> Line:
    facts = (f"{row.amount} before tax" if row.amount else "", row.vendor, row.project)
    told = " · ".join(line(fact, A_TITLE) for fact in facts if fact and fact != row.title)
    what = {"create": "To be created", "adopt": "To be linked", "remove": "To be taken away"}
    since = (now - row.waiting_since).days if row.waiting_since else 0
    age = "since today" if not since else f"for {since} day{'s' if since != 1 else ''}"
    name = f" as {line(row.name, A_TITLE)}" if row.name else ""
    return Line(
        title=line(row.title, A_TITLE),
        lines=tuple(filter(None, (told, f"{what.get(row.what, 'To be changed')}{name}, {age}"))),
        links=tuple(
            (label, found)
            for label, given in (("In Procore", row.procore_url), ("In Xero", row.xero_url))
            if (found := address(given))
        ),
        group=CALLED.get(row.entity, row.entity),
    )
