"""What a step wrote, made safe for the terminal of whoever reads it.

A log may hold sequences that move the cursor, set the window's title or write the clipboard.
Only colours (SGR) pass. Source of the forms: ECMA-48, sections 5.3 to 5.6 and 8.3.117.
"""

from __future__ import annotations

import codecs
import re

LONGEST_SEQUENCE = 4096  # characters; what has not ended by then is not a sequence

# In this order: colours, other control sequences, control strings, short escapes, stray controls.
_CONTROL = re.compile(
    r"(?P<colour>\x1b\[[0-9;:]*m)"
    r"|\x1b\[[0-?]*[ -/]*[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-OQ-WYZ\\`-~]"
    r"|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b\x9c]*\x1b?|[ -/]*)?\Z")


class TextGuard:
    """Turns bytes, cut anywhere, into text that can colour and nothing else.

    Args:
        colour: let colours pass.
    """

    def __init__(self, colour: bool) -> None:
        self._colour = colour
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = ""
        self._coloured = False

    def feed(self, data: bytes) -> str:
        """Return the text of ``data``; what may be half a sequence is kept for the next call."""
        text = self._held + self._decoder.decode(data)
        unfinished = _UNFINISHED.search(text, max(0, len(text) - LONGEST_SEQUENCE))
        cut = unfinished.start() if unfinished else len(text)
        self._held = text[cut:]
        return _CONTROL.sub(self._kept, text[:cut])

    def end(self) -> str:
        """Return what undoes the last colour, if there was one; a sequence cut off is dropped."""
        self._held = ""
        return "\x1b[0m" if self._coloured else ""

    def _kept(self, match: re.Match[str]) -> str:
        if match["colour"] is None or not self._colour:
            return ""
        self._coloured = True
        return match[0]
