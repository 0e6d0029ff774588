"""The docs say what the code does: what can be generated is, and the rest is held against it."""

from __future__ import annotations

import ast
import importlib
import re
from pathlib import Path

import pytest

from airflow_provider_procore_xero.settings import attribute, reference
from dev.docs import DOCS, ENTITIES, ROOT, SO_FAR, UNUSED, rendered
from dev.reasons import PACKAGE, reasons

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted(DOCS.rglob("*.md"))]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def a_name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize(
    ("path", "text"), [pytest.param(p, t, id=a_name(p)) for p, t in rendered()]
)
def test_R2_what_is_generated_is_what_the_code_says(path: Path, text: str) -> None:
    assert path.read_text(encoding="utf-8") == text, "make it anew with: python -m dev.docs"


@pytest.mark.parametrize("name", ENTITIES)
def test_R2_each_flow_has_a_page_with_its_mapping_and_its_conditions(name: str) -> None:
    pages = [path.read_text(encoding="utf-8") for path in (DOCS / "flows").glob("*.md")]

    (page,) = (text for text in pages if f"<!-- generated: mapping {name} -->" in text)

    if ENTITIES[name].conditions:
        assert f"<!-- generated: conditions {name} -->" in page


def test_every_code_of_a_condition_is_on_the_page_of_reasons() -> None:
    page = (DOCS / "reasons.md").read_text(encoding="utf-8")
    codes = {each.code for entity in ENTITIES.values() for each in entity.conditions}

    assert {code for code in codes if f"`{code}`" not in page} == set()


def test_every_code_in_the_package_is_found() -> None:
    given = re.compile(r'code="([A-Z_]+)"')
    sources = [p for p in PACKAGE.rglob("*.py") if "simulator" not in p.parts]
    written = {code for path in sources for code in given.findall(path.read_text("utf-8"))}

    assert written - {said.code for said in reasons()} == set()


def test_codes_that_the_docs_name_are_codes_of_the_package() -> None:
    known = {said.code for said in reasons()}
    likely = re.compile(r"`([A-Z]+(?:_[A-Z]+)+)`")
    named = {code for path in PAGES for code in likely.findall(path.read_text(encoding="utf-8"))}

    assert named - known == set()


def test_every_example_dag_is_named_in_the_readme_or_the_docs() -> None:
    text = "\n".join(path.read_text(encoding="utf-8") for path in PAGES)

    assert [p.stem for p in (ROOT / "dags").glob("*.py") if f"`{p.stem}`" not in text] == []


@pytest.mark.parametrize("path", PAGES, ids=a_name)
def test_links_inside_the_docs_lead_somewhere(path: Path) -> None:
    links = [t for t in LINK.findall(path.read_text(encoding="utf-8")) if "://" not in t]

    assert [link for link in links if not leads_somewhere(path, link)] == []


def leads_somewhere(page: Path, link: str) -> bool:
    file, _, anchor = link.partition("#")
    target = (page.parent / file).resolve() if file else page
    return target.exists() and (not anchor or anchor in anchors(target))


def anchors(page: Path) -> set[str]:
    """The anchors of a page, as code hosts make them of its headings, and those it sets itself."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    made = {re.sub(r"[^\w\- ]", "", h).strip().lower().replace(" ", "-") for h in headings}
    return made | set(re.findall(r'<a id="([^"]+)"', text))


@pytest.mark.parametrize("key", sorted(UNUSED))
def test_a_setting_that_is_called_not_used_yet_is_read_by_no_code(key: str) -> None:
    read = re.compile(rf"(?<![\w`]){re.escape(key)}\b(?!\s*is\b)")

    assert [p.name for p in sources() if read.search(code_of(p))] == []


def test_every_other_setting_is_read_by_some_code() -> None:
    text = "\n".join(code_of(path) for path in sources())
    used = {f"{s}.{k}" for s, k, _, _ in reference()} - UNUSED

    assert [k for k in used if not re.search(rf"\.{attribute(*k.split('.'))}\b", text)] == []


def test_notes_on_settings_are_about_settings_that_there_are() -> None:
    assert {*UNUSED, *SO_FAR} <= {f"{s}.{k}" for s, k, _, _ in reference()}


def sources() -> list[Path]:
    return [
        path
        for path in PACKAGE.rglob("*.py")
        if "simulator" not in path.parts and path.name not in ("settings.py", "cli.py")
    ]


def code_of(path: Path) -> str:
    """The module without its texts, which may speak of settings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return "\n".join(
        ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute)
    )


def test_the_dag_in_the_readme_runs_as_it_stands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", readme, re.DOTALL)
    snippet = next(block for block in blocks if "with DAG(" in block)

    module: dict[str, object] = {}
    exec(compile(snippet, "README.md", "exec"), module)

    (dag,) = (each for each in module.values() if type(each).__name__ == "DAG")
    assert [task.task_id for task in dag.tasks]  # type: ignore[attr-defined]


def test_python_in_the_docs_names_modules_and_classes_that_exist() -> None:
    imported = re.compile(r"^from (airflow_provider_procore_xero[\w.]*) import (\w+)", re.MULTILINE)
    found = {pair for path in PAGES for pair in imported.findall(path.read_text("utf-8"))}

    assert [(m, n) for m, n in found if not hasattr(importlib.import_module(m), n)] == []


def test_settings_in_the_docs_can_be_used() -> None:
    import yaml

    from airflow_provider_procore_xero.settings import make

    text = (DOCS / "settings.md").read_text(encoding="utf-8")
    block = next(b for b in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL) if "profile:" in b)

    assert make(yaml.safe_load(block)).accounts.expense == "310"


def test_R2_every_route_of_the_page_is_in_the_docs() -> None:
    from airflow_provider_procore_xero.web.app import app

    said = "".join(
        (DOCS / name).read_text(encoding="utf-8") for name in ("page.md", "approvals.md")
    )
    known = {*re.findall(r"`(?:GET|POST|DELETE) ([\w{}/ ]+)", said)}
    routes = {
        re.sub(r"{\w+}", "{}", each.path.removeprefix("/api/"))
        for each in app.routes
        if getattr(each, "path", "").startswith("/api/")
    }

    told = {re.sub(r"{[\w ]+}", "{}", each) for each in known}
    shortened = {"records/{}/{}/events", "issues/{}/unignore"}  # "…/events", "…/unignore"
    assert routes - told == shortened
