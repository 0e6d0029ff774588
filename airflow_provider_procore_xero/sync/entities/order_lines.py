"""Lines of commitments and of their change orders, and what they become on a purchase order.

Procore: ``line_items`` of a contract and of a change order package. Xero: ``LineItems`` of
``PurchaseOrders``, whose unit amounts always have four places; each needs an item or an account.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, ClassVar, Self

from airflow_provider_procore_xero.sync.accounts import Account, account_code
from airflow_provider_procore_xero.sync.entities.claim_items import BudgetCode
from airflow_provider_procore_xero.sync.entities.orders import Order
from airflow_provider_procore_xero.sync.entities.payees import Payee
from airflow_provider_procore_xero.sync.entity import Around, Condition
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.money import ZERO, decimal, money
from airflow_provider_procore_xero.sync.quantities import by_unit
from airflow_provider_procore_xero.sync.text import cut, plain

if TYPE_CHECKING:
    from airflow_provider_procore_xero.sync.settings import CostCodeSettings

DESCRIPTION_LENGTH = 4000
ITEM_CODE_LENGTH = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ScheduleLine:
    """One line of a schedule of values.

    :param place: as people count lines, from 1.
    :param exact: the amount as Procore states it, which may have more places than money has.
    """

    id: str
    place: int
    description: str
    exact: Decimal
    quantity: Decimal
    unit_cost: Decimal
    uom: str
    budget_code: BudgetCode
    code_name: str

    @classmethod
    def from_procore(cls, line: Mapping[str, Any], place: int, amount: Any) -> Self:
        """Read one line of ``.../line_items``, or of ``change_order_packages/{id}``."""
        return cls(
            id=str(line["id"]),
            place=place,
            description=plain(line.get("description")),
            exact=decimal(amount or 0),
            quantity=decimal(line.get("quantity") or 0),
            unit_cost=decimal(line.get("unit_cost") or 0),
            uom=plain(line.get("uom")),
            budget_code=_budget_code(line),
            code_name=plain((line.get("cost_code") or {}).get("name")),
        )

    @property
    def amount(self) -> Decimal:
        return money(self.exact)


def schedule(
    lines: Iterable[Mapping[str, Any]], *, amounts: Sequence[str] = ("amount",)
) -> tuple[ScheduleLine, ...]:
    """Return *lines* in the order people see them.

    :param amounts: the fields that may hold a line's amount; the first that is there counts.
    """
    ordered = sorted(lines, key=lambda line: (line.get("position") or 0, line["id"]))
    return tuple(
        ScheduleLine.from_procore(
            line, place, next((line[n] for n in amounts if line.get(n) is not None), None)
        )
        for place, line in enumerate(ordered, 1)
    )


def _budget_code(line: Mapping[str, Any]) -> BudgetCode:
    """Return the line's cost code and cost type; a budget code of more parts has custom ones."""
    flat = BudgetCode.from_procore(line.get("wbs_code"))
    cost_code = line.get("cost_code") or {}
    code = plain(cost_code.get("full_code") or cost_code.get("code"))
    if not code:
        return flat
    kind = plain((line.get("line_item_type") or {}).get("code"))
    whole = plain((line.get("wbs_code") or {}).get("flat_code"))
    kind = kind or (whole.removeprefix(f"{code}.") if whole.startswith(f"{code}.") else "")
    extra = (whole,) if whole.count(".") > f"{code}.{kind}".count(".") else ()
    return BudgetCode(code=code, cost_type=kind, custom=flat.custom or extra)


def types_by_code(lines: Iterable[ScheduleLine]) -> dict[str, str]:
    """Return the cost type of each code that the lines use with one type only."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in lines:
        found[line.budget_code.code].add(line.budget_code.cost_type)
    return {code: types.pop() for code, types in found.items() if len(types) == 1}


def with_types(lines: Iterable[ScheduleLine], types: Mapping[str, str]) -> tuple[ScheduleLine, ...]:
    """Return *lines*, those without a cost type with that of their code in *types*."""
    return tuple(
        line
        if line.budget_code.cost_type
        else replace(
            line,
            budget_code=replace(line.budget_code, cost_type=types.get(line.budget_code.code, "")),
        )
        for line in lines
    )


@dataclass(kw_only=True)
class OrdersAround(Around):
    """What commitments and their change orders are judged against.

    :param codes: links of cost codes, by code; *items* are the codes of Xero's items.
    :param accounts: the chart of accounts, by code.
    :param lines: of the records of this page that may go, by the record's id.
    :param totals: what Procore states of them now, where that was read together with the lines.
    :param orders: purchase orders that were read in this run, by id.
    :param payees: contacts of new orders that were read in this run, by id.
    :param links_on: the links of all records that have lines on an order, by its id.
    """

    kind: ClassVar[str] = "commitment"
    codes: Mapping[str, Link]
    items: frozenset[str]
    accounts: Mapping[str, Account]
    project_category: str
    code_category: str
    currency: str = ""
    lines: dict[int, tuple[ScheduleLine, ...]] = field(default_factory=dict)
    totals: dict[int, Decimal] = field(default_factory=dict)
    orders: dict[str, Order] = field(default_factory=dict)
    payees: dict[str, Payee] = field(default_factory=dict)
    links_on: Callable[[str], Sequence[Link]] = lambda order_id: ()

    @property
    def by_item(self) -> bool:
        return self.settings.cost_codes.target == "item"

    def ends(self, record: Any) -> bool:
        """Whether the record's counterpart must go, whatever else is wrong with the record."""
        return False

    def code(self, line: ScheduleLine) -> str:
        return line.budget_code.code or self.settings.cost_codes.fallback_code or ""

    def account(self, line: ScheduleLine) -> str | None:
        kind = line.budget_code.cost_type
        return account_code(self.settings.accounts, self.code(line), kind)


def item_code(code: str, cost_type: str, name: str, settings: CostCodeSettings) -> str:
    """Return the code of the item that a cost code and a cost type are in Xero."""
    text = settings.code_format.format(cost_code=code, cost_type=cost_type, name=name)
    return cut(plain(text).strip(" .-"), ITEM_CODE_LENGTH)


def to_line(line: ScheduleLine, around: OrdersAround, project: Link) -> dict[str, Any]:
    """Return the line of a purchase order that *line* becomes, without an id."""
    quantity, price, description = by_unit(
        line.description, line.amount, line.quantity, line.unit_cost, line.uom
    )
    options = [(around.project_category, project.xero_name)]
    code = around.code(line)
    if around.settings.cost_codes.target == "tracking_option":
        options.append((around.code_category, around.codes[code].xero_name))
    sent: dict[str, Any] = {
        "Description": cut(description or "-", DESCRIPTION_LENGTH),
        "Quantity": quantity,
        "UnitAmount": price,
        "Tracking": [{"Name": name, "Option": option} for name, option in options],
    }
    tax = around.settings.tax.purchase_tax_type
    if around.by_item:
        sent["ItemCode"] = _item(line, around)
    else:
        sent["AccountCode"] = account = around.account(line) or ""
        tax = tax or around.accounts[account].tax_type
    return {**sent, "TaxType": tax} if tax else sent


def total(lines: Sequence[ScheduleLine]) -> Decimal:
    """Return what *lines* come to on a purchase order: each to the cent."""
    return sum((line.amount for line in lines), ZERO)


def exact_total(lines: Sequence[ScheduleLine]) -> Decimal:
    """Return what *lines* come to in Procore, which rounds their sum and not each."""
    return money(sum((line.exact for line in lines), ZERO))


def _item(line: ScheduleLine, around: OrdersAround) -> str:
    cost_codes = around.settings.cost_codes
    return item_code(around.code(line), line.budget_code.cost_type, line.code_name, cost_codes)


def codes_missing(record: Any, around: OrdersAround) -> str:
    """Return the lines whose code Xero does not have, as people count them."""
    if around.settings.cost_codes.target == "account_map":
        return ""
    return "; ".join(
        f"line {line.place}: {_said(line, around)}"
        for line in around.lines[record.id]
        if not _known(line, around) or around.refuses(_code(line, around), around.kind, record.id)
    )


def _known(line: ScheduleLine, around: OrdersAround) -> bool:
    return _code(line, around) in (around.items if around.by_item else around.codes)


def _code(line: ScheduleLine, around: OrdersAround) -> str:
    """Return what a line's cost code is in Xero: the code of an item, or of an option."""
    return _item(line, around) if around.by_item else around.code(line)


def _said(line: ScheduleLine, around: OrdersAround) -> str:
    return _code(line, around) or "no cost code"


def types_missing(record: Any, around: OrdersAround) -> str:
    """Return the lines without a cost type, where Xero's coding depends on it."""
    settings = around.settings
    needed = around.by_item and "{cost_type}" in settings.cost_codes.code_format
    if not (needed or (not around.by_item and settings.accounts.by_cost_type)):
        return ""
    return ", ".join(
        f"line {line.place}" for line in around.lines[record.id] if not line.budget_code.cost_type
    )


def no_account(record: Any, around: OrdersAround) -> bool:
    """Whether the settings name no account for some line that needs one."""
    return not around.by_item and any(not around.account(x) for x in around.lines[record.id])


def accounts_missing(record: Any, around: OrdersAround) -> str:
    """Return the accounts that lines would carry and that Xero has not, or has archived."""
    if around.by_item:
        return ""
    codes = {around.account(line) for line in around.lines[record.id]}
    known = {code for code, account in around.accounts.items() if account.takes_lines}
    return ", ".join(sorted(code for code in codes if code and code not in known))


def adds_up(record: Any, around: OrdersAround) -> bool:
    """Whether the lines come to what the record's header says."""
    stated = around.totals.get(record.id, record.total)
    return stated is None or exact_total(around.lines[record.id]) == stated


def _judged(check: Any) -> Any:
    """Return *check* for records whose lines were read and that are to stay."""
    return lambda r, a: a.ends(r) or r.id not in a.lines or check(r, a)


LINE_CONDITIONS = (
    Condition(
        code="NO_LINES",
        asks="Does it have a line with an amount?",
        met=_judged(lambda r, a: any(line.amount for line in a.lines[r.id])),
        sentence="{r.title} has no line with an amount.",
        fix="Enter its schedule of values in Procore.",
    ),
    Condition(
        code="AMOUNTS_DISAGREE",
        asks="Do its lines come to its total?",
        met=_judged(adds_up),
        sentence="The lines of {r.title} do not come to {r.total}, the total that Procore states.",
        fix="Open it in Procore and save it again; if it still differs, ask Procore.",
    ),
    Condition(
        code="CUSTOM_SEGMENT",
        asks="Are its lines coded without custom segments?",
        met=_judged(lambda r, a: not any(x.budget_code.custom for x in a.lines[r.id])),
        sentence="A line of {r.title} is coded to a custom segment, which Xero has not.",
        fix="Code the line to a cost code and a cost type only.",
    ),
    Condition(
        code="COST_TYPE_MISSING",
        asks="Does every line have a cost type, if items or accounts depend on it?",
        met=_judged(lambda r, a: not types_missing(r, a)),
        sentence="{r.title} has lines without a cost type: {d}.",
        detail=types_missing,
        fix="Give each line a cost type in Procore.",
    ),
    Condition(
        code="COST_CODE_UNKNOWN",
        asks="Is every line coded to a code that Xero has?",
        met=_judged(lambda r, a: not codes_missing(r, a)),
        sentence="{r.title} uses cost codes that are not integrated: {d}.",
        detail=codes_missing,
        fix="Use codes of the standard list, or run procore_xero_cost_codes if they are new.",
    ),
    Condition(
        code="ACCOUNT_NOT_SET",
        asks="Do the settings name an account for every line?",
        met=_judged(lambda r, a: not no_account(r, a)),
        sentence="The settings name no account for some lines of {r.title}.",
        fix="Set accounts.expense in the settings file to the account that costs post to.",
    ),
    Condition(
        code="ACCOUNT_UNKNOWN",
        asks="Does Xero have every account, active?",
        met=_judged(lambda r, a: not accounts_missing(r, a)),
        sentence="Lines of {r.title} name accounts that Xero has not, or has archived: {d}.",
        detail=accounts_missing,
        fix="Correct the account codes in the settings file.",
    ),
)
"""What is asked of a record's lines, once they have been read."""
