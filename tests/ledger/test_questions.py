"""What people ask of the ledger, in both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_procore_xero.errors import MovedOn, NoSuchId, UnknownRecord
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.ledger.links import cents
from airflow_provider_procore_xero.ledger.questions import sought
from tests.ledger.builders import NO_DATE, NOT_YET, a_link, a_run, an_outcome, held

CONTACT = "bf66af4c-2f95-574a-a983-79c915051f1e"


def a_bill(claim: str, net: str, **given: Any) -> Any:
    told = {"kind": "subcontractor_invoice", "data": {"net": net}, "xero_name": "SC-003"}
    return a_link(claim, f"x{claim}", **told | given)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("$12,500.00", "12500.00"), ("1,234", "1234"), ("-1,000.50", "-1000.50"), ("SC-3", "sc-3")],
)
def test_an_amount_is_sought_as_it_is_kept(typed: str, kept: str) -> None:
    assert sought(typed) == kept


@pytest.mark.parametrize(
    ("net", "expected"),
    [("0.29", 29), ("12500.10", 1250010), ("-77.05", -7705), ("99999999.99", 9999999999)],
)
def test_the_cents_of_a_document_are_exact(net: str, expected: int) -> None:
    assert cents(a_bill("8", net)) == expected


def test_links_are_found_by_name_id_and_amount_and_paged(ledger: Ledger) -> None:
    ledger.save_links([a_bill(str(n), f"{n}.00") for n in range(1, 8)])

    (found,) = ledger.questions.pairings("7.00 sc-003")
    first = ledger.questions.pairings(limit=4)
    rest = ledger.questions.pairings(limit=4, before=first[-1].id)

    assert found.procore_id == "7"
    assert [each.procore_id for each in first + rest] == list("7654321")


@pytest.mark.parametrize("state", ["active", "orphaned", "unlinked"])
def test_links_are_found_by_their_state(ledger: Ledger, state: str) -> None:
    ledger.save_links([a_link(s, f"x{s}", state=s) for s in ("active", "orphaned", "unlinked")])

    assert [each.procore_id for each in ledger.questions.pairings(state=state)] == [state]


def test_pages_of_issues_join_without_a_gap(ledger: Ledger) -> None:
    for n in range(5):
        ledger.settle_issues(a_run(ledger), "vendors", [held(str(n), (NO_DATE, NOT_YET)[n % 2])])

    found: list[str] = []
    place = None
    while page := ledger.questions.issues(after=place, limit=2):
        found += [each.source_id for each in page]
        place = (page[-1].waits, page[-1].first_seen, page[-1].id)

    assert found == ["0", "2", "4", "1", "3"]


def test_a_record_that_also_waits_is_no_to_do_yet(ledger: Ledger) -> None:
    run = a_run(ledger)
    ledger.settle_issues(run, "vendors", [held("1"), held("2", NO_DATE, NOT_YET), held("3")])
    (third,) = (each for each in ledger.questions.issues() if each.source_id == "3")
    ledger.by_hand.ignore(third.id, who="otto", why="known")

    counts = ledger.questions.open_issues()

    assert counts == {"vendors": {"to_do": 1, "waiting": 1, "ignored": 1}}


def test_what_was_made_is_summed_by_the_hour_to_the_cent(ledger: Ledger) -> None:
    ledger.save_links([a_bill("1", "0.10"), a_bill("2", "0.20"), a_link("3", "x3")])

    made = ledger.questions.made(datetime.now(UTC) - timedelta(hours=1))

    total = sum((Decimal(each.cents) / 100 for each in made), Decimal(0))
    assert total == Decimal("0.30")
    assert sum(each.count for each in made if each.kind == "subcontractor_invoice") == 2
    assert all(len(each.hour) == len("2026-11-22 14") for each in made)


def test_a_plan_does_not_tell_what_became_of_a_record(ledger: Ledger) -> None:
    applied, planned = a_run(ledger), a_run(ledger, "plan")
    ledger.add_outcomes(applied, [an_outcome("8", "created")])
    ledger.add_outcomes(planned, [held("8")])

    asking = ledger.questions

    assert asking.last_outcomes("vendors", ("8",))["8"].outcome.what == "created"
    assert asking.last_judgements("vendors", ("8",))["8"].outcome.what == "held"
    assert asking.planned({applied, planned}) == {planned}


# By hand


def test_a_link_by_hand_is_told_of_with_who_and_why(ledger: Ledger) -> None:
    ledger.by_hand.link("contacts", "900438", CONTACT, who="otto", why="the same")

    (link,) = ledger.questions.pairings()
    ledger.by_hand.unlink(link.id, who="ana", why="not the same")

    # Both directions of vendors are one kind of link; it is told of under the first of them.
    told = [
        (each.what, each.who, each.comment)
        for entity, record in (("contacts", CONTACT), ("vendors", "900438"))
        for each in ledger.questions.decisions_on(entity, record)
    ]
    assert sorted(told) == [("link", "otto", "the same"), ("unlink", "ana", "not the same")]


def test_nothing_is_half_done_where_a_link_cannot_be(ledger: Ledger) -> None:
    ledger.by_hand.link("contacts", "1", CONTACT, who="otto")

    with pytest.raises(MovedOn, match="Unlink the wrong pair first"):
        ledger.by_hand.link("contacts", "2", CONTACT, who="otto")
    with pytest.raises(NoSuchId, match="'Acme' is no id of Procore"):
        ledger.by_hand.link("contacts", "Acme", CONTACT, who="otto")

    assert len(ledger.questions.pairings()) == 1
    assert len(ledger.questions.decisions_on("contacts", CONTACT)) == 1


def test_a_pair_that_stands_keeps_what_it_holds_when_somebody_links_it_again(
    ledger: Ledger,
) -> None:
    stands = a_link("900438", CONTACT, wrote="w", held="h", data={"groups": ["Procore"]})
    ledger.save_links([stands])

    with pytest.raises(MovedOn, match="These two are linked already"):
        ledger.by_hand.link("contacts", "900438", CONTACT, who="otto")

    assert ledger.links("vendor") == [stands]
    assert ledger.questions.decisions() == []


def test_what_is_not_there_is_neither_unlinked_nor_ignored(ledger: Ledger) -> None:
    with pytest.raises(UnknownRecord, match="no link 7"):
        ledger.by_hand.unlink(7, who="otto")
    with pytest.raises(UnknownRecord, match="no issue 7"):
        ledger.by_hand.ignore(7, who="otto", why="x")


def test_what_somebody_did_meanwhile_is_not_done_again(ledger: Ledger) -> None:
    ledger.by_hand.link("contacts", "900438", CONTACT, who="otto")
    (link,) = ledger.questions.pairings()
    ledger.by_hand.unlink(link.id, who="ana")
    ledger.settle_issues(a_run(ledger), "vendors", [held("1"), held("2")])
    one, two = sorted(ledger.questions.issues(), key=lambda each: each.source_id)
    ledger.by_hand.ignore(one.id, who="ana", why="known")
    ledger.settle_issues(a_run(ledger), "vendors", [], judged=["2"])

    with pytest.raises(MovedOn, match="has unlinked these two already"):
        ledger.by_hand.unlink(link.id, who="otto")
    with pytest.raises(MovedOn, match="ana has ignored this issue already"):
        ledger.by_hand.ignore(one.id, who="otto", why="x")
    with pytest.raises(MovedOn, match="gone already"):
        ledger.by_hand.ignore(two.id, who="otto", why="x")
    with pytest.raises(MovedOn, match="gone already"):
        ledger.by_hand.unignore(two.id, who="otto")
    assert {each.who for each in ledger.questions.decisions(what="ignore")} == {"ana"}
