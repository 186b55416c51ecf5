import pytest
from hypothesis import given, settings

from benchmarks.shapes import Needs
from tests.tui.drawing.shapes import NIGHTLY, SHAPES, dags, edges, spent_ms
from tests.tui.drawing.tracer import Tracer
from trainauto_tui.drawing.rail import draw


def text(needs: Needs) -> str:
    """Return the drawing as one would print it."""
    rail = draw(needs)
    return "\n".join(f"{row.cells:<{rail.width}} {row.step}".rstrip() for row in rail.rows)


def test_twelve_steps_with_fan_out_fan_in_and_a_skipping_edge() -> None:
    assert text(NIGHTLY) == (
        "●         ingest\n"
        "●─╮       validate\n"
        "│ ●       featurize\n"
        "│ ●─┬─┬─╮ split\n"
        "│ │ │ │ ● train_lr\n"
        "│ │ │ ● │ train_xgb\n"
        "│ │ ● │ │ train_mlp\n"
        "│ ●─┴─┴─╯ evaluate\n"
        "● │       drift_check\n"
        "●─╯       compare\n"
        "●         register\n"
        "●         canary"
    )


def test_a_wide_family_is_a_ladder_of_two_lanes() -> None:
    family = {f"train[{n}]": ["split"] for n in range(5)}
    assert text({"split": [], **family, "evaluate": list(family)}) == (
        "●     split\n"
        "├╴●╶╮ train[0]\n"
        "├╴●╶┤ train[1]\n"
        "├╴●╶┤ train[2]\n"
        "├╴●╶┤ train[3]\n"
        "╰╴●╶┤ train[4]\n"
        "    ● evaluate"
    )


def test_five_hundred_siblings_take_no_more_columns_than_five() -> None:
    family = {f"train[{n}]": ["split"] for n in range(500)}
    assert draw({"split": [], **family, "evaluate": list(family)}).width == 5


def test_a_chain_takes_one_column() -> None:
    chain = {f"s{n}": [f"s{n - 1}"] if n else [] for n in range(50)}
    assert draw(chain).width == 1


@settings(max_examples=200, deadline=None)
@given(dags())
def test_the_drawing_has_every_edge_and_no_other(needs: Needs) -> None:
    rail = draw(needs)
    assert sorted(row.step for row in rail.rows) == sorted(needs)
    assert Tracer(rail).edges() == edges(needs)


@settings(max_examples=50, deadline=None)
@given(dags())
def test_every_step_stands_below_what_it_needs(needs: Needs) -> None:
    place = {row.step: number for number, row in enumerate(draw(needs).rows)}
    assert all(place[need] < place[step] for need, step in edges(needs))


@settings(max_examples=50, deadline=None)
@given(dags())
def test_the_ascii_rail_has_the_same_shape_in_ascii(needs: Needs) -> None:
    rail = draw(needs)
    for row, plain in zip(rail.rows, rail.ascii().rows, strict=True):
        assert (row.step, row.node, len(row.cells)) == (plain.step, plain.node, len(plain.cells))
        assert (plain.cells[: plain.node] + plain.cells[plain.node + 1 :]).isascii()


def test_unrelated_steps_do_not_look_like_a_chain() -> None:
    assert Tracer(draw({name: [] for name in "abcd"})).edges() == set()


def test_a_need_that_is_no_step_is_left_out() -> None:
    assert Tracer(draw({"a": ["ghost"], "b": ["a", "a"]})).edges() == {("a", "b")}


def test_no_steps_make_an_empty_rail() -> None:
    assert draw({}).rows == ()


def test_a_cycle_is_an_error() -> None:
    with pytest.raises(ValueError, match="circle"):
        draw({"a": ["b"], "b": ["a"], "c": []})


@pytest.mark.parametrize("count", [1, 12, 100, 1000])
@pytest.mark.parametrize("shape", SHAPES)
def test_every_size_and_shape_can_be_followed(shape: str, count: int) -> None:
    needs = SHAPES[shape](min(count, 400) if shape == "wide" else count)
    assert Tracer(draw(needs)).edges() == edges(needs)


@pytest.mark.parametrize(("count", "limit_ms"), [(100, 200), (1000, 3000)])
@pytest.mark.parametrize("shape", ["wide", "deep", "apart"])
def test_the_time_of_a_layout_does_not_explode_with_its_size(
    shape: str, count: int, limit_ms: float
) -> None:
    needs = SHAPES[shape](count)
    assert spent_ms(lambda: draw(needs)) <= limit_ms
