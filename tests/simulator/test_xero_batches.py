"""What a batch saves, what it refuses, and how little it says about it."""

from __future__ import annotations

from tests.simulator.xero_world import ZERO_GUID, Office, a_bill, a_line, approved

pytest_plugins = ["tests.simulator.xero_office"]


def bad_bill(office: Office) -> dict[str, object]:
    return a_bill(office, Status="AUTHORISED", LineItems=[a_line(AccountCode="nowhere")])


def test_a_400_lists_only_the_bad_elements_although_the_good_ones_are_saved(office: Office):
    batch = {"Invoices": [a_bill(office, InvoiceNumber="good"), bad_bill(office)]}

    response = office.call("PUT", "/Invoices", batch)

    assert response.status_code == 400
    assert len(response.json()["Elements"]) == 1
    assert [bill["InvoiceNumber"] for bill in office.xero.invoices.values()] == ["good"]


def test_with_summarize_errors_false_a_200_holds_refused_elements(office: Office):
    good, bad = office.save("PUT", "/Invoices", a_bill(office), bad_bill(office))

    assert (good["StatusAttributeString"], good["HasErrors"]) == ("OK", False)
    assert (bad["StatusAttributeString"], bad["HasErrors"]) == ("ERROR", True)
    assert bad["InvoiceID"] == ZERO_GUID
    assert "LineItemID" not in bad["LineItems"][0]


def test_the_summarised_element_has_no_status_attribute(office: Office):
    response = office.call("PUT", "/Contacts", {"Name": "ACME concrete"})

    element = response.json()["Elements"][0]
    assert response.json()["ErrorNumber"] == 10
    assert element["HasValidationErrors"] is True
    assert "StatusAttributeString" not in element


def test_a_refused_update_echoes_the_status_that_was_asked_for(office: Office):
    bill = approved(office)

    [answer] = office.save(
        "POST", "/Invoices", {"InvoiceID": bill["InvoiceID"], "Status": "DELETED"}
    )

    assert answer["InvoiceID"] == bill["InvoiceID"]
    assert (answer["Status"], answer["StatusAttributeString"]) == ("DELETED", "ERROR")
    assert office.xero.invoices[bill["InvoiceID"]]["Status"] == "AUTHORISED"


def test_a_warning_says_that_the_account_was_dropped_from_the_draft(office: Office):
    [answer] = office.save("PUT", "/Invoices", a_bill(office, LineItems=[a_line(AccountCode="x")]))

    assert answer["StatusAttributeString"] == "WARNING"
    assert "has been removed" in answer["Warnings"][0]["Message"]
    assert "AccountCode" not in answer["LineItems"][0]


def test_python_s_capital_false_is_understood(office: Office):
    response = office.call("PUT", "/Invoices", bad_bill(office), SummarizeErrors="False")

    assert response.status_code == 200


def test_answers_may_come_in_another_order(office: Office):
    office.xero.switches["batch_order"] = "reversed"
    batch = [a_bill(office, InvoiceNumber=number) for number in ("1", "2")]

    answers = office.save("PUT", "/Invoices", *batch)

    assert [answer["InvoiceNumber"] for answer in answers] == ["2", "1"]


def test_a_write_that_names_an_unknown_id_is_a_404_for_the_whole_call(office: Office):
    stranger = {"InvoiceID": "11111111-1111-4111-8111-111111111111", "Status": "VOIDED"}

    response = office.call("POST", "/Invoices", {"Invoices": [a_bill(office), stranger]})

    assert response.status_code == 404
    assert not office.xero.invoices


def test_a_write_that_names_an_unknown_id_may_be_a_refused_element(office: Office):
    office.xero.switches["unknown_id_on_write"] = "error"
    stranger = {"InvoiceID": "11111111-1111-4111-8111-111111111111", "Status": "VOIDED"}

    good, bad = office.save("POST", "/Invoices", a_bill(office), stranger)

    assert good["StatusAttributeString"] == "OK"
    assert "could not be found" in bad["ValidationErrors"][0]["Message"]


def test_one_malformed_guid_fails_the_whole_call(office: Office):
    batch = {"Invoices": [a_bill(office), {"InvoiceID": "96df"}]}

    response = office.call("POST", "/Invoices", batch, summarizeErrors="false")

    assert (response.status_code, response.json()["ErrorNumber"]) == (400, 14)
    assert not office.xero.invoices


def test_nested_contacts_in_answers_to_writes_are_dated_in_the_future(office: Office):
    [answer] = office.save("PUT", "/Invoices", a_bill(office))

    now = round(office.clock.now().timestamp() * 1000)
    assert answer["Contact"]["UpdatedDateUTC"] == f"/Date({now + 13 * 3_600_000}+0000)/"
