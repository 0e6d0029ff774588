"""Both systems, a ledger, and workers that may be killed: plays one flow again and again."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import IO, Any, Literal, cast

from airflow_provider_procore_xero.simulator.control import snapshot
from tests.faults.sameness import Name, difference, names_in, normal
from tests.faults.stores import Store, forget_calls, let_pass, rows_of
from tests.faults.world import NIGHTS, PROFILES
from tests.flows.contractor import Contractor
from tests.flows.office import NO_LIMITS, TENANT, Server, kept_sides, put_back

When = Literal["before", "after", "during"]
WAITS = ("direct_costs", "journal_entries")
"""Flows whose target takes a second one while the first is on its way: what is not found waits."""
NO_KEY_LEFT = 400.0
"""Seconds after which Xero has forgotten every idempotency key: it keeps them for 360."""


@dataclass(frozen=True, kw_only=True)
class Resume:
    """How somebody runs a flow again after its worker died."""

    name: str
    later: float = 0.0
    host: str = "worker-1"
    retry: bool = True

    def turn(self, run_id: str) -> dict[str, Any]:
        """Return the task: Airflow's second try of the same one, or the next night's."""
        if self.retry:
            return {"run_id": run_id, "try_number": 2, "host": self.host, "ahead": self.later}
        return {
            "run_id": f"{run_id}, next",
            "try_number": 1,
            "host": self.host,
            "ahead": self.later,
        }


RESUMES = (
    Resume(name="at once"),
    Resume(name="after the idempotency key", later=NO_KEY_LEFT, retry=False),
    Resume(name="by another worker", host="worker-2"),
)
AT_ONCE, LATER, BY_ANOTHER = RESUMES


@dataclass
class Scene:
    """One flow, about to run: how everything stands before it, and after it ran undisturbed.

    :ivar played: both systems and the ledger after one undisturbed run.
    :ivar ends: the same in words, also after two: who was killed has run twice.
    """

    name: str
    flow: str
    settings: Mapping[str, Any]
    run_id: str
    accepted: bool = field(kw_only=True, default=False)
    sides: dict[str, dict[str, Any]] = field(repr=False)
    ledger: str
    known: set[Name] = field(repr=False)
    played: tuple[dict[str, dict[str, Any]], str] = field(default=({}, ""), repr=False)
    moments: list[str] = field(default_factory=list)
    ends: list[Any] = field(default_factory=list, repr=False)

    @property
    def writes(self) -> list[str]:
        """The requests that change something in either system."""
        return [moment for moment in self.moments if is_write(moment)]


def is_write(moment: str) -> bool:
    """Whether a moment is a request that changes something in either system."""
    return not moment.startswith(("GET", "COMMIT")) and not is_token(moment)


def is_token(moment: str) -> bool:
    return moment.endswith("/token")


def where(moment: str) -> dict[str, str]:
    """Return the side, the method and the path of a request, as faults are armed by them."""
    method, path = moment.split(" ", 1)
    side = "xero" if path.startswith("/api.xro") else "procore"
    return {"side": side, "method": method, "path": path}


class Workers:
    """Forks workers off a process that has everything imported."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.worker"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._asks = cast("IO[str]", self._process.stdin)
        self._hears = cast("IO[str]", self._process.stdout)
        assert self._hears.readline() == "ready\n"

    def run(self, **asked: Any) -> dict[str, Any]:
        """Run one worker to its end; *kill* is a moment's number and ``before`` or ``after``."""
        self._asks.write(json.dumps(asked) + "\n")
        self._asks.flush()
        answer: dict[str, Any] = json.loads(self._hears.readline())
        return answer

    def stop(self) -> None:
        self._asks.close()
        self._process.wait(20)


class Stage:
    """Plays flows on both systems and one ledger, from whatever state is asked for."""

    def __init__(self, server: Server, workers: Workers, store: Store) -> None:
        self.simulator, self.workers, self.store = server.simulator, workers, store
        self._url = server.url
        self.reset()

    def reset(self) -> None:
        """Build both systems anew, with the clock on this machine's time."""
        clock = self.simulator.clock
        clock.thaw()
        clock.advance((datetime.now(UTC) - clock.now()).total_seconds())
        self.simulator.reset(world="empty", **NO_LIMITS)
        self.people = Contractor(self.simulator)

    def scenes(self, profile: str, nights: int = len(NIGHTS)) -> Iterator[Scene]:
        """Play the first *nights* of *profile* undisturbed, and yield each flow before the next."""
        chosen = PROFILES[profile]
        for night, prepare in islice(NIGHTS.items(), nights):
            prepare(self.people)
            for flow in chosen.flows:
                scene = self.scene(f"{profile}, {night}, {flow}", flow, chosen.settings, night)
                if scene.writes:
                    yield scene
                    self.put_on(scene)

    def scene(
        self,
        name: str,
        flow: str,
        settings: Mapping[str, Any],
        run_id: str,
        *,
        accepted: bool = False,
    ) -> Scene:
        """Return the scene that is now, having played it once without any trouble."""
        forget_calls(self.store)
        scene = Scene(
            name=name,
            flow=flow,
            settings=settings,
            run_id=run_id,
            accepted=accepted,
            sides=kept_sides(self.simulator),
            ledger=self.store.keep(),
            known=names_in([self._sides(), rows_of(self.store)], self.simulator.clock.now()),
        )
        self.back_to(scene)
        scene.moments = self.play(scene, run_id=run_id)["seen"]
        scene.played = (kept_sides(self.simulator), self.store.keep())
        if scene.writes:
            scene.ends.append(self.end(scene))
            self.play(scene, run_id=f"{run_id}, next")
            scene.ends.append(self.end(scene))
        return scene

    def put_on(self, scene: Scene) -> None:
        """Have everything be as after *scene*, once and undisturbed."""
        sides, ledger = scene.played
        put_back(self.simulator, sides)
        self.store.back_to(ledger)

    def back_to(self, scene: Scene) -> None:
        """Have everything be as before *scene*."""
        put_back(self.simulator, scene.sides)
        self.store.back_to(scene.ledger)

    def play(self, scene: Scene, **turn: Any) -> dict[str, Any]:
        """Run the scene's flow to its end."""
        answer = self._run(scene, **turn)
        assert "xcom" in answer, f"{scene.name}: {answer.get('error', answer)}"
        return answer

    def run(self, scene: Scene) -> dict[str, Any]:
        """Run the scene's flow, however it ends."""
        return self._run(scene, run_id=scene.run_id)

    def do(self, flow: str, settings: Mapping[str, Any], run_id: str, **asked: Any) -> None:
        """Run a flow undisturbed, as what comes before a scene."""
        answer = self._work(flow, settings, run_id=run_id, **asked)
        assert "xcom" in answer, f"{flow}: {answer.get('error', answer)}"

    def cut(self, scene: Scene, number: int) -> None:
        """Run the scene's flow, and take its network away once one request is carried out."""
        answer = self._run(scene, run_id=scene.run_id, kill=(number, "cut"))
        assert "signal" not in answer, f"{scene.name}, {number}: it was killed: {answer}"

    def kill(self, scene: Scene, number: int, when: When) -> None:
        """Run the scene's flow, and kill its worker at one moment."""
        answer = self._run(scene, run_id=scene.run_id, kill=(number, when))
        assert answer == {"signal": signal.SIGKILL}, f"{scene.name}, {number}: it lived: {answer}"

    def killed_and_resumed(
        self, scene: Scene, number: int, when: When, resume: Resume
    ) -> list[str]:
        """Kill the flow at one moment, run it again, and return what is not as it should be."""
        self.back_to(scene)
        self.kill(scene, number, when)
        self.resume(scene, resume)
        if scene.flow not in WAITS or not rows_of(self.store)["intents"]:
            return self.wrong(scene)
        said = self.silent()
        self.resume(scene, LATER)
        return said + self.wrong(scene)

    def silent(self) -> list[str]:
        """Return what is in doubt though nobody is told so."""
        rows = rows_of(self.store)
        told = {(row["entity"], row["source_id"]) for row in rows["issues"]}
        doubted = {(row["entity"], row["source_id"]) for row in rows["intents"]}
        return [f"in doubt without an issue: {each}" for each in sorted(doubted - told)]

    def resume(self, scene: Scene, resume: Resume) -> dict[str, Any]:
        """Run the scene's flow again, as *resume* says."""
        self.simulator.clock.advance(resume.later)
        let_pass(self.store, resume.later)
        forget_calls(self.store)  # what the dead one might still send is counted for 15 seconds
        try:
            return self.play(scene, **resume.turn(scene.run_id))
        finally:
            self.simulator.clock.advance(-resume.later)

    def wrong(self, scene: Scene) -> list[str]:
        """Return what is otherwise than after an undisturbed run."""
        end = self.end(scene)
        return [] if end in scene.ends else difference(end, scene.ends[0])

    def end(self, scene: Scene) -> Any:
        """Return both systems and the ledger, without the ids that this run made."""
        return normal({**self._sides(), **rows_of(self.store)}, scene.known)

    def _sides(self) -> dict[str, Any]:
        world = snapshot(self.simulator)
        return {
            f"{side} {name}": records
            for side in ("procore", "xero")
            for name, records in world[side].items()
            if name not in ("switches", "history") and isinstance(records, dict | list)
        }

    def _run(self, scene: Scene, **turn: Any) -> dict[str, Any]:
        return self._work(scene.flow, scene.settings, accepted=scene.accepted, **turn)

    def _work(self, flow: str, settings: Mapping[str, Any], **turn: Any) -> dict[str, Any]:
        asked = {"try_number": 1, "host": "worker-1", "ahead": 0.0, **turn}
        return self.workers.run(flow=flow, settings=dict(settings), env=self._env(), **asked)

    def _env(self) -> dict[str, str]:
        mine = {
            "conn_type": "procore",
            "host": self._url,
            "login": "procore-client",
            "password": "procore-secret",
            "extra": {"company_id": 4281379, "login_host": self._url},
        }
        theirs = {
            "conn_type": "xero",
            "host": self._url,
            "login": "xero-client",
            "password": "xero-secret",
            "extra": {"tenant_id": TENANT, "identity_host": self._url, "web_host": self._url},
        }
        return {
            "AIRFLOW_CONN_PROCORE_DEFAULT": json.dumps(mine),
            "AIRFLOW_CONN_XERO_DEFAULT": json.dumps(theirs),
            "AIRFLOW_CONN_PROCORE_XERO_LEDGER": self.store.connection(),
            # Nothing here speaks TLS; reading certificates would cost more than the calls.
            "SSL_CERT_FILE": "",
            "SSL_CERT_DIR": str(Path(__file__).parent),
        }
