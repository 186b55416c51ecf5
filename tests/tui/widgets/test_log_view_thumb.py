from hypothesis import given
from hypothesis import strategies as st

from trainauto_tui.widgets.log_view.thumb import thumb

PARTS = st.floats(0, 1)


def test_what_is_all_in_view_needs_no_scrollbar() -> None:
    assert thumb(0.0, 1.0, 20) is None
    assert thumb(0.0, 0.5, 0) is None


def test_it_is_at_either_end_only_when_the_view_is() -> None:
    whole, top = thumb(0.0, 0.1, 20) or (0, 0)
    assert top == 0
    assert thumb(0.9, 1.0, 20) == (whole, whole - 20)


@given(PARTS, PARTS, st.integers(1, 60))
def test_it_stays_within_its_room(one: float, other: float, height: int) -> None:
    place = thumb(min(one, other), max(one, other), height)
    if place is not None:
        assert height < place[0] <= 100 * height
        assert 0 <= place[1] <= place[0] - height


def test_a_log_that_grows_by_a_line_leaves_it_alone() -> None:
    places = {thumb(1 - 20 / lines, 1.0, 20) for lines in range(1000, 1100)}
    assert len(places) <= 2
