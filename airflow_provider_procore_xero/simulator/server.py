"""The whole pretend world in one object: both APIs, pages for people, a control API."""

from __future__ import annotations

from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from . import control, pages
from . import seed as seeding
from .calls import Calls
from .clock import Clock
from .faults import Faults
from .procore import Procore
from .procore import routes as procore_routes
from .traffic import App, Receive, Scope, Send, Traffic, side_of
from .xero import Xero
from .xero import routes as xero_routes

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Simulator:
    """A pretend Procore and a pretend Xero with a memory.

    :param world: ``contractor``, ``empty`` or ``large``, see ``seed/``.
    :param seed: the same number builds the same world.
    :param clock: the world's time; "today" in the seeded records comes from it.
    :param sizes: for ``large`` only: how many ``bills``, ``vendors``, ``projects`` and
        ``requisitions``.
    :param switches: rules that the vendors don't document, by the names in each side's
        ``switches``.
    """

    procore: Procore
    xero: Xero

    def __init__(
        self,
        *,
        world: str = "contractor",
        seed: int = 7,
        clock: Clock | None = None,
        **switches: Any,
    ) -> None:
        self.clock = clock or Clock()
        self.faults = Faults()
        self.calls = Calls()
        self.reset(world=world, seed=seed, **switches)
        self.app: App = Traffic(self._serve, clock=self.clock, faults=self.faults, calls=self.calls)

    def reset(self, *, world: str = "contractor", seed: int = 7, **switches: Any) -> None:
        """Build the world anew; armed faults and remembered calls are gone."""
        sizes = {name: switches.pop(name) for name in seeding.SIZES if name in switches}
        self.world, self.seed = world, seed
        self.faults.clear()
        self.calls.clear()
        self.procore = Procore(clock=self.clock, faults=self.faults, calls=self.calls)
        self.xero = Xero(clock=self.clock, faults=self.faults, calls=self.calls)
        self.set_switches(**switches)
        seeding.build(self.procore, self.xero, world=world, seed=seed, sizes=sizes)
        self._app = self._starlette()

    def set_switches(self, **switches: Any) -> None:
        """Set each switch on the side that has it."""
        for name, value in switches.items():
            owners = [s for s in (self.procore, self.xero) if name in s.switches]
            if not owners:
                known = sorted({*self.procore.switches, *self.xero.switches})
                raise ValueError(f"No switch is called {name!r}. There are: {', '.join(known)}.")
            for owner in owners:
                owner.switches[name] = value

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    def _starlette(self) -> Starlette:
        app = Starlette(
            routes=[
                *procore_routes(self.procore),
                *xero_routes(self.xero),
                *control.routes(self),
                *pages.routes(self),
            ],
            exception_handlers={HTTPException: _refuse},
        )
        app.router.redirect_slashes = False
        return app


async def _refuse(request: Request, error: Exception) -> Response:
    """Say plainly what the simulator lacks; a 404 here is never a missing record."""
    assert isinstance(error, HTTPException)
    if error.status_code == 405 and side_of(request.url.path) == "xero":
        return JSONResponse({"message": "The method is not supported."}, status_code=405)
    if error.status_code in (404, 405):
        sentence = f"The simulator does not have {request.method} {request.url.path}."
        return JSONResponse({"message": sentence}, status_code=501)
    return JSONResponse({"message": error.detail}, status_code=error.status_code)


def serve(
    *,
    host: str = "127.0.0.1",
    port: int = 8010,
    world: str = "contractor",
    seed: int = 7,
    allow_remote: bool = False,
    **switches: Any,
) -> None:
    """Serve a simulator until interrupted, on this machine only unless *allow_remote*.

    :raises ValueError: for a host that others can reach; anyone who can connect can
        change every record and read every call.
    """
    if host not in LOOPBACK and not allow_remote:
        raise ValueError(f"{host} can be reached by others. Use 127.0.0.1 or allow it by name.")
    import uvicorn

    simulator = Simulator(world=world, seed=seed, **switches)
    uvicorn.run(simulator.app, host=host, port=port, log_level="warning", access_log=False)
