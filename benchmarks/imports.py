"""B11 and B12: what our modules add to an import of Airflow, and to parsing a DAG file."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.measure import in_turns
from benchmarks.table import Row

ROOT = Path(__file__).parents[1]
PACKAGE = "airflow_provider_procore_xero"
DAG = ROOT / "dags" / "procore_xero_nightly.py"
PARTS = ("hooks", "operators", "notifications")
AIRFLOW = "from airflow.sdk import DAG, BaseHook, BaseOperator, task\n"

TIMED = """
import json, sys, time
{before}
began, known = time.process_time(), set(sys.modules)
{timed}
taken = time.process_time() - began
loaded = {{name.partition(".")[0] for name in set(sys.modules) - known}}
print("TAKEN", json.dumps([taken, sorted(loaded)]))
"""

BARE = """
from airflow.sdk import BaseOperator


class Bare(BaseOperator):
    def __init__(self, *, settings=None, full=None, **kwargs):
        super().__init__(**kwargs)


"""
STAND_INS = {
    "params": "lambda: {}",
    "schedule": "lambda dag_id, usual: usual",
    "timezone": "lambda: 'UTC'",
}


def run_imports(small: bool) -> list[Row]:
    """B11: our hooks, operators, links and notifications, after Airflow's own."""
    ours = "".join(f"import {name}\n" for name in modules())
    with TemporaryDirectory(prefix="benchmarks-") as cache:
        taken = in_turns(
            {
                "sdk": partial(_seconds, cache, "", AIRFLOW),
                "ours": partial(_seconds, cache, AIRFLOW, ours),
            },
            1 if small else 7,
        )
        _, loaded = _fresh(cache, AIRFLOW, ours)
    strange = strangers(loaded)
    return [
        Row(
            name="B11 importing ours after airflow.sdk, CPU",
            ours=f"{taken['ours'] * 1e3:.0f} ms",
            floor=f"{taken['sdk'] * 1e3:.0f} ms",
            figure=taken["ours"] / taken["sdk"],
            target=0.05,
        ),
        Row(
            name="B11 third-party packages that this loads",
            ours=", ".join(strange) or "none",
            floor="none",
            figure=len(strange),
            target=0,
            exact=True,
        ),
    ]


def modules() -> list[str]:
    """Return the dotted names of what a DAG file may import of ours."""
    files = [path for part in PARTS for path in sorted((ROOT / PACKAGE / part).glob("*.py"))]
    names = [".".join(path.relative_to(ROOT).with_suffix("").parts) for path in files]
    return [name.removesuffix(".__init__") for name in names]


def strangers(loaded: list[str]) -> list[str]:
    """Return what of *loaded* is neither ours, Airflow's nor Python's."""
    known = {PACKAGE, "airflow", *sys.stdlib_module_names, *sys.builtin_module_names}
    return [name for name in loaded if name not in known and not name.startswith("_")]


def run_parsing(small: bool) -> list[Row]:
    """B12: the nightly DAG in a fresh process, and the same file with operators that do nothing."""
    with TemporaryDirectory(prefix="benchmarks-") as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(bare_dag(DAG.read_text(encoding="utf-8")), encoding="utf-8")
        taken = in_turns(
            {
                "ours": partial(_seconds, folder, "import runpy", _run(DAG)),
                "bare": partial(_seconds, folder, "import runpy", _run(bare)),
            },
            1 if small else 9,
        )
    return [
        Row(
            name="B12 parsing the nightly DAG, CPU",
            ours=f"{taken['ours'] * 1e3:.0f} ms",
            floor=f"{taken['bare'] * 1e3:.0f} ms",
            figure=taken["ours"] / taken["bare"],
            target=1.08,
        )
    ]


def _run(path: Path) -> str:
    return f"runpy.run_path({str(path)!r})"


def bare_dag(source: str) -> str:
    """Return the DAG file *source* with bare operators in the place of ours."""
    tree = ast.parse(source)
    ours = [
        node
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PACKAGE)
    ]
    names = [alias.name for node in ours for alias in node.names]
    stand_ins = "\n".join(f"{name} = {_stand_in(name)}" for name in names)
    after = max(at for at, node in enumerate(tree.body) if node in ours)
    tree.body[after + 1 : after + 1] = ast.parse(BARE + stand_ins).body
    tree.body = [node for node in tree.body if node not in ours]
    return ast.unparse(tree)


def _stand_in(name: str) -> str:
    nothing = "lambda *_, **__: None"
    return "Bare" if name.endswith("Operator") else STAND_INS.get(name, nothing)


def _seconds(cache: str, before: str, timed: str) -> float:
    return _fresh(cache, before, timed)[0]


def _fresh(cache: str, before: str, timed: str) -> tuple[float, list[str]]:
    """Return the CPU seconds of *timed* in a fresh process, and what it loads; bytecode is kept."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": f"{cache}/bytecode"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    ran = subprocess.run(
        [sys.executable, "-c", TIMED.format(before=before, timed=timed)],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment,
    )
    (line,) = (each for each in ran.stdout.splitlines() if each.startswith("TAKEN "))
    seconds, loaded = json.loads(line.removeprefix("TAKEN "))
    return seconds, loaded
