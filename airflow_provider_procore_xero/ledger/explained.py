"""Why a record is where it is: its entity's conditions, and what the ledger last heard of it.

The page and the console script ask here, so that they can't differ.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from airflow_provider_procore_xero.ledger.facts import Found
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.sync.explain import Judged, is_done, judged, known, need
from airflow_provider_procore_xero.sync.report import Outcome

KEPT_BACK = ("held", "refused", "in_doubt")
MOST = 10
"""Records that one key may mean, before a narrower one is asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """One record, and why it is where it is.

    :param verdict: the answer in one sentence.
    :param judged_at: when a run last had to do something with it; *run* is that run.
    """

    entity: str
    source_id: str
    title: str
    verdict: str
    conditions: tuple[Judged, ...]
    linked: bool
    judged_at: datetime | None
    run: str
    planned: bool
    procore_url: str
    xero_url: str


def explained(ledger: Ledger, entity: str, key: str) -> list[Explained]:
    """Return each record of *entity* that *key* may mean: a number, a name or an id.

    Where one is called exactly so, only that one is meant.

    :raises UnknownRecord: if there is no such entity.
    """
    need(entity)
    found = _explained(ledger, entity, _found(ledger, entity, key))
    exact = [each for each in found if key.casefold() in (each.source_id, each.title.casefold())]
    return exact or found[:MOST]


def _found(ledger: Ledger, entity: str, key: str) -> list[str]:
    asking = ledger.questions
    ids = [issue.source_id for issue in asking.kept_back(key, entity=entity, limit=MOST)]
    for one in known()[entity]:
        links = asking.pairings(key, kinds=(one.kind,), state="active", limit=MOST)
        ids += [str(getattr(link, f"{one.source}_id")) for link in links]
    return list(dict.fromkeys((*ids, key.strip())))


def _explained(ledger: Ledger, entity: str, ids: Sequence[str]) -> list[Explained]:
    """Return those of *ids* that the ledger knows; all are asked about at once."""
    asking, source = ledger.questions, known()[entity][0].source
    last = asking.last_judgements(entity, ids)
    planned = asking.planned({each.run for each in last.values()})
    kept_back = asking.with_issues(entity, ids)
    names: dict[str, list[str]] = {}
    for one in known()[entity]:
        for link in asking.pairings_of(one.kind, source, *ids):
            if link.state == "active":
                record = str(getattr(link, f"{source}_id"))
                names.setdefault(record, []).append(str(getattr(link, f"{source}_name")))
    return [
        _record(entity, each, last.get(each), names.get(each, ()), each in kept_back, planned)
        for each in ids
        if each in last or each in names or each in kept_back
    ]


def _record(
    entity: str,
    source_id: str,
    last: Found | None,
    names: Sequence[str],
    is_kept_back: bool,
    plans: Collection[str],
) -> Explained:
    planned = last is not None and last.run in plans
    outcome = last.outcome if last else None
    if outcome and outcome.what in KEPT_BACK and not (planned or is_kept_back):
        outcome = None  # mended since, in a run that had nothing more to do with it
    conditions = judged(entity, outcome, linked=bool(names))
    return Explained(
        entity=entity,
        source_id=source_id,
        title=last.outcome.title if last else next(filter(None, names), source_id),
        verdict=_verdict(conditions, outcome, bool(names)),
        conditions=conditions,
        linked=bool(names),
        judged_at=last.at if last else None,
        run=last.run if last else "",
        planned=planned,
        procore_url=last.outcome.procore_url if last else "",
        xero_url=last.outcome.xero_url if last else "",
    )


def _verdict(conditions: Sequence[Judged], outcome: Outcome | None, linked: bool) -> str:
    unmet = [each for each in conditions if each.verdict == "unmet"]
    if unmet:
        ready = "Nobody must act: it is not ready yet." if all(u.waits for u in unmet) else ""
        reasons = "one thing stands" if len(unmet) == 1 else f"{len(unmet)} things stand"
        said = f"It is linked, but {reasons} in its way." if linked else f"{reasons} in its way."
        return f"{said[0].upper()}{said[1:]} {ready}".strip()
    if linked or is_done(outcome):
        return "It is linked, and nothing stands in its way."
    return "Nothing was found against it, yet it is not linked. Run its flow again."
