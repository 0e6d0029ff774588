"""``make matrix``: ``tests/compat`` under every Airflow, and every Python, that is supported.

Each pair has a virtual environment in ``.matrix/``, kept for the next time. The older Airflows run
under one Python, the newest under all that this machine has; a pair whose Python is missing is
shown as not run.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dev.terminal import coloured, heading

ROOT = Path(__file__).parents[1]
# Airflow to the versions that go with it, oldest first.
AIRFLOWS = {
    "3.1.8": "constraints-airflow-3.1.txt",
    "3.2.2": "constraints-airflow-3.2.txt",
    "3.3.2": "constraints.txt",
}
PYTHONS = ("3.11", "3.12", "3.13")
TESTS = ("tests/compat",)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """An Airflow and a Python; *interpreter* is empty where this machine has none such."""

    airflow: str
    python: str
    interpreter: str

    @property
    def name(self) -> str:
        return f"Airflow {self.airflow}, Python {self.python}"

    @property
    def constraints(self) -> Path:
        return ROOT / AIRFLOWS[self.airflow]


def pairs(pythons: dict[str, str]) -> Iterator[Pair]:
    """Yield what is to be run.

    :param pythons: interpreter by version; the older Airflows take the first.
    """
    *older, newest = AIRFLOWS
    first = next(iter(pythons))
    for airflow in older:
        yield Pair(airflow=airflow, python=first, interpreter=pythons[first])
    for python in PYTHONS:
        yield Pair(airflow=newest, python=python, interpreter=pythons.get(python, ""))


def interpreters(given: Sequence[str]) -> dict[str, str]:
    """Return interpreters by version: *given*, or else this one and what is on the path."""
    found: dict[str, str] = {}
    for python in given or (sys.executable, *(f"python{each}" for each in PYTHONS)):
        if path := shutil.which(python):
            found.setdefault(_version(path), path)
    usable = {version: found[version] for version in PYTHONS if version in found}
    if not usable:
        raise SystemExit(f"None of these is a Python of {', '.join(PYTHONS)}: {', '.join(given)}")
    return usable


def _version(python: str) -> str:
    script = "import sys; print(*sys.version_info[:2], sep='.')"
    return subprocess.run(
        [python, "-c", script], capture_output=True, text=True, check=False
    ).stdout.strip()


def environment(pair: Pair, home: Path) -> Path:
    """Return the Python of *pair*'s virtual environment, built if need be."""
    folder = home / f"airflow-{pair.airflow}-python-{pair.python}"
    python, stamp = folder / "bin" / "python", folder / "installed"
    wanted = _digest(ROOT / "setup.cfg", pair.constraints)
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    print(f"Installing into {folder}, which takes about a minute", flush=True)
    _call(pair.interpreter, "-m", "venv", "--clear", str(folder))
    _call(
        *(str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"),
        *("--constraint", str(pair.constraints), f"apache-airflow=={pair.airflow}"),
        *("--editable", f"{ROOT}[test,postgres]"),
    )
    stamp.write_text(wanted)
    return python


def _digest(*files: Path) -> str:
    return hashlib.sha256(b"".join(each.read_bytes() for each in files)).hexdigest()


def _call(*command: str) -> None:
    subprocess.run(command, check=True, cwd=ROOT)


def run(pair: Pair, home: Path, tests: Sequence[str]) -> bool | None:
    """Return whether the tests pass under *pair*; None where it can't be run here."""
    heading(pair.name)
    if not pair.interpreter:
        print(f"Not run: there is no python{pair.python} on the path.")
        return None
    try:
        python = environment(pair, home)
    except subprocess.CalledProcessError as error:
        print(f"It can't be installed: {error}")
        return False
    command = [str(python), "-m", "pytest", "--quiet", "-p", "no:cacheprovider", *tests]
    # The commands of this environment come first: tests start Airflow's processes by name.
    path = os.pathsep.join((str(python.parent), os.environ.get("PATH", "")))
    ran = subprocess.run(command, check=False, cwd=ROOT, env={**os.environ, "PATH": path})
    return ran.returncode == 0


def main() -> int:
    """Run the matrix; 0 when nothing that was run has failed."""
    given = _arguments()
    wanted = [
        each for each in pairs(interpreters(given.python)) if given.only in (None, each.airflow)
    ]
    results = {each: run(each, given.home.resolve(), given.tests or TESTS) for each in wanted}
    heading("The matrix")
    words = {True: ("passed", "32"), False: ("FAILED", "31"), None: ("not run", "33")}
    for each, result in results.items():
        print(f"  {each.name:<28} {coloured(*words[result])}")
    return int(False in results.values() or True not in results.values())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m dev.matrix", description=__doc__)
    parser.add_argument("--home", type=Path, default=ROOT / ".matrix", help="for environments")
    parser.add_argument("--python", action="append", default=[], help="an interpreter; repeatable")
    parser.add_argument("--only", choices=AIRFLOWS, help="this Airflow only")
    parser.add_argument("tests", nargs="*", help="other tests than tests/compat")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
