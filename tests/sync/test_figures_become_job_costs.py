"""Which row of Procore's ERP job costs a figure goes to, what is sent of it, and what is held."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_procore_xero.sync.entities.erp_job_costs import (
    PLACE,
    ErpJobCost,
    JobCostsAround,
    held_of,
)
from airflow_provider_procore_xero.sync.entities.job_cost_places import (
    Job,
    ProjectCodes,
    as_before,
    as_now,
    by_project,
    foreign,
    unread,
)
from airflow_provider_procore_xero.sync.entities.job_costs import ENTITY, JobCost
from airflow_provider_procore_xero.sync.links import Link, Links
from airflow_provider_procore_xero.sync.plan import Create, Hold, Keep, Update
from airflow_provider_procore_xero.sync.planning import make_changes
from tests.sync.builders import PAGES, change_of, some_settings

Row = dict[str, Any]
JOB = "erp:job:7"


def a_figure(
    code: str = "02-300", cost_type: str = "", cost: str = "100.00", born: str = "40.00", **f: Any
) -> JobCost:
    return JobCost(
        **{"project_id": "7", "project": "A-1", "currency": "NZD", **f},
        code=code,
        cost_type=cost_type,
        job_to_date=Decimal(cost),
        commitment_invoiced=Decimal(born),
    )


def a_code_row(code: str, *types: str, **f: Any) -> Row:
    """Return a project's cost code; ids are made of the codes."""
    kinds = [{"id": 40 + ord(t), "code": t, "origin_id": f"erp:type:{t}"} for t in types]
    ids = {"id": 1000 + int(code.replace("-", "")), "origin_id": f"erp:code:{code}"}
    return {**ids, "full_code": code, "biller_type": "Project", "line_item_types": kinds, **f}


CODES = ProjectCodes.from_procore(
    [a_code_row("02-300", "S"), a_code_row("03-300", "L", "S"), a_code_row("04-100")]
)


def records(
    *figures: JobCost, codes: ProjectCodes = CODES, known: Iterable[Link] = (), **sections: Any
) -> dict[str, Row]:
    """Return the records of the project's figures, by id."""
    links = {link.xero_id: link for link in known}
    job = Job(id="7", name="A-1", figures=figures, known=links)
    found = as_now(job, JOB, codes, some_settings(**sections))
    return {row["id"]: row for row in found}


def a_record(figure: JobCost | None = None, **given: Any) -> Row:
    (row,) = records(figure or a_figure()).values()
    return {**row, **given}


def an_around(*links: Link, **given: Any) -> JobCostsAround:
    return JobCostsAround(
        **{
            "settings": some_settings(),
            "links": Links(links),
            "pages": PAGES,
            "currency": "NZD",
            **given,
        }
    )


def written(rows: Iterable[Row]) -> list[Link]:
    """Return the links that stand once *rows* were written."""
    around, links = an_around(), []
    for number, row in enumerate(rows, 1):
        change = change_of(ENTITY, row, around)
        assert isinstance(change, Create), change
        cost = ErpJobCost.from_ledger(row)
        links.append(
            ENTITY.link(
                row["id"],
                str(number),
                source_name="",
                target_name="",
                wrote=change.wrote,
                held=held_of(cost.job_to_date, cost.commitment_invoiced),
                data=change.desired.data,
            )
        )
    return links


def codes_of(row: Row, **around: Any) -> list[str]:
    change = change_of(ENTITY, row, an_around(**around))
    return [reason.code for reason in change.reasons] if isinstance(change, Hold) else []


# Where a figure goes


def test_R84_a_figure_goes_to_the_code_and_the_only_type_that_the_project_has() -> None:
    (row,) = records(a_figure()).values()

    assert row["id"] == "7/02-300/S"
    assert {name: row[name] for name in PLACE} == {
        "job_origin_id": JOB, "cost_code_id": "3300", "cost_code_origin_id": "erp:code:02-300",
        "line_item_type_id": "123", "line_item_type_origin_id": "erp:type:S",
    }  # fmt: skip


def test_R84_an_item_says_the_type_itself() -> None:
    found = records(a_figure("03-300", "L"), a_figure("03-300", "S"), a_figure("02-300", "M"))

    assert set(found) == {"7/03-300/L", "7/03-300/S", "7/02-300/M"}
    assert codes_of(found["7/02-300/M"]) == ["COST_TYPE_UNCLEAR"]


@pytest.mark.parametrize(
    ("usual", "row", "held"),
    [(None, "7/03-300/", ["COST_TYPE_UNCLEAR"]), ("S", "7/03-300/S", []),
     ("M", "7/03-300/", ["COST_TYPE_UNCLEAR"])],
)  # fmt: skip
def test_R84_of_several_types_the_settings_name_the_usual_one_if_the_code_has_it(
    usual: str | None, row: str, held: list[str]
) -> None:
    found = records(a_figure("03-300"), direct_costs={"cost_type": usual})

    assert list(found) == [row]
    assert codes_of(found[row]) == held


def test_R84_a_code_that_the_project_has_not_takes_the_fallback_or_is_held() -> None:
    without = records(a_figure("09-900"), a_figure(""))
    with_one = records(a_figure("09-900"), a_figure(""), cost_codes={"fallback_code": "02-300"})

    assert {row: codes_of(each) for row, each in without.items()} == {
        "7//": ["COST_CODE_UNKNOWN"], "7/09-900/": ["COST_CODE_UNKNOWN"],
    }  # fmt: skip
    assert list(with_one) == ["7/02-300/S"]


def test_R84_an_account_is_the_code_that_posts_to_it_and_no_other() -> None:
    accounts = {"by_cost_code": {"02-300": "310", "03-*": "320"}, "by_cost_type": {"L": "321"}}
    target = {"target": "account_map"}

    found = records(a_figure("310"), a_figure("320"), cost_codes=target, accounts=accounts)

    assert set(found) == {"7/02-300/S", "7/320/"}
    assert codes_of(found["7/320/"]) == ["COST_CODE_UNKNOWN"]


def test_R84_several_figures_of_one_row_are_added_up() -> None:
    (row,) = records(
        a_figure(cost="100.00", born="40.00"), a_figure(cost_type="S", cost="0.55", born="0.05")
    ).values()

    assert (row["job_to_date"], row["commitment_invoiced"]) == ("100.55", "40.05")
    assert row["rows"] == [["02-300", ""], ["02-300", "S"]]


def test_R84_a_figure_stays_where_it_went_when_the_code_has_more_types_by_now() -> None:
    known = written(records(a_figure()).values())
    more = ProjectCodes.from_procore([a_code_row("02-300", "L", "S")])

    assert list(records(a_figure(cost="7.00"), codes=more, known=known)) == ["7/02-300/S"]


def test_R85_a_row_that_nothing_comes_to_any_more_is_set_to_nothing() -> None:
    known = written(records(a_figure()).values())

    (row,) = records(known=known).values()
    change = change_of(ENTITY, row, an_around(*known))

    assert isinstance(change, Update)
    assert change.desired.payload["job_to_date_cost"] == "0.00"
    assert change.desired.payload["commitment_invoiced"] == "0.00"
    assert ENTITY.rewrites(change)


def test_R85_a_row_whose_code_is_gone_too_is_nobodys_and_one_with_costs_is_held() -> None:
    known = written(records(a_figure()).values())
    none = ProjectCodes.from_procore([])

    held = records(a_figure(), codes=none, known=known)

    assert records(codes=none, known=known) == {}
    assert codes_of(held["7/02-300/S"]) == ["COST_CODE_UNKNOWN"]


def test_R84_what_was_never_written_and_comes_to_nothing_is_no_row() -> None:
    assert records(a_figure(cost="0.00", born="0.00")) == {}


def test_figures_of_no_project_are_left_out() -> None:
    assert list(by_project([a_figure(), a_figure(project_id="")])) == ["7"]


# What Procore lists


def test_codes_of_sub_jobs_deleted_ones_and_those_that_cant_be_read_are_left_out() -> None:
    codes = ProjectCodes.from_procore(
        [
            a_code_row("05-100", "S", biller_type="SubJob"),
            a_code_row("05-200", "S", deleted_at="2026-01-01T00:00:00Z"),
            {"id": 3},
            a_code_row("05-300", "S"),
            a_code_row("05-400", line_item_types=None),
        ]
    )

    assert set(codes.codes) == {"05-300", "05-400"}


# A night without a change


def test_R84_a_project_with_nothing_new_is_known_without_its_codes() -> None:
    figures = [a_figure(), a_figure("03-300", "L")]
    now = records(*figures)
    known = written(now.values())
    job = Job(id="7", name="A-1", figures=figures, known={link.xero_id: link for link in known})

    before = as_before(job)

    assert before == list(now.values())
    assert [list(row) for row in before or ()] == [list(row) for row in now.values()]
    changes = make_changes(ENTITY, before or [], an_around(*known))
    assert all(isinstance(change, Keep) for change in changes)


@pytest.mark.parametrize(
    "figures",
    [
        [],
        [a_figure(cost="100.01")],
        [a_figure(born="39.99")],
        [a_figure(), a_figure("03-300", "L")],
    ],
)
def test_R84_a_project_with_something_new_is_due(figures: Sequence[JobCost]) -> None:
    known = {link.xero_id: link for link in written(records(a_figure()).values())}

    assert as_before(Job(id="7", name="A-1", figures=figures, known=known)) is None


amounts = st.decimals("-9999", "9999", places=2)
some = st.lists(
    st.tuples(
        st.sampled_from(["02-300", "03-300", "04-100", "09-900", ""]),
        st.sampled_from(["", "S", "L"]),
        amounts,
        amounts,
    ),
    unique_by=lambda each: each[:2],
)


@given(some, st.sampled_from([None, "02-300"]), st.sampled_from([None, "S"]))
def test_R87_no_cent_is_lost_on_the_way_to_a_row_in_any_world(
    given_figures: list[tuple[str, str, Decimal, Decimal]], fallback: str | None, usual: str | None
) -> None:
    figures = [a_figure(c, t, str(cost), str(born)) for c, t, cost, born in given_figures]

    found = records(
        *figures, cost_codes={"fallback_code": fallback}, direct_costs={"cost_type": usual}
    )

    costs = [ErpJobCost.from_ledger(row) for row in found.values()]
    for name in ("job_to_date", "commitment_invoiced"):
        sums = [sum(getattr(each, name) for each in rows) for rows in (costs, figures)]
        assert sums[0] == sums[1]
    assert sum(c.job_to_date - c.commitment_invoiced for c in costs) == sum(
        figure.direct_costs for figure in figures
    )


# What is sent


def test_R85_R86_both_figures_go_with_both_pairs_of_ids() -> None:
    change = change_of(ENTITY, a_record(), an_around())

    assert isinstance(change, Create)
    assert change.desired.payload == {
        "job_origin_id": JOB,
        "cost_code_id": 3300,
        "cost_code_origin_id": "erp:code:02-300",
        "line_item_type_id": 123,
        "line_item_type_origin_id": "erp:type:S",
        "job_to_date_cost": "100.00",
        "commitment_invoiced": "40.00",
    }
    assert change.desired.name == "02-300.S"
    assert change.about.title == "A-1 · 02-300.S"


def test_R84_an_update_names_the_figures_that_differ_and_is_no_mass_change() -> None:
    known = written(records(a_figure()).values())
    (row,) = records(a_figure(cost="90.00"), known=known).values()

    change = change_of(ENTITY, row, an_around(*known))

    assert isinstance(change, Update)
    assert [(f.name, f.before, f.after) for f in change.fields] == [
        ("job_to_date_cost", "100.00", "90.00")
    ]
    assert change.target_url == "https://app.procore.test/projects/7/budgeting"
    assert not ENTITY.rewrites(change)


# What is held


@pytest.mark.parametrize(
    ("given_row", "around", "code"),
    [
        ({}, {"inactive": {"7"}}, "PROJECT_INACTIVE"),
        ({}, {"hidden": {"7"}}, "PROJECT_HIDDEN"),
        ({"currency": "AUD"}, {}, "CURRENCY_DIFFERS"),
        ({"job_origin_id": ""}, {}, "PROJECT_NOT_EXPORTED"),
        ({"cost_code_id": "", "line_item_type_id": ""}, {}, "COST_CODE_UNKNOWN"),
        ({"line_item_type_id": ""}, {}, "COST_TYPE_UNCLEAR"),
        ({"cost_code_origin_id": ""}, {}, "COST_CODE_NOT_EXPORTED"),
        ({"line_item_type_origin_id": ""}, {}, "COST_CODE_NOT_EXPORTED"),
    ],
)
def test_R84_each_condition_holds_by_its_own_name(given_row: Row, around: Any, code: str) -> None:
    assert codes_of(a_record(**given_row), **around) == [code]


def test_every_condition_has_a_case_above() -> None:
    assert len({c.code for c in ENTITY.conditions}) == 7


def test_R84_a_figure_in_another_currency_is_a_record_of_its_own_and_names_the_amount() -> None:
    (row,) = foreign("7", "A-1", [a_figure(currency="AUD", cost="1234.50")])

    change = change_of(ENTITY, row, an_around())

    assert row["id"] == "7/02-300//AUD"
    assert isinstance(change, Hold)
    (reason,) = change.reasons
    assert "1,234.50 are in AUD, the Xero organisation keeps NZD" in reason.sentence


def test_R84_where_currencies_are_not_told_nothing_is_held_for_them() -> None:
    assert codes_of(a_record(currency="")) == []
    assert codes_of(a_record(), currency="") == []


def test_R84_of_a_project_that_cant_be_written_to_every_figure_is_held_where_it_went() -> None:
    known = {link.xero_id: link for link in written(records(a_figure()).values())}
    job = Job(id="7", name="A-1", figures=[a_figure(), a_figure("03-300")], known=known)

    rows = list(unread(job))

    assert [row["id"] for row in rows] == ["7/02-300/S", "7/03-300/"]
    assert {tuple(codes_of(row)) for row in rows} == {("PROJECT_NOT_EXPORTED",)}
