"""One line of input at the foot of a screen, in the place of the hints."""

from collections.abc import Callable
from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Input, Static

from trainauto_tui.widgets.line import Line


class Prompt(Horizontal):
    """Asks for a text; Enter answers, Esc takes the question back.

    Args:
        label: What is asked for.
        text: What stands there at first.
        changed: Called with the text at every change.
        done: Called once, with the text, or with None after Esc.
        select: Whether the first letter takes the place of ``text``.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "cancel", show=False),
        Binding("tab", "complete", show=False),
    ]
    DEFAULT_CSS = """
    Prompt {
        dock: bottom; height: 1; background: $surface;
        & > Static { width: auto; color: $text-primary; text-style: bold; padding: 0 1; }
        & > Input { width: 1fr; height: 1; border: none; padding: 0; background: $surface; }
        & > .note { color: $text-warning; text-style: none; max-width: 76%; }
        &:ansi > Static { color: ansi_blue; }
    }
    """

    def __init__(
        self,
        label: str,
        text: str,
        changed: Callable[[str], None],
        done: Callable[[str | None], None],
        select: bool = False,
    ) -> None:
        super().__init__()
        self._label = label
        self._text = text
        self._changed = changed
        self._done = done
        self.complete: Callable[[str], str] = str  # what Tab makes of the text
        self._note = Static("", classes="note", markup=False)
        self._entry = Line(text)
        self._select = select
        self._answered = False

    def compose(self) -> ComposeResult:
        """Label, input, note."""
        yield Static(self._label, markup=False)
        yield self._entry
        yield self._note

    def on_mount(self) -> None:
        """Take the keys."""
        self.screen.set_focus(self._entry)
        if self._select:
            self._entry.select_all()
        self._entry.catch_up()

    def take(self, event: events.Key) -> bool:
        """Take a key that came to the screen instead; return whether it was taken."""
        return self._entry.take(event)

    def say(self, note: str) -> None:
        """Show ``note`` at the right end, such as what is wrong with the text."""
        self._note.update(note)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Tell of the text as it is typed."""
        event.stop()
        if event.value != self._text and not self._answered:
            self._text = event.value
            self._changed(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Answer with the text."""
        event.stop()
        self._answer(event.value)

    def action_complete(self) -> None:
        """Complete the text as far as that is certain."""
        self._entry.write(self.complete(self._entry.value))

    def action_cancel(self) -> None:
        """Answer that nothing is wanted."""
        self._answer(None)

    def _answer(self, answer: str | None) -> None:
        if not self._answered:
            self._answered = True
            self._done(answer)
