"""What the mail after a run says, and in which order."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_procore_xero.cli import _parser, settings_check
from airflow_provider_procore_xero.notifications.contents import shares
from airflow_provider_procore_xero.notifications.mail import LARGEST, compose
from airflow_provider_procore_xero.sync.plan import Reason
from tests.notifications.pages import Page
from tests.notifications.reports import (
    BEGAN,
    NO_DATE,
    NOT_YET,
    a_flow,
    a_report,
    an_outcome,
    held,
    updated,
)

VENDOR = Reason(code="VENDOR_NOT_LINKED", sentence="Vendor 8 has no counterpart yet.", fix="Sync.")


def in_order(text: str, *parts: str) -> bool:
    """Return whether *text* holds *parts*, each behind the one before."""
    places = [text.find(part) for part in parts]
    assert -1 not in places, parts[places.index(-1)]
    return places == sorted(places)


# The subject


@pytest.mark.parametrize(
    ("flows", "subject"),
    [
        ((a_flow(),), "All good · nothing written · Procore–Xero nightly, 22 Nov"),
        ((a_flow(an_outcome()),), "All good · 1 written · Procore–Xero nightly, 22 Nov"),
        (
            (a_flow(an_outcome(1, what="linked")),),
            "All good · 1 linked · Procore–Xero nightly, 22 Nov",
        ),
        (
            (a_flow(an_outcome(1), updated(2), held(3)),),
            "1 to do · 2 written · Procore–Xero nightly, 22 Nov",
        ),
        (
            (a_flow(held(1, NOT_YET)),),
            "All good · nothing written · Procore–Xero nightly, 22 Nov",
        ),
        (
            (a_flow(an_outcome()), a_flow(held(2), state="failed")),
            "FAILED · 1 to do · 1 written · Procore–Xero nightly, 22 Nov",
        ),
        (
            (a_flow(an_outcome(), state="limited"),),
            "Limit reached · 1 written · Procore–Xero nightly, 22 Nov",
        ),
        (
            (a_flow(an_outcome(), held(2), mode="plan"),),
            "PLAN · 1 to do · 1 to write · Procore–Xero nightly, 22 Nov",
        ),
    ],
)
def test_R6_the_subject_says_whether_anybody_must_act(flows, subject):
    assert compose(a_report(*flows)).subject == subject


def test_the_subject_of_a_cleared_run_says_so():
    message = compose(a_report(), again=True)

    assert message.subject.endswith("22 Nov (run again)")
    assert "run again" in message.text


def test_a_run_that_took_too_long_has_failed_whatever_its_flows_say():
    message = compose(a_report(), failed_reason="It took longer than 4 hours and was stopped.")

    assert message.subject.startswith("FAILED · 1 written")
    assert "It took longer than 4 hours and was stopped." in Page(message.html).text


def test_days_and_times_are_those_of_the_readers_zone():
    message = compose(a_report(), zone=ZoneInfo("Pacific/Auckland"))

    assert message.subject.endswith(", 23 Nov")
    assert "Mon 23 Nov 2026, 04:00 to 04:07 NZDT" in message.text


def test_a_dag_of_another_name_goes_by_it():
    assert "· payments_hourly, 22 Nov" in compose(a_report(dag_id="payments_hourly")).subject
    assert "· The night, 22 Nov" in compose(a_report(), title="The night").subject


# The body


def test_R6_what_to_do_comes_first_then_what_was_written_then_counts_then_what_waits():
    message = compose(
        a_report(a_flow(an_outcome(1), held(2), held(3, NOT_YET)), a_flow(state="failed"))
    )

    headings = ("What failed", "What to do", "What was written", "Counts", "Waiting", "To look")
    assert in_order(Page(message.html).text, *headings)
    assert in_order(message.text, *(h.upper() for h in headings))


def test_R6_every_record_is_told_once_in_both_parts():
    records = [
        *(an_outcome(number) for number in range(100, 110)),
        *(updated(number) for number in range(110, 115)),
        *(an_outcome(number, what="removed") for number in range(115, 118)),
        *(held(number) for number in range(120, 125)),
        *(an_outcome(number, what="refused", reasons=(VENDOR,)) for number in range(125, 128)),
        *(an_outcome(number, what="drifted", reasons=(VENDOR,)) for number in range(128, 130)),
        *(held(number, NOT_YET) for number in range(130, 133)),
    ]

    message = compose(a_report(a_flow(*records)))

    for said in (Page(message.html).text, message.text):
        assert [r.title for r in records if said.count(r.title) != 1] == []


def test_R6_the_counts_are_those_of_the_report():
    counts = {
        "read": 1204, "created": 9, "updated": 8, "linked": 7, "unchanged": 1100,
        "held": 6, "refused": 5, "in_doubt": 4,
    }  # fmt: skip
    flow = a_flow(counts=counts, calls={"procore": 31, "xero": 1})

    message = compose(a_report(flow, flow))

    one = (
        "1,204 read, 9 created, 8 updated, 7 linked, 1,100 unchanged, 6 held, 5 refused, 4 in doubt"
    )
    both = (
        "2,408 read, 18 created, 16 updated, 14 linked, 2,200 unchanged,"
        " 12 held, 10 refused, 8 in doubt"
    )
    for said in (Page(message.html).text.replace(" ,", ","), message.text):
        assert said.count(one) == 2
        assert said.count(both) == 1
        assert said.count("31 calls to Procore, 1 to Xero") == 2
        assert "62 calls to Procore, 2 to Xero" in said


def test_R7_each_record_leads_to_its_page_in_procore_and_in_xero():
    records = (an_outcome(1), updated(2), an_outcome(3, what="refused", reasons=(VENDOR,)))

    message = compose(a_report(a_flow(*records)))

    links = Page(message.html).links
    for record in records:
        assert links.count(("Procore", record.procore_url)) == 1
        assert links.count(("Xero", record.xero_url)) == 1
        assert f"    Procore: {record.procore_url}\n    Xero: {record.xero_url}\n" in message.text


def test_a_record_without_a_page_has_no_link_to_it():
    message = compose(a_report(a_flow(held(1))))

    assert [label for label, _ in Page(message.html).links] == ["Procore"]
    assert "Xero: " not in message.text


def test_a_record_kept_back_says_why_and_what_to_do():
    message = compose(a_report(a_flow(held(1), held(2))))

    said = Page(message.html).text
    assert (
        "2 No billing date The claim has no billing date. Set the billing date in Procore." in said
    )
    assert said.count(NO_DATE.sentence) == 1


def test_records_of_one_reason_say_what_is_their_own():
    of = [replace(VENDOR, sentence=f"Vendor {name} has no counterpart yet.") for name in "AB"]

    text = compose(a_report(a_flow(held(1, of[0]), held(2, of[1])))).text

    assert in_order(text, "2 x Vendor not linked\nSync.\n", "Invoice 1", "Vendor A", "Vendor B")
    assert text.count("Sync.") == 1


def test_a_record_tells_every_reason_and_stands_under_the_first():
    text = compose(a_report(a_flow(held(1, NO_DATE, VENDOR)))).text

    assert in_order(text, "1 x No billing date", "Invoice 1", VENDOR.sentence, VENDOR.fix)
    assert "Vendor not linked" not in text


def test_what_may_have_moved_money_comes_before_what_is_merely_held():
    doubt = Reason(code="IN_DOUBT", sentence="The answer was lost.")

    text = compose(a_report(a_flow(held(1), an_outcome(2, what="in_doubt", reasons=(doubt,))))).text

    assert in_order(text, "The answer was lost.", NO_DATE.sentence)


def test_an_update_shows_each_field_before_and_after():
    record = updated(1, ("LineItems.0.UnitAmount", "10.00", "12.50"), ("Reference", None, "SC-1"))

    message = compose(a_report(a_flow(record)))

    assert (
        "Line items 1 unit amount: 10.00 -> 12.50\n    Reference: nothing -> SC-1" in message.text
    )
    assert "Line items 1 unit amount: 10.00 → 12.50 Reference:" in Page(message.html).text


def test_many_fields_are_cut_and_counted():
    record = updated(1, *((f"Field{n}x", "a", "b") for n in range(9)))

    assert "and 3 more fields" in compose(a_report(a_flow(record))).text


def test_what_waits_is_folded_with_the_first_three_named():
    message = compose(a_report(a_flow(*(held(number, NOT_YET) for number in range(1, 9)))))

    assert "8 x Status not sent: Its status is Draft; Approved ones are sent." in message.text
    assert "Invoice 1, Invoice 2, Invoice 3 and 5 more" in message.text
    assert "What to do" not in message.html


def test_a_flow_that_failed_says_why():
    failed = a_flow(entity="payments", state="failed", error="Xero refused to sign in. Renew it.")

    message = compose(a_report(a_flow(), failed))

    said = Page(message.html).text
    assert "Bill payments → payments issued failed Xero refused to sign in. Renew it." in said


def test_a_missing_set_up_is_something_to_do_not_a_failure():
    gone = Reason(code="CATEGORY_MISSING", sentence="Xero has no category Project.", fix="Add it.")
    record = held(1, gone, source_id="set-up", title="Set-up")

    message = compose(a_report(a_flow(record, state="blocked", error="Xero has no category.")))

    assert message.subject.startswith("1 to do · ")
    assert "What failed" not in message.html


def test_R3_a_plan_is_marked_and_says_how_to_write_it():
    message = compose(a_report(a_flow(an_outcome(), mode="plan")))

    said = Page(message.html).text
    assert "This is a plan. Nothing was written in Procore or in Xero." in said
    assert "What would be written" in said
    assert '{"plan_id": "scheduled__2026-11-22T15:00:00+00:00"}' in said


def test_the_foot_names_settings_and_runs_and_leads_to_airflow():
    url = "https://airflow.example.com/dags/procore_xero_nightly/runs/r"

    message = compose(a_report(a_flow(run="01RUN")), run_url=url, left_today={"xero": 4310})

    said = Page(message.html).text
    assert ("Open this run in Airflow", url) in Page(message.html).links
    assert "Settings profile dimension_classic" in said
    assert "subcontractor_invoices 01RUN" in said
    assert "4,310 left today in Xero" in said


def test_the_command_that_the_mail_names_is_one():
    words = ("procore-xero", "settings", "check", "FILE")

    told = _parser().parse_args(words[1:])

    assert " ".join(words) in compose(a_report()).text
    assert told.command is settings_check


def test_a_run_of_which_nothing_is_known_still_makes_a_mail():
    report = replace(a_report(), flows=(), profile="")

    message = compose(report, failed_reason="The ledger can't be opened.")

    assert message.subject == "FAILED · nothing written · Procore–Xero nightly"
    assert "Settings profile unknown" in message.text


def test_the_same_report_makes_the_same_mail():
    assert compose(a_report()) == compose(a_report())


# Long lists


def test_five_thousand_records_make_a_small_mail_quickly():
    flows = [
        a_flow(
            *(an_outcome(number + n) for n in range(700)),
            *(held(number + n, VENDOR) for n in range(700, 1000)),
            run=f"01RUN{number}",
            ended_at=BEGAN + timedelta(minutes=1),
        )
        for number in range(0, 5000, 1000)
    ]
    began = time.perf_counter()

    message = compose(a_report(*flows))

    assert time.perf_counter() - began < 3
    assert len(message.html.encode()) <= LARGEST
    assert "1,500 Vendor not linked" in Page(message.html).text
    assert "more, see run 01RUN0, 01RUN1000, 01RUN2000 and others" in Page(message.html).text


def test_a_cut_list_and_its_rest_make_the_whole():
    message = compose(a_report(a_flow(*(an_outcome(number) for number in range(1500)))))

    page = Page(message.html)
    shown = sum(label == "Procore" for label, _ in page.links)
    assert 20 < shown < 1500
    assert f"and {1500 - shown:,} more, see run 01KAN7Q5F0RUN" in page.text
    assert f"and {1500 - shown:,} more, see run 01KAN7Q5F0RUN" in message.text


def test_records_that_the_report_only_counts_are_counted_in_the_rest():
    counts = {"read": 9000, "created": 4000, "held": 2500}

    message = compose(a_report(a_flow(*(an_outcome(n) for n in range(3)), counts=counts)))

    assert "and 3,997 more, see run" in message.text
    assert "and 2,500 more held records" in message.text


def test_a_hundred_mapped_tasks_stay_small_and_the_failed_ones_are_told():
    many = [a_flow(an_outcome(n), run=f"01RUN{n}") for n in range(300)]
    many[250] = a_flow(state="failed", error="Xero did not answer.", run="01BAD")

    message = compose(a_report(*many))

    assert len(message.html.encode()) <= LARGEST
    assert message.text.count("Xero did not answer.") == 1
    assert "subcontractor_invoices 01BAD" in message.text


@given(st.lists(st.integers(0, 500)), st.integers(0, 400))
def test_shares_never_pass_what_there_is_room_for(sizes, most):
    room = shares(sizes, most)

    assert sum(room) <= most or not sizes
    assert all(0 <= shown <= size for shown, size in zip(room, sizes, strict=True))
    assert room == sizes or sum(room) == most or len(sizes) > most
