"""Questions to and facts about ``costs`` and ``job_costs``: what each project and code has cost."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, case, delete, func, select

from airflow_provider_procore_xero.ledger.engine import chunks, now
from airflow_provider_procore_xero.ledger.tables import costs, job_costs, links
from airflow_provider_procore_xero.sync.entities.job_costs import Cost, JobCost

_INSERT_COST = costs.insert()
_INSERT_JOB_COST = job_costs.insert()
_COST = ("document", "kind", "option", "option_name", "code", "code_name", "currency", "amount")
_KEY = ("project_id", "project", "code", "cost_type", "currency")


def replace(
    connection: Connection, pair: str, run: str, documents: Iterable[str], found: Iterable[Cost]
) -> None:
    """Forget what *documents* had cost, and remember *found* of them."""
    for part in chunks(list(documents)):
        connection.execute(delete(costs).where(costs.c.pair == pair, costs.c.document.in_(part)))
    rows = [
        {"pair": pair, "run": run, **{name: getattr(cost, name) for name in _COST}}
        for cost in found
    ]
    for part in chunks(rows):
        connection.execute(_INSERT_COST, part)


def forget_others(connection: Connection, pair: str, run: str) -> None:
    """Forget the costs that *run*, which read everything, has not seen."""
    connection.execute(delete(costs).where(costs.c.pair == pair, costs.c.run != run))


def sums(
    connection: Connection, pair: str, documents: Sequence[str] | None
) -> list[tuple[Cost, bool]]:
    """Return costs added up by option, code and currency, and whether they came from Procore.

    Those did whose document is linked to a claim.

    :param documents: only theirs, where they are given; each part of them is added up by itself.
    """
    if documents is None:
        return _sums(connection, pair, costs.c.pair == pair)
    parts = (costs.c.document.in_(part) for part in chunks(documents))
    return [each for part in parts for each in _sums(connection, pair, part)]


def _sums(connection: Connection, pair: str, which: ColumnElement[bool]) -> list[tuple[Cost, bool]]:
    linked = (
        select(links.c.id)
        .where(
            links.c.pair == pair,
            links.c.kind == "subcontractor_invoice",
            links.c.state == "active",
            links.c.xero_id == costs.c.document,
        )
        .exists()
    )
    born = case((linked, 1), else_=0)
    each = (
        select(costs.c.option, costs.c.option_name, costs.c.code, costs.c.code_name)
        .add_columns(costs.c.currency, costs.c.amount, born.label("born"))
        .where(costs.c.pair == pair, which)
        .subquery()
    )
    key = (each.c.option, each.c.code, each.c.currency, each.c.born)
    query = select(
        *key,
        func.max(each.c.option_name).label("option_name"),
        func.max(each.c.code_name).label("code_name"),
        func.sum(each.c.amount).label("amount"),
    ).group_by(*key)
    return [(_summed(row), bool(row.born)) for row in connection.execute(query)]


def _summed(row: Any) -> Cost:
    return Cost(
        document="",
        kind="",
        option=row.option,
        option_name=row.option_name,
        code=row.code,
        code_name=row.code_name,
        currency=row.currency,
        amount=row.amount,
    )


def save(connection: Connection, pair: str, run: str, found: Iterable[JobCost]) -> None:
    """Let *found* be the job costs of this pair from now on.

    :raises sqlalchemy.exc.IntegrityError: where a row breaks the identity of its three figures.
    """
    connection.execute(delete(job_costs).where(job_costs.c.pair == pair))
    moment = now()
    rows = [
        {
            "pair": pair,
            **{name: getattr(cost, name) for name in _KEY},
            "job_to_date": cost.job_to_date,
            "commitment_invoiced": cost.commitment_invoiced,
            "direct_costs": cost.direct_costs,
            "run": run,
            "computed_at": moment,
        }
        for cost in found
    ]
    for part in chunks(rows):
        connection.execute(_INSERT_JOB_COST, part)


def find(
    connection: Connection, pair: str, project_id: str | None, after: Sequence[str], limit: int
) -> list[JobCost]:
    """Return job costs by project and code, those that come after the key *after*."""
    query = select(job_costs).where(job_costs.c.pair == pair)
    if project_id is not None:
        query = query.where(job_costs.c.project_id == project_id)
    columns = [job_costs.c[name] for name in _KEY]
    if after:
        query = query.where(_beyond(columns, after))
    rows = connection.execute(query.order_by(*columns).limit(limit))
    return [_job_cost(row) for row in rows]


def computed_at(connection: Connection, pair: str) -> datetime | None:
    """Return when job costs were last computed, or None."""
    found: datetime | None = connection.scalar(
        select(job_costs.c.computed_at).where(job_costs.c.pair == pair).limit(1)
    )
    return found


def _job_cost(row: Row[Any]) -> JobCost:
    cost = JobCost(
        **{name: getattr(row, name) for name in _KEY},
        job_to_date=row.job_to_date,
        commitment_invoiced=row.commitment_invoiced,
    )
    assert cost.direct_costs == row.direct_costs  # R87; the table has a CHECK for it too
    return cost


def _beyond(columns: Sequence[Any], after: Sequence[str]) -> Any:
    """Return the condition that *columns*, in their order, come after the values *after*."""
    first, *rest = columns
    if not rest:
        return first > after[0]
    return (first > after[0]) | ((first == after[0]) & _beyond(rest, after[1:]))
