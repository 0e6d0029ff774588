"""The control API: look at the world, arm faults, move the clock, act as a person would.

JSON under ``/_simulator``, answered to callers on this machine only.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from .calls import Call
from .faults import SIDES

if TYPE_CHECKING:
    from .server import Simulator

COLLECTIONS = {
    "procore": (
        "stages", "projects", "vendors", "users", "standard_cost_code_lists",
        "standard_cost_codes", "cost_codes", "line_item_types", "wbs_codes", "tax_codes",
        "commitments", "commitment_line_items", "change_order_packages",
        "potential_change_orders", "requisitions", "contract_payments", "direct_costs",
        "erp_job_costs", "billing_periods",
    ),
    "xero": (
        "accounts", "tax_rates", "contacts", "contact_groups", "tracking_categories", "items",
        "purchase_orders", "invoices", "credit_notes", "payments", "batch_payments",
        "prepayments", "overpayments", "bank_transactions", "manual_journals", "currencies",
        "history",
    ),
}  # fmt: skip
SINGLE = {"procore": "company", "xero": "organisation"}
_LOCAL_CLIENTS = frozenset({"127.0.0.1", "::1", "testclient"})

Endpoint = Callable[[Request], Awaitable[Response]]


class NoSuchRecord(LookupError):
    """The side, the collection or the record does not exist."""


def snapshot(simulator: Simulator) -> dict[str, Any]:
    """Both states as plain data; Decimals and dates as strings."""
    world: dict[str, Any] = {}
    for side, names in COLLECTIONS.items():
        state = getattr(simulator, side)
        single = SINGLE[side]
        world[side] = {single: getattr(state, single)}
        world[side] |= {name: getattr(state, name) for name in names if hasattr(state, name)}
        world[side]["switches"] = state.switches
    plain: dict[str, Any] = json.loads(json.dumps(world, default=_plain))
    return plain


def edit(
    simulator: Simulator, side: str, collection: str, key: str, *, change: dict[str, Any]
) -> dict[str, Any]:
    """Merge *change* into a record as a person in the UI would, and return the record.

    Amounts come as strings, as JSON has no decimals: where the record has a Decimal, so
    has the changed one.
    """
    records, found = _record(simulator, side, collection, key)
    record: dict[str, Any] = records[found]
    for name, value in change.items():
        record[name] = _like(record.get(name), value)
    if side == "procore":
        simulator.procore.touch(record)
    else:
        simulator.xero.stamp(record)
    return record


def remove(simulator: Simulator, side: str, collection: str, key: str) -> None:
    records, found = _record(simulator, side, collection, key)
    del records[found]


class Control:
    """The endpoints, one method each."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator

    async def health(self, request: Request) -> Response:
        simulator = self.simulator
        now = _moment(simulator.clock.now())
        return _json({"ok": True, "world": simulator.world, "seed": simulator.seed, "now": now})

    async def state(self, request: Request) -> Response:
        return _json(snapshot(self.simulator))

    async def calls(self, request: Request) -> Response:
        calls = self.simulator.calls
        if request.method == "DELETE":
            calls.clear()
            return Response(status_code=204)
        side = request.query_params.get("side")
        if request.query_params.get("writes") in ("1", "true"):
            return _json([_call(call) for call in calls.writes(side)])
        return _json([_call(call) for call in calls if side in (None, call.side)])

    async def faults(self, request: Request) -> Response:
        faults = self.simulator.faults
        if request.method == "DELETE":
            faults.clear()
            return Response(status_code=204)
        asked = await request.json()
        args = asked.pop("args", {})
        faults.arm(asked.pop("name"), **asked, **args)
        return _json({"armed": len(faults.armed)})

    async def clock(self, request: Request) -> Response:
        asked, clock = await request.json(), self.simulator.clock
        if "freeze" in asked:
            clock.freeze(datetime.fromisoformat(asked["freeze"]))
        clock.advance(float(asked.get("advance", 0)))
        return _json({"now": _moment(clock.now())})

    async def reset(self, request: Request) -> Response:
        asked, simulator = await _body(request), self.simulator
        world = asked.get("world", simulator.world)
        seed = int(asked.get("seed", simulator.seed))
        simulator.reset(world=world, seed=seed, **asked.get("switches", {}))
        return await self.health(request)

    async def switches(self, request: Request) -> Response:
        self.simulator.set_switches(**await request.json())
        return _json({side: getattr(self.simulator, side).switches for side in SIDES})

    async def erp_export(self, request: Request) -> Response:
        asked, procore = await request.json(), self.simulator.procore
        project_id = int(asked["project_id"])
        if project_id not in procore.projects:
            raise NoSuchRecord(f"There is no procore/projects/{project_id}.")
        return _json(procore.export_to_erp(project_id))

    async def record(self, request: Request) -> Response:
        given = request.path_params
        place: tuple[str, str, str] = (given["side"], given["collection"], given["id"])
        if request.method == "DELETE":
            remove(self.simulator, *place)
            return Response(status_code=204)
        if request.method == "GET":
            records, found = _record(self.simulator, *place)
            return _json(records[found])
        change = await request.json()
        return _json(edit(self.simulator, *place, change=change))


def routes(simulator: Simulator) -> list[Route]:
    """The routes of the control API, each guarded against callers from elsewhere."""
    control = Control(simulator)
    plan: list[tuple[str, Endpoint, list[str]]] = [
        ("/health", control.health, ["GET"]),
        ("/state", control.state, ["GET"]),
        ("/calls", control.calls, ["GET", "DELETE"]),
        ("/faults", control.faults, ["POST", "DELETE"]),
        ("/clock", control.clock, ["POST"]),
        ("/reset", control.reset, ["POST"]),
        ("/switches", control.switches, ["POST"]),
        ("/erp_export", control.erp_export, ["POST"]),
        ("/{side}/{collection}/{id}", control.record, ["GET", "PUT", "DELETE"]),
    ]
    return [
        Route(f"/_simulator{path}", _guarded(endpoint), methods=methods)
        for path, endpoint, methods in plan
    ]


def _guarded(endpoint: Endpoint) -> Endpoint:
    async def guarded(request: Request) -> Response:
        if request.client is not None and request.client.host not in _LOCAL_CLIENTS:
            return _json({"message": "The control API answers this machine only."}, status=403)
        try:
            return await endpoint(request)
        except NoSuchRecord as error:
            return _json({"message": str(error)}, status=404)
        except (ValueError, TypeError, KeyError) as error:
            return _json({"message": f"{type(error).__name__}: {error}"}, status=400)

    return guarded


def _record(
    simulator: Simulator, side: str, collection: str, key: str
) -> tuple[dict[Any, dict[str, Any]], Any]:
    """The collection and the record's key in it; a single record is its own collection."""
    if side not in SIDES or collection not in (*COLLECTIONS[side], SINGLE[side]):
        raise NoSuchRecord(f"There is no {side}/{collection}.")
    records = getattr(getattr(simulator, side), collection)
    if collection == SINGLE[side]:
        return {"": records}, ""
    found: Any = int(key) if side == "procore" else key
    if found not in records:
        raise NoSuchRecord(f"There is no {side}/{collection}/{key}.")
    return records, found


def _like(old: Any, new: Any) -> Any:
    if isinstance(old, Decimal) and isinstance(new, str | int):
        return Decimal(new)
    if isinstance(old, dict) and isinstance(new, dict):
        return {**old, **{name: _like(old.get(name), value) for name, value in new.items()}}
    return new


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _call(call: Call) -> dict[str, Any]:
    return {
        "side": call.side,
        "method": call.method,
        "path": call.path,
        "query": call.query,
        "headers": call.headers,
        "body": call.body.decode("utf-8", "replace"),
        "status": call.status,
        "response": call.response.decode("utf-8", "replace"),
        "at": _moment(call.at),
    }


async def _body(request: Request) -> dict[str, Any]:
    raw = await request.body()
    asked: dict[str, Any] = json.loads(raw) if raw else {}
    return asked


def _json(content: Any, *, status: int = 200) -> Response:
    return JSONResponse(json.loads(json.dumps(content, default=_plain)), status_code=status)


def _plain(value: Any) -> Any:
    if isinstance(value, Decimal):
        return str(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    raise TypeError(f"{type(value).__name__} in the simulator's state")
