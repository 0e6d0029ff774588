"""A hundred thousand spoilt records: none stops a run, each is planned or held with a reason."""

from __future__ import annotations

import sys
import time
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from random import Random

import pytest

from airflow_provider_procore_xero.ledger.codec import dumps, loads
from airflow_provider_procore_xero.sync.entity import Around, Entity
from airflow_provider_procore_xero.sync.plan import (
    Adopt,
    Change,
    Create,
    Hold,
    Keep,
    Update,
    counted_as,
)
from airflow_provider_procore_xero.sync.planning import make_changes, unchanged
from dev.docs import ENTITIES
from tests.sync.hostile import CASES, Case, Row, hostile, paths

RECORDS = 100_000
SEED = 20260522
A_PAGE = 250
PLANNED = {name for name, entity in ENTITIES.items() if entity.kind}
"""The entities that are planned record by record."""
SHARE = -(-RECORDS // len(PLANNED))


def decided(entity: Entity, case: Case, rows: Sequence[Row], around: Around) -> list[Change]:
    """Return what planning makes of a page of records, as a run would."""
    by_id = {str(row["id"]): row for row in rows}

    def complete(records: Sequence[object]) -> None:
        for record in records:
            case.complete(around, record, by_id.get(str(record.id), {}))  # type: ignore[attr-defined]

    assert list(unchanged(entity, rows, around, "salt")) == [False] * len(rows)
    return make_changes(entity, rows, around, "salt", complete)


def assert_can_be_kept(change: Change) -> None:
    """What people read of a change is text, and no database stumbles over it."""
    if isinstance(change, Keep):
        return
    texts = [change.about.title, change.about.source_url]
    if isinstance(change, Create | Update | Adopt):
        texts.append(change.desired.name)
    elif isinstance(change, Hold):
        texts += [text for reason in change.reasons for text in (reason.sentence, reason.fix)]
    assert all(type(text) is str for text in texts), texts
    assert "\x00" not in "".join(texts)  # PostgreSQL keeps none


def pages(name: str, random: Random) -> Iterator[list[Row]]:
    row = CASES[name].row()
    places = list(paths(row))
    for start in range(0, SHARE, A_PAGE):
        size = min(A_PAGE, SHARE - start)
        page = [hostile(row, places, random) for _ in range(size)]
        for number, spoilt in enumerate(page, start + 1):
            spoilt["id"] = f"{number}" if isinstance(row["id"], str) else number
        yield page


def test_every_entity_has_a_record_to_spoil() -> None:
    assert set(CASES) == PLANNED, "Add a case to tests/sync/hostile.py."


@pytest.mark.parametrize("name", CASES)
def test_the_record_that_is_spoilt_is_a_good_one(name: str) -> None:
    case = CASES[name]

    (change,) = decided(ENTITIES[name], case, [case.row()], case.around())

    assert isinstance(change, Create)


def test_a_hundred_thousand_spoilt_records_are_all_planned_or_held(
    capsys: pytest.CaptureFixture[str],
) -> None:
    counts: Counter[str] = Counter()
    codes: Counter[str] = Counter()
    began = time.process_time()
    for name in CASES:
        random = Random(SEED + zlib.crc32(name.encode()))
        for page in pages(name, random):
            changes = decided(ENTITIES[name], CASES[name], page, CASES[name].around())
            assert len(changes) == len(page)
            for change in changes:
                counts[counted_as(change)] += 1
                assert_can_be_kept(change)
                if isinstance(change, Hold):
                    assert change.reasons
                    assert all(r.code and r.sentence for r in change.reasons)
                    codes.update(reason.code for reason in change.reasons)
    took = time.process_time() - began

    with capsys.disabled():
        outcomes = ", ".join(f"{count} {what}" for what, count in sorted(counts.items()))
        sys.stdout.write(f"\n{counts.total()} fuzzed records in {took:.0f} s: {outcomes}\n")
    assert counts.total() >= RECORDS
    assert counts["created"] > RECORDS / 20  # or the records were spoilt beyond use
    assert codes["UNREADABLE"] > RECORDS / 20


@pytest.mark.parametrize("name", CASES)
def test_what_is_planned_of_a_spoilt_record_can_be_kept_in_the_ledger(name: str) -> None:
    page = next(pages(name, Random(SEED)))

    for row, change in zip(
        page, decided(ENTITIES[name], CASES[name], page, CASES[name].around()), strict=True
    ):
        loads(dumps(row))
        if isinstance(change, Create):
            assert loads(dumps(change.desired.payload)) is not None


def test_a_record_that_cant_be_read_names_the_field_and_what_it_holds() -> None:
    case = CASES["subcontractor_invoices"]
    row = {**case.row(), "billing_date": "2026-02-30"}

    (held,) = decided(ENTITIES["subcontractor_invoices"], case, [row], case.around())

    assert isinstance(held, Hold)
    (reason,) = held.reasons
    assert reason.code == "UNREADABLE"
    assert "billing_date is '2026-02-30'" in reason.sentence
    assert held.about.raw == row
