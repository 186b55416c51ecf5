"""One log in a pane of so many rows and cells: what is shown, and what is fetched for it."""

from collections.abc import Callable
from typing import NamedTuple

from textual.cache import LRUCache

from trainauto_tui.drawing.log_index import Line
from trainauto_tui.drawing.log_matches import Pattern
from trainauto_tui.drawing.log_rows import Cut
from trainauto_tui.drawing.terminal_text import StyledLine, styled
from trainauto_tui.live.log_port import Source
from trainauto_tui.widgets.log_view.finder import Finder
from trainauto_tui.widgets.log_view.folded import At, Folded, Spot
from trainauto_tui.widgets.log_view.kept import Kept
from trainauto_tui.widgets.log_view.stamps import Stamps
from trainauto_tui.widgets.log_view.tape import PIECE, Tape

FAR_BEHIND = 4 * PIECE  # a reader who follows jumps over more than this instead of reading it
MARGIN = 1000  # lines ahead of the view that are fetched before the reader gets there
MARGIN_BYTES = 4 * PIECE  # the same of long lines
KEPT_MARGIN = 200  # the same, of a filter
FOLLOWED = 500_000  # lines of an index that is begun anew rather than grown while following
TEXTS = 512  # lines ready to show that are remembered


class Row(NamedTuple):
    """One row of the pane; ``cut`` says which part of ``line`` stands in it."""

    line: Line
    part: int
    cut: Cut
    here: bool  # whether the line's bytes are
    cursor: bool
    mark: bool
    time: str


class Viewer:
    """The log, the place in it, and the way its lines are shown.

    Nothing here draws: ``rows`` is what the pane is to show after each ``told``.

    Attributes:
        tape: What is known of the log.
        kept: The filter, if there is one.
        pattern: What is searched.
        follows: Whether the end stays in view.
        marks: Starts of the marked lines, in the order in which they were marked.
        note: What the reader must know about the last command.
        rows: What is in view.
    """

    def __init__(self, source: Source, follow: bool, told: Callable[[], None]) -> None:
        self.tape = Tape(source, self._answered)
        self.kept: Kept | None = None
        self.pattern: Pattern | None = None
        self.follows = follow
        self.marks: list[int] = []
        self.note = ""
        self.rows: list[Row] = []
        self.stamps = Stamps(self.tape, self._no_times)
        self.height = self.width = 0
        self._told = told
        self._finder: Finder | None = None
        self._errand: Callable[[], None] | None = self.tape.to_tail
        self._top = Spot(0)
        self._cursor: Spot | None = None
        self._texts: LRUCache[tuple[int, int], StyledLine] = LRUCache(TEXTS)
        self._folded = Folded(self.tape.index, self.text)
        self._stamp_cells = 0

    def open(self) -> None:
        """Ask for the end of the log."""
        self._advance()

    # What is shown.

    @property
    def wrap(self) -> bool:
        """Whether long lines are folded."""
        return self._folded.wrap

    @property
    def left(self) -> int:
        """The first cell that is shown of lines that are not folded."""
        return self._folded.left

    @property
    def at_end(self) -> bool:
        """Whether the end of the log, as far as it is known, can be shown."""
        return self.kept.at_end if self.kept else self.tape.index.hi >= self.tape.size

    @property
    def searching(self) -> bool:
        """Whether a search is under way."""
        return self._finder is not None

    @property
    def position(self) -> tuple[float, float]:
        """Where the view begins and ends in the log, as parts of it from 0 to 1."""
        lines, size = self._folded.lines, max(self.tape.size, 1)
        if not self.rows:
            return 0.0, 1.0
        first, last = self.rows[0].line, self.rows[-1].line
        if self.kept and self.kept.whole:
            first_number, last_number = lines.number_at(first.start), lines.number_at(last.start)
            return first_number / len(lines), (last_number + 1) / len(lines)
        ends = self.follows or (self.at_end and last == lines.line(len(lines) - 1))
        starts = lines.lo == 0 and first == lines.line(0)
        return 0.0 if starts else first.start / size, 1.0 if ends else last.end / size

    def text(self, line: Line) -> StyledLine | None:
        """Return a line ready to show; None when it has to be fetched."""
        key = (line.start, line.end)
        if (known := self._texts.get(key)) is None:
            raw = self.tape.line_bytes(line)
            if raw is None:
                return None
            known = self._texts[key] = _noted(styled(*raw))
        return known

    def resize(self, width: int, height: int) -> None:
        """Show the log in a pane of another size."""
        self.width, self.height = width, height
        self.changed()

    def changed(self) -> None:
        """Show what is to be shown now, and fetch what is missing."""
        self._lay_out()
        self._advance()
        self._told()

    def _answered(self) -> None:
        self.changed()

    def _lay_out(self) -> None:
        folded = self._folded
        folded.lines = self.kept.lines if self.kept else self.tape.index
        folded.cells = max(self.width - 1 - self.stamps.cells, 2)
        if not len(folded.lines) or self.height <= 0:
            self.rows = []
            return
        cursor = folded.locate(self._cursor) if self._cursor and not self.follows else None
        marked = set(self.marks)
        self.rows = [
            self._row(at, at == cursor, marked) for at in folded.below(self._top_row(), self.height)
        ]

    def _row(self, at: At, cursor: bool, marked: set[int]) -> Row:
        line = self._folded.lines.line(at.number)
        here = line.dropped > 0 or self.text(line) is not None
        cuts = self._folded.cuts(line)
        time = self.stamps.text(line) if at.part == 0 else ""
        mark = line.start in marked and at.part == 0
        return Row(line, at.part, cuts[min(at.part, len(cuts) - 1)], here, cursor, mark, time)

    def _top_row(self) -> At:
        folded = self._folded
        lowest = folded.walk(folded.last(), 1 - self.height)
        return lowest if self.follows else min(folded.locate(self._top), lowest)

    def _no_times(self, error: Exception) -> None:
        self.note = str(error)

    def _no_filter(self, error: Exception) -> None:
        self.kept, self.note = None, str(error)

    def _anchor(self, at: int) -> None:
        """Begin the filter's lines anew at ``at``, the start of a line or the end of the log."""
        assert self.kept is not None
        self.kept = Kept(self.tape, self.kept.pattern, at, self._no_filter)

    # What is fetched: one request at a time; each answer decides on the next.

    @property
    def waits(self) -> bool:
        """Whether there is nothing to do but to ask again in a while."""
        tape = self.tape
        return tape.loaded and not (tape.busy or tape.stuck or tape.complete)

    def poll(self) -> None:
        """Ask whether there is more."""
        if not self.waits:
            return
        if not (self.at_end or self.follows):
            self.tape.look()
        elif self.kept:
            self.kept.more_after()
        else:
            self.tape.read_on()

    def wake(self) -> None:
        """Go on after the link was down."""
        self.tape.stuck = False
        if not self.tape.loaded and not self._errand:
            self._errand = self.tape.to_tail
        self._advance()
        if self.tape.loaded and not self.tape.busy:
            self.tape.read_on()

    def _advance(self) -> None:
        """Send the request that is needed most, unless one is under way."""
        needs = (
            self._do_errand,
            self._fetch_rows,
            self._find,
            self._extend,
            self._fetch_times,
        )
        for need in needs:
            if self.tape.busy or self.tape.stuck:
                return
            need()

    def _do_errand(self) -> None:
        if self._errand is not None:
            errand, self._errand = self._errand, None
            errand()

    def _fetch_rows(self) -> None:
        if missing := [row.line for row in self.rows if not row.here]:
            self.tape.fetch_lines(missing)

    def _find(self) -> None:
        while self._finder is not None and not self.tape.busy:
            self._finder.step(self.kept)

    def _fetch_times(self) -> None:
        self.stamps.fetch([row.line for row in self.rows])

    def _extend(self) -> None:
        """Fetch what comes before and after the view, so that it is there when wanted."""
        if not self.tape.loaded:
            return
        lines = self._folded.lines
        top = lines.number_at(self.rows[0].line.start) if self.rows else 0
        below = len(lines) - top - len(self.rows)
        if self.kept is not None:
            self._extend_kept(self.kept, top, below)
            return
        tape, behind = self.tape, self.tape.size - self.tape.index.hi
        if behind > 0 and self.follows and (behind > FAR_BEHIND or len(lines) > FOLLOWED):
            tape.to_tail()
        elif behind > 0 and (self.follows or not self._enough(below, self._bottom(), lines.hi)):
            tape.read_on()
        elif lines.lo > 0 and not self._enough(top, lines.lo, self._first()):
            tape.read_before()

    def _first(self) -> int:
        return self.rows[0].line.start if self.rows else 0

    def _bottom(self) -> int:
        return self.rows[-1].line.end if self.rows else 0

    def _enough(self, lines: int, start: int, end: int) -> bool:
        """Return whether so many lines, of so many bytes, are enough beyond the view."""
        long = end - start >= MARGIN_BYTES and lines >= 4 * self.height
        return long or lines >= MARGIN

    def _extend_kept(self, kept: Kept, top: int, below: int) -> None:
        if self.follows and len(kept.lines) > FOLLOWED:
            self._anchor(kept.lines.line(len(kept.lines) - 1).start)
        elif not kept.begun and kept.lines.lo > 0:
            kept.more_before()
        elif not kept.at_end and (self.follows or below < KEPT_MARGIN):
            kept.more_after()
        elif kept.lines.lo > 0 and (top < KEPT_MARGIN or kept.counting):
            kept.more_before()
        elif not kept.at_end and kept.counting:
            kept.more_after()


def _noted(line: StyledLine) -> StyledLine:
    """Return a line that says at its end how much of it is not shown."""
    if not line.hidden:
        return line
    return StyledLine((*line.pieces, (f" … {line.hidden:,} more", None)), line.hidden)
