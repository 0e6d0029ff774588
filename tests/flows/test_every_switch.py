"""Nobody could confirm how the real systems behave in places: whatever they do, the money is right.

The simulator has a switch for each such rule. Every way of every switch is a case here: of those
that a busy office meets one by one, of the others all at once. What people notice of one has a test
of its own, in words.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from airflow.exceptions import AirflowRescheduleException
from airflow.providers.common.compat.sdk import AirflowFailException

from airflow_provider_procore_xero.simulator.procore import switches as in_procore
from airflow_provider_procore_xero.simulator.xero import switches as in_xero
from tests.flows.contractor import Contractor, Record, recently
from tests.flows.office import NIGHT, SETTINGS, Office

MODES = {**in_procore.MODES, **in_xero.MODES}
MET = (
    "addresses", "array_to_single_resource", "batch_order", "children_touch_parent",
    "clearing_origin_id", "date_offset", "deleted_payments_in_modified", "idempotency_token",
    "line_order", "line_origin_id_locks", "modified_since_inclusive", "name_of_archived_contact",
    "name_of_archived_option", "numbers_as_strings", "origin_id_unique_in", "po_back_to_draft",
    "po_edit_authorised", "range_includes_end", "segment_item_id_is_cost_code_id",
    "tax_in_current_payment_due", "tracking_by", "unknown_filters", "unknown_id_on_write",
    "vendor_list_includes_inactive", "vendor_names_are_unique", "wrong_region_codes",
    "wrong_secret_status",
)  # fmt: skip
"""Those that the simulator looks at while the busy office of this file works."""
UNMET = tuple(sorted(MODES.keys() - set(MET)))
"""The others: nothing that the office does, or that we send, comes under them."""
CASES = [(switch, mode) for switch in MET for mode in MODES[switch][1:]]
CHANGES = "commitment_change_orders"
REFUSED: dict[tuple[str, Any], list[dict[str, int]]] = {
    ("po_edit_authorised", "refuse"): [{CHANGES: 1}, {CHANGES: 2}]
}
"""What the other system says no to in each of the nights; it is tried again in the next."""
HYBRID: dict[str, Any] = {
    "profile": "hybrid",
    "accounts": {"expense": "310"},
    "bills": {"retainage_account": "850"},
    "vendors": {"direction": "both"},
    "journals": {"enabled": True},
    "job_costs": {"enabled": True},
}
EVERYTHING = tuple(NIGHT)
READY = ("projects", "contacts", "cost_codes")


class Watched(dict[str, Any]):
    """Switches that remember which of them was looked at."""

    def __init__(self, switches: dict[str, Any]) -> None:
        super().__init__(switches)
        self.asked: set[str] = set()

    def __getitem__(self, name: str) -> Any:
        self.asked.add(name)
        return super().__getitem__(name)


class Busy(Contractor):
    """Two offices that use every flow: what they enter before a night, and after it."""

    def enter(self) -> None:
        project = self.project("A-1")
        self.vendor("Closed Ltd", is_active=False)
        self.contact("Hire Pool Ltd", Addresses=[{"AddressType": "POBOX", "Region": "NSW"}])
        self.first = self.contract(project, self.pair("Terra Works Ltd"), number="SC-1")
        self.second = self.contract(project, self.vendor("Cook Piling Ltd"), number="SC-2")
        self.change("250.00")
        self.claims = [
            self.claim(self.first, "1000.00", "500.00", tax="225.00"),
            self.claim(self.first, "200.00", "100.00"),
            self.claim(self.second, "40.00", "0.00"),
        ]

    def change(self, amount: str) -> None:
        """Approve a change order on the first contract."""
        code = self.procore.lines_of(self.first["id"])[0]["wbs_code"]["id"]
        line = {"wbs_code_id": code, "amount": amount, "description": "More"}
        self.procore.add_change_order(
            contract_id=self.first["id"], status="approved", title="More", lines=[line]
        )

    def go_on(self) -> None:
        """Pay the first claim, correct the third, claim again, and enter three other costs."""
        for part in ("819.38", "819.37"):
            self.pay(self.bill_of(self.claims[0]), part)
        self.change("-50.00")
        (line, _) = self.procore.lines_of(self.second["id"])
        self.procore.edit_claim(
            self.claims[2]["id"], [{"line_item_id": line["id"], "work": Decimal("80.00")}]
        )
        self.claims.append(self.claim(self.second, "0.00", "60.00"))
        self._enter_costs()

    def _enter_costs(self) -> None:
        contact = next(c for c in self.xero.contacts.values() if c["Name"] == "Hire Pool Ltd")
        (project,) = self.options("Project")
        tracked = [("Project", project), ("Cost Codes", "02-300")]
        line = {"AccountCode": "310", "Tracking": [{"Name": n, "Option": o} for n, o in tracked]}
        hire = {**line, "Description": "Hire", "Quantity": "1", "UnitAmount": "30.00"}
        posted = [{**line, "LineAmount": "7.00"}, {"AccountCode": "850", "LineAmount": "-7.00"}]
        self.xero.add_bill(contact["ContactID"], [hire], number="HP-1", status="AUTHORISED")
        self.xero.add_spend_money(contact["ContactID"], [hire], amount_types="Exclusive")
        self.xero.add_manual_journal("Accrued", posted, on=recently(3))


def two_nights(office: Office) -> tuple[Busy, list[dict[str, dict[str, Any]]]]:
    office.settings = HYBRID
    people = Busy(office.simulator)
    people.enter()
    first = office.night(flows=EVERYTHING)
    people.go_on()
    return people, [first, office.night(flows=EVERYTHING)]


def refused(night: dict[str, dict[str, Any]]) -> dict[str, int]:
    found = {flow: result["refused"] + result["in_doubt"] for flow, result in night.items()}
    return {flow: times for flow, times in found.items() if times}


def everything_is_there_once(people: Busy, *, changed: bool = True) -> None:
    """Compare what stands in both systems with what their people entered, to the cent.

    :param changed: whether change orders could be added to the order.
    """
    orders = [
        (o["PurchaseOrderNumber"], o["SubTotal"]) for o in people.xero.purchase_orders.values()
    ]
    first = Decimal("150200.00") if changed else Decimal("150000.00")
    assert sorted(orders) == [("SC-1", first), ("SC-2", Decimal("150000.00"))]
    assert [people.bill_of(claim)["SubTotal"] for claim in people.claims] == [
        Decimal(amount) for amount in ("1425.00", "285.00", "76.00", "57.00")
    ]
    assert len(people.xero.invoices) == len(people.claims) + 1
    assert [p["amount"] for p in people.payments] == [Decimal("712.50")] * 2
    costs = people.procore.direct_costs.values()
    assert sorted(c["grand_total"] for c in costs) == [Decimal(7), Decimal(30), Decimal(30)]
    names = Counter(v["name"] for v in people.procore.vendors.values())
    names += Counter(c["Name"] for c in people.xero.contacts.values())
    assert names == {
        "Terra Works Ltd": 2, "Cook Piling Ltd": 2, "Hire Pool Ltd": 2, "Closed Ltd": 1,
    }  # fmt: skip
    assert (len(people.options("Project")), len(people.options("Cost Codes"))) == (1, 2)


# Every way of every switch


def test_every_switch_is_a_size_or_has_its_modes_and_each_mode_is_a_case() -> None:
    for side in (in_procore, in_xero):
        assert side.DEFAULTS.keys() == side.SIZES.keys() | side.MODES.keys()
        assert all(side.DEFAULTS[name] == modes[0] for name, modes in side.MODES.items())
    assert all(len(modes) == len(set(modes)) > 1 for modes in MODES.values())
    assert sorted([*MET, *UNMET]) == sorted(MODES)


def test_the_busy_office_meets_the_rules_that_are_tried_one_by_one_and_no_others(
    office: Office,
) -> None:
    sides = (office.simulator.procore, office.simulator.xero)
    for side in sides:
        side.switches = Watched(side.switches)

    people, nights = two_nights(office)

    asked = {name for side in sides for name in side.switches.asked}  # type: ignore[attr-defined]
    assert sorted(asked & MODES.keys()) == sorted(MET)
    assert [refused(night) for night in nights] == [{}, {}]
    everything_is_there_once(people)


@pytest.mark.parametrize(("switch", "mode"), CASES, ids=[f"{s}-{m}" for s, m in CASES])
def test_whatever_mode_an_unconfirmed_rule_is_in_two_nights_bring_everything_over_once(
    office: Office, switch: str, mode: Any
) -> None:
    office.reset(**{switch: mode})

    people, nights = two_nights(office)

    said_no = REFUSED.get((switch, mode))
    assert [refused(night) for night in nights] == (said_no or [{}, {}])
    everything_is_there_once(people, changed=said_no is None)
    assert nights[1]["reconciliation"]["unreconciled"] == 0


@pytest.mark.parametrize("nth", [1, 2])
def test_rules_that_the_office_does_not_meet_change_nothing_for_it(
    office: Office, nth: int
) -> None:
    office.reset(**{name: MODES[name][min(nth, len(MODES[name]) - 1)] for name in UNMET})

    people, nights = two_nights(office)

    assert [refused(night) for night in nights] == [{}, {}]
    everything_is_there_once(people)
    assert nights[1]["reconciliation"]["unreconciled"] == 0


# What people notice


def test_an_order_that_xero_locks_once_it_is_approved_refuses_change_orders_and_says_so(
    office: Office,
) -> None:
    office.reset(po_edit_authorised="refuse")

    two_nights(office)

    issues = office.ledger.issues(CHANGES)
    assert [(issue.code, issue.sentence) for issue in issues] == [
        ("REFUSED", "AUTHORISED purchase orders cannot be edited")
    ] * 2


@pytest.mark.parametrize("mode", MODES["wrong_region_codes"])
def test_a_region_of_three_letters_is_refused_in_words_kept_or_dropped_and_others_go_on(
    office: Office, people: Contractor, mode: str
) -> None:
    office.reset(wrong_region_codes=mode)
    people = Contractor(office.simulator)
    place = {"AddressType": "POBOX", "Country": "AU", "Region": "NSW"}
    people.contact("Hire Pool Ltd", Addresses=[place])
    people.contact("Terra Works Ltd")

    office.run("contacts", settings={**SETTINGS, "vendors": {"region_codes": "all"}})

    vendors = {v["name"]: v["state_code"] for v in people.procore.vendors.values()}
    said = [issue.sentence for issue in office.ledger.issues("contacts")]
    if mode == "refused":
        assert vendors.keys() == {"Terra Works Ltd"}
        assert "state_code: is not a two-character ISO 3166 code" in " ".join(said)
    else:
        assert vendors["Hire Pool Ltd"] == ("NSW" if mode == "kept" else None)
        assert said == []


@pytest.mark.parametrize("mode", MODES["not_permitted"])
def test_a_project_that_may_not_be_seen_any_more_is_noted_unless_procore_calls_it_empty(
    office: Office, mode: str
) -> None:
    office.reset(not_permitted=mode)
    people = Contractor(office.simulator)
    vendor = people.pair("Terra Works Ltd")
    hidden, shown = people.project("A-1"), people.project("B-2")
    claims = [people.claim(people.contract(p, vendor)) for p in (hidden, shown)]
    run_id = office.next_night()
    for flow in READY:
        office.run(flow, run_id=run_id)
    people.procore.forbid_project(hidden["id"])

    office.run("subcontractor_invoices", run_id=run_id)

    (run,) = office.ledger.runs(limit=1)
    noted = [note for note in run.notes if note.startswith("PROJECT_HIDDEN")]
    assert len(people.bills) == 1
    assert people.bill_of(claims[1])
    assert (str(hidden["id"]) in " ".join(noted)) is (mode != "empty")


@pytest.mark.parametrize("mode", MODES["vendor_list_includes_inactive"])
def test_an_inactive_vendor_waits_once_whichever_list_it_is_in(office: Office, mode: bool) -> None:
    office.reset(vendor_list_includes_inactive=mode)
    people = Contractor(office.simulator)
    closed = people.vendor("Closed Ltd", is_active=False)

    office.run("vendors", settings={**HYBRID, "vendors": {"direction": "procore_to_xero"}})

    issues = office.ledger.issues("vendors")
    assert [(i.source_id, i.code) for i in issues] in ([], [(str(closed["id"]), "VENDOR_INACTIVE")])
    assert list(people.xero.contacts) == []


@pytest.mark.parametrize("mode", MODES["lock_date"])
def test_E49_a_bill_of_the_lock_date_itself_is_held_even_where_xero_would_take_it(
    office: Office, mode: str
) -> None:
    office.reset(lock_date=mode)
    people = Contractor(office.simulator)
    people.xero.set_lock_date(recently())
    people.one_claim(billing_date=recently())

    result = office.night()["subcontractor_invoices"]

    assert office.reasons(result) == {"PERIOD_LOCKED": 1}
    assert people.bills == []


@pytest.mark.parametrize("mode", MODES["negative_total"])
def test_E5_a_claim_below_zero_is_held_even_where_xero_would_take_it(
    office: Office, mode: str
) -> None:
    office.reset(negative_total=mode)
    people = Contractor(office.simulator)
    project, vendor = people.project("A-1"), people.pair("Terra Works Ltd")
    people.claim(people.contract(project, vendor, retainage_percent=0), "-50.00")

    result = office.night()["subcontractor_invoices"]

    assert office.reasons(result) == {"NEGATIVE_INVOICE": 1}
    assert people.bills == []


@pytest.mark.parametrize("mode", MODES["zero_total"])
def test_an_approved_bill_of_nothing_is_paid_at_once_or_refused_in_words_and_others_go_on(
    office: Office, mode: str
) -> None:
    office.reset(zero_total=mode)
    people = Contractor(office.simulator)
    project, vendor = people.project("A-1"), people.pair("Terra Works Ltd")
    people.claim(people.contract(project, vendor, retainage_percent=100), "80.00")
    other = people.claim(people.contract(project, vendor, number="SC-002", retainage_percent=0))
    sent = {"zero": "send", "status": "AUTHORISED"}

    office.night(settings={**SETTINGS, "bills": {**SETTINGS["bills"], **sent}})

    said = [issue.sentence for issue in office.ledger.issues("subcontractor_invoices")]
    assert people.bill_of(other)["Status"] == "AUTHORISED"
    if mode == "refuse":
        assert "The document total must not be zero." in " ".join(said)
        assert len(people.bills) == 1
    else:
        assert said == []
        assert sorted(b["Status"] for b in people.bills) == ["AUTHORISED", "PAID"]


@pytest.mark.parametrize("mode", MODES["name_of_archived_option"])
def test_the_name_of_an_archived_option_is_not_used_again_even_where_xero_would_take_it(
    office: Office, mode: str
) -> None:
    office.reset(name_of_archived_option=mode)
    people = Contractor(office.simulator)
    people.project("A-1")
    people.xero.add_option("Project", "A-1")
    people.xero.archive_option("A-1")

    result = office.run("projects")

    assert office.reasons(result) == {"OPTION_ARCHIVED": 1}
    assert people.options("Project") == {"A-1": "ARCHIVED"}


@pytest.mark.parametrize("mode", MODES["missing_scope_status"])
def test_a_scope_that_is_missing_is_named_whichever_status_xero_chooses(
    office: Office, mode: int
) -> None:
    office.reset(missing_scope_status=mode)
    office.simulator.set_switches(app_scopes="accounting.settings accounting.contacts")

    with pytest.raises(AirflowFailException) as caught:
        office.run("journal_entries", settings={**SETTINGS, "journals": {"enabled": True}})

    assert "accounting.manualjournals" in str(caught.value)
    assert "connect again" in str(caught.value)


@pytest.mark.parametrize("mode", MODES["custom_connection_connections"])
def test_a_custom_connection_needs_no_tenant_and_never_asks_for_the_list_of_connections(
    office: Office, mode: str
) -> None:
    office.reset(custom_connection_connections=mode)
    office.connect(xero={"extra": {"identity_host": office.url, "web_host": office.url}})
    people = Contractor(office.simulator)
    claim = people.one_claim()

    office.night()

    assert people.bill_of(claim)["SubTotal"] == Decimal("1425.00")
    assert not [c for c in office.simulator.calls.of("xero") if "onnections" in c.path]


@pytest.mark.parametrize("mode", MODES["store_validation_errors"])
def test_a_bill_that_was_refused_goes_through_once_its_cause_is_mended_and_only_once(
    office: Office, mode: bool
) -> None:
    office.reset(store_validation_errors=mode)
    people = Contractor(office.simulator)
    rate = people.xero.tax_rates["ZERORATEDINPUT"]
    rate["Status"] = "DELETED"
    office.settings = {**SETTINGS, "tax": {"purchase_tax_type": "ZERORATEDINPUT"}}
    claim = people.one_claim()
    result = office.night()["subcontractor_invoices"]
    (issue,) = office.ledger.issues("subcontractor_invoices")

    rate["Status"] = "ACTIVE"
    office.night()

    assert (result["refused"], issue.code) == (1, "REFUSED")
    assert people.bill_of(claim)["SubTotal"] == Decimal("1425.00")
    assert office.issue_codes() == []


@pytest.mark.parametrize("mode", MODES["deleted_payments_in_modified"])
def test_E9_a_deleted_payment_is_taken_off_whether_or_not_xero_lists_it_among_changes(
    office: Office, mode: bool
) -> None:
    office.reset(deleted_payments_in_modified=mode)
    people = Contractor(office.simulator)
    bill = paid_bill(office, people)
    wrong = people.pay(bill, "115.00")
    office.run("payments")
    people.xero.delete_payment(wrong["PaymentID"])

    office.run("payments")
    result = office.run("payments")

    assert [p["amount"] for p in people.payments] == [Decimal("200.00")]
    assert result["updated"] == 0


@pytest.mark.parametrize("clearing", MODES["clearing_origin_id"])
@pytest.mark.parametrize("deletable", MODES["locked_records_can_be_deleted"])
def test_E9_a_deleted_payment_goes_unless_procore_keeps_it_locked_which_is_said_with_both_ids(
    office: Office, clearing: str, deletable: bool
) -> None:
    office.reset(clearing_origin_id=clearing, locked_records_can_be_deleted=deletable)
    people = Contractor(office.simulator)
    bill = paid_bill(office, people)
    wrong = people.pay(bill, "115.00")
    office.run("payments")
    issued = next(p for p in people.payments if p["origin_id"] == wrong["PaymentID"])
    people.xero.delete_payment(wrong["PaymentID"])

    result = office.run("payments")

    left = [p["amount"] for p in people.payments]
    issues = office.ledger.issues("payments")
    if clearing == "keeps_lock" and not deletable:
        (issue,) = issues
        assert (result["refused"], issue.code) == (1, "REFUSED")
        assert "synced with ERP" in issue.sentence
        assert issue.source_id == wrong["PaymentID"]
        assert str(issued["id"]) in issue.fix
        assert sorted(left) == [Decimal("100.00"), Decimal("200.00")]
    else:
        assert issues == []
        assert left == [Decimal("200.00")]


def paid_bill(office: Office, people: Contractor) -> Record:
    """Return the bill of a claim, 230.00 of which is paid and issued in Procore."""
    claim = people.one_claim()
    office.night()
    bill = people.bill_of(claim)
    people.pay(bill, "230.00")
    office.run("payments")
    return bill


def test_E54_an_hour_of_few_calls_stops_the_night_and_the_next_brings_the_rest_over_once(
    office: Office,
) -> None:
    office.reset(rate_limits=True, hourly_limit=12)
    people = Busy(office.simulator)
    people.enter()
    office.settings = HYBRID

    with pytest.raises((AirflowRescheduleException, AirflowFailException)):
        office.night(flows=EVERYTHING)
    limited = office.ledger.runs(limit=1)[0]
    office.simulator.set_switches(hourly_limit=10**6)
    office.reset_limits()
    office.night(flows=EVERYTHING)
    people.go_on()
    last = office.night(flows=EVERYTHING)

    assert limited.state == "limited"
    everything_is_there_once(people)
    assert last["reconciliation"]["unreconciled"] == 0
