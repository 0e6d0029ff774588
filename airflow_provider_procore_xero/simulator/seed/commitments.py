"""Subcontracts and purchase orders, their schedules of values, and change orders."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from . import companies, projects
from .builder import Builder, Record

WORK_ORDER, PURCHASE_ORDER = "WorkOrderContract", "PurchaseOrderContract"
ON_PROJECTS = (0, 1, 2, 3, 4, 5, 6, 8)


@dataclass(frozen=True)
class Trade:
    """What is let on every project: its statuses over the projects, its codes, who does it."""

    title: str
    statuses: tuple[str, ...]
    divisions: tuple[str, ...]
    vendors: tuple[str, ...]


_SUBCONTRACTS = (
    Trade(
        "Earthworks and Drainage",
        ("Approved",),
        ("02", "31", "33"),
        ("Terra Works Earthmoving Ltd", "Haywards Demolition Ltd", "Cook Strait Piling Ltd"),
    ),
    Trade(
        "Structural Concrete",
        ("Approved", "Approved", "Approved", "Complete"),
        ("03", "05"),
        ("Southern Cross Formwork Ltd", "Hawke's Bay Reinforcing Ltd",
         "Tasman Ground Anchors Ltd"),
    ),
    Trade(
        "Finishing Trades &amp; Line Marking",
        ("Complete", "Draft", "Out For Signature", "Void", "Terminated", "Approved",
         "Out For Bid", "Approved"),
        ("07", "09", "10", "32"),
        ("Brightside Line Marking Ltd", "Kererū Coatings Ltd", "Kāpiti Landscapes Ltd"),
    ),
)  # fmt: skip
_PURCHASE_ORDERS = (
    Trade(
        "Precast Units",
        ("Approved", "Received", "Approved", "Approved", "Partially Received"),
        ("03", "05"),
        ("Bay of Plenty Precast Ltd", "Manukau Steel Fabricators Ltd"),
    ),
    Trade(
        'Aggregates - "call off"',
        ("Approved", "Draft", "Closed", "Approved", "Submitted", "Approved", "Processing",
         "Approved"),
        ("02", "32"),
        ("Ngauranga Quarries Ltd", "Ōtaki Aggregates Ltd", "Waikato Ready Mix Ltd"),
    ),
)  # fmt: skip
ODD_VENDORS = {  # (project, number) -> vendor
    (0, "SC-003"): "Beca Street Design",
    (1, "PO-001"): "Dominion Paving Ltd",
    (2, "SC-002"): "Smith and Sons Concrete Ltd",
    (6, "SC-001"): "Hunter Valley Shoring Pty Ltd",
}
AUSTRALIAN = (6, "SC-001")
WITHOUT_LINES = (3, "PO-002")
ODD_PRICE = (8, "PO-002")
# Two small contracts with odd codes stand in for these, see ``claim_cases``.
_SKIPPED = frozenset({(5, "SC-003"), (5, "PO-002")})


def build(builder: Builder) -> None:
    """Five commitments on each of eight projects; numbers repeat from project to project."""
    for position, index in enumerate(ON_PROJECTS):
        for kind, prefix, trades in (
            (WORK_ORDER, "SC", _SUBCONTRACTS),
            (PURCHASE_ORDER, "PO", _PURCHASE_ORDERS),
        ):
            for row, trade in enumerate(trades, 1):
                status = trade.statuses[position % len(trade.statuses)]
                _commitment(builder, index, kind, f"{prefix}-{row:03d}", trade, status)
    _change_orders(builder)


def at(builder: Builder, index: int, number: str) -> Record:
    """The commitment of that number on that row of ``words.PROJECTS``."""
    project_id = projects.numbered(builder, index)["id"]
    return next(
        c
        for c in builder.procore.commitments.values()
        if c["project"]["id"] == project_id and c["number"] == number
    )


def add_commitment(
    builder: Builder, index: int, vendor_name: str, lines: list[Record], **fields: Any
) -> Record:
    """A commitment on that row of ``words.PROJECTS``, made in the past."""
    project = projects.numbered(builder, index)
    vendor = companies.vendor_of(builder, vendor_name)
    commitment = builder.procore.add_commitment(
        project_id=project["id"],
        vendor_id=vendor["id"],
        lines=lines,
        retainage_percent=builder.random.choice((5, 5, 10)),
        created_by=project["created_by"]["id"],
        executed=fields["status"] in ("Approved", "Complete", "Received"),
        contract_date=builder.day(210),
        private=False,
        **fields,
    )
    made, changed = builder.random.randrange(215, 260), builder.random.randrange(2, 150)
    for line in builder.procore.lines_of(commitment["id"]):
        builder.dated(line, made=made)
    return builder.dated(commitment, made=made, changed=changed)


def _commitment(
    builder: Builder, index: int, kind: str, number: str, trade: Trade, status: str
) -> None:
    place = (index, number)
    if place in _SKIPPED:
        return
    project = projects.numbered(builder, index)
    name = ODD_VENDORS.get(place) or builder.random.choice(trade.vendors)
    fields: Record = {}
    lines: list[Record] = [] if place == WITHOUT_LINES else _lines(builder, project, kind, trade)
    if kind == PURCHASE_ORDER:
        fields["ship_via"] = builder.random.choice((None, "Tail-lift truck, before 7 am", "Hiab"))
        fields["payment_terms"] = "20th of month following"
        fields["accounting_method"] = "unit"
    if place == ODD_PRICE:
        lines.append(_odd_price(builder, project))
    commitment = add_commitment(
        builder, index, name, lines, kind=kind, number=number,
        title=f"{trade.title} - {project['name']}"[:120], status=status, **fields,
    )  # fmt: skip
    if place == AUSTRALIAN:
        commitment["currency_configuration"] = {
            **commitment["currency_configuration"], "currency_iso_code": "AUD",
        }  # fmt: skip


def _lines(builder: Builder, project: Record, kind: str, trade: Trade) -> list[Record]:
    letters = "SL" if kind == WORK_ORDER else "ME"
    codes = [
        code
        for code in projects.project_wbs(builder, project)
        if code["flat_code"][-1] in letters and code["flat_code"].startswith(trade.divisions)
    ]
    lines: list[Record] = []
    for wbs in builder.random.sample(codes, builder.random.randrange(2, 6)):
        name = wbs["description"].split(".")[0]
        if kind == WORK_ORDER:
            lines.append({"wbs_code_id": wbs["id"], "description": f"{name}, as scheduled",
                          "amount": builder.amount(8_000, 160_000, step=250)})  # fmt: skip
        else:
            lines.append({
                "wbs_code_id": wbs["id"],
                "description": f"{name} – supply",
                "quantity": Decimal(builder.random.randrange(10, 400)),
                "unit_cost": builder.amount(20, 180, step=0),
                "uom": builder.random.choice(("ea", "m3", "t")),
                "extended_type": "calculated",
            })  # fmt: skip
    return lines


def _odd_price(builder: Builder, project: Record) -> Record:
    """A line whose quantity times price has more places than money has."""
    codes = [c for c in projects.project_wbs(builder, project) if c["flat_code"][-1] == "M"]
    return {"wbs_code_id": codes[0]["id"], "description": "Kerb block, per thousand",
            "quantity": Decimal("1500"), "unit_cost": Decimal("1.234567"), "uom": "ea",
            "extended_type": "calculated"}  # fmt: skip


_CHANGES = (  # project, commitment, title, status, amounts
    (0, "SC-001", "Rock excavation", "approved", ("18600.00",)),
    (1, "SC-001", "Delete silt fence & sumps", "approved", ("-4250.00",)),
    (2, "SC-001", "Night works premium", "approved", ("7200.00", "1310.55")),
    (2, "SC-001", "Extra geogrid", "pending", ("5400.00",)),
    (3, "PO-001", "Additional units", "approved", ("9900.00",)),
    (8, "SC-002", "Wall 4 redesign", "draft", ("22000.00",)),
)


def _change_orders(builder: Builder) -> None:
    for index, number, title, status, amounts in _CHANGES:
        commitment = at(builder, index, number)
        _change_order(builder, commitment, title, status, [Decimal(a) for a in amounts])


def _change_order(
    builder: Builder, commitment: Record, title: str, status: str, amounts: list[Decimal]
) -> None:
    """A change to the first lines of the contract, coded like them."""
    procore = builder.procore
    changed = zip(amounts, procore.lines_of(commitment["id"]), strict=False)
    package = procore.add_change_order(
        contract_id=commitment["id"], status=status, title=title,
        created_by=commitment["created_by_id"],
        lines=[
            {"amount": amount, "description": title, "wbs_code_id": line["wbs_code"]["id"]}
            for amount, line in changed
        ],
    )  # fmt: skip
    for record in (package, *procore.potential_change_orders.values()):
        if record["number"] == package["number"] and record["contract_id"] == commitment["id"]:
            builder.dated(record, made=150, changed=140)
    if status == "approved":
        package["reviewed_at"] = builder.moment(140)
