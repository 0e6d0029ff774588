"""Which Procore record is which Xero record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from airflow_provider_procore_xero.errors import NotLinked

System = Literal["procore", "xero"]

LINKED = {
    "projects": ("project",),
    "contacts": ("vendor",),
    "vendors": ("vendor",),
    "cost_codes": ("cost_code", "item"),
    "commitments": ("commitment",),
    "commitment_change_orders": ("commitment_change_order",),
    "subcontractor_invoices": ("subcontractor_invoice",),
    "payments": ("payment",),
    "direct_costs": ("direct_cost",),
    "journal_entries": ("journal_entry",),
}
"""What a link of each entity pairs. Cost codes are options, or items: the settings say which."""
CODE_KIND = {"tracking_option": "cost_code", "item": "item", "account_map": ""}
"""What a link of a cost code is, by ``cost_codes.target``; with an account map there is none."""
_SYNC_FIRST = {
    "project": ("project", "Run procore_xero_projects"),
    "vendor": ("vendor", "Run procore_xero_contacts or procore_xero_vendors"),
    "cost_code": ("cost code", "Run procore_xero_cost_codes"),
    "commitment": ("commitment", "Run procore_xero_commitments"),
    "subcontractor_invoice": ("subcontractor invoice", "Run procore_xero_subcontractor_invoices"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A stored pair of ids, for ever.

    :param kind: what is paired, whichever way it flows: ``project``, ``vendor``, ``cost_code``,
        ``subcontractor_invoice``, ``payment``.
    :param procore_name, xero_name: what people call the record: a number or a name.
    :param wrote: fingerprint of what we last wrote to the target.
    :param held: fingerprint of what the target said it then held.
    :param read: fingerprint of the source record that was written.
    :param state: ``active``, or ``orphaned`` once the target is voided or gone.
    :param data: what later flows need to know of the pair.
    :param planned: True where a plan of this run would make the pair; it is not stored.
    """

    kind: str
    procore_id: str
    xero_id: str
    procore_name: str = ""
    xero_name: str = ""
    wrote: str = ""
    held: str = ""
    read: str = ""
    state: str = "active"
    data: Mapping[str, Any] = field(default_factory=dict)
    planned: bool = False

    def id_in(self, system: System) -> str:
        """Return the record's id in *system*."""
        return self.procore_id if system == "procore" else self.xero_id


class Links:
    """The links that one plan may need, found from either end.

    :param beyond: where to look for what is not among *links*: a page of records has its own links
        before it, and those that every page needs behind it.
    """

    def __init__(self, links: Iterable[Link] = (), beyond: Links | None = None) -> None:
        self._by: dict[tuple[str, str, str], Link] = {}
        self._beyond = beyond
        self.add(links)

    def add(self, links: Iterable[Link]) -> None:
        """Know *links* too; a later link of the same record wins, a planned one never does."""
        for link in links:
            for system, key in (("procore", link.procore_id), ("xero", link.xero_id)):
                known = self._by.get((link.kind, system, key))
                if known is None or known.planned or not link.planned:
                    self._by[link.kind, system, key] = link

    def find(self, kind: str, system: System, record_id: Any) -> Link | None:
        """Return the link of *record_id* of *system*, or None."""
        found = self._by.get((kind, system, str(record_id)))
        if found is None and self._beyond is not None:
            return self._beyond.find(kind, system, record_id)
        return found

    def of(self, kind: str, by: System = "procore") -> Iterator[Link]:
        """Yield every known link of *kind*, one for each record of the system *by*."""
        for (found, system, _), link in self._by.items():
            if found == kind and system == by:
                yield link
        if self._beyond is not None:
            yield from self._beyond.of(kind, by)

    def need(self, kind: str, system: System, record_id: Any, called: str = "") -> Link:
        """Return the link of *record_id*.

        :raises NotLinked: if it has none yet, or its counterpart is gone.
        """
        link = self.find(kind, system, record_id)
        if link is None or link.state != "active":
            word, act = _SYNC_FIRST.get(kind, (kind, "Sync it first"))
            name = called or str(record_id)
            raise NotLinked(
                f"{word.capitalize()} {name} has no counterpart {'any more' if link else 'yet'}.",
                code=f"{kind.upper()}_NOT_LINKED",
                fix=f"{act} first; it says why if the {word} is held there.",
            )
        return link
