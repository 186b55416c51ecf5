"""The needs of a pipeline's steps as a directed acyclic graph."""

import heapq
from collections.abc import Iterable, Mapping, Sequence

from trainautod.planning.errors import CyclicNeeds, UnknownNeed


class Graph:
    """Steps and what they need, checked once: every need exists and there is no circle.

    Attributes:
        order: All ids, each after what it needs; the earliest named first among those free to go
            (Kahn's algorithm with a heap), so that the same pipeline always gives the same order.
        roots: The ids that need nothing, in the order named.
    """

    __slots__ = ("_dependents", "_needs", "order", "roots")

    def __init__(self, needs: Mapping[str, Sequence[str]]) -> None:
        """Build the graph of `needs`: an id to the ids that it needs, in the order named.

        Raises:
            UnknownNeed: A need names no step.
            CyclicNeeds: Steps need one another; the error has one such circle.
        """
        self._needs = {step: tuple(dict.fromkeys(needed)) for step, needed in needs.items()}
        self._dependents = _reversed(self._needs)
        self.roots = tuple(step for step, needed in self._needs.items() if not needed)
        self.order = self._sorted()

    def needs(self, step: str) -> tuple[str, ...]:
        """The ids that `step` itself needs, in the order named; KeyError for an unknown id."""
        return self._needs[step]

    def dependents(self, step: str) -> tuple[str, ...]:
        """The ids that need `step` themselves, in the order named; KeyError for an unknown id."""
        return tuple(self._dependents[step])

    def ancestors(self, step: str) -> frozenset[str]:
        """All that must end before `step` begins, without itself; KeyError for an unknown id."""
        return _reachable(self._needs, step)

    def descendants(self, step: str) -> frozenset[str]:
        """All that wait for `step`, without itself; KeyError for an unknown id."""
        return _reachable(self._dependents, step)

    def _sorted(self) -> tuple[str, ...]:
        steps = list(self._needs)
        rank = {step: place for place, step in enumerate(steps)}
        waiting = {step: len(needed) for step, needed in self._needs.items()}
        free = [rank[step] for step in self.roots]
        order: list[str] = []
        while free:
            step = steps[heapq.heappop(free)]
            order.append(step)
            for dependent in self._dependents[step]:
                waiting[dependent] -= 1
                if not waiting[dependent]:
                    heapq.heappush(free, rank[dependent])
        if len(order) < len(steps):
            raise CyclicNeeds(_circle(self._needs, set(steps).difference(order)))
        return tuple(order)


def _reversed(needs: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    dependents: dict[str, list[str]] = {step: [] for step in needs}
    for step, needed in needs.items():
        for need in needed:
            if need not in dependents:
                raise UnknownNeed(step, f"{need!r}")
            dependents[need].append(step)
    return dependents


def _reachable(edges: Mapping[str, Iterable[str]], start: str) -> frozenset[str]:
    found: set[str] = set()
    pending = list(edges[start])
    while pending:
        step = pending.pop()
        if step not in found:
            found.add(step)
            pending.extend(edges[step])
    return frozenset(found)


def _circle(needs: Mapping[str, tuple[str, ...]], stuck: set[str]) -> tuple[str, ...]:
    """One circle, first id repeated at its end; every stuck step needs a stuck one."""
    path: list[str] = []
    places: dict[str, int] = {}
    step = next(step for step in needs if step in stuck)
    while step not in places:
        places[step] = len(path)
        path.append(step)
        step = next(need for need in needs[step] if need in stuck)
    return (*path[places[step] :], step)
