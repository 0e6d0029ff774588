"""Worker processes: begun, waited for, killed as the kernel kills."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.context import SpawnProcess
from typing import Any

PATIENCE = 60.0


def until(met: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Return what *met* returns as soon as that is true.

    :raises TimeoutError: if it never is.
    """
    give_up = time.monotonic() + seconds
    while not (found := met()):
        if time.monotonic() > give_up:
            raise TimeoutError
        time.sleep(0.02)
    return found


class Workers:
    """Processes that share nothing but the ledger and the two systems."""

    def __init__(self) -> None:
        self._spawn = multiprocessing.get_context("spawn")
        self._answers = self._spawn.Queue()
        self._all: list[SpawnProcess] = []

    def start(self, target: Callable[..., Any], *given: Any) -> SpawnProcess:
        """Begin ``target(*given)`` in a process of its own."""
        process = self._spawn.Process(target=_answering, args=(self._answers, target, given))
        process.start()
        self._all.append(process)
        return process

    def answers(self, count: int) -> list[Any]:
        """Return what the next *count* processes to end have answered."""
        return [self._answers.get(timeout=PATIENCE) for _ in range(count)]

    def together(self, target: Callable[..., Any], *each: tuple[Any, ...]) -> list[Any]:
        """Run ``target`` in a process for each of the arguments, and return their answers."""
        ready = self._spawn.Barrier(len(each))
        for given in each:
            self.start(_with_the_others, ready, target, given)
        return self.answers(len(each))

    def stop(self) -> None:
        for process in self._all:
            process.kill()
            process.join()


def _with_the_others(ready: Any, target: Callable[..., Any], given: tuple[Any, ...]) -> Any:
    ready.wait(PATIENCE)
    return target(*given)


def _answering(answers: Any, target: Callable[..., Any], given: tuple[Any, ...]) -> None:
    try:
        answers.put(target(*given))
    except BaseException as error:
        answers.put(f"{type(error).__name__}: {error}")
        raise
