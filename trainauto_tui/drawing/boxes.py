"""The DAG of a pipeline as boxes in layers, with lines that can be followed by the eye.

::

          ╭─────────╮
          │  split  │
          ╰────┬────╯
        ╭──────┴───────╮
    ╭───┴────╮    ╭────┴────╮
    │ train  │    │  check  │
    ╰───┬────╯    ╰────┬────╯

Lines run downward only. A track that joins several lines has all of its upper ends lead to all
of its lower ends; ``┼`` is always a crossing, never a junction. Parts of a DAG that have nothing
to do with one another are drawn by themselves, and stand side by side as far as there is room.

What stands in a box (status, name, time) changes while a run goes on and is not drawn here: only
its size is taken.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import zip_longest

from trainauto_tui.drawing.layers import Layers, arrange
from trainauto_tui.drawing.rail import ASCII
from trainauto_tui.drawing.tracks import Bus, route

HEIGHT = 3  # rows of a box
MARGIN = 4  # cells of a box that are not its text: two borders, two blanks
APART = 4  # cells between two parts of the drawing that stand side by side
ROOM = 116  # cells that parts are put side by side in, if none is wider
_UP, _DOWN, _LEFT, _RIGHT = 1, 2, 4, 8
_GLYPHS = " ╵╷│╴╯╮┤╶╰╭├─┴┬┼"
_GLYPH_OF = dict(enumerate(_GLYPHS))


@dataclass(frozen=True, slots=True)
class Box:
    """Where a step's box is: its upper left cell, and how many cells it is wide."""

    step: str
    row: int
    column: int
    width: int

    @property
    def middle(self) -> int:
        """The column of its middle."""
        return self.column + self.width // 2


@dataclass(frozen=True, slots=True)
class Boxes:
    """A drawn DAG; each line has ``width`` cells, and boxes are empty."""

    boxes: Mapping[str, Box]
    lines: tuple[str, ...]
    width: int

    def ascii(self) -> "Boxes":
        """Return the same drawing in ASCII, for terminals without box-drawing characters."""
        lines = tuple(line.translate(ASCII) for line in self.lines)
        return Boxes(self.boxes, lines, self.width)


def draw(needs: Mapping[str, Sequence[str]], sizes: Mapping[str, int]) -> Boxes:
    """Draw the DAG in which each step of ``needs`` follows the steps that it names.

    A need that is not a step is left out.

    Args:
        needs: The steps, in the order of the pipeline.
        sizes: How many cells the text in each step's box takes.

    Raises:
        ValueError: When the needs form a cycle.
    """
    known = {
        step: [need for need in dict.fromkeys(of) if need in needs] for step, of in needs.items()
    }
    return _side_by_side([_part(part, sizes) for part in _parts(known)])


def _parts(needs: Mapping[str, Sequence[str]]) -> Iterator[dict[str, Sequence[str]]]:
    """Yield the connected parts of a DAG, in the order of their first steps."""
    around: dict[str, list[str]] = {step: list(of) for step, of in needs.items()}
    for step, of in needs.items():
        for need in of:
            around[need].append(step)
    part_of: dict[str, int] = {}
    found: list[dict[str, Sequence[str]]] = []
    for first in needs:
        if first not in part_of:
            part_of[first] = len(found)
            reached = [first]
            for step in reached:  # grows while it is gone through
                for other in around[step]:
                    if other not in part_of:
                        part_of[other] = len(found)
                        reached.append(other)
            found.append({})
    for step, of in needs.items():
        found[part_of[step]][step] = of
    yield from found


def _side_by_side(parts: Sequence[Boxes]) -> Boxes:
    """Put parts next to one another, in as many shelves as it takes."""
    if len(parts) == 1:
        return parts[0]
    room = max([ROOM, *(part.width for part in parts)])
    boxes: dict[str, Box] = {}
    lines: list[str] = []
    shelf: list[Boxes] = []
    for at, part in enumerate(parts):
        shelf.append(part)
        after = parts[at + 1].width if at + 1 < len(parts) else room
        if sum(one.width + APART for one in shelf) + after > room:
            boxes |= _shelve(shelf, lines)
            shelf = []
    width = max((len(line) for line in lines), default=0)
    return Boxes(boxes, tuple(line.ljust(width) for line in lines), width)


def _shelve(shelf: Sequence[Boxes], lines: list[str]) -> dict[str, Box]:
    """Add ``shelf`` below ``lines``; return its boxes, as they stand now."""
    if lines:
        lines.append("")
    top, column = len(lines), 0
    boxes: dict[str, Box] = {}
    lines += [""] * max(len(part.lines) for part in shelf)
    for part in shelf:
        for at, line in enumerate(part.lines, start=top):
            lines[at] = lines[at].ljust(column) + line
        for box in part.boxes.values():
            boxes[box.step] = Box(box.step, box.row + top, box.column + column, box.width)
        column += part.width + APART
    return boxes


@dataclass(frozen=True, slots=True)
class _Gap:
    """The lines between two layers: those that run straight down, and the others."""

    straight: list[int]
    buses: list[Bus]
    tracks: int

    @property
    def right(self) -> int:
        """The right-most column that is used."""
        return max((bus.right for bus in self.buses), default=0)

    @property
    def ends(self) -> list[int]:
        """The columns where lines reach the layer below."""
        return self.straight + [end for bus in self.buses if not bus.cut for end in bus.downs]


def _part(needs: Mapping[str, Sequence[str]], sizes: Mapping[str, int]) -> Boxes:
    """Draw steps that are all connected."""
    layers = arrange(needs, [sizes[step] + MARGIN for step in needs])
    gaps = [_gap(layers, row) for row in layers.rows[:-1]]
    rights = [layers.left[row[-1]] + layers.width[row[-1]] - 1 for row in layers.rows]
    width = max([*rights, *(gap.right for gap in gaps)]) + 1
    canvas: list[bytearray] = []
    names, tops = list(needs), [0] * len(needs)
    ends: list[int] = []
    for row, gap in zip_longest(layers.rows, gaps):
        for node in row:
            if node < layers.steps:
                tops[node] = len(canvas)
        _lay_nodes(canvas, layers, row, bytearray(width))
        for column in ends:
            canvas[-HEIGHT][column] |= _UP
        if gap is not None:
            _lay_lines(canvas, gap, bytearray(width))
            ends = gap.ends
    boxes = {
        name: Box(name, top, layers.left[node], layers.width[node])
        for node, (name, top) in enumerate(zip(names, tops, strict=True))
    }
    lines = tuple(row.decode("latin-1").translate(_GLYPH_OF) for row in canvas)
    return Boxes(boxes, lines, width)


def _gap(layers: Layers, row: Sequence[int]) -> _Gap:
    """Return the lines that go from the nodes of ``row`` to the layer below."""
    straight: list[int] = []
    sources: dict[tuple[int, ...], list[int]] = {}
    for node in row:
        below, port = layers.downs[node], layers.port(node)
        if layers.goes_straight(node, below):
            straight.append(port)
        elif below:
            sources.setdefault(tuple(below), []).append(port)
    taken = {port for found in sources.values() for port in found}.union(straight)
    found = [Bus(tuple(ups), downs) for ups, downs in _entered(layers, sources, taken)]
    straight += [bus.ups[0] for bus in found if bus.straight]
    buses, tracks = route([bus for bus in found if not bus.straight], straight)
    return _Gap(straight, buses, tracks)


def _entered(
    layers: Layers, sources: Mapping[tuple[int, ...], Sequence[int]], ports: Set[int]
) -> Iterator[tuple[Sequence[int], tuple[int, ...]]]:
    """Yield the columns that lines come from and those that they lead to.

    Args:
        layers: The nodes.
        sources: By the nodes that lines lead to, the columns that they come from.
        ports: All columns where lines come down.
    """
    entering: dict[int, list[tuple[int, ...]]] = defaultdict(list)
    for ends in sorted(sources, key=lambda ends: sum(sources[ends]) / len(sources[ends])):
        for end in ends:
            entering[end].append(ends)
    columns: dict[tuple[int, ...], list[int]] = defaultdict(list)
    for node, ways in entering.items():
        if node >= layers.steps:
            columns[ways[0]].append(layers.left[node])
            continue
        lone = [sources[way][0] if len(sources[way]) == len(way) == 1 else -1 for way in ways]
        for way, column in zip(ways, _entries(layers.inside(node), lone, ports), strict=True):
            columns[way].append(column)
    for ends, found in sources.items():
        yield found, tuple(columns[ends])


def _entries(inside: range, lone: Sequence[int], ports: Set[int]) -> list[int]:
    """Choose a column of ``inside`` for each line that comes in, from left to right.

    A line from a ``lone`` column goes straight down where it can; the others keep off the columns
    where lines come down.
    """
    found: list[int] = []
    middle, last = inside[len(inside) // 2], len(lone) - 1
    for order, column in enumerate(lone):
        if column not in inside or column in found:
            wanted = middle + 2 * order - last
            free = (one for one in inside if one not in found)
            column = min(free, key=lambda one: (one in ports, abs(one - wanted)))
        found.append(column)
    return found


def _lay_nodes(
    canvas: list[bytearray], layers: Layers, row: Sequence[int], across: bytearray
) -> None:
    """Add the rows of a layer below ``canvas``, beginning with an empty row ``across`` it."""
    boxes: list[tuple[int, int]] = []
    for node in row:
        left = layers.left[node]
        across[left] = _UP | _DOWN
        if node < layers.steps:
            right = left + layers.width[node] - 1
            across[right] = _UP | _DOWN
            boxes.append((left, right))
    canvas += [across[:], across, across[:]]
    for at, side in ((-HEIGHT, _DOWN), (-1, _UP)):
        for left, right in boxes:
            inner = bytes([_LEFT | _RIGHT]) * (right - left - 1)
            canvas[at][left : right + 1] = bytes([_RIGHT | side, *inner, _LEFT | side])


def _lay_lines(canvas: list[bytearray], gap: _Gap, empty: bytearray) -> None:
    """Add the rows between two layers below ``canvas``; the first one stays free of tracks."""
    above = canvas[-1]
    for column in gap.straight:
        above[column] |= _DOWN
        empty[column] = _UP | _DOWN
    top = len(canvas)
    canvas += [empty[:] for _ in range(gap.tracks + 1)]
    for bus in gap.buses:
        track = top + 1 + bus.track
        _along(canvas[track], bus.left, bus.right)
        start = top if bus.upper is None else top + 2 + bus.upper.track
        for column in bus.ups:
            canvas[start - 1][column] |= _DOWN
            canvas[track][column] |= _UP
            _down(canvas, column, start, track)
        for column in bus.downs:
            canvas[track][column] |= _DOWN
            if not bus.cut:
                _down(canvas, column, track + 1, len(canvas))


def _down(canvas: list[bytearray], column: int, start: int, end: int) -> None:
    for row in range(start, end):
        canvas[row][column] |= _UP | _DOWN


def _along(row: bytearray, left: int, right: int) -> None:
    row[left] |= _RIGHT
    row[right] |= _LEFT
    for column in range(left + 1, right):
        row[column] |= _LEFT | _RIGHT
