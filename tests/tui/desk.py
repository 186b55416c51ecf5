"""A reader's desk: an app on the stage, set anew for each command that is tried on it.

A scenario says where a command is tried, what is done before and after its key, and what it has
to bring about. Those that begin at the same place share one app.
"""

import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from textual.widget import Widget

from tests.tui.documents import runs, steps
from tests.tui.driving import Driver, app, drive, lines, place, screen, until, write
from tests.tui.stage import FAILED, LIVE, Stage, pipelines
from trainauto_tui.client import hosts
from trainauto_tui.commands import Command
from trainauto_tui.palette import word
from trainauto_tui.screens.metrics_pane import MetricsPane
from trainauto_tui.screens.palette import PaletteScreen
from trainauto_tui.screens.place import Place
from trainauto_tui.shell import Address, TrainautoApp
from trainauto_tui.widgets.live_rows import LiveRows
from trainauto_tui.widgets.log_view import LogView

W = TypeVar("W", bound=Widget)
SMALL = (80, 24)
BEGUN = "epoch {:3}/40 loss {:.4f}\n"
LOG = "".join(BEGUN.format(n, 0.6 / (n + 1) + 0.2) for n in range(40)) + f"wide {'x' * 150} end\n"
RUNS = 130  # of the place with pages
HOSTS: Mapping[str, str] = {"gpu-box": "ssh://me@gpu-box", "lab": "ssh://me@lab"}


@dataclass
class Desk:
    """What a scenario can look at."""

    pilot: Driver
    stage: Stage
    folder: Path  # the working directory, and where the reader's files are

    @property
    def app(self) -> TrainautoApp:
        """The application."""
        return app(self.pilot)

    @property
    def at(self) -> Address:
        """The address of the screen; empty on a dialog."""
        current = self.pilot.app.screen
        return current.address if isinstance(current, Place) and current.present else ()

    @property
    def text(self) -> str:
        """The whole screen."""
        return screen(self.pilot)

    @property
    def keys(self) -> list[str]:
        """The rows of the screen's first list."""
        return [row.key for row in self.pane(LiveRows).rows]

    @property
    def selected(self) -> str | None:
        """The row under the cursor of the screen's first list."""
        return self.pane(LiveRows).selected

    def pane(self, kind: type[W]) -> W:
        """Return the screen's first pane of a kind, also from behind a dialog."""
        under = [one for one in self.app.screen_stack if isinstance(one, Place)][-1]
        return under.query(kind).first()

    @property
    def log(self) -> list[str]:
        """The lines of the log that are in view."""
        return [line.strip() for line in lines(self.pane(LogView))]

    @property
    def line(self) -> str:
        """The line of the log that the cursor is on; empty while there is none."""
        log = self.pane(LogView)
        rows = log.reader.rows if log.reader is not None else ()
        shown = (log.render_line(y).text.strip() for y, row in enumerate(rows) if row.cursor)
        return next(shown, "")

    @property
    def epoch(self) -> int:
        """The number of the epoch that the line under the cursor tells of; -1 for another line."""
        found = re.search(r"epoch +(\d+)/", self.line)
        return int(found[1]) if found else -1

    def asked(self, request: str) -> bool:
        """Return whether the daemon got a request that begins so since the command was given."""
        return any(one.startswith(request) for one in self.stage.requests)


Look = Callable[[Desk], object]
Steps = tuple[str | Look, ...]
"""Keys to press, and conditions to wait for."""


@dataclass(frozen=True)
class Scenario:
    """One try of a command.

    Attributes:
        start: Where it begins, a name in ``STARTS``.
        effect: What does not hold before the command and has to hold after it.
        first: What is done before.
        then: What is done after the command's key, such as answering.
        argument: What the palette is told, for a command without a key.
    """

    start: str
    effect: Look
    first: Steps = ()
    then: Steps = ()
    argument: str = ""


@dataclass(frozen=True)
class Start:
    """Where scenarios begin."""

    address: Address
    size: tuple[int, int] = SMALL
    keys: Steps = ()


STARTS: Mapping[str, Start] = {
    "pipelines": Start(()),
    "runs": Start(("runs", "flights-nightly")),
    "pages": Start(("runs",)),
    "run": Start(("run", LIVE)),
    "failed": Start(("run", FAILED)),
    "log": Start(("run", LIVE), keys=("tab", lambda desk: desk.pane(LogView).has_focus)),
    "wide": Start(("run", LIVE), (120, 40)),
    "step": Start(("step", LIVE, "train_mlp")),
    "lineage": Start(("lineage", f"run:{LIVE}")),
    "drift": Start((), keys=("6", lambda desk: desk.at == ("drift",) and desk.keys)),
    "hosts": Start((), keys=("9", lambda desk: desk.at == ("hosts",) and desk.keys)),
    "quit": Start(()),
    "host": Start(()),
}


async def do(desk: Desk, what: Steps) -> None:
    """Press keys, and wait for conditions."""
    for one in what:
        if isinstance(one, str):
            await desk.pilot.press(one)
        else:
            await until(desk.pilot, lambda one=one: one(desk))  # type: ignore[misc]


def _fill(desk: Desk, start: str) -> None:
    """Put everything that the scenarios look at on the stage, and the kept hosts in their file."""
    stage = desk.stage
    stage.runs.clear()
    stage.fill()
    stage.pipelines = pipelines()
    steps.on(stage)
    stage.logs[LIVE, "train_xgb"] = LOG.encode()
    stage.answers[f"/runs/{LIVE}/steps/train_xgb/log/line"] = lambda query: {
        "start": sum(map(len, LOG.splitlines(keepends=True)[: int(query["number"]) - 1]))
    }
    stage.complete = start != "log"
    if start == "pages":
        stage.runs = {one["run_id"]: one for one in runs.week(RUNS)}
    for name in set(hosts.kept()) - set(HOSTS):
        hosts.forget(name)
    for name, where in HOSTS.items():
        hosts.keep(name, where)
    (desk.folder / "daily.yaml").write_text("name: daily")


async def _shown(desk: Desk) -> None:
    """Wait until the screen has what it shows: document, log and curves."""
    pilot = desk.pilot
    await until(pilot, lambda: desk.at and desk.app.session.live and place(pilot).document)
    await pilot.pause()
    await until(pilot, lambda: getattr(place(pilot), "_settling", None) is None)
    logs, curves = place(pilot).query(LogView), place(pilot).query(MetricsPane)
    await until(pilot, lambda: all(log.message or log.loaded for log in logs))
    await until(pilot, lambda: not any(pane.busy for pane in curves))
    await pilot.pause()


async def set_anew(desk: Desk, name: str) -> None:
    """Bring app and stage to where scenarios of ``name`` begin, whatever the last one left."""
    _fill(desk, name)
    tui, start = desk.app, STARTS[name]
    while not isinstance(tui.screen, Place) and len(tui.screen_stack) > 1:
        await tui.pop_screen()
    tui.paused, tui.theme, tui._clipboard = False, "textual-dark", ""
    tui.clear_notifications()
    await until(desk.pilot, lambda: isinstance(tui.screen, Place))
    for _ in range(2):  # to the destination, and to the top of it
        await tui.action_go("pipelines")
    top = place(desk.pilot)
    await until(desk.pilot, lambda: top.present and tui.session.live)
    top.load(at_once=True)
    await until(desk.pilot, lambda: len(desk.keys) == len(desk.stage.pipelines))
    desk.pane(LiveRows).action_top()
    if start.address:
        tui.open_address(start.address)
        await until(desk.pilot, lambda: desk.at[:1] == start.address[:1])
    await _shown(desk)
    await do(desk, start.keys)


async def play(desk: Desk, command: Command, scenario: Scenario) -> None:
    """Give ``command`` as a person does, and wait for its effect."""
    await do(desk, scenario.first)
    desk.stage.requests.clear()
    assert not scenario.effect(desk), "it was so before"
    if command.keys:
        await desk.pilot.press(command.keys[0])
    else:
        await do(desk, (":", lambda desk: isinstance(desk.app.screen, PaletteScreen)))
        await write(desk.pilot, f"{word(command)} {scenario.argument}".strip())
        await desk.pilot.press("enter")
    await do(desk, scenario.then)
    await until(desk.pilot, lambda: scenario.effect(desk))


Result = Exception | None
Wanted = Mapping[str, tuple[Command, Scenario]]


def played(tui: TrainautoApp, stage: Stage, folder: Path, wanted: Wanted) -> dict[str, Result]:
    """Try each of ``wanted``, which begin at one place, and return what went wrong, by name."""
    results: dict[str, Result] = {}
    start = next(iter(wanted.values()))[1].start

    async def script(pilot: Driver) -> None:
        desk = Desk(pilot, stage, folder)
        tui.suspend = contextlib.nullcontext  # type: ignore[assignment,method-assign]
        for name, (command, scenario) in wanted.items():
            try:
                await set_anew(desk, start)
                await play(desk, command, scenario)
                results[name] = None
            except Exception as error:
                results[name] = error

    try:
        drive(tui, script, STARTS[start].size)
    except Exception as error:
        for name in wanted:
            results[name] = results.get(name) or error
    return results
