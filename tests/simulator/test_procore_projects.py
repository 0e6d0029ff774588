"""Projects: active ones only, permitted ones only, display names, silent nulls."""

from __future__ import annotations

import httpx

from tests.simulator.procore_world import COMPANY, a_site

V1_0, V1_1 = "/rest/v1.0/projects", "/rest/v1.1/projects"
MINE = {"company_id": COMPANY}


def names(api: httpx.Client, path: str = V1_1, **params: object) -> list[str]:
    answer = api.get(path, params={**MINE, "view": "extended", **params})
    assert answer.status_code == 200, answer.text
    return [row["name"] for row in answer.json()]


def test_the_list_has_only_active_projects_unless_all_are_asked_for(api, procore):
    procore.add_project(name="Open")
    closed = procore.add_project(name="Closed")
    procore.deactivate_project(closed["id"])

    assert names(api) == ["Open"]
    assert names(api, **{"filters[by_status]": "All"}) == ["Open", "Closed"]
    assert names(api, **{"filters[by_status]": "Inactive"}) == ["Closed"]


def test_a_project_that_is_not_permitted_is_missing_from_the_list(api, procore):
    procore.add_project(name="Hidden", permitted=False)

    assert names(api) == []


def test_a_project_that_is_not_permitted_is_404_not_403(api, procore):
    hidden = procore.add_project(name="Hidden", permitted=False)

    assert api.get(f"{V1_0}/{hidden['id']}", params=MINE).status_code == 404


def test_the_lists_of_a_project_that_is_not_permitted_are_403(api, procore):
    site = a_site(procore)
    procore.forbid_project(site.project["id"])

    answer = api.get("/rest/v1.1/requisitions", params=site.of_project)

    assert answer.status_code == 403
    assert answer.json() == {"errors": "You do not have permission to access this resource"}


def test_they_may_be_404_or_empty_where_the_switch_says_so(api, procore):
    site = a_site(procore)
    procore.forbid_project(site.project["id"])

    seen = []
    for mode in ("404", "empty"):
        procore.switches["not_permitted"] = mode
        seen.append(api.get("/rest/v1.0/work_order_contracts", params=site.of_project))

    assert [s.status_code for s in seen] == [404, 200]
    assert seen[1].json() == []


def test_ids_are_beyond_32_bits(api, procore):
    procore.add_project(name="Riverside Depot")

    assert api.get(V1_1, params=MINE).json()[0]["id"] > 2**32


def test_only_v1_0_says_who_created_a_project(api, procore):
    user = procore.add_user("Ana Reid", email="ana@hartnell.example")
    procore.add_project(name="Riverside Depot", created_by=user["id"])

    older = api.get(V1_0, params=MINE).json()[0]
    newer = api.get(V1_1, params={**MINE, "view": "extended"}).json()[0]

    assert older["created_by"]["login"] == "ana@hartnell.example"
    assert "created_by" not in newer


def test_views_of_the_list_hide_fields(api, procore):
    procore.add_project(name="Riverside Depot", origin_data="v1")

    def fields(view: str) -> set[str]:
        return set(api.get(V1_1, params={**MINE, "view": view}).json()[0])

    assert fields("ids") == {"id"}
    assert "project_stage" not in fields("compact")
    assert "origin_data" not in fields("normal")
    assert "origin_data" in fields("extended")


def test_a_stage_is_found_by_filter_and_changes_updated_at(api, procore):
    stage = procore.add_stage("Send to Xero")
    project = procore.add_project(name="Riverside Depot")
    procore.clock.advance(60)

    procore.move_project(project["id"], "Send to Xero")

    assert names(api, **{"filters[by_stage]": stage["id"]}) == ["Riverside Depot"]
    assert project["updated_at"] > project["created_at"]


def test_synced_projects_have_an_origin_id(api, procore):
    procore.add_project(name="Linked", origin_id="xero:1")
    procore.add_project(name="New")

    assert names(api, **{"filters[synced]": "true"}) == ["Linked"]
    assert names(api, **{"filters[origin_id]": "xero:1"}) == ["Linked"]


def test_a_new_project_is_not_permitted_to_the_account_that_created_it(api, procore):
    made = api.post(V1_0, json={**MINE, "project": {"name": "Riverside Depot"}})

    assert made.status_code == 201
    assert api.get(f"{V1_0}/{made.json()['id']}", params=MINE).status_code == 404


def test_the_display_name_joins_number_and_name(api, procore):
    project = procore.add_project(name="Project F")

    changed = api.patch(
        f"{V1_0}/{project['id']}", json={**MINE, "project": {"project_number": "A-2"}}
    )

    assert changed.json()["display_name"] == "A-2 - Project F"


def test_a_wrong_date_format_is_stored_as_null_without_an_error(api, procore):
    project = procore.add_project(name="Riverside Depot", start_date="2026-01-01")
    given = {"start_date": "01/02/2026", "completion_date": "2026-12-31"}

    changed = api.patch(f"{V1_0}/{project['id']}", json={**MINE, "project": given})

    assert changed.status_code == 200
    assert changed.json()["start_date"] is None
    assert changed.json()["completion_date"] == "2026-12-31"


def test_a_field_that_projects_lack_is_406(api, procore):
    project = procore.add_project(name="Riverside Depot")

    answer = api.patch(f"{V1_0}/{project['id']}", json={**MINE, "project": {"nmae": "x"}})

    assert answer.status_code == 406


def test_money_is_a_decimal_string(api, procore):
    procore.add_project(name="Riverside Depot", total_value="1250000")

    row = api.get(V1_1, params={**MINE, "view": "extended"}).json()[0]

    assert row["total_value"] == "1250000.0"


def test_sync_sets_origin_ids_but_knows_no_origin_code(api, procore):
    project = procore.add_project(name="Riverside Depot")
    rows = [{"id": project["id"], "origin_id": "xero:1", "origin_code": "RIV24"}]

    answer = api.patch(f"{V1_0}/sync", json={**MINE, "updates": rows})

    assert answer.json()["entities"][0]["origin_id"] == "xero:1"
    assert project["origin_code"] is None
