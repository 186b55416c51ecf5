"""One command from its start to an empty process tree: log, deadlines, memory, the record."""

from __future__ import annotations

import math
import os
import select
import signal
import sys
import time

from trainautod.execution.shim import command, inputs, tree
from trainautod.execution.shim.failpoints import failpoint
from trainautod.execution.shim.logs import LogWriter
from trainautod.execution.shim.memory import MemoryWatch
from trainautod.execution.shim.signals import Signals

TYPE_CHECKING = False  # typing itself would add a tenth to the fork server's memory
if TYPE_CHECKING:
    from typing import Any

FORMAT = 1  # of exit.json; a reader takes every format up to its own
LEFTOVER_GRACE_S = 2.0  # for what outlives its command; less when the step's own grace is less
READ_BYTES = 65536  # a pipe holds no more, unless someone enlarged it
LAST_READS = 32  # what an empty tree can have left in a pipe of at most 1 MiB, twice over
REST_S = 0.005  # after a few bytes of log the next ones may gather that long
REST_BELOW_BYTES = 4096
POLL_FIRST_S = 0.05  # of memory; then a tenth of the attempt's age, up to one of:
POLL_LIMITED_S = 0.25
POLL_UNLIMITED_S = 1.0
KILL_AGAIN_S = 0.005  # doubled for each try: a process may hang in the kernel for long
KILL_AGAIN_MOST_S = 1.0
_MAXRSS_BYTES = 1 if sys.platform == "darwin" else 1024  # the unit of ru_maxrss
_NEVER = math.inf


class Supervisor:
    """Runs the command of one attempt.

    Args:
        directory: the attempt's directory, absolute.
        spec: spec.json as it was read; `trainautod.execution.attempt.AttemptSpec` has its fields.
        signals: already caught, so that a stop asked for before the command started is known.
        subreaper: orphans of the tree become children of this process.
    """

    def __init__(
        self, directory: str, spec: dict[str, Any], signals: Signals, *, subreaper: bool
    ) -> None:
        self._directory = directory
        self._spec = spec
        self._signals = signals
        self._subreaper = subreaper
        self._log = LogWriter(f"{directory}/log", spec["log_head_bytes"], spec["log_tail_bytes"])
        self._memory = MemoryWatch(spec["memory_bytes"])
        self._pid = 0
        self._output = -1
        self._status: int | None = None
        self._cause = "exited"
        self._message = ""
        self._cpu_s = 0.0
        self._began_unix = time.time()
        self._began = time.monotonic()
        self._timeout_at = self._began + (spec["timeout_s"] or _NEVER)
        self._sample_at = self._began + POLL_FIRST_S
        self._kill_at = _NEVER  # finite once the tree is being ended
        self._kill_pause = KILL_AGAIN_S
        self._rest_until = 0.0
        self._quiet = select.poll()
        self._quiet.register(signals.wake, select.POLLIN)
        self._all = select.poll()
        self._all.register(signals.wake, select.POLLIN)

    def run(self) -> dict[str, object]:
        """Run the command until nothing of its tree is left; return the record of it."""
        if self._stop_file_exists():
            return self._record("stopped", "stopped before the command started")
        try:
            self._spawn()
        except (OSError, ValueError) as error:  # ValueError: a NUL in an argument or variable
            return self._record("spawn_failed", f"cannot start the command: {error}")
        failpoint("shim.after_spawn")
        while self._reap():
            now = time.monotonic()
            self._decide(now)
            self._pause(now)
        for _ in range(LAST_READS):
            if not self._read_output():
                break
        self._log.close()
        return self._record(self._cause, self._message)

    def abandon(self, error: Exception) -> dict[str, object]:
        """Kill the tree after a defect of the shim itself; return a record that tells of it."""
        self._cause = "lost"
        while self._reap():
            self._kill(time.monotonic())
            time.sleep(self._kill_pause)
        return self._record("lost", f"the supervisor of the command failed: {error!r}")

    def _spawn(self) -> None:
        # The tag by which the tree is found again should this process be killed.
        environment = {**self._spec["env"], "TRAINAUTO_ATTEMPT": self._spec["token"]}
        self._pid, self._output = command.spawn(self._spec["argv"], self._spec["cwd"], environment)
        self._all.register(self._output, select.POLLIN)

    def _reap(self) -> bool:
        """Collect every process that has ended; return whether any of the tree is left."""
        try:
            while True:
                pid, status, used = os.wait4(-1, os.WNOHANG)
                if pid == 0:
                    return True
                # Of that process and of all that it has itself waited for.
                self._cpu_s += used.ru_utime + used.ru_stime
                self._memory.note(used.ru_maxrss * _MAXRSS_BYTES)
                if pid == self._pid:
                    self._status = status
        except ChildProcessError:  # no child at all: with a subreaper, an empty tree
            return not self._subreaper and bool(self._members())

    def _members(self) -> list[int]:
        return tree.descendants(os.getpid(), self._pid)

    def _decide(self, now: float) -> None:
        """Do what is due at ``now``."""
        if now >= self._sample_at:
            self._sample(now)
        if self._kill_at < _NEVER:
            if now >= self._kill_at:
                self._kill(now)
        elif self._status is not None:
            self._end_leftovers(now)
        elif self._signals.stop or self._asked_to_stop():
            self._stop("stopped", "stopped on request", now)
        elif now >= self._timeout_at:
            limit = self._spec["timeout_s"]
            self._stop("timeout", f"ran longer than its timeout of {limit:g} s", now)

    def _asked_to_stop(self) -> bool:
        if not self._signals.look:
            return False
        self._signals.look = False
        return self._stop_file_exists()

    def _stop_file_exists(self) -> bool:
        return os.path.exists(f"{self._directory}/stop")

    def _sample(self, now: float) -> None:
        limit = self._spec["memory_bytes"]
        used = self._memory.over_limit(self._members(), now)
        most = POLL_UNLIMITED_S if limit is None else POLL_LIMITED_S
        self._sample_at = now + min(most, max(POLL_FIRST_S, (now - self._began) / 10))
        if used and self._cause != "memory":
            self._message = f"used {_mib(used)} of memory, over its limit of {_mib(limit)}"
            self._cause = "memory"
            self._kill_at = now  # waiting for it to end could take the machine down

    def _stop(self, cause: str, message: str, now: float) -> None:
        self._cause, self._message = cause, message
        self._touch_stop_file()
        number = signal.Signals[self._spec["stop_signal"]]
        self._end(number, self._spec["grace_s"], now)

    def _end_leftovers(self, now: float) -> None:
        count = len(self._members())
        noun = "process" if count == 1 else "processes"
        self._message = f"{count} {noun} outlived the command and had to be ended"
        self._end(signal.SIGTERM, min(LEFTOVER_GRACE_S, self._spec["grace_s"]), now)

    def _end(self, number: int, grace_s: float, now: float) -> None:
        tree.send(self._members(), number)
        self._timeout_at = _NEVER
        self._kill_at = now + grace_s

    def _kill(self, now: float) -> None:
        tree.kill(os.getpid(), self._pid)
        self._kill_at = now + self._kill_pause
        self._kill_pause = min(KILL_AGAIN_MOST_S, self._kill_pause * 2)

    def _touch_stop_file(self) -> None:
        """Let the command's ``should_stop()`` see it; the signal is enough where this fails."""
        try:
            os.close(os.open(f"{self._directory}/stop", os.O_WRONLY | os.O_CREAT, 0o600))
        except OSError:
            return

    def _pause(self, now: float) -> None:
        """Sleep until something happens or is due, and take the output that has come."""
        until = min(self._sample_at, self._kill_at, self._timeout_at)
        poller = self._all
        if now < self._rest_until:
            until = min(until, self._rest_until)
            poller = self._quiet
        for descriptor, _ in poller.poll(max(0, math.ceil((until - now) * 1000))):
            if descriptor == self._output:
                self._read_output()
            else:
                self._signals.drain()

    def _read_output(self) -> bool:
        """Log what the pipe holds; return False when it is empty or closed."""
        if self._output < 0:
            return False
        try:
            data = os.read(self._output, READ_BYTES)
        except BlockingIOError:
            return False
        if not data:
            self._all.unregister(self._output)
            os.close(self._output)
            self._output = -1
            return False
        self._log.write(data, int(time.time() * 1000))
        if len(data) < REST_BELOW_BYTES:
            self._rest_until = time.monotonic() + REST_S
        return True

    def _record(self, cause: str, message: str) -> dict[str, object]:
        code = None if self._status is None else os.waitstatus_to_exitcode(self._status)
        return {
            "format": FORMAT,
            "cause": cause,
            "exit_code": code if code is not None and code >= 0 else None,
            "signal": -code if code is not None and code < 0 else None,
            "started_at_ms": int(self._began_unix * 1000),
            "ended_at_ms": int(time.time() * 1000),
            "duration_s": time.monotonic() - self._began,
            "cpu_s": self._cpu_s,
            "peak_memory_bytes": self._memory.peak,
            "log_bytes": self._log.size,
            "log_dropped_bytes": self._log.dropped,
            "message": message,
            "inputs_kept": self._inputs_kept() if cause == "exited" and code == 0 else None,
        }

    def _inputs_kept(self) -> bool | None:
        return inputs.are_kept(self._spec.get("inputs", []), self._spec.get("inputs_were", ""))


def _mib(size: int) -> str:
    return f"{size / 2**20:.0f} MiB"
