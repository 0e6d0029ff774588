"""What people change by hand: links and ignored issues, each with who did it and why, for ever."""

from __future__ import annotations

import re
from typing import Any, Literal

from sqlalchemy import Connection, Engine, select, update

from airflow_provider_procore_xero.errors import MovedOn, NoSuchId, UnknownRecord
from airflow_provider_procore_xero.ledger import links
from airflow_provider_procore_xero.ledger.decisions import add
from airflow_provider_procore_xero.ledger.engine import now, reading
from airflow_provider_procore_xero.ledger.issues import issue_of
from airflow_provider_procore_xero.ledger.tables import issues, outcomes
from airflow_provider_procore_xero.ledger.tables import links as pairs
from airflow_provider_procore_xero.sync.explain import known
from airflow_provider_procore_xero.sync.links import LINKED, Link

_SHAPES = {
    "procore": (re.compile(r"\d+"), "a number, as at the end of the record's address in Procore"),
    "xero": (
        re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE),
        "a UUID, as in the record's address in Xero",
    ),
}
_A_WORD = re.compile(r"\S+")
_PLAIN = ("projects", "contacts", "vendors", "commitments", "subcontractor_invoices", "payments")
"""Where both ids are the systems' own; elsewhere one may be put together of two."""


class ByHand:
    """What a person does to the ledger of one pair."""

    def __init__(self, engine: Engine, pair: str) -> None:
        self._engine, self._pair = engine, pair

    def link(
        self,
        entity: str,
        procore_id: str,
        xero_id: str,
        *,
        who: str,
        who_id: str = "",
        why: str = "",
        as_item: bool = False,
    ) -> Link:
        """Pair two records: the next run makes no second one.

        It writes what differs, but for bills: those are taken as they stand.

        :param as_item: cost codes become items, not tracking options.
        :raises NoSuchId: if an id can't be one.
        :raises MovedOn: if one of the two is linked already.
        """
        with self._engine.begin() as connection:
            link = self._new(connection, entity, procore_id, xero_id, as_item)
            links.save(connection, self._pair, (link,), "")
            self._decide(connection, entity, link, what="link", who=who, who_id=who_id, comment=why)
        return link

    def would_link(
        self, entity: str, procore_id: str, xero_id: str, *, as_item: bool = False
    ) -> Link:
        """Return the pair that :meth:`link` would make, and make none.

        :raises NoSuchId, MovedOn: as it does.
        """
        with reading(self._engine) as connection:
            return self._new(connection, entity, procore_id, xero_id, as_item)

    def unlink(self, link: int, *, who: str, who_id: str = "", why: str = "") -> Link:
        """Forget a pair by its id; both records stay, and the next run judges them anew.

        :raises UnknownRecord: if there is no such link.
        :raises MovedOn: if it was unlinked meanwhile.
        """
        with self._engine.begin() as connection:
            ended = self._standing(connection, link)
            links.unlink(connection, self._pair, ended.kind, "procore", (ended.procore_id,), "")
            entity = entity_of(ended.kind)
            said = {"what": "unlink", "who": who, "who_id": who_id, "comment": why}
            self._decide(connection, entity, ended, **said)
        return ended

    def would_unlink(self, link: int) -> Link:
        """Return the pair that :meth:`unlink` would forget, and forget none.

        :raises UnknownRecord, MovedOn: as it does.
        """
        with reading(self._engine) as connection:
            return self._standing(connection, link)

    def _new(
        self, connection: Connection, entity: str, procore_id: str, xero_id: str, as_item: bool
    ) -> Link:
        kind, procore_id, xero_id = _checked(entity, procore_id, xero_id, as_item)
        _refuse_taken(connection, self._pair, kind, procore_id, xero_id)
        return Link(
            kind=kind,
            procore_id=procore_id,
            xero_id=xero_id,
            procore_name=_title(connection, self._pair, kind, "procore", procore_id),
            xero_name=_title(connection, self._pair, kind, "xero", xero_id),
        )

    def _standing(self, connection: Connection, link: int) -> Link:
        query = select(pairs).where(pairs.c.pair == self._pair, pairs.c.id == link)
        row = connection.execute(query).first()
        if row is None:
            raise UnknownRecord(f"The ledger has no link {link}. Reload the page.")
        if row.state == "unlinked":
            raise MovedOn("Somebody has unlinked these two already. Reload the page.")
        return links.link_of(row)

    def ignore(self, issue: int, *, who: str, why: str, who_id: str = "") -> None:
        """Take an open issue out of the lists of what needs a person, until it is gone.

        :raises UnknownRecord: if there is no such issue.
        :raises MovedOn: if it is gone or ignored meanwhile.
        """
        self._notice(issue, "ignore", who=who, who_id=who_id, comment=why)

    def unignore(self, issue: int, *, who: str, why: str = "", who_id: str = "") -> None:
        """Put an issue back among what needs a person.

        :raises UnknownRecord: if there is no such issue.
        :raises MovedOn: if it is gone or is not ignored.
        """
        self._notice(issue, "unignore", who=who, who_id=who_id, comment=why)

    def _notice(
        self, issue: int, what: Literal["ignore", "unignore"], *, who: str, **said: str
    ) -> None:
        ignoring = what == "ignore"
        change = {
            "ignored_by": who if ignoring else "",
            "ignored_why": said["comment"] if ignoring else "",
            "ignored_at": now() if ignoring else None,
        }
        due = issues.c.ignored_by == "" if ignoring else issues.c.ignored_by != ""
        one = (issues.c.pair == self._pair) & (issues.c.id == issue)
        with self._engine.begin() as connection:
            row = connection.execute(select(issues).where(one)).first()
            if row is None:
                raise UnknownRecord(f"The ledger has no issue {issue}. Reload the page.")
            still = connection.execute(
                update(issues).where(one, issues.c.closed_at.is_(None), due).values(**change)
            ).rowcount
            if not still:
                raise MovedOn(_moved(row))
            found = issue_of(row)
            add(
                connection,
                pair=self._pair,
                entity=found.entity,
                source_id=found.source_id,
                title=f"{found.title}: {found.code}",
                what=what,
                who=who,
                **said,
            )

    def _decide(self, connection: Connection, entity: str, link: Link, **said: str) -> None:
        source = known()[entity][0].source
        ends = (link.procore_name or link.procore_id, link.xero_name or link.xero_id)
        add(
            connection,
            pair=self._pair,
            entity=entity,
            source_id=link.id_in(source),
            title=" ↔ ".join(ends),
            **said,
        )


def entity_of(kind: str) -> str:
    """Return the first entity whose links are of *kind*."""
    return next(name for name, each in known().items() for one in each if one.kind == kind)


def _checked(entity: str, procore_id: str, xero_id: str, as_item: bool) -> tuple[str, str, str]:
    if entity not in LINKED:
        raise NoSuchId(f"{entity} can't be linked by hand; {', '.join(LINKED)} can.")
    kinds = LINKED[entity]
    procore_id, xero_id = procore_id.strip(), xero_id.strip()
    for system, given in (("procore", procore_id), ("xero", xero_id)):
        shape, should = _SHAPES[system] if entity in _PLAIN else (_A_WORD, "without spaces")
        if not shape.fullmatch(given):
            raise NoSuchId(f"{given!r} is no id of {system.title()}: it should be {should}.")
    return kinds[as_item and len(kinds) > 1], procore_id, xero_id


def _refuse_taken(
    connection: Connection, pair: str, kind: str, procore_id: str, xero_id: str
) -> None:
    for link in links.find(connection, pair, kind, (procore_id,), (xero_id,)):
        if link.state != "active":
            continue
        mine = (link.procore_id, link.xero_id) == (procore_id, xero_id)
        said = (
            "These two are linked"
            if mine
            else (
                f"{link.procore_name or link.procore_id} in Procore and"
                f" {link.xero_name or link.xero_id} in Xero are linked"
            )
        )
        raise MovedOn(f"{said} already." + ("" if mine else " Unlink the wrong pair first."))


def _title(connection: Connection, pair: str, kind: str, system: str, record: str) -> str:
    """Return what a run last called a record, or an empty text."""
    names = [n for n, each in known().items() for e in each if (e.kind, e.source) == (kind, system)]
    query = (
        select(outcomes.c.title)
        .where(outcomes.c.pair == pair, outcomes.c.source_id == record)
        .where(outcomes.c.entity.in_(names))
        .order_by(outcomes.c.id.desc())
    )
    return str(connection.scalar(query.limit(1)) or "")


def _moved(row: Any) -> str:
    if row.closed_at is not None:
        return "This issue is gone already. Reload the page."
    if row.ignored_by:
        return f"{row.ignored_by} has ignored this issue already. Reload the page."
    return "This issue is not ignored any more. Reload the page."
