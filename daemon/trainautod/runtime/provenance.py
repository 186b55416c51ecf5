"""The git commit of a pipeline's folder, and whether files differ from it."""

import subprocess
from pathlib import Path
from typing import Any

_GIT_S = 10.0


def git_state(folder: Path) -> dict[str, Any] | None:
    """Return ``{"commit", "dirty"}`` of the folder's repository, or None outside of one."""
    commit = _git(folder, "rev-parse", "HEAD")
    if not commit:
        return None
    changed = _git(folder, "status", "--porcelain", "--untracked-files=normal", "--", ".")
    return {"commit": commit, "dirty": bool(changed)}


def _git(folder: Path, *arguments: str) -> str | None:
    command = ["git", "-C", str(folder), "--no-optional-locks", *arguments]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_GIT_S, check=True)
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode("utf-8", "replace").strip()  # file names may be in any encoding
