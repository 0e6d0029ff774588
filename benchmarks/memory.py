"""B10: how far memory grows with the number of records, over two whole nights.

The first night creates a bill for every claim, the second reads all of both sides again and finds
nothing to do. Each is a process of its own, so that its peak is its own; this process stays small,
since Linux counts a parent's peak towards its child's.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.stub import serving
from benchmarks.table import Row

NIGHTS = ("all new", "all read again, nothing to do")


def run(small: bool) -> list[Row]:
    few, many = (100, 300) if small else (10_000, 100_000)
    little, much = nights(few), nights(many)
    rows = []
    for name, less, more in zip(NIGHTS, little, much, strict=True):
        rows.append(
            Row(
                name=f"B10 memory, {many:,} against {few:,} claims, {name}",
                ours=f"{more:.1f} MB",
                floor=f"{less:.1f} MB",
                figure=more / less,
                target=1.10,
            )
        )
        rows.append(
            Row(
                name=f"B10 peak above the imports, in MB, {name}",
                ours=f"{more:.1f} MB",
                floor="-",
                figure=more,
                target=60,
            )
        )
    return rows


def nights(claims: int) -> list[float]:
    """Return the peak memory of two nights above what importing took, in MB."""
    with TemporaryDirectory(prefix="benchmarks-") as folder, serving() as address:
        return [_night(address, claims, folder) for _ in NIGHTS]


def _night(address: str, claims: int, folder: str) -> float:
    command = [sys.executable, "-m", "benchmarks.memory", address, str(claims), folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.read().splitlines()[-1]  # the ledger has its say before
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, process.returncode
    return (used.ru_maxrss - int(said)) / 1024


def main(address: str, claims: int, folder: Path) -> None:
    """Run one night, and print the peak that the imports took, in KB."""
    from airflow_provider_procore_xero.ledger.engine import engine_for
    from airflow_provider_procore_xero.ledger.ledger import Ledger
    from airflow_provider_procore_xero.ledger.migrate import upgrade
    from benchmarks.flow import PAIR, Night, address_in, clients_at, ran

    ledger = Ledger(engine_for(address_in(folder)), PAIR)
    upgrade(engine_for(address_in(folder)))
    operator, clients = Night(claims=claims), clients_at(address, claims)
    base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    done = ran(operator, ledger, clients)
    assert done["created"] + done["unchanged"] == done["read"] == claims, done
    sys.stdout.write(f"{base}\n")


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]))
