"""Idempotency keys: six minutes, errors included."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.simulator.xero_world import BASE, Office, a_bill, acme

pytest_plugins = ["tests.simulator.xero_office"]


def keyed(office: Office, body: Any, key: str = "k-1", path: str = "/Invoices") -> httpx.Response:
    return office.http.put(f"{BASE}{path}", json=body, headers={"Idempotency-Key": key})


def test_a_replay_within_six_minutes_saves_nothing_and_uses_quota(office: Office):
    office.clock.advance(60)
    first = keyed(office, a_bill(office))
    office.clock.advance(359)
    second = keyed(office, a_bill(office))

    assert first.json() == second.json()
    assert len(office.xero.invoices) == 1
    assert second.headers["X-DayLimit-Remaining"] == "4998"


def test_a_replay_is_the_first_answer_although_the_record_has_changed(office: Office):
    first = keyed(office, a_bill(office))
    office.xero.approve_bill(next(iter(office.xero.invoices)))

    assert keyed(office, a_bill(office)).json() == first.json()


def test_after_six_minutes_the_same_key_makes_a_second_bill(office: Office):
    keyed(office, a_bill(office))
    office.clock.advance(360)
    keyed(office, a_bill(office))

    assert len(office.xero.invoices) == 2


@pytest.mark.parametrize("place", ["message", "elements"])
def test_a_key_used_with_another_body_is_a_400(office: Office, place: str):
    office.xero.switches["idempotency_mismatch_in"] = place
    keyed(office, a_bill(office))

    response = keyed(office, a_bill(office, InvoiceNumber="other"))

    assert response.status_code == 400
    assert "is used with a different request" in response.text
    assert len(office.xero.invoices) == 1


def test_a_key_used_with_another_url_is_a_400(office: Office):
    keyed(office, a_bill(office))

    assert keyed(office, a_bill(office), path="/Contacts").status_code == 400


@pytest.mark.parametrize(("stored", "status"), [(True, 400), (False, 200)])
def test_validation_errors_may_be_replayed_after_their_cause_is_gone(
    office: Office, stored: bool, status: int
):
    office.xero.switches["store_validation_errors"] = stored
    office.xero.archive_contact(acme(office))
    keyed(office, a_bill(office))
    office.xero.restore_contact(acme(office))

    assert keyed(office, a_bill(office)).status_code == status


def test_an_internal_error_is_replayed_until_the_key_lapses(office: Office):
    office.faults.arm("stored_error", side="xero")

    statuses = [keyed(office, a_bill(office)).status_code for _ in range(2)]
    office.clock.advance(360)

    assert statuses == [500, 500]
    assert keyed(office, a_bill(office)).status_code == 200


def test_without_the_key_store_keyed_calls_are_500(office: Office):
    office.faults.arm("key_store_down", side="xero")

    assert keyed(office, a_bill(office)).status_code == 500
    assert not office.xero.invoices


def test_a_key_has_128_characters_at_most(office: Office):
    assert keyed(office, a_bill(office), key="k" * 129).status_code == 400


def test_a_call_that_the_limits_refuse_does_not_use_up_its_key(office: Office):
    office.xero.switches["minute_limit"] = 0
    assert keyed(office, a_bill(office)).status_code == 429
    office.xero.switches["minute_limit"] = 60

    assert keyed(office, a_bill(office, InvoiceNumber="other")).status_code == 200
