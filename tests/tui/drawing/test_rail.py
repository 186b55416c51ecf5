import time
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tui.drawing.tracer import Tracer
from trainauto_tui.drawing.rail import LADDER, draw

NIGHTLY = {
    "ingest": [],
    "validate": ["ingest"],
    "featurize": ["validate"],
    "split": ["featurize"],
    "train_lr": ["split"],
    "train_xgb": ["split"],
    "train_mlp": ["split"],
    "evaluate": ["train_lr", "train_xgb", "train_mlp", "split"],
    "drift_check": ["validate"],
    "compare": ["evaluate", "drift_check"],
    "register": ["compare"],
    "canary": ["register"],
}
Needs = Mapping[str, Sequence[str]]


def text(needs: Needs) -> str:
    """Return the drawing as one would print it."""
    rail = draw(needs)
    return "\n".join(f"{row.cells:<{rail.width}} {row.step}".rstrip() for row in rail.rows)


def edges(needs: Needs) -> set[tuple[str, str]]:
    return {(need, step) for step, of in needs.items() for need in of}


@st.composite
def dags(draw_from: st.DrawFn) -> Needs:
    """Return a DAG of up to 30 steps, with families that share needs, in any order of the file."""
    needs: dict[str, list[str]] = {}
    for number in range(draw_from(st.integers(1, 18))):
        known = list(needs)
        of = draw_from(st.lists(st.sampled_from(known), max_size=4, unique=True)) if known else []
        members = draw_from(st.sampled_from([1, 1, 1, 1, LADDER, LADDER + 1]))
        if len(needs) + members > 30:
            break
        for member in range(members):
            needs[f"s{number}.{member}"] = of
        if members > 1 and draw_from(st.booleans()):
            needs[f"j{number}"] = [f"s{number}.{member}" for member in range(members)]
    order = draw_from(st.permutations(list(needs)))
    return {step: needs[step] for step in order}


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


def wide(count: int) -> Needs:
    """Return half the steps on one root, each with a follower, all merged at the end."""
    half = count // 2
    needs: dict[str, list[str]] = {"root": []}
    needs |= {f"a{n}": ["root"] for n in range(half)}
    needs |= {f"b{n}": [f"a{n}"] for n in range(half - 2)}
    return needs | {"end": list(needs)}


def layered(count: int) -> Needs:
    """Return steps that each need up to three of the twenty before them."""
    return {
        f"s{n}": [f"s{n - back}" for back in (1, 7, 20) if back <= n and n % back != 3]
        for n in range(count)
    }


@pytest.mark.parametrize(("count", "limit_ms"), [(100, 20), (1000, 300)])
@pytest.mark.parametrize("shape", [wide, layered])
def test_layout_is_fast_enough_to_redo_on_every_change(
    shape: object, count: int, limit_ms: float
) -> None:
    assert callable(shape)
    needs = shape(count)
    spent = []
    for _ in range(3):
        before = time.process_time()
        draw(needs)
        spent.append((time.process_time() - before) * 1000)
    assert min(spent) <= limit_ms


@pytest.mark.parametrize("shape", [wide, layered])
def test_a_hundred_steps_can_be_followed(shape: object) -> None:
    assert callable(shape)
    needs = shape(100)
    assert Tracer(draw(needs)).edges() == edges(needs)
