"""The table of the four answers, and the night after: what was applied is not planned again."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_procore_xero.errors import MappingError
from airflow_provider_procore_xero.sync.entities import (
    bill_payments,
    cost_codes,
    projects,
    subcontractor_invoices,
    vendors,
)
from airflow_provider_procore_xero.sync.entities.claims import Bill
from airflow_provider_procore_xero.sync.entity import Around, Condition, Entity
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.links import Link, Links
from airflow_provider_procore_xero.sync.plan import (
    Change,
    Create,
    Hold,
    Keep,
    Remove,
    Stored,
    Update,
    counted_as,
    tally,
)
from airflow_provider_procore_xero.sync.planning import make_changes, reading, unchanged
from airflow_provider_procore_xero.sync.results import Result, Saved
from tests.sync.builders import (
    CONTACT,
    a_category,
    a_claim_row,
    a_code_row,
    a_codes_around,
    a_contact_row,
    a_contacts_around,
    a_payments_around,
    a_project_link,
    a_project_row,
    a_projects_around,
    a_vendor,
    an_invoices_around,
    an_item_row,
    an_option_row,
    change_of,
)
from tests.sync.notebook import (
    Notebook,
    Target,
    a_create,
    a_hold,
    a_remove,
    an_adopt,
    an_applier,
    an_update,
)
from tests.sync.xero_answers import answer_to

SALT = "0.1.0|settings|epoch"

# At a glance


def a_glance(row: dict[str, Any], around: Around, salt: str = SALT) -> bool:
    (same,) = unchanged(projects.ENTITY, [row], around, salt)
    return same


def a_known_project(**link: Any) -> Link:
    """The link of a project that was read as ``a_project_row`` makes it when it was written."""
    (written,) = make_changes(projects.ENTITY, [a_project_row()], a_projects_around(), SALT)
    assert isinstance(written, Create)
    return a_project_link(read=written.about.read, held="h", **link)


def test_a_record_that_reads_as_before_is_unchanged_without_mapping_it() -> None:
    assert a_glance(a_project_row(), a_projects_around(a_known_project()))


def test_it_is_not_where_the_record_the_settings_the_target_or_the_link_changed() -> None:
    around = a_projects_around(a_known_project())

    assert not a_glance(a_project_row(name="Lakeside"), around)
    assert not a_glance(a_project_row(), around, salt="0.1.0|other settings|epoch")
    assert not a_glance(
        a_project_row(), a_projects_around(a_known_project(), held_now={"opt": "edited"})
    )
    assert not a_glance(a_project_row(), a_projects_around(a_known_project(state="orphaned")))
    assert not a_glance(a_project_row(), a_projects_around(a_known_project(planned=True)))
    assert not a_glance(a_project_row(), a_projects_around())


def test_a_target_that_holds_what_it_held_is_unchanged() -> None:
    around = a_projects_around(a_known_project(), held_now={"opt": "h", "other": "x"})

    assert a_glance(a_project_row(), around)


# The table


def test_changes_come_in_the_order_of_the_records() -> None:
    rows = [a_project_row("A-1", id=1), a_project_row(None, id=2), a_project_row("C-3", id=3)]

    changes = make_changes(projects.ENTITY, rows, a_projects_around())

    assert [type(change) for change in changes] == [Create, Hold, Create]


def test_only_records_that_meet_every_condition_are_completed() -> None:
    rows = [a_project_row("A-1", id=1), a_project_row(None, id=2), {"id": 3}]
    completed: list[Any] = []

    make_changes(projects.ENTITY, rows, a_projects_around(), SALT, completed.extend)

    assert [record.id for record in completed] == [1]


def test_what_belongs_to_a_record_and_cant_be_read_holds_it_alone() -> None:
    around = a_projects_around()
    rows = [a_project_row("A-1", id=1), a_project_row("B-2", id=2)]
    lines: dict[int, list[Any]] = {1: []}

    def complete(records: Sequence[Any]) -> None:
        for record in records:
            with reading(record, around):
                lines[record.id].append(record)

    good, bad = make_changes(projects.ENTITY, rows, around, SALT, complete)

    assert isinstance(good, Create)
    assert isinstance(bad, Hold)
    assert [reason.code for reason in bad.reasons] == ["UNREADABLE"]


@pytest.mark.parametrize(
    ("link", "becomes"),
    [
        ({}, Remove),
        ({"state": "orphaned"}, Keep),
        ({"planned": True}, Keep),
    ],
    ids=["stands", "gone already", "only planned"],
)
def test_only_a_counterpart_that_stands_is_taken_away(
    link: dict[str, Any], becomes: type[Change]
) -> None:
    nothing = replace(projects.ENTITY, desired=lambda record, around: None)

    change = change_of(nothing, a_project_row(), a_projects_around(a_project_link(**link)))

    assert isinstance(change, becomes)


def test_a_link_that_is_only_planned_is_no_counterpart_yet() -> None:
    around = a_projects_around(a_project_link(planned=True))

    assert isinstance(change_of(projects.ENTITY, a_project_row(), around), Create)


def test_a_held_record_keeps_the_record_as_it_was_read_and_its_page() -> None:
    row = a_project_row(None)

    change = change_of(projects.ENTITY, row, a_projects_around())

    assert isinstance(change, Hold)
    assert change.about.raw == row
    assert change.about.source_url.endswith("/projects/7/tools/projecthome")


MARKUP = "<b onload=x>Riverside</b>"


def raises(error: Exception) -> Callable[..., Any]:
    def raising(*_: Any) -> Any:
        raise error

    return raising


@pytest.mark.parametrize(
    "spoilt",
    [
        {
            "conditions": (
                Condition(
                    code="NO",
                    asks="?",
                    met=lambda r, a: False,
                    sentence="Not {r.name}.",
                    fix="Mend {r.name}.",
                ),
            )
        },
        {"conditions": (), "desired": raises(MappingError(MARKUP, code="NO", fix=MARKUP))},
        {"conditions": (), "desired": raises(ValueError(MARKUP))},
    ],
    ids=["a condition", "a map", "a reading"],
)
def test_E47_what_is_said_of_a_record_is_plain_text(spoilt: dict[str, Any]) -> None:
    entity = replace(
        projects.ENTITY,
        parse=lambda raw, around: SimpleNamespace(id=raw["id"], title=MARKUP, name=MARKUP),
        **spoilt,
    )

    change = change_of(entity, a_project_row(), a_projects_around())

    assert isinstance(change, Hold)
    (reason,) = change.reasons
    assert "Riverside" in reason.sentence
    assert not {"<", ">"} & set(change.about.title + reason.sentence + reason.fix)


def test_planning_changes_no_record() -> None:
    row = a_claim_row()
    before = copy.deepcopy(row)

    change_of(subcontractor_invoices.ENTITY, row, an_invoices_around())

    assert row == before


def test_a_plan_is_counted_as_its_report_will_count_it() -> None:
    changes: list[Change] = [
        a_create("1"), an_update("2"), an_update("3", adopts=True), an_adopt("4"), a_remove("5"),
        Keep(source_id="6"), a_hold("7"),
    ]  # fmt: skip

    assert [counted_as(change) for change in changes] == [
        "created", "updated", "linked", "linked", "updated", "unchanged", "held",
    ]  # fmt: skip
    assert tally(changes) == {"created": 1, "updated": 2, "linked": 2, "unchanged": 1, "held": 1}


# The night after


WORDS = st.text("ABCdef 123-&é", min_size=1, max_size=12)


@st.composite
def some_projects(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        a_project_row(
            draw(st.sampled_from([f"P-{n}", "P-0", None])),
            id=n,
            name=draw(WORDS),
            stage=draw(st.sampled_from(["Send to Xero", "Bidding"])),
            active=draw(st.booleans()),
        )
        for n in range(draw(st.integers(1, 6)))
    ]


@st.composite
def some_codes(draw: st.DrawFn) -> list[dict[str, Any]]:
    codes = draw(st.lists(st.sampled_from(["01-100", "01-200", "", "02"]), max_size=5))
    return [a_code_row(code, draw(WORDS), id=n) for n, code in enumerate(codes)]


@st.composite
def some_contacts(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        a_contact_row(
            f"{draw(st.sampled_from(['Terra', 'Aqua', 'Ignis']))} {draw(WORDS)}",
            id=f"{CONTACT[:-1]}{n}",
            EmailAddress=draw(st.sampled_from(["", "a@b.example"])),
            place={"Country": draw(st.sampled_from(["", "NZ", "Nowhere"]))},
        )
        for n in range(draw(st.integers(1, 6)))
    ]


@st.composite
def some_claims(draw: st.DrawFn) -> list[dict[str, Any]]:
    cents = st.sampled_from(["0.00", "0.01", "33.33", "1000.00", "-20.00"])
    return [
        a_claim_row(
            *(
                an_item_row(draw(cents), retained=draw(cents).lstrip("-"))
                for _ in range(draw(st.integers(1, 3)))
            ),
            id=n,
            status=draw(st.sampled_from(["approved", "draft"])),
        )
        for n in range(draw(st.integers(1, 4)))
    ]


def some_payments() -> st.SearchStrategy[list[dict[str, Any]]]:
    row = {
        "bill_id": "bill-1", "bill_name": "SC-0001", "paid": "11.00", "paid_on": "2026-06-15",
        "reference": "EFT", "batch_id": "", "gone": False,
    }  # fmt: skip
    amounts = st.lists(st.sampled_from(["10.00", "0.01", "0.00"]), max_size=5)
    return amounts.map(
        lambda all_of: [{**row, "id": f"p{n}", "amount": a} for n, a in enumerate(all_of)]
    )


def members(rows: Sequence[dict[str, Any]]) -> frozenset[str]:
    return frozenset(row["id"] for row in rows)


def options_after(links: Sequence[Link], name: str) -> Any:
    """The category as it stands once *links* were made."""
    return a_category(
        *(an_option_row(link.xero_name, TrackingOptionID=link.xero_id) for link in links),
        name=name,
    )


def vendors_after(links: Sequence[Link]) -> tuple[Any, ...]:
    return tuple(
        a_vendor(link.xero_name or "?", id=link.procore_id, origin_id=link.xero_id)
        for link in links
    )


def projects_after(rows: Any, links: Sequence[Link]) -> Around:
    return a_projects_around(*links, category=options_after(links, "Project"))


def codes_after(rows: Any, links: Sequence[Link]) -> Around:
    return a_codes_around(*links, category=options_after(links, "Cost Codes"))


def contacts_after(rows: Any, links: Sequence[Link]) -> Around:
    return a_contacts_around(*links, members=members(rows), vendors=vendors_after(links))


def claims_after(rows: Any, links: Sequence[Link]) -> Around:
    return an_invoices_around(*links)


def payments_after(rows: Any, links: Sequence[Link]) -> Around:
    around = a_payments_around()
    around.links.add(links)
    return around


NIGHTS: dict[str, tuple[Entity, Any, Callable[[Any, Sequence[Link]], Around]]] = {
    "projects": (projects.ENTITY, some_projects(), projects_after),
    "cost_codes": (cost_codes.ENTITY, some_codes(), codes_after),
    "contacts": (vendors.ENTITY, some_contacts(), contacts_after),
    "subcontractor_invoices": (subcontractor_invoices.ENTITY, some_claims(), claims_after),
    "payments": (bill_payments.ENTITY, some_payments(), payments_after),
}


class Both(Target):
    """A target that answers as each system does: with an id of its own, and what it holds."""

    def save(self, batch: Sequence[Stored], key: str) -> Iterator[Result]:
        for saved in super().save(batch, key):
            assert isinstance(saved, Saved)
            payload = next(
                stored.change.desired.payload
                for stored in batch
                if isinstance(stored.change, Create | Update)
                and stored.change.about.source_id == saved.source_id
            )
            if "LineItems" not in payload:
                yield replace(saved, target_id=f"9{saved.source_id}")
                continue
            bill = Bill.from_xero(answer_to(payload))
            yield replace(saved, held=fingerprint(bill.content), data={"content": bill.content})


@pytest.mark.parametrize("name", NIGHTS)
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_planning_again_after_applying_only_keeps_and_holds(name: str, data: st.DataObject) -> None:
    entity, rows_of, around_after = NIGHTS[name]
    rows = data.draw(rows_of)
    first = make_changes(entity, rows, around_after(rows, ()), SALT)
    notebook = Notebook.of(*first)
    an_applier(entity, notebook, Both(notebook=notebook)).apply()
    links = list(notebook.links.values())

    around = around_after(rows, links)
    again = make_changes(entity, rows, around, SALT)

    sent = [isinstance(change, Create | Update) for change in first]
    assert [isinstance(change, Keep) for change in again] == sent
    assert all(isinstance(change, Keep | Hold) for change in again)
    assert list(unchanged(entity, rows, around, SALT)) == sent
    assert len(links) == sum(sent)


def test_links_of_a_page_are_enough_to_plan_it() -> None:
    everywhere = Links([a_project_link(procore_id="8", xero_id="opt-8")])
    around = a_projects_around(links=Links([a_project_link()], beyond=everywhere))

    assert around.links.find("project", "procore", "7")
    assert around.links.find("project", "procore", "8")
