"""What people do with subcontractor invoices, payments and direct costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any

from .acts_contracts import ContractActs
from .claims import as_entered, entered, figures, quantities, summary
from .store import ZERO, Record, cents, loose, total

_REQUISITION: Record = {
    "invoice_number": None, "status": "draft", "erp_status": None, "period_id": None,
    "requisition_start": None, "requisition_end": None, "billing_date": None,
    "submitted_at": None, "payment_date": None, "due_date": None, "invoice_type": "progress",
    "contract_invoicing_method": "progressive", "final": False, "deletable": True,
    "move_materials_to_previous_work_completed": False, "tax_summary": [], "attachments": [],
    "custom_fields": {}, "origin_id": None, "origin_data": None,
}  # fmt: skip
_PAYMENT: Record = {
    "requisition_id": None, "date": None, "invoice_number": None, "invoice_date": None,
    "check_number": None, "draw_request_number": None, "payment_method": None, "notes": None,
    "status": None, "external_payment_id": None, "date_payment_initiated": None,
    "date_payment_settled": None, "attachments": [], "origin_id": None, "origin_code": None,
    "origin_data": None,
}  # fmt: skip
_DIRECT_COST: Record = {
    "direct_cost_type": "invoice", "direct_cost_date": None, "status": "draft",
    "invoice_number": None, "vendor_id": None, "vendor_name": None, "employee": None,
    "description": None, "terms": None, "received_date": None, "payment_date": None,
    "has_workflows": False, "attachments": [], "origin_id": None, "origin_data": None,
    "deleted_at": None,
}  # fmt: skip


class InvoiceActs(ContractActs):
    """Claims with their cumulative figures, payments issued, direct costs."""

    def add_requisition(
        self,
        *,
        commitment_id: int,
        lines: Iterable[Mapping[str, Any]] = (),
        tax: Decimal | str = "0",
        created_by: int | None = None,
        **f: Any,
    ) -> Record:
        """Add the next claim on a commitment.

        :param lines: each with ``line_item_id`` and what was entered for it: ``work``,
            ``stored``, ``moved``, ``retained``, ``released``, ``stored_retained``,
            ``stored_released``, ``stored_retained_moved``. Without ``retained`` the
            contract's percentage is held. A change order billed whole is named by its
            package's id. Lines left out have no work this period.
        """
        contract = self.commitments[commitment_id]
        earlier = self.claims_of(commitment_id)
        creator = self.person(created_by)
        vendor = contract["vendor"] or {"id": None, "company": None}
        requisition = self.keep(
            "requisitions",
            {
                **_REQUISITION,
                "number": earlier[-1]["number"] + 1 if earlier else 1,
                "commitment_id": commitment_id,
                "commitment_type": contract["commitment_type"],
                "contract_name": contract["title"],
                "project_id": contract["project_id"],
                "vendor_id": vendor["id"],
                "vendor_name": vendor["company"],
                "previous_requisition_id": earlier[-1]["id"] if earlier else None,
                "created_by": {**creator, "company_name": vendor["company"]},
                "currency_configuration": self.currency(),
                "items": [],
                **f,
            },
        )
        for claim in earlier:
            claim["deletable"] = False
        self._compute(requisition, {line["line_item_id"]: line for line in lines}, cents(tax))
        self.add_up(commitment_id)
        return requisition

    def claims_of(self, commitment_id: int) -> list[Record]:
        return sorted(self.children("requisitions", commitment_id), key=lambda r: int(r["number"]))

    def _compute(
        self, requisition: Record, given: Mapping[int, Mapping[str, Any]], tax: Decimal
    ) -> None:
        """Fill in the items and the totals from what was entered and the claim before."""
        contract = self.commitments[requisition["commitment_id"]]
        last = self._claim_before(requisition)
        approved = self.packages_of(contract["id"], "approved")
        items = self._items(requisition, contract, last["items"] if last else [], given)
        sums = summary(
            items,
            original=contract["grand_total"],
            changes=total(p["grand_total"] for p in approved),
            before=last["summary"] if last else None,
            tax=tax,
            tax_is_inside=self.switches["tax_in_current_payment_due"],
        )
        worth, done = sums["contract_sum_to_date"], sums["total_completed_and_stored_to_date"]
        requisition |= {
            "items": items,
            "item_packages": self._item_packages(contract, approved),
            "summary": sums,
            "total_claimed_amount": total(item["gross_amount"] for item in items),
            "percent_complete": cents(done * 100 / worth) if worth else ZERO,
        }

    def _items(
        self,
        requisition: Record,
        contract: Record,
        last: list[Record],
        given: Mapping[int, Mapping[str, Any]],
    ) -> list[Record]:
        before = {item["line_item_id"]: item for item in last}
        old_ids = {item["line_item_id"]: item["id"] for item in requisition["items"]}
        items = []
        for place, line in enumerate(self._billable(contract), 1):
            line_id, scheduled = line["line_item_id"], line.pop("scheduled")
            was = before.get(line_id)
            typed = entered(given.get(line_id, {}), contract["retainage_percent"], was)
            figured = figures(typed, scheduled, was)
            items.append(
                {
                    "id": old_ids.get(line_id) or self.next_id("requisition_items"),
                    "position": place,
                    "line_number": place,
                    **line,
                    **figured,
                    **quantities(figured, line["scheduled_unit_price"]),
                }
            )
        return items

    def _claim_before(self, requisition: Record) -> Record | None:
        claims = self.claims_of(requisition["commitment_id"])
        earlier = [c for c in claims if int(c["number"]) < int(requisition["number"])]
        return earlier[-1] if earlier else None

    def _billable(self, contract: Record) -> Iterator[Record]:
        """What can be claimed: the contract's lines, then those of approved change orders."""
        for line in self.lines_of(contract["id"]):
            yield self._item(contract, line, "contract_item")
        for package in self.packages_of(contract["id"], "approved"):
            if contract["change_order_level_of_detail"] == "whole":
                yield self._whole_change_order(contract, package)
                continue
            for line in package["line_items"]:
                yield self._item(contract, line, "change_order_item")

    def _item(self, contract: Record, line: Record, kind: str) -> Record:
        wbs = self.wbs_codes.get(line["wbs_code"]["id"]) if line["wbs_code"] else None
        names = ("id", "flat_code", "description", "segment_items")
        by_unit = contract["accounting_method"] == "unit"
        return {
            **_ITEM,
            "scheduled_quantity": line["quantity"] if by_unit else None,
            "scheduled_unit_price": line["unit_cost"] if by_unit else None,
            "item_type": kind,
            "accounting_method": contract["accounting_method"],
            "line_item_id": line["id"],
            "cost_code_id": line["cost_code"]["id"] if line["cost_code"] else None,
            "wbs_code": {name: wbs[name] for name in names} if wbs else None,
            "description_of_work": line["description"],
            "scheduled": line["amount"],
            "uom": line["uom"],
        }

    def _whole_change_order(self, contract: Record, package: Record) -> Record:
        """A change order that is billed as one amount: no line, no cost code, no budget code."""
        return {
            **_ITEM,
            "item_type": "whole_change_order_item",
            "accounting_method": contract["accounting_method"],
            "line_item_id": package["id"],
            "cost_code_id": None,
            "wbs_code": None,
            "description_of_work": package["title"],
            "scheduled": package["grand_total"],
            "uom": None,
        }

    def _item_packages(self, contract: Record, approved: list[Record]) -> list[Record]:
        own = {"contract_id": contract["id"], "change_order_id": None,
               "number": contract["number"], "title": contract["title"]}  # fmt: skip
        changes = [
            {"contract_id": None, "change_order_id": p["id"], "number": p["number"],
             "title": p["title"]}
            for p in approved
        ]  # fmt: skip
        return [own, *changes]

    def edit_claim(self, requisition_id: int, lines: Iterable[Mapping[str, Any]]) -> Record:
        """Change what was entered for some lines; later claims follow, silently.

        Only the edited claim's ``updated_at`` moves.
        """
        requisition = self.requisitions[requisition_id]
        changed = {line["line_item_id"]: line for line in lines}
        for claim in self.claims_of(requisition["commitment_id"]):
            if int(claim["number"]) < int(requisition["number"]):
                continue
            given = {item["line_item_id"]: as_entered(item) for item in claim["items"]}
            if claim is requisition:
                for line_id, line in changed.items():
                    given[line_id] = _merged(given.get(line_id, {}), line)
            self._compute(claim, given, claim["summary"]["tax_applicable_to_this_payment"])
        self.add_up(requisition["commitment_id"])
        return self.touch(requisition)

    def change_requisition(self, requisition_id: int, **f: Any) -> Record:
        """Change fields in the UI, where no lock stops an administrator."""
        return self.touch(self.requisitions[requisition_id], **f)

    def attach_file(
        self, requisition_id: int, filename: str, content: bytes = b"%PDF-1.7 a claim"
    ) -> Record:
        """Hang a file on a claim, and return what its ``attachments`` says of it."""
        requisition = self.requisitions[requisition_id]
        kind = "application/pdf" if filename.lower().endswith(".pdf") else "image/jpeg"
        file: Record = {"id": self.next_id("files"), "filename": filename, "content_type": kind}
        self.files[file["id"]] = content
        self.touch(requisition, attachments=[*requisition["attachments"], file])
        return file

    def approve_requisition(self, requisition_id: int, *, as_noted: bool = False) -> Record:
        status = "approved_as_noted" if as_noted else "approved"
        return self.change_requisition(requisition_id, status=status)

    def delete_requisition(self, requisition_id: int) -> None:
        """Delete a claim: no filter shows it ever again."""
        requisition = self.requisitions.pop(requisition_id)
        claims = self.claims_of(requisition["commitment_id"])
        if claims:
            claims[-1]["deletable"] = True
        self.add_up(requisition["commitment_id"])

    def add_contract_payment(self, *, contract_id: int, amount: Decimal | str, **f: Any) -> Record:
        """Add a payment issued to a commitment."""
        contract = self.commitments[contract_id]
        paid = self.children("contract_payments", contract_id)
        numbers = [p["payment_number"] or 0 for p in paid]
        payment = self.keep(
            "contract_payments",
            {
                **_PAYMENT,
                "contract_id": contract_id,
                "project_id": contract["project_id"],
                "amount": cents(amount),
                "payment_number": max(numbers, default=0) + 1,
                **f,
            },
        )
        self._paid(contract_id)
        return payment

    def delete_contract_payment(self, payment_id: int) -> None:
        self._paid(self.contract_payments.pop(payment_id)["contract_id"])

    def _paid(self, contract_id: int) -> None:
        self.add_up(contract_id)
        self.child_changed(self.commitments[contract_id])

    def add_direct_cost(
        self, *, project_id: int, lines: Iterable[Mapping[str, Any]] = (), **f: Any
    ) -> Record:
        """Add a direct cost with its lines, each with ``wbs_code_id`` and ``amount``."""
        cost = self.keep("direct_costs", {**_DIRECT_COST, **f, "project_id": project_id})
        cost["currency_configuration"] = self.currency()
        cost["line_items"] = []
        if cost["vendor_id"] is not None:
            cost["vendor_name"] = self.vendors[cost["vendor_id"]]["name"]
        for line in lines:
            self.add_direct_cost_line(cost, line)
        self.add_up_direct_cost(cost)
        return cost

    def add_direct_cost_line(self, cost: Record, f: Mapping[str, Any]) -> Record:
        fixed = {
            "id": self.next_id("direct_cost_line_items"),
            "direct_cost_id": cost["id"],
            "holder": {"id": cost["id"], "holder_type": "DirectCost::Item"},
            "position": len(cost["line_items"]) + 1,
            "created_at": self.now(),
            "updated_at": self.now(),
        }
        line = {**self.line(f), **fixed}
        cost["line_items"].append(line)
        self.add_up_direct_cost(cost)
        return line

    def add_up_direct_cost(self, cost: Record) -> None:
        amount = loose(total(line["amount"] for line in cost["line_items"]))
        cost["grand_total"] = cost["amount"] = amount
        cost["line_items_count"] = len(cost["line_items"])
        cost["tax_breakdown"] = {
            "subtotal": amount,
            "tax_total": Decimal("0.0"),
            "grand_total": amount,
            "tax_details": [],
        }


_ITEM: Record = {
    "scheduled_quantity": None, "scheduled_unit_price": None, "taxes": [], "comment": None,
    "status": "no_action", "subcontractor_claimed_amount": None, "previous_progress_id": None,
}  # fmt: skip


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    """What was entered before, changed; retainage follows changed work unless it is given."""
    merged = {**old, **new}
    if "work" in new and "retained" not in new:
        merged.pop("retained", None)
    if ("stored" in new or "moved" in new) and "stored_retained" not in new:
        merged.pop("stored_retained", None)
    return merged
