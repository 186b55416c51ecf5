"""Charts of metrics: the one place that knows plotext.

plotext fills the canvas; axes, labels and colours are ours, so that a chart looks like the rest
of the screen and says its numbers as the rest does. Importing plotext takes a third of a second,
and a chart of many points tens of milliseconds: ``plot`` is made to be called off the drawing
thread, and any number of threads may call it.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from threading import Lock
from typing import Any

from trainauto_tui.drawing import amounts
from trainauto_tui.drawing.curves import Curve, Level, Points, thinned
from trainauto_tui.drawing.spans import Role, Span

ROLES: tuple[Role, ...] = ("live", "accent", "warn", "good")
"""What the curves look like, in order; a chart has at most this many."""

MARKS = "*+xo"  # of the curves, where the terminal has no Unicode
LEVEL_MARK = ("┈", "-")  # of the lines across, with and without Unicode
FEW_ROWS = 3  # of a canvas that is not worth drawing
FEW_COLUMNS = 10
_DASHES = str.maketrans("│┤└─┬≥", "|+'-+>")
_LOCK = Lock()  # plotext has one figure

Line = tuple[Span, ...]


def plot(
    curves: Sequence[Curve],
    size: tuple[int, int],
    label: Callable[[float], str] = amounts.number,
    plain: bool = False,
    levels: Sequence[Level] = (),
    ground: float | None = None,
    ceiling: float | None = None,
) -> list[Line]:
    """Return a chart as lines of spans.

    Args:
        curves: What to draw in one chart; those beyond the fourth are left out.
        size: Columns and rows of the whole chart.
        label: Writes a place on the horizontal axis.
        plain: Draw in ASCII.
        levels: Values that are drawn as lines across the chart, and named beside it.
        ground: A value down to which the vertical axis reaches at least.
        ceiling: A value up to which it reaches at most; larger ones stand there, as its name says.

    Returns:
        As many lines as ``size`` has rows, or one that says why there is no chart.
    """
    curves = curves[: len(ROLES)]
    finite = [point for curve in curves for point in curve.points if math.isfinite(point[1])]
    if not finite:
        said = "no finite value yet" if any(curve.points for curve in curves) else "no values yet"
        return [(Span(said, "muted"),)]
    held = [y for y in (ground, *(one.value for one in levels)) if y is not None]
    low, high = _limits([*(y for _, y in finite), *held])
    first, last = min(x for x, _ in finite), max(x for x, _ in finite)
    rows, beyond = size[1] - 2, ceiling is not None and high > ceiling
    high = min(high, ceiling) if ceiling is not None else high
    names = _names(low, high, rows, [one.value for one in levels])
    if beyond:
        names[0] = f"≥{_number(high, high, low)}"
    margin = max(len(name) for name in names.values()) + 1
    columns = size[0] - margin - 1
    if rows < FEW_ROWS or columns < FEW_COLUMNS:
        return [(Span("no room for a chart", "muted"),)]
    canvas = _canvas(curves, levels, (columns, rows), (first, last), (low, high), plain)
    lines = [_with_axis(line, names.get(row, ""), margin) for row, line in enumerate(canvas)]
    foot = f"{' ' * margin}└{'─' * columns}"
    lines += [(Span(foot, "muted"),), (Span(_ends(first, last, label, margin, columns), "muted"),)]
    return [_ascii(line) for line in lines] if plain else lines


def legend(curves: Sequence[Curve], plain: bool = False) -> Line:
    """Return the names of ``curves`` in their colours, each with its last value."""
    spans: list[Span] = []
    for order, curve in enumerate(curves[: len(ROLES)]):
        mark = MARKS[order] if plain else "━"
        value = "" if curve.last is None else f" {amounts.number(float(curve.last))}"
        spans += [Span("  " if spans else ""), Span(f"{mark} {curve.name}", ROLES[order])]
        spans.append(Span(value))
    left = len(curves) - len(ROLES)
    return (*spans, *((Span(f"  and {left} more", "muted"),) if left > 0 else ()))


def _limits(values: Sequence[float]) -> tuple[float, float]:
    """Return the lower and upper end of the vertical axis; a constant stands in the middle."""
    low, high = min(values), max(values)
    if high > low:
        return low, high
    away = abs(low) / 10 or 1.0
    return low - away, high + away


def _names(low: float, high: float, rows: int, levels: Sequence[float]) -> dict[int, str]:
    """Return what stands beside the rows of the canvas: levels, both ends, and some between.

    What would stand close to a level's name is left out.
    """
    count = max(min((rows - 1) // 4, 4), 1)
    marked = {round(part * (rows - 1) / count) for part in range(count + 1)}
    parts = {row: row / max(rows - 1, 1) for row in sorted(marked)}
    named = {_row_of(value, low, high, rows): value for value in levels}
    values = {row: high * (1 - part) + low * part for row, part in parts.items()}
    free = {row: v for row, v in values.items() if all(abs(row - at) > 2 for at in named)}
    return {row: _number(value, high, low) for row, value in sorted((free | named).items())}


def _row_of(value: float, low: float, high: float, rows: int) -> int:
    """Return the row that ``value`` stands on, 0 being the upper one."""
    return rows - 1 - round(_share(value, low, high) * (rows - 1))


def _number(value: float, high: float, low: float) -> str:
    """Write ``value`` with as many digits as tell it from others on an axis with these ends."""
    span = high / 2 - low / 2
    if not 1e-4 <= max(abs(high), abs(low)) < 1e6 or span < 1e-6:
        return f"{value:.2e}"
    return f"{value:.{max(0, 2 - math.floor(math.log10(span * 2)))}f}"


def _ends(
    first: float, last: float, label: Callable[[float], str], margin: int, columns: int
) -> str:
    """Return the line below the axis: where it begins and ends, and the middle if there is room."""
    start, end = label(first), label(last)
    if start == end:
        return " " * (margin + 1) + start.center(columns).rstrip()
    middle = label((first + last) / 2)
    gap = columns - len(start) - len(end)
    if len(middle) + 4 > gap:
        return " " * (margin + 1) + start + " " * max(gap, 1) + end
    return " " * (margin + 1) + start + middle.center(gap) + end


def _with_axis(line: Line, name: str, margin: int) -> Line:
    return (Span(f"{name:>{margin - 1}} {'┤' if name else '│'}", "muted"), *line)


def _ascii(line: Line) -> Line:
    return tuple(Span(span.text.translate(_DASHES), span.role) for span in line)


def _canvas(
    curves: Sequence[Curve],
    levels: Sequence[Level],
    size: tuple[int, int],
    across: tuple[float, float],
    up: tuple[float, float],
    plain: bool,
) -> list[Line]:
    """Return the rows of the curves alone."""
    import plotext

    columns, rows = size
    with _LOCK:
        plotext.terminal.limit(False, False)
        figure = plotext.figure
        figure.clear()
        figure.plot_size(columns, rows)
        figure.canvas("default")
        figure.axes(False)
        figure.ruler("x").frequency(0).lim(0, 1)
        figure.ruler("y").frequency(0).lim(0, 1)
        roles = (*ROLES[: len(curves)], *(one.role for one in levels))
        for order, one in enumerate(levels, len(curves)):
            height = rows - 1 - _row_of(one.value, *up, rows)  # where its name is
            ends = [(0.0, height), (1.0, height)]
            _draw(figure, ends, (0, 1), (0, rows - 1), _mark(order, LEVEL_MARK[plain]))
        for order, curve in enumerate(curves):
            mark = _mark(order, _shape(order, curve, plain))
            _draw(figure, thinned(curve.points, columns), across, up, mark)
        matrix = figure.build()
        text = matrix.string(colorless=True).split("\n")
        return [tuple(_row(matrix, row, text[row], columns, roles)) for row in range(rows)]


def _shape(order: int, curve: Curve, plain: bool) -> str:
    """Return what the points of a curve look like."""
    return MARKS[order] if plain else "●" if len(curve.points) == 1 else "braille"


def _mark(order: int, shape: str) -> Any:
    """Return what a line is drawn with; its colour is its number, which each cell tells again."""
    import plotext

    return plotext.marker(shape, plotext.pixel((order + 1, 0, 0)))


def _draw(
    figure: Any,
    points: Points,
    across: tuple[float, float],
    up: tuple[float, float],
    marker: Any,
) -> None:
    """Draw one curve, broken where its value was not finite.

    plotext gets places between 0 and 1 only: its kernel ends the process over a value of 1e308.
    """
    finite = [(x, y, at) for at, (x, y) in enumerate(points) if math.isfinite(y)]
    xs = [_share(x, *across) for x, _, _ in finite]
    signal = figure.signal(xs, [min(_share(y, *up), 1.0) for _, y, _ in finite], marker=marker)
    signal.lines(True)
    for place, ((_, _, before), (_, _, at)) in enumerate(pairwise(finite), 1):
        if at > before + 1:
            signal.line(place, False)
    figure.draw(signal)


def _share(value: float, start: float, end: float) -> float:
    """Return how far ``value`` is on the way from ``start`` to ``end``, which may be far apart."""
    return 0.5 if end == start else (value / 2 - start / 2) / (end / 2 - start / 2)


def _row(matrix: Any, row: int, text: str, columns: int, roles: Sequence[Role]) -> Iterator[Span]:
    """Yield one row of the canvas as spans of one colour each."""
    piece, role = "", roles[0]
    for column, glyph in enumerate(text.ljust(columns)[:columns]):
        if glyph != " ":
            colour = matrix.get(row, column).foreground()
            now = roles[(colour[0] if colour else 1) - 1]
            if now != role and piece:
                yield Span(piece, role)
                piece = ""
            role = now
        piece += glyph
    yield Span(piece, role)
