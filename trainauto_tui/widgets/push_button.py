"""A word in a box that the mouse presses, one line high."""

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Static


class PushButton(Static, can_focus=True):
    """Tells when it is clicked, or when Enter is pressed while it has the focus.

    Args:
        label: What it does, with the key that does the same.
        id: Names it.
        focusable: Whether it takes the focus; without it no Enter can press it.
    """

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "press", show=False)]
    DEFAULT_CSS = """
    PushButton {
        width: auto; height: 1; padding: 0 2; margin-right: 2;
        background: $foreground 15%; color: $foreground;
        &:hover { background: $foreground 25%; }
        &:focus { background: $primary; color: $text; text-style: bold; }
        &:disabled { color: $text-disabled; background: $foreground 5%; }
        &:ansi { background: ansi_default; color: ansi_default; text-style: reverse; }
        &:ansi:focus { text-style: reverse bold underline; }
        &:ansi:disabled { text-style: dim; }
    }
    """

    class Pressed(Message):
        """It was pressed."""

        def __init__(self, control: "PushButton") -> None:
            super().__init__()
            self._button = control

        @property
        def control(self) -> "PushButton":
            """The button."""
            return self._button

    def __init__(self, label: str, *, id: str, focusable: bool = True) -> None:  # noqa: A002
        super().__init__(label, id=id, markup=False)
        self.can_focus = focusable

    def on_click(self) -> None:
        """Be pressed by the mouse."""
        self.action_press()

    def action_press(self) -> None:
        """Tell."""
        self.post_message(self.Pressed(self))
