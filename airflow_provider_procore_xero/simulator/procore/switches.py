"""Every rule that Procore does not document, as a switch with a default.

A switch has a mode for each way the real API may behave; the default is the stricter one
where a mistaken client could do harm, and the plausible one elsewhere.
"""

from __future__ import annotations

from typing import Any

DEFAULTS: dict[str, Any] = {
    # Rate limits. False counts nothing and refuses nothing; the headers stay.
    "rate_limits": True,
    "spike_limit": 25,
    "spike_seconds": 10,
    "hourly_limit": 3600,
    # Paging of lists whose sizes Procore does not state.
    "default_per_page": 100,
    "maximum_per_page": 2000,
    # Is the end of a range such as filters[updated_at]=a...b inside it?
    "range_includes_end": True,
    # A filter that the endpoint does not offer: "refuse" (400) or "ignore".
    "unknown_filters": "refuse",
    # A view that the endpoint does not have: "default" or "refuse" (400).
    "unknown_views": "default",
    # A field that the record does not have, in a write: "refuse" (406) or "ignore".
    "unknown_fields": "refuse",
    # A project outside the permitted ones, asked for its lists: "403", "404" or "empty".
    "not_permitted": "403",
    # Is a project permitted to the service account that created it?
    "created_projects_are_permitted": False,
    "missing_company_header_status": 400,
    # A used or revoked refresh token: 401 or 400.
    "bad_refresh_token_status": 401,
    # Is Idempotency-Token on POST and PATCH "ignored" or "honoured" (the answer is replayed)?
    "idempotency_token": "ignored",
    # Is origin_id unique in the whole "company", or per "type" of record?
    "origin_id_unique_in": "company",
    # A taken origin_id in a single write: 422 or 409.
    "duplicate_origin_id_status": 422,
    # origin_id = null on a locked record: "unlocks", "keeps_lock" (it is cleared, the record
    # stays read-only) or "refused" (422; for contract payments it is always accepted).
    "clearing_origin_id": "unlocks",
    # Fields that a locked direct cost or requisition still takes through the API.
    "locked_records_accept": (),
    "locked_records_can_be_deleted": True,
    # Does the origin_id of a direct cost's line lock the direct cost?
    "line_origin_id_locks": False,
    # "Commitment Settings": vendor, lines and deletion locked while Approved or Complete.
    "approved_commitments_lock": False,
    # Do the sync actions whose schemas have no id (PO contracts; lines of contracts and of
    # change orders) match by id all the same?
    "sync_by_id_where_schema_has_none": False,
    # Does a change of a line or payment touch its parent's updated_at?
    "children_touch_parent": False,
    # Does the vendor list hold inactive vendors?
    "vendor_list_includes_inactive": False,
    "vendor_names_are_unique": False,
    # Must a vendor be in the project's directory before a contract names it?
    "contract_vendor_must_be_in_project": False,
    # state_code and country_code other than two upper-case letters: "refused", "kept", "dropped".
    "wrong_region_codes": "refused",
    # A direct cost's invoice_number that its vendor has already: 422 or 400.
    "duplicate_invoice_number_status": 422,
    # Does the single create want vendor and number of expenses too, as its schema marks them?
    "expenses_need_vendor_and_number": True,
    # standard_cost_codes/sync: is code the "own_segment", or "full" with the parents?
    "standard_cost_code_sync_code": "own_segment",
    # Do budget codes call a cost code by its own id, or by another?
    "segment_item_id_is_cost_code_id": False,
    # Is tax inside a requisition's current_payment_due?
    "tax_in_current_payment_due": False,
    # May anybody read the url of a file that hangs on a record, for a while ("signed"), or only
    # who is signed in ("api")?
    "file_urls": "signed",
    # May a direct cost's line be negative?
    "negative_direct_cost_lines": True,
    # Has Procore activated ERP Integrations for the company ("open")? Where it has not, the tool's
    # endpoints answer "404" or "403".
    "erp_tool": "404",
    # What tells a row of ERP job costs apart: "origin_ids" of code and type, or their "ids".
    "erp_job_cost_keys": "origin_ids",
}


def switched(**given: Any) -> dict[str, Any]:
    """The defaults with *given* on top.

    :raises ValueError: for a name that is no switch.
    """
    unknown = sorted(given.keys() - DEFAULTS.keys())
    if unknown:
        raise ValueError(f"Procore has no switch called {', '.join(unknown)}.")
    return {**DEFAULTS, **given}
