"""DAGs to draw: a nightly pipeline's, some of any size, and what hypothesis thinks of."""

import random
import time
from collections.abc import Callable

from hypothesis import strategies as st

from benchmarks.shapes import Needs, apart, deep, tangled, wide
from trainauto_tui.drawing.rail import LADDER

NIGHTLY: Needs = {
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


def edges(needs: Needs) -> set[tuple[str, str]]:
    """Return every (need, step)."""
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


def random_needs(count: int) -> Needs:
    """Return steps that each need up to three of the forty before them."""
    chance = random.Random(5)
    return {
        f"s{n}": [f"s{chance.randrange(max(n - 40, 0), n)}" for _ in range(chance.randrange(4))]
        if n
        else []
        for n in range(count)
    }


SHAPES = {shape.__name__: shape for shape in (wide, deep, apart, tangled, random_needs)}


def spent_ms(work: Callable[[], object]) -> float:
    """Return the processor time of the quickest of three times that ``work`` is done."""
    spent = []
    for _ in range(3):
        before = time.process_time()
        work()
        spent.append((time.process_time() - before) * 1000)
    return min(spent)
