"""The command palette: every command of the screen below by its name, with an argument."""

from collections.abc import Callable, Sequence
from typing import ClassVar, NamedTuple

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Input

from trainauto_tui.commands import Command, key_name
from trainauto_tui.drawing.spans import Span
from trainauto_tui.palette import find, narrowed, parsed, word
from trainauto_tui.screens.modal import Modal
from trainauto_tui.widgets.line import Line
from trainauto_tui.widgets.live_rows import Column, LiveRows, Row

Complete = Callable[[str, Callable[[Sequence[str]], None]], None]
_MOVES = frozenset({"palette", "down", "up", "left", "right", "page_down", "page_up", "open"})
_SHOWN = 12  # rows; what is wanted is nearly always among the first few


class Chosen(NamedTuple):
    """A command to run; ``argument`` is what was typed for one that takes something."""

    command: Command
    argument: str = ""


class Hits(LiveRows, can_focus=False):
    """One row per command, or per completion of the argument."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("", 24),
        Column("", 8),
        Column("", None),
    )


class PaletteScreen(Modal[Chosen | None]):
    """Takes a line and answers with the command that it means.

    Args:
        commands: What works on the screen below.
        complete: Called with what a command takes and where its completions go.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss", show=False),
        Binding("down,ctrl+n", "move(1)", show=False, priority=True),
        Binding("up,ctrl+p", "move(-1)", show=False, priority=True),
        Binding("tab", "complete", show=False, priority=True),
    ]
    DEFAULT_CSS = """
    PaletteScreen {
        align: center top;
        & > Vertical { width: 76; margin-top: 2; padding: 0; }
        & Input { height: 1; border: none; padding: 0 1; background: $surface; }
        & Hits { height: 13; background: $surface; }
    }
    """

    def __init__(self, commands: Sequence[Command], complete: Complete) -> None:
        super().__init__()
        self._commands = [one for one in commands if one.id not in _MOVES]
        self._complete = complete
        self._line = Line()
        self._choices: dict[str, Sequence[str]] = {}
        self._rows: dict[str, Chosen] = {}

    def compose(self) -> ComposeResult:
        """Input above, what it may mean below."""
        with Vertical() as pane:
            pane.border_title = "command"
            yield self._line
            yield Hits()

    def on_mount(self) -> None:
        """Offer everything."""
        self._show()
        self.set_focus(self._line)
        self._line.catch_up()

    def on_key(self, event: events.Key) -> None:
        """Take what is typed before the line has the focus."""
        if self._line.take(event):
            event.stop()

    def on_input_changed(self, event: Input.Changed) -> None:
        """Narrow down."""
        event.stop()
        self._show()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Run what is selected, or ask for its argument."""
        event.stop()
        self._choose()

    def on_live_rows_opened(self, event: LiveRows.Opened) -> None:
        """Run what was clicked."""
        event.stop()
        self._choose()

    def action_move(self, rows: int) -> None:
        """Select another row."""
        self.query_one(Hits).cursor += rows

    def action_complete(self) -> None:
        """Put what is selected into the line."""
        chosen = self._selected()
        if chosen is not None:
            blank = " " if chosen.command.takes else ""
            self._write(f"{word(chosen.command)}{blank}{chosen.argument}")

    def _choose(self) -> None:
        typed = parsed(self._line.value)
        chosen = self._selected()
        if chosen is None:
            return
        if not chosen.command.takes:
            self.dismiss(chosen)
        elif chosen.argument or typed.argument:
            self.dismiss(
                chosen if chosen.argument else Chosen(chosen.command, typed.argument or "")
            )
        else:
            self._write(f"{word(chosen.command)} ")

    def _selected(self) -> Chosen | None:
        key = self.query_one(Hits).selected
        return self._rows.get(key) if key else None

    def _write(self, line: str) -> None:
        self._line.write(line)

    def _show(self) -> None:
        line = self._line.value
        typed = parsed(line)
        hits = find(self._commands, line)
        if typed.argument is not None and hits:
            command = hits[0].command
            rows = self._completions(command, typed.argument)
        else:
            rows = [(Chosen(hit.command), *_described(hit.command)) for hit in hits[:_SHOWN]]
        self._rows = {f"{n}": chosen for n, (chosen, *_) in enumerate(rows)}
        table = self.query_one(Hits)
        table.show_rows(
            [
                Row(f"{n}", ((Span(name, "title"),), (Span(key, "live"),), (Span(help_, "muted"),)))
                for n, (_, name, key, help_) in enumerate(rows)
            ]
        )
        table.show_message("" if rows else "No command is called so; Esc leaves.")
        table.cursor = 0

    def _completions(self, command: Command, argument: str) -> list[tuple[Chosen, str, str, str]]:
        takes = command.takes
        if takes not in self._choices:
            self._choices[takes] = ()

            def got(choices: Sequence[str]) -> None:
                self._choices[takes] = choices
                if self.is_running and choices:
                    self._show()

            self._complete(takes, got)
        found = narrowed(self._choices[takes], argument)[:_SHOWN]
        rows = [(Chosen(command, one), one, "", "") for one in found]
        if argument and argument not in found:
            rows.insert(
                0 if not found else len(rows),
                (Chosen(command, argument), argument, "", command.help),
            )
        return rows or [(Chosen(command), word(command), "", command.help)]


def _described(command: Command) -> tuple[str, str, str]:
    name = f"{word(command)} {command.takes.upper()}" if command.takes else word(command)
    return name, " ".join(key_name(key) for key in command.keys[:1]), command.help
