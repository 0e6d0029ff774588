"""Child processes that surely end.

Airflow's components fork workers, those fork tasks, and now and then one outlives its parent. So
each child leads a process group of its own, carries a mark in its environment that all its
descendants inherit, and stopping looks for both.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

MARK = "PROCORE_XERO_STARTED_BY"


class Processes:
    """Children of this process, stopped together; use it as a context manager.

    :param logs: the folder that takes each child's output, one file a name.
    """

    def __init__(self, logs: Path) -> None:
        self.logs = logs
        self._mark = uuid.uuid4().hex
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(
        self, name: str, command: Sequence[str], *, environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        """Start *command* with exactly *environment*, and the mark."""
        self.logs.mkdir(parents=True, exist_ok=True)
        with self.log(name).open("ab") as output:
            child = subprocess.Popen(
                command,
                env={**environment, MARK: self._mark},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._children[name] = child
        return child

    def run(self, name: str, command: Sequence[str], *, environment: Mapping[str, str]) -> int:
        """Run *command* to its end and return its exit code."""
        code = self.start(name, command, environment=environment).wait()
        del self._children[name]
        return code

    def end(self, name: str, *, patience: float = 8.0) -> None:
        """End the child called *name*, and whatever it started in its group."""
        child = self._children.pop(name)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(patience)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()

    def log(self, name: str) -> Path:
        """Return the file with the output of the child called *name*."""
        return self.logs / f"{name}.log"

    def dead(self) -> str | None:
        """Return the name of a child that ended by itself, or None while all live."""
        return next((n for n, c in self._children.items() if c.poll() is not None), None)

    def stop(self, *, patience: float = 8.0) -> None:
        """End every child and whatever it started: asked first, killed after *patience* seconds."""
        everyone = self._living()
        for child in self._children.values():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(child.pid, signal.SIGTERM)
        _, stubborn = psutil.wait_procs(everyone, timeout=patience)
        for each in {*stubborn, *self._living()}:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        for child in self._children.values():
            child.wait()
        self._children.clear()

    def wait_until_gone(self, *, timeout: float) -> list[int]:
        """Return the ids of marked processes that still live after *timeout* seconds."""
        end = time.monotonic() + timeout
        while (left := self._living()) and time.monotonic() < end:
            time.sleep(0.1)
        return [each.pid for each in left]

    def _living(self) -> list[psutil.Process]:
        return [each for each in psutil.process_iter() if self._is_ours(each)]

    def _is_ours(self, process: psutil.Process) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return bool(process.environ().get(MARK) == self._mark)
        except (psutil.Error, OSError):
            return False
