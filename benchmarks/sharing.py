"""B16: what the leases and the shared account of calls cost a night on the simulator."""

from __future__ import annotations

import json
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import uvicorn

from airflow_provider_procore_xero.apis import limits
from airflow_provider_procore_xero.ledger.allowances import LedgerLimits
from airflow_provider_procore_xero.ledger.leases import Lease
from airflow_provider_procore_xero.operators.bill_payments import (
    BillPaymentsToCommitmentPaymentsOperator,
)
from airflow_provider_procore_xero.operators.contacts import ContactsToVendorsOperator
from airflow_provider_procore_xero.operators.cost_codes import CostCodesToTrackingOptionsOperator
from airflow_provider_procore_xero.operators.projects import ProjectsToTrackingOptionsOperator
from airflow_provider_procore_xero.operators.subcontractor_invoices import (
    SubcontractorInvoicesToBillsOperator,
)
from airflow_provider_procore_xero.simulator.server import Simulator
from benchmarks.table import Row

NIGHT = (
    ProjectsToTrackingOptionsOperator,
    ContactsToVendorsOperator,
    CostCodesToTrackingOptionsOperator,
    SubcontractorInvoicesToBillsOperator,
    BillPaymentsToCommitmentPaymentsOperator,
)
SETTINGS = {
    "profile": "dimension_classic",
    "accounts": {"expense": "310"},
    "bills": {"retainage_account": "850"},
}
NO_LIMITS: dict[str, Any] = {
    "minute_limit": 10**6,
    "day_limit": 10**6,
    "rate_limits": False,
}
SHARED = ((LedgerLimits, "change"), (Lease, "take"), (Lease, "check"), (Lease, "release"))
"""All that is done for the sake of other workers."""


def run(small: bool) -> list[Row]:
    """Time a first night, and of it what is spent on sharing; the median night counts."""
    nights = sorted(_night() for _ in range(1 if small else 7))
    share, spent, whole = nights[len(nights) // 2]
    return [
        Row(
            name="B16 leases and limits, of a night's time",
            ours=f"{spent * 1e3:.1f} ms",
            floor=f"{whole * 1e3:.0f} ms",
            figure=share,
            target=0.02,
        )
    ]


def _night() -> tuple[float, float, float]:
    """Return the share, the seconds spent on sharing, and those of the whole night."""
    limits._shared.clear()
    with (
        TemporaryDirectory(prefix="benchmarks-") as folder,
        _simulator() as url,
        _timed() as spent,
    ):
        _connect(url, Path(folder) / "ledger.db")
        _run(NIGHT[0], "plan")  # creates the ledger
        spent[:] = [0.0]
        began = time.perf_counter()
        for operator in NIGHT:
            _run(operator, "apply")
        whole = time.perf_counter() - began
    return spent[0] / whole, spent[0], whole


def _run(operator: Any, mode: str) -> None:
    context: Any = {"run_id": f"night-{mode}", "params": {"mode": mode}}
    operator(task_id=operator.__name__, settings=SETTINGS).execute(context)


@contextmanager
def _timed() -> Iterator[list[float]]:
    """Add up the seconds spent in :data:`SHARED`, of whatever thread."""
    spent, lock = [0.0], threading.Lock()

    def timed(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            began = time.perf_counter()
            try:
                return method(*given, **named)
            finally:
                with lock:
                    spent[0] += time.perf_counter() - began

        return call

    plain = [(kind, name, getattr(kind, name)) for kind, name in SHARED]
    for kind, name, method in plain:
        setattr(kind, name, timed(method))
    try:
        yield spent
    finally:
        for kind, name, method in plain:
            setattr(kind, name, method)


@contextmanager
def _simulator() -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = Simulator(world="contractor", **NO_LIMITS).app
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_level="critical"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def _connect(url: str, ledger: Path) -> None:
    sides = {
        "procore": {"company_id": 4281379, "login_host": url},
        "xero": {"identity_host": url, "web_host": url},
    }
    for side, extra in sides.items():
        connection = {
            "conn_type": side,
            "host": url,
            "login": f"{side}-client",
            "password": f"{side}-secret",
            "extra": extra,
        }
        os.environ[f"AIRFLOW_CONN_{side.upper()}_DEFAULT"] = json.dumps(connection)
    os.environ["AIRFLOW__CORE__FERNET_KEY"] = ""  # tokens of client credentials need none
    fields = {"conn_type": "sqlite", "host": str(ledger)}
    os.environ["AIRFLOW_CONN_PROCORE_XERO_LEDGER"] = json.dumps(fields)
