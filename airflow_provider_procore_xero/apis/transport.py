"""One conversation over HTTP: pace, resending that is safe, errors as sentences.

What may be sent again, and when:

================  ======================================================================
429, no connect   always: nothing was carried out
a read            up to four times after a 5xx, a broken connection or an unreadable answer
``FREELY``        the same for a write that does the same the second time
``KEYED``         once, with Xero's Idempotency-Key and the same body, inside its window;
                  whatever is answered then but a success leaves the doubt of the first
``NEVER``         not at all: the answer is lost, and :class:`InDoubt` says so
================  ======================================================================
"""

from __future__ import annotations

import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from typing import Any, NoReturn

import httpx
from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception,
    stop_after_attempt,
    wait_exponential_jitter,
)

from ..errors import (
    ApiError,
    InDoubt,
    RateLimited,
    SignInRefused,
    Unreachable,
)
from .answers import appearance, messages_in, without_echo
from .borrowed import borrowed
from .files import fetch
from .limits import LONGEST_WAIT, Limiter, retry_after
from .urls import secure_url
from .wire import Unreadable, decode, encode

log = logging.getLogger(__name__)

TIMEOUT = httpx.Timeout(120.0, connect=10.0)
"""Seconds. A batch of fifty can take Xero more than a minute; a timed-out batch is in doubt."""

TRIES = 4
TURNS = 6
LEAVES_WITHIN = 150.0
"""Seconds in which a write that must not come late may leave, or leave again, after its intent.

Its last attempt is over long before the intent is five minutes old, when it is believed that what
the target does not show was never made, and before Xero forgets a key, which is after six.
"""

Params = Mapping[str, Any] | Iterable[tuple[str, Any]]
Explain = Callable[[httpx.Response, tuple[str, ...]], ApiError]


class Resend(Enum):
    """When a call whose answer was lost may be sent again."""

    FREELY = "freely"
    KEYED = "keyed"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class Answer:
    """A readable answer: its JSON (None for 204 and 304) and headers."""

    status: int
    body: Any
    headers: httpx.Headers


class _Lost(Exception):
    """An attempt without a usable answer.

    :param what: what came instead, as the end of a sentence.
    :param said: what the system said to it, which may name a record and is not for logs.
    :param executed: False where the system certainly did nothing.
    """

    def __init__(
        self,
        what: str,
        *,
        executed: bool,
        said: str = "",
        status: int | None = None,
        wait: float | None = None,
    ) -> None:
        super().__init__(what)
        self.what, self.executed, self.status, self.wait = what, executed, status, wait
        self.said = (said,) if said else ()


@dataclass
class _Sending:
    """One call on its way, over all of its attempts.

    :param began: when it was intended, before anything was waited for.
    :param prompt: it leaves soon after that or not at all.
    """

    method: str
    path: str
    resend: Resend
    began: float
    prompt: bool = False
    sent_at: float = 0.0
    doubt_since: float | None = None
    tries: int = 0

    @property
    def writes(self) -> bool:
        return self.method != "GET"


class Http:
    """The conversation with one system as one tenant; may be shared by threads.

    :param system: ``procore`` or ``xero``.
    :param base_url: the API host; ``http://`` for loopback only.
    :param auth: puts the bearer on each request.
    :param explain: makes the error of a 4xx answer from its messages.
    :param transport: stands in for the network in a test.
    :param monotonic: seconds from any start, for the window of a keyed write.
    """

    def __init__(
        self,
        *,
        system: str,
        base_url: str,
        auth: httpx.Auth,
        headers: Mapping[str, str],
        limiter: Limiter,
        explain: Explain,
        transport: httpx.BaseTransport | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.system = system
        self.limiter = limiter
        self.calls_by_verb: Counter[str] = Counter()
        self._counting = threading.Lock()
        self._intended: float | None = None
        self._explain, self._monotonic, self._sleep = explain, monotonic, sleep
        self._client = httpx.Client(
            base_url=secure_url(base_url, "the API host"),
            auth=auth,
            headers={"Accept": "application/json", "Accept-Encoding": "gzip", **headers},
            timeout=TIMEOUT,
            transport=borrowed(transport),
            event_hooks={"request": [self._leaving], "response": [self.limiter.heard]},
        )

    @property
    def host(self) -> str:
        return self._client.base_url.host

    @property
    def calls(self) -> int:
        """How many requests this client has sent, refused and repeated ones included."""
        return self.calls_by_verb.total()

    def close(self) -> None:
        self._client.close()
        self.limiter.rest()

    def get(
        self, path: str, params: Params | None = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Read *path*.

        :raises Unreachable: when no readable answer came.
        :raises RateLimited: when the next answer is further away than a worker should wait.
        :raises SignInRefused: when credentials, scopes or permissions are not good enough.
        :raises ApiError: when the system says no for another reason.
        """
        return self._send("GET", path, Resend.FREELY, params, None, headers)

    def write(
        self,
        method: str,
        path: str,
        body: Any,
        *,
        resend: Resend,
        prompt: bool = False,
        params: Params | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send *body* as JSON: none at all where it is None, and bytes as they are.

        :param prompt: it must not leave late: see :data:`LEAVES_WITHIN`. Keyed writes never may.
        :raises InDoubt: when the answer was lost and it may have been carried out.
        :raises Unreachable: when it certainly never arrived.
        """
        prompt = prompt or resend is Resend.KEYED
        return self._send(method, path, resend, params, body, headers, prompt=prompt)

    @contextmanager
    def intended(self, age: float = 0.0) -> Iterator[None]:
        """Have what is written within count as intended *age* seconds ago.

        Writes that must not come late leave soon after, or not at all: see :data:`LEAVES_WITHIN`.
        """
        before, self._intended = self._intended, self._monotonic() - age
        try:
            yield
        finally:
            self._intended = before

    def file(self, url: str, most: int) -> bytes:
        """Return the file at *url*, of *most* bytes, as :func:`.files.fetch` does."""
        sending = {"sending": self._sending("GET", url, Resend.FREELY)}
        return fetch(self._client, _outside, url, most=most, extensions=sending)

    def _send(
        self,
        method: str,
        path: str,
        resend: Resend,
        params: Params | None,
        body: Any,
        headers: Mapping[str, str] | None,
        *,
        prompt: bool = False,
    ) -> Answer:
        sending = self._sending(method, path, resend, prompt=prompt)
        request_headers = dict(headers or {})
        content = body if body is None or isinstance(body, bytes) else encode(body)
        if content is not None:
            request_headers.setdefault("Content-Type", "application/json")

        def attempt() -> Answer:
            request = self._client.build_request(
                method,
                path,
                params=_query(params),
                content=content,
                headers=request_headers,
                extensions={"sending": sending},
            )
            return self._attempt(request, sending)

        return self._until_answered(attempt, sending)

    def _sending(self, method: str, path: str, resend: Resend, *, prompt: bool = False) -> _Sending:
        began = self._monotonic() if self._intended is None else self._intended
        return _Sending(method, path, resend, began, prompt)

    def _until_answered(self, attempt: Callable[[], Answer], sending: _Sending) -> Answer:
        """Run *attempt* as often as is safe; turn what is left into one sentence."""
        try:
            return Retrying(
                retry=retry_if_exception(lambda error: self._may_resend(error, sending)),
                stop=stop_after_attempt(TRIES),
                wait=_wait,
                sleep=self._sleep,
                reraise=True,
            )(attempt)
        except _Lost as lost:
            self._give_up(lost, sending)
        except ApiError as error:
            if _leaves_doubt(error, sending):
                raise self._in_doubt(sending, str(error), error.status, error.details) from error
            raise

    def _may_resend(self, error: BaseException, sending: _Sending) -> bool:
        if not isinstance(error, _Lost) or (error.wait or 0) > LONGEST_WAIT:
            return False
        if not error.executed or sending.resend is Resend.FREELY:
            return True
        return sending.resend is Resend.KEYED and sending.tries < 2

    def _attempt(self, request: httpx.Request, sending: _Sending) -> Answer:
        """Send once; whatever is not an answer is logged, and remembered if it leaves doubt."""
        try:
            return self._read(self._in_turn(request), sending)
        except _Lost as lost:
            if lost.executed:
                sending.tries += 1
                sending.doubt_since = sending.doubt_since or sending.sent_at
            log.warning("%s %s %s: %s", self.system, sending.method, sending.path, lost.what)
            raise

    def _in_turn(self, request: httpx.Request) -> httpx.Response:
        """Send when the limiter lets it go, again after each 429."""
        for _ in range(TURNS):
            response = self._exchange(request)
            if response.status_code != 429:
                return response
            self._log_id(response)
            self.limiter.refused(response)
        raise RateLimited(
            f"{self.system.capitalize()} refused {TURNS} times in a row for its rate limit. "
            "Something else uses it up; run again later.",
            system=self.system,
            retry_after=LONGEST_WAIT,
            limit="minute",
        )

    def _exchange(self, request: httpx.Request) -> httpx.Response:
        try:
            with self.limiter.flight():
                return without_echo(self._client.send(request))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise _Lost(f"{self.host} can't be reached ({error})", executed=False) from error
        except httpx.TimeoutException as error:
            raise _Lost(f"{self.host} did not answer in time", executed=True) from error
        except httpx.DecodingError as error:
            raise _Lost("the answer's compression is broken", executed=True) from error
        except httpx.RequestError as error:
            raise _Lost(f"the connection to {self.host} broke", executed=True) from error

    def _leaving(self, request: httpx.Request) -> None:
        """Called right before each request leaves, the repeated one after a 401 too."""
        self.limiter.turn()
        sending: _Sending = request.extensions["sending"]
        now = self._monotonic()
        if sending.prompt and now > sending.began + LEAVES_WITHIN:
            raise self._too_late(sending)
        sending.sent_at = now
        with self._counting:
            self.calls_by_verb[request.method] += 1

    def _too_late(self, sending: _Sending) -> Exception:
        if sending.doubt_since is not None:
            return _Lost("its idempotency key is too old to send it again", executed=False)
        return RateLimited(
            f"{self.system.capitalize()} could take no call for {LEAVES_WITHIN:.0f} s, so "
            f"{sending.method} {sending.path} was not sent: it was intended too long ago. What is "
            "left stays planned; run again later.",
            system=self.system,
            retry_after=LONGEST_WAIT,
            limit="minute",
        )

    def _read(self, response: httpx.Response, sending: _Sending) -> Answer:
        status = response.status_code
        if status in (204, 304):
            return Answer(status, None, response.headers)
        if status in (408, 500) or status > 501:
            self._raise_trouble(response, sending)
        if 400 <= status <= 501:
            self._log_id(response)
            raise self._explain(response, messages_in(response))
        if status >= 300 or (sending.method == "DELETE" and not response.content):
            return self._odd(response, sending)
        try:
            return Answer(status, decode(response.content), response.headers)
        except Unreadable as error:
            what = f"{self.host} answered {status} with {appearance(response)} where JSON was due"
            raise _Lost(what, executed=True, status=status) from error

    def _odd(self, response: httpx.Response, sending: _Sending) -> Answer:
        """A delete without a body is fine; a redirect never is."""
        if response.is_success:
            return Answer(response.status_code, None, response.headers)
        raise _Lost(
            f"{self.host} answered {response.status_code}, a redirect, where JSON was due",
            executed=True,
            status=response.status_code,
        )

    def _raise_trouble(self, response: httpx.Response, sending: _Sending) -> NoReturn:
        """A 5xx or 408: a read may try again, a write may have been carried out."""
        self._log_id(response)
        details = messages_in(response)
        if response.status_code == 408 and not sending.writes:
            raise self._explain(response, details)
        raise _Lost(
            f"{self.host} answered {response.status_code} with {appearance(response)}",
            executed=True,
            said=details[0] if details else "",
            status=response.status_code,
            wait=retry_after(response),
        )

    def _give_up(self, lost: _Lost, sending: _Sending) -> NoReturn:
        if sending.writes and sending.doubt_since is not None:
            raise self._in_doubt(sending, lost.what, lost.status, lost.said) from lost
        raise Unreachable(
            f"{self.system.capitalize()} gives no usable answer to {sending.method} "
            f"{sending.path}: {lost.what}. Nothing was written. Check the host of the "
            "connection, or try again later.",
            system=self.system,
            status=lost.status,
            details=lost.said,
        ) from lost

    def _in_doubt(
        self, sending: _Sending, what: str, status: int | None, details: tuple[str, ...] = ()
    ) -> InDoubt:
        return InDoubt(
            f"The answer to {sending.method} {sending.path} was lost: {what.rstrip('.')}. "
            f"{self.system.capitalize()} may have carried it out, so it is looked for before "
            "it is sent again.",
            system=self.system,
            status=status,
            details=details,
        )

    def _log_id(self, response: httpx.Response) -> None:
        """What the vendor's support asks for; no header else, and never a body."""
        number = response.headers.get("X-Request-Id") or response.headers.get("Xero-Correlation-Id")
        request = response.request
        log.warning(
            "%s answered %s to %s %s (request id %s)",
            self.system,
            response.status_code,
            request.method,
            request.url.path,
            number,
        )


def _leaves_doubt(error: ApiError, sending: _Sending) -> bool:
    """Whether a write may have been carried out although *error* is the last that was heard of it.

    An attempt of a keyed write that was lost may be at work still, or may be what this answer is
    about. A 409 says that its key is in use: something on the way has sent it twice.
    """
    keyed = sending.resend is Resend.KEYED
    if not sending.writes or sending.doubt_since is None:
        return keyed and error.status == 409
    return keyed or isinstance(error, SignInRefused | RateLimited | Unreachable)


def _outside() -> httpx.Client:
    return httpx.Client(timeout=TIMEOUT)


def _query(params: Params | None) -> httpx.QueryParams | None:
    if params is None:
        return None
    return httpx.QueryParams(params if isinstance(params, Mapping) else list(params))


_back_off = wait_exponential_jitter(initial=1, max=20, jitter=1)


def _wait(state: RetryCallState) -> float:
    """Seconds before the next try: what the system asked for, and never less than a back-off."""
    error = state.outcome.exception() if state.outcome else None
    asked = error.wait if isinstance(error, _Lost) and error.wait else 0.0
    return max(asked, _back_off(state))
