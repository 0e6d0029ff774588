"""Every rule that can be set, in one place, with its default.

Two kinds. *Knobs* set known rules to a size a test can live with. *Doubts* are rules that
nobody outside the vendor has documented or measured: each has two or more modes, the
default is the one that hurts a careless client more, and a client must survive all of them.

Knobs
-----
``enforce_limits``          refuse with 429 when a limit is passed
``minute_limit``            calls a minute (60)
``day_limit``               calls a day (5,000; 1,000 on the smallest developer tier)
``minute_seconds``          how long such a minute lasts (60), for tests in a hurry
``concurrent_limit``        calls in progress (5)
``app_minute_limit``        calls a minute over all organisations (10,000)
``plan_bill_limit``         approved bills a month that the plan allows; None for no limit
``date_offset``             ``/Date(ms+0000)/``; False leaves the offset away
``numbers_as_strings``      amounts come as ``"49.90"``
``error_casing``            keys of 401, 403 and 500 bodies: ``pascal`` or ``lower``
``app_scopes``              what the app may ask for, space-separated

Doubts
------
``deleted_payments_in_modified``  deleted payments appear in an If-Modified-Since read
``modified_since_inclusive``      a record changed in that very second is returned
``page_beyond_end``               ``empty`` list, or ``refuse`` with 400
``batch_order``                   answers in ``request`` order, or ``reversed``
``line_order``                    lines of a document in ``request`` order, or ``reversed``
``unknown_id_on_write``           an ID that is not here: ``404`` for the whole call, or ``error``
``accpay_number_on_post``         POST with the number of a bill: ``create`` another, or ``edit`` it
``unknown_tracking``              on a line: ``error``, ``warning``, or silently ``drop`` it
``tracking_by``                   which wins when IDs and names disagree: ``id`` or ``name``
``negative_total``                of a bill: ``refuse`` or ``accept``
``zero_total``                    an approved bill of 0.00: ``paid`` at once, or ``refuse``
``missing_due_date``              on approval: ``refuse``, or ``default`` to the bill's date
``paid_bill_edits``               ``limited`` fields (since March 2026), or ``none``
``po_edit_authorised``, ``po_edit_billed``  ``allow`` or ``refuse`` edits in that status
``po_back_to_draft``              AUTHORISED back to DRAFT: ``refuse`` or ``allow``
``lock_date``                     ``on_or_before`` it, or only ``before`` it, is refused
``addresses``                     sending one type ``keep``s the others, or ``replace``s them
``unarchive_contact``             ``refuse`` or ``allow``
``name_of_archived_contact``      a new contact may ``reuse`` it, or is ``refuse``d
``name_of_archived_option``       likewise for tracking options; default ``refuse``
``unarchive_option``              ``allow`` or ``refuse``
``option_limit``                  options a category can hold; None for no limit
``group_with_bad_member``         ``refuse`` the call, or ``skip`` the member
``attachment_bumps``, ``note_bumps``  whether they move ``UpdatedDateUTC``
``delete_batch_payment``          ``allow`` or ``refuse``
``delete_reconciled``             payments and spend money: ``refuse`` or ``allow``
``delete_used_item``              ``allow`` or ``refuse``
``array_to_single_resource``      ``refuse`` with 400, or take the ``first``
``missing_scope_status``          401 or 403
``wrong_secret_status``           400 or 401 at the token endpoint
``custom_connection_connections`` ``list`` its tenant at /connections, or ``refuse``
``store_validation_errors``       400 answers are replayed under an idempotency key
``concurrent_key``                a second call under a key whose first is still at work gets
                                  ``409``, or goes first (``once``): the other one gets its answer
``idempotency_mismatch_in``       the refusal stands in ``message`` or in ``elements``
"""

from __future__ import annotations

from typing import Any

ALL_SCOPES = (
    "accounting.invoices accounting.payments accounting.banktransactions "
    "accounting.manualjournals accounting.settings accounting.contacts "
    "accounting.attachments accounting.budgets.read accounting.journals.read "
    "accounting.reports.profitandloss.read accounting.transactions "
    "accounting.transactions.read accounting.invoices.read accounting.payments.read "
    "accounting.banktransactions.read accounting.manualjournals.read "
    "accounting.settings.read accounting.contacts.read accounting.attachments.read "
    "offline_access"
)

SIZES: dict[str, Any] = {
    "enforce_limits": True,
    "minute_limit": 60,
    "minute_seconds": 60,
    "day_limit": 5000,
    "concurrent_limit": 5,
    "app_minute_limit": 10_000,
    "plan_bill_limit": None,
    "option_limit": None,
    "app_scopes": ALL_SCOPES,
}
"""How much there is of something."""

MODES: dict[str, tuple[Any, ...]] = {
    "date_offset": (True, False),
    "numbers_as_strings": (False, True),
    "error_casing": ("pascal", "lower"),
    "deleted_payments_in_modified": (True, False),
    "modified_since_inclusive": (True, False),
    "page_beyond_end": ("empty", "refuse"),
    "batch_order": ("request", "reversed"),
    "line_order": ("request", "reversed"),
    "unknown_id_on_write": ("404", "error"),
    "accpay_number_on_post": ("create", "edit"),
    "unknown_tracking": ("error", "warning", "drop"),
    "tracking_by": ("id", "name"),
    "negative_total": ("refuse", "accept"),
    "zero_total": ("paid", "refuse"),
    "missing_due_date": ("refuse", "default"),
    "paid_bill_edits": ("limited", "none"),
    "po_edit_authorised": ("allow", "refuse"),
    "po_edit_billed": ("allow", "refuse"),
    "po_back_to_draft": ("refuse", "allow"),
    "lock_date": ("on_or_before", "before"),
    "addresses": ("keep", "replace"),
    "unarchive_contact": ("refuse", "allow"),
    "name_of_archived_contact": ("reuse", "refuse"),
    "name_of_archived_option": ("refuse", "reuse"),
    "unarchive_option": ("allow", "refuse"),
    "group_with_bad_member": ("refuse", "skip"),
    "attachment_bumps": (False, True),
    "note_bumps": (False, True),
    "delete_batch_payment": ("allow", "refuse"),
    "delete_reconciled": ("refuse", "allow"),
    "delete_used_item": ("allow", "refuse"),
    "array_to_single_resource": ("refuse", "first"),
    "missing_scope_status": (401, 403),
    "wrong_secret_status": (400, 401),
    "custom_connection_connections": ("list", "refuse"),
    "store_validation_errors": (True, False),
    "concurrent_key": ("409", "once"),
    "idempotency_mismatch_in": ("message", "elements"),
}
"""Every way of each rule, the default first."""

DEFAULTS: dict[str, Any] = {**SIZES, **{name: modes[0] for name, modes in MODES.items()}}
