"""Why a record is where it is: its entity's conditions, and what the ledger last heard of it.

The page and the console script ask here, so that they can't differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from airflow_provider_procore_xero.errors import UnknownRecord
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.sync.explain import Judged, is_done, judged, known
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
    if entity not in known():
        raise UnknownRecord(f"There is no entity {entity!r}; there are {', '.join(known())}.")
    found = {each.source_id: each for each in _found(ledger, entity, key)}
    exact = [e for e in found.values() if key.casefold() in (e.source_id, e.title.casefold())]
    return exact or list(found.values())[:MOST]


def _found(ledger: Ledger, entity: str, key: str) -> Iterator[Explained]:
    asking = ledger.questions
    ids = [issue.source_id for issue in asking.kept_back(key, entity=entity, limit=MOST)]
    for one in known()[entity]:
        links = asking.pairings(key, kinds=(one.kind,), state="active", limit=MOST)
        ids += [str(getattr(link, f"{one.source}_id")) for link in links]
    for source_id in dict.fromkeys((*ids, key.strip())):
        if record := _record(ledger, entity, source_id):
            yield record


def _record(ledger: Ledger, entity: str, source_id: str) -> Explained | None:
    asking, source = ledger.questions, known()[entity][0].source
    last = asking.last_judgement(entity, source_id)
    is_kept_back = any(each.closed_at is None for each in asking.issues_of(entity, source_id))
    names = [
        str(getattr(link, f"{source}_name"))
        for one in known()[entity]
        for link in asking.pairings_of(one.kind, source, source_id)
        if link.state == "active"
    ]
    if last is None and not names and not is_kept_back:
        return None
    planned = last is not None and ledger.run(last.run).mode == "plan"
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
