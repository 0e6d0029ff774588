"""Every error, one small tree. Each branch asks something different of the caller.

::

    SyncError
    ├── ConnectionIncomplete    fill in the connection
    ├── SettingsError           mend the settings file
    ├── UnknownRecord           mend the number or id that the run was asked for
    ├── MappingError            hold this record, go on
    │   └── NotLinked           …until what it refers to is linked
    ├── MovedOn                 look again, then decide
    │   └── LinkTaken           …which of two pairs is the right one
    ├── NoSuchId                mend what was typed
    ├── UnsafePlan              stop before writing
    ├── Misshapen               what a run can't do without can't be read: see the place it names
    ├── Busy                    another run is at work on this: wait
    ├── LeaseLost               another run has taken over: stop
    ├── NotAgreed               decided otherwise since it was planned: leave these out
    ├── RecordsRefused          the run is over; someone should look
    └── ApiError                the other system said no
        ├── SignInRefused       credentials, scopes or consent: a person must act
        ├── Unreachable         no answer, or none that can be read; nothing was written
        ├── InDoubt             a write whose answer was lost: look before sending again
        └── RateLimited         …for now: stop, come back later

A message says what is wrong, with which record, and what to do. It never holds a token or a body,
nor what the other system said, which may name anybody: that is in ``details``, and ``in_full`` has
it for those who may see it.
"""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from pathlib import Path

_PACKAGE = Path(__file__).parent


def raised_at(error: BaseException) -> str:
    """Return the last line of this package that *error* came through, ``sync/dates.py:31``.

    It tells a bug of ours from a record that an API has changed, and holds no value of either.
    """
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if _PACKAGE in Path(frame.filename).parents]
    if not ours:
        return "outside of this package"
    return f"{Path(ours[-1].filename).relative_to(_PACKAGE)}:{ours[-1].lineno}"


def in_full(error: BaseException) -> str:
    """Return what *error* says, with the other system's own words: for people, not for logs."""
    if not isinstance(error, ApiError) or not (said := "; ".join(error.details)):
        return str(error)
    return f"{error} {error.system.capitalize()} says: {said.rstrip('.')}."


class SyncError(Exception):
    """Whatever this package raises on purpose."""


class ConnectionIncomplete(SyncError):
    """An Airflow connection lacks something; the message names the connection and the field."""


class SettingsError(SyncError):
    """The settings can't be used; the message names key, value and fix."""


class UnknownRecord(SyncError):
    """A run was asked for a number or an id that the source does not have."""


class MappingError(SyncError):
    """One record can't become what it should in the target; hold it and go on.

    :param code: the stable name of the reason, ``NO_LINES``.
    :param fix: what a person does about it, in one sentence.
    """

    def __init__(self, message: str, *, code: str = "NOT_MAPPABLE", fix: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.fix = fix


class NotLinked(MappingError):
    """What the record refers to has no counterpart yet."""


class MovedOn(SyncError):
    """What a person saw is no longer so; nothing was done."""


class LinkTaken(MovedOn):
    """One of two records is linked with another one already; the message has their ids."""


class NoSuchId(SyncError):
    """What a person typed can't be the id of a record."""


class UnsafePlan(SyncError):
    """The run would do more than the settings allow, or reads much too little; nothing was written.

    :param code: the stable name of the guard, ``LIST_SHRANK``.
    :param fix: what a person does about it.
    """

    def __init__(self, sentence: str, *, code: str, fix: str) -> None:
        super().__init__(f"{code}: {sentence} {fix}")
        self.code = code
        self.fix = fix


class Busy(SyncError):
    """Another run is at work on the same flow; the message says whose, since when, until when.

    :param wait: seconds after which to look again.
    """

    def __init__(self, message: str, *, wait: float) -> None:
        super().__init__(message)
        self.wait = wait


class LeaseLost(SyncError):
    """This run stood still for so long that another one may be at work; nothing more is written."""


class Misshapen(SyncError):
    """Something that the run can't go on without can't be read; the message names the place."""


class NotAgreed(SyncError):
    """What was about to be sent is not agreed to any more; nothing of the batch is written.

    :param states: where these records stand in the queue, by source id; empty where nowhere.
    """

    def __init__(self, states: Mapping[str, str]) -> None:
        super().__init__("Somebody has decided otherwise since this was planned.")
        self.states = states


class RecordsRefused(SyncError):
    """The run is over and saved, but the settings ask to fail when records were refused."""


class ApiError(SyncError):
    """The other system said no.

    :param system: ``procore`` or ``xero``.
    :param status: the HTTP status, or None where there was no answer.
    :param details: every message the system gave, in its own words, oldest first.
    """

    def __init__(
        self, message: str, *, system: str, status: int | None = None, details: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.system = system
        self.status = status
        self.details = details


class SignInRefused(ApiError):
    """Credentials, scopes, consent or permissions are not good enough; a person must act."""


class Unreachable(ApiError):
    """No answer, or none that can be read. Nothing was written."""


class InDoubt(ApiError):
    """A write whose answer was lost. It may have happened: look before sending it again."""


class RateLimited(ApiError):
    """The system asks us to wait longer than a worker should.

    :param retry_after: seconds until it answers again.
    :param limit: which limit was met: ``minute``, ``day``, ``hour``.
    """

    def __init__(self, message: str, *, system: str, retry_after: float, limit: str) -> None:
        super().__init__(message, system=system, status=429)
        self.retry_after = retry_after
        self.limit = limit
