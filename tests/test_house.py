"""The rules of the house: who may import whom, what is in the wheel, what Airflow is told."""

from __future__ import annotations

import configparser
import importlib
import importlib.metadata
import json
import re
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import jsonschema
import pytest

from airflow_provider_procore_xero import __version__
from airflow_provider_procore_xero.get_provider_info import get_provider_info

ROOT = Path(__file__).parents[1]
PACKAGE = "airflow_provider_procore_xero"
SOURCE = ROOT / PACKAGE

# Style guide, section 1. "only" is what a folder may load of ours, beside itself and `errors`.
NEVER = {
    "errors": {"airflow", "httpx", "sqlalchemy", "pydantic"},
    "sync": {"airflow", "httpx", "sqlalchemy"},
    "apis": {"airflow", "sqlalchemy"},
    "ledger": {"airflow", "httpx"},
    "simulator": {"airflow", "httpx", "sqlalchemy"},
    "web": set[str](),
}
ONLY = {
    "errors": set[str](),
    "sync": {"sync"},
    "apis": {"apis"},
    "ledger": {"ledger", "sync"},
    "simulator": {"simulator"},
    "web": {"web", "ledger", "sync", "settings", "get_provider_info"},  # the last one by Airflow
}


def modules_of(part: str) -> list[str]:
    """Return the dotted names of all modules in a folder (or the one module) of the package."""
    path = SOURCE / part
    files = sorted(path.rglob("*.py")) if path.is_dir() else [path.with_suffix(".py")]
    return [
        ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        for file in files
        if "migrations" not in file.parts  # Alembic runs these by path
    ]


def loaded_by(*modules: str, after: str = "") -> set[str]:
    """Return the modules that a fresh interpreter loads for *modules*, beyond those of *after*."""
    script = f"""
import importlib, json, sys
{after}
before = set(sys.modules)
for name in {list(modules)!r}:
    importlib.import_module(name)
print("LOADED " + json.dumps(sorted(set(sys.modules) - before)))
"""
    ran = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False, cwd=ROOT
    )
    assert ran.returncode == 0, ran.stderr
    (line,) = (each for each in ran.stdout.splitlines() if each.startswith("LOADED "))
    return set(json.loads(line.removeprefix("LOADED ")))


BASES = {f"{PACKAGE}.operators.base", f"{PACKAGE}.operators.tracking"}
"""What operators share; nobody puts these into a DAG."""


def tops(modules: set[str]) -> set[str]:
    return {each.partition(".")[0] for each in modules}


@pytest.mark.parametrize("part", NEVER)
def test_imports_point_one_way(part: str) -> None:
    loaded = loaded_by(*modules_of(part))

    parts = {each.split(".")[1] for each in loaded if each.startswith(f"{PACKAGE}.")}
    assert tops(loaded) & NEVER[part] == set()
    assert parts - {part, "errors"} <= ONLY[part]


def test_the_simulator_shares_not_even_our_errors() -> None:
    loaded = loaded_by(*modules_of("simulator"))

    assert f"{PACKAGE}.errors" not in loaded


def test_operators_and_hooks_load_nothing_that_airflow_had_not_loaded() -> None:
    parts = ("hooks", "operators", "notifications", "plugins")
    modules = [each for part in parts for each in modules_of(part)]

    loaded = loaded_by(*modules, after="import airflow.sdk\nfrom airflow.sdk import *")

    ours_and_pythons = {PACKAGE, "airflow", *sys.stdlib_module_names, *sys.builtin_module_names}
    assert {each for each in tops(loaded) - ours_and_pythons if not each.startswith("_")} == set()


def test_telling_airflow_about_the_package_imports_nothing() -> None:
    loaded = loaded_by(f"{PACKAGE}.get_provider_info")

    assert tops(loaded) - set(sys.stdlib_module_names) == {PACKAGE}


def test_the_command_line_loads_nothing_until_a_command_needs_it() -> None:
    loaded = loaded_by(f"{PACKAGE}.cli")

    assert tops(loaded) - set(sys.stdlib_module_names) == {PACKAGE}


# What Airflow is told


def test_airflow_accepts_what_it_is_told() -> None:
    (schema,) = (
        path.locate()
        for path in importlib.metadata.files("apache-airflow-core") or ()
        if path.name == "provider_info.schema.json"
    )

    jsonschema.validate(get_provider_info(), json.loads(Path(str(schema)).read_text()))


def test_the_package_goes_by_the_same_name_and_version_everywhere() -> None:
    installed = importlib.metadata.metadata("airflow-provider-procore-xero")

    assert get_provider_info()["package-name"] == installed["Name"]
    assert installed["Version"] == __version__


def test_the_newest_entry_of_the_changelog_is_this_version() -> None:
    newest = re.search(r"^## \[?(\d+\.\d+\.\d+)", (ROOT / "CHANGELOG.md").read_text(), re.M)

    assert newest is not None
    assert newest[1] == __version__


def class_paths(info: dict[str, Any]) -> list[str]:
    return [
        *(each["hook-class-name"] for each in info["connection-types"]),
        *info.get("notifications", []),
        *info.get("extra-links", []),
    ]


@pytest.mark.parametrize("path", class_paths(get_provider_info()))
def test_airflow_is_told_of_classes_that_exist(path: str) -> None:
    module, _, name = path.rpartition(".")

    assert isinstance(getattr(importlib.import_module(module), name), type)


@pytest.mark.parametrize(("kind", "suffix"), [("operators", "Operator"), ("hooks", "Hook")])
def test_airflow_is_told_of_every_module_of_operators_and_hooks(kind: str, suffix: str) -> None:
    told = {name for each in get_provider_info()[kind] for name in each["python-modules"]}

    a_class = re.compile(rf"^class \w+{suffix}\(", re.M)
    public = {each for each in modules_of(kind) if a_class.search(source(each))}
    assert told == public - BASES


def source(module: str) -> str:
    path = ROOT.joinpath(*module.split("."))
    return (path / "__init__.py" if path.is_dir() else path.with_suffix(".py")).read_text()


def hook_of(connection_type: dict[str, Any]) -> Any:
    module, _, name = connection_type["hook-class-name"].rpartition(".")
    return getattr(importlib.import_module(module), name)


OPERATORS = {
    "projects": "ProjectsToTrackingOptionsOperator",
    "contacts": "ContactsToVendorsOperator",
    "vendors": "VendorsToContactsOperator",
    "cost_codes": "CostCodesToTrackingOptionsOperator CostCodesToItemsOperator",
    "commitments": "CommitmentsToPurchaseOrdersOperator",
    "commitment_change_orders": "CommitmentChangeOrdersToPurchaseOrdersOperator",
    "subcontractor_invoices": "SubcontractorInvoicesToBillsOperator",
    "payments": "BillPaymentsToCommitmentPaymentsOperator",
    "direct_costs": "BillsToDirectCostsOperator",
    "job_costs": "JobCostsOperator",
    "journal_entries": "JournalEntriesToDirectCostsOperator",
    "reconcile": "ReconcileOperator",
    "doctor": "DoctorOperator",
}


@pytest.mark.parametrize("entity", OPERATORS)
def test_each_operator_is_imported_by_the_name_of_its_entity(entity: str) -> None:
    module = importlib.import_module(f"{PACKAGE}.operators.{entity}")

    for name in OPERATORS[entity].split():
        assert getattr(module, name).__name__ == name
    assert not hasattr(module, "NoSuchOperator")


def test_a_connection_type_and_its_hook_agree() -> None:
    for each in get_provider_info()["connection-types"]:
        hook = hook_of(each)

        assert (hook.conn_type, hook.hook_name) == (each["connection-type"], each["hook-name"])


def test_the_form_of_airflow_3_1_has_the_same_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    # The form libraries are not installed; Airflow puts stand-ins in their place too.
    for library in ("wtforms", "flask_appbuilder", "flask_appbuilder.fieldwidgets"):
        monkeypatch.setitem(sys.modules, library, Mock())

    for each in get_provider_info()["connection-types"]:
        hook = hook_of(each)
        told = each["ui-field-behaviour"]
        behaviour = hook.get_ui_field_behaviour()

        assert set(hook.get_connection_form_widgets()) == set(each["conn-fields"])
        assert behaviour["hidden_fields"] == told["hidden-fields"]
        assert behaviour["relabeling"] == told["relabeling"]
        assert told["placeholders"].items() <= behaviour["placeholders"].items()


def test_the_value_of_a_secret_field_is_masked_by_airflow() -> None:
    from airflow.sdk._shared.secrets_masker import should_hide_value_for_key

    fields = [each["conn-fields"] for each in get_provider_info()["connection-types"]]
    secret = [
        name
        for each in fields
        for name, field in each.items()
        if field["schema"].get("format") == "password"
    ]

    assert secret == ["refresh_token", "refresh_token"]
    assert all(should_hide_value_for_key(each) for each in secret)


# The two files of configuration


def test_no_fact_stands_in_both_setup_cfg_and_pyproject_toml() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())

    assert all(each == "metadata" or each.startswith("options") for each in setup.sections())
    assert set(project) == {"build-system", "tool"}
    assert "setuptools" not in project["tool"]


def test_constraints_pin_every_dependency_and_name_no_place() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg")
    extras = "\n".join(setup["options.extras_require"].values())
    wanted = re.findall(r"^[\w.-]+", setup["options"]["install_requires"] + "\n" + extras, re.M)
    lines = (ROOT / "constraints.txt").read_text().splitlines()
    pins = [each for each in lines if not each.startswith("#")]

    assert all(re.fullmatch(r"[\w.-]+==[\w.+!]+", each) for each in pins)
    pinned = {canonical(each.partition("==")[0]) for each in pins}
    assert {canonical(each) for each in wanted} <= pinned


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# The wheel, not the editable install: data files get lost on that way


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Return the wheel built from a copy, since building writes beside the source."""
    copy = tmp_path_factory.mktemp("source")
    unwanted = shutil.ignore_patterns("__pycache__", "*.pyc")
    shutil.copytree(SOURCE, copy / PACKAGE, ignore=unwanted)
    for each in ("setup.cfg", "pyproject.toml", "LICENSE", "README.md"):
        shutil.copy(ROOT / each, copy)
    built = subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", "dist", "."],
        cwd=copy,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stdout + built.stderr
    (path,) = (copy / "dist").glob("*.whl")
    return zipfile.ZipFile(path)


def test_the_wheel_holds_every_file_of_the_package(wheel: zipfile.ZipFile) -> None:
    ours = {
        str(path.relative_to(ROOT))
        for path in SOURCE.rglob("*")
        if path.is_file() and path.suffix != ".pyc"
    }

    packed = {each for each in wheel.namelist() if each.startswith(f"{PACKAGE}/")}

    assert packed == ours


def test_the_wheel_says_what_it_is(wheel: zipfile.ZipFile) -> None:
    folder = f"{PACKAGE}-{__version__}.dist-info"
    entry_points = configparser.ConfigParser()
    entry_points.read_string(wheel.read(f"{folder}/entry_points.txt").decode())
    metadata = wheel.read(f"{folder}/METADATA").decode()

    assert set(entry_points) > {"apache_airflow_provider", "airflow.plugins", "console_scripts"}
    assert "Requires-Dist: apache-airflow<4,>=3.1" in metadata
    assert "Project-URL: Documentation, " in metadata
    assert f"{folder}/licenses/LICENSE" in wheel.namelist()
