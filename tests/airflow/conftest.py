"""A real Airflow, with a mailbox, for all tests of a module that need nothing special."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dev.airflow import Airflow
from dev.mailbox import Mailbox


@pytest.fixture(scope="session")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    with Mailbox(tmp_path_factory.mktemp("mail")) as mailbox:
        yield mailbox


@pytest.fixture(scope="module")  # not of the session: a scheduler is never idle
def airflow(tmp_path_factory: pytest.TempPathFactory, mailbox: Mailbox) -> Iterator[Airflow]:
    home = tmp_path_factory.mktemp("airflow")
    environment = {"AIRFLOW_CONN_SMTP_DEFAULT": mailbox.connection()}
    with Airflow(home, Path(__file__).with_name("dags"), environment=environment) as airflow:
        yield airflow
