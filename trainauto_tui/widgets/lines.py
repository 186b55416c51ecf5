"""The base of every widget here: lines of styled spans, drawn one by one."""

from collections.abc import Iterable
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.scroll_view import ScrollView
from textual.strip import Strip

from trainauto_tui.drawing.spans import ROLES, Role, Span

CURSOR = "lines--cursor"
ASCII_CLASS = "-ascii"  # of the application
_ASCII = str.maketrans("─›…×", "->~x")


class Lines(ScrollView, inherit_bindings=False):
    """A scrollable pane of lines that knows how each role looks in the theme in force."""

    SCOPE: ClassVar[str] = ""  # of the commands that it has while it is focused
    COMPONENT_CLASSES: ClassVar[set[str]] = {CURSOR, *(f"role--{role}" for role in ROLES)}
    DEFAULT_CSS = """
    Lines {
        overflow-x: hidden;
        scrollbar-size-vertical: 1;
        background: $background;
        color: $foreground;
        & > .role--plain { color: $foreground; }
        & > .role--muted { color: $text-muted; }
        & > .role--title { color: $foreground; text-style: bold; }
        & > .role--good { color: $text-success; }
        & > .role--bad { color: $text-error; text-style: bold; }
        & > .role--live { color: $text-primary; text-style: bold; }
        & > .role--warn { color: $text-warning; }
        & > .role--accent { color: $text-secondary; }
        & > .lines--cursor { background: $foreground 8%; }
        &:focus > .lines--cursor { background: $primary 30%; }
        &.-stale { text-opacity: 60%; }
        &:ansi {
            & > .role--muted { color: ansi_default; text-style: dim; }
            & > .role--good { color: ansi_green; }
            & > .role--bad { color: ansi_red; }
            & > .role--live { color: ansi_blue; }
            & > .role--warn { color: ansi_magenta; }
            & > .role--accent { color: ansi_cyan; }
            & > .lines--cursor { text-style: underline; background: ansi_default; }
            &:focus > .lines--cursor { text-style: reverse; background: ansi_default; }
        }
    }
    """

    def ink(self, role: Role, cursor: bool = False) -> Style:
        """Return the style of ``role`` on this widget's background, or on the cursor's."""
        style = self.get_component_rich_style(f"role--{role}")
        if not cursor:
            return style
        under = self.get_component_rich_style(CURSOR)
        return style + Style(
            bgcolor=under.bgcolor, reverse=under.reverse, underline=under.underline
        )

    def painted(self, spans: Iterable[Span], cells: int, cursor: bool = False) -> Strip:
        """Return ``spans`` as a strip of exactly ``cells``."""
        if self.app.has_class(ASCII_CLASS):
            spans = [Span(span.text.translate(_ASCII), span.role) for span in spans]
        strip = Strip([Segment(span.text, self.ink(span.role, cursor)) for span in spans])
        # Fewer, longer segments: each costs some twenty bytes of escape sequences on the wire.
        return strip.adjust_cell_length(cells, self.ink("plain", cursor)).simplify()

    def copied(self) -> tuple[str, str] | None:
        """Return the text that ``y`` copies and what it is; None when nothing is selected."""
        return None

    def show_from(self, line: int) -> None:
        """Scroll so that ``line`` is the first one in view.

        Even before the layout that follows a change of size has given the pane its scrollbar.
        """
        self.scroll_to(y=line, animate=False, force=True)

    def watch_show_vertical_scrollbar(self, shown: bool) -> None:
        """Put the thumb of a scrollbar that comes after the scrolling where it belongs."""
        if shown:
            self.vertical_scrollbar.position = self.scroll_y
