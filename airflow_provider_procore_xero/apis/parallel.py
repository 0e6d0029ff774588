"""Reading several lists at once without holding more than a few of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

Key = TypeVar("Key")
Row = TypeVar("Row")


def read_each(
    keys: Iterable[Key], read: Callable[[Key], Iterable[Row]], *, at_once: int
) -> Iterator[tuple[Key, list[Row]]]:
    """Yield ``(key, rows)`` in the order of *keys*, reading up to *at_once* of them ahead.

    No more than *at_once* lists are in memory. The first error is raised in its key's turn, after
    everything before it was yielded; what had not begun by then is never asked.
    """
    left = iter(keys)
    with ThreadPoolExecutor(at_once, thread_name_prefix="read") as pool:
        reading: deque[tuple[Key, Future[list[Row]]]] = deque()

        def begin(count: int) -> None:
            for key in islice(left, count):
                reading.append((key, pool.submit(_all, read, key)))

        try:
            begin(at_once)
            while reading:
                key, future = reading.popleft()
                rows = future.result()
                yield key, rows
                del rows, future
                begin(1)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _all(read: Callable[[Key], Iterable[Row]], key: Key) -> list[Row]:
    return list(read(key))
