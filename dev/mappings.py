"""The page of mappings: what moves, and every row of it by its number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from airflow_provider_procore_xero.settings import PROFILES, make
from airflow_provider_procore_xero.sync.capabilities import CAPABILITIES, Capability
from airflow_provider_procore_xero.sync.report import CALLED

ALL = "all"


def capabilities() -> Iterator[tuple[str, ...]]:
    """Yield a row for each pair of records: both names, the way, the flow, and where it is on."""
    for each in CAPABILITIES:
        arrow = "→" if each.to_xero else "←"
        switch = f"`{each.switch}`" if each.switch else "always"
        yield each.procore, arrow, each.xero, CALLED[each.entity.name], switch, profiles(each)


def requirements() -> Iterator[tuple[str, ...]]:
    """Yield every row that has a number, by number: source, target, direction, rule, profiles."""
    rows: list[tuple[str, ...]] = []
    for each in CAPABILITIES:
        way = "Procore → Xero" if each.to_xero else "Xero → Procore"
        for row in each.entity.mapping:
            rows += [
                (r, row.source, row.target, way, row.rule, profiles(each)) for r in row.r.split()
            ]
        for rule in each.rules:
            notes = [rule.says]
            notes += [f"`{rule.setting}`"] if rule.setting else []
            notes += [f"Held as [`{rule.held}`](reasons.md#{rule.held.lower()})."] * bool(rule.held)
            source, target = (each.procore, each.xero)[:: 1 if each.to_xero else -1]
            rows.append((rule.r, source, target, way, " ".join(notes), profiles(each)))
    yield from sorted(rows, key=lambda row: int(re.sub(r"\D", "", row[0])))


def profiles(capability: Capability) -> str:
    """Return the profiles that have the flow switched on by default."""
    on = [f"`{name}`" for name in PROFILES if capability.on(make({"profile": name}))]
    return ALL if len(on) == len(PROFILES) else ", ".join(on) or "none by default"
