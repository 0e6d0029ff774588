"""The audit trail as a list: who decided what, by name and by id, back to the very first."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from airflow_provider_procore_xero.ledger.ledger import Ledger
from tests.web.conftest import Browser
from tests.web.kept import CONTACT, a_bill, a_held, a_run_of
from tests.web.test_queue import LONG, waiting


@pytest.fixture
def decided(ledger: Ledger) -> None:
    """Keep three decisions on the queue, and one on an issue."""
    rows = [waiting(ledger, str(number)) for number in range(3)]
    ledger.queue.decide(rows[0].id, "accept", "Ana Ng", seen=LONG, who_id="ana")
    ledger.queue.decide(
        rows[1].id, "reject", "Ben Ito", seen=LONG, comment="Name the street.", who_id="7"
    )
    ledger.queue.decide(rows[2].id, "accept", "rule", seen=LONG, comment="projects")
    a_run_of(ledger, a_held("7"))
    (issue,) = ledger.questions.issues()
    ledger.by_hand.ignore(issue.id, who="Ana Ng", who_id="ana", why="known")


def whats(answer: Any) -> list[tuple[str, str]]:
    return [(row["what"], row["who"]) for row in answer.json()["rows"]]


def test_R110_every_decision_is_listed_newest_first_back_to_the_first(
    vera: Browser, decided: None
) -> None:
    seen, after = [], ""
    while True:
        page = vera.get("/api/decisions", limit=1, after=after)
        seen += whats(page)
        after = page.json()["next"]
        if not after:
            break

    assert seen == [
        ("ignore", "Ana Ng"), ("accept", "rule"), ("reject", "Ben Ito"), ("accept", "Ana Ng"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"who": "ana"}, [("ignore", "Ana Ng"), ("accept", "Ana Ng")]),
        ({"who": "Ben Ito"}, [("reject", "Ben Ito")]),
        ({"who": "7"}, [("reject", "Ben Ito")]),
        ({"who": "Ana"}, []),
        ({"what": "accept"}, [("accept", "rule"), ("accept", "Ana Ng")]),
        ({"what": "reject", "who": "ana"}, []),
        ({"entity": "projects", "q": "riverside STREET"}, [("reject", "Ben Ito")]),
        ({"q": "24-010"}, [("accept", "Ana Ng")]),
        ({"entity": "vendors"}, []),
    ],
)
def test_decisions_are_found_by_who_by_what_and_by_word(
    vera: Browser, decided: None, asked: dict[str, str], found: list[tuple[str, str]]
) -> None:
    assert whats(vera.get("/api/decisions", **asked)) == found


def test_decisions_are_a_file_that_runs_no_formula(vera: Browser, ledger: Ledger) -> None:
    row = waiting(ledger, title="=1+1")
    ledger.queue.decide(row.id, "accept", "Ana Ng", seen=LONG, who_id="ana")

    text = vera.get("/api/decisions", format="csv").text

    (line,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (line["Record"], line["Who"], line["Their id in Airflow"]) == ("'=1+1", "Ana Ng", "ana")
    assert (line["Flow"], line["Fingerprint"]) == ("Projects → tracking options", LONG)


def test_what_people_do_on_the_page_is_kept_under_their_id(otto: Browser, ledger: Ledger) -> None:
    body = {"entity": "contacts", "procore_id": "900438", "xero_id": CONTACT}
    otto.post("/api/links", body)
    a_bill(ledger)
    (link,) = otto.get("/api/records/subcontractor_invoices/8").json()["links"]
    otto.delete(f"/api/links/{link['id']}")

    rows = otto.get("/api/decisions", who="otto").json()["rows"]

    assert [(row["what"], row["who_id"]) for row in rows] == [("unlink", "otto"), ("link", "otto")]


def test_a_decision_of_a_kind_that_there_is_not_is_a_sentence(vera: Browser) -> None:
    answer = vera.get("/api/decisions", what="shrug")

    assert answer.status_code == 422
    assert "what" in answer.json()["detail"]
