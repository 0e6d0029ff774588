"""Contacts → vendors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from airflow_provider_procore_xero.errors import MappingError, UnknownRecord
from airflow_provider_procore_xero.operators.base import SyncOperator, ids_of
from airflow_provider_procore_xero.sync.entities.vendor_fields import Vendor
from airflow_provider_procore_xero.sync.entities.vendor_twins import ContactsAround
from airflow_provider_procore_xero.sync.entities.vendors import ENTITY
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.owners import made_for_a_vendor
from airflow_provider_procore_xero.sync.plan import Create, Update
from airflow_provider_procore_xero.sync.results import Absent, Refused, Saved

if TYPE_CHECKING:
    from airflow_provider_procore_xero.operators.work import Work
    from airflow_provider_procore_xero.sync.plan import Stored
    from airflow_provider_procore_xero.sync.results import Doubt, Found, Result
    from airflow_provider_procore_xero.sync.settings import Settings

STREAM = "contacts"
VENDORS = "active vendors"


class ContactsToVendorsOperator(SyncOperator):
    """Bring the contacts of one Xero contact group to Procore, as vendors.

    :param contact_id: the id of one contact.
    """

    template_fields = (*SyncOperator.template_fields, "contact_id")
    entity = ENTITY
    selects = ("contact_id",)
    lengthens = VENDORS

    def __init__(self, *, contact_id: str | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.contact_id = contact_id

    def switched_off(self, settings: Settings) -> str:
        direction = settings.vendors.direction
        if direction in ("xero_to_procore", "both"):
            return ""
        return f"Contacts do not come to Procore: vendors.direction is {direction!r}."

    def around(self, work: Work) -> ContactsAround:
        vendors = vendors_of(work)
        around = ContactsAround(
            settings=work.settings,
            links=work.load_links(ENTITY.kind),
            pages=work.pages(),
            one=work.asked.one,
            members=members_of_group(work),
            vendors=tuple(Vendor.from_procore(raw) for raw in vendors),
        )
        if not work.planning_only:
            _give_up(work, around)
        return around

    def read(self, work: Work, around: ContactsAround) -> Iterator[dict[str, Any]]:
        if work.asked.contact_id:
            yield from self._one(work, work.asked.contact_id)
            return
        changed: dict[str, dict[str, Any]] = {}
        merged: dict[str, list[str]] = {}
        since = work.since(STREAM)
        for raw in work.counted(STREAM, work.xero.contacts(modified_since=since)):
            survivor = raw.get("MergedToContactID")
            if survivor and self._ours(raw["ContactID"], around):
                merged.setdefault(survivor, []).append(raw["ContactID"])
            elif not survivor and self._concerns(raw, around):
                changed[raw["ContactID"]] = _record(raw)
        for raw in self._missing(work, around, set(changed), set(merged)):
            changed[raw["ContactID"]] = _record(raw)
        for contact_id, record in changed.items():
            yield {**record, "was": merged[contact_id]} if contact_id in merged else record

    def again(
        self, work: Work, around: ContactsAround, raws: Sequence[dict[str, Any]]
    ) -> Iterator[dict[str, Any]]:
        yield from map(_record, work.xero.contacts(ids=ids_of(raws)))

    def save(
        self, work: Work, around: ContactsAround, batch: Sequence[Stored], key: str
    ) -> Iterator[Result]:
        rows = {}
        for stored in batch:
            change = stored.change
            assert isinstance(change, Create | Update)
            row = dict(change.desired.payload)
            if isinstance(change, Update):
                row["id"] = int(change.target_id)
            rows[change.about.source_id] = row
        answer = work.procore.sync_vendors(list(rows.values()))
        by_id = {str(entity["id"]): entity for entity in answer.entities}
        by_origin = {entity.get("origin_id"): entity for entity in answer.entities}
        for source_id, row in rows.items():
            entity = by_id.get(str(row.get("id"))) or by_origin.get(source_id)
            if entity is not None:
                yield _saved(source_id, entity)
            elif (errors := errors_of(row, answer.errors)) is not None:
                yield Refused(source_id=source_id, errors=errors)

    def find(self, work: Work, around: ContactsAround, doubts: Sequence[Doubt]) -> Iterator[Found]:
        now = {v["origin_id"]: v for v in work.procore.vendors() if v.get("origin_id")}
        for doubt in doubts:
            change = doubt.stored.change
            assert isinstance(change, Create)
            entity = now.get(change.desired.payload["origin_id"])
            source_id = change.about.source_id
            yield Absent(source_id=source_id) if entity is None else _saved(source_id, entity)

    def _one(self, work: Work, contact_id: str) -> Iterator[dict[str, Any]]:
        found = list(work.xero.contacts(ids=[contact_id]))
        if not found:
            raise UnknownRecord(
                f"Xero has no contact with the id {contact_id!r}. It stands at the end of the"
                " contact's address in Xero."
            )
        yield from map(_record, found)

    def _linked(self, contact_id: str, around: ContactsAround) -> bool:
        return around.links.find(ENTITY.kind, "xero", contact_id) is not None

    def _ours(self, contact_id: str, around: ContactsAround) -> bool:
        """Whether a contact is linked, and Xero owns the pair."""
        return self._linked(contact_id, around) and around.owned(contact_id)

    def _concerns(self, raw: Mapping[str, Any], around: ContactsAround) -> bool:
        """Whether a contact is in the group, or linked: the others are nobody's business.

        Nor is a contact whose vendor goes to Xero, not the other way.
        """
        if self._linked(raw["ContactID"], around):
            return around.owned(raw["ContactID"])
        theirs = made_for_a_vendor(raw, around.settings.vendors)
        return raw["ContactID"] in around.members and not theirs

    def _missing(
        self, work: Work, around: ContactsAround, read: set[str], survivors: set[str]
    ) -> Iterator[dict[str, Any]]:
        """Yield contacts that no list of changes shows: joining a group bumps no timestamp.

        With them come those that merged contacts live on in.
        """
        shelved = {shelved for shelved, _ in work.ledger.shelf(ENTITY.name)}
        joined = {m for m in around.members if not self._linked(m, around)} - shelved
        if wanted := (joined | survivors) - read:
            for raw in work.xero.contacts(ids=sorted(wanted)):
                if raw["ContactID"] in survivors or self._concerns(raw, around):
                    yield raw


def _give_up(work: Work, around: ContactsAround) -> None:
    """Take contacts off the shelf that have become Procore's to keep up."""
    theirs = [shelved for shelved, _ in work.ledger.shelf(ENTITY.name) if not around.owned(shelved)]
    if theirs:
        work.ledger.unshelve(ENTITY.name, theirs)
        work.ledger.settle_issues(work.run, ENTITY.name, (), judged=theirs)


def members_of_group(work: Work) -> frozenset[str]:
    """Return the ids of the contact group's members; the list must be read whole each time.

    :raises MappingError: ``GROUP_MISSING``.
    """
    name = work.settings.vendors.contact_group
    for group in work.small("contact groups", work.xero.contact_groups):
        if group["Name"].strip().casefold() == name.strip().casefold():
            return _members_of(work, group["ContactGroupID"])
    raise MappingError(
        f"Xero has no contact group called {name!r}.",
        code="GROUP_MISSING",
        fix=f"Add the contact group {name!r} in Xero (Contacts › Groups) and put suppliers into"
        " it, or name another in vendors.contact_group.",
    )


def _members_of(work: Work, group_id: str) -> frozenset[str]:
    """Return the ids of one group's members."""
    whole = work.small(
        f"members of contact group {group_id}",
        lambda: [work.xero.contact_group(group_id)],
        lambda groups: len(groups[0].get("Contacts") or ()),
    )
    return frozenset(member["ContactID"] for member in whole[0].get("Contacts") or ())


def vendors_of(work: Work) -> list[dict[str, Any]]:
    """Return every vendor of the company, inactive ones too, but not the company itself."""

    def read() -> Iterator[dict[str, Any]]:
        seen = set()
        for raw in work.counted(VENDORS, work.procore.vendors()):
            seen.add(raw["id"])
            yield raw
        yield from (raw for raw in work.procore.inactive_vendors() if raw["id"] not in seen)

    kept = ("id", "name", "is_active", "origin_id", *_FIELDS)
    return work.small(
        "vendors",
        lambda: ({k: raw.get(k) for k in kept} for raw in read() if not raw.get("company_vendor")),
    )


def _record(raw: Mapping[str, Any]) -> dict[str, Any]:
    """Return a contact as it is kept: what may change without meaning anything is left out."""
    kept = {key: raw[key] for key in _KEPT if key in raw}
    if raw.get("ContactStatus") == "GDPRREQUEST":
        kept = {"ContactID": raw["ContactID"], "ContactStatus": "GDPRREQUEST", "Name": ""}
    return {"id": raw["ContactID"], **kept}


def _saved(source_id: str, entity: Mapping[str, Any]) -> Saved:
    held = {name: entity.get(name) or "" for name in _FIELDS}
    return Saved(source_id=source_id, target_id=str(entity["id"]), held=fingerprint(held))


def errors_of(
    row: Mapping[str, Any], errors: Sequence[Mapping[str, Any]]
) -> tuple[str, ...] | None:
    """Return all that Procore said against *row*, or None where it does not mention it."""
    about = [error for error in errors if _is_about(error, row)]
    return tuple(text for error in about for text in messages_of(error)) if about else None


def _is_about(error: Mapping[str, Any], row: Mapping[str, Any]) -> bool:
    same_id = "id" in row and str(error.get("id")) == str(row["id"])
    origin = row.get("origin_id")
    return same_id or bool(origin and error.get("origin_id") == origin)


def messages_of(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what Procore said against a row that it sent back."""
    said = row.get("errors") or {}
    if not isinstance(said, Mapping):
        return (str(said),)
    return tuple(
        f"{field}: {text}"
        for field, texts in said.items()
        for text in (texts if isinstance(texts, list) else [texts])
    )


_KEPT = (
    "ContactID", "Name", "ContactStatus", "Addresses", "Phones", "EmailAddress", "AccountNumber",
    "ContactNumber",
)  # fmt: skip
_FIELDS = (
    "address", "city", "zip", "country_code", "state_code", "business_phone", "mobile_phone",
    "fax_number", "email_address",
)  # fmt: skip
