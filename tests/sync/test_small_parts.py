"""Countries, accounts, pages and reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from airflow_provider_procore_xero.sync.accounts import Account, account_code
from airflow_provider_procore_xero.sync.pages import Pages
from airflow_provider_procore_xero.sync.places import country_code, region_code
from airflow_provider_procore_xero.sync.plan import FieldChange, Reason, differences
from airflow_provider_procore_xero.sync.report import COUNTS, FlowReport, Outcome, Report
from airflow_provider_procore_xero.sync.safety import shrank
from airflow_provider_procore_xero.sync.settings import AccountSettings, SafetySettings
from tests.sync.builders import an_account_row

# Countries and regions


@pytest.mark.parametrize(("text", "code"), [("US", "US"), ("usa", "US"), (" nzl ", "NZ")])
def test_R12_a_country_is_a_code_of_two_or_three_letters(text: str, code: str) -> None:
    assert country_code(text, names=False) == code


@pytest.mark.parametrize("text", ["Untied States", "New Zealand", "XX", "ZZZ", "U", ""])
def test_R12_C23_strictly_nothing_else_is_a_country(text: str) -> None:
    assert country_code(text, names=False) is None


def test_C23_a_countrys_name_is_understood_where_the_settings_translate() -> None:
    assert country_code("New Zealand", names=True) == "NZ"
    assert country_code("Untied States", names=True) is None


@pytest.mark.parametrize(
    ("country", "text", "code"),
    [("US", "TX", "TX"), ("US", "us-tx", "TX"), ("US", "Texas", "TX"), ("AU", "nsw", "NSW")],
)
def test_R12_a_region_is_found_within_its_country(country: str, text: str, code: str) -> None:
    assert region_code(country, text) == code


def test_R12_a_region_of_another_country_is_none() -> None:
    assert region_code("CA", "TX") is None


# Accounts


def accounts(**given: Any) -> AccountSettings:
    return AccountSettings(expense="310", **given)


def test_an_account_comes_by_cost_code_else_cost_type_else_the_default() -> None:
    settings = accounts(by_cost_type={"L": "320"}, by_cost_code={"01-*": "311"})

    assert account_code(settings, "01-100", "L") == "311"
    assert account_code(settings, "02-100", "L") == "320"
    assert account_code(settings, "02-100", "S") == "310"
    assert account_code(AccountSettings(), "02-100", "S") is None


def test_of_several_patterns_the_longest_counts() -> None:
    settings = accounts(by_cost_code={"*": "1", "01-*": "2", "01-10*": "3"})

    assert account_code(settings, "01-100", "") == "3"
    assert account_code(settings, "01-200", "") == "2"
    assert account_code(settings, "09-000", "") == "1"


@pytest.mark.parametrize(
    ("given", "takes"),
    [({}, True), ({"Status": "ARCHIVED"}, False), ({"Type": "BANK"}, False)],
)
def test_an_account_takes_lines_if_it_is_active_and_no_bank_account(
    given: Mapping[str, Any], takes: bool
) -> None:
    assert Account.from_xero(an_account_row("310", **given)).takes_lines is takes


# Pages


def test_R7_pages_go_through_the_organisations_own_switch() -> None:
    pages = Pages(procore="https://us02.procore.com", company_id="1", shortcode="!23eYt")

    assert pages.bill("b-1") == (
        "https://go.xero.com/organisationlogin/default.aspx?shortcode=%2123eYt"
        "&redirecturl=%2FAccountsPayable%2FEdit.aspx%3FInvoiceID%3Db-1"
    )
    assert pages.requisition(7, "PurchaseOrderContract", 81, 500) == (
        "https://us02.procore.com/7/project/commitments/purchase_order_contracts/81/requisitions/500"
    )
    assert "work_order_contracts/81" in pages.commitment(7, "WorkOrderContract", 81)


def test_R7_without_a_shortcode_the_page_is_linked_directly() -> None:
    assert Pages().bill("b-1") == "https://go.xero.com/AccountsPayable/Edit.aspx?InvoiceID=b-1"


def test_R7_an_id_stays_one_part_of_its_page_whatever_it_holds() -> None:
    assert (
        Pages(company_id="1").vendor("7/../8?x=<b>").endswith("/vendors/7%2F..%2F8%3Fx%3D%3Cb%3E")
    )
    assert Pages().bill("b-1&InvoiceID=b-2").endswith("?InvoiceID=b-1%26InvoiceID%3Db-2")


# Lists that shrank


@pytest.mark.parametrize(
    ("had", "has", "believed"),
    [(2, 0, True), (3, 0, False), (19, 1, True), (20, 10, True), (20, 9, False), (20, 30, True)],
)
def test_a_list_that_lost_too_much_is_not_believed(had: int, has: int, believed: bool) -> None:
    assert shrank(had, has, SafetySettings(max_missing_percent=50)) is not believed
    assert not shrank(had, has, SafetySettings(max_missing_percent=100))


# Differences and reports


def test_differences_are_flat_and_in_the_order_of_what_comes_after() -> None:
    before = {"Total": "1.00", "Lines": [{"Amount": "1.00"}], "Old": "x"}
    after = {"Lines": [{"Amount": "2.00"}, {"Amount": "3.00"}], "Total": "1.00", "Empty": None}

    assert differences(before, after) == (
        FieldChange(name="Lines.0.Amount", before="1.00", after="2.00"),
        FieldChange(name="Lines.1.Amount", before=None, after="3.00"),
        FieldChange(name="Old", before="x", after=None),
    )


def an_outcome(what: Any, *reasons: Reason) -> Outcome:
    return Outcome(entity="vendors", what=what, source_id="8", title="No. 8", reasons=reasons)


def test_a_held_record_is_a_to_do_unless_it_only_waits() -> None:
    act, wait = Reason(code="A", sentence="a"), Reason(code="W", sentence="w", waits=True)

    assert an_outcome("held", act).needs_somebody
    assert not an_outcome("held", act, wait).needs_somebody
    assert all(an_outcome(what).needs_somebody for what in ("refused", "in_doubt", "drifted"))
    assert not any(an_outcome(what).needs_somebody for what in ("created", "updated", "linked"))


def test_what_an_operator_leaves_in_xcom_is_flat_and_complete() -> None:
    flow = FlowReport(run="r", entity="payments", mode="apply", state="success", plan="p",
                      counts={"read": 3, "created": 2}, calls={"xero": 4})  # fmt: skip

    assert flow.xcom() == {
        "run": "r", "entity": "payments", "mode": "apply", "plan": "p",
        **dict.fromkeys(COUNTS, 0), "read": 3, "created": 2,
        "calls": {"procore": 0, "xero": 4},
    }  # fmt: skip


def test_a_report_adds_up_its_flows_and_lists_what_to_do() -> None:
    refused = an_outcome("refused")
    flows = (
        FlowReport(run="1", entity="projects", mode="apply", state="success",
                   counts={"created": 1}, calls={"xero": 2}, outcomes=(an_outcome("created"),)),
        FlowReport(run="2", entity="vendors", mode="plan", state="limited",
                   counts={"created": 2}, calls={"xero": 1}, outcomes=(refused,)),
    )  # fmt: skip
    report = Report(dag_id="d", dag_run="r", flows=flows)

    assert (report.total("created"), report.calls("xero"), report.mode) == (3, 3, "plan")
    assert report.to_do == (refused,)
    assert report.failed == (flows[1],)
