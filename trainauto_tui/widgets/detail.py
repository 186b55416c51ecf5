"""A few lines about the selected row."""

from collections.abc import Sequence

from textual.geometry import Size
from textual.strip import Strip

from trainauto_tui.drawing.spans import Span, wrap
from trainauto_tui.widgets.lines import Lines

FULL_WIDTH = 80  # cells, before the widget knows its own


class Detail(Lines, can_focus=False):
    """Lines of spans, wrapped, as high as they are many."""

    DEFAULT_CSS = "Detail { height: auto; max-height: 40%; }"

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._said: tuple[tuple[Span, ...], ...] = ()
        self._lines: tuple[tuple[Span, ...], ...] = ()

    def say(self, lines: Sequence[tuple[Span, ...]]) -> None:
        """Show ``lines``."""
        if tuple(lines) != self._said:
            self._said = tuple(lines)
            self._lay()

    def on_resize(self) -> None:
        """Wrap for the new width."""
        self._lay()

    def _lay(self) -> None:
        room = self.scrollable_content_region.width - 2 or FULL_WIDTH
        lines = tuple(line for said in self._said for line in wrap(said, max(room, 10)))
        if lines != self._lines:
            changed = len(lines) != len(self._lines)
            self._lines = lines
            self.virtual_size = Size(0, len(lines))
            self.refresh(layout=changed)

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        cells, number = self.scrollable_content_region.width, y + self.scroll_offset.y
        if number >= len(self._lines):
            return Strip.blank(cells, self.rich_style)
        return self.painted((Span(" "), *self._lines[number]), cells)
