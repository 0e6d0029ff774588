"""Text from either system is untrusted: made plain, trimmed, and cut to what the target takes."""

from __future__ import annotations

import html
import re
import unicodedata
from hashlib import blake2b

_TAG = re.compile(r"<[a-zA-Z/!][^>]*>")
_BREAK = re.compile(r"<\s*(br|/p|/div|/li|/tr)\b[^>]*>", re.IGNORECASE)
_SPACES = re.compile(r"\s+")


def plain(value: object) -> str:
    """Return *value* as one line of plain text: no tags, entities, controls or double spaces."""
    if value is None:
        return ""
    text = str(value)
    if text.isascii() and text.isprintable() and "<" not in text and "&" not in text:
        return " ".join(text.split())  # nearly every text is, and a run cleans thousands
    text = html.unescape(_without_tags(text))
    text = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    text = "".join(c for c in text if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn"))
    return _SPACES.sub(" ", _without_tags(text)).strip()


def _without_tags(text: str) -> str:
    """Return *text* without tags, nor those that come together where one is taken out."""
    while (less := _TAG.sub("", _BREAK.sub(" ", text))) != text:
        text = less
    return text


def cut(text: str, length: int) -> str:
    """Return *text* in at most *length* characters; what is cut leaves a short hash behind.

    The hash keeps two long names with one beginning apart, and is the same every night.
    """
    if len(text) <= length:
        return text
    mark = blake2b(text.encode(), digest_size=3).hexdigest()
    return f"{text[: length - 7].rstrip()} {mark}"


def match_key(name: object) -> str:
    """Return what two spellings of one name have in common.

    NFKC, case folded, accents dropped, "&" read as "and", punctuation and spaces collapsed.
    """
    text = unicodedata.normalize("NFKD", plain(name)).casefold().replace("&", " and ")
    kept = "".join(c if c.isalnum() else " " for c in text if not unicodedata.combining(c))
    return _SPACES.sub(" ", kept).strip()
