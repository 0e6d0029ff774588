"""Every guard of the package, and the test that fails without it.

A guard is a line that keeps something from being lost, doubled, overwritten or told. The ``.toml``
files beside this one name each, how it is taken away, and tests of which at least one then fails::

    [[guard]]
    name = "A paid bill is never written to"
    file = "sync/entities/bills.py"
    old = "if bill.is_paid:"
    new = "if False:"
    tests = ["tests/flows/test_claims.py::test_E35_a_paid_bill_is_never_touched"]

*file* is within the package, and *old* stands in it once. For a ``Condition`` of an entity,
``condition = "CODE"`` stands in place of *old* and *new*: without it, it is always met. Where a
file has two of one code, *old* is what only the one that is meant says.
"""

from __future__ import annotations

import ast
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "airflow_provider_procore_xero"
_LISTS = Path(__file__).parent


@dataclass(frozen=True, kw_only=True)
class Guard:
    """One guard, and how it is taken away."""

    name: str
    file: str
    tests: tuple[str, ...]
    old: str = ""
    new: str = ""
    condition: str = ""

    def without(self, source: str) -> str:
        """Return *source*, the text of its file, without it.

        :raises ValueError: where it does not stand there exactly once.
        """
        changes = [(self.old, self.new)]
        if self.condition:
            changes = [
                change
                for code, change in conditions(source)
                if code == self.condition and self.old in change[0]
            ]
        if len(changes) != 1 or source.count(changes[0][0]) != 1:
            raise ValueError(f"{self.file} does not have it once: {self.condition or self.old}")
        return source.replace(*changes[0])


def guards() -> list[Guard]:
    """Return all that are listed, in the order of the files' names."""
    return [
        Guard(**{**each, "tests": tuple(each["tests"])})
        for path in sorted(_LISTS.glob("*.toml"))
        for each in tomllib.loads(path.read_text())["guard"]
    ]


@cache
def conditions(source: str) -> list[tuple[str, tuple[str, str]]]:
    """Return the code of each ``Condition`` in *source*, its text, and that if it is always met."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Condition":
            given = {each.arg: ast.get_source_segment(source, each.value) for each in node.keywords}
            text = ast.get_source_segment(source, node) or ""
            always = text.replace(f"met={given['met']}", "met=lambda r, a: True", 1)
            found.append((ast.literal_eval(given["code"] or ""), (text, always)))
    return found
