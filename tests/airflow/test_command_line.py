"""The console script beside a real Airflow."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from dev.airflow import Airflow


def test_a_connection_made_on_airflows_page_is_found(airflow: Airflow, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.db"
    connection = {"connection_id": "page", "conn_type": "sqlite", "host": str(ledger)}
    airflow.send("POST", "/connections", connection)

    command = ["-m", "airflow_provider_procore_xero.cli", "ledger", "upgrade"]
    ran = subprocess.run(
        [sys.executable, *command, "--connection", "page"],
        env=airflow.environment,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert ledger.exists()
