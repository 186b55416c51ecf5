"""Every command of the terminal UI, in one table.

Key bindings, footer hints, the help screen, the command palette and the page of keys in the
documentation are made from it, so that they cannot disagree. Lower case looks, UPPER case
changes something.

Standard library only: the table is read where no terminal is.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Takes = Literal["", "run", "pipeline", "step", "theme", "host", "text", "line", "lineage"]
"""What a command asks the palette for; completions depend on it."""


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
        changes: Whether it changes anything at the daemon; such a command needs a live link.
        local: Whether it changes something on the reader's side, such as a file.
        asks: Whether it opens a line to type in, so that the keys after its own belong there.
        screens: The scopes (screens and panes) that have it; empty means everywhere.
        argument: What ``action_<id>`` is called with, if anything.
        takes: What the palette asks for and ``action_<id>`` is called with; empty for nothing.
    """

    id: str
    keys: tuple[str, ...]
    label: str
    help: str
    group: str
    changes: bool = False
    local: bool = False
    asks: bool = False
    screens: tuple[str, ...] = ()
    argument: str = ""
    takes: Takes = ""

    @property
    def name(self) -> str:
        """What a keymap calls it: the id, and the argument where there is one."""
        return f"{self.id}.{self.argument}" if self.argument else self.id

    @property
    def action(self) -> str:
        """The action string that a key binding runs."""
        return f"{self.id}({self.argument!r})" if self.argument else self.id


def _place(key: str, label: str, screen: str, help: str) -> Destination:  # noqa: A002
    return Destination(label, key, label, f"trainauto_tui.screens.{label}", screen, help)


DESTINATIONS = (
    _place(
        "1",
        "pipelines",
        "PipelinesScreen",
        "All pipelines: state, last runs, next fire, broken files.",
    ),
    _place("2", "runs", "RunsScreen", "Runs of all pipelines, newest first, a page at a time."),
    _place("6", "drift", "DriftScreen", "Drift scores, their history, and what policies do."),
    _place("7", "lineage", "LineageScreen", "What a result came from, and what came of it."),
    _place("8", "events", "EventsScreen", "All that the daemon recorded, as it happens."),
    _place("9", "hosts", "HostsScreen", "The machines whose daemons are kept here."),
    _place("0", "daemon", "DaemonScreen", "The daemon: health, tasks, disk, slots in use."),
)

_LISTS = ("list", "log", "boxes", "text")
_SIDEWAYS = ("log", "boxes", "lineage")
_RUNS = ("runs", "run")
_STEPS = ("run", "step")
_LOGS = ("log", "run", "step")


COMMANDS: tuple[Command, ...] = (
    # The order is that of the hints: what a reader wants most comes first.
    Command("help", ("?",), "help", "Show the keys of this screen.", "Everywhere"),
    Command(
        "palette",
        (":", "ctrl+p"),
        "command",
        "Run a command by name, with an argument.",
        "Everywhere",
        asks=True,
    ),
    Command(
        "open", ("enter",), "open", "Go into what is selected.", "Move", screens=("list", "boxes")
    ),
    Command(
        "filter",
        ("/",),
        "filter",
        "Show the rows with these words; !word without it.",
        "View",
        screens=("list",),
        asks=True,
    ),
    Command(
        "search",
        ("/",),
        "search",
        "Find a text in the whole log.",
        "Log",
        screens=("log",),
        asks=True,
    ),
    Command(
        "follow",
        ("f",),
        "follow",
        "Keep the end in view, or stop.",
        "View",
        screens=(*_LOGS, "events"),
    ),
    Command(
        "view",
        ("v",),
        "boxes",
        "Draw the steps as boxes, or as a rail again.",
        "View",
        screens=("run",),
    ),
    Command(
        "chart",
        ("c",),
        "chart",
        "Show the next metric as a curve, in the end none.",
        "View",
        screens=_STEPS,
    ),
    Command(
        "history",
        ("c",),
        "history",
        "Give the history the whole screen, or take it back.",
        "View",
        screens=("drift",),
    ),
    Command(
        "next_tab", ("]",), "next tab", "Show the next part of the step.", "View", screens=("step",)
    ),
    Command("previous_tab", ("[",), "last tab", "Show the part before.", "View", screens=("step",)),
    Command(
        "attempt",
        ("a",),
        "attempt",
        "Show the next attempt of the step.",
        "View",
        screens=("step",),
    ),
    Command("older", ("]",), "older", "Show the page of older runs.", "Move", screens=("runs",)),
    Command("newer", ("[",), "newer", "Show the page of newer runs.", "Move", screens=("runs",)),
    Command(
        "trigger",
        ("T",),
        "trigger",
        "Start a run of this pipeline, after a form.",
        "Change",
        changes=True,
        screens=("pipelines", *_RUNS),
    ),
    Command(
        "cancel",
        ("X",),
        "cancel",
        "Cancel this run, after a confirmation.",
        "Change",
        changes=True,
        screens=(*_RUNS, "step"),
    ),
    Command(
        "retry",
        ("K",),
        "retry",
        "Let this run go on from what failed, after a confirmation.",
        "Change",
        changes=True,
        screens=(*_RUNS, "step"),
    ),
    Command(
        "rerun",
        ("F",),
        "re-run from",
        "Run this step and those after it anew; asks first.",
        "Change",
        changes=True,
        screens=_STEPS,
    ),
    Command(
        "add_pipeline",
        ("A",),
        "add",
        "Register a pipeline file.",
        "Change",
        changes=True,
        screens=("pipelines",),
        asks=True,
    ),
    Command(
        "remove_pipeline",
        ("D",),
        "remove",
        "Forget a pipeline, by its typed name; its runs stay.",
        "Change",
        changes=True,
        screens=("pipelines",),
    ),
    Command(
        "add_host",
        ("A",),
        "add",
        "Keep a host.",
        "Change",
        local=True,
        screens=("hosts",),
        asks=True,
    ),
    Command(
        "remove_host",
        ("D",),
        "remove",
        "Forget a host, after a confirmation.",
        "Change",
        local=True,
        screens=("hosts",),
    ),
    Command(
        "next_match", ("n",), "next match", "To the next place found.", "Log", screens=("log",)
    ),
    Command(
        "previous_match",
        ("N",),
        "match before",
        "To the place found before.",
        "Log",
        screens=("log",),
    ),
    Command(
        "keep",
        ("&",),
        "keep",
        "Show only the lines with a text; !text without it.",
        "Log",
        screens=("log",),
        asks=True,
    ),
    Command("wrap", ("w",), "wrap", "Fold long lines, or cut them.", "Log", screens=("log",)),
    Command(
        "times",
        ("t",),
        "times",
        "Times of lines: none, of day, since the start.",
        "Log",
        screens=("log",),
    ),
    Command(
        "mark", ("m",), "mark", "Mark the line, or take its mark away.", "Log", screens=("log",)
    ),
    Command("next_mark", ("'",), "next mark", "To the next marked line.", "Log", screens=("log",)),
    Command(
        "clear_marks",
        (),
        "clear marks",
        "Take the marks of all lines away.",
        "Log",
        screens=("log",),
    ),
    Command("pager", ("o",), "pager", "Open the log in $PAGER.", "Log", screens=("log",)),
    Command(
        "save",
        ("S",),
        "save",
        "Write the log to a file.",
        "Log",
        local=True,
        screens=("log",),
        asks=True,
    ),
    Command(
        "goto_line", (), "line", "To a line by its number.", "Log", screens=("log",), takes="line"
    ),
    Command("sort", ("s",), "sort", "Sort by the next column.", "View", screens=("list",)),
    Command(
        "lineage",
        ("u",),
        "lineage",
        "What it came from, and what came of it.",
        "View",
        screens=(*_RUNS, "step"),
    ),
    Command(
        "open_node",
        ("o",),
        "open",
        "Go to the run or step in the middle.",
        "View",
        screens=("lineage",),
    ),
    Command(
        "walk_back",
        ("backspace",),
        "walk back",
        "To what was in the middle before.",
        "Move",
        screens=("lineage",),
    ),
    Command("zoom", ("z",), "zoom", "Give this pane the whole screen, or give it back.", "View"),
    Command("copy", ("y",), "copy", "Copy what is selected.", "View"),
    Command("climb", ("escape",), "back", "Go back up, the way the crumbs show.", "Move"),
    Command("previous", ("-",), "previous", "Go to the screen that was left last.", "Move"),
    *(
        Command("go", (to.key,), to.label, to.help, "Screens", argument=to.id)
        for to in DESTINATIONS
    ),
    Command(
        "open_pipeline",
        (),
        "pipeline",
        "Go to the runs of a pipeline.",
        "Screens",
        takes="pipeline",
    ),
    Command(
        "open_run",
        (),
        "run",
        "Go to a run: its id, the beginning of it, or latest.",
        "Screens",
        takes="run",
    ),
    Command(
        "open_step",
        (),
        "step",
        "Go to a step of this run.",
        "Screens",
        screens=_STEPS,
        takes="step",
    ),
    Command(
        "open_lineage",
        (),
        "trace",
        "The lineage of a run, RUN/STEP, digest or MODEL@VERSION.",
        "Screens",
        takes="lineage",
    ),
    Command(
        "open_host", (), "host", "Go to the daemon of another machine.", "Screens", takes="host"
    ),
    Command("refresh", ("r",), "refresh", "Fetch again; without a link, try it now.", "Everywhere"),
    Command("pause", ("p",), "pause", "Leave the screen as it is, or let it go on.", "Everywhere"),
    Command("down", ("j", "down"), "down", "One row or line down.", "Move", screens=_LISTS),
    Command("up", ("k", "up"), "up", "One row or line up.", "Move", screens=_LISTS),
    Command("left", ("h", "left"), "left", "To the left.", "Move", screens=_SIDEWAYS),
    Command("right", ("l", "right"), "right", "To the right.", "Move", screens=_SIDEWAYS),
    Command("top", ("g", "home"), "top", "To the first row or line.", "Move", screens=_LISTS),
    Command("bottom", ("G", "end"), "end", "To the last row or line.", "Move", screens=_LISTS),
    Command(
        "page_down", ("ctrl+d", "pagedown"), "page down", "One page down.", "Move", screens=_LISTS
    ),
    Command("page_up", ("ctrl+u", "pageup"), "page up", "One page up.", "Move", screens=_LISTS),
    Command("focus_next", ("tab",), "next pane", "To the next pane.", "Move"),
    Command("focus_previous", ("shift+tab",), "pane before", "To the pane before.", "Move"),
    Command("theme", (), "theme", "Change the colours.", "Everywhere", takes="theme"),
    Command("quit", ("q",), "quit", "Leave; the daemon and its runs go on.", "Everywhere"),
)

_NAMES = {
    "enter": "Enter",
    "backspace": "Backspace",
    "escape": "Esc",
    "down": "↓",
    "up": "↑",
    "left": "←",
    "right": "→",
    "pagedown": "PgDn",
    "pageup": "PgUp",
    "home": "Home",
    "end": "End",
    "tab": "Tab",
    "shift+tab": "⇧Tab",
    "space": "Space",
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


def asking() -> frozenset[str]:
    """Return the ids of the commands that open a line to type in."""
    return frozenset(one.id for one in COMMANDS if one.asks)


def changing() -> frozenset[str]:
    """Return the ids of the commands that change something."""
    return frozenset(one.id for one in COMMANDS if one.changes)
