"""What a run leaves for the next one: the shelf, watermarks, snapshots."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
import time_machine

MOMENT = datetime(2026, 3, 2, 6, 30, 0, 123456, tzinfo=UTC)


def test_the_shelf_gives_back_each_record_as_it_was_last_put_there(ledger):
    ledger.shelve("vendors", [("8", {"name": "old"}), ("9", {"id": 9})])
    ledger.shelve("vendors", [("8", {"amount": Decimal("5.10")}), ("8", {"amount": Decimal("5")})])

    assert dict(ledger.shelf("vendors")) == {"8": {"amount": Decimal("5")}, "9": {"id": 9}}


def test_records_leave_the_shelf_while_it_is_read(ledger):
    ledger.shelve("vendors", ((f"{i:04}", {}) for i in range(1100)))

    for source_id, _ in ledger.shelf("vendors"):
        ledger.unshelve("vendors", [source_id])

    assert list(ledger.shelf("vendors")) == []


def test_a_stream_never_read_has_no_watermark(ledger):
    assert ledger.watermark("contacts") is None


def test_a_watermark_comes_back_in_utc_to_the_microsecond(ledger):
    sydney = MOMENT.astimezone(timezone(timedelta(hours=11)))

    ledger.move_watermark("contacts", MOMENT - timedelta(days=1), "old", "r1")
    ledger.move_watermark("contacts", sydney, "hash", "r2")

    mark = ledger.watermark("contacts")
    assert (mark.moment, mark.moment.tzinfo) == (MOMENT, UTC)
    assert (mark.settings_hash, mark.run) == ("hash", "r2")


def test_a_moment_without_a_zone_is_refused(ledger):
    with pytest.raises(Exception, match="no time zone"):
        ledger.move_watermark("contacts", datetime(2026, 3, 2), "", "")


def test_the_first_snapshot_wins_and_everybody_gets_it(ledger):
    assert ledger.snapshot("d/r", "accounts") is None

    first = ledger.save_snapshot("d/r", "accounts", [{"Code": "310", "Rate": Decimal("15")}])
    second = ledger.save_snapshot("d/r", "accounts", ["too late"])

    assert first == second == ledger.snapshot("d/r", "accounts")
    assert first == [{"Code": "310", "Rate": Decimal("15")}]
    assert ledger.snapshot("d/other", "accounts") is None


@pytest.mark.parametrize("empty", [[], {}, None])
def test_an_empty_snapshot_is_a_snapshot(ledger, empty):
    assert ledger.save_snapshot("d/r", "n", empty) == empty
    assert ledger.save_snapshot("d/r", "n", ["late"]) == empty


def test_old_snapshots_go(ledger):
    with time_machine.travel(MOMENT):
        ledger.save_snapshot("old", "n", [1])
    with time_machine.travel(MOMENT + timedelta(days=4)):
        ledger.save_snapshot("new", "n", [2])
        ledger.prune_snapshots(days=3)

    assert (ledger.snapshot("old", "n"), ledger.snapshot("new", "n")) == (None, [2])
