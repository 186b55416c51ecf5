"""The life of a shim: claim an attempt, run its command, leave a record, wait for another."""

import json
import os
import time

from trainautod.execution.shim import durable, identity
from trainautod.execution.shim.failpoints import failpoint
from trainautod.execution.shim.link import STAYS, Link, Request
from trainautod.execution.shim.signals import Signals
from trainautod.execution.shim.supervisor import Supervisor

CLAIM_FORMAT = 1


def serve(request: Request | None, signals: Signals, work: int, *, subreaper: bool) -> None:
    """Attend the attempt of ``request``, then others, until the socket ``work`` has no more."""
    link = Link(work, signals)
    while request is not None:
        attend(int(request["id"]), str(request["directory"]), signals, link, subreaper=subreaper)
        request = link.next_request()


def attend(number: int, directory: str, signals: Signals, link: Link, *, subreaper: bool) -> None:
    """Run the attempt in ``directory`` unless another shim has claimed it.

    Answers request ``number`` before the command starts: with ``claim``, with ``taken`` when
    another shim was first, or with ``error``, a sentence, when the directory cannot be used. At
    the end it tells the ``record`` of the ``directory``, which then is durable. ``signals`` are
    caught already: the claim tells others where to send a stop.
    """
    try:
        claim, spec = None, _spec(directory)
        if spec is not None:
            failpoint("shim.before_claim")
            claim = _claim(directory, str(spec["token"]))
    except (OSError, ValueError) as error:
        words = f"the attempt cannot be claimed: {error}"
        return link.tell({"id": number, "error": words, "stays": STAYS})
    if claim is None or spec is None:
        return link.tell({"id": number, "taken": True, "stays": STAYS})
    failpoint("shim.after_claim")
    link.tell({"id": number, "claim": claim})
    durable.remove(f"{directory}/spec.json")  # its environment may hold secrets
    supervisor = Supervisor(directory, spec, signals, subreaper=subreaper)
    try:
        record = supervisor.run()
    except Exception as error:  # noqa: BLE001 - whatever it is, no process may stay unattended
        record = supervisor.abandon(error)
    _leave(directory, record)
    return link.tell({"directory": directory, "record": record, "stays": STAYS})


def _spec(directory: str) -> dict[str, object] | None:
    """Return what to run; None when the shim that claimed the attempt has taken it away."""
    try:
        with open(f"{directory}/spec.json", "rb") as file:
            spec: dict[str, object] = json.loads(file.read())
    except FileNotFoundError:
        if os.path.exists(f"{directory}/claim.json"):
            return None
        raise
    return spec


def _claim(directory: str, token: str) -> dict[str, object] | None:
    pid = os.getpid()
    claim: dict[str, object] = {
        "format": CLAIM_FORMAT,
        "boot_id": identity.boot_id(),
        "pid": pid,
        "started_ticks": identity.started_ticks(pid),
        "token": token,
    }
    if not durable.write_new(f"{directory}/claim.json", json.dumps(claim).encode()):
        return None
    return claim


def _leave(directory: str, record: dict[str, object]) -> None:
    """Write the record, however long the disk takes to have room for it."""
    failpoint("shim.before_record")
    while not durable.try_replace(f"{directory}/exit.json", json.dumps(record).encode()):
        time.sleep(durable.RETRY_S)
    failpoint("shim.after_record")
