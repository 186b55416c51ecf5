"""The commands of a log, by keys and by mouse."""

from collections.abc import Callable
from typing import ClassVar, Protocol, cast

from textual.binding import BindingType
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.message import Message
from textual.scrollbar import ScrollDown, ScrollTo, ScrollUp

from trainauto_tui.widgets.keys import bindings
from trainauto_tui.widgets.log_view import sending
from trainauto_tui.widgets.log_view.pane import LogPane
from trainauto_tui.widgets.log_view.reader import STEP, Reader

WHEEL = 3  # rows of one turn


SAVE = "save to"


class Asking(Protocol):
    """A screen that can ask for a line of text."""

    def prompt(
        self,
        label: str,
        text: str,
        changed: Callable[[str], None],
        done: Callable[[str | None], None],
        select: bool = False,
    ) -> object:
        """Ask; ``done`` gets None when the reader takes the question back."""


class LogView(LogPane):
    """Shows one log, and lets the reader go through it, search, filter and take it along."""

    SCOPE = "log"
    BINDINGS: ClassVar[list[BindingType]] = bindings("log")

    # The mouse.

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Scroll with the wheel."""
        self._by_mouse(event, lambda reader: reader.scroll(WHEEL))

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Scroll with the wheel."""
        self._by_mouse(event, lambda reader: reader.scroll(-WHEEL))

    def on_scroll_down(self, event: ScrollDown) -> None:
        """Go down a page where the scrollbar is clicked below the thumb."""
        self._by_mouse(event, lambda reader: reader.scroll(self._page(), carry=True))

    def on_scroll_up(self, event: ScrollUp) -> None:
        """Go up a page where the scrollbar is clicked above the thumb."""
        self._by_mouse(event, lambda reader: reader.scroll(-self._page(), carry=True))

    def on_scroll_to(self, event: ScrollTo) -> None:
        """Go where the thumb was dragged to."""
        room = self.virtual_size.height - self.size.height
        if event.y is not None and room > 0:
            part = min(max(event.y / room, 0.0), 1.0)
            self._by_mouse(event, lambda reader: reader.drag(part))

    def on_click(self, event: Click) -> None:
        """Put the cursor on a line."""
        self._by_mouse(event, lambda reader: reader.click(event.y))

    def _by_mouse(self, event: Message, act: Callable[[Reader], None]) -> None:
        event.stop()
        event.prevent_default()
        self._do(act)

    def _do(self, act: Callable[[Reader], None]) -> None:
        if self.reader is not None:
            act(self.reader)

    def _page(self) -> int:
        return max(self.size.height - 1, 1)

    # Commands.

    def toggle_follow(self) -> None:
        """Stop following, or go to the end and follow."""
        self._do(lambda reader: reader.stop() if reader.follows else reader.follow())

    def action_follow(self) -> None:
        """Keep the end in view, or stop."""
        self.toggle_follow()

    def action_down(self) -> None:
        """One row down."""
        self._do(lambda reader: reader.move(1))

    def action_up(self) -> None:
        """One row up."""
        self._do(lambda reader: reader.move(-1))

    def action_left(self) -> None:
        """To the left."""
        self._do(lambda reader: reader.shift(-STEP))

    def action_right(self) -> None:
        """To the right."""
        self._do(lambda reader: reader.shift(STEP))

    def action_page_down(self) -> None:
        """One page down."""
        self._do(lambda reader: reader.scroll(self._page(), carry=True))

    def action_page_up(self) -> None:
        """One page up."""
        self._do(lambda reader: reader.scroll(-self._page(), carry=True))

    def action_top(self) -> None:
        """To the first line, however far away it is."""
        self._do(lambda reader: reader.first())

    def action_bottom(self) -> None:
        """To the last line; follows from there."""
        self._do(lambda reader: reader.follow())

    def action_wrap(self) -> None:
        """Fold long lines, or cut them."""
        self._do(lambda reader: reader.toggle_wrap())

    def action_times(self) -> None:
        """Show when lines came in another way."""
        self._do(lambda reader: reader.next_times())

    def action_mark(self) -> None:
        """Mark the line, or take its mark away."""
        self._do(lambda reader: reader.toggle_mark())

    def action_next_mark(self) -> None:
        """To the next marked line."""
        self._do(lambda reader: reader.next_mark())

    def action_clear_marks(self) -> None:
        """Take all marks away."""
        self._do(lambda reader: reader.clear_marks())

    def search(self, text: str) -> None:
        """Find ``text`` in the whole log, from what is in view on."""
        self._do(lambda reader: reader.search(text))

    def keep(self, text: str) -> None:
        """Show only the lines with ``text``, with ``!`` in front those without; all for none."""
        self._do(lambda reader: reader.keep(text))

    def action_next_match(self) -> None:
        """To the next place found."""
        self._do(lambda reader: reader.search_on(forward=True))

    def action_previous_match(self) -> None:
        """To the place found before."""
        self._do(lambda reader: reader.search_on(forward=False))

    def action_search(self) -> None:
        """Ask what to find, and show where it is in view while it is typed."""
        reader = self.reader
        if reader is None:
            return
        before = reader.pattern

        def done(text: str | None) -> None:
            if text is None:
                reader.highlight(before.text if before else "")
            else:
                reader.search(text)

        self._ask("/", before.text if before else "", reader.highlight, done)

    def action_keep(self) -> None:
        """Ask which lines to keep."""
        reader = self.reader
        if reader is None:
            return

        def done(text: str | None) -> None:
            if text is not None:
                reader.keep(text)

        kept = reader.kept
        self._ask("&", kept.pattern.written if kept else "", lambda text: None, done)

    def action_goto_line(self, number: str = "") -> None:
        """To a line by its number, the first one being 1."""
        reader = self.reader
        if reader is not None and number:
            reader.go_to_line(number)
        elif reader is not None:
            done = lambda text: reader.go_to_line(text) if text else None  # noqa: E731
            self._ask("line", "", lambda text: None, done)

    def action_save(self) -> None:
        """Ask for a file name, and write the log there."""
        reader = self.reader
        if reader is not None:
            done = lambda name: sending.save(self, reader, name) if name else None  # noqa: E731
            self._ask(SAVE, sending.file_name(reader), lambda text: None, done)

    def action_pager(self) -> None:
        """Open the log in the reader's pager."""
        self._do(lambda reader: sending.page(self, reader))

    def lift(self) -> bool:
        """Show all lines again, if some are left out."""
        lifted = self.reader is not None and self.reader.kept is not None
        if lifted:
            self.keep("")
        return lifted

    def copies(self, copy: Callable[[str, str], None]) -> bool:
        """Copy the line, or the lines from the mark to it."""
        return self.reader is not None and sending.copy(self, self.reader, copy)

    def _ask(
        self,
        label: str,
        text: str,
        changed: Callable[[str], None],
        done: Callable[[str | None], None],
    ) -> None:
        place = cast("Asking", self.screen)
        place.prompt(label, text, changed, done, select=label != SAVE)  # a path is rather edited
