"""Bill payments → commitment payments issued."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import ApiError
from airflow_provider_procore_xero.operators.base import A_PAGE, SyncOperator
from airflow_provider_procore_xero.operators.inactive import say_farewell, stopped_projects
from airflow_provider_procore_xero.operators.projects import projects_numbered
from airflow_provider_procore_xero.sync.apply import in_batches
from airflow_provider_procore_xero.sync.entities.bill_payments import (
    ENTITY,
    EXCEEDS,
    LIKELY_THERE,
    BillPayment,
    PaymentsAround,
    content,
    payments_of,
    touched,
)
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.money import ZERO, money
from airflow_provider_procore_xero.sync.plan import Change, Create, Hold, Reason, Remove, Update
from airflow_provider_procore_xero.sync.results import Absent, Refused, Saved, Unclear

if TYPE_CHECKING:
    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.plan import Stored
    from airflow_provider_procore_xero.sync.results import Doubt, Found, Result
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
        stopped = stopped_projects(work)
        if not work.asked.one:
            say_farewell(work, stopped)
        return PaymentsAround(
            settings=work.settings,
            links=work.load_links(),
            pages=work.pages(),
            one=work.asked.one,
            inactive=stopped,
        )

    def read(self, work: Work, around: PaymentsAround) -> Iterator[dict[str, Any]]:
        chosen = self._chosen_projects(work)
        known = _known_by_bill(work)
        waiting = _waiting_by_bill(work)
        for bill in self._bills(work, around):
            claim = around.links.find("subcontractor_invoice", "xero", bill["InvoiceID"])
            if claim is None or (chosen and str(claim.data.get("project_id")) not in chosen):
                continue
            if bill["Status"] not in _DEAD or known[bill["InvoiceID"]]:
                for raw in _payments(work, around, bill, known[bill["InvoiceID"]]):
                    waiting[bill["InvoiceID"]].discard(raw["id"])
                    yield raw
            _wait_no_more(work, waiting[bill["InvoiceID"]])

    def again(
        self, work: Work, around: PaymentsAround, raws: Sequence[dict[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        wanted = {raw["id"] for raw in raws}
        known = _known_by_bill(work)
        for bill in work.xero.bills(ids=sorted({raw["bill_id"] for raw in raws})):
            for raw in _payments(work, around, bill, known[bill["InvoiceID"]]):
                if raw["id"] in wanted:
                    yield raw

    def complete(self, work: Work, around: PaymentsAround, records: Sequence[BillPayment]) -> None:
        """Where the ledger can't know what is there, see what the commitments list already.

        That is where it knows of no run before, and where somebody seems to have been faster.
        """
        whole = work.asked.full or work.ledger.watermark(BILLS) is None
        issues = work.ledger.issues(ENTITY.name)
        doubtful = {issue.source_id for issue in issues if issue.code == LIKELY_THERE}
        commitments = set()
        for payment in records:
            claim = around.claim(payment)
            known = around.links.find(ENTITY.kind, "xero", payment.id)
            looked_for = whole or payment.id in doubtful
            if looked_for and claim is not None and known is None and not claim.planned:
                commitments.add((claim.data["project_id"], claim.data["commitment_id"]))
        for project_id, commitment_id in sorted(commitments):
            by_hand = around.by_hand[str(commitment_id)] = []
            for issued in work.procore.contract_payments(project_id, commitment_id):
                if issued.get("origin_id"):
                    around.issued[issued["origin_id"]] = issued
                else:
                    by_hand.append(issued)

    def recheck(self, work: Work, around: PaymentsAround, changes: list[Change]) -> list[Change]:
        """Look at the payments issued that would change: what others did to them is not undone."""
        lists: dict[tuple[int, int], dict[str, dict[str, Any]]] = {}
        checked = [
            _checked(work, around, change, lists) if isinstance(change, Update | Remove) else change
            for change in changes
        ]
        for change, now in zip(changes, checked, strict=True):
            if isinstance(change, Remove) and isinstance(now, Hold):
                _keeps(around, change)
        return [_if_it_fits(around, change) for change in checked]

    def save(
        self, work: Work, around: PaymentsAround, batch: Sequence[Stored], key: str
    ) -> Iterator[Result]:
        for stored in batch:
            change = stored.change
            assert isinstance(change, Create | Update | Remove)
            held = _if_it_fits(around, change)
            yield _refused(held) if isinstance(held, Hold) else _result(work, around, change)

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
        since = None if one else work.since(BILLS)
        changed = work.counted(BILLS, work.xero.bills(modified_since=since))
        for page in in_batches(changed, A_PAGE):
            ours = _ours(work, [bill["InvoiceID"] for bill in page])
            seen |= ours
            yield from (bill for bill in page if bill["InvoiceID"] in ours)
        since = None if one else work.since(PAYMENTS)
        payments = work.counted(PAYMENTS, work.xero.payments(modified_since=since))
        paid = {payment["Invoice"]["InvoiceID"] for payment in payments} - seen
        if missing := _ours(work, sorted(paid)):
            yield from work.xero.bills(ids=sorted(missing))


_DEAD = ("VOIDED", "DELETED")


def _payments(
    work: Work, around: PaymentsAround, bill: Mapping[str, Any], known: Sequence[Link]
) -> Iterator[dict[str, Any]]:
    """Yield the payments of one bill, in the amounts that Procore shall have."""
    claim = around.links.need("subcontractor_invoice", "xero", bill["InvoiceID"])
    yield from payments_of(bill, known, claim, work.settings)


def _waiting_by_bill(work: Work) -> dict[str, set[str]]:
    """Return the ids of payments that were held and of credits that were explained, by bill."""
    in_doubt = {doubt.source_id for doubt in work.ledger.doubts(ENTITY.name)}
    waiting: dict[str, set[str]] = defaultdict(set)
    for payment_id, raw in work.ledger.shelf(ENTITY.name):
        if payment_id not in in_doubt:
            waiting[raw["bill_id"]].add(payment_id)
    return waiting


def _wait_no_more(work: Work, payment_ids: set[str]) -> None:
    """Close what was said of payments and credits that are no longer on their bill."""
    if payment_ids and not work.planning_only:
        work.ledger.unshelve(ENTITY.name, payment_ids)
        work.ledger.settle_issues(work.run, ENTITY.name, (), judged=payment_ids)


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


def _keeps(around: PaymentsAround, change: Remove) -> None:
    """Take note that Procore still has a payment that was to be taken away."""
    bill_id = str(change.data["bill_id"])
    there = around.kept.get(bill_id, ZERO)
    around.kept[bill_id] = there + money(change.data["amount"])


def _if_it_fits(around: PaymentsAround, change: Change) -> Change:
    """Return *change*, or why a new payment waits: its claim has no room while others stand."""
    if not isinstance(change, Create):
        return change
    payment = BillPayment.from_xero(change.about.raw)
    if around.fits(payment):
        return change
    return Hold(about=change.about, reasons=(EXCEEDS.reason(payment, around),))


def _checked(
    work: Work,
    around: PaymentsAround,
    change: Update | Remove,
    lists: dict[tuple[int, int], dict[str, dict[str, Any]]],
) -> Change:
    """Return *change*, or why the payment issued is left as it is; a commitment is listed once."""
    data = change.data if isinstance(change, Remove) else change.desired.data
    place = (data["project_id"], data["commitment_id"])
    if place not in lists:
        listed = work.procore.contract_payments(*place)
        lists[place] = {str(record["id"]): record for record in listed}
    record = lists[place].get(change.target_id)
    link = around.links.find(ENTITY.kind, "xero", change.about.source_id)
    reason = None
    if record is None and isinstance(change, Update):
        reason = Reason(
            code="PAYMENT_GONE",
            sentence=f"Procore lists payment {change.target_id} no longer.",
            fix="Unlink the payment to have it sent anew.",
        )
    elif record is not None and link is not None:
        wanted = None if isinstance(change, Remove) else change.desired.payload
        reason = touched(record, link, wanted)
    if reason is None:
        return change
    return Hold(
        about=change.about,
        reasons=(reason,),
        target_id=change.target_id,
        target_url=change.target_url,
    )


def _result(work: Work, around: PaymentsAround, change: Create | Update | Remove) -> Result:
    """Write one, and return what came of it."""
    try:
        return _write(work, change)
    except ApiError as error:
        if type(error) is not ApiError:
            raise
        if done := _done_before(work, change):
            return done
        if isinstance(change, Remove):
            _keeps(around, change)
        return Refused(
            source_id=change.about.source_id,
            errors=error.details or (str(error),),
            fix=_fix(change),
        )


def _refused(hold: Hold) -> Refused:
    (reason,) = hold.reasons
    return Refused(source_id=hold.about.source_id, errors=(reason.sentence,), fix=reason.fix)


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
    held = fingerprint(content(record))
    return Saved(source_id=source_id, target_id=str(record["id"]), held=held)


def _fix(change: Create | Update | Remove) -> str:
    if isinstance(change, Create):
        return "Mend what Procore names; the next run sends the payment again."
    said = "was deleted" if isinstance(change, Remove) else "was changed"
    return (
        f"The payment {said} in Xero, and Procore keeps payment {change.target_id} locked."
        " Correct it on the commitment's Payments Issued tab by hand."
    )
