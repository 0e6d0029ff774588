"""``python -m dev.docs``: write into ``docs/`` what the code says of itself.

Pages are written by hand but for the parts between a pair of marks::

    <!-- generated: conditions projects -->
    <!-- end -->

What stands between them comes from the entities, the settings and the reasons in the code; a test
fails where a page differs from it. ``--check`` names such pages and writes nothing.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from airflow_provider_procore_xero.settings import PROFILES, attribute, json_schema, make, reference
from airflow_provider_procore_xero.sync.entities import (
    bill_payments,
    commitment_change_orders,
    commitments,
    contacts,
    cost_codes,
    direct_costs,
    items,
    job_costs,
    journal_entries,
    projects,
    subcontractor_invoices,
    vendors,
)
from airflow_provider_procore_xero.sync.entity import Entity
from airflow_provider_procore_xero.sync.settings import Settings
from airflow_provider_procore_xero.sync.tracing import EXPLANATIONS
from dev import mappings
from dev.guards import guards
from dev.reasons import UNKNOWN, Said, reasons, spoken

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
SCHEMA = DOCS / "settings.schema.json"
ENTITIES: Mapping[str, Entity] = {
    module.ENTITY.name: module.ENTITY
    for module in (
        projects,
        vendors,
        contacts,
        cost_codes,
        commitments,
        commitment_change_orders,
        subcontractor_invoices,
        bill_payments,
        direct_costs,
        journal_entries,
        job_costs,
    )
} | {"items": items.ENTITY}
UNUSED: frozenset[str] = frozenset()
"""Keys that the file takes, and that no flow of this version reads."""
SO_FAR: Mapping[str, str] = {
    "approval.backend": "`procore_erp` is refused: Procore opens that tool to partners only.",
}
"""What of a key this version does not do yet."""

_BLOCK = re.compile(r"(<!-- generated: (.+?) -->\n)(.*?)(<!-- end -->)", re.DOTALL)


def main() -> int:
    """Write every page and the schema; 1 where ``--check`` finds a difference."""
    parser = argparse.ArgumentParser(prog="python -m dev.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, name what differs")
    check = parser.parse_args().check
    differing = [(path, new) for path, new in rendered() if new != _text(path)]
    for path, new in differing:
        print(f"{'differs' if check else 'written'}: {path.relative_to(ROOT)}")
        if not check:
            path.write_text(new, encoding="utf-8")
    return 1 if check and differing else 0


def rendered() -> Iterator[tuple[Path, str]]:
    """Yield each generated file and what it should hold."""
    for path in [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]:
        old = _text(path)
        if _BLOCK.search(old):
            yield path, _BLOCK.sub(_filled, old)
    yield SCHEMA, json.dumps(json_schema(), indent=2) + "\n"


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _filled(block: re.Match[str]) -> str:
    name, _, argument = block[2].partition(" ")
    return f"{block[1]}\n{_BLOCKS[name](argument)}\n\n{block[4]}"


def _mapping(name: str) -> str:
    """Return the table of what becomes of each field."""
    entity = ENTITIES[name]
    return table(
        (f"In {entity.source.capitalize()}", f"In {entity.target.capitalize()}", "How"),
        ((row.source, row.target, row.rule) for row in entity.mapping),
    )


def _conditions(name: str) -> str:
    """Return the table of what must be so, in the order in which it is asked."""
    return table(
        ("It is asked", "If not, the code is", "What to do"),
        (
            (each.asks, _linked(each.code, waits=each.waits), spoken(each.fix))
            for each in ENTITIES[name].conditions
        ),
    )


def _explanations(_: str) -> str:
    """Return the table of the reasons that only a reconciliation has."""
    return table(
        ("Code", "What it says"), ((f"`{code}`", said) for code, said in EXPLANATIONS.items())
    )


def _linked(code: str, *, waits: bool) -> str:
    return f"[`{code}`](../reasons.md#{code.lower()}){' (waits)' if waits else ''}"


def _reasons(_: str) -> str:
    """Return the table of every code, by name."""
    found: dict[str, list[Said]] = {}
    for said in reasons():
        found.setdefault(said.code, []).append(said)
    return table(
        ("Code", "What it says", "What to do", "Where"),
        (
            (
                f'<a id="{code.lower()}"></a>`{code}`{" (waits)" if _waits(all_said) else ""}',
                _words((said.sentence for said in all_said), "In the other system's own words."),
                _words((said.fix for said in all_said), "Mend what it names."),
                _lines(said.where for said in all_said),
            )
            for code, all_said in sorted(found.items())
        ),
    )


def _words(texts: Iterable[str], unknown: str) -> str:
    """Return the sentences, each once; *unknown* where only a run knows them."""
    given = list(texts)
    known = [text[:1].upper() + text[1:] for text in given if text != UNKNOWN]
    return _lines(known) or (unknown if UNKNOWN in given else "")


def _waits(all_said: Iterable[Said]) -> bool:
    return all(said.waits for said in all_said)


def _settings(_: str) -> str:
    """Return a table for each section of the settings file."""
    sections: dict[str, list[tuple[str, ...]]] = {}
    for section, key, _default, doc in reference():
        notes = [doc.text]
        if doc.overridable:
            notes.append("*A run may set it.*")
        if f"{section}.{key}" in UNUSED:
            notes.append("**Not used yet.**")
        if more := SO_FAR.get(f"{section}.{key}"):
            notes.append(f"**{more}**")
        row = (f"`{key}`", _choices(section, key), _default_of(section, key), " ".join(notes))
        sections.setdefault(section, []).append(row)
    kinds = get_type_hints(Settings)
    return "\n\n".join(
        f"### `{section}`\n\n{kinds[section].__doc__}\n\n"
        + table(("Key", "Values", "Default", "What it says"), rows)
        for section, rows in sections.items()
    )


def _default_of(section: str, key: str) -> str:
    """Return the default, or where the profiles differ each one's."""
    name = attribute(section, key)
    by_profile = {
        p: _value(getattr(getattr(make({"profile": p}), section), name)) for p in PROFILES
    }
    ((usual, _),) = Counter(by_profile.values()).most_common(1)
    return _lines([usual, *(f"{v} in `{p}`" for p, v in by_profile.items() if v != usual)])


def _value(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, tuple):
        return f"`[{', '.join(value)}]`"
    if isinstance(value, dict):
        return "`{}`" if not value else f"`{json.dumps(value)}`"
    return f"`{json.dumps(value)}`" if isinstance(value, bool) else f"`{value}`"


def _choices(section: str, key: str) -> str:
    kind = get_type_hints(get_type_hints(Settings)[section])[attribute(section, key)]
    return _kind(kind)


def _kind(kind: Any) -> str:
    """Return what a key takes, in words."""
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return ", ".join(f"`{each}`" for each in inner)
    if origin in (UnionType, Union):
        rest = [_kind(each) for each in inner if each is not NoneType]
        return f"{' or '.join(rest)}, or null"
    if origin is tuple:
        return f"list of {_kind(inner[0])}"
    if kind is bool:
        return "`true`, `false`"
    return {str: "text", int: "number", Decimal: "amount"}.get(kind, "keys and texts")


def table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *([_cell(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ").strip()


def _lines(texts: Iterable[str]) -> str:
    return "<br>".join(dict.fromkeys(text for text in texts if text))


def _dags(_: str) -> str:
    """Return the table of the example DAGs."""
    return table(
        ("DAG", "What it does", "Runs by itself", "What it can be asked for"),
        (_dag(path) for path in sorted((ROOT / "dags").glob("*.py"))),
    )


def _dag(path: Path) -> tuple[str, ...]:
    """Read a DAG file without running it: its first sentence, its schedule, its params."""
    tree = ast.parse(_text(path))
    calls = {
        node.func.id: [_literal(each) for each in node.args]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    does = (ast.get_docstring(tree) or "").partition("\n\n")[0].replace("\n", " ")
    cron = calls["schedule"][1]
    asked = [f"`{name}`" for name in calls.get("params", ())]
    return (f"`{path.stem}`", does, f"`{cron}`" if cron else "no", ", ".join(asked))


def _literal(node: ast.expr) -> str:
    """Return the text that *node* is, and nothing for None."""
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def _params(_: str) -> str:
    """Return the table of the trigger form."""
    from airflow_provider_procore_xero.params import params

    names = ("project_number", "contact_id", "commitment_number", "application_number")
    return table(
        ("Param", "In the form", "What it does"),
        (
            (f"`{name}`", str(param.schema["title"]), str(param.description))
            for name, param in params(*names).items()
        ),
    )


def _capabilities(_: str) -> str:
    """Return the table of what moves at all."""
    head = ("In Procore", "", "In Xero", "Flow", "Switch", "Profiles")
    return table(head, mappings.capabilities())


def _requirements(_: str) -> str:
    """Return the table of every row that has a number."""
    head = ("No.", "From", "To", "Way", "How", "Profiles")
    return table(head, mappings.requirements())


def _guards(_: str) -> str:
    """Return the table of every guard, under the file that has it."""
    rows = sorted(guards(), key=lambda each: (each.file, each.name))
    return table(
        ("Without it, a test fails: …", "It stands in", "Tests"),
        ((each.name, f"`{each.file}`", _lines(map(_test, each.tests))) for each in rows),
    )


def _test(node: str) -> str:
    path, _, name = node.partition("::")
    return f"`{name.partition('[')[0] or path}`"


_BLOCKS: Mapping[str, Callable[[str], str]] = {
    "mapping": _mapping,
    "capabilities": _capabilities,
    "requirements": _requirements,
    "conditions": _conditions,
    "explanations": _explanations,
    "reasons": _reasons,
    "settings": _settings,
    "dags": _dags,
    "params": _params,
    "guards": _guards,
}

if __name__ == "__main__":
    sys.exit(main())
