"""Text and addresses from Procore, Xero and Airflow, made fit for a mail. None of it is trusted."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import urlsplit

A_TITLE = 120
A_VALUE = 80
A_SENTENCE = 400
AN_ADDRESS = 600
"""Characters beyond which each is cut, so that no single record can fill a mail."""

_UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn")
"""Unicode categories of what nobody sees: control characters, and those that turn text around."""

_NAMES = {"procore": "Procore", "xero": "Xero", "po": "PO", "id": "id", "abn": "ABN", "pdf": "PDF"}


def line(text: object, most: int = A_SENTENCE) -> str:
    """Return *text* as one line of at most *most* characters, without what nobody sees."""
    spaced = " ".join(str(text)[: 10 * most].split())  # the rest would be cut anyway
    if not spaced.isprintable():  # as what nobody sees is not, and a few spaces
        spaced = "".join(c for c in spaced if unicodedata.category(c) not in _UNSEEN).strip()
    return spaced if len(spaced) <= most else spaced[: most - 1].rstrip() + "…"


def address(url: str) -> str:
    """Return *url* if it is one that a mail may lead to, else an empty text."""
    if len(url) > AN_ADDRESS or re.search(r"[\s\x00-\x1f\x7f<>\"'`\\]", url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return url if parts.scheme in ("http", "https") and parts.hostname else ""


def words(code: str) -> str:
    """Return a reason's code as people say it: ``VENDOR_NOT_LINKED`` is *Vendor not linked*."""
    said = line(code.replace("_", " "), A_TITLE).lower()
    said = " ".join(_NAMES.get(word, word) for word in said.split())
    return said[:1].upper() + said[1:]


def field_words(name: str) -> str:
    """Return a field's dotted name as people say it: ``LineItems.0.UnitAmount`` is line item 1's.

    Places are counted from 1.
    """
    parts = (str(int(p) + 1) if p.isdecimal() else _spaced(p) for p in name.split("."))
    said = line(" ".join(parts), A_VALUE)
    return said[:1].upper() + said[1:]


def _spaced(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name).replace("_", " ").lower()
