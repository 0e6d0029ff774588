"""Vendors → contacts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import UnknownRecord
from airflow_provider_procore_xero.operators.base import SyncOperator
from airflow_provider_procore_xero.operators.contacts import errors_of, vendors_of
from airflow_provider_procore_xero.sync.apply import in_batches
from airflow_provider_procore_xero.sync.entities.contact_fields import Contact
from airflow_provider_procore_xero.sync.entities.contacts import ENTITY, settled, taken_over
from airflow_provider_procore_xero.sync.entities.directory import VendorsAround
from airflow_provider_procore_xero.sync.entities.vendor_fields import Vendor
from airflow_provider_procore_xero.sync.links import Link
from airflow_provider_procore_xero.sync.plan import Change, Create, Reason, Update
from airflow_provider_procore_xero.sync.report import Outcome
from airflow_provider_procore_xero.sync.results import Absent, Refused, Saved

if TYPE_CHECKING:
    from airflow_provider_procore_xero.apis.elements import Element
    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.plan import Stored
    from airflow_provider_procore_xero.sync.results import Doubt, Found, Result
    from airflow_provider_procore_xero.sync.settings import Settings

CONTACTS = "all contacts"
SYNC_ROWS = 1000
"""Vendors that one sync action takes."""


class VendorsToContactsOperator(SyncOperator):
    """Send the active vendors of the company directory to Xero, as contacts.

    Both lists are read whole each run: a new vendor's name is compared with every contact's, and an
    edit in Xero stays to be seen for as long as it stands.

    :param vendor_id: the id of one vendor.
    """

    template_fields = (*SyncOperator.template_fields, "vendor_id")
    entity = ENTITY
    selects = ("vendor_id",)
    shelves = False
    lengthens = CONTACTS

    def __init__(self, *, vendor_id: str | int | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.vendor_id = vendor_id

    def switched_off(self, settings: Settings) -> str:
        direction = settings.vendors.direction
        if direction in ("procore_to_xero", "both"):
            return ""
        return f"Vendors do not go to Xero: vendors.direction is {direction!r}."

    def around(self, work: Work) -> VendorsAround:
        vendors = [Vendor.from_procore(raw) for raw in vendors_of(work)]
        listed = work.counted(CONTACTS, work.xero.contacts())
        contacts = [Contact.from_xero(raw) for raw in listed]
        around = VendorsAround(
            settings=work.settings,
            links=work.load_links(ENTITY.kind),
            pages=work.pages(),
            one=work.asked.one,
            vendors={vendor.id: vendor for vendor in vendors},
            contacts={contact.id: contact for contact in contacts},
        )
        around.held_now = {c.id: "" if around.contested(c) else c.content for c in contacts}
        if not work.planning_only:
            _take_over(work, around)
        return around

    def read(self, work: Work, around: VendorsAround) -> Iterator[dict[str, Any]]:
        raws = {str(raw["id"]): raw for raw in vendors_of(work)}
        if wanted := work.asked.vendor_id:
            if wanted not in raws:
                raise UnknownRecord(
                    f"Procore has no vendor with the id {wanted!r}. It stands at the end of the"
                    " vendor's address in Procore; the company's own entry is none."
                )
            yield _record(raws[wanted], around)
            return
        for vendor_id, raw in raws.items():
            if around.concerns(around.vendors[vendor_id]):
                yield _record(raw, around)
        for link in list(work.links.of(ENTITY.kind)):
            if link.procore_id not in raws and _was_ours(link):
                yield {
                    "id": link.procore_id,
                    "name": link.procore_name,
                    "is_active": False,
                    "origin_id": None,
                    "gone": True,
                }

    def recheck(self, work: Work, around: VendorsAround, changes: list[Change]) -> list[Change]:
        return [settled(change, around) for change in changes]

    def save(
        self, work: Work, around: VendorsAround, batch: Sequence[Stored], key: str
    ) -> Iterator[Result]:
        """Write the contacts' part of one batch; the vendors' part follows when all stand."""
        bodies: dict[str, dict[str, Any]] = {}
        creating = isinstance(batch[0].change, Create)
        for stored in batch:
            change = stored.change
            assert isinstance(change, Create | Update)
            part = change.desired.payload.get("contact")
            if part is None:
                assert isinstance(change, Update)
                yield _saved(change.about.source_id, around.contacts[change.target_id])
            else:
                target = {"ContactID": change.target_id} if isinstance(change, Update) else {}
                bodies[change.about.source_id] = {**part, **target}
        if bodies:
            write = work.xero.create_contacts if creating else work.xero.update_contacts
            elements = write(list(bodies.values()), key)
            for source_id, element in zip(bodies, elements, strict=True):
                yield _result(source_id, element)

    def find(self, work: Work, around: VendorsAround, doubts: Sequence[Doubt]) -> Iterator[Found]:
        """Look by our number; a contact of the same name without it was not made by us."""
        for doubt in doubts:
            change = doubt.stored.change
            assert isinstance(change, Create)
            number = change.desired.payload["contact"]["ContactNumber"]
            contact = around.numbered(number)
            source_id = change.about.source_id
            yield Absent(source_id=source_id) if contact is None else _saved(source_id, contact)

    def _sync(self, work: Work, counts: Counter[str]) -> None:
        super()._sync(work, counts)
        if not work.planning_only:
            counts["refused"] += _mark_vendors(work)


def _take_over(work: Work, around: VendorsAround) -> None:
    """Begin to count edits of pairs that are Procore's, and that this flow never wrote to."""
    begun = [
        taken_over(link, vendor, contact, around)
        for link in list(around.links.of(ENTITY.kind))
        if link.state == "active"
        and "sent" not in link.data
        and (vendor := around.vendors.get(link.procore_id))
        and around.owned(vendor)
        and not around.just_written(vendor)
        and (contact := around.contacts.get(link.xero_id))
    ]
    if begun:
        work.ledger.save_links(begun, work.run)
        work.links.add(begun)


def _was_ours(link: Link) -> bool:
    """Whether this flow wrote to the pair; vendors that were made today are in no list yet."""
    return link.state == "active" and not link.planned and "sent" in link.data


def _record(raw: Mapping[str, Any], around: VendorsAround) -> dict[str, Any]:
    """Return a vendor as it is judged: our own mark is no news, but that it is missing is."""
    link = around.link_of(str(raw["id"]))
    if link is None or link.planned:
        return dict(raw)
    if raw["origin_id"] == link.xero_id:
        return {**raw, "origin_id": None}
    return {**raw, "unmarked": True}


def _mark_vendors(work: Work) -> int:
    """Tell Procore which contacts the vendors of this plan have; return how many it refused.

    It comes last, in one call for all. What a crash leaves out, the next plan holds again.
    """
    due = {
        change.about.source_id: change
        for change in _writes(work)
        if "vendor" in change.desired.payload
    }
    rows = [
        {
            "id": int(link.procore_id),
            "origin_id": link.xero_id,
            **due[link.procore_id].desired.payload["vendor"],
        }
        for link in work.ledger.links(ENTITY.kind, procore_ids=list(due))
        if link.state == "active"
    ]
    refused: list[Outcome] = []
    for batch in in_batches(rows, SYNC_ROWS):
        work.ledger.still_mine()
        answer = work.procore.sync_vendors(batch)
        refused += [
            _unmarked(due[str(row["id"])], errors)
            for row in batch
            if (errors := errors_of(row, answer.errors))
        ]
    work.ledger.add_outcomes(work.run, refused)
    work.ledger.settle_issues(work.run, ENTITY.name, refused)
    return len(refused)


def _writes(work: Work) -> Iterator[Create | Update]:
    for stored in work.ledger.changes(work.plan, (Create, Update)):
        if isinstance(stored.change, Create | Update):
            yield stored.change


def _unmarked(change: Create | Update, errors: Sequence[str]) -> Outcome:
    reasons = tuple(
        Reason(
            code="MARK_REFUSED",
            sentence=f"The contact stands, but Procore does not mark its vendor: {error}.",
            fix="Mend what Procore names; the next run marks it again.",
        )
        for error in errors
    )
    return Outcome(
        entity=ENTITY.name,
        what="refused",
        source_id=change.about.source_id,
        title=change.about.title,
        procore_url=change.about.source_url,
        reasons=reasons,
    )


def _result(source_id: str, element: Element) -> Result:
    if not element.saved:
        return Refused(
            source_id=source_id,
            errors=element.errors,
            fix="Mend what Xero names, at the vendor or the contact; the next run sends it again.",
        )
    return _saved(source_id, Contact.from_xero(element.record), element.errors)


def _saved(source_id: str, contact: Contact, lost: Sequence[str] = ()) -> Saved:
    reasons = tuple(
        Reason(
            code="CONTACT_INCOMPLETE",
            sentence=f"Xero saved contact {contact.name!r}, but not all of it: {said}",
            fix="Complete the contact in Xero.",
        )
        for said in lost
    )
    return Saved(
        source_id=source_id,
        target_id=contact.id,
        held=contact.content,
        data={"theirs": dict(contact.fields)},
        reasons=reasons,
    )
