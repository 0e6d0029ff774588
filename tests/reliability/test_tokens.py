"""Signing in with a person's consent: rotation, expiry, lost answers, consent taken back."""

from __future__ import annotations

import re
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
from airflow.sdk.exceptions import AirflowFailException
from cryptography import x509
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import text

import airflow_provider_procore_xero
from airflow_provider_procore_xero.apis.xero import xero
from airflow_provider_procore_xero.errors import SignInRefused, Unreachable
from airflow_provider_procore_xero.ledger.engine import engine_for
from tests.flows.contractor import Contractor
from tests.flows.office import TENANT, TOKENS, Office
from tests.reliability.processes import Workers, until
from tests.reliability.work import run, sign_in

SYSTEMS = ("procore", "xero")
SECRET = Fernet.generate_key()
BILLS = "subcontractor_invoices"


def asked(office: Office, system: str) -> int:
    """Return how often a token was asked for."""
    return len([c for c in office.simulator.calls.of(system) if c.path in TOKENS])


def with_consent(office: Office) -> None:
    """Have both connections sign in by a person's consent."""
    once = {"company_id": 4281379, "login_host": office.url}
    theirs = {"tenant_id": TENANT, "identity_host": office.url, "web_host": office.url}
    office.connect(
        procore={
            "extra": {**once, "grant_type": "refresh_token", "refresh_token": "procore-refresh"}
        },
        xero={"extra": {**theirs, "grant_type": "refresh_token", "refresh_token": "xero-refresh"}},
    )


@pytest.mark.parametrize("system", SYSTEMS)
def test_three_workers_that_sign_in_at_once_spend_one_refresh_token(
    office: Office, address: str, workers: Workers, system: str
) -> None:
    given = (system, office.url, address, SECRET)

    first = workers.together(sign_in, given, given, given)
    assert (len(set(first)), asked(office, system)) == (1, 1)
    office.simulator.clock.advance(6000)  # what they have is refused from now on
    second = workers.together(sign_in, given, given, given)

    assert (len({*second, *first}), asked(office, system)) == (2, 2)


def test_bearers_that_expire_in_the_middle_of_a_night_are_renewed_and_it_goes_on(
    office: Office, address: str, people: Contractor
) -> None:
    with_consent(office)
    for number in ("A-1", "B-2"):
        vendor = people.pair(f"{number} Ltd")
        people.claim(people.contract(people.project(number), vendor), "100.00")
    for after in (0, 2, 5, 9):
        office.simulator.faults.arm("expire_token", side="xero", path="/api.xro/*", after=after)
        office.simulator.faults.arm("expire_token", side="procore", path="/rest/*", after=after)

    night = office.night()

    assert night[BILLS]["created"] == 2
    assert sum(flow["in_doubt"] for flow in night.values()) == 0
    assert (asked(office, "procore"), asked(office, "xero")) == (5, 5)


def test_a_lost_answer_to_procores_refresh_says_so_and_the_next_run_asks_for_consent(
    office: Office, address: str
) -> None:
    with_consent(office)
    office.simulator.faults.arm("drop_after", side="procore", path="/oauth/token")

    with pytest.raises(Unreachable, match="refresh token may be spent: if the next run is refused"):
        office.run("projects")
    with pytest.raises(AirflowFailException, match="Consent again and put the new refresh_token"):
        office.run("projects")

    assert asked(office, "procore") == 2  # nobody tries a token that dies by being tried
    consent_again(office)
    assert office.run("projects")["mode"] == "apply"


def test_a_lost_answer_to_xeros_refresh_costs_nothing_within_its_grace(
    office: Office, address: str
) -> None:
    with_consent(office)
    office.simulator.faults.arm("drop_after", side="xero", path="/connect/token")

    assert office.run("projects")["mode"] == "apply"
    assert asked(office, "xero") == 2


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_worker_that_is_killed_while_it_renews_leaves_xeros_token_and_spends_procores(
    office: Office, address: str, workers: Workers, system: str
) -> None:
    path = {"procore": "/oauth/token", "xero": "/connect/token"}[system]
    office.simulator.faults.arm("slow", side=system, path=path, seconds=1)
    doomed = workers.start(sign_in, system, office.url, address, SECRET, 3.0)
    until(lambda: office.simulator.calls.in_flight[system])

    doomed.kill()
    doomed.join()
    if system == "xero":
        assert sign_in(system, office.url, address, SECRET)
    else:
        with pytest.raises(SignInRefused, match="Consent again"):
            sign_in(system, office.url, address, SECRET)

    assert asked(office, system) == 2  # the dead worker's, and after its lock the other's


@pytest.mark.parametrize("system", SYSTEMS)
def test_consent_that_is_taken_back_fails_the_task_at_once_and_says_what_to_do(
    office: Office, address: str, system: str
) -> None:
    with_consent(office)
    office.run("projects")
    revoke(office, system)

    with pytest.raises(AirflowFailException, match=r"[Cc]onsent again") as raised:
        office.run("projects")

    assert system.capitalize() in str(raised.value)
    assert isinstance(raised.value.__cause__, SignInRefused)


def test_without_a_fernet_key_no_refresh_token_is_spent(
    office: Office, address: str, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    with_consent(office)
    monkeypatch.setenv("AIRFLOW__CORE__FERNET_KEY", "")

    (said,) = workers.together(run, ("projects", office.settings, "night-1"))

    assert "A refresh token is not stored unencrypted. Set [core] fernet_key" in said
    assert (asked(office, "procore"), asked(office, "xero")) == (0, 0)


def test_no_token_can_be_read_in_the_ledger(office: Office, address: str) -> None:
    with_consent(office)
    office.run("projects")

    kept = contents(address)

    secrets = [*office.simulator.xero.tokens.access, *office.simulator.procore.tokens._issued]
    secrets += ["procore-refresh", "xero-refresh", "procore-secret", "xero-secret"]
    assert len(kept) > 1000
    assert [secret for secret in secrets if secret.encode() in kept] == []


def test_a_server_that_only_claims_to_be_xero_is_not_talked_to(tmp_path: Path) -> None:
    asked: list[Any] = []
    with a_false_server(tmp_path, asked) as url, pytest.raises(Unreachable, match="CERTIFICATE"):
        xero(
            base_url=url, identity_host=url, client_id="c", client_secret="s", tenant_id=TENANT,
            sleep=lambda seconds: None,
        ).organisation()  # fmt: skip

    assert asked == []


def test_nor_does_it_hear_a_bearer_that_was_signed_in_for_elsewhere(
    office: Office, tmp_path: Path
) -> None:
    asked: list[Any] = []
    with a_false_server(tmp_path, asked) as url, pytest.raises(Unreachable, match="CERTIFICATE"):
        xero(
            base_url=url, identity_host=office.url, client_id="xero-client",
            client_secret="xero-secret", tenant_id=TENANT, sleep=lambda seconds: None,
        ).organisation()  # fmt: skip

    assert asked == []


def test_nothing_in_the_package_can_switch_the_check_of_certificates_off() -> None:
    package = Path(airflow_provider_procore_xero.__file__).parent
    sources = [p for p in package.rglob("*.py") if "simulator" not in p.parts]

    given = [
        p.name for p in sources if re.search(r"verify\s*=|CERT_NONE|ssl_context", p.read_text())
    ]

    assert given == []


def consent_again(office: Office) -> None:
    office.simulator.procore.tokens.refresh_tokens.add("procore-new")
    office.connect(
        procore={
            "extra": {
                "company_id": 4281379,
                "login_host": office.url,
                "grant_type": "refresh_token",
                "refresh_token": "procore-new",
            }
        }
    )


def revoke(office: Office, system: str) -> None:
    """Take consent back, as a person does on the system's page of connected apps."""
    if system == "xero":
        token = office.simulator.xero.tokens.current
        where = f"{office.url}/connect/revocation"
    else:
        token = max(office.simulator.procore.tokens.refresh_tokens)
        where = f"{office.url}/oauth/revoke"
    app = {"client_id": f"{system}-client", "client_secret": f"{system}-secret"}
    httpx.post(where, data={"token": str(token), **app}).raise_for_status()


def contents(address: str) -> bytes:
    """Return all that the database holds, as bytes."""
    if address.startswith("sqlite"):
        path = Path(address.removeprefix("sqlite:///"))
        return b"".join(p.read_bytes() for p in path.parent.glob(f"{path.name}*"))
    with engine_for(address).connect() as connection:
        names = connection.scalars(
            text("SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
        ).all()
        rows = [
            repr([bytes(v) if isinstance(v, memoryview) else v for v in row])
            for name in names
            for row in connection.execute(text(f"SELECT * FROM {name}"))  # noqa: S608
        ]
    return "\n".join(rows).encode()


class a_false_server:
    """A server on this machine whose certificate nobody vouches for."""

    def __init__(self, folder: Path, asked: list[Any]) -> None:
        self._certificate, self._asked = certificate(folder), asked

    def __enter__(self) -> str:
        async def app(scope: Any, receive: Any, send: Any) -> None:
            if scope["type"] == "http":
                self._asked.append(scope["path"])

        config = uvicorn.Config(
            app, port=0, ssl_certfile=self._certificate, log_level="critical", lifespan="off"
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._server.run, daemon=True)
        self._thread.start()
        until(lambda: self._server.started)
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"https://127.0.0.1:{port}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join(10)


def certificate(folder: Path) -> Path:
    """Make a key and a certificate that it has signed itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    path = folder / "false.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    assert ssl.create_default_context()
    return path
