from hypothesis import given
from hypothesis import strategies as st

from trainauto_tui.drawing.columns import (
    MARGINS,
    Column,
    Row,
    Sorting,
    column_at,
    headings,
    sorted_after_click,
    sorted_after_key,
    value_of,
    widths,
)
from trainauto_tui.drawing.spans import Span

COLUMNS = (
    Column("name", 8, sort="up"),
    Column("note"),
    Column("took", 6, right=True, sort="down"),
    Column("more", 9, from_width=60),
)


def row(*texts: str, **order: float | None) -> Row:
    return Row(texts[0], tuple((Span(text),) for text in texts), order)


ROWS = [row("a-long-name", "x", "1:02", "seven"), row("b", "", "3", "")]


def measured(total: int, rows: list[Row] = ROWS, gap: int = 1) -> tuple[int, ...]:
    return widths(COLUMNS, headings(COLUMNS, None), rows, total, gap)


def test_columns_are_as_wide_as_they_need_and_one_gets_the_rest() -> None:
    assert measured(40) == (8, 40 - MARGINS - 8 - 4 - 2, 4, 0)
    assert measured(60) == (8, 60 - MARGINS - 8 - 4 - 5 - 3, 4, 5)


def test_the_widest_give_way_where_a_line_is_too_short() -> None:
    assert measured(10) == (3, 0, 3, 0)
    assert sum(measured(10)) + 2 == 10 - MARGINS


@given(st.integers(0, 90), st.integers(1, 2))
def test_no_line_is_longer_than_the_widget_unless_it_is_tiny(total: int, gap: int) -> None:
    sizes = measured(total, gap=gap)
    if total >= 12:
        assert sum(size + gap for size in sizes if size) <= total - MARGINS + gap


def test_the_sorted_column_says_so() -> None:
    assert headings(COLUMNS, Sorting(0, False))[:2] == ["name▲", "note"]
    assert headings(COLUMNS, Sorting(2, True))[2] == "took▼"


def test_a_row_is_sorted_by_its_value_else_by_its_text() -> None:
    timed = row("a", "x", "1:02", "", took=62.0)
    assert value_of(timed, COLUMNS, 2) == 62.0
    assert value_of(timed, COLUMNS, 0) == "a"
    assert value_of(timed, COLUMNS, 3) is None
    assert value_of(row("a", "x", "1:02", "", took=None), COLUMNS, 2) is None


def test_a_click_sorts_the_column_below_it() -> None:
    sizes = (3, 0, 4)
    assert [column_at(sizes, 1, x) for x in range(11)] == [0] * 5 + [2] * 5 + [None]
    assert column_at((0, 0), 1, 0) is None


def test_clicks_go_through_both_ways_and_back() -> None:
    seen = [sorted_after_click(COLUMNS, 2, None)]
    for _ in range(2):
        seen.append(sorted_after_click(COLUMNS, 2, seen[-1]))
    assert seen == [Sorting(2, True), Sorting(2, False), None]
    assert sorted_after_click(COLUMNS, 0, Sorting(2, True)) == Sorting(0, False)


def test_the_key_goes_from_column_to_column_and_back() -> None:
    seen = [sorted_after_key(COLUMNS, [0, 2], None)]
    for _ in range(3):
        seen.append(sorted_after_key(COLUMNS, [0, 2], seen[-1]))
    assert seen == [Sorting(0, False), Sorting(2, True), None, Sorting(0, False)]
    assert sorted_after_key(COLUMNS, [], None) is None
