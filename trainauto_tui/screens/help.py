"""The keys that work on a screen."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Static

from trainauto_tui.commands import Command, key_name
from trainauto_tui.screens.modal import Modal

GROUPS = ("Change", "View", "Log", "Move", "Screens", "Everywhere")  # what matters here first
TWO_COLUMNS = 150  # cells of the terminal from which two fit side by side
Group = tuple[str, list[Command]]


class HelpScreen(Modal[None]):
    """Lists commands by group; any of ``?``, Esc and ``q`` closes it.

    Args:
        title: The screen that the commands are of.
        commands: What works there.
        disabled: Ids of those that would be refused now; they are dimmed.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,escape,q", "dismiss", show=False),
        Binding("j,down", "down", show=False),
        Binding("k,up", "up", show=False),
        Binding("pagedown,ctrl+d,space", "page_down", show=False),
        Binding("pageup,ctrl+u", "page_up", show=False),
    ]
    DEFAULT_CSS = """
    HelpScreen {
        & > VerticalScroll {
            width: 78; border-subtitle-color: $text-muted; scrollbar-size-vertical: 1;
            &.-wide { width: 148; }
        }
        & Horizontal { height: auto; }
        & .column { width: 1fr; height: auto; }
        & .group { text-style: bold; margin-top: 1; }
        & .group.-first { margin-top: 0; }
        & .-off { color: $text-muted; }
    }
    """

    def __init__(
        self, title: str, commands: Sequence[Command], disabled: frozenset[str] = frozenset()
    ) -> None:
        super().__init__()
        self._title = title
        self._disabled = disabled
        self._groups: list[Group] = []
        for name in GROUPS:
            members = [command for command in commands if command.group == name]
            if members:
                self._groups.append((name, members))

    def compose(self) -> ComposeResult:
        """Lay the groups out."""
        wide = self.app.size.width >= TWO_COLUMNS
        with VerticalScroll(classes="-wide" if wide else "") as pane:
            pane.border_title = f"keys: {self._title}"
            pane.border_subtitle = "↑ ↓ scroll   Esc closes"
            with Horizontal():
                for column in _columns(self._groups) if wide else [self._groups]:
                    yield _Column(column, self._disabled)

    def action_down(self) -> None:
        """Scroll down."""
        self.query_one(VerticalScroll).scroll_down(animate=False)

    def action_up(self) -> None:
        """Scroll up."""
        self.query_one(VerticalScroll).scroll_up(animate=False)

    def action_page_down(self) -> None:
        """Scroll a page down."""
        self.query_one(VerticalScroll).scroll_page_down(animate=False)

    def action_page_up(self) -> None:
        """Scroll a page up."""
        self.query_one(VerticalScroll).scroll_page_up(animate=False)


class _Column(VerticalScroll, can_focus=False):
    """Some of the groups."""

    def __init__(self, groups: Sequence[Group], disabled: frozenset[str]) -> None:
        super().__init__(classes="column")
        self._groups = groups
        self._disabled = disabled

    def compose(self) -> ComposeResult:
        """Lay the groups out."""
        for order, (group, commands) in enumerate(self._groups):
            yield Static(group, classes="group" if order else "group -first", markup=False)
            for command in commands:
                off = "-off" if command.id in self._disabled else ""
                yield Static(line(command), classes=off, markup=False)


def _columns(groups: Sequence[Group]) -> list[list[Group]]:
    """Split the groups in two, where both parts are nearest in height."""
    heights = [len(commands) + 2 for _, commands in groups]
    cut = min(range(1, len(groups) + 1), key=lambda at: abs(sum(heights[:at]) - sum(heights[at:])))
    return [list(groups[:cut]), list(groups[cut:])]


def line(command: Command) -> str:
    """Return a command as one line: keys, then what it does."""
    takes = f" {command.takes.upper()}" if command.takes else ""
    word = command.label.replace(" ", "-")
    keys = " ".join(key_name(key) for key in command.keys) or f":{word}{takes}"
    return f"  {keys:<12} {command.help}"
