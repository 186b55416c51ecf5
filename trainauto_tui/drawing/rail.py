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

NODE = "●"
LADDER = 5  # siblings; fewer are easier to read with a lane each
_FREE = -1
_ASCII = str.maketrans("─│╭╮╰╯├┤┬┴┼╴╶", "-|..''||.'+--")


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
            tuple(RailRow(row.step, row.node, row.cells.translate(_ASCII)) for row in self.rows),
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
    outgoing: list[int] | None = None  # units, in the order of the lanes they get

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
        unit.outgoing = list(found)
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
        self.lanes: list[int] = []  # the unit that each lane leads to
        self.waiting = [unit.incoming for unit in units]
        self.rows: list[RailRow] = []
        self.last_node = _FREE  # a root right below a leaf would look like its dependent

    def draw(self) -> Rail:
        roots = iter([index for index, unit in enumerate(self.units) if not unit.incoming])
        total = sum(len(unit.steps) for unit in self.units)
        while len(self.rows) < total:
            index = next(
                (lane for lane in reversed(self.lanes) if lane != _FREE and not self.waiting[lane]),
                None,
            )
            if index is None:
                index = next(roots, None)
            if index is None:
                raise ValueError("the steps need one another in a circle")
            (self._ladder if self.units[index].ladder else self._step)(index)
        return Rail(tuple(self.rows), max((len(row.cells) for row in self.rows), default=0))

    def _step(self, index: int) -> None:
        unit = self.units[index]
        ins = [column for column, lane in enumerate(self.lanes) if lane == index]
        node = ins[0] if ins else self._free_column(0, {self.last_node})
        outs: list[int] = []
        for order, target in enumerate(unit.outgoing or ()):
            column = self._free_column(node, set(ins)) if order else node
            self._open(column, target)
            outs.append(column)
        merged, forked = ins[1:], outs[1:]
        if not outs and ins:
            self.lanes[node] = _FREE
        for column in merged:
            self.lanes[column] = _FREE
        self._lay(unit.steps[0], node, dict.fromkeys(merged, "┴") | dict.fromkeys(forked, "┬"))

    def _ladder(self, index: int) -> None:
        unit = self.units[index]
        source = next((column for column, lane in enumerate(self.lanes) if lane == index), None)
        start = 0 if source is None else source + 1
        node = self._free_column(start, {self.last_node}, start)
        target = self._free_column(node + 1, set(), node + 1) if unit.outgoing else None
        for order, step in enumerate(unit.steps):
            rungs: dict[int, str] = {}
            if source is not None:
                ends = order == len(unit.steps) - 1
                rungs[source] = "╰" if ends else "├"
                self.lanes[source] = _FREE if ends else index
            if target is not None and unit.outgoing:
                rungs[target] = "┤" if order else "╮"
                if not order:
                    self._open(target, unit.outgoing[0])
            self._lay(step, node, rungs, half=True)

    def _open(self, column: int, target: int) -> None:
        """Lead ``column`` to the unit ``target``."""
        while len(self.lanes) <= column:
            self.lanes.append(_FREE)
        self.lanes[column] = target
        self.waiting[target] -= 1

    def _free_column(self, near: int, taken: set[int], lowest: int = 0) -> int:
        """Return the free column that crosses the fewest lanes from ``near``, then the nearest."""
        best = (len(self.lanes) + 1, 0, 0)
        chosen = max(len(self.lanes), near)
        for direction, limit in ((1, len(self.lanes) + 2), (-1, lowest - 1)):
            crossed = 0
            for column in range(near, limit, direction):
                free = column >= len(self.lanes) or self.lanes[column] == _FREE
                if free and column not in taken and column >= lowest:
                    cost = (crossed, abs(column - near), -direction)
                    if cost < best:
                        best, chosen = cost, column
                    break
                crossed += not free
        return chosen

    def _lay(self, step: str, node: int, touched: Mapping[int, str], half: bool = False) -> None:
        """Append the row of ``step``; ``touched`` has the sign of each column it reaches."""
        left, right = min([node, *touched]), max([node, *touched])
        columns = [" " if lane == _FREE else "│" for lane in self.lanes]
        columns += " " * (right + 1 - len(columns))
        for column in range(left, right + 1):
            columns[column] = touched.get(column) or ("┼" if columns[column] == "│" else "─")
        _turn(columns, left, {"┴": "╰", "┬": "╭"})
        _turn(columns, right, {"┴": "╯", "┬": "╮"})
        columns[node] = NODE
        marks = list(" ".join(columns))
        marks[2 * left + 1 : 2 * right : 2] = "─" * (right - left)
        if half and left < node:
            marks[2 * node - 1] = "╴"
        if half and right > node:
            marks[2 * node + 1] = "╶"
        cells = "".join(marks).rstrip()
        self.rows.append(RailRow(step, 2 * node, cells))
        self.last_node = node


def _turn(columns: list[str], column: int, corners: Mapping[str, str]) -> None:
    columns[column] = corners.get(columns[column], columns[column])
