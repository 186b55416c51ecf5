"""The keys that work on a screen."""

from collections.abc import Sequence
from itertools import groupby
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Static

from trainauto_tui.commands import Command, key_name


class HelpScreen(ModalScreen[None]):
    """Lists commands by group; any of ``?``, Esc and ``q`` closes it.

    Args:
        title: The screen that the commands are of.
        commands: What works there.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,escape,q", "dismiss", show=False),
        Binding("j", "down", show=False),
        Binding("k", "up", show=False),
    ]
    DEFAULT_CSS = """
    HelpScreen {
        align: center middle;
        background: $background 60%;
        & > VerticalScroll {
            width: 78; max-width: 100%; height: auto; max-height: 100%;
            border: round $primary; background: $surface; padding: 0 1;
            border-title-color: $foreground; scrollbar-size-vertical: 1;
        }
        & .group { text-style: bold; margin-top: 1; }
        & .group.-first { margin-top: 0; }
        &:ansi { background: ansi_default; }
    }
    """

    def __init__(self, title: str, commands: Sequence[Command]) -> None:
        super().__init__()
        self._title = title
        self._commands = sorted(commands, key=lambda command: command.group)

    def compose(self) -> ComposeResult:
        """Lay the groups out."""
        with VerticalScroll() as pane:
            pane.border_title = f"keys: {self._title}"
            groups = groupby(self._commands, key=lambda command: command.group)
            for order, (group, commands) in enumerate(groups):
                yield Static(group, classes="group" if order else "group -first", markup=False)
                for command in commands:
                    yield Static(line(command), markup=False)

    def action_down(self) -> None:
        """Scroll down."""
        self.query_one(VerticalScroll).scroll_down(animate=False)

    def action_up(self) -> None:
        """Scroll up."""
        self.query_one(VerticalScroll).scroll_up(animate=False)


def line(command: Command) -> str:
    """Return a command as one line: keys, then what it does."""
    keys = " ".join(key_name(key) for key in command.keys) or f": {command.label}"
    return f"  {keys:<12} {command.help}"
