"""The last nights of a pair, a day each: documents made, their money, and what was kept back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from airflow_provider_procore_xero.ledger.questions import Questions

NIGHTS = 14
DOCUMENTS = {
    "commitment": "purchase orders",
    "subcontractor_invoice": "bills",
    "payment": "payments",
    "direct_cost": "direct costs",
}
"""The kinds of links that stand for a document; the others are names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Night:
    """What was made in one day of the reader's time zone.

    :param documents: how many, for each of ``DOCUMENTS``.
    :param cents: what they come to, for each as well: an order, its bill and its payment are the
        same money, so it is never added up.
    """

    day: date
    documents: Mapping[str, int]
    cents: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return sum(self.documents.values())


def nights(asking: Questions, last: date, zone: tzinfo) -> list[Night]:
    """Return the nights up to *last*, oldest first, those without a document among them."""
    days = [last - timedelta(days=back) for back in reversed(range(NIGHTS))]
    documents = {day: dict.fromkeys(DOCUMENTS.values(), 0) for day in days}
    cents = {day: dict.fromkeys(DOCUMENTS.values(), 0) for day in days}
    for made in asking.made(*_span(last, zone)):
        hour = datetime.strptime(made.hour, "%Y-%m-%d %H").replace(tzinfo=UTC)
        day = hour.astimezone(zone).date()
        if day in documents and made.kind in DOCUMENTS:
            documents[day][DOCUMENTS[made.kind]] += made.count
            cents[day][DOCUMENTS[made.kind]] += made.cents
    return [Night(day=day, documents=documents[day], cents=cents[day]) for day in days]


def kept_back(asking: Questions, last: date, zone: tzinfo) -> dict[date, int]:
    """Return how many records were held or refused in each of the same nights in which a flow ran.

    Where a flow ran more than once in a day, the DAG run that kept back the most counts.
    """
    tries = {(each.dag_run, each.task): each for each in asking.counted(*_span(last, zone))}
    together: dict[tuple[date, str, str], int] = defaultdict(int)
    for each in tries.values():  # of several tries of a task the last
        day = each.began.astimezone(zone).date()
        together[day, each.entity, each.dag_run] += sum(
            each.counts.get(what, 0) for what in ("held", "refused")
        )
    most: dict[tuple[date, str], int] = {}
    for (day, entity, _), count in together.items():
        most[day, entity] = max(count, most.get((day, entity), 0))
    found: dict[date, int] = defaultdict(int)
    for (day, _), count in most.items():
        found[day] += count
    return dict(found)


def _span(last: date, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return the moments at which the nights up to *last* begin and end."""
    first, after = last - timedelta(days=NIGHTS - 1), last + timedelta(days=1)
    begins, ends = (datetime.combine(day, time(), zone).astimezone(UTC) for day in (first, after))
    return begins, ends
