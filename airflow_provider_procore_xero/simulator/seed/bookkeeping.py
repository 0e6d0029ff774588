"""What the bookkeepers entered in Xero themselves: bills, spend money, payments."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from . import basics, projects, words
from .builder import CENT, Builder, Record, cents

BILLS = 120
SPENDS = 24
_DAYS = 230  # how far back the books go; the oldest lie in the locked period

# Every so many bills, in turn; most are approved.
_STATUSES = (
    "AUTHORISED", "PAID", "AUTHORISED", "AUTHORISED", "DRAFT", "PAID", "AUTHORISED", "PART",
    "AUTHORISED", "SUBMITTED", "AUTHORISED", "PAID", "AUTHORISED", "VOIDED", "AUTHORISED",
    "PAID", "AUTHORISED", "AUTHORISED", "DELETED", "AUTHORISED",
)  # fmt: skip
_TYPES = ("Exclusive", "Exclusive", "Inclusive", "Exclusive", "NoTax")
_THINGS = (  # what is bought on a site, and its account
    ("Skip hire", "340"), ("Portaloo hire, month", "340"), ("Diesel, site tank", "330"),
    ("Geotextile offcuts", "330"), ("Concrete testing", "310"), ("Road closure permit", "311"),
    ("Safety signage", "330"), ("Tree & stump removal", "310"), ("Generator hire", "340"),
    ("Site survey, extra visit", "310"),
)  # fmt: skip
_OVERHEADS = (
    ("Stationery", "461"), ("Office telephones", "489"), ("Public liability", "433"),
    ("Vehicle fuel", "449"), ("Office cleaning", "429"),
)  # fmt: skip
# Members of the group that hold no commitment, so that their bills are direct invoices.
_UNCONTRACTED = ("Johnsonville Hire Pool Ltd", *(row[0] for row in words.NEW_TO_PROCORE))


def build(builder: Builder) -> None:
    for number in range(BILLS):
        _bill(builder, number)
    for number in range(SPENDS):
        _spend(builder, number)
    _supplier_credit(builder)


def add_bill(builder: Builder, key: object, **fields: Any) -> Record:
    """A bill with its totals; *fields* need Contact, Date, LineItems and Status."""
    bill: Record = {
        **builder.xero.blank_invoice("ACCPAY", fields["Status"]),
        "InvoiceID": builder.guid("bill", key),
        "LineAmountTypes": "Exclusive",
        **fields,
    }
    bill["Contact"] = {"ContactID": bill["Contact"]["ContactID"]}
    bill |= totals(bill["LineItems"], bill["LineAmountTypes"])
    bill["AmountDue"] = bill["Total"]
    builder.xero.invoices[bill["InvoiceID"]] = bill
    builder.xero.contacts[bill["Contact"]["ContactID"]]["IsSupplier"] = True
    return bill


def line(
    builder: Builder,
    key: object,
    description: str,
    account: str,
    amounts: tuple[Decimal, Decimal],
    *,
    amount_types: str = "Exclusive",
    tracking: list[Record] | None = None,
) -> Record:
    """A line of a document: *amounts* are quantity and unit price, the tax is the account's."""
    quantity, price = amounts
    record = builder.xero.accounts[builder.guid("account", account)]
    tax_type = "NONE" if amount_types == "NoTax" else record["TaxType"]
    amount = cents(quantity * price)
    return {
        "LineItemID": builder.guid("line", key),
        "Description": description,
        "Quantity": quantity,
        "UnitAmount": price,
        "LineAmount": amount,
        "AccountCode": account,
        "AccountID": record["AccountID"],
        "TaxType": tax_type,
        "TaxAmount": _tax(amount, basics.TAX_RATES[tax_type], amount_types),
        "Tracking": tracking or [],
    }


def totals(lines: list[Record], amount_types: str) -> Record:
    """SubTotal without tax, TotalTax and Total with it, from rounded lines."""
    amount = sum((row["LineAmount"] for row in lines), Decimal("0.00"))
    tax = sum((row["TaxAmount"] for row in lines), Decimal("0.00"))
    net = amount - tax if amount_types == "Inclusive" else amount
    return {"SubTotal": net, "TotalTax": tax, "Total": net + tax}


def option(builder: Builder, category: str, name: str) -> Record:
    """A tracking option as a line nests it."""
    return {
        "Name": category,
        "Option": name,
        "TrackingCategoryID": builder.guid("category", category),
        "TrackingOptionID": builder.guid("option", category, name),
    }


def _tax(amount: Decimal, rate: Decimal, amount_types: str) -> Decimal:
    if amount_types == "Inclusive":
        return amount - (amount / (1 + rate)).quantize(CENT, ROUND_HALF_UP)
    return cents(amount * rate) if amount_types == "Exclusive" else Decimal("0.00")


def _bill(builder: Builder, number: int) -> None:
    """One of the bookkeepers' bills: on site or in the office, on one project or several."""
    chance = builder.random
    on_site = chance.random() < 0.75
    status = _STATUSES[number % len(_STATUSES)]
    amount_types = _TYPES[number % len(_TYPES)]
    ago = chance.randrange(3, _DAYS)
    dated = builder.today - timedelta(days=ago)
    name = _supplier(builder, on_site)
    initials = "".join(word[0] for word in name.split() if word[0].isascii())
    reference = "" if number % 17 == 16 else f"{initials}{chance.randrange(10_000, 99_999)}"
    lines = _lines(builder, number, on_site, amount_types)
    bill = add_bill(
        builder,
        number,
        Contact={"ContactID": builder.guid("contact", name)},
        Date=dated.isoformat(),
        DueDate=_due(dated).isoformat(),
        InvoiceNumber=reference,
        LineAmountTypes=amount_types,
        LineItems=lines,
        Status="AUTHORISED" if status in ("PAID", "PART") else status,
    )
    _settle(builder, bill, status, number, dated)
    bill["UpdatedDateUTC"] = builder.instant(max(ago - 2, 0) * chance.random())


def _supplier(builder: Builder, on_site: bool) -> str:
    chance = builder.random
    if not on_site:
        return chance.choice(words.OFFICE_SUPPLIERS)
    if chance.random() < 0.6:
        return chance.choice(_UNCONTRACTED)
    return chance.choice(words.SHARED_COMPANIES)[0]


def _lines(builder: Builder, number: int, on_site: bool, amount_types: str) -> list[Record]:
    """One to four lines; every fifth bill on site names several projects, and some a line none."""
    chance = builder.random
    rows = []
    home = chance.choice(projects.HAND_MADE)
    for position in range(chance.randrange(1, 5)):
        what, account = chance.choice(_THINGS if on_site else _OVERHEADS)
        row = chance.choice(projects.HAND_MADE) if number % 5 == 0 else home
        tracking = []
        if on_site and not (number % 11 == 10 and position == 0):
            tracking = [_project_option(builder, row)]
            if chance.random() < 0.85:
                code = chance.choice(projects.HAND_MADE_CODES)
                tracking.append(option(builder, "Cost Codes", code))
        quantity = Decimal(chance.choice(("1", "1", "2", "3", "2.5", "10")))
        rows.append(line(builder, (number, position), what, account,
                         (quantity, builder.amount(18, 1400, step=0)),
                         amount_types=amount_types, tracking=tracking))  # fmt: skip
    return rows


def _project_option(builder: Builder, row: int) -> Record:
    name, number = words.PROJECTS[row][:2]
    return option(builder, "Project", f"{number} {name}")


def _due(dated: date) -> date:
    """The twentieth of the month that follows."""
    return (dated.replace(day=28) + timedelta(days=7)).replace(day=20)


def _settle(builder: Builder, bill: Record, status: str, number: int, dated: date) -> None:
    """Bring the bill to its status: paid in whole or in part, or voided."""
    xero = builder.xero
    on = min(dated + timedelta(days=builder.random.randrange(5, 30)), builder.today)
    reference = f"DC {number:04d}"
    if status == "PAID":
        _pay(builder, bill, bill["Total"], on, reference)
    elif status == "PART":
        _pay(builder, bill, cents(bill["Total"] / 2), on, reference)
    elif status in ("VOIDED", "DELETED"):
        bill |= {"AmountDue": Decimal("0.00")}
    xero.settle_invoice(bill)


def _pay(builder: Builder, bill: Record, amount: Decimal, on: date, reference: str) -> None:
    payment = builder.xero.pay_bill(
        bill["InvoiceID"], amount, on.isoformat(), reference=reference
    )
    payment["UpdatedDateUTC"] = builder.instant((builder.today - on).days)


def _spend(builder: Builder, number: int) -> None:
    """Spend money: card payments on site, tax inclusive as Xero has it by default."""
    chance = builder.random
    ago = chance.randrange(2, 160)
    what, account = chance.choice(_THINGS)
    tracking = [_project_option(builder, chance.choice(projects.HAND_MADE))]
    if number % 6 != 5:
        tracking.append(option(builder, "Cost Codes", chance.choice(projects.HAND_MADE_CODES)))
    lines = [line(builder, ("spend", number), what, account,
                  (Decimal(1), builder.amount(12, 600, step=0)), amount_types="Inclusive",
                  tracking=tracking)]  # fmt: skip
    name = chance.choice((*_UNCONTRACTED, *words.OFFICE_SUPPLIERS))
    bank = builder.xero.accounts[builder.guid("account", "090")]
    builder.add_xero(
        "bank_transactions",
        "BankTransactionID",
        BankTransactionID=builder.guid("spend", number),
        Type="SPEND",
        Status="DELETED" if number % 12 == 11 else "AUTHORISED",
        Contact={"ContactID": builder.guid("contact", name)},
        BankAccount={key: bank[key] for key in ("AccountID", "Code", "Name")},
        Date=builder.day(ago),
        Reference=f"CARD {chance.randrange(1000, 9999)}",
        IsReconciled=number % 3 == 0,
        LineAmountTypes="Inclusive",
        LineItems=lines,
        CurrencyCode="NZD",
        HasAttachments=False,
        UpdatedDateUTC=builder.instant(max(ago - 1, 0)),
        **totals(lines, "Inclusive"),
    )


def _supplier_credit(builder: Builder) -> None:
    """A credit note of a supplier that nobody has used yet."""
    lines = [line(builder, "credit", "Returned geotextile", "330",
                  (Decimal(1), Decimal("240.00")),
                  tracking=[_project_option(builder, projects.HAND_MADE[0])])]  # fmt: skip
    sums = totals(lines, "Exclusive")
    builder.add_xero(
        "credit_notes",
        "CreditNoteID",
        CreditNoteID=builder.guid("credit", 1),
        Type="ACCPAYCREDIT",
        Status="AUTHORISED",
        CreditNoteNumber="TAR-CN-88",
        Contact={"ContactID": builder.guid("contact", words.SHARED_COMPANIES[23][0])},
        Date=builder.day(40),
        LineAmountTypes="Exclusive",
        LineItems=lines,
        CurrencyCode="NZD",
        CurrencyRate=Decimal(1),
        AppliedAmount=Decimal("0.00"),
        RemainingCredit=sums["Total"],
        Allocations=[],
        Payments=[],
        Reference="",
        HasAttachments=False,
        UpdatedDateUTC=builder.instant(39),
        **sums,
    )
