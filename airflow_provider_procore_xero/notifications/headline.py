"""The subject: at a glance, whether anybody must act."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from airflow_provider_procore_xero.notifications.outside import line
from airflow_provider_procore_xero.sync.report import Report

FAILED = ("failed", "upstream_failed")
OURS = "procore_xero_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The first thing anybody reads.

    :param verdict: ``3 to do``, ``All good``, ``FAILED``.
    :param tone: ``bad``, ``warn`` or ``good``.
    :param written: ``41 written``.
    """

    subject: str
    verdict: str
    tone: str
    written: str
    title: str
    when: str


def headline(
    report: Report,
    *,
    title: str = "",
    reason: str = "",
    again: bool = False,
    began: datetime | None = None,
    zone: tzinfo = UTC,
) -> Headline:
    """Return the subject and its parts.

    :param title: what the DAG is called; empty takes its id.
    :param reason: why the whole run failed, as a sentence.
    :param began: when the run began; its first flow's beginning wins.
    :param again: whether it had been cleared, so that a mail about it went out before.
    """
    failed = bool(reason) or any(flow.state in FAILED for flow in report.flows)
    limited = any(flow.state == "limited" for flow in report.flows)
    waits = f"{len(report.to_do):,} to do" if report.to_do else ""
    verdict = waits or ("Limit reached" if limited else "" if failed else "All good")
    wrote = _wrote(report)
    name, began = _name(report, title), _began(report, began, zone)
    shown = [
        "PLAN" if report.mode == "plan" else "",
        "FAILED" if failed else "",
        verdict,
        wrote,
        f"{name}, {began.day} {began:%b}" if began else name,
    ]
    subject = " · ".join(part for part in shown if part) + (" (run again)" if again else "")
    return Headline(
        subject=line(subject, 150),
        verdict=" · ".join(part for part in ("Failed" if failed else "", verdict) if part),
        tone="bad" if failed else "warn" if waits or limited else "good",
        written=wrote,
        title=name,
        when=_when(report, began),
    )


def must_act(report: Report, reason: str = "") -> bool:
    """Return whether anybody must act on the run."""
    return bool(reason or report.to_do or report.failed)


def _wrote(report: Report) -> str:
    written = report.total("created") + report.total("updated")
    plan = report.mode == "plan"
    if written:
        return f"{written:,} to write" if plan else f"{written:,} written"
    if linked := report.total("linked"):
        return f"{linked:,} to link" if plan else f"{linked:,} linked"
    return "nothing to write" if plan else "nothing written"


def _name(report: Report, title: str) -> str:
    if title and title != report.dag_id:
        return line(title, 60)
    if report.dag_id.startswith(OURS):
        return line(f"Procore–Xero {report.dag_id.removeprefix(OURS).replace('_', ' ')}", 60)
    return line(report.dag_id, 60)


def _began(report: Report, known: datetime | None, zone: tzinfo) -> datetime | None:
    began = min((flow.started_at for flow in report.flows if flow.started_at), default=known)
    return began.astimezone(zone) if began else None


def _when(report: Report, began: datetime | None) -> str:
    """Return ``Sun 22 Nov 2026, 02:00 to 02:07 AEDT``."""
    if began is None:
        return ""
    ended = [flow.ended_at for flow in report.flows if flow.ended_at]
    until = f" to {max(ended).astimezone(began.tzinfo):%H:%M}" if ended else ""
    return f"{began:%a} {began.day} {began:%b %Y, %H:%M}{until} {began:%Z}"
