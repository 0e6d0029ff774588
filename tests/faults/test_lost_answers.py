"""Answers that were lost, lie, or come in another order: everything stands once in the end."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.faults.matrix import DANGEROUS, LOST, Count
from tests.faults.stage import AT_ONCE, LATER, Scene, Stage, where
from tests.faults.stores import rows_of

JUDGED_WHOLE = {
    "status": 400,
    "body": {
        "ErrorNumber": 10,
        "Type": "ValidationException",
        "Message": "A validation exception occurred",
        "Elements": [{"ValidationErrors": [{"Message": "One of them is not valid"}]}],
    },
}


def lost_and_resumed(stage: Stage, scene: Scene, name: str, moment: str, **args: Any) -> list[str]:
    """Run a scene with one fault at one of its writes, then later again without."""
    stage.back_to(scene)
    stage.simulator.faults.arm(name, **where(moment), times=9, **args)
    stage.run(scene)
    wrong = stage.silent()
    stage.simulator.faults.clear()
    stage.resume(scene, LATER)
    return [
        f"{scene.name}, {moment} under {name} {args}: {said}" for said in wrong + stage.wrong(scene)
    ]


@pytest.mark.parametrize("profile", ["dimension_classic", "procore_connector", "hybrid"])
def test_E52_a_lost_answer_leaves_an_issue_and_the_record_stands_once_later(
    lite: Stage, counted: Count, profile: str
) -> None:
    wrong, cases, possible = [], 0, 0
    nights = 3 if profile == "hybrid" else 2
    for turn, scene in enumerate(lite.scenes(profile, nights)):
        for place, moment in enumerate(dict.fromkeys(scene.writes)):
            dangerous = any(part in moment for part in DANGEROUS)
            every = 2 if dangerous and profile == "hybrid" else 4
            chosen = LOST[(turn + place) % every :: every]
            for name, args in chosen:
                wrong += lost_and_resumed(lite, scene, name, moment, **args)
            cases, possible = cases + len(chosen), possible + len(LOST)
    counted("lost answer", cases, possible)

    assert not wrong, "\n".join(wrong[:20])


def test_E52_a_read_of_xero_that_lags_behind_the_write_doubles_nothing(
    lite: Stage, counted: Count
) -> None:
    wrong, cases = [], 0
    for scene in lite.scenes("hybrid"):
        for number, moment in enumerate(scene.moments, 1):
            if moment not in scene.writes or not any(part in moment for part in DANGEROUS):
                continue
            lite.back_to(scene)
            lite.kill(scene, number, "after")
            lite.simulator.faults.arm("unseen", side="xero", method="GET", times=10**6)
            lite.resume(scene, AT_ONCE)
            said = lite.silent()
            lite.simulator.faults.clear()
            lite.resume(scene, LATER)
            wrong += [f"{scene.name}, {number}, {moment}: {x}" for x in said + lite.wrong(scene)]
            cases += 1
    counted("read behind write", cases, cases)

    assert not wrong, "\n".join(wrong[:20])


def test_E52_a_whole_400_over_a_batch_that_was_saved_is_looked_into(
    lite: Stage, counted: Count
) -> None:
    wrong, cases = [], 0
    for scene in lite.scenes("dimension_classic", nights=1):
        for moment in dict.fromkeys(scene.writes):
            if batched(lite, scene, moment):
                wrong += lost_and_resumed(lite, scene, "status_after", moment, **JUDGED_WHOLE)
                cases += 1
    counted("400 over saved elements", cases, cases)

    assert cases
    assert not wrong, "\n".join(wrong[:20])


def batched(stage: Stage, scene: Scene, moment: str) -> bool:
    """Whether a write of the scene sends more than one element."""
    stage.back_to(scene)
    stage.run(scene)
    asked = where(moment)
    for call in stage.simulator.calls.writes("xero"):
        if (call.method, call.path) == (asked["method"], asked["path"]):
            sent = json.loads(call.body)
            return any(isinstance(v, list) and len(v) > 1 for v in sent.values())
    return False


def test_E52_answers_in_another_order_are_matched(lite: Stage, counted: Count) -> None:
    wrong, cases = [], 0
    for scene in lite.scenes("procore_connector", nights=2):
        lite.back_to(scene)
        lite.simulator.set_switches(batch_order="reversed")
        lite.play(scene, run_id=scene.run_id)
        lite.simulator.set_switches(batch_order="request")
        wrong += [f"{scene.name}: {said}" for said in lite.wrong(scene)]
        cases += 1
    counted("another order", cases, cases)

    assert not wrong, "\n".join(wrong[:20])


INCOMPLETE = {
    "commitments": "ORDER_INCOMPLETE",
    "commitment_change_orders": "ORDER_INCOMPLETE",
    "subcontractor_invoices": "BILL_INCOMPLETE",
}


@pytest.mark.parametrize("kept", ["drop", "warning"])
def test_E52_tracking_that_a_200_left_out_is_an_issue_also_where_the_answer_was_lost(
    lite: Stage, counted: Count, kept: str
) -> None:
    silent, cases = [], 0
    for scene in lite.scenes("hybrid", nights=1):
        if scene.flow not in INCOMPLETE:
            continue
        last = max(n for n, m in enumerate(scene.moments, 1) if m in scene.writes)
        for kill in (False, True):
            lite.back_to(scene)
            lite.simulator.set_switches(unknown_tracking=kept)
            lite.people.xero.rename_option(code_option(lite), "Renamed")
            if kill:
                lite.kill(scene, last, "after")
                lite.resume(scene, AT_ONCE)
            else:
                lite.play(scene, run_id=scene.run_id)
            cases += 1
            codes = {row["code"] for row in rows_of(lite.store)["issues"]}
            if INCOMPLETE[scene.flow] not in codes:
                silent.append((scene.name, kill, codes))
    counted("tracking left out", cases, cases)

    assert cases
    assert not silent


def code_option(stage: Stage) -> str:
    """Return what the cost code of most lines is called in Xero."""
    options = stage.people.options("Cost Codes")
    return next(name for name in options if name.startswith("02-300"))
