"""What happened, in words and numbers: what the mail, the page and XCom are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from airflow_provider_procore_xero.sync.plan import FieldChange, Reason
from airflow_provider_procore_xero.sync.reconciliation import Reconciliation

Mode = Literal["plan", "apply"]
What = Literal["created", "updated", "linked", "removed", "held", "refused", "in_doubt", "drifted"]
COUNTS = (
    "read", "created", "updated", "linked", "unchanged", "held", "refused", "in_doubt",
)  # fmt: skip
CALLED = {
    "projects": "Projects → tracking options",
    "contacts": "Contacts → vendors",
    "vendors": "Vendors → contacts",
    "cost_codes": "Cost codes",
    "commitments": "Commitments → purchase orders",
    "commitment_change_orders": "Change orders → purchase order lines",
    "subcontractor_invoices": "Subcontractor invoices → bills",
    "payments": "Bill payments → payments issued",
    "direct_costs": "Bills and spend money → direct costs",
    "job_costs": "Job costs",
    "journal_entries": "Journal entries → direct costs",
    "reconciliation": "Reconciliation",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one record in one run. Appended to the ledger, never changed.

    :param what: in plan mode, what would have become of it.
    :param procore_url, xero_url: its page in each system, empty where there is none.
    :param reasons: why it was held or refused: every reason, not only the first.
    :param ignored: whether a person said of every reason that it needs nobody.
    """

    entity: str
    what: What
    source_id: str
    title: str
    target_id: str = ""
    procore_url: str = ""
    xero_url: str = ""
    reasons: tuple[Reason, ...] = ()
    fields: tuple[FieldChange, ...] = ()
    ignored: bool = False

    @property
    def needs_somebody(self) -> bool:
        """Whether a person must act. A record that also waits for its turn is not yet a to-do."""
        if self.ignored:
            return False
        if self.what == "held":
            return not any(reason.waits for reason in self.reasons)
        return self.what in ("refused", "in_doubt", "drifted")


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowReport:
    """One run of one flow.

    :param state: ``success``, ``failed``, ``limited`` (a rate limit ended it), ``running``.
    :param counts: the keys of ``COUNTS``.
    :param calls: calls sent to each system.
    :param error: what ended it early, as a sentence for a person; empty otherwise.
    """

    run: str
    entity: str
    mode: Mode
    state: str
    plan: str = ""
    counts: Mapping[str, int] = field(default_factory=dict)
    calls: Mapping[str, int] = field(default_factory=dict)
    error: str = ""
    outcomes: tuple[Outcome, ...] = ()
    started_at: datetime | None = None
    ended_at: datetime | None = None
    settings_hash: str = ""
    notes: tuple[str, ...] = ()

    def xcom(self) -> dict[str, Any]:
        """Return the flat dict that an operator leaves in XCom."""
        return {
            "run": self.run,
            "entity": self.entity,
            "mode": self.mode,
            **{name: int(self.counts.get(name, 0)) for name in COUNTS},
            "plan": self.plan,
            "calls": {
                "procore": int(self.calls.get("procore", 0)),
                "xero": int(self.calls.get("xero", 0)),
            },
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Every flow of one DAG run, in the order they ran.

    :param profile: the profile of the settings that were in force.
    :param proof: whether both systems agree, where that was looked at.
    """

    dag_id: str
    dag_run: str
    flows: tuple[FlowReport, ...]
    profile: str = ""
    company: str = ""
    organisation: str = ""
    proof: Reconciliation | None = None

    @property
    def mode(self) -> Mode:
        return "plan" if any(flow.mode == "plan" for flow in self.flows) else "apply"

    @property
    def to_do(self) -> tuple[Outcome, ...]:
        """The outcomes that wait for a person."""
        return tuple(o for flow in self.flows for o in flow.outcomes if o.needs_somebody)

    @property
    def ignored(self) -> int:
        """How many records somebody would have to see to, had nobody ignored their issues."""
        return sum(o.ignored for flow in self.flows for o in flow.outcomes)

    @property
    def failed(self) -> tuple[FlowReport, ...]:
        """The flows that ended early."""
        return tuple(flow for flow in self.flows if flow.state not in ("success", "running"))

    def total(self, count: str) -> int:
        """Return the sum of one of ``COUNTS`` over the flows."""
        return sum(flow.counts.get(count, 0) for flow in self.flows)

    def calls(self, system: str) -> int:
        """Return the calls sent to *system*."""
        return sum(flow.calls.get(system, 0) for flow in self.flows)
