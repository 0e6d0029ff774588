"""Issues: opened once, touched while they last, closed when a judged record has them no more."""

from __future__ import annotations

from datetime import UTC, datetime

import time_machine

from airflow_provider_procore_xero.sync.plan import Reason
from tests.ledger.builders import NO_DATE, NOT_YET, a_run, an_outcome, held

MONDAY = datetime(2026, 3, 2, 6, tzinfo=UTC)
TUESDAY = datetime(2026, 3, 3, 6, tzinfo=UTC)


def settle(ledger, *holds, judged=(), complete=False, at=MONDAY):
    with time_machine.travel(at, tick=False):
        ledger.settle_issues(a_run(ledger), "vendors", holds, judged=judged, complete=complete)


def codes(ledger, **given):
    return {(issue.source_id, issue.code) for issue in ledger.issues(**given)}


def test_every_reason_of_a_held_record_is_an_issue(ledger):
    settle(ledger, held("8", NO_DATE, NOT_YET))

    needing, waiting = ledger.issues()

    assert (needing.code, needing.sentence, needing.fix) == (
        "NO_BILLING_DATE",
        "It has no billing date.",
        "Set it.",
    )
    assert (waiting.code, waiting.waits) == ("NOT_APPROVED", True)


def test_an_issue_seen_again_stays_the_same_issue(ledger):
    settle(ledger, held(), at=MONDAY)
    settle(ledger, held("8", Reason(code=NO_DATE.code, sentence="Still none.")), at=TUESDAY)

    (issue,) = ledger.issues()

    assert (issue.first_seen, issue.last_seen) == (MONDAY, TUESDAY)
    assert issue.sentence == "Still none."


def test_what_was_judged_without_its_old_reason_is_settled(ledger):
    settle(ledger, held("8", NO_DATE, NOT_YET), held("9"))
    settle(ledger, held("8", NOT_YET), judged=["8"], at=TUESDAY)

    assert codes(ledger) == {("8", "NOT_APPROVED"), ("9", "NO_BILLING_DATE")}
    closed = [issue for issue in ledger.issues(open_only=False) if issue.closed_at]
    assert [(one.code, one.closed_at) for one in closed] == [("NO_BILLING_DATE", TUESDAY)]


def test_what_was_not_judged_stays_open(ledger):
    settle(ledger, held("8"))
    settle(ledger, judged=["9"])

    assert codes(ledger) == {("8", "NO_BILLING_DATE")}


def test_a_complete_run_settles_everything_it_does_not_hold(ledger):
    settle(ledger, held("8"), held("9"))
    settle(ledger, held("9"), complete=True)

    assert codes(ledger) == {("9", "NO_BILLING_DATE")}


def test_a_record_judged_again_in_the_same_run_is_settled_by_the_later_judgement(ledger):
    run = a_run(ledger)
    ledger.settle_issues(run, "vendors", [held("8", NO_DATE)])
    ledger.settle_issues(run, "vendors", [held("8", NOT_YET)])
    assert codes(ledger) == {("8", "NOT_APPROVED")}

    ledger.settle_issues(run, "vendors", [], judged=["8"])

    assert codes(ledger) == set()


def test_a_complete_run_may_tell_what_it_holds_page_by_page(ledger):
    settle(ledger, held("7"))
    run = a_run(ledger)
    ledger.settle_issues(run, "vendors", [held("8")])

    ledger.settle_issues(run, "vendors", [held("9")], complete=True)

    assert {source_id for source_id, _ in codes(ledger)} == {"8", "9"}


def test_another_entity_is_left_alone(ledger):
    settle(ledger, held("8"))

    ledger.settle_issues(a_run(ledger), "payments", [], complete=True)

    assert codes(ledger) == {("8", "NO_BILLING_DATE")}


def test_an_issue_that_comes_back_is_a_new_one(ledger):
    settle(ledger, held("8"))
    settle(ledger, complete=True)
    settle(ledger, held("8"), at=TUESDAY)

    assert [issue.first_seen for issue in ledger.issues()] == [TUESDAY]
    assert len(ledger.issues(open_only=False)) == 2


def test_a_refusal_waits_for_a_person_whatever_its_reason_says(ledger):
    settle(ledger, an_outcome("8", "refused", reasons=(NOT_YET,)))

    assert [issue.waits for issue in ledger.issues()] == [False]


def test_issues_are_found_by_their_words(ledger):
    settle(ledger, held("8"), held("9", NOT_YET))

    assert codes(ledger, q="BILLING no.") == {("8", "NO_BILLING_DATE")}
    assert codes(ledger, entity="payments") == set()
