"""A filter: the lines of a log that match, found by the daemon a page at a time."""

from collections.abc import Callable

from trainauto_tui.documents import LogMatches
from trainauto_tui.drawing.log_matches import MatchList, Pattern
from trainauto_tui.live.log_port import Failed
from trainauto_tui.widgets.log_view.tape import Tape

PAGE = 5000  # matches of one answer, 100 kB
FIRST_SPAN = 1 << 18  # bytes looked at in one go towards the start of the log
LAST_SPAN = 1 << 26
COUNTED = 100_000  # matches up to which they are counted though nobody looks at them


class Kept:
    """The matching lines around where the reader is; more are asked for as they are needed.

    Args:
        tape: The log.
        pattern: Which of its lines.
        at: The start of the line where the reader is, or the end of the log.
        refused: Told when the daemon cannot look for them.

    Attributes:
        lines: Those known.
        begun: Whether any were asked for.
    """

    def __init__(self, tape: Tape, pattern: Pattern, at: int, refused: Failed) -> None:
        self.tape = tape
        self.pattern = pattern
        self.lines = MatchList(at)
        self._refused = refused
        self._span = FIRST_SPAN
        self.begun = False
        self._looked_to = -1  # size of the log when its end had been looked at

    @property
    def at_end(self) -> bool:
        """Whether all that the log had, as far as is known, was looked at."""
        return self._looked_to >= self.tape.size

    @property
    def whole(self) -> bool:
        """Whether every matching line is known."""
        return self.lines.lo == 0 and self.at_end

    @property
    def counting(self) -> bool:
        """Whether there are so few that all are worth counting."""
        return not self.whole and len(self.lines) < COUNTED

    def more_after(self) -> None:
        """Look on towards the end."""
        begun, self.begun = self.lines.hi, True

        def got(answer: LogMatches) -> None:
            self.lines.append(answer["matches"], max(answer["scanned"], begun))
            if answer["scanned"] >= answer["size"] or answer["scanned"] <= begun:
                self._looked_to = answer["size"]

        part = range(begun, max(self.tape.size, begun) + LAST_SPAN)
        self.tape.matches(self.pattern, part, PAGE, got, self._refused)

    def more_before(self) -> None:
        """Look on towards the start."""
        end, start = self.lines.lo, max(self.lines.lo - self._span, 0)
        self.begun = True
        found: list[tuple[int, int]] = []

        def got(answer: LogMatches) -> None:
            found.extend((at, last) for at, last in answer["matches"] if at < end)
            if start < answer["scanned"] < end and answer["matches"]:
                self._look(range(answer["scanned"], end), got)
                return
            self.lines.prepend(found, start)
            known = self.lines.line(len(self.lines) - 1).start if len(self.lines) else -1
            if known < answer["scanned"] < end:  # a last line that waits for its newline
                self.lines.hi = answer["scanned"]
            if len(found) < PAGE // 10:
                self._span = min(self._span * 4, LAST_SPAN)

        self._look(range(start, end), got)

    def reach(self, offset: int) -> bool:
        """Take one step towards knowing about byte ``offset``; False when it is known."""
        if offset < self.lines.lo:
            self.more_before()
        elif offset >= self.lines.hi and not self.at_end:
            self.more_after()
        else:
            return False
        return True

    def _look(self, part: range, got: Callable[[LogMatches], None]) -> None:
        self.tape.matches(self.pattern, part, PAGE, got, self._refused)
