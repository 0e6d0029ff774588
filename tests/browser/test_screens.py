"""Every screen: found by its address, light and dark, wide and narrow, by key, and by axe."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from airflow_provider_procore_xero.ledger.facts import Queued
from airflow_provider_procore_xero.sync.plan import Reason
from tests.browser.company import HOSTILE
from tests.browser.conftest import Person
from tests.flows.office import Office
from tests.web.kept import a_held, a_run_of

Desk = Callable[..., Person]
SCREENS = {
    "": "Overview",
    "runs": "Runs",
    "runs/{run}": "Projects → tracking options success",
    "runs/start?dag=procore_xero_projects": "Run a flow now",
    "records": "Records",
    "records/projects/{riverside}": "A-1 Riverside",
    "issues": "Issues",
    "queue": "Queue",
    "queue?state=synced": "Queue",
    "queue?state=failed_to_export": "Queue",
    "queue?state=rejected": "Queue",
    "why?entity=projects&key=B-2": "Why is it not there?",
    "reconciliation": "Reconciliation",
    "settings": "Settings in force",
}


def address_of(path: str, office: Office) -> str:
    """Return a screen's address with the ids of this ledger."""
    (riverside,) = (r for r in office.ledger.queue.page("synced") if r.title == "A-1 Riverside")
    run = office.ledger.questions.last_runs()["projects"]
    return path.format(run=run.id, riverside=riverside.source_id)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("path", SCREENS)
def test_a_screen_opens_by_its_address_fits_a_narrow_screen_and_axe_finds_nothing(
    at_desk: Desk, office: Office, path: str, theme: str
) -> None:
    ana = at_desk("ana", theme=theme).open(address_of(path, office))

    assert ana.page.locator("h1").first.inner_text().startswith(SCREENS[path].split(" success")[0])
    assert ana.page.locator("html").get_attribute("data-theme") == theme
    assert ana.violations == []
    ana.page.set_viewport_size({"width": 390, "height": 800})
    assert ana.page.evaluate("document.documentElement.scrollWidth") <= 390


def test_axe_finds_nothing_in_a_question_that_is_asked(at_desk: Desk) -> None:
    for theme in ("light", "dark"):
        ana = at_desk("ana", theme=theme).open("queue")
        ana.press("Reject B-2 Harbour")
        assert ana.page.locator("dialog[open]").count() == 1
        assert ana.violations == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_page_stands_in_airflows_navigation_in_its_theme(at_desk: Desk, theme: str) -> None:
    ana = at_desk("ana", theme=theme)
    ana.page.goto(ana.address)
    ana.page.get_by_role("link", name="Procore ↔ Xero").click()
    frame = ana.page.frame_locator("iframe")
    frame.locator("main[aria-busy=false]").wait_for()
    assert frame.locator("html").get_attribute("data-theme") == theme

    frame.get_by_role("link", name="Queue", exact=True).click()
    frame.get_by_role("row", name="B-2 Harbour").wait_for()
    frame.get_by_role("button", name="Reject B-2 Harbour").click()
    assert frame.locator("dialog[open]").count() == 1

    ana.ran = [each for each in ana.ran if "procore-xero" in each]  # Airflow's own are not ours


def test_addresses_lead_on_and_the_back_button_back(vera: Person) -> None:
    vera.open("records?q=Riverside")
    vera.page.get_by_role("link", name="A-1 Riverside").click()
    vera.page.locator("h1", has_text="A-1 Riverside").wait_for()

    vera.page.go_back()
    vera.arrives()

    assert vera.page.get_by_label("Search").input_value() == "Riverside"
    assert vera.row("A-1 Riverside").count() == 1


def test_without_a_session_the_page_leads_to_airflows_sign_in(at_desk: Desk) -> None:
    nobody = at_desk(None)
    nobody.page.goto(f"{nobody.address}/procore-xero/queue")

    assert "Sign in to Airflow first." in nobody.page.locator("body").inner_text()
    assert nobody.violations == []
    nobody.page.get_by_role("link", name="Sign in").click()
    nobody.page.get_by_role("button", name="Sign in").wait_for()
    assert "procore-xero" in nobody.page.url


def test_what_is_not_there_is_said_in_a_sentence(vera: Person) -> None:
    vera.open("runs/nosuchrun")
    assert "nosuchrun" in vera.page.get_by_role("alert").inner_text()
    assert vera.violations == []

    vera.page.goto(f"{vera.address}/procore-xero/payroll")
    assert "There is no screen 'payroll'" in vera.page.locator("body").inner_text()
    assert vera.violations == []


def test_a_ledger_that_is_down_is_a_sentence_and_comes_back(
    vera: Person, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = office.ledger_path
    vera.open("queue")
    with monkeypatch.context():
        office.use_ledger(here.parent / "no-such-folder" / "ledger.db")
        vera.open("issues")
        assert "can’t be shown" in vera.page.get_by_role("alert").inner_text()
        assert "ledger" in vera.page.get_by_role("alert").inner_text()
        assert vera.violations == []

    office.use_ledger(here)
    vera.press("Try again")
    vera.row("Smyth Plumbing Limited").first.wait_for()


def test_markup_in_what_records_are_called_is_text_on_every_screen(
    ana: Person, office: Office
) -> None:
    why = Reason(code="CONTACT_AMBIGUOUS", sentence=HOSTILE, fix=HOSTILE)
    url = "javascript:alert(3)"
    run = a_run_of(office.ledger, a_held("66", why, title=HOSTILE, procore_url=url))
    office.ledger.queue.save(
        [
            Queued(
                entity="projects", source_id="66", state="ready_to_export", what="create",
                title=HOSTILE, name=HOSTILE, hash="a" * 16, read="r1", payload={HOSTILE: HOSTILE},
                creator=f"{HOSTILE} <x@example.com>", vendor=HOSTILE, project=HOSTILE,
                procore_url=url,
            )
        ]
    )  # fmt: skip

    paths = (f"runs/{run}", "records?q=img", "records/projects/66", "issues", "queue")
    for path in (*paths, "why?key=66&entity=projects"):
        ana.open(path)
        assert HOSTILE in ana.text, path
        assert ana.page.locator("main img, main script, a[href^=javascript]").count() == 0
    ana.open("queue").press(f"Reject {HOSTILE}")
    assert HOSTILE in ana.page.locator("dialog").inner_text()
