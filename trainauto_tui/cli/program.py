"""The way of one command from its words to its exit code."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

from trainauto_tui.cli.arguments import module_of, parse
from trainauto_tui.cli.catalogue import VERBS
from trainauto_tui.cli.session import Session
from trainauto_tui.cli.terminal import Terminal
from trainauto_tui.errors import INTERRUPTED, TrainautoError

BROKEN_PIPE = 141  # 128 + SIGPIPE: whoever read our output has gone


def main(argv: Sequence[str] | None = None) -> int:
    """Carry out one command line and return its exit code."""
    try:
        code = _carry_out(sys.argv[1:] if argv is None else argv)
        sys.stdout.flush()
    except BrokenPipeError:
        # What is still buffered would raise once more at interpreter exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    return code


def _carry_out(argv: Sequence[str]) -> int:
    err = Terminal(sys.stderr)
    try:
        arguments = parse(argv)
        session = Session.of(arguments, Terminal(sys.stdout), err)
        verb = VERBS[arguments.verb]
        execute = getattr(module_of(verb), f"execute_{verb.suffix}")
        code: int = execute(arguments, session)
    except TrainautoError as error:
        report(error, err)
        return error.exit_code
    except KeyboardInterrupt:
        err.line("")
        return INTERRUPTED
    return code


def report(error: TrainautoError, err: Terminal) -> None:
    """Print what went wrong, every problem, and what to do next."""
    err.line(f"{err.style('trainauto:', 'red')} {err.clean(error.message)}")
    for problem in error.problems:
        if problem != error.message:
            err.line(err.clean(problem))
    if error.hint:
        err.line(err.clean(error.hint))
