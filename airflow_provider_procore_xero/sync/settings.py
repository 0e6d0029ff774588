"""What a company may choose: frozen classes, one a section of the settings file.

The names, types and defaults here are the settings file's; the package's ``settings`` module reads
and checks a file against them, and the docs' reference is generated from them. Account codes have
no safe default, so they have none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

Profile = Literal["dimension_classic", "procore_connector", "hybrid"]


@dataclass(frozen=True)
class Doc:
    """What the settings reference says of a key; *overridable* keys may be set by a DAG run."""

    text: str
    overridable: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectSettings:
    """Projects → tracking options."""

    gate: Annotated[
        Literal["stage", "approval", "stage_then_approval", "none"],
        Doc("What lets an unlinked project through in a bulk run."),
    ] = "stage"
    stage: Annotated[str, Doc("The Procore project stage that sends a project.")] = "Send to Xero"
    tracking_category: Annotated[str, Doc("The Xero tracking category of projects.")] = "Project"
    option_name: Annotated[
        str, Doc("How an option is named; `{number}` and `{name}` are the project's.")
    ] = "{number} {name}"
    require_number: Annotated[bool, Doc("Hold projects without a Project Number.")] = True
    rename: Annotated[
        Literal["propose", "auto", "never"],
        Doc("What happens to our option when its project is renamed or renumbered.", True),
    ] = "propose"
    import_options: Annotated[
        bool,
        Doc(
            "List the options of the category that stand for no project as ready to import"
            " (`READY_TO_IMPORT`). The project itself is created in Procore, by a person."
        ),
    ] = False
    payments_tail_days: Annotated[
        int,
        Doc(
            "Payments of an inactive project's bills still come for this many days from the run"
            " that first saw it inactive; nothing else does."
        ),
    ] = 0
    option_warning: Annotated[
        int, Doc("Warn from this many active options in one category; Xero recommends 100.")
    ] = 100
    option_limit: Annotated[
        int | None, Doc("Create no option beyond this many active ones; null lets Xero decide.")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorSettings:
    """Contacts → vendors, and vendors → contacts."""

    direction: Annotated[
        Literal["xero_to_procore", "procore_to_xero", "both"], Doc("Who sends vendors to whom.")
    ] = "xero_to_procore"
    contact_group: Annotated[str, Doc("Only contacts in this Xero group become vendors.")] = (
        "Procore"
    )
    owner: Annotated[
        Literal["born", "procore", "xero"],
        Doc(
            "With `direction: both`, whose edits count for a linked pair; `born`: the side that had"
            " it first. Edits on the other side are shown, never overwritten."
        ),
    ] = "born"
    similar_threshold: Annotated[
        int, Doc("Names at least this alike (0-100) are ambiguous, never a match.")
    ] = 90
    country: Annotated[
        Literal["strict", "translate"],
        Doc("`strict`: an ISO 3166-1 code; `translate`: a country's name is understood too."),
    ] = "strict"
    region_codes: Annotated[
        Literal["two_letters", "all"],
        Doc(
            "Procore documents two-letter state codes only; `all` also sends longer ones, `NSW`,"
            " which it may refuse."
        ),
    ] = "two_letters"


@dataclass(frozen=True, slots=True, kw_only=True)
class CostCodeSettings:
    """Cost codes → tracking options, or items."""

    target: Annotated[
        Literal["tracking_option", "item", "account_map"], Doc("What a cost code becomes in Xero.")
    ] = "tracking_option"
    tracking_category: Annotated[str, Doc("The Xero tracking category of cost codes.")] = (
        "Cost Codes"
    )
    code_format: Annotated[
        str, Doc("How a code is written; `{cost_code}`, `{cost_type}`, `{name}`.")
    ] = "{cost_code}.{cost_type}"
    list: Annotated[
        str | None,
        Doc(
            "The standard cost code list that goes to Xero; null takes the ERP list where there is"
            " one, else every list."
        ),
    ] = None
    pairs: Annotated[
        Literal["in_use", "all"],
        Doc(
            "Which codes and cost types become items: those that budget codes of integrated"
            " projects pair, or every code with every type."
        ),
    ] = "in_use"
    fallback_code: Annotated[
        str | None, Doc("The code of lines that have none; null holds them instead.")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """The Xero accounts that lines post to: by cost code, else by cost type, else the default."""

    expense: Annotated[str | None, Doc("Account code of costs.")] = None
    income: Annotated[str | None, Doc("Account code of sales, where an item wants one.")] = None
    by_cost_type: Annotated[Mapping[str, str], Doc("Account codes by cost type.")] = field(
        default_factory=dict
    )
    by_cost_code: Annotated[
        Mapping[str, str], Doc("Account codes by cost code; `*` stands for anything.")
    ] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitmentSettings:
    """Commitments → purchase orders."""

    enabled: Annotated[bool, Doc("Whether commitments go to Xero.")] = True
    statuses: Annotated[tuple[str, ...], Doc("Commitment statuses that are sent.")] = ("Approved",)
    number: Annotated[str, Doc("How a purchase order is numbered.")] = "{number}"
    date: Annotated[
        Literal["created", "contract_date", "export_date"], Doc("Where its date comes from.")
    ] = "created"
    billed_po: Annotated[
        Literal["hold", "supplement"], Doc("What a change order to a billed order does.")
    ] = "hold"


@dataclass(frozen=True, slots=True, kw_only=True)
class BillSettings:
    """Subcontractor invoices → bills."""

    status: Annotated[
        Literal["DRAFT", "SUBMITTED", "AUTHORISED"], Doc("The status bills are created in.", True)
    ] = "DRAFT"
    statuses: Annotated[
        tuple[str, ...], Doc("Claim statuses that are sent; add `approved_as_noted` if you use it.")
    ] = ("approved",)
    starts_on: Annotated[
        date | None,
        Doc(
            "Claims billed before this day stay in Procore: they were entered in Xero by hand"
            " before this integration went live."
        ),
    ] = None
    reference: Annotated[
        str,
        Doc(
            "What Xero shows as Reference: `auto` (the commitment number with commitments on, else"
            " the invoice number), `invoice_number`, `po_number`, or a template of"
            " `{project_number}`, `{commitment_number}`, `{application_number}`,"
            " `{invoice_number}`."
        ),
    ] = "auto"
    amount_source: Annotated[
        Literal["this_period", "scheduled_value"], Doc("What a line's amount is.")
    ] = "this_period"
    negative: Annotated[
        Literal["hold", "credit_note"], Doc("What happens to a claim below zero.")
    ] = "hold"
    zero: Annotated[
        Literal["hold", "send"],
        Doc("What happens to a claim that retainage nets to exactly zero."),
    ] = "hold"
    due_from: Annotated[
        Literal["contact_terms", "due_days"],
        Doc(
            "What a bill's due date comes from where the claim has no payment date:"
            " `contact_terms`, the payment terms of its contact in Xero, and `due_days` where it"
            " has none; or `due_days` always."
        ),
    ] = "contact_terms"
    due_days: Annotated[
        int,
        Doc("Days from billing date to due date where neither the claim nor terms say it.", True),
    ] = 30
    retainage_item: Annotated[str | None, Doc("The Xero item of retainage lines.")] = None
    retainage_account: Annotated[str | None, Doc("The Xero account of retainage lines.")] = None
    retainage_tax: Annotated[
        str, Doc("Tax type of retainage lines: `same_as_work`, or a Xero tax type.")
    ] = "same_as_work"
    lock_date: Annotated[
        Literal["hold", "draft", "first_open_day", "ask"],
        Doc(
            "What happens to a bill dated in a locked period: `hold` it; send it as a `draft` of"
            " its date; date it the `first_open_day`; or `ask`: with approvals on it waits in the"
            " queue, dated the first open day, and without them it is held. What is otherwise than"
            " the claim says stands in the plan and the mail."
        ),
    ] = "hold"
    attach_pdf: Annotated[
        bool,
        Doc(
            "Attach the PDFs that hang on the claim to the bill that is made of it; each costs one"
            " call of Xero's day, and a bill holds ten files of 10 MB."
        ),
    ] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PaymentSettings:
    """Bill payments → commitment payments issued."""

    enabled: Annotated[bool, Doc("Whether payments come to Procore.")] = True
    amount: Annotated[
        Literal["net", "gross"],
        Doc("`net`: without tax, by the bill's own subtotal and total; `gross`: as paid."),
    ] = "net"
    prepayments: Annotated[
        Literal["explain", "count"],
        Doc(
            "Prepayments and overpayments that are set against one of our bills: `explain` names"
            " them in the report, `count` makes each a payment issued."
        ),
    ] = "explain"


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectCostSettings:
    """Bills and spend money → direct costs."""

    include: Annotated[
        Literal["uncontracted_only", "all"], Doc("Which bills become direct costs.")
    ] = "uncontracted_only"
    spend_money: Annotated[bool, Doc("Whether spend money comes too.")] = True
    credit_notes: Annotated[
        Literal["explain", "include"], Doc("Whether supplier credit notes come too.")
    ] = "explain"
    unlinked_vendor: Annotated[
        Literal["hold", "blank"],
        Doc("What happens where the contact is no vendor; `blank` is for expenses only."),
    ] = "hold"
    missing_number: Annotated[
        Literal["hold", "number"],
        Doc(
            "What happens to a bill without a reference; `number`: `XERO-` and its id's beginning."
        ),
    ] = "hold"
    received_date: Annotated[
        Literal["transaction_date", "created_date", "none"],
        Doc(
            "The received date of what was first entered in Xero; `created_date`: the day it was"
            " last changed in Xero when it first came, since Xero states no other."
        ),
    ] = "transaction_date"
    currency: Annotated[
        Literal["hold", "convert"],
        Doc(
            "What happens to documents in another currency than the organisation's; `convert` turns"
            " them into that, at the rate that stands on each in Xero, for job costs and the"
            " reconciliation too."
        ),
    ] = "hold"
    cost_type: Annotated[
        str | None,
        Doc(
            "The cost type of lines whose code has several, where neither the item nor the account"
            " tells; null holds them."
        ),
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCostSettings:
    """What each project and code has cost in Xero, added up."""

    enabled: Annotated[bool, Doc("Whether the flow runs.")] = False
    write: Annotated[
        Literal["none", "erp"],
        Doc(
            "Where the figures go beside the ledger: `erp` sets them as ERP job costs in Procore,"
            " for companies in which Procore has activated ERP Integrations; it takes"
            " `job_costs.enabled: true`."
        ),
    ] = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchSettings:
    """A flow that is on or off."""

    enabled: Annotated[bool, Doc("Whether the flow runs.")] = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconcileSettings:
    """The proof that both systems agree, to the cent."""

    enabled: Annotated[bool, Doc("Whether the proof is made at the end of a night.")] = True
    tolerance: Annotated[
        Decimal,
        Doc(
            "An unexplained difference above this, in one project, commitment, vendor and cost"
            " code, is somebody's to do; `safety.fail_run_on: [unreconciled]` fails the task too."
        ),
    ] = Decimal("0.00")


@dataclass(frozen=True, slots=True, kw_only=True)
class TaxSettings:
    """How amounts and tax meet."""

    amounts: Annotated[
        Literal["exclusive", "inclusive", "no_tax"],
        Doc("What the amounts sent are; Xero calculates the tax."),
    ] = "exclusive"
    purchase_tax_type: Annotated[
        str | None, Doc("Xero tax type of lines; null takes each account's own.")
    ] = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalSettings:
    """Who says yes before something is written."""

    backend: Annotated[
        Literal["none", "airflow", "procore_erp"],
        Doc("Where one decides: `airflow` is the Queue on the page in Airflow."),
    ] = "none"
    entities: Annotated[
        tuple[
            Literal[
                "vendors",
                "cost_codes",
                "commitments",
                "commitment_change_orders",
                "subcontractor_invoices",
            ],
            ...,
        ],
        Doc("What needs a decision before it goes to Xero; for projects `projects.gate` says it."),
    ] = ("vendors", "commitments", "commitment_change_orders", "subcontractor_invoices")
    updates: Annotated[
        Literal["ask", "accept"],
        Doc("Whether a change of what was accepted and is in Xero needs a decision of its own."),
    ] = "ask"
    approvers: Annotated[
        tuple[str, ...],
        Doc(
            "Who may decide, beside having the right to run `procore_xero_export_accepted`: user"
            " names in Airflow, with the address of the daily summary, `ana <ana@example.com>`."
        ),
    ] = ()
    auto_accept: Annotated[
        tuple[str, ...],
        Doc(
            "Rules that accept by themselves: `vendors`, or `subcontractor_invoices: amount <="
            " 5000; vendor = Terra*; project = 24-*`; `any` stands for every kind of record."
        ),
    ] = ()
    four_eyes: Annotated[
        bool,
        Doc(
            "Nobody accepts what they created or submitted in Procore themselves, nor what Procore"
            " names nobody for."
        ),
    ] = False
    notify_on_reject: Annotated[
        tuple[str, ...],
        Doc(
            "Who hears of a rejection: `creator`, `submitter`, `approvers`, mail addresses. Where"
            " Procore names nobody, those of `notifications.to` do."
        ),
    ] = ("creator", "submitter")


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationSettings:
    """The mail after a run."""

    to: Annotated[tuple[str, ...], Doc("Who gets the mail after each run.")] = ()
    sender: Annotated[
        str | None, Doc("The sender (key `from`); null takes the SMTP connection's.")
    ] = None
    when: Annotated[Literal["always", "issues"], Doc("`issues`: only when somebody must act.")] = (
        "always"
    )
    digest_hour: Annotated[int, Doc("Hour of the daily summary, 0-23.")] = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class SafetySettings:
    """What a run may do at most."""

    max_writes: Annotated[int, Doc("A plan with more writes is not applied.", True)] = 2000
    max_change_percent: Annotated[
        int, Doc("A plan that updates or removes more than this share of the links is not applied.")
    ] = 30
    max_missing_percent: Annotated[
        int,
        Doc(
            "A list that has lost more than this share of its records since it was last read"
            " whole stops the run, and so does one that is empty all of a sudden; 100 lets both"
            " pass.",
            True,
        ),
    ] = 50
    day_reserve: Annotated[
        int,
        Doc(
            "Of the calls that Xero allows in a day, scheduled runs leave this many to runs that a"
            " person starts.",
            True,
        ),
    ] = 100
    fail_run_on: Annotated[
        tuple[Literal["never", "held", "refused", "in_doubt", "unreconciled"], ...],
        Doc("Outcomes that turn the task red once everything is saved.", True),
    ] = ("never",)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings of one Procore company and its Xero organisation."""

    profile: Profile = "hybrid"
    projects: ProjectSettings = field(default_factory=ProjectSettings)
    vendors: VendorSettings = field(default_factory=VendorSettings)
    cost_codes: CostCodeSettings = field(default_factory=CostCodeSettings)
    accounts: AccountSettings = field(default_factory=AccountSettings)
    commitments: CommitmentSettings = field(default_factory=CommitmentSettings)
    bills: BillSettings = field(default_factory=BillSettings)
    payments: PaymentSettings = field(default_factory=PaymentSettings)
    direct_costs: DirectCostSettings = field(default_factory=DirectCostSettings)
    job_costs: JobCostSettings = field(default_factory=JobCostSettings)
    journals: SwitchSettings = field(default_factory=SwitchSettings)
    reconcile: ReconcileSettings = field(default_factory=ReconcileSettings)
    tax: TaxSettings = field(default_factory=TaxSettings)
    approval: ApprovalSettings = field(default_factory=ApprovalSettings)
    notifications: NotificationSettings = field(default_factory=NotificationSettings)
    safety: SafetySettings = field(default_factory=SafetySettings)
