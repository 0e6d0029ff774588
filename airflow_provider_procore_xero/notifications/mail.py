"""A report becomes the mail after a run: subject, HTML and plain text. Nothing is read or sent."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.notifications import chart_picture, contents
from airflow_provider_procore_xero.notifications.contents import Cuts
from airflow_provider_procore_xero.notifications.headline import headline
from airflow_provider_procore_xero.notifications.outside import address, line
from airflow_provider_procore_xero.sync.report import COUNTS, Report

if TYPE_CHECKING:
    from jinja2 import Environment

    from airflow_provider_procore_xero.notifications.chart_picture import Chart

LARGEST = 95_000
"""Bytes of HTML. Gmail cuts a mail at 102 KB and hides what follows behind a link."""
CUTS = (
    Cuts(to_do=200, written=200, flows=60),
    Cuts(to_do=100, written=60, flows=60),
    Cuts(to_do=60, written=40, flows=40),
    Cuts(to_do=40, written=20, flows=30),
    Cuts(to_do=20, written=10, flows=20),
    Cuts(to_do=8, written=4, flows=12),
    Cuts(to_do=2, written=1, flows=6),
)
"""How much is shown: the first that fits. What is to do stays longest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A mail without its addresses.

    :param pictures: what the HTML shows, as PNG, by Content-ID.
    """

    subject: str
    html: str
    text: str
    pictures: Mapping[str, bytes] = field(default_factory=dict)


def compose(
    report: Report,
    *,
    run_url: str = "",
    title: str = "",
    failed_reason: str = "",
    again: bool = False,
    left_today: Mapping[str, int] | None = None,
    began: datetime | None = None,
    zone: tzinfo = UTC,
    chart: Chart | None = None,
    embedded: bool = False,
) -> Message:
    """Return the mail about *report*.

    :param run_url: the run's page in Airflow.
    :param title: what people call the DAG; empty takes its id.
    :param failed_reason: why the whole run failed, as a sentence: it took too long.
    :param again: whether the run had been cleared and run again.
    :param left_today: calls that each system, ``procore`` or ``xero``, still takes today.
    :param began: when the run began; needed where no flow did.
    :param zone: the time zone of the reader.
    :param chart: the nights up to this one.
    :param embedded: whether the picture of them goes into the HTML, which is to be a file.
    """
    reason = line(failed_reason)
    head = headline(report, title=title, reason=reason, again=again, began=began, zone=zone)
    seen = {
        "report": report,
        "head": head,
        "again": again,
        "reason": reason,
        "plan": report.mode == "plan",
        "waiting": contents.waiting(report),
        "unlisted": contents.unlisted(report),
        "proof": contents.proof(report),
        "totals": {name: report.total(name) for name in COUNTS},
        "calls": {system: report.calls(system) for system in ("procore", "xero")},
        "left_today": left_today or {},
        "run_url": address(run_url),
        "pair": " and ".join(line(n, 60) for n in (report.company, report.organisation) if n),
        "dag_id": line(report.dag_id, 200),
        "dag_run": line(report.dag_run, 200),
    }
    chart_seen, pictures = _pictured(chart, embedded)
    seen |= chart_seen
    html, shown = "", seen
    for cuts in CUTS:
        shown = seen | _cut(report, cuts)
        html = render("mail.html", shown)
        if len(html.encode()) <= LARGEST:
            break
    return Message(
        subject=head.subject,
        html=html,
        text=render("mail.txt", shown),
        pictures=pictures,
    )


def _pictured(chart: Chart | None, embedded: bool) -> tuple[dict[str, Any], dict[str, bytes]]:
    """Return what the templates show of *chart*, and the pictures that travel beside the HTML."""
    if chart is None:
        return {"chart": None}, {}
    png = chart.png()
    cid = chart_picture.cid_of(png)
    seen = {
        "chart": chart,
        "picture": chart_picture.data_of(png) if embedded else f"cid:{cid}",
        "colours": chart_picture.COLOURS,
        "kept_back": chart_picture.KEPT_BACK,
    }
    return seen, {} if embedded else {cid: png}


def _cut(report: Report, cuts: Cuts) -> dict[str, Any]:
    """Return the lists that can be long, as far as they are shown."""
    shown = contents.flows(report, cuts.flows)
    problems = contents.problems(report)
    return {
        "to_do": contents.to_do(report, cuts.to_do),
        "written": contents.written(report, cuts.written),
        "problems": problems[: cuts.flows],
        "more_problems": max(0, len(problems) - cuts.flows),
        "flows": shown,
        "more_flows": len(report.flows) - len(shown),
    }


def render(template: str, seen: Mapping[str, Any]) -> str:
    """Return one of our templates, filled; HTML is escaped."""
    return _environment().get_template(template).render(seen)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__, "templates"),
        autoescape=lambda name: name is not None and name.endswith(".html"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["number"] = lambda count: f"{count:,}"
    environment.filters["amount"] = lambda amount: f"{amount:,.2f}"
    return environment
