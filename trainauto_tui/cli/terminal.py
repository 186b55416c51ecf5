"""Where output goes: a terminal with a width and colours, or a pipe with neither."""

from __future__ import annotations

import os
import re
from typing import TextIO

STYLES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "cyan": "36",
}
# Everything that is not text: C0 and C1 controls except tab and newline.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
ASCII_GLYPHS = str.maketrans("✔▶✗○↻…→─", "+>xo=~>-")


class Terminal:
    """One output stream and what it can show.

    Attributes:
        stream: what is written to.
        interactive: a person looks at it.
        colour: it shows SGR colours, and the person has not asked for none (``NO_COLOR``).
    """

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream
        self.interactive = stream.isatty()
        plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
        self.colour = self.interactive and not plain

    @property
    def columns(self) -> int | None:
        """Columns of the terminal; None for a pipe, which has no width."""
        return self._size()[0] if self.interactive else None

    @property
    def rows(self) -> int:
        """Rows of the terminal."""
        return self._size()[1]

    def line(self, text: str = "") -> None:
        """Write one line."""
        self.write(text + "\n")

    def write(self, text: str) -> None:
        """Write text at once, so that the lines of both streams keep their order."""
        try:
            self.stream.write(text)
        except UnicodeEncodeError:
            self.stream.write(_encodable(text, self.stream.encoding or "ascii"))
        self.stream.flush()

    def abandoned(self) -> bool:
        """Tell whether whoever read this pipe has gone; a writer learns it only by writing."""
        from select import POLLERR, poll

        poller = poll()
        try:
            poller.register(self.stream.fileno(), 0)
        except (OSError, ValueError):
            return False
        return any(events & POLLERR for _, events in poller.poll(0))

    def style(self, text: str, *styles: str) -> str:
        """Return ``text`` in these styles, or as it is where there are no colours."""
        codes = ";".join(STYLES[style] for style in styles if style)
        return f"\x1b[{codes}m{text}\x1b[0m" if codes and self.colour else text

    def clean(self, text: str) -> str:
        """Return text of others without what could steer the terminal."""
        return CONTROLS.sub("", text) if self.interactive else text

    def _size(self) -> tuple[int, int]:
        try:
            size = os.get_terminal_size(self.stream.fileno())
        except (OSError, ValueError):
            size = os.terminal_size((0, 0))
        return (_setting("COLUMNS") or size.columns or 80, _setting("LINES") or size.lines or 24)


def width_of(text: str) -> int:
    """Return how many columns ``text`` takes; wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(mark) else 2 if east_asian_width(mark) in "WF" else 1 for mark in text
    )


def fit(text: str, columns: int) -> str:
    """Return ``text`` cut to ``columns``, the cut marked with an ellipsis."""
    if width_of(text) <= columns:
        return text
    if columns <= 0:
        return ""
    kept = text[: columns - 1]
    while width_of(kept) > columns - 1:
        kept = kept[:-1]
    return kept + "…"


def _encodable(text: str, encoding: str) -> str:
    return text.translate(ASCII_GLYPHS).encode(encoding, "replace").decode(encoding)


def _setting(name: str) -> int:
    value = os.environ.get(name, "")
    return int(value) if value.isdigit() else 0
