"""The last nights as a picture: its pixels, and the same in words."""

from __future__ import annotations

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from airflow_provider_procore_xero.ledger.nights import DOCUMENTS
from airflow_provider_procore_xero.notifications.chart_picture import (
    COLOURS,
    KEPT_BACK,
    WIDTH,
    chart_of,
    cid_of,
    data_of,
)
from airflow_provider_procore_xero.notifications.mail import LARGEST, compose
from airflow_provider_procore_xero.notifications.png import Picture
from tests.notifications.pages import Page
from tests.notifications.pixels import LAST, Pixels, a_chart, some_nights
from tests.notifications.reports import a_flow, a_report, an_outcome, held
from tests.notifications.test_mail import in_order

STEP = WIDTH // 14
MOST_BYTES = 12_000


def bar(pixels: Pixels, night: int) -> dict[str, int]:
    """Return how many pixels each colour of a night's bar is high; the last night is 13."""
    heights: dict[str, int] = {}
    for colour, height in pixels.down((WIDTH - 14 * STEP) // 2 + night * STEP + STEP // 2):
        heights[colour] = heights.get(colour, 0) + height
    return {
        colour: heights[colour] for colour in (*COLOURS.values(), KEPT_BACK) if colour in heights
    }


# The pixels


def test_a_night_is_stacked_by_kind_to_the_scale_of_the_largest_night():
    pixels = Pixels(a_chart((0, 40, 0, 0), (0, 10, 20, 0)).png())

    most, this = bar(pixels, 12), bar(pixels, 13)

    blue, green, amber, violet = COLOURS.values()
    assert set(most) == {green}
    assert set(this) == {green, amber}
    assert this[green] / most[green] == pytest.approx(1 / 4, abs=0.02)
    assert this[amber] / most[green] == pytest.approx(1 / 2, abs=0.02)
    assert not {blue, violet} & {pixels.at(x, y) for x in range(WIDTH) for y in (100, 250)}


def test_kinds_stand_on_each_other_in_the_order_of_the_page():
    column = Pixels(a_chart((0, 0, 0, 1), (5, 5, 5, 5)).png()).down(13 * STEP + STEP // 2)

    assert [c for c, _ in column if c in COLOURS.values()] == [*COLOURS.values()][::-1]


def test_what_was_kept_back_hangs_below_the_axis_on_a_scale_of_its_own():
    pixels = Pixels(a_chart((0, 900, 0, 0), (0, 1, 0, 0), kept_back=(4, 2)).png())

    assert bar(pixels, 13)[KEPT_BACK] / bar(pixels, 12)[KEPT_BACK] == pytest.approx(1 / 2, abs=0.05)
    column = [colour for colour, _ in pixels.down(13 * STEP + STEP // 2)]
    assert column.index(COLOURS["bills"]) < column.index(KEPT_BACK)


def test_one_document_is_seen_beside_thousands():
    pixels = Pixels(a_chart((0, 9000, 0, 0), (0, 1, 0, 0), kept_back=(5000, 1)).png())

    assert all(height >= 4 for height in bar(pixels, 13).values())
    assert len(bar(pixels, 13)) == 2


def test_only_the_night_of_the_mail_is_shaded():
    pixels = Pixels(a_chart().png())
    top = [pixels.at(x, 2) for x in range(WIDTH)]

    assert len(set(top)) == 2
    assert len(set(top[: 13 * STEP])) == 1
    assert set(top[13 * STEP + 10 :]) == {top[-1]}


def test_a_night_of_nothing_leaves_its_place_empty():
    assert bar(Pixels(a_chart((0, 5, 0, 0), (0, 0, 0, 0)).png()), 13) == {}


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(*[st.integers(0, 10**6)] * 5), min_size=14, max_size=14))
def test_whatever_the_figures_the_picture_is_small_and_nothing_leaves_it(made):
    nights = some_nights(*(each[:4] for each in made))
    chart = chart_of(nights, {night.day: each[4] for night, each in zip(nights, made, strict=True)})
    if chart is None:
        return

    png = chart.png()

    pixels = Pixels(png)
    assert len(png) < MOST_BYTES
    assert not {pixels.at(x, 0) for x in range(WIDTH)} & {*COLOURS.values(), KEPT_BACK}
    assert chart.png() == png


def test_the_file_holds_its_size_its_colours_and_its_pixels_and_nothing_else():
    pixels = Pixels(a_chart(kept_back=(1, 2)).png())

    assert list(pixels.chunks) == [b"IHDR", b"PLTE", b"IDAT", b"IEND"]
    assert (pixels.width, pixels.height) == (1184, 340)


def test_a_picture_keeps_to_its_edges():
    picture = Picture(4, 3, ["#000000", "#ffffff"])

    picture.fill(2, -1, 9, 2, "#ffffff")
    picture.fill(9, 0, 2, 2, "#ffffff")

    pixels = Pixels(picture.png())
    assert [pixels.at(x, 0) for x in range(4)] == ["#000000"] * 2 + ["#ffffff"] * 2
    assert pixels.at(3, 1) == "#000000"


def test_every_kind_that_the_page_counts_has_a_colour():
    assert list(COLOURS) == list(DOCUMENTS.values())


# Whether there is one


def test_one_night_alone_has_no_picture():
    assert chart_of(some_nights((0, 5, 0, 0)), {LAST: 3}) is None
    assert chart_of(some_nights((0, 5, 0, 0)), {}) is None


def test_nights_without_any_document_have_no_picture():
    nights = some_nights()

    assert chart_of(nights, {night.day: 4 for night in nights}) is None


def test_a_night_that_found_nothing_to_make_is_one_to_compare_with():
    nights = some_nights((0, 5, 0, 0))

    assert chart_of(nights, {nights[-2].day: 0, LAST: 0}) is not None


# In words


def test_the_figures_are_told_in_a_sentence():
    chart = a_chart(kept_back=(25, 0, 3))

    assert chart.figures == (
        "Documents in the last 14 nights, 9 to 22 Nov: 0 0 0 0 0 0 0 0 0 0 0 74 0 28."
        " Held or refused: 0 0 0 0 0 0 0 0 0 0 0 25 0 3."
    )
    assert chart.summary == (
        "This night: 28 documents (2 purchase orders, 9 bills, 14 payments, 3 direct costs)."
        " Most on 20 Nov: 74."
    )


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (((0, 5, 0, 0), (0, 0, 0, 0)), "This night: none. Most on 21 Nov: 5."),
        (((0, 1, 0, 0), (0, 1, 0, 0)), "This night: 1 bill. Most on 21 Nov: 1."),
        (
            ((0, 1, 0, 0), (0, 7, 0, 1)),
            "This night: 8 documents (7 bills, 1 direct cost), more than in any before.",
        ),
    ],
)
def test_this_night_is_told_beside_the_one_with_most(made, said):
    assert a_chart(*made).summary == said


def test_nothing_is_said_of_what_was_never_kept_back():
    assert "Held" not in a_chart().figures


# In the mail


def test_the_picture_stands_between_what_to_do_and_what_was_written_with_its_figures_beside_it():
    chart = a_chart(kept_back=(25, 0, 3))

    message = compose(a_report(a_flow(an_outcome(1), held(2))), chart=chart)

    page = Page(message.html)
    ((cid, png),) = message.pictures.items()
    (image,) = (attributes for tag, attributes in page.tags if tag == "img")
    assert (image["src"], image["alt"], image["width"]) == (f"cid:{cid}", chart.figures, "592")
    assert png == chart.png()
    headings = ("What to do", "Documents per night", chart.summary, "What was written")
    assert in_order(page.text, *headings)
    assert in_order(message.text, *(h if h == chart.summary else h.upper() for h in headings))
    assert "14 15 16 17 18 19 20 21 22" in page.text
    assert "■ 14 purchase orders ■ 49 bills ■ 14 payments ■ 25 direct costs" in page.text
    assert "held or refused, up to 25 a night" in page.text
    assert chart.figures in message.text


def test_without_a_chart_nothing_is_said_of_nights():
    message = compose(a_report())

    assert message.pictures == {}
    assert "img" not in {tag for tag, _ in Page(message.html).tags}
    assert "per night" not in message.html + message.text


def test_in_a_file_the_picture_is_in_the_html():
    chart = a_chart()

    message = compose(a_report(), chart=chart, embedded=True)

    assert f'<img class="m" src="{data_of(chart.png())}"' in message.html
    assert message.pictures == {}


@pytest.mark.parametrize("embedded", [True, False])
def test_a_long_night_with_a_picture_is_no_larger_than_without(embedded):
    flow = a_flow(*(an_outcome(n) for n in range(3000)), *(held(n) for n in range(3000, 4000)))

    message = compose(a_report(flow), chart=a_chart(), embedded=embedded)

    assert len(message.html.encode()) <= LARGEST


def test_another_picture_has_another_content_id():
    one, same, other = (a_chart(*made) for made in ((), (), ((0, 1, 0, 0), (0, 2, 0, 0))))

    assert cid_of(one.png()) == cid_of(same.png()) != cid_of(other.png())
