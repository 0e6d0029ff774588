"""The shell of a screen: small, and it names at once whatever the screen is made of."""

from __future__ import annotations

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
