"""The life of a shim: claim the attempt, run its command, leave a record."""

import json
import os
import time
from collections.abc import Callable

from trainautod.execution.shim import durable, identity
from trainautod.execution.shim.failpoints import failpoint
from trainautod.execution.shim.signals import Signals
from trainautod.execution.shim.supervisor import Supervisor

CLAIM_FORMAT = 1

Answer = Callable[[dict[str, object]], None]


def attend(directory: str, signals: Signals, answer: Answer, *, subreaper: bool) -> None:
    """Run the attempt in ``directory`` unless another shim has claimed it.

    Calls ``answer`` once, before the command starts: with ``claim``, with ``taken`` when another
    shim was first, or with ``error``, a sentence, when the directory cannot be read or written.
    ``signals`` are caught already: the claim tells others where to send a stop.
    """
    try:
        with open(f"{directory}/spec.json", "rb") as file:
            spec = json.loads(file.read())
        failpoint("shim.before_claim")
        claim = _claim(directory, spec["token"])
    except (OSError, ValueError) as error:
        return answer({"error": f"the attempt cannot be claimed: {error}"})
    if claim is None:
        return answer({"taken": True})
    failpoint("shim.after_claim")
    answer({"claim": claim})
    supervisor = Supervisor(directory, spec, signals, subreaper=subreaper)
    try:
        record = supervisor.run()
    except Exception as error:  # noqa: BLE001 - whatever it is, no process may stay unattended
        record = supervisor.abandon(error)
    failpoint("shim.before_record")
    while not durable.try_replace(f"{directory}/exit.json", json.dumps(record).encode()):
        time.sleep(durable.RETRY_S)
    failpoint("shim.after_record")
    return None


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
