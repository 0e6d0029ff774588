"""Worlds drawn at random: how two offices work together, what is in them, and what people do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from hypothesis import strategies as st

from tests.flows.contractor import Contractor, Record, recently

NUMBERS = ("A-1", "B-2")
VENDORS = ("Terra Works Ltd", "Cook Piling Ltd")
SUPPLIER, STRANGER = "Hire Pool Ltd", "Corner Shop Ltd"
"""Both are in Xero's books; the stranger is no vendor of Procore's."""
CODES = ("02-300", "03-300")
HAND_MADE = ("edit", "void", "unassign", "delete_payment")
PROFILES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "dimension_classic": {"bills": {"retainage_account": "850"}},
    "procore_connector": {
        "projects": {"gate": "stage", "option_name": "{number} {name}"},
        "cost_codes": {"list": "Standard"},
        "bills": {"retainage_item": "RET"},
        "approval": {"backend": "none"},
    },
    "hybrid": {"bills": {"retainage_account": "850"}, "vendors": {"direction": "both"}},
}
RETAINAGE_ACCOUNT = "850"

cents = st.integers(1, 5_000_000).map(lambda n: Decimal(n).scaleb(-2))
either_sign = st.one_of(cents, cents.map(lambda amount: -amount))
places = st.integers(0, 3)


@dataclass(frozen=True)
class Way:
    """What the settings say beside the profile."""

    amounts: str
    paid: str
    negative: str
    notes: str


@dataclass(frozen=True)
class Claim:
    """A claim, and what becomes of its bill in Xero between two nights."""

    place: int
    amounts: tuple[Decimal, Decimal]
    status: str
    dated: bool
    fate: str


@dataclass(frozen=True)
class Change:
    """A change order; its fate is to be claimed or not, approved later, or taken back."""

    place: int
    amounts: Sequence[Decimal]
    fate: str


@dataclass(frozen=True)
class Direct:
    """A document that somebody enters in Xero, and what becomes of it between two nights.

    One that has a *rate* is in another currency (E45).
    """

    kind: str
    contact: str
    project: str | None
    code: str
    amount: Decimal
    tax: str
    rate: str
    fate: str


@dataclass(frozen=True)
class Journal:
    """A journal that moves a cost from one project to the other, or accrues it on the first."""

    kind: str
    code: str
    amount: Decimal


@dataclass(frozen=True)
class World:
    way: Way
    retainage: tuple[int, int, int, int]
    claims: Sequence[Claim]
    changes: Sequence[Change]
    direct: Sequence[Direct]
    journals: Sequence[Journal]


ways = st.builds(
    Way,
    st.sampled_from(["exclusive", "exclusive", "no_tax", "inclusive"]),
    st.sampled_from(["net", "net", "net", "gross"]),
    st.sampled_from(["hold", "credit_note"]),
    st.sampled_from(["explain", "include"]),
)
claims = st.builds(
    Claim,
    places,
    st.tuples(cents, cents),
    st.sampled_from([*["approved"] * 5, "under_review"]),
    st.sampled_from([*[True] * 5, False]),
    st.sampled_from(["leave", "approve", *["part", "paid"] * 3, "advance", *HAND_MADE]),
)
changes = st.builds(
    Change,
    places,
    st.lists(either_sign, min_size=1, max_size=2),
    st.sampled_from(["claimed", "claimed", "stays", "later", "cancelled"]),
)
direct = st.builds(
    Direct,
    st.sampled_from(["bill", "bill", "spend_money", "credit_note", "draft"]),
    st.sampled_from([SUPPLIER, SUPPLIER, VENDORS[0], STRANGER]),
    st.sampled_from([*NUMBERS, None]),
    st.sampled_from(CODES),
    cents,
    st.sampled_from(["Exclusive", "Inclusive", "NoTax"]),
    st.sampled_from(["", "", "0.61", "1.700001", "92.5"]),
    st.sampled_from(["leave", "leave", "edit", "gone"]),
)
journals = st.builds(
    Journal, st.sampled_from(["between", "accrual"]), st.sampled_from(CODES), cents
)
worlds = st.builds(
    World,
    ways,
    st.tuples(*[st.sampled_from([0, 5, 10])] * 4),
    st.lists(claims, min_size=1, max_size=4),
    st.lists(changes, max_size=3),
    st.lists(direct, max_size=3),
    st.lists(journals, max_size=1),
)


def settings_of(profile: str, way: Way) -> dict[str, Any]:
    """Return the settings of a company of this profile that works in this way."""
    own = PROFILES[profile]
    return {
        **own,
        "profile": profile,
        "accounts": {"expense": "310"},
        "bills": {**own["bills"], "negative": way.negative},
        "direct_costs": {"credit_notes": way.notes, "currency": "convert"},
        "journals": {"enabled": True},
        "job_costs": {"enabled": True},
        "tax": {"amounts": way.amounts},
        "payments": {"amount": way.paid},
    }


class Crowd(Contractor):
    """The people of both offices, who do what a world says of them."""

    def __init__(self, simulator: Any, profile: str, world: World) -> None:
        super().__init__(simulator)
        self.profile, self.world = profile, world
        self.contracts: list[Record] = []
        self.orders: list[Record] = []
        self.claims: list[Record] = []
        self.documents: list[Record] = []

    # Before the first night

    def enter_procore(self) -> None:
        """Make two projects, two vendors with a contract on each, change orders and claims."""
        self.xero.add_item("RET", "Retainage", PurchaseDetails={"AccountCode": RETAINAGE_ACCOUNT})
        projects = [self.project(number) for number in NUMBERS]
        alone = self.vendor if self.profile != "dimension_classic" else self.pair
        vendors = [self.pair(VENDORS[0]), alone(VENDORS[1])]
        self.pair(SUPPLIER)
        self.contact(STRANGER, grouped=False)
        self.contracts = [
            self.contract(
                projects[i % 2], vendors[i // 2], number=f"SC-{i}", retainage_percent=kept
            )
            for i, kept in enumerate(self.world.retainage)
        ]
        self.orders = [self._change(change) for change in self.world.changes]
        unclaimed = list(zip(self.world.changes, self.orders, strict=True))
        for claim in self.world.claims:
            mine = [p for p in unclaimed if p[0].place == claim.place and p[0].fate == "claimed"]
            unclaimed = [pair for pair in unclaimed if pair not in mine]
            self.claims.append(self._claim(claim, [order for _, order in mine]))

    def _change(self, change: Change) -> Record:
        contract = self.contracts[change.place]
        codes = [x["wbs_code"]["id"] for x in self.procore.lines_of(contract["id"])]
        return self.procore.add_change_order(
            contract_id=contract["id"],
            status="draft" if change.fate == "later" else "approved",
            title="More, or less",
            lines=[
                {"wbs_code_id": code, "amount": str(amount), "description": "A change"}
                for code, amount in zip(codes, change.amounts, strict=False)
            ],
        )

    def _claim(self, claim: Claim, orders: Sequence[Record]) -> Record:
        """Claim what was done on the contract's lines, and change orders whole."""
        contract = self.contracts[claim.place]
        lines = [
            {"line_item_id": each["id"], "work": amount}
            for each, amount in zip(
                self.procore.lines_of(contract["id"]), claim.amounts, strict=True
            )
        ]
        lines += [
            {"line_item_id": each["id"], "work": each["amount"]}
            for order in orders
            for each in order["line_items"]
        ]
        dates = {} if claim.dated else {"billing_date": None}
        return self.claim(contract, status=claim.status, lines=lines, **dates)

    def enter_xero(self) -> None:
        """Enter, once options and items are there, what bookkeepers enter beside the bills."""
        for number, each in enumerate(self.world.direct):
            self.documents.append(self._document(each, f"HP-{number}"))
        for journal in self.world.journals:
            first = self._line(journal.amount, NUMBERS[0], journal.code)
            other = (
                self._line(-journal.amount, NUMBERS[1], journal.code)
                if journal.kind == "between"
                else {"UnitAmount": str(-journal.amount), "AccountCode": RETAINAGE_ACCOUNT}
            )
            kept = ("AccountCode", "Tracking")
            lines = [
                {"LineAmount": each["UnitAmount"], **{n: each[n] for n in kept if n in each}}
                for each in (first, other)
            ]
            self.xero.add_manual_journal("Costs went elsewhere", lines, on=recently(3))

    def _document(self, each: Direct, number: str) -> Record:
        contact = self._contact(each.contact)
        lines = [self._line(each.amount, each.project, each.code)]
        abroad = {"CurrencyCode": "USD", "CurrencyRate": each.rate} if each.rate else {}
        if each.kind == "spend_money":
            return self.xero.add_spend_money(
                contact, lines, reference=number, amount_types=each.tax, **abroad
            )
        if each.kind == "credit_note":
            return self.xero.add_credit_note(
                contact, lines, number=number, LineAmountTypes=each.tax, **abroad
            )
        status = "DRAFT" if each.kind == "draft" else "AUTHORISED"
        return self.xero.add_bill(
            contact, lines, number=number, status=status, amount_types=each.tax, **abroad
        )

    def _contact(self, name: str) -> str:
        contacts = self.xero.contacts.values()
        return str(next(c["ContactID"] for c in contacts if c["Name"] == name))

    def _line(self, amount: Decimal, project: str | None, code: str) -> Record:
        """Return a line as this company codes them: to an item, or to an option of its code."""
        line: Record = {
            "Description": "Hire",
            "Quantity": "1",
            "UnitAmount": str(amount),
            "AccountCode": "310",
            "Tracking": [],
        }
        if self.profile == "procore_connector":
            line["ItemCode"] = f"{code}.S"
        else:
            line["Tracking"].append({"Name": "Cost Codes", "Option": code})
        if project:
            option = next(name for name in self.options("Project") if name.startswith(project))
            line["Tracking"].append({"Name": "Project", "Option": option})
        return line

    # Between two nights

    def go_on(self) -> None:
        """Do to everything what its fate is."""
        for claim, record in zip(self.world.claims, self.claims, strict=True):
            for bill in self.bills:
                if bill.get("Url", "").endswith(f"/requisitions/{record['id']}"):
                    FATES[claim.fate](self, bill)
        for change, order in zip(self.world.changes, self.orders, strict=True):
            if change.fate in ("later", "cancelled"):
                status = "approved" if change.fate == "later" else "void"
                self.procore.change_change_order(order["id"], status=status)
        for each, document in zip(self.world.direct, self.documents, strict=True):
            self._go_on_with(each, document)

    def _go_on_with(self, each: Direct, document: Record) -> None:
        if each.fate == "leave" or each.kind == "credit_note":
            return
        if each.kind == "spend_money":
            if each.fate == "gone":
                self.xero.delete_spend_money(document["BankTransactionID"])
            return
        if each.fate == "edit":
            changed = [self._line(each.amount + Decimal("0.01"), each.project, each.code)]
            self.xero.edit_bill(document["InvoiceID"], changed)
        elif each.kind == "draft":
            self.xero.delete_bill(document["InvoiceID"])
        else:
            self.xero.void_bill(document["InvoiceID"])


def approve(people: Contractor, bill: Record) -> None:
    people.xero.approve_bill(bill["InvoiceID"])


def part(people: Contractor, bill: Record) -> None:
    people.pay(bill, str((bill["Total"] / 3).quantize(Decimal("0.01"), ROUND_HALF_UP) or "0.01"))


def delete_payment(people: Contractor, bill: Record) -> None:
    people.xero.delete_payment(people.pay(bill, str(bill["Total"]))["PaymentID"])


def advance(people: Contractor, bill: Record) -> None:
    approve(people, bill)
    credit = people.xero.add_prepayment(bill["Contact"]["ContactID"], bill["Total"])
    people.xero.allocate_credit(credit["PrepaymentID"], bill["InvoiceID"], bill["Total"])


def edit(people: Contractor, bill: Record) -> None:
    changed = lines_of(bill)
    changed[0]["UnitAmount"] += Decimal("0.01")
    people.xero.edit_bill(bill["InvoiceID"], changed)


def unassign(people: Contractor, bill: Record) -> None:
    changed = lines_of(bill)
    changed[0]["Tracking"] = [t for t in changed[0]["Tracking"] if t["Name"] != "Project"]
    people.xero.edit_bill(bill["InvoiceID"], changed)
    approve(people, bill)


def void(people: Contractor, bill: Record) -> None:
    approve(people, bill)
    people.xero.void_bill(bill["InvoiceID"])


FATES: dict[str, Callable[[Contractor, Record], Any]] = {
    "leave": lambda people, bill: None,
    "paid": lambda people, bill: people.pay(bill, str(bill["Total"])),
    "approve": approve, "part": part, "advance": advance, "edit": edit, "void": void,
    "unassign": unassign, "delete_payment": delete_payment,
}  # fmt: skip


def lines_of(bill: Record) -> list[Record]:
    """Return a bill's lines as they would be entered again."""
    kept = ("Description", "Quantity", "UnitAmount", "ItemCode", "AccountCode", "TaxType")
    return [
        {name: each[name] for name in (*kept, "Tracking") if name in each}
        for each in bill["LineItems"]
    ]
