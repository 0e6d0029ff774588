"""The Procore client against the simulator: paging, sync actions, payments, and faults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from airflow_provider_procore_xero.errors import (
    ApiError,
    InDoubt,
    RateLimited,
    SignInRefused,
    Unreachable,
)
from tests.contract.conftest import World


def a_contract(world: World) -> dict[str, Any]:
    return next(
        c
        for c in world.simulator.procore.commitments.values()
        if c["commitment_type"] == "WorkOrderContract" and c["status"] == "Approved"
    )


def a_project_id(world: World) -> int:
    return int(a_contract(world)["project"]["id"])


def test_everything_a_run_reads_comes_back_whole(world: World) -> None:
    procore, state = world.procore(), world.simulator.procore

    assert len(list(procore.projects())) == len(state.projects)
    assert len(list(procore.project_stages())) == len(state.stages)
    vendors = [v["id"] for v in (*procore.vendors(), *procore.inactive_vendors())]
    assert sorted(vendors) == sorted(state.vendors)
    lists = [each["id"] for each in procore.standard_cost_code_lists()]
    codes = [code for each in lists for code in procore.standard_cost_codes(each)]
    assert len(codes) == len(state.standard_cost_codes)
    assert all("full_code" in code for code in codes)


def test_a_page_after_the_other_until_the_last(build: Callable[..., World]) -> None:
    world = build(maximum_per_page=7)
    procore = world.procore()

    ids = [vendor["id"] for vendor in procore.vendors()]

    assert len(ids) == len(set(ids)) > 14
    assert procore.calls == -(-len(ids) // 7)


def test_who_am_i_and_where_do_people_look(world: World) -> None:
    procore = world.procore()

    assert procore.me()["id"]
    assert procore.web_host() == procore.web_host()
    assert procore.web_host().startswith("https://")
    assert procore.calls == 2


def test_requisitions_come_with_their_items_for_each_project_in_order(world: World) -> None:
    procore, state = world.procore(), world.simulator.procore
    projects = list(state.projects)

    read = dict(procore.each_project(projects, procore.requisitions))

    assert list(read) == projects
    assert sum(len(rows) for rows in read.values()) == len(state.requisitions)
    assert all("items" in row for rows in read.values() for row in rows)


def test_requisitions_by_id_by_commitment_and_by_change(world: World) -> None:
    procore = world.procore()
    project = a_project_id(world)
    rows = list(procore.requisitions(project))
    one = rows[0]

    assert [r["id"] for r in procore.requisitions(project, ids=[one["id"]])] == [one["id"]]
    billed = procore.requisitions(project, commitment_id=one["commitment_id"])
    assert {r["commitment_id"] for r in billed} == {one["commitment_id"]}
    assert list(procore.requisitions(project, updated_since=world.now())) == []


def test_contracts_of_both_kinds_are_read_in_full(world: World) -> None:
    procore, state = world.procore(), world.simulator.procore

    found = [
        contract["id"]
        for project in state.projects
        for kind in ("WorkOrderContract", "PurchaseOrderContract")
        for contract in procore.contracts(project, kind)
    ]

    assert sorted(found) == sorted(
        c["id"] for c in state.commitments.values() if not c.get("deleted_at")
    )


def test_a_sync_action_says_for_each_row_what_became_of_it(world: World) -> None:
    rows = [
        {"name": "New Ltd", "origin_id": "xero:t:contact:1"},
        {"name": "", "origin_id": "xero:t:contact:2"},
    ]

    answer = world.procore().sync_vendors(rows)

    assert [e["origin_id"] for e in answer.entities] == ["xero:t:contact:1"]
    assert [e["origin_id"] for e in answer.errors] == ["xero:t:contact:2"]


@pytest.mark.parametrize("fault", ["drop_after", "half_json", "status_after", "html"])
def test_a_sync_action_by_origin_is_repeated_and_makes_one_vendor(world: World, fault: str) -> None:
    world.simulator.faults.arm(fault, side="procore", method="PATCH", times=2)

    world.procore().sync_vendors([{"name": "New Ltd", "origin_id": "xero:t:contact:1"}])

    vendors = world.simulator.procore.vendors.values()
    assert sum(v["name"] == "New Ltd" for v in vendors) == 1


def test_a_sync_action_without_a_key_is_in_doubt_and_never_repeated(world: World) -> None:
    world.simulator.faults.arm("drop_after", side="procore", method="PATCH")

    with pytest.raises(InDoubt):
        world.procore().sync_vendors([{"name": "New Ltd"}])

    assert sum(v["name"] == "New Ltd" for v in world.simulator.procore.vendors.values()) == 1


def test_a_sync_action_that_is_too_large_is_halved(world: World) -> None:
    world.simulator.faults.arm("status", side="procore", method="PATCH", status=413)
    rows = [{"name": f"V {n}", "origin_id": f"xero:t:contact:{n}"} for n in range(3)]
    procore = world.procore()

    answer = procore.sync_vendors(rows)

    assert len(answer.entities) == 3
    assert procore.calls == 3


def a_job(world: World) -> tuple[int, str]:
    """Return a project that was exported in a company with the ERP tool, and its origin id."""
    world.simulator.procore.switches["erp_tool"] = "open"
    project_id = a_project_id(world)
    return project_id, world.simulator.procore.export_to_erp(project_id)["origin_id"]


def job_costs_of(codes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "cost_code_origin_id": code["origin_id"],
            "line_item_type_origin_id": kind["origin_id"],
            "job_to_date_cost": "12.34",
            "commitment_invoiced": "0.00",
        }
        for code in codes
        for kind in code["line_item_types"]
    ]


@pytest.mark.parametrize("fault", [{"name": "status", "status": 413}, {"name": "drop_after"}])
def test_R84_job_costs_are_set_for_codes_as_procore_lists_them_and_sent_again_freely(
    world: World, fault: dict[str, Any]
) -> None:
    project_id, job = a_job(world)
    procore = world.procore()
    rows = job_costs_of(list(procore.cost_codes(project_id)))
    world.simulator.faults.arm(**fault, side="procore", method="PATCH")

    answer = procore.sync_job_costs(job, rows)

    kept = world.simulator.procore.erp_job_costs
    assert len(rows) > 1
    assert (len(answer.entities), answer.errors) == (len(rows), [])
    assert [str(row["job_to_date_cost"]) for row in kept.values()] == ["12.34"] * len(rows)


def test_a_payment_is_made_corrected_and_deleted(world: World) -> None:
    procore, contract = world.procore(), a_contract(world)
    where = (a_project_id(world), contract["id"])
    before = len(list(procore.contract_payments(*where)))

    made = procore.create_contract_payment(*where, {"date": "2026-11-20", "amount": "27.00"})
    changed = procore.update_contract_payment(made["id"], *where, {"amount": "28.00"})
    after = list(procore.contract_payments(*where))
    procore.delete_contract_payment(made["id"], *where)

    assert changed["id"] == made["id"]
    assert len(after) == before + 1
    assert len(list(procore.contract_payments(*where))) == before


@pytest.mark.parametrize("fault", ["drop_after", "status_after", "half_json", "html"])
def test_a_payment_whose_answer_is_lost_is_sent_once(world: World, fault: str) -> None:
    world.simulator.faults.arm(fault, side="procore", method="POST", path="/rest/*")
    procore, contract = world.procore(), a_contract(world)
    payments = world.simulator.procore.contract_payments
    before = len(payments)

    with pytest.raises(InDoubt, match="looked for before"):
        procore.create_contract_payment(
            a_project_id(world), contract["id"], {"amount": "27.00", "date": "2026-11-20"}
        )

    assert len(payments) - before == (0 if fault == "html" else 1)


def test_a_page_that_takes_too_long_is_asked_for_in_halves_from_the_same_row(
    world: World,
) -> None:
    expected = [v["id"] for v in world.procore().vendors()]
    world.simulator.faults.arm("status", side="procore", path="*/vendors", status=408, times=3)

    assert [v["id"] for v in world.procore().vendors()] == expected


def test_a_list_that_always_takes_too_long_says_so(world: World) -> None:
    world.simulator.faults.arm("status", side="procore", path="*/vendors", status=408, times=99)

    with pytest.raises(Unreachable, match="takes too long"):
        list(world.procore().vendors())


def test_an_expired_token_is_renewed_once(world: World) -> None:
    world.simulator.faults.arm("expire_token", side="procore")

    assert world.procore().me()


def test_ten_seconds_are_waited_for_and_an_hour_is_not(world: World) -> None:
    world.simulator.faults.arm(
        "rate_limit", side="procore", path="/rest/*", kind="spike", retry_after=8
    )
    assert world.procore().me()
    assert sum(world.slept) >= 8

    world.simulator.faults.arm(
        "rate_limit", side="procore", path="/rest/*", kind="hour", retry_after=2400
    )
    with pytest.raises(RateLimited, match="hour limit"):
        world.procore().me()


def test_many_calls_keep_within_both_windows_without_a_refusal(world: World) -> None:
    procore = world.procore()

    for _ in range(120):
        procore.me()

    assert {call.status for call in world.simulator.calls.of("procore", "GET")} == {200}


def test_the_wrong_company_is_named(world: World) -> None:
    with pytest.raises(SignInRefused, match=r"company 5\. .*correct company_id"):
        world.procore(company_id=5).me()


def test_an_unknown_record_is_an_error_with_its_path(world: World) -> None:
    with pytest.raises(ApiError, match=r"/rest/v1\.0/projects/99"):
        world.procore().project(99)
