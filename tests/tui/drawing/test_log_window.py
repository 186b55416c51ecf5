from hypothesis import given
from hypothesis import strategies as st

from trainauto_tui.drawing.log_window import BLOCK, LogWindow


def test_what_was_put_can_be_got() -> None:
    window = LogWindow()
    window.put(10, b"abcdef")
    assert window.get(12, 15) == b"cde"
    assert window.get(10, 10) == b""


def test_what_is_missing_is_not_made_up() -> None:
    window = LogWindow()
    window.put(10, b"abcdef")
    assert window.get(9, 12) is None
    assert window.get(12, 17) is None


def test_neighbours_join_across_blocks() -> None:
    window = LogWindow()
    window.put(BLOCK - 3, b"abc")
    window.put(BLOCK, b"def")
    window.put(BLOCK + 3, b"ghi")
    assert window.get(BLOCK - 3, BLOCK + 6) == b"abcdefghi"


def test_a_piece_before_another_joins_it() -> None:
    window = LogWindow()
    window.put(5, b"fgh")
    window.put(0, b"abcdef")
    assert window.get(0, 8) == b"abcdefgh"


def test_the_oldest_blocks_are_forgotten() -> None:
    window = LogWindow(blocks=2)
    for number in range(3):
        window.put(number * BLOCK, b"x" * BLOCK)
    assert window.get(0, 1) is None
    assert window.get(BLOCK, 3 * BLOCK) == b"x" * 2 * BLOCK


@given(st.lists(st.tuples(st.integers(0, 200), st.integers(0, 60)), max_size=12))
def test_it_never_answers_wrongly(pieces: list[tuple[int, int]]) -> None:
    log = bytes(range(256)) * 2
    window = LogWindow()
    for start, size in pieces:
        window.put(start, log[start : start + size])
    for start in range(0, 260, 7):
        found = window.get(start, start + 9)
        assert found is None or found == log[start : start + 9]
