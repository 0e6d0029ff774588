"""What people do with commitments and their change orders."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from .acts_company import CompanyActs
from .store import ZERO, Record, loose, picked, total

WORK_ORDER = "WorkOrderContract"
PURCHASE_ORDER = "PurchaseOrderContract"

_COMMITMENT: Record = {
    "number": "", "title": None, "status": "Draft", "description": None, "executed": False,
    "accounting_method": "amount", "assignee": None, "requisitions_are_enabled": True,
    "billing_schedule_of_values_status": None, "contract_date": None, "issued_on_date": None,
    "execution_date": None, "signed_contract_received_date": None, "private": True,
    "show_line_items_to_non_admins": False, "origin_id": None, "origin_code": None,
    "origin_data": None, "deleted_at": None, "change_order_level_of_detail": "line_item",
}  # fmt: skip
_OF_KIND: dict[str, Record] = {
    PURCHASE_ORDER: {
        "bill_to_address": None, "ship_to_address": None, "ship_via": None,
        "payment_terms": None, "delivery_date": None,
    },
    WORK_ORDER: {
        "inclusions": None, "exclusions": None, "contract_start_date": None,
        "contract_estimated_completion_date": None, "actual_completion_date": None,
    },
}  # fmt: skip
_LINE: Record = {
    "description": None, "amount": ZERO, "extended_type": "manual", "quantity": Decimal("0.0"),
    "unit_cost": Decimal("0.0"), "uom": None, "tax_code_id": None, "cost_code": None,
    "line_item_type": None, "wbs_code": None, "origin_id": None, "origin_data": None,
    "change_event_line_item": None,
}  # fmt: skip
_COST_CODE_FIELDS = ("id", "name", "code", "full_code")
_TYPE_FIELDS = ("id", "name", "code", "base_type", "origin_id")
_CODES = frozenset({"wbs_code_id", "cost_code_id", "line_item_type_id"})
_PENDING = frozenset({"pending", "pricing", "revised", "proceeding", "not_pricing"})


class ContractActs(CompanyActs):
    """Subcontracts, purchase orders, their lines and change orders."""

    def add_commitment(
        self,
        *,
        project_id: int,
        vendor_id: int | None,
        kind: str = WORK_ORDER,
        lines: Iterable[Mapping[str, Any]] = (),
        retainage_percent: Decimal | int | str = "0",
        created_by: int | None = None,
        **f: Any,
    ) -> Record:
        """Add a commitment with its schedule of values.

        :param kind: ``WorkOrderContract`` or ``PurchaseOrderContract``.
        :param lines: each with ``amount`` and either ``wbs_code_id`` or ``cost_code_id``
            and ``line_item_type_id``.
        """
        project = self.projects[project_id]
        contract = self.keep("commitments", {**_COMMITMENT, **_OF_KIND[kind], **f})
        contract |= {
            "commitment_type": kind,
            "project_id": project_id,
            "project": picked(project, ("id", "name")),
            "vendor": None,
            "retainage_percent": loose(retainage_percent),
            "created_by": self.person(created_by),
            "created_by_id": self.person(created_by)["id"],
            "currency_configuration": self.currency(),
        }
        contract["number"] = contract["number"] or self._next_number(contract)
        self.set_contract_vendor(contract, vendor_id)
        for line in lines:
            self._keep_line(contract, line)
        self.add_up(contract["id"])
        return contract

    def set_contract_vendor(self, contract: Record, vendor_id: int | None) -> None:
        vendor = self.vendors[vendor_id] if vendor_id is not None else None
        contract["vendor"] = {"id": vendor["id"], "company": vendor["name"]} if vendor else None
        if vendor and contract["project_id"] not in vendor["project_ids"]:
            vendor["project_ids"].append(contract["project_id"])

    def _next_number(self, contract: Record) -> str:
        prefix = "SC" if contract["commitment_type"] == WORK_ORDER else "PO"
        same = [
            c
            for c in self.commitments.values()
            if c.get("project_id") == contract["project_id"]
            and c["commitment_type"] == contract["commitment_type"]
        ]
        return f"{prefix}-{len(same):03}"

    def add_commitment_line(self, contract_id: int, **f: Any) -> Record:
        line = self._keep_line(self.commitments[contract_id], f)
        self.add_up(contract_id)
        return line

    def _keep_line(self, contract: Record, f: Mapping[str, Any]) -> Record:
        fixed = {
            "position": len(self.lines_of(contract["id"])) + 1,
            "holder": {"id": contract["id"], "holder_type": contract["commitment_type"]},
            "company": {"id": self.company["id"], "name": self.company["name"]},
            "project": contract["project"],
            "project_id": contract["project_id"],
            "currency_configuration": self.currency(),
        }
        return self.keep("commitment_line_items", {**self.line(f), **fixed})

    def line(self, f: Mapping[str, Any], base: Record = _LINE) -> Record:
        """A line's stored fields from what somebody entered: codes resolved, amount computed."""
        line = {**base, **{k: v for k, v in f.items() if k not in _CODES}}
        line |= self.coding(f)
        if line["extended_type"] == "calculated":
            line["amount"] = Decimal(line["quantity"]) * Decimal(line["unit_cost"])
        for name in ("amount", "quantity", "unit_cost"):
            line[name] = loose(line[name])
        line["extended_amount"] = line["total_amount"] = line["amount"]
        return line

    def coding(self, f: Mapping[str, Any]) -> Record:
        """Cost code, cost type and budget code as a line shows them; the budget code wins."""
        if f.get("wbs_code_id"):
            return self._coding_by_wbs(self.wbs_codes[f["wbs_code_id"]])
        found: Record = {}
        if f.get("cost_code_id"):
            found["cost_code"] = picked(self.cost_codes[f["cost_code_id"]], _COST_CODE_FIELDS)
        if f.get("line_item_type_id"):
            kind = self.line_item_types[f["line_item_type_id"]]
            found["line_item_type"] = picked(kind, _TYPE_FIELDS)
        if "cost_code" in found and "line_item_type" in found:
            found["wbs_code"] = self._budget_code(f["cost_code_id"], f["line_item_type_id"])
        return found

    def _coding_by_wbs(self, wbs: Record) -> Record:
        cost_code = self.cost_codes[wbs["cost_code_id"]]
        kind = self.line_item_types[wbs["line_item_type_id"]]
        return {
            "cost_code": picked(cost_code, _COST_CODE_FIELDS),
            "line_item_type": picked(kind, _TYPE_FIELDS),
            "wbs_code": picked(wbs, ("id", "flat_code", "description")),
        }

    def _budget_code(self, cost_code_id: int, type_id: int) -> Record:
        """The budget code of a cost code and type; a non-budgeted one is made if it lacks."""
        known = self.children("wbs_codes", cost_code_id)
        wbs = next((w for w in known if w["line_item_type_id"] == type_id), None)
        wbs = wbs or self.add_wbs_code(cost_code_id=cost_code_id, line_item_type_id=type_id)
        return picked(wbs, ("id", "flat_code", "description"))

    def lines_of(self, contract_id: int) -> list[Record]:
        return self.children("commitment_line_items", contract_id)

    def packages_of(self, contract_id: int, *statuses: str) -> list[Record]:
        """The contract's change orders that are not deleted, of these statuses if any."""
        return [
            p
            for p in self.children("change_order_packages", contract_id)
            if p["deleted_at"] is None and (not statuses or p["status"] in statuses)
        ]

    def add_up(self, contract_id: int) -> None:
        """Compute the contract's totals; ``updated_at`` stays, as after a child's change."""
        contract = self.commitments[contract_id]
        grand = total(line["amount"] for line in self.lines_of(contract_id))
        approved = total(p["grand_total"] for p in self.packages_of(contract_id, "approved"))
        pending = total(p["grand_total"] for p in self.packages_of(contract_id, *_PENDING))
        draft = total(p["grand_total"] for p in self.packages_of(contract_id, "draft"))
        claimed = total(
            r["summary"]["current_payment_due"] for r in self.children("requisitions", contract_id)
        )
        paid = total(p["amount"] or ZERO for p in self.children("contract_payments", contract_id))
        revised = grand + approved
        contract |= {
            "grand_total": loose(grand),
            "approved_change_orders": loose(approved),
            "pending_change_orders": loose(pending),
            "draft_change_orders_amount": loose(draft),
            "revised_contract": loose(revised),
            "pending_revised_contract": loose(revised + pending),
            "remaining_balance_outstanding": loose(revised - paid),
            "total_payments": loose(paid),
            "total_draw_requests_amount": Decimal("0.0"),
            "total_requisitions_amount": loose(claimed),
            "percentage_paid": loose(round(paid * 100 / revised, 2) if revised else 0),
        }

    def change_commitment(self, contract_id: int, **f: Any) -> Record:
        """Change fields such as ``status`` or ``title`` in the UI."""
        return self.touch(self.commitments[contract_id], **f)

    def delete_commitment(self, contract_id: int) -> Record:
        """Move a commitment to the recycle bin: it vanishes from lists without the filter."""
        return self.touch(self.commitments[contract_id], deleted_at=self.now())

    def edit_commitment_line(self, line_id: int, **f: Any) -> Record:
        """Change a line of the schedule of values and the contract's totals."""
        line = self.commitment_line_items[line_id]
        line |= self.line(f, base=line)
        self.touch(line)
        contract_id = line["holder"]["id"]
        self.add_up(contract_id)
        self.child_changed(self.commitments[contract_id])
        return line

    def delete_commitment_line(self, line_id: int) -> None:
        """A deleted line simply disappears."""
        contract_id = self.commitment_line_items.pop(line_id)["holder"]["id"]
        self.add_up(contract_id)
        self.child_changed(self.commitments[contract_id])

    def child_changed(self, parent: Record) -> None:
        if self.switches["children_touch_parent"]:
            self.touch(parent)

    def add_change_order(
        self,
        *,
        contract_id: int,
        lines: Iterable[Mapping[str, Any]] = (),
        status: str = "draft",
        title: str | None = None,
        created_by: int | None = None,
        **f: Any,
    ) -> Record:
        """Add a commitment change order in a single-tier project.

        Procore makes a package and a hidden potential change order; both show the lines.
        """
        contract = self.commitments[contract_id]
        number = f.pop("number", None) or f"{len(self.packages_of(contract_id)) + 1:03}"
        items = [self.new_change_order_line(place, line) for place, line in enumerate(lines, 1)]
        shared = {
            "project_id": contract["project_id"], "contract_id": contract_id, "number": number,
            "title": title, "status": status, "executed": status == "approved",
            "description": None, "line_items": items,
            "grand_total": loose(total(item["amount"] for item in items)), "due_date": None,
            "invoiced_date": None, "paid_date": None, "origin_id": None, "origin_code": None,
            "reviewed_at": self.now() if status == "approved" else None,
            "signed_change_order_received_date": None, "schedule_impact_amount": None,
            "origin_data": None, "deleted_at": None, "custom_fields": {}, "revision": 0,
            "created_by_id": self.person(created_by)["id"],
            "currency_configuration": self.currency(),
        }  # fmt: skip
        package = self.keep(
            "change_order_packages",
            {
                **shared,
                "type": "CommitmentContractChangeOrder",
                "contract": {"vendor": self._vendor_of(contract)},
                "designated_reviewer": None,
                "reviewer": None,
                "review_notes": None,
                "private": True,
                "creator": self.person(created_by),
                "attachments": [],
                **f,
            },
        )
        self.keep(
            "potential_change_orders",
            {
                **shared,
                "change_order_tiers": 1,
                "change_order_request_id": None,
                "change_order_package_id": package["id"],
                "change_order_package_acronym_number": f"CCO {number}",
            },
        )
        self.add_up(contract_id)
        return package

    def _vendor_of(self, contract: Record) -> Record | None:
        vendor = contract["vendor"]
        return {"id": vendor["id"], "name": vendor["company"]} if vendor else None

    def new_change_order_line(self, position: int, f: Mapping[str, Any]) -> Record:
        line = {"id": self.next_id("change_order_line_items"), "position": position}
        moments = {"created_at": self.now(), "updated_at": self.now()}
        return {**line, **self.line(f), **moments}

    def change_change_order(self, package_id: int, *, status: str, **f: Any) -> Record:
        """Move a change order to another status, its hidden potential change order with it."""
        package = self.change_order_packages[package_id]
        reviewed = self.now() if status in ("approved", "rejected") else package["reviewed_at"]
        self.touch(package, status=status, reviewed_at=reviewed, **f)
        for pco in self.potential_change_orders.values():
            if pco["change_order_package_id"] == package_id:
                self.touch(pco, status=status)
        self.add_up(package["contract_id"])
        return package

    def delete_change_order(self, package_id: int) -> Record:
        package = self.touch(self.change_order_packages[package_id], deleted_at=self.now())
        self.add_up(package["contract_id"])
        return package
