"""``completion``: a script that completes verbs, options and files in a shell."""

from __future__ import annotations

import argparse

from trainauto_tui.cli.session import Session


def configure_completion(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``completion``."""
    parser.add_argument("shell", choices=("bash", "zsh", "tcsh"), help="which shell")


def execute_completion(arguments: argparse.Namespace, session: Session) -> int:
    """Print the completion script."""
    import shtab

    from trainauto_tui.cli.arguments import build
    from trainauto_tui.cli.catalogue import VERBS

    root = build(VERBS.values())
    _complete_files(root)
    session.out.line(shtab.complete(root, arguments.shell))
    return 0


def _complete_files(parser: argparse.ArgumentParser) -> None:
    """Mark the arguments that are files and folders, in all parsers below ``parser``."""
    import shtab

    for action in parser._actions:  # argparse has no public way to list them; shtab does the same
        metavar = action.metavar if isinstance(action.metavar, str) else ""
        if metavar.startswith("FILE"):
            action.complete = shtab.FILE  # type: ignore[attr-defined]
        elif metavar == "DIR":
            action.complete = shtab.DIRECTORY  # type: ignore[attr-defined]
        if isinstance(action, argparse._SubParsersAction):
            for below in set(action.choices.values()):
                _complete_files(below)
