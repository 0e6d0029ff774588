"""Read-only pages, so that a deep link in a mail opens something."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

if TYPE_CHECKING:
    from .server import Simulator


def routes(simulator: Simulator) -> list[Route]:
    return []
