import pytest
from hypothesis import given, settings

from benchmarks.shapes import Needs
from tests.tui.drawing.box_tracer import BoxTracer
from tests.tui.drawing.shapes import NIGHTLY, SHAPES, dags, edges, spent_ms
from trainauto_tui.drawing.boxes import HEIGHT, MARGIN, ROOM, Boxes, draw


def drawn(needs: Needs) -> Boxes:
    return draw(needs, {step: len(step) for step in needs})


def test_a_fork_and_a_merge() -> None:
    needs = {"split": [], "lr": ["split"], "xgb": ["split"], "evaluate": ["lr", "xgb"]}
    assert drawn(needs).lines == (
        "   ╭───────╮   ",
        "   │       │   ",
        "   ╰───┬───╯   ",
        "       │       ",
        "   ╭───┴───╮   ",
        "╭──┴─╮  ╭──┴──╮",
        "│    │  │     │",
        "╰──┬─╯  ╰──┬──╯",
        "   │       │   ",
        "   ╰───┬───╯   ",
        " ╭─────┴────╮  ",
        " │          │  ",
        " ╰──────────╯  ",
    )


@settings(max_examples=100, deadline=None)
@given(dags())
def test_the_drawing_has_every_edge_and_no_other(needs: Needs) -> None:
    assert BoxTracer(drawn(needs)).edges() == edges(needs)


@pytest.mark.parametrize("count", [1, 12, 100, 1000])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_size_and_shape_can_be_followed(shape: str, count: int) -> None:
    needs = SHAPES[shape](count)
    assert BoxTracer(drawn(needs)).edges() == edges(needs)


@settings(max_examples=30, deadline=None)
@given(dags())
def test_boxes_have_room_for_their_text_and_none_covers_another(needs: Needs) -> None:
    taken: set[tuple[int, int]] = set()
    for step, box in drawn(needs).boxes.items():
        assert box.step == step
        assert box.width >= len(step) + MARGIN
        cells = {
            (box.row + row, column)
            for row in range(HEIGHT)
            for column in range(box.column, box.column + box.width)
        }
        assert not cells & taken
        taken |= cells


@settings(max_examples=30, deadline=None)
@given(dags())
def test_every_step_stands_below_what_it_needs(needs: Needs) -> None:
    boxes = drawn(needs).boxes
    assert all(boxes[need].row < boxes[step].row for need, step in edges(needs))


@settings(max_examples=30, deadline=None)
@given(dags())
def test_the_ascii_drawing_has_the_same_shape_in_ascii(needs: Needs) -> None:
    drawing = drawn(needs)
    plain = drawing.ascii()
    assert plain.boxes == drawing.boxes
    assert [len(line) for line in plain.lines] == [len(line) for line in drawing.lines]
    assert all(line.isascii() for line in plain.lines)


def test_steps_that_have_nothing_to_do_with_one_another_are_put_side_by_side() -> None:
    drawing = drawn({f"step{n:04}": [] for n in range(30)})
    assert drawing.width <= ROOM
    assert len({box.row for box in drawing.boxes.values()}) < 30


def test_a_need_that_is_no_step_is_left_out() -> None:
    assert BoxTracer(drawn({"a": ["ghost"], "b": ["a", "a"]})).edges() == {("a", "b")}


def test_no_steps_make_an_empty_drawing() -> None:
    assert drawn({}) == Boxes({}, (), 0)


def test_a_cycle_is_an_error() -> None:
    with pytest.raises(ValueError, match="circle"):
        drawn({"a": ["b"], "b": ["a"], "c": []})


@pytest.mark.parametrize(("count", "limit_ms"), [(100, 200), (1000, 3000)])
@pytest.mark.parametrize("shape", ["wide", "deep", "apart"])
def test_the_time_of_a_layout_does_not_explode_with_its_size(
    shape: str, count: int, limit_ms: float
) -> None:
    needs = SHAPES[shape](count)
    assert spent_ms(lambda: drawn(needs)) <= limit_ms


def test_a_nightly_pipeline_fits_a_wide_screen() -> None:
    assert drawn(NIGHTLY).width <= 80
