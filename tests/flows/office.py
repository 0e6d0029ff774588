"""A small contractor's office: two systems on a port, a ledger, and nights that sync them."""

from __future__ import annotations

import copy
import json
import shutil
import socket
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from sqlalchemy import select, update

from airflow_provider_procore_xero.apis import limits
from airflow_provider_procore_xero.hooks.ledger import LedgerHook
from airflow_provider_procore_xero.hooks.pair import pair_of
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.ledger.migrate import upgrade
from airflow_provider_procore_xero.ledger.tables import intents
from airflow_provider_procore_xero.operators.base import SyncOperator
from airflow_provider_procore_xero.operators.bill_payments import (
    BillPaymentsToCommitmentPaymentsOperator,
)
from airflow_provider_procore_xero.operators.commitment_change_orders import (
    CommitmentChangeOrdersToPurchaseOrdersOperator,
)
from airflow_provider_procore_xero.operators.commitments import CommitmentsToPurchaseOrdersOperator
from airflow_provider_procore_xero.operators.contacts import ContactsToVendorsOperator
from airflow_provider_procore_xero.operators.cost_codes import CostCodesToTrackingOptionsOperator
from airflow_provider_procore_xero.operators.direct_costs import BillsToDirectCostsOperator
from airflow_provider_procore_xero.operators.items import CostCodesToItemsOperator
from airflow_provider_procore_xero.operators.job_costs import JobCostsOperator
from airflow_provider_procore_xero.operators.journal_entries import (
    JournalEntriesToDirectCostsOperator,
)
from airflow_provider_procore_xero.operators.projects import ProjectsToTrackingOptionsOperator
from airflow_provider_procore_xero.operators.reconcile import ReconcileOperator
from airflow_provider_procore_xero.operators.subcontractor_invoices import (
    SubcontractorInvoicesToBillsOperator,
)
from airflow_provider_procore_xero.operators.vendors import VendorsToContactsOperator
from airflow_provider_procore_xero.simulator.calls import Call
from airflow_provider_procore_xero.simulator.server import Simulator
from airflow_provider_procore_xero.sync.report import Outcome

NIGHT: dict[str, type[SyncOperator]] = {
    "projects": ProjectsToTrackingOptionsOperator,
    "contacts": ContactsToVendorsOperator,
    "vendors": VendorsToContactsOperator,
    "cost_codes": CostCodesToTrackingOptionsOperator,
    "items": CostCodesToItemsOperator,
    "commitments": CommitmentsToPurchaseOrdersOperator,
    "commitment_change_orders": CommitmentChangeOrdersToPurchaseOrdersOperator,
    "subcontractor_invoices": SubcontractorInvoicesToBillsOperator,
    "payments": BillPaymentsToCommitmentPaymentsOperator,
    "direct_costs": BillsToDirectCostsOperator,
    "journal_entries": JournalEntriesToDirectCostsOperator,
    "job_costs": JobCostsOperator,
    "reconciliation": ReconcileOperator,
}
"""All flows of the nightly DAG, in its order."""
FLOWS: dict[str, type[SyncOperator]] = {
    flow: NIGHT[flow]
    for flow in ("projects", "contacts", "cost_codes", "subcontractor_invoices", "payments")
}
"""Those that the classic profile cannot do without: what a night runs unless told otherwise."""
SETTINGS: dict[str, Any] = {
    "profile": "dimension_classic",
    "accounts": {"expense": "310"},
    "bills": {"retainage_account": "850"},
}
NO_LIMITS: dict[str, Any] = {
    "minute_limit": 10**6,
    "day_limit": 10**6,
    "rate_limits": False,
    "spike_limit": 10**6,
    "hourly_limit": 10**6,
}
TENANT = "c3d50000-0000-4000-8000-00000000cafe"
TOKENS = ("/oauth/token", "/connect/token")


class Task:
    """As much of a task instance as the operators look at."""

    dag_id = "nightly"
    map_index = -1

    def __init__(self, task_id: str, try_number: int) -> None:
        self.task_id = task_id
        self.try_number = try_number
        self.pushed: dict[str, Any] = {}

    def xcom_push(self, key: str, value: Any) -> None:
        self.pushed[key] = value


class Server:
    """The simulator on a free port of this machine, for as many tests as want it."""

    def __init__(self) -> None:
        self.simulator = Simulator(world="empty", **NO_LIMITS)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        config = uvicorn.Config(
            self.simulator.app, host="127.0.0.1", port=self.port, log_level="critical"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        while not self._server.started:
            time.sleep(0.01)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(10)


@dataclass(frozen=True)
class Kept:
    """Both systems and the ledger at one moment."""

    sides: dict[str, dict[str, Any]]
    ledger: Path


class Office:
    """Both systems, the ledger, and the runs that a night consists of.

    :param folder: where ledgers lie.
    :param template: an empty ledger, to copy instead of making one.
    """

    def __init__(
        self, server: Server, folder: Path, template: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self.simulator = server.simulator
        self.url = server.url
        self.settings: dict[str, Any] = dict(SETTINGS)
        self._folder, self._template, self._monkeypatch = folder, template, monkeypatch
        self._nights = self._ledgers = 0
        self.last: dict[str, Task] = {}
        # Nothing here speaks TLS; reading certificates would cost more than the calls.
        monkeypatch.delenv("SSL_CERT_FILE", raising=False)
        monkeypatch.setenv("SSL_CERT_DIR", str(folder))
        self.connect()
        self.new_ledger()

    # Setting up

    def reset(self, world: str = "empty", **switches: Any) -> None:
        """Build the world anew, without rate limits unless *switches* say so."""
        clock = self.simulator.clock
        clock.thaw()
        clock.advance((datetime.now(UTC) - clock.now()).total_seconds())
        self.simulator.reset(world=world, **{**NO_LIMITS, **switches})
        forget_limits()

    def connect(
        self, procore: Mapping[str, Any] | None = None, xero: Mapping[str, Any] | None = None
    ) -> None:
        """Make the two connections; what is given stands in for the right value."""
        mine = {
            "conn_type": "procore",
            "host": self.url,
            "login": "procore-client",
            "password": "procore-secret",
            "extra": {"company_id": 4281379, "login_host": self.url},
        }
        theirs = {
            "conn_type": "xero",
            "host": self.url,
            "login": "xero-client",
            "password": "xero-secret",
            "extra": {"tenant_id": TENANT, "identity_host": self.url, "web_host": self.url},
        }
        self._connection("PROCORE_DEFAULT", {**mine, **(procore or {})})
        self._connection("XERO_DEFAULT", {**theirs, **(xero or {})})

    def _connection(self, name: str, fields: Mapping[str, Any]) -> None:
        self._monkeypatch.setenv(f"AIRFLOW_CONN_{name}", json.dumps(fields))

    def new_ledger(self, copy_of: Path | None = None) -> Path:
        """Use an empty ledger from now on, or a copy of another one."""
        self._ledgers += 1
        path = self._folder / f"ledger-{self._ledgers}.db"
        if copy_of is None:
            shutil.copy(self._template, path)
        else:
            copied(copy_of, path)
        return self.use_ledger(path)

    def reset_limits(self) -> None:
        """Let the time pass until every rate limit has lifted."""
        self.simulator.faults.clear()
        forget_limits()
        with closing(sqlite3.connect(self.ledger_path)) as ledger, ledger:
            ledger.execute("DELETE FROM allowances")

    def let_pass(self, seconds: float) -> None:
        """Let every open intent be so much older."""
        still_open = intents.c.closed_at.is_(None)
        with self.ledger._write() as connection:
            for row in connection.execute(select(intents).where(still_open)).all():
                one = update(intents).where(intents.c.id == row.id)
                connection.execute(one.values(sent_at=row.sent_at - timedelta(seconds=seconds)))

    def use_ledger(self, path: Path) -> Path:
        """Open the ledger at *path* from now on."""
        self.ledger_path = path
        self._connection("PROCORE_XERO_LEDGER", {"conn_type": "sqlite", "host": str(path)})
        return path

    def keep(self) -> Kept:
        """Return both systems and the ledger as they are now, to come back to."""
        path = copied(self.ledger_path, self._folder / f"kept-{self._ledgers}.db")
        return Kept(sides=kept_sides(self.simulator), ledger=path)

    def back_to(self, kept: Kept) -> None:
        """Put both systems and the ledger back to what they were."""
        put_back(self.simulator, kept.sides)
        forget_limits()
        self.new_ledger(kept.ledger)

    def use_postgres(self, url: str) -> None:
        """Open the ledger in a PostgreSQL from now on."""
        self._connection("PROCORE_XERO_LEDGER", {"conn_type": "postgres", "host": url})

    # Running

    def run(
        self,
        flow: str,
        mode: str = "apply",
        *,
        run_id: str = "",
        try_number: int = 1,
        settings: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> dict[str, Any]:
        """Run one flow as a task of a DAG run would, and return what it leaves in XCom."""
        task = self.last[flow] = Task(flow, try_number)
        operator = {**NIGHT, **FLOWS}[flow](task_id=flow, settings=settings or self.settings)
        context: Any = {
            "run_id": run_id or self.next_night(),
            "ti": task,
            "params": {"mode": mode, **params},
        }
        return operator.execute(context)

    def next_night(self) -> str:
        """Return the id of a DAG run that has not been."""
        self._nights += 1
        return f"night-{self._nights}"

    def night(
        self,
        mode: str = "apply",
        *,
        flows: tuple[str, ...] = tuple(FLOWS),
        settings: Mapping[str, Any] | None = None,
        **params: Any,
    ) -> dict[str, dict[str, Any]]:
        """Run the flows in their order, in one DAG run; return what each leaves in XCom."""
        run_id = self.next_night()
        return {
            flow: self.run(flow, mode, run_id=run_id, settings=settings, **params) for flow in flows
        }

    # Looking

    @property
    def ledger(self) -> Ledger:
        return LedgerHook().get_conn(pair_of("procore_default", "xero_default"))

    def outcomes(self, result: Mapping[str, Any]) -> list[Outcome]:
        """Return what became of the records of one run."""
        return self.ledger.outcomes(str(result["run"]))

    def reasons(self, result: Mapping[str, Any]) -> Counter[str]:
        """Return how often one run held, refused or doubted a record, by the reasons' codes."""
        return Counter(r.code for o in self.outcomes(result) for r in o.reasons)

    def issue_codes(self, flow: str | None = None) -> list[str]:
        """Return the codes of the open issues, sorted."""
        return sorted(issue.code for issue in self.ledger.issues(flow))

    def writes(self, side: str | None = None) -> list[Call]:
        return self.simulator.calls.writes(side)

    def reads(self, side: str) -> Counter[str]:
        """Return how often each path was read, tokens aside."""
        return Counter(
            call.path for call in self.simulator.calls.of(side, "GET") if call.path not in TOKENS
        )

    def forget_calls(self) -> None:
        self.simulator.calls.clear()


def kept_sides(simulator: Simulator) -> dict[str, dict[str, Any]]:
    """Return what both systems hold now, to put back later."""
    return {name: _copy(simulator, getattr(simulator, name)) for name in ("procore", "xero")}


def put_back(simulator: Simulator, kept: Mapping[str, dict[str, Any]]) -> None:
    """Put both systems back to what they held; armed faults and remembered calls are gone."""
    for name, state in kept.items():
        side = getattr(simulator, name)
        side.__dict__.update(_copy(simulator, side, state))
    simulator.faults.clear()
    simulator.calls.clear()


def _copy(
    simulator: Simulator, side: Any, state: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return a copy of a side's state that shares what belongs to the whole simulator."""
    whole = (side, simulator.clock, simulator.faults, simulator.calls)
    return copy.deepcopy(dict(vars(side) if state is None else state), {id(x): x for x in whole})


def copied(source: Path, target: Path) -> Path:
    """Copy a ledger as a backup does, whatever still lies in its journal."""
    with closing(sqlite3.connect(source)) as old, closing(sqlite3.connect(target)) as new:
        old.backup(new)
    return target


def empty_ledger(path: Path) -> Path:
    """Make an empty ledger at *path*."""
    from sqlalchemy import URL

    upgrade(URL.create("sqlite", database=str(path)))
    return copied(path, path.with_suffix(".copy"))


def forget_limits() -> None:
    """Forget what this process has learnt of rate limits: each test has a fresh tenant."""
    limits._shared.clear()


def bodies(calls: list[Call]) -> Iterator[Any]:
    """Yield the JSON that each of *calls* carried."""
    for call in calls:
        yield json.loads(call.body)
