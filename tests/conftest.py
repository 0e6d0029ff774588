"""What every test needs before the first ``import airflow``: a home of its own, thrown away after.

Airflow reads its configuration, and creates its home, when it is imported; so this runs first.
"""

from __future__ import annotations

import atexit
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator

import pytest

from dev.postgres import scratch_database

for _name in [each for each in os.environ if each.startswith("AIRFLOW")]:
    del os.environ[_name]

# Each pytest process, with xdist each worker, gets one.
_home = tempfile.mkdtemp(prefix="airflow-tests-")
atexit.register(shutil.rmtree, _home, ignore_errors=True)

os.environ.update(
    AIRFLOW_HOME=_home,
    AIRFLOW__CORE__LOAD_EXAMPLES="False",
    AIRFLOW__CORE__UNIT_TEST_MODE="False",
    # A key for tests only: tokens in a ledger are encrypted with it.
    AIRFLOW__CORE__FERNET_KEY="dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
    AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=f"sqlite:///{_home}/airflow.db",
    AIRFLOW__USAGE_DATA_COLLECTION__ENABLED="False",
)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say how many faults were tried: of ``tests/faults``, from whichever process ran them."""
    tried: Counter[str] = Counter()
    possible: Counter[str] = Counter()
    for report in terminalreporter.stats.get("passed", []):
        for name, value in report.user_properties:
            if name == "fault matrix":
                what, cases, of = value
                tried[what] += cases
                possible[what] += of
    if tried:
        parts = "; ".join(f"{what}: {n} of {possible[what]}" for what, n in sorted(tried.items()))
        terminalreporter.write_line(f"fault matrix: {tried.total()} cases: {parts}")


@pytest.fixture(autouse=True)
def nothing_masked() -> None:
    """Let Airflow forget the secrets of the tests before: one more pattern slows every line."""
    for name in ("airflow._shared.secrets_masker", "airflow.sdk._shared.secrets_masker"):
        if masker := sys.modules.get(name):
            masker.reset_secrets_masker()


@pytest.fixture
def postgres() -> Iterator[str]:
    """Return the URL of an empty PostgreSQL database of the test's own, or skip the test."""
    url = os.environ.get("PROCORE_XERO_TEST_POSTGRES")
    if not url:
        pytest.skip("PROCORE_XERO_TEST_POSTGRES names no PostgreSQL")
    with scratch_database(url) as scratch:
        yield scratch
