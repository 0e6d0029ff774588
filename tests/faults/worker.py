"""Workers that die: each is a process of its own, and ``kill -9`` is what ends it.

``python -m tests.faults.worker`` imports everything once, then forks one worker for each line of
JSON that it reads, and answers with a line on how that worker ended. A worker counts what leaves it
for good, and at the moment it was told it kills itself as the kernel's memory killer would: no
``finally``, no rollback, no goodbye to either system or the database.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import re
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pkgutil import walk_packages
from typing import Any

import httpx
import time_machine
from sqlalchemy import Engine, event
from sqlalchemy.engine.default import DefaultDialect

from airflow_provider_procore_xero import settings
from airflow_provider_procore_xero.apis import transport
from airflow_provider_procore_xero.ledger import tokens
from tests.faults.flows import FLOWS
from tests.flows.office import Task

UNDER_WAY = 0.15
"""Seconds after which a request has surely left, and is at work where it went."""

PRODUCT = "airflow_provider_procore_xero"
IMPORTED_LATER = (
    "alembic.command",
    "psycopg2",
    "pydantic",
    "cryptography.fernet",
    "authlib.oauth2.rfc6749.parameters",
    "rapidfuzz.process",
    "airflow.sdk.definitions.connection",
    "airflow.sdk.execution_time.supervisor",
)
"""What a worker, or Airflow for it, imports where it is needed."""

_WRITES = re.compile(r"\s*(?:INSERT INTO|UPDATE|DELETE FROM)\s+(\w+)")


class Clockwork:
    """Numbers every request and every commit of the ledger, and strikes at one of them.

    A commit is called by the table that its transaction wrote to first. Those of the account of
    calls have no number: how often it is kept is a matter of time.

    :param kill: number and ``before``, ``after`` or ``during``; or ``cut``, where that request is
        carried out and then nothing can be reached any more. None lets the worker live.
    """

    def __init__(self, kill: tuple[int, str] | None) -> None:
        self.seen: list[str] = []
        self._kill = kill
        self._lock = threading.Lock()
        self._commit = threading.local()

    def install(self) -> None:
        """Watch the network and the database of this process."""
        send, commit = httpx.HTTPTransport.handle_request, DefaultDialect.do_commit

        def handle_request(transport: Any, request: httpx.Request) -> httpx.Response:
            number = self.begins(f"{request.method} {request.url.path}")
            self._leaves(number)
            response = send(transport, request)
            response.read()
            self._arrives(number)
            self.ends(number)
            return response

        def do_commit(dialect: Any, connection: Any) -> None:
            number, self._commit.number = getattr(self._commit, "number", 0), 0
            commit(dialect, connection)
            if number:
                self.ends(number)

        def executing(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
            if found := _WRITES.match(statement):
                connection.info.setdefault("wrote", found[1])

        def committing(connection: Any) -> None:
            table = connection.info.pop("wrote", "")
            if table and table != "allowances":
                self._commit.number = self.begins(f"COMMIT {table}")

        httpx.HTTPTransport.handle_request = handle_request  # type: ignore[method-assign]
        DefaultDialect.do_commit = do_commit  # type: ignore[method-assign]
        event.listen(Engine, "before_cursor_execute", executing)
        event.listen(Engine, "commit", committing)

    def begins(self, what: str) -> int:
        """Return the number of what is about to happen."""
        with self._lock:
            self.seen.append(what)
            number = len(self.seen)
            self._strike(number, "before")
        return number

    def ends(self, number: int) -> None:
        with self._lock:
            self._strike(number, "after")

    def _leaves(self, number: int) -> None:
        if self._is_cut(number - 1):
            raise httpx.ConnectError("the network is gone")
        if self._kill == (number, "during"):
            threading.Timer(UNDER_WAY, os.kill, (os.getpid(), signal.SIGKILL)).start()

    def _arrives(self, number: int) -> None:
        if self._is_cut(number):
            raise httpx.ReadError("the network is gone")

    def _is_cut(self, number: int) -> bool:
        return self._kill is not None and self._kill[1] == "cut" and number >= self._kill[0]

    def _strike(self, number: int, when: str) -> None:
        if self._kill == (number, when):
            os.kill(os.getpid(), signal.SIGKILL)


def run(asked: dict[str, Any]) -> dict[str, Any]:
    """Run one flow as a task would, and return what it left in XCom and what it did."""
    os.environ.update(asked["env"])
    socket.gethostname = lambda: asked["host"]
    kill = asked.get("kill")
    clockwork = Clockwork((kill[0], kill[1]) if kill else None)
    clockwork.install()
    transport._back_off = lambda state: 0.0  # type: ignore[assignment]
    tokens.LEASE = timedelta(seconds=0.3)  # 90 seconds would be waited out for each dead worker
    task = Task(asked["flow"], asked["try_number"])
    operator = FLOWS[asked["flow"]](
        task_id=asked["flow"], settings=asked["settings"], accepted=asked.get("accepted")
    )
    context: Any = {"run_id": asked["run_id"], "ti": task, "params": {"mode": "apply"}}
    with travelled(asked["ahead"]):
        return {"xcom": operator.execute(context), "seen": clockwork.seen}


@contextlib.contextmanager
def travelled(seconds: float) -> Iterator[None]:
    """Let this process live *seconds* ahead."""
    if not seconds:
        yield
        return
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True):
        yield


def fork(asked: dict[str, Any]) -> dict[str, Any]:
    """Run a worker to its end; return the signal that killed it, or what it has to say."""
    hears, says = os.pipe()
    worker = os.fork()
    if not worker:
        os.close(hears)
        _be_worker(asked, says)
    os.close(says)
    with os.fdopen(hears, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(worker, 0)
    if os.WIFSIGNALED(status):
        return {"signal": os.WTERMSIG(status)}
    answer: dict[str, Any] = json.loads(said)
    return answer


def _be_worker(asked: dict[str, Any], says: int) -> None:
    try:
        said = run(asked)
    except BaseException:  # noqa: BLE001 - whoever asked is told
        said = {"error": traceback.format_exc()}
    os.write(says, json.dumps(said).encode())
    os.close(says)
    os._exit(0)


def import_all() -> None:
    """Have ready what a worker may need, so that none spends its seconds on it."""
    package = import_module(PRODUCT)
    for module in walk_packages(package.__path__, f"{PRODUCT}."):
        if not any(part in module.name for part in (".simulator", ".migrations", ".web")):
            with contextlib.suppress(ImportError):  # some need an extra that is not installed
                import_module(module.name)
    for name in IMPORTED_LATER:
        import_module(name)
    settings.make({})
    gc.freeze()  # what all have, none looks through


def main() -> None:
    # Whatever the product prints or logs must not get between the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    import_all()
    print("ready", file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(fork(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
