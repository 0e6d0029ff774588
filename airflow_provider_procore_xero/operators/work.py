"""What a run works with: both clients, the ledger, the settings, and what it was asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from airflow_provider_procore_xero.errors import ApiError, UnsafePlan
from airflow_provider_procore_xero.sync.links import Link, Links
from airflow_provider_procore_xero.sync.pages import Pages
from airflow_provider_procore_xero.sync.safety import shrank

if TYPE_CHECKING:
    from airflow_provider_procore_xero.apis.procore import Procore
    from airflow_provider_procore_xero.apis.xero import Xero
    from airflow_provider_procore_xero.ledger.ledger import Ledger
    from airflow_provider_procore_xero.operators.asked import Asked
    from airflow_provider_procore_xero.sync.settings import Settings

T = TypeVar("T")
AHEAD = timedelta(days=1)
OVERLAP = timedelta(minutes=5)
"""How far an incremental read goes back behind the last one: clocks differ, and bounds may be
exclusive."""


@dataclass(kw_only=True)
class Work:
    """One run of one flow.

    :param scope: the DAG run that shares its small lists, or the run itself.
    :param notes: sentences for the report that belong to no record.
    :param partial: streams that this run reads in part: how long they are can't be judged.
    :param sizes: how long the lists are that it has read whole.
    :param removing: records whose counterpart an earlier run was about to take away.
    :param afresh: small lists are read anew for this run alone.
    :param names: what company and organisation are called, as far as the run has met them.
    """

    procore: Procore
    xero: Xero
    ledger: Ledger
    settings: Settings
    settings_hash: str
    asked: Asked
    scope: str
    try_number: int = 1
    run: str = ""
    plan: str = ""
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    notes: list[str] = field(default_factory=list)
    streams: set[str] = field(default_factory=set)
    partial: set[str] = field(default_factory=set)
    sizes: dict[str, int] = field(default_factory=dict)
    links: Links = field(default_factory=Links)
    known_pages: Pages | None = None
    afresh: bool = False
    removing: frozenset[str] = frozenset()
    names: tuple[str, str] = ("", "")

    @property
    def planning_only(self) -> bool:
        return self.asked.mode == "plan"

    def small(
        self,
        name: str,
        read: Callable[[], Iterable[Mapping[str, Any]]],
        size: Callable[[list[Any]], int] = len,
    ) -> list[Any]:
        """Return a small list, read once in a DAG run; a retry reads it afresh.

        It goes through the ledger even for the first reader, so that every task sees the same.

        :param size: how much is in it, where what counts is not its rows.
        :raises UnsafePlan: where most of what it held is missing.
        """
        known = self.shared(name)
        if known is None:
            rows = list(read())
            self.read_whole(name, {name: size(rows)})
            known = self.share(name, rows)
        return list(known)

    def shared(self, name: str) -> list[Any] | None:
        """Return a list that this DAG run has read already, or None; a retry has read nothing."""
        found: list[Any] | None = self.ledger.snapshot(self.scope, self._called(name))
        return found

    def share(self, name: str, rows: list[Any]) -> list[Any]:
        """Leave *rows* to the other tasks; return those of whoever was first."""
        kept: list[Any] = self.ledger.save_snapshot(self.scope, self._called(name), rows)
        return kept

    def _called(self, name: str) -> str:
        called = name if self.try_number == 1 else f"{name}, try {self.try_number}"
        return called + (f", run {self.run}" if self.afresh else "")

    def organisation(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.small("organisation", lambda: [self.xero.organisation()])[0]
        self.names = (self.names[0], str(found.get("Name") or ""))
        return found

    def projects(self) -> list[dict[str, Any]]:
        """Return every project of the company, inactive ones too; read once in a DAG run."""
        found: list[dict[str, Any]] = self.small("projects", self.procore.projects)
        companies = (raw.get("company") for raw in found[:1])
        company = next((each.get("name") for each in companies if isinstance(each, Mapping)), "")
        self.names = (str(company or ""), self.names[1])
        return found

    def pages(self) -> Pages:
        """Return where people find records; both hosts are read once in a DAG run."""
        web = self.small("procore web host", lambda: [{"web": self.procore.web_host()}])[0]["web"]
        self.known_pages = Pages(
            procore=web,
            company_id=str(self.procore.company_id),
            xero=self.xero.web_host,
            shortcode=self.organisation().get("ShortCode") or "",
        )
        return self.known_pages

    def since(self, stream: str) -> datetime | None:
        """Return from when on *stream* must be read, or None for all of it.

        All of it where it was never read, where the settings have changed since, and where a
        person asked for it.
        """
        self.streams.add(stream)
        mark = self.ledger.watermark(stream)
        stale = mark is None or mark.settings_hash != self.settings_hash
        if self.asked.full or stale or mark is None:
            return None
        self.partial.add(stream)
        return mark.moment - OVERLAP

    @property
    def until(self) -> datetime:
        """Return where an incremental read ends: tomorrow, since the other clock may be ahead."""
        return self.started_at + AHEAD

    def whole(self, stream: str) -> bool:
        """Whether this run has read all of *stream*."""
        return stream in self.streams and stream not in self.partial

    def unread(self, stream: str) -> None:
        """Leave the watermark of *stream* where it is: it could not be read."""
        self.streams.discard(stream)
        self.partial.add(stream)

    def counted(self, name: str, rows: Iterable[T]) -> Iterator[T]:
        """Yield *rows*, and judge at their end how many there are, if the list was read whole.

        :raises UnsafePlan: where most of what it held is missing.
        """
        sizes = {name: 0}
        for row in rows:
            sizes[name] += 1
            yield row
        self.read_whole(name, sizes)

    def read_whole(self, called: str, sizes: Mapping[str, int]) -> None:
        """Take note of how long lists are; together they are what is *called* so.

        Those that were read in part are left out, and so are those that were never read before.

        :raises UnsafePlan: where most of what they held is missing. Nothing is written by then,
            since a plan is made from all that is read before any of it is applied.
        """
        whole = {name: size for name, size in sizes.items() if name not in self.partial}
        before = self.ledger.list_sizes(whole)
        had, has = sum(before.values()), sum(whole[name] for name in before)
        if shrank(had, has, self.settings.safety):
            raise UnsafePlan(
                f"The list of {called} has {has:,} records, and had {had:,} when it was last read"
                " whole. Nothing was written.",
                code="LIST_SHRANK",
                fix="See in both systems whether the connections may still read it all. If the"
                ' records are really gone, let one run pass with {"settings": {"safety":'
                ' {"max_missing_percent": 100}}}.',
            )
        self.sizes |= whole

    def move_watermarks(self) -> None:
        """Remember that everything up to the start of this run is dealt with."""
        for stream in self.streams:
            self.ledger.move_watermark(stream, self.started_at, self.settings_hash, self.run)

    def remember_sizes(self, lengthened: str, by: int) -> None:
        """Remember how long the lists are, now that the run came through.

        :param lengthened: the list that this run has put *by* records into.
        """
        sizes = {**self.ledger.list_sizes([lengthened]), **self.sizes}
        if lengthened in sizes:
            sizes[lengthened] += by
        self.ledger.save_list_sizes(sizes, self.run)

    def load_links(self, *kinds: str) -> Links:
        """Return all links of *kinds*; in plan mode also those that this DAG run would make."""
        self.links.add(link for kind in kinds for link in self.ledger.links(kind))
        if self.planning_only:
            self.links.add(self.planned(kinds))
        return self.links

    def planned(self, kinds: Iterable[str]) -> list[Link]:
        wanted = set(kinds)
        return [link for link in self.ledger.planned_links(self.scope) if link.kind in wanted]

    def note(self, sentence: str) -> None:
        self.notes.append(sentence)

    @property
    def calls(self) -> dict[str, int]:
        return {"procore": self.procore.calls, "xero": self.xero.calls}


def not_permitted(error: ApiError) -> bool:
    """Whether Procore hides a project from us: it answers 403, or 404 so as not to say so."""
    return error.status in (403, 404)
