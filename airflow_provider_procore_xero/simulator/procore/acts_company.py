"""What people do in the company-level tools, and what the seed does on their behalf."""

from __future__ import annotations

from typing import Any

from .store import (
    COMPANY_ID,
    COST_CODE_SEGMENT,
    LINE_ITEM_TYPE_SEGMENT,
    SEGMENT_ITEM_OFFSET,
    Record,
    Store,
    loose,
)

_PROJECT: Record = {
    "name": "", "display_name": "", "project_number": None, "accounting_project_number": None,
    "active": True, "is_demo": False, "template": False, "address": None, "city": None,
    "state_code": None, "country_code": "AU", "zip": None, "county": None, "phone": None,
    "time_zone": "Australia/Sydney", "description": None, "public_notes": None,
    "store_number": None, "code": None, "stage": None, "project_stage": None,
    "start_date": None, "completion_date": None, "total_value": None, "square_feet": None,
    "flag": None, "is_erp_integrated": False, "standard_cost_code_list_id": None,
    "departments": [], "office": None, "program": None, "project_type": None,
    "project_bid_type": None, "project_owner_type": None, "project_region": None,
    "parent_job_id": None, "inbound_email_address": None, "custom_fields": {},
    "origin_id": None, "origin_data": None, "origin_code": None,
}  # fmt: skip
_VENDOR: Record = {
    "name": "", "abbreviated_name": None, "legal_name": None, "trade_name": None,
    "address": None, "city": None, "state_code": "", "country_code": None, "zip": None,
    "business_phone": None, "mobile_phone": None, "fax_number": "", "email_address": None,
    "website": None, "is_active": True, "authorized_bidder": False, "prequalified": False,
    "license_number": None, "labor_union": None, "union_member": False,
    "non_union_prevailing_wage": False, "notes": None, "business_id": None,
    "business_register": None, "primary_contact": None, "vendor_group": None, "parent": None,
    "children_count": 0, "contact_count": 0, "company_vendor": False, "is_connected": False,
    "project_ids": [], "trades": [], "standard_cost_codes": [], "bidding": {},
    "bidding_distribution": [], "attachments": [], "logo": None, "origin_id": None,
    "origin_code": None, "origin_data": None, "origin_custom_fields": {},
    "erp_custom_fields": {},
}  # fmt: skip
_USER: Record = {
    "contact_id": None, "name": "", "first_name": "", "last_name": "", "email_address": None,
    "is_active": True, "is_employee": True, "job_title": None, "business_phone": None,
    "mobile_phone": None, "vendor": None, "erp_integrated_accountant": False,
    "permission_template": None, "origin_id": None, "last_login_at": None,
}  # fmt: skip
SERVICE_ACCOUNT = "sync@service-account.example"


class CompanyActs(Store):
    """Projects, directory, codes: each method is one thing that somebody does in the UI."""

    service_account: Record

    def add_stage(self, name: str, *, category: str = "course_of_construction", **f: Any) -> Record:
        stage = {
            "name": name, "category": category, "is_bidding_stage": False,
            "is_concept_stage": False, "readonly": False, "default_stage": False,
            "hideable": True, "has_rfi_prefixes": False, "project_stage_has_children": False,
        }  # fmt: skip
        return self.keep("stages", {**stage, **f})

    def add_user(self, name: str, *, email: str | None, **f: Any) -> Record:
        first, _, last = name.partition(" ")
        named = {"name": name, "first_name": first, "last_name": last, "email_address": email}
        user = self.keep("users", {**_USER, **named, **f})
        user["contact_id"] = user["contact_id"] or user["id"] + 500_000
        return user

    def add_project(
        self,
        *,
        name: str,
        stage: str | int | None = None,
        permitted: bool = True,
        created_by: int | None = None,
        **f: Any,
    ) -> Record:
        """Add a project.

        :param stage: the name or id of one of the company's stages.
        :param permitted: whether an admin lets the service account see the project.
        :param created_by: a user's id; the service account where it is left out.
        """
        project = self.keep("projects", {**_PROJECT, "name": name, **f})
        project["company"] = {"id": COMPANY_ID, "name": self.company["name"]}
        project["created_by"] = self.person(created_by)
        if project["total_value"] is not None:
            project["total_value"] = loose(project["total_value"])
        self.stage_project(project, stage)
        self.name_project(project)
        if permitted:
            self.permitted_projects.add(project["id"])
        return project

    def person(self, user_id: int | None) -> Record:
        """A user as records name their creator; ``login`` is the e-mail address."""
        user = self.users[user_id] if user_id is not None else self.service_account
        return {"id": user["id"], "name": user["name"], "login": user["email_address"]}

    def stage_project(self, project: Record, stage: str | int | None) -> None:
        found = next((s for s in self.stages.values() if stage in (s["id"], s["name"])), None)
        project["project_stage"] = {"id": found["id"], "name": found["name"]} if found else None
        project["stage"] = found["name"] if found else None

    def name_project(self, project: Record) -> None:
        """The display name joins number and name."""
        number, name = project["project_number"], project["name"]
        project["display_name"] = f"{number} - {name}" if number else name

    def move_project(self, project_id: int, stage: str | int) -> Record:
        """Put a project into another stage."""
        project = self.projects[project_id]
        self.stage_project(project, stage)
        return self.touch(project)

    def rename_project(self, project_id: int, **f: Any) -> Record:
        """Change a project's ``name`` or ``project_number``."""
        project = self.touch(self.projects[project_id], **f)
        self.name_project(project)
        return project

    def deactivate_project(self, project_id: int) -> Record:
        return self.touch(self.projects[project_id], active=False)

    def permit_project(self, project_id: int) -> None:
        self.permitted_projects.add(project_id)

    def forbid_project(self, project_id: int) -> None:
        """Take a project from the service account, as an app update does with all of them."""
        self.permitted_projects.discard(project_id)

    def add_vendor(self, *, name: str, **f: Any) -> Record:
        return self.keep("vendors", {**_VENDOR, "name": name, "project_ids": [], **f})

    def deactivate_vendor(self, vendor_id: int) -> Record:
        return self.touch(self.vendors[vendor_id], is_active=False)

    def merge_vendors(self, into: int, *gone: int) -> Record:
        """Merge vendors: the ids of *gone* stop resolving, their documents move over."""
        kept = self.vendors[into]
        for vendor_id in gone:
            self._hand_over(vendor_id, kept)
            del self.vendors[vendor_id]
        return self.touch(kept)

    def _hand_over(self, vendor_id: int, kept: Record) -> None:
        for contract in self.commitments.values():
            if contract["vendor"] and contract["vendor"]["id"] == vendor_id:
                contract["vendor"] = {"id": kept["id"], "company": kept["name"]}
        for requisition in self.requisitions.values():
            if requisition["vendor_id"] == vendor_id:
                requisition |= {"vendor_id": kept["id"], "vendor_name": kept["name"]}
        for cost in self.direct_costs.values():
            if cost["vendor_id"] == vendor_id:
                cost |= {"vendor_id": kept["id"], "vendor_name": kept["name"]}

    def add_standard_cost_code_list(self, name: str, **f: Any) -> Record:
        kept = {"name": name, "is_erp_list": False, "available_to_use_on_new_projects": True}
        return self.keep("standard_cost_code_lists", {**kept, **f})

    def add_standard_cost_code(
        self, *, list_id: int, code: str, name: str, parent_id: int | None = None, **f: Any
    ) -> Record:
        """Add a code to a company's list; *code* is its own segment, without its parents'."""
        kept = {
            "standard_cost_code_list_id": list_id, "parent_id": parent_id, "code": code,
            "full_code": "", "name": name, "origin_id": None, "origin_data": None,
        }  # fmt: skip
        record = self.keep("standard_cost_codes", {**kept, **f})
        record["full_code"] = self.full_code("standard_cost_codes", record)
        return record

    def full_code(self, collection: str, record: Record) -> str:
        """The code with its parents' before it, joined by hyphens."""
        nested = record.get("parent")
        parent_id = nested["id"] if nested else record.get("parent_id")
        if not parent_id:
            return str(record["code"])
        parent = self.collection(collection)[parent_id]
        return f"{self.full_code(collection, parent)}-{record['code']}"

    def add_line_item_type(
        self, *, code: str, name: str, base_type: str = "other", **f: Any
    ) -> Record:
        """Add a cost type."""
        kept: Record = {"name": name, "code": code, "base_type": base_type, "origin_id": None,
                        "origin_data": None}  # fmt: skip
        return self.keep("line_item_types", {**kept, **f})

    def add_cost_code(
        self, *, project_id: int, code: str, name: str, parent_id: int | None = None, **f: Any
    ) -> Record:
        """Add a code to a project; *code* is its own segment."""
        kept: Record = {
            "name": name, "code": code, "full_code": "", "sortable_code": "",
            "parent": {"id": parent_id} if parent_id else None, "biller": "Project",
            "biller_id": project_id, "biller_type": "Project", "budgeted": False,
            "standard_cost_code_id": None, "standard_cost_code_list_id": None,
            "line_item_types": [], "origin_id": None, "origin_data": None, "position": 1,
            "deleted_at": None,
        }  # fmt: skip
        record = self.keep("cost_codes", {**kept, **f})
        record["full_code"] = record["sortable_code"] = self.full_code("cost_codes", record)
        return record

    def export_to_erp(self, project_id: int) -> Record:
        """Give a project, its cost codes and their cost types origin ids, as an export does."""
        codes = [c for c in self.cost_codes.values() if c["biller_id"] == project_id]
        kinds = {kind["id"] for code in codes for kind in code["line_item_types"]}
        for called, record in (
            ("job", self.projects[project_id]),
            *(("code", code) for code in codes),
            *(("type", self.line_item_types[kind]) for kind in kinds),
        ):
            if not record["origin_id"]:
                self.touch(record, origin_id=f"erp:{called}:{record['id']}")
        return self.projects[project_id]

    def copy_standard_list(self, *, project_id: int, list_id: int) -> list[Record]:
        """Copy a company's list into a project, parents before children."""
        copies: dict[int, int] = {}
        made = []
        for code in list(self.standard_cost_codes.values()):
            if code["standard_cost_code_list_id"] != list_id:
                continue
            record = self.add_cost_code(
                project_id=project_id, code=code["code"], name=code["name"],
                parent_id=copies.get(code["parent_id"]), standard_cost_code_id=code["id"],
                standard_cost_code_list_id=list_id,
            )  # fmt: skip
            copies[code["id"]] = record["id"]
            made.append(record)
        self.projects[project_id]["standard_cost_code_list_id"] = list_id
        return made

    def add_wbs_code(self, *, cost_code_id: int, line_item_type_id: int, **f: Any) -> Record:
        """Add a budget code: a project's cost code with a cost type."""
        cost_code = self.cost_codes[cost_code_id]
        kind = self.line_item_types[line_item_type_id]
        kept = {
            "project_id": cost_code["biller_id"],
            "cost_code_id": cost_code_id,
            "line_item_type_id": line_item_type_id,
            "flat_code": f"{cost_code['full_code']}.{kind['code']}",
            "flat_name": f"{cost_code['name']}.{kind['name']}",
            "description": f"{cost_code['name']}.{kind['name']}",
            "status": "active",
            "segment_items": [self.cost_code_segment(cost_code), self.type_segment(kind)],
            "wbs_pattern_id": 31100,
        }
        linked = [t["id"] for t in cost_code["line_item_types"]]
        if kind["id"] not in linked:
            names = ("id", "name", "code", "base_type", "origin_id")
            cost_code["line_item_types"].append({n: kind[n] for n in names})
        return self.keep("wbs_codes", {**kept, **f})

    def cost_code_segment(self, cost_code: Record) -> Record:
        """A cost code as one segment of a budget code, by an id that is not its own."""
        same = self.switches["segment_item_id_is_cost_code_id"]
        return {
            "id": cost_code["id"] + (0 if same else SEGMENT_ITEM_OFFSET),
            "code": cost_code["code"],
            "name": cost_code["name"],
            "path_code": cost_code["full_code"],
            "path_ids": [],
            "segment": {"id": COST_CODE_SEGMENT, "name": "Cost Code", "type": "cost_code"},
            "status": "active",
        }

    def type_segment(self, kind: Record) -> Record:
        segment = {"id": LINE_ITEM_TYPE_SEGMENT, "name": "Cost Type", "type": "line_item_type"}
        return {
            "id": kind["id"],
            "code": kind["code"],
            "name": kind["name"],
            "path_code": kind["code"],
            "path_ids": [kind["id"]],
            "segment": segment,
            "status": "active",
        }

    def add_tax_code(self, *, code: str, rate: str, description: str = "", **f: Any) -> Record:
        kept = {"code": code, "description": description, "rate1": rate, "archived": False,
                "default_tax_code": False, "origin_id": None, "origin_data": None}  # fmt: skip
        return self.keep("tax_codes", {**kept, **f})

    def add_billing_period(self, *, project_id: int, start: str, end: str, **f: Any) -> Record:
        kept = {"project_id": project_id, "start_date": start, "end_date": end,
                "due_date": end, "status": "open", "position": 1}  # fmt: skip
        return self.keep("billing_periods", {**kept, **f})
