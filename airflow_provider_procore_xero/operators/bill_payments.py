"""Bill payments → commitment payments issued."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import ApiError
from airflow_provider_procore_xero.operators.base import A_PAGE, SyncOperator
from airflow_provider_procore_xero.operators.projects import projects_numbered, projects_of
from airflow_provider_procore_xero.sync.apply import Absent, Refused, Saved, Unclear, in_batches
from airflow_provider_procore_xero.sync.dates import parse_date
from airflow_provider_procore_xero.sync.entities.bill_payments import (
    ENTITY,
    BillPayment,
    PaymentsAround,
    payments_of,
)
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.money import money
from airflow_provider_procore_xero.sync.plan import Create, Remove, Update

if TYPE_CHECKING:
    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.apply import Doubt, Found, Result
    from airflow_provider_procore_xero.sync.plan import Stored
    from airflow_provider_procore_xero.sync.settings import Settings

BILLS, PAYMENTS = "bills paid", "payments"


class BillPaymentsToCommitmentPaymentsOperator(SyncOperator):
    """Bring payments of our bills to Procore, as payments issued on their commitments.

    :param project_number: only payments of this project.
    """

    template_fields = (*SyncOperator.template_fields, "project_number")
    entity = ENTITY
    selects = ("project_number",)

    def __init__(self, *, project_number: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.project_number = project_number

    def switched_off(self, settings: Settings) -> str:
        return "" if settings.payments.enabled else "Payments are switched off: payments.enabled."

    def around(self, work: Work) -> PaymentsAround:
        _ours(work, [raw["bill_id"] for _, raw in work.ledger.shelf(ENTITY.name)])
        return PaymentsAround(
            settings=work.settings,
            links=work.load_links(),
            pages=work.pages(),
            one=work.asked.one,
            inactive=frozenset(str(p["id"]) for p in projects_of(work) if not p["active"]),
        )

    def read(self, work: Work, around: PaymentsAround) -> Iterator[dict[str, Any]]:
        chosen = self._chosen_projects(work)
        known = _known_by_bill(work)
        gross = work.settings.payments.amount == "gross"
        for bill in self._bills(work, around):
            claim = around.links.find("subcontractor_invoice", "xero", bill["InvoiceID"])
            if claim is None or (chosen and str(claim.data.get("project_id")) not in chosen):
                continue
            if bill["Status"] not in _DEAD or known[bill["InvoiceID"]]:
                yield from payments_of(bill, known[bill["InvoiceID"]], gross=gross)

    def again(
        self, work: Work, around: PaymentsAround, raws: Sequence[dict[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        wanted = {raw["id"] for raw in raws}
        known = _known_by_bill(work)
        gross = work.settings.payments.amount == "gross"
        for bill in work.xero.bills(ids=sorted({raw["bill_id"] for raw in raws})):
            for raw in payments_of(bill, known[bill["InvoiceID"]], gross=gross):
                if raw["id"] in wanted:
                    yield raw

    def complete(self, work: Work, around: PaymentsAround, records: Sequence[BillPayment]) -> None:
        """Where the ledger can't know what it wrote, see what the commitments list already."""
        if not (work.asked.full or work.ledger.watermark(BILLS) is None):
            return
        commitments = set()
        for payment in records:
            claim = around.claim(payment)
            known = around.links.find(ENTITY.kind, "xero", payment.id)
            if claim is not None and known is None and not claim.planned:
                commitments.add((claim.data["project_id"], claim.data["commitment_id"]))
        for project_id, commitment_id in sorted(commitments):
            for issued in work.procore.contract_payments(project_id, commitment_id):
                if issued.get("origin_id"):
                    around.issued[issued["origin_id"]] = issued

    def save(
        self, work: Work, around: PaymentsAround, batch: Sequence[Stored], key: str
    ) -> Iterator[Result]:
        for stored in batch:
            change = stored.change
            assert isinstance(change, Create | Update | Remove)
            source_id = change.about.source_id
            try:
                yield _write(work, change)
            except ApiError as error:
                if type(error) is not ApiError:
                    raise
                yield _done_before(work, change) or Refused(
                    source_id=source_id,
                    errors=error.details or (str(error),),
                    fix=_fix(change),
                )

    def find(self, work: Work, around: PaymentsAround, doubts: Sequence[Doubt]) -> Iterator[Found]:
        lists: dict[tuple[int, int], list[dict[str, Any]]] = {}
        for doubt in doubts:
            change = doubt.stored.change
            assert isinstance(change, Create)
            place = (change.desired.data["project_id"], change.desired.data["commitment_id"])
            if place not in lists:
                lists[place] = list(work.procore.contract_payments(*place))
            source_id = change.about.source_id
            same = [p for p in lists[place] if p.get("origin_id") == source_id]
            if not same:
                yield Absent(source_id=source_id)
            elif len(same) > 1:
                ids = ", ".join(str(payment["id"]) for payment in same)
                why = f"Procore lists it {len(same)} times: {ids}."
                yield Unclear(source_id=source_id, why=why)
            else:
                yield _saved(source_id, same[0])

    def _chosen_projects(self, work: Work) -> set[str]:
        number = work.asked.project_number
        return {str(p["id"]) for p in projects_numbered(work, number)} if number else set()

    def _bills(self, work: Work, around: PaymentsAround) -> Iterator[dict[str, Any]]:
        """Yield each bill of ours that changed, or that a changed payment belongs to, once.

        A payment should bump its bill; that it always does is written nowhere, so both are read.
        """
        seen: set[str] = set()
        one = work.asked.one
        changed = work.xero.bills(modified_since=None if one else work.since(BILLS))
        for page in in_batches(changed, A_PAGE):
            ours = _ours(work, [bill["InvoiceID"] for bill in page])
            seen |= ours
            yield from (bill for bill in page if bill["InvoiceID"] in ours)
        payments = work.xero.payments(modified_since=None if one else work.since(PAYMENTS))
        paid = {payment["Invoice"]["InvoiceID"] for payment in payments} - seen
        if missing := _ours(work, sorted(paid)):
            yield from work.xero.bills(ids=sorted(missing))


_DEAD = ("VOIDED", "DELETED")


def _known_by_bill(work: Work) -> dict[str, list[Link]]:
    """Return the links of payments by the bill that they were made on."""
    known: dict[str, list[Link]] = defaultdict(list)
    for link in work.ledger.links(ENTITY.kind):
        known[str(link.data.get("bill_id"))].append(link)
    return known


def _ours(work: Work, bill_ids: Sequence[str]) -> set[str]:
    """Return which of these bills are claims of ours, and have their links at hand."""
    links = work.ledger.links("subcontractor_invoice", xero_ids=bill_ids)
    work.links.add(links)
    return {link.xero_id for link in links}


def _write(work: Work, change: Create | Update | Remove) -> Result:
    source_id = change.about.source_id
    data = change.data if isinstance(change, Remove) else change.desired.data
    place = (data["project_id"], data["commitment_id"])
    if isinstance(change, Create):
        record = work.procore.create_contract_payment(*place, dict(change.desired.payload))
        return _saved(source_id, record)
    payment_id = int(change.target_id)
    work.procore.update_contract_payment(payment_id, *place, {"origin_id": None})  # unlocks it
    if isinstance(change, Remove):
        work.procore.delete_contract_payment(payment_id, *place)
        return Saved(source_id=source_id, target_id=change.target_id)
    record = work.procore.update_contract_payment(payment_id, *place, dict(change.desired.payload))
    return _saved(source_id, record)


def _done_before(work: Work, change: Create | Update | Remove) -> Saved | None:
    """Return what Procore holds where it said no because the same was written before.

    A run that was killed, or a ledger older than the last run, asks for what is there already.
    """
    if isinstance(change, Update):
        return None
    source_id = change.about.source_id
    data = change.data if isinstance(change, Remove) else change.desired.data
    listed = list(work.procore.contract_payments(data["project_id"], data["commitment_id"]))
    if isinstance(change, Remove):
        gone = all(str(record["id"]) != change.target_id for record in listed)
        return Saved(source_id=source_id, target_id=change.target_id) if gone else None
    for record in listed:
        same = record.get("origin_id") == source_id
        if same and money(record["amount"]) == money(change.desired.payload["amount"]):
            return _saved(source_id, record)
    return None


def _saved(source_id: str, record: Mapping[str, Any]) -> Saved:
    held = {
        "amount": str(money(record["amount"])),
        "date": str(parse_date(record["date"])),
        "invoice_number": record.get("invoice_number") or "",
        "notes": record.get("notes") or "",
    }
    return Saved(source_id=source_id, target_id=str(record["id"]), held=fingerprint(held))


def _fix(change: Create | Update | Remove) -> str:
    if isinstance(change, Create):
        return "Mend what Procore names; the next run sends the payment again."
    said = "was deleted" if isinstance(change, Remove) else "was changed"
    return (
        f"The payment {said} in Xero, and Procore keeps payment {change.target_id} locked."
        " Correct it on the commitment's Payments Issued tab by hand."
    )
