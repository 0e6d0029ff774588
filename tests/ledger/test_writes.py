"""Intents before a request, outcomes after its answer; a crash between leaves doubts."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from airflow_provider_procore_xero.errors import SyncError
from airflow_provider_procore_xero.ledger import writes
from airflow_provider_procore_xero.ledger.engine import engine_for
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.ledger.tables import intents
from airflow_provider_procore_xero.sync.plan import FieldChange
from tests.ledger.builders import (
    NO_DATE,
    NOT_YET,
    a_create,
    a_hold,
    a_link,
    a_plan,
    a_run,
    an_outcome,
    an_update,
    intents_of,
)


def test_a_crash_between_intent_and_answer_leaves_a_doubt_for_any_later_worker(new_ledger):
    run, stored, intents = intents_of(new_ledger(), a_create("8"), an_update("9"))

    doubts = new_ledger().doubts("vendors")

    assert [doubt.intent for doubt in doubts] == intents
    assert [doubt.stored for doubt in doubts] == stored
    assert doubts[0].run == run
    assert doubts[0].sent_at.utcoffset().total_seconds() == 0


def test_the_age_of_a_doubt_is_told_by_the_databases_clock(ledger, monkeypatch):
    """One worker's clock is an hour ahead, and the other's is an hour behind."""
    if ledger._engine.dialect.name == "sqlite":
        pytest.skip("SQLite's clock is that of the machine, and so is every worker's")
    ours = datetime.now(UTC)
    monkeypatch.setattr(writes, "now", lambda: ours + timedelta(hours=1))
    intents_of(ledger, a_create("8"))
    monkeypatch.setattr(writes, "now", lambda: ours - timedelta(hours=1))

    (doubt,) = ledger.doubts("vendors")

    assert abs(doubt.sent_at - (ours - timedelta(hours=1))) < timedelta(seconds=30)


def test_intents_are_there_after_the_worker_was_killed_the_moment_it_had_them(ledger, engine):
    worker = os.fork()
    if worker == 0:
        intents_of(Ledger(engine_for(engine.url), ledger.pair), a_create("8"), a_create("9"))
        os.kill(os.getpid(), signal.SIGKILL)
    _, status = os.waitpid(worker, 0)

    doubts = ledger.doubts("vendors")

    assert os.WTERMSIG(status) == signal.SIGKILL
    assert [doubt.stored.change for doubt in doubts] == [a_create("8"), a_create("9")]


def test_doubts_are_asked_for_by_entity(ledger):
    intents_of(ledger, a_create())

    assert ledger.doubts("payments") == []


def test_doubts_of_another_pair_are_not_ours(ledger, engine):
    intents_of(Ledger(engine, f"{ledger.pair}0"), a_create())

    assert ledger.doubts("vendors") == []


def test_a_batch_that_leaves_makes_no_other_runs_doubt_younger(ledger, engine):
    (_, _, (older,)), (run, _, (younger,)) = (intents_of(ledger, a_create(i)) for i in "89")

    def sent_at():
        with engine.connect() as connection:
            rows = connection.execute(select(intents.c.id, intents.c.sent_at))
            return {row.id: row.sent_at for row in rows if row.id in (older, younger)}

    before = sent_at()
    ledger.leaving(run)

    assert sent_at()[older] == before[older]
    assert sent_at()[younger] > before[younger]


def test_what_is_held_is_not_about_to_be_sent(ledger):
    run = a_run(ledger)
    plan = a_plan(ledger, a_hold("7"), a_create("8"), run=run)

    ledger.save_intents(run, plan, list(ledger.changes(plan, ())), entity="vendors", key="k")

    assert [doubt.source_id for doubt in ledger.doubts("vendors")] == ["8"]


def test_each_intent_has_a_number_of_its_own_in_the_order_of_the_changes(ledger):
    _, _, first = intents_of(ledger, *(a_create(str(i)) for i in range(60)))
    _, _, second = intents_of(ledger, a_create())

    assert first == sorted(first)
    assert len({*first, *second}) == 61


def test_an_answered_batch_leaves_outcomes_links_and_no_doubt(ledger):
    run, _, intents = intents_of(ledger, a_create("8"), a_create("9"))

    ledger.close_batch(run, [an_outcome("8"), an_outcome("9")], [a_link("8")], intents)

    assert ledger.doubts("vendors") == []
    assert ledger.outcomes(run) == [an_outcome("8"), an_outcome("9")]
    assert ledger.links("vendor") == [a_link("8")]


def test_a_batch_ends_links_and_fills_the_shelf(ledger):
    run, _, intents = intents_of(ledger, a_create("8"))
    ledger.save_links([a_link("7", "x7")])

    ledger.close_batch(
        run, [], [], intents, unlinked=[a_link("7", "x7")], shelf=[("vendors", "8", {"id": 8})]
    )

    assert ledger.links("vendor") == []
    assert list(ledger.shelf("vendors")) == [("8", {"id": 8})]


def test_a_batch_is_closed_whole_or_not_at_all(ledger):
    ledger.save_links([a_link("7", "taken")])
    run, _, intents = intents_of(ledger, a_create("8"))

    with pytest.raises(SyncError):
        ledger.close_batch(run, [an_outcome()], [a_link("8", "taken")], intents)

    assert ledger.outcomes(run) == []
    assert [doubt.intent for doubt in ledger.doubts("vendors")] == intents


def test_a_batch_without_intents_is_only_remembered(ledger):
    run = a_run(ledger)

    ledger.close_batch(run, [an_outcome(what="linked")], [a_link()], [])

    assert [one.what for one in ledger.outcomes(run)] == ["linked"]


def test_an_outcome_comes_back_with_every_reason_and_field(ledger):
    run = a_run(ledger)
    outcome = an_outcome(
        target_id="x8",
        procore_url="https://p",
        xero_url="https://x",
        reasons=(NO_DATE, NOT_YET),
        fields=(FieldChange(name="Name", before="a", after=None),),
    )

    ledger.add_outcomes(run, [outcome])

    assert ledger.outcomes(run) == [outcome]


def test_outcomes_are_asked_for_by_what_became_of_the_record(ledger):
    run = a_run(ledger)
    ledger.add_outcomes(run, [an_outcome("1"), an_outcome("2", "refused")])

    assert [one.source_id for one in ledger.outcomes(run, "refused")] == ["2"]


@pytest.mark.parametrize(
    "statement", ["UPDATE outcomes SET what = 'created'", "DELETE FROM outcomes"]
)
def test_what_happened_can_not_be_rewritten(ledger, engine, statement):
    run = a_run(ledger)
    ledger.add_outcomes(run, [an_outcome(what="refused")])

    with pytest.raises(DBAPIError, match="never changed"), engine.begin() as connection:
        connection.execute(text(statement))

    assert [one.what for one in ledger.outcomes(run)] == ["refused"]


def test_R8_the_log_is_searched_by_run_record_words_and_severity(ledger):
    run = a_run(ledger)
    ledger.add_outcomes(
        run,
        [
            an_outcome("8", title="Müller & Söhne 100%"),
            an_outcome("9", "refused", title="Acme", reasons=(NO_DATE,)),
            an_outcome("10", "held", title="ACME Ltd", reasons=(NOT_YET,)),
        ],
    )

    def found(*words, **given):
        return {one.outcome.source_id for one in ledger.search(*words, **given)}

    assert found("MÜLLER 100%") == {"8"}
    assert found("acme") == {"9", "10"}
    assert found("acme billing date") == {"9"}
    assert found(severity="error") == {"9"}
    assert found("_") == {"10", "9"}  # of NOT_APPROVED and NO_BILLING_DATE, not "any character"
    assert found(run="other") == found(entity="payments") == set()


def test_R8_a_search_goes_on_page_after_page_newest_first(ledger):
    run = a_run(ledger)
    ledger.add_outcomes(run, [an_outcome(str(i)) for i in range(5)])

    first = ledger.search(limit=3)
    rest = ledger.search(limit=3, after=first[-1].id)

    assert [one.outcome.source_id for one in [*first, *rest]] == ["4", "3", "2", "1", "0"]
    assert first[0].run == run


def test_outcomes_come_in_pages_of_one_run_in_their_order(ledger: Ledger) -> None:
    run, other = a_run(ledger), a_run(ledger)
    ledger.add_outcomes(run, [an_outcome(str(number)) for number in range(5)])
    ledger.add_outcomes(other, [an_outcome("elsewhere")])

    pages = list(ledger.outcome_pages(run, limit=2))

    assert [[o.source_id for o in page] for page in pages] == [["0", "1"], ["2", "3"], ["4"]]
