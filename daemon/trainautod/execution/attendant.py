"""The process that attends an attempt, held by more than its pid."""

import asyncio
import os
import signal
from typing import Self

from trainautod.execution.attempt import Claim
from trainautod.execution.shim import identity

HAS_PIDFD = hasattr(os, "pidfd_open")  # Linux; elsewhere the process is looked at again and again


class Attendant:
    """Exactly the process that a claim names, and no later one of the same pid."""

    def __init__(self, claim: Claim, descriptor: int) -> None:
        self._claim = claim
        self._descriptor = descriptor

    @classmethod
    def find(cls, claim: Claim) -> Self | None:
        """Return the claim's process; None when it is gone.

        Raises:
            OSError: it cannot be looked at, as without a free descriptor.
        """
        if claim.pid <= 0:
            return None
        try:
            descriptor = os.pidfd_open(claim.pid) if HAS_PIDFD else -1
        except ProcessLookupError:
            return None
        found = cls(claim, descriptor)
        alive = False
        try:
            # Compared after opening: had the pid been reused before, the start times would differ.
            alive = found.is_alive()
        finally:
            if not alive:
                found.close()
        return found if alive else None

    def is_alive(self) -> bool:
        """Tell whether it still runs."""
        return identity.is_alive(self._claim.boot_id, self._claim.pid, self._claim.started_ticks)

    def send(self, number: int) -> None:
        """Send it a signal; nothing when it has ended."""
        try:
            if self._descriptor >= 0:
                signal.pidfd_send_signal(self._descriptor, number)
            elif self.is_alive():
                os.kill(self._claim.pid, number)
        except ProcessLookupError:
            return

    def report_to(self, ended: asyncio.Event) -> None:
        """Set ``ended`` when it ends, where the kernel tells."""
        if self._descriptor >= 0:
            asyncio.get_running_loop().add_reader(self._descriptor, ended.set)

    def close(self) -> None:
        """Let go of it."""
        if self._descriptor >= 0:
            asyncio.get_running_loop().remove_reader(self._descriptor)
            os.close(self._descriptor)
            self._descriptor = -1
