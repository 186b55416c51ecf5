"""The lines between two layers of boxes: which ones run where.

Everything that leads to the same nodes is one *bus*: it comes down from its upper columns to a
horizontal line, its track, and goes down from there to its lower columns. Reading it back is
unambiguous, as all of its upper ends lead to all of its lower ends, and two buses never share a
cell other than where they cross at a right angle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import count


@dataclass(slots=True, eq=False)
class Bus:
    """One set of lines.

    Attributes:
        ups: The columns that it comes from.
        downs: The columns that it leads to.
        upper: The part above it, where it is the lower part of a bus that was cut in two.
        track: Which of the horizontal lines is its own, once it has one.
        left: The column where its track begins.
        right: The column where its track ends.
        cut: Whether it is the upper part, whose lower end is where the other one begins.
    """

    ups: tuple[int, ...]
    downs: tuple[int, ...]
    upper: "Bus | None" = None
    cut: bool = False
    track: int = -1
    left: int = field(init=False)
    right: int = field(init=False)
    _above: list["Bus"] = field(default_factory=list)  # whose tracks must be above its own

    def __post_init__(self) -> None:
        ends = (*self.ups, *self.downs)
        self.left, self.right = min(ends), max(ends)

    @property
    def straight(self) -> bool:
        """Whether it is one vertical line."""
        return self.ups == self.downs and len(self.ups) == 1

    @property
    def crosses_itself(self) -> bool:
        """Whether a line goes straight through its track, where it would look like a crossing."""
        both = set(self.ups).intersection(self.downs)
        return any(self.left < column < self.right for column in both)


def route(buses: Sequence[Bus], straight: Iterable[int]) -> tuple[list[Bus], int]:
    """Give each bus its track; return the buses, and how many tracks there are.

    None of ``buses`` is a straight line; those run in the columns ``straight``.

    Two buses share a track where they do not meet. One that comes down in a column where another
    goes on down has its track above the other's; where that cannot be for all, a bus is cut in
    two parts that are joined by a column of their own.
    """
    found = list(buses)
    taken = {column for bus in buses for column in (*bus.ups, *bus.downs)}
    taken.update(straight)
    for bus in buses:
        if bus.crosses_itself:
            _cut(found, bus, taken)
    while len(order := _in_order(found)) < len(found):
        _cut(found, _in_circle(set(found).difference(order)), taken)
    return found, _assign(order)


def _cut(buses: list[Bus], bus: Bus, taken: set[int]) -> None:
    """Replace ``bus`` by two parts that meet in a column where nothing else ends."""
    middle = (bus.left + bus.right) // 2
    near = (column for step in count() for column in (middle + step, middle - step))
    joint = next(column for column in near if column >= 0 and column not in taken)
    taken.add(joint)
    upper = Bus(bus.ups, (joint,), cut=True)
    buses.remove(bus)
    buses += [upper, Bus((joint,), bus.downs, upper)]


def _in_order(buses: Sequence[Bus]) -> list[Bus]:
    """Return the buses from the highest track to the lowest, without those in circles."""
    comes_down = {column: bus for bus in buses if bus.upper is None for column in bus.ups}
    below: dict[Bus, list[Bus]] = {bus: [] for bus in buses}
    missing: dict[Bus, int] = {}
    for bus in buses:
        above = {comes_down.get(column, bus) for column in bus.downs} - {bus}
        bus._above = [*above, *([bus.upper] if bus.upper else [])]
        missing[bus] = len(bus._above)
        for one in bus._above:
            below[one].append(bus)
    order = sorted((bus for bus in buses if not missing[bus]), key=lambda bus: bus.left)
    for bus in order:  # grows while it is gone through
        for one in below[bus]:
            missing[one] -= 1
            if not missing[one]:
                order.append(one)
    return order


def _in_circle(stuck: set[Bus]) -> Bus:
    """Return a bus of ``stuck`` that waits for itself."""
    bus, seen = min(stuck, key=lambda bus: bus.left), set[Bus]()
    while bus not in seen:
        seen.add(bus)
        bus = next(above for above in bus._above if above in stuck)
    return bus


def _assign(order: Iterable[Bus]) -> int:
    """Put each bus on the highest track that is free for it; return how many there are."""
    ends: list[list[tuple[int, int]]] = []  # of each track, the stretches that are taken
    for bus in order:
        track = max((one.track + 1 for one in bus._above), default=0)
        while track < len(ends) and _taken(ends[track], bus):
            track += 1
        if track == len(ends):
            ends.append([])
        bus.track = track
        ends[track].append((bus.left, bus.right))
    return len(ends)


def _taken(stretches: Sequence[tuple[int, int]], bus: Bus) -> bool:
    """Return whether ``bus`` would come closer than a blank cell to one of ``stretches``."""
    left, right = bus.left - 1, bus.right + 1
    return any(left <= end and start <= right for start, end in stretches)
