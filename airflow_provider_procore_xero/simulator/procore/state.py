"""The pretend Procore: its records, its tokens and its limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from starlette.requests import Request

from ..calls import Calls
from ..clock import Clock
from ..faults import Faults
from .acts_company import SERVICE_ACCOUNT
from .acts_invoices import InvoiceActs
from .answers import Answer
from .limits import RateLimits
from .oauth import Tokens
from .origins import Origins
from .store import Record


class Procore(InvoiceActs):
    """One company's Procore, as seen by one app with a service account.

    :param switches: rules that Procore does not document; see ``switches.py``.
    """

    def __init__(self, *, clock: Clock, faults: Faults, calls: Calls, **switches: Any) -> None:
        super().__init__(clock=clock, faults=faults, calls=calls, **switches)
        self.tokens = Tokens(clock)
        self.limits = RateLimits(clock)
        self.origins = Origins(self)
        # Answers remembered by Idempotency-Token, where the switch says so.
        self.replays: dict[str, Answer] = {}
        self.requests = 0
        self._lost_rows: dict[str, int] = {}
        self.service_account = self.add_user(
            "Accounting Sync", email=SERVICE_ACCOUNT, is_employee=False
        )

    def next_request(self) -> int:
        self.requests += 1
        return self.requests

    def between_pages(
        self, request: Request, page: int, rows: Sequence[Record]
    ) -> Sequence[Record]:
        """The rows as this page sees them.

        The fault ``forget_row``: somebody took a row out of an earlier page, so that all
        later rows move up by one and a reader of pages misses one.
        """
        path = request.url.path
        if page == 1:
            self._lost_rows.pop(path, None)
        elif self.faults.take("forget_row", "procore", request.method, path):
            self._lost_rows[path] = self._lost_rows.get(path, 0) + 1
        return rows[self._lost_rows.get(path, 0) :]
