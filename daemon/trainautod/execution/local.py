"""Attempts on this machine, each under a shim that outlives the daemon."""

import asyncio
import os
import signal
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from trainautod.execution import leftovers
from trainautod.execution.attempt import TORN_CLAIM, AttemptSpec, Claim, ExitRecord
from trainautod.execution.attendant import HAS_PIDFD, Attendant
from trainautod.execution.errors import LaunchFailed, NotLaunched
from trainautod.execution.forkserver import Message
from trainautod.execution.log import LogReader
from trainautod.execution.shim import durable, failpoints, identity
from trainautod.execution.shims import NoAnswer, Shims
from trainautod.failpoints import declare, failpoint

FAILPOINTS = (
    "execution.launch.before_spec",
    "execution.launch.after_spec",
    "execution.launch.after_claim",
    "execution.lost.before_record",
    "execution.lost.after_record",
    "execution.stop.before_file",
    "execution.stop.before_signal",
)
declare(*FAILPOINTS, *failpoints.NAMES)

State = Literal["unclaimed", "alive", "exited", "lost"]

LAUNCH_TRIES = 3
# For one answer of the fork server. It answers in milliseconds; hundreds of launches at once on a
# machine that swaps may queue for seconds.
ANSWER_TIMEOUT_S = 10.0
TOLD_S = 0.05  # what is told later than this is looked for as well
LOOK_S = 1.0 if HAS_PIDFD else 0.1  # between looks for an end that nobody tells of


class LocalExecutor:
    """Launches, adopts, awaits and stops attempts; holds nothing that a restart would lose.

    An attempt is named by its directory. Everything known of it is in there: ``spec.json`` (what
    to run), ``claim.json`` (which process attends it), ``exit.json`` (how it ended).
    """

    def __init__(self) -> None:
        self._shims = Shims(self._note_end)
        self._watches: dict[str, _Watch] = {}  # of attempts launched here or waited for

    @property
    def fork_server_pid(self) -> int | None:
        """The pid of the fork server; None while there is none."""
        return self._shims.fork_server_pid

    async def start(self) -> None:
        """Start the fork server, so that the first launch does not have to wait for it."""
        await self._shims.start()

    async def close(self) -> None:
        """Let go of the fork server; attempts run on, for the next executor to adopt."""
        await self._shims.close()

    async def launch(self, directory: Path, spec: AttemptSpec) -> Claim:
        """Start the attempt in ``directory``, which exists, unless it was started before.

        Returns:
            The claim of the process that attends it: of the first launch, however often called.

        Raises:
            LaunchFailed: no process could be started, or the directory cannot be written.
        """
        path = os.path.abspath(directory)
        claim = _read_claim(path)
        if claim is None:
            self._write_spec(path, spec)
            claim = await self._assign(path)
            failpoint("execution.launch.after_claim")
        return claim

    async def wait(self, directory: Path) -> ExitRecord:
        """Wait until the attempt has ended, whoever launched it, and return how.

        An attempt whose shim is gone without a record is ended here: what it left running is
        killed, and the record says ``lost``, now and whenever it is asked for again.

        Raises:
            NotLaunched: no process ever attended this directory.
            OSError: it cannot be looked at now, as without a free descriptor; ask again.
        """
        path = os.path.abspath(directory)
        launched_here = path in self._watches
        watch = self._watches.setdefault(path, _Watch())
        try:
            if launched_here:  # its shim will tell, most often before a look could
                await _heard(watch.ended, TOLD_S)
            record = watch.record or _read_record(path)
            if record is None:
                claim = _read_claim(path)
                if claim is None:
                    raise NotLaunched
                await _until_ended(path, claim, watch.ended)
                record = watch.record or _read_record(path) or await _bury(path, claim)
            return record
        finally:
            self._watches.pop(path, None)

    async def stop(self, directory: Path) -> None:
        """Ask the attempt to end: its stop signal, its grace, then SIGKILL.

        May be called at any time and more than once. An attempt that was not launched yet will
        end as ``stopped`` without running.
        """
        path = os.path.abspath(directory)
        failpoint("execution.stop.before_file")
        # SIGUSR1 makes the shim look for the file: should it have gone on to another attempt just
        # now, it finds none there. A disk that takes no file leaves only the plain SIGTERM.
        number = signal.SIGUSR1
        try:
            Path(path, "stop").touch(0o600)  # first: a shim that has no claim yet looks after that
        except OSError:
            number = signal.SIGTERM
        claim = _read_claim(path)
        if claim is not None and _read_record(path) is None:
            failpoint("execution.stop.before_signal")
            if (attendant := Attendant.find(claim)) is not None:
                with closing(attendant):
                    attendant.send(number)

    def inspect(self, directory: Path) -> State:
        """Tell how the attempt stands, without changing it.

        ``exited``: there is a record. ``lost``: it was claimed, but nobody attends it any more and
        `wait` has not recorded that yet.
        """
        path = os.path.abspath(directory)
        claim = _read_claim(path)
        if claim is None:
            return "unclaimed"
        alive = identity.is_alive(claim.boot_id, claim.pid, claim.started_ticks)
        if _read_record(path) is not None:
            return "exited"
        return "alive" if alive else "lost"

    def _write_spec(self, path: str, spec: AttemptSpec) -> None:
        failpoint("execution.launch.before_spec")
        try:
            durable.replace(f"{path}/spec.json", spec.to_json().encode(), sync=False)
        except OSError as error:
            raise LaunchFailed(f"the attempt's directory cannot be written: {error}") from error
        failpoint("execution.launch.after_spec")

    async def _assign(self, path: str) -> Claim:
        """Have a shim attend the attempt; whatever dies meanwhile, one does or none."""
        watch = self._watches.setdefault(path, _Watch())
        try:
            for _ in range(LAUNCH_TRIES):
                try:
                    async with asyncio.timeout(ANSWER_TIMEOUT_S):
                        return _claim_of(await self._shims.attend(path), path)
                except (NoAnswer, TimeoutError):
                    if (claim := _read_claim(path)) is not None:
                        return claim
            raise LaunchFailed(f"{path}: its process died at once, {LAUNCH_TRIES} times")
        except BaseException:
            if self._watches.get(path) is watch:
                del self._watches[path]
            raise

    def _note_end(self, path: str, record: ExitRecord) -> None:
        watch = self._watches.get(path)
        if watch is not None:
            watch.record = record
            watch.ended.set()


@dataclass(slots=True)
class _Watch:
    """What is known of an attempt that someone here waits for, or will."""

    ended: asyncio.Event = field(default_factory=asyncio.Event)
    record: ExitRecord | None = None


def _claim_of(answer: Message, path: str) -> Claim:
    if "error" in answer:
        raise LaunchFailed(str(answer["error"]))
    if "claim" in answer:
        return Claim.from_mapping(answer["claim"])
    return _read_claim(path) or TORN_CLAIM


def _read(path: str) -> bytes | None:
    try:
        with open(path, "rb") as file:
            return file.read()
    except FileNotFoundError:
        return None


def _read_claim(path: str) -> Claim | None:
    text = _read(f"{path}/claim.json")
    if text is None:
        return None
    try:
        return Claim.from_json(text)
    except ValueError:  # it is linked in place whole, so only a power cut can have emptied it
        return TORN_CLAIM


def _read_record(path: str) -> ExitRecord | None:
    text = _read(f"{path}/exit.json")
    return None if text is None else ExitRecord.from_json(text)


async def _until_ended(path: str, claim: Claim, ended: asyncio.Event) -> None:
    """Wait until the attempt has a record or the claim's process is gone.

    Shims of this executor tell when they have written one; the record of another's, which may go
    on to its next attempt, is looked for.
    """
    attendant = Attendant.find(claim)
    if attendant is None:
        return
    with closing(attendant):
        attendant.report_to(ended)
        while not ended.is_set():
            await _heard(ended, LOOK_S)
            if os.path.exists(f"{path}/exit.json") or not attendant.is_alive():
                return


async def _heard(ended: asyncio.Event, within_s: float) -> None:
    """Wait for an end to be told, so long at most."""
    with suppress(TimeoutError):
        async with asyncio.timeout(within_s):  # wait_for would make a task of it
            await ended.wait()


async def _bury(path: str, claim: Claim) -> ExitRecord:
    """End what a dead shim left behind and record that the attempt is lost."""
    message = await asyncio.to_thread(_end_leftovers, claim)
    if (record := _read_record(path)) is not None:  # another waiter was faster
        return record
    record = _lost(path, message)
    failpoint("execution.lost.before_record")
    while not durable.try_replace(f"{path}/exit.json", record.to_json().encode()):  # noqa: ASYNC110
        await asyncio.sleep(durable.RETRY_S)
    failpoint("execution.lost.after_record")
    return record


def _end_leftovers(claim: Claim) -> str:
    """Kill what still runs; return what happened, for the record."""
    if claim.boot_id != identity.boot_id():
        return "the machine was restarted while the command ran"
    if leftovers.end(claim.token):
        return "the process that supervised the command was killed"
    return (
        "the process that supervised the command was killed, and processes of the command hang in "
        "the kernel and cannot be ended"
    )


def _lost(path: str, message: str) -> ExitRecord:
    log = LogReader(Path(path, "log")).read(0, 0)
    started, now = os.stat(f"{path}/claim.json").st_mtime, time.time()
    return ExitRecord(
        cause="lost",
        exit_code=None,
        signal=None,
        started_at_ms=int(started * 1000),
        ended_at_ms=int(now * 1000),
        duration_s=max(0.0, now - started),
        cpu_s=0.0,
        peak_memory_bytes=0,
        log_bytes=log.size,
        log_dropped_bytes=log.dropped,
        message=message,
    )
