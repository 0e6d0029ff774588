"""Whatever a record of either system lacks or holds, a run ends with a sentence."""

from __future__ import annotations

import re
import sys
from collections import Counter
from random import Random
from typing import Any

import pytest
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_procore_xero.apis import transport
from airflow_provider_procore_xero.apis.wire import decode
from airflow_provider_procore_xero.errors import Misshapen, SyncError
from tests.flows.contractor import Contractor
from tests.flows.office import Kept, Office
from tests.flows.test_direct_costs import Site, flow, site

__all__ = ["flow", "site"]

NIGHTS = 40
JUNK: tuple[Any, ...] = (
    None, "", "<script>x</script>\x00", -1, True, 10**18, [], {}, [None], "NaN", "x" * 400,
    "2026-02-30", "=1+1", "\u202e", {"a": {"a": {"a": []}}},
)  # fmt: skip


class Spoiler:
    """What stands between both systems and us: it spoils one row of some lists, by a seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.done: list[str] = []

    def __call__(self, raw: bytes) -> Any:
        document = decode(raw)
        rows = document if isinstance(document, list) else self._list_of(document)
        if rows and self.random.random() < 0.3:
            self._spoil(self.random.choice(rows))
        return document

    def _list_of(self, document: Any) -> list[Any]:
        if not isinstance(document, dict):
            return []
        found = (v for v in document.values() if isinstance(v, list) and v)
        return next((v for v in found if isinstance(v[0], dict)), [])

    def _spoil(self, row: Any) -> None:
        if not isinstance(row, dict) or not row:
            return
        key = self.random.choice(list(row))
        within = row[key]
        if isinstance(within, list) and within and self.random.random() < 0.5:
            self._spoil(within[0])
        elif self.random.random() < 0.3:
            del row[key]
            self.done.append(f"{key} gone")
        else:
            row[key] = self.random.choice(JUNK)
            self.done.append(f"{key}={row[key]!r}"[:40])


@pytest.fixture
def morning(office: Office, people: Contractor) -> Kept:
    """Return both systems with all that four claims need, one of them paid, and nothing linked."""
    for number in ("A-1", "B-2", "C-3", "D-4"):
        vendor = people.pair(f"Vendor {number} Limited")
        people.claim(people.contract(people.project(number), vendor), "100.00")
    office.night()
    people.pay(people.bills[0], "50.00")
    people.project("E-5")
    people.contact("New Vendor Limited")
    people.claim(next(iter(people.procore.commitments.values())), "20.00", number=2)
    return office.keep()


def test_a_night_among_spoilt_records_ends_with_sentences_and_sends_nothing_twice(
    office: Office,
    people: Contractor,
    morning: Kept,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    ended: Counter[str] = Counter()
    said: set[str] = set()
    for seed in range(NIGHTS):
        office.back_to(morning)
        spoiler = Spoiler(seed)
        monkeypatch.setattr(transport, "decode", spoiler)
        for name in ("projects", "contacts", "cost_codes", "subcontractor_invoices", "payments"):
            try:
                result = office.run(name, full=True)
            except (AirflowFailException, SyncError) as error:
                said.add(str(error))
                ended["failed with a sentence"] += 1
            except Exception as error:
                raise AssertionError(f"{name}, after {spoiler.done}") from error
            else:
                ended["came through"] += 1
                ended["held"] += result["held"]
        urls = Counter(bill["Url"] for bill in people.bills)
        assert set(urls.values()) <= {1}, spoiler.done
        assert len(people.payments) <= 1, spoiler.done

    assert all(sentence.count(" ") > 5 for sentence in said), said
    with capsys.disabled():
        sys.stdout.write(f"\n{NIGHTS} spoilt nights: {dict(ended)}\n")
    assert ended["came through"] > ended["failed with a sentence"]


def test_a_write_whose_answer_cant_be_read_is_looked_for_before_it_is_sent_again(
    office: Office, people: Contractor, monkeypatch: pytest.MonkeyPatch
) -> None:
    people.contact("Terra Works Ltd")

    def misread(raw: bytes) -> Any:
        document = decode(raw)
        if isinstance(document, dict) and "entities" in document:
            document["entities"] = [{"id": {}, "origin_id": {}}]
        return document

    with monkeypatch.context() as patched:
        patched.setattr(transport, "decode", misread)
        first = office.run("contacts")
    office.forget_calls()
    office.run("contacts")

    assert first["in_doubt"] == 1
    assert office.reasons(first) == {"IN_DOUBT": 1}
    assert len(people.procore.vendors) == 1
    assert not office.writes()
    assert [link.state for link in office.ledger.links("vendor")] == ["active"]
    assert office.issue_codes() == []


@pytest.mark.parametrize("field", ["LineItems", "Date"])
def test_a_bill_that_cant_be_read_is_held_and_the_costs_of_the_others_come(
    site: Site, field: str
) -> None:
    broken = site.bill(number="HP-1")
    kept = {**broken}
    site.bill(number="HP-2")
    broken[field] = [{"LineAmount": "a lot"}] if field == "LineItems" else None
    if field == "Date":
        broken[field] = "2026-02-30"

    first = site.run()
    broken.update(kept)
    site.people.xero.stamp(broken)
    second = site.run()

    assert (first["created"], first["held"]) == (1, 1)
    assert (second["created"], len(site.costs)) == (1, 2)
    assert site.office.issue_codes("direct_costs") == []


def test_a_list_that_cant_be_read_is_told_with_the_line_of_code_and_without_its_values(
    office: Office,
    people: Contractor,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    people.vendor("Jane Doe Plumbing")
    people.contact("Terra Works Ltd")

    def misread(raw: bytes) -> Any:
        document = decode(raw)
        for row in document if isinstance(document, list) else ():
            row |= {"origin_id": "taken", "id": [row["name"]]} if "is_active" in row else {}
        return document

    monkeypatch.setattr(transport, "decode", misread)
    with pytest.raises(Misshapen) as raised:
        office.run("contacts")

    told = capfd.readouterr()
    logged = told.out + told.err
    assert re.search(r"can't be read: \w+Error, at \w+/\w+(/\w+)?\.py:\d+\.", str(raised.value))
    assert raised.value.__suppress_context__
    assert "TypeError, raised by" in logged
    assert "operators/contacts.py" in logged
    assert "Jane Doe" not in logged + str(raised.value)
