"""The company: stages, users, tax codes, billing periods, currency."""

from __future__ import annotations

from tests.simulator.procore_world import COMPANY, a_site

C = f"/rest/v1.0/companies/{COMPANY}"


def test_me_is_the_service_accounts_directory_user(api, procore):
    mine = api.get(f"{C}/me").json()

    assert mine["id"] == api.get("/rest/v1.0/me").json()["id"] == procore.service_account["id"]
    assert mine["email_address"].endswith("@service-account.example")


def test_a_stage_of_a_known_name_is_refused(api):
    body = {"project_stage": {"name": "Send to Xero", "category": "course_of_construction"}}

    codes = [api.post(f"{C}/project_stages", json=body).status_code for _ in range(2)]

    assert codes == [201, 422]


def test_procores_own_stages_cannot_be_changed(api, procore):
    stage = procore.add_stage("Bidding", category="pre_construction", readonly=True)
    body = {"project_stage": {"name": "Tender"}}

    assert api.patch(f"{C}/project_stages/{stage['id']}", json=body).status_code == 422


def test_inactive_users_have_a_list_of_their_own(api, procore):
    procore.add_user("Ana Reid", email="ana@hartnell.example")
    procore.add_user("Bo Lind", email="bo@hartnell.example", is_active=False)

    active = api.get(f"/rest/v1.3/companies/{COMPANY}/users").json()
    inactive = api.get(f"{C}/users/inactive").json()

    assert "Bo Lind" not in {u["name"] for u in active}
    assert [u["name"] for u in inactive] == ["Bo Lind"]


def test_approvers_are_marked(api, procore):
    procore.add_user("Ana Reid", email="ana@hartnell.example", erp_integrated_accountant=True)

    users = api.get(f"/rest/v1.3/companies/{COMPANY}/users").json()

    assert [u["name"] for u in users if u["erp_integrated_accountant"]] == ["Ana Reid"]


def test_tax_codes_come_at_most_by_the_hundred(api, procore):
    procore.add_tax_code(code="GST", rate="15.0")

    answer = api.get("/rest/v1.0/tax_codes", params={"company_id": COMPANY, "per_page": 500})

    assert answer.headers["Per-Page"] == "100"
    assert answer.json()[0]["rate1"] == "15.0"


def test_billing_periods_belong_to_a_project(api, procore):
    site = a_site(procore)
    procore.add_billing_period(project_id=site.project["id"], start="2026-05-01", end="2026-05-31")

    rows = api.get(f"/rest/v1.0/projects/{site.project['id']}/billing_periods").json()

    assert [(r["start_date"], r["status"]) for r in rows] == [("2026-05-01", "open")]


def test_the_currency_is_the_companys(api):
    assert api.get(f"{C}/currency_configuration").json()["currency_iso_code"] == "AUD"
