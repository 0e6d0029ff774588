"""B17: how long each route of the page takes over an old, large ledger, as its caller sees it.

A request goes through Airflow's own app, its session and rights checked, over a real socket. The
floor is the least that a list could be: one keyed SELECT of fifty rows, as JSON, in this process.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

import httpx
import msgspec
from sqlalchemy import Engine, text

from airflow_provider_procore_xero.ledger.engine import engine_for
from airflow_provider_procore_xero.ledger.migrate import upgrade
from benchmarks.airflow_page import PAIR, keep_ledger_at, serving
from benchmarks.old_ledger import LARGE, SMALL, Nights, fill
from benchmarks.painting import painted
from benchmarks.routes import Ask, reads, writes
from benchmarks.table import Row
from dev.postgres import scratch_database

TARGET_MS = 200
POSTGRES = "PROCORE_XERO_TEST_POSTGRES"


def run(small: bool) -> list[Row]:
    size, rounds = (SMALL, 3) if small else (LARGE, 40)
    rows: list[Row] = []
    with TemporaryDirectory(prefix="benchmarks-") as folder, serving(Path(folder)) as page:
        address, session = page
        for name, url in _databases(Path(folder)):
            with url as found:
                engine = engine_for(found)
                upgrade(engine)
                nights = fill(engine, PAIR, size)
                keep_ledger_at(found)
                rows += _routes(name, nights, engine, page, rounds)
                rows += painted(name, address, session, 2 if small else 5)
                engine.dispose()
    return rows


def _databases(folder: Path) -> list[tuple[str, AbstractContextManager[str]]]:
    found: list[tuple[str, AbstractContextManager[str]]] = [("SQLite", _sqlite(folder))]
    server = os.environ.get(POSTGRES, "")
    if server:
        found.append(("PostgreSQL", scratch_database(server)))
    return found


@contextmanager
def _sqlite(folder: Path) -> Iterator[str]:
    yield f"sqlite:///{folder / 'ledger.db'}"


def _routes(
    database: str, nights: Nights, engine: Engine, page: tuple[str, str], rounds: int
) -> list[Row]:
    address, session = page
    floor = _timings(lambda k: _bare(engine, k, nights.size.links), rounds)
    said = f"{median(floor):.2f} ms"
    rows = []
    with httpx.Client(cookies={"_token": session}, timeout=60) as client:
        for name, asker in {**reads(nights), **writes(nights)}.items():
            taken = _timings(lambda k: _asked(client, address, asker(k)), rounds)  # noqa: B023
            rows.append(_row(f"B17 {name}, {database}", taken, said))
    return rows


def _timings(candidate: Callable[[int], float], rounds: int) -> list[float]:
    """Return the milliseconds of each round but the first two, least first."""
    return sorted([candidate(k) for k in range(rounds + 2)][2:])


def _asked(client: httpx.Client, address: str, ask: Ask) -> float:
    """Return the milliseconds until the answer is there, or of a file its beginning."""
    began = time.perf_counter()
    with client.stream(
        ask.method,
        f"{address}/api/{ask.path}",
        params=ask.params,
        json=ask.body,
        headers={"origin": address.rpartition("/")[0], "sec-fetch-site": "same-origin"},
    ) as answer:
        if "format=csv" in ask.path:
            next(answer.iter_raw())
        else:
            answer.read()
        taken = (time.perf_counter() - began) * 1000
        assert answer.status_code < 300, (ask, answer.read())
    return taken


def _bare(engine: Engine, k: int, links: int) -> float:
    began = time.perf_counter()
    query = text("SELECT * FROM links WHERE id < :before ORDER BY id DESC LIMIT 50")
    with engine.connect() as connection:
        found = connection.execute(query, {"before": 60 + k * 9973 % links})
        msgspec.json.encode([dict(row) for row in found.mappings()])
    return (time.perf_counter() - began) * 1000


def _row(name: str, taken: list[float], floor: str) -> Row:
    p95 = taken[min(len(taken) - 1, round(len(taken) * 0.95) - 1)]
    return Row(
        name=name,
        ours=f"p50 {median(taken):.0f}, p95 {p95:.0f}, most {taken[-1]:.0f} ms",
        floor=floor,
        figure=p95,
        target=TARGET_MS,
    )
