"""Bills, spend money and supplier credit notes → direct costs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.operators.cost_slices import CostSlices, Document, read_each
from airflow_provider_procore_xero.sync.entities.cost_slices import (
    CostsAround,
    Slice,
    open_contracts,
)
from airflow_provider_procore_xero.sync.entities.direct_costs import ENTITY, contracted
from airflow_provider_procore_xero.sync.plan import Reason
from airflow_provider_procore_xero.sync.report import Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.links import Link

BILLS, SPENT, CREDITED = "cost bills", "spend money", "cost credit notes"
LISTS = {"bill": BILLS, "spend_money": SPENT, "credit_note": CREDITED}
DOUBLE = "POSSIBLE_DOUBLE_COUNT"


class BillsToDirectCostsOperator(CostSlices):
    """Bring bills, spend money and, if wanted, supplier credit notes to Procore as direct costs.

    :param project_number: only what is on this project.
    """

    entity = ENTITY
    first_stream = BILLS

    def around(self, work: Work) -> CostsAround:
        around = super().around(work)
        issues = work.ledger.issues(ENTITY.name)
        around.doubled = frozenset(each.source_id for each in issues if each.code == DOUBLE)
        return around

    def documents(self, work: Work) -> Iterator[Document]:
        wanted, one = work.settings.direct_costs, work.asked.one
        since = None if one else work.since(BILLS)
        for bill in work.counted(BILLS, work.xero.bills(modified_since=since)):
            yield "bill", bill
        if wanted.spend_money:
            since = None if one else work.since(SPENT)
            for spent in work.counted(SPENT, work.xero.spend_money(modified_since=since)):
                yield "spend_money", spent
        if wanted.credit_notes == "include":
            since = None if one else work.since(CREDITED)
            for note in work.counted(CREDITED, work.xero.credit_notes(modified_since=since)):
                yield "credit_note", note

    def list_of(self, raw: Mapping[str, Any]) -> str:
        return LISTS.get(str(raw.get("kind")), "")

    def complete(self, work: Work, around: CostsAround, records: Sequence[Slice]) -> None:
        super().complete(work, around, records)
        if work.settings.direct_costs.include == "uncontracted_only":
            billed = {p.project_id for p in records if not p.gone and p.typed == "invoice"}
            self._read_contracts(work, around, billed)

    def finish(self, work: Work, around: CostsAround) -> None:
        """Let go of what is billed on a contract, and flag what a contract came after.

        The former is judged again when its bill changes, or everything is read: never from the
        shelf, which years of claims would fill.
        """
        shelf = list(work.ledger.shelf(ENTITY.name))
        claims = [
            shelved
            for shelved, raw in shelf
            if raw["project_id"] in around.contracts
            and contracted(Slice.from_xero(raw, around), around)
        ]
        work.ledger.unshelve(ENTITY.name, claims)
        if work.settings.direct_costs.include == "uncontracted_only":
            self._flag_doubles(work, around, {shelved for shelved, _ in shelf})

    def _read_contracts(self, work: Work, around: CostsAround, projects: set[str]) -> None:
        new = projects - around.contracts.keys() - around.hidden
        for project, rows in read_each(work, around, new, work.procore.commitments):
            around.contracts[project] = open_contracts(rows)

    def _flag_doubles(self, work: Work, around: CostsAround, shelved: set[str]) -> None:
        """Keep an issue open for each invoice whose vendor has a contract on the project by now.

        Contracts are read of the projects that this run had to do with, of those with such an
        issue, and in a full run of all that have direct costs.
        """
        links = [
            link
            for link in work.ledger.links(ENTITY.kind)
            if link.state == "active" and link.data.get("transaction_kind") == "bill"
        ]
        again = [link for link in links if work.asked.full or link.xero_id in around.doubled]
        self._read_contracts(work, around, {str(link.data["project_id"]) for link in again})
        doubles, judged = [], []
        for link in links:
            vendors = around.contracts.get(str(link.data["project_id"]))
            if vendors is None or link.xero_id in shelved:
                continue
            judged.append(link.xero_id)
            if numbers := vendors.get(str(link.data.get("vendor_id"))):
                doubles.append(_double(link, numbers, around))
        work.ledger.add_outcomes(work.run, doubles)
        work.ledger.settle_issues(work.run, ENTITY.name, doubles, judged=judged)


def _double(link: Link, numbers: Sequence[str], around: CostsAround) -> Outcome:
    data: Mapping[str, Any] = link.data
    return Outcome(
        entity=ENTITY.name,
        what="drifted",
        source_id=link.xero_id,
        title=link.xero_name,
        target_id=link.procore_id,
        procore_url=around.pages.direct_costs(data["project_id"]),
        xero_url=around.pages.bill(data["transaction_id"]),
        reasons=(
            Reason(
                code="POSSIBLE_DOUBLE_COUNT",
                sentence=f"{link.xero_name} came over as a direct cost, and its vendor has the"
                f" commitment {', '.join(numbers)} on the project by now.",
                fix="If the bill is claimed on the commitment too, delete the direct cost in"
                " Procore and unlink it; if not, nothing is counted twice.",
            ),
        ),
    )
