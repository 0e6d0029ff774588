"""How the lines of a bill are coded: a bookkeeper's coding outlives our updates.

An update sends all lines, and Xero takes them for new ones. So what somebody has coded otherwise
than we did is found among the present lines, and goes into the lines that stand for them now.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from airflow_provider_procore_xero.sync.entities.lines import options_of
from airflow_provider_procore_xero.sync.money import money


@dataclass(frozen=True, slots=True, kw_only=True)
class CodedLine:
    """A line as far as its coding goes. *tax* is empty where it says nothing: on untaxed bills."""

    text: str
    amount: str
    options: str
    account: str
    tax: str
    item: str

    @classmethod
    def from_xero(cls, line: Mapping[str, Any], *, taxed: bool = True) -> Self:
        """Read a line as Xero shows it, or as it is sent."""
        amount = line.get("LineAmount")
        if amount is None:
            amount = line["Quantity"] * line["UnitAmount"]
        return cls(
            text=str(line.get("Description") or "").strip(),
            amount=str(money(amount)),
            options="|".join(options_of(line)),
            account=line.get("AccountCode") or "",
            tax=(line.get("TaxType") or "") if taxed else "",
            item=line.get("ItemCode") or "",
        )

    def is_as_sent(self, sent: Sequence[str]) -> bool:
        """Whether the line is one that we coded like this; one that Xero left bare is too."""
        amount, options, account, tax, item = sent
        if (self.amount, self.options) != (amount, options):
            return False
        taxed_so = not tax or not self.tax or self.tax == tax
        return not self.account or (self.account == account and self.item == item and taxed_so)

    def coded(self, line: Mapping[str, Any]) -> dict[str, Any]:
        """Return a line that is to be sent, with the coding of this one."""
        rest = {name: value for name, value in line.items() if name != "ItemCode"}
        rest["AccountCode"] = self.account
        if self.tax:
            rest["TaxType"] = self.tax
        return {**rest, "ItemCode": self.item} if self.item else rest


def coded_lines(record: Mapping[str, Any]) -> tuple[CodedLine, ...]:
    """Return the lines of a bill, or of a payload."""
    taxed = record.get("LineAmountTypes") != "NoTax"
    return tuple(CodedLine.from_xero(x, taxed=taxed) for x in record.get("LineItems") or ())


def coding(payload: Mapping[str, Any]) -> list[list[str]]:
    """Return what the link of a bill remembers of how we coded its lines."""
    return [[x.amount, x.options, x.account, x.tax, x.item] for x in coded_lines(payload)]


def keeping_coding(
    payload: Mapping[str, Any], present: Sequence[CodedLine], sent: Sequence[Sequence[str]]
) -> dict[str, Any]:
    """Return *payload* with what somebody has coded otherwise than we did.

    :param present: the bill's lines as they are now.
    :param sent: how we coded them, as its link remembers.
    """
    lines = list(payload["LineItems"])
    theirs = _recoded(present, sent)
    for now, index in _paired(present, coded_lines(payload)):
        if now in theirs:
            lines[index] = present[now].coded(lines[index])
    return {**payload, "LineItems": lines}


def _recoded(present: Sequence[CodedLine], sent: Sequence[Sequence[str]]) -> set[int]:
    """Return which of the *present* lines are not as we coded them."""
    left, theirs = list(sent), set()
    for index, line in enumerate(present):
        ours = next((each for each in left if line.is_as_sent(each)), None)
        if ours is not None:
            left.remove(ours)
        elif line.account:
            theirs.add(index)
    return theirs


def _paired(present: Sequence[CodedLine], wanted: Sequence[CodedLine]) -> list[tuple[int, int]]:
    """Return which present line stands for which wanted one: the most alike are paired first.

    A line whose amount has changed is still the one of the same text and tracking.
    """
    pairs: dict[int, int] = {}
    for alike in _ALIKE:
        for now, line in enumerate(present):
            free = (i for i in range(len(wanted)) if i not in pairs.values())
            same = next((i for i in free if alike(wanted[i]) == alike(line)), None)
            if now not in pairs and same is not None:
                pairs[now] = same
    return list(pairs.items())


_ALIKE = (
    lambda x: (x.text, x.options, x.amount),
    lambda x: (x.options, x.amount),
    lambda x: (x.text, x.options),
)
