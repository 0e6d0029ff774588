"""Several pairs share one ledger: nothing of one is told to, or changed by, another."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import Engine, Table, update
from sqlalchemy.exc import IntegrityError

from airflow_provider_procore_xero.errors import NotAgreed, UnknownRecord
from airflow_provider_procore_xero.ledger.facts import Queued
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.ledger.tables import links, queue
from airflow_provider_procore_xero.sync.entities.job_costs import Cost, JobCost
from airflow_provider_procore_xero.sync.plan import Stored
from airflow_provider_procore_xero.sync.reconciliation import Amounts, Place, Sheet
from tests.ledger.builders import a_create, a_link, a_plan, a_run, an_outcome, held, intents_of

MOMENT = datetime(2026, 3, 2, 6, 30, tzinfo=UTC)
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)
COST = Cost(
    document="bill-1", kind="bill", option="o", option_name="A-1", code="c", code_name="02-300",
    currency="NZD", amount=Decimal("7.00"),
)  # fmt: skip
JOB_COST = JobCost(
    project_id="1", project="A-1", code="02-300", cost_type="", currency="NZD",
    job_to_date=Decimal("7.00"), commitment_invoiced=Decimal("0.00"),
)  # fmt: skip


@dataclass
class Kept:
    """A ledger that holds something of everything, and the ids of it."""

    ledger: Ledger
    run: str
    plan: str
    row: int
    link: int
    issue: int


@pytest.fixture
def kept(ledger: Ledger) -> Kept:
    run, _, _ = intents_of(ledger, a_create("8"))
    ledger.add_outcomes(run, [an_outcome("8"), held("9")])
    ledger.settle_issues(run, "vendors", [held("9")])
    ledger.save_links([a_link("8", "x8"), a_link("7", "x7")])
    ledger.unlink("vendor", "procore", ["7"])
    ledger.shelve("vendors", [("9", {"id": 9})])
    ledger.move_watermark("contacts", MOMENT, "h", run)
    ledger.save_list_sizes({"vendors": 7}, run)
    ledger.save_snapshot("d/r", "accounts", [1])
    ledger.queue.save([waiting()])
    row = ledger.queue.find("projects", ("1",))["1"].id
    ledger.queue.decide(row, "reject", "ana", seen="h1", comment="No.")
    ledger.save_costs(run, ["bill-1"], [COST])
    ledger.save_job_costs(run, [JOB_COST])
    sheet = Sheet()
    sheet.add(Place(project_id="1", currency="NZD"), Amounts(claimed=Decimal(1)))
    ledger.save_reconciliation(run, sheet.rows())
    a_plan(ledger, a_create("1"), run=a_run(ledger, "plan"), scope="d/r")
    ledger.end_run(run, "success", {"read": 2}, {"procore": 1, "xero": 1})
    return Kept(
        ledger,
        run,
        a_plan(ledger, a_create("2"), run=run),
        row,
        ledger.questions.pairings()[0].id,
        ledger.questions.issues()[0].id,
    )


@pytest.fixture
def other(ledger: Ledger, engine: Engine) -> Ledger:
    return Ledger(engine, f"{ledger.pair}0")


def waiting(**given: Any) -> Queued:
    row = {"entity": "projects", "source_id": "1", "state": "ready_to_export", "what": "create"}
    return Queued(**{**row, "title": "Tower", "hash": "h1", "read": "r", **given})


TOLD: dict[str, Callable[[Ledger, Kept], Any]] = {
    "doubts": lambda ledger, _: ledger.doubts("vendors"),
    "outcomes": lambda ledger, kept: ledger.outcomes(kept.run),
    "pages of outcomes": lambda ledger, kept: next(ledger.outcome_pages(kept.run)),
    "found": lambda ledger, _: ledger.search(),
    "issues": lambda ledger, _: ledger.issues(),
    "links": lambda ledger, _: ledger.links("vendor"),
    "unlinked": lambda ledger, _: ledger.unlinked("vendor", ["x7"]),
    "former links": lambda ledger, _: ledger.former_links("vendor", ["7"]),
    "planned links": lambda ledger, _: ledger.planned_links("d/r"),
    "epoch": lambda ledger, _: int(ledger.links_epoch()),
    "shelf": lambda ledger, _: list(ledger.shelf("vendors")),
    "watermark": lambda ledger, _: ledger.watermark("contacts"),
    "sizes of lists": lambda ledger, _: ledger.list_sizes(["vendors"]),
    "snapshot": lambda ledger, _: ledger.snapshot("d/r", "accounts"),
    "costs": lambda ledger, _: ledger.summed_costs(),
    "costs of a document": lambda ledger, _: ledger.summed_costs(["bill-1"]),
    "job costs": lambda ledger, _: ledger.job_costs(),
    "proof": lambda ledger, _: ledger.last_reconciliation(),
    "rows of the proof": lambda ledger, _: ledger.reconciliation(),
    "runs": lambda ledger, _: ledger.runs(),
    "first run": lambda ledger, _: ledger.first_run("vendors"),
    "queue by record": lambda ledger, _: ledger.queue.find("projects", ("1",)),
    "queue by state": lambda ledger, _: ledger.queue.ids_in("projects", ("rejected",)),
    "queue by row": lambda ledger, kept: ledger.queue.several((kept.row,)),
    "page of the queue": lambda ledger, _: ledger.queue.page("rejected"),
    "queue by words": lambda ledger, _: ledger.queue.holding("tower", ("rejected",)),
    "counts of the queue": lambda ledger, _: ledger.queue.counts(),
    "decisions on a record": lambda ledger, _: ledger.queue.decisions_on("projects", "1"),
    "last decisions": lambda ledger, kept: ledger.queue.last_decisions((kept.row,)),
    "rejections": lambda ledger, _: ledger.queue.rejections(LONG_AGO),
    "pairings": lambda ledger, _: ledger.questions.pairings(),
    "pairings of a record": lambda ledger, _: ledger.questions.pairings_of("vendor", "xero", "x8"),
    "kept back": lambda ledger, _: ledger.questions.kept_back(),
    "last outcomes": lambda ledger, _: ledger.questions.last_outcomes("vendors", ("8",)),
    "history": lambda ledger, _: ledger.questions.history("vendors", "8"),
    "decisions": lambda ledger, _: ledger.questions.decisions(),
    "outcomes of a run": lambda ledger, kept: ledger.questions.outcomes(kept.run),
    "last runs": lambda ledger, _: ledger.questions.last_runs(),
    "calls": lambda ledger, _: ledger.questions.calls_since(LONG_AGO)["xero"],
    "open issues": lambda ledger, _: ledger.questions.issues(),
    "issues of a record": lambda ledger, _: ledger.questions.issues_of("vendors", "9"),
    "records with issues": lambda ledger, _: ledger.questions.with_issues("vendors", ("9",)),
    "counts of issues": lambda ledger, _: ledger.questions.open_issues(),
    "documents made": lambda ledger, _: ledger.questions.made(LONG_AGO),
    "counts of runs": lambda ledger, _: ledger.questions.counted(
        LONG_AGO, datetime.now(UTC) + timedelta(hours=1)
    ),
}


@pytest.mark.parametrize("what", TOLD)
def test_nothing_of_another_pair_is_told(kept: Kept, other: Ledger, what: str) -> None:
    assert TOLD[what](kept.ledger, kept)

    assert not TOLD[what](other, kept)


@pytest.mark.parametrize(
    "ask",
    [
        lambda ledger, kept: ledger.run(kept.run),
        lambda ledger, kept: ledger.flow_report(kept.run),
        lambda ledger, kept: ledger.plan(kept.plan),
        lambda ledger, kept: ledger.queue.one(kept.row),
        lambda ledger, kept: ledger.by_hand.unlink(kept.link, who="eve"),
        lambda ledger, kept: ledger.by_hand.ignore(kept.issue, who="eve", why="x"),
    ],
    ids=["run", "report", "plan", "queue", "unlink", "ignore"],
)
def test_nothing_of_another_pair_is_found_by_its_id(
    kept: Kept, other: Ledger, ask: Callable[[Ledger, Kept], Any]
) -> None:
    with pytest.raises(UnknownRecord):
        ask(other, kept)


def test_nothing_of_another_pair_is_changed(kept: Kept, other: Ledger) -> None:
    before = {what: ask(kept.ledger, kept) for what, ask in TOLD.items()}

    other.unshelve("vendors", ["9"])
    other.unlink("vendor", "procore", ["8"])
    other.orphan_links("vendor", "procore", ["8"])
    other.leaving(kept.run)
    other.move_watermark("contacts", MOMENT + timedelta(days=1), "h", "r")
    other.save_list_sizes({"vendors": 0}, "r")
    other.queue.withdraw("projects", ["1"])
    other.save_costs("r", ["bill-1"], [])
    other.forget_other_costs("r")
    other.save_job_costs("r", [])

    # A doubt's moment is told by the clock of whoever asks.
    del before["doubts"]
    assert {what: TOLD[what](kept.ledger, kept) for what in before} == before


def test_a_run_settles_no_issue_of_another_pair(kept: Kept, other: Ledger) -> None:
    other.settle_issues(a_run(other), "vendors", [], judged=["9"], complete=True)

    assert [issue.source_id for issue in kept.ledger.issues()] == ["9"]


def test_nobody_decides_for_another_pair(ledger: Ledger, other: Ledger) -> None:
    ledger.queue.save([waiting()])
    row = ledger.queue.find("projects", ("1",))["1"]

    assert other.queue.decide(row.id, "accept", "eve", seen="h1") is None

    assert ledger.queue.one(row.id) == row


def test_agreement_of_another_pair_is_none(ledger: Ledger, other: Ledger) -> None:
    other.queue.save([waiting(state="accepted")])
    run = a_run(ledger)
    plan = a_plan(ledger, a_create("1"), run=run)
    stored: list[Stored] = list(ledger.changes(plan))

    with pytest.raises(NotAgreed):
        ledger.save_intents(run, plan, stored, entity="projects", key="k", needed={"1": "h1"})


def test_nothing_of_another_flow_leaves_the_shelf(ledger: Ledger) -> None:
    ledger.shelve("vendors", [("9", {})])
    ledger.shelve("contacts", [("9", {})])

    ledger.unshelve("vendors", ["9"])

    assert list(ledger.shelf("contacts")) == [("9", {})]


@pytest.mark.parametrize("table", [queue, links], ids=["queue", "links"])
def test_the_database_itself_refuses_a_state_that_there_is_not(kept: Kept, table: Table) -> None:
    ours = update(table).where(table.c.pair == kept.ledger.pair)

    with pytest.raises(IntegrityError), kept.ledger._write() as connection:
        connection.execute(ours.values(state="gone"))
