"""Log bytes as styled text: what a terminal would show of them, and nothing it would do.

Colours and text attributes (SGR) are kept. Every other control sequence is dropped, so that no
log can set the title, touch the clipboard, move the cursor or hide text; so are the characters
that reorder a line. Nothing is parsed as markup.
"""

import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len
from rich.color import Color
from rich.style import Style

CELLS = 4000  # a longer line is cut: no terminal is wider, and styling more costs milliseconds
TAB = 8
_SEQUENCE = re.compile(
    r"(?:\x1b\[|\x9b)(?P<arguments>[0-?]*)[ -/]*(?P<final>[@-~])"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c|$)"
    r"|\x1b[ -/]*[0-~]?"
    r"|[\x00-\x08\x0a-\x1a\x1c-\x1f\x7f-\x9f]"
    r"|[\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]"
    r"|(?<![^\x00-\x7f])\u200d|\u200d(?![^\x00-\x7f])"  # joins nothing, and hides its neighbour
)
_JOINERS = "\u200d\ufe0f"  # with nothing before them nobody agrees how wide the text is
_SWITCHES = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike"}
_PALETTES = ((30, True, 0), (40, False, 0), (90, True, 8), (100, False, 8))
_OFF = {22: ("bold", "dim"), 23: ("italic",), 24: ("underline",), 27: ("reverse",), 29: ("strike",)}


@dataclass(frozen=True, slots=True)
class Ink:
    """The colours and attributes in force at one point of a line."""

    color: str | None = None
    background: str | None = None
    attributes: frozenset[str] = frozenset()


PLAIN = Ink()


class StyledLine(NamedTuple):
    """One line ready to show; ``hidden`` characters were cut off its end."""

    pieces: tuple[tuple[str, Style | None], ...]
    hidden: int = 0

    @property
    def text(self) -> str:
        """The line without its styles."""
        return "".join(piece for piece, _ in self.pieces)


def styled(raw: bytes, beyond: int = 0) -> StyledLine:
    """Return what ``raw``, one line without its newline, shows on a terminal.

    A carriage return starts the line over; only the last state of a progress bar is kept.
    Bytes that are not UTF-8 are shown as ``�``. ``beyond`` bytes follow that are not in ``raw``.
    """
    text = _last_state(raw.decode("utf-8", errors="replace"))
    hidden = max(len(text) - CELLS, 0) + beyond
    pieces: list[tuple[str, Style | None]] = []
    ink, at, column = PLAIN, 0, 0
    text = text[:CELLS]
    for match in (*_SEQUENCE.finditer(text), None):
        piece = text[at : match.start() if match else len(text)].lstrip(_JOINERS)
        if "\t" in piece:
            piece = (" " * (column % TAB) + piece).expandtabs(TAB)[column % TAB :]
        while piece and not pieces and not cell_len(piece[0]):  # a mark on nothing
            piece = piece[1:]
        if piece:
            column += len(piece)
            pieces.append((piece, _style(ink) if ink != PLAIN else None))
        if match:
            at = match.end()
            if _is_colour(match):
                ink = _change(ink, match["arguments"])
    return StyledLine(tuple(pieces), hidden)


def plain(raw: bytes) -> str:
    """Return the text of ``raw``, lines with their newlines, as ``styled`` shows it, tabs kept."""
    lines = raw.decode("utf-8", errors="replace").split("\n")
    return "\n".join(_SEQUENCE.sub("", _last_state(line)) for line in lines)


def harmless(raw: bytes) -> bytes:
    """Return ``raw``, whole lines, with colours as the only control sequences left in it."""
    lines = raw.decode("utf-8", errors="replace").split("\n")
    return "\n".join(_SEQUENCE.sub(_colour, _last_state(line)) for line in lines).encode()


def _colour(match: re.Match[str]) -> str:
    return f"\x1b[{match['arguments']}m" if _is_colour(match) else ""


def _is_colour(match: re.Match[str]) -> bool:
    """Return whether it is an SGR sequence; one with a private mark switches something else."""
    return match["final"] == "m" and not match["arguments"].strip("0123456789;:")


def _last_state(text: str) -> str:
    """Return what stands after the last carriage return that something visible follows."""
    if "\r" not in text:
        return text
    for state in reversed(text.split("\r")):
        if _SEQUENCE.sub("", state).strip():
            return state
    return ""


def _change(ink: Ink, arguments: str) -> Ink:
    """Return ``ink`` after one SGR sequence; unknown codes change nothing."""
    codes = [int(code) if code.isdigit() else 0 for code in re.split("[;:]", arguments)]
    while codes:
        code = codes.pop(0)
        if code == 0:
            ink = PLAIN
        elif code in _SWITCHES:
            ink = replace(ink, attributes=ink.attributes | {_SWITCHES[code]})
        elif code in _OFF:
            ink = replace(ink, attributes=ink.attributes.difference(_OFF[code]))
        elif code in (38, 48):
            ink = _set(ink, code == 38, _extended(codes))
        elif code in (39, 49):
            ink = _set(ink, code == 39, None)
        else:
            ink = _basic(ink, code)
    return ink


def _basic(ink: Ink, code: int) -> Ink:
    for start, foreground, bright in _PALETTES:
        if start <= code < start + 8:
            return _set(ink, foreground, f"color({code - start + bright})")
    return ink


def _extended(codes: list[int]) -> str | None:
    """Take a 256-colour or RGB colour off the front of ``codes``."""
    kind = codes.pop(0) if codes else 0
    if kind == 5 and codes:
        return f"color({min(codes.pop(0), 255)})"
    if kind == 2 and len(codes) >= 3:
        red, green, blue = (min(codes.pop(0), 255) for _ in range(3))
        return f"#{red:02x}{green:02x}{blue:02x}"
    codes.clear()
    return None


def _set(ink: Ink, foreground: bool, color: str | None) -> Ink:
    return replace(ink, color=color) if foreground else replace(ink, background=color)


@lru_cache(maxsize=512)
def _style(ink: Ink) -> Style:
    colors = Style(
        color=Color.parse(ink.color) if ink.color else None,
        bgcolor=Color.parse(ink.background) if ink.background else None,
    )
    return colors + Style.parse(" ".join(sorted(ink.attributes)))
