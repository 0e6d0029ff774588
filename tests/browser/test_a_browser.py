"""Whether there is a browser to open the page in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import CHROMIUM, NO_CHROMIUM


def test_there_is_a_chromium_to_open_the_page_in() -> None:
    if CHROMIUM is None:
        pytest.skip(NO_CHROMIUM)
    assert Path(CHROMIUM).is_file()
