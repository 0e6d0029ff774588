"""What a result means: an outcome for people, and a link for later runs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow_provider_procore_xero.errors import LinkTaken
from airflow_provider_procore_xero.sync.entity import Entity, no_page
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import (
    About,
    Adopt,
    Change,
    Create,
    Reason,
    Remove,
    Stored,
    Update,
)
from airflow_provider_procore_xero.sync.report import Outcome, What
from airflow_provider_procore_xero.sync.results import Page, Refused, Result, Saved


def outcome_of(entity: Entity, stored: Stored, result: Result, page: Page = no_page) -> Outcome:
    """Return what *result* means for a person."""
    change, url = stored.change, getattr(stored.change, "target_url", "")
    if isinstance(result, Refused):
        return _outcome(
            entity,
            stored.about,
            "refused",
            target_url=url,
            target_id=getattr(change, "target_id", ""),
            reasons=tuple(
                Reason(code="REFUSED", sentence=error, fix=result.fix) for error in result.errors
            ),
        )
    return _outcome(
        entity,
        stored.about,
        "drifted" if result.reasons else done(change),
        target_url=url or page(result.target_id, _data(change, result)),
        target_id=result.target_id,
        reasons=result.reasons,
        fields=getattr(change, "fields", ()),
    )


def withheld(entity: Entity, stored: Stored, reason: Reason) -> Outcome:
    """Return that a change was planned and, for *reason*, not written."""
    return _outcome(
        entity,
        stored.about,
        "held",
        target_url=getattr(stored.change, "target_url", ""),
        target_id=getattr(stored.change, "target_id", ""),
        reasons=(reason,),
    )


def lost(entity: Entity, stored: Stored, why: str) -> Outcome:
    """Return that the answer to a write was lost; the next run looks what became of it."""
    return _outcome(entity, stored.about, "in_doubt", reasons=(doubt_reason(why),))


def still_in_doubt(entity: Entity, stored: Stored, why: str) -> Outcome:
    """Return that looking for a write told nothing, so that a person has to."""
    reason = Reason(
        code="IN_DOUBT",
        sentence=why,
        fix="Look in both systems, keep one of the two, and link it by hand.",
    )
    return _outcome(entity, stored.about, "in_doubt", reasons=(reason,))


def clash(entity: Entity, target_id: str, error: LinkTaken) -> str:
    """Return why a record that the target holds is not linked."""
    return f"{entity.target.capitalize()} holds it as {target_id}, but it can't be linked. {error}"


def _outcome(
    entity: Entity, about: About, what: What, *, target_url: str = "", **more: Any
) -> Outcome:
    return Outcome(
        entity=entity.name,
        what=what,
        source_id=about.source_id,
        title=about.title,
        **urls(entity, about.source_url, target_url),
        **more,
    )


def link_of(entity: Entity, stored: Stored, result: Saved) -> Link:
    """Return the link that *result* makes, or for a removal the one it ends."""
    change, about = stored.change, stored.about
    if isinstance(change, Remove):
        return entity.link(
            about.source_id, change.target_id, source_name=about.title, target_name=""
        )
    assert isinstance(change, Create | Update | Adopt)
    both = {**change.desired.data, **result.data}
    data = {k: v for k, v in both.items() if k not in ("url", "held")}
    return entity.link(
        about.source_id,
        result.target_id,
        source_name=about.title,
        target_name=change.desired.name,
        wrote=change.wrote,
        held=result.held,
        read="" if result.reasons else about.read,
        data=data,
    )


def _data(change: Change, result: Saved) -> Mapping[str, Any]:
    """Return what the link of a change remembers, which its page may be found by."""
    planned = change.desired.data if isinstance(change, Create | Update | Adopt) else {}
    return {**planned, **result.data}


def urls(entity: Entity, source_url: str, target_url: str) -> dict[str, Any]:
    """Return an outcome's two pages under the systems they belong to."""
    return {f"{entity.source}_url": source_url, f"{entity.target}_url": target_url}


def counted(what: What) -> str:
    """Return the count of ``COUNTS`` that an outcome belongs to."""
    return {"removed": "updated", "drifted": "created"}.get(what, what)


def doubt_reason(sentence: str) -> Reason:
    """Return why a record is in doubt, and that the next run sees to it."""
    return Reason(
        code="IN_DOUBT",
        sentence=f"It may have been written: {sentence}",
        fix="Nothing to do yet: the next run looks for it before it sends it again.",
    )


def done(change: Change) -> What:
    """Return what a change that was saved is reported as."""
    match change:
        case Create():
            return "created"
        case Update(adopts=True) | Adopt():
            return "linked"
        case Remove():
            return "removed"
        case _:
            return "updated"
