"""What needs a decision, what it is bound to, and rules: by themselves."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_procore_xero.errors import SettingsError
from airflow_provider_procore_xero.settings import make
from airflow_provider_procore_xero.sync.approval import (
    Facts,
    Person,
    content_hash,
    facts_of,
    named,
    needs_decision,
    person,
    rule,
    same_person,
    under_approval,
)
from airflow_provider_procore_xero.sync.links import Link, Links
from airflow_provider_procore_xero.sync.plan import About, Create, Desired, Keep, Remove, Update

ABOUT = About(source_id="7", title="Claim 7", read="r")
CREATE = Create(about=ABOUT, desired=Desired(payload={"A": "1"}, name="a"), wrote="w1")
UPDATE = Update(
    about=ABOUT, desired=Desired(payload={"A": "1"}, name="a"), wrote="w1", target_id="x1"
)
LINK = Link(kind="project", procore_id="7", xero_id="x1", wrote="w0")


def settings(**approval: Any) -> Any:
    return make({"profile": "procore_connector", "approval": approval})


# What is asked about


@pytest.mark.parametrize(
    ("entity", "asked"),
    [
        ("projects", True),
        ("vendors", True),
        ("subcontractor_invoices", True),
        ("cost_codes", False),
        ("contacts", False),
        ("payments", False),
    ],
)
def test_C15_what_makes_documents_and_contacts_in_xero_is_asked_about(
    entity: str, asked: bool
) -> None:
    assert under_approval(settings(), entity) is asked
    assert under_approval(settings(backend="none"), entity) is False


@pytest.mark.parametrize(
    ("change", "link", "updates", "asked"),
    [
        (CREATE, None, "ask", True),
        (CREATE, None, "accept", True),
        (UPDATE, LINK, "ask", True),
        (UPDATE, LINK, "accept", False),
        (UPDATE, replace(LINK, wrote="w1"), "ask", False),
        (Remove(about=ABOUT, target_id="x1"), LINK, "ask", True),
        (Keep(source_id="7"), LINK, "ask", False),
    ],
)
def test_C15_every_write_is_asked_about_and_nothing_else(
    change: Any, link: Any, updates: str, asked: bool
) -> None:
    assert needs_decision(change, link, settings(updates=updates)) is asked


def test_E58_a_decision_is_bound_to_what_is_written_and_over_what() -> None:
    hashes = {
        content_hash(change)
        for change in (
            CREATE,
            replace(CREATE, wrote="w2"),
            UPDATE,
            replace(UPDATE, target_id="x2"),
            Remove(about=ABOUT, target_id="x1"),
        )
    }

    assert len(hashes) == 5
    assert content_hash(CREATE) == content_hash(replace(CREATE, about=replace(ABOUT, read="r2")))


# Rules


def test_E58_a_decision_is_bound_to_what_only_a_new_document_is_given_too() -> None:
    approved = replace(CREATE.desired, payload={**CREATE.desired.payload, "Status": "AUTHORISED"})

    assert content_hash(CREATE) != content_hash(replace(CREATE, desired=approved))


def test_a_documents_amount_is_the_sum_of_its_lines_to_the_cent() -> None:
    lines = [
        {"Quantity": Decimal(3), "UnitAmount": Decimal("33.3333")},
        {"LineAmount": Decimal("-0.01")},
    ]
    change = replace(CREATE, desired=Desired(payload={"LineItems": lines}, name="a"))

    assert facts_of(change, "commitments", Links()).amount == Decimal("99.99")


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("any", True),
        ("subcontractor_invoices", True),
        ("vendors", False),
        ("any: amount <= 500", True),
        ("any: amount < 500.00", False),
        ("any: amount = 500", True),
        ("any: amount >= 500", True),
        ("any: amount > 500", False),
        ("any: vendor = terra works", True),
        ("any: vendor = Terra", False),
        ("any: vendor = *works", True),
        ("any: vendor = Terra?Works", False),
        ("any: project = 24-*; amount <= 1000", True),
        ("any: project = 24-*; amount <= 100", False),
    ],
)
def test_C15_a_rule_accepts_where_every_condition_is_so(text: str, accepted: bool) -> None:
    facts = Facts(
        amount=Decimal("-500.00"), vendor=("Terra Works",), project=("24-017", "Riverside")
    )

    assert rule(text).accepts("subcontractor_invoices", facts) is accepted


@pytest.mark.parametrize("text", ["any: amount <= 1", "any: vendor = *", "any: project = *"])
def test_C15_what_a_rule_asks_about_and_nobody_knows_is_a_no(text: str) -> None:
    assert rule(text).accepts("vendors", Facts()) is False


@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_a_sentence(text: str) -> None:
    with suppress(SettingsError):
        assert rule(text).text == text


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("auto_accept", ["claims: amount <= 5"], "'claims' is none of any, projects, vendors"),
        ("auto_accept", ["any: amount <= 5k"], "'5k' is no amount; write it like 5000.00"),
        ("auto_accept", ["any: vendor < Terra"], "vendor takes '=' and a name"),
        ("auto_accept", ["any: colour = red"], "'colour = red' can't be read"),
        ("notify_on_reject", ["boss"], "creator, submitter, approvers and mail addresses"),
        ("approvers", [" "], "empty name"),
        ("entities", ["projects"], "it should be 'vendors', "),
        ("backend", "procore_erp", "partners only"),
    ],
)
def test_what_can_not_be_is_refused_with_what_can(key: str, value: Any, said: str) -> None:
    with pytest.raises(SettingsError) as refused:
        settings(**{key: value})

    assert said in str(refused.value)


# People


@pytest.mark.parametrize(
    ("entry", "user", "address"),
    [
        ("ana", "ana", ""),
        ("ana@example.com", "ana@example.com", "ana@example.com"),
        ("Ana Ng <ana@example.com>", "Ana Ng", "ana@example.com"),
    ],
)
def test_an_approver_is_a_user_an_address_or_both(entry: str, user: str, address: str) -> None:
    assert person(entry) == Person(user, address)


def test_C15_people_are_known_by_name_or_address_in_either_case() -> None:
    assert same_person("Ana Ng <ana@example.com>", "ANA@example.com")
    assert same_person("ana", "Ana")
    assert same_person("ANA <ANA@example.com>", "ana@example.com")
    assert not same_person("ana", "anabel", "")


def test_a_name_in_procore_adds_no_address_to_a_mail() -> None:
    user = {"login": "ana@example.com", "name": 'Ana" <eve@evil.test>, Ng\nBcc: x'}

    assert named(user) == "Ana eveevil.test NgBcc x <ana@example.com>"
    assert named({"login": "ana@example.com"}) == "ana@example.com"
