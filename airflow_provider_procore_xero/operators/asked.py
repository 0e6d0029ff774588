"""What one run was asked for: an operator's arguments, else the DAG run's params, checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, cast

from airflow_provider_procore_xero.errors import SettingsError

NAMES = (
    "mode", "plan_id", "full", "project_number", "contact_id", "vendor_id", "commitment_number",
    "application_number", "accepted",
)  # fmt: skip
_NOTHING = (None, "", "None")
_YES = ("true", "yes", "1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which records, and whether to write.

    :param plan_id: a stored plan, or the DAG run that made it; only what it holds is written.
    :param accepted: only what people have accepted in the queue.
    :param settings: what this run overrides.
    """

    mode: Literal["plan", "apply"] = "apply"
    plan_id: str = ""
    full: bool = False
    project_number: str = ""
    contact_id: str = ""
    vendor_id: str = ""
    commitment_number: str = ""
    application_number: str = ""
    accepted: bool = False
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def one(self) -> bool:
        """Whether a person asked for particular records."""
        return bool(self.project_number or self.contact_id or self.vendor_id)

    @property
    def bulk(self) -> bool:
        """Whether everything that is due is looked at."""
        return not self.one and not self.accepted


def asked(given: Mapping[str, Any], context: Mapping[str, Any]) -> Asked:
    """Return what a run was asked for; *given*, an operator's own arguments, wins over params.

    :raises SettingsError: for an unknown param, or a value that can't be.
    """
    params = dict(context.get("params") or {})
    _refuse_unknown(context)
    values = {n: _text(v) for n in NAMES if (v := _first(given.get(n), params.get(n))) is not None}
    mode = values.pop("mode", "apply")
    if mode not in ("plan", "apply"):
        raise SettingsError(f"Param mode is {mode!r}; choose plan or apply.")
    overrides = params.get("settings") or {}
    if not isinstance(overrides, Mapping):
        raise SettingsError(
            f'Param settings is {overrides!r}; give an object like {{"bills": {{"due_days": 14}}}}.'
        )
    full, accepted = (values.pop(name, "").lower() in _YES for name in ("full", "accepted"))
    return Asked(
        mode=cast('Literal["plan", "apply"]', mode),
        full=full,
        accepted=accepted,
        settings=overrides,
        **values,
    )


def _refuse_unknown(context: Mapping[str, Any]) -> None:
    """Airflow takes any key in a run's conf; a misspelt one would silently do something else."""
    conf = getattr(context.get("dag_run"), "conf", None) or {}
    declared = getattr(context.get("dag"), "params", None)
    if declared is None:
        return
    known = {*declared, *NAMES, "settings"} & {*declared}
    for key in conf:
        if key not in known:
            raise SettingsError(
                f"Unknown param {key!r}; this DAG takes {', '.join(sorted(known)) or 'none'}."
            )


def _first(*values: Any) -> Any:
    return next((value for value in values if value not in _NOTHING), None)


def _text(value: Any) -> str:
    return str(value).strip()
