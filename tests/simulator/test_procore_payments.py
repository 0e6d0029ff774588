"""Payments issued: per contract, no filters, a lock that leaves the origin fields open."""

from __future__ import annotations

import httpx
import pytest

from tests.simulator.procore_world import Record, Site, a_claim, a_site

PAYMENTS = "/rest/v1.0/contract_payments"


def pay(api: httpx.Client, site: Site, **payment: object) -> httpx.Response:
    body = {**site.of_contract, "contract_payment": {"amount": "27000.00", **payment}}
    return api.post(PAYMENTS, json=body)


def patch(api: httpx.Client, site: Site, payment: Record, **changes: object) -> httpx.Response:
    body = {**site.of_contract, "contract_payment": changes}
    return api.patch(f"{PAYMENTS}/{payment['id']}", json=body)


def test_a_payment_is_listed_under_its_contract_and_counted_there(api, procore):
    site = a_site(procore)

    made = pay(api, site, date="2026-06-20", check_number="BACS 8841")

    assert made.status_code == 201
    assert made.json()["amount"] == "27000.00"
    assert api.get(PAYMENTS, params=site.of_contract).json() == [made.json()]
    assert str(site.contract["total_payments"]) == "27000.0"


def test_the_list_needs_project_and_contract(api, procore):
    site = a_site(procore)

    assert api.get(PAYMENTS, params=site.of_project).status_code == 400


@pytest.mark.parametrize("name", ["updated_at", "origin_id", "id"])
def test_the_list_has_no_filters(api, procore, name):
    site = a_site(procore)

    assert api.get(PAYMENTS, params={**site.of_contract, f"filters[{name}]": 1}).status_code == 400


def test_a_payment_does_not_touch_the_contracts_updated_at(api, procore):
    site = a_site(procore)
    before = site.contract["updated_at"]
    procore.clock.advance(60)

    pay(api, site)

    assert site.contract["updated_at"] == before


def test_the_method_can_be_written_but_no_answer_shows_it(api, procore):
    site = a_site(procore)

    made = pay(api, site, payment_method="electronic", invoice_date="2026-05-31")

    assert made.status_code == 201
    assert {"payment_method", "invoice_date"}.isdisjoint(made.json())


def test_an_unknown_method_is_refused(api, procore):
    assert pay(api, a_site(procore), payment_method="cash").status_code == 422


def test_a_date_in_another_format_is_lost_without_an_error(api, procore):
    made = pay(api, a_site(procore), date="2026-06-20T00:00:00Z")

    assert (made.status_code, made.json()["date"]) == (201, None)


@pytest.mark.parametrize("amount", ["", "1,000.00", None, True])
def test_an_amount_must_be_a_number(api, procore, amount):
    assert pay(api, a_site(procore), amount=amount).status_code == 422


def test_a_claim_of_another_contract_cannot_be_paid(api, procore):
    site, other = a_site(procore), a_site(procore)
    claim = a_claim(procore, other)

    assert pay(api, site, requisition_id=claim["id"]).status_code == 422


def test_the_same_origin_id_makes_no_second_payment(api, procore):
    site = a_site(procore)
    pay(api, site, origin_id="x:payment:1")

    again = pay(api, site, origin_id="x:payment:1")

    assert again.status_code == 422
    assert len(procore.contract_payments) == 1


def test_a_payment_can_be_born_locked_and_its_amount_then_stays(api, procore):
    site = a_site(procore)
    payment = pay(api, site, origin_id="x:1").json()

    answer = patch(api, site, payment, amount="1.00")

    assert answer.status_code == 422
    assert str(procore.contract_payments[payment["id"]]["amount"]) == "27000.00"


def test_a_locked_payment_still_takes_the_origin_fields(api, procore):
    site = a_site(procore)
    payment = pay(api, site, origin_id="x:1").json()

    answer = patch(api, site, payment, origin_id="x:2", origin_data="v2")

    assert answer.json()["origin_id"] == "x:2"


@pytest.mark.parametrize(
    ("mode", "then"), [("unlocks", 200), ("keeps_lock", 422), ("refused", 200)]
)
def test_clearing_is_always_taken_and_unlocks_as_the_switch_says(api, procore, mode, then):
    procore.switches["clearing_origin_id"] = mode
    site = a_site(procore)
    payment = pay(api, site, origin_id="x:1").json()

    codes = [
        patch(api, site, payment, origin_id=None).status_code,
        patch(api, site, payment, amount="1.00").status_code,
    ]

    assert codes == [200, then]


def test_a_deleted_payment_is_gone_and_no_longer_counted(api, procore):
    site = a_site(procore)
    payment = pay(api, site, origin_id="x:1").json()

    answer = api.delete(f"{PAYMENTS}/{payment['id']}", params=site.of_contract)

    assert answer.status_code == 200
    assert api.get(PAYMENTS, params=site.of_contract).json() == []
    assert str(site.contract["total_payments"]) == "0.0"


def test_locked_payments_may_be_undeletable_where_the_switch_says_so(api, procore):
    procore.switches["locked_records_can_be_deleted"] = False
    site = a_site(procore)
    payment = pay(api, site, origin_id="x:1").json()

    answer = api.delete(f"{PAYMENTS}/{payment['id']}", params=site.of_contract)

    assert answer.status_code == 422
