"""``run`` and ``retry``: start a run, or let one go on, and follow it to its end."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from trainauto_tui.cli import requests
from trainauto_tui.cli.following import snapshots
from trainauto_tui.cli.progress import Silence, progress_on
from trainauto_tui.cli.session import Session
from trainauto_tui.errors import INTERRUPTED

if TYPE_CHECKING:
    from trainauto_tui.client import Client
    from trainauto_tui.documents import AcceptedRun, Run

FAILED = 1


def configure_run(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``run``."""
    requests.configure(parser)
    _add_detach(parser)


def execute_run(arguments: argparse.Namespace, session: Session) -> int:
    """Run a pipeline; 1 when the run fails or is cancelled."""
    client = session.client()
    run = client.submit(requests.request_of(arguments, session.far))
    warn(run, session)
    return detached(run, session) if arguments.detach else attend(client, run, session)


def warn(run: AcceptedRun, session: Session) -> None:
    """Say why the pipeline's file as it is now is not what runs, if it is not."""
    for number, line in enumerate(run.get("warnings", ())):
        session.say(line if number else f"warning: {line}")


def configure_retry(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of ``retry``."""
    parser.add_argument("run", metavar="RUN", help="run id, the beginning of one, or latest")
    _add_detach(parser)


def execute_retry(arguments: argparse.Namespace, session: Session) -> int:
    """Let a run go on from what failed; 1 when it fails again."""
    client = session.client()
    run = client.retry(arguments.run)
    warn(run, session)
    return detached(run, session) if arguments.detach else attend(client, run, session)


def attend(client: Client, run: Run, session: Session) -> int:
    """Follow a run to its end and print how it ended; 1 when it failed or was cancelled."""
    progress = Silence() if session.json else progress_on(session.out)
    try:
        for seen in snapshots(client, run, session.say):
            run = seen
            progress.show(run)
    except KeyboardInterrupt:
        session.say(f"\nrun {run['run_id']} goes on in the daemon")
        session.say(f"attach again: {session.line('show', run['run_id'], '--follow')}")
        session.say(f"stop it:      {session.line('cancel', run['run_id'])}")
        return INTERRUPTED
    progress.finish(run)
    if session.json:
        session.document(run)
    return verdict(run, session)


def verdict(run: Run, session: Session) -> int:
    """Say why a run failed, if it did, and return the exit code for it."""
    if run["status"] not in ("failed", "cancelled"):
        return 0
    error = run["error"]
    if error:
        where = f"step {error['step']}: " if error["step"] else ""
        session.say(f"{run['status']}: {where}{error['message']}")
    return FAILED


def detached(run: Run, session: Session) -> int:
    """Print a run that was queued and is not followed."""
    if session.json:
        session.document(run)
    else:
        session.out.line(f"{run['run_id']} {run['status']}")
        session.say(f"follow it: {session.line('show', run['run_id'], '--follow')}")
    return 0


def _add_detach(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--detach", action="store_true", help="print the run's id and do not follow it"
    )
