"""Killing a worker while it brings costs over changes nothing in the end, nor doubles a cost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from tests.flows.contractor import Contractor
from tests.flows.office import Office
from tests.flows.power import Mains, Moment, PowerCut
from tests.flows.test_direct_costs import Site, flow, line

__all__ = ["flow"]
Prepare = Callable[[Office, Contractor], Site]
LATER = timedelta(seconds=400)
"""After so long nothing that was sent can be on its way still, and what is not there is made."""


@pytest.fixture
def mains(office: Office, monkeypatch: pytest.MonkeyPatch) -> Mains:
    return Mains(monkeypatch)


def first_night(office: Office, people: Contractor) -> Site:
    """Everything is new: four costs on one project, which share calls, and one on another."""
    site = Site(office, people)
    site.bill(line("100.00"), line("20.00", "B-2"), number="A")
    site.bill(line("33.33"), line("66.67", code="03-300"), number="A")
    site.bill(line("5.00"), number="B")
    site.spend(line("115.00"))
    return site


def night_after_corrections(office: Office, people: Contractor) -> Site:
    """One bill was voided, a line moved, an amount changed, and lines came and went."""
    site = first_night(office, people)
    site.run()
    split, two_lines, small = people.xero.invoices.values()
    people.xero.edit_bill(split["InvoiceID"], [line("100.00", "B-2"), line("20.00", "B-2")])
    people.xero.edit_bill(two_lines["InvoiceID"], [line("99.00")])
    people.xero.void_bill(small["InvoiceID"])
    site.bill(line("7.00", "B-2"), number="C")
    return site


NIGHTS = (first_night, night_after_corrections)


def end_state(site: Site) -> dict[str, Any]:
    """Return what Procore and the ledger hold, without ids that chance made."""
    ledger = site.office.ledger
    return {
        "costs": sorted(
            (
                cost["origin_id"],
                cost["invoice_number"] or "",
                str(cost["grand_total"].normalize()),
                [(i["wbs_code"]["flat_code"], i["amount"]) for i in cost["line_items"]],
            )
            for cost in site.costs
        ),
        "links": sorted((k.xero_id, k.state, k.xero_name) for k in ledger.links("direct_cost")),
        "linked": {k.procore_id for k in ledger.links("direct_cost")}
        == {str(cost["id"]) for cost in site.costs},
        "in doubt": [doubt.intent for doubt in ledger.doubts("direct_costs")],
        "issues": [(issue.code, issue.title) for issue in ledger.issues("direct_costs")],
    }


def ends_of_kills(
    site: Site, mains: Mains, what: Any, moment: Moment
) -> tuple[int, dict[int, Any], Any]:
    """Kill the night at each moment in turn; return how many, how each ended, and how it should."""
    before = site.office.keep()
    mains.restore()
    site.run()
    number, undisturbed = getattr(mains, f"{what}s"), end_state(site)
    ends = {}
    for cut in range(1, number + 1):
        site.office.back_to(before)
        mains.cut(what, cut, moment)
        with pytest.raises(PowerCut):
            site.run()
        mains.restore()
        site.run()
        with time_machine.travel(datetime.now(UTC) + LATER, tick=True):
            site.run()
        if (end := end_state(site)) != undisturbed:
            ends[cut] = end
    return number, ends, undisturbed


@pytest.mark.parametrize("moment", ["before", "after"])
@pytest.mark.parametrize("prepare", NIGHTS)
def test_E52_killed_at_any_write_the_next_runs_put_every_cost_right(
    office: Office, people: Contractor, mains: Mains, prepare: Prepare, moment: Moment
) -> None:
    site = prepare(office, people)

    writes, ends, undisturbed = ends_of_kills(site, mains, "request", moment)

    assert writes >= 5
    assert not ends, (undisturbed, ends)


@pytest.mark.parametrize("prepare", NIGHTS)
def test_E52_killed_before_any_commit_the_next_runs_put_every_cost_right(
    office: Office, people: Contractor, mains: Mains, prepare: Prepare
) -> None:
    site = prepare(office, people)

    _, ends, undisturbed = ends_of_kills(site, mains, "commit", "before")

    assert not ends, (undisturbed, ends)
