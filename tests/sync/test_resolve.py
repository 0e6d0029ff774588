"""What became of writes whose answer was lost: looked up before anything is sent again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from airflow_provider_procore_xero.errors import (
    ApiError,
    RateLimited,
    SignInRefused,
    Unreachable,
)
from airflow_provider_procore_xero.sync.apply import Applier
from airflow_provider_procore_xero.sync.entities.subcontractor_invoices import ENTITY
from airflow_provider_procore_xero.sync.plan import Change, Stored
from airflow_provider_procore_xero.sync.resolve import REPEATS, SETTLES, Resolver
from airflow_provider_procore_xero.sync.results import Absent, Doubt, Found, Saved, Unclear
from tests.sync.notebook import Notebook, Target, a_create, a_remove, an_update


def a_doubt(intent: int, change: Change) -> Doubt:
    return Doubt(
        intent=intent,
        run="old",
        plan="old",
        stored=Stored(seq=intent, change=change),
        sent_at=datetime(2026, 6, 1, tzinfo=UTC),
    )


def resolved(
    *doubts: Doubt, found: Sequence[Found] = ()
) -> tuple[Notebook, dict[str, int], list[str]]:
    """What is left after looking, the counts, and the records that were looked for."""
    notebook = Notebook()
    for doubt in doubts:
        notebook.intents[doubt.intent] = doubt.stored.change.about.source_id  # type: ignore[union-attr]
    notebook.open = set(notebook.intents)
    sought: list[str] = []

    def find(doubts: Sequence[Doubt]) -> Sequence[Found]:
        sought.extend(notebook.intents[doubt.intent] for doubt in doubts)
        return found

    resolver = Resolver(entity=ENTITY, ledger=notebook, run="run-2", find=find)
    counts = resolver.resolve(doubts)
    return notebook, dict(counts), sought


def test_E52_a_record_that_is_found_is_linked_and_its_intent_closed() -> None:
    notebook, counts, _ = resolved(
        a_doubt(1, a_create("1", data={"n": 1})),
        found=[Saved(source_id="1", target_id="t1", held="h", data={"content": "c"})],
    )

    assert notebook.links["1"].xero_id == "t1"
    assert notebook.links["1"].held == "h"
    assert notebook.links["1"].data == {"n": 1, "content": "c"}
    assert (notebook.what(), counts) == ({"1": "created"}, {"created": 1})
    assert not notebook.open


def test_E52_one_that_is_absent_may_be_planned_again_and_is_nobodys_issue() -> None:
    notebook, counts, _ = resolved(a_doubt(1, a_create("1")), found=[Absent(source_id="1")])

    assert not notebook.open
    assert not notebook.links
    assert (notebook.outcomes, counts) == ([], {})


def test_E52_an_unclear_one_stays_in_doubt_until_a_person_decides() -> None:
    notebook, counts, _ = resolved(
        a_doubt(1, a_create("1")), found=[Unclear(source_id="1", why="Xero has 2 bills for it.")]
    )

    assert notebook.in_doubt == {"1"}
    assert counts == {"in_doubt": 1}
    (outcome,) = notebook.outcomes
    assert outcome.reasons[0].sentence == "Xero has 2 bills for it."
    assert outcome.needs_somebody


def test_updates_and_removals_may_be_repeated_so_nobody_looks_for_them() -> None:
    notebook, _, sought = resolved(a_doubt(1, an_update("1")), a_doubt(2, a_remove("2")))

    assert sought == []
    assert not notebook.open


def test_a_record_with_two_open_intents_is_closed_in_both() -> None:
    notebook, counts, _ = resolved(
        a_doubt(1, a_create("1")),
        a_doubt(2, a_create("1")),
        found=[Saved(source_id="1", target_id="t1")],
    )

    assert not notebook.open
    assert counts == {"created": 1}


def test_a_record_that_the_look_up_does_not_mention_stays_in_doubt() -> None:
    notebook, _, _ = resolved(
        a_doubt(1, a_create("1")), a_doubt(2, a_create("2")), found=[Absent(source_id="2")]
    )

    assert notebook.in_doubt == {"1"}


def one_that_is_absent(
    age: timedelta,
    found: Sequence[Found] = (),
    *,
    writes: bool = True,
    fails: Callable[[tuple[str, ...]], ApiError | None] = lambda ids: None,
    notebook: Notebook | None = None,
    since: datetime | None = None,
    rejected: str = "",
    ages: list[float] | None = None,
) -> tuple[Notebook, Target]:
    """What two doubts of one batch come to, so old, of which the second is not to be seen."""
    notebook = notebook or Notebook()
    notebook.rejected = {rejected: "rejected"}
    notebook.intents = {1: "1", 2: "2"}
    notebook.open = {1, 2}
    target = Target(notebook=notebook, fails=fails)
    sent_at = datetime.now(UTC) - age
    doubts = [
        Doubt(intent=i, run="old", plan="old", stored=s, sent_at=sent_at, key="its key")
        for i, s in enumerate((Stored(seq=1, change=a_create("1")), A_SECOND), 1)
    ]

    @contextmanager
    def intended(age: float) -> Iterator[None]:
        if ages is not None:
            ages.append(age)
        yield

    def again(plan: str) -> Applier:
        return Applier(
            entity=ENTITY,
            ledger=notebook,
            run="new",
            plan=plan,
            save=target.save,
            intended=intended,
            needed=lambda batch: {stored.about.source_id: "hash" for stored in batch},
        )

    answer = [*found, Absent(source_id="2")]
    chosen: Callable[[str], Applier] | None = again if writes else None
    Resolver(
        entity=ENTITY,
        ledger=notebook,
        run="new",
        find=lambda _: answer,
        again=chosen,
        since=since or datetime.now(UTC),
    ).resolve(doubts)
    return notebook, target


A_SECOND = Stored(seq=2, change=a_create("2"))
SEEN = Saved(source_id="1", target_id="t1")
YOUNG = REPEATS - timedelta(seconds=20)


def test_E52_while_the_key_lasts_an_absent_one_is_sent_again_under_it() -> None:
    notebook, target = one_that_is_absent(YOUNG, [SEEN])

    assert target.sent == [("its key", ("1", "2"))]
    assert notebook.what() == {"1": "created", "2": "created"}
    assert not notebook.open


def test_E52_what_is_sent_again_counts_as_intended_when_it_first_was() -> None:
    ages: list[float] = []

    one_that_is_absent(YOUNG, [SEEN], ages=ages)

    (age,) = ages
    assert age >= YOUNG.total_seconds()


@pytest.mark.parametrize("status", [400, 409, 413, 422])
def test_E52_a_refusal_of_what_is_sent_again_says_nothing_of_the_first_time(status: int) -> None:
    no = ApiError("It is in progress.", system="xero", status=status)

    notebook, target = one_that_is_absent(YOUNG, [SEEN], fails=lambda _: no)

    assert len(target.sent) == 1  # no half of it is sent under another key
    assert notebook.in_doubt == {"2"}
    assert notebook.what() == {"1": "created", "2": "in_doubt"}
    assert list(notebook.shelf) == ["2"]


@pytest.mark.parametrize("error", [
    RateLimited("Wait.", system="xero", retry_after=3600, limit="day"),
    SignInRefused("Revoked.", system="xero", status=401),
    Unreachable("No answer.", system="xero"),
    ApiError("Not found.", system="xero", status=404),
])  # fmt: skip
def test_E52_what_stops_a_run_that_sends_again_leaves_the_doubt_open(error: ApiError) -> None:
    notebook = Notebook()

    with pytest.raises(type(error), match=str(error)):
        one_that_is_absent(YOUNG, [SEEN], fails=lambda _: error, notebook=notebook)

    assert notebook.in_doubt == {"2"}
    assert notebook.what()["2"] == "in_doubt"


@pytest.mark.parametrize("age", [REPEATS, SETTLES - timedelta(seconds=20)])
def test_E52_one_that_might_leave_too_late_is_neither_sent_again_nor_believed_absent(
    age: timedelta,
) -> None:
    notebook, target = one_that_is_absent(age, [SEEN])

    assert target.sent == []
    assert notebook.in_doubt == {"2"}
    assert notebook.what() == {"1": "created", "2": "in_doubt"}
    assert notebook.outcomes[-1].reasons[0].fix.startswith("Nothing to do yet")


def test_E52_a_look_counts_from_when_it_began_however_long_it_took() -> None:
    since = datetime.now(UTC) - timedelta(seconds=40)

    notebook, target = one_that_is_absent(SETTLES + timedelta(seconds=20), [SEEN], since=since)

    assert target.sent == []
    assert notebook.in_doubt == {"2"}


@pytest.mark.parametrize("absent", ["1", "2"])
def test_R109_E52_a_batch_is_not_sent_again_of_which_something_absent_was_rejected(
    absent: str,
) -> None:
    found = [SEEN] if absent == "2" else [Absent(source_id="1")]

    notebook, target = one_that_is_absent(YOUNG, found, rejected=absent)

    assert target.sent == []
    assert "2" in notebook.in_doubt
    assert notebook.what()["2"] == "in_doubt"


def test_R109_E52_what_is_there_is_linked_though_it_was_rejected_meanwhile() -> None:
    notebook, _ = one_that_is_absent(YOUNG, [SEEN], rejected="1")

    assert notebook.what() == {"1": "created", "2": "created"}
    assert notebook.links["1"].xero_id == "t1"


def test_E52_once_the_key_is_forgotten_an_absent_one_is_believed() -> None:
    notebook, target = one_that_is_absent(SETTLES, [SEEN])

    assert target.sent == []
    assert notebook.what() == {"1": "created"}
    assert not notebook.open


def test_E52_where_nothing_may_be_written_an_early_look_leaves_the_doubt() -> None:
    notebook, target = one_that_is_absent(YOUNG, [SEEN], writes=False)

    assert target.sent == []
    assert notebook.in_doubt == {"2"}
    assert notebook.what() == {"1": "created", "2": "in_doubt"}
    assert list(notebook.shelf) == ["2"]
