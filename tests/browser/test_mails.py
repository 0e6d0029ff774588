"""The mail's picture as people see it: narrow and wide, light and dark, and where it is blocked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from airflow_provider_procore_xero.notifications.mail import compose
from airflow_provider_procore_xero.sync.links import Link
from tests.browser.test_screens import Desk
from tests.flows.office import Office
from tests.notifications.pixels import a_chart
from tests.notifications.reports import a_flow, a_report, an_outcome, held
from tests.web.kept import a_held, a_run_of

PLACES = """() => {
    const image = document.querySelector("img").getBoundingClientRect();
    const cells = [...document.querySelectorAll("img + table td")];
    const days = cells.map(cell => cell.getBoundingClientRect());
    return {
        loaded: document.querySelector("img").naturalWidth,
        wide: image.width,
        high: image.height,
        beside: days.map(day => (day.left + day.right) / 2 - image.left),
        page: document.documentElement.scrollWidth,
    };
}"""
AXE = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}


def opened(browser: Browser, html: str, theme: Any, width: int) -> Page:
    """Return the mail as a mail program on a screen of this width shows it."""
    context = browser.new_context(color_scheme=theme, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.set_content(html)
    page.wait_for_function("document.querySelector('img').complete")
    return page


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("width", "shown"), [(390, 326), (700, 592)])
def test_the_picture_fits_the_mail_and_each_day_stands_under_its_bar(
    chromium: Browser, theme: str, width: int, shown: int
) -> None:
    report = a_report(a_flow(an_outcome(1), held(2)))
    html = compose(report, chart=a_chart(kept_back=(25, 0, 3)), embedded=True).html

    page = opened(chromium, html, theme, width)

    found = page.evaluate(PLACES)
    violations = Axe().run(page, options=AXE).response["violations"]
    page.context.close()
    assert (found["loaded"], found["wide"], found["page"]) == (1184, shown, width)
    assert found["high"] == pytest.approx(shown * 340 / 1184, abs=1)
    middles = [shown / 14 * (night + 0.5) for night in range(14)]
    assert found["beside"] == pytest.approx(middles, abs=3)
    assert violations == []


def test_where_no_picture_is_loaded_its_figures_are_read_instead(chromium: Browser) -> None:
    chart = a_chart()

    page = opened(chromium, compose(a_report(), chart=chart).html, "dark", 390)

    assert page.evaluate(PLACES)["loaded"] == 0
    assert page.get_by_role("img").get_attribute("alt") == chart.figures
    page.context.close()


def test_the_file_of_a_report_may_show_its_picture(at_desk: Desk, office: Office) -> None:
    with time_machine.travel(datetime.now(UTC) - timedelta(days=1), tick=False):
        office.ledger.save_links([Link(kind="payment", procore_id="1", xero_id="x1")])
    run = a_run_of(office.ledger, a_held("7"), dag_run="this night")
    vera = at_desk("vera")
    address = f"{vera.address}/procore-xero/api/runs/{run}/report"
    answer = vera.page.context.request.get(address)
    headers = {k: v for k, v in answer.headers.items() if k.startswith("content-security")}

    vera.page.route(
        "**/report",
        lambda way: way.fulfill(headers=headers, body=answer.text(), content_type="text/html"),
    )
    vera.page.goto(address)

    vera.page.wait_for_function("document.querySelector('img').complete")
    assert vera.page.evaluate(PLACES)["loaded"] == 1184
