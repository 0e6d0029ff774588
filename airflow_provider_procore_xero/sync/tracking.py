"""Tracking categories and their options, as every entity that lives in one needs them.

Xero: ``GET /TrackingCategories?includeArchived=true``; two active categories at most, names of
options unique in a category and at most 100 characters long.
https://developer.xero.com/documentation/api/accounting/trackingcategories
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.sync.entity import Around, Twin
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import Desired, Reason

NAME_LENGTH = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingOption:
    """One value of a tracking category."""

    id: str
    name: str
    active: bool

    @classmethod
    def from_xero(cls, option: Mapping[str, Any]) -> Self:
        return cls(
            id=option["TrackingOptionID"], name=option["Name"], active=option["Status"] == "ACTIVE"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingCategory:
    """A tracking category with every option it has, archived ones too."""

    id: str
    name: str
    options: tuple[TrackingOption, ...]

    @property
    def active(self) -> int:
        """How many active options there are now."""
        return sum(option.active for option in self.options)

    @classmethod
    def named(cls, name: str, categories: Iterable[Mapping[str, Any]]) -> Self:
        """Return the active category called *name*.

        :raises MappingError: ``CATEGORY_MISSING``; a company adds it in Xero, we never do, since
            an organisation has only two.
        """
        for category in categories:
            if _key(category["Name"]) == _key(name) and category["Status"] == "ACTIVE":
                options = tuple(TrackingOption.from_xero(o) for o in category["Options"])
                category_id = category["TrackingCategoryID"]
                return cls(id=category_id, name=category["Name"], options=options)
        raise MappingError(
            f"Xero has no active tracking category called {name!r}.",
            code="CATEGORY_MISSING",
            fix=f"Add the tracking category {name!r} in Xero (Accounting › Advanced › Tracking"
            " categories), or name another in the settings. Two can be active at once.",
        )

    def stopped(self, links: Iterable[Link]) -> frozenset[str]:
        """Return the Procore ids of *links* whose option is archived, or in another category."""
        archived = {option.id for option in self.options if not option.active}
        return frozenset(
            link.procore_id
            for link in links
            if link.xero_id in archived or link.data.get("category_id", self.id) != self.id
        )


@dataclass(kw_only=True)
class TrackingAround(Around):
    """What a future tracking option is judged against.

    :param kind: the kind of link that options of this category are paired under.
    :param to_come: options that this plan creates.
    """

    category: TrackingCategory
    kind: str
    limit: int | None = None
    to_come: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._by_name = {_key(option.name): option for option in self.category.options}
        self._by_id = {option.id: option for option in self.category.options}

    def option(self, option_id: str) -> TrackingOption | None:
        """Return the option with this id, or None where Xero has it no longer."""
        return self._by_id.get(option_id)


def option_twin(record: Any, desired: Desired, around: TrackingAround) -> Twin | None:
    """Return the option of that name, if Xero has one that nothing else is paired with.

    :raises MappingError: where the name is taken, archived, or beyond the limit.
    """
    name = desired.name
    option = around._by_name.get(_key(name))
    if option is None:
        _make_room(name, around)
        return None
    owner = around.links.find(around.kind, "xero", option.id)
    if owner is not None and not owner.planned:
        raise MappingError(
            f"Option {name!r} already stands for {owner.procore_name}.",
            code="OPTION_TAKEN",
            fix="Give one of the two another name or number in Procore.",
        )
    if not option.active:
        raise MappingError(
            f"Option {name!r} is archived in Xero.",
            code="OPTION_ARCHIVED",
            fix="Restore the option in Xero, or rename the record in Procore.",
        )
    return Twin(target_id=option.id)


def option_gone(record: Any, link: Link, around: TrackingAround) -> Reason | None:
    """Return why a linked option can't be used, or None where it can."""
    option = around.option(link.xero_id)
    if option is None:
        return Reason(
            code="OPTION_GONE",
            sentence=f"Option {link.xero_name!r} was deleted in Xero.",
            fix="Unlink the record, so that the next run makes a new option.",
        )
    if not option.active:
        return Reason(
            code="OPTION_ARCHIVED",
            sentence=f"Option {option.name!r} is archived in Xero.",
            fix="Restore the option in Xero, or unlink the record.",
        )
    return None


def not_by_hand(
    to_option: Callable[[Any, Any], Desired],
) -> Callable[[Any, Link, TrackingAround], Reason | None]:
    """Return what says why an option is left as it is: it is gone, or people named it anew.

    The name that somebody gave an option in Xero is followed on documents. Only where its record
    would now rename it as well, one name would be lost, and that is for people to decide.
    """

    def drifted(record: Any, link: Link, around: TrackingAround) -> Reason | None:
        if reason := option_gone(record, link, around):
            return reason
        option = around.option(link.xero_id)
        desired = to_option(record, around)
        same = option is None or option.name in (desired.name, link.data.get("wanted"))
        kept = not link.held or (option and fingerprint({"Name": option.name}) == link.held)
        if option is None or same or kept or fingerprint(desired.payload) == link.wrote:
            return None
        return Reason(
            code="OPTION_RENAMED",
            sentence=f"{record.title} would rename its option to {desired.name!r}, but somebody"
            f" renamed it in Xero to {option.name!r}.",
            fix="Rename the option in Xero to what it should be called, or unlink the record.",
        )

    return drifted


def option_url(option_id: str, data: Mapping[str, Any], around: TrackingAround) -> str:
    """Return the page of the category; an option has none of its own."""
    return around.pages.tracking(around.category.id)


def _make_room(name: str, around: TrackingAround) -> None:
    if _key(name) in around.to_come:
        raise MappingError(
            f"Two records of this run would become option {name!r}.",
            code="OPTION_TAKEN",
            fix="Give one of the two another name or number in Procore.",
        )
    if around.limit is not None and around.category.active + len(around.to_come) >= around.limit:
        raise MappingError(
            f"Category {around.category.name!r} already has {around.limit} active options.",
            code="OPTION_LIMIT",
            fix="Archive options that are no longer used, or raise projects.option_limit.",
        )
    around.to_come.add(_key(name))


def _key(name: str) -> str:
    """Return what makes two option names one to Xero: letter case and outer spaces don't count."""
    return " ".join(name.split()).casefold()
