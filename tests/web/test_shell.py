"""The shell of a screen: small, and it names at once whatever the screen is made of."""

from __future__ import annotations

import html
import json
import re

import pytest

from airflow_provider_procore_xero.web.page import SCREENS
from tests.web.conftest import Browser


@pytest.mark.parametrize("screen", SCREENS)
def test_the_shell_asks_for_every_script_of_its_screen_ahead(vera: Browser, screen: str) -> None:
    shell = vera.get(f"/{screen}")

    ahead = re.findall(r'rel="modulepreload" href="([^"]+)"', shell.text)
    names = {path.split("/", 2)[2] for path in ahead}
    assert {"app.js", "dom.js", f"screens/{screen}.js"} <= names
    assert [vera.get(f"/{path}").status_code for path in ahead] == [200] * len(ahead)
    assert "{{" not in shell.text


def test_a_screen_does_not_ask_for_the_scripts_of_others(vera: Browser) -> None:
    shell = vera.get("/queue")

    assert "screens/records.js" not in shell.text
    assert "chart.js" not in shell.text


@pytest.mark.parametrize("name", ["vera", "ana"])
def test_the_shell_says_who_is_calling_as_the_api_does(
    name: str, request: pytest.FixtureRequest
) -> None:
    browser = request.getfixturevalue(name)

    (told,) = re.findall(r'data-me="([^"]+)"', browser.get("/queue").text)

    assert json.loads(html.unescape(told)) == browser.get("/api/me").json()


def test_settings_that_cannot_be_used_are_told_in_words_in_place_of_a_screen(
    ana: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AIRFLOW__PROCORE_XERO__SETTINGS", "/nowhere/settings.yaml")

    answer = ana.send("GET", "/queue", headers={"accept": "text/html"})

    assert answer.status_code == 503
    assert answer.headers["content-type"].startswith("text/html")
    assert "/nowhere/settings.yaml" in answer.text
