"""The company itself: zone, callers, stages, users, tax codes, currency."""

from __future__ import annotations

from . import fields
from .answers import Answer, Refusal, invalid
from .ask import Ask, Entry
from .lists import (
    MOMENTS,
    contains,
    equals,
    filtered,
    inside,
    one_of,
    paged,
    sorted_rows,
    viewed,
    whole,
)
from .store import Record, picked, without

_COMPANY = ("id", "name", "is_active", "logo_url", "pcn_business_experience", "my_company")
_USER_NORMAL = frozenset({"permission_template", "last_login_at", "origin_id"})
_STAGE: fields.Writable = {
    "name": fields.text,
    "category": fields.choice(
        "pre_construction",
        "course_of_construction",
        "post_construction",
        "completed",
        "not_awarded",
        "canceled",
    ),
    "is_bidding_stage": fields.truth,
}
_TAX_CODE_MAXIMUM = 100


def companies(ask: Ask) -> Answer:
    return paged(ask, [ask.state.company], lambda c: picked(c, _COMPANY))


def company_base_url(ask: Ask) -> Answer:
    """The web host of the company's zone: here the simulator, whose pages open the links."""
    url = ask.request.url
    return Answer(
        {"zone": ask.state.company["zone"], "web_base_url": f"{url.scheme}://{url.netloc}"}
    )


def me(ask: Ask) -> Answer:
    user = ask.state.service_account
    return Answer({"id": user["id"], "login": user["email_address"], "name": user["name"]})


def company_me(ask: Ask) -> Answer:
    ask.check_company()
    return Answer({**ask.state.service_account, "permission_template_ids": []})


def list_stages(ask: Ask) -> Answer:
    ask.check_company()
    return paged(ask, list(ask.state.stages.values()), _stage)


def show_stage(ask: Ask) -> Answer:
    ask.check_company()
    return Answer(_stage(ask.record("stages")))


def create_stage(ask: Ask) -> Answer:
    ask.check_company()
    given = fields.accepted(ask, ask.fields("project_stage"), _STAGE)
    if not given.get("name"):
        raise invalid("name", "can't be blank")
    if any(s["name"] == given["name"] for s in ask.state.stages.values()):
        raise invalid("name", "has already been taken")
    return Answer(_stage(ask.state.add_stage(**given)), 201)


def change_stage(ask: Ask) -> Answer:
    ask.check_company()
    stage = ask.record("stages")
    if stage["readonly"] or stage["default_stage"]:
        raise invalid("base", "This stage cannot be changed")
    ask.state.touch(stage, **fields.accepted(ask, ask.fields("project_stage"), _STAGE, stage))
    return Answer(_stage(stage))


def _stage(stage: Record) -> Record:
    return without(stage, frozenset({"created_at", "updated_at"}))


def list_users(ask: Ask) -> Answer:
    return _users(ask, active=True)


def list_inactive_users(ask: Ask) -> Answer:
    return _users(ask, active=False)


def _users(ask: Ask, *, active: bool) -> Answer:
    ask.check_company()
    rows = filtered(
        ask,
        (u for u in ask.state.users.values() if u["is_active"] is active),
        {
            **MOMENTS,
            "id": one_of("id"),
            "vendor_id": inside("vendor", "id"),
            "origin_id": equals("origin_id"),
            "search": contains("name", "email_address"),
        },
    )
    views = {
        "normal": lambda u: without(u, _USER_NORMAL),
        "extended": lambda u: u,
        "ids_only": lambda u: {"id": u["id"]},
    }
    _, view = viewed(ask, views, "normal")
    return paged(ask, sorted_rows(ask, rows, "name", "email"), view)


def show_user(ask: Ask) -> Answer:
    ask.check_company()
    return Answer(ask.record("users"))


def list_project_users(ask: Ask) -> Answer:
    ask.project_id()
    rows = [u for u in ask.state.users.values() if u["is_active"]]
    filters = {"id": one_of("id"), "search": contains("name", "email_address")}
    return paged(ask, filtered(ask, rows, filters), lambda u: without(u, _USER_NORMAL))


def list_tax_codes(ask: Ask) -> Answer:
    ask.check_company()
    rows = list(ask.state.tax_codes.values())
    return paged(ask, rows, lambda t: t, maximum=_TAX_CODE_MAXIMUM)


def currency_configuration(ask: Ask) -> Answer:
    ask.check_company()
    if "project_id" in ask.request.path_params:
        ask.project_id()
    return Answer({**ask.state.currency(), "object_level_multicurrency": False})


def list_billing_periods(ask: Ask) -> Answer:
    project_id = ask.project_id()
    rows = (p for p in ask.state.billing_periods.values() if p["project_id"] == project_id)
    filters = {**MOMENTS, "id": one_of("id"), "status": equals("status")}
    found = filtered(ask, rows, filters)
    return paged(ask, found, lambda p: without(p, frozenset({"project_id"})))


def change_order_statuses(ask: Ask) -> Answer:
    """The company's names for change order statuses: here nobody renamed any."""
    ask.check_company()
    from .change_orders import STATUSES

    rows = [{"name": s, "mapped_to_status": s, "show_in_select": True} for s in STATUSES]
    return whole(rows, lambda s: s)


def no_erp_tool(ask: Ask) -> Answer:
    """A company without the ERP Integrations tool has none of its endpoints."""
    ask.check_erp_tool()
    path = ask.request.url.path
    message = f"The simulator does not have {ask.request.method} {path}."
    raise Refusal(501, {"message": message})


_C = "/rest/v1.0/companies/{company_id}"
ROUTES: list[Entry] = [
    ("GET", "/rest/v1.0/companies", companies),
    ("GET", "/rest/v1.0/company_base_url", company_base_url),
    ("GET", "/rest/v1.0/me", me),
    *[("GET", f"/rest/v1.{n}/companies/{{company_id}}/me", company_me) for n in range(4)],
    ("GET", f"{_C}/project_stages", list_stages),
    ("POST", f"{_C}/project_stages", create_stage),
    ("GET", f"{_C}/project_stages/{{id}}", show_stage),
    ("PATCH", f"{_C}/project_stages/{{id}}", change_stage),
    ("GET", "/rest/v1.3/companies/{company_id}/users", list_users),
    ("GET", "/rest/v1.3/companies/{company_id}/users/{id}", show_user),
    ("GET", f"{_C}/users/inactive", list_inactive_users),
    ("GET", "/rest/v1.0/projects/{project_id}/users", list_project_users),
    ("GET", "/rest/v1.0/tax_codes", list_tax_codes),
    ("GET", f"{_C}/currency_configuration", currency_configuration),
    ("GET", f"{_C}/projects/{{project_id}}/currency_configuration", currency_configuration),
    ("GET", "/rest/v1.0/projects/{project_id}/billing_periods", list_billing_periods),
    ("GET", "/rest/v1.0/change_order/statuses", change_order_statuses),
]
_ERP_PATHS = (
    f"{_C}/erp_connections{{rest:path}}",
    f"{_C}/erp_requests{{rest:path}}",
    f"{_C}/erp_request_details{{rest:path}}",
    f"{_C}/external_data{{rest:path}}",
    f"{_C}/staged_records{{rest:path}}",
    f"{_C}/invoice_payments{{rest:path}}",
    "/rest/v1.0/cost_code_line_item_types/sync",
    "/rest/v1.0/cost_codes_line_item_types/{id}",
    "/rest/v1.0/erp_{rest:path}",
)
ERP_ROUTES: list[Entry] = [
    (method, path, no_erp_tool)
    for path in _ERP_PATHS
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE")
]
