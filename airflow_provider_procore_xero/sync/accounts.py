"""Which Xero account a line posts to, and whether it may."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from airflow_provider_procore_xero.sync.settings import AccountSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A Xero account, ``GET /Accounts``."""

    code: str
    name: str
    active: bool
    type: str
    tax_type: str

    @classmethod
    def from_xero(cls, record: Mapping[str, Any]) -> Self:
        return cls(
            code=record.get("Code") or "",
            name=record["Name"],
            active=record["Status"] == "ACTIVE",
            type=record["Type"],
            tax_type=record.get("TaxType") or "",
        )

    @property
    def takes_lines(self) -> bool:
        """Whether a bill's line may post here: active, and no bank account."""
        return self.active and self.type != "BANK"


def account_code(settings: AccountSettings, cost_code: str, cost_type: str) -> str | None:
    """Return the account of a line: by its cost code, else its cost type, else the default.

    Of several patterns that fit the code, the longest counts.
    """
    fitting = [p for p in settings.by_cost_code if fnmatchcase(cost_code, p)]
    if fitting:
        return settings.by_cost_code[max(fitting, key=len)]
    return settings.by_cost_type.get(cost_type, settings.expense)
