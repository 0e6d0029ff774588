"""Every reason that the code can give for keeping a record back, found by reading the code.

A reason is a ``Condition``, a ``Reason`` or a ``MappingError`` with a code, or a note that begins
with one. What is only known at run time stands as ``…``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from airflow_provider_procore_xero.sync.tracing import EXPLANATIONS

PACKAGE = Path(__file__).parents[1] / "airflow_provider_procore_xero"
UNKNOWN = "…"
GIVERS = ("Condition", "Reason", "MappingError", "NotLinked", "UnsafePlan")
WHERE = {
    "projects": "projects",
    "entities/vendors": "contacts",
    "entities/contacts": "vendors",
    "operators/contacts": "contacts",
    "operators/vendors": "vendors",
    "cost_codes": "cost codes",
    "items": "cost codes",
    "commitments": "commitments",
    "orders": "commitments",
    "order_lines": "commitments, change orders",
    "commitment_change_orders": "change orders",
    "subcontractor_invoices": "subcontractor invoices",
    "bills": "subcontractor invoices",
    "bill_twins": "subcontractor invoices",
    "claims": "subcontractor invoices",
    "claim_items": "subcontractor invoices",
    "claim_pdfs": "subcontractor invoices",
    "credit_notes": "subcontractor invoices",
    "bill_payments": "payments",
    "direct_costs": "direct costs, journal entries",
    "cost_slices": "direct costs, journal entries",
    "tracking": "projects, cost codes",
    "cost_checks": "direct costs",
    "job_costs": "direct costs, job costs",
    "job_cost_writes": "job costs",
    "erp_job_costs": "job costs",
    "doctor": "doctor",
    "reconcile": "reconciliation",
    "reconcile_procore": "reconciliation",
}
"""Which flow a module speaks for; the others speak for all."""

_NOTE = re.compile(r"^([A-Z][A-Z_]+[A-Z]): (.*)$", re.DOTALL)
_FIELD = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One place where a code is given."""

    code: str
    sentence: str
    fix: str
    where: str
    waits: bool = False


def reasons() -> Iterator[Said]:
    """Yield every reason in the package, in the order of its files."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if "simulator" in path.parts:
            continue
        where = WHERE.get(f"{path.parent.name}/{path.stem}") or WHERE.get(path.stem, "any flow")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield from _said(node, where)
    for code, sentence in EXPLANATIONS.items():
        fix = "It explains a difference: see [Both systems agree](reconciliation.md)."
        yield Said(code=code, sentence=sentence, fix=fix, where="reconciliation", waits=True)


def spoken(template: str) -> str:
    """Return a condition's sentence with settings by name and everything else as ``…``."""

    def named(field: re.Match[str]) -> str:
        name = field[1].partition("!")[0]
        return f"`{name.removeprefix('s.')}`" if name.startswith("s.") else UNKNOWN

    return _FIELD.sub(named, template)


def _said(call: ast.Call, where: str) -> Iterator[Said]:
    name = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
    given = {each.arg: each.value for each in call.keywords if each.arg}
    if name == "note" and call.args:
        if found := _NOTE.match(_text(call.args[0])):
            yield Said(code=found[1], sentence=found[2], fix="", where=where, waits=True)
    elif name in GIVERS and "code" in given:
        if isinstance(given["code"], ast.JoinedStr):
            yield from _not_linked(where)
            return
        sentence = given.get("sentence") or (call.args[0] if call.args else None)
        for branch, code in _codes(given["code"]):
            yield Said(
                code=code,
                sentence=_shown(name, sentence, branch),
                fix=_shown(name, given.get("fix"), branch),
                where=where,
                waits=_is_true(given.get("waits")),
            )


def _not_linked(where: str) -> Iterator[Said]:
    """Yield the reason of ``Links.need``: one code for each kind of link that is referred to."""
    for kind in ("PROJECT", "VENDOR", "COST_CODE", "SUBCONTRACTOR_INVOICE"):
        yield Said(
            code=f"{kind}_NOT_LINKED",
            sentence="What the record refers to has no counterpart yet, or none any more.",
            fix="Run the flow that the message names; it says why if that record is held there.",
            where=where,
        )


def _codes(node: ast.expr) -> Iterator[tuple[bool, str]]:
    """Yield the codes that *node* may be, each with the branch that gives it."""
    if isinstance(node, ast.IfExp):
        yield True, _text(node.body)
        yield False, _text(node.orelse)
    elif isinstance(node, ast.Constant):
        yield True, str(node.value)


def _shown(name: str, node: ast.expr | None, branch: bool) -> str:
    if node is None:
        return ""
    text = _text(node, branch)
    return spoken(text) if name == "Condition" else text


def _text(node: ast.expr, branch: bool = True) -> str:
    """Return the text of *node*, ``…`` for what only a run knows."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(_text(part, branch) for part in parts)
        case ast.IfExp(body=body, orelse=orelse):
            return _text(body if branch else orelse, branch)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return _text(left, branch) + _text(right, branch)
        case _:
            return UNKNOWN


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True
