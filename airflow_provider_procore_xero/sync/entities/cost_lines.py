"""A line of a document of Xero's becomes a line of a direct cost.

Its amount is stated, since what Procore would multiply may differ by a cent; quantity and unit cost
come over where they make it. A line in another currency says in its text what it is in Xero.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from airflow_provider_procore_xero.sync.currency import Exchange
from airflow_provider_procore_xero.sync.entities.cost_slices import CostsAround, Slice
from airflow_provider_procore_xero.sync.entities.transactions import TransactionLine
from airflow_provider_procore_xero.sync.entity import MapRow
from airflow_provider_procore_xero.sync.money import ZERO
from airflow_provider_procore_xero.sync.quantities import by_unit
from airflow_provider_procore_xero.sync.text import cut

DESCRIPTION_LENGTH = 4000


def to_line(line: TransactionLine, piece: Slice, around: CostsAround) -> dict[str, Any]:
    """Return one line, whose amount is stated: what Procore would multiply may differ by a cent."""
    quantity, unit_cost, text = _units(line, piece.transaction.exchange)
    return {
        "wbs_code_id": around.coding.budget_code(line, around.budgets[piece.project_id]),
        "description": text,
        "quantity": f"{quantity.normalize():f}",
        "unit_cost": f"{unit_cost.normalize():f}",
        "amount": str(line.net),
    }


def _units(line: TransactionLine, exchange: Exchange | None) -> tuple[Decimal, Decimal, str]:
    """Return quantity, unit cost and text; of a converted line, with what it is in Xero."""
    price = line.unit_amount
    if (line.quantity * price < ZERO) != (line.net < ZERO):
        price = -price  # a credit note's
    if exchange is None:
        quantity, unit_cost, text = by_unit(line.description, line.net, line.quantity, price)
        return quantity, unit_cost, cut(text, DESCRIPTION_LENGTH)
    quantity, unit_cost, _ = by_unit("", line.net, line.quantity, exchange.converted(price))
    lot = line.quantity and price and quantity != line.quantity
    units = f"{line.quantity.normalize():f} at {price.normalize():f}, " if lot else ""
    said = f" ({units}{exchange.said(line.original)})"
    text = f"{cut(line.description, DESCRIPTION_LENGTH - len(said))}{said}"
    return quantity, unit_cost, text.strip()


LINE_MAPPING = (
    MapRow(
        r="R97",
        source="Line: tracking option, item or account",
        target="Line `wbs_code_id`",
        rule="the project's budget code of the cost code that the option or item stands for; what"
        " is unknown takes `cost_codes.fallback_code` or is held. The cost type is the item's, or"
        " the only one of the code, else the one that `accounts.by_cost_type` posts to the line's"
        " account, else `direct_costs.cost_type`",
    ),
    MapRow(r="R97", source="Line `Description`", target="Line `description`"),
    MapRow(
        r="R97",
        source="Line `LineAmount`, without its `TaxAmount` where it is tax-inclusive",
        target="Line `amount`",
        rule="as Xero states it, to the cent",
    ),
)

CURRENCY_MAPPING = MapRow(
    source="`CurrencyCode`, `CurrencyRate`",
    target="Line `amount`, `unit_cost`, `description`",
    rule="`direct_costs.currency`: another currency than the organisation's is held, or"
    " each line is divided by the document's rate, to the cent, and its text says"
    " `(USD 1,250.00 at 0.61)`",
)
