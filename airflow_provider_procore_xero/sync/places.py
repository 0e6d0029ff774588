"""Countries and their regions, by ISO 3166, for Procore's ``country_code`` and ``state_code``."""

from __future__ import annotations

from functools import cache
from typing import Any

from airflow_provider_procore_xero.sync.text import match_key


@cache
def country_code(text: str, *, names: bool) -> str | None:
    """Return the two-letter code of *text*, or None where it is no country.

    :param text: a two- or three-letter ISO 3166-1 code, in any letter case.
    :param names: whether a country's English name will do as well: "New Zealand".
    """
    import pycountry  # 30 ms, and only where a contact has a country

    code = text.strip().upper()
    found: Any = None
    if len(code) == 2:
        found = pycountry.countries.get(alpha_2=code)
    elif len(code) == 3:
        found = pycountry.countries.get(alpha_3=code)
    if found is None and names:
        try:
            found = pycountry.countries.lookup(text.strip())
        except LookupError:
            return None
    return None if found is None else str(found.alpha_2)


@cache
def region_code(country: str, text: str) -> str | None:
    """Return the code of region *text* within *country* without the country: ``NSW``, ``TX``.

    :param country: a two-letter code.
    :param text: the region's ISO 3166-2 code, with or without the country, or its name.
    """
    import pycountry

    wanted = text.strip().upper()
    regions: Any = pycountry.subdivisions
    for region in regions.get(country_code=country) or ():
        code = str(region.code).split("-", 1)[1]
        if wanted in (code, region.code) or match_key(region.name) == match_key(text):
            return code
    return None
