"""Lines as rows of the pane: which are in view, and how to go from one to another.

Only what is in view, or stepped over, is ever looked at.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from textual.cache import LRUCache

from trainauto_tui.drawing.log_index import Line
from trainauto_tui.drawing.log_matches import Rows
from trainauto_tui.drawing.log_rows import Cut, crop, fold
from trainauto_tui.drawing.terminal_text import StyledLine

TextOf = Callable[[Line], StyledLine | None]
KNOWN = 512  # folded lines remembered


class At(NamedTuple):
    """A row: ``part`` of line ``number``."""

    number: int
    part: int = 0


class Spot(NamedTuple):
    """A row by the byte at which its line begins, which stays true when lines are added."""

    offset: int
    part: int = 0


class Folded:
    """Rows of ``lines`` at a width.

    Attributes:
        lines: What is shown; never empty where it is asked for rows.
        cells: Width of the text.
        wrap: Whether long lines are folded; else they are cut at ``left`` and the width.
        left: First cell that is shown of a line that is not folded.
    """

    def __init__(self, lines: Rows, text_of: TextOf) -> None:
        self.lines = lines
        self.cells = 80
        self.wrap = False
        self.left = 0
        self._text_of = text_of
        self._cuts: LRUCache[tuple[int, int, int, int], Sequence[Cut]] = LRUCache(KNOWN)

    def cuts(self, line: Line) -> Sequence[Cut]:
        """Return the parts of a line; of one that is not here yet, one that stands for it."""
        text = None if line.dropped else self._text_of(line)
        if text is None:
            return (Cut(0, 0),)
        key = (line.start, line.end, self.cells, -1 if self.wrap else self.left)
        if (known := self._cuts.get(key)) is None:
            whole = text.text
            known = fold(whole, self.cells) if self.wrap else (crop(whole, self.left, self.cells),)
            self._cuts[key] = known
        return known

    def parts(self, number: int) -> int:
        """Return how many rows line ``number`` takes."""
        return len(self.cuts(self.lines.line(number))) if self.wrap else 1

    def last(self) -> At:
        """Return the last row."""
        number = len(self.lines) - 1
        return At(number, self.parts(number) - 1)

    def locate(self, spot: Spot) -> At:
        """Return the row at ``spot``, or the nearest."""
        number = self.lines.number_at(spot.offset)
        return At(number, min(spot.part, self.parts(number) - 1))

    def spot(self, at: At) -> Spot:
        """Return where a row is in the log."""
        return Spot(self.lines.line(at.number).start, at.part)

    def walk(self, at: At, rows: int) -> At:
        """Return the row ``rows`` below ``at``, above it when negative, or the last one there."""
        if not self.wrap:
            return At(max(min(at.number + rows, len(self.lines) - 1), 0))
        number, part = at.number, at.part + rows
        while part < 0 and number > 0:
            number -= 1
            part += self.parts(number)
        part = max(part, 0)
        while part >= (count := self.parts(number)) and number < len(self.lines) - 1:
            part -= count
            number += 1
        return At(number, min(part, count - 1))

    def below(self, top: At, height: int) -> list[At]:
        """Return up to ``height`` rows from ``top`` on."""
        rows: list[At] = []
        number, part = top
        while number < len(self.lines) and len(rows) < height:
            count = self.parts(number)
            rows += [At(number, each) for each in range(part, count)][: height - len(rows)]
            number, part = number + 1, 0
        return rows
