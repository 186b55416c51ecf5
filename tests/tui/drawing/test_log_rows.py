from hypothesis import example, given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.style import Style

from trainauto_tui.drawing.log_rows import Cut, crop, fold, row_of, runs
from trainauto_tui.drawing.terminal_text import styled

TEXT = st.text(st.sampled_from("ab 模\u0301é\u200d👩🚀"), max_size=60).map(
    lambda text: styled(text.encode()).text
)
BOLD = Style(bold=True)


@given(TEXT, st.integers(2, 20))
def test_folding_loses_nothing_and_keeps_within_the_width(text: str, cells: int) -> None:
    rows = [text[cut.start : cut.end] for cut in fold(text, cells)]
    assert "".join(rows) == text
    assert all(cell_len(row) <= cells for row in rows)
    assert all(row for row in rows[1:])


def test_text_is_folded_at_the_width() -> None:
    assert fold("", 10) == [Cut(0, 0)]
    assert fold("a" * 20, 10) == [Cut(0, 10), Cut(10, 20)]
    assert fold("a模型b", 3) == [Cut(0, 2), Cut(2, 4)]
    assert fold("ae\u0301b", 2) == [Cut(0, 3), Cut(3, 4)]


def test_a_pane_too_narrow_for_a_wide_character_shows_it_all_the_same() -> None:
    assert fold("模型", 1) == [Cut(0, 1), Cut(1, 2)]


@given(TEXT, st.integers(0, 30), st.integers(1, 20))
@example(styled("\u200déa".encode()).text, 1, 1)
def test_what_is_cut_out_stands_where_it_stood(text: str, left: int, cells: int) -> None:
    cut = crop(text, left, cells)
    shown = text[cut.start : cut.end]
    assert cut.lead + cell_len(shown) <= max(cells, cut.lead)
    if cell_len(shown):
        assert cell_len(text[: cut.start]) == left + cut.lead


def test_a_part_of_a_line() -> None:
    assert crop("abcdef", 2, 3) == Cut(2, 5)
    assert crop("abc", 10, 5) == Cut(3, 3)
    assert crop("模型abc", 1, 4) == Cut(1, 3, lead=1)
    assert crop("模型", 0, 3) == Cut(0, 1)


def test_looks_and_places_found_divide_a_row() -> None:
    pieces = (("plain ", None), ("bold text", BOLD))
    assert runs(pieces, Cut(0, 15)) == [("plain ", None, False), ("bold text", BOLD, False)]
    assert runs(pieces, Cut(3, 12), [(4, 8)]) == [
        ("i", None, False),
        ("n ", None, True),
        ("bo", BOLD, True),
        ("ld t", BOLD, False),
    ]
    assert runs(pieces, Cut(15, 15)) == []


@given(TEXT, TEXT, st.integers(0, 30), st.integers(0, 60))
def test_runs_are_the_text_of_the_row(first: str, second: str, start: int, size: int) -> None:
    whole = first + second
    cut = Cut(min(start, len(whole)), min(start + size, len(whole)))
    found = runs(((first, None), (second, BOLD)), cut, [(2, 5), (7, 8)])
    assert "".join(run.text for run in found) == whole[cut.start : cut.end]


def test_the_row_that_has_a_character() -> None:
    cuts = fold("a" * 25, 10)
    assert [row_of(cuts, at) for at in (0, 9, 10, 24, 99)] == [0, 0, 1, 2, 2]
