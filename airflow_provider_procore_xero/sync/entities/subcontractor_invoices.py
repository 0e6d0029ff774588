"""Subcontractor invoices become Xero bills, with retainage on lines of its own.

Procore: ``GET /rest/v1.1/requisitions?view=extended``, per project. Xero: ``PUT /Invoices`` for new
bills, ``POST /Invoices`` with the id for changed ones. ``claims.py`` reads a claim, ``bills.py``
makes its bill, and this file says which claims may go and what becomes of each field.
"""

from __future__ import annotations

from airflow_provider_procore_xero.sync.entities.bill_twins import (
    bill_drifted,
    bill_stands,
    bill_twin,
    paid_of,
    taken,
)
from airflow_provider_procore_xero.sync.entities.bills import (
    KIND,
    ONCE,
    accounts_missing,
    asks_in_vain,
    codes_missing,
    document_url,
    has_retainage,
    may_be_dated,
    no_account,
    over_release,
    retainage_item_unfit,
    retainage_missing,
    to_bill,
    whole_bill,
)
from airflow_provider_procore_xero.sync.entities.claims import SubcontractorInvoice
from airflow_provider_procore_xero.sync.entities.credit_notes import document_kind
from airflow_provider_procore_xero.sync.entities.payees import is_new, payee_conditions
from airflow_provider_procore_xero.sync.entities.projects import IN_AN_ACTIVE_PROJECT
from airflow_provider_procore_xero.sync.entity import Condition, Entity, MapRow
from airflow_provider_procore_xero.sync.money import ZERO

CONDITIONS = (
    IN_AN_ACTIVE_PROJECT,
    Condition(
        code="CLAIM_NOT_APPROVED",
        asks="Is its status one of `bills.statuses`?",
        met=lambda r, a: r.status in a.settings.bills.statuses or bill_stands(r, a),
        sentence="Claim {r.title} is {r.status!r} in Procore.",
        fix="Approve it in Procore, or add its status to bills.statuses.",
        waits=True,
    ),
    Condition(
        code="CLAIM_WITHDRAWN",
        asks="Is it still so, where its bill stands in Xero?",
        met=lambda r, a: r.status in a.settings.bills.statuses or not bill_stands(r, a),
        sentence="Claim {r.title} is {r.status!r} in Procore, but its bill stands in Xero{d}.",
        detail=paid_of,
        fix="Approve the claim again, or void the bill in Xero, once what is paid of it is"
        " settled.",
    ),
    Condition(
        code="BEFORE_START",
        asks="Is its billing date on or after `bills.starts_on`?",
        met=lambda r, a: (
            a.linked("subcontractor_invoice", r.id)
            or a.settings.bills.starts_on is None
            or r.billed_on is None
            or r.billed_on >= a.settings.bills.starts_on
        ),
        sentence="Claim {r.title} is dated {r.billed_on}, before bills.starts_on"
        " ({s.bills.starts_on}).",
        fix="Nothing to do if it was entered in Xero by hand; else move bills.starts_on back.",
        waits=True,
    ),
    Condition(
        code="FIELDS_MISSING",
        asks="Does it have Invoice #, invoice start, invoice end and billing date?",
        met=lambda r, a: not r.missing,
        sentence="Claim {r.title} has no {r.missing}.",
        fix="Fill it in on the claim in Procore.",
    ),
    Condition(
        code="PROJECT_NOT_LINKED",
        asks="Is its project integrated?",
        met=lambda r, a: a.linked("project", r.project_id),
        sentence="The project of claim {r.title} has no tracking option in Xero.",
        fix="Run procore_xero_projects first; it says why if the project is held there.",
    ),
    Condition(
        code="VENDOR_NOT_LINKED",
        asks="Is its vendor integrated?",
        met=lambda r, a: r.vendor_id is not None and a.linked("vendor", r.vendor_id),
        sentence="Vendor {r.vendor!r} of claim {r.title} is not linked to a Xero contact.",
        fix="Put its contact into the Xero group {s.vendors.contact_group!r} and run"
        " procore_xero_contacts; or run procore_xero_vendors where vendors go to Xero.",
    ),
    *payee_conditions(KIND),
    Condition(
        code="NO_LINES",
        asks="Does it bill anything?",
        met=lambda r, a: any(item.gross or item.retained or item.released for item in r.items),
        sentence="Claim {r.title} has no line with an amount.",
        fix="Nothing to send; withdraw the claim in Procore if it is a mistake.",
    ),
    Condition(
        code="AMOUNTS_DISAGREE",
        asks="Do its items come to what its header says is due?",
        met=lambda r, a: r.adds_up,
        sentence="The items of claim {r.title} come to {r.net}, its header says {r.due} is due.",
        fix="Open the claim in Procore and save it again; if it still differs, ask Procore.",
    ),
    Condition(
        code="NEGATIVE_INVOICE",
        asks="Is it not below zero?",
        met=lambda r, a: r.net >= ZERO or a.settings.bills.negative == "credit_note",
        sentence="Claim {r.title} is negative ({r.net}); Xero takes no negative bill.",
        fix="Enter a supplier credit note in Xero by hand, or set bills.negative to credit_note.",
    ),
    Condition(
        code="SCHEDULED_VALUE_ONCE",
        asks="Is it its commitment's first claim, where `bills.amount_source` is"
        " `scheduled_value`?",
        met=lambda r, a: a.settings.bills.amount_source != "scheduled_value" or r.number == 1,
        sentence="Claim {r.title} is no. {r.number} of its commitment, whose scheduled value the"
        " first claim has billed already.",
        fix="Set bills.amount_source to this_period: scheduled_value is for commitments of one"
        " claim.",
    ),
    Condition(
        code="ZERO_INVOICE",
        asks="Is something payable?",
        met=lambda r, a: r.net != ZERO or (a.settings.bills.zero == "send" and has_retainage(r)),
        sentence="Claim {r.title} comes to 0.00.",
        fix="Nothing to pay. Set bills.zero to send if Xero should have claims that retainage"
        " brings to zero; others never go.",
    ),
    Condition(
        code="RETAINAGE_OVER_RELEASE",
        asks="Does each line release no more retainage than was held on it?",
        met=lambda r, a: not over_release(r, a),
        sentence="Claim {r.title} releases more retainage than was held: {d}.",
        detail=over_release,
        fix="Correct the release on the claim in Procore.",
    ),
    Condition(
        code="CURRENCY_DIFFERS",
        asks="Is it in the organisation's currency?",
        met=lambda r, a: not r.currency or not a.currency or r.currency == a.currency,
        sentence="Claim {r.title} is in {r.currency}, the Xero organisation keeps {a.currency}.",
        fix="Enter this bill in Xero by hand.",
    ),
    Condition(
        code="CUSTOM_SEGMENT",
        asks="Are its lines coded without custom segments?",
        met=lambda r, a: not any(item.budget_code.custom for item in r.items),
        sentence="A line of claim {r.title} is coded to a custom segment, which Xero has not.",
        fix="Code the line to a cost code and a cost type only.",
    ),
    Condition(
        code="COST_CODE_UNKNOWN",
        asks="Is every line coded to a code that Xero has, as an option or an item?",
        met=lambda r, a: not codes_missing(r, a),
        sentence="Claim {r.title} uses cost codes that are not integrated: {d}.",
        detail=codes_missing,
        fix="Use codes of the standard list, or run procore_xero_cost_codes if they are new.",
    ),
    Condition(
        code="ACCOUNT_NOT_SET",
        asks="Do the settings name an account for every line?",
        met=lambda r, a: not no_account(r, a),
        sentence="The settings name no account for some lines of claim {r.title}.",
        fix="Set accounts.expense in the settings file to the account that costs post to.",
    ),
    Condition(
        code="RETAINAGE_NOT_SET",
        asks="Do the settings say where retainage goes, if there is any?",
        met=lambda r, a: not retainage_missing(r, a),
        sentence="Claim {r.title} has retainage, but {d} is not set.",
        detail=retainage_missing,
        fix="Set {d} in the settings file: an account best to a liability account, an item to one"
        " that stands for no cost code.",
    ),
    Condition(
        code="RETAINAGE_ITEM_UNFIT",
        asks="Has Xero the item of retainage, and is it no cost code's?",
        met=lambda r, a: not retainage_item_unfit(r, a),
        sentence="Claim {r.title} has retainage, but item {s.bills.retainage_item!r} {d}.",
        detail=retainage_item_unfit,
        fix="Add the item in Xero, or name another in bills.retainage_item.",
    ),
    Condition(
        code="ACCOUNT_UNKNOWN",
        asks="Does Xero have every account, active, and open for bills?",
        met=lambda r, a: not accounts_missing(r, a),
        sentence="Lines of claim {r.title} would post to accounts that Xero has not, or has"
        " archived: {d}.",
        detail=accounts_missing,
        fix="Correct the account codes in the settings file.",
    ),
    Condition(
        code="PERIOD_LOCKED",
        asks="Is the billing date of a new bill after the lock date?",
        met=lambda r, a: may_be_dated(r, a) or not is_new(r, a, KIND),
        sentence="Claim {r.title} is dated {r.billed_on}; Xero is locked up to"
        " {a.locked_until}{d}.",
        detail=asks_in_vain,
        fix="Change its billing date, move Xero's lock date, or set bills.lock_date.",
    ),
)

ENTITY = Entity(
    name="subcontractor_invoices",
    kind=KIND,
    source="procore",
    target="xero",
    batch=50,
    parse=SubcontractorInvoice.from_procore,
    conditions=CONDITIONS,
    desired=to_bill,
    alike=document_kind,
    twin=bill_twin,
    once=ONCE,
    change=whole_bill,
    drifted=bill_drifted,
    taken=taken,
    source_url=lambda r, a: a.url(r),
    target_url=document_url,
    refers_to=("project", "vendor", "cost_code", "item", "commitment"),
    mapping=(
        MapRow(r="R98", source="Vendor", target="`Contact`", rule="by link; only the id is sent"),
        MapRow(
            r="R100",
            source="Commitment number, or `invoice_number`",
            target="`InvoiceNumber`, which Xero shows as Reference",
            rule="`bills.reference`: with commitments on the commitment's number, else the"
            " claim's; printable ASCII",
        ),
        MapRow(r="R99", source="`billing_date`", target="`Date`", rule="see `bills.lock_date`"),
        MapRow(
            r="R99",
            source="`payment_date`",
            target="`DueDate`",
            rule="where it is empty, by the contact's payment terms for bills, else"
            " `bills.due_days` after the billing date; decided once (`bills.due_from`)",
        ),
        MapRow(source="The claim's page", target="`Url`", rule="what tells its bill apart"),
        MapRow(source="`bills.status`", target="`Status`", rule="only when it is created"),
        MapRow(
            r="R101 R102",
            source="Item: work completed and materials stored this period",
            target="Line `Quantity`, `UnitAmount`",
            rule="1 × amount; quantity and unit price where the contract is billed by unit and"
            " they make the amount to the cent",
        ),
        MapRow(source="Item `description_of_work`", target="Line `Description`", rule="plain text"),
        MapRow(
            source="Item budget code",
            target="Line `AccountCode`",
            rule="`accounts.by_cost_code`, else `by_cost_type`, else `expense`; a line that"
            " somebody has recoded in Xero keeps its account, tax type and item",
        ),
        MapRow(
            r="R103",
            source="Project, item cost code",
            target="Line `Tracking`",
            rule="the linked option of each category, by its present name",
        ),
        MapRow(
            r="R101",
            source="Item cost code and cost type, with `cost_codes.target: item`",
            target="Line `ItemCode`",
            rule="`cost_codes.code_format`; the line posts to the item's own account if it has one",
        ),
        MapRow(
            source="A claim below zero, with `bills.negative: credit_note`",
            target="Credit note of type `ACCPAYCREDIT`",
            rule="a draft, set against no bill; `CreditNoteNumber` ends in the claim's id; amounts"
            " with the opposite sign",
        ),
        MapRow(
            r="R104",
            source="Items: retainage held this period",
            target="One negative line on `bills.retainage_account`, or `bills.retainage_item`",
            rule="project option only; one line for each tax type of the work",
        ),
        MapRow(
            r="R104",
            source="Items: retainage released this period",
            target="One positive line, coded like that",
        ),
    ),
)
