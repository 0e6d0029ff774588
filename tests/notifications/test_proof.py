"""What the mail says of whether both systems agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from airflow_provider_procore_xero.notifications.mail import compose
from airflow_provider_procore_xero.sync.reconciliation import (
    Amounts,
    Names,
    Place,
    Reconciled,
    Reconciliation,
)
from tests.notifications.reports import a_report

AGREED = Reconciliation(
    run="r1",
    rows=1240,
    differing=2,
    unexplained=0,
    totals={"NZD": Amounts(claimed=Decimal("1425.00"), billed=Decimal("1424.99"))},
    made_at=datetime(2026, 11, 22, tzinfo=UTC),
)
WORST = Reconciled(
    place=Place(project_id="1", code="02-300"),
    names=Names(project="A-1 <b>Tower</b>", commitment="SC-001", vendor="Terra Works Ltd"),
    amounts=Amounts(claimed=Decimal("10.00"), billed=Decimal("9.99"), job_cost=Decimal("9.99")),
    unexplained=Decimal("0.01"),
    procore_url="https://app.procore.com/1",
    xero_url="https://go.xero.com/1",
)


def test_a_proof_is_told_in_numbers_and_totals() -> None:
    text = compose(a_report(proof=AGREED)).text

    assert "BOTH SYSTEMS AGREE\n" in text
    assert "1,240 looked at: 1,238 agree, 2 differ and are explained, 0 unexplained" in text
    assert "Claimed 1,425.00, Billed 1,424.99 NZD" in text


def test_the_worst_rows_are_named_with_links_and_their_text_is_harmless() -> None:
    message = compose(a_report(proof=replace(AGREED, unexplained=1, worst=(WORST,))))

    assert "BOTH SYSTEMS DO NOT AGREE" in message.text
    assert "1 differ and are explained, 1 unexplained" in message.text
    assert "0.01 unexplained" in message.text
    assert "Claimed 10.00, billed 9.99." in message.html
    assert 'href="https://go.xero.com/1"' in message.html
    assert "<b>Tower" not in message.html


def test_a_run_without_a_proof_says_nothing_of_it() -> None:
    assert "BOTH SYSTEMS" not in compose(a_report()).text
