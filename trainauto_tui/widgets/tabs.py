"""The names of parts of a screen of which one is shown, in a line."""

from collections.abc import Sequence

from textual import events
from textual.message import Message
from textual.strip import Strip

from trainauto_tui.drawing.spans import Span
from trainauto_tui.widgets.lines import Lines


class Tabs(Lines, can_focus=False):
    """The names; a click on one asks for that part."""

    DEFAULT_CSS = "Tabs { height: 1; scrollbar-size: 0 0; overflow: hidden; }"

    class Chosen(Message):
        """The part ``name`` is wanted."""

        def __init__(self, name: str) -> None:
            super().__init__()
            self.name = name

    def __init__(self, names: Sequence[str], *, id: str | None = None) -> None:  # noqa: A002
        super().__init__(id=id)
        self.names = tuple(names)
        self._current = self.names[0]

    def point_to(self, name: str) -> None:
        """Show that the part ``name`` is the one below."""
        if name != self._current:
            self._current = name
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the names, the current one between brackets."""
        spans = [Span("─", "muted")]
        for name in self.names:
            if name == self._current:
                spans += [Span("[", "live"), Span(name, "live"), Span("]", "live")]
            else:
                spans.append(Span(f" {name} ", "plain"))
            spans.append(Span("─", "muted"))
        used = sum(len(span.text) for span in spans)
        return self.painted(
            [*spans, Span("─" * (self.size.width - used), "muted")], self.size.width
        )

    def on_click(self, event: events.Click) -> None:
        """Ask for the part that was clicked on."""
        start = 1
        for name in self.names:
            if start <= event.x < start + len(name) + 2:
                self.post_message(self.Chosen(name))
            start += len(name) + 3
