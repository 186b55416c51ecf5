"""The one-line bars of a screen: crumbs above, hints below, rules between panes."""

from collections.abc import Sequence

from textual.strip import Strip

from trainauto_tui.commands import Command, key_name
from trainauto_tui.drawing.spans import Span, fit, width
from trainauto_tui.widgets.lines import Lines


class Bar(Lines, can_focus=False):
    """One line with something at its left and something at its right end."""

    DEFAULT_CSS = "Bar { height: 1; scrollbar-size: 0 0; overflow: hidden; }"
    FILL = " "

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._shown: tuple[tuple[Span, ...], tuple[Span, ...]] = ((), ())

    def say(self, left: Sequence[Span], right: Sequence[Span] = ()) -> None:
        """Show ``left`` and ``right``; where both do not fit, ``left`` is cut."""
        shown = (tuple(left), tuple(right))
        if shown != self._shown:
            self._shown = shown
            self.refresh()

    def render_line(self, y: int) -> Strip:
        """Draw the bar."""
        left, right = self._shown
        cells = self.size.width
        room = max(cells - width(right) - 2, 0)
        if width(left) > room:
            left = fit(left, room)
        fill = self.FILL * max(cells - width(left) - width(right) - 2, 0)
        ends = (*left, Span(fill, "muted"), *right)
        return self.painted((Span(self.FILL, "muted"), *ends, Span(self.FILL, "muted")), cells)


class Crumbs(Bar):
    """The way to this screen, and the state of the link."""

    DEFAULT_CSS = "Crumbs { background: $surface; dock: top; }"


class Rule(Bar):
    """A line that names the pane below it."""

    FILL = "─"

    def name_pane(self, title: Sequence[Span], right: Sequence[Span] = ()) -> None:
        """Show ``title`` and ``right`` in the line."""
        end = (Span(" "), *right, Span(" ")) if right else ()
        self.say((Span(" "), *title, Span(" ")) if title else (), end)


class Hints(Bar):
    """The keys that matter here, as many as fit."""

    DEFAULT_CSS = "Hints { background: $surface; dock: bottom; }"

    def offer(
        self, commands: Sequence[Command], disabled: frozenset[str], note: Sequence[Span] = ()
    ) -> None:
        """Show ``commands``, those of ``disabled`` dimmed, and ``note`` at the right end."""
        room = self.size.width - width(tuple(note)) - 2
        spans: list[Span] = []
        for command in commands:
            if not command.keys:
                continue
            off = command.id in disabled
            piece = (
                Span(f"{key_name(command.keys[0])} ", "muted" if off else "live"),
                Span(f"{command.label}  ", "muted" if off else "plain"),
            )
            if width((*spans, *piece)) > room:
                break
            spans += piece
        self.say(spans, note)
