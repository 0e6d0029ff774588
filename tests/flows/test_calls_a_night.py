"""How many calls a night costs: exact numbers, so that a call too many is a failing test."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

from tests.flows.office import SETTINGS, Office

STEADY_XERO = {
    "TrackingCategories": 1,
    "Organisation": 1,
    "ContactGroups": 2,  # which there are, and the members of ours
    "Contacts": 1,
    "Accounts": 1,
    "Invoices": 2,  # for bills that were edited, and for bills that were paid
    "Payments": 1,
}
STEADY_PROCORE = {
    "projects": 1,
    "company_base_url": 1,
    "vendors": 1,
    "inactive": 1,
    "standard_cost_code_lists": 1,
}
# Names of the large world differ in a digit, which is very similar otherwise.
BY_EXACT_NAME: dict[str, Any] = {**SETTINGS, "vendors": {"similar_threshold": 100}}


def reads(office: Office, side: str) -> Counter[str]:
    """Return how often each list was read, by its last word."""
    found: Counter[str] = Counter()
    for path, times in office.reads(side).items():
        name = "ContactGroups" if "/ContactGroups" in path else path.rsplit("/", 1)[-1]
        found[name] += times
    return found


def test_B3_a_second_night_writes_nothing_and_reads_a_fixed_number_of_pages(
    office: Office,
) -> None:
    office.reset("contractor")
    office.night()
    office.forget_calls()

    results = office.night()

    assert not office.writes()
    assert reads(office, "xero") == STEADY_XERO
    assert reads(office, "procore") == {
        **STEADY_PROCORE,
        "standard_cost_codes": 2,  # one a list
        "requisitions": 6,  # one an integrated project
    }
    assert all(r["created"] + r["updated"] + r["linked"] == 0 for r in results.values())


def test_B3_the_calls_in_xcom_are_those_that_were_made(office: Office) -> None:
    office.reset("contractor")

    results = office.night()

    for side in ("procore", "xero"):
        made = [call for call in office.simulator.calls.of(side) if "token" not in call.path]
        assert sum(result["calls"][side] for result in results.values()) == len(made)


@pytest.mark.parametrize("claims", [120, 50])
def test_B1_claims_are_read_a_hundred_a_call_and_written_fifty_a_call(
    office: Office, claims: int
) -> None:
    office.reset("large", bills=0, vendors=20, projects=3, requisitions=claims)
    office.simulator.xero.set_lock_date(None)
    office.night(settings=BY_EXACT_NAME, flows=("projects", "contacts", "cost_codes"))
    office.forget_calls()

    result = office.run("subcontractor_invoices", settings=BY_EXACT_NAME)

    batches = [len(json.loads(call.body)["Invoices"]) for call in office.writes()]
    assert result["created"] == claims
    assert batches == [50] * (claims // 50) + [claims % 50] * bool(claims % 50)
    assert reads(office, "procore")["requisitions"] == 3
    assert reads(office, "procore")["work_order_contracts"] == 3
    assert reads(office, "xero")["Invoices"] == 1


def test_B2_B4_lists_are_read_a_thousand_a_page_and_once_read_not_again(office: Office) -> None:
    office.reset("large", bills=2500, vendors=60, projects=3, requisitions=60)

    office.night(settings=BY_EXACT_NAME)
    first = reads(office, "xero")
    office.forget_calls()
    office.night(settings=BY_EXACT_NAME)

    assert first == {**STEADY_XERO, "Invoices": 3 + 3, "Contacts": STEADY_XERO["Contacts"] + 1}
    assert reads(office, "xero") == STEADY_XERO
    assert reads(office, "procore") == {
        **STEADY_PROCORE,
        "standard_cost_codes": 1,
        "requisitions": 3,
    }


def test_B2_sixty_vendors_are_written_in_one_call(office: Office) -> None:
    office.reset("large", bills=0, vendors=60, projects=1, requisitions=0)

    result = office.run("contacts", settings=BY_EXACT_NAME)

    assert result["linked"] == 60
    assert [call.path for call in office.writes()] == ["/rest/v1.0/vendors/sync"]
