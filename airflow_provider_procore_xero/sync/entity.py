"""What one entity is: its conditions, its map and its twin, as data that everything else reads.

A run's holds, ``doctor``, ``explain`` and the tables in the docs all come from here, so they can't
differ.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from airflow_provider_procore_xero.sync.links import Link, Links, System
from airflow_provider_procore_xero.sync.pages import Pages
from airflow_provider_procore_xero.sync.plan import Change, Desired, FieldChange, Reason, rewrites
from airflow_provider_procore_xero.sync.text import plain

if TYPE_CHECKING:
    from airflow_provider_procore_xero.sync.settings import Settings


class Record(Protocol):
    """A record of the source, typed. ``gone`` means that the source has it no longer."""

    @property
    def id(self) -> Any: ...

    @property
    def title(self) -> str: ...


@dataclass(kw_only=True)
class Around:
    """What a record is judged against; entities add their own small lists.

    :param held_now: fingerprint by target id, of the targets that were read in this run.
    :param one: True where a person asked for this very record: bulk gates don't apply.
    :param inactive: ids of projects that are switched off in Procore.
    :param closed: cost codes, or codes of items, that no new document may use.
    :param broken: by record id, why what belongs to a record could not be read.
    """

    settings: Settings
    links: Links
    pages: Pages
    held_now: Mapping[str, str] = field(default_factory=dict)
    one: bool = False
    inactive: frozenset[str] = frozenset()
    closed: frozenset[str] = frozenset()
    broken: dict[Any, Exception] = field(default_factory=dict)

    def linked(self, kind: str, procore_id: Any) -> bool:
        """Whether the Procore record has a counterpart that stands, or will by this plan."""
        link = self.links.find(kind, "procore", procore_id)
        return link is not None and link.state == "active"

    def refuses(self, code: str, kind: str, record_id: Any) -> bool:
        """Whether *code* is closed to a record; what was sent before may still be corrected."""
        return code in self.closed and not self.linked(kind, record_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One thing that must be so before a record goes over.

    :param asks: the question in words, for the docs and for ``explain``.
    :param met: ``met(record, around)`` is True where it is so.
    :param sentence: why not; ``{r}`` is the record, ``{s}`` the settings, ``{a}`` what it was
        judged against, ``{d}`` what *detail* says of it.
    :param waits: nobody must act, the record is just not ready.
    :param of_linked: it asks something of records that are linked already, and nothing of others.
    """

    code: str
    asks: str
    met: Callable[[Any, Any], bool]
    sentence: str
    fix: str
    waits: bool = False
    of_linked: bool = False
    detail: Callable[[Any, Any], str] = lambda record, around: ""

    def reason(self, record: Record, around: Around) -> Reason:
        """Return why *record* does not meet this."""
        words = {"r": record, "s": around.settings, "a": around, "d": self.detail(record, around)}
        return Reason(
            code=self.code,
            sentence=plain(self.sentence.format(**words)),
            fix=plain(self.fix.format(**words)),
            waits=self.waits,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """A record of the target that is the counterpart already, though no link says so.

    :param right: it holds what it should; nothing needs writing but the link.
    :param held: fingerprint of what it holds, where drift is watched.
    :param data: what the link must remember of it.
    :param reasons: what a person must know of it all the same.
    """

    target_id: str
    right: bool = True
    held: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[FieldChange, ...] = ()
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MapRow:
    """One row of the mapping table in the docs.

    :param r: the numbers of the requirements that it meets, as tests have them in their names.
    """

    source: str
    target: str
    rule: str = ""
    r: str = ""


def no_twin(record: Any, desired: Desired, around: Any) -> Twin | None:
    """Look nowhere: what has no link has no counterpart."""
    return None


def write_whole(
    link: Link, desired: Desired, around: Any
) -> tuple[Desired, tuple[FieldChange, ...]]:
    """Send the whole payload again."""
    return desired, ()


def never_drifts(record: Any, link: Link, around: Any) -> Reason | None:
    """Take no notice of edits in the target."""
    return None


def never_taken(record: Any, link: Link, desired: Desired, around: Any) -> Twin | None:
    """Write to what a person has linked as to any other."""
    return None


def all_alike(change: Any) -> str:
    """Any changes of the entity can be written by one call."""
    return ""


def no_page(*_: Any) -> str:
    """There is no page to link to."""
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entity:
    """One direction of one kind of record.

    :param name: as in XCom, params and the page's API.
    :param kind: what its links pair.
    :param batch: records in one write; 1 where the target takes one at a time.
    :param alike: what the changes of one write have in common, where it takes more than one call
        to write all: a batch must be one call, or a refusal of the second sends the first again.
    :param parse: ``parse(raw, around)``; reads with ``[...]``, decides nothing.
    :param desired: ``desired(record, around)``; None where the counterpart must go.
    :param twin: finds a counterpart that no link knows of.
    :param once: fields that only a new counterpart is given; from then on they are others' work.
    :param change: what an update sends: the whole payload, or only what differs.
    :param drifted: why the counterpart is no longer what we left, where somebody edited it.
    :param taken: how a counterpart stands that a person has linked, where nothing is written to it.
    :param sets: to create and to update is one to the target, so both go in one write.
    :param rewrites: whether a change counts for ``safety.max_change_percent``.
    :param refers_to: kinds of links that the map looks up.
    :param locked_last: what makes it unique in the target is written last, so that a second one can
        be begun while the first is on its way.
    """

    name: str
    kind: str
    source: System
    target: System
    batch: int
    parse: Callable[[Mapping[str, Any], Any], Any]
    conditions: tuple[Condition, ...]
    desired: Callable[[Any, Any], Desired | None]
    alike: Callable[[Any], str] = all_alike
    twin: Callable[[Any, Desired, Any], Twin | None] = no_twin
    once: frozenset[str] = frozenset()
    change: Callable[[Link, Desired, Any], tuple[Desired, tuple[FieldChange, ...]]] = write_whole
    drifted: Callable[[Any, Link, Any], Reason | None] = never_drifts
    taken: Callable[[Any, Link, Desired, Any], Twin | None] = never_taken
    source_url: Callable[[Any, Any], str] = no_page
    target_url: Callable[[str, Mapping[str, Any], Any], str] = no_page
    sets: bool = False
    rewrites: Callable[[Change], bool] = rewrites
    refers_to: tuple[str, ...] = ()
    locked_last: bool = False
    mapping: tuple[MapRow, ...] = ()

    def lasting(self, payload: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what of *payload* an update sends too; a change of the rest changes nothing."""
        return {k: v for k, v in payload.items() if k not in self.once} if self.once else payload

    def link(
        self, source_id: str, target_id: str, *, source_name: str, target_name: str, **rest: Any
    ) -> Link:
        """Return the link that pairs a source with a target record, whichever side is which."""
        ends: dict[str, Any] = {
            f"{self.source}_id": source_id,
            f"{self.target}_id": target_id,
            f"{self.source}_name": source_name,
            f"{self.target}_name": target_name,
        }
        return Link(kind=self.kind, **ends, **rest)
