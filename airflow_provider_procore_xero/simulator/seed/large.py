"""Many plain records, made fast: what the benchmarks read."""

from __future__ import annotations

from decimal import Decimal

from . import companies, words
from .builder import Builder, Record

SIZES = ("bills", "vendors", "projects", "requisitions")
_CLAIMS_A_CONTRACT = 10


def build(
    builder: Builder,
    *,
    bills: int = 10_000,
    vendors: int = 500,
    projects: int = 50,
    requisitions: int = 2_000,
) -> None:
    """As many records of each kind as asked for; every document is approved and ordinary."""
    builder.procore.add_standard_cost_code_list(words.COST_CODE_LIST)
    for number in range(vendors):
        name = f"Supplier {number:05d} Ltd"
        companies.add_contact(builder, name, ("Wellington", "WGN", "NZ"))
        companies.add_vendor(builder, name, ("Wellington", "WGN", "NZ"))
    codes = [_project(builder, number) for number in range(projects)]
    _claims(builder, codes, requisitions)
    for number in range(bills):
        _bill(builder, number, vendors, projects)


def _project(builder: Builder, number: int) -> Record:
    """A project with one budget code, and its option made by hand; returns the code."""
    procore = builder.procore
    name, code = f"Project {number:04d}", f"B-{number:04d}"
    project = procore.add_project(name=name, project_number=code, stage="Send to Xero")
    standard = next(iter(procore.standard_cost_code_lists))
    if not procore.standard_cost_codes:
        head = procore.add_standard_cost_code(list_id=standard, code="02", name="Site Work")
        procore.add_standard_cost_code(list_id=standard, code="300", name="Earthwork",
                                       parent_id=head["id"])  # fmt: skip
    leaf = procore.copy_standard_list(project_id=project["id"], list_id=standard)[-1]
    kind = next(k for k in procore.line_item_types.values() if k["code"] == "S")
    builder.xero.add_option("Project", f"{code} {name}")
    return procore.add_wbs_code(cost_code_id=leaf["id"], line_item_type_id=kind["id"])


def _claims(builder: Builder, codes: list[Record], count: int) -> None:
    """Ten claims a contract, contracts spread over the projects and the vendors."""
    procore = builder.procore
    vendors = [v["id"] for v in procore.vendors.values()]
    made = 0
    while made < count and codes and vendors:
        turn = made // _CLAIMS_A_CONTRACT
        wbs = codes[turn % len(codes)]
        contract = procore.add_commitment(
            project_id=wbs["project_id"], vendor_id=vendors[turn % len(vendors)],
            status="Approved", title=f"Earthworks {turn}", retainage_percent=5,
            number=f"SC-{turn:05d}",
            lines=[{"wbs_code_id": wbs["id"], "amount": "100000", "description": "Earthwork"}],
        )  # fmt: skip
        line_id = procore.lines_of(contract["id"])[0]["id"] if made < count else 0
        for position in range(min(_CLAIMS_A_CONTRACT, count - made)):
            end = builder.month_end(_CLAIMS_A_CONTRACT // 2 - position // 2)
            procore.add_requisition(
                commitment_id=contract["id"], status="approved",
                invoice_number=f"INV-{made:06d}", billing_date=end.isoformat(),
                requisition_start=end.replace(day=1).isoformat(),
                requisition_end=end.isoformat(),
                lines=[{"line_item_id": line_id, "work": Decimal("5000.00")}],
            )  # fmt: skip
            made += 1


def _bill(builder: Builder, number: int, vendors: int, projects: int) -> None:
    row = number % max(projects, 1)
    tracking = [{"Name": "Project", "Option": f"B-{row:04d} Project {row:04d}"}]
    supplier = f"Supplier {number % max(vendors, 1):05d} Ltd"
    bill = builder.xero.add_bill(
        builder.contact_id(supplier),
        [{"Description": "Materials", "Quantity": Decimal(1), "AccountCode": "330",
          "UnitAmount": Decimal(100 + number % 900), "Tracking": tracking if projects else []}],
        number=f"BILL-{number:06d}",
        on=builder.day(number % 120 + 1),
        due=builder.day(number % 120 - 29),
        status="AUTHORISED",
    )  # fmt: skip
    builder.stamped(bill, changed=number % 120)
