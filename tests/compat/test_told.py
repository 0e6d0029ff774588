"""What this version of Airflow is told of the package, and what it makes of it."""

from __future__ import annotations

import importlib.metadata
import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from airflow_provider_procore_xero.get_provider_info import get_provider_info

CONNECTIONS = {each["connection-type"]: each for each in get_provider_info()["connection-types"]}


AS_THE_API_SERVER = """
import json
from airflow.providers_manager import ProvidersManager
ProvidersManager().initialize_providers_configuration()
from airflow.api_fastapi.core_api.services.ui.connections import HookMetaService
from airflow.configuration import conf
forms = [each.model_dump(mode="json") for each in HookMetaService.hook_meta_data()]
print("FOUND " + json.dumps({"forms": forms, "configuration": conf.as_dict()["procore_xero"]}))
"""
"""Airflow 3.1 reads a form once a process, and only before the hook's first use."""


@pytest.fixture(scope="module")
def found() -> dict[str, Any]:
    """Return the connection forms, and the configuration, of an api-server that has just begun."""
    bare = {k: v for k, v in os.environ.items() if not k.startswith("AIRFLOW__PROCORE_XERO__")}
    command = [sys.executable, "-c", AS_THE_API_SERVER]
    ran = subprocess.run(command, capture_output=True, text=True, check=False, env=bare)
    assert ran.returncode == 0, ran.stderr
    (line,) = (each for each in ran.stdout.splitlines() if each.startswith("FOUND "))
    return dict(json.loads(line.removeprefix("FOUND ")))


@pytest.fixture(scope="module")
def forms(found: dict[str, Any]) -> dict[str, Any]:
    """Return the connection forms, by type, that Airflow sends to its connection page."""
    return {form["connection_type"]: form for form in found["forms"]}


def test_the_provider_info_fits_the_schema() -> None:
    (schema,) = (
        path.locate()
        for path in importlib.metadata.files("apache-airflow-core") or ()
        if path.name == "provider_info.schema.json"
    )

    jsonschema.validate(get_provider_info(), json.loads(Path(str(schema)).read_text()))


def test_airflow_finds_the_provider() -> None:
    from airflow.providers_manager import ProvidersManager

    providers = ProvidersManager().providers

    assert providers["airflow-provider-procore-xero"].data["name"] == "Procore and Xero"


@pytest.mark.parametrize("kind", CONNECTIONS)
def test_the_connection_page_shows_every_field_of_ours(kind: str, forms: dict[str, Any]) -> None:
    form = forms[kind]

    assert form["hook_name"] == CONNECTIONS[kind]["hook-name"]
    assert set(form["extra_fields"] or {}) == set(CONNECTIONS[kind]["conn-fields"])


@pytest.mark.parametrize("kind", ["procore", "xero"])
def test_the_connection_page_calls_the_standard_fields_by_our_names(
    kind: str, forms: dict[str, Any]
) -> None:
    fields = forms[kind]["standard_fields"]

    assert fields["login"]["title"] == "Client id"
    assert fields["password"]["title"] == "Client secret"
    assert fields["port"]["hidden"]


def test_the_connection_page_hides_the_refresh_token_while_it_is_typed(
    forms: dict[str, Any],
) -> None:
    assert forms["xero"]["extra_fields"]["refresh_token"]["schema"]["format"] == "password"


def test_airflow_imports_what_it_was_told_of() -> None:
    info = get_provider_info()
    paths = [*info["notifications"], *info["extra-links"]]

    found = [getattr(import_module(path.rpartition(".")[0]), path.split(".")[-1]) for path in paths]

    assert len(found) == len(paths)


def test_the_configuration_has_our_defaults(found: dict[str, Any]) -> None:
    declared = get_provider_info()["config"]["procore_xero"]["options"]

    assert found["configuration"] == {name: each["default"] for name, each in declared.items()}
