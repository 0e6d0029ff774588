"""What came of a write or of a look-up, as whoever asked the target tells it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from airflow_provider_procore_xero.sync.plan import Reason, Stored


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """The target holds it.

    :param held: fingerprint of what the target says it now holds.
    :param data: what else the link must remember, beside what the plan said.
    :param reasons: what the target did not keep, though it said yes.
    """

    source_id: str
    target_id: str
    held: str = ""
    data: Mapping[str, Any] = field(default_factory=dict)
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The target said no, for every one of *errors*.

    :param apart: it was written as one with others, and may be right by itself.
    """

    source_id: str
    errors: tuple[str, ...]
    fix: str = ""
    apart: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Absent:
    """A look-up found nothing: the write never happened, and may be planned again.

    :param sure: what was made has been seen and taken away, so that nothing else is to come.
    """

    source_id: str
    sure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Unclear:
    """A look-up found more than one, or could not tell.

    :param soon: the next run can tell, so that nobody else has to.
    """

    source_id: str
    why: str
    soon: bool = False


Result = Saved | Refused
Found = Saved | Absent | Unclear


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """An intent without an outcome: sent, or not; nobody knows.

    :param sent_at: when it was intended, by this worker's clock; it may have left a little later.
    :param key: the idempotency key that its batch went out under.
    """

    intent: int
    run: str
    plan: str
    stored: Stored
    sent_at: datetime
    key: str = ""

    @property
    def source_id(self) -> str:
        return self.stored.about.source_id

    @property
    def age(self) -> timedelta:
        """How long ago it was intended."""
        return datetime.now(UTC) - self.sent_at


Page = Callable[[str, Mapping[str, Any]], str]
"""Where a person finds a target record: by its id, and what its link remembers."""
Save = Callable[[Sequence[Stored], str], Iterable[Result]]
Intended = Callable[[float], AbstractContextManager[None]]
"""Has what is written within count as intended so many seconds ago."""
Find = Callable[[Sequence[Doubt]], Iterable[Found]]
