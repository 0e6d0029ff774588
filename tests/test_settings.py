"""The settings file: what each profile means, and what is refused in which words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from airflow_provider_procore_xero.errors import SettingsError
from airflow_provider_procore_xero.settings import (
    PROFILES,
    as_dict,
    attribute,
    json_schema,
    load,
    make,
    reference,
    settings_hash,
    with_overrides,
)
from airflow_provider_procore_xero.sync.settings import Settings

FULL = """
profile: hybrid
projects:     {gate: stage, stage: Send to Xero, tracking_category: Project,
               option_name: "{number} {name}", require_number: true, rename: propose,
               option_warning: 100, option_limit: null}
vendors:      {direction: xero_to_procore, contact_group: Procore, owner: born,
               similar_threshold: 90, country: strict, region_codes: all}
cost_codes:   {target: tracking_option, tracking_category: Cost Codes,
               code_format: "{cost_code}.{cost_type}", list: null, fallback_code: null}
accounts:     {expense: "310", income: "200", by_cost_type: {L: "320"},
               by_cost_code: {"01-*": "311"}}
commitments:  {enabled: true, statuses: [Approved], number: "{number}", date: created,
               billed_po: hold}
bills:        {status: DRAFT, statuses: [approved], starts_on: 2026-07-01, reference: auto,
               amount_source: this_period, negative: hold, zero: hold, due_days: 30,
               retainage_item: null, retainage_account: "850", retainage_tax: same_as_work,
               lock_date: hold, attach_pdf: false}
payments:     {enabled: true, amount: net, prepayments: explain}
direct_costs: {include: uncontracted_only, spend_money: true, credit_notes: explain,
               unlinked_vendor: hold, missing_number: hold}
job_costs:    {enabled: false}
journals:     {enabled: false}
tax:          {amounts: exclusive, purchase_tax_type: null}
approval:     {backend: none, approvers: [], auto_accept: [],
               notify_on_reject: [creator, submitter]}
notifications: {to: [ap@example.com], from: null, when: always, digest_hour: 7}
safety:       {max_writes: 2000, max_change_percent: 30, fail_run_on: [never]}
"""


def value_of(settings: Settings, name: str) -> Any:
    section, key = name.split(".")
    return getattr(getattr(settings, section), key)


def why_not(given: Mapping[str, Any], **more: Any) -> str:
    """The sentence that *given* is refused with."""
    with pytest.raises(SettingsError) as refused:
        make(given, **more)
    return str(refused.value)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "settings.yaml"


# Profiles


SAME_IN_ALL = {
    "projects.stage": "Send to Xero",
    "projects.tracking_category": "Project",
    "projects.rename": "propose",
    "vendors.contact_group": "Procore",
    "vendors.owner": "born",
    "vendors.similar_threshold": 90,
    "commitments.enabled": True,
    "bills.status": "DRAFT",
    "bills.reference": "auto",
    "bills.amount_source": "this_period",
    "bills.negative": "hold",
    "bills.lock_date": "hold",
    "payments.amount": "net",
    "direct_costs.currency": "hold",
    "journals.enabled": False,
    "tax.amounts": "exclusive",
    "accounts.expense": None,
    "bills.retainage_account": None,
}
BY_PROFILE = {
    "projects.gate": ("stage", "approval", "stage"),
    "projects.option_name": ("{number}", "{name}", "{number} {name}"),
    "projects.require_number": (True, False, True),
    "vendors.direction": ("xero_to_procore", "procore_to_xero", "xero_to_procore"),
    "vendors.country": ("strict", "strict", "translate"),
    "cost_codes.target": ("tracking_option", "item", "tracking_option"),
    "cost_codes.list": (None, "Xero Standard Cost Codes", None),
    "bills.statuses": (("approved",), ("approved", "approved_as_noted"), ("approved",)),
    "direct_costs.include": ("uncontracted_only", "all", "uncontracted_only"),
    "approval.backend": ("none", "airflow", "none"),
}


@pytest.mark.parametrize("profile", PROFILES)
def test_C5_C7_C13_C14_what_every_profile_shares(profile: str) -> None:
    settings = make({"profile": profile})

    assert {name: value_of(settings, name) for name in SAME_IN_ALL} == SAME_IN_ALL


@pytest.mark.parametrize(
    ("place", "profile"), [(0, "dimension_classic"), (1, "procore_connector"), (2, "hybrid")]
)
def test_C1_C3_C22_C23_what_each_profile_says_of_its_own(place: int, profile: str) -> None:
    settings = make({"profile": profile})

    said = {name: values[place] for name, values in BY_PROFILE.items()}
    assert {name: value_of(settings, name) for name in said} == said


def test_without_a_profile_it_is_the_hybrid_one() -> None:
    assert make({}) == make({"profile": "hybrid"})


def test_a_file_says_only_what_differs_from_its_profile() -> None:
    settings = make({"profile": "procore_connector", "projects": {"stage": "Go"}})

    assert (settings.projects.stage, settings.projects.option_name) == ("Go", "{name}")


def test_an_unknown_profile_is_refused_with_those_there_are() -> None:
    said = why_not({"profile": "dimension"})

    assert "'dimension'" in said
    assert all(profile in said for profile in PROFILES)


@pytest.mark.parametrize("profile", [["hybrid"], {"name": "hybrid"}, None, 3])
def test_a_profile_that_is_no_name_is_refused(profile: Any) -> None:
    assert "profile is" in why_not({"profile": profile})


# Keys


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"bils": {}}, ("'bils'", "'bills'")),
        ({"bills": {"retainage_acount": "850"}}, ("bills.retainage_acount", "'retainage_account'")),
        ({"bills": {"zzz": 1}}, ("bills.zzz", "Known keys", "due_days")),
        ({"projects": {"imports": True}}, ("projects.imports", "'import'")),
        ({1: {}}, ("1",)),
        ({"bills": {True: "x"}}, ("bills.True",)),
    ],
)
def test_an_unknown_key_is_refused_with_the_nearest_that_there_is(
    given: Any, words: tuple[str, ...]
) -> None:
    said = why_not(given, called="company.yaml")

    assert said.startswith("company.yaml: unknown key")
    assert all(word in said for word in words)


@pytest.mark.parametrize("values", ["yes", 3, ["a"], True])
def test_a_section_that_holds_no_keys_is_refused(values: Any) -> None:
    assert "bills must hold keys and values" in why_not({"bills": values})


def test_an_empty_section_is_the_profiles() -> None:
    assert make({"bills": None, "projects": {}}) == make({})


# Values


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"bills": {"status": "PAID"}}, ("bills.status", "'PAID'", "DRAFT")),
        ({"bills": {"due_days": "soon"}}, ("bills.due_days", "'soon'", "integer")),
        ({"bills": {"due_days": -1}}, ("bills.due_days", "-1")),
        ({"bills": {"statuses": "approved"}}, ("bills.statuses", "'approved'")),
        ({"bills": {"starts_on": "1 July"}}, ("bills.starts_on", "'1 July'")),
        ({"accounts": {"expense": 310}}, ("accounts.expense", "310", 'in quotes, "310"')),
        ({"accounts": {"by_cost_code": {"01-*": 311}}}, ("accounts.by_cost_code", '"311"')),
        ({"projects": {"require_number": "maybe"}}, ("projects.require_number", "'maybe'")),
        ({"vendors": {"similar_threshold": 101}}, ("vendors.similar_threshold", "101")),
        ({"vendors": {"similar_threshold": -1}}, ("vendors.similar_threshold", "-1")),
        ({"notifications": {"digest_hour": 24}}, ("notifications.digest_hour", "24")),
        ({"safety": {"max_writes": -5}}, ("safety.max_writes", "-5")),
        ({"safety": {"max_change_percent": -1}}, ("safety.max_change_percent", "-1")),
        ({"safety": {"fail_run_on": ["sometimes"]}}, ("safety.fail_run_on", "'sometimes'")),
        ({"tax": {"amounts": None}}, ("tax.amounts", "None")),
    ],
)
def test_an_impossible_value_is_refused_with_key_value_and_fix(
    given: Mapping[str, Any], words: tuple[str, ...]
) -> None:
    said = why_not(given)

    assert all(word in said for word in words), said


def test_every_impossible_value_is_named_not_only_the_first() -> None:
    said = why_not({"bills": {"status": "PAID"}, "payments": {"amount": "half"}})

    assert "bills.status" in said
    assert "payments.amount" in said


@pytest.mark.parametrize(
    ("name", "template", "known"),
    [
        ("projects.option_name", "{nummer} {name}", "{number}, {name}"),
        ("cost_codes.code_format", "{code}", "{cost_code}, {cost_type}"),
        ("bills.reference", "{po}", "{commitment_number}"),
        ("bills.reference", "{invoice_number", "{invoice_number}"),
        ("bills.reference", "{}", "{invoice_number}"),
        ("bills.reference", "invoice number", "invoice_number"),
    ],
)
def test_C3_C5_a_template_that_names_what_is_not_there_is_refused(
    name: str, template: str, known: str
) -> None:
    section, key = name.split(".")

    said = why_not({section: {key: template}})

    assert name in said
    assert repr(template) in said
    assert known in said


@pytest.mark.parametrize(
    "choice", ["auto", "invoice_number", "po_number", "{project_number}/{application_number}"]
)
def test_C5_a_reference_is_one_of_three_words_or_a_template(choice: str) -> None:
    assert make({"bills": {"reference": choice}}).bills.reference == choice


def test_R84_job_costs_are_written_only_where_they_are_added_up() -> None:
    said = why_not({"job_costs": {"write": "erp"}}, called="company.yaml")

    assert said.startswith("company.yaml: job_costs.write is 'erp'")
    assert "Set job_costs.enabled to true." in said
    assert make({"job_costs": {"enabled": True, "write": "erp"}}).job_costs.write == "erp"
    assert make({}).job_costs.write == "none"


# Overrides


def test_a_run_may_set_only_what_is_marked() -> None:
    marked = {f"{section}.{key}" for section, key, _, doc in reference() if doc.overridable}
    assert marked == {
        "projects.rename", "bills.status", "bills.due_days", "safety.max_writes",
        "safety.max_missing_percent", "safety.day_reserve", "safety.fail_run_on",
    }  # fmt: skip

    settings = with_overrides(
        make({}), {"bills": {"due_days": 14}, "safety": {"fail_run_on": ["refused"]}}
    )
    assert (settings.bills.due_days, settings.safety.fail_run_on) == (14, ("refused",))


def test_a_run_keeps_what_it_does_not_set() -> None:
    settings = make({"bills": {"starts_on": date(2026, 7, 1)}, "notifications": {"from": "a@b.c"}})

    changed = with_overrides(settings, {"bills": {"due_days": 14}})

    assert changed.bills.starts_on == date(2026, 7, 1)
    assert changed.notifications.sender == "a@b.c"
    assert with_overrides(settings, {}) is settings


@pytest.mark.parametrize(
    "overrides",
    [
        {"bills": {"retainage_account": "999"}},
        {"accounts": {"expense": "999"}},
        {"profile": {}},
        {"profile": "hybrid"},
        {"bogus": {}},
        {"bogus": {"key": 1}},
        {"bills": 5},
    ],
)
def test_what_a_run_may_not_set_is_refused(overrides: Mapping[str, Any]) -> None:
    with pytest.raises(SettingsError, match="DAG param settings"):
        with_overrides(make({}), overrides)


def test_a_run_may_not_set_an_impossible_value() -> None:
    with pytest.raises(SettingsError, match=r"bills\.status is 'PAID'"):
        with_overrides(make({}), {"bills": {"status": "PAID"}})


# Files


def test_a_file_is_read(file: Path) -> None:
    file.write_text(FULL, encoding="utf-8")

    settings = load(file)

    assert settings.accounts.by_cost_code == {"01-*": "311"}
    assert settings.bills.starts_on == date(2026, 7, 1)
    assert settings.notifications.sender is None


def test_an_empty_file_is_the_default_profile(file: Path) -> None:
    file.write_text("# nothing yet\n", encoding="utf-8")

    assert load(file) == make({})


def test_R23_the_full_file_differs_from_the_defaults_only_where_it_says_so(file: Path) -> None:
    file.write_text(FULL, encoding="utf-8")
    given, default = as_dict(load(file)), as_dict(make({"profile": "hybrid"}))

    differing = {
        f"{section}.{key}"
        for section, values in given.items()
        if section != "profile"
        for key, value in values.items()
        if value != default[section][key]
    }
    assert differing == {
        "accounts.expense", "accounts.income", "accounts.by_cost_type", "accounts.by_cost_code",
        "bills.retainage_account", "bills.starts_on", "notifications.to", "vendors.country",
        "vendors.region_codes",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("bills: {status: DRAFT\npayments: x", ("line", "no valid YAML")),
        ("\tbills:", ("line 1", "no valid YAML")),
        ("- bills", ("must hold keys and values",)),
        ("just text", ("must hold keys and values",)),
        ("bills: !!python/object:os.system {}", ("no valid YAML",)),
        ("a: \x00", ("no valid YAML",)),
        ("? [a, b]\n: c\n", ("no valid YAML",)),
        ("bills: {due_days: 14}\nbills: {status: DRAFT}\n", ("'bills'", "twice", "line 2")),
        ("bills:\n  due_days: 14\n  due_days: 15\n", ("'due_days'", "twice", "line 3")),
    ],
)
def test_a_file_that_is_no_settings_file_is_refused_with_its_name(
    file: Path, text: str, words: tuple[str, ...]
) -> None:
    file.write_text(text, encoding="utf-8")

    with pytest.raises(SettingsError) as refused:
        load(file)

    assert str(file) in str(refused.value)
    assert all(word in str(refused.value) for word in words)


def test_a_file_in_another_encoding_is_refused_with_its_name(file: Path) -> None:
    file.write_bytes("projects: {stage: Größe}".encode("latin-1"))

    with pytest.raises(SettingsError, match="UTF-8"):
        load(file)


def test_a_file_that_is_not_there_is_refused_with_its_name(file: Path) -> None:
    with pytest.raises(SettingsError, match=r"settings\.yaml can't be read: No such file"):
        load(file)


# The hash


def other(value: Any, name: str) -> Any:
    """A value of the same kind that is not *value*."""
    if name in CHOICES:
        return CHOICES[name]
    match value:
        case bool():
            return not value
        case int():
            return value + 1 if name != "notifications.digest_hour" else 8
        case tuple():
            return ["somebody"]
        case Mapping():
            return {"X": "999"}
        case _:
            return "Else"


CHOICES = {
    "projects.gate": "none", "projects.rename": "auto", "projects.option_name": "{name}",
    "projects.option_limit": 5, "vendors.direction": "both", "vendors.owner": "xero",
    "vendors.country": "strict", "vendors.region_codes": "all", "cost_codes.target": "item",
    "cost_codes.code_format": "{cost_code}", "commitments.number": "{project_number}-{number}",
    "cost_codes.pairs": "all", "bills.amount_source": "scheduled_value",
    "bills.negative": "credit_note",
    "commitments.date": "contract_date", "commitments.billed_po": "supplement",
    "bills.status": "SUBMITTED", "bills.starts_on": "2026-07-01", "bills.reference": "po_number",
    "bills.zero": "send", "bills.lock_date": "draft", "payments.amount": "gross",
    "payments.prepayments": "count",
    "bills.due_from": "due_days",
    "direct_costs.include": "all", "direct_costs.credit_notes": "include",
    "direct_costs.unlinked_vendor": "blank", "direct_costs.missing_number": "number",
    "direct_costs.received_date": "none", "direct_costs.currency": "convert",
    "job_costs.write": "erp",
    "approval.entities": ["vendors"], "approval.updates": "accept",
    "approval.auto_accept": ["vendors"], "approval.notify_on_reject": ["creator"],
    "tax.amounts": "no_tax", "approval.backend": "airflow", "notifications.when": "issues",
    "safety.fail_run_on": ["held"], "reconcile.tolerance": "0.05",
}  # fmt: skip
TOGETHER: Mapping[str, Mapping[str, Any]] = {"job_costs.write": {"enabled": True}}
"""What a value of a key takes beside it."""
KEYS = [f"{section}.{key}" for section, key, _, _ in reference()]


@pytest.mark.parametrize("name", KEYS)
def test_the_hash_changes_with_any_value(name: str) -> None:
    section, key = name.split(".")
    beside = TOGETHER.get(name, {})
    default = make({section: beside})
    value = getattr(getattr(default, section), attribute(section, key))

    changed = make({section: {**beside, key: other(value, name)}})

    assert settings_hash(changed) != settings_hash(default)


def test_the_hash_is_the_same_for_the_same_values_however_they_are_said() -> None:
    assert settings_hash(make({})) == settings_hash(make({"bills": {"due_days": 30}}))
    assert settings_hash(make({"profile": "hybrid"})) != settings_hash(
        make({"profile": "dimension_classic"})
    )


# The schema


SCHEMA = Draft202012Validator(json_schema())


def test_the_schema_is_one_and_takes_a_full_file() -> None:
    import yaml

    Draft202012Validator.check_schema(json_schema())
    given = yaml.safe_load(FULL)
    given["bills"]["starts_on"] = "2026-07-01"  # JSON has no dates

    assert not list(SCHEMA.iter_errors(given))
    assert SCHEMA.is_valid({})


@pytest.mark.parametrize(
    "given",
    [
        {"bils": {}},
        {"bills": {"retainage_acount": "850"}},
        {"notifications": {"sender": "a@b.c"}},
        {"profile": "dimension"},
        {"bills": {"status": "PAID"}},
        {"accounts": {"expense": 310}},
        {"accounts": {"by_cost_code": {"01-*": 311}}},
        {"bills": {"due_days": "30 days"}},
        {"bills": {"due_days": -1}},
        {"notifications": {"digest_hour": 24}},
    ],
)
def test_the_schema_refuses_what_is_refused_when_the_file_is_read(given: Any) -> None:
    assert not SCHEMA.is_valid(given)


def test_every_key_of_the_reference_is_in_the_schema_with_its_words() -> None:
    schema = json_schema()

    for section, key, _, doc in reference():
        name = schema["properties"][section]["$ref"].rsplit("/", 1)[1]
        assert key in schema["$defs"][name]["properties"]
        assert doc.text.endswith((".", "`.", ")"))


def test_the_reference_has_every_key_once() -> None:
    keys = [(section, key) for section, key, _, _ in reference()]

    assert len(keys) == len(set(keys))
    assert {section for section, _ in keys} == {f.name for f in fields(Settings)} - {"profile"}
