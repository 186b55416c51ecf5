"""A process that has imported the daemon and forks one on demand: a start without the imports.

What it forks is the daemon itself, by the same ``main``, in a process of its own; only the half
second that Python takes to import it is spent once per test worker instead of once per start.
Run as a module: reads one JSON request per line, answers each with one line.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

WAIT, START = "wait", "start"


class Nursery:
    """The test's side: asks for daemons and for how they ended."""

    def __init__(self) -> None:
        environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.nursery"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment,
            text=True,
        )

    def start(self, home: str, environment: Mapping[str, str]) -> int:
        """Start a daemon and return its pid."""
        return self._ask({"do": START, "home": home, "environment": dict(environment)})

    def wait(self, pid: int) -> int:
        """Wait for a daemon's end and return its exit status, negative for a signal."""
        return self._ask({"do": WAIT, "pid": pid})

    def close(self) -> None:
        """End the nursery; daemons that it started live on."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)
        self._process.stdout.close()

    def _ask(self, request: Mapping[str, Any]) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        return int(self._process.stdout.readline())


def _serve() -> None:
    _import_everything()
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == START:
            answer = os.fork()
            if answer == 0:
                _become_daemon(request["home"], request["environment"])
        else:
            _, status = os.waitpid(request["pid"], 0)
            answer = os.waitstatus_to_exitcode(status)
        print(answer, flush=True)


def _become_daemon(home: str, environment: Mapping[str, str]) -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nothing, descriptor)
    os.environ.update(environment)
    from trainautod import failpoints, main

    failpoints.arm(environment.get(failpoints.VARIABLE, ""))
    status: object = 1
    try:
        main.main(["--home", home])
        status = 0
    except SystemExit as end:
        status = end.code
    finally:
        os._exit(status if isinstance(status, int) else 1)


def _import_everything() -> None:
    import trainautod.api.app
    import trainautod.api.server
    import trainautod.runtime.daemon

    trainautod.spec.Pipeline.model_rebuild()  # the lazy parts of the format, too


if __name__ == "__main__":
    _serve()
