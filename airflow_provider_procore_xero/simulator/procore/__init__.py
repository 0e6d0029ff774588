"""A pretend Procore: state, rules and endpoints, from Procore's public documentation."""

from __future__ import annotations

from starlette.routing import Route

from . import (
    change_orders,
    commitment_lines,
    commitments,
    company,
    contract_payments,
    cost_codes,
    direct_cost_lines,
    direct_costs,
    erp_job_costs,
    files,
    oauth,
    projects,
    requisitions,
    vendors,
    wbs,
)
from .ask import Entry
from .gate import guarded
from .state import Procore

__all__ = ["Procore", "routes"]

_ENTRIES: list[Entry] = [
    *company.ROUTES,
    *projects.ROUTES,
    *vendors.ROUTES,
    *cost_codes.ROUTES,
    *wbs.ROUTES,
    *commitments.ROUTES,
    *commitment_lines.ROUTES,
    *change_orders.ROUTES,
    *requisitions.ROUTES,
    *contract_payments.ROUTES,
    *direct_costs.ROUTES,
    *direct_cost_lines.ROUTES,
    *erp_job_costs.ROUTES,
    *company.ERP_ROUTES,
]


def routes(state: Procore) -> list[Route]:
    """All of Procore's endpoints that the simulator has."""
    endpoints = [
        Route(path, guarded(state, handler), methods=[method]) for method, path, handler in _ENTRIES
    ]
    return [*oauth.routes(state), *files.routes(state), *endpoints]
