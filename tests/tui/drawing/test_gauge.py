from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from trainauto_tui.drawing.gauge import Gauge, marks
from trainauto_tui.drawing.spans import Span


def text(spans: tuple[Span, ...]) -> str:
    return "".join(span.text for span in spans)


def test_a_bar_is_filled_in_eighths() -> None:
    assert text(Gauge(1, 4).bar(10, plain=False)) == "▕██      ▏"
    assert text(Gauge(3, 16).bar(10, plain=False)) == "▕█▌      ▏"
    assert text(Gauge(1, 1).bar(6, plain=False)) == "▕████▏"
    assert text(Gauge(0, 4).bar(6, plain=False)) == "▕    ▏"


def test_in_ascii_it_has_whole_cells() -> None:
    assert text(Gauge(1, 4).bar(10, plain=True)) == "[##------]"


def test_little_is_not_nothing_and_nearly_all_is_not_all() -> None:
    assert text(Gauge(1, 10_000).bar(6, plain=True)) == "[#---]"
    assert text(Gauge(9_999, 10_000).bar(6, plain=True)) == "[###-]"


def test_a_full_disk_is_bad_and_full_slots_are_not() -> None:
    assert Gauge(95, 100, scarce=True).role == "bad"
    assert Gauge(80, 100, scarce=True).role == "live"
    assert Gauge(4, 4).role == "live"
    assert Gauge(0, 4).role == "muted"


@given(
    used=st.floats(-1, 1e15),
    total=st.floats(0, 1e15),
    cells=st.integers(3, 200),
    plain=st.booleans(),
)
def test_it_has_exactly_the_width_asked_for(
    used: float, total: float, cells: int, plain: bool
) -> None:
    assert cell_len(text(Gauge(used, total).bar(cells, plain))) == cells


def test_devices_have_a_mark_each() -> None:
    assert text(marks([2, 0, 1], [1], plain=False)) == "□■□"
    assert text(marks([0, 1], [0], plain=True)) == "#-"
    assert marks([], [], plain=False) == ()
