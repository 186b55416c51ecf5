"""What a reader does with a log: moves through it, searches, filters, marks."""

from functools import partial

from trainauto_tui.drawing.log_index import Line
from trainauto_tui.drawing.log_matches import Pattern
from trainauto_tui.drawing.log_rows import row_of
from trainauto_tui.live.log_port import Part
from trainauto_tui.widgets.log_view.finder import Finder
from trainauto_tui.widgets.log_view.folded import At, Spot
from trainauto_tui.widgets.log_view.kept import Kept
from trainauto_tui.widgets.log_view.viewer import Viewer

STEP = 16  # cells that the text moves sideways


class Reader(Viewer):
    """A viewer with a hand on it; each command shows its result through ``changed``."""

    # Moving.

    def move(self, rows: int) -> None:
        """Move the cursor by so many rows; beyond the last one it follows."""
        if not self.rows:
            return
        self.note = ""
        here = self._here()
        there = self._folded.walk(here, rows)
        if rows > 0 and there == here and self.at_end:
            self.follow()
        else:
            top = self._stay()
            self._cursor = self._folded.spot(there)
            self._reveal(there, top)
            self.changed()

    def scroll(self, rows: int, carry: bool = False) -> None:
        """Move the view by so many rows, and with ``carry`` the cursor with it."""
        if not self.rows:
            return
        self.note = ""
        folded, here, top = self._folded, self._here(), self._stay()
        lowest = folded.walk(folded.last(), 1 - self.height)
        new = min(folded.walk(top, rows), lowest)
        if rows > 0 and new == lowest and self.at_end:
            self.follow()
            return
        wanted = folded.walk(here, rows) if carry else here
        wanted = max(min(wanted, folded.walk(new, self.height - 1)), new)
        self._top, self._cursor = folded.spot(new), folded.spot(wanted)
        self.changed()

    def shift(self, cells: int) -> None:
        """Move the text sideways, unless lines are folded."""
        if not self.wrap:
            self._folded.left = max(self._folded.left + cells, 0)
            self.changed()

    def click(self, row: int) -> None:
        """Put the cursor on a row of the pane."""
        if row < len(self.rows):
            self._stay()
            self._cursor = Spot(self.rows[row].line.start, self.rows[row].part)
            self.changed()

    def follow(self) -> None:
        """Go to the end and stay there."""
        self._finder = None
        if self.kept is None and not self.at_end:
            self._errand = lambda: self.tape.to_tail(self._stick)
        else:
            if self.kept and not self.kept.at_end and self.kept.lines.lo > 0:
                self._anchor(self.tape.size)
            self._stick()
        self.changed()

    def _stick(self) -> None:
        self.follows = True

    def stop(self) -> None:
        """Stay where the view is."""
        self._stay()
        self.changed()

    def first(self) -> None:
        """Go to the first line, however far away it is."""
        self._stay()
        if self.kept is None and self.tape.index.lo > 0:
            self._errand = lambda: self.tape.to_line(0, partial(self._point, 0, top=True))
        else:
            if self.kept and self.kept.lines.lo > 0:
                self._anchor(0)
            self._top = self._cursor = Spot(0)
        self.changed()

    def go(self, offset: int) -> None:
        """Show the line that begins at ``offset``, with the cursor on it."""
        self._stay()
        if self.kept is None and not self.tape.index.lo <= offset < self.tape.index.hi:
            self._errand = lambda: self.tape.to_line(offset, lambda: self._point(offset))
        else:
            self._point(offset)
        self.changed()

    def go_to_line(self, number: str) -> None:
        """Show the line of that number, 1 being the first; the last one if there are fewer."""
        if not number.strip().isdecimal():
            self.note = f"{number.strip()} is not the number of a line"
            self.changed()
            return
        wanted = max(int(number), 1)
        source = self.tape.source

        def refused(error: Exception) -> None:
            self.note = str(error)

        def ask() -> None:
            self.tape.ask(lambda got, no: source.line_start(wanted, got, no), self.go, refused)

        self.note = ""
        self._errand = ask
        self.changed()

    def drag(self, part: float) -> None:
        """Show what stands at ``part`` of the log, from 0 to 1."""
        if part >= 1:
            self.follow()
            return
        self._stay()
        if self.kept is not None:
            lines = self.kept.lines
            self._point(lines.line(int(part * len(lines))).start if len(lines) else 0, top=True)
        else:
            offset = int(part * self.tape.size)
            if self.tape.index.lo <= offset < self.tape.index.hi:
                self._point(offset, top=True)
            else:
                done = partial(self._point, offset, top=True)
                self._errand = lambda: self.tape.to_offset(offset, done)
        self.changed()

    def here(self) -> Line | None:
        """Return the line that commands are about: the cursor's, the last one while following."""
        return self._folded.lines.line(self._here().number) if self.rows else None

    def _here(self) -> At:
        if self.follows:
            return self._folded.last()
        return self._folded.locate(self._cursor or self._top)

    def _stay(self) -> At:
        """Stop following, with the cursor where it was; return the first row in view."""
        if not len(self._folded.lines):
            self.follows = False
            return At(0)
        here, top = self._here(), self._top_row()
        self.follows = False
        self._cursor, self._top = self._folded.spot(here), self._folded.spot(top)
        return top

    def _reveal(self, there: At, top: At) -> None:
        if there < top:
            self._top = self._folded.spot(there)
        elif there > self._folded.walk(top, self.height - 1):
            self._top = self._folded.spot(self._folded.walk(there, 1 - self.height))

    def _point(self, offset: int, top: bool = False) -> None:
        """Put the cursor on the line at ``offset``, and that into view."""
        self._folded.lines = self.kept.lines if self.kept else self.tape.index
        if not len(self._folded.lines):
            return
        folded, at = self._folded, self._folded.locate(Spot(offset))
        line = folded.lines.line(at.number)
        text = self.text(line)
        places = self.pattern.places(text.text) if self.pattern and text else []
        if places and not top:
            at = At(at.number, row_of(folded.cuts(line), places[0][0]) if self.wrap else 0)
            self._show_cells(places[0])
        self._cursor = folded.spot(at)
        first = folded.locate(self._top)
        if top:
            self._top = self._cursor
        elif not first <= at <= folded.walk(first, self.height - 1):
            self._top = folded.spot(folded.walk(at, -(self.height // 3)))

    def _show_cells(self, place: tuple[int, int]) -> None:
        """Move lines that are not folded sideways, so that a place in one is in view."""
        folded = self._folded
        if not self.wrap and not folded.left <= place[0] <= place[1] <= folded.left + folded.cells:
            fits = place[1] < folded.cells
            folded.left = 0 if fits else max(place[0] - folded.cells // 3, 0) // STEP * STEP

    # Search.

    def highlight(self, text: str) -> None:
        """Show where ``text`` stands in the lines in view."""
        self.pattern = Pattern(text) if text else None
        self.changed()

    def search(self, text: str) -> None:
        """Find ``text`` from the first line in view on, or from the cursor."""
        self.note = ""
        self.pattern = Pattern(text) if text else None
        if self.pattern and self.rows:
            row = self.rows[0] if self.follows or self._cursor is None else None
            line = row.line if row else self.here()
            self._look(line.start if line else 0, forward=True)
        self.changed()

    def search_on(self, forward: bool) -> None:
        """Find the next place of what was searched last, or the one before."""
        here = self.here()
        if self.pattern is None or here is None:
            self.note = "" if self.pattern else "search with / first"
        else:
            self._look(here.start + 1 if forward else here.start, forward)
        self.changed()

    def _look(self, origin: int, forward: bool) -> None:
        assert self.pattern is not None

        def found(start: int | None, wrapped: bool) -> None:
            self._finder = None
            if start is None:
                self.note = "not found"
                return
            self.note = ""
            if wrapped:
                self.note = "wrapped to the top" if forward else "wrapped to the end"
            self.go(start)

        def refused(error: Exception) -> None:
            self._finder, self.note = None, str(error)

        self._finder = Finder(self.tape, self.pattern, origin, forward, found, refused)

    # Filter.

    def keep(self, text: str) -> None:
        """Show only the lines with ``text``, with ``!`` in front those without; all for none."""
        self.note = ""
        here, pattern = self.here(), Pattern.typed(text)
        self._finder = None
        if pattern is None:
            self._keep_all(here)
        else:
            if not self.follows and here is not None:
                self._cursor = Spot(here.start)
            at = here.start if here is not None else self.tape.size
            self.kept = Kept(self.tape, pattern, at, self._no_filter)
        self.changed()

    def _keep_all(self, here: Line | None) -> None:
        was, self.kept = self.kept, None
        if was is None:
            return
        if self.follows:
            self.follow()
        elif here is not None:
            self.go(here.start)

    # The looks of lines.

    def show_as(self, other: "Reader") -> None:
        """Show lines in the way that ``other`` does."""
        self._folded.wrap = other.wrap
        self.stamps.mode = other.stamps.mode

    def toggle_wrap(self) -> None:
        """Fold long lines, or cut them again; the cursor stays in view."""
        folded, top = self._folded, self._folded.spot(self._top_row()) if self.rows else Spot(0)
        folded.wrap, folded.left, self._top = not folded.wrap, 0, top
        if self.rows and self._cursor and not self.follows:
            self._reveal(folded.locate(self._cursor), folded.locate(top))
        self.changed()

    def next_times(self) -> None:
        """Show the times of lines in another way, or not."""
        self.stamps.turn()
        self.changed()

    # Marks.

    def toggle_mark(self) -> None:
        """Mark the line, or take its mark away."""
        here = self.here()
        if here is None:
            return
        if here.start in self.marks:
            self.marks.remove(here.start)
        else:
            self.marks.append(here.start)
        self.changed()

    def clear_marks(self) -> None:
        """Take all marks away."""
        self.marks.clear()
        self.changed()

    def next_mark(self) -> None:
        """Go to the next marked line; after the last one to the first."""
        here = self.here()
        if here is None or not self.marks:
            self.note = "mark a line with m first"
            self.changed()
            return
        after = [mark for mark in self.marks if mark > here.start]
        self.go(min(after or self.marks))

    def selection(self) -> Part | None:
        """Return the lines from the last mark to the cursor, without a mark the cursor's line."""
        here = self.here()
        if here is None:
            return None
        pattern = self.kept.pattern if self.kept else None
        marked = self.marks[-1] if self.marks else here.start
        end = here.end if marked <= here.start else marked + 1
        return Part(min(marked, here.start), end, pattern)
