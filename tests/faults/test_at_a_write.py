"""What else may happen at a write: refusals, limits, a network or a worker that goes away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.faults.matrix import DANGEROUS, LEAST, Count
from tests.faults.stage import AT_ONCE, LATER, Scene, Stage, is_write, where
from tests.reliability.processes import until

AT_WORK = 0.6
"""Seconds for which a target is at work on a write whose sender is killed."""
CONFLICT = {"Message": "In progress", "errors": "Conflict"}
STOPS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("status", {"status": 409, "body": CONFLICT}),
    ("rate_limit", {"kind": "day", "retry_after": 30000}),
    ("status", {"status": 401, "body": {"Detail": "AuthenticationUnsuccessful"}}),
    ("status", {"status": 403, "body": {"Detail": "AuthenticationUnsuccessful"}}),
)
"""Answers that say no to everything; none of them carries anything out."""


def writes_of(scene: Scene) -> Iterator[tuple[int, str]]:
    """Yield the number and the name of each write where a second one is another document."""
    for number, moment in enumerate(scene.moments, 1):
        if is_write(moment) and any(part in moment for part in DANGEROUS):
            yield number, moment


def made_up_for(stage: Stage, scene: Scene, what: str) -> list[str]:
    """Return what is wrong after a run that was stopped, and after the next one much later."""
    said = stage.silent()
    stage.simulator.faults.clear()
    stage.resume(scene, LATER)
    return [f"{scene.name}, {what}: {each}" for each in said + stage.wrong(scene)]


def test_E54_what_stops_a_run_at_a_write_is_made_up_for_later(lite: Stage, counted: Count) -> None:
    wrong, cases, possible = [], 0, 0
    for turn, scene in enumerate(lite.scenes("hybrid", nights=2)):
        for place, moment in enumerate(dict.fromkeys(scene.writes)):
            every = 2 if any(part in moment for part in DANGEROUS) else 4
            for name, args in STOPS[(turn + place) % every :: every]:
                lite.back_to(scene)
                lite.simulator.faults.arm(name, **where(moment), times=9, **args)
                lite.run(scene)
                wrong += made_up_for(lite, scene, f"{moment} under {name} {args}")
                cases += 1
            possible += len(STOPS)
    counted("stopped at a write", cases, possible)

    assert not wrong, "\n".join(wrong[:20])


def test_E52_what_a_lost_write_is_answered_when_it_is_sent_again_doubles_nothing(
    lite: Stage, counted: Count
) -> None:
    wrong, cases = [], 0
    for scene in lite.scenes("hybrid", nights=2):
        for moment in dict.fromkeys(moment for _, moment in writes_of(scene)):
            if where(moment)["side"] == "procore":
                continue  # it has no keys, so nothing is sent again
            for name, args in STOPS:
                lite.back_to(scene)
                lite.simulator.faults.arm("drop_after", **where(moment))
                lite.simulator.faults.arm(name, **where(moment), after=1, times=9, **args)
                lite.run(scene)
                wrong += made_up_for(lite, scene, f"{moment}, lost and then {name} {args}")
                cases += 1
    counted("sent again", cases, cases)

    assert not wrong, "\n".join(wrong[:20])


def test_E52_a_network_that_goes_away_after_a_write_doubles_nothing(
    lite: Stage, counted: Count
) -> None:
    wrong, cases = [], 0
    for scene in lite.scenes("hybrid", nights=2):
        for number, moment in writes_of(scene):
            lite.back_to(scene)
            lite.cut(scene, number)
            wrong += made_up_for(lite, scene, f"cut off after {number}, {moment}")
            cases += 1
    counted("network gone", cases, cases)

    assert not wrong, "\n".join(wrong[:20])


def test_E52_killed_while_a_target_is_at_work_a_run_that_comes_at_once_doubles_nothing(
    lite: Stage, counted: Count
) -> None:
    wrong, cases = [], 0
    for scene in lite.scenes("hybrid", nights=2):
        for number, moment in writes_of(scene):
            lite.back_to(scene)
            before = scene.moments[: number - 1].count(moment)
            lite.simulator.faults.arm("slow", **where(moment), after=before, seconds=AT_WORK)
            lite.kill(scene, number, "during")
            lite.resume(scene, AT_ONCE)
            until(lambda: not lite.simulator.calls.in_flight.total())
            wrong += made_up_for(lite, scene, f"killed during {number}, {moment}")
            cases += 1
    counted("killed at work", cases, cases)

    assert not wrong, "\n".join(wrong[:20])


def test_there_are_more_than_four_hundred_cases() -> None:
    assert sum(LEAST.values()) >= 400
