"""What is asked of the page: every route, each time about another record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.old_ledger import (
    NEVER_LINKED,
    QUEUE,
    SHARES,
    Nights,
    amount,
    source_id,
    title,
    xero_id,
)

CLAIMS = "subcontractor_invoices"
FLOWS = tuple(f"procore_xero_{name}" for name in ("projects", "contacts", "commitments"))
FREE = 9_000_000
"""From here on ids are nobody's."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One request; of a file only the beginning is awaited."""

    path: str
    params: Mapping[str, Any] | None = None
    method: str = "GET"
    body: Mapping[str, Any] | None = None


Asker = Callable[[int], Ask]
"""The *k*-th request of a kind."""


def reads(nights: Nights) -> dict[str, Asker]:
    """Return what looks, by what it is called in the table."""
    size = nights.size
    claims, last = size.links_of(CLAIMS), size.nights - 1
    waiting = [at for at, state in enumerate(QUEUE) if state == "ready_to_export"]

    def claim(k: int) -> int:
        return k * 9973 % claims

    def held(k: int) -> str:
        return source_id(CLAIMS, NEVER_LINKED + k % 20)

    def run(k: int) -> str:
        return nights.run(k * 37 % size.nights, list(SHARES)[k % len(SHARES)])

    def queued(k: int) -> int:
        turn = k * 7 % (size.queue // len(QUEUE))
        return turn * len(QUEUE) + waiting[0] + 1

    first = nights.run(0, CLAIMS)
    return {
        "me": lambda k: Ask("me"),
        "overview": lambda k: Ask("overview"),
        "flows": lambda k: Ask("flows"),
        "a flow": lambda k: Ask(f"flows/{FLOWS[k % len(FLOWS)]}"),
        "runs": lambda k: Ask("runs"),
        "runs, deep": lambda k: Ask("runs", {"after": run(k), "limit": 200}),
        "runs of an entity": lambda k: Ask("runs", {"entity": list(SHARES)[k % 8]}),
        "runs that failed (none)": lambda k: Ask("runs", {"state": "failed"}),
        "runs of a DAG run": lambda k: Ask(
            "runs",
            {"dag_run": f"scheduled__{nights.began(k % size.nights, 'projects').date()}"},
        ),
        "a run": lambda k: Ask(f"runs/{run(k)}"),
        "a run's outcomes": lambda k: Ask(f"runs/{run(k)}/outcomes"),
        "the first run's outcomes": lambda k: Ask(f"runs/{first}/outcomes", {"limit": 200}),
        "the first run, by number": lambda k: Ask(
            f"runs/{first}/outcomes", {"q": title(CLAIMS, k)[:9]}
        ),
        "the first run, by what is none": lambda k: Ask(
            f"runs/{first}/outcomes", {"q": f"nobody {k}"}
        ),
        "the first run, refused (none)": lambda k: Ask(f"runs/{first}/outcomes?what=refused"),
        "the first run, errors (none)": lambda k: Ask(f"runs/{first}/outcomes?severity=error"),
        "a run's report": lambda k: Ask(f"runs/{nights.run(last - k % 5, CLAIMS)}/report"),
        "a plan": lambda k: Ask(f"plans/{run(k)}"),
        "a plan's changes": lambda k: Ask(f"plans/{run(k)}/changes"),
        "the first plan, a record": lambda k: Ask(
            f"plans/{first}/changes", {"record": source_id(CLAIMS, claim(k) // 2)}
        ),
        "records": lambda k: Ask("records"),
        "records, deep": lambda k: Ask(
            "records", {"after": f"l{1 + k * 9973 % size.links}", "limit": 200}
        ),
        "records of an entity": lambda k: Ask("records", {"entity": list(SHARES)[k % 8]}),
        "records that are orphaned": lambda k: Ask("records", {"state": "orphaned"}),
        "records that are held": lambda k: Ask("records", {"state": "held"}),
        "records refused (none)": lambda k: Ask("records", {"state": "refused"}),
        "records by number": lambda k: Ask("records", {"q": title(CLAIMS, claim(k))[:9]}),
        "records by name": lambda k: Ask("records", {"q": f"kauri {k * 31 % (claims // 7 + 1)}"}),
        "records by Procore id": lambda k: Ask("records", {"q": source_id(CLAIMS, claim(k))}),
        "records by Xero id": lambda k: Ask("records", {"q": xero_id(CLAIMS, claim(k))}),
        "records by amount": lambda k: Ask("records", {"q": amount(claim(k))}),
        "records by what is none": lambda k: Ask("records", {"q": f"nobody{k} is called"}),
        "records by number and entity": lambda k: Ask(
            "records", {"q": title(CLAIMS, claim(k))[:9], "entity": CLAIMS}
        ),
        "records of the first run": lambda k: Ask("records", {"run": first, "q": f"{k}"}),
        "a linked record": lambda k: Ask(f"records/{CLAIMS}/{source_id(CLAIMS, claim(k))}"),
        "a record held each night": lambda k: Ask(f"records/{CLAIMS}/{held(k)}"),
        "its events": lambda k: Ask(f"records/{CLAIMS}/{held(k)}/events", {"limit": 200}),
        "issues": lambda k: Ask("issues"),
        "issues, ignored": lambda k: Ask("issues?ignored=true"),
        "issues of an entity": lambda k: Ask("issues", {"entity": list(SHARES)[k % 8]}),
        "issues by name": lambda k: Ask("issues", {"q": f"harbour {k}"}),
        "issues by what is none": lambda k: Ask("issues", {"q": f"nobody{k}"}),
        "explain by number": lambda k: Ask(
            "explain", {"entity": CLAIMS, "key": title(CLAIMS, claim(k))[:9]}
        ),
        "explain by id": lambda k: Ask(
            "explain", {"entity": CLAIMS, "key": source_id(CLAIMS, claim(k))}
        ),
        "explain by name": lambda k: Ask("explain", {"entity": CLAIMS, "key": "harbour"}),
        "explain what is held": lambda k: Ask("explain", {"entity": CLAIMS, "key": held(k)}),
        "explain what is none": lambda k: Ask("explain", {"entity": CLAIMS, "key": f"none{k}"}),
        "queue": lambda k: Ask("queue"),
        "queue, synced": lambda k: Ask("queue", {"state": "synced", "limit": 200}),
        "queue by number": lambda k: Ask("queue", {"state": "synced", "q": f"sub-{k:05d}"}),
        "queue by what is none": lambda k: Ask("queue", {"state": "synced", "q": f"nobody{k}"}),
        "queue of an entity (none)": lambda k: Ask("queue?state=synced&entity=vendors"),
        "queue counts": lambda k: Ask("queue/counts"),
        "decisions": lambda k: Ask("decisions"),
        "decisions by name": lambda k: Ask("decisions", {"q": f"sub-{k:05d}"}),
        "decisions by what is none": lambda k: Ask("decisions", {"q": f"nobody{k}"}),
        "decisions of somebody": lambda k: Ask("decisions", {"who": "ana", "what": "accept"}),
        "a queued record": lambda k: Ask(f"queue/{queued(k)}"),
        "reconciliation": lambda k: Ask("reconciliation"),
        "reconciliation, differing": lambda k: Ask("reconciliation?differing=true&limit=200"),
        "reconciliation by number": lambda k: Ask("reconciliation", {"q": f"sc-{k:05d}"}),
        "reconciliation by what is none": lambda k: Ask("reconciliation", {"q": f"nobody{k}"}),
        "records as a file": lambda k: Ask("records?format=csv"),
        "the first run as a file": lambda k: Ask(f"runs/{first}/outcomes?format=csv"),
        "issues as a file": lambda k: Ask("issues?format=csv"),
        "queue as a file": lambda k: Ask("queue?state=synced&format=csv"),
        "reconciliation as a file": lambda k: Ask("reconciliation?format=csv"),
    }


def writes(nights: Nights) -> dict[str, Asker]:
    """Return what decides and links; each is asked once of each record, in this order."""

    def queued(state: str, k: int) -> int:
        places = [at for at, each in enumerate(QUEUE) if each == state]
        return (k // len(places)) * len(QUEUE) + places[k % len(places)] + 1

    def post(path: str, **body: Any) -> Ask:
        return Ask(path, method="POST", body=body)

    def waiting_from_above(k: int) -> int:
        turns = nights.size.queue // len(QUEUE)
        return (turns - 1 - k) * len(QUEUE) + QUEUE.index("ready_to_export") + 1

    def shown(k: int) -> list[dict[str, Any]]:
        """Return the *k*-th fifty of what waits, from the fifth part on."""
        first, many = nights.size.queue * 4 // len(QUEUE) // 5, min(50, nights.size.queue // 50)
        rows = [queued("ready_to_export", first + many * k + at) for at in range(many)]
        return [{"id": row, "hash": f"h{row - 1}"} for row in rows]

    def issue(k: int) -> int:
        return 5 * k + 4  # open, and ignored by nobody

    return {
        "accept": lambda k: post(f"queue/{queued('ready_to_export', k)}/accept"),
        "reject": lambda k: post(f"queue/{waiting_from_above(k)}/reject", comment="No"),
        "accept fifty": lambda k: post("queue/accept", rows=shown(k)),
        "retry": lambda k: post(f"queue/{queued('failed_to_export', k)}/retry"),
        "link": lambda k: post(
            "links",
            entity=CLAIMS,
            procore_id=source_id(CLAIMS, FREE + k),
            xero_id=xero_id(CLAIMS, FREE + k),
        ),
        "unlink": lambda k: Ask(f"links/{k + 1}", method="DELETE"),
        "ignore": lambda k: post(f"issues/{issue(k)}/ignore", comment="No"),
        "unignore": lambda k: post(f"issues/{issue(k)}/unignore"),
        "start a flow": lambda k: post("runs", dag_id=FLOWS[k % len(FLOWS)], conf={"mode": "plan"}),
    }
