"""Cost codes → items."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from itertools import product
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import ApiError, MappingError, in_full
from airflow_provider_procore_xero.operators.base import SyncOperator
from airflow_provider_procore_xero.operators.cost_codes import mark_listed, standard_codes
from airflow_provider_procore_xero.operators.projects import projects_of
from airflow_provider_procore_xero.operators.work import not_permitted
from airflow_provider_procore_xero.sync.accounts import Account
from airflow_provider_procore_xero.sync.entities.claim_items import BudgetCode
from airflow_provider_procore_xero.sync.entities.cost_codes import leaves
from airflow_provider_procore_xero.sync.entities.items import (
    ENTITY,
    Item,
    ItemsAround,
    as_held,
    pair_row,
)
from airflow_provider_procore_xero.sync.plan import Create, Update
from airflow_provider_procore_xero.sync.planning import MISREAD
from airflow_provider_procore_xero.sync.results import Absent, Refused, Saved
from airflow_provider_procore_xero.sync.text import plain

if TYPE_CHECKING:
    from airflow_provider_procore_xero.apis.elements import Element
    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.plan import Stored
    from airflow_provider_procore_xero.sync.results import Doubt, Found, Result
    from airflow_provider_procore_xero.sync.settings import Settings

Code = Mapping[str, Any]
SNAPSHOT = "items"
"""The small list of items, which later flows of a DAG run read: with those made here."""


class CostCodesToItemsOperator(SyncOperator):
    """Send the standard cost codes to Xero, each with its cost types, as items.

    Which pairs go, ``cost_codes.pairs`` says: those that budget codes of integrated projects use,
    or all.
    """

    entity = ENTITY
    lengthens = SNAPSHOT

    def switched_off(self, settings: Settings) -> str:
        target = settings.cost_codes.target
        if target == "item":
            return ""
        return f"Cost codes do not become items: cost_codes.target is {target!r}."

    def around(self, work: Work) -> ItemsAround:
        _raise_without_accounts(work.settings)
        self.listed: list[dict[str, Any]] = list(work.counted(SNAPSHOT, work.xero.items()))
        self.made: list[dict[str, Any]] = []
        items = tuple(map(Item.from_xero, self.listed))
        accounts = map(Account.from_xero, work.small("accounts", work.xero.accounts))
        links = work.load_links(ENTITY.kind, "project")
        held_now = {item.id: as_held(item.code) for item in items}
        for link in links.of(ENTITY.kind):
            if not link.planned:
                held_now.setdefault(link.xero_id, "gone")
        return ItemsAround(
            settings=work.settings,
            links=links,
            pages=work.pages(),
            held_now=held_now,
            items=items,
            accounts={account.code: account for account in accounts if account.code},
        )

    def read(self, work: Work, around: ItemsAround) -> Iterator[dict[str, Any]]:
        codes = {plain(code.get("full_code")): code for code in reversed(_leaf_codes(work))}
        rows = {row["id"]: row for row in self._known(work, around, codes)}
        pairs = _every_pair if work.settings.cost_codes.pairs == "all" else _pairs_in_use
        for code, cost_type in pairs(work, codes):
            row = pair_row(code, cost_type, work.settings.cost_codes)
            rows.setdefault(row["id"], row)
        yield from rows.values()

    def _known(
        self, work: Work, around: ItemsAround, codes: Mapping[str, Code]
    ) -> Iterator[dict[str, Any]]:
        """Yield the pairs that are linked or held, as their codes are now.

        What the list has no longer stays in Xero as it is, and nobody's issue.
        """
        by_id = {str(code["id"]): code for code in codes.values()}
        shelved = [shelved for shelved, _ in work.ledger.shelf(ENTITY.name)]
        linked = [link.procore_id for link in around.links.of(ENTITY.kind) if not link.planned]
        gone = []
        for pair in dict.fromkeys([*linked, *shelved]):
            code_id, _, cost_type = pair.partition(".")
            if code_id not in by_id:
                gone.append(pair)
                continue
            row = pair_row(by_id[code_id], cost_type, work.settings.cost_codes)
            if row["id"] == pair:
                yield row
        if gone and not work.planning_only:
            work.ledger.unshelve(ENTITY.name, gone)
            work.ledger.settle_issues(work.run, ENTITY.name, (), judged=gone)

    def save(
        self, work: Work, around: ItemsAround, batch: Sequence[Stored], key: str
    ) -> Iterator[Result]:
        rows = [(stored.change, _payload(stored)) for stored in batch]
        write = work.xero.create_items
        if isinstance(batch[0].change, Update):
            write = work.xero.update_items
        elements = write([payload for _, payload in rows], key)
        for (change, _), element in zip(rows, elements, strict=True):
            assert isinstance(change, Create | Update)
            if element.saved and isinstance(change, Create):
                self.made.append(element.record)
            yield _result(change.about.source_id, element)

    def find(self, work: Work, around: ItemsAround, doubts: Sequence[Doubt]) -> Iterator[Found]:
        now = {raw["Code"]: raw for raw in work.xero.items()}
        for doubt in doubts:
            change = doubt.stored.change
            assert isinstance(change, Create)
            raw = now.get(change.desired.payload["Code"])
            source_id = change.about.source_id
            yield Absent(source_id=source_id) if raw is None else _saved(source_id, raw)

    def finish(self, work: Work, around: ItemsAround) -> None:
        mark_listed(work, ENTITY.kind)

    def _sync(self, work: Work, counts: Counter[str]) -> None:
        super()._sync(work, counts)
        self._share(work)

    def _share(self, work: Work) -> None:
        """Leave the items as they are now, or would be, to the flows that name them on lines."""
        to_come = [
            {
                "ItemID": link.xero_id,
                "Code": link.xero_name,
                "PurchaseDetails": {"AccountCode": link.data.get("expense")},
            }
            for link in (work.planned((ENTITY.kind,)) if work.planning_only else ())
            if link.xero_id.startswith("planned:")
        ]
        work.ledger.save_snapshot(work.scope, SNAPSHOT, [*self.listed, *self.made, *to_come])


def _raise_without_accounts(settings: Settings) -> None:
    """Stop before the first item where the settings name no account for any.

    :raises MappingError: ``ACCOUNT_NOT_SET``.
    """
    accounts = settings.accounts
    if not (accounts.expense or accounts.by_cost_type or accounts.by_cost_code):
        raise MappingError(
            "The settings name no account for items, and Procore knows none.",
            code="ACCOUNT_NOT_SET",
            fix="Set accounts.expense in the settings file to the account that costs post to, and"
            " accounts.income if items are sold too.",
        )


def _leaf_codes(work: Work) -> list[Code]:
    codes = standard_codes(work)
    found = leaves(codes)
    if len(found) < len(codes) and work.settings.cost_codes.pairs == "all":
        work.note(f"{_counted(len(codes) - len(found), 'heading')} of the cost code list left out.")
    return found


def _every_pair(work: Work, codes: Mapping[str, Code]) -> Iterator[tuple[Code, str]]:
    """Yield each leaf code with each of the company's cost types."""
    types = [plain(kind["code"]) for kind in work.small("cost types", work.procore.line_item_types)]
    yield from product(codes.values(), types)


def _pairs_in_use(work: Work, codes: Mapping[str, Code]) -> Iterator[tuple[Code, str]]:
    """Yield the leaf codes with the types that budget codes of integrated projects give them.

    Codes of other lists and of one project only, headings, and budget codes with more segments
    than Xero has room for are left out and counted.
    """
    left: dict[str, set[str]] = {}
    for raw in _budget_codes(work):
        said = plain(raw.get("flat_code")) or str(raw.get("id"))
        try:
            budget = BudgetCode.from_procore(raw)
        except MISREAD:
            left.setdefault("that can't be read", set()).add(said)
            continue
        if budget.custom:
            left.setdefault("with a custom segment", set()).add(said)
        elif budget.code not in codes:
            left.setdefault("of no leaf of the cost code list", set()).add(said)
        else:
            yield codes[budget.code], budget.cost_type
    for why, found in left.items():
        some = ", ".join(sorted(found)[:5]) + (", …" if len(found) > 5 else "")
        work.note(f"{_counted(len(found), 'budget code')} {why} left out: {some}.")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _budget_codes(work: Work) -> Iterator[dict[str, Any]]:
    """Yield the active budget codes of integrated, active projects that changed since last read.

    A project that Procore hides is noted and left for the next run; the others go on.
    """
    projects = [
        raw["id"]
        for raw in projects_of(work)
        if raw.get("active") and work.links.find("project", "procore", raw["id"]) is not None
    ]
    marks: dict[int, datetime | None] = {p: work.since(f"wbs_codes/{p}") for p in projects}

    def read(project: int) -> Iterator[dict[str, Any]]:
        since = marks[project]
        until = work.until if since else None
        try:
            yield from work.procore.wbs_codes(project, updated_since=since, updated_until=until)
        except ApiError as error:
            if not not_permitted(error):
                raise
            work.unread(f"wbs_codes/{project}")
            work.note(f"PROJECT_HIDDEN: project {project} can't be read: {in_full(error)}")

    sizes = {}
    for project, raws in work.procore.each_project(marks, read):
        stream = f"wbs_codes/{project}"
        sizes[stream] = len(raws)
        if marks[project] is None and stream in work.streams:  # whole: direct costs need the same
            work.share(stream, raws)
        yield from (raw for raw in raws if raw.get("status") != "inactive")
    work.read_whole("budget codes", sizes)


def _payload(stored: Stored) -> dict[str, Any]:
    change = stored.change
    assert isinstance(change, Create | Update)
    payload = dict(change.desired.payload)
    if isinstance(change, Update):
        payload["ItemID"] = change.target_id
    return payload


def _result(source_id: str, element: Element) -> Result:
    if element.saved:
        return _saved(source_id, element.record)
    return Refused(
        source_id=source_id,
        errors=element.errors,
        fix="Mend what Xero names, in Xero or in the settings; the next run sends it again.",
    )


def _saved(source_id: str, raw: Mapping[str, Any]) -> Saved:
    return Saved(source_id=source_id, target_id=raw["ItemID"], held=as_held(raw["Code"]))
