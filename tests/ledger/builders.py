"""Changes, links and outcomes with only what a test is about."""

from __future__ import annotations

from typing import Any

from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import (
    About,
    Adopt,
    Change,
    Create,
    Desired,
    Hold,
    Reason,
    Stored,
    Update,
)
from airflow_provider_procore_xero.sync.report import Outcome

NO_DATE = Reason(code="NO_BILLING_DATE", sentence="It has no billing date.", fix="Set it.")
NOT_YET = Reason(code="NOT_APPROVED", sentence="It is a draft.", waits=True)


def about(source_id: str = "8", **given: Any) -> About:
    return About(**{"source_id": source_id, "title": f"No. {source_id}", "read": "r", **given})


def desired(**given: Any) -> Desired:
    return Desired(**{"payload": {}, "name": "", **given})


def a_create(source_id: str = "8", **given: Any) -> Create:
    return Create(about=about(source_id), desired=desired(**given), wrote=f"w{source_id}")


def an_update(source_id: str = "8", target_id: str = "x8", **given: Any) -> Update:
    return Update(
        about=about(source_id), desired=desired(), wrote="w", target_id=target_id, **given
    )


def an_adopt(source_id: str = "8", target_id: str = "x8", **given: Any) -> Adopt:
    return Adopt(about=about(source_id), desired=desired(**given), wrote="w", target_id=target_id)


def a_hold(source_id: str = "8", *reasons: Reason) -> Hold:
    return Hold(about=about(source_id, raw={"id": 8}), reasons=reasons or (NO_DATE,))


def an_outcome(source_id: str = "8", what: Any = "created", **given: Any) -> Outcome:
    defaults = {"entity": "vendors", "title": f"No. {source_id}"}
    return Outcome(**{**defaults, "source_id": source_id, "what": what, **given})


def held(source_id: str = "8", *reasons: Reason) -> Outcome:
    return an_outcome(source_id, "held", reasons=reasons or (NO_DATE,))


def a_link(procore_id: str = "8", xero_id: str = "x8", **given: Any) -> Link:
    return Link(**{"kind": "vendor", "procore_id": procore_id, "xero_id": xero_id, **given})


def a_run(ledger: Ledger, mode: Any = "apply", **given: Any) -> str:
    return ledger.begin_run("vendors", mode, **given)


def a_plan(ledger: Ledger, *changes: Change, run: str = "", **given: Any) -> str:
    """Store and seal a plan of vendors."""
    plan = ledger.begin_plan(run or a_run(ledger), "vendors", **{"kind": "vendor", **given})
    ledger.seal_plan(plan, ledger.add_changes(plan, changes))
    return plan


def intents_of(ledger: Ledger, *changes: Change) -> tuple[str, list[Stored], list[int]]:
    """Store a plan and the intents of all its changes; return run, changes and intents."""
    run = a_run(ledger)
    plan = a_plan(ledger, *changes, run=run)
    stored = list(ledger.changes(plan))
    return run, stored, ledger.save_intents(run, plan, stored, entity="vendors", key="k")
