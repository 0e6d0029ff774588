"""Questions to and facts about ``reconciliations`` and their rows, ``reconciled``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import Connection, Row, delete, func, select

from airflow_provider_procore_xero.ledger.codec import words
from airflow_provider_procore_xero.ledger.engine import chunks, holding, now
from airflow_provider_procore_xero.ledger.tables import reconciled, reconciliations
from airflow_provider_procore_xero.sync.reconciliation import (
    AMOUNTS,
    Amounts,
    Explanation,
    Names,
    Place,
    Reconciled,
    Reconciliation,
    total,
)

WORST = 5
KEPT = 31
"""Of how many reconciliations the rows are kept: a month of nights. Their totals stay."""

_INSERT = reconciled.insert()
_NEWEST = (reconciliations.c.made_at.desc(), reconciliations.c.run.desc())
_PLACE = tuple(f.name for f in fields(Place))
_NAMES = tuple(f.name for f in fields(Names))
_encode = msgspec.json.Encoder().encode
_explanations = msgspec.json.Decoder(tuple[Explanation, ...]).decode
_totals = msgspec.json.Decoder(dict[str, dict[str, Decimal]]).decode


def save(
    connection: Connection, pair: str, run: str, scope: str, rows: Sequence[Reconciled]
) -> None:
    """Remember *rows* as what *run* found; rows of runs of more than a month ago are let go."""
    totals = {
        currency: {name: getattr(amounts, name) for name in AMOUNTS}
        for currency, amounts in total(rows).items()
    }
    connection.execute(
        reconciliations.insert(),
        {
            "run": run,
            "pair": pair,
            "scope": scope,
            "rows": len(rows),
            "differing": sum(bool(row.difference) for row in rows),
            "unexplained": sum(bool(row.unexplained) for row in rows),
            "totals": _encode(totals).decode(),
            "made_at": now(),
        },
    )
    for part in chunks([_row(run, row) for row in rows]):
        connection.execute(_INSERT, part)
    old = (
        select(reconciliations.c.run)
        .where(reconciliations.c.pair == pair)
        .order_by(*_NEWEST)
        .offset(KEPT)
        .limit(KEPT)
    )
    for forgotten in list(connection.scalars(old)):
        connection.execute(delete(reconciled).where(reconciled.c.run == forgotten))


def last(connection: Connection, pair: str, run: str, dag_run: str) -> Reconciliation | None:
    """Return one reconciliation: of *run*, else the newest, of the DAG run *scope* if given."""
    query = select(reconciliations).where(reconciliations.c.pair == pair)
    if run:
        query = query.where(reconciliations.c.run == run)
    if dag_run:
        query = query.where(reconciliations.c.scope == dag_run)
    row = connection.execute(query.order_by(*_NEWEST).limit(1)).first()
    if row is None:
        return None
    query = select(reconciled).where(
        reconciled.c.run == row.run, reconciled.c.unexplained > Decimal("0.00")
    )
    worst = connection.execute(query.order_by(reconciled.c.seq).limit(WORST))
    return _reconciliation(row, [_reconciled(each) for each in worst])


def differences(connection: Connection, run: str) -> dict[str, tuple[Decimal, Decimal]]:
    """Return the difference, and what of it nobody can explain, of the rows of *run* by currency.

    Rows of runs of more than a month ago are gone, and their differences with them.
    """
    sums = (func.sum(reconciled.c.difference), func.sum(reconciled.c.unexplained))
    query = select(reconciled.c.currency, *sums).where(reconciled.c.run == run)
    rows = connection.execute(query.group_by(reconciled.c.currency))
    return {currency: (difference, unexplained) for currency, difference, unexplained in rows}


def page(
    connection: Connection,
    run: str,
    *,
    q: str,
    project_id: str | None,
    differing: bool,
    after: int,
    limit: int,
) -> list[Reconciled]:
    """Return the next rows of *run*, those that differ most without a reason first."""
    query = select(reconciled).where(reconciled.c.run == run, reconciled.c.seq > after)
    if project_id is not None:
        query = query.where(reconciled.c.project_id == project_id)
    if differing:
        query = query.where(reconciled.c.difference > Decimal("0.00"))
    query = holding(query, reconciled.c.words, words(q))
    rows = connection.execute(query.order_by(reconciled.c.seq).limit(limit))
    return [_reconciled(row) for row in rows]


def _row(run: str, row: Reconciled) -> dict[str, Any]:
    return {
        "run": run,
        "seq": row.seq,
        **{name: getattr(row.place, name) for name in _PLACE},
        **{name: getattr(row.names, name) for name in _NAMES},
        **{name: getattr(row.amounts, name) for name in AMOUNTS},
        "difference": row.difference,
        "unexplained": row.unexplained,
        "explanations": _encode(row.explanations).decode(),
        "procore_url": row.procore_url,
        "xero_url": row.xero_url,
        "words": words(
            *(getattr(row.names, name) for name in _NAMES),
            row.place.code,
            *(e.code for e in row.explanations),
        ),
    }


def _reconciled(row: Row[Any]) -> Reconciled:
    return Reconciled(
        place=Place(**{name: getattr(row, name) for name in _PLACE}),
        names=Names(**{name: getattr(row, name) for name in _NAMES}),
        amounts=Amounts(**{name: getattr(row, name) for name in AMOUNTS}),
        explanations=_explanations(row.explanations),
        difference=row.difference,
        unexplained=row.unexplained,
        procore_url=row.procore_url,
        xero_url=row.xero_url,
        seq=row.seq,
    )


def _reconciliation(row: Row[Any], worst: Sequence[Reconciled]) -> Reconciliation:
    totals: Mapping[str, Mapping[str, Decimal]] = _totals(row.totals)
    return Reconciliation(
        run=row.run,
        rows=row.rows,
        differing=row.differing,
        unexplained=row.unexplained,
        totals={currency: Amounts(**amounts) for currency, amounts in totals.items()},
        made_at=row.made_at,
        worst=tuple(worst),
    )
