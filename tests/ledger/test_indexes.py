"""Each list of the page is found by an index, in either database, however large the ledger is.

Both are asked how they would go about the very statements that the ledger sends. PostgreSQL reads
small tables whole whatever indexes there are, so it is told to do that only if it has no other way.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, event

from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.ledger.runs import new_id

MOMENT = datetime(2026, 11, 1, tzinfo=UTC)
IN_ORDER: dict[str, Callable[[Ledger], Any]] = {
    "runs": lambda ledger: ledger.runs(limit=50),
    "runs, the next page": lambda ledger: ledger.runs(before=new_id(), limit=50),
    "runs of an entity": lambda ledger: ledger.runs(entity="vendors", limit=50),
    "links": lambda ledger: ledger.questions.pairings(before=900),
    "links by what a person types": lambda ledger: ledger.questions.pairings("SC-12 1,250.50"),
    "links of an entity": lambda ledger: ledger.questions.pairings("a", kinds=["vendor"]),
    "links in a state": lambda ledger: ledger.questions.pairings(state="orphaned"),
    "a run's outcomes": lambda ledger: ledger.questions.outcomes("r", "a", before=900),
    "a record's outcomes": lambda ledger: ledger.questions.history("vendors", "8", before=900),
    "a plan's changes": lambda ledger: ledger.questions.changes("p", after=50),
    "issues": lambda ledger: ledger.questions.issues(),
    "issues, the next page": lambda ledger: ledger.questions.issues(after=(True, MOMENT, 7)),
    "issues by what a person types": lambda ledger: ledger.questions.issues("SC-12"),
    "the queue": lambda ledger: ledger.queue.page("ready_to_export"),
    "the queue, the next page": lambda ledger: ledger.queue.page("synced", after=(MOMENT, 7)),
    "the queue by what a person types": lambda ledger: ledger.queue.page("synced", q="SC-12"),
    "decisions": lambda ledger: ledger.questions.decisions(before=900),
    "decisions by what a person types": lambda ledger: ledger.questions.decisions("SC-12"),
    "decisions of somebody": lambda ledger: ledger.questions.decisions(who="ana", what="accept"),
    "a reconciliation": lambda ledger: ledger.reconciliation(run="r", q="a", after=50, limit=50),
}
FOUND: dict[str, Callable[[Ledger], Any]] = {
    "records that are kept back": lambda ledger: ledger.questions.kept_back("SC-12", before=900),
    "a record's links": lambda ledger: ledger.questions.pairings_of("vendor", "xero", "x8"),
    "a record's issues": lambda ledger: ledger.questions.issues_of("vendors", "8"),
    "a record's decisions": lambda ledger: ledger.questions.decisions_on("vendors", "8"),
    "which have an issue": lambda ledger: ledger.questions.with_issues("vendors", ["8"]),
    "what last became of records": lambda ledger: ledger.questions.last_outcomes("vendors", ["8"]),
    "decisions on rows": lambda ledger: ledger.queue.last_decisions([8]),
    "mails about a DAG run": lambda ledger: ledger.questions.mails("nightly", "n1"),
    "the last reconciliation": lambda ledger: ledger.last_reconciliation(),
    "the last run of each entity": lambda ledger: ledger.questions.last_runs(),
    "documents made": lambda ledger: ledger.questions.made(MOMENT),
    "documents made until then": lambda ledger: ledger.questions.made(MOMENT, MOMENT),
    "what runs counted": lambda ledger: ledger.questions.counted(MOMENT, MOMENT),
    "open issues, counted": lambda ledger: ledger.questions.open_issues(),
    "the queue, counted": lambda ledger: ledger.queue.counts(),
}


@pytest.mark.parametrize("name", [*IN_ORDER, *FOUND])
def test_each_list_is_found_by_an_index(name: str, ledger: Ledger, engine: Engine) -> None:
    steps = _steps(engine, lambda: (IN_ORDER | FOUND)[name](ledger))

    whole = [step for step in steps if _reads_a_table_whole(step)]

    assert steps
    assert whole == []


@pytest.mark.parametrize("name", IN_ORDER)
def test_a_page_of_a_list_comes_in_order_so_that_the_rest_is_not_read(
    name: str, sqlite_engine: Engine
) -> None:
    """PostgreSQL sorts what is short; what it does with much is for benchmark B17."""
    ledger = Ledger(sqlite_engine, "1:x")

    steps = _steps(sqlite_engine, lambda: IN_ORDER[name](ledger))

    assert [step for step in steps if "ORDER BY" in step] == []


def _reads_a_table_whole(step: str) -> bool:
    step = step.strip().removeprefix("-> ").strip()
    made_up = step.startswith(("SCAN records", "SCAN anon", "SCAN (", "SCAN CONSTANT"))
    by_index = " USING " in step
    return (step.startswith("SCAN") and not made_up and not by_index) or "Seq Scan" in step


def _steps(engine: Engine, ask: Callable[[], Any]) -> list[str]:
    """Return how *engine* would go about each SELECT of *ask*, a line for each step."""
    with _heard(engine) as heard:
        ask()
    steps: list[str] = []
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        for statement, parameters in heard:
            if engine.dialect.name == "sqlite":
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                steps += [row.detail for row in rows]
            else:
                rows = connection.exec_driver_sql(f"EXPLAIN {statement}", parameters)
                steps += [row[0] for row in rows]
    return steps


@contextmanager
def _heard(engine: Engine) -> Iterator[list[tuple[str, Any]]]:
    heard: list[tuple[str, Any]] = []

    def hear(_c: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.lstrip().upper().startswith("SELECT"):
            heard.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", hear)
    try:
        yield heard
    finally:
        event.remove(engine, "before_cursor_execute", hear)
