"""The DAG of a pipeline as a rail: one row per step, its edges in the columns to the left.

::

    ✔         ingest            each row is one step; ✔ stands in the column of its lane
    ✔─╮       validate          a fork: what needs validate follows its lane or the new one
    │ ✔       featurize
    │ ✔─┬─╮   split
    │ │ │ ✔   train_lr          a lane carries one edge and ends at the step that needs it
    │ │ ✔ │   train_mlp
    │ ○─┴─╯   evaluate          a merge: evaluate needs all three
    ○ │       drift_check
    ○─╯       compare

Rows stand in topological order, and of the lanes whose step is ready the right-most goes first,
which keeps branches together and the left lane for what waits longest. ``┼`` is always a
crossing, never a junction.

Many siblings that share their one need and their one dependent (the items of a ``foreach``)
would take a lane each. They are drawn as a ladder of two lanes instead, one to come from and one
to go to; the half lines ``╴ ╶`` say that a rung has no lane of its own::

    ✔─╮        split
    │ ├╴✔╶╮    train[a]
    │ ├╴✔╶┤    train[b]
    │ ╰╴✔╶┤    train[c]
    ○─────╯    evaluate
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush

NODE = "●"
LADDER = 5  # siblings; fewer are easier to read with a lane each
_FREE, _LANE = " │"
_CROSSED = {_FREE: "─", _LANE: "┼"}
ASCII = str.maketrans("─│╭╮╰╯├┤┬┴┼╴╶", "-|..''||.'+--")


@dataclass(frozen=True, slots=True)
class RailRow:
    """One step's row.

    Attributes:
        step: The step's id.
        node: Index in ``cells`` of the step's own mark, which is ``NODE`` there.
        cells: The rail's characters, one terminal cell each, without trailing blanks.
    """

    step: str
    node: int
    cells: str


@dataclass(frozen=True, slots=True)
class Rail:
    """A drawn DAG; ``width`` is the widest row in cells."""

    rows: tuple[RailRow, ...]
    width: int

    def ascii(self) -> "Rail":
        """Return the same rail in ASCII, for terminals without box-drawing characters."""
        return Rail(
            tuple(RailRow(row.step, row.node, row.cells.translate(ASCII)) for row in self.rows),
            self.width,
        )


def draw(needs: Mapping[str, Sequence[str]]) -> Rail:
    """Draw the DAG in which each step of ``needs`` follows the steps that it names.

    Steps keep their given order where the edges allow it. A need that is not a step is left out.

    Raises:
        ValueError: When the needs form a cycle.
    """
    known = {
        step: [need for need in dict.fromkeys(of) if need in needs] for step, of in needs.items()
    }
    return _Drawing(_units(known)).draw()


@dataclass(slots=True)
class _Unit:
    """What is drawn at one go: a step, or the siblings of a ladder."""

    steps: tuple[str, ...]
    incoming: int = 0  # lanes that end here
    outgoing: tuple[int, ...] = ()  # units, in the order of the lanes they get

    @property
    def ladder(self) -> bool:
        return len(self.steps) > 1


def _units(needs: Mapping[str, Sequence[str]]) -> list[_Unit]:
    dependents: dict[str, list[str]] = {step: [] for step in needs}
    for step, of in needs.items():
        for need in of:
            dependents[need].append(step)
    units = [_Unit(steps) for steps in _families(needs, dependents)]
    unit_of = {step: index for index, unit in enumerate(units) for step in unit.steps}
    for unit in units:
        # The first of the file gets the right-most lane, so that it is drawn first.
        found = dict.fromkeys(unit_of[step] for step in reversed(dependents[unit.steps[0]]))
        unit.outgoing = tuple(found)
        for target in found:
            units[target].incoming += 1
    return units


def _families(
    needs: Mapping[str, Sequence[str]], dependents: Mapping[str, Sequence[str]]
) -> Iterable[tuple[str, ...]]:
    """Group the steps that can share a ladder; every other step stands alone."""
    alike: dict[tuple[object, ...], list[str]] = defaultdict(list)
    for step, of in needs.items():
        before, after = tuple(of), tuple(dependents[step])
        shareable = len(before) <= 1 and len(after) <= 1 and (before or after)
        alike[(before, after) if shareable else (step,)].append(step)
    seen: set[str] = set()
    for family in alike.values():
        for group in [tuple(family)] if len(family) >= LADDER else [(step,) for step in family]:
            if not seen.intersection(group):
                seen.update(group)
                yield group


class _Drawing:
    """The lanes while rows are laid, top to bottom."""

    def __init__(self, units: list[_Unit]) -> None:
        self.units = units
        self.signs: list[str] = []  # of each column: a lane goes through it, or it is free
        self.leading: dict[int, list[int]] = defaultdict(list)  # columns that lead to a unit
        self.waiting = [unit.incoming for unit in units]
        self.ready: list[tuple[int, int]] = []  # heap of units by their right-most column
        self.rows: list[RailRow] = []
        self.last_node = -1  # a root right below a leaf would look like its dependent

    def draw(self) -> Rail:
        roots = iter([index for index, unit in enumerate(self.units) if not unit.incoming])
        total = sum(len(unit.steps) for unit in self.units)
        while len(self.rows) < total:
            index = heappop(self.ready)[1] if self.ready else next(roots, None)
            if index is None:
                raise ValueError("the steps need one another in a circle")
            (self._ladder if self.units[index].ladder else self._step)(index)
        return Rail(tuple(self.rows), max((len(row.cells) for row in self.rows), default=0))

    def _step(self, index: int) -> None:
        unit = self.units[index]
        ins = sorted(self.leading.pop(index, ()))
        node = ins[0] if ins else self._free_column(0, self.last_node)
        outs: list[int] = []
        for order, target in enumerate(unit.outgoing):
            column = self._free_column(node) if order else node
            self._open(column, target)
            outs.append(column)
        merged, forked = ins[1:], outs[1:]
        for column in merged if outs else ins:
            self.signs[column] = _FREE
        self._lay(unit.steps[0], node, dict.fromkeys(merged, "┴") | dict.fromkeys(forked, "┬"))

    def _ladder(self, index: int) -> None:
        unit = self.units[index]
        source = next(iter(self.leading.pop(index, ())), None)
        start = 0 if source is None else source + 1
        node = self._free_column(start, self.last_node, start)
        target = self._free_column(node + 1, lowest=node + 1) if unit.outgoing else None
        for order, step in enumerate(unit.steps):
            rungs: dict[int, str] = {}
            if source is not None:
                ends = order == len(unit.steps) - 1
                rungs[source] = "╰" if ends else "├"
                self.signs[source] = _FREE if ends else _LANE
            if target is not None:
                rungs[target] = "┤" if order else "╮"
                if not order:
                    self._open(target, unit.outgoing[0])
            self._lay(step, node, rungs, half=True)

    def _open(self, column: int, target: int) -> None:
        """Lead ``column`` to the unit ``target``."""
        self.signs += _FREE * (column + 1 - len(self.signs))
        self.signs[column] = _LANE
        self.leading[target].append(column)
        self.waiting[target] -= 1
        if not self.waiting[target]:
            heappush(self.ready, (-max(self.leading[target]), target))

    def _free_column(self, near: int, taken: int = -1, lowest: int = 0) -> int:
        """Return the free column that crosses the fewest lanes from ``near``, then the nearest."""
        found = []
        for direction, limit in ((1, len(self.signs) + 2), (-1, lowest - 1)):
            crossed = 0
            for column in range(near, limit, direction):
                if column < len(self.signs) and self.signs[column] == _LANE:
                    crossed += 1
                elif column != taken:
                    found.append((crossed, abs(column - near), -direction, column))
                    break
        return min(found)[3] if found else max(len(self.signs), near)

    def _lay(self, step: str, node: int, touched: Mapping[int, str], half: bool = False) -> None:
        """Append the row of ``step``; ``touched`` has the sign of each column it reaches."""
        left, right = min([node, *touched]), max([node, *touched])
        self.signs += _FREE * (right + 1 - len(self.signs))
        reached = enumerate(self.signs[left : right + 1], start=left)
        bus = [touched.get(column) or _CROSSED[sign] for column, sign in reached]
        bus[0] = {"┴": "╰", "┬": "╭"}.get(bus[0], bus[0])
        bus[-1] = {"┴": "╯", "┬": "╮"}.get(bus[-1], bus[-1])
        bus[node - left] = NODE
        marks = list("─".join(bus))
        if half and left < node:
            marks[2 * (node - left) - 1] = "╴"
        if half and right > node:
            marks[2 * (node - left) + 1] = "╶"
        cells = " ".join([*self.signs[:left], "".join(marks), *self.signs[right + 1 :]])
        self.rows.append(RailRow(step, 2 * node, cells.rstrip()))
        self.last_node = node
