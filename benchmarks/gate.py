"""Noticing the moment at which a command comes to life, without asking a clock.

The command writes into a named pipe and the reader at its other end wakes at that moment.
"""

import os
import select
import threading
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.errors import Unmeasured

WAIT_S = 10.0


def make_gate(folder: Path) -> tuple[Path, str]:
    """Return a new named pipe, and the shell command that writes into it."""
    gate = folder / "gate"
    os.mkfifo(gate)
    return gate, f"echo > {gate}"


def waited_ms(gate: Path, begin: Callable[[], object]) -> float:
    """Return how long it takes from ``begin`` until something is written into the gate.

    Raises:
        Unmeasured: nothing was within 10 s.
    """
    reader = os.open(gate, os.O_RDONLY | os.O_NONBLOCK)
    try:
        written = select.poll()
        written.register(reader, select.POLLIN)
        starter = threading.Thread(target=begin)
        began = time.perf_counter()
        starter.start()
        told = written.poll(WAIT_S * 1000)
        waited_s = time.perf_counter() - began
        starter.join()
    finally:
        os.close(reader)
    if not told:
        raise Unmeasured(f"no process within {WAIT_S:g} s")
    return waited_s * 1000


def spawn(script: str) -> None:
    """Run a command with nothing around it, and wait for its end."""
    words = ("/bin/sh", "-e", "-c", script)
    os.waitpid(os.posix_spawn(words[0], words, os.environ), 0)
