"""Standard cost codes become options of a second Xero tracking category.

Procore: ``GET /rest/v1.0/standard_cost_codes?view=extended`` of each standard list. Codes that only
a project has are on no standard list, so they never go over.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from airflow_provider_procore_xero.sync.entity import Condition, Entity, MapRow
from airflow_provider_procore_xero.sync.links import Link, Links
from airflow_provider_procore_xero.sync.plan import Desired
from airflow_provider_procore_xero.sync.text import cut, plain
from airflow_provider_procore_xero.sync.tracking import (
    NAME_LENGTH,
    TrackingAround,
    not_by_hand,
    option_twin,
    option_url,
)

if TYPE_CHECKING:
    from airflow_provider_procore_xero.sync.settings import CostCodeSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class CostCode:
    """A code of a standard list; *code* is the full one, ``02-300``."""

    id: int
    code: str
    name: str

    @classmethod
    def from_procore(cls, record: Mapping[str, Any], around: Any = None) -> Self:
        """Read one record of ``GET /rest/v1.0/standard_cost_codes?view=extended``."""
        return cls(id=record["id"], code=plain(record["full_code"]), name=plain(record["name"]))

    @property
    def title(self) -> str:
        return f"{self.code} {self.name}".strip()


def option_name(code: str, name: str, settings: CostCodeSettings) -> str:
    """Return the option's name: ``code_format`` without a cost type, in at most 100 characters."""
    text = settings.code_format.format(cost_code=code, cost_type="", name=name)
    return cut(plain(text).strip(" .-"), NAME_LENGTH)


def to_option(code: CostCode, around: TrackingAround) -> Desired:
    """Return the tracking option that should stand in Xero for *code*."""
    name = option_name(code.code, code.name, around.settings.cost_codes)
    data = {"code": code.code, "category_id": around.category.id}
    return Desired(payload={"Name": name}, name=name, data=data)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaves:
    """The codes that a document may use: those of the list that no other is under."""

    ids: frozenset[str]
    codes: frozenset[str]

    @classmethod
    def of(cls, rows: Iterable[Mapping[str, Any]]) -> Self:
        """Read the whole standard list."""
        found = leaves(rows)
        return cls(
            ids=frozenset(str(row.get("id")) for row in found),
            codes=frozenset(plain(row.get("full_code")) for row in found),
        )

    def has(self, link: Link) -> bool:
        """Whether the list has the code of *link*, be it entered anew; of an item without type."""
        return link.procore_id.partition(".")[0] in self.ids or link.data.get("code") in self.codes


def leaves(codes: Iterable[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return the codes that no other one is under: only those can be charged to."""
    rows = list(codes)
    heads = {row.get("parent_id") for row in rows}
    return [row for row in rows if row.get("id") not in heads]


def by_code(links: Links) -> dict[str, Link]:
    """Return the links of cost codes that can be used, by the code that documents carry."""
    return {
        str(link.data["code"]): link
        for link in links.of("cost_code")
        if link.state == "active" and "code" in link.data
    }


CONDITIONS = (
    Condition(
        code="COST_CODE_EMPTY",
        asks="Does it have a code?",
        met=lambda r, a: bool(r.code),
        sentence="Standard cost code {r.name!r} has no code.",
        fix="Give it a code in Procore's company settings.",
    ),
)

ENTITY = Entity(
    name="cost_codes",
    kind="cost_code",
    source="procore",
    target="xero",
    batch=1,
    parse=CostCode.from_procore,
    conditions=CONDITIONS,
    desired=to_option,
    twin=option_twin,
    drifted=not_by_hand(to_option),
    source_url=lambda r, a: a.pages.cost_codes(),
    target_url=option_url,
    mapping=(
        MapRow(
            r="R42",
            source="Standard cost code `full_code`, `name`",
            target="Tracking option `Name`, in the category `cost_codes.tracking_category`",
            rule="`cost_codes.code_format` without the cost type, at most 100 characters",
        ),
    ),
)
