"""What the ledger's facts look like in answers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from airflow_provider_procore_xero.ledger.facts import Found, Issue, Run
from airflow_provider_procore_xero.ledger.questions import Pairing
from airflow_provider_procore_xero.sync.entities.projects import READY_TO_IMPORT
from airflow_provider_procore_xero.sync.explain import known
from airflow_provider_procore_xero.sync.plan import (
    Adopt,
    Create,
    FieldChange,
    Hold,
    Keep,
    Remove,
    Stored,
    Update,
    flat,
)
from airflow_provider_procore_xero.sync.report import CALLED

_WHAT: Mapping[type, str] = {
    Create: "created",
    Update: "updated",
    Adopt: "linked",
    Remove: "removed",
    Hold: "held",
    Keep: "unchanged",
}


def of_run(run: Run) -> dict[str, Any]:
    """Return *run* as lists have it."""
    return {
        "id": run.id,
        "entity": run.entity,
        "called": called(run),
        "mode": run.mode,
        "state": run.state,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "counts": run.counts,
        "calls": run.calls,
        "plan": run.plan,
        "dag_id": run.dag_id,
        "dag_run": run.dag_run,
        "error": run.error,
    }


def called(run: Run) -> str:
    """Return what a run is called; cost codes go two ways, which the tasks of our DAGs name."""
    if run.entity == "cost_codes" and run.task_id:
        return "Cost codes → items" if "items" in run.task_id else "Cost codes → options"
    return CALLED.get(run.entity, run.entity.replace("_", " "))


def of_outcome(found: Found) -> dict[str, Any]:
    """Return what became of a record in a run."""
    outcome = found.outcome
    return {
        "id": found.id,
        "run": found.run,
        "at": found.at,
        "severity": found.severity,
        "entity": outcome.entity,
        "what": outcome.what,
        "source_id": outcome.source_id,
        "title": outcome.title,
        "target_id": outcome.target_id,
        "procore_url": outcome.procore_url,
        "xero_url": outcome.xero_url,
        "reasons": outcome.reasons,
        "fields": outcome.fields,
        "why": " ".join(f"{reason.sentence} {reason.fix}".strip() for reason in outcome.reasons),
    }


def of_change(stored: Stored) -> dict[str, Any]:
    """Return one planned change with each field before and after; a new record has no before."""
    change = stored.change
    assert not isinstance(change, Keep)
    fields: tuple[FieldChange, ...] = getattr(change, "fields", ())
    if isinstance(change, Create | Adopt) or (isinstance(change, Update) and not fields):
        payload = flat(change.desired.payload)
        fields = tuple(FieldChange(name=n, before=None, after=v) for n, v in payload.items())
    return {
        "seq": stored.seq,
        "what": "linked" if getattr(change, "adopts", False) else _WHAT[type(change)],
        "source_id": change.about.source_id,
        "title": change.about.title,
        "name": change.desired.name if isinstance(change, Create | Update | Adopt) else "",
        "source_url": change.about.source_url,
        "target_url": getattr(change, "target_url", ""),
        "target_id": getattr(change, "target_id", ""),
        "fields": fields,
        "reasons": getattr(change, "reasons", ()),
    }


def of_issue(issue: Issue) -> dict[str, Any]:
    """Return *issue* as it is, and from which system its record comes."""
    source = known()[issue.entity][0].source if issue.entity in known() else "procore"
    if issue.code == READY_TO_IMPORT:
        source = "xero"  # it is of an option that stands for no project
    return {name: getattr(issue, name) for name in Issue.__slots__} | {"source": source}


def of_pairing(link: Pairing) -> dict[str, Any]:
    """Return *link* with its amount as money."""
    named = {
        name: getattr(link, name) for name in Pairing.__slots__ if name not in ("data", "cents")
    }
    return named | {"amount": money(link.cents)}


def money(cents: int | None) -> Decimal | None:
    """Return *cents* as an amount of two places."""
    return None if cents is None else Decimal(cents).scaleb(-2)


def entities_of(kind: str) -> list[tuple[str, str]]:
    """Return the entities whose links are of *kind*, each with the system it comes from."""
    return [
        (name, one.source) for name, each in known().items() for one in each if one.kind == kind
    ]


def kinds_of(entity: str) -> list[str]:
    """Return the kinds of links that *entity* makes."""
    return [one.kind for one in known().get(entity, ())]
