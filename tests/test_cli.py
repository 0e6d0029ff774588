"""The console script: what it says, and with which exit code."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import httpx
import pytest
import tenacity

from airflow_provider_procore_xero.cli import ENTITIES, main
from airflow_provider_procore_xero.hooks.ledger import LedgerHook
from airflow_provider_procore_xero.sync.plan import Reason
from airflow_provider_procore_xero.sync.report import CALLED, Outcome
from dev.ports import free_ports
from dev.processes import Processes

COMMAND = [sys.executable, "-m", "airflow_provider_procore_xero.cli"]


@pytest.fixture(autouse=True)
def _environment_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_AIRFLOW_PROCESS_CONTEXT", "")
    monkeypatch.setenv("AIRFLOW__LOGGING__LOGGING_LEVEL", "INFO")


def test_a_ledger_is_made_where_the_url_says(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["ledger", "upgrade", "--url", f"sqlite:///{tmp_path / 'ledger.db'}"])

    assert code == 0
    assert (tmp_path / "ledger.db").exists()
    assert "ledger.db is at revision" in capsys.readouterr().out


def test_a_ledger_is_made_where_the_connection_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    connection = {"conn_type": "sqlite", "host": str(tmp_path / "ledger.db")}
    monkeypatch.setenv("AIRFLOW_CONN_MINE", json.dumps(connection))

    code = main(["ledger", "upgrade", "--connection", "mine"])

    assert code == 0
    assert (tmp_path / "ledger.db").exists()


def test_an_unknown_connection_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["ledger", "upgrade", "--connection", "nobody"])

    assert code == 1
    assert "Airflow has no connection 'nobody'." in capsys.readouterr().err


def test_a_database_that_is_not_there_is_a_sentence_without_the_password(
    capsys: pytest.CaptureFixture[str],
) -> None:
    (port,) = free_ports(1)

    code = main(
        ["ledger", "upgrade", "--url", f"postgresql+psycopg2://me:precious@127.0.0.1:{port}/db"]
    )

    said = capsys.readouterr().err
    assert code == 1
    assert f"127.0.0.1:{port}/db can't be opened" in said
    assert "precious" not in said


def test_a_good_settings_file_is_good(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("profile: dimension_classic\naccounts: {expense: '310'}\n")

    code = main(["settings", "check", str(file)])

    assert code == 0
    assert "good; profile dimension_classic" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "said"),
    [("projects: {gaet: stage}", "gaet"), ("bills: {due_days: soon}", "due_days"), ("{", "yaml")],
)
def test_a_bad_settings_file_is_a_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str, said: str
) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text(text)

    code = main(["settings", "check", str(file)])

    assert code == 1
    assert said in capsys.readouterr().err


def test_a_settings_file_that_is_not_there_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["settings", "check", "/nowhere/settings.yaml"])

    assert code == 1
    assert "/nowhere/settings.yaml" in capsys.readouterr().err


def test_R28_a_variant_has_a_page_of_every_override_and_of_what_moves(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "hartnell.yaml"
    file.write_text(
        "profile: procore_connector\n"
        "bills: {due_days: 14}\n"
        "notifications: {from: 'a|b@c.example'}\n"
        "commitments: {enabled: false}\n"
    )

    assert main(["settings", "describe", str(file)]) == 0

    said = capsys.readouterr().out
    assert "# hartnell.yaml" in said
    assert "Profile `procore_connector`" in said
    assert "| `bills.due_days` | `30` | `14` |" in said
    assert '| `notifications.from` | `null` | `"a\\|b@c.example"` |' in said
    assert "`bills.lock_date`" not in said
    assert "| Project | → | Tracking option | Projects → tracking options | yes |" in said
    assert "| Purchase order | Commitments → purchase orders | no |" in said


def test_R28_without_overrides_the_page_says_that_nothing_differs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "plain.yaml"
    file.write_text("profile: hybrid\n")

    assert main(["settings", "describe", str(file)]) == 0

    assert "Nothing.\n" in capsys.readouterr().out


def test_the_schema_of_the_settings_is_json(capsys: pytest.CaptureFixture[str]) -> None:
    code = main(["settings", "schema"])

    assert code == 0
    assert "projects" in json.loads(capsys.readouterr().out)["properties"]


def test_the_simulator_answers_until_it_is_stopped(tmp_path: Path) -> None:
    with Processes(tmp_path) as processes:
        url = a_simulator(processes, "--world", "empty", "--seed", "3")

        health = httpx.get(f"{url}/_simulator/health").json()

    assert (health["world"], health["seed"]) == ("empty", 3)


def test_the_simulator_is_not_opened_to_others_by_mistake(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main(["simulator", "--host", "0.0.0.0"])

    assert code == 1
    assert "can be reached by others" in capsys.readouterr().err


CONNECTIONS: dict[str, dict[str, Any]] = {
    "AIRFLOW_CONN_PROCORE_DEFAULT": {
        "conn_type": "procore",
        "login": "procore-client",
        "password": "procore-secret",
        "extra": {"company_id": 4281379},
    },
    "AIRFLOW_CONN_XERO_DEFAULT": {
        "conn_type": "xero",
        "login": "xero-client",
        "password": "xero-secret",
        "extra": {"tenant_id": "c3d50000-0000-4000-8000-00000000cafe"},
    },
}
PAIR = "4281379:c3d50000-0000-4000-8000-00000000cafe"


@pytest.fixture
def connections(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Set the three connections; return the ledger's file."""
    ledger = {"conn_type": "sqlite", "host": str(tmp_path / "ledger.db")}
    for name, connection in CONNECTIONS.items():
        monkeypatch.setenv(name, json.dumps(connection))
    monkeypatch.setenv("AIRFLOW_CONN_PROCORE_XERO_LEDGER", json.dumps(ledger))
    return tmp_path / "ledger.db"


def test_the_doctor_says_of_each_connection_what_is_wrong(
    connections: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (nobody,) = free_ports(1)
    lacking = {**CONNECTIONS["AIRFLOW_CONN_PROCORE_DEFAULT"], "extra": {}}
    elsewhere = {
        **CONNECTIONS["AIRFLOW_CONN_XERO_DEFAULT"],
        "host": f"http://127.0.0.1:{nobody}",
        "extra": {"identity_host": f"http://127.0.0.1:{nobody}"},
    }
    monkeypatch.setenv("AIRFLOW_CONN_PROCORE_DEFAULT", json.dumps(lacking))
    monkeypatch.setenv("AIRFLOW_CONN_XERO_DEFAULT", json.dumps(elsewhere))

    code = main(["doctor"])

    said = capsys.readouterr().out.splitlines()
    settings, procore, xero, ledger = (each for each in said if each[:5] in ("ok   ", "BAD  "))
    assert code == 1
    assert settings.startswith("ok   settings: profile")
    assert procore.startswith("BAD  Procore: Connection 'procore_default': company_id")
    assert xero.startswith("BAD  Xero: ")
    assert "127.0.0.1 can't be reached" in xero
    assert ledger.startswith("ok   Procore-Xero ledger: ")


def test_R31_the_doctor_misses_the_stage_and_looks_at_all_else_that_a_night_needs(
    connections: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text("projects: {stage: Send to Mars}\naccounts: {expense: '310'}\n")
    with Processes(tmp_path) as processes:
        url = a_simulator(processes)
        for name, login_host in (("PROCORE", "login_host"), ("XERO", "identity_host")):
            connection = CONNECTIONS[f"AIRFLOW_CONN_{name}_DEFAULT"]
            extra = {**connection["extra"], login_host: url, "web_host": url}
            monkeypatch.setenv(
                f"AIRFLOW_CONN_{name}_DEFAULT",
                json.dumps({**connection, "host": url, "extra": extra}),
            )

        code = main(["doctor", "--settings", str(settings)])

    said = capsys.readouterr().out
    assert code == 1
    assert said.count("ok   Xero: Signed in to") == 1
    assert "BAD  Project stage: Procore has no project stage called 'Send to Mars'" in said
    assert "BAD  Accounts: The settings name no account for bills.retainage_account." in said


def test_a_link_made_by_hand_is_remembered_until_it_is_unmade(
    connections: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    contact = "bf66af4c-2f95-574a-a983-79c915051f1e"

    assert main(["link", "contacts", "900438", contact]) == 0
    (link,) = LedgerHook().get_conn(PAIR).links("vendor")
    assert (link.procore_id, link.xero_id) == ("900438", contact)

    assert main(["unlink", "contacts", "900438"]) == 0
    assert "no longer linked" in capsys.readouterr().out
    assert main(["unlink", "contacts", "900438"]) == 1


@pytest.mark.parametrize(("target", "kind"), [("tracking_option", "cost_code"), ("item", "item")])
def test_a_cost_code_is_linked_to_what_the_settings_make_of_it_and_unlinked_from_either(
    connections: Path, tmp_path: Path, target: str, kind: str
) -> None:
    settings = tmp_path / "settings.yaml"
    settings.write_text(f"cost_codes: {{target: {target}}}")

    assert main(["link", "cost_codes", "4401", "xero-1", "--settings", str(settings)]) == 0
    ledger = LedgerHook().get_conn(PAIR)
    assert [link.xero_id for link in ledger.links(kind)] == ["xero-1"]

    assert main(["unlink", "cost_codes", "4401"]) == 0
    assert ledger.links(kind) == []


def test_R43_C2_what_cost_codes_stood_for_before_a_switch_is_forgotten_with_one_command(
    connections: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = tmp_path / "settings.yaml"
    ledger = LedgerHook().get_conn(PAIR)
    for target, code in (("tracking_option", "4401"), ("tracking_option", "4402"), ("item", "77")):
        settings.write_text(f"cost_codes: {{target: {target}}}")
        main(["link", "cost_codes", code, f"xero-{code}", "--settings", str(settings)])

    assert main(["unlink", "cost_codes", "--former", "--settings", str(settings)]) == 0

    assert "2 former links of cost codes are forgotten" in capsys.readouterr().out
    assert ledger.links("cost_code") == []
    assert [link.procore_id for link in ledger.links("item")] == ["77"]


def test_only_cost_codes_have_former_links(
    connections: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["unlink", "contacts", "--former"]) == 1
    assert "--former is for cost_codes" in capsys.readouterr().err


def test_every_flow_can_be_asked_about() -> None:
    assert set(ENTITIES) == set(CALLED) - {"reconciliation"}  # which moves nothing


def test_explain_tells_what_stands_in_a_records_way(
    connections: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = LedgerHook().get_conn(PAIR)
    run = ledger.begin_run("projects", "apply")
    reason = Reason(
        code="NO_NUMBER",
        sentence="Project Marina has no number.",
        fix="Give it one in Procore.",
    )
    held = Outcome(entity="projects", what="held", source_id="7", title="Marina", reasons=(reason,))
    ledger.add_outcomes(run, [held])
    ledger.settle_issues(run, "projects", [held])

    code = main(["explain", "projects", "Marina"])

    said = capsys.readouterr().out
    assert code == 0
    assert "Project Marina has no number. Give it one in Procore." in said
    assert "held      Marina" in said


def test_explain_says_when_nothing_is_known(
    connections: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["explain", "projects", "Atlantis"])

    assert code == 0
    assert "No run has had to do anything with 'Atlantis'" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["explain", "unicorns", "1"], [], ["settings"], ["explode"]])
def test_wrong_words_show_how_it_is_used(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(words)

    assert stopped.value.code == 2
    assert "usage: procore-xero" in capsys.readouterr().err


@tenacity.retry(
    retry=tenacity.retry_if_exception_type(httpx.TransportError),
    stop=tenacity.stop_after_delay(30),
    wait=tenacity.wait_fixed(0.1),
    reraise=True,
)
def _is_there(url: str) -> None:
    httpx.get(f"{url}/_simulator/health").raise_for_status()


def a_simulator(processes: Processes, *words: str) -> str:
    """Start one and return its URL once it answers."""
    (port,) = free_ports(1)
    command = [*COMMAND, "simulator", "--port", str(port), *words]
    processes.start("simulator", command, environment=os.environ)
    url = f"http://127.0.0.1:{port}"
    _is_there(url)
    return url
