"""Running, searching, explaining, linking: what people do besides deciding."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.sync.links import Link
from tests.browser.company import export, run
from tests.browser.conftest import PAUSED, Person
from tests.flows.contractor import Contractor
from tests.flows.office import Office
from tests.web.conftest import token
from tests.web.kept import a_bill

Desk = Callable[..., Person]
PROJECTS = "procore_xero_projects"


def started(otto: Person) -> dict[str, object]:
    """Return what the newest DAG run of projects was started with, as Airflow has it."""
    answer = httpx.get(
        f"{otto.address}/api/v2/dags/{PROJECTS}/dagRuns",
        params={"order_by": "-id", "limit": 1},
        headers={"Authorization": f"Bearer {token('ana')}"},
    )
    return dict(answer.json()["dag_runs"][0])


@pytest.mark.parametrize("mode", ["plan", "apply"])
def test_R1_R36_R38_a_flow_is_run_now_for_one_record_in_either_mode(
    otto: Person, mode: str
) -> None:
    otto.open("runs").page.get_by_role("link", name="Run a flow now").click()
    flow = otto.page.locator("select#dag")  # the list of runs has a field of the same name
    flow.wait_for()
    flow.focus()
    otto.page.keyboard.type("contacts")
    otto.page.get_by_text("This DAG is paused").wait_for()
    assert otto.page.evaluate("document.activeElement.id") == "dag"
    otto.page.get_by_label("Flow").select_option(PROJECTS)
    otto.page.get_by_label("Project number").wait_for()
    assert otto.page.url.endswith("runs/start?dag=procore_xero_projects")
    otto.page.get_by_label("Mode").select_option(mode)
    otto.page.get_by_label("Project number").fill("B-2")
    otto.press("Start")
    otto.hears("It appears among the runs")

    run = started(otto)
    assert run["conf"] == {"mode": mode, "project_number": "B-2", "full": False}
    assert "otto" in str(run["note"])
    otto.page.wait_for_url("**/runs?dag_run=*")
    otto.arrives()


def test_R1_a_flow_is_run_with_settings_of_its_own(otto: Person) -> None:
    otto.open(f"runs/start?dag={PROJECTS}")
    otto.page.locator("summary", has_text="keys may be set for one run").click()
    assert "projects.rename" in otto.text
    assert otto.violations == []
    given = otto.page.get_by_label("Settings for this run")

    given.fill("rename: auto")
    otto.press("Start")
    otto.hears("Settings for this run: this is no JSON.")
    given.fill('{"approval": {"backend": "none"}}')
    otto.press("Start")
    otto.hears("approval can't be set for one run, only in the settings file")
    given.fill('{"projects": {"rename": "auto"}}')
    otto.press("Start")
    otto.hears("It appears among the runs")

    assert started(otto)["conf"] == {
        "mode": "apply",
        "full": False,
        "settings": {"projects": {"rename": "auto"}},
    }


def test_R1_the_settings_in_force_are_shown_with_where_they_are_changed(
    vera: Person, office: Office
) -> None:
    run = office.ledger.questions.last_runs()["projects"].id
    vera.open(f"runs/{run}").page.get_by_role("link", name="As they were in force").click()
    vera.page.locator("h1", has_text="Settings in force").wait_for()
    assert "[procore_xero] schedules" in vera.text
    vera.page.get_by_label("Show").select_option("true")
    vera.page.get_by_label("Search").fill("approval")
    vera.press("Search")
    vera.page.wait_for_url("**differing=true*")
    vera.arrives()

    assert "ana@example.com" in vera.row("approval.approvers").inner_text()
    assert vera.row("approval.four_eyes").count() == 0


def test_the_overview_says_when_each_flow_runs_next_and_tells_money_apart_by_kind(
    vera: Person, office: Office
) -> None:
    a_bill(office.ledger)
    a_payment(office.ledger)
    vera.open()

    assert "nightly" in vera.row("Projects → tracking options").inner_text()
    assert vera.page.locator("p.keys span").all_inner_texts() == ["bills", "payments"]
    vera.page.locator("summary", has_text="As a table").click()
    tonight = vera.page.locator("table.fields tbody tr").last.inner_text().split()
    assert tonight[1:] == ["1", "1", "12,500.00", "12,500.00"]


def a_payment(ledger: Ledger) -> None:
    """Keep the payment of a bill."""
    run = ledger.begin_run("payments", "apply")
    link = Link(kind="payment", procore_id="3", xero_id="p", data={"amount": "12500.00"})
    ledger.close_batch(run, [], [link], ())


def test_R1_a_viewer_has_no_form_and_a_paused_flow_says_so(at_desk: Desk) -> None:
    vera = at_desk("vera").open("runs")
    assert vera.page.get_by_role("link", name="Run a flow now").count() == 0
    vera.open(f"runs/start?dag={PROJECTS}")
    assert "You may look, but not start" in vera.text
    assert vera.page.get_by_role("button", name="Start").count() == 0

    otto = at_desk("otto").open(f"runs/start?dag={PAUSED}")
    assert "This DAG is paused" in otto.text
    otto.press("Start")
    otto.hears("Unpause it first")


def test_R8_runs_are_listed_and_their_outcomes_searched(vera: Person, office: Office) -> None:
    vera.open("runs")
    assert "plan" in vera.row("Projects").first.inner_text()
    vera.page.get_by_label("Flow").focus()
    vera.page.keyboard.press("ArrowDown")
    vera.page.keyboard.press("ArrowDown")
    vera.page.keyboard.press("ArrowDown")
    assert vera.page.get_by_label("Flow").input_value() == "vendors"
    assert vera.page.url.endswith("/runs")  # nothing is asked for before Search is pressed
    vera.press("Search")
    vera.page.wait_for_url("**entity=vendors*")
    vera.arrives()
    vera.page.locator("tbody a").first.click()
    vera.page.locator("h2", has_text="What became of records").wait_for()
    vera.page.get_by_label("Search").fill("smyth")
    vera.press("Search")
    vera.page.wait_for_url("**q=smyth*")
    vera.arrives()

    assert "CONTACT_AMBIGUOUS" in vera.row("Smyth Plumbing Limited").first.inner_text()


@pytest.mark.parametrize("word", ["Riverside", "A-1", "INV-001", "terra"])
def test_R8_records_are_found_by_number_and_name(vera: Person, word: str) -> None:
    vera.open("records").page.get_by_label("Search").fill(word)
    vera.page.keyboard.press("Enter")
    vera.page.wait_for_url("**q=*")
    vera.arrives()

    assert vera.page.locator("tbody tr").count() >= 1


def test_R8_a_bill_is_found_by_its_amount(ana: Person, office: Office) -> None:
    ana.open("queue?q=12540.47").press("Accept INV-001 · Terra Works Ltd · 12,540.47")
    ana.hears("its export has been started")
    export(office)

    for amount in ("12540.47", "12,540.47"):
        assert ana.open(f"records?q={amount}").row("INV-001").count() == 1


def test_R8_a_records_story_tells_link_runs_and_who_decided(vera: Person, office: Office) -> None:
    vera.open("records?q=Riverside").page.get_by_role("link", name="A-1 Riverside").click()
    vera.page.locator("h1", has_text="A-1 Riverside").wait_for()

    assert vera.row("linked").first.inner_text()
    assert vera.page.get_by_text("created", exact=True).count() == 1
    assert "accept" in vera.row("ana").last.inner_text()
    assert vera.page.get_by_role("link", name="Open in Procore").get_attribute("href")
    assert vera.page.get_by_role("link", name="Open in Xero").get_attribute("href")
    vera.page.locator("summary", has_text="What was written").click()
    vera.page.locator(".after", has_text="Riverside").wait_for()


def test_R14_R15_a_vendors_issues_are_found_by_its_name_and_gone_once_linked_by_hand(
    otto: Person, office: Office, people: Contractor
) -> None:
    otto.open("issues?q=smyth")
    row = otto.row("Smyth Plumbing Limited").inner_text()
    assert "CONTACT_AMBIGUOUS" in row
    assert "ago" in row

    vendor = next(v for v in people.procore.vendors.values() if v["name"].startswith("Smyth"))
    contact = next(c for c in people.xero.contacts.values() if c["Name"].startswith("Smith"))
    otto.press("Link Smyth Plumbing Limited by hand")
    assert otto.page.get_by_label("Kind").last.input_value() == "vendors"
    assert otto.page.get_by_label("Id in Procore").input_value() == str(vendor["id"])
    assert otto.page.get_by_label("Id in Xero").input_value() == contact["ContactID"]
    assert otto.page.evaluate("document.activeElement.name") == "comment"
    otto.page.get_by_label("Why").fill("The same firm.")
    otto.press("Link")
    otto.hears("are one vendor now")
    run(office, "vendors")

    assert "No open issue is like that." in otto.open("issues?q=smyth").text
    otto.open(f"records/vendors/{vendor['id']}")
    assert "The same firm." in otto.row("otto").inner_text()
    otto.press("Unlink")
    otto.page.locator("dialog").get_by_role("button", name="Unlink").click()
    assert otto.page.locator("dialog[open]").count() == 1  # not without a reason
    otto.page.locator("dialog textarea").fill("They are two.")
    otto.page.locator("dialog").get_by_role("button", name="Unlink").click()
    otto.hears("They are no longer linked.")
    otto.row("They are two.").wait_for()


def test_R14_an_issue_is_ignored_with_a_reason_and_watched_again(otto: Person) -> None:
    otto.open("issues?q=smyth").press("Ignore CONTACT_AMBIGUOUS of Smyth Plumbing Limited")
    otto.page.get_by_label("Why (kept").fill("They are merging.")
    otto.press("Ignore")
    otto.hears("It is ignored.")

    otto.open("issues?ignored=true")
    assert "They are merging." in otto.row("Smyth Plumbing Limited").inner_text()
    assert otto.violations == []
    otto.press("Watch CONTACT_AMBIGUOUS of Smyth Plumbing Limited")
    otto.hears("It is back in the list.")
    assert otto.open("issues").row("Smyth Plumbing Limited").count() == 1


def test_a_link_to_what_is_linked_already_is_refused_in_a_sentence(
    otto: Person, office: Office, people: Contractor
) -> None:
    terra = next(v for v in people.procore.vendors.values() if v["name"].startswith("Terra"))
    contact = next(c for c in people.xero.contacts.values() if c["Name"].startswith("Smith"))
    otto.open("issues?entity=vendors")
    otto.page.get_by_label("Id in Procore").fill(str(terra["id"]))
    otto.page.get_by_label("Id in Xero").fill(contact["ContactID"])
    otto.press("Link")

    otto.hears("linked")
    assert otto.page.locator("#said .badly").count() == 1


def test_R14_R24_why_shows_each_condition_with_its_tick_or_cross_and_what_to_do(
    vera: Person,
) -> None:
    vera.open("why")
    vera.page.get_by_label("Kind").select_option("vendors")
    vera.page.get_by_label("Which one").fill("Smyth Plumbing Limited")
    vera.press("Search")
    vera.page.locator("tbody tr").first.wait_for()

    crossed = vera.row("CONTACT_AMBIGUOUS")
    assert crossed.locator(".mark").inner_text().split() == ["✗", "not", "met"]
    assert "by hand" in crossed.inner_text()
    assert vera.page.locator(".mark.met").count() >= 3


def test_why_of_something_that_no_run_has_met_says_so(vera: Person) -> None:
    vera.open("why?entity=projects&key=Z-99")

    assert "No run has met Z-99" in vera.text
    assert vera.violations == []


def test_a_viewer_is_shown_no_button_that_changes_something(at_desk: Desk) -> None:
    vera = at_desk("vera")
    for path in ("issues", "records?q=Riverside", "queue", "runs"):
        vera.open(path)
        names = set(vera.page.locator("main button:visible").all_inner_texts())
        assert names <= {"Search"}, path
    vera.open("issues")
    assert vera.page.get_by_text("Link two records by hand").count() == 0
