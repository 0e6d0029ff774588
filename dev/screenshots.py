"""``python -m dev.screenshots``: every screen of the page, light and dark, into ``docs/images``.

Takes them of a fresh ``make up``, whose address is given. On the way two claims are accepted,
one is rejected and one issue ignored, so that no screen is empty.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

import httpx
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from dev.mail import a_mail

IMAGES = Path(__file__).parents[1] / "docs" / "images"
WHO = "approver"
WIDTH, HEIGHT = 1280, 800
NARROW = 390
NARROW_SCREENS = {"narrow-overview": "", "narrow-queue": "queue", "narrow-issues": "issues"}
COLOURS = 128
MOST = 150_000
"""Bytes of the largest picture that is kept."""
SCREENS = {
    "overview": "",
    "runs": "runs",
    "run": "runs/{run}",
    "settings": "settings",
    "start": "runs/start?dag=procore_xero_projects",
    "records": "records?q=terra",
    "record": "records/subcontractor_invoices/{bill}",
    "issues": "issues",
    "why": "why?entity=contacts&key=Boulder+Drilling+Inc",
    "reconciliation": "reconciliation?differing=true",
    "issues-ignored": "issues?ignored=true",
    "error": "runs/nosuchrun",
    "queue": "queue",
    "queue-synced": "queue?state=synced",
    "queue-rejected": "queue?state=rejected",
}


def main() -> int:
    """Take all pictures; 1 where one is too large."""
    given = _arguments()
    token = _token(given.url)
    headers = {"Authorization": f"Bearer {token}"}
    base = f"{given.url}/procore-xero/api/"
    with httpx.Client(base_url=base, headers=headers) as api, sync_playwright() as run:
        IMAGES.mkdir(exist_ok=True)
        path = os.environ.get("PROCORE_XERO_TEST_CHROMIUM") or shutil.which("chromium")
        browser = run.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for theme in ("light", "dark"):  # before the next export, which tries what failed again
            page = _page(browser, given.url, token, theme)
            page.goto(f"{given.url}/procore-xero/queue?state=failed_to_export")
            page.get_by_role("button", name="Retry ").first.wait_for()
            _take(page, f"queue-failed-{theme}")
        _decide(api)
        ids = _ids(api)
        for theme in ("light", "dark"):
            page = _page(browser, given.url, token, theme)
            for name, address in SCREENS.items():
                page.goto(f"{given.url}/procore-xero/{address.format(**ids)}")
                page.wait_for_selector("main[aria-busy=false]")
                _take(page, f"{name}-{theme}")
            _opened(page, given.url, theme)
            _linking(page, given.url, theme)
            _rejecting(page, given.url, theme)
            _in_airflow(page, given.url, theme)
            mail(browser, theme)
            page.set_viewport_size({"width": NARROW, "height": HEIGHT})
            for name, address in NARROW_SCREENS.items():
                page.goto(f"{given.url}/procore-xero/{address}")
                page.wait_for_selector("main[aria-busy=false]")
                _take(page, f"{name}-{theme}")
        browser.close()
    return _too_large()


def _decide(api: httpx.Client) -> None:
    """Leave something on each screen of the queue, and one issue that is ignored."""
    rows = api.get("queue").raise_for_status().json()["rows"]
    if api.get("queue", params={"state": "rejected"}).json()["rows"]:
        return
    for row in rows[:2]:
        api.post(f"queue/{row['id']}/accept", json={"hash": row["hash"]}).raise_for_status()
    why = {"hash": rows[2]["hash"], "comment": "The retainage of May is missing."}
    api.post(f"queue/{rows[2]['id']}/reject", json=why).raise_for_status()
    (issue, *_) = api.get("issues", params={"q": "sage300"}).raise_for_status().json()["rows"]
    why = {"comment": "The vendor stays with the other integration until March."}
    api.post(f"issues/{issue['id']}/ignore", json=why).raise_for_status()


def _ids(api: httpx.Client) -> dict[str, str]:
    runs = api.get("runs", params={"entity": "subcontractor_invoices"}).json()["rows"]
    synced = api.get("queue", params={"state": "synced"}).json()["rows"]
    full = max(runs, key=lambda each: int(each["counts"].get("created", 0)))
    return {"run": full["id"], "bill": synced[0]["source_id"]}


def _page(browser: Browser, url: str, token: str, theme: str) -> Page:
    context = browser.new_context(
        viewport={"width": WIDTH, "height": HEIGHT},
        color_scheme="dark" if theme == "dark" else "light",
        locale="en-NZ",
    )
    context.add_cookies([{"name": "_token", "value": token, "url": url}])
    return context.new_page()


def _opened(page: Page, url: str, theme: str) -> None:
    page.goto(f"{url}/procore-xero/queue")
    page.locator("summary", has_text="fields").first.click()
    _take(page, f"queue-fields-{theme}")


def _linking(page: Page, url: str, theme: str) -> None:
    page.goto(f"{url}/procore-xero/issues?entity=contacts")
    page.get_by_role("button", name="by hand").first.click()
    page.get_by_label("Why").fill("The same firm.")
    _take(page, f"link-{theme}")


def _rejecting(page: Page, url: str, theme: str) -> None:
    page.goto(f"{url}/procore-xero/queue")
    page.get_by_role("button", name="Reject ").first.click()
    page.locator("dialog textarea").fill("The retainage of May is missing.")
    _take(page, f"queue-reject-{theme}")


def _in_airflow(page: Page, url: str, theme: str) -> None:
    page.goto(f"{url}/plugin/procore_xero")
    page.frame_locator("iframe").locator("main[aria-busy=false]").wait_for()
    _take(page, f"airflow-{theme}")


def mail(browser: Browser, theme: str) -> None:
    """Take a picture of a mail about a made-up night."""
    page = browser.new_page(
        viewport={"width": 680, "height": 960},
        color_scheme="dark" if theme == "dark" else "light",
    )
    page.set_content(a_mail())
    page.wait_for_function("document.querySelector('img').complete")
    _take(page, f"mail-{theme}")
    page.close()


def _take(page: Page, name: str) -> None:
    path = IMAGES / f"{name}.png"
    page.screenshot(path=path)
    with Image.open(path) as taken:
        few = taken.convert("RGB").quantize(COLOURS)
    few.save(path, optimize=True)
    print(f"  {name:<24} {path.stat().st_size / 1000:5.0f} kB")


def _too_large() -> int:
    large = [p.name for p in IMAGES.glob("*.png") if p.stat().st_size > MOST]
    if large:
        print(f"Larger than {MOST // 1000} kB: {', '.join(large)}")
    return 1 if large else 0


def _token(url: str) -> str:
    answer = httpx.post(f"{url}/auth/token", json={"username": WHO, "password": WHO})
    return str(answer.raise_for_status().json()["access_token"])


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.screenshots", description=__doc__)
    parser.add_argument("url", help="what `make up` prints, such as http://127.0.0.1:40177")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
