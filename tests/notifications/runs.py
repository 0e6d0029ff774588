"""A DAG run as a task or a DAG callback sees it, made up; ledger and connections are real."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import time_machine

from airflow_provider_procore_xero.hooks.ledger import LedgerHook
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.sync.links import Link

BEGAN = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)
DAG_ID = "procore_xero_nightly"
RUN_ID = "scheduled__2026-11-22T15:00:00+00:00"
PAIR = "4711:tenant-1"


@dataclass
class FakeTi:
    """What a task instance answers: the states of its run's tasks, and what they left in XCom."""

    states: Mapping[str, str | None]
    xcoms: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    alone: bool = False
    """As in a callback under ``dag.test``: there is nobody to ask."""

    def get_task_states(self, dag_id: str, run_ids: list[str]) -> dict[str, Any]:
        self._ask()
        return {RUN_ID: dict(self.states)} if (dag_id, run_ids) == (DAG_ID, [RUN_ID]) else {}

    def xcom_pull(
        self, task_ids: Iterable[str], key: str = "return_value", map_indexes: Any = None
    ) -> list[Any]:
        self._ask()
        return [self.xcoms.get((task_id, key)) for task_id in task_ids]

    def _ask(self) -> None:
        if self.alone:
            raise ImportError("cannot import name 'SUPERVISOR_COMMS'")


def a_task(task_id: str, entity: str = "", task_type: str = "SyncOperator") -> Any:
    """Return a task; one of ours says what it moves."""
    task = SimpleNamespace(task_id=task_id, task_type=task_type)
    if entity:
        task.entity = SimpleNamespace(name=entity)
    return task


TASKS = (
    a_task("projects", "projects"),
    a_task("bills", "subcontractor_invoices"),
    a_task("payments", "payments"),
    a_task("report", task_type="RunReportOperator"),
)


def a_context(
    states: Mapping[str, str | None] | None = None,
    xcoms: Mapping[tuple[str, str], Any] | None = None,
    *,
    cleared: int = 0,
    tasks: Iterable[Any] = TASKS,
    **given: Any,
) -> dict[str, Any]:
    """Return the context of a run whose tasks ended in *states*."""
    dag = SimpleNamespace(dag_id=DAG_ID, tasks=list(tasks), timezone=UTC, dag_display_name=DAG_ID)
    return {
        "dag": dag,
        "run_id": RUN_ID,
        "dag_run": SimpleNamespace(clear_number=cleared, start_date=BEGAN),
        "ti": FakeTi(states or {}, xcoms or {}),
        **given,
    }


def ledger() -> Ledger:
    """Return the ledger that the hooks open."""
    return LedgerHook().get_conn(PAIR)


def documents(at: datetime, *ids: str, pair: str = PAIR) -> None:
    """Let bills of these claims be made at a moment."""
    bills = [
        Link(kind="subcontractor_invoice", procore_id=each, xero_id=f"x{each}") for each in ids
    ]
    with time_machine.travel(at, tick=False):
        LedgerHook().get_conn(pair).save_links(bills)


def a_run(entity: str, task_id: str, *, map_index: int = -1, mode: Any = "apply") -> str:
    """Begin a run of one task of the DAG run; return its id."""
    return ledger().begin_run(
        entity,
        mode,
        dag_id=DAG_ID,
        dag_run=RUN_ID,
        task_id=task_id,
        map_index=map_index,
        settings={"profile": "hybrid"},
    )
