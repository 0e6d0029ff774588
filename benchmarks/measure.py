"""CPU time, taken in turns: every candidate once a round, and the median of its rounds."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from statistics import median

Candidate = Callable[[], float]


class Stopwatch:
    """CPU seconds of this process, all threads, without what is done in a pause."""

    def __init__(self) -> None:
        self._paused = 0.0
        self._began = time.process_time()

    @property
    def seconds(self) -> float:
        return time.process_time() - self._began - self._paused

    @contextmanager
    def pause(self) -> Iterator[None]:
        """Leave out what the caller does meanwhile: making the records, say."""
        began = time.process_time()
        try:
            yield
        finally:
            self._paused += time.process_time() - began


def in_turns(candidates: Mapping[str, Candidate], rounds: int) -> dict[str, float]:
    """Return the median seconds of each candidate, after one round that does not count."""
    taken: dict[str, list[float]] = {name: [] for name in candidates}
    for turn in range(rounds + 1):
        for name, candidate in candidates.items():
            seconds = candidate()
            if turn:
                taken[name].append(seconds)
    return {name: median(each) for name, each in taken.items()}


def each(seconds: float, count: int) -> str:
    """Return the time for one of *count*, in microseconds."""
    return f"{seconds / count * 1e6:.1f} µs"
