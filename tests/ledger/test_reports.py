"""Runs, and the reports that mails and pages are made of."""

from __future__ import annotations

from datetime import UTC

import pytest

from airflow_provider_procore_xero.errors import UnknownRecord
from tests.ledger.builders import NO_DATE, NOT_YET, a_run, an_outcome, held


def ended(ledger, run, state="success", error="", **counts):
    ledger.end_run(run, state, counts, {"procore": 2, "xero": 1}, error, ["a note"], "p")
    return run


def test_run_ids_are_short_and_sort_by_time(ledger):
    ids = [a_run(ledger) for _ in range(3)]

    assert {len(run) for run in ids} == {16}
    assert [run.id for run in ledger.runs()] == sorted(ids, reverse=True)


def test_a_run_comes_back_with_what_is_known_of_it(ledger):
    run = a_run(
        ledger,
        "plan",
        dag_id="nightly",
        dag_run="r",
        task_id="vendors",
        map_index=3,
        try_number=2,
        trigger="manual",
        company="Acme",
        organisation="ACME Ltd",
        settings_hash="h",
        settings={"profile": "hybrid"},
    )
    ended(ledger, run, read=7)

    known = ledger.run(run)

    assert (known.mode, known.state, known.map_index, known.try_number) == (
        "plan",
        "success",
        3,
        2,
    )
    assert (known.counts, known.calls) == ({"read": 7}, {"procore": 2, "xero": 1})
    assert (known.notes, known.plan, known.trigger) == (("a note",), "p", "manual")
    assert known.started_at.tzinfo is known.ended_at.tzinfo is UTC


def test_an_unknown_run_is_named(ledger):
    with pytest.raises(UnknownRecord, match="nobody"):
        ledger.run("nobody")


def test_R8_past_runs_are_listed_by_what_is_asked(ledger):
    first = ended(ledger, a_run(ledger, dag_run="r1"), "failed")
    second = ended(ledger, a_run(ledger, dag_run="r2"))

    assert [run.id for run in ledger.runs(state="failed")] == [first]
    assert [run.id for run in ledger.runs(dag_run="r2")] == [second]
    assert [run.id for run in ledger.runs(limit=1)] == [second]
    assert ledger.runs(entity="payments") == []


def test_a_flow_report_is_what_xcom_is_made_of(ledger):
    run = a_run(ledger)
    ledger.add_outcomes(run, [an_outcome()])
    ended(ledger, run, read=3, created=1)

    flow = ledger.flow_report(run)

    assert flow.outcomes == (an_outcome(),)
    assert flow.xcom()["created"] == 1
    assert flow.xcom()["calls"] == {"procore": 2, "xero": 1}


def test_a_report_has_a_flow_for_each_task_in_the_order_they_began(ledger):
    for task in ("projects", "vendors"):
        ended(ledger, a_run(ledger, dag_id="d", dag_run="r", task_id=task))
    ended(ledger, a_run(ledger, dag_id="d", dag_run="other", task_id="vendors"))

    report = ledger.report("d", "r")

    assert len(report.flows) == 2
    assert [flow.run for flow in report.flows] == sorted(flow.run for flow in report.flows)


def test_a_report_says_whose_it_is(ledger):
    settings = {"profile": "hybrid"}
    a_run(ledger, dag_id="d", dag_run="r", company="A", organisation="B", settings=settings)

    report = ledger.report("d", "r")

    assert (report.profile, report.company, report.organisation) == ("hybrid", "A", "B")


def test_a_dag_run_without_runs_has_an_empty_report(ledger):
    assert ledger.report("d", "nothing").flows == ()


def test_what_an_earlier_try_wrote_is_in_the_report_and_what_it_held_is_told_once(ledger):
    task = {"dag_id": "d", "dag_run": "r", "task_id": "vendors"}
    first = a_run(ledger, **task)
    ledger.add_outcomes(first, [an_outcome("1"), held("9")])
    ended(ledger, first, "failed", "Xero is away.", created=1, held=1, read=3)
    second = a_run(ledger, try_number=2, **task)
    ledger.add_outcomes(second, [an_outcome("2"), held("9")])
    ended(ledger, second, created=1, held=1, unchanged=1, read=3)

    (flow,) = ledger.report("d", "r").flows

    assert (flow.run, flow.state, flow.error) == (second, "success", "")
    assert [one.source_id for one in flow.outcomes] == ["1", "2", "9"]
    assert (flow.counts["created"], flow.counts["held"], flow.counts["read"]) == (2, 1, 3)
    assert flow.calls == {"procore": 4, "xero": 2}


def test_an_earlier_try_in_plan_mode_wrote_nothing(ledger):
    task = {"dag_id": "d", "dag_run": "r", "task_id": "vendors"}
    for _ in range(2):
        run = a_run(ledger, "plan", **task)
        ledger.add_outcomes(run, [an_outcome("1")])
        ended(ledger, run, created=1)

    (flow,) = ledger.report("d", "r").flows

    assert (flow.counts["created"], len(flow.outcomes)) == (1, 1)


def test_a_long_report_keeps_what_waits_for_somebody(ledger):
    run = a_run(ledger, dag_id="d", dag_run="r")
    plenty = [an_outcome(str(i)) for i in range(20)]
    ledger.add_outcomes(run, [*plenty, held("a", NOT_YET), held("b"), an_outcome("c", "refused")])

    (flow,) = ledger.report("d", "r", limit_per_flow=3).flows

    assert [one.source_id for one in flow.outcomes] == ["0", "b", "c"]


def test_a_mail_that_failed_is_remembered_but_not_as_sent(ledger):
    dag_run = ledger.pair

    ledger.save_mail("d", dag_run, recipients=["a@b.c"], subject="s", error="no such host")
    assert not ledger.mail_sent("d", dag_run)

    ledger.save_mail("d", dag_run, recipients=["a@b.c"], subject="s")
    assert ledger.mail_sent("d", dag_run)
    assert not ledger.mail_sent("d", dag_run, "digest")


def test_what_a_person_ignored_is_not_to_do_in_a_report_until_a_new_reason_comes(ledger):
    run = a_run(ledger, dag_id="nightly", dag_run="r")
    kept = held("1")
    ledger.add_outcomes(run, [kept, held("2")])
    ledger.settle_issues(run, "vendors", [kept, held("2")])
    ended(ledger, run, held=2)
    (issue,) = ledger.questions.issues_of("vendors", "1")

    ledger.by_hand.ignore(issue.id, who="otto", why="known")

    report = ledger.report("nightly", "r")
    assert [o.source_id for o in report.to_do] == ["2"]
    assert report.ignored == 1

    ledger.by_hand.unignore(issue.id, who="otto", why="not so")
    assert len(ledger.report("nightly", "r").to_do) == 2


def test_a_plan_is_no_first_run(ledger):
    a_run(ledger, "plan")
    assert ledger.first_run("vendors") is None

    applied = ledger.run(a_run(ledger))
    a_run(ledger)

    assert ledger.first_run("vendors") == applied.started_at


def test_what_was_ignored_is_to_do_again_where_it_has_another_reason(ledger):
    run = a_run(ledger, dag_id="nightly", dag_run="r")
    kept = held("1", NO_DATE, NOT_YET)
    ledger.add_outcomes(run, [kept])
    ledger.settle_issues(run, "vendors", [kept])
    first, second = ledger.questions.issues_of("vendors", "1")

    ledger.by_hand.ignore(first.id, who="otto", why="known")
    assert ledger.report("nightly", "r").ignored == 0

    ledger.by_hand.ignore(second.id, who="otto", why="known too")
    assert ledger.report("nightly", "r").ignored == 1
