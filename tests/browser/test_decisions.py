"""Deciding on the Queue screen, from what waits to what is in Xero."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

from airflow_provider_procore_xero.ledger.facts import Queued
from tests.browser.company import export, run
from tests.browser.conftest import Person
from tests.flows.contractor import Contractor
from tests.flows.office import Office

Desk = Callable[..., Person]


def queued(office: Office, title: str) -> Queued:
    states = ("ready_to_export", "accepted", "synced", "failed_to_export", "rejected")
    return next(r for s in states for r in office.ledger.queue.page(s) if r.title == title)


def test_R112_ready_to_export_shows_exactly_what_waits_and_what_would_be_written(
    ana: Person, office: Office
) -> None:
    ana.open("queue")

    waits = office.ledger.queue.page("ready_to_export")
    titles = ana.page.locator("tbody td.wide:nth-child(2) > a").all_inner_texts()
    assert titles == [row.title for row in waits]
    harbour = ana.row("B-2 Harbour").inner_text()
    assert "To be created as Harbour" in harbour
    assert queued(office, "B-2 Harbour").hash not in harbour
    ana.row("B-2 Harbour").locator("summary", has_text="The field").click()
    assert queued(office, "B-2 Harbour").hash in ana.row("B-2 Harbour").inner_text()
    claim = ana.row("INV-001")
    seen = claim.inner_text()
    assert "before tax" in seen
    assert (seen.count("12,540.47"), seen.count("Terra Works Ltd")) == (1, 1)
    lines = claim.locator("table.lines tbody tr").all_inner_texts()
    assert sum(amount_of(line) for line in lines) == Decimal("12540.47")
    claim.locator("summary", has_text="fields").click()
    assert "LineItems.0.UnitAmount" in claim.inner_text()


def amount_of(line: str) -> Decimal:
    return Decimal(line.split()[-1].replace(",", ""))


def test_R109_R110_R114_R120_from_accept_to_synced_on_the_screen(
    ana: Person, office: Office, people: Contractor
) -> None:
    before = people.options("Project")
    run(office)
    assert people.options("Project") == {**before, "Quarry": "ACTIVE"}  # accepted on another day

    ana.open("queue").press("Accept B-2 Harbour")
    ana.hears("its export has been started")
    assert ana.row("B-2 Harbour").count() == 0
    export(office)  # what the DAG run that waits in Airflow does
    ana.hears("B-2 Harbour is in Xero")

    ana.open("queue?state=synced")
    row = ana.row("B-2 Harbour")
    assert "Created as Harbour" in row.inner_text()
    assert "s after the decision" in row.inner_text()
    assert row.get_by_role("link", name="Xero", exact=True).get_attribute("href")
    row.locator("summary", has_text="Decisions").click()
    row.get_by_text("accept", exact=True).wait_for()
    assert people.options("Project")["Harbour"] == "ACTIVE"


def test_R117_R118_R119_a_rejection_wants_a_reason_and_is_back_once_changed_in_procore(
    ana: Person, office: Office, people: Contractor
) -> None:
    ana.open("queue").press("Reject B-2 Harbour")
    ana.press("Reject")
    assert ana.page.locator("dialog[open]").count() == 1  # the browser asks for the reason
    ana.page.get_by_label("Why").fill("   ")
    ana.press("Reject")
    ana.hears("Say why: a rejection needs a comment")
    assert queued(office, "B-2 Harbour").state == "ready_to_export"

    ana.press("Reject B-2 Harbour")
    ana.page.get_by_label("Why").fill("Name the street.")
    ana.press("Reject")
    ana.hears("B-2 Harbour is rejected")
    ana.open("queue?state=rejected")
    assert "Name the street." in ana.row("B-2 Harbour").inner_text()

    project = next(p for p in people.procore.projects.values() if p["name"] == "Harbour")
    people.procore.touch(project, name="Harbour East")
    run(office)
    assert "Harbour East" in ana.open("queue").text
    assert ana.open("queue?state=rejected").row("Harbour").count() == 0


def test_R115_R116_a_failed_export_tells_its_errors_and_is_tried_again_once(
    ana: Person, office: Office, people: Contractor
) -> None:
    ana.open("queue?state=failed_to_export")
    row = ana.row("D-4 Quarry")
    assert "One thing is wrong." in row.inner_text()
    assert "And another." in row.inner_text()

    ana.press("Retry D-4 Quarry")
    ana.hears("D-4 Quarry is tried again")
    export(office)
    ana.hears("D-4 Quarry is in Xero")

    assert ana.open("queue?state=failed_to_export").row("D-4 Quarry").count() == 0
    assert [o["Name"] for o in people.xero.category("Project")["Options"]].count("Quarry") == 1


def test_R116_a_failed_export_is_rejected_with_a_comment(ana: Person, office: Office) -> None:
    ana.open("queue?state=failed_to_export").press("Reject D-4 Quarry")
    ana.page.get_by_label("Why").fill("Sold.")
    ana.press("Reject")
    ana.hears("D-4 Quarry is rejected")

    assert queued(office, "D-4 Quarry").state == "rejected"


def test_E58_of_two_who_decide_at_once_the_second_is_told_by_whom(
    ana: Person, at_desk: Desk, office: Office
) -> None:
    too = at_desk("ana").open("queue")
    ana.open("queue").press("Accept B-2 Harbour")
    ana.hears("its export has been started")

    too.press("Reject B-2 Harbour")
    too.page.get_by_label("Why").fill("Not this one.")
    too.press("Reject")
    too.hears("ana has accepted B-2 Harbour already")

    assert "Nothing was done" in too.row("B-2 Harbour").get_by_role("alert").inner_text()
    assert queued(office, "B-2 Harbour").state == "accepted"
    assert too.violations == []


def test_E58_what_has_changed_since_it_was_shown_is_looked_at_again(
    ana: Person, office: Office, people: Contractor
) -> None:
    ana.open("queue")
    project = next(p for p in people.procore.projects.values() if p["name"] == "Harbour")
    people.procore.touch(project, name="Harbour East")
    run(office)

    ana.press("Accept B-2 Harbour")
    ana.hears("has changed since it was shown")
    ana.press("Look again")
    ana.row("Harbour East").wait_for()
    assert queued(office, "B-2 Harbour East").state == "ready_to_export"


def test_R110_by_key_alone_the_queue_is_walked_decided_and_accepted_together(
    ana: Person, office: Office
) -> None:
    keys = ana.open("queue").page.keyboard
    keys.press("Tab")
    assert ana.page.evaluate("document.activeElement.textContent") == "Skip to content"
    keys.press("Enter")
    for _ in range(40):
        if ana.page.evaluate("document.activeElement.matches('[data-act=choose]')"):
            break
        keys.press("Tab")
    first, second, *_ = office.ledger.queue.page("ready_to_export")

    for key in ("x", "j", "x", "j", "r"):
        keys.press(key)
    keys.type("Wait for spring.")
    keys.press("Tab")
    keys.press("Enter")
    ana.hears("is rejected")
    ana.page.get_by_role("button", name="Accept 2 chosen").focus()
    keys.press("Enter")
    ana.page.locator("dialog[open]").wait_for()
    keys.press("Enter")
    ana.hears("2 accepted.")

    assert [office.ledger.queue.one(r.id).state for r in (first, second)] == ["accepted"] * 2


def test_R110_a_key_that_is_held_down_accepts_one_record_and_no_more(
    ana: Person, office: Office
) -> None:
    ana.open("queue")
    first, second, *_ = office.ledger.queue.page("ready_to_export")
    ana.page.locator("[data-act=choose]").first.focus()

    ana.page.keyboard.down("a")
    ana.hears("its export has been started")
    for _ in range(5):  # from the second time on it is the same stroke, repeated
        ana.page.keyboard.down("a")
    ana.page.wait_for_timeout(500)
    ana.page.keyboard.up("a")

    states = [office.ledger.queue.one(row.id).state for row in (first, second)]
    assert states == ["accepted", "ready_to_export"]
    last = ana.page.locator("table:not(.fields) > tbody > tr").last
    for _ in range(3):
        ana.page.keyboard.down("j")
    ana.page.keyboard.up("j")
    assert last.evaluate("line => line.contains(document.activeElement)")


def test_R111_who_may_not_decide_sees_no_button_and_gets_403(at_desk: Desk) -> None:
    for name in ("vera", "otto"):
        person = at_desk(name).open("queue")
        assert person.row("B-2 Harbour").count() == 1
        assert person.page.locator("main td button, [data-act]").count() == 0
        assert "approval.approvers" in person.text
        said = person.page.evaluate(
            """async () => {
                const row = (await (await fetch("api/queue")).json()).rows[0];
                const answer = await fetch(`api/queue/${row.id}/accept`, {method: "POST",
                    headers: {"Content-Type": "application/json"}, body: "{}"});
                return [answer.status, (await answer.json()).detail];
            }"""
        )
        assert said[0] == 403
        assert "may not decide" in said[1]


def test_the_queue_is_taken_away_as_a_file(ana: Person, tmp_path: Path) -> None:
    ana.open("queue")
    with ana.page.expect_download() as coming:
        ana.page.get_by_role("link", name="Download as CSV").click()
    coming.value.save_as(tmp_path / "queue.csv")

    rows = list(csv.DictReader(io.StringIO((tmp_path / "queue.csv").read_text("utf-8-sig"))))
    assert "B-2 Harbour" in {row["Record"] for row in rows}
