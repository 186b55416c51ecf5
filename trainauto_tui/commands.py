"""Every command of the terminal UI, in one table.

Key bindings, footer hints, the help screen, the command palette and the page of keys in the
documentation are made from it, so that they cannot disagree. Lower case looks, UPPER case
changes something.

Standard library only: the table is read where no terminal is.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Destination:
    """A screen that a digit opens from anywhere.

    Attributes:
        id: The screen's scope in the command table.
        key: The digit.
        label: Its name in crumbs, help and palette.
        module: Where its class is; imported when the screen is first opened.
        screen: The name of that class.
        help: One sentence for help and palette.
    """

    id: str
    key: str
    label: str
    module: str
    screen: str
    help: str


@dataclass(frozen=True, slots=True)
class Command:
    """One thing that a person can tell the UI to do.

    Attributes:
        id: Stable name; a keymap refers to it, and ``action_<id>`` carries it out.
        keys: Key names as Textual has them; empty for a command of the palette only.
        label: A word or two for the footer and the palette.
        help: One sentence for the help screen.
        group: Heading on the help screen.
        changes: Whether it changes anything outside this UI; such a command needs a live link.
        screens: The scopes (screens and panes) that have it; empty means everywhere.
        argument: What ``action_<id>`` is called with, if anything.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    group: str
    changes: bool = False
    screens: tuple[str, ...] = ()
    argument: str = ""

    @property
    def action(self) -> str:
        """The action string that a key binding runs."""
        return f"{self.id}({self.argument!r})" if self.argument else self.id


DESTINATIONS = (
    Destination(
        "pipelines",
        "1",
        "pipelines",
        "trainauto_tui.screens.pipelines",
        "PipelinesScreen",
        "All pipelines: state, last runs, next fire, and what is wrong with a broken file.",
    ),
    Destination(
        "runs",
        "2",
        "runs",
        "trainauto_tui.screens.runs",
        "RunsScreen",
        "Runs of all pipelines, newest first, a page at a time.",
    ),
)

_LISTS = ("list", "log")
_RUNS = ("runs", "run")

COMMANDS: tuple[Command, ...] = (
    Command("help", ("?",), "help", "Show the keys of this screen.", "Everywhere"),
    Command(
        "command_palette", (":", "ctrl+p"), "command", "Find a command by its name.", "Everywhere"
    ),
    Command("open", ("enter",), "open", "Go into the selected row.", "Move", screens=("list",)),
    Command(
        "follow",
        ("f",),
        "follow",
        "Keep the end of the log in view, or stop.",
        "Log",
        screens=("run",),
    ),
    Command(
        "zoom",
        ("z",),
        "zoom",
        "Give the log the whole screen, or give it back.",
        "Log",
        screens=("run",),
    ),
    Command("older", ("]",), "older", "Show the page of older runs.", "Move", screens=("runs",)),
    Command("newer", ("[",), "newer", "Show the page of newer runs.", "Move", screens=("runs",)),
    Command(
        "cancel",
        ("X",),
        "cancel",
        "Cancel this run, after a confirmation.",
        "Change",
        changes=True,
        screens=_RUNS,
    ),
    Command(
        "retry",
        ("K",),
        "retry",
        "Let this run go on from what failed, after a confirmation.",
        "Change",
        changes=True,
        screens=_RUNS,
    ),
    Command(
        "trigger",
        ("T",),
        "trigger",
        "Start a run of this pipeline now, after a confirmation.",
        "Change",
        changes=True,
        screens=("pipelines", *_RUNS),
    ),
    Command("climb", ("escape",), "back", "Go back up, the way the crumbs show.", "Move"),
    *(
        Command("go", (to.key,), to.label, to.help, "Screens", argument=to.id)
        for to in DESTINATIONS
    ),
    Command("refresh", ("r",), "refresh", "Fetch again; without a link, try it now.", "Everywhere"),
    Command("down", ("j", "down"), "down", "One row or line down.", "Move", screens=_LISTS),
    Command("up", ("k", "up"), "up", "One row or line up.", "Move", screens=_LISTS),
    Command("top", ("g", "home"), "top", "To the first row or line.", "Move", screens=_LISTS),
    Command("bottom", ("G", "end"), "end", "To the last row or line.", "Move", screens=_LISTS),
    Command(
        "page_down", ("ctrl+d", "pagedown"), "page down", "One page down.", "Move", screens=_LISTS
    ),
    Command("page_up", ("ctrl+u", "pageup"), "page up", "One page up.", "Move", screens=_LISTS),
    Command("change_theme", (), "theme", "Choose the colours.", "Everywhere"),
    Command("quit", ("q",), "quit", "Leave; the daemon and its runs go on.", "Everywhere"),
)

_NAMES = {
    "enter": "Enter",
    "escape": "Esc",
    "down": "↓",
    "up": "↑",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "home": "Home",
    "end": "End",
}


def key_name(key: str) -> str:
    """Return a key as people write it: ``Enter``, ``^p``, ``T``."""
    return "^" + key[5:] if key.startswith("ctrl+") else _NAMES.get(key, key)


def in_scopes(scopes: Iterable[str]) -> tuple[Command, ...]:
    """Return the commands of any of ``scopes`` and those that work everywhere, in table order."""
    wanted = set(scopes)
    return tuple(one for one in COMMANDS if not one.screens or wanted.intersection(one.screens))


def own(scope: str) -> tuple[Command, ...]:
    """Return the commands that belong to ``scope``; the empty scope has those of everywhere."""
    return tuple(one for one in COMMANDS if (scope in one.screens if scope else not one.screens))


def changing() -> frozenset[str]:
    """Return the ids of the commands that change something."""
    return frozenset(one.id for one in COMMANDS if one.changes)
