"""The question before something changes: what will happen, and the same on the command line."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.events import Resize
from textual.widgets import Input, Static

from trainauto_tui.screens.modal import Modal
from trainauto_tui.widgets.push_button import PushButton

ROOMY = 18  # lines of a screen that has room for blank ones between the parts


class ConfirmScreen(Modal[bool]):
    """Asks; ``y`` does it, ``n`` and Esc do not, and Enter does nothing at all.

    What cannot be taken back asks for a name: ``y`` is then a letter of it, and Enter does it
    once the whole name stands there.

    Args:
        title: What is asked, as a question.
        effect: What will happen, in a sentence or two.
        command: The equal command line.
        yes: What ``y`` does, in a few words.
        no: What ``n`` does.
        name: What has to be typed instead of ``y``; empty where ``y`` is enough.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "answer(True)", show=False),
        Binding("n,escape", "answer(False)", show=False),
    ]
    DEFAULT_CSS = """
    ConfirmScreen {
        & > Vertical { width: 64; border: round $warning; }
        & .question { text-style: bold; }
        & .effect { margin-top: 1; }
        & .command { margin-top: 1; color: $text-muted; }
        & .typed { margin-top: 1; height: 1; }
        & .typed Static { width: auto; margin-right: 1; }
        & Input { width: 1fr; height: 1; border: none; padding: 0; background: $foreground 10%; }
        & .answers { margin-top: 1; height: 1; }
        &.-low Static, &.-low .typed, &.-low .answers { margin-top: 0; }
    }
    """

    def __init__(
        self, title: str, effect: str, command: str, yes: str, no: str, name: str = ""
    ) -> None:
        super().__init__()
        self._texts = (title, effect, command)
        self._answers = (yes, no)
        self._name_to_type = name

    def compose(self) -> ComposeResult:
        """Lay the question out."""
        title, effect, command = self._texts
        named = self._name_to_type
        with Vertical():
            yield Static(title, classes="question", markup=False)
            yield Static(effect, classes="effect", markup=False)
            yield Static(f"$ {command}", classes="command", markup=False)
            if named:
                with Horizontal(classes="typed"):
                    yield Static(f"type {named}", markup=False)
                    entry = Input(compact=True)
                    entry.cursor_blink = False
                    yield entry
            with Horizontal(classes="answers"):
                keys = ("Enter", "Esc") if named else ("y", "n")
                for key, answer, name in zip(keys, self._answers, ("yes", "no"), strict=True):
                    yield PushButton(f"{key}  {answer}", id=name, focusable=False)

    def on_mount(self) -> None:
        """Offer what is possible before a name was typed."""
        self.query_one("#yes", PushButton).disabled = not self._sure()

    def on_resize(self, event: Resize) -> None:
        """Leave out blank lines where there is little room."""
        self.set_class(event.size.height < ROOMY, "-low")

    def _sure(self) -> bool:
        """Whether the name that is asked for was typed, if any is."""
        return not self._name_to_type or self.query_one(Input).value == self._name_to_type

    def on_input_changed(self) -> None:
        """Offer the answer with the last letter of the name."""
        self.query_one("#yes", PushButton).disabled = not self._sure()

    def on_input_submitted(self) -> None:
        """Answer, if the name is typed."""
        self.action_answer(True)

    def on_push_button_pressed(self, event: PushButton.Pressed) -> None:
        """Take a click on either answer."""
        self.action_answer(event.control.id == "yes")

    def action_answer(self, agreed: bool) -> None:
        """Close with the answer."""
        if not agreed or self._sure():
            self.dismiss(agreed)
