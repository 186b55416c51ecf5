"""The question before something changes: what will happen, and the same on the command line."""

from typing import ClassVar

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static


class ConfirmScreen(ModalScreen[bool]):
    """Asks; ``y`` does it, ``n`` and Esc do not, and Enter does nothing at all.

    Args:
        title: What is asked, as a question.
        effect: What will happen, in a sentence or two.
        command: The equal command line.
        yes: What ``y`` does, in a few words.
        no: What ``n`` does.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", show=False),
        Binding("n,escape", "answer(False)", show=False),
    ]
    DEFAULT_CSS = """
    ConfirmScreen {
        align: center middle;
        background: $background 60%;
        & > Vertical {
            width: 64; max-width: 100%; height: auto; max-height: 100%;
            border: round $warning; background: $surface; padding: 0 1;
        }
        & .question { text-style: bold; }
        & .effect { margin-top: 1; }
        & .command { margin-top: 1; color: $text-muted; }
        & .answer { margin-top: 1; height: 1; }
        & .answer:hover { text-style: reverse; }
        & #no { margin-top: 0; }
        &:ansi { background: ansi_default; }
    }
    """

    def __init__(self, title: str, effect: str, command: str, yes: str, no: str) -> None:
        super().__init__()
        self._texts = (title, effect, command, yes, no)

    def compose(self) -> ComposeResult:
        """Lay the question out."""
        title, effect, command, yes, no = self._texts
        with Vertical():
            yield Static(title, classes="question", markup=False)
            yield Static(effect, classes="effect", markup=False)
            yield Static(f"$ {command}", classes="command", markup=False)
            yield Static(f"y  {yes}", classes="answer", id="yes", markup=False)
            yield Static(f"n  {no}", classes="answer", id="no", markup=False)

    def on_click(self, event: events.Click) -> None:
        """Take a click on either answer."""
        if event.widget is not None and event.widget.id in ("yes", "no"):
            self.dismiss(event.widget.id == "yes")

    def action_answer(self, agreed: bool) -> None:
        """Close with the answer."""
        self.dismiss(agreed)
