"""Drawing the DAG of a run, as a rail and as boxes; it is redone when a run's steps change.

Nothing but calculation happens, so it is processor time that is measured.
"""

import time
from collections.abc import Callable, Mapping
from functools import partial

from benchmarks.contest import Contest
from benchmarks.measure import Figures
from benchmarks.scenario import Context
from benchmarks.shapes import Needs, apart, deep, tangled, wide
from benchmarks.table import Table
from trainauto_tui.drawing import boxes, rail

SIZES = (100, 1000)
GOALS_MS = (20.0, 300.0)
QUICK_SIZES = (12, 100)
ROUNDS = 7
TEXT = 16  # cells of what stands in a box

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
