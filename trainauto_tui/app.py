"""``trainauto-tui``: the terminal UI's command line.

Nothing of Textual is imported here at the top: its frame rate is read from the environment when
it is imported, and a mistaken option should not wait for it.
"""

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from trainauto_tui.errors import Invalid
from trainauto_tui.settings import Settings, load
from trainautod.home import home_directory, read_only_socket_path, socket_path

if TYPE_CHECKING:
    from trainauto_tui.shell import TrainautoApp

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
    app = _application(given, settings, slow)
    app.run(mouse=settings.mouse and not given.no_mouse)
    return app.return_code or 0


def _application(given: argparse.Namespace, settings: Settings, slow: bool) -> "TrainautoApp":
    """Return the application on the daemon that the options name."""
    gc.disable()  # collecting while modules load is a tenth of the way to the first frame
    from trainauto_tui.client import Client, unix
    from trainauto_tui.shell import Options, TrainautoApp

    gc.freeze()
    gc.enable()
    home = home_directory(given.home)
    read_only = given.read_only or settings.read_only
    socket = read_only_socket_path(home) if read_only else socket_path(home)

    def start_daemon() -> None:
        from trainauto_tui.cli.starting import start

        start(home)

    return TrainautoApp(
        Client(unix(socket)),
        Options(
            home=given.home,
            run=given.run,
            pipeline=given.pipeline,
            ascii=given.ascii or settings.ascii,
            slow=slow,
            theme=given.theme or settings.theme,
            read_only=read_only,
            settings=settings,
        ),
        None if given.no_start else start_daemon,
    )


if __name__ == "__main__":
    sys.exit(main())
