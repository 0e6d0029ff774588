"""The page in a real Chromium, served on a port by Airflow's own app in this process.

The ledger was filled by the flows themselves, from both systems on another port. What a decision
starts is a real DAG run that waits in Airflow; :func:`export` is its worker.
"""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
import yaml
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, sync_playwright

from airflow_provider_procore_xero.apis import transport
from tests.browser.company import CONNECTOR, fill
from tests.flows.contractor import Contractor
from tests.flows.office import Kept, Office, Server, empty_ledger
from tests.web import conftest as served
from tests.web.conftest import DAGS, token

airflow_app = served.airflow_app
NO_CHROMIUM = (
    "The page was not opened in a browser: there is no chromium on the path, and"
    " PROCORE_XERO_TEST_CHROMIUM names none (on Debian: apt-get install chromium)"
)
CHROMIUM = os.environ.get("PROCORE_XERO_TEST_CHROMIUM") or shutil.which("chromium")
collect_ignore_glob = [] if CHROMIUM else ["test_[!a]*.py"]  # test_a_browser.py says why
UNPAUSED = ("procore_xero_projects", "procore_xero_export_accepted", "procore_xero_nightly")
PAUSED = "procore_xero_contacts"


class Person:
    """Somebody with the page open.

    :param name: ``vera`` may look, ``otto`` may run, ``ana`` may decide; None has no session.
    """

    def __init__(
        self, browser: Browser, address: str, name: str | None, theme: str, width: int
    ) -> None:
        self.address = address
        self._context = browser.new_context(
            color_scheme=theme,  # type: ignore[arg-type]
            viewport={"width": width, "height": 900},
            accept_downloads=True,
        )
        self._context.set_default_timeout(15_000)
        if name:
            self._context.add_cookies([{"name": "_token", "value": token(name), "url": address}])
        self.page: Page = self._context.new_page()
        self.ran: list[str] = []
        self.page.on("pageerror", lambda error: self.ran.append(f"error: {error}"))
        self.page.on("dialog", lambda dialog: (self.ran.append("alert"), dialog.dismiss()))
        self.page.on("console", self._heard)

    def _heard(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.ran.append(message.text)

    def open(self, path: str = "") -> Person:
        """Open a screen by its address below the page's."""
        self.page.goto(f"{self.address}/procore-xero/{path}")
        return self.arrives()

    def arrives(self) -> Person:
        """Wait until the screen is there."""
        self.page.wait_for_selector("main[aria-busy=false]")
        return self

    def press(self, name: str) -> None:
        """Press the button of this very name."""
        self.page.get_by_role("button", name=name, exact=True).last.click()

    def hears(self, text: str) -> None:
        """Wait until the page says so."""
        self.page.locator("#said", has_text=text).wait_for()

    def row(self, text: str) -> Locator:
        """Return the row with *text* in it."""
        return self.page.locator("table:not(.fields) > tbody > tr", has_text=text)

    @property
    def text(self) -> str:
        return self.page.locator("main").inner_text()

    @property
    def violations(self) -> list[str]:
        """What axe finds wrong, each with the first element that is."""
        found = Axe().run(self.page).response["violations"]
        return [f"{v['id']}: {v['help']}: {v['nodes'][0]['html'][:200]}" for v in found]

    def leave(self) -> None:
        self._context.close()


@pytest.fixture(scope="session")
def address(airflow_app: Any) -> Iterator[str]:
    """Serve Airflow on a port, with four of our DAGs."""
    _know_our_dags()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(airflow_app, host="127.0.0.1", port=port, log_level="critical")
    )
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join(20)


def _know_our_dags() -> None:
    from airflow.dag_processing.bundles.manager import DagBundlesManager
    from airflow.dag_processing.dagbag import DagBag, sync_bag_to_db
    from airflow.models.dag import DagModel
    from airflow.utils.session import create_session

    DagBundlesManager().sync_bundles_to_db()
    for dag_id in (*UNPAUSED, PAUSED):
        bag = DagBag(DAGS / f"{dag_id}.py", bundle_path=DAGS, bundle_name="dags-folder")
        assert not bag.import_errors
        sync_bag_to_db(bag, "dags-folder", None)
    with create_session() as session:
        for dag_id in (*UNPAUSED, PAUSED):
            session.get(DagModel, dag_id).is_paused = dag_id == PAUSED


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    # Of a module, not of the session: while it is open, no other test can run an event loop.
    with sync_playwright() as run:
        browser = run.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Path, Kept]]:
    """Return a server, an empty ledger, and a company with some nights behind it."""
    folder = tmp_path_factory.mktemp("company")
    server, template = Server(), empty_ledger(folder / "empty.db")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transport, "_back_off", lambda state: 0.0)
        office = Office(server, folder, template, patch)
        office.reset()
        fill(office, Contractor(office.simulator))
        kept = office.keep()
    yield server, template, kept
    server.stop()


@pytest.fixture
def office(
    chromium: Browser,
    company: tuple[Server, Path, Kept],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Office:
    """Return the office as it is in the morning; the page shows its ledger."""
    server, template, kept = company
    path = tmp_path / "settings.yaml"
    path.write_text(yaml.safe_dump(CONNECTOR))
    monkeypatch.setattr(transport, "_back_off", lambda state: 0.0)
    monkeypatch.setenv("AIRFLOW__PROCORE_XERO__SETTINGS", str(path))
    made = Office(server, tmp_path, template, monkeypatch)
    made.back_to(kept)
    for _ in range(50):  # small lists are kept by DAG run: no night of the company's comes again
        made.next_night()
    return made


@pytest.fixture
def people(office: Office) -> Contractor:
    return Contractor(office.simulator)


@pytest.fixture
def at_desk(chromium: Browser, address: str, office: Office) -> Iterator[Callable[..., Person]]:
    """Return how to let somebody open the page; nothing but our own scripts may have run there."""
    here: list[Person] = []

    def sits_down(name: str | None, *, theme: str = "light", width: int = 1280) -> Person:
        here.append(Person(chromium, address, name, theme, width))
        return here[-1]

    yield sits_down
    for person in here:
        person.leave()
    assert [person.ran for person in here] == [[] for _ in here]


@pytest.fixture
def vera(at_desk: Callable[..., Person]) -> Person:
    return at_desk("vera")


@pytest.fixture
def otto(at_desk: Callable[..., Person]) -> Person:
    return at_desk("otto")


@pytest.fixture
def ana(at_desk: Callable[..., Person]) -> Person:
    return at_desk("ana")
