"""Text from Procore and Xero is anybody's: a mail shows it, and obeys none of it."""

from __future__ import annotations

from random import Random

import pytest

from airflow_provider_procore_xero.notifications.mail import LARGEST, compose
from airflow_provider_procore_xero.notifications.outside import address, field_words, line, words
from airflow_provider_procore_xero.notifications.send import addressed
from airflow_provider_procore_xero.sync.plan import Hold, Reason
from airflow_provider_procore_xero.sync.planning import make_changes
from dev.docs import ENTITIES
from tests.notifications.pages import Page
from tests.notifications.pixels import a_chart
from tests.notifications.reports import a_flow, a_report, an_outcome, held, updated
from tests.sync.hostile import CASES, hostile, paths

SCRIPT = "<script>alert('1')</script><img src=x onerror=\"go()\">"


def test_markup_in_every_field_is_shown_and_not_obeyed():
    reason = Reason(code=f"CODE_{SCRIPT}", sentence=SCRIPT, fix=SCRIPT)
    flow = a_flow(
        an_outcome(1, title=SCRIPT, entity=SCRIPT),
        updated(2, (SCRIPT, SCRIPT, SCRIPT)),
        held(3, reason, Reason(code="B", sentence=f"B {SCRIPT}"), title=SCRIPT),
        held(4, Reason(code=f"W{SCRIPT}", sentence=SCRIPT, waits=True), title=SCRIPT),
        entity=SCRIPT,
        error=SCRIPT,
        state="failed",
        notes=(SCRIPT,),
        run=SCRIPT,
    )

    message = compose(
        a_report(flow, dag_id=SCRIPT, dag_run=SCRIPT, profile=SCRIPT, company=SCRIPT),
        failed_reason=SCRIPT,
        title=SCRIPT,
        run_url=f"https://airflow.example.com/{SCRIPT}",
    )

    page = Page(message.html)
    assert {"script", "img"} & {tag for tag, _ in page.tags} == set()
    assert [a for _, attributes in page.tags for a in attributes if a.startswith("on")] == []
    assert SCRIPT in page.text
    assert SCRIPT in message.text


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "data:text/html,x",
        "//evil.example.com",
        "https://",
        'https://go.xero.com/" onclick="x',
        "https://go.xero.com/\r\nBcc: x",
        "https://[::1",
        "https://go.xero.com/" + "x" * 700,
    ],
)
def test_only_web_addresses_become_links(url):
    message = compose(a_report(a_flow(an_outcome(1, procore_url=url, xero_url=""))), run_url=url)

    assert address(url) == ""
    assert Page(message.html).links == []
    assert "Procore: " not in message.text


def test_line_breaks_in_a_record_do_not_make_lines_of_their_own_in_the_text():
    record = an_outcome(1, title="Invoice 1\r\n\r\nWHAT TO DO\nPay account 99", procore_url="")

    text = compose(a_report(a_flow(record))).text

    assert "  * Invoice 1 WHAT TO DO Pay account 99, created\n" in text


def test_what_nobody_sees_is_left_out():
    assert line("ab\x00c\u202egpj\u200b.exe\u2066 d\te") == "abcgpj.exe d e"


def test_names_of_all_scripts_stay_as_they_are():
    name = "Kōwhai & Söhne 株式会社 شركة 🏗"

    assert name in Page(compose(a_report(a_flow(an_outcome(1, title=name)))).html).text


@pytest.mark.parametrize("text", ["n\r\nBcc: all@example.com", "n\nBcc: x@y.z", "n\u2028Bcc: x"])
def test_no_header_can_be_put_in_through_the_subject(text):
    message = compose(a_report(dag_id=text), title=text, failed_reason=text)

    mail = addressed(message, ["a@example.com"], "b@example.com")

    assert message.subject.splitlines() == [message.subject]
    assert mail["Bcc"] is None
    assert [name for name, _ in mail.items() if name.lower() == "bcc"] == []
    assert b"\nBcc" not in mail.as_bytes()


def test_one_endless_record_does_not_fill_the_mail():
    long = "x" * 50_000
    reasons = tuple(Reason(code=f"R{n}{long}", sentence=long, fix=long) for n in range(3))
    fields = ((long, long, long),) * 200
    flow = a_flow(
        *(updated(n, *fields, title=long) for n in range(200)),
        *(held(n, *reasons, title=long) for n in range(200)),
        error=long,
        notes=(long,) * 200,
    )

    message = compose(a_report(flow, dag_id=long, dag_run=long))

    assert len(message.html.encode()) <= LARGEST
    assert len(message.subject) <= 200


def test_nothing_is_fetched_from_elsewhere_when_the_mail_is_read():
    message = compose(a_report(a_flow(an_outcome(1), held(2))), run_url="https://a.example.com/x")

    page = Page(message.html)
    assert {tag for tag, _ in page.tags} & {"img", "link", "script", "iframe", "object"} == set()
    assert [
        a for _, attributes in page.tags for a in attributes if a in ("src", "background")
    ] == []
    assert "url(" not in message.html
    assert "@import" not in message.html


def test_all_that_is_shown_of_nights_travels_with_the_mail_and_is_never_text_of_a_record():
    flow = a_flow(an_outcome(1, title=SCRIPT), held(2, title=SCRIPT))

    message = compose(a_report(flow, dag_id=SCRIPT, company=SCRIPT), chart=a_chart())

    page = Page(message.html)
    ((cid, png),) = message.pictures.items()
    assert [a for tag, a in page.tags if tag == "img" and a["src"] != f"cid:{cid}"] == []
    assert [a for _, attributes in page.tags for a in attributes if a.startswith("on")] == []
    assert png == a_chart().png()


def test_codes_and_field_names_become_words():
    assert words("REFUSED_BY_XERO") == "Refused by Xero"
    assert words("PO_MISSING") == "PO missing"
    assert field_words("LineItems.0.AccountCode") == "Line items 1 account code"
    assert field_words("billing_date") == "Billing date"


@pytest.mark.parametrize("name", CASES)
def test_mails_about_spoilt_records_hold_no_markup_of_theirs(name: str) -> None:
    case, random = CASES[name], Random(name)
    places = list(paths(case.row()))
    rows = [hostile(case.row(), places, random) for _ in range(300)]
    changes = make_changes(ENTITIES[name], rows, case.around())
    clean = Page(compose(a_report(a_flow(held(1), an_outcome(2)))).html)

    flow = a_flow(
        *(
            held(n, *change.reasons, title=change.about.title, procore_url=change.about.source_url)
            if isinstance(change, Hold)
            else an_outcome(n, title=change.about.title, procore_url=change.about.source_url)
            for n, change in enumerate(changes)
            if hasattr(change, "about")
        )
    )
    message = compose(a_report(flow))
    page = Page(message.html)

    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in clean.tags} | {"ul", "li", "em"}
    assert all(url.startswith("https://") for _, url in page.links)
    assert [a for _, attributes in page.tags for a in attributes if a.startswith("on")] == []
    assert not any(ord(c) < 32 and c not in "\n\t\r" for c in message.text + message.html)
