"""Eighty claims: months of ordinary ones, and each odd case that real contractors meet."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from . import basics, commitments, projects
from .builder import Builder, Record, cents, days_ago

CLAIMS = 80
ZERO = Decimal("0.00")
_BILLED = frozenset({"Approved", "Complete", "Received", "Partially Received", "Closed"})
_MONTHS = (4, 3, 2)
_AS_NOTED = 9  # every so many ordinary claims
# The missing field of each otherwise good claim, on which project and contract.
MISSING = (
    ("invoice_number", 0, "SC-002"),
    ("requisition_start", 1, "SC-002"),
    ("requisition_end", 2, "PO-001"),
    ("billing_date", 3, "SC-002"),
)
_STATUSES = (
    ("draft", 0, "PO-001"),
    ("under_review", 1, "SC-001"),
    ("revise_and_resubmit", 3, "SC-001"),
    ("pending_owner_approval", 0, "PO-002"),
    ("approved_as_noted", 2, "SC-002"),
    ("approved_as_noted", 8, "SC-002"),
)

Contracts = dict[tuple[int, str], Record]
Lines = list[Record]


def build(builder: Builder) -> None:
    contracts = _contracts(builder)
    locked = builder.month_end(basics.LOCKED_MONTHS + 1)
    first = contracts[8, "SC-001"]
    claim(builder, first, _progress(builder, first), locked)
    odd = _odd(builder, contracts)
    _ordinary(builder, contracts, CLAIMS - 1 - len(odd))
    for make in odd:
        make()


def claim(
    builder: Builder, contract: Record, lines: Lines, ended_on: date, **header: Any
) -> Record:
    """The contract's next claim, for the month that ended that day."""
    sent = max(days_ago(builder, ended_on) - 3, 1)
    period = _period(builder, contract["project_id"], ended_on)
    prefix = "".join(word[0] for word in contract["vendor"]["company"].split()[:2]).upper()
    record = builder.procore.add_requisition(
        commitment_id=contract["id"],
        lines=lines,
        created_by=contract["created_by_id"],
        **{
            "invoice_number": f"{prefix}-{builder.random.randrange(1000, 9999)}",
            "period_id": period["id"],
            "requisition_start": period["start_date"],
            "requisition_end": period["end_date"],
            "billing_date": period["end_date"],
            "submitted_at": builder.moment(sent),
            "status": "approved",
            **header,
        },
    )
    record["currency_configuration"] = dict(contract["currency_configuration"])
    changed = builder.random.random() * min(sent, 20)
    return builder.dated(record, made=sent + 2, changed=sent - changed)


def so_far(builder: Builder, contract: Record) -> list[Record]:
    """Each line that can be claimed, with what its last claim said of it (if any)."""
    claims = builder.procore.claims_of(contract["id"])
    last = {item["line_item_id"]: item for item in claims[-1]["items"]} if claims else {}
    lines = list(builder.procore.lines_of(contract["id"]))
    for package in builder.procore.packages_of(contract["id"], "approved"):
        lines += package["line_items"]
    nothing = dict.fromkeys(
        ("total_completed_and_stored_to_date", "materials_presently_stored",
         "work_completed_retainage_currently_retained",
         "materials_stored_retainage_currently_retained"),
        ZERO,
    )  # fmt: skip
    return [
        {**nothing, **last.get(line["id"], {}), "line_item_id": line["id"],
         "scheduled": cents(line["amount"]), "flat_code": line["wbs_code"]["flat_code"]}
        for line in lines
    ]  # fmt: skip


def _contracts(builder: Builder) -> Contracts:
    """What can be claimed on, in a fixed order, by project row and number."""
    rows = {projects.numbered(builder, i)["id"]: i for i in commitments.ON_PROJECTS}
    return {
        (rows[contract["project_id"]], contract["number"]): contract
        for contract in builder.procore.commitments.values()
        if contract["status"] in _BILLED and builder.procore.lines_of(contract["id"])
    }


def _ordinary(builder: Builder, contracts: Contracts, count: int) -> None:
    """So many ordinary claims, month by month over the contracts."""
    plan = [
        (months, contract)
        for months in _MONTHS
        for place, contract in contracts.items()
        if place != commitments.AUSTRALIAN
    ][-count:]
    for turn, (months, contract) in enumerate(plan):
        header: dict[str, Any] = {}
        if turn % _AS_NOTED == _AS_NOTED - 1:
            header["status"] = "approved_as_noted"
        lines = _progress(builder, contract)
        claim(builder, contract, lines, builder.month_end(months), **header)


def _progress(builder: Builder, contract: Record) -> Lines:
    """A month's work: a share of what is left of each line; goods may lie on site."""
    lines: Lines = []
    for row in so_far(builder, contract):
        left = row["scheduled"] - row["total_completed_and_stored_to_date"]
        line = {
            "line_item_id": row["line_item_id"],
            "work": cents(left * builder.random.randrange(8, 30) / 100),
        }
        if row["materials_presently_stored"]:
            line |= _installed(row, line["work"])
        elif row["flat_code"].endswith(".M") and builder.random.random() < 0.5:
            line["stored"] = cents(left / 10)
        lines.append(line)
    return lines


def _installed(row: Record, work: Decimal) -> Record:
    """Half of the goods on site became work; their retainage is let go with them."""
    stored = cents(row["materials_presently_stored"] / 2)
    held = row["materials_stored_retainage_currently_retained"]
    return {
        "work": work + row["materials_presently_stored"] - stored,
        "stored": stored,
        "stored_released": cents(held / 2),
    }


def _odd(builder: Builder, contracts: Contracts) -> list[Callable[[], Any]]:
    """The odd claims, each as a call to make once the ordinary ones stand.

    They lie on projects that go to Xero, so that nothing but their own oddity holds them.
    """
    month = builder.month_end(0 if builder.month_end(0) == builder.today else 1)

    def later(place: tuple[int, str], **header: Any) -> Callable[[], Record]:
        return entered(place, lambda rows: _progress(builder, contracts[place]), **header)

    def entered(
        place: tuple[int, str], lines: Callable[[list[Record]], Lines], **header: Any
    ) -> Callable[[], Record]:
        contract = contracts[place]
        return lambda: claim(builder, contract, lines(so_far(builder, contract)), month, **header)

    return [
        *(later((index, number), **{name: None}) for name, index, number in MISSING),
        *(later((index, number), status=status) for status, index, number in _STATUSES),
        entered((0, "SC-001"), _part_release, invoice_type="progress_and_retainage_release"),
        entered((6, "SC-002"), _release_all, invoice_type="retainage_release", final=True),
        entered((3, "PO-001"), _goods_moved, move_materials_to_previous_work_completed=True),
        entered((6, "PO-001"), _credit),
        entered((2, "PO-002"), _nothing),
        later(commitments.AUSTRALIAN),
        later((0, "SC-003")),
        lambda: _off_by_a_cent(later((2, "SC-001"))()),
        lambda: _odd_code(builder, projects.PROJECT_ONLY_CODE + ".S", "SC-901", month),
        lambda: _odd_code(builder, f"02-300.S.{projects.CUSTOM_SEGMENT}", "SC-902", month),
    ]


def _part_release(rows: list[Record]) -> Lines:
    return [
        {
            "line_item_id": row["line_item_id"],
            "work": cents((row["scheduled"] - row["total_completed_and_stored_to_date"]) / 10),
            "released": cents(row["work_completed_retainage_currently_retained"] / 2),
        }
        for row in rows
    ]


def _release_all(rows: list[Record]) -> Lines:
    return [
        {"line_item_id": row["line_item_id"],
         "released": row["work_completed_retainage_currently_retained"]}
        for row in rows
    ]  # fmt: skip


def _goods_moved(rows: list[Record]) -> Lines:
    """All goods on site count as earlier work from now on, with the retainage on them."""
    return [
        {
            "line_item_id": row["line_item_id"],
            "work": Decimal("125.50"),
            "stored": ZERO,
            "moved": row["materials_presently_stored"],
            "stored_retained_moved": row["materials_stored_retainage_currently_retained"],
        }
        for row in rows
    ]


def _credit(rows: list[Record]) -> Lines:
    """A quarter of the work is taken back; no retainage moves."""
    return [
        {"line_item_id": row["line_item_id"], "retained": ZERO,
         "work": -cents(row["total_completed_and_stored_to_date"] / 4)}
        for row in rows
    ]  # fmt: skip


def _nothing(rows: list[Record]) -> Lines:
    return []


def _off_by_a_cent(record: Record) -> None:
    """The header's own sums hold, but they are not those of the items."""
    summary = record["summary"]
    for name in ("total_completed_and_stored_to_date", "total_earned_less_retainage",
                 "current_payment_due"):  # fmt: skip
        summary[name] += Decimal("0.01")
    summary["balance_to_finish_including_retainage"] -= Decimal("0.01")


def _odd_code(builder: Builder, flat_code: str, number: str, month: date) -> None:
    """A claim on a code that is not the company's, on a small contract of its own."""
    wbs = next(w for w in builder.procore.wbs_codes.values() if w["flat_code"] == flat_code)
    line = {"wbs_code_id": wbs["id"], "description": "As instructed", "amount": "12500.00"}
    contract = commitments.add_commitment(
        builder, 1, "Terra Works Earthmoving Ltd", [line], number=number,
        title=wbs["description"].split(".")[0], status="Approved",
    )  # fmt: skip
    claim(builder, contract, _progress(builder, contract), month)


def _period(builder: Builder, project_id: int, ended_on: date) -> Record:
    """The project's billing period that ends that day; made when first asked for."""
    periods = [p for p in builder.procore.billing_periods.values() if p["project_id"] == project_id]
    for period in periods:
        if period["end_date"] == ended_on.isoformat():
            return period
    ago = days_ago(builder, ended_on)
    period = builder.procore.add_billing_period(
        project_id=project_id,
        start=ended_on.replace(day=1).isoformat(),
        end=ended_on.isoformat(),
        due_date=(ended_on + timedelta(days=20)).isoformat(),
        status="closed" if ago > 31 else "open",
        position=len(periods) + 1,
    )
    return builder.dated(period, made=ago + 35)
