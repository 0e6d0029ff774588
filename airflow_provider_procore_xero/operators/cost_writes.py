"""Direct costs in Procore: writing them, and looking for lost ones.

A new one is made whole, and locked last: its header carries our mark until its ``origin_id`` is
set, so that one which a crash left open is found again. A correction takes the lock off, corrects,
and puts it on again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import ApiError, InDoubt
from airflow_provider_procore_xero.sync.apply import in_batches
from airflow_provider_procore_xero.sync.entities.direct_costs import mark_of
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.money import ZERO, money
from airflow_provider_procore_xero.sync.plan import Create, Remove, Update
from airflow_provider_procore_xero.sync.results import Absent, Refused, Saved, Unclear

if TYPE_CHECKING:
    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.plan import Stored
    from airflow_provider_procore_xero.sync.results import Doubt, Found, Result

LINES_A_CALL = 100
"""Lines that one create takes; the others follow."""
ROWS = 1000
"""Rows of one sync action."""
ONE_BY_ONE = 2
"""Up to so many are made in a call each, lines included; more share two calls. So do expenses: the
single call's schema wants vendor and number of everything, and only the other takes both kinds."""
CLOCKS = timedelta(days=1)
FIX = (
    "Mend what Procore names; the next run sends it again. The parts of the document that are on"
    " other projects are not touched by this."
)
TAKEN = (
    "Somebody entered a direct cost with this number in Procore by hand. If it is the same cost,"
    " delete it there, or link the two; the next run sends it again."
)


@dataclass(kw_only=True)
class Making:
    """One direct cost on its way.

    :param cost_id: 0 until Procore has made it.
    :param left: lines that are not there yet.
    :param there: what the lines come to that are.
    """

    source_id: str
    payload: Mapping[str, Any]
    left: list[Mapping[str, Any]]
    cost_id: int = 0
    there: Decimal = ZERO
    errors: list[str] = field(default_factory=list)

    @property
    def worth(self) -> Decimal:
        return _worth(self.payload["line_items"])


def saved_costs(work: Work, batch: Sequence[Stored]) -> Iterator[Result]:
    """Write one batch of direct costs, all new or all known, and yield what came of each."""
    if isinstance(batch[0].change, Create):
        yield from _created(work, batch)
        return
    for stored in batch:
        change = stored.change
        assert isinstance(change, Update | Remove)
        yield _removed(work, change) if isinstance(change, Remove) else _updated(work, change)


class _Doubting:
    """Turns what ends a batch of new ones into a doubt, once one of them is begun.

    A limit or a lost sign-in in between must not close the intents of what was made by then.
    """

    begun = False

    def __enter__(self) -> None: ...

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self.begun and isinstance(error, ApiError) and not isinstance(error, InDoubt):
            raise InDoubt(
                str(error), system=error.system, status=error.status, details=error.details
            ) from error


# New ones


def _created(work: Work, batch: Sequence[Stored]) -> Iterator[Result]:
    by_project: dict[int, list[Making]] = defaultdict(list)
    for stored in batch:
        change = stored.change
        assert isinstance(change, Create)
        payload = change.desired.payload
        by_project[change.desired.data["project_id"]].append(
            Making(
                source_id=change.about.source_id,
                payload=payload,
                left=list(payload["line_items"]),
            )
        )
    doubting = _Doubting()
    for project_id, makings in by_project.items():
        with doubting:
            yield from _made(work, project_id, makings, doubting)


def _made(
    work: Work, project_id: int, makings: Sequence[Making], doubting: _Doubting
) -> Iterator[Result]:
    """Make headers, then lines, then lock what is whole."""
    together = [m for m in makings if m.payload["direct_cost_type"] != "subcontractor_invoice"]
    expenses = any(m.payload["direct_cost_type"] == "expense" for m in together)
    if len(together) <= ONE_BY_ONE and not expenses:
        together = []
    for making in makings:
        if making not in together:
            _make(work, project_id, making)
            doubting.begun |= bool(making.cost_id)
    for some in in_batches(together, ROWS):
        _make_headers(work, project_id, some)
        doubting.begun |= any(m.cost_id for m in some)
    made = [m for m in makings if m.cost_id]
    _add_lines(work, project_id, made)
    whole = [m for m in made if not m.errors and m.there == m.worth]
    _lock(work, project_id, whole)
    for making in makings:
        yield _result(work, project_id, making)


def _make(work: Work, project_id: int, making: Making) -> None:
    """Make one with its first lines, in one call."""
    first, making.left = making.left[:LINES_A_CALL], making.left[LINES_A_CALL:]
    body = _header(making.payload) | {
        "line_items": [
            {"manual_amount": line["amount"], **{k: v for k, v in line.items() if k != "amount"}}
            for line in first
        ]
    }
    work.ledger.leaving(work.run)
    try:
        record = work.procore.create_direct_cost(project_id, body)
    except ApiError as error:
        if not _about_the_record(error):
            raise
        making.errors += error.details or (str(error),)
    else:
        making.cost_id = record["id"]
        making.there = _worth(record["line_items"])


def _make_headers(work: Work, project_id: int, makings: Sequence[Making]) -> None:
    by_mark = {making.payload["origin_data"]: making for making in makings}
    rows = [_header(making.payload) for making in makings]
    work.ledger.leaving(work.run)
    answer = work.procore.sync_direct_costs(project_id, rows)
    for record in answer.entities:
        by_mark[record["origin_data"]].cost_id = record["id"]
    for row in answer.errors:
        by_mark[row["origin_data"]].errors += _said(row)


def _add_lines(work: Work, project_id: int, makings: Sequence[Making]) -> None:
    by_id = {making.cost_id: making for making in makings}
    rows = [_line(line, making.cost_id) for making in makings for line in making.left]
    for some in in_batches(rows, ROWS):
        answer = work.procore.sync_direct_cost_lines(project_id, some)
        for line in answer.entities:
            by_id[line["direct_cost_id"]].there += money(line["amount"])
        for row in answer.errors:
            by_id[row["direct_cost_id"]].errors += _said(row)


def _lock(work: Work, project_id: int, makings: Sequence[Making]) -> None:
    by_origin = {making.source_id: making for making in makings}
    rows = [{"id": making.cost_id, "origin_id": making.source_id} for making in makings]
    for some in in_batches(rows, ROWS):
        for row in work.procore.sync_direct_costs(project_id, some).errors:
            by_origin[row["origin_id"]].errors += _said(row)


def _result(work: Work, project_id: int, making: Making) -> Result:
    """Return what came of one; what is not whole is taken away again."""
    if making.cost_id and not making.errors and making.there == making.worth:
        return _saved(making.source_id, making.cost_id, making.payload)
    known = _known_already(work, project_id, making)
    if making.cost_id:
        work.procore.delete_direct_cost(project_id, making.cost_id)
    if known is not None:
        return known
    if not making.errors:
        said = f"Procore made its lines come to {making.there}, not {making.worth}."
        making.errors.append(said)
    fix = TAKEN if "taken" in " ".join(making.errors) else FIX
    return Refused(source_id=making.source_id, errors=tuple(making.errors), fix=fix)


def _known_already(work: Work, project_id: int, making: Making) -> Saved | None:
    """Return the direct cost that stands for the slice already, where that is why Procore said no.

    A run that was killed, or a ledger older than the last run, asks for what is there.
    """
    if "taken" not in " ".join(making.errors):
        return None
    for found in work.procore.direct_costs(project_id, origin_id=making.source_id):
        if money(found.get("amount") or found.get("grand_total")) == making.worth:
            return _saved(making.source_id, found["id"], making.payload)
    return None


# Known ones


def _updated(work: Work, change: Update) -> Result:
    """Correct one: take the lock off, write header and lines, put it on again.

    Where the header is refused nothing has changed, and the lock goes on again. Where lines are, it
    stays open under our mark, so that the next run goes on with it.
    """
    source_id, cost_id = change.about.source_id, int(change.target_id)
    project_id, payload = change.desired.data["project_id"], change.desired.payload
    header = {name: payload[name] for name in _HEADER if name != "direct_cost_type"}
    try:
        work.procore.update_direct_cost(project_id, cost_id, {"origin_id": None})
        record = work.procore.update_direct_cost(project_id, cost_id, header)
    except ApiError as error:
        if not _about_the_record(error):
            raise
        _lock_again(work, project_id, cost_id, source_id)
        return _not_corrected(change, error, "keeps it as it was")
    try:
        _correct_lines(work, project_id, record, payload["line_items"])
        work.procore.update_direct_cost(project_id, cost_id, {"origin_id": source_id})
    except ApiError as error:
        if not _about_the_record(error):
            raise
        return _not_corrected(change, error, "has corrected it in part only")
    return _saved(source_id, cost_id, payload)


def _not_corrected(change: Update, error: ApiError, what: str) -> Refused:
    return Refused(
        source_id=change.about.source_id,
        errors=error.details or (str(error),),
        fix=f"The document was changed in Xero, and Procore {what}: direct cost"
        f" {change.target_id}. The next run tries again; else correct it in the project's Direct"
        " Costs tool by hand, or delete it there and unlink it.",
    )


def _correct_lines(
    work: Work, project_id: int, record: Mapping[str, Any], wanted: Sequence[Mapping[str, Any]]
) -> None:
    """Make an open direct cost hold the lines *wanted*, one for one.

    :raises ApiError: where Procore refuses one, or they do not come to the amount.
    """
    cost_id = record["id"]
    old = [line["id"] for line in record["line_items"]]
    for line_id in old[len(wanted) :]:
        work.procore.delete_direct_cost_line(project_id, cost_id, line_id)
    rows = [
        _line(line, cost_id) | ({"id": old[place]} if place < len(old) else {})
        for place, line in enumerate(wanted)
    ]
    there, errors = ZERO, []
    for some in in_batches(rows, ROWS):
        answer = work.procore.sync_direct_cost_lines(project_id, some)
        there += _worth(answer.entities)
        errors += [said for row in answer.errors for said in _said(row)]
    worth = _worth(wanted)
    if errors or there != worth:
        said = tuple(errors) or (f"Its lines come to {there}, not {worth}.",)
        raise ApiError(
            f"Procore does not take the lines of direct cost {cost_id}.",
            system="procore",
            status=422,
            details=said,
        )


def _lock_again(work: Work, project_id: int, cost_id: int, source_id: str) -> None:
    """Put the lock on again where a correction failed; the next run tries once more."""
    try:
        work.procore.update_direct_cost(project_id, cost_id, {"origin_id": source_id})
    except ApiError as error:
        if not _about_the_record(error):
            raise


def _removed(work: Work, change: Remove) -> Result:
    source_id, cost_id = change.about.source_id, int(change.target_id)
    project_id = change.data["project_id"]
    try:
        work.procore.update_direct_cost(project_id, cost_id, {"origin_id": None})
    except ApiError as error:
        if not _about_the_record(error):
            raise
    try:
        work.procore.delete_direct_cost(project_id, cost_id)
    except ApiError as error:
        if error.status == 404:  # somebody was faster, or a run before this one
            return Saved(source_id=source_id, target_id=change.target_id)
        if not _about_the_record(error):
            raise
        _lock_again(work, project_id, cost_id, source_id)
        return Refused(
            source_id=source_id,
            errors=error.details or (str(error),),
            fix=f"The document has nothing on this project any more, and Procore keeps direct cost"
            f" {cost_id}. Delete it in the project's Direct Costs tool by hand.",
        )
    return Saved(source_id=source_id, target_id=change.target_id)


# Lost ones


def found_costs(work: Work, doubts: Sequence[Doubt]) -> Iterator[Found]:
    """Look for direct costs whose answer was lost, by their origin id, one list a project.

    One that carries only our mark was never finished: it is taken away, to be made anew. One that
    is not there may be on its way still.
    """
    by_project: dict[int, list[Doubt]] = defaultdict(list)
    for doubt in doubts:
        change = doubt.stored.change
        assert isinstance(change, Create)
        by_project[change.desired.data["project_id"]].append(doubt)
    for project_id, some in by_project.items():
        since = min(doubt.sent_at for doubt in some) - CLOCKS
        listed = list(work.procore.direct_costs(project_id, created_since=since))
        for doubt in some:
            yield _found(work, project_id, doubt, listed)


def _found(work: Work, project_id: int, doubt: Doubt, listed: Sequence[Mapping[str, Any]]) -> Found:
    change = doubt.stored.change
    assert isinstance(change, Create)
    source_id = change.about.source_id
    if done := [cost for cost in listed if cost.get("origin_id") == source_id]:
        return _saved(source_id, done[0]["id"], change.desired.payload)
    mark = mark_of(source_id)
    begun = [c for c in listed if c.get("origin_data") == mark and not c.get("origin_id")]
    if begun and work.planning_only:
        return Unclear(source_id=source_id, why="It was begun; the next run finishes it.")
    for cost in begun:
        work.ledger.still_mine()
        work.procore.delete_direct_cost(project_id, cost["id"])
    return Absent(source_id=source_id, sure=bool(begun))


# What goes over the wire

_HEADER = (
    "direct_cost_type", "direct_cost_date", "status", "vendor_id", "invoice_number",
    "description", "terms", "received_date", "origin_data",
)  # fmt: skip


def _header(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a new header: without the lock, and without what is empty."""
    return {name: payload[name] for name in _HEADER if payload[name] is not None}


def _line(line: Mapping[str, Any], cost_id: int) -> dict[str, Any]:
    return {**line, "direct_cost_id": cost_id, "extended_type": "manual"}


def _worth(lines: Sequence[Mapping[str, Any]]) -> Decimal:
    return sum((money(line["amount"]) for line in lines), ZERO)


def _said(row: Mapping[str, Any]) -> list[str]:
    """Return the messages of a refused row, each with its field."""
    errors = row.get("errors") or {}
    if not isinstance(errors, Mapping):
        return [str(errors)]
    return [f"{name}: {text}" for name, texts in errors.items() for text in texts]


def _about_the_record(error: ApiError) -> bool:
    """Whether Procore says no to this record, and not to everything."""
    return type(error) is ApiError and error.status in (400, 404, 409, 413, 422)


def _saved(source_id: str, cost_id: Any, payload: Mapping[str, Any]) -> Saved:
    return Saved(source_id=source_id, target_id=str(cost_id), held=fingerprint(payload))
