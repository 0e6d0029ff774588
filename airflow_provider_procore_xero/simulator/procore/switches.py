"""Every rule that Procore does not document, as a switch with a default.

A switch has a mode for each way the real API may behave; the default is the stricter one
where a mistaken client could do harm, and the plausible one elsewhere.
"""

from __future__ import annotations

from typing import Any

SIZES: dict[str, Any] = {
    # Rate limits. False counts nothing and refuses nothing; the headers stay.
    "rate_limits": True,
    "spike_limit": 25,
    "spike_seconds": 10,
    "hourly_limit": 3600,
    # Paging of lists whose sizes Procore does not state.
    "default_per_page": 100,
    "maximum_per_page": 2000,
}
"""How much there is of something."""

MODES: dict[str, tuple[Any, ...]] = {
    # Is the end of a range such as filters[updated_at]=a...b inside it?
    "range_includes_end": (True, False),
    # A filter that the endpoint does not offer: "refuse" (400) or "ignore".
    "unknown_filters": ("refuse", "ignore"),
    # A view that the endpoint does not have: "default" or "refuse" (400).
    "unknown_views": ("default", "refuse"),
    # A field that the record does not have, in a write: "refuse" (406) or "ignore".
    "unknown_fields": ("refuse", "ignore"),
    # A project outside the permitted ones, asked for its lists: "403", "404" or "empty".
    "not_permitted": ("403", "404", "empty"),
    # Is a project permitted to the service account that created it?
    "created_projects_are_permitted": (False, True),
    "missing_company_header_status": (400, 403),
    # A used or revoked refresh token: 401 or 400.
    "bad_refresh_token_status": (401, 400),
    # Is Idempotency-Token on POST and PATCH "ignored" or "honoured" (the answer is replayed)?
    "idempotency_token": ("ignored", "honoured"),
    # Is origin_id unique in the whole "company", or per "type" of record?
    "origin_id_unique_in": ("company", "type"),
    # A taken origin_id in a single write: 422 or 409.
    "duplicate_origin_id_status": (422, 409),
    # origin_id = null on a locked record: "unlocks", "keeps_lock" (it is cleared, the record
    # stays read-only) or "refused" (422; for contract payments it is always accepted).
    "clearing_origin_id": ("unlocks", "keeps_lock", "refused"),
    # Fields that a locked direct cost or requisition still takes through the API.
    "locked_records_accept": ((), ("description",)),
    "locked_records_can_be_deleted": (True, False),
    # Does the origin_id of a direct cost's line lock the direct cost?
    "line_origin_id_locks": (False, True),
    # "Commitment Settings": vendor, lines and deletion locked while Approved or Complete.
    "approved_commitments_lock": (False, True),
    # Do the sync actions whose schemas have no id (PO contracts; lines of contracts and of
    # change orders) match by id all the same?
    "sync_by_id_where_schema_has_none": (False, True),
    # Does a change of a line or payment touch its parent's updated_at?
    "children_touch_parent": (False, True),
    # Does the vendor list hold inactive vendors?
    "vendor_list_includes_inactive": (False, True),
    "vendor_names_are_unique": (False, True),
    # Must a vendor be in the project's directory before a contract names it?
    "contract_vendor_must_be_in_project": (False, True),
    # state_code and country_code other than two upper-case letters: "refused", "kept", "dropped".
    "wrong_region_codes": ("refused", "kept", "dropped"),
    # A direct cost's invoice_number that its vendor has already: 422 or 400.
    "duplicate_invoice_number_status": (422, 400),
    # Does the single create want vendor and number of expenses too, as its schema marks them?
    "expenses_need_vendor_and_number": (True, False),
    # standard_cost_codes/sync: is code the "own_segment", or "full" with the parents?
    "standard_cost_code_sync_code": ("own_segment", "full"),
    # Do budget codes call a cost code by its own id, or by another?
    "segment_item_id_is_cost_code_id": (False, True),
    # Is tax inside a requisition's current_payment_due?
    "tax_in_current_payment_due": (False, True),
    # May anybody read the url of a file that hangs on a record, for a while ("signed"), or only
    # who is signed in ("api")?
    "file_urls": ("signed", "api"),
    # May a direct cost's line be negative?
    "negative_direct_cost_lines": (True, False),
    # Has Procore activated ERP Integrations for the company ("open")? Where it has not, the tool's
    # endpoints answer "404" or "403".
    "erp_tool": ("404", "403", "open"),
    # What tells a row of ERP job costs apart: "origin_ids" of code and type, or their "ids".
    "erp_job_cost_keys": ("origin_ids", "ids"),
}
"""Every way of each rule, the default first."""

DEFAULTS: dict[str, Any] = {**SIZES, **{name: modes[0] for name, modes in MODES.items()}}


def switched(**given: Any) -> dict[str, Any]:
    """The defaults with *given* on top.

    :raises ValueError: for a name that is no switch.
    """
    unknown = sorted(given.keys() - DEFAULTS.keys())
    if unknown:
        raise ValueError(f"Procore has no switch called {', '.join(unknown)}.")
    return {**DEFAULTS, **given}
