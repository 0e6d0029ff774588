"""What the bookkeepers entered in Xero themselves: bills, spend money, payments."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

from . import projects, words
from .builder import Builder, Record, cents

BILLS = 120
SPENDS = 24
_DAYS = 230  # how far back the books go; the oldest lie in the locked period

# In turn; most are approved. PART is half paid, BATCH paid with others, UNDONE paid in error.
_STATUSES = (
    "AUTHORISED", "PAID", "AUTHORISED", "BATCH", "DRAFT", "PAID", "AUTHORISED", "PART",
    "AUTHORISED", "SUBMITTED", "AUTHORISED", "PAID", "UNDONE", "VOIDED", "AUTHORISED",
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
    for code in projects.HAND_MADE_CODES:
        _item(builder, code)
    for number in range(BILLS):
        _bill(builder, number)
    for number in range(SPENDS):
        _spend(builder, number)
    _supplier_credit(builder)
    _journals(builder)


def _item(builder: Builder, code: str) -> None:
    """The item of a cost code: lines name it beside the code's option, whichever is read later."""
    name = next(
        row["name"] for row in builder.procore.cost_codes.values() if row["full_code"] == code
    )
    details = {"AccountCode": "310", "TaxType": "INPUT2"}
    item = builder.xero.add_item(item_code(code), name, IsSold=False, PurchaseDetails=details)
    builder.stamped(item, changed=400)


def item_code(code: str) -> str:
    """What the bookkeeper calls the item of a cost code: subcontracts are the usual cost."""
    return f"{code}.S"


def _bill(builder: Builder, number: int) -> None:
    """One bill: of a site or of the office, on one project or several."""
    chance = builder.random
    on_site = chance.random() < 0.75
    ago = chance.randrange(3, _DAYS)
    dated = builder.today - timedelta(days=ago)
    name = _supplier(builder, on_site)
    initials = "".join(word[0] for word in name.split() if word[0].isascii())
    status = _STATUSES[number % len(_STATUSES)]
    bill = builder.xero.add_bill(
        builder.contact_id(name),
        _lines(builder, number, on_site),
        # A few have no reference; Xero lets bookkeepers leave it out.
        number="" if number % 17 == 16 else f"{initials}{chance.randrange(10_000, 99_999)}",
        on=dated.isoformat(),
        due=_due(dated).isoformat(),
        status="AUTHORISED" if status in ("PAID", "PART", "BATCH", "UNDONE", "VOIDED") else "DRAFT",
        amount_types=_TYPES[number % len(_TYPES)],
    )
    _settle(builder, bill, status, number, dated)
    builder.stamped(bill, changed=max(ago - 2, 0) * chance.random())


def _supplier(builder: Builder, on_site: bool) -> str:
    chance = builder.random
    if not on_site:
        return chance.choice(words.OFFICE_SUPPLIERS)
    if chance.random() < 0.6:
        return chance.choice(_UNCONTRACTED)
    return chance.choice(words.SHARED_COMPANIES)[0]


def _lines(builder: Builder, number: int, on_site: bool) -> list[Record]:
    """One to four lines; every fifth bill names several projects, a few lines name none."""
    chance = builder.random
    rows: list[Record] = []
    home = chance.choice(projects.HAND_MADE)
    for position in range(chance.randrange(1, 5)):
        what, account = chance.choice(_THINGS if on_site else _OVERHEADS)
        index = chance.choice(projects.HAND_MADE) if number % 5 == 0 else home
        named = on_site and not (number % 11 == 10 and position == 0)
        rows.append({
            "Description": what,
            "Quantity": Decimal(chance.choice(("1", "1", "2", "3", "2.5", "10"))),
            "UnitAmount": builder.amount(18, 1400, step=0),
            "AccountCode": account,
            **(_coding(builder, index, coded=chance.random() < 0.85) if named else {}),
        })  # fmt: skip
    return rows


def _coding(builder: Builder, index: int, *, coded: bool) -> Record:
    """What a line is coded to: its project and, if *coded*, a cost code, as option and as item."""
    tracking = [{"Name": "Project", "Option": projects.option_name(index)}]
    if not coded:
        return {"Tracking": tracking}
    code = builder.random.choice(projects.HAND_MADE_CODES)
    return {
        "Tracking": [*tracking, {"Name": "Cost Codes", "Option": code}],
        "ItemCode": item_code(code),
    }


def _due(dated: date) -> date:
    """The twentieth of the month that follows."""
    return (dated.replace(day=28) + timedelta(days=7)).replace(day=20)


def _settle(builder: Builder, bill: Record, status: str, number: int, dated: date) -> None:
    """Bring the bill to its status: submitted, paid in whole or in part, voided, ..."""
    xero, key = builder.xero, bill["InvoiceID"]
    if status == "VOIDED":
        xero.void_bill(key)
    elif status == "DELETED":
        xero.delete_bill(key)
    elif status == "AUTHORISED":
        xero.approve_bill(key)
    elif status == "SUBMITTED":
        xero.edit_bill(key, Status=status)
    elif status != "DRAFT":
        _pay(builder, bill, status, number, dated)


def _pay(builder: Builder, bill: Record, status: str, number: int, dated: date) -> None:
    on = min(dated + timedelta(days=builder.random.randrange(5, 30)), builder.today)
    payment = builder.xero.pay_bill(
        bill["InvoiceID"],
        cents(bill["Total"] / 2) if status == "PART" else bill["Total"],
        on.isoformat(),
        reference=f"DC {number:04d}",
        batch=f"Supplier run {number // 60 + 1}" if status == "BATCH" else None,
    )
    if status == "UNDONE":
        builder.xero.delete_payment(payment["PaymentID"])
    builder.stamped(payment, changed=(builder.today - on).days)


def _spend(builder: Builder, number: int) -> None:
    """Spend money: card payments on site, tax inclusive as Xero has it by default."""
    chance = builder.random
    ago = chance.randrange(2, 160)
    what, account = chance.choice(_THINGS)
    name = chance.choice((*_UNCONTRACTED, *words.OFFICE_SUPPLIERS))
    index = chance.choice(projects.HAND_MADE)
    record = builder.xero.add_spend_money(
        builder.contact_id(name),
        [{"Description": what, "Quantity": Decimal(1), "AccountCode": account,
          "UnitAmount": builder.amount(12, 600, step=0),
          **_coding(builder, index, coded=number % 6 != 5)}],
        on=builder.day(ago),
        reference=f"CARD {chance.randrange(1000, 9999)}",
        IsReconciled=number % 3 == 0,
    )  # fmt: skip
    if number % 12 == 11:
        builder.xero.delete_spend_money(record["BankTransactionID"])
    builder.stamped(record, changed=ago - 1)


def _supplier_credit(builder: Builder) -> None:
    """A credit note of a supplier that nobody has used yet."""
    note = builder.xero.add_credit_note(
        builder.contact_id("Taranaki Pipe Supplies Ltd"),
        [{"Description": "Returned couplings", "Quantity": Decimal(1), "AccountCode": "330",
          "UnitAmount": Decimal("240.00"),
          **_coding(builder, projects.HAND_MADE[0], coded=False)}],
        number="TPS-CN-88",
        on=builder.day(40),
    )  # fmt: skip
    builder.stamped(note, changed=39)


def _journals(builder: Builder) -> None:
    """Diesel that was charged to the wrong site, moved; and a draft that is no cost yet."""
    wrong, right = (_journal_tracking(index) for index in projects.HAND_MADE[:2])
    moved = builder.xero.add_manual_journal(
        "Diesel of the excavator, charged to the wrong site",
        [{"LineAmount": Decimal("480.00"), "AccountCode": "330", "Tracking": right},
         {"LineAmount": Decimal("-480.00"), "AccountCode": "330", "Tracking": wrong}],
        on=builder.day(33),
    )  # fmt: skip
    accrued = builder.xero.add_manual_journal(
        "Crane hire, entered as an overhead",
        [{"LineAmount": Decimal("2150.00"), "AccountCode": "340", "Tracking": right},
         {"LineAmount": Decimal("-2150.00"), "AccountCode": "429"}],
        on=builder.day(4),
        status="DRAFT",
    )  # fmt: skip
    builder.stamped(moved, changed=32)
    builder.stamped(accrued, changed=4)


def _journal_tracking(index: int) -> list[Record]:
    options = (
        ("Project", projects.option_name(index)),
        ("Cost Codes", projects.HAND_MADE_CODES[0]),
    )
    return [{"Name": name, "Option": option} for name, option in options]
