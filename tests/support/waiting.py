"""Polling for a condition instead of sleeping."""

import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")

PATIENCE_S = 30.0  # generous: two cores may be shared with a whole test suite
PAUSE_S = 0.01


def wait_until(condition: Callable[[], T | None], what: str, patience_s: float = PATIENCE_S) -> T:
    """Return the condition's first truthy value.

    Raises:
        AssertionError: it stayed false for ``patience_s`` seconds.
    """
    deadline = time.monotonic() + patience_s
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"waited {patience_s:g}s in vain for {what}"
        time.sleep(PAUSE_S)
