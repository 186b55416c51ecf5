"""``logs``: what the steps of a run wrote."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from trainauto_tui.cli.log_reel import LogReel, Sink, chosen, follow
from trainauto_tui.cli.session import Session
from trainauto_tui.errors import NotFound, Usage

if TYPE_CHECKING:
    from trainauto_tui.client import Client
    from trainauto_tui.documents import Run, StepRun


def configure_logs(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``logs``."""
    parser.add_argument("run", metavar="RUN", help="run id, the beginning of one, or latest")
    parser.add_argument("step", metavar="STEP", nargs="?", help="only this step")
    parser.add_argument("-f", "--follow", action="store_true", help="go on until the run ends")
    parser.add_argument("--attempt", type=int, metavar="N", help="this attempt (else the latest)")
    parser.add_argument("--tail", type=int, metavar="N", help="start with the last N lines")


def execute_logs(arguments: argparse.Namespace, session: Session) -> int:
    """Print logs: bytes as they are into a pipe, made safe on a terminal."""
    _check(arguments, session)
    client = session.client()
    run = client.run(arguments.run)
    steps = chosen(run, arguments.step)
    if session.json:
        session.document(_document(client, run, steps, arguments.attempt))
        return 0
    sink = Sink(session)
    headings = len(steps) != 1 or arguments.step is None
    reel = LogReel(client, run["run_id"], sink, headings, arguments.tail)
    try:
        if arguments.follow:
            follow(client, run, arguments.step, reel, session)
        else:
            _print(reel, steps, arguments.attempt)
    finally:
        sink.close()
    return 0


def _check(arguments: argparse.Namespace, session: Session) -> None:
    """Raise Usage for options that contradict one another."""
    if arguments.follow and (session.json or arguments.attempt is not None):
        raise Usage("--follow goes with neither --json nor --attempt")
    if arguments.attempt is not None and arguments.step is None:
        raise Usage("--attempt needs a STEP")
    if arguments.tail is not None and arguments.tail < 0:
        raise Usage("--tail takes a number of lines")


def _print(reel: LogReel, steps: list[StepRun], attempt: int | None) -> None:
    for step in steps:
        try:
            reel.drain(step["id"], attempt)
        except NotFound:
            if attempt is not None:
                raise


def _document(
    client: Client, run: Run, steps: list[StepRun], attempt: int | None
) -> dict[str, Any]:
    """Return the logs as one document; bytes that are not UTF-8 are replaced."""
    return {
        "run_id": run["run_id"],
        "steps": [
            found for step in steps if (found := _log(client, run, step["id"], attempt)) is not None
        ],
    }


def _log(client: Client, run: Run, step: str, attempt: int | None) -> dict[str, Any] | None:
    pieces: list[bytes] = []
    offset = 0
    try:
        while True:
            part = client.log(run["run_id"], step, offset, attempt=attempt)
            pieces.append(part.data)
            offset = part.end
            if offset >= part.size or not part.data:
                break
    except NotFound:
        if attempt is not None:
            raise
        return None
    return {
        "id": step,
        "attempt": part.attempt,
        "size": part.size,
        "dropped": part.dropped,
        "complete": part.complete,
        "text": b"".join(pieces).decode("utf-8", "replace"),
    }
