"""``trainauto-tui``: the terminal UI's command line.

Nothing of Textual is imported here at the top: its frame rate is read from the environment when
it is imported, and a mistaken option should not wait for it.
"""

import argparse
import gc
import os
import select
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from trainauto_tui.errors import INTERRUPTED, Invalid, TrainautoError
from trainauto_tui.settings import Settings, load

if TYPE_CHECKING:
    from trainauto_tui.door import Door, Doors
    from trainauto_tui.live.visits import Visit
    from trainauto_tui.shell import Options, TrainautoApp

SLOW_FPS = 4  # frames a second; a busy log writes a fifth of the bytes that it does at 60

EXIT_USAGE = 2
NEEDS_TERMINAL = (
    "trainauto-tui: it needs a terminal to draw on; in a pipe or a script use `trainauto runs`, "
    "`trainauto show RUN` and `trainauto logs RUN`"
)


def parser() -> argparse.ArgumentParser:
    """Return the options that ``trainauto-tui`` takes."""
    options = argparse.ArgumentParser(
        prog="trainauto-tui", description="Pipelines, runs and logs of a trainauto daemon, live."
    )
    options.add_argument("--home", metavar="DIR", help="the daemon's home directory")
    options.add_argument(
        "--host", metavar="HOST", help="the machine: ssh://user@box[:port][/home], or a kept name"
    )
    options.add_argument("--run", metavar="ID", help="open this run ('latest' is one, too)")
    options.add_argument("--pipeline", metavar="NAME", help="open the runs of this pipeline")
    options.add_argument(
        "--no-start", action="store_true", help="do not start a daemon where none answers"
    )
    options.add_argument(
        "--read-only", action="store_true", help="have the daemon refuse every change from here"
    )
    options.add_argument("--ascii", action="store_true", help="draw without Unicode characters")
    options.add_argument(
        "--theme", metavar="NAME", help="dark, light, ansi, contrast, or one of Textual's"
    )
    options.add_argument(
        "--no-mouse", action="store_true", help="leave the mouse to the terminal, to select text"
    )
    options.add_argument("--config", metavar="FILE", help="read the settings from here")
    options.add_argument("--slow", action="store_true", help="write little; the default over SSH")
    return options


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the terminal UI until its reader leaves it; return the exit code."""
    given = parser().parse_args(arguments)
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        print(NEEDS_TERMINAL, file=sys.stderr)
        return EXIT_USAGE
    try:
        settings = load(Path(given.config) if given.config else None)
    except Invalid as error:
        print(*(f"trainauto-tui: {error.message}", *error.problems), sep="\n  ", file=sys.stderr)
        return EXIT_USAGE
    slow = given.slow or (
        "SSH_CONNECTION" in os.environ if settings.slow is None else settings.slow
    )
    if slow:
        os.environ.setdefault("TEXTUAL_FPS", str(SLOW_FPS))
    threading.Thread(target=_end_with_the_terminal, name="hang-up", daemon=True).start()
    try:
        return _visits(given, settings, slow)
    except TrainautoError as error:
        _tell("\n".join(filter(None, (f"trainauto-tui: {error.message}", error.hint))))
        return error.exit_code
    except KeyboardInterrupt:  # at a question of ssh; the screens take ctrl-C as a key
        return INTERRUPTED


def _end_with_the_terminal() -> None:
    """Wait until the terminal is gone, and go with it.

    A terminal that closes sends SIGHUP to those it controls. Whoever it does not control would
    read its end over and over, and wait for ever to write to it.
    """
    gone = select.poll()
    gone.register(sys.stdout.fileno(), 0)  # a hang-up is told of without being asked for
    gone.poll()
    os.kill(os.getpid(), signal.SIGHUP)


def _visits(given: argparse.Namespace, settings: Settings, slow: bool) -> int:
    """Run the UI on one daemon after another, as its reader wants; return the exit code.

    Raises:
        TrainautoError: the first one is on another machine, and cannot be reached.
    """
    gc.disable()  # collecting while modules load is a tenth of the way to the first frame
    from trainauto_tui.door import Doors
    from trainauto_tui.live.visits import Visit

    read_only = given.read_only or settings.read_only
    doors = Doors(given.home, read_only, not given.no_start, _tell)
    door = doors.first(given.host)
    door.knock()
    visits: dict[str, Visit] = {}
    notice, options = "", _options(given, settings, slow)
    while True:
        app = _application(door, options, visits, notice)
        app.run(mouse=settings.mouse and not given.no_mouse)
        visits[door.host] = Visit(app.session.clock.now(), app.session.link)
        if not app.wanted_host:
            door.close()
            return app.return_code or 0
        options = replace(options, run=None, pipeline=None)  # those of the first daemon
        door, notice = _next(doors, door, app.wanted_host)


def _next(doors: "Doors", door: "Door", host: str) -> "tuple[Door, str]":
    """Return the door to ``host``; or the one that was open, and why it stays."""
    _tell(f"opening {host} …")
    try:
        wanted = doors.to(host)
        wanted.knock()
    except TrainautoError as error:
        return door, "\n".join(filter(None, (error.message, error.hint)))
    except KeyboardInterrupt:
        return door, f"{host} was not opened"
    door.close()
    return wanted, ""


def _options(given: argparse.Namespace, settings: Settings, slow: bool) -> "Options":
    """Return what holds for whichever daemon is open."""
    from trainauto_tui.shell import Options

    gc.freeze()
    gc.enable()
    return Options(
        run=given.run,
        pipeline=given.pipeline,
        ascii=given.ascii or settings.ascii,
        slow=slow,
        theme=given.theme or settings.theme,
        read_only=given.read_only or settings.read_only,
        settings=settings,
    )


def _application(
    door: "Door", options: "Options", visits: "Mapping[str, Visit]", notice: str
) -> "TrainautoApp":
    """Return the application on the daemon behind ``door``."""
    from trainauto_tui.client import Client
    from trainauto_tui.shell import TrainautoApp

    here = replace(options, home=door.place, host=door.host, visits=dict(visits), notice=notice)
    return TrainautoApp(Client(door.connect), here, door.start)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
