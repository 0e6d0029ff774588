"""Which moments a worker is killed at, and what is then found to be wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from tests.faults.stage import RESUMES, Resume, Scene, Stage, When, is_token, is_write

LEAST = {
    "kill -9, dimension_classic, SQLite": 95,
    "kill -9, dimension_classic, PostgreSQL": 55,
    "kill -9, procore_connector, SQLite": 95,
    "kill -9, procore_connector, PostgreSQL": 55,
    "kill -9, hybrid, SQLite": 150,
    "kill -9, hybrid, PostgreSQL": 60,
    "kill -9, other flows, SQLite": 55,
    "lost answer": 20,
    "stopped at a write": 25,
    "sent again": 20,
    "network gone": 15,
    "killed at work": 15,
}
"""How many cases there must be at least, whatever becomes of the flows."""
Count = Callable[[str, int, int], None]
Case = tuple[int, When, Resume]

DANGEROUS = ("/Invoices", "/CreditNotes", "/PurchaseOrders", "contract_payments", "direct_costs")
"""Where a second write would be a second document, whatever the target says of names."""
STEP = 16
"""Of the moments that write to no system every so-manieth is taken, others in each flow."""


def cases_of(scene: Scene, database: str, turn: int) -> Iterator[Case]:
    """Yield each write's both sides, and a spread sample of the reads and the commits.

    In SQLite the dangerous ones are followed by each way to run again, in PostgreSQL by one each.

    :param turn: a number that differs from scene to scene.
    """
    for number, moment in enumerate(scene.moments, 1):
        dangerous = any(part in moment for part in DANGEROUS) and database == "SQLite"
        if is_write(moment) and dangerous:
            yield number, "before", RESUMES[(number + turn) % 3]
            yield from ((number, "after", resume) for resume in RESUMES)
        elif is_write(moment) or is_token(moment):
            yield number, "before", RESUMES[(number + turn) % 3]
            yield number, "after", RESUMES[(number + turn + 1) % 3]
        elif (number + turn) % STEP == 0:
            place = number // STEP + turn
            yield number, ("before", "after")[place % 2], RESUMES[place % 3]


def killed_everywhere(stage: Stage, profile: str, count: Count) -> list[str]:
    """Kill the flows of a profile's nights at many moments; return what went wrong, in words."""
    nights = 3 if (stage.store.name, profile) == ("SQLite", "hybrid") else 2
    scenes = enumerate(stage.scenes(profile, nights))
    return killed_in(stage, scenes, f"kill -9, {profile}, {stage.store.name}", count)


def killed_in(
    stage: Stage, scenes: Iterable[tuple[int, Scene]], what: str, count: Count
) -> list[str]:
    """Kill the flows of *scenes* at many moments, and count them as *what*."""
    wrong: list[str] = []
    tried = possible = 0
    for turn, scene in scenes:
        cases = list(cases_of(scene, stage.store.name, turn))
        for number, when, resume in cases:
            said = stage.killed_and_resumed(scene, number, when, resume)
            wrong += [
                f"{scene.name}, killed {when} {number}, {scene.moments[number - 1]}, and run"
                f" again {resume.name}: {each}"
                for each in said
            ]
        tried += len(cases)
        possible += len(scene.moments) * 2 * len(RESUMES)
    count(what, tried, possible)
    return wrong


def lost(name: str, **args: Any) -> tuple[str, dict[str, Any]]:
    return name, args


LOST = (
    lost("drop_before"),
    lost("drop_after"),
    lost("status_after", status=500),
    lost("status_after", status=503),
    lost("status_after", status=504),
    lost("half_json"),
    lost("html", status=200),
)
"""Answers that leave it open whether the request was carried out; two of them mean it was not."""
