"""A company under approvals, some nights on: a bit of everything that the page can show."""

from __future__ import annotations

from tests.flows.contractor import Contractor
from tests.flows.office import Office
from tests.flows.test_approvals import CONNECTOR, decide, export, fail, run

__all__ = ["CONNECTOR", "HOSTILE", "export", "fill", "run"]

HOSTILE = '"><img src=x onerror=alert(1)><script>alert(2)</script>'


def fill(office: Office, people: Contractor) -> None:
    """Let the nights pass.

    Riverside and Terra Works are in Xero; Quarry failed, Airstrip was rejected; Harbour, Marina
    and a claim of Terra's wait; Smyth's vendor may be Smith's contact. The last run is a plan.
    """
    riverside = people.project("A-1", name="Riverside")
    terra = people.vendor("Terra Works Ltd")
    run(office)
    run(office, "vendors")
    decide(office)
    export(office)

    people.project("E-5", name="Airstrip")
    run(office)
    decide(office, "reject", comment="Name the street.")
    people.project("D-4", name="Quarry")
    run(office)
    decide(office)

    people.project("B-2", name="Harbour")
    people.project("C-3", name="Marina")
    people.contact("Smith Plumbing Limited", grouped=False)
    people.vendor("Smyth Plumbing Limited")
    people.claim(people.contract(riverside, terra), "12500.00", "700.50")
    run(office, "cost_codes")
    fail(office)
    for flow in ("projects", "vendors", "subcontractor_invoices"):
        run(office, flow)
    run(office, mode="plan")
