"""Faults: asked for by name, never random, each used up after *times*.

Names that the middleware in ``traffic.py`` does for both sides:

================  ============================================================================
``status``        answers *status*, *body*, *content_type*, *headers*; nothing is committed
``html``          an HTML page with *status* (200 by default, or 502); nothing is committed
``half_json``     the real answer, cut in half, with status 200; committed
``drop_before``   the connection dies; nothing is committed
``drop_after``    committed, then the connection dies
``late``          the connection dies at once; *seconds* later it is committed
``status_after``  committed, then answers *status* (500 by default)
``unseen``        a read that lacks what the remembered writes have made, as where lists lag
``slow``          waits *seconds* first, then goes on (with a further fault, if one is armed)
``meanwhile``     somebody does something right before the call arrives: calls *act*, from
                  Python only; then goes on as after ``slow``
``rate_limit``    429 as that side does it; args *kind* (``minute``, ``day``, ``concurrent``,
                  ``app_minute``; Procore: ``spike``, ``hour``) and *retry_after* seconds
================  ============================================================================

Names that each side does itself, because they touch its state: ``expire_token`` (the bearer
is treated as expired from now on), ``forget_row`` (an edit between pages: offset paging loses
a row), and whatever else a side documents.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any

SIDES = ("procore", "xero")


@dataclass
class Fault:
    """One armed fault; *after* matching calls pass before it strikes *times* calls."""

    name: str
    side: str
    method: str = "*"
    path: str = "*"
    times: int = 1
    after: int = 0
    args: dict[str, Any] = field(default_factory=dict)

    def matches(self, side: str, method: str, path: str) -> bool:
        return (
            self.side == side
            and fnmatchcase(method.upper(), self.method.upper())
            and fnmatchcase(path, self.path)
        )


class Faults:
    """The faults that are armed, in the order in which they were."""

    def __init__(self) -> None:
        self.armed: list[Fault] = []

    def arm(
        self,
        name: str,
        *,
        side: str,
        method: str = "*",
        path: str = "*",
        times: int = 1,
        after: int = 0,
        **args: Any,
    ) -> None:
        if side not in SIDES:
            raise ValueError(f"A fault's side is one of {SIDES}, not {side!r}.")
        self.armed.append(Fault(name, side, method, path, times, after, args))

    def take(self, names: str | Iterable[str], side: str, method: str, path: str) -> Fault | None:
        """Use up one fault of these names that matches the call, or return None."""
        wanted = {names} if isinstance(names, str) else set(names)
        for fault in self.armed:
            if fault.name not in wanted or not fault.matches(side, method, path):
                continue
            if fault.after > 0:
                fault.after -= 1
                continue
            fault.times -= 1
            if fault.times <= 0:
                self.armed.remove(fault)
            return fault
        return None

    def clear(self) -> None:
        self.armed.clear()
