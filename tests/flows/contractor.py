"""A small world for tests: few projects, vendors and claims, and what their people do."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from airflow_provider_procore_xero.simulator.server import Simulator

Record = dict[str, Any]


def recently(days_ago: int = 10) -> str:
    """Return a date in the open period."""
    return (datetime.now(UTC) - timedelta(days=days_ago)).date().isoformat()


class Contractor:
    """The people of both offices: each method is something that one of them does."""

    def __init__(self, simulator: Simulator) -> None:
        self.simulator = simulator
        self.procore, self.xero = simulator.procore, simulator.xero

    # Procore

    def standard_list(self) -> int:
        """Return the id of the company's code list, made with two codes where there is none."""
        for known in self.procore.standard_cost_code_lists:
            return known
        made = self.procore.add_standard_cost_code_list("Standard")
        for code, name in (("02-300", "Earthwork"), ("03-300", "Concrete")):
            self.procore.add_standard_cost_code(list_id=made["id"], code=code, name=name)
        return int(made["id"])

    def project(self, number: str | None, *, stage: str = "Send to Xero", **f: Any) -> Record:
        """Add a project, with the standard codes in it."""
        project = self.procore.add_project(
            name=f.pop("name", f"Project {number}"), project_number=number, stage=stage, **f
        )
        self.procore.copy_standard_list(project_id=project["id"], list_id=self.standard_list())
        return project

    def budget_code(self, project: Record, code: str = "02-300") -> Record:
        """Return the project's budget code of a cost code, type subcontract."""
        found = next(
            c
            for c in self.procore.cost_codes.values()
            if c["biller_id"] == project["id"] and c["full_code"] == code
        )
        kind = next(t for t in self.procore.line_item_types.values() if t["code"] == "S")
        return self.procore.add_wbs_code(cost_code_id=found["id"], line_item_type_id=kind["id"])

    def contract(
        self, project: Record, vendor: Record | None, *, number: str = "SC-001", **f: Any
    ) -> Record:
        """Add an approved subcontract of two lines, 5 % of which is held back."""
        lines = f.pop("lines", None) or [
            {
                "wbs_code_id": self.budget_code(project, code)["id"],
                "amount": amount,
                "description": text,
            }
            for code, amount, text in (
                ("02-300", "100000", "Earthwork"),
                ("03-300", "50000", "Concrete"),
            )
        ]
        return self.procore.add_commitment(
            project_id=project["id"],
            vendor_id=vendor["id"] if vendor else None,
            number=number,
            status="Approved",
            title=f"Contract {number}",
            retainage_percent=f.pop("retainage_percent", 5),
            lines=lines,
            **f,
        )

    def claim(self, contract: Record, *amounts: str, **f: Any) -> Record:
        """Add an approved claim of these amounts, line by line."""
        lines = [
            {"line_item_id": line["id"], "work": Decimal(amount)}
            for line, amount in zip(
                self.procore.lines_of(contract["id"]),
                amounts or ("1000.00", "500.00"),
                strict=False,
            )
        ]
        number = len(self.procore.requisitions) + 1
        given: dict[str, Any] = {
            "invoice_number": f"INV-{number:03d}",
            "requisition_start": recently(40),
            "requisition_end": recently(11),
            "billing_date": recently(),
            "status": "approved",
            "lines": lines,
        }
        return self.procore.add_requisition(commitment_id=contract["id"], **{**given, **f})

    def vendor(self, name: str, **f: Any) -> Record:
        return self.procore.add_vendor(name=name, **f)

    # Xero

    def contact(self, name: str, *, grouped: bool = True, **f: Any) -> Record:
        """Add a contact, by default in the group that goes to Procore."""
        contact = self.xero.add_contact(name, **f)
        if grouped:
            self.xero.put_in_group(contact["ContactID"], "Procore")
        return contact

    def pair(self, name: str) -> Record:
        """Add a vendor and a contact of the same name; return the vendor."""
        self.contact(name)
        return self.vendor(name)

    def one_claim(self, **f: Any) -> Record:
        """Add all that one claim needs, and the claim."""
        return self.claim(self.contract(self.project("A-1"), self.pair("Terra Works Ltd")), **f)

    # What stands there now

    def options(self, category: str) -> dict[str, str]:
        """Return the status of each option of a category, by name."""
        return {o["Name"]: o["Status"] for o in self.xero.category(category)["Options"]}

    @property
    def bills(self) -> list[Record]:
        """The bills that stand in Xero, oldest first."""
        return [b for b in self.xero.invoices.values() if b["Status"] not in ("VOIDED", "DELETED")]

    def bill_of(self, claim: Record) -> Record:
        """Return the one bill that carries this claim's mark."""
        (bill,) = [b for b in self.bills if f"/requisitions/{claim['id']}" in b.get("Url", "")]
        return bill

    @property
    def payments(self) -> list[Record]:
        return list(self.procore.contract_payments.values())

    def pay(
        self, bill: Record, amount: str, *, on: str = "", reference: str = "", **f: Any
    ) -> Record:
        """Approve the bill where that is still due, and pay it."""
        if bill["Status"] == "DRAFT":
            self.xero.approve_bill(bill["InvoiceID"])
        return self.xero.pay_bill(bill["InvoiceID"], amount, on or recently(1), reference, **f)
