"""Records, issues, why: what people ask, and what they do by hand."""

from __future__ import annotations

import asyncio
import csv
import io
import logging
import time
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from airflow_provider_procore_xero.apis.allowance import Hour, State
from airflow_provider_procore_xero.apis.limits import (
    ProcoreLimiter,
    XeroLimiter,
    key_of,
    shared,
)
from airflow_provider_procore_xero.hooks.ledger import LedgerHook
from airflow_provider_procore_xero.ledger.facts import Queued
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.settings import make
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.web import issues
from airflow_provider_procore_xero.web.lists import Asked, listed
from tests.web.conftest import PAIR, Browser
from tests.web.kept import (
    BILL,
    CONTACT,
    NO_VENDOR,
    NOT_APPROVED,
    a_bill,
    a_held,
    a_run_of,
)


def search(browser: Browser, **asked: Any) -> list[str]:
    return [row["source_id"] for row in browser.get("/api/records", **asked).json()["rows"]]


@pytest.mark.parametrize("q", ["acme", "SC-003", "claim 8", BILL, "12500.00", "$12,500.00", "8"])
def test_R8_a_record_is_found_by_name_number_id_and_amount(
    vera: Browser, ledger: Ledger, q: str
) -> None:
    a_bill(ledger)
    a_bill(ledger, "9", BILL.replace("0a", "0b"), net="77.10")
    a_run_of(ledger, a_held("7"))

    assert "8" in search(vera, q=q)
    assert "7" not in search(vera, q=q)


def waits(ledger: Ledger, source_id: str, amount: str, **given: Any) -> None:
    """Keep a claim in the queue."""
    plain = {"state": "ready_to_export", "what": "create", "hash": "h", "read": "r", "payload": {}}
    row: Any = plain | {"title": f"Claim {source_id}", "name": "SC-004"} | given
    ledger.queue.save(
        [Queued(entity="subcontractor_invoices", source_id=source_id, amount=amount, **row)]
    )


@pytest.mark.parametrize("state", ["ready_to_export", "accepted", "failed_to_export", "rejected"])
def test_R8_records_are_asked_for_by_the_state_that_they_have_in_the_queue(
    vera: Browser, ledger: Ledger, state: str
) -> None:
    states = ("ready_to_export", "accepted", "failed_to_export", "rejected", "synced")
    for number, each in enumerate(states):
        waits(ledger, str(number), "1.00", state=each)
    mine = str(states.index(state))
    held = a_held(mine, NOT_APPROVED, entity="subcontractor_invoices")
    other = a_held("99", NOT_APPROVED, entity="subcontractor_invoices")
    run = a_run_of(ledger, held, other, entity="subcontractor_invoices")
    a_bill(ledger, "98")

    (row,) = vera.get("/api/records", state=state).json()["rows"]

    assert (row["source_id"], row["state"]) == (mine, state)
    assert search(vera, state=state, run=run) == [mine]
    assert search(vera, state=state, entity="projects") == []


@pytest.mark.parametrize("state", ["ready_to_export", "accepted", "failed_to_export", "rejected"])
def test_R8_a_claim_in_the_queue_is_found_by_its_amount(
    vera: Browser, ledger: Ledger, state: str
) -> None:
    waits(ledger, "31", "30500.10", state=state)
    waits(ledger, "32", "30500.20", state=state)

    (row,) = vera.get("/api/records", q="$30,500.10").json()["rows"]

    assert (row["source_id"], row["state"], row["amount"]) == ("31", state, "30500.10")
    queued = vera.get("/api/queue", q="30,500.10", state=state).json()["rows"]
    assert [each["source_id"] for each in queued] == ["31"]


def test_a_claim_in_the_queue_with_an_issue_or_a_link_is_listed_once(
    vera: Browser, ledger: Ledger
) -> None:
    a_bill(ledger, "31", net="30500.10")
    waits(ledger, "31", "30500.10")
    held = a_held("31", NOT_APPROVED, entity="subcontractor_invoices", title="Claim 31")
    a_run_of(ledger, held, entity="subcontractor_invoices")

    assert search(vera, q="30,500.10") == ["31"]
    assert search(vera, q="claim 31") == ["31"]
    assert search(vera) == ["31"]


def test_a_linked_record_with_an_issue_is_found_by_what_only_its_link_says(
    vera: Browser, ledger: Ledger
) -> None:
    a_bill(ledger, "8", net="12500.00")
    a_run_of(
        ledger,
        a_held("8", NOT_APPROVED, entity="subcontractor_invoices"),
        entity="subcontractor_invoices",
    )

    assert search(vera, q="12,500.00") == ["8"]


def test_pages_of_records_kept_back_in_the_queue_and_linked_join(
    vera: Browser, ledger: Ledger
) -> None:
    a_run_of(ledger, a_held("1"), a_held("2"))
    for number in ("31", "32", "33"):
        waits(ledger, number, "1.00")
    a_bill(ledger, "8")

    seen, after = [], ""
    while True:
        page = vera.get("/api/records", limit=1, after=after).json()
        seen += [row["source_id"] for row in page["rows"]]
        after = page["next"]
        if not after:
            break

    assert seen == ["2", "1", "33", "32", "31", "8"]


def test_records_that_are_kept_back_come_first_and_once(vera: Browser, ledger: Ledger) -> None:
    a_bill(ledger)
    a_bill(ledger, "9", BILL.replace("0a", "0b"))
    held = a_held("9", NOT_APPROVED, NO_VENDOR, entity="subcontractor_invoices")
    a_run_of(ledger, held, entity="subcontractor_invoices")

    found: list[str] = []
    after = ""
    while True:
        page = vera.get("/api/records", limit=1, after=after).json()
        found += [row["source_id"] for row in page["rows"]]
        after = page["next"]
        if not after:
            break

    assert found == ["9", "8"]


def test_R8_a_story_tells_link_pages_runs_and_who_decided_what(
    otto: Browser, ledger: Ledger
) -> None:
    run = a_bill(ledger)
    (link,) = otto.get("/api/records/subcontractor_invoices/8").json()["links"]
    otto.delete(f"/api/links/{link['id']}?comment=wrong+bill")

    story = otto.get("/api/records/subcontractor_invoices/8").json()

    assert (story["procore_url"], story["xero_url"]) == (
        "https://procore.example/8",
        "https://xero.example/8",
    )
    assert [(event["what"], event["run"]) for event in story["events"]] == [("created", run)]
    assert [link["state"] for link in story["links"]] == ["unlinked"]
    (decided,) = story["decisions"]
    assert (decided["what"], decided["who"], decided["comment"]) == ("unlink", "otto", "wrong bill")


def test_a_record_that_nobody_knows_is_404(vera: Browser) -> None:
    answer = vera.get("/api/records/projects/99")

    assert answer.status_code == 404
    assert answer.json()["detail"] == "The ledger knows no 99 among projects."


# Issues


def test_R14_a_vendors_issues_are_found_by_its_name_with_first_and_last_seen(
    vera: Browser, ledger: Ledger
) -> None:
    held = a_held(CONTACT, NO_VENDOR, entity="contacts", title="Acme Ltd")
    a_run_of(ledger, held, a_held("x", entity="contacts", title="Bravo"), entity="contacts")
    a_run_of(ledger, held, entity="contacts")

    (issue,) = vera.get("/api/issues", q="acme").json()["rows"]

    assert issue["code"] == "VENDOR_NOT_LINKED"
    assert issue["first_seen"] < issue["last_seen"]
    assert issue["fix"] == "Run procore_xero_contacts."


def test_what_a_person_must_do_comes_before_what_waits_and_pages_join(
    vera: Browser, ledger: Ledger
) -> None:
    records = [a_held(str(n), NOT_APPROVED if n % 2 else NO_VENDOR) for n in range(7)]
    for each in records:
        a_run_of(ledger, each)

    found: list[Any] = []
    after = ""
    while True:
        page = vera.get("/api/issues", limit=3, after=after).json()
        found += page["rows"]
        after = page["next"]
        if not after:
            break

    assert [row["source_id"] for row in found] == ["0", "2", "4", "6", "1", "3", "5"]


def test_an_ignored_issue_leaves_the_list_with_who_and_why_and_can_come_back(
    otto: Browser, ledger: Ledger
) -> None:
    a_run_of(ledger, a_held())
    (issue,) = otto.get("/api/issues").json()["rows"]

    assert otto.post(f"/api/issues/{issue['id']}/ignore", {"comment": "a test"}).status_code == 200
    assert otto.get("/api/issues").json()["rows"] == []
    (ignored,) = otto.get("/api/issues", ignored=True).json()["rows"]
    assert (ignored["ignored_by"], ignored["ignored_why"]) == ("otto", "a test")

    a_run_of(ledger, a_held())  # the next night sees it again
    assert otto.get("/api/issues").json()["rows"] == []

    assert otto.post(f"/api/issues/{issue['id']}/unignore").status_code == 200
    assert len(otto.get("/api/issues").json()["rows"]) == 1
    story = otto.get("/api/records/projects/7").json()
    assert [each["what"] for each in story["decisions"]] == ["ignore", "unignore"]


def test_ignoring_asks_for_a_reason(otto: Browser, ledger: Ledger) -> None:
    a_run_of(ledger, a_held())
    (issue,) = otto.get("/api/issues").json()["rows"]

    answer = otto.post(f"/api/issues/{issue['id']}/ignore", {"comment": "  "})

    assert answer.status_code == 422
    assert answer.json()["detail"].startswith("This can't be: comment: ")


def test_of_two_who_ignore_one_issue_the_second_is_told(otto: Browser, ledger: Ledger) -> None:
    a_run_of(ledger, a_held())
    (issue,) = otto.get("/api/issues").json()["rows"]
    path = f"/api/issues/{issue['id']}/ignore"
    otto.post(path, {"comment": "mine"})

    answer = otto.post(path, {"comment": "mine too"})

    assert answer.status_code == 409
    assert answer.json()["detail"] == "otto has ignored this issue already. Reload the page."


def test_an_issue_that_is_gone_meanwhile_is_409_and_one_that_never_was_404(
    otto: Browser, ledger: Ledger
) -> None:
    run = a_run_of(ledger, a_held())
    (issue,) = otto.get("/api/issues").json()["rows"]
    ledger.settle_issues(run, "projects", (), judged=("7",))

    gone = otto.post(f"/api/issues/{issue['id']}/ignore", {"comment": "x"})
    never = otto.post("/api/issues/4711/ignore", {"comment": "x"})

    assert (gone.status_code, never.status_code) == (409, 404)


# Links by hand


def test_two_records_are_linked_by_hand_with_who_and_why(otto: Browser, ledger: Ledger) -> None:
    body = {"entity": "contacts", "procore_id": "900438", "xero_id": CONTACT, "comment": "same"}

    assert otto.post("/api/links", body).status_code == 201

    (link,) = ledger.links("vendor")
    assert (link.procore_id, link.xero_id) == ("900438", CONTACT)
    story = otto.get(f"/api/records/contacts/{CONTACT}").json()
    assert [(each["what"], each["who"]) for each in story["decisions"]] == [("link", "otto")]


@pytest.mark.parametrize(
    ("change", "status", "sentence"),
    [
        ({}, 409, "These two are linked already."),
        ({"procore_id": "1"}, 409, "Unlink the wrong pair first."),
        ({"procore_id": "Acme"}, 422, "'Acme' is no id of Procore: it should be a number"),
        ({"xero_id": "SC-003"}, 422, "'SC-003' is no id of Xero: it should be a UUID"),
        ({"entity": "job_costs"}, 422, "job_costs can't be linked by hand; projects,"),
    ],
)
def test_a_link_that_cannot_be_is_refused_with_a_sentence(
    otto: Browser, ledger: Ledger, change: dict[str, str], status: int, sentence: str
) -> None:
    ledger.save_links([Link(kind="vendor", procore_id="900438", xero_id=CONTACT)])
    body = {"entity": "contacts", "procore_id": "900438", "xero_id": CONTACT} | change

    answer = otto.post("/api/links", body)

    assert answer.status_code == status
    assert sentence in answer.json()["detail"]
    assert len(ledger.links("vendor")) == 1


def test_of_two_who_unlink_one_pair_the_second_is_told(otto: Browser, ledger: Ledger) -> None:
    a_bill(ledger)
    (link,) = otto.get("/api/records/subcontractor_invoices/8").json()["links"]

    first, second = (otto.delete(f"/api/links/{link['id']}") for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 409)


def test_C16_what_an_unlink_would_do_is_said_and_not_done(otto: Browser, ledger: Ledger) -> None:
    a_bill(ledger)
    (link,) = otto.get("/api/records/subcontractor_invoices/8").json()["links"]

    plan = otto.delete(f"/api/links/{link['id']}?mode=plan&comment=wrong").json()

    assert (plan["mode"], plan["procore_id"], plan["xero_id"]) == ("plan", "8", BILL)
    assert plan["then"].startswith("Nothing was done. Unlinked, Claim 8 · Acme Ltd in Procore and")
    assert "decision" not in plan["then"]
    assert [each.state for each in ledger.links("subcontractor_invoice")] == ["active"]
    assert otto.get("/api/decisions").json()["rows"] == []
    otto.delete(f"/api/links/{link['id']}?comment=wrong")
    (decision,) = otto.get("/api/decisions").json()["rows"]
    assert (decision["what"], decision["comment"]) == ("unlink", "wrong")
    assert otto.delete(f"/api/links/{link['id']}?mode=plan").status_code == 409
    assert otto.delete("/api/links/4711?mode=plan").status_code == 404


def test_C16_what_a_link_would_do_is_said_and_not_done(otto: Browser, ledger: Ledger) -> None:
    body = {"entity": "contacts", "procore_id": "900438", "xero_id": CONTACT, "mode": "plan"}

    answer = otto.post("/api/links", body)

    assert answer.status_code == 200
    assert "makes no second one" in answer.json()["then"]
    assert ledger.links("vendor") == []
    assert otto.get("/api/decisions").json()["rows"] == []
    assert otto.post("/api/links", {**body, "xero_id": "SC-003"}).status_code == 422


def test_C16_under_approvals_a_plan_says_that_somebody_decides_first(
    otto: Browser, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(issues, "settings", lambda: make({"profile": "procore_connector"}))
    a_bill(ledger)
    (link,) = otto.get("/api/records/subcontractor_invoices/8").json()["links"]

    plan = otto.delete(f"/api/links/{link['id']}?mode=plan").json()

    assert plan["then"].endswith("that waits for a decision in the queue.")


# Why?


def explain(browser: Browser, entity: str, key: str) -> Any:
    (found,) = browser.get("/api/explain", entity=entity, key=key).json()["records"]
    return found


def test_R24_R25_each_condition_has_its_tick_or_cross_and_what_to_do(
    vera: Browser, ledger: Ledger
) -> None:
    held = a_held("7", NOT_APPROVED, NO_VENDOR, entity="subcontractor_invoices", title="Claim 7")
    run = a_run_of(ledger, held, entity="subcontractor_invoices")

    found = explain(vera, "subcontractor_invoices", "claim 7")

    verdicts = {each["code"]: each["verdict"] for each in found["conditions"]}
    assert verdicts["CLAIM_NOT_APPROVED"] == "unmet"
    assert verdicts["VENDOR_NOT_LINKED"] == "unmet"
    assert verdicts["PROJECT_NOT_LINKED"] == "met"
    (vendor,) = (each for each in found["conditions"] if each["code"] == "VENDOR_NOT_LINKED")
    assert vendor["fix"] == "Run procore_xero_contacts."
    assert found["verdict"] == "2 things stand in its way."
    assert found["run"] == run


def test_R15_a_project_without_a_number_says_so(vera: Browser, ledger: Ledger) -> None:
    a_run_of(ledger, a_held())

    found = explain(vera, "projects", "Marina")

    (number,) = (e for e in found["conditions"] if e["code"] == "PROJECT_NUMBER_MISSING")
    assert number["verdict"] == "unmet"
    assert number["sentence"] == "Project Marina has no Project Number."


def test_what_went_over_met_every_condition(vera: Browser, ledger: Ledger) -> None:
    a_bill(ledger)

    found = explain(vera, "subcontractor_invoices", "SC-003")

    assert {each["verdict"] for each in found["conditions"]} == {"met"}
    assert found["verdict"] == "It is linked, and nothing stands in its way."


def test_what_was_mended_since_is_not_held_against_it(vera: Browser, ledger: Ledger) -> None:
    run = a_run_of(ledger, a_held())
    ledger.settle_issues(run, "projects", (), judged=("7",))

    found = explain(vera, "projects", "7")

    assert {each["verdict"] for each in found["conditions"]} == {"unknown"}
    assert found["verdict"].startswith("Nothing was found against it, yet it is not linked.")


def test_a_reason_that_is_no_condition_is_told_beside_them(vera: Browser, ledger: Ledger) -> None:
    from airflow_provider_procore_xero.sync.plan import Reason

    refusal = Reason(code="REFUSED", sentence="Xero says no.", fix="Ask Xero.")
    a_run_of(ledger, a_held("7", refusal))

    found = explain(vera, "projects", "7")

    assert found["conditions"][-1]["code"] == "REFUSED"
    assert {each["verdict"] for each in found["conditions"][:-1]} == {"met", "aside"}


def test_what_nobody_has_met_has_no_answer_and_no_entity_is_404(vera: Browser) -> None:
    assert vera.get("/api/explain", entity="projects", key="x").json()["records"] == []
    assert vera.get("/api/explain", entity="unicorns", key="x").status_code == 404


@pytest.mark.parametrize(
    "path", ["records", "runs", "issues", "queue", "decisions", "explain", "records/{}/1"]
)
def test_an_entity_that_there_is_not_is_the_same_sentence_everywhere(
    vera: Browser, path: str
) -> None:
    named = {} if "{}" in path else {"entity": "unicorns"}

    answer = vera.get(f"/api/{path.format('unicorns')}", key="x", **named)

    assert answer.status_code == 404
    assert answer.json()["detail"].startswith("There is no entity 'unicorns'; there are ")


def test_runs_and_issues_of_a_reconciliation_are_listed_by_its_name(vera: Browser) -> None:
    for path in ("runs", "issues"):
        assert vera.get(f"/api/{path}", entity="reconciliation").status_code == 200


# Files and hostile texts


EVIL = '=HYPERLINK("https://evil.example")<script>alert(1)</script>'


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_no_cell_of_a_file_is_a_formula(vera: Browser, ledger: Ledger, start: str) -> None:
    title = f"{start}SUM(A1:A9)"
    a_run_of(ledger, a_held("7", title=title))

    answer = vera.get("/api/issues", format="csv")

    (row,) = csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert row["Record"] == f"'{title}"
    assert "attachment" in answer.headers["content-disposition"]


@pytest.mark.parametrize("form", ["json", "csv"])
@pytest.mark.parametrize("path", ["records", "issues", "records/projects/7/events"])
def test_what_is_read_on_the_page_is_in_no_log(
    vera: Browser, ledger: Ledger, path: str, form: str, caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    a_run_of(ledger, a_held("7", title="Very Private Person"))

    with caplog.at_level(logging.DEBUG):
        text = vera.get(f"/api/{path}", format=form).text

    assert "Very Private Person" in text
    assert "Very Private" not in caplog.text + "".join(capfd.readouterr())


@pytest.mark.parametrize("path", ["runs", "records", "issues", "records/projects/7/events"])
def test_every_list_is_a_file_too_however_many_rows(
    vera: Browser, ledger: Ledger, path: str
) -> None:
    for _ in range(2):
        a_run_of(ledger, *(a_held(str(n)) for n in range(700)))

    text = vera.get(f"/api/{path}", format="csv").text

    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == {"records": 700, "issues": 700}.get(path, 2)


PARTS = {
    "overview": {"Flow": "Projects → tracking options", "Last run": "success", "Held": "1"},
    "explain?entity=projects&key=7": {"Record": "Marina", "Met": "met"},
    "records/projects/7/issues": {"Record": "'=1+1", "Reason": "PROJECT_NUMBER_MISSING"},
    "records/projects/7/decisions": {"Who": "otto", "Because": "'=2+2"},
    "records/subcontractor_invoices/8/links": {"In Xero": "SC-003", "Amount": "12500.00"},
    "reconciliation/totals": {"Currency": "1", "Claimed": "12.50", "Difference": "12.50"},
    "settings?q=retainage_account": {"Key": "bills.retainage_account", "Value": "850"},
}


@pytest.mark.parametrize(("path", "cells"), PARTS.items())
def test_what_a_screen_lists_beside_its_list_is_a_file_too(
    vera: Browser, otto: Browser, ledger: Ledger, path: str, cells: dict[str, str]
) -> None:
    a_bill(ledger)
    title = "=1+1" if path.endswith("issues") else "Marina"
    a_run_of(ledger, a_held("7", title=title))
    ledger.save_reconciliation(ledger.begin_run("reconciliation", "apply"), [a_difference(1)])
    issue = vera.get("/api/issues").json()["rows"][0]["id"]
    otto.post(f"/api/issues/{issue}/ignore", {"comment": "=2+2"})
    otto.post(f"/api/issues/{issue}/unignore", {"comment": "=2+2"})

    answer = vera.send("GET", f"/api/{path}{'&' if '?' in path else '?'}format=csv")

    rows = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert "attachment" in answer.headers["content-disposition"]
    assert any(row | cells == row for row in rows), rows


def test_what_is_held_has_the_amount_that_its_title_has(vera: Browser, ledger: Ledger) -> None:
    a_run_of(ledger, a_held("7", title="INV-7 · Acme · 1,250.00"), a_held("8", title="24.00"))
    a_run_of(
        ledger,
        a_held("9", title="Bill 3 · Acme · 77.10 on 24-001 Quay", entity="direct_costs"),
        entity="direct_costs",
    )

    amounts = {row["source_id"]: row["amount"] for row in vera.get("/api/records").json()["rows"]}

    assert amounts == {"7": "1250.00", "8": None, "9": "77.10"}


def test_a_condition_of_linked_records_does_not_apply_to_others(
    vera: Browser, ledger: Ledger
) -> None:
    a_run_of(ledger, a_held("7"))

    (record,) = vera.get("/api/explain", entity="projects", key="7").json()["records"]

    verdicts = {each["code"]: each["verdict"] for each in record["conditions"]}
    assert verdicts["RENAME_PROPOSED"] == "aside"
    assert verdicts["PROJECT_INACTIVE"] == "met"


def test_a_file_has_every_row_however_many_there_are() -> None:
    def page(after: str, limit: int) -> tuple[list[dict[str, Any]], str]:
        first = int(after or 0)
        rows = [{"number": number} for number in range(first, min(first + limit, ROWS))]
        return rows, str(first + limit) if first + limit < ROWS else ""

    answer: Any = listed(page, Asked("", 50, "csv"), "numbers", {"number": "Number"})

    assert sum(part.count("\n") for part in _parts(answer)) == ROWS + 1


ROWS = 123_456


def _parts(answer: Any) -> list[str]:
    async def read() -> list[str]:
        return [part async for part in answer.body_iterator]

    return asyncio.run(read())


def test_hostile_text_is_only_ever_data(vera: Browser, ledger: Ledger) -> None:
    a_run_of(ledger, a_held("7", title=EVIL))

    answer = vera.get("/api/records", q="<script>")
    report = vera.get(f"/api/runs/{answer.json()['rows'][0]['source_id']}")

    assert answer.headers["content-type"] == "application/json"
    assert answer.json()["rows"][0]["title"] == EVIL
    assert report.status_code == 404


@pytest.mark.parametrize("q", ["%", "z_z", "'; DROP TABLE links; --", "💥" * 50, "a" * 200])
def test_a_search_takes_any_text_for_text(vera: Browser, ledger: Ledger, q: str) -> None:
    a_bill(ledger)
    a_run_of(ledger, a_held())

    assert vera.get("/api/records", q=q).json()["rows"] == []
    assert vera.get("/api/issues", q=q).json()["rows"] == []


def test_a_character_that_no_database_takes_is_refused(otto: Browser, ledger: Ledger) -> None:
    body = {"entity": "contacts", "procore_id": "1", "xero_id": CONTACT, "comment": "a\x00b"}

    for answer in (
        otto.get("/api/records", q="\x00"),
        otto.get("/api/runs/%00"),
        otto.post("/api/links", body),
    ):
        assert answer.status_code == 422
        assert "NUL character" in answer.json()["detail"]


@pytest.mark.parametrize("path", ["records", "issues", "records/projects/7/events"])
def test_a_page_that_begins_nowhere_is_refused(vera: Browser, ledger: Ledger, path: str) -> None:
    answer = vera.get(f"/api/{path}", after="x' OR 1=1")

    assert answer.status_code == 422
    assert "send what the page before gave as next" in answer.json()["detail"]


# The overview, and a ledger that is down


def test_the_overview_counts_issues_calls_documents_and_money(
    vera: Browser, ledger: Ledger, dags: None
) -> None:
    a_bill(ledger, net="12500.10")
    a_bill(ledger, "9", BILL.replace("0a", "0b"), net="0.20")
    a_run_of(ledger, a_held("7"), a_held("6", NO_VENDOR, NOT_APPROVED))  # the latter waits

    seen = vera.get("/api/overview").json()

    flows = {each["entity"]: each for each in seen["entities"]}
    assert flows["projects"]["issues"] == {"to_do": 1, "waiting": 1, "ignored": 0}
    assert flows["projects"]["last_run"]["counts"]["held"] == 2
    assert seen["calls_today"] == {"procore": 11, "xero": 4}
    assert seen["nights"][-1]["documents"]["bills"] == 2
    assert seen["nights"][-1]["money"]["bills"] == "12500.30"
    assert "procore_xero_projects" in [flow["dag_id"] for flow in seen["flows"]]


def test_the_overview_says_what_is_left_of_xeros_day_and_nothing_where_xero_has_not(
    vera: Browser, ledger: Ledger
) -> None:
    assert vera.get("/api/overview").json()["xero_day"] is None
    limiter = shared(
        XeroLimiter, "https://api.xero.com", "id", PAIR.partition(":")[2], store=ledger.limits
    )
    left = {"X-DayLimit-Remaining": "873", "X-MinLimit-Remaining": "59"}

    with limiter.flight():
        limiter.heard(httpx.Response(200, headers=left))
    time.sleep(1.1)  # what was heard is told when the worker asks for the calls of another second
    with limiter.flight():
        pass

    said = vera.get("/api/overview").json()["xero_day"]
    assert said["left"] == 873
    assert datetime.now(UTC) - datetime.fromisoformat(said["at"]) < timedelta(minutes=1)


def test_an_order_its_bill_and_its_payment_are_told_apart_and_never_added_up(
    vera: Browser, ledger: Ledger
) -> None:
    ids = (("commitment", BILL), ("subcontractor_invoice", CONTACT), ("payment", PAIR[8:]))
    run = a_run_of(ledger)
    links = [
        Link(kind=kind, procore_id="8", xero_id=xero_id, data={"net": "100.00", "amount": "100.00"})
        for kind, xero_id in ids
    ]
    ledger.close_batch(run, [], links, ())

    tonight = vera.get("/api/overview").json()["nights"][-1]

    assert tonight["money"] == {
        "purchase orders": "100.00",
        "bills": "100.00",
        "payments": "100.00",
        "direct costs": "0.00",
    }


def test_the_money_of_a_night_is_in_the_currency_of_the_books(
    vera: Browser, ledger: Ledger
) -> None:
    assert vera.get("/api/overview").json()["currency"] == ""
    run = ledger.begin_run("reconciliation", "apply")
    claimed, billed = a_difference(1), a_difference(2)
    foreign = replace(claimed, place=replace(claimed.place, currency="AUD"))
    ours = replace(
        billed,
        place=replace(billed.place, currency="NZD"),
        amounts=replace(billed.amounts, billed=Decimal("12.50")),
    )
    ledger.save_reconciliation(run, [foreign, ours])

    assert vera.get("/api/overview").json()["currency"] == "NZD"


def test_the_overview_says_what_is_left_of_procores_hour_while_it_lasts(
    vera: Browser, ledger: Ledger
) -> None:
    assert vera.get("/api/overview").json()["procore_hour"] is None
    key = key_of(ProcoreLimiter, "https://api.procore.com", "id", PAIR.partition(":")[0])

    def said(ends_in: float) -> None:
        ledger.limits.change(
            key,
            lambda _, now: (
                State(hour=Hour(left=12, most=3600, ends=now + ends_in, at=now)).text(),
                None,
            ),
        )

    said(900)
    during = vera.get("/api/overview").json()["procore_hour"]
    said(-1)
    after = vera.get("/api/overview").json()["procore_hour"]

    assert (during["left"], during["most"]) == (12, 3600)
    assert (after["left"], after["most"]) == (None, 3600)


def test_the_overview_says_when_each_flow_runs_next(
    vera: Browser, ledger: Ledger, dags: None
) -> None:
    a_run_of(ledger, a_held("7"))
    a_run_of(ledger, a_held("7", entity="contacts"), entity="contacts")

    seen = vera.get("/api/overview").json()

    (nightly,) = (flow for flow in seen["flows"] if flow["dag_id"] == "procore_xero_nightly")
    assert datetime.fromisoformat(nightly["next_run"]).hour == 2
    for flow in seen["entities"]:
        assert (flow["next_run"], flow["next_with"]) == (nightly["next_run"], nightly["dag_id"])


def test_what_xero_said_yesterday_is_not_told_of_today(vera: Browser, ledger: Ledger) -> None:
    key = key_of(XeroLimiter, "https://api.xero.com", "id", PAIR.partition(":")[2])
    ledger.limits.change(key, lambda _, now: (State(day=5, day_at=now - 86_500).text(), None))

    assert vera.get("/api/overview").json()["xero_day"] is None


def test_an_export_that_found_nothing_is_not_a_flows_last_run(
    vera: Browser, ledger: Ledger
) -> None:
    looked = a_run_of(ledger, a_held("7"), dag_id="procore_xero_nightly")
    idle = ledger.begin_run("projects", "apply", dag_id="procore_xero_export_accepted")
    ledger.end_run(idle, "success", {}, {"procore": 0, "xero": 0})

    (flow,) = vera.get("/api/overview").json()["entities"]
    assert (flow["last_run"]["id"], flow["last_run"]["note"]) == (looked, "")

    failed = ledger.begin_run("projects", "apply", dag_id="procore_xero_export_accepted")
    ledger.end_run(failed, "failed", {}, {"procore": 1, "xero": 0}, "Xero is down.")
    (flow,) = vera.get("/api/overview").json()["entities"]
    assert flow["last_run"]["id"] == failed


def test_a_flow_that_is_switched_off_says_so_instead_of_success(
    vera: Browser, ledger: Ledger
) -> None:
    off = ledger.begin_run("job_costs", "apply", dag_id="procore_xero_nightly")
    ledger.end_run(off, "success", {}, {}, notes=["Job costs are switched off."])

    idle = ledger.begin_run("job_costs", "apply", dag_id="procore_xero_export_accepted")
    ledger.end_run(idle, "success", {}, {})

    (flow,) = vera.get("/api/overview").json()["entities"]

    assert flow["last_run"]["note"] == "Job costs are switched off."


def test_the_overview_names_the_other_pairs_of_the_ledger(vera: Browser, ledger: Ledger) -> None:
    a_run_of(ledger, a_held("7"), company="Hartnell", organisation="Hartnell NZ")
    assert vera.get("/api/overview").json()["others"] == []
    other = LedgerHook().get_conn("99:another")
    a_run_of(other, a_held("7"), company="Quarry Co", organisation="Quarry Co AU")
    a_run_of(LedgerHook().get_conn("98:nameless"), a_held("7"))

    seen = vera.get("/api/overview").json()

    assert seen["company"] == "Hartnell"
    assert seen["others"] == [
        {"company": "98", "organisation": "nameless"},
        {"company": "Quarry Co", "organisation": "Quarry Co AU"},
    ]


def test_a_ledger_that_is_down_is_503_with_a_sentence(
    vera: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "postgresql+psycopg2://nobody@127.0.0.1:1/nowhere"
    monkeypatch.setenv(
        "AIRFLOW_CONN_PROCORE_XERO_LEDGER",
        f'{{"conn_type": "procore_xero_ledger", "host": "{url}"}}',
    )

    answer = vera.get("/api/issues")

    assert answer.status_code == 503
    assert answer.json()["detail"].startswith("The ledger can't be reached.")


def test_a_connection_that_lacks_something_is_503_and_says_what(
    vera: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_PROCORE_DEFAULT", '{"conn_type": "procore"}')

    answer = vera.get("/api/issues")

    assert answer.status_code == 503
    assert "Connection 'procore_default': login is empty" in answer.json()["detail"]


def test_nothing_reconciled_yet_is_an_empty_list(vera: Browser) -> None:
    assert vera.get("/api/reconciliation").json() == {"rows": [], "next": "", "last": None}


def test_nothing_reconciled_yet_is_a_file_with_its_heading(vera: Browser) -> None:
    answer = vera.get("/api/reconciliation", format="csv")

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    (heading,) = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert heading[-1] == "Xero url"


def test_the_last_reconciliation_is_listed_and_is_a_file(vera: Browser, ledger: Ledger) -> None:
    run = ledger.begin_run("reconciliation", "apply")
    ledger.save_reconciliation(run, [a_difference(seq) for seq in (1, 2, 3)])

    first = vera.get("/api/reconciliation", limit=2).json()
    rest = vera.get("/api/reconciliation", limit=2, after=first["next"]).json()
    text = vera.get("/api/reconciliation", format="csv").text

    assert [row["seq"] for row in first["rows"] + rest["rows"]] == [1, 2, 3]
    assert first["last"]["run"] == run
    (row, *_) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff")))
    assert (row["Claimed"], row["Explanations"]) == ("12.50", "CLAIM_HELD 12.50: It is held.")
    assert vera.get("/api/reconciliation", run="x").status_code == 404


def a_difference(seq: int) -> Any:
    from airflow_provider_procore_xero.sync import reconciliation as proof

    amount = Decimal("12.50")
    return proof.Reconciled(
        place=proof.Place(**{f.name: str(seq) for f in fields(proof.Place)}),
        names=proof.Names(),
        amounts=proof.Amounts(claimed=amount),
        explanations=(
            proof.Explanation(
                gap="billed", code="CLAIM_HELD", amount=amount, sentence="It is held."
            ),
        ),
        difference=amount,
        seq=seq,
    )
