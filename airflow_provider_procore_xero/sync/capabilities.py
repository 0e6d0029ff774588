"""What moves between Procore and Xero, which way, and by which rules: the page of mappings.

Rows of fields are the entities' own; what is said of a whole flow stands here. The numbers are
those that tests have in their names.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from airflow_provider_procore_xero.sync.entities import (
    bill_payments,
    commitment_change_orders,
    commitments,
    contacts,
    cost_codes,
    direct_costs,
    items,
    job_costs,
    journal_entries,
    projects,
    subcontractor_invoices,
    vendors,
)
from airflow_provider_procore_xero.sync.entity import Entity
from airflow_provider_procore_xero.sync.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What is said of a whole flow. *held* is the code of records that it keeps back."""

    r: str
    says: str
    setting: str = ""
    held: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """One kind of record of each system, and the flow between them.

    :param on: whether the settings want the flow at all.
    """

    procore: str
    xero: str
    entity: Entity
    on: Callable[[Settings], bool]
    switch: str = ""
    rules: tuple[Rule, ...] = ()

    @property
    def to_xero(self) -> bool:
        return self.entity.target == "xero"


CAPABILITIES = (
    Capability(
        procore="Project",
        xero="Tracking option",
        entity=projects.ENTITY,
        on=lambda s: True,
        rules=(
            Rule(
                r="R66",
                says="Made by the flow itself, in the category that the settings name.",
                setting="projects.tracking_category",
            ),
        ),
    ),
    Capability(
        procore="Company",
        xero="Contact",
        entity=contacts.ENTITY,
        on=lambda s: s.vendors.direction in ("procore_to_xero", "both"),
        switch="vendors.direction",
        rules=(
            Rule(
                r="R67",
                says="A company without a contact makes one; a contact of the same name is linked.",
                setting="vendors.direction",
            ),
        ),
    ),
    Capability(
        procore="Company",
        xero="Contact",
        entity=vendors.ENTITY,
        on=lambda s: s.vendors.direction in ("xero_to_procore", "both"),
        switch="vendors.direction",
    ),
    Capability(
        procore="Cost code and cost type (WBS code)",
        xero="Item",
        entity=items.ENTITY,
        on=lambda s: s.cost_codes.target == "item",
        switch="cost_codes.target",
        rules=(
            Rule(
                r="R64",
                says="Only codes of one list go; those of others are counted in the report.",
                setting="cost_codes.list",
            ),
        ),
    ),
    Capability(
        procore="Cost code",
        xero="Tracking option",
        entity=cost_codes.ENTITY,
        on=lambda s: s.cost_codes.target == "tracking_option",
        switch="cost_codes.target",
    ),
    Capability(
        procore="Commitment: subcontract or purchase order",
        xero="Purchase order",
        entity=commitments.ENTITY,
        on=lambda s: s.commitments.enabled,
        switch="commitments.enabled",
        rules=(
            Rule(
                r="R71",
                says="Both kinds become purchase orders, one each; nothing comes back.",
                setting="commitments.enabled",
            ),
            Rule(
                r="R59",
                says="A line that is coded to a custom segment holds its document.",
                held="CUSTOM_SEGMENT",
            ),
        ),
    ),
    Capability(
        procore="Commitment change order",
        xero="Lines of the same purchase order",
        entity=commitment_change_orders.ENTITY,
        on=lambda s: s.commitments.enabled,
        switch="commitments.enabled",
        rules=(
            Rule(
                r="R81",
                says="New lines below the old ones, which keep their ids and what they say.",
            ),
        ),
    ),
    Capability(
        procore="Subcontractor invoice (progress claim)",
        xero="Bill",
        entity=subcontractor_invoices.ENTITY,
        on=lambda s: True,
        rules=(
            Rule(
                r="R59",
                says="A line that is coded to a custom segment holds its document.",
                held="CUSTOM_SEGMENT",
            ),
            Rule(
                r="R60",
                says="A claim below zero stays in Procore, or becomes a supplier credit note.",
                setting="bills.negative",
                held="NEGATIVE_INVOICE",
            ),
            Rule(
                r="R102",
                says="A line bills what was done in the period, and the whole scheduled value only"
                " where the contract has one claim.",
                setting="bills.amount_source",
                held="SCHEDULED_VALUE_ONCE",
            ),
        ),
    ),
    Capability(
        procore="Commitment payment issued",
        xero="Bill payment",
        entity=bill_payments.ENTITY,
        on=lambda s: s.payments.enabled,
        switch="payments.enabled",
        rules=(
            Rule(r="R61", says="Without tax.", setting="payments.amount"),
            Rule(r="R105", says="Of our own bills only; no payment is written to Xero."),
            Rule(
                r="R108",
                says="Invoice, payment number, payment method and check number have no source in"
                " Xero: they are neither set nor overwritten.",
            ),
        ),
    ),
    Capability(
        procore="Direct cost",
        xero="Bill, spend money",
        entity=direct_costs.ENTITY,
        on=lambda s: True,
        switch="direct_costs.include",
        rules=(
            Rule(
                r="R88",
                says="One for each project that a document names; nothing is written to Xero.",
                setting="direct_costs.include",
            ),
        ),
    ),
    Capability(
        procore="Job costs of the budget",
        xero="Bills and spend money",
        entity=job_costs.ENTITY,
        on=lambda s: s.job_costs.enabled,
        switch="job_costs.enabled",
        rules=(
            Rule(
                r="R84",
                says="Three figures for each project and code; nothing is written to Xero.",
                setting="job_costs.enabled",
            ),
        ),
    ),
    Capability(
        procore="Direct cost",
        xero="Manual journal",
        entity=journal_entries.ENTITY,
        on=lambda s: s.journals.enabled,
        switch="journals.enabled",
    ),
)
