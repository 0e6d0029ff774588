"""The queue and its decisions: the first counts, and nothing of it can be rewritten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from threading import Barrier, Thread
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update
from sqlalchemy.exc import DBAPIError

from airflow_provider_procore_xero.errors import NotAgreed, UnknownRecord
from airflow_provider_procore_xero.ledger.engine import insert
from airflow_provider_procore_xero.ledger.facts import Queued
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.ledger.queue import not_agreed
from airflow_provider_procore_xero.ledger.tables import decisions
from airflow_provider_procore_xero.sync.plan import FieldChange
from tests.ledger.builders import a_create, a_plan, a_run


def a_row(source_id: str = "1", **given: Any) -> Queued:
    return Queued(
        **{
            "entity": "projects",
            "source_id": source_id,
            "state": "ready_to_export",
            "what": "create",
            "title": f"Project {source_id}",
            "hash": "h1",
            "read": "r1",
            "payload": {"Name": "A"},
            "fields": (FieldChange(name="Name", before=None, after="A"),),
            "errors": ("One.", "Two."),
            **given,
        }
    )


def saved(ledger: Ledger, **given: Any) -> Queued:
    row = a_row(**given)
    ledger.queue.save([row])
    return ledger.queue.find(row.entity, (row.source_id,))[row.source_id]


def test_a_row_comes_back_as_it_was(ledger):
    row = saved(ledger, creator="Ana <ana@example.com>")

    assert row.fields == a_row().fields
    assert row.payload == {"Name": "A"}
    assert row.errors == ("One.", "Two.")
    assert row.waiting_since is not None
    assert ledger.queue.one(row.id) == row


def test_an_unknown_row_is_a_sentence(ledger):
    with pytest.raises(UnknownRecord, match="no record 7"):
        ledger.queue.one(7)


def test_E58_the_first_of_two_decisions_counts(ledger):
    row = saved(ledger)

    first = ledger.queue.decide(row.id, "accept", "ana", seen="h1")
    second = ledger.queue.decide(row.id, "reject", "ben", seen="h1", comment="No.")

    assert first is not None
    assert first.state == "accepted"
    assert second is None
    assert [d.who for d in ledger.queue.decisions_on("projects", "1")] == ["ana"]


def test_E58_of_many_who_decide_at_the_same_moment_one_does(ledger):
    row = saved(ledger)
    together, won = Barrier(8), []

    def decide(who: str) -> None:
        together.wait()
        if ledger.queue.decide(row.id, "accept", who, seen="h1"):
            won.append(who)

    threads = [Thread(target=decide, args=(f"person {i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(won) == 1
    assert [d.who for d in ledger.queue.decisions_on("projects", "1")] == won


def test_E58_a_decision_on_other_data_than_stands_there_is_none(ledger):
    row = saved(ledger)
    ledger.queue.save([replace(row, hash="h2")])

    assert ledger.queue.decide(row.id, "accept", "ana", seen="h1") is None
    assert ledger.queue.one(row.id).state == "ready_to_export"


def test_a_run_does_not_write_over_a_decision_that_came_meanwhile(ledger):
    row = saved(ledger)
    ledger.queue.decide(row.id, "accept", "ana", seen="h1")

    ledger.queue.save([replace(row, hash="h2")])

    assert ledger.queue.one(row.id).state == "accepted"
    assert ledger.queue.one(row.id).hash == "h1"


@pytest.mark.parametrize(
    ("state", "what"),
    [
        ("synced", "reject"),
        ("rejected", "accept"),
        ("ready_to_export", "retry"),
        ("accepted", "reject"),
    ],
)
def test_R116_a_decision_that_does_not_fit_the_state_is_refused(ledger, state, what):
    row = saved(ledger, state=state)

    assert ledger.queue.decide(row.id, what, "ana", seen="h1", comment="Why.") is None


def test_R109_nothing_is_about_to_be_sent_without_the_decision_that_it_needs(ledger):
    rows = [saved(ledger, source_id=str(n), state="failed_to_export") for n in range(4)]
    ledger.queue.decide(rows[1].id, "reject", "ana", seen="h1", comment="No.")
    run = a_run(ledger)
    plan = a_plan(ledger, *(a_create(str(n)) for n in range(5)), run=run)
    needed = {"0": "h1", "1": "h1", "2": "another", "4": "h1"}

    with pytest.raises(NotAgreed) as raised:
        ledger.save_intents(
            run, plan, list(ledger.changes(plan)), entity="projects", key="k", needed=needed
        )

    assert raised.value.states == {"1": "rejected", "2": "failed_to_export", "4": ""}
    assert ledger.not_agreed("projects", needed) == raised.value.states
    assert ledger.doubts("projects") == []


def test_R109_what_is_agreed_to_is_about_to_be_sent(ledger):
    saved(ledger, state="accepted")
    run = a_run(ledger)
    plan = a_plan(ledger, a_create("1"), run=run)

    ledger.save_intents(
        run, plan, list(ledger.changes(plan)), entity="projects", key="k", needed={"1": "h1"}
    )

    assert [doubt.source_id for doubt in ledger.doubts("projects")] == ["1"]


def test_R109_nobody_decides_otherwise_before_an_intent_is_committed(ledger):
    if ledger._engine.dialect.name == "sqlite":
        pytest.skip("SQLite lets one transaction write at a time")
    row = saved(ledger, state="failed_to_export")

    with ThreadPoolExecutor(1) as pool:
        with ledger._write() as connection:
            assert not_agreed(connection, ledger.pair, "projects", {"1": "h1"}) == {}
            late = pool.submit(ledger.queue.decide, row.id, "reject", "ana", seen="h1")
            with pytest.raises(TimeoutError):
                late.result(timeout=1)
        assert late.result(timeout=10) is not None


@pytest.mark.parametrize(
    "statement",
    [update(decisions).values(who="eve"), delete(decisions)],
    ids=["update", "delete"],
)
def test_R110_no_decision_can_be_rewritten(ledger, engine, statement):
    row = saved(ledger)
    ledger.queue.decide(row.id, "accept", "ana", seen="h1")

    with pytest.raises(DBAPIError, match="decisions are never changed"), engine.begin() as made:
        made.execute(statement)

    assert [d.who for d in ledger.queue.decisions_on("projects", "1")] == ["ana"]


@pytest.mark.parametrize("way", ["replace", "upsert"])
def test_R110_no_decision_can_be_rewritten_by_putting_another_in_its_place(ledger, engine, way):
    if way == "replace" and engine.dialect.name != "sqlite":
        pytest.skip("PostgreSQL has no INSERT OR REPLACE")
    row = saved(ledger)
    ledger.queue.decide(row.id, "accept", "ana", seen="h1")
    with engine.connect() as connection:
        mine = select(decisions).where(decisions.c.queue == row.id)
        kept = dict(connection.execute(mine).mappings().one())
    new = insert(engine.dialect.name, decisions).values({**kept, "who": "eve"})
    statement = (
        new.prefix_with("OR REPLACE")
        if way == "replace"
        else new.on_conflict_do_update(index_elements=["id"], set_={"who": "eve"})
    )

    with pytest.raises(DBAPIError, match="decisions are never changed"), engine.begin() as made:
        made.execute(statement)

    assert [d.who for d in ledger.queue.decisions_on("projects", "1")] == ["ana"]


def test_R110_not_even_all_of_them_at_once(ledger, engine):
    if engine.dialect.name != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    row = saved(ledger)
    ledger.queue.decide(row.id, "accept", "ana", seen="h1")

    with pytest.raises(DBAPIError, match="decisions are never changed"), engine.begin() as made:
        made.execute(text("TRUNCATE decisions CASCADE"))


def test_R112_what_waits_comes_oldest_first_page_by_page(ledger):
    for number in range(5):
        saved(ledger, source_id=str(number))
    saved(ledger, source_id="9", state="synced")

    seen: list[str] = []
    after = None
    while rows := ledger.queue.page("ready_to_export", after=after, limit=2):
        seen += [row.source_id for row in rows]
        assert rows[-1].changed_at is not None
        after = (rows[-1].changed_at, rows[-1].id)

    assert seen == ["0", "1", "2", "3", "4"]
    assert ledger.queue.counts() == {"ready_to_export": 5, "synced": 1}


def test_the_queue_is_searched_by_every_word(ledger):
    saved(ledger, source_id="1", vendor="Terra Works", amount="500.00")
    saved(ledger, source_id="2", vendor="Terra Nova", amount="700.00")

    assert [r.source_id for r in ledger.queue.page("ready_to_export", q="TERRA 500")] == ["1"]


def test_a_rule_is_in_the_audit_trail_once(ledger):
    row = a_row(state="accepted", decided_by="rule", decided_at=datetime.now(UTC))
    ledger.queue.save([row], {"1": "projects"})

    (decision,) = ledger.queue.decisions_on("projects", "1")
    assert (decision.who, decision.comment, decision.hash) == ("rule", "projects", "h1")


@pytest.mark.parametrize("state", ["synced", "rejected"])
def test_what_is_done_or_rejected_is_not_withdrawn(ledger, state):
    done, waits = saved(ledger, state=state), saved(ledger, source_id="2")

    ledger.queue.withdraw("projects", ["1", "2"])

    assert ledger.queue.one(done.id).state == state
    assert ledger.queue.one(waits.id).state == "withdrawn"


def test_a_rule_that_came_too_late_is_not_in_the_audit_trail(ledger):
    row = saved(ledger)
    ledger.queue.decide(row.id, "reject", "ana", seen="h1", comment="No.")

    ledger.queue.save([replace(row, state="accepted", decided_by="rule")], {"1": "projects"})

    assert [d.who for d in ledger.queue.decisions_on("projects", "1")] == ["ana"]


def test_two_runs_that_put_a_record_there_make_one_row(ledger):
    ledger.queue.save([a_row()])
    ledger.queue.save([a_row(title="Again")])

    assert ledger.queue.counts() == {"ready_to_export": 1}
