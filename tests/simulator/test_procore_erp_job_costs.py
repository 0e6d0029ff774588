"""ERP job costs: closed unless switched on, figures that are set, errors for each bad row."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import httpx
import pytest

from airflow_provider_procore_xero.simulator.procore import Procore
from tests.simulator.procore_world import COMPANY, Site, a_site

SYNC = "/rest/v1.0/erp_job_costs/sync"
KEYS = pytest.mark.parametrize("keys", ["origin_ids", "ids"])
Row = dict[str, Any]


@pytest.fixture
def site(procore: Procore) -> Site:
    """A project that was exported to an accounting system, in a company with the ERP tool."""
    procore.switches["erp_tool"] = "open"
    made = a_site(procore)
    procore.export_to_erp(made.project["id"])
    return made


def send(api: httpx.Client, job: Any, *rows: Row) -> httpx.Response:
    body = {"company_id": COMPANY, "job_origin_id": job, "updates": list(rows)}
    return api.patch(SYNC, json=body)


def answered(api: httpx.Client, site: Site, *rows: Row) -> dict[str, Any]:
    answer = send(api, site.project["origin_id"], *rows)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def a_row(procore: Procore, site: Site, cost: str = "100.00", **given: Any) -> Row:
    code = procore.cost_codes[site.wbs_code["cost_code_id"]]
    kind = procore.line_item_types[site.wbs_code["line_item_type_id"]]
    return {
        "cost_code_id": code["id"],
        "cost_code_origin_id": code["origin_id"],
        "line_item_type_id": kind["id"],
        "line_item_type_origin_id": kind["origin_id"],
        "job_to_date_cost": cost,
        "commitment_invoiced": "40.00",
        **given,
    }


@pytest.mark.parametrize("status", [403, 404])
def test_where_the_tool_is_closed_nothing_can_be_written(api, procore, site, status):
    procore.switches["erp_tool"] = str(status)

    answer = send(api, site.project["origin_id"], a_row(procore, site))

    assert answer.status_code == status
    assert procore.erp_job_costs == {}


def test_the_tool_is_closed_by_default(api, procore):
    assert procore.switches["erp_tool"] == "404"
    assert send(api, "erp:job:1").status_code == 404


def test_an_open_tool_says_plainly_what_the_simulator_lacks(api, site):
    answer = api.get(f"/rest/v1.0/companies/{COMPANY}/erp_requests/1")

    assert answer.status_code == 501
    assert "does not have GET" in answer.json()["message"]


@KEYS
def test_a_row_is_made_with_the_ids_of_its_place_and_leaves_other_figures_at_nothing(
    api, procore, site, keys
):
    procore.switches["erp_job_cost_keys"] = keys

    found = answered(api, site, a_row(procore, site))

    (kept,) = procore.erp_job_costs.values()
    assert found["errors"] == []
    assert found["entities"][0]["id"] == kept["id"]
    assert found["entities"][0]["cost_code_origin_id"].startswith("erp:code:")
    assert kept["job_to_date_cost"] == Decimal("100.00")
    assert kept["commitment_invoiced"] == Decimal("40.00")
    assert kept["paid_amount"] == 0
    assert kept["project_id"] == site.project["id"]


def test_figures_are_set_and_not_added_and_those_that_are_not_sent_stay(api, procore, site):
    answered(api, site, a_row(procore, site, paid_amount="7.00"))

    again = answered(api, site, a_row(procore, site, "90.00"))

    (kept,) = procore.erp_job_costs.values()
    assert again["entities"][0]["id"] == kept["id"]
    assert kept["job_to_date_cost"] == Decimal("90.00")
    assert kept["paid_amount"] == Decimal("7.00")


@pytest.mark.parametrize(
    ("keys", "name"),
    [("origin_ids", "cost_code_origin_id"), ("origin_ids", "line_item_type_origin_id"),
     ("ids", "cost_code_id"), ("ids", "line_item_type_id")],
)  # fmt: skip
@pytest.mark.parametrize(("value", "said"), [(None, "can't be blank"), ("77", "does not exist")])
def test_a_row_of_no_known_code_or_type_is_an_error_of_its_own(
    api, procore, site, keys, name, value, said
):
    procore.switches["erp_job_cost_keys"] = keys
    good, bad = a_row(procore, site), a_row(procore, site, **{name: value})

    found = answered(api, site, bad, good)

    assert len(found["entities"]) == 1
    assert found["errors"] == [{**bad, "errors": {name: [said]}}]


def test_what_the_other_way_of_telling_rows_apart_wants_is_not_looked_at(api, procore, site):
    found = answered(api, site, a_row(procore, site, cost_code_id=None, line_item_type_id=1))

    assert found["errors"] == []


def test_a_cost_type_that_the_code_has_not_is_an_error(api, procore, site):
    other = procore.add_line_item_type(code="L", name="Labour", origin_id="erp:type:other")

    found = answered(api, site, a_row(procore, site, line_item_type_origin_id=other["origin_id"]))

    assert found["errors"][0]["errors"] == {"line_item_type_origin_id": ["does not exist"]}


@pytest.mark.parametrize(("amount", "said"), [("x", "is not a number"), (None, "can't be blank")])
def test_a_figure_that_is_none_is_an_error(api, procore, site, amount, said):
    found = answered(api, site, a_row(procore, site, job_to_date_cost=amount))

    assert found["errors"][0]["errors"] == {"job_to_date_cost": [said]}


def test_a_field_that_nobody_documented_is_an_error(api, procore, site):
    found = answered(api, site, a_row(procore, site, costs="1.00"))

    assert found["errors"][0]["errors"] == {"costs": ["is not a known field"]}


def test_the_project_is_called_by_its_origin_id(api, procore, site):
    row = a_row(procore, site)

    assert send(api, None, row).status_code == 400
    assert send(api, "erp:job:other", row).status_code == 404
    assert send(api, site.project["id"], row).status_code == 404


def test_a_project_that_is_not_permitted_is_refused(api, procore, site):
    procore.forbid_project(site.project["id"])

    assert send(api, site.project["origin_id"], a_row(procore, site)).status_code == 403


def test_a_call_takes_a_thousand_rows(api, procore, site):
    row = a_row(procore, site)

    assert send(api, site.project["origin_id"], *[row] * 1000).status_code == 200
    assert send(api, site.project["origin_id"], *[row] * 1001).status_code == 413


def test_an_export_gives_the_project_its_codes_and_their_types_origin_ids(api, procore):
    site = a_site(procore)
    other = procore.add_project(name="Other")

    procore.export_to_erp(site.project["id"])

    (code,) = api.get("/rest/v1.0/cost_codes", params=site.of_project).json()
    (kind,) = code["line_item_types"]
    assert code["origin_id"] == f"erp:code:{code['id']}"
    assert kind["origin_id"] == f"erp:type:{kind['id']}"
    assert site.project["origin_id"] == f"erp:job:{site.project['id']}"
    assert other["origin_id"] is None


def test_an_export_leaves_origin_ids_that_there_are(procore):
    site = a_site(procore)
    site.project["origin_id"] = "sage-1"

    assert procore.export_to_erp(site.project["id"])["origin_id"] == "sage-1"
