import pytest

from trainauto_tui.drawing.log_index import Line
from trainauto_tui.drawing.log_matches import MatchList, Pattern


@pytest.mark.parametrize(
    ("text", "line", "places"),
    [
        ("loss", "Loss and LOSS", [(0, 4), (9, 13)]),
        ("Loss", "Loss and LOSS", [(0, 4)]),
        ("a.c", "abc a.c", [(4, 7)]),
        ("ä", "Ä und ä", [(0, 1), (6, 7)]),
        ("x", "nothing", []),
    ],
)
def test_a_text_is_plain_and_its_case_counts_if_it_has_upper_case(
    text: str, line: str, places: list[tuple[int, int]]
) -> None:
    assert Pattern(text).places(line) == places


def test_what_is_typed_may_be_inverse_or_nothing() -> None:
    assert Pattern.typed("loss") == Pattern("loss")
    assert Pattern.typed("!loss") == Pattern("loss", invert=True)
    assert Pattern.typed("!loss") is not None
    assert [Pattern("a", invert).written for invert in (False, True)] == ["a", "!a"]
    assert Pattern.typed("") is None
    assert Pattern.typed("!") is None


def test_matches_grow_at_either_end() -> None:
    found = MatchList(100)
    found.append([(110, 115), (130, 140)], 150)
    found.prepend([(20, 30)], 0)
    assert [found.line(number) for number in range(len(found))] == [
        Line(20, 30),
        Line(110, 115),
        Line(130, 140),
    ]
    assert (found.lo, found.hi) == (0, 150)
    assert [found.number_at(offset) for offset in (0, 20, 109, 110, 999)] == [0, 0, 0, 1, 2]
    assert [found.has(start) for start in (20, 21, 130, 140)] == [True, False, True, False]


def test_there_is_no_match_beyond_the_last() -> None:
    with pytest.raises(IndexError):
        MatchList().line(0)
