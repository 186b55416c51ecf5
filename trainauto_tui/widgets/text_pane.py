"""Text about something, as much as there is: folded, and scrolled by the keys of a list."""

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.strip import Strip

from trainauto_tui.drawing.folding import Line, folded
from trainauto_tui.drawing.spans import Span
from trainauto_tui.widgets.keys import bindings
from trainauto_tui.widgets.lines import Lines

MARGIN = 1  # cells at either side
NARROWEST = 10
FULL_WIDTH = 80  # cells, before the pane knows its own


class TextPane(Lines):
    """Lines of spans; a change repaints the lines that are other than before.

    Args:
        indent: How many cells further in a folded line goes on.
    """

    SCOPE = "text"
    BINDINGS: ClassVar[list[BindingType]] = bindings("text")
    DEFAULT_CSS = "TextPane { height: 1fr; }"

    def __init__(
        self,
        *,
        indent: int = 2,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._indent = indent
        self._about: Hashable = None
        self._said: tuple[Line, ...] = ()
        self._lines: tuple[Line, ...] = ()

    def say(self, lines: Sequence[Line], about: Hashable = None) -> None:
        """Show ``lines``, from the first one on if they are ``about`` something new."""
        if about != self._about:
            self._about = about
            self.show_from(0)
        if tuple(lines) != self._said:
            self._said = tuple(lines)
            self._lay()

    def on_resize(self) -> None:
        """Fold for the new width."""
        self._lay()

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        """Fold beside the scrollbar."""
        super().watch_show_vertical_scrollbar(shown)
        self._lay()

    def _lay(self) -> None:
        width = self.scrollable_content_region.width or FULL_WIDTH
        room = max(width - 2 * MARGIN, NARROWEST)
        before = self._lines
        self._lines = tuple(
            line for said in self._said for line in folded(said, room, self._indent)
        )
        size = Size(0, len(self._lines))
        if size != self.virtual_size:
            self.set_reactive(TextPane.virtual_size, size)
            self.refresh(repaint=False, layout=True)
        top = self.scroll_offset.y
        for y in range(self.size.height):
            if before[top + y : top + y + 1] != self._lines[top + y : top + y + 1]:
                self.refresh(Region(0, y, self.size.width, 1))

    def render_line(self, y: int) -> Strip:
        """Draw one line."""
        cells, number = self.scrollable_content_region.width, y + self.scroll_offset.y
        if number >= len(self._lines):
            return Strip.blank(cells, self.rich_style)
        return self.painted((Span(" " * MARGIN), *self._lines[number]), cells)

    def action_down(self) -> None:
        """One line down."""
        self.scroll_relative(y=1, animate=False)

    def action_up(self) -> None:
        """One line up."""
        self.scroll_relative(y=-1, animate=False)

    def action_top(self) -> None:
        """To the first line."""
        self.show_from(0)

    def action_bottom(self) -> None:
        """To the last line."""
        self.show_from(len(self._lines))

    def action_page_down(self) -> None:
        """One screenful down."""
        self.scroll_relative(y=max(self.size.height - 1, 1), animate=False)

    def action_page_up(self) -> None:
        """One screenful up."""
        self.scroll_relative(y=-max(self.size.height - 1, 1), animate=False)
