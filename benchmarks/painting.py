"""How long a screen of the page takes until its rows are there, in a real browser."""

from __future__ import annotations

import os
import shutil
from statistics import median
from typing import Any

from benchmarks.table import Row

TARGET_MS = 1000
SCREENS = {
    "Overview": "",
    "Runs": "runs",
    "Records": "records",
    "Issues": "issues",
    "Queue": "queue",
    "Reconciliation": "reconciliation",
}
# What is measured is the frame that shows the screen when it is no longer busy.
_WATCH = """
const shown = () => requestAnimationFrame(() => {
  document.documentElement.dataset.painted = performance.now();
});
addEventListener("DOMContentLoaded", () => {
  const look = () => {
    const main = document.querySelector("main[aria-busy=false]");
    if (main && main.innerText.trim()) return requestAnimationFrame(shown);
    requestAnimationFrame(look);
  };
  look();
});
"""


def painted(database: str, address: str, session: str, rounds: int) -> list[Row]:
    """Return a row for each screen; none where there is no browser."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        return []
    if chromium is None:
        return []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        rows = [
            _row(
                name,
                database,
                [_milliseconds(browser, address, path, session) for _ in range(rounds)],
            )
            for name, path in SCREENS.items()
        ]
        browser.close()
    return rows


def _milliseconds(browser: Any, address: str, path: str, session: str) -> float:
    """Return what one visit takes from its beginning, with nothing kept from another."""
    context = browser.new_context()
    origin = address.rpartition("/")[0]
    context.add_cookies([{"name": "_token", "value": session, "url": origin}])
    context.add_init_script(_WATCH)
    page = context.new_page()
    page.goto(f"{address}/{path}")
    taken = float(page.wait_for_selector("html[data-painted]").get_attribute("data-painted"))
    context.close()
    return taken


def _row(name: str, database: str, taken: list[float]) -> Row:
    return Row(
        name=f"B17 first paint of {name}, {database}",
        ours=f"p50 {median(taken):.0f}, most {max(taken):.0f} ms",
        floor="-",
        figure=max(taken),
        target=TARGET_MS,
    )
