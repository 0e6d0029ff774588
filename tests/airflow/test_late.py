"""A run that hangs is told of while it hangs, by Airflow's own deadline and triggerer."""

from __future__ import annotations

import time
from pathlib import Path

from dev.airflow import COMPONENTS, Airflow
from dev.mailbox import Mailbox

SETTINGS = "notifications: {to: [nights@example.com]}\n"


def test_who_gets_the_mails_hears_of_a_run_that_is_still_open_at_its_deadline(
    tmp_path: Path, mailbox: Mailbox
) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text(SETTINGS)
    environment = {
        "AIRFLOW_CONN_SMTP_DEFAULT": mailbox.connection(),
        "AIRFLOW__PROCORE_XERO__SETTINGS": str(settings),
    }
    dags = Path(__file__).with_name("dags")
    components = (*COMPONENTS, "triggerer")
    home = tmp_path / "airflow"
    mailbox.clear()

    with Airflow(home, dags, environment=environment, components=components) as airflow:
        airflow.wait_for_dag("hangs")
        airflow.unpause("hangs")
        airflow.trigger("hangs", {})
        patience = time.monotonic() + 90
        while not mailbox.mails and time.monotonic() < patience:
            time.sleep(1)

    (mail,) = mailbox.mails
    assert mail.subject == "LATE · hangs is still running"
    assert mail.recipients == ("nights@example.com",)
    assert "Marking the run failed loses nothing" in mail.html
