"""Text of either system is made plain, compared by what it has in common, and cut to fit."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from airflow_provider_procore_xero.sync.text import cut, match_key, plain

SNIPPETS = st.sampled_from(
    ["<b>", "</b>", "<br/>", "<script>", "&lt;", "&gt;", "&amp;", "&nbsp;", "&#0;", "&#x1F600;",
     "<", ">", "\u200b", "\u202e", "\x00", "\x1b", "\r\n", "\t", "\ufeff", "\ud800", "😀", "é",
     "<!--", "-->", "\u2028"]
)  # fmt: skip
MESSY = st.lists(st.one_of(SNIPPETS, st.text(max_size=5)), max_size=12).map("".join)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("<p>Pour <b>slab</b></p><p>Level 2</p>", "Pour slab Level 2"),
        ("Fish &amp; Co &#39;Pty&#39;", "Fish & Co 'Pty'"),
        ("line one\r\nline two\ttab", "line one line two tab"),
        ("  spaced   out  ", "spaced out"),
        ("zero\u200bwidth \u202eturned", "zerowidth turned"),
        ("nul\x00bell\x07", "nul bell"),
        ("Café 😀", "Café 😀"),
        ("3 < 4 and 5 > 4", "3 < 4 and 5 > 4"),
        ("<<<i>b>b>tags in tags", "tags in tags"),
        ("&lt;p&gt;twice escaped&lt;/p&gt;", "twice escaped"),
        ("no\u00a0break", "no break"),
        (None, ""),
        (12, "12"),
    ],
)
def test_E47_text_is_made_plain(written: object, read: str) -> None:
    assert plain(written) == read


@settings(deadline=None, max_examples=400)
@given(MESSY)
def test_E47_plain_text_never_holds_controls_tags_or_stray_spaces(text: str) -> None:
    result = plain(text)

    assert not {unicodedata.category(c) for c in result} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert not re.search(r"<[a-zA-Z/!][^>]*>", result)
    assert result == " ".join(result.split())


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=300), st.integers(10, 120))
def test_E46_what_is_cut_fits_and_what_fits_is_left_alone(text: str, length: int) -> None:
    text = plain(text)

    assert len(cut(text, length)) <= length
    assert cut(text, length) == cut(text, length)
    if len(text) <= length:
        assert cut(text, length) == text


@settings(deadline=None, max_examples=100)
@given(st.sets(st.text("ab 1", max_size=6).map(lambda end: "P-100 " + "x" * 120 + "_" + end),
               min_size=2, max_size=20))  # fmt: skip
def test_E46_distinct_long_names_stay_distinct_and_keep_their_number(names: set[str]) -> None:
    short = {cut(name, 100) for name in names}

    assert len(short) == len(names)
    assert all(name.startswith("P-100 ") for name in short)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Terra Works", "TERRA  works "),
        ("Smith & Sons", "smith and sons"),
        ("Café Größe", "CAFE GROSSE"),
        ("A.B.C. Pty. Ltd.", "a b c pty ltd"),
        ("ﬁne works", "fine works"),
        ("<b>Bold</b> Co", "Bold Co"),
    ],
)
def test_E24_spellings_of_one_name_have_one_key(one: str, other: str) -> None:
    assert match_key(one) == match_key(other)


def test_E24_two_names_have_two_keys() -> None:
    assert match_key("Terra Works") != match_key("Terra Work")
    assert match_key("北京建筑") != match_key("上海建筑")
    assert match_key("+++") != match_key("***")


@settings(deadline=None, max_examples=200)
@given(st.text("AbcÉßø &.-12", max_size=30))
def test_E24_case_and_spaces_never_matter(name: str) -> None:
    assert match_key(f"  {name.upper()} ") == match_key(name.lower())
