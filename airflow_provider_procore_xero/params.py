"""What a DAG run can be asked for: the params of the trigger form, declared once for every DAG."""

from __future__ import annotations

from airflow.sdk import Param

_NUMBER = ["null", "string"]


def params(*names: str) -> dict[str, Param]:
    """Return the params *names*, beside those that every flow takes, in the order of the form.

    ``mode``, ``plan_id``, ``full`` and ``settings`` are always among them. What picks particular
    records is optional: empty means all that are due.
    """
    known = {
        "mode": Param(
            "apply",
            enum=["apply", "plan"],
            values_display={"apply": "Apply: write", "plan": "Plan: write nothing"},
            title="Mode",
            description="Plan reads and decides everything, and writes nothing in either system.",
        ),
        "plan_id": Param(
            None,
            type=_NUMBER,
            title="Plan to apply",
            description="A stored plan, or the run id that made it. Only what it holds is written,"
            " and only where nothing has changed since.",
        ),
        "full": Param(
            False,
            type="boolean",
            title="Read everything again",
            description="Instead of what changed since the last run.",
        ),
        "project_number": _picks("Project Number", "24-017"),
        "contact_id": _picks("Contact id", "the id at the end of the contact's address in Xero"),
        "vendor_id": _picks("Vendor id", "the id at the end of the vendor's address in Procore"),
        "commitment_number": _picks("Commitment number", "SC-003"),
        "application_number": _picks("Application number", "3"),
        "settings": Param(
            None,
            type=["null", "object"],
            title="Settings for this run",
            description='What this run does otherwise, like {"bills": {"due_days": 14}}; only keys'
            " that the settings reference marks.",
            section="Advanced",
        ),
    }
    always = ("mode", "plan_id", "full", "settings")
    return {name: param for name, param in known.items() if name in (*always, *names)}


def _picks(title: str, example: str) -> Param:
    return Param(
        None,
        type=_NUMBER,
        title=title,
        description=f"Only this one, for example {example}.",
        section="One record",
    )
