"""The settings file: found, read, checked against ``sync.settings``, and never half understood.

One YAML file per Procore company and Xero organisation. A profile gives the defaults; the file says
what differs. Unknown keys and impossible values are refused with the key, the value and the fix.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields, is_dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_type_hints

from airflow_provider_procore_xero.errors import SettingsError
from airflow_provider_procore_xero.sync.approval import rule
from airflow_provider_procore_xero.sync.fingerprint import fingerprint
from airflow_provider_procore_xero.sync.settings import Doc, Settings

if TYPE_CHECKING:
    from pydantic import TypeAdapter

PROFILES: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "dimension_classic": {
        "projects": {"option_name": "{number}"},
        "cost_codes": {"code_format": "{cost_code}"},
    },
    "procore_connector": {
        "projects": {"gate": "approval", "option_name": "{name}", "require_number": False},
        "vendors": {"direction": "procore_to_xero"},
        "cost_codes": {"target": "item", "list": "Xero Standard Cost Codes"},
        "bills": {"statuses": ("approved", "approved_as_noted")},
        "direct_costs": {"include": "all"},
        "approval": {"backend": "airflow"},
    },
    "hybrid": {
        "projects": {"option_name": "{number} {name}"},
        "vendors": {"country": "translate"},
    },
}
DEFAULT_PROFILE = "hybrid"
REFERENCES = ("auto", "invoice_number", "po_number")
TOLD = ("creator", "submitter", "approvers")
TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "projects.option_name": ("number", "name"),
    "cost_codes.code_format": ("cost_code", "cost_type", "name"),
    "commitments.number": ("number", "project_number"),
    "bills.reference": (
        "project_number", "commitment_number", "application_number", "invoice_number",
    ),
}  # fmt: skip
RANGES: Mapping[str, tuple[int, int | None]] = {
    "projects.payments_tail_days": (0, 365),
    "projects.option_warning": (1, None),
    "projects.option_limit": (1, None),
    "vendors.similar_threshold": (0, 100),
    "bills.due_days": (0, 365),
    "reconcile.tolerance": (0, None),
    "notifications.digest_hour": (0, 23),
    "safety.max_writes": (0, None),
    "safety.max_change_percent": (0, 100),
    "safety.max_missing_percent": (0, 100),
}
"""The least and the most that a number may be; None is no end."""
_RENAMED = {("notifications", "from"): "sender", ("projects", "import"): "import_options"}
"""Keys of the file that Python can't have as names."""


def load(path: str | Path) -> Settings:
    """Return the settings that the file at *path* holds.

    :raises SettingsError: if the file can't be read, is no YAML, or holds what can't be.
    """
    import yaml

    try:
        text = Path(path).read_text(encoding="utf-8")
        _refuse_twice(yaml.compose(text, yaml.SafeLoader), path)
        given = yaml.safe_load(text)
    except OSError as error:
        raise SettingsError(f"Settings file {path} can't be read: {error.strerror}.") from None
    except UnicodeDecodeError:
        raise SettingsError(f"Settings file {path} is not in UTF-8; save it as such.") from None
    except yaml.YAMLError as error:
        where = getattr(error, "problem_mark", None)
        line = f", line {where.line + 1}" if where else ""
        raise SettingsError(f"Settings file {path}{line} is no valid YAML.") from None
    if given is not None and not isinstance(given, Mapping):
        raise SettingsError(f"Settings file {path} must hold keys and values: 'profile: hybrid'.")
    return make(given or {}, called=str(path))


def make(
    given: Mapping[str, Any],
    *,
    overrides: Mapping[str, Any] | None = None,
    called: str = "settings",
) -> Settings:
    """Return settings of *given* over its profile's defaults.

    :param overrides: what one run sets; only keys that are marked overridable.
    :raises SettingsError: with every mistake, each naming key, value and fix.
    """
    from pydantic import ValidationError

    profile = given.get("profile", DEFAULT_PROFILE)
    if profile not in tuple(PROFILES):
        raise SettingsError(
            f"{called}: profile is {profile!r}; choose one of {', '.join(PROFILES)}."
        )
    merged: dict[str, Any] = {"profile": profile}
    refuse_unknown(given, called)
    for section in (f.name for f in fields(Settings) if f.name != "profile"):
        values = {**PROFILES[profile].get(section, {}), **(given.get(section) or {})}
        merged[section] = {attribute(section, k): v for k, v in values.items()}
    for section, values in (overrides or {}).items():
        _refuse_override(section, values, called)
        merged[section] |= values
    try:
        settings = _adapter().validate_python(merged)
    except ValidationError as error:
        mistakes = [_mistake(dict(e)) for e in error.errors()]
        raise SettingsError(f"{called}: " + " ".join(mistakes)) from None
    _refuse_out_of_range(settings, called)
    _refuse_templates(settings, called)
    _refuse_approval(settings, called)
    _refuse_figures(settings, called)
    return settings


def with_overrides(settings: Settings, overrides: Mapping[str, Any]) -> Settings:
    """Return *settings* with what one run sets.

    :raises SettingsError: if a key may not be set by a run.
    """
    if not overrides:
        return settings
    given = {f.name: _plain(getattr(settings, f.name)) for f in fields(Settings)}
    return make(given, overrides=overrides, called="DAG param settings")


def settings_hash(settings: Settings) -> str:
    """Return what changes whenever a setting does."""
    return fingerprint(_plain(settings))[:16]


def as_dict(settings: Settings) -> dict[str, Any]:
    """Return *settings* as plain JSON, to be stored with a run."""
    plain = _plain(settings)
    assert isinstance(plain, dict)
    return plain


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a settings file; editors complete and check against it."""
    schema = _adapter().json_schema()
    for definition in schema.get("$defs", {}).values():
        definition["additionalProperties"] = False
    for (section, key), name in _RENAMED.items():
        known = schema["$defs"][schema["properties"][section]["$ref"].rsplit("/", 1)[1]]
        known["properties"][key] = known["properties"].pop(name)
    for key, (least, most) in RANGES.items():
        section, name = key.split(".")
        definition = schema["$defs"][schema["properties"][section]["$ref"].rsplit("/", 1)[1]]
        ends = {"minimum": least} | ({} if most is None else {"maximum": most})
        definition["properties"][name] |= ends
    schema |= {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Procore and Xero settings",
        "additionalProperties": False,
    }
    return schema


@cache
def reference() -> tuple[tuple[str, str, Any, Doc], ...]:
    """Return section, key, default and documentation of every key, in the order of the file."""
    return tuple(_keys())


def _keys() -> Iterator[tuple[str, str, Any, Doc]]:
    kinds = get_type_hints(Settings)
    for section in fields(Settings):
        if section.name == "profile":
            continue
        kind = kinds[section.name]
        notes = get_type_hints(kind, include_extras=True)
        for key in fields(kind):
            doc = next(m for m in notes[key.name].__metadata__ if isinstance(m, Doc))
            yield section.name, _in_file(section.name, key.name), getattr(kind(), key.name), doc


def attribute(section: str, key: str) -> str:
    """Return what the settings call a key of the file."""
    return _RENAMED.get((section, key), key)


def _in_file(section: str, name: str) -> str:
    """Return what the file calls *name* of the settings."""
    back = {(s, n): key for (s, key), n in _RENAMED.items()}
    return back.get((section, name), name)


def refuse_unknown(given: Mapping[str, Any], called: str) -> None:
    """Raise for the first key that no settings file has, naming the nearest that it has."""
    known: dict[str, set[str]] = {}
    for section, key, _, _ in reference():
        known.setdefault(section, set()).add(key)
    for section, values in given.items():
        if section == "profile":
            continue
        if section not in known:
            raise SettingsError(f"{called}: unknown key {section!r}.{_nearest(section, known)}")
        if values is not None and not isinstance(values, Mapping):
            raise SettingsError(f"{called}: {section} must hold keys and values, not {values!r}.")
        for key in values or {}:
            if _in_file(section, key) not in known[section]:
                near = _nearest(key, known[section])
                raise SettingsError(f"{called}: unknown key {section}.{key}.{near}")


def _refuse_out_of_range(settings: Settings, called: str) -> None:
    for name, (least, most) in RANGES.items():
        section, key = name.split(".")
        value = getattr(getattr(settings, section), key)
        if value is not None and (value < least or (most is not None and value > most)):
            fit = f"at least {least}" if most is None else f"from {least} to {most}"
            raise SettingsError(f"{called}: {name} is {value}; it should be {fit}.")


def _refuse_templates(settings: Settings, called: str) -> None:
    """Raise for a template that names what is not there, before a record meets it."""
    for name, words in TEMPLATES.items():
        section, key = name.split(".")
        text = getattr(getattr(settings, section), key)
        try:
            text.format(**dict.fromkeys(words, ""))
        except (KeyError, IndexError, ValueError):
            known = ", ".join(f"{{{word}}}" for word in words)
            raise SettingsError(f"{called}: {name} is {text!r}; it may hold {known}.") from None
    reference = settings.bills.reference
    if "{" not in reference and reference not in REFERENCES:
        raise SettingsError(
            f"{called}: bills.reference is {reference!r}; choose {', '.join(REFERENCES)}, or give a"
            " template with {…} in it."
        )


def _refuse_approval(settings: Settings, called: str) -> None:
    """Raise for rules and people that can't be, before a record waits for them."""
    approval = settings.approval
    if approval.backend == "procore_erp":
        raise SettingsError(
            f"{called}: approval.backend is 'procore_erp', but Procore opens its ERP Integrations"
            " tool to its partners only, and tells its interface to nobody else. Set it to"
            " 'airflow' to decide on the page in Airflow."
        )
    for text in approval.auto_accept:
        try:
            rule(text)
        except SettingsError as error:
            raise SettingsError(f"{called}: {error}") from None
    for who in approval.approvers:
        if not who.strip():
            raise SettingsError(f"{called}: approval.approvers has an empty name; leave it out.")
    for who in approval.notify_on_reject:
        if who not in TOLD and "@" not in who:
            raise SettingsError(
                f"{called}: approval.notify_on_reject has {who!r}; it may hold {', '.join(TOLD)}"
                " and mail addresses."
            )


def _refuse_figures(settings: Settings, called: str) -> None:
    """Raise where figures are to be written that nobody adds up."""
    if settings.job_costs.write != "none" and not settings.job_costs.enabled:
        raise SettingsError(
            f"{called}: job_costs.write is {settings.job_costs.write!r}, but job_costs.enabled is"
            " false, so there are no figures to write. Set job_costs.enabled to true."
        )


def _refuse_override(section: str, values: Any, called: str) -> None:
    allowed = {f"{s}.{k}" for s, k, _, doc in reference() if doc.overridable}
    if section not in {name.split(".")[0] for name in allowed}:
        raise SettingsError(
            f"{called}: {section} can't be set for one run, only in the settings file;"
            f" a run may set {', '.join(sorted(allowed))}."
        )
    if not isinstance(values, Mapping):
        raise SettingsError(f"{called}: {section} must hold keys and values, not {values!r}.")
    for key in values:
        if f"{section}.{key}" not in allowed:
            raise SettingsError(
                f"{called}: {section}.{key} can't be set for one run, only in the settings file;"
                f" a run may set {', '.join(sorted(allowed))}."
            )


def _refuse_twice(node: Any, path: str | Path) -> None:
    """Raise for a key that a mapping has twice: YAML would drop the first in silence."""
    pairs = node.value if getattr(node, "id", "") == "mapping" else ()
    seen: set[str] = set()
    for key, value in pairs:
        name, line = str(key.value), key.start_mark.line + 1
        if name in seen:
            raise SettingsError(f"Settings file {path}, line {line}: {name!r} stands twice.")
        seen.add(name)
        _refuse_twice(value, path)


def _nearest(key: Any, known: Any) -> str:
    near = get_close_matches(str(key), list(known), n=1)
    if near:
        return f" Did you mean {near[0]!r}?"
    return f" Known keys: {', '.join(sorted(known))}."


def _mistake(error: Mapping[str, Any]) -> str:
    where = ".".join(str(part) for part in error["loc"])
    fix = error["msg"].replace("Input should be", "it should be")
    if error["type"] == "string_type" and isinstance(error["input"], int):
        fix += f', so write it in quotes, "{error["input"]}"'
    return f"{where} is {error['input']!r}: {fix}."


@cache
def _adapter() -> TypeAdapter[Settings]:
    from pydantic import TypeAdapter

    return TypeAdapter(Settings)


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    return value
