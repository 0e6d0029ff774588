"""What worker processes do. They find both systems and the ledger by Airflow's connections."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from cryptography.fernet import Fernet

from airflow_provider_procore_xero.apis import allowance
from airflow_provider_procore_xero.apis.limits import Limiter, ProcoreLimiter, XeroLimiter
from airflow_provider_procore_xero.apis.procore import procore
from airflow_provider_procore_xero.apis.tokens import StoredToken
from airflow_provider_procore_xero.apis.xero import Xero, xero
from airflow_provider_procore_xero.ledger import tokens
from airflow_provider_procore_xero.ledger.engine import engine_for
from airflow_provider_procore_xero.ledger.ledger import Ledger
from tests.flows.office import FLOWS, TENANT, Task


def a_xero(url: str, limiter: XeroLimiter) -> Xero:
    return xero(
        base_url=url,
        identity_host=url,
        client_id="xero-client",
        client_secret="xero-secret",
        tenant_id=TENANT,
        limiter=limiter,
    )


def a_limiter(kind: type[Limiter], address: str, window: float) -> Any:
    """Return a limiter as the hooks make it, but in a hurry."""
    store = Ledger(engine_for(address), "1:t").limits
    return kind(store=store, key=kind.system, window=window)  # type: ignore[call-arg]


def ask_xero(url: str, address: str, window: float, calls: int) -> int:
    """Call Xero from as many threads as are allowed, as often as is asked; return how often."""
    with (
        a_xero(url, a_limiter(XeroLimiter, address, window)) as client,
        ThreadPoolExecutor(8) as pool,
    ):
        return len(list(pool.map(lambda _: client.organisation(), range(calls))))


def ask_xero_briefly(url: str, address: str, window: float, calls: int, lasts: float) -> int:
    """The same as a worker that is thought dead after *lasts* seconds of silence."""
    allowance.WORKER_LASTS = lasts
    return ask_xero(url, address, window, calls)


def ask_procore(url: str, address: str, window: float, calls: int) -> int:
    """The same with Procore."""
    limiter = a_limiter(ProcoreLimiter, address, window)
    client = procore(
        base_url=url,
        login_host=url,
        client_id="procore-client",
        client_secret="procore-secret",
        company_id=4281379,
        limiter=limiter,
    )
    with client, ThreadPoolExecutor(8) as pool:
        return len(list(pool.map(lambda _: client.me(), range(calls))))


def run(flow: str, settings: dict[str, Any], run_id: str, **params: Any) -> Any:
    """Run one flow as a task would; return what it leaves in XCom, or its error in words."""
    from airflow.exceptions import AirflowException

    operator = FLOWS[flow](task_id=flow, settings=settings)
    context: Any = {"run_id": run_id, "ti": Task(flow, 1), "params": {"mode": "apply", **params}}
    try:
        return operator.execute(context)
    except AirflowException as error:
        return f"{type(error).__name__}: {error.__cause__ or error}"


def sign_in(system: str, url: str, address: str, secret: bytes, lock_lasts: float = 90) -> str:
    """Sign in with a person's consent, call once, and return the bearer that was used."""
    tokens.LEASE = timedelta(seconds=lock_lasts)
    store = Ledger(engine_for(address), "1:t", Fernet(secret), StoredToken).tokens
    consent: dict[str, Any] = {
        "base_url": url,
        "client_id": f"{system}-client",
        "client_secret": f"{system}-secret",
        "grant_type": "refresh_token",
        "refresh_token": f"{system}-refresh",
        "tokens": store,
    }
    if system == "xero":
        with xero(identity_host=url, tenant_id=TENANT, **consent) as client:
            client.organisation()
    else:
        with procore(login_host=url, company_id=4281379, **consent) as client:
            client.me()
    return hashlib.sha256(client._http._client.auth._tokens.bearer().access.encode()).hexdigest()  # type: ignore[union-attr]
