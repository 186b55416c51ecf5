"""Values of the secrets that a pipeline names; never stored with a run, never shown."""

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from trainautod.runtime.errors import StepRefused

FILE = "secrets.env"
_OTHERS = 0o077
SHORTEST = 4  # characters; taking shorter values out would make holes in every other word


@dataclass(frozen=True, slots=True)
class Redaction:
    """Takes the values of secrets out of texts that are stored and shown.

    Attributes:
        marks: each value, and each line of one that has several, with what stands in its place;
            the longest first, for one may be part of another.
    """

    marks: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, home: Path, names: Iterable[str]) -> "Redaction":
        """Return the redaction of these secrets, as far as they have values."""
        wanted = list(names)
        if not wanted:
            return cls(())
        try:
            known = _pairs(home / FILE)  # also when others can read it: it was right once
        except (StepRefused, OSError):
            known = {}
        marks: dict[str, str] = {}
        for name in wanted:
            value = known.get(name, os.environ.get(name, ""))
            for part in (value, *value.splitlines()):
                if len(part.strip()) >= SHORTEST:
                    marks[part.strip()] = f"<{name}>"
        return cls(tuple(sorted(marks.items(), key=lambda mark: -len(mark[0]))))

    @property
    def longest(self) -> int:
        """Bytes of the longest value."""
        return max((len(value.encode()) for value, _ in self.marks), default=0)

    def apply(self, text: str) -> str:
        """Return the text with ``<NAME>`` in place of each value."""
        for value, mark in self.marks:
            text = text.replace(value, mark)
        return text

    def end_of(self, data: bytes, most: int) -> str:
        """Return up to ``most`` characters of the end of a log, without values or a piece of one.

        Args:
            data: the last ``most + longest`` bytes of the log, or all of it.
            most: characters.
        """
        text = self.apply(data.decode("utf-8", "replace")).lstrip("\ufffd")
        if len(data) < most + self.longest:
            return text[-most:]
        ends = (value[n:] for value, _ in self.marks for n in range(1, len(value)))
        piece = max(filter(text.startswith, ends), key=len, default="")
        return text[len(piece) :][-most:]


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
    if path.exists() and path.stat().st_mode & _OTHERS:
        raise StepRefused(f"{path} can be read by others; run `chmod 600 {path}`")
    return _pairs(path)


def _pairs(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
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
