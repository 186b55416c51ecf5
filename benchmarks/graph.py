"""The graphs of no-op steps that every subject runs."""

from collections.abc import Mapping
from dataclasses import dataclass

NO_OP = "true"  # a shell builtin: nothing but the overhead of a step is measured
CHAIN_STEPS = 100
FAN_WIDTH = 500
PARALLEL = 2  # processes at once, for every subject


@dataclass(frozen=True, slots=True)
class Graph:
    """Steps by name, each with the steps it needs, in an order in which they can run."""

    name: str
    needs: Mapping[str, tuple[str, ...]]

    @property
    def last(self) -> str:
        """Return the step that needs all others."""
        return list(self.needs)[-1]

    def __len__(self) -> int:
        return len(self.needs)


def single() -> Graph:
    """Return a graph of one step: what it takes is start-up."""
    return Graph("single", {"s0": ()})


def chain(steps: int = CHAIN_STEPS) -> Graph:
    """Return steps of which each needs the one before."""
    return Graph("chain", {f"s{i}": (f"s{i - 1}",) if i else () for i in range(steps)})


def fan_out(width: int = FAN_WIDTH) -> Graph:
    """Return one step, ``width`` steps that need it, and one that needs them all."""
    middle = tuple(f"m{i}" for i in range(width))
    return Graph("fan", {"first": (), **dict.fromkeys(middle, ("first",)), "last": middle})
