"""Applying: intents before a request, outcomes after its answer, and never the same write twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_procore_xero.errors import (
    ApiError,
    InDoubt,
    RateLimited,
    SignInRefused,
    Unreachable,
)
from airflow_provider_procore_xero.sync.apply import in_batches
from airflow_provider_procore_xero.sync.entities.projects import ENTITY as PROJECTS
from airflow_provider_procore_xero.sync.entities.subcontractor_invoices import ENTITY
from airflow_provider_procore_xero.sync.entity import Entity
from airflow_provider_procore_xero.sync.outcomes import link_of, outcome_of
from airflow_provider_procore_xero.sync.plan import Change, Reason, Stored
from airflow_provider_procore_xero.sync.results import Saved
from tests.sync.notebook import (
    Notebook,
    Target,
    a_create,
    a_hold,
    a_remove,
    an_adopt,
    an_applier,
    an_update,
)


def three_at_a_time(entity: Entity = ENTITY) -> Entity:
    return replace(entity, batch=3)


BATCHED = three_at_a_time()


def refused(message: str = "A line is wrong.", status: int = 400) -> ApiError:
    return ApiError(message, system="xero", status=status, details=(message,))


def applied(*changes: Change, **target: object) -> tuple[Notebook, Target]:
    """What is left after a plan of *changes* was applied three at a time."""
    notebook = Notebook.of(*changes)
    saver = Target(notebook=notebook, **target)
    an_applier(BATCHED, notebook, saver).apply()
    return notebook, saver


# The order of things


def test_intents_are_saved_before_a_batch_leaves_and_closed_after_its_answer() -> None:
    notebook, _ = applied(a_create("1"), a_create("2"), a_create("3"), a_create("4"))

    assert notebook.acts == [
        ("intents", ("1", "2", "3")), ("sent", ("1", "2", "3")), ("closed", ("1", "2", "3")),
        ("intents", ("4",)), ("sent", ("4",)), ("closed", ("4",)),
    ]  # fmt: skip
    assert not notebook.open


def test_E52_a_batch_counts_as_intended_when_its_intent_is_committed() -> None:
    @contextmanager
    def intended(age: float) -> Iterator[None]:
        notebook.acts.append(("from here", (f"{age:g}",)))
        yield

    notebook = Notebook.of(a_create("1"))
    an_applier(BATCHED, notebook, Target(notebook=notebook), intended=intended).apply()

    assert [act for act, _ in notebook.acts] == ["from here", "intents", "sent", "closed"]
    assert notebook.acts[0][1] == ("0",)


def test_E5_E52_what_takes_two_calls_leaves_in_two_batches_whatever_the_order() -> None:
    notebook = Notebook.of(*(a_create(each) for each in ["1a", "2b", "3a", "4b", "5a", "6a"]))
    by_letter = replace(BATCHED, alike=lambda change: change.about.source_id[-1])

    an_applier(by_letter, notebook, Target(notebook=notebook)).apply()

    sent = [ids for act, ids in notebook.acts if act == "sent"]
    assert sent == [("1a", "3a", "5a"), ("2b", "4b"), ("6a",)]


def test_outcomes_links_and_closed_intents_are_one_transaction() -> None:
    class Counting(Notebook):
        def close_batch(
            self, run: str, outcomes: Any, links: Any, intents: Any, *, unlinked: Any = ()
        ) -> None:
            calls.append((len(outcomes), len(links), len(intents)))

    calls: list[tuple[int, int, int]] = []
    notebook = Counting(plan=Notebook.of(a_create("1")).plan)
    an_applier(BATCHED, notebook, Target(notebook=notebook)).apply()

    assert calls == [(1, 1, 1)]


def test_removals_go_first_and_adoptions_write_nothing() -> None:
    notebook, target = applied(
        a_create("new"), an_adopt("found"), an_update("changed"), a_remove("gone"), a_hold("held")
    )

    assert [ids for _, ids in target.sent] == [("gone",), ("changed",), ("new",)]
    assert notebook.what() == {
        "gone": "removed", "changed": "updated", "new": "created", "found": "linked",
    }  # fmt: skip
    assert set(notebook.links) == {"changed", "new", "found"}
    assert [link.procore_id for link in notebook.unlinked] == ["gone"]


def test_one_write_carries_records_that_have_in_common_what_the_target_wants() -> None:
    entity = replace(BATCHED, alike=lambda change: change.about.source_id[0])
    notebook = Notebook.of(*map(a_create, ("a1", "a2", "b1", "c1", "c2", "c3", "c4")))
    target = Target(notebook=notebook)

    an_applier(entity, notebook, target).apply()

    sent = sorted(ids for _, ids in target.sent)
    assert sent == [("a1", "a2"), ("b1",), ("c1", "c2", "c3"), ("c4",)]


def test_where_the_target_only_sets_creates_and_updates_go_in_one_write() -> None:
    entity = replace(BATCHED, sets=True)
    notebook = Notebook.of(a_create("1"), an_update("2"), a_remove("3"), an_adopt("4"))
    target = Target(notebook=notebook)

    counts = an_applier(entity, notebook, target).apply()

    assert [ids for _, ids in target.sent] == [("3",), ("1", "2")]
    assert counts == {"created": 1, "updated": 2, "linked": 1}


def test_the_counts_are_those_of_a_report() -> None:
    notebook = Notebook.of(a_create("1"), a_create("2"), an_update("3"), a_remove("4"))
    target = Target(notebook=notebook, refuses={"2": ("No.",)})

    counts = an_applier(BATCHED, notebook, target).apply()

    assert counts == {"created": 1, "refused": 1, "updated": 2}


def test_a_link_remembers_what_was_written_what_is_held_and_what_was_read() -> None:
    notebook, _ = applied(a_create("1", data={"number": "A-1", "url": "u", "held": "x"}))

    link = notebook.links["1"]
    assert (link.procore_id, link.xero_id, link.kind) == ("1", "t1", "subcontractor_invoice")
    assert (link.wrote, link.held, link.read) == ("w", "h", "r")
    assert link.data == {"number": "A-1"}


# Answers that were lost


def test_E52_a_lost_answer_leaves_the_intents_open_and_the_records_on_the_shelf() -> None:
    notebook, _ = applied(
        a_create("1"), a_create("2"), fails=lambda ids: InDoubt("Timed out.", system="xero")
    )

    assert notebook.in_doubt == {"1", "2"}
    assert notebook.what() == {"1": "in_doubt", "2": "in_doubt"}
    assert "Timed out." in notebook.outcomes[0].reasons[0].sentence
    assert set(notebook.shelf) == {"1", "2"}
    assert not notebook.links


def test_after_a_lost_answer_the_other_batches_still_go() -> None:
    changes = [a_create(str(n)) for n in range(1, 6)]

    notebook, _ = applied(
        *changes, fails=lambda ids: InDoubt("Lost.", system="xero") if "1" in ids else None
    )

    assert notebook.in_doubt == {"1", "2", "3"}
    assert set(notebook.links) == {"4", "5"}


def test_a_record_that_an_answer_does_not_mention_is_in_doubt() -> None:
    notebook, _ = applied(a_create("1"), a_create("2"), a_create("3"), silent=frozenset({"2"}))

    assert notebook.in_doubt == {"2"}
    assert notebook.what()["2"] == "in_doubt"
    assert set(notebook.links) == {"1", "3"}
    assert set(notebook.shelf) == {"2"}


def test_a_bug_on_the_way_leaves_the_intents_open() -> None:
    def broken(batch: Sequence[Stored], key: str) -> Any:
        raise RuntimeError

    notebook = Notebook.of(a_create("1"))
    applier = an_applier(BATCHED, notebook, Target(notebook=notebook), save=broken)

    with pytest.raises(RuntimeError):
        applier.apply()
    assert notebook.in_doubt == {"1"}


# Decisions that are taken back


def test_R109_what_was_rejected_since_it_was_planned_is_left_out_of_its_batch() -> None:
    notebook = Notebook.of(a_create("1"), a_create("2"), a_create("3"), an_adopt("4"))
    notebook.rejected = {"2": "rejected", "4": "rejected"}
    target = Target(notebook=notebook)

    counts = an_applier(BATCHED, notebook, target, needed=every_one).apply()

    assert target.written == ["1", "3"]
    assert notebook.what() == {"1": "created", "2": "held", "3": "created", "4": "held"}
    assert set(notebook.links) == {"1", "3"}
    assert (counts["created"], counts["held"], notebook.open) == (2, 2, set())
    assert {"2", "4"} <= set(notebook.shelf)


def test_R109_a_batch_of_which_nothing_is_agreed_to_any_more_is_not_sent() -> None:
    notebook = Notebook.of(a_create("1"))
    notebook.rejected = {"1": "synced"}
    target = Target(notebook=notebook)

    an_applier(BATCHED, notebook, target, needed=every_one).apply()

    assert target.sent == []
    (outcome,) = notebook.outcomes
    assert [reason.code for reason in outcome.reasons] == ["WAITS_FOR_APPROVAL"]


def every_one(batch: Sequence[Stored]) -> dict[str, str]:
    return {stored.about.source_id: "hash" for stored in batch}


# Refusals


def test_a_refused_record_keeps_every_error_goes_on_the_shelf_and_stops_no_other() -> None:
    notebook, _ = applied(
        a_create("1"), a_create("2"), refuses={"1": ("No account.", "No contact.")}
    )

    outcome = next(o for o in notebook.outcomes if o.source_id == "1")
    assert outcome.what == "refused"
    assert [reason.sentence for reason in outcome.reasons] == ["No account.", "No contact."]
    assert set(notebook.shelf) == {"1"}
    assert set(notebook.links) == {"2"}
    assert not notebook.open


@pytest.mark.parametrize("status", [400, 409, 413, 422])
def test_a_refused_request_is_halved_until_only_the_bad_element_is_refused(status: int) -> None:
    changes = [a_create(str(n)) for n in range(1, 4)]

    notebook, target = applied(
        *changes, fails=lambda ids: refused(status=status) if "2" in ids else None
    )

    assert notebook.what() == {"1": "created", "2": "refused", "3": "created"}
    assert sorted(target.written) == ["1", "3"]
    assert set(notebook.shelf) == {"2"}
    assert not notebook.open
    assert len(notebook.keys) == len(set(notebook.keys))


@settings(deadline=None, max_examples=60)
@given(st.integers(1, 20), st.sets(st.integers(0, 19), max_size=6), st.integers(1, 7))
def test_whatever_is_bad_in_a_batch_the_good_ones_are_written_once_each(
    number: int, bad: set[int], batch: int
) -> None:
    spoilt = {str(n) for n in bad if n < number}
    notebook = Notebook.of(*(a_create(str(n)) for n in range(number)))
    target = Target(notebook=notebook, fails=lambda ids: refused() if spoilt & set(ids) else None)

    counts = an_applier(replace(ENTITY, batch=batch), notebook, target).apply()

    assert sorted(target.written, key=int) == [str(n) for n in range(number) if n not in bad]
    assert {i for i, what in notebook.what().items() if what == "refused"} == spoilt
    assert (counts["created"], counts["refused"]) == (number - len(spoilt), len(spoilt))
    assert not notebook.open


# What stops a run


STOPS = [
    RateLimited("Come back at midnight.", system="xero", retry_after=3600, limit="day"),
    SignInRefused("The token was revoked.", system="xero", status=401),
    Unreachable("No answer.", system="xero"),
    ApiError("Something broke.", system="xero", status=500),
    ApiError("Not found.", system="xero", status=404),
]


@pytest.mark.parametrize("error", STOPS, ids=lambda error: type(error).__name__)
def test_E54_what_stops_a_run_closes_the_unsent_intents_and_writes_nothing_more(
    error: ApiError,
) -> None:
    notebook = Notebook.of(*(a_create(str(n)) for n in range(1, 8)))
    target = Target(notebook=notebook, fails=lambda ids: error if "4" in ids else None)

    with pytest.raises(type(error), match=str(error)):
        an_applier(BATCHED, notebook, target).apply()

    assert target.written == ["1", "2", "3"]
    assert set(notebook.links) == {"1", "2", "3"}
    assert not notebook.open
    assert "4" not in notebook.what()


# Keys


def keys_of(*changes: Change, entity: Entity = BATCHED, **given: object) -> list[str]:
    notebook = Notebook.of(*changes)
    an_applier(entity, notebook, Target(notebook=notebook), **given).apply()
    return notebook.keys


def test_the_key_of_a_batch_is_the_same_each_time_that_the_same_plan_is_sent() -> None:
    changes = [a_create(str(n)) for n in range(5)]

    assert keys_of(*changes) == keys_of(*changes, run="another run")


def test_the_key_differs_between_batches_plans_pairs_and_entities() -> None:
    changes = [a_create(str(n)) for n in range(6)]

    keys = [
        *keys_of(*changes),
        *keys_of(*changes, plan="plan-2"),
        *keys_of(*changes, pair="1:other"),
        *keys_of(*changes, entity=three_at_a_time(PROJECTS)),
    ]

    assert len(keys) == len(set(keys)) == 8


def test_a_key_is_no_longer_than_xero_takes() -> None:
    (key,) = keys_of(a_create("1"))

    assert len(key) <= 128


# Outcomes and links


def test_what_the_target_kept_only_in_part_is_drift_for_a_person_to_see() -> None:
    stored = Stored(seq=1, change=a_create("1"))
    lost = Reason(code="BILL_INCOMPLETE", sentence="Tracking was dropped.")

    outcome = outcome_of(ENTITY, stored, Saved(source_id="1", target_id="t", reasons=(lost,)))

    assert (outcome.what, outcome.reasons) == ("drifted", (lost,))
    assert outcome.needs_somebody


def test_what_the_target_kept_only_in_part_is_judged_again_by_the_next_run() -> None:
    lost = Reason(code="BILL_INCOMPLETE", sentence="Tracking was dropped.")
    answers = [
        Saved(source_id="1", target_id="t1", reasons=(lost,)), Saved(source_id="2", target_id="t2"),
    ]  # fmt: skip
    notebook = Notebook.of(a_create("1"), a_create("2"))

    an_applier(
        BATCHED, notebook, Target(notebook=notebook), save=lambda batch, key: answers
    ).apply()

    assert set(notebook.shelf) == {"1"}
    assert {i: link.read for i, link in notebook.links.items()} == {"1": "", "2": "r"}


def test_R7_an_outcome_has_its_page_in_both_systems() -> None:
    change = an_update("1", target_url="https://go.xero.test/1")

    outcome = outcome_of(ENTITY, Stored(seq=1, change=change), Saved(source_id="1", target_id="t1"))

    assert outcome.xero_url == "https://go.xero.test/1"
    assert outcome.target_id == "t1"


def test_an_adopted_pair_is_linked_and_takes_over_from_another() -> None:
    notebook, _ = applied(an_update("1", adopts=True))

    assert notebook.what() == {"1": "linked"}
    assert [link.procore_id for link in notebook.unlinked] == ["1"]
    assert set(notebook.links) == {"1"}


def test_the_link_of_an_adopted_record_knows_what_it_held_when_it_was_found() -> None:
    change = an_adopt("1", data={"held": "as found", "number": "A-1"})

    notebook, _ = applied(change)

    assert notebook.links["1"].held == "as found"
    assert notebook.links["1"].data == {"number": "A-1"}


def test_a_removal_names_the_link_that_it_ends() -> None:
    stored = Stored(seq=1, change=a_remove("1"))

    link = link_of(ENTITY, stored, Saved(source_id="1", target_id="t1"))

    assert (link.procore_id, link.xero_id) == ("1", "t1")


@pytest.mark.parametrize(("number", "sizes"), [(0, []), (3, [3]), (7, [3, 3, 1])])
def test_batches_are_full_but_for_the_last(number: int, sizes: list[int]) -> None:
    assert [len(batch) for batch in in_batches(range(number), 3)] == sizes


def test_R7_what_was_created_is_linked_to_its_page_in_both_systems() -> None:
    change = a_create("1")
    saved = Saved(source_id="1", target_id="t1", data={"number": "7"})

    outcome = outcome_of(
        ENTITY,
        Stored(seq=1, change=change),
        saved,
        lambda target_id, data: f"{target_id}?{data['number']}",
    )

    assert outcome.xero_url == "t1?7"
