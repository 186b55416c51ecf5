"""Values of the secrets that a pipeline names; never stored with a run, never shown."""

import os
from collections.abc import Iterable
from pathlib import Path

from trainautod.runtime.errors import StepRefused

FILE = "secrets.env"
_OTHERS = 0o077


def read_secrets(home: Path, names: Iterable[str]) -> dict[str, str]:
    """Return each secret's value, from ``secrets.env`` of the home, else the daemon's environment.

    Raises:
        StepRefused: a secret has no value, or others may read the file.
    """
    wanted = list(names)
    if not wanted:
        return {}
    known = _file(home / FILE)
    missing = [name for name in wanted if name not in known and name not in os.environ]
    if missing:
        raise StepRefused(
            f"secret {missing[0]} has no value; write {missing[0]}=… to {home / FILE}"
        )
    return {name: known[name] if name in known else os.environ[name] for name in wanted}


def _file(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    if path.stat().st_mode & _OTHERS:
        raise StepRefused(f"{path} can be read by others; run `chmod 600 {path}`")
    pairs: dict[str, str] = {}
    for line in _text(path).splitlines():
        name, sign, value = line.strip().partition("=")
        if sign and not name.startswith("#"):
            pairs[name.strip()] = value.strip().strip("\"'")
    return pairs


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise StepRefused(f"{path} is not UTF-8 text: {error.reason}") from None
