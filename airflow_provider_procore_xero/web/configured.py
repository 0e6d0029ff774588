"""What the page works with: the configured settings, and the ledger of the configured pair."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from airflow.configuration import conf
from fastapi import Depends

from airflow_provider_procore_xero.settings import load, make

if TYPE_CHECKING:
    from airflow_provider_procore_xero.sync.settings import Settings

from airflow_provider_procore_xero.ledger.ledger import Ledger


def settings_path() -> str:
    """Return where the configured settings file is; empty where there is none."""
    return conf.get("procore_xero", "settings", fallback="") or ""


def settings() -> Settings:
    """Return the settings that runs use now; a changed file is read again.

    :raises SettingsError: if they can't be used.
    """
    path = settings_path()
    try:
        changed = Path(path).stat().st_mtime_ns if path else 0
    except OSError:
        changed = 0
    return _settings(path, changed)


@lru_cache(maxsize=4)
def _settings(path: str, _changed: int) -> Settings:
    return load(path) if path else make({})


def opened() -> Ledger:
    """Return the ledger of the default connections.

    :raises ConnectionIncomplete: if one of them lacks something.
    """
    from airflow_provider_procore_xero.hooks.ledger import LedgerHook
    from airflow_provider_procore_xero.hooks.pair import pair_of
    from airflow_provider_procore_xero.hooks.procore import ProcoreHook
    from airflow_provider_procore_xero.hooks.xero import XeroHook

    pair = pair_of(ProcoreHook.default_conn_name, XeroHook.default_conn_name)
    return LedgerHook().get_conn(pair)


def zone() -> tzinfo:
    """Return the time zone in which schedules and days are told; UTC where it is none."""
    try:
        return ZoneInfo(conf.get("procore_xero", "timezone", fallback="UTC") or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def left_of_xeros_day(ledger: Ledger) -> tuple[int, datetime] | None:
    """Return how many calls Xero still takes today, and when it said so; None where it has not."""
    from airflow_provider_procore_xero.hooks.xero import XeroHook

    return XeroHook().left_today(ledger.limits)


@dataclass(frozen=True, slots=True, kw_only=True)
class HourLeft:
    """Procore's hour as it last spoke of it.

    :param left: calls left of it; None where that hour is over.
    """

    most: int
    left: int | None
    at: datetime
    ends: datetime


def left_of_procores_hour(ledger: Ledger) -> HourLeft | None:
    """Return what Procore last said of its hour; None where it never spoke of one."""
    from airflow_provider_procore_xero.hooks.procore import ProcoreHook

    said = ProcoreHook().hour(ledger.limits)
    if said is None:
        return None
    at, ends = (datetime.fromtimestamp(moment, UTC) for moment in (said.at, said.ends))
    left = said.left if ends > datetime.now(UTC) else None
    return HourLeft(most=said.most, left=left, at=at, ends=ends)


OpenLedger = Annotated[Ledger, Depends(opened)]
