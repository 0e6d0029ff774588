"""Cost codes become items: one for each code with a cost type, with the accounts it posts to.

Procore: standard cost codes of the list that ``cost_codes.list`` names, paired with the cost types
that budget codes of projects give them. Xero: ``Items``, unique by ``Code``; ``PUT`` for new ones,
``POST`` with the id for others. https://developer.xero.com/documentation/api/accounting/items
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.sync.accounts import Account, account_code
from airflow_provider_procore_xero.sync.entities.order_lines import item_code
from airflow_provider_procore_xero.sync.entity import Around, Condition, Entity, MapRow, Twin
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import Desired, FieldChange, Reason, differences
from airflow_provider_procore_xero.sync.text import cut, plain

if TYPE_CHECKING:
    from airflow_provider_procore_xero.sync.settings import CostCodeSettings

NAME_LENGTH = 50
DESCRIPTION_LENGTH = 4000
BATCH = 100
"""Xero takes 500 items in a call, and recommends no more than this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """An item as Xero holds it now.

    :param account: what a bill's line with this item posts to, where the line does not say.
    :param usable: bills may name it: it is purchased, and no stock is kept of it.
    """

    id: str
    code: str
    name: str
    account: str
    tax_type: str
    usable: bool

    @classmethod
    def from_xero(cls, record: Mapping[str, Any]) -> Self:
        """Read one record of ``GET /Items``."""
        details = record.get("PurchaseDetails") or {}
        return cls(
            id=record["ItemID"],
            code=record["Code"],
            name=record.get("Name") or "",
            account=details.get("AccountCode") or "",
            tax_type=details.get("TaxType") or "",
            usable=record.get("IsPurchased") is not False
            and not record.get("IsTrackedAsInventory"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeAndType:
    """A standard cost code with one cost type; *id* is the code's id and the type's code."""

    id: str
    code: str
    cost_type: str
    name: str

    @classmethod
    def from_procore(cls, record: Mapping[str, Any], around: Any = None) -> Self:
        """Read what :func:`pair_row` made."""
        return cls(
            id=record["id"],
            code=plain(record["full_code"]),
            cost_type=plain(record["cost_type"]),
            name=plain(record["name"]),
        )

    @property
    def title(self) -> str:
        return " ".join(word for word in (self.code, self.cost_type, self.name) if word)


def by_type(settings: CostCodeSettings) -> bool:
    """Whether each cost type of a code is an item of its own."""
    return "{cost_type}" in settings.code_format


def pair_row(code: Mapping[str, Any], cost_type: str, settings: CostCodeSettings) -> dict[str, Any]:
    """Return the record of a standard cost code with a cost type, which counts if items have it."""
    kind = cost_type if by_type(settings) else ""
    return {
        "id": f"{code['id']}.{kind}" if kind else str(code["id"]),
        "full_code": code["full_code"],
        "name": code["name"],
        "cost_type": kind,
    }


@dataclass(kw_only=True)
class ItemsAround(Around):
    """What a code with a type is judged against.

    :param items: every item of the organisation.
    :param accounts: the chart of accounts, by code.
    :param to_come: codes of the items that this plan creates.
    """

    items: tuple[Item, ...]
    accounts: Mapping[str, Account]
    to_come: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._by_id = {item.id: item for item in self.items}
        self._by_code = {item.code.casefold(): item for item in self.items}

    def item(self, item_id: str) -> Item | None:
        """Return the item with this id, or None where Xero has it no longer."""
        return self._by_id.get(item_id)

    def coded(self, code: str) -> Item | None:
        """Return the item with this code, in whatever letter case."""
        return self._by_code.get(code.casefold())

    def code(self, pair: CodeAndType) -> str:
        return item_code(pair.code, pair.cost_type, pair.name, self.settings.cost_codes)

    def accounts_of(self, pair: CodeAndType) -> tuple[str, str]:
        """Return the expense and the income account that a pair's item is made with.

        They are chosen once. What a linked item was made with stands, whatever the settings say
        now: from then on its accounts are the bookkeeper's.
        """
        link = self.links.find("item", "procore", pair.id)
        if link is not None and "expense" in link.data:
            return str(link.data["expense"]), str(link.data.get("income") or "")
        accounts = self.settings.accounts
        return account_code(accounts, pair.code, pair.cost_type) or "", accounts.income or ""


def to_item(pair: CodeAndType, around: ItemsAround) -> Desired:
    """Return the item that should stand in Xero for *pair*."""
    code = around.code(pair)
    expense, income = around.accounts_of(pair)
    payload = {
        "Code": code,
        "Name": cut(pair.name or pair.code, NAME_LENGTH),
        "PurchaseDescription": cut(pair.name or pair.code, DESCRIPTION_LENGTH),
        "IsPurchased": True,
        "PurchaseDetails": {"AccountCode": expense},
        "IsSold": bool(income),
    }
    if income:
        payload["SalesDetails"] = {"AccountCode": income}
    data = {"code": pair.code, "cost_type": pair.cost_type, "expense": expense, "income": income}
    return Desired(payload=payload, name=code, data=data)


def item_twin(pair: CodeAndType, desired: Desired, around: ItemsAround) -> Twin | None:
    """Return the item of that code, if Xero has one that nothing else is paired with.

    It is linked as it is: what a bookkeeper entered is not overwritten.

    :raises MappingError: where the code is taken, or the item is no good for bills.
    """
    code = desired.name
    item = around.coded(code)
    if item is None:
        if code.casefold() in around.to_come:
            raise _taken(f"Two cost codes of this run would become item {code!r}.")
        around.to_come.add(code.casefold())
        return None
    owner = around.links.find("item", "xero", item.id)
    if owner is not None and not owner.planned:
        raise _taken(f"Item {item.code!r} already stands for {owner.procore_name}.")
    if item.code != code or not item.usable:
        why = "is not for purchases, or stock is kept of it" if item.code == code else "is there"
        raise MappingError(
            f"Item {item.code!r} {why}, so it can't stand for cost code {code!r}.",
            code="ITEM_UNUSABLE",
            fix="Give the item another code in Xero, or make it one that is purchased and not"
            " tracked.",
        )
    return Twin(target_id=item.id, held=as_held(item.code))


def _taken(sentence: str) -> MappingError:
    return MappingError(
        sentence,
        code="ITEM_CODE_TAKEN",
        fix="Give one of the two cost codes another code in Procore, or change"
        " cost_codes.code_format so that they differ.",
    )


def as_held(code: str) -> str:
    """Return the fingerprint of what must stay of an item: its code, which lines name."""
    return fingerprint({"Code": code})


def item_drifted(pair: CodeAndType, link: Link, around: ItemsAround) -> Reason | None:
    """Return why a linked item can't be named by a line, or None where it can."""
    item = around.item(link.xero_id)
    if item is None:
        return Reason(
            code="ITEM_GONE",
            sentence=f"Item {link.xero_name!r} was deleted in Xero.",
            fix="Unlink the cost code, so that the next run makes a new item.",
        )
    if item.code not in (link.xero_name, around.code(pair)):
        return Reason(
            code="ITEM_RECODED",
            sentence=f"Item {link.xero_name!r} has the code {item.code!r} in Xero now.",
            fix="Give it its code again in Xero, or unlink the cost code.",
        )
    return None


def own_fields(
    link: Link, desired: Desired, around: ItemsAround
) -> tuple[Desired, tuple[FieldChange, ...]]:
    """Send the code and the name only: accounts, prices and texts are the bookkeeper's."""
    item = around.item(link.xero_id)
    part = {name: desired.payload[name] for name in ("Code", "Name")}
    before = {"Code": item.code, "Name": item.name} if item else {}
    fields = differences(before, part)
    return Desired(payload=part, name=desired.name, data=desired.data), fields


def accounts_missing(pair: CodeAndType, around: ItemsAround) -> str:
    """Return the accounts that the item would carry and that Xero has not, or has archived."""
    if around.linked("item", pair.id):
        return ""
    known = {code for code, account in around.accounts.items() if account.takes_lines}
    return ", ".join(code for code in around.accounts_of(pair) if code and code not in known)


CONDITIONS = (
    Condition(
        code="COST_CODE_EMPTY",
        asks="Does it have a code?",
        met=lambda r, a: bool(r.code and a.code(r)),
        sentence="Standard cost code {r.name!r} has no code.",
        fix="Give it a code in Procore's company settings.",
    ),
    Condition(
        code="ACCOUNT_NOT_SET",
        asks="Do the settings name an expense account for it?",
        met=lambda r, a: bool(a.accounts_of(r)[0]),
        sentence="The settings name no account for cost code {r.title}.",
        fix="Set accounts.expense in the settings file to the account that costs post to.",
    ),
    Condition(
        code="ACCOUNT_UNKNOWN",
        asks="Does Xero have its accounts, active?",
        met=lambda r, a: not accounts_missing(r, a),
        sentence="Cost code {r.title} would post to accounts that Xero has not, or has"
        " archived: {d}.",
        detail=accounts_missing,
        fix="Correct the account codes in the settings file.",
    ),
)

ENTITY = Entity(
    name="cost_codes",
    kind="item",
    source="procore",
    target="xero",
    batch=BATCH,
    parse=CodeAndType.from_procore,
    conditions=CONDITIONS,
    desired=to_item,
    twin=item_twin,
    change=own_fields,
    drifted=item_drifted,
    source_url=lambda r, a: a.pages.cost_codes(),
    mapping=(
        MapRow(
            r="R62",
            source="Standard cost code `full_code`, cost type `code`",
            target="Item `Code`",
            rule="`cost_codes.code_format`, at most 30 characters; what is cut leaves a hash",
        ),
        MapRow(
            r="R63",
            source="Standard cost code `name`",
            target="Item `Name`, `PurchaseDescription`",
            rule="at most 50 characters in the name; the description has all of it, and is sent"
            " only when the item is made",
        ),
        MapRow(
            r="R65",
            source="`accounts.by_cost_code`, else `by_cost_type`, else `expense`",
            target="Item `PurchaseDetails.AccountCode`",
            rule="only when it is made; from then on it is the bookkeeper's",
        ),
        MapRow(
            r="R65",
            source="`accounts.income`",
            target="Item `SalesDetails.AccountCode`",
            rule="only when it is made; without it the item is purchased and not sold",
        ),
    ),
)
