"""Two runs never work on one flow of one pair at a time: one does, the other waits."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import Busy

if TYPE_CHECKING:
    from airflow_provider_procore_xero.ledger.leases import Holder, Lease
    from airflow_provider_procore_xero.ledger.ledger import Ledger

log = logging.getLogger(__name__)

PATIENCE = 10.0
"""Seconds that a worker waits in place for a lease that ends within them."""

LOOK_AGAIN = 60.0
"""Seconds after which a task that waits outside the worker looks again, at the latest."""

LOOKS = 60
"""How often it does: for about an hour."""


@contextmanager
def leased(ledger: Ledger, flow: str, place: Mapping[str, Any]) -> Iterator[None]:
    """Hold the lease on *flow*; without a name there is nothing to hold.

    :param place: where in Airflow this run takes place.
    :raises Busy: if another run holds it, with a sentence that says which.
    """
    if not flow:
        yield
        return
    task, who = _names(place)
    lease = ledger.lease(flow, task=task, who=who, seconds=_seconds())
    _take(lease, flow)
    lease.keep()
    ledger.held = lease
    try:
        yield
    finally:
        ledger.held = None
        lease.release()


def _take(lease: Lease, flow: str) -> None:
    """Take *lease*; whoever was killed is waited for, if that is not long."""
    give_up = time.monotonic() + PATIENCE
    while (holder := lease.take()) is not None:
        if time.monotonic() + max(holder.left, 0.0) > give_up:
            raise Busy(_sentence(holder, flow), wait=min(max(holder.left, 1.0), LOOK_AGAIN))
        log.info("%s", _sentence(holder, flow))
        time.sleep(min(max(holder.left, 0.0) + 0.05, 1.0))


def _sentence(holder: Holder, flow: str) -> str:
    return (
        f"{holder.who} has been at work on {flow.replace('_', ' ')}s since"
        f" {holder.since:%Y-%m-%d %H:%M:%S} UTC. This run waits; the other one's lease ends at"
        f" {holder.until:%H:%M:%S} UTC, unless it lives and renews it."
    )


def _names(place: Mapping[str, Any]) -> tuple[str, str]:
    """Return the task's name, the same for all of its tries, and the same in words."""
    if not place["dag_run"]:
        return f"alone/{secrets.token_hex(8)}", "A run outside Airflow"
    parts = (place["dag_id"], place["dag_run"], place["task_id"], str(place["map_index"]))
    mapped = f", number {place['map_index']}" if place["map_index"] >= 0 else ""
    return "/".join(parts), (
        f"Task {place['task_id']}{mapped} of {place['dag_id'] or 'a DAG'}, run {place['dag_run']},"
    )


def _seconds() -> int:
    from airflow.providers.common.compat.sdk import conf

    seconds: int = conf.getint("procore_xero", "lease_seconds", fallback=120)
    return max(seconds, 1)
