"""Our flow of claims to bills, as Airflow runs it, but for the small lists around it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from airflow_provider_procore_xero.apis.procore import procore
from airflow_provider_procore_xero.apis.wire import encode
from airflow_provider_procore_xero.apis.xero import Xero, xero
from airflow_provider_procore_xero.ledger.engine import engine_for
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.ledger.migrate import upgrade
from airflow_provider_procore_xero.operators.asked import Asked
from airflow_provider_procore_xero.operators.bills import remember_bills
from airflow_provider_procore_xero.operators.subcontractor_invoices import (
    SubcontractorInvoicesToBillsOperator,
)
from airflow_provider_procore_xero.operators.work import Work
from airflow_provider_procore_xero.settings import make, settings_hash
from airflow_provider_procore_xero.sync.entities.claims import (
    Commitment,
    InvoicesAround,
    SubcontractorInvoice,
)
from airflow_provider_procore_xero.sync.links import Links
from airflow_provider_procore_xero.sync.pages import Pages
from airflow_provider_procore_xero.sync.plan import Create, Stored
from airflow_provider_procore_xero.sync.results import Result, Saved
from benchmarks import records
from benchmarks.measure import Stopwatch

PAIR = "1:benchmarks"
SETTINGS = make(
    {
        "profile": "dimension_classic",
        "accounts": {"expense": "310"},
        "bills": {"retainage_account": "850"},
        "safety": {"max_writes": 10**9},
    }
)
_SIGN_IN: dict[str, Any] = {"client_id": "benchmark", "client_secret": "benchmark"}


class Night(SubcontractorInvoicesToBillsOperator):
    """The flow with projects, vendors, codes and commitments at hand, and claims from Procore."""

    log: Any = logging.getLogger(__name__)  # Airflow's prints, where figures are printed

    def __init__(self, *, claims: int, **kwargs: Any) -> None:
        super().__init__(task_id="bills", **kwargs)
        self.claims = claims

    def around(self, work: Work) -> InvoicesAround:
        known = list(records.links(self.claims))
        work.links = Links(known)
        around = InvoicesAround(
            settings=work.settings,
            links=work.links,
            pages=Pages(procore=records.PROCORE, company_id="1", shortcode="!abc"),
            codes=records.codes(iter(known)),
            accounts=records.accounts(),
            project_category="Project",
            code_category="Cost Codes",
            currency="NZD",
        )
        remember_bills(work, around)
        return around

    def read(self, work: Work, around: InvoicesAround) -> Iterator[dict[str, Any]]:
        projects = records.projects(self.claims)
        for _, raws in work.procore.each_project(projects, work.procore.requisitions):
            yield from raws

    def complete(
        self, work: Work, around: InvoicesAround, found: Sequence[SubcontractorInvoice]
    ) -> None:
        for claim in found:
            around.commitments[claim.commitment_id] = Commitment(
                id=claim.commitment_id,
                kind=claim.commitment_kind,
                number=f"SC-{claim.commitment_id}",
                title=claim.contract,
            )


class PlannedNight(Night):
    """The same with claims made on the spot, which the stopwatch leaves out."""

    def __init__(self, *, claims: int, watch: Stopwatch, **kwargs: Any) -> None:
        super().__init__(claims=claims, **kwargs)
        self.watch = watch

    def read(self, work: Work, around: InvoicesAround) -> Iterator[dict[str, Any]]:
        for project in records.projects(self.claims):
            with self.watch.pause():
                raws = list(records.claims_of(project, self.claims))
            yield from raws


class UnsentNight(PlannedNight):
    """The same with nothing sent: a batch is encoded, and that is all."""

    def save(self, work: Work, around: Any, batch: Sequence[Stored], key: str) -> Iterator[Result]:
        changes = [stored.change for stored in batch if isinstance(stored.change, Create)]
        encode([change.desired.payload for change in changes])
        for change in changes:
            source_id = change.about.source_id
            yield Saved(source_id=source_id, target_id=f"x{source_id}", held=change.wrote)


def ran(operator: Night, ledger: Ledger, clients: Any) -> dict[str, Any]:
    """Run *operator* as its task would, and return what it leaves in XCom."""
    run = ledger.begin_run("subcontractor_invoices", "apply")
    work = Work(
        procore=clients.procore,
        xero=clients.xero,
        ledger=ledger,
        settings=SETTINGS,
        settings_hash=settings_hash(SETTINGS),
        asked=Asked(),
        scope=run,
        run=run,
    )
    return operator._run(work)


@contextmanager
def new_ledger() -> Iterator[Ledger]:
    """Give a ledger that is thrown away."""
    with TemporaryDirectory(prefix="benchmarks-") as folder:
        engine = engine_for(address_in(Path(folder)))
        upgrade(engine)
        yield Ledger(engine, PAIR)
        engine.dispose()


def address_in(folder: Path) -> str:
    return f"sqlite:///{folder / 'ledger.db'}"


def nobody() -> Any:
    """Return clients that nothing is asked of, and that know of no bill."""
    empty: Callable[..., Iterator[Any]] = lambda **_: iter(())  # noqa: E731
    return SimpleNamespace(
        procore=SimpleNamespace(calls=0),
        xero=SimpleNamespace(calls=0, bills=empty, intended=lambda age=0.0: nullcontext()),
    )


def xero_at(address: str, bills: int = 0) -> Xero:
    """Return our client of a stub with so many bills; with 0, of what was written."""
    base = f"{address}/{bills}"
    return xero(base_url=base, identity_host=address, tenant_id="t", **_SIGN_IN)


def clients_at(address: str, claims: int) -> Any:
    """Return our clients of a stub with so many claims."""
    base = f"{address}/{claims}"
    return SimpleNamespace(
        procore=procore(base_url=base, login_host=address, company_id=1, **_SIGN_IN),
        xero=xero_at(address),
    )
