"""``python -m benchmarks``: measure everything, print the table, fail where a target is far off."""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from tempfile import TemporaryDirectory

from benchmarks.catalogue import BENCHMARKS, measured
from benchmarks.table import Row, printed


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=BENCHMARKS, action="append", help="one; may be repeated")
    parser.add_argument("--smoke", action="store_true", help="tiny sizes, and no verdict")
    asked = parser.parse_args(arguments)
    with TemporaryDirectory(prefix="benchmarks-") as home:
        # An Airflow of its own: DAGs are written into its database.
        for name in [each for each in os.environ if each.startswith("AIRFLOW")]:
            del os.environ[name]
        os.environ["AIRFLOW_HOME"] = home
        rows = [row for name in asked.only or BENCHMARKS for row in _alone(name, asked.smoke)]
    sys.stdout.write(printed(rows) + "\n")
    return 0 if asked.smoke else int(any(row.fails for row in rows))


def _alone(name: str, small: bool) -> list[Row]:
    """Run one benchmark in a process that has run no other."""
    sys.stderr.write(f"{name} ...\n")
    fresh = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=fresh) as pool:
        return pool.submit(measured, name, small).result()


if __name__ == "__main__":
    sys.exit(main())
