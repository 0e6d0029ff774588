"""Decisions before writing: what needs one, what it is bound to, and rules that decide alone.

A decision is bound to a fingerprint of exactly what would be written. Whatever changes after it,
in the record, the settings or the target, asks for a new one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from email.utils import parseaddr
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal

from airflow_provider_procore_xero.errors import SettingsError
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.links import Link, Links
from airflow_provider_procore_xero.sync.plan import (
    About,
    Adopt,
    Change,
    Create,
    Desired,
    Hold,
    Keep,
    Reason,
    Remove,
    Update,
)

if TYPE_CHECKING:
    from airflow_provider_procore_xero.sync.settings import Settings

State = Literal[
    "ready_to_export", "accepted", "synced", "failed_to_export", "rejected", "withdrawn"
]
"""Where a record stands: waiting; decided and on its way; in Xero; refused there; rejected by a
person; no longer due, so in no list."""
What = Literal["accept", "reject", "retry"]
AGREED = ("accepted", "failed_to_export")
OPEN = ("ready_to_export", *AGREED)
ENTITIES = (
    "projects", "vendors", "cost_codes", "commitments", "commitment_change_orders",
    "subcontractor_invoices",
)  # fmt: skip
UNSIGNED = ("vendors", "cost_codes")
"""Those of them of which Procore does not tell who created them."""
RULE = "rule"
"""Who decided, where a rule did."""
_CONDITION = re.compile(r"(amount|vendor|project)\s*(<=|>=|<|>|=)\s*(.+)")
_RULE_HELP = (
    "write one like 'vendors', or 'subcontractor_invoices: amount <= 5000; vendor = Terra*;"
    " project = 24-*'"
)


def under_approval(settings: Settings, entity: str) -> bool:
    """Whether records of *entity* need a decision before they go to Xero."""
    if settings.approval.backend == "none":
        return False
    if entity == "projects":
        return "approval" in settings.projects.gate
    return entity in settings.approval.entities


def needs_decision(change: Change, link: Link | None, settings: Settings) -> bool:
    """Whether *change* may only go with a decision; *link* is its record's own.

    A pair that stands needs none where nothing new would be written to Xero, nor where
    ``approval.updates`` is ``accept``.
    """
    if isinstance(change, Keep | Hold):
        return False
    if link is None or link.planned:
        return True
    if isinstance(change, Adopt):
        return False
    if isinstance(change, Create | Update) and change.wrote == link.wrote:
        return False
    return settings.approval.updates == "ask"


def taken_back(about: About, state: str) -> Reason:
    """Return why a change was not written to which nobody agreed when it was about to be.

    :param state: where its record then stood in the queue; empty where nowhere.
    """
    if state == "rejected":
        return Reason(
            code="REJECTED",
            sentence=f"{about.title} was rejected after this run had planned it, so it was not"
            " sent.",
            fix="Change it in Procore; it then comes back into the queue.",
            waits=True,
        )
    return Reason(
        code="WAITS_FOR_APPROVAL",
        sentence=f"{about.title} was not sent: since this run had planned it, what would be written"
        " has no decision any more.",
        fix="The next run puts it into the queue on the page Procore ↔ Xero in Airflow.",
        waits=True,
    )


def content_hash(change: Create | Update | Adopt | Remove) -> str:
    """Return the fingerprint that a decision is bound to: what is written, and over what."""
    target = "" if isinstance(change, Create) else change.target_id
    if isinstance(change, Remove):
        return fingerprint({"wrote": "", "target": target})[:16]
    sent = fingerprint(change.desired.payload)
    return fingerprint({"wrote": change.wrote, "target": target, "sent": sent})[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a person, or a rule, judges a change by.

    :param amount: the document's total before tax; None for what is no document.
    :param vendor, project: what people call them, by every name that they have.
    """

    amount: Decimal | None = None
    vendor: tuple[str, ...] = ()
    project: tuple[str, ...] = ()


def facts_of(change: Create | Update | Adopt | Remove, entity: str, links: Links) -> Facts:
    """Return what *change* of *entity* is about."""
    desired = None if isinstance(change, Remove) else change.desired
    data: Mapping[str, Any] = change.data if isinstance(change, Remove) else change.desired.data
    raw = change.about.raw
    order = links.find("commitment", "procore", raw.get("contract_id") or "")
    contact = _contact(desired, data) or str(order.data.get("contact", "") if order else "")
    project = links.find("project", "procore", raw.get("project_id") or data.get("project_id"))
    vendor = links.find("vendor", "xero", contact) if contact else None
    title = change.about.title
    return Facts(
        amount=_amount(desired, data),
        vendor=(title,) if entity == "vendors" else _names(vendor),
        project=_project(raw, title) if entity == "projects" else _names(project),
    )


def _contact(desired: Desired | None, data: Mapping[str, Any]) -> str:
    payload = desired.payload if desired else {}
    contact = payload.get("Contact")
    return str((contact or {}).get("ContactID") or data.get("contact") or "")


def _project(raw: Mapping[str, Any], title: str) -> tuple[str, ...]:
    parts = (raw.get("project_number"), raw.get("name"), title)
    return tuple(str(part) for part in parts if part)


def _names(link: Link | None) -> tuple[str, ...]:
    if link is None:
        return ()
    known = (link.procore_name, str(link.data.get("number", "")), link.xero_name)
    return tuple(dict.fromkeys(name for name in known if name))


def _amount(desired: Desired | None, data: Mapping[str, Any]) -> Decimal | None:
    """Return what a document comes to: what its link remembers, else the sum of its lines."""
    try:
        if "net" in data:
            return Decimal(str(data["net"]))
        lines = desired.payload.get("LineItems") if desired else None
        if not lines:
            return None
        return sum((_line(line) for line in lines), Decimal("0.00"))
    except (InvalidOperation, KeyError, TypeError):
        return None


def _line(line: Mapping[str, Any]) -> Decimal:
    if line.get("LineAmount") is not None:
        return Decimal(str(line["LineAmount"]))
    exact = Decimal(str(line["Quantity"])) * Decimal(str(line["UnitAmount"]))
    return exact.quantize(Decimal("0.01"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule of ``approval.auto_accept``: every condition must be so.

    :param entity: whose records it decides on, or ``any``.
    :param conditions: field, sign and value; the value of ``amount`` is a Decimal as text.
    """

    text: str
    entity: str
    conditions: tuple[tuple[str, str, str], ...] = ()

    def accepts(self, entity: str, facts: Facts) -> bool:
        """Whether the rule says yes; what it asks about and nobody knows is a no."""
        if self.entity not in ("any", entity):
            return False
        return all(_so(facts, *condition) for condition in self.conditions)


def _so(facts: Facts, field: str, sign: str, value: str) -> bool:
    if field == "amount":
        return facts.amount is not None and _compare(abs(facts.amount), sign, Decimal(value))
    names: tuple[str, ...] = getattr(facts, field)
    return any(fnmatchcase(name.casefold(), _pattern(value)) for name in names)


def _compare(amount: Decimal, sign: str, limit: Decimal) -> bool:
    below, same = amount < limit, amount == limit
    answers = {"<": below, "<=": below or same, ">": not (below or same), ">=": not below}
    return answers.get(sign, same)


def _pattern(value: str) -> str:
    """Return *value* for ``fnmatch``: only the star means anything."""
    return value.casefold().replace("[", "[[]").replace("?", "[?]")


def rule(text: str) -> Rule:
    """Return the rule that *text* spells.

    :raises SettingsError: if it can't be read, with what can.
    """
    entity, _, rest = (part.strip() for part in text.partition(":"))
    if entity != "any" and entity not in ENTITIES:
        raise SettingsError(
            f"approval.auto_accept has {text!r}: {entity!r} is none of any, {', '.join(ENTITIES)};"
            f" {_RULE_HELP}."
        )
    parts = [part.strip() for part in rest.split(";") if part.strip()]
    return Rule(text=text, entity=entity, conditions=tuple(_condition(text, p) for p in parts))


def _condition(text: str, part: str) -> tuple[str, str, str]:
    found = _CONDITION.fullmatch(part)
    if found is None:
        raise SettingsError(
            f"approval.auto_accept has {text!r}: {part!r} can't be read; {_RULE_HELP}."
        )
    field, sign, value = found[1], found[2], found[3].strip()
    if field != "amount" and sign != "=":
        raise SettingsError(
            f"approval.auto_accept has {text!r}: {field} takes '=' and a name, * for anything."
        )
    if field == "amount" and not re.fullmatch(r"\d+(\.\d+)?", value):
        raise SettingsError(
            f"approval.auto_accept has {text!r}: {value!r} is no amount; write it like 5000.00."
        )
    return field, sign, value


def deciding_rule(settings: Settings, entity: str, facts: Facts) -> str:
    """Return the first rule of the settings that accepts, as it is written; or an empty text."""
    for text in settings.approval.auto_accept:
        if rule(text).accepts(entity, facts):
            return text
    return ""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of ``approval.approvers``: who they are in Airflow, and where mail reaches them."""

    user: str
    address: str


def person(entry: str) -> Person:
    """Return who *entry* names: ``ana``, ``ana@example.com``, or ``ana <ana@example.com>``."""
    name, address = parseaddr(entry)
    if "@" not in address:
        return Person(entry.strip(), "")
    return Person(name or address, address)


def same_person(entry: str, *known: str) -> bool:
    """Whether *entry*, a name with or without an address, is one of *known*."""
    mine = {part.casefold() for part in (entry.strip(), *parseaddr(entry)) if part}
    theirs = {part.casefold() for one in known for part in (one.strip(), *parseaddr(one)) if part}
    return bool(mine & theirs)


def may_not_accept(
    settings: Settings, title: str, sent: Sequence[str], known: Sequence[str]
) -> str:
    """Return why four eyes keep somebody from accepting a record; an empty text if they may.

    Whoever can't be told apart from the one who sent it must not accept it.

    :param sent: who created and who submitted the record, as far as Procore says.
    :param known: what Airflow knows the person by: their name first.
    """
    if not settings.approval.four_eyes:
        return ""
    senders = [each for each in sent if each]
    if not senders:
        return (
            f"Procore does not tell who created {title}, and with approval.four_eyes nobody accepts"
            " what may be their own. Have a rule of approval.auto_accept decide on it, or take its"
            " kind out of approval.entities."
        )
    mine = [*known, *(e for e in settings.approval.approvers if same_person(e, *known))]
    if any(same_person(each, *mine) for each in senders):
        return (
            f"{known[0]} created or submitted {title}; somebody else must accept it"
            " (approval.four_eyes)."
        )
    return ""


def named(user: Mapping[str, Any]) -> str:
    """Return a Procore user as mails address them; their login is their address."""
    login, name = str(user.get("login") or ""), str(user.get("name") or "")
    plain = "".join(c for c in name if c.isalnum() or c in " .'-").strip()
    return f"{plain} <{login}>" if login and plain else login or plain
