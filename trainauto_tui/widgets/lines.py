"""The base of every widget here: lines of styled spans, drawn one by one."""

from collections.abc import Callable, Iterable
from functools import cache
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.scroll_view import ScrollView
from textual.strip import Strip

from trainauto_tui.drawing.spans import Role, Span
from trainauto_tui.widgets.inks import cursor as under
from trainauto_tui.widgets.inks import cursor_shade, ink

ASCII_CLASS = "-ascii"  # of the application
_ASCII = str.maketrans("─›…×▲▼", "->~x^v")
#: What would be done rather than shown: control characters, and those that reorder a line.
_NEVER = dict.fromkeys(
    (
        *range(0x20),
        *range(0x7F, 0xA0),
        *(0x061C, 0x200E, 0x200F, 0xFEFF),
        *range(0x2028, 0x202F),
        *range(0x2066, 0x206A),
    ),
    None,
)


class Lines(ScrollView, inherit_bindings=False):
    """A scrollable pane of lines that knows how each role looks in the theme in force."""

    SCOPE: ClassVar[str] = ""  # of the commands that it has while it is focused
    DEFAULT_CSS = """
    Lines {
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        background: $background;
        color: $foreground;
        &.-stale { text-opacity: 60%; }
    }
    """

    def ink(self, role: Role, cursor: bool = False) -> Style:
        """Return the style of ``role`` on this widget's background, or on the cursor's."""
        return self._pen(cursor)(role)

    def _pen(self, cursor: bool) -> Callable[[Role], Style]:
        """Return what inks each role on one line.

        The style below all roles costs as much to find out as a line of text does: a line finds
        it out once.
        """
        base, background = self.rich_style, self.background_colors[1]
        shade = cursor_shade(self.app, background, self.has_focus) if cursor else background
        beneath = under(self.app, background, self.has_focus) if cursor else Style()

        @cache
        def pen(role: Role) -> Style:
            return base + ink(self.app, role, shade) + beneath

        return pen

    def on_focus(self) -> None:
        """Show the cursor as that of the pane that takes the keys."""
        self.refresh()

    def on_blur(self) -> None:
        """Show the cursor as that of a pane that waits."""
        self.refresh()

    def painted(self, spans: Iterable[Span], cells: int, cursor: bool = False) -> Strip:
        """Return ``spans`` as a strip of exactly ``cells``; control characters are left out.

        Names, reasons and errors come from files and programs: nothing in them is executed.
        """
        spans = [
            span if span.text.isprintable() else Span(span.text.translate(_NEVER), span.role)
            for span in spans
        ]
        if self.app.has_class(ASCII_CLASS):
            spans = [Span(span.text.translate(_ASCII), span.role) for span in spans]
        pen = self._pen(cursor)
        strip = Strip([Segment(span.text, pen(span.role)) for span in spans])
        # Fewer, longer segments: each costs some twenty bytes of escape sequences on the wire.
        return strip.adjust_cell_length(cells, pen("plain")).simplify()

    def lift(self) -> bool:
        """Lift the filter, if there is one; return whether there was."""
        return False

    def copied(self) -> tuple[str, str] | None:
        """Return the text that ``y`` copies and what it is; None when nothing is selected."""
        return None

    def copies(self, copy: Callable[[str, str], None]) -> bool:
        """Hand what ``y`` copies to ``copy``, at once or later; False when nothing is selected."""
        found = self.copied()
        if found is not None:
            copy(*found)
        return found is not None

    def show_from(self, line: int) -> None:
        """Scroll so that ``line`` is the first one in view.

        Even before the layout that follows a change of size has given the pane its scrollbar.
        """
        self.scroll_to(y=line, animate=False, force=True)

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        """Put the thumb of a scrollbar that comes after the scrolling where it belongs."""
        if shown:
            self.vertical_scrollbar.position = self.scroll_y
