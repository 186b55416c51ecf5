"""``trainautod``: the daemon's process."""

import argparse
import asyncio
import json
import logging
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

import trainautod
from trainautod.detaching import Starter
from trainautod.home import daemon_log, home_directory
from trainautod.lineage.errors import LineageError
from trainautod.lineage.schema import STORE, prepare
from trainautod.lineage.times import iso_from_ms
from trainautod.runtime.clock import SystemClock
from trainautod.runtime.errors import AlreadyRunning, DaemonError
from trainautod.runtime.lock import HomeLock, prepare_home
from trainautod.runtime.logs import configure
from trainautod.runtime.machine import load_config

#: The store, the resolver and the event loop hand work to one another all the time; at Python's
#: default of 5 ms each hand-over may wait that long for the interpreter lock.
SWITCH_S = 0.0002

EXIT_FAILED, EXIT_REFUSED = 1, 5
THREADS_S = 2.0  # for what threads are at; less than whoever stops a daemon waits for it


def main(arguments: list[str] | None = None) -> None:
    """Run the daemon of a home until it is told to stop."""
    options = _parser().parse_args(arguments)
    starter = Starter()
    home = home_directory(options.home)
    sys.setswitchinterval(SWITCH_S)
    os.umask(0o077)  # what the daemon keeps is this user's alone; a step's umask is its shim's
    try:
        prepare_home(home)
        lock = HomeLock(home)
        lock.acquire()
        if options.detach:
            starter.detach()
            lock.acquire()
        clock = SystemClock()
        started_ms = clock.now_ms()
        identity = {"pid": os.getpid(), "version": trainautod.__version__, "home": str(home)}
        identity["started_at"] = iso_from_ms(started_ms)
        lock.sign(identity)
        configure(daemon_log(home), foreground=not options.detach)
        _introduce(home, identity)
        config = load_config(home)
        asyncio.run(_run(home, config, clock, started_ms, starter))
    except AlreadyRunning as error:
        _end(starter, str(error), EXIT_REFUSED)
    except (DaemonError, LineageError, OSError) as error:
        logging.getLogger(__name__).critical(str(error), extra={"action": "start_failed"})
        _end(starter, str(error), EXIT_FAILED)
    except Exception as error:
        logging.getLogger(__name__).critical(
            "the daemon ends by a defect", exc_info=error, extra={"action": "start_failed"}
        )
        _end(starter, f"{type(error).__name__}: {error}", EXIT_FAILED)


async def _run(
    home: Path, config: object, clock: SystemClock, started_ms: int, starter: Starter
) -> None:
    # A new or older store is migrated by a process of its own while this one imports.
    preparing = asyncio.get_running_loop().run_in_executor(None, prepare, home / STORE)
    # Heavy imports come after the lock: a second daemon is told so without waiting for them.
    from trainautod.api.app import build_app
    from trainautod.api.server import listening, serve
    from trainautod.runtime.daemon import Daemon

    await preparing
    daemon = Daemon(home, config, clock, started_ms)  # type: ignore[arg-type]
    loop = asyncio.get_running_loop()
    for signum in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signum, daemon.stopping.set)
    try:
        await daemon.start()
        with listening(home) as listeners:
            starter.ready()
            await serve(build_app(daemon), listeners, daemon.until_stopped())
    finally:
        await daemon.stop()
        if not await _threads_end():
            failed = sys.exc_info()[0] is not None or daemon.failure is not None
            _leave_threads(EXIT_FAILED if failed else 0)
    if daemon.failure is not None:
        raise DaemonError(f"the daemon failed: {daemon.failure}") from daemon.failure


async def _threads_end() -> bool:
    """Wait for the threads that read files, but not for as long as the largest file takes."""
    ending = asyncio.ensure_future(asyncio.get_running_loop().shutdown_default_executor())
    ended, _ = await asyncio.wait({ending}, timeout=THREADS_S)
    return bool(ended)


def _leave_threads(status: int) -> NoReturn:
    """End at once: all that counts is stored, and what a thread still reads is read again."""
    log = logging.getLogger(__name__)
    log.warning("a thread still reads; not waiting", extra={"action": "stop"})
    logging.shutdown()
    os._exit(status)


def _introduce(home: Path, identity: dict[str, object]) -> None:
    """Write ``daemon.json``, which is whole whenever anybody reads it."""
    path = home / "daemon.json"
    written = path.with_suffix(".tmp")
    written.write_text(json.dumps(identity))
    written.replace(path)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="trainautod", description=__doc__)
    parser.add_argument("--home", help="directory that the daemon keeps everything in")
    parser.add_argument("--detach", action="store_true", help="go on in the background")
    parser.add_argument("--version", action="version", version=trainautod.__version__)
    return parser


def _end(starter: Starter, message: str, status: int) -> NoReturn:
    starter.failed(message, status)
    sys.exit(status)


if __name__ == "__main__":
    main()
