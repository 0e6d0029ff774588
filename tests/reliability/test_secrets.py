"""Nothing secret leaves a run but to the host it is for, and no log names a contact."""

from __future__ import annotations

import ast
import base64
import json
import logging
import re
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_procore_xero.apis.urls import secure_url
from airflow_provider_procore_xero.errors import ConnectionIncomplete
from airflow_provider_procore_xero.hooks import ledger as ledger_hook
from airflow_provider_procore_xero.notifications.mail import compose
from airflow_provider_procore_xero.sync.explain import known
from tests.faults.world import NIGHTS, PROFILES
from tests.flows.contractor import Contractor
from tests.flows.office import FLOWS, NIGHT, TENANT, TOKENS, Office

PACKAGE = Path(__file__).parents[2] / "airflow_provider_procore_xero"
WRONG = "wr0ng-but-secret-all-the-same"
CONNECTED = ("procore-secret", "xero-secret", "procore-refresh", "xero-refresh", WRONG)
PERSONAL = ("Very Private Person", "private@person.example", "5550199", "Hidden Lane")


class Heard:
    """All that a night lets out, by where it was let out."""

    def __init__(self, office: Office, caplog: pytest.LogCaptureFixture) -> None:
        self.office, self._caplog = office, caplog
        self.raised: list[str] = []
        self.xcom: list[Any] = []
        self.runs: list[str] = []

    def night(self, flows: Iterable[str] = FLOWS, **changes: Any) -> None:
        """Run *flows*, whatever becomes of them, and keep all that they say."""
        run_id = self.office.next_night()
        self.runs.append(run_id)
        for flow in flows:
            try:
                self.xcom.append(self.office.run(flow, run_id=run_id, **changes))
            except Exception as error:  # noqa: BLE001 - whatever it is, what does it say?
                self.raised.append("".join(traceback.format_exception(error)))
            self.xcom.append(self.office.last[flow].pushed)

    def logs(self, capfd: pytest.CaptureFixture[str]) -> str:
        return self._caplog.text + "".join(capfd.readouterr())

    def mails(self) -> str:
        reports = (self.office.ledger.report("nightly", run_id) for run_id in self.runs)
        mails = [compose(report) for report in reports]
        return "".join(f"{mail.subject}{mail.text}{mail.html}" for mail in mails)

    def ledger(self) -> str:
        files = self.office.ledger_path.parent.glob(f"{self.office.ledger_path.name}*")
        return "".join(path.read_bytes().decode("latin-1") for path in files)


@pytest.fixture
def heard(office: Office, caplog: pytest.LogCaptureFixture) -> Heard:
    caplog.set_level(logging.DEBUG)
    for name in ("httpx", "httpcore", "airflow_provider_procore_xero", "authlib"):
        caplog.set_level(logging.DEBUG, logger=name)
    return Heard(office, caplog)


def by_consent(office: Office, **wrong: str) -> None:
    """Connect both by refresh token, which is a secret that changes."""
    office.connect(
        {
            **wrong,
            "extra": {
                "company_id": 4281379, "login_host": office.url, "grant_type": "refresh_token",
                "refresh_token": "procore-refresh",
            },
        },
        {
            **wrong,
            "extra": {
                "tenant_id": TENANT, "identity_host": office.url, "web_host": office.url,
                "grant_type": "refresh_token", "refresh_token": "xero-refresh",
            },
        },
    )  # fmt: skip


def tokens_of(office: Office) -> set[str]:
    """Return every bearer and refresh token that both systems have given out."""
    procore, xero = office.simulator.procore.tokens, office.simulator.xero.tokens
    kept = {*procore._issued, *procore.refresh_tokens, *xero.access}
    return kept | {token for token in (xero.current, xero.previous) if token}


def bearers(office: Office) -> dict[str, str]:
    """Return the bearer that each system gave out last."""
    procore, xero = office.simulator.procore.tokens, office.simulator.xero.tokens
    return {"procore": list(procore._issued)[-1], "xero": list(xero.access)[-1]}


def basic(side: str) -> str:
    """Return client id and secret as a sign-in carries them in its header."""
    return base64.b64encode(f"{side}-client:{side}-secret".encode()).decode()


def secrets_of(office: Office) -> set[str]:
    return {*CONNECTED, *tokens_of(office), basic("procore"), basic("xero")}


def everyday(people: Contractor) -> None:
    people.one_claim()
    place = {"AddressType": "POBOX", "AddressLine1": "1 Hidden Lane", "Country": "AU"}
    phone = {"PhoneType": "DEFAULT", "PhoneNumber": "5550199"}
    given: dict[str, Any] = {
        "EmailAddress": "private@person.example",
        "Phones": [phone],
        "Addresses": [place],
    }
    people.contact("Very Private Person", **given)
    people.contact("Very Private Persons", **{**given, "Addresses": [{**place, "Country": "??"}]})


def nights(heard: Heard, people: Contractor) -> None:
    """A good night; sign-ins that fail; errors that echo all that they were sent."""
    office, faults = heard.office, heard.office.simulator.faults
    everyday(people)
    by_consent(office)
    heard.night()
    faults.arm("expire_token", side="xero", path="*/Contacts")
    faults.arm("drop_after", side="xero", method="PUT")
    people.project("B-2")
    heard.night(full=True)
    for number in range(3):
        people.project(f"C-{number}")
    people.contact("Another Very Private Person", EmailAddress="private@person.example")
    for side, method, status in (("xero", "PUT", 400), ("procore", "PATCH", 422)):
        said = f"You sent Authorization: Bearer {bearers(office)[side]}"
        body = {"Message": said, "errors": said, "ErrorNumber": 10}
        faults.arm("status", side=side, method=method, status=status, body=body, times=9)
    heard.night()
    faults.clear()
    faults.arm("html", side="xero", status=500, times=99)
    faults.arm("html", side="procore", status=502, times=99)
    heard.night()
    faults.clear()


def refused_sign_ins(heard: Heard) -> None:
    """Have both token endpoints refuse, and say back what they were sent."""
    office = heard.office
    for path, side in (("/connect/token", "xero"), ("/oauth/token", "procore")):
        sent = f"{side}-secret {side}-refresh {basic(side)}"
        body = {"error": "invalid_client", "error_description": f"You sent {sent}"}
        office.simulator.faults.arm(
            "status", side=side, method="POST", path=path, status=401, body=body, times=99
        )
    office.new_ledger()
    by_consent(office)
    heard.night()
    office.simulator.faults.clear()
    by_consent(office, password=WRONG)
    heard.night()


def test_no_secret_is_in_anything_that_a_night_lets_out(
    heard: Heard, people: Contractor, capfd: pytest.CaptureFixture[str]
) -> None:
    nights(heard, people)
    first_mails, first_ledger = heard.mails(), heard.ledger()
    heard.runs.clear()
    refused_sign_ins(heard)

    let_out = {
        "logs": heard.logs(capfd),
        "XCom": json.dumps(heard.xcom, default=str),
        "ledger": first_ledger + heard.ledger(),
        "mails": first_mails + heard.mails(),
        "exceptions": "".join(heard.raised),
    }

    secrets = secrets_of(heard.office)
    assert len(secrets) > 10
    assert all(len(text) > 500 for text in let_out.values())
    assert [(w, s) for w, text in let_out.items() for s in sorted(secrets) if says(text, s)] == []


def says(text: str, secret: str) -> bool:
    """Whether *text* holds *secret* as a word of its own, not as the beginning of another."""
    return re.search(rf"(?<![\w-]){re.escape(secret)}(?![\w-])", text) is not None


def test_no_log_and_no_xcom_names_a_contact_or_how_to_reach_it(
    heard: Heard, people: Contractor, capfd: pytest.CaptureFixture[str]
) -> None:
    nights(heard, people)

    logs, xcom = heard.logs(capfd), json.dumps(heard.xcom, default=str)

    assert "contacts apply: success" in logs
    assert "private@person.example" in heard.ledger()  # so it was there to be told
    for personal in PERSONAL:
        assert personal not in logs
        assert personal not in xcom


EVERY_FLOW: dict[str, Any] = {
    **PROFILES["hybrid"].settings,
    "bills": {"retainage_account": "850", "negative": "credit_note", "attach_pdf": True},
    "direct_costs": {"include": "all", "credit_notes": "include"},
    "journals": {"enabled": True},
    "job_costs": {"enabled": True},
}
BY_DECISION = {**EVERY_FLOW, "approval": {"backend": "airflow", "approvers": ["ana <a@b.example>"]}}
OF_RECORDS = (
    "Terra Works", "Own Scaffolds", "New Drainage", "Late Paving", "Late Painting", "333.33",
)  # fmt: skip
"""Names and an amount of what the nights of the faults move."""


def test_no_log_and_no_xcom_of_any_flow_names_whose_record_it_is(
    heard: Heard, people: Contractor, capfd: pytest.CaptureFixture[str]
) -> None:
    office = heard.office
    for prepare in NIGHTS.values():  # all new; changed and paid; corrected, and a bill voided
        prepare(people)
        heard.night(NIGHT, settings=EVERY_FLOW)
    contract = next(iter(people.procore.commitments.values()))
    people.claim(contract, "333.33")
    people.vendor("Late Painting and Sons Ltd")
    heard.night(NIGHT, settings=BY_DECISION)
    for row in office.ledger.queue.page("ready_to_export", limit=1000):
        assert office.ledger.queue.decide(row.id, "accept", "ana", seen=row.hash)
    heard.night(NIGHT, settings=BY_DECISION)
    written, notes = heard.ledger(), [n for r in office.ledger.runs(limit=200) for n in r.notes]

    logs, xcom = heard.logs(capfd), json.dumps(heard.xcom, default=str)

    assert "BILL_VOIDED" in logs
    assert any("accepted by ana" in note for note in notes)
    assert any("Terra Works" in note for note in notes)
    assert all(f"{name} apply: success" in logs for name in known())
    for personal in OF_RECORDS:
        assert personal in written
        assert personal not in logs, in_its_line(personal, logs)
        assert personal not in xcom, personal


def in_its_line(text: str, logs: str) -> str:
    return next(line for line in logs.splitlines() if text in line)


def test_a_ledger_that_cant_be_written_tells_nobody_what_was_to_be_written(
    heard: Heard, people: Contractor, capfd: pytest.CaptureFixture[str]
) -> None:
    people.contact("Very Private Person", EmailAddress="private@person.example")
    with heard.office.ledger._write() as connection:
        connection.exec_driver_sql(
            "CREATE TRIGGER broken BEFORE INSERT ON links BEGIN INSERT INTO nowhere VALUES (1); END"
        )

    heard.night(("contacts",))

    assert "no such table: main.nowhere" in heard.raised[0]
    said = heard.raised[0] + heard.logs(capfd) + json.dumps(heard.xcom, default=str)
    assert [personal for personal in PERSONAL if personal in said] == []


def test_without_a_key_a_refresh_token_is_refused_before_anything_is_written(
    office: Office, people: Contractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger_hook, "cipher", lambda: None)
    everyday(people)
    by_consent(office)

    with pytest.raises(AirflowFailException, match=r"Set \[core\] fernet_key"):
        office.run("projects")

    assert not [call for call in office.writes() if call.path not in TOKENS]


# TLS


def keywords() -> Iterator[tuple[Path, ast.keyword]]:
    for path in PACKAGE.rglob("*.py"):
        if "simulator" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.keyword):
                    yield path, node


def test_certificates_are_checked_everywhere() -> None:
    names = {"verify", "check_hostname", "verify_mode", "trust_env_ssl"}

    assert [str(path) for path, keyword in keywords() if keyword.arg in names] == []
    for path in PACKAGE.rglob("*.py"):
        source = path.read_text(encoding="utf-8")
        assert "CERT_NONE" not in source, path
        assert "_create_unverified_context" not in source, path


@pytest.mark.parametrize(
    "url",
    ["http://api.xero.com", "http://10.0.0.1", "http://localhost.evil.example", "ftp://127.0.0.1",
     "api.xero.com", ""],
)  # fmt: skip
def test_credentials_do_not_travel_in_the_clear(url: str) -> None:
    with pytest.raises(ConnectionIncomplete, match="https://"):
        secure_url(url, "host")


@pytest.mark.parametrize("url", ["http://127.0.0.1:8099", "http://localhost", "http://[::1]:80"])
def test_but_on_this_machine_they_may(url: str) -> None:
    assert secure_url(url, "host") == url


@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_list_that_the_other_system_refuses_in_words_tells_them_to_people_only(
    heard: Heard, people: Contractor, capfd: pytest.CaptureFixture[str], status: int
) -> None:
    words = {"Message": "Very Private Person has locked this list"}
    heard.office.simulator.faults.arm(
        "status", side="xero", path="*/Contacts", status=status, body=words, times=9
    )

    heard.night(("contacts",))

    assert heard.raised
    assert "Very Private" in heard.office.ledger.runs(limit=1)[0].error
    said = heard.raised[0] + heard.logs(capfd) + json.dumps(heard.xcom, default=str)
    assert "Very Private" not in said
