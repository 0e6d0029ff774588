"""Xero's documents that hold costs without being bills: spend money and manual journals."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from .wire import Record
from .xero_calls import XeroCalls


class XeroCosts(XeroCalls):
    """A part of the client of one organisation."""

    def spend_money(self, *, modified_since: datetime | None = None) -> Iterator[Record]:
        """Yield spend money with its lines, deleted ones included as Xero lists them.

        Source: ``GET /BankTransactions?where=Type=="SPEND"&unitdp=4``, 1,000 a page. Payments of
        bills, transfers and prepayments are not among them.
        """
        params = [("where", 'Type=="SPEND"'), ("order", "BankTransactionID ASC"), ("unitdp", "4")]
        return self._pages(
            "/BankTransactions", "BankTransactions", params, modified_since=modified_since
        )

    def manual_journals(self, *, modified_since: datetime | None = None) -> Iterator[Record]:
        """Yield manual journals with their lines, of any status.

        No ``order`` goes along: with one Xero has been seen to send the whole list as one page.
        Source: ``GET /ManualJournals``, 1,000 a page.
        """
        return self._pages("/ManualJournals", "ManualJournals", [], modified_since=modified_since)
