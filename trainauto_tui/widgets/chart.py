"""A pane with curves of metrics, drawn off the drawing thread and only when they changed."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar, NamedTuple

from textual.geometry import Size
from textual.strip import Strip
from textual.timer import Timer

from trainauto_tui.charts import Line, plot
from trainauto_tui.drawing import amounts
from trainauto_tui.drawing.curves import Axis, Curve, Level
from trainauto_tui.drawing.spans import Span
from trainauto_tui.widgets.lines import Lines

PACE_S = 1.0  # between two drawings
SLOW_PACE_S = 5.0  # a chart is the dearest thing to send: several kB each time

LABELS: dict[Axis, Callable[[float], str]] = {
    "step": lambda step: f"{step:.0f}",
    "count": lambda count: f"{count:.0f}",
    "time": amounts.duration_whole,
}


class Drawing(NamedTuple):
    """What a chart shows.

    ``ticks`` are the names of 0, 1, 2 … on the horizontal axis where they have names of their own;
    ``ground`` is what the vertical axis reaches down to at least, ``ceiling`` up to at most.
    """

    curves: tuple[Curve, ...] = ()
    axis: Axis = "step"
    ticks: tuple[str, ...] = ()
    levels: tuple[Level, ...] = ()
    ground: float | None = None
    ceiling: float | None = None


Wanted = tuple[Drawing, Size]


class Chart(Lines, can_focus=False):
    """Curves in one chart; ``busy`` while the newest ones are not on the screen yet.

    Args:
        plain: Draw without Unicode.
        slow: Draw seldom.
    """

    SCOPE: ClassVar[str] = ""
    DEFAULT_CSS = "Chart { height: 1fr; overflow: hidden; }"

    def __init__(
        self,
        *,
        plain: bool,
        slow: bool,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._plain = plain
        self._pace_s = SLOW_PACE_S if slow else PACE_S
        self._drawing_of = Drawing()
        self._lines: list[Line] = []
        self._drawn: Wanted | None = None  # what the lines were made of
        self._drawing = False
        self._resting: Timer | None = None

    @property
    def busy(self) -> bool:
        """Whether what is on the screen is not what it should be."""
        return self.display and self.size.height > 0 and self._drawn != self._wanted

    def show(
        self,
        curves: Sequence[Curve],
        axis: Axis = "step",
        ticks: Sequence[str] = (),
        levels: Sequence[Level] = (),
        ground: float | None = None,
        ceiling: float | None = None,
    ) -> None:
        """Show ``curves``: others than before at once, else after a rest from the last drawing."""
        others = _names(curves) != _names(self._drawing_of.curves)
        shown = (tuple(curves), axis, tuple(ticks), tuple(levels), ground, ceiling)
        self._drawing_of = Drawing(*shown)
        if others:
            self._lines = []
            self.refresh()
            self._rested()
        else:
            self._draw()

    def on_resize(self) -> None:
        """Fit the new size."""
        self._rested()

    @property
    def _wanted(self) -> Wanted:
        return (self._drawing_of, self.size)

    def _draw(self) -> None:
        if not self.busy or self._drawing or self._resting is not None:
            return
        self._drawing = True
        width, height = self.size
        curves, axis, ticks, levels, ground, ceiling = self._drawing_of
        label = (lambda x: ticks[round(x)]) if ticks else LABELS[axis]
        room = (width - 2, height)
        draw = partial(plot, curves, room, label, self._plain, levels, ground, ceiling)
        wanted = self._wanted
        self.run_worker(lambda: self._drawn_off(draw, wanted), thread=True, exit_on_error=False)

    def _drawn_off(self, draw: Callable[[], list[Line]], wanted: Wanted) -> None:
        """Draw; on a thread of its own."""
        try:
            lines = draw()
        except Exception as error:  # noqa: BLE001 - a curve that cannot be drawn ends no screen
            lines = [(Span(f"not drawn: {error}", "warn"),)]
        self.app.call_later(self._put, lines, wanted)

    def _put(self, lines: list[Line], wanted: Wanted) -> None:
        self._drawing = False
        if _names(wanted[0].curves) != _names(self._drawing_of.curves):  # others are wanted by now
            self._draw()
            return
        self._drawn = wanted
        if lines != self._lines:
            self._lines = lines
            self.refresh()
        if self._resting is not None:
            self._resting.stop()
        self._resting = self.set_timer(self._pace_s, self._rested)

    def _rested(self) -> None:
        if self._resting is not None:
            self._resting.stop()
            self._resting = None
        self._draw()

    def render_line(self, y: int) -> Strip:
        """Draw one line of the chart."""
        line = self._lines[y] if y < len(self._lines) else ()
        return self.painted((Span(" "), *line), self.size.width)


def _names(curves: Sequence[Curve]) -> list[str]:
    return [curve.name for curve in curves]
