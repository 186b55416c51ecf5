"""What to do next, where a failed step's last words tell it."""

import os
import re
from collections.abc import Collection, Sequence
from pathlib import Path

_NOT_THERE = re.compile(
    r"no such file|can't open|cannot open|not found|does not exist", re.IGNORECASE
)
_WORD = re.compile(r"[^\s'\"`:,;()\[\]]+")


def undeclared_input(
    lines: Sequence[str], folder: Path, sandbox: Path, placed: Collection[str]
) -> str | None:
    """Return a hint when a step missed a file that lies in the pipeline's folder.

    Args:
        lines: the last lines of its log.
        folder: the pipeline's.
        sandbox: the directory the step ran in.
        placed: relative paths that were put there.
    """
    for line in lines:
        if not _NOT_THERE.search(line):
            continue
        for word in _WORD.findall(line):
            path = os.path.normpath(word.removeprefix(f"{sandbox}/"))
            inside = not os.path.isabs(path) and not path.startswith("..") and path != "."
            # Not Path.exists(), which raises for a word that is too long for a name.
            if inside and path not in placed and os.path.exists(folder / path):
                return f"{path} is in the pipeline's folder, not in the sandbox: add it to inputs"
    return None
