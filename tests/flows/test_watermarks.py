"""Incremental reads: they overlap, take a record once, and move on only after success."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from airflow_provider_procore_xero.errors import ApiError
from airflow_provider_procore_xero.operators.direct_costs import BILLS
from airflow_provider_procore_xero.operators.work import OVERLAP
from airflow_provider_procore_xero.simulator.xero.state import moment_text
from tests.flows.contractor import Contractor, Record
from tests.flows.office import Office

READY = ("projects", "contacts", "cost_codes")
A_MINUTE = timedelta(minutes=1)


@pytest.fixture
def contracts(office: Office, people: Contractor) -> list[Record]:
    """Return a contract on each of two projects, which are in Xero with their vendor."""
    vendor = people.pair("Terra Works Ltd")
    made = [people.contract(people.project(n), vendor, number=f"SC-{n}") for n in ("A-1", "B-2")]
    office.night(flows=READY)
    return made


def marks(office: Office, contracts: list[Record]) -> list[datetime | None]:
    """Return how far the claims of each contract's project were read."""
    found = [office.ledger.watermark(f"requisitions/{c['project_id']}") for c in contracts]
    return [mark.moment if mark else None for mark in found]


def stamped(people: Contractor, claim: Record, at: datetime) -> Record:
    """Let a clock that is wrong have stamped *claim*."""
    claim["updated_at"] = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return claim


def test_E51_a_claim_that_a_slow_clock_stamped_within_the_overlap_becomes_one_bill(
    office: Office, people: Contractor, contracts: list[Record]
) -> None:
    early = people.claim(contracts[0])
    office.run("subcontractor_invoices")
    (read_until, _) = marks(office, contracts)
    assert read_until
    stamped(people, early, read_until - OVERLAP + A_MINUTE)
    late = stamped(people, people.claim(contracts[0]), read_until - OVERLAP + A_MINUTE)

    second, third = [office.run("subcontractor_invoices") for _ in range(2)]

    assert [r["read"] for r in (second, third)] == [2, 2]  # again, and once more
    assert [r["created"] for r in (second, third)] == [1, 0]
    assert [b["SubTotal"] for b in people.bills] == [Decimal("1425.00")] * 2
    assert people.bill_of(early) != people.bill_of(late)


def test_E51_before_the_overlap_nothing_is_read_again_until_everything_is(
    office: Office, people: Contractor, contracts: list[Record]
) -> None:
    office.run("subcontractor_invoices")
    (read_until, _) = marks(office, contracts)
    assert read_until
    stamped(people, people.claim(contracts[0]), read_until - OVERLAP - A_MINUTE)

    missed = office.run("subcontractor_invoices")
    found = office.run("subcontractor_invoices", full=True)

    assert (missed["read"], found["created"], len(people.bills)) == (0, 1, 1)


def test_E51_a_bill_of_xeros_that_is_stamped_within_the_overlap_becomes_one_direct_cost(
    office: Office, people: Contractor, contracts: list[Record]
) -> None:
    contact = people.contact("Hire Pool Ltd")
    office.night(flows=(*READY, "direct_costs"))
    mark = office.ledger.watermark(BILLS)
    assert mark
    options = (("Project", "A-1"), ("Cost Codes", "02-300"))
    line = {
        "Description": "Hire", "Quantity": "1", "UnitAmount": "30.00", "AccountCode": "310",
        "Tracking": [{"Name": name, "Option": option} for name, option in options],
    }  # fmt: skip
    bill = people.xero.add_bill(contact["ContactID"], [line], number="HP-1", status="AUTHORISED")
    bill["UpdatedDateUTC"] = moment_text(mark.moment - OVERLAP + A_MINUTE)

    second, third = [office.run("direct_costs") for _ in range(2)]

    assert [(r["read"], r["created"]) for r in (second, third)] == [(1, 1), (1, 0)]
    (cost,) = people.procore.direct_costs.values()
    assert cost["grand_total"] == Decimal(30)


LATER: dict[str, dict[str, Any]] = {
    "the second project's list": {"side": "procore", "path": "*/requisitions", "after": 1},
    "the bills of Xero's": {"side": "xero", "path": "*/Invoices"},
    "the accounts of Xero's": {"side": "xero", "path": "*/Accounts"},
}


@pytest.mark.parametrize("broken", LATER)
def test_E51_a_run_that_fails_half_way_moves_no_watermark_and_the_next_brings_it_all(
    office: Office, people: Contractor, contracts: list[Record], broken: str
) -> None:
    office.run("subcontractor_invoices")
    before = marks(office, contracts)
    claims = [people.claim(contract) for contract in contracts]
    office.simulator.faults.arm("status", status=500, times=50, **LATER[broken])

    with pytest.raises(ApiError):
        office.run("subcontractor_invoices")
    after = marks(office, contracts)
    office.simulator.faults.clear()
    result = office.run("subcontractor_invoices")

    assert None not in before
    assert after == before
    assert result["created"] == 2
    assert [people.bill_of(claim)["SubTotal"] for claim in claims] == [Decimal("1425.00")] * 2
    assert all(a and b and a > b for a, b in zip(marks(office, contracts), before, strict=True))


def test_E51_a_run_that_ends_between_two_batches_moves_none_either(
    office: Office, people: Contractor, contracts: list[Record]
) -> None:
    office.run("subcontractor_invoices")
    before = marks(office, contracts)
    claims = [people.claim(contracts[0], "1.00") for _ in range(51)]
    office.simulator.faults.arm(
        "rate_limit", side="xero", method="PUT", after=1, kind="day", retry_after=30000
    )

    with pytest.raises(Exception, match="the next run"):
        office.run("subcontractor_invoices")
    after, there = marks(office, contracts), len(people.bills)
    office.reset_limits()
    office.run("subcontractor_invoices")

    assert after == before
    assert there == 50
    assert [people.bill_of(claim)["SubTotal"] for claim in claims] == [Decimal("0.95")] * 51
