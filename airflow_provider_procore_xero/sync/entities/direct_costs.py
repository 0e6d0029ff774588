"""Bills, spend money and supplier credit notes become direct costs, one for each project in them.

Xero: ``GET /Invoices``, ``/BankTransactions``, ``/CreditNotes``, changed ones only. Procore: direct
costs of a project, with lines; ``origin_id`` locks one, so it is written last, and taken off before
a correction. https://developers.procore.com/documentation/tutorial-financial-tools
"""

from __future__ import annotations

from typing import Any

from airflow_provider_procore_xero.sync.dates import parse_date
from airflow_provider_procore_xero.sync.entities.bill_payments import MARK
from airflow_provider_procore_xero.sync.entities.cost_lines import (
    CURRENCY_MAPPING,
    DESCRIPTION_LENGTH,
    LINE_MAPPING,
    to_line,
)
from airflow_provider_procore_xero.sync.entities.cost_slices import CostsAround, Slice
from airflow_provider_procore_xero.sync.entities.transactions import ROUNDING, TransactionLine
from airflow_provider_procore_xero.sync.entity import Condition, Entity, MapRow, Twin
from airflow_provider_procore_xero.sync.money import money
from airflow_provider_procore_xero.sync.plan import Desired
from airflow_provider_procore_xero.sync.text import cut

BATCH = 1000
"""Rows that a sync action of Procore takes."""
NUMBER_LENGTH = 255


def to_direct_cost(piece: Slice, around: CostsAround) -> Desired | None:
    """Return the direct cost that should stand in Procore, or None where the slice is gone."""
    if piece.gone:
        return None
    transaction = piece.transaction
    vendor_id, number = around.vendor_id(piece), number_of(piece, around)
    received = received_on(piece, around)
    described = transaction.kind in ("spend_money", "journal") or transaction.from_procore
    payload = {
        "direct_cost_type": piece.typed,
        "direct_cost_date": str(transaction.on),
        "status": "approved",
        "vendor_id": int(vendor_id) if vendor_id.isdigit() else None,
        "invoice_number": number or None,
        "description": cut(transaction.reference, DESCRIPTION_LENGTH) if described else None,
        "terms": f"Due {transaction.due_on}" if transaction.due_on else None,
        "received_date": received or None,
        "line_items": [to_line(line, piece, around) for line in piece.lines],
        "origin_id": piece.id,
        "origin_data": mark_of(piece.id),
    }
    return Desired(
        payload=payload,
        name=" ".join(filter(None, (number, f"{piece.net:,.2f}"))),
        data={
            "project_id": int(piece.project_id),
            "vendor_id": vendor_id,
            "invoice_number": number,
            "amount": str(piece.net),
            "transaction_id": transaction.id,
            "transaction_kind": transaction.kind,
            "received": received,
            "rounding": str(transaction.rounding),
            "withheld": str(transaction.withheld),
            **_converted(piece),
        },
    )


def _converted(piece: Slice) -> dict[str, str]:
    """Return what a slice comes to in the currency of its document, and the rate."""
    exchange = piece.transaction.exchange
    if exchange is None:
        return {}
    original, rate = str(piece.original), str(exchange.rate)
    return {"original": original, "currency": exchange.currency, "rate": rate}


def mark_of(slice_id: str) -> str:
    """Return what our direct cost carries before it is locked, to be found by after a crash."""
    return f"{MARK}:{slice_id}"


def base_number(piece: Slice, around: CostsAround) -> str:
    """Return the invoice number as Xero has it; only bills and credit notes have one."""
    transaction = piece.transaction
    if piece.typed == "expense":
        return ""
    if not transaction.number and around.settings.direct_costs.missing_number == "number":
        return f"XERO-{transaction.id[:8].upper()}"
    return cut(transaction.number, NUMBER_LENGTH - 5)


def number_of(piece: Slice, around: CostsAround) -> str:
    """Return the number of a slice, with a suffix where another one of the vendor has it already.

    A project takes each number of a vendor once. A slice that has a number of that kind keeps it.
    """
    base = base_number(piece, around)
    if not base:
        return ""
    taken = around.numbers.setdefault((piece.project_id, around.vendor_id(piece)), {})
    own = [n for n, owner in taken.items() if owner == piece.id and _is_of(n, base)]
    number, suffix = (own or [base])[0], 1
    while taken.get(number, piece.id) != piece.id:
        suffix += 1
        number = f"{base}-{suffix}"
    taken[number] = piece.id
    return number


def _is_of(number: str, base: str) -> bool:
    """Whether *number* is *base*, or *base* with a suffix of ours."""
    head, _, suffix = number.rpartition("-")
    return number == base or (head == base and suffix.isdigit())


def received_on(piece: Slice, around: CostsAround) -> str:
    """Return the received date: only what was first entered in Xero has one, and keeps it."""
    wanted = around.settings.direct_costs.received_date
    if wanted == "none" or piece.transaction.from_procore:
        return ""
    if wanted == "transaction_date":
        return str(piece.transaction.on)
    link = around.link_of(piece)
    kept = str(link.data.get("received") or "") if link else ""
    return kept or str(piece.transaction.changed_on or piece.transaction.on)


def issued_twin(piece: Slice, desired: Desired, around: CostsAround) -> Twin | None:
    """Return the direct cost that Procore lists with this slice's mark already.

    It is right only if it is locked, and says the same as far as a list tells.
    """
    found = around.issued.get(piece.id)
    if found is None:
        return None
    same = (
        found.get("origin_id") == piece.id
        and money(found.get("amount") or found.get("grand_total")) == piece.net
        and parse_date(found["direct_cost_date"]) == piece.transaction.on
        and (found.get("invoice_number") or None) == desired.payload["invoice_number"]
        and found["direct_cost_type"] == piece.typed
        and found.get("status") == "approved"
    )
    return Twin(target_id=str(found["id"]), right=same)


# What must be so


def codes_missing(piece: Slice, around: CostsAround) -> str:
    """Return the lines whose cost code the project has not, as people count them."""
    budget = around.budgets[piece.project_id]
    return "; ".join(
        f"line {line.place}: {_said(line, around)}"
        for line in piece.lines
        if not around.coding.code(line, budget)
    )


def types_unclear(piece: Slice, around: CostsAround) -> str:
    """Return the lines whose code the project has, but not with a cost type that can be told."""
    budget = around.budgets[piece.project_id]
    return "; ".join(
        f"line {line.place}: {_said(line, around)}"
        for line in piece.lines
        if around.coding.code(line, budget) and around.coding.budget_code(line, budget) is None
    )


def not_linked(piece: Slice, around: CostsAround) -> str:
    """Return why costs of a slice's project stay where they are, or nothing."""
    if not piece.project_id:
        return f"the tracking option {piece.option!r} stands for no Procore project"
    if around.integrated(piece.project_id):
        return ""
    if around.links.find("project", "procore", piece.project_id) is None:
        return "its project has no tracking option any more"
    return "the tracking option of its project is archived in Xero, or gone"


def left_for(piece: Slice, around: CostsAround) -> str:
    """Return the options of no project that a document names where it named the project before.

    One of them may be the project's, under another id.
    """
    if not piece.gone or piece.transaction.gone or around.link_of(piece) is None:
        return ""
    return ", ".join(map(repr, piece.unknown))


def _said(line: TransactionLine, around: CostsAround) -> str:
    return ".".join(filter(None, around.coding.said(line))) or "no cost code"


def contracted(piece: Slice, around: CostsAround) -> bool:
    """Whether the vendor has a contract on the project, so that its bills are claims.

    What came over before the contract did stays; spend money is never a claim.
    """
    if around.settings.direct_costs.include == "all" or piece.typed != "invoice":
        return False
    return around.link_of(piece) is None and bool(around.contracts_of(piece))


def vendor_missing(piece: Slice, around: CostsAround) -> bool:
    """Whether a vendor is needed that the contact is not; Procore takes no invoice without one."""
    if around.vendor_id(piece) or piece.transaction.kind == "journal":
        return False
    return piece.typed != "expense" or around.settings.direct_costs.unlinked_vendor == "hold"


def abroad(piece: Slice, around: CostsAround) -> bool:
    """Whether a slice's amounts are in another currency than the organisation's."""
    currency = piece.transaction.currency
    return bool(currency and around.currency) and currency != around.currency


def staying(check: Any) -> Any:
    """Return *check* for slices that are to stand in Procore."""
    return lambda r, a: r.gone or check(r, a)


def there(check: Any) -> Any:
    """Return *check* for slices that are to stand in Procore, or to be taken away there."""
    return lambda r, a: (r.gone and a.link_of(r) is None) or check(r, a)


def coded(check: Any) -> Any:
    """Return *check* for slices whose project's budget codes have been read."""
    return staying(lambda r, a: r.project_id not in a.budgets or check(r, a))


PROJECT_CONDITIONS = (
    Condition(
        code="PROJECT_NOT_LINKED",
        asks="Does the tracking option of its lines stand for a project, and can it be used?",
        met=there(lambda r, a: not not_linked(r, a)),
        sentence="{r.title}: {d}.",
        detail=not_linked,
        fix="Run procore_xero_projects if it is a project's, link the two by hand, or restore an"
        " archived option in Xero. Until then costs of the option stay in Xero, and what came over"
        " before stays in Procore as it is.",
        waits=True,
    ),
    Condition(
        code="PROJECT_INACTIVE",
        asks="Is the project active in Procore?",
        met=there(lambda r, a: r.project_id not in a.inactive),
        sentence="{r.title}: the project is inactive in Procore.",
        fix="Make the project active again to bring its costs over, or what changed in them.",
        waits=True,
    ),
    Condition(
        code="PROJECT_HIDDEN",
        asks="May the service account see the project?",
        met=staying(lambda r, a: r.project_id not in a.hidden),
        sentence="{r.title}: Procore hides the project from the service account.",
        fix="Add the project to the service account's permitted projects.",
    ),
    Condition(
        code="MOVE_UNCLEAR",
        asks="If it names the project no more, does each option that it names stand for one?",
        met=lambda r, a: not left_for(r, a),
        sentence="{r.title}: it names the project no more, but {d}, which stands for no Procore"
        " project. The direct cost stays.",
        detail=left_for,
        fix="Link that option to its project, or correct the line in Xero. If the cost is no"
        " project's, delete the direct cost in Procore and unlink it.",
    ),
    Condition(
        code="DATE_MISSING",
        asks="Has it a date?",
        met=staying(lambda r, a: r.transaction.on is not None),
        sentence="{r.title} has no date in Xero.",
        fix="Enter its date in Xero.",
    ),
    Condition(
        code="CURRENCY_DIFFERS",
        asks="Is it in the organisation's currency, or may it be converted?",
        met=staying(lambda r, a: not abroad(r, a) or a.settings.direct_costs.currency == "convert"),
        sentence="{r.title} is in {r.transaction.currency}, the Xero organisation keeps"
        " {a.currency}.",
        fix="Enter this cost in Procore by hand, or set direct_costs.currency to convert.",
    ),
    Condition(
        code="CURRENCY_RATE_MISSING",
        asks="If it is to be converted, does Xero state a rate that it can be converted by?",
        met=staying(lambda r, a: not abroad(r, a) or a.settings.direct_costs.currency == "hold"),
        sentence="{r.title} is in {r.transaction.currency}, and can't be converted: its exchange"
        " rate in Xero is {d}.",
        detail=lambda r, a: repr(r.transaction.rate[:40]) if r.transaction.rate else "missing",
        fix="Correct the exchange rate on the document in Xero. If it is right there, enter this"
        " cost in Procore by hand.",
    ),
)
"""What is asked of a slice whatever kind of document it is from."""

CODE_CONDITIONS = (
    Condition(
        code="COST_CODE_UNKNOWN",
        asks="Is every line coded to a budget code of the project, or is there a fallback?",
        met=coded(lambda r, a: not codes_missing(r, a)),
        sentence="{r.title} has lines whose cost code the project has not: {d}.",
        detail=codes_missing,
        fix="Code the lines in Xero, add the codes to the project's budget in Procore, or set"
        " cost_codes.fallback_code in the settings file.",
    ),
    Condition(
        code="COST_TYPE_UNCLEAR",
        asks="Has the code one cost type, or is it clear which one?",
        met=coded(lambda r, a: not types_unclear(r, a)),
        sentence="{r.title} has lines whose cost type the project has not, or that could be of"
        " several: {d}.",
        detail=types_unclear,
        fix="Name the cost type's account in accounts.by_cost_type, or the usual type in"
        " direct_costs.cost_type.",
    ),
)

CONDITIONS = (
    *PROJECT_CONDITIONS,
    Condition(
        code="LINES_DISAGREE",
        asks="Do its lines come to its total, but for cents?",
        met=there(lambda r, a: r.transaction.gone or abs(r.transaction.rounding) <= ROUNDING),
        sentence="The lines of {r.title} come to {r.transaction.original}, its total in Xero is"
        " {r.transaction.stated}.",
        fix="Open the document in Xero and save it again; if it still differs, ask Xero.",
    ),
    Condition(
        code="VENDOR_NOT_LINKED",
        asks="Is its contact a vendor in Procore, where it needs one?",
        met=staying(lambda r, a: not vendor_missing(r, a)),
        sentence="{r.title}: the contact {r.transaction.contact!r} is no vendor in Procore.",
        fix="Put the contact into the group that goes to Procore and run procore_xero_contacts, or"
        " link the two.",
    ),
    Condition(
        code="VENDOR_CONTRACTED",
        asks="Has the vendor no contract on the project, or does everything come over?",
        met=staying(lambda r, a: not contracted(r, a)),
        sentence="{r.title}: the vendor has the commitment {d} on this project, so its bills come"
        " from Procore as subcontractor invoices.",
        detail=lambda r, a: ", ".join(a.contracts_of(r)),
        fix="Nothing to do, if it is billed on the commitment. With direct_costs.include: all it"
        " comes as a direct cost all the same.",
        waits=True,
    ),
    Condition(
        code="NUMBER_MISSING",
        asks="Has a bill a reference, or may we number it?",
        met=staying(lambda r, a: r.typed == "expense" or bool(base_number(r, a))),
        sentence="{r.title} has no reference in Xero, and Procore takes no invoice without one.",
        fix="Enter the supplier's invoice number as its reference in Xero, or set"
        " direct_costs.missing_number to number.",
    ),
    *CODE_CONDITIONS,
)

ENTITY = Entity(
    name="direct_costs",
    kind="direct_cost",
    source="xero",
    target="procore",
    batch=BATCH,
    locked_last=True,
    parse=Slice.from_xero,
    conditions=CONDITIONS,
    desired=to_direct_cost,
    twin=issued_twin,
    source_url=lambda r, a: a.page_of(r.transaction),
    target_url=lambda target_id, data, a: a.pages.direct_costs(data["project_id"]),
    refers_to=("project", "vendor", "cost_code", "item"),
    mapping=(
        MapRow(
            r="R89 R90 R91",
            source="Bill; credit note; spend money",
            target="`direct_cost_type`",
            rule="`invoice`; `invoice`, below zero; `expense`. A bill that came from Procore is"
            " `subcontractor_invoice`. `status` is always `approved`",
        ),
        MapRow(r="R92", source="`Date`", target="`direct_cost_date`"),
        MapRow(source="`DueDate`", target="`terms`", rule="`Due 2026-06-20`"),
        MapRow(
            r="R94",
            source="`Contact`: a bill's From, spend money's To",
            target="`vendor_id`",
            rule="by link; without one `direct_costs.unlinked_vendor` holds it, or leaves the"
            " vendor of an expense blank",
        ),
        MapRow(
            r="R95",
            source="`InvoiceNumber`, which Xero shows as Reference",
            target="`invoice_number`",
            rule="never from spend money; with `-2`, `-3` … where the vendor has the number on the"
            " project already; without one by `direct_costs.missing_number`",
        ),
        MapRow(
            r="R93",
            source="`Reference`",
            target="`description`",
            rule="only of spend money and of bills that came from Procore",
        ),
        MapRow(
            r="R96",
            source="`Date`, or the day it was last changed when it first came",
            target="`received_date`",
            rule="`direct_costs.received_date`; only what was first entered in Xero",
        ),
        MapRow(
            r="R88",
            source="Line: tracking option of the project",
            target="the project, one direct cost each",
            rule="lines without one are counted as unassigned, never guessed",
        ),
        *LINE_MAPPING,
        MapRow(
            r="R97",
            source="Line `Quantity`, `UnitAmount`",
            target="Line `quantity`, `unit_cost`",
            rule="where they come to the amount without tax; else 1 and the amount, with both in"
            " the text",
        ),
        CURRENCY_MAPPING,
        MapRow(
            source="id of the document and of the project",
            target="`origin_id`",
            rule="unique in the company; written last, since it locks the direct cost",
        ),
    ),
)
