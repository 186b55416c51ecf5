"""A DAG in layers: who stands in which layer, in what order, and at which column.

The method is Sugiyama's: layers by the longest path, a *bend* in every layer that an edge passes
through, some sweeps that sort each layer by the mean place of its neighbours, and columns that
come as near to the neighbours' as the order and the room allow (isotonic regression, by pooling
adjacent violators).

Steps that are needed by exactly the same steps share their bends: their edges run as one line.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

SWEEPS = 4
MANY = 1000  # nodes; with more there is time for two sweeps only
GAP = 2  # cells between two nodes of a layer
STIFF = 8.0  # how much more than a box a bend wants to stay where its line comes from


@dataclass(slots=True)
class Layers:
    """The nodes of a drawing, by number: steps first, then bends.

    Attributes:
        rows: The nodes of each layer, from left to right.
        ups: The nodes of the layer above that lead to a node.
        downs: The nodes of the layer below that a node leads to.
        width: The cells of a node, 1 for a bend.
        left: The column of a node's left end.
        steps: How many of the nodes are steps.
    """

    rows: list[list[int]] = field(default_factory=list)
    ups: list[list[int]] = field(default_factory=list)
    downs: list[list[int]] = field(default_factory=list)
    width: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    steps: int = 0

    def port(self, node: int) -> int:
        """Return the column where lines leave ``node``."""
        return self.left[node] + self.width[node] // 2

    def goes_straight(self, node: int, below: Sequence[int]) -> bool:
        """Return whether a vertical line is all that leaves ``node``, for a bend ``below`` it."""
        if len(below) != 1 or below[0] < self.steps or len(self.ups[below[0]]) > 1:
            return False
        return self.left[below[0]] == self.port(node)

    def inside(self, node: int) -> range:
        """Return the columns where lines can reach ``node``."""
        start, size = self.left[node], self.width[node]
        return range(start + 1, start + size - 1) if node < self.steps else range(start, start + 1)


def depths(needs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return each step's layer: one below the lowest of what it needs, 0 without needs.

    Raises:
        ValueError: When the needs form a cycle.
    """
    missing = {step: len(of) for step, of in needs.items()}
    dependents = _dependents(needs)
    depth = {step: 0 for step, count in missing.items() if not count}
    order = list(depth)
    for step in order:  # grows while it is gone through
        for after in dependents[step]:
            depth[after] = max(depth.get(after, 0), depth[step] + 1)
            missing[after] -= 1
            if not missing[after]:
                order.append(after)
    if len(order) < len(needs):
        raise ValueError("the steps need one another in a circle")
    return depth


def arrange(needs: Mapping[str, Sequence[str]], sizes: Sequence[int]) -> Layers:
    """Return the layers of a DAG; the nodes that are steps are numbered as in ``needs``.

    Args:
        needs: What each step needs; every one of them is a step, and none twice.
        sizes: The cells that each step is wide at least.
    """
    layers = _connected(needs)
    entries = [len(ways_in(layers, node)) for node in range(layers.steps)]
    for node, (size, ways) in enumerate(zip(sizes, entries, strict=True)):
        layers.width[node] = max(size, 2 * ways + 3)
    sweeps = SWEEPS if len(layers.width) < MANY else SWEEPS // 2
    _sort(layers, sweeps)
    _place(layers, sweeps)
    return layers


def ways_in(layers: Layers, node: int) -> set[tuple[int, ...]]:
    """Return the lines that reach ``node``, each as the nodes that it leads to."""
    return {tuple(layers.downs[up]) for up in layers.ups[node]}


def _dependents(needs: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {step: [] for step in needs}
    for step, of in needs.items():
        for need in of:
            found[need].append(step)
    return found


def _connected(needs: Mapping[str, Sequence[str]]) -> Layers:
    """Return the nodes and how they are connected, in the order of the file."""
    depth, number = depths(needs), {step: at for at, step in enumerate(needs)}
    rows: list[list[int]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    layers = Layers(rows, steps=len(number))
    for step in needs:
        _add(layers, depth[step])
    alike: dict[tuple[int, tuple[int, ...]], list[int]] = defaultdict(list)
    level = [depth[step] for step in needs]
    for step, after in _dependents(needs).items():
        alike[depth[step], tuple(number[one] for one in after)].append(number[step])
    for (at, targets), sources in alike.items():
        heads: Iterable[int] = sources
        last = max((level[target] for target in targets), default=0)
        for lower in range(at + 1, last + 1):
            ends = [target for target in targets if level[target] == lower]
            if lower < last:
                ends.append(_add(layers, lower))
            for head in heads:
                layers.downs[head] = sorted(ends)
            for end in ends:
                layers.ups[end] += heads
            heads = ends[-1:]
    return layers


def _add(layers: Layers, depth: int) -> int:
    node = len(layers.width)
    layers.rows[depth].append(node)
    layers.ups.append([])
    layers.downs.append([])
    layers.width.append(1)
    layers.left.append(0)
    return node


def _sort(layers: Layers, sweeps: int) -> None:
    """Sort each layer by the mean place of the neighbours above, then below, and so on."""
    place = [0.0] * len(layers.width)
    for row in layers.rows:
        for at, node in enumerate(row):
            place[node] = at
    for sweep in range(sweeps):
        near = layers.downs if sweep % 2 else layers.ups
        for row in reversed(layers.rows) if sweep % 2 else layers.rows:
            if len(row) > 1:
                means = {node: _mean(place, near[node], node) for node in row}
                row.sort(key=means.__getitem__)
                for at, node in enumerate(row):
                    place[node] = at


def _mean(values: Sequence[float], of: Sequence[int], node: int) -> float:
    """Return the mean of ``values`` over the nodes ``of``, without any of them that of ``node``."""
    if len(of) == 1:
        return values[of[0]]
    return sum([values[one] for one in of]) / len(of) if of else values[node]


def _place(layers: Layers, sweeps: int) -> None:
    """Give every node its column; the left-most one of all is 0."""
    port = [0] * len(layers.width)
    for sweep in range(sweeps):  # the last one goes up, which keeps the drawing narrow
        near = layers.downs if sweep % 2 else layers.ups
        for row in reversed(layers.rows) if sweep % 2 else layers.rows:
            _settle(layers, row, near, port)
    lefts = [at - size // 2 for at, size in zip(port, layers.width, strict=True)]
    start = min(lefts, default=0)
    layers.left = [left - start for left in lefts]


def _settle(
    layers: Layers, row: Sequence[int], near: Sequence[Sequence[int]], port: list[int]
) -> None:
    """Move the nodes of ``row`` to where their neighbours are, in order and without overlap."""
    width, steps = layers.width, layers.steps
    offset = 0
    offsets: list[int] = []
    blocks: list[tuple[float, float, int]] = []  # mean of the wishes, their weight, nodes
    for node in row:
        size = width[node]
        offset += size // 2
        offsets.append(offset)
        mean = _mean(port, near[node], node) - offset
        weight, count = STIFF if node >= steps else 1.0, 1
        while blocks and blocks[-1][0] >= mean:
            other, more, nodes = blocks.pop()
            mean = (mean * weight + other * more) / (weight + more)
            weight, count = weight + more, count + nodes
        blocks.append((mean, weight, count))
        offset += size - size // 2 + GAP
    at = 0
    for mean, _, count in blocks:
        start = round(mean)
        for number in range(at, at + count):
            port[row[number]] = start + offsets[number]
        at += count
