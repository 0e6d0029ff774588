"""What one settings file makes of the package, as a page: what moves, and each key that differs."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from airflow_provider_procore_xero.settings import attribute, make, reference, settings_hash
from airflow_provider_procore_xero.sync.capabilities import CAPABILITIES
from airflow_provider_procore_xero.sync.report import CALLED
from airflow_provider_procore_xero.sync.settings import Settings


def page(settings: Settings, called: str) -> str:
    """Return the Markdown page of *settings*: the same text for the same settings.

    :param called: the title, such as the file's name.
    """
    flows = (
        (each.procore, "→" if each.to_xero else "←", each.xero, CALLED[each.entity.name],
         "yes" if each.on(settings) else "no")
        for each in CAPABILITIES
    )  # fmt: skip
    changed = list(differences(settings))
    return "\n".join(
        [
            f"# {called}",
            "",
            f"Profile `{settings.profile}`, settings `{settings_hash(settings)}`.",
            "",
            "## What moves",
            "",
            *_table(("In Procore", "", "In Xero", "Flow", "On"), flows),
            "",
            "## What differs from the profile",
            "",
            *(
                _table(("Key", "Default", "Here", "What it says"), changed)
                if changed
                else ["Nothing."]
            ),
            "",
        ]
    )


def differences(settings: Settings) -> Iterator[tuple[str, str, str, str]]:
    """Yield each key whose value is not its profile's: key, default, value, what it says."""
    usual = make({"profile": settings.profile})
    for section, key, _, doc in reference():
        name = attribute(section, key)
        default = getattr(getattr(usual, section), name)
        value = getattr(getattr(settings, section), name)
        if value != default:
            yield f"`{section}.{key}`", _said(default), _said(value), doc.text


def _said(value: Any) -> str:
    return f"`{json.dumps(value, default=str, ensure_ascii=False)}`"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> list[str]:
    titles = list(head)
    lines = [titles, ["---"] * len(titles), *(list(row) for row in rows)]
    return ["| " + " | ".join(_cell(cell) for cell in cells) + " |" for cells in lines]


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
