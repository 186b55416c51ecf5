"""Text that leaves the UI: by the terminal's clipboard sequence, or in a file."""

import os
from pathlib import Path

TERMINAL_LIMIT = 74_994  # bytes; terminals drop a longer OSC 52 sequence without a word


def save(text: str) -> Path:
    """Write ``text`` to the reader's state directory, over what was copied before.

    Returns:
        The file, which only this user can read.

    Raises:
        OSError: it cannot be written.
    """
    base = os.environ.get("XDG_STATE_HOME", "")
    state = Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "state"
    folder = state / "trainauto"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / "copied.txt"
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as out:
        out.write(text)
    return file
