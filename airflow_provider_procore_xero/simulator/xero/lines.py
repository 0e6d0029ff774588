"""Lines of documents: what they refer to, what they come to, and what is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from .refusals import Invalid
from .tracking import tracked
from .values import cents, decimal_of, rounded, too_long

if TYPE_CHECKING:
    from .people import Xero
    from .state import Record

LARGEST_AMOUNT = Decimal("9999999999.99")
NOT_FOR_LINES = frozenset({"DEBTORS", "CREDITORS", "RETAINEDEARNINGS", "TRACKINGTRANSFERS"})
AMOUNTS = frozenset({"Quantity", "UnitAmount", "LineAmount", "DiscountRate"})
_ZERO = Decimal("0.00")


@dataclass
class Notes:
    """What a document's saving has found so far."""

    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    def raise_if_any(self, record_id: str | None) -> None:
        if self.errors:
            raise Invalid(*self.errors, record_id=record_id)


@dataclass(frozen=True)
class Rules:
    """What differs between the documents that have lines.

    :param side: ``Purchase`` or ``Sales``: which details of an item fill a line.
    :param places: of unit amounts: those of the call, but always four on purchase orders.
    :param draft: an unknown account is then removed with a warning, not refused.
    :param needs_account: the document is approved, so each line with an amount has one.
    :param discounts: ``DiscountRate`` counts.
    :param exact_tax: a sent ``TaxAmount`` must equal the computed one.
    :param unit_with_quantity: a quantity without a unit amount is refused.
    """

    side: str = "Purchase"
    places: int = 2
    draft: bool = True
    needs_account: bool = False
    discounts: bool = False
    exact_tax: bool = False
    unit_with_quantity: bool = False


def build_lines(
    xero: Xero,
    sent: list[Record],
    existing: list[Record],
    amount_types: str,
    rules: Rules,
    notes: Notes,
) -> list[Record]:
    """The document's lines from now on: those sent; an existing one that is not is gone."""
    by_id = {line["LineItemID"]: line for line in existing}
    return [
        _line(xero, element, by_id.get(str(element.get("LineItemID", "")).lower()), amount_types,
              rules, notes)
        for element in sent
    ]  # fmt: skip


def _line(
    xero: Xero,
    sent: Record,
    existing: Record | None,
    amount_types: str,
    rules: Rules,
    notes: Notes,
) -> Record:
    notes.errors += too_long(sent, {"Description": 4000})
    merged = _merged(sent, existing)
    line: Record = {"LineItemID": existing["LineItemID"] if existing else xero.new_id()}
    merged = _with_item(xero, merged, rules, notes)
    line["Description"] = str(merged.get("Description", ""))
    if merged.get("ItemCode"):
        line["ItemCode"] = merged["ItemCode"]
    if existing is not None and not AMOUNTS & sent.keys():
        line |= {name: existing[name] for name in AMOUNTS if name in existing}
    else:
        _fill_amounts(line, merged, rules, notes)
    _fill_account(xero, line, merged, rules, notes)
    _fill_tax(xero, line, merged, amount_types, rules, notes)
    line["Tracking"] = tracked(xero, merged.get("Tracking", []), notes, was=existing)
    return line


def _merged(sent: Record, existing: Record | None) -> Record:
    """An existing line keeps what is not sent; amounts that hang together go together."""
    if existing is None:
        return dict(sent)
    kept = {name: value for name, value in existing.items() if name != "TaxAmount"}
    if AMOUNTS & sent.keys():
        kept.pop("LineAmount", None)
    elif "TaxType" not in sent and "TaxAmount" in existing:
        kept["TaxAmount"] = existing["TaxAmount"]
    if "AccountID" in sent and "AccountCode" not in sent:
        kept.pop("AccountCode", None)
    if "AccountCode" in sent and "AccountID" not in sent:
        kept.pop("AccountID", None)
    return {**kept, **sent}


def _with_item(xero: Xero, line: Record, rules: Rules, notes: Notes) -> Record:
    code = line.get("ItemCode")
    if not code:
        return line
    item = xero.item_of_code(str(code))
    if item is None:
        notes.errors.append(f"Item code '{code}' is not valid")
        return line
    details = item.get(f"{rules.side}Details") or {}
    text = item.get("PurchaseDescription" if rules.side == "Purchase" else "Description")
    filled = {
        "Description": text or item.get("Name"),
        "UnitAmount": details.get("UnitPrice"),
        "AccountCode": details.get("AccountCode"),
        "TaxType": details.get("TaxType"),
        "ItemCode": item["Code"],
    }
    defaults = {name: value for name, value in filled.items() if value is not None}
    if "LineAmount" in line:
        defaults.pop("UnitAmount", None)
    if "AccountID" in line:
        defaults.pop("AccountCode", None)
    return {**defaults, **line, "ItemCode": item["Code"]}


def _fill_amounts(line: Record, sent: Record, rules: Rules, notes: Notes) -> None:
    has_unit, has_total = "UnitAmount" in sent, "LineAmount" in sent
    if rules.unit_with_quantity and "Quantity" in sent and not has_unit and not has_total:
        notes.errors.append("A UnitAmount must be specified for a line with a Quantity.")
    if not has_unit and not has_total:
        line |= {"UnitAmount": _ZERO, "LineAmount": _ZERO, "TaxAmount": _ZERO}
        if "Quantity" in sent:
            line["Quantity"] = rounded(decimal_of(sent["Quantity"], "Quantity"), 4)
        return
    quantity = rounded(decimal_of(sent.get("Quantity", 1), "Quantity"), 4)
    if len(str(sent.get("Quantity", ""))) > 13:
        notes.errors.append("The Quantity must not be longer than 13 characters.")
    total = decimal_of(sent["LineAmount"], "LineAmount") if has_total else None
    if has_unit:
        unit = rounded(decimal_of(sent["UnitAmount"], "UnitAmount"), rules.places)
    else:
        unit = rounded((total or _ZERO) / (quantity or 1), rules.places)
    line |= {"Quantity": quantity, "UnitAmount": unit}
    line["LineAmount"] = _line_total(line, sent, total, rules, notes)


def _line_total(
    line: Record, sent: Record, total: Decimal | None, rules: Rules, notes: Notes
) -> Decimal:
    amount = line["Quantity"] * line["UnitAmount"]
    if rules.discounts and sent.get("DiscountRate"):
        line["DiscountRate"] = decimal_of(sent["DiscountRate"], "DiscountRate")
        amount -= amount * line["DiscountRate"] / 100
    expected = cents(amount)
    if total is not None and "UnitAmount" not in sent:
        expected = cents(total)
    if total is not None and cents(total) != expected:
        notes.errors.append(
            f"The line total {cents(total)} does not match the expected line total {expected}"
        )
    if abs(expected) > LARGEST_AMOUNT:
        notes.errors.append(f"The line total must not be more than {LARGEST_AMOUNT}")
    return expected


def _fill_account(xero: Xero, line: Record, sent: Record, rules: Rules, notes: Notes) -> None:
    code = sent.get("AccountCode") or sent.get("AccountID")
    if not code:
        if rules.needs_account and line["LineAmount"]:
            notes.errors.append("Account code '' is not a valid code for this document.")
        return
    account = xero.account_of(str(code))
    if account is None and rules.draft:
        notes.warnings.append(
            f"Account code '{code}' has been removed as it does not match a recognised account."
        )
    elif account is None:
        notes.errors.append(f"Account code '{code}' is not a valid code for this document.")
    elif account["Status"] != "ACTIVE":
        notes.errors.append(
            f"Account code '{code}' has been archived, or has been deleted. "
            "Each line item must reference a valid account."
        )
    elif account["Type"] == "BANK" or account.get("SystemAccount") in NOT_FOR_LINES:
        notes.errors.append(f"Account code '{code}' is not a valid code for this document.")
    else:
        line |= {"AccountCode": account.get("Code", ""), "AccountID": account["AccountID"]}


def _fill_tax(
    xero: Xero, line: Record, sent: Record, amount_types: str, rules: Rules, notes: Notes
) -> None:
    account = xero.accounts.get(line.get("AccountID", ""))
    kind = sent.get("TaxType") or (account or {}).get("TaxType") or "NONE"
    rate = xero.tax_rates.get(kind) or xero.tax_rate_of(kind)
    if rate is None or rate["Status"] != "ACTIVE":
        if sent.get("TaxType") and kind != "NONE":
            notes.errors.append(f"The TaxType code '{kind}' does not exist or cannot be used.")
        rate = None
    if rate is not None and account is not None and not _applies(rate, account):
        notes.errors.append(
            f"The TaxType code '{kind}' cannot be used with account code '{account.get('Code')}'."
        )
    amount = line["LineAmount"]
    percent = Decimal(str(rate["EffectiveRate"])) if rate else _ZERO
    line["TaxType"] = "NONE" if amount_types == "NoTax" else kind
    computed = tax_on(amount, percent, amount_types)
    line["TaxAmount"] = _tax_amount(sent, amount, computed, amount_types, rules, notes)


def _tax_amount(
    sent: Record, amount: Decimal, computed: Decimal, amount_types: str, rules: Rules, notes: Notes
) -> Decimal:
    if "TaxAmount" not in sent or amount_types == "NoTax":
        return computed
    given = cents(decimal_of(sent["TaxAmount"], "TaxAmount"))
    if abs(given) > abs(amount):
        notes.errors.append("The tax amount cannot be greater than the line amount")
    if rules.exact_tax and given != computed:
        notes.errors.append(f"The tax amount {given} does not match the expected {computed}.")
    return given


def tax_on(amount: Decimal, percent: Decimal, amount_types: str) -> Decimal:
    """The tax of one line, to the cent, half up."""
    if amount_types == "Exclusive":
        return cents(amount * percent / 100)
    if amount_types == "Inclusive":
        return amount - cents(amount / (1 + percent / 100))
    return _ZERO


def _applies(rate: Record, account: Record) -> bool:
    word = {"ASSET": "Assets", "EQUITY": "Equity", "EXPENSE": "Expenses",
            "LIABILITY": "Liabilities", "REVENUE": "Revenue"}[account["Class"]]  # fmt: skip
    return bool(rate.get(f"CanApplyTo{word}", True))


def untaxed(lines: list[Record]) -> list[Record]:
    """The lines without their tax, for a document whose amounts are now meant otherwise."""
    return [{k: v for k, v in line.items() if k != "TaxAmount"} for line in lines]


def totals(lines: list[Record], amount_types: str) -> Record:
    """SubTotal, TotalTax and Total of a document: rounded lines, summed."""
    amount = sum((line["LineAmount"] for line in lines), _ZERO)
    tax = sum((line["TaxAmount"] for line in lines), _ZERO)
    if amount_types == "Inclusive":
        return {"SubTotal": amount - tax, "TotalTax": tax, "Total": amount}
    return {"SubTotal": amount, "TotalTax": tax, "Total": amount + tax}
