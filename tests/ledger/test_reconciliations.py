"""What the ledger keeps of job costs and of the nightly proof."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, StatementError

from airflow_provider_procore_xero.ledger import reconciliations
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.sync.entities.job_costs import Cost, JobCost
from airflow_provider_procore_xero.sync.reconciliation import (
    Amounts,
    Explanation,
    Names,
    Place,
    Reconciled,
    Sheet,
)
from tests.ledger.builders import a_link


def a_cost(document: str = "bill-1", amount: str = "100.10", **f: str) -> Cost:
    facts = {"option": "opt-1", "option_name": "A-1", "code": "c-1", "code_name": "02-300"}
    kept = {"kind": "bill", "currency": "NZD", **facts, **f}
    return Cost(document=document, amount=Decimal(amount), **kept)


def a_job_cost(code: str = "02-300", project_id: str = "1") -> JobCost:
    return JobCost(
        project_id=project_id,
        project="A-1",
        code=code,
        cost_type="",
        currency="NZD",
        job_to_date=Decimal("100.10"),
        commitment_invoiced=Decimal("60.05"),
    )


def rows(count: int) -> list[Reconciled]:
    sheet = Sheet()
    for number in range(count):
        place = Place(project_id=str(number % 2), code=f"{number:02}", currency="NZD")
        amounts = Amounts(claimed=Decimal(number), job_cost=Decimal(number))
        sheet.add(place, amounts, Names(project=f"Project {number % 2}", vendor="Terra Works"))
        said = Explanation(gap="billed", code="HELD", amount=Decimal(number), sentence="It waits.")
        sheet.explain(place, said)
        sheet.explain(place, replace(said, gap="cost", amount=-Decimal(number)))
    return sheet.rows()


def a_run(ledger: Ledger) -> str:
    return ledger.begin_run("reconciliation", "apply")


def test_costs_of_a_document_replace_what_it_had_cost(ledger: Ledger) -> None:
    ledger.save_costs("r1", ["bill-1"], [a_cost(), a_cost(code="c-2")])

    ledger.save_costs("r2", ["bill-1", "bill-2"], [a_cost(amount="0.01")])

    assert [(c.code, c.amount, born) for c, born in ledger.summed_costs()] == [
        ("c-1", Decimal("0.01"), False)
    ]


def test_R86_a_cost_came_from_procore_where_its_document_is_linked_now(ledger: Ledger) -> None:
    ledger.save_costs("r1", ["x1", "x2"], [a_cost("x1", "1.00"), a_cost("x2", "0.25")])

    before = ledger.summed_costs()
    ledger.save_links([replace(a_link("claim-1", "x1"), kind="subcontractor_invoice")])
    after = ledger.summed_costs()
    ledger.save_links([a_link("vendor-1", "x2")])
    ledger.unlink("subcontractor_invoice", "xero", ["x1"])

    assert ledger.summed_costs() == before  # and one that is linked as something else is no claim
    assert [(c.amount, born) for c, born in before] == [(Decimal("1.25"), False)]
    assert sorted((c.amount, born) for c, born in after) == [
        (Decimal("0.25"), False),
        (Decimal("1.00"), True),
    ]


def test_costs_of_some_documents_are_added_up_by_themselves(ledger: Ledger) -> None:
    ledger.save_costs("r1", ["x1", "x2"], [a_cost("x1", "1.00"), a_cost("x2", "0.25")])

    assert [c.amount for c, _ in ledger.summed_costs(["x2", "x3"])] == [Decimal("0.25")]
    assert ledger.summed_costs([]) == []


def test_costs_that_a_whole_read_did_not_see_are_forgotten(ledger: Ledger) -> None:
    ledger.save_costs("r1", ["x1"], [a_cost("x1")])
    ledger.save_costs("r2", ["x2"], [a_cost("x2", "7.00")])

    ledger.forget_other_costs("r2")

    assert [c.amount for c, _ in ledger.summed_costs()] == [Decimal("7.00")]


def test_job_costs_come_in_pages_and_replace_those_of_before(ledger: Ledger) -> None:
    ledger.save_job_costs("r1", [a_job_cost("old")])
    ledger.save_job_costs("r2", [a_job_cost(code, p) for p in "12" for code in ("a", "b")])

    first = ledger.job_costs(limit=3)
    last = first[-1]
    key = (last.project_id, last.project, last.code, last.cost_type, last.currency)
    rest = ledger.job_costs(after=key, limit=3)

    assert [(c.project_id, c.code) for c in [*first, *rest]] == [
        ("1", "a"), ("1", "b"), ("2", "a"), ("2", "b"),
    ]  # fmt: skip
    assert first[0] == a_job_cost("a")
    assert len(ledger.job_costs(project_id="2")) == 2


def test_R87_the_database_itself_refuses_figures_that_do_not_add_up(ledger: Ledger) -> None:
    ledger.save_job_costs("r1", [a_job_cost()])

    with pytest.raises(IntegrityError), ledger._write() as connection:
        connection.execute(
            text("UPDATE job_costs SET direct_costs = direct_costs + 1 WHERE pair = :pair"),
            {"pair": ledger.pair},
        )


def test_a_reconciliation_is_listed_in_pages_the_same_as_it_was_saved(ledger: Ledger) -> None:
    run, saved = a_run(ledger), rows(7)
    ledger.save_reconciliation(run, saved)

    first = ledger.reconciliation(limit=4)
    rest = ledger.reconciliation(after=first[-1].seq, limit=4)

    assert [*first, *rest] == saved
    assert [row.difference for row in saved] == sorted((r.difference for r in saved), reverse=True)


def test_rows_are_found_by_project_by_words_and_by_whether_they_differ(ledger: Ledger) -> None:
    ledger.save_reconciliation(a_run(ledger), rows(6))

    assert {r.place.code for r in ledger.reconciliation(project_id="1")} == {"01", "03", "05"}
    assert [r.place.code for r in ledger.reconciliation(q="terra 04")] == ["04"]
    assert len(ledger.reconciliation(differing=True)) == 5
    assert len(ledger.reconciliation(q="held")) == 5


def test_the_newest_reconciliation_says_what_it_came_to(ledger: Ledger) -> None:
    assert ledger.last_reconciliation() is None
    assert ledger.reconciliation() == []
    first, second = a_run(ledger), a_run(ledger)
    ledger.save_reconciliation(first, rows(2), "dag/1")
    ledger.save_reconciliation(second, rows(4), "dag/2")

    newest = ledger.last_reconciliation()
    older = ledger.last_reconciliation(scope="dag/1")

    assert newest is not None
    assert older is not None
    assert (newest.run, newest.rows, newest.differing, newest.unexplained) == (second, 4, 3, 0)
    assert newest.totals["NZD"].claimed == Decimal("6")
    assert older.run == first
    assert len(ledger.reconciliation(run=first)) == 2


def test_rows_of_old_reconciliations_are_let_go_and_their_totals_stay(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reconciliations, "KEPT", 2)
    runs = [a_run(ledger) for _ in range(4)]
    for run in runs:
        ledger.save_reconciliation(run, rows(3))

    assert [len(ledger.reconciliation(run=run)) for run in runs] == [0, 0, 3, 3]
    assert all(ledger.last_reconciliation(run=run) for run in runs)


def test_an_amount_that_is_not_to_the_cent_is_refused(ledger: Ledger) -> None:
    with pytest.raises(StatementError, match=r"0\.005 is not to the cent"):
        ledger.save_costs("r1", ["bill-1"], [a_cost(amount="0.005")])

    assert ledger.summed_costs() == []


def test_amounts_of_two_currencies_are_never_added_up(ledger: Ledger) -> None:
    found = [a_cost("x1", "1.00"), a_cost("x2", "2.00", currency="AUD")]
    ledger.save_costs("r1", ["x1", "x2"], found)

    sums = {c.currency: c.amount for c, _ in ledger.summed_costs()}

    assert sums == {"NZD": Decimal("1.00"), "AUD": Decimal("2.00")}
