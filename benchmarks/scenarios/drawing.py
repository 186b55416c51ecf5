"""Drawing the DAG of a run, as a rail and as boxes; it is redone when a run's steps change.

Nothing but calculation happens, so it is processor time that is measured.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

from benchmarks.contest import Contest
from benchmarks.measure import Figures
from benchmarks.scenario import Context
from benchmarks.table import Table
from trainauto_tui.drawing import boxes, rail

SIZES = (100, 1000)
GOALS_MS = (20.0, 300.0)
QUICK_SIZES = (12, 100)
ROUNDS = 7
TEXT = 16  # cells of what stands in a box

Needs = Mapping[str, Sequence[str]]


def wide(count: int) -> Needs:
    """Return half the steps on one root, each with a follower, all merged at the end."""
    half = count // 2
    needs: dict[str, list[str]] = {"root": []}
    needs |= {f"a{n}": ["root"] for n in range(half)}
    needs |= {f"b{n}": [f"a{n}"] for n in range(half - 2)}
    return needs | {"end": list(needs)}


def deep(count: int) -> Needs:
    """Return a chain."""
    return {f"s{n}": [f"s{n - 1}"] if n else [] for n in range(count)}


def apart(count: int) -> Needs:
    """Return chains of one to four steps that have nothing to do with one another."""
    return {f"s{n}": [f"s{n - 1}"] if n % 10 not in (0, 1, 3, 6) else [] for n in range(count)}


def tangled(count: int) -> Needs:
    """Return steps that each need up to three of the twenty before them."""
    return {
        f"s{n}": [f"s{n - back}" for back in (1, 7, 20) if back <= n and n % back != 3]
        for n in range(count)
    }


SHAPES: tuple[Callable[[int], Needs], ...] = (wide, deep, apart, tangled)


def measure(context: Context) -> Table:
    """Draw each shape at both sizes, both ways."""
    sizes = QUICK_SIZES if context.quick else SIZES
    columns = tuple(f"{size:,} steps (ms)" for size in sizes)
    ours = {
        f"{name}: {shape.__name__}": partial(
            _drawn, draw, shape, dict(zip(columns, sizes, strict=True))
        )
        for name, draw in (("rail", _rail), ("boxes", _boxes))
        for shape in SHAPES
    }
    goals = {subject: dict(zip(columns, GOALS_MS, strict=True)) for subject in ours}
    contest = Contest(ours=ours, notes={}, goals={} if context.quick else goals)
    return Table("Drawing a DAG", columns, contest.rows(rounds=context.rounds(ROUNDS)))


def _rail(needs: Needs) -> object:
    return rail.draw(needs)


def _boxes(needs: Needs) -> object:
    return boxes.draw(needs, dict.fromkeys(needs, TEXT))


def _drawn(
    draw: Callable[[Needs], object], shape: Callable[[int], Needs], sizes: Mapping[str, int]
) -> Figures:
    figures: dict[str, float] = {}
    for column, size in sizes.items():
        needs = shape(size)
        before = time.process_time()
        draw(needs)
        figures[column] = (time.process_time() - before) * 1000
    return figures
