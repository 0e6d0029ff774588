"""``make guards``: take each guard away in a copy of the project, and see its tests fail.

Takes an hour and a half with two copies. ``--only TEXT`` tries those with TEXT in name or file.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from queue import SimpleQueue

from dev.guards import PACKAGE, ROOT, Guard, guards
from dev.terminal import coloured

LONGEST = 300.0
"""Seconds that a guard's tests may take; without it, some might wait for ever."""
CAUGHT, SURVIVED = "caught", "SURVIVED"


def main(arguments: Sequence[str] | None = None) -> int:
    """Try them all; 1 where one is missed by nobody, or could not be tried."""
    parser = argparse.ArgumentParser(prog="python -m dev.guards", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="in the name or the file")
    parser.add_argument("--copies", type=int, default=2, help="how many to try at a time")
    asked = parser.parse_args(arguments)
    chosen = [g for g in guards() if asked.only in g.name or asked.only in g.file]
    free: SimpleQueue[Path] = SimpleQueue()

    def tried(guard: Guard) -> str:
        copy = free.get()
        try:
            return outcome(guard, copy)
        finally:
            free.put(copy)

    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(asked.copies) as threads:
        for number in range(asked.copies):
            free.put(copied(Path(place) / str(number)))
        found = {}
        for guard, said in zip(chosen, threads.map(tried, chosen), strict=True):
            found[guard.name] = said
            good = said.startswith(CAUGHT)
            print(coloured(f"{said}  {guard.name}", "32" if good else "31"), flush=True)
    missed = [name for name, said in found.items() if not said.startswith(CAUGHT)]
    print(f"{len(found)} guards: {len(found) - len(missed)} caught, {len(missed)} not")
    return bool(missed)


def copied(place: Path) -> Path:
    """Return a copy of the project at *place*: what git knows of it, as it is now."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, names.split("\0")):
        if (ROOT / name).is_file():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, place / name)
    return place


def outcome(guard: Guard, copy: Path) -> str:
    """Take *guard* away in *copy*, run its tests, put it back; return what came of it."""
    path = copy / PACKAGE.name / guard.file
    source = path.read_text()
    try:
        path.write_text(guard.without(source))
        return ran(guard.tests, copy)
    except ValueError as error:
        return f"NOT TRIED: {error}"
    finally:
        path.write_text(source)


def ran(tests: Sequence[str], copy: Path) -> str:
    """Return what came of *tests*: the first that failed, if one did."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider"]
    try:
        run = subprocess.run(
            [*command, *tests],
            cwd=copy,
            env=os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"NOT TRIED: its tests take longer than {LONGEST:g} s"
    if run.returncode == 0:
        return SURVIVED
    failed = [line for line in run.stdout.splitlines() if line.startswith("FAILED")]
    if run.returncode != 1 or not failed:
        return f"NOT TRIED: pytest ended with {run.returncode}: {run.stdout[-500:]}"
    return f"{CAUGHT} by {failed[0].split()[1].rpartition('::')[2]}"


if __name__ == "__main__":
    sys.exit(main())
