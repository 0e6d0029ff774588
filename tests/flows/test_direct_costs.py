"""Bills and spend money → direct costs, as both systems see it."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.exceptions import AirflowRescheduleException
from airflow.sdk.exceptions import AirflowFailException

from airflow_provider_procore_xero.apis import transport
from airflow_provider_procore_xero.ledger.ledger import Ledger
from airflow_provider_procore_xero.operators.cost_writes import saved_costs
from airflow_provider_procore_xero.operators.direct_costs import BillsToDirectCostsOperator
from airflow_provider_procore_xero.operators.items import CostCodesToItemsOperator
from airflow_provider_procore_xero.simulator.procore.direct_costs import shown
from airflow_provider_procore_xero.sync.entities.cost_slices import slices_of
from airflow_provider_procore_xero.sync.entities.direct_costs import ENTITY
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import Stored, flat
from airflow_provider_procore_xero.sync.planning import make_changes
from airflow_provider_procore_xero.sync.results import Refused
from tests.flows.contractor import Contractor, Record, recently
from tests.flows.office import FLOWS, SETTINGS, Office
from tests.reliability.processes import until
from tests.sync.test_costs_become_direct_costs import an_around
from tests.sync.test_transactions import a_bill_row, a_line_row

SET_UP = ("projects", "contacts", "cost_codes")
EVERYTHING = {**SETTINGS, "direct_costs": {"include": "all"}}
CONVERTING = {**SETTINGS, "direct_costs": {"currency": "convert", "credit_notes": "include"}}


@pytest.fixture(autouse=True)
def flow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FLOWS, "direct_costs", BillsToDirectCostsOperator)


class Site:
    """Two projects that are integrated, and a supplier that has no contract on either."""

    def __init__(self, office: Office, people: Contractor) -> None:
        self.office, self.people = office, people
        self.one, self.two = people.project("A-1"), people.project("B-2")
        for project in (self.one, self.two):
            for code in ("02-300", "03-300"):
                people.budget_code(project, code)
        self.vendor = people.pair("Hire Pool Ltd")
        self.supplier = self.contact("Hire Pool Ltd")
        office.night(flows=SET_UP)

    def contact(self, name: str) -> Record:
        return next(c for c in self.people.xero.contacts.values() if c["Name"] == name)

    def bill(self, *lines: Record, number: str = "HP-77", **f: Any) -> Record:
        given: Record = {"status": "AUTHORISED", "on": recently(5), **f}
        contact = given.pop("contact", self.supplier)
        return self.people.xero.add_bill(
            contact["ContactID"], lines or [line("480.00")], number=number, **given
        )

    def spend(self, *lines: Record, **f: Any) -> Record:
        contact = f.pop("contact", self.supplier)
        return self.people.xero.add_spend_money(contact["ContactID"], lines, on=recently(4), **f)

    def run(self, **f: Any) -> dict[str, Any]:
        return self.office.run("direct_costs", **f)

    @property
    def costs(self) -> list[Record]:
        return list(self.people.procore.direct_costs.values())

    def costs_on(self, project: Record) -> list[Record]:
        return [cost for cost in self.costs if cost["project_id"] == project["id"]]


@pytest.fixture
def site(office: Office, people: Contractor) -> Site:
    return Site(office, people)


def line(amount: str, option: str | None = "A-1", code: str | None = "02-300", **f: Any) -> Record:
    """A line of a bill, on a project and a cost code by their tracking options."""
    tracking = [
        {"Name": name, "Option": chosen}
        for name, chosen in (("Project", option), ("Cost Codes", code))
        if chosen
    ]
    return {
        "Description": "Skip hire",
        "Quantity": "1",
        "UnitAmount": amount,
        "AccountCode": "310",
        "Tracking": tracking,
        **f,
    }


def total(costs: list[Record]) -> Decimal:
    return sum((cost["grand_total"] for cost in costs), Decimal(0))


# The golden bill


def test_R53_R56_R89_R92_a_bill_without_a_contract_becomes_an_approved_invoice(site: Site) -> None:
    bill = site.bill(line("40.50", Quantity="3"), due=recently(-15), Reference="thanks")

    result = site.run()

    (cost,) = site.costs
    assert result["created"] == 1
    assert (cost["direct_cost_type"], cost["status"]) == ("invoice", "approved")
    assert (cost["direct_cost_date"], cost["received_date"]) == (recently(5), recently(5))
    assert (cost["invoice_number"], cost["vendor_id"]) == ("HP-77", site.vendor["id"])
    assert cost["terms"] == f"Due {recently(-15)}"
    assert cost["origin_id"] == f"{bill['InvoiceID']}:{site.one['id']}"


def test_R97_a_line_has_budget_code_description_quantity_unit_cost_and_amount(site: Site) -> None:
    site.bill(line("40.50", Quantity="3"))

    site.run()

    ((item,),) = [cost["line_items"] for cost in site.costs]
    assert item["wbs_code"]["flat_code"] == "02-300.S"
    assert item["description"] == "Skip hire"
    assert (item["quantity"], item["unit_cost"]) == (Decimal(3), Decimal("40.5"))
    assert item["amount"] == Decimal("121.50")


def test_R92_R93_R95_R96_spend_money_is_an_expense_without_number_by_its_own_date(
    site: Site,
) -> None:
    site.spend(line("115.00"), reference="Fuel card")

    site.run()

    (cost,) = site.costs
    assert (cost["direct_cost_type"], cost["direct_cost_date"]) == ("expense", recently(4))
    assert (cost["invoice_number"], cost["description"]) == (None, "Fuel card")
    assert (cost["vendor_id"], cost["received_date"]) == (site.vendor["id"], recently(4))


@pytest.mark.parametrize("needed", [True, False])
def test_R91_an_expense_comes_whether_or_not_procores_create_wants_vendor_and_number_of_it(
    site: Site, needed: bool
) -> None:
    site.people.procore.switches["expenses_need_vendor_and_number"] = needed
    stranger = site.people.contact("Corner Shop Ltd", grouped=False)
    site.spend(line("115.00"), contact=stranger)

    result = site.run(settings={**SETTINGS, "direct_costs": {"unlinked_vendor": "blank"}})

    assert (result["created"], result["refused"]) == (1, 0)


def test_R91_spend_money_stays_in_xero_where_the_settings_say_so(site: Site) -> None:
    site.spend(line("115.00"))

    result = site.run(settings={**SETTINGS, "direct_costs": {"spend_money": False}})

    assert (result["read"], site.costs) == (0, [])


def test_R93_the_reference_of_a_bill_from_xero_does_not_become_a_description(site: Site) -> None:
    site.bill(Reference="see e-mail")

    site.run()

    assert site.costs[0]["description"] is None


@pytest.mark.parametrize("status", ["DRAFT", "SUBMITTED"])
def test_R55_what_is_not_approved_is_no_cost_yet(site: Site, status: str) -> None:
    bill = site.bill(status=status)

    before = site.run()
    site.people.xero.edit_bill(bill["InvoiceID"], Status="DRAFT")
    site.people.xero.approve_bill(bill["InvoiceID"])
    site.run()

    assert before["read"] == 0
    assert len(site.costs) == 1


def test_R55_a_paid_bill_is_a_cost(site: Site) -> None:
    bill = site.bill()
    site.people.pay(bill, str(bill["AmountDue"]))

    site.run()

    assert total(site.costs) == Decimal("480.00")


# Projects


def test_R54_R88_E12_a_bill_of_two_projects_is_split_with_one_header(site: Site) -> None:
    site.bill(line("100.00"), line("20.00", "B-2"), line("3.00", code="03-300"), line("4.00", None))

    result = site.run()

    one, two = site.costs_on(site.one), site.costs_on(site.two)
    header = ("direct_cost_type", "direct_cost_date", "invoice_number", "vendor_id", "terms")
    assert result["created"] == 2
    assert (total(one), total(two)) == (Decimal("103.00"), Decimal("20.00"))
    assert [one[0][name] for name in header] == [two[0][name] for name in header]
    assert total(one) + total(two) + Decimal("4.00") == Decimal("127.00")


def test_E13_what_names_no_project_is_counted_with_its_amount_and_a_link(site: Site) -> None:
    bill = site.bill(line("100.00"), line("4.00", None))

    result = site.run()

    (note,) = site.office.ledger.flow_report(result["run"]).notes
    assert note.startswith("UNASSIGNED: 1 document with 4.00")
    assert f"InvoiceID={bill['InvoiceID']}" in note.replace("%3D", "=")
    assert total(site.costs) == Decimal("100.00")


def test_R57_only_the_lines_of_the_project_that_was_asked_for(site: Site) -> None:
    site.bill(line("100.00"), line("20.00", "B-2"))

    result = site.run(project_number="B-2")
    asked = [cost["project_id"] for cost in site.costs]
    site.run()

    assert result["created"] == 1
    assert asked == [site.two["id"]]
    assert len(site.costs) == 2


def test_a_line_on_an_option_that_is_no_project_waits_until_it_is_one(site: Site) -> None:
    people = site.people
    people.xero.add_option("Project", "C-3")
    site.bill(line("9.00", "C-3"))

    before = site.run()
    project = people.project("C-3")
    people.budget_code(project)
    site.office.night(flows=SET_UP)
    site.office.forget_calls()
    after = site.run()

    assert site.office.reasons(before) == {"PROJECT_NOT_LINKED": 1}
    assert after["created"] == 1
    assert [c["origin_id"].rpartition(":")[2] for c in site.costs] == [str(project["id"])]
    assert site.office.issue_codes("direct_costs") == []


# Contracts


def test_R53_E16_the_part_of_a_project_with_a_contract_waits_and_the_other_comes(
    site: Site,
) -> None:
    site.people.contract(site.one, site.vendor, number="SC-009")
    site.bill(line("100.00"), line("20.00", "B-2"))

    result = site.run()

    (held,) = [o for o in site.office.outcomes(result) if o.what == "held"]
    assert [cost["project_id"] for cost in site.costs] == [site.two["id"]]
    assert held.reasons[0].code == "VENDOR_CONTRACTED"
    assert "SC-009" in held.reasons[0].sentence
    assert not held.needs_somebody


def test_R53_what_is_billed_on_a_contract_is_not_judged_again_each_night(site: Site) -> None:
    site.people.contract(site.one, site.vendor)
    site.bill()["UpdatedDateUTC"] = f"{recently(3)}T01:00:00.000Z"
    site.run()
    site.office.forget_calls()

    result = site.run()

    assert result["read"] == 0
    assert not [path for path in site.office.reads("procore") if "commitments" in path]


def test_R53_once_the_contract_is_void_the_next_full_run_brings_the_bill(site: Site) -> None:
    contract = site.people.contract(site.one, site.vendor)
    site.bill()
    site.run()
    site.people.procore.commitments[contract["id"]]["status"] = "Void"

    result = site.run(full=True)

    assert result["created"] == 1
    assert site.office.issue_codes("direct_costs") == []


def test_C11_everything_comes_where_the_settings_say_all(site: Site) -> None:
    site.people.contract(site.one, site.vendor)
    site.bill()

    site.run(settings=EVERYTHING)

    assert [cost["direct_cost_type"] for cost in site.costs] == ["invoice"]


def test_E17_a_contract_that_came_later_is_flagged_with_its_number_and_the_cost_is_kept(
    site: Site,
) -> None:
    site.bill()
    site.run()
    contract = site.people.contract(site.one, site.vendor, number="SC-012")

    site.run(full=True)
    (issue,) = site.office.ledger.issues("direct_costs")
    site.run()
    still = site.office.issue_codes("direct_costs")
    site.people.procore.commitments[contract["id"]]["status"] = "Void"
    site.run()

    assert (issue.code, "SC-012" in issue.sentence) == ("POSSIBLE_DOUBLE_COUNT", True)
    assert len(site.costs) == 1
    assert still == ["POSSIBLE_DOUBLE_COUNT"]
    assert site.office.issue_codes("direct_costs") == []


@pytest.fixture
def claim(office: Office, site: Site) -> Record:
    """Return the approved bill of a claim, with a reference."""
    contract = site.people.contract(site.one, site.vendor)
    claim = site.people.claim(contract)
    office.night(flows=(*SET_UP, "subcontractor_invoices"))
    bill = site.people.bill_of(claim)
    site.people.xero.approve_bill(bill["InvoiceID"])
    site.people.xero.edit_bill(bill["InvoiceID"], Reference="Claim 1")
    return bill


def test_C11_a_bill_that_came_from_procore_stays_where_it_is(site: Site, claim: Record) -> None:
    result = site.run()

    assert (result["read"], site.costs) == (0, [])


def test_R90_R93_R96_C11_it_comes_as_a_subcontractor_invoice_where_all_is_wanted(
    site: Site, claim: Record
) -> None:
    site.run(settings=EVERYTHING)

    (cost,) = site.costs
    assert cost["direct_cost_type"] == "subcontractor_invoice"
    assert (cost["description"], cost["received_date"]) == ("Claim 1", None)
    assert cost["grand_total"] == claim["SubTotal"] + Decimal("75.00")
    assert cost["origin_id"] == f"{claim['InvoiceID']}:{site.one['id']}"


# Retainage

CONNECTOR: Record = {
    "profile": "procore_connector",
    "accounts": {"expense": "310"},
    "bills": {"retainage_item": "RET"},
    "cost_codes": {"list": "Standard"},
    "projects": {"gate": "stage", "option_name": "{number}"},
    "approval": {"backend": "none"},
}


@pytest.fixture
def connected(site: Site, monkeypatch: pytest.MonkeyPatch) -> Site:
    """Return a site that is set up as Procore's own connector would have it, codes as items."""
    monkeypatch.setitem(FLOWS, "items", CostCodesToItemsOperator)
    site.people.xero.add_item("RET", "Retainage", PurchaseDetails={"AccountCode": "850"})
    site.office.settings = CONNECTOR
    return site


def billed(site: Site, claim: Record) -> Record:
    """Send a claim, and return its bill once it is approved."""
    site.office.night(
        flows=("projects", "contacts", "items", "commitments", "subcontractor_invoices")
    )
    bill = site.people.bill_of(claim)
    site.people.xero.approve_bill(bill["InvoiceID"])
    return bill


def test_C11_R104_a_claim_with_retainage_comes_over_with_its_work_lines_only(
    connected: Site,
) -> None:
    site, people = connected, connected.people
    bill = billed(site, people.claim(people.contract(site.one, site.vendor)))

    result = site.run()
    again = site.run(full=True)

    (cost,) = site.costs
    (note,) = site.office.ledger.flow_report(result["run"]).notes
    assert (cost["direct_cost_type"], cost["status"]) == ("subcontractor_invoice", "approved")
    assert [item["amount"] for item in cost["line_items"]] == [Decimal(1000), Decimal(500)]
    assert note.startswith("RETAINAGE: 1 document with -75.00")
    assert bill["InvoiceID"] in note
    assert cost["grand_total"] + Decimal("-75.00") == bill["SubTotal"]
    assert (again["created"], again["unchanged"], len(site.costs)) == (0, 1, 1)
    assert site.office.issue_codes("direct_costs") == []


def test_R104_a_bill_of_released_retainage_alone_is_counted_and_no_direct_cost(
    connected: Site,
) -> None:
    site, people = connected, connected.people
    contract = people.contract(site.one, site.vendor)
    billed(site, people.claim(contract))
    lines = [
        {"line_item_id": each["id"], "work": Decimal(0), "released": Decimal(amount)}
        for each, amount in zip(people.procore.lines_of(contract["id"]), ("50", "25"), strict=True)
    ]
    release = people.claim(contract, lines=lines, invoice_type="retainage_release")
    bill = billed(site, release)

    result = site.run()

    (note,) = site.office.ledger.flow_report(result["run"]).notes
    assert bill["SubTotal"] == Decimal("75.00")
    assert note.startswith("RETAINAGE: 2 documents with 0.00")
    assert [cost["grand_total"] for cost in site.costs] == [Decimal(1500)]
    assert site.office.issue_codes("direct_costs") == []


def test_a_project_that_hides_its_budget_codes_from_the_items_hides_them_from_the_costs(
    connected: Site,
) -> None:
    site, people = connected, connected.people
    people.xero.add_item("02-300.S", "Earthwork")
    site.bill(line("100.00", code=None, ItemCode="02-300.S"))
    site.office.night(flows=("projects", "contacts"))
    people.procore.permitted_projects -= {site.one["id"]}

    result = site.office.night(flows=("items", "direct_costs"))["direct_costs"]

    assert site.office.reasons(result)["PROJECT_HIDDEN"] == 1


# Vendors and numbers


def test_R94_E18_a_bill_of_a_contact_that_is_no_vendor_is_held_until_it_is_one(site: Site) -> None:
    stranger = site.people.contact("Corner Shop Ltd", grouped=False)
    site.bill(contact=stranger)

    before = site.run()
    site.people.xero.put_in_group(stranger["ContactID"], "Procore")
    site.office.night(flows=SET_UP)
    after = site.run()

    assert site.office.reasons(before) == {"VENDOR_NOT_LINKED": 1}
    assert after["created"] == 1


def test_R94_an_expense_may_come_without_its_vendor_where_the_settings_say_blank(
    site: Site,
) -> None:
    stranger = site.people.contact("Corner Shop Ltd", grouped=False)
    site.bill(contact=stranger)
    site.spend(line("115.00"), contact=stranger)

    result = site.run(settings={**SETTINGS, "direct_costs": {"unlinked_vendor": "blank"}})

    assert [(c["direct_cost_type"], c["vendor_id"]) for c in site.costs] == [("expense", None)]
    assert site.office.reasons(result) == {"VENDOR_NOT_LINKED": 1}


def test_R95_a_bill_without_a_reference_is_held(site: Site) -> None:
    site.bill(number="")

    assert site.office.reasons(site.run()) == {"NUMBER_MISSING": 1}


def test_R95_a_bill_without_a_reference_is_numbered_where_the_settings_say_so(site: Site) -> None:
    bill = site.bill(number="")

    site.run(settings={**SETTINGS, "direct_costs": {"missing_number": "number"}})

    assert site.costs[0]["invoice_number"] == f"XERO-{bill['InvoiceID'][:8].upper()}"


def test_R95_a_number_that_the_vendor_has_on_the_project_already_gets_a_suffix(site: Site) -> None:
    for _ in range(2):
        site.bill()
    site.run()
    site.bill()

    site.run()
    again = site.run(full=True)

    assert [cost["invoice_number"] for cost in site.costs] == ["HP-77", "HP-77-2", "HP-77-3"]
    assert again["unchanged"] == 3


@pytest.mark.parametrize("status", [400, 422])
def test_R95_a_number_that_somebody_entered_by_hand_is_refused_and_tried_again(
    office: Office, people: Contractor, status: int
) -> None:
    office.simulator.procore.switches["duplicate_invoice_number_status"] = status
    site = Site(office, people)
    by_hand = people.procore.add_direct_cost(
        project_id=site.one["id"],
        direct_cost_type="invoice",
        vendor_id=site.vendor["id"],
        invoice_number="HP-77",
    )
    site.bill()

    result = site.run()
    (issue,) = office.ledger.issues("direct_costs")
    del people.procore.direct_costs[by_hand["id"]]
    site.run()

    assert result["refused"] == 1
    assert "entered a direct cost with this number" in issue.fix
    assert [cost["synced"] for cost in map(shown, site.costs)] == [True]
    assert office.issue_codes("direct_costs") == []


def test_E60_a_cost_that_was_entered_by_hand_and_linked_becomes_what_it_is_in_xero(
    site: Site,
) -> None:
    by_hand = site.people.procore.add_direct_cost(
        project_id=site.one["id"],
        direct_cost_type="invoice",
        vendor_id=site.vendor["id"],
        invoice_number="HP-77",
    )
    bill = site.bill()
    piece = f"{bill['InvoiceID']}:{site.one['id']}"
    site.office.ledger.save_links(
        [Link(kind="direct_cost", procore_id=str(by_hand["id"]), xero_id=piece)]
    )

    result = site.run()

    assert (result["created"], result["updated"]) == (0, 1)
    assert [(cost["id"], cost["origin_id"]) for cost in site.costs] == [(by_hand["id"], piece)]
    assert total(site.costs) == Decimal("480.00")


# Dates and amounts


@pytest.mark.parametrize(
    ("wanted", "days_ago"), [("transaction_date", 5), ("created_date", 0), ("none", None)]
)
def test_C8_the_received_date_is_what_the_settings_say(
    site: Site, wanted: str, days_ago: int | None
) -> None:
    site.bill()

    site.run(settings={**SETTINGS, "direct_costs": {"received_date": wanted}})

    received = site.costs[0]["received_date"]
    assert received == (None if days_ago is None else recently(days_ago))


def test_R22_E44_only_the_cost_without_tax_comes_over(site: Site) -> None:
    site.bill(line("115.00", TaxType="INPUT2"), amount_types="Inclusive", number="A")
    site.bill(line("100.00", TaxType="INPUT2"), number="B")
    site.spend(line("11.50", TaxType="INPUT2"))

    site.run()

    amounts = [cost["grand_total"] for cost in site.costs]
    assert sorted(amounts) == [Decimal("10.00"), Decimal("100.00"), Decimal("100.00")]


def test_E43_cents_that_the_header_has_beyond_its_lines_are_no_line_of_ours(site: Site) -> None:
    site.bill()["SubTotal"] += Decimal("0.03")
    site.bill(number="HP-78")["SubTotal"] += Decimal("0.11")

    result = site.run()

    assert total(site.costs) == Decimal("480.00")
    assert [link.data["rounding"] for link in site.office.ledger.links("direct_cost")] == ["0.03"]
    assert site.office.reasons(result) == {"LINES_DISAGREE": 1}


def test_E45_a_bill_in_another_currency_is_held(site: Site) -> None:
    site.bill(CurrencyCode="AUD")

    assert site.office.reasons(site.run()) == {"CURRENCY_DIFFERS": 1}


ABROAD = {"CurrencyCode": "USD", "CurrencyRate": "0.61"}


def test_E45_it_comes_over_at_its_own_rate_where_the_settings_want_that_with_both_amounts(
    site: Site,
) -> None:
    site.bill(line("1250.00"), line("100.00", "B-2"), **ABROAD)

    held = site.run()
    planned = site.run(mode="plan", settings=CONVERTING)
    result = site.run(settings=CONVERTING)

    (change, _) = site.office.ledger.changes(planned["plan"])
    (first, second) = site.office.ledger.links("direct_cost")
    assert (held["held"], result["created"]) == (2, 2)
    assert [total(site.costs_on(p)) for p in (site.one, site.two)] == [
        Decimal("2049.18"), Decimal("163.93"),
    ]  # fmt: skip
    said = "Skip hire (USD 1,250.00 at 0.61)"
    assert flat(change.change.desired.payload)["line_items.0.description"] == said
    assert site.costs_on(site.one)[0]["line_items"][0]["description"] == said
    assert {first.data["original"], second.data["original"]} == {"1250.00", "100.00"}
    titles = sorted(outcome.title for outcome in site.office.outcomes(result))
    assert "2,049.18 (USD 1,250.00 at 0.61)" in titles[1]


def test_E45_a_second_night_changes_nothing_and_another_rate_corrects_it_once(site: Site) -> None:
    bill = site.bill(line("1250.00"), **ABROAD)
    site.run(settings=CONVERTING)
    again = site.run(settings=CONVERTING, full=True)
    site.people.xero.edit_bill(bill["InvoiceID"], CurrencyRate="0.62")

    edited = site.run(settings=CONVERTING)
    after = site.run(settings=CONVERTING, full=True)

    names = ("created", "updated", "unchanged")
    assert [[r[n] for n in names] for r in (again, edited, after)] == [
        [0, 0, 1], [0, 1, 0], [0, 0, 1],
    ]  # fmt: skip
    (item,) = site.costs[0]["line_items"]
    assert (item["amount"], item["quantity"] * item["unit_cost"]) == (Decimal("2016.13"),) * 2
    assert item["description"] == "Skip hire (USD 1,250.00 at 0.62)"
    assert site.office.ledger.links("direct_cost")[0].data["rate"] == "0.620000"


def test_E45_spend_money_and_credit_notes_are_converted_by_theirs(site: Site) -> None:
    site.spend(line("70.15"), **ABROAD)
    site.people.xero.add_credit_note(
        site.supplier["ContactID"], [line("0.61")], number="CN-1", on=recently(2), **ABROAD
    )

    site.run(settings=CONVERTING)

    assert sorted(cost["grand_total"] for cost in site.costs) == [Decimal("-1.00"), Decimal(100)]


def test_E45_a_bill_whose_rate_is_gone_waits_until_somebody_has_entered_one(site: Site) -> None:
    bill = site.bill(line("1250.00"), **ABROAD)
    bill["CurrencyRate"] = Decimal(0)

    held = site.run(settings=CONVERTING)
    site.people.xero.edit_bill(bill["InvoiceID"], CurrencyRate="0.61")
    site.run(settings=CONVERTING)

    assert site.office.reasons(held) == {"CURRENCY_RATE_MISSING": 1}
    assert total(site.costs) == Decimal("2049.18")
    assert site.office.issue_codes("direct_costs") == []


def test_E7_a_supplier_credit_note_comes_only_where_the_settings_include_them(site: Site) -> None:
    site.people.xero.add_credit_note(
        site.supplier["ContactID"], [line("40.00", Quantity="2")], number="CN-1", on=recently(2)
    )

    site.run()
    before = len(site.costs)
    site.run(settings={**SETTINGS, "direct_costs": {"credit_notes": "include"}})

    assert before == 0
    assert [c["grand_total"] for c in site.costs] == [Decimal("-80.00")]
    assert site.costs[0]["line_items"][0]["unit_cost"] == Decimal(-40)


def test_E7_a_suppliers_number_that_looks_like_one_of_ours_is_the_suppliers(site: Site) -> None:
    site.people.xero.add_credit_note(
        site.supplier["ContactID"], [line("40.00")], number="TW-CR-1001", on=recently(2)
    )

    site.run(settings={**SETTINGS, "direct_costs": {"credit_notes": "include"}})

    numbers = [(cost["invoice_number"], cost["grand_total"]) for cost in site.costs]
    assert numbers == [("TW-CR-1001", Decimal("-40.00"))]


def test_E7_a_credit_note_of_a_claim_is_no_direct_cost_nor_is_a_copy_of_it(site: Site) -> None:
    site.office.settings = {
        **SETTINGS,
        "bills": {**SETTINGS["bills"], "negative": "credit_note"},
        "direct_costs": {"credit_notes": "include"},
    }
    contract = site.people.contract(site.one, site.vendor, retainage_percent=0)
    site.people.claim(contract, "-40.00", "-60.00")
    site.office.night(flows=(*SET_UP, "subcontractor_invoices"))
    (note,) = site.people.xero.credit_notes.values()
    note["Status"] = "AUTHORISED"
    site.people.xero.add_credit_note(
        site.supplier["ContactID"], [line("40.00")], number=note["CreditNoteNumber"]
    )

    result = site.run(full=True)

    assert (result["read"], site.costs) == (0, [])


def test_E7_nor_is_one_of_a_claim_that_waits(site: Site) -> None:
    contract = site.people.contract(site.one, site.vendor, retainage_percent=0)
    claim = site.people.claim(contract, "-40.00", "-60.00")
    held = site.office.night(flows=(*SET_UP, "subcontractor_invoices"))["subcontractor_invoices"]
    site.people.xero.add_credit_note(
        site.supplier["ContactID"], [line("100.00")], number=f"SC-001-CR-{claim['id']}"
    )

    result = site.run(settings={**SETTINGS, "direct_costs": {"credit_notes": "include"}})

    assert held["held"] == 1
    assert (result["read"], site.costs) == (0, [])


def test_C11_E60_nor_is_a_bill_that_was_linked_with_a_claim_by_hand(site: Site) -> None:
    claim = site.people.claim(site.people.contract(site.one, site.vendor))
    bill = site.bill()
    site.office.ledger.by_hand.link(
        "subcontractor_invoices", str(claim["id"]), bill["InvoiceID"], who="ana"
    )

    result = site.run()

    assert (result["read"], site.costs) == (0, [])


def test_E7_where_procore_takes_nothing_below_zero_a_credit_note_is_refused_and_nothing_is_left(
    office: Office, people: Contractor
) -> None:
    office.simulator.procore.switches["negative_direct_cost_lines"] = False
    site = Site(office, people)
    people.xero.add_credit_note(
        site.supplier["ContactID"], [line("40.00")], number="CN-1", on=recently(2)
    )

    result = site.run(settings={**SETTINGS, "direct_costs": {"credit_notes": "include"}})

    assert (result["refused"], site.costs) == (1, [])


# Cost codes


def test_E38_a_line_whose_code_the_project_has_not_is_held(site: Site) -> None:
    site.people.xero.add_option("Cost Codes", "99-999")
    site.bill(line("1.00", code="99-999"), line("1.00", code=None))

    result = site.run()

    (held,) = site.office.outcomes(result)
    assert held.reasons[0].code == "COST_CODE_UNKNOWN"
    assert "line 1: 99-999; line 2: no cost code" in held.reasons[0].sentence


def test_E38_or_takes_the_fallback_code(site: Site) -> None:
    site.bill(line("1.00", code=None))

    site.run(settings={**SETTINGS, "cost_codes": {"fallback_code": "03-300"}})

    assert codes(site.costs) == ["03-300.S"]


def test_the_cost_type_is_the_codes_only_one_else_that_of_the_account_or_the_settings(
    site: Site,
) -> None:
    procore = site.people.procore
    code = next(
        c
        for c in procore.cost_codes.values()
        if c["biller_id"] == site.one["id"] and c["full_code"] == "02-300"
    )
    material = next(t for t in procore.line_item_types.values() if t["code"] == "M")
    procore.add_wbs_code(cost_code_id=code["id"], line_item_type_id=material["id"])
    site.bill(line("1.00", AccountCode="311"), line("2.00"))

    unclear = site.run()
    accounts = {"expense": "310", "by_cost_type": {"M": "311"}}
    settings = {**SETTINGS, "accounts": accounts, "direct_costs": {"cost_type": "S"}}
    site.run(settings=settings)

    assert site.office.reasons(unclear) == {"COST_TYPE_UNCLEAR": 1}
    assert codes(site.costs) == ["02-300.M", "02-300.S"]


def codes(costs: list[Record]) -> list[str]:
    return [item["wbs_code"]["flat_code"] for cost in costs for item in cost["line_items"]]


# What changes later


def test_E33_the_costs_of_a_voided_bill_are_removed_by_plan(site: Site) -> None:
    bill = site.bill(line("100.00"), line("20.00", "B-2"))
    site.run()
    site.people.xero.void_bill(bill["InvoiceID"])

    planned = site.run(mode="plan")
    left = len(site.costs)
    result = site.run()
    again = site.run()

    assert (planned["updated"], left) == (2, 2)
    assert [o.what for o in site.office.outcomes(result)] == ["removed", "removed"]
    assert (site.costs, again["updated"]) == ([], 0)


def test_E33_a_direct_cost_that_procore_does_not_let_go_is_locked_again_and_told(
    site: Site,
) -> None:
    bill = site.bill()
    site.run()
    site.people.xero.void_bill(bill["InvoiceID"])
    site.office.simulator.faults.arm(
        "status", side="procore", method="DELETE", status=422, body={"errors": "Not now"}
    )

    result = site.run()

    (cost,) = site.costs
    (issue,) = site.office.ledger.issues("direct_costs")
    assert (result["refused"], bool(cost["origin_id"])) == (1, True)
    assert str(cost["id"]) in issue.fix


def test_E33_a_direct_cost_that_somebody_has_deleted_already_is_gone(site: Site) -> None:
    bill = site.bill()
    site.run()
    site.people.xero.void_bill(bill["InvoiceID"])
    site.people.procore.direct_costs.clear()

    result = site.run()

    assert (result["updated"], result["refused"]) == (1, 0)
    assert site.office.ledger.links("direct_cost") == []
    assert site.office.issue_codes("direct_costs") == []


def test_E33_R53_a_voided_bill_that_was_billed_on_a_contract_is_nobodys_issue_any_more(
    site: Site,
) -> None:
    site.people.contract(site.one, site.vendor)
    bill = site.bill()
    site.run()
    before = site.office.issue_codes("direct_costs")
    site.people.xero.void_bill(bill["InvoiceID"])

    site.run()

    assert before == ["VENDOR_CONTRACTED"]
    assert site.office.issue_codes("direct_costs") == []


def test_a_held_document_that_xero_lists_no_longer_is_let_go_by_a_full_run(site: Site) -> None:
    bill = site.bill(number="")
    site.run()
    del site.people.xero.invoices[bill["InvoiceID"]]

    site.run()
    kept = site.office.issue_codes("direct_costs")
    site.run(full=True)

    assert kept == ["NUMBER_MISSING"]
    assert site.office.issue_codes("direct_costs") == []
    assert list(site.office.ledger.shelf("direct_costs")) == []


def test_E33_spend_money_that_was_deleted_is_removed_too(site: Site) -> None:
    spent = site.spend(line("115.00"))
    site.run()
    site.people.xero.delete_spend_money(spent["BankTransactionID"])

    site.run()

    assert site.costs == []


def test_E15_a_line_that_moves_changes_both_projects_in_one_plan(site: Site) -> None:
    bill = site.bill(line("100.00"), line("20.00", "B-2"), line("5.00"))
    site.run()
    site.people.xero.edit_bill(
        bill["InvoiceID"], [line("100.00"), line("20.00", "B-2"), line("5.00", "B-2")]
    )

    planned = site.run(mode="plan")
    site.run()

    assert planned["updated"] == 2
    assert total(site.costs_on(site.one)) == Decimal("100.00")
    assert total(site.costs_on(site.two)) == Decimal("25.00")
    assert all(cost["origin_id"] for cost in site.costs)
    assert site.run()["unchanged"] == 2


def test_E15_a_bill_that_moves_altogether_leaves_nothing_behind(site: Site) -> None:
    bill = site.bill()
    site.run()
    site.people.xero.edit_bill(bill["InvoiceID"], [line("480.00", "B-2")])

    site.run()

    assert [cost["project_id"] for cost in site.costs] == [site.two["id"]]


@pytest.mark.parametrize("clearing", ["refused", "keeps_lock"])
def test_E15_what_procore_keeps_locked_is_an_open_issue_with_both_ids(
    office: Office, people: Contractor, clearing: str
) -> None:
    office.simulator.procore.switches["clearing_origin_id"] = clearing
    site = Site(office, people)
    bill = site.bill()
    site.run()
    people.xero.edit_bill(bill["InvoiceID"], [line("500.00")])

    result = site.run()

    (cost,) = site.costs
    (issue,) = office.ledger.issues("direct_costs")
    assert (result["refused"], cost["grand_total"]) == (1, Decimal("480.0"))
    assert issue.code == "REFUSED"
    assert str(cost["id"]) in issue.fix


def test_E15_a_header_that_procore_refuses_leaves_the_cost_as_it_was_and_locked(
    site: Site,
) -> None:
    bill = site.bill()
    site.people.procore.add_direct_cost(
        project_id=site.one["id"],
        direct_cost_type="invoice",
        vendor_id=site.vendor["id"],
        invoice_number="HP-99",
    )
    site.run()
    site.people.xero.edit_bill(bill["InvoiceID"], [line("500.00")], InvoiceNumber="HP-99")

    result = site.run()

    (cost,) = [cost for cost in site.costs if cost["invoice_number"] == "HP-77"]
    assert result["refused"] == 1
    assert (cost["grand_total"], cost["origin_id"] is None) == (Decimal("480.0"), False)


def test_E15_lines_that_procore_refuses_leave_the_cost_open_until_they_pass(site: Site) -> None:
    switches = site.people.procore.switches
    bill = site.bill()
    site.run()
    site.people.xero.edit_bill(bill["InvoiceID"], [line("500.00"), line("-20.00")])
    switches["negative_direct_cost_lines"] = False

    refused = site.run()
    open_then = [cost["origin_id"] for cost in site.costs]
    switches["negative_direct_cost_lines"] = True
    site.run()

    assert (refused["refused"], open_then) == (1, [None])
    assert total(site.costs) == Decimal("480.00")
    assert len(site.costs[0]["line_items"]) == 2
    assert site.costs[0]["origin_id"]


def test_E14_of_many_new_ones_only_what_is_whole_is_ever_locked(site: Site) -> None:
    switches = site.people.procore.switches
    switches |= {"negative_direct_cost_lines": False, "locked_records_can_be_deleted": False}
    for number in range(3):
        site.bill(line("5.00"), line("-1.00" if number == 1 else "1.00"), number=f"N-{number}")

    result = site.run()

    assert (result["created"], result["refused"]) == (2, 1)
    assert sorted(cost["invoice_number"] for cost in site.costs) == ["N-0", "N-2"]


@pytest.mark.parametrize(("method", "act"), [("POST", "made"), ("PATCH", "corrected")])
def test_a_sign_in_that_is_lost_is_no_refusal_of_a_direct_cost(
    site: Site, method: str, act: str
) -> None:
    bill = site.bill()
    if act == "corrected":
        site.run()
        site.people.xero.edit_bill(bill["InvoiceID"], [line("500.00")])
    site.office.simulator.faults.arm(
        "status", side="procore", method=method, path="*/direct_costs*", status=401, times=9
    )
    with pytest.raises(AirflowFailException):
        site.run()
    site.office.simulator.faults.clear()
    issues = site.office.issue_codes("direct_costs")

    site.run()

    assert issues == []
    assert total(site.costs) == Decimal("500.00" if act == "corrected" else "480.00")


class Rounding:
    """A Procore that makes what it is asked for, a cent less."""

    def __init__(self) -> None:
        self.locked: list[Any] = []
        self.deleted: list[int] = []

    def create_direct_cost(self, project_id: int, body: Record) -> Record:
        return {"id": 1, "line_items": [{"amount": "4.99"} for _ in body["line_items"]]}

    def sync_direct_costs(self, project_id: int, rows: list[Any]) -> SimpleNamespace:
        self.locked += rows
        return SimpleNamespace(entities=[], errors=[])

    def direct_costs(self, project_id: int, **_: Any) -> list[Record]:
        return []

    def delete_direct_cost(self, project_id: int, cost_id: int) -> None:
        self.deleted.append(cost_id)


def test_E14_one_whose_lines_come_to_something_else_is_never_locked_and_taken_away() -> None:
    around = an_around()
    rows = slices_of("bill", a_bill_row(a_line_row("5.00", code="02-300")), around)
    (change,) = make_changes(ENTITY, list(rows), around)
    procore = Rounding()
    work: Any = SimpleNamespace(procore=procore, run="r", ledger=SimpleNamespace(leaving=str))

    (result,) = saved_costs(work, [Stored(seq=0, change=change)])

    assert isinstance(result, Refused)
    assert "4.99, not 5.00" in result.errors[0]
    assert (procore.locked, procore.deleted) == ([], [1])


def test_a_correction_deletes_lines_that_are_gone_and_adds_new_ones(site: Site) -> None:
    bill = site.bill(*(line(f"{n}.00") for n in (1, 2, 3)))
    site.run()

    site.people.xero.edit_bill(bill["InvoiceID"], [line("7.00")])
    site.run()
    fewer = [item["amount"] for item in site.costs[0]["line_items"]]
    site.people.xero.edit_bill(bill["InvoiceID"], [line("7.00"), line("8.00", code="03-300")])
    site.run()

    assert fewer == [Decimal("7.0")]
    assert codes(site.costs) == ["02-300.S", "03-300.S"]
    assert total(site.costs) == Decimal("15.00")


def test_E14_one_part_that_is_refused_leaves_the_other_and_only_it_is_sent_again(
    site: Site,
) -> None:
    site.bill(line("100.00"), line("20.00", "B-2"))
    site.office.simulator.faults.arm(
        "status",
        side="procore",
        method="POST",
        path=f"*/projects/{site.two['id']}/*",
        status=422,
        body={"errors": "Not now"},
    )

    first = site.run()
    one = [cost["project_id"] for cost in site.costs]
    site.office.forget_calls()
    second = site.run()

    assert (first["created"], first["refused"], one) == (1, 1, [site.one["id"]])
    assert (second["created"], len(site.costs)) == (1, 2)
    assert all(f"/projects/{site.two['id']}/" in call.path for call in site.office.writes())


# Calls


def test_a_few_are_made_in_a_call_each_and_locked_together(site: Site) -> None:
    for number in ("A", "B"):
        site.bill(number=number)
    site.office.forget_calls()

    site.run()

    assert [call.path.rpartition("/")[2] for call in site.office.writes()] == [
        "direct_costs", "direct_costs", "sync"
    ]  # fmt: skip
    assert all(cost["origin_id"] for cost in site.costs)


def test_many_share_three_calls_a_project(site: Site) -> None:
    for number in range(30):
        site.bill(line("1.10"), line("2.20"), number=f"N-{number}")
    site.office.forget_calls()

    result = site.run()

    assert result["created"] == 30
    assert len(site.office.writes()) == 3
    assert total(site.costs) == Decimal("99.00")
    assert sum(site.office.reads("procore").values()) == 5
    assert all(cost["origin_id"] for cost in site.costs)


def test_E54_what_ends_a_batch_that_was_begun_leaves_doubts_and_no_second_cost(
    site: Site,
) -> None:
    for number in range(3):
        site.bill(number=f"N-{number}")
    site.office.simulator.faults.arm(
        "status", side="procore", method="PATCH", path="*/line_items/sync", status=401, times=9
    )
    with suppress(AirflowFailException):
        site.run()
    begun = len(site.costs)
    site.office.simulator.faults.clear()
    in_doubt = len(site.office.ledger.doubts("direct_costs"))

    site.run()

    assert (begun, in_doubt) == (3, 3)
    assert [bool(cost["origin_id"]) for cost in site.costs] == [True] * 3
    assert total(site.costs) == 3 * Decimal("480.00")


def test_of_many_those_that_procore_refuses_do_not_stop_the_others(
    site: Site,
) -> None:
    site.people.procore.add_direct_cost(
        project_id=site.one["id"],
        direct_cost_type="invoice",
        vendor_id=site.vendor["id"],
        invoice_number="N-2",
    )
    for number in range(5):
        site.bill(number=f"N-{number}")

    result = site.run()

    assert (result["created"], result["refused"]) == (4, 1)


def test_a_bill_of_more_than_a_hundred_lines_on_a_project_comes_whole(site: Site) -> None:
    site.bill(*(line("1.01") for _ in range(130)))

    result = site.run()

    assert result["created"] == 1
    assert (len(site.costs[0]["line_items"]), total(site.costs)) == (130, Decimal("131.30"))


def test_a_quiet_night_reads_each_kind_of_document_once_and_writes_nothing(site: Site) -> None:
    site.bill()
    site.spend(line("5.00"))
    site.run()
    site.office.forget_calls()

    result = site.run()

    read = site.office.reads("xero")
    assert {path.rpartition("/")[2]: n for path, n in read.items()} == {
        "Organisation": 1, "TrackingCategories": 1, "Invoices": 1, "BankTransactions": 1
    }  # fmt: skip
    assert not site.office.writes()
    assert result["created"] + result["updated"] + result["held"] == 0


# Crashes


def test_E52_an_answer_that_was_lost_is_looked_for_by_origin_id_and_nothing_is_doubled(
    site: Site,
) -> None:
    site.bill()
    site.office.simulator.faults.arm(
        "drop_after", side="procore", method="PATCH", path="*/direct_costs/sync", times=9
    )

    first = site.run()
    site.office.simulator.faults.clear()
    site.office.forget_calls()
    second = site.run()

    assert (first["in_doubt"], second["created"]) == (1, 1)
    assert not site.office.writes("procore")
    assert len(site.costs) == 1
    assert site.costs[0]["origin_id"]
    assert site.office.ledger.doubts("direct_costs") == []


def test_E51_E52_a_lost_direct_cost_is_found_though_procores_clock_is_slow(site: Site) -> None:
    site.bill()
    site.office.simulator.faults.arm(
        "drop_after", side="procore", method="PATCH", path="*/direct_costs/sync", times=9
    )
    site.run()
    site.office.simulator.faults.clear()
    site.costs[0]["created_at"] = (datetime.now(UTC) - timedelta(hours=1)).strftime(
        "%Y-%m-%dT%H:%M:%SZ"
    )

    site.run()

    assert len(site.office.ledger.links("direct_cost")) == len(site.costs) == 1
    assert site.office.ledger.doubts("direct_costs") == []


def test_E52_one_that_was_begun_and_never_finished_is_made_anew(site: Site) -> None:
    site.bill()
    site.office.simulator.faults.arm(
        "status", side="procore", method="PATCH", path="*/direct_costs/sync", status=422, times=9
    )

    first = site.run()
    begun = len(site.costs)
    site.office.simulator.faults.clear()
    planned = site.run(mode="plan")
    kept = len(site.costs)
    site.run()

    assert (first["in_doubt"], begun, kept) == (1, 1, 1)
    assert planned["in_doubt"] == 1
    assert [bool(cost["origin_id"]) for cost in site.costs] == [True]


def test_E25_E52_one_that_another_integration_took_before_it_was_finished_stays(site: Site) -> None:
    site.bill()
    site.office.simulator.faults.arm(
        "status", side="procore", method="PATCH", path="*/direct_costs/sync", status=422, times=9
    )
    site.run()
    site.office.simulator.faults.clear()
    (cost,) = site.costs
    cost["origin_id"] = "sage-77"

    site.run()

    assert cost in site.costs


CREATING = [("POST", "*/direct_costs", 1), ("PATCH", "*/direct_costs/sync", 3)]
"""How few and how many direct costs of a project are made."""


@pytest.mark.parametrize(("method", "path", "bills"), CREATING)
def test_E52_one_that_is_on_its_way_still_when_it_is_looked_for_is_made_once(
    site: Site, method: str, path: str, bills: int
) -> None:
    for number in range(bills):
        site.bill(number=f"HP-{number}")
    site.office.simulator.faults.arm("late", side="procore", method=method, path=path, seconds=2)

    first = site.run()
    at_once = site.run(full=True)
    made_meanwhile = len(site.costs)
    until(lambda: not site.office.simulator.calls.in_flight["procore"])
    last = site.run()

    assert (first["in_doubt"], at_once["in_doubt"], made_meanwhile) == (bills, bills, 0)
    assert (last["created"], len(site.costs)) == (bills, bills)
    assert all(cost["origin_id"] for cost in site.costs)
    assert site.office.issue_codes() == []


@pytest.mark.parametrize(("method", "path", "bills"), CREATING)
def test_E52_one_that_never_arrived_is_made_once_nothing_can_be_on_its_way(
    site: Site, method: str, path: str, bills: int
) -> None:
    for number in range(bills):
        site.bill(number=f"HP-{number}")
    site.office.simulator.faults.arm("drop_before", side="procore", method=method, path=path)

    site.run()
    waiting = site.run()
    site.office.let_pass(301)
    last = site.run()

    assert (waiting["in_doubt"], last["created"], len(site.costs)) == (bills, bills, bills)
    assert site.office.issue_codes() == []


@pytest.mark.parametrize(("method", "path", "bills"), CREATING)
def test_E52_how_long_it_may_be_on_its_way_counts_from_when_it_left(
    site: Site, method: str, path: str, bills: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    intend = Ledger.save_intents

    def long_ago(ledger: Ledger, *given: Any, **named: Any) -> list[int]:
        made = intend(ledger, *given, **named)
        site.office.let_pass(301)  # as where much of a batch went before
        return made

    monkeypatch.setattr(Ledger, "save_intents", long_ago)
    for number in range(bills):
        site.bill(number=f"HP-{number}")
    site.office.simulator.faults.arm("drop_before", side="procore", method=method, path=path)

    site.run()

    assert site.run()["in_doubt"] == bills


@pytest.mark.parametrize(("method", "path", "bills"), CREATING)
def test_E52_one_that_waited_for_too_long_is_not_made(
    site: Site, method: str, path: str, bills: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "LEAVES_WITHIN", -1.0)
    for number in range(bills):
        site.bill(number=f"HP-{number}")

    with pytest.raises(AirflowRescheduleException):
        site.run()

    assert site.costs == []
    assert site.office.ledger.doubts("direct_costs") == []


@pytest.mark.parametrize("documents", [2, 6])
def test_E51_if_the_ledger_is_lost_everything_is_found_again(site: Site, documents: int) -> None:
    for _ in range(documents):
        site.bill(line("10.00"), line("20.00", "B-2"))
    site.spend(line("5.00"))
    site.run()
    site.office.new_ledger()
    site.office.night(flows=SET_UP)
    site.office.forget_calls()

    result = site.run()

    assert (result["linked"], result["created"]) == (2 * documents + 1, 0)
    assert not site.office.writes()


def test_E51_nor_is_one_of_another_amount_taken_for_it(site: Site, office: Office) -> None:
    site.run()
    old = office.keep()
    site.bill()
    site.run()
    office.new_ledger(old.ledger)
    site.costs[0].update(grand_total="900.00", amount="900.00")

    result = site.run()

    assert len(site.costs) == 1
    assert (result["created"], result["refused"]) == (0, 1)
    assert office.ledger.links("direct_cost") == []


def test_E51_a_ledger_that_is_a_night_old_makes_no_second_cost(site: Site, office: Office) -> None:
    site.run()
    old = office.keep()
    site.bill()
    site.run()
    office.new_ledger(old.ledger)

    result = site.run()

    assert len(site.costs) == 1
    assert (result["created"], result["refused"]) == (1, 0)


def test_a_plan_has_the_counts_of_the_run_that_follows_it(site: Site) -> None:
    site.bill(line("10.00"), line("20.00", "B-2"))
    site.bill(number="")

    planned = site.run(mode="plan")
    empty = list(site.costs)
    applied = site.run()

    names = ("read", "created", "updated", "linked", "held")
    assert [planned[name] for name in names] == [applied[name] for name in names]
    assert empty == []
