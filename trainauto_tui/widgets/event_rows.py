"""The daemon's events as rows, newest at the bottom; keeps the end in view while it follows."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, tzinfo
from typing import ClassVar

from textual.message import Message

from trainauto_tui.documents import Event
from trainauto_tui.drawing.columns import Column, Row
from trainauto_tui.drawing.events import kind_look, words
from trainauto_tui.drawing.spans import Span
from trainauto_tui.widgets.live_rows import WIDE, LiveRows

MARGIN = 5  # rows before an end of what is known at which more of it is wanted
SHORT_ID = 8  # of 16 letters: the time that a run was submitted, to 36 ms
FULL_ID = 16


class EventRows(LiveRows):
    """One row per event; ``key`` is its number.

    It follows until the reader goes up; going to the last row follows again.
    """

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("time", 18),
        Column("kind", 18),
        Column("run", FULL_ID),
        Column("step", 20),
        Column("pipeline", 20, from_width=120),
        Column("what changed", None),
    )

    class Moved(Message):
        """The reader went somewhere, or changed whether the end is followed."""

    class FilterAsked(Message):
        """The reader wants to look for some events."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.follows = True
        self._made: dict[str, Row] = {}
        self._made_for: tuple[object, ...] = ()
        self._placing = False

    def show_events(self, history: Sequence[Event], now: float, zone: tzinfo, plain: bool) -> None:
        """Show ``history``; times of day are those of ``zone``, with the day if it is not today."""
        wide = self.scrollable_content_region.width >= WIDE
        today = datetime.fromtimestamp(now, zone).date()
        if (made_for := (wide, today, plain)) != self._made_for:
            self._made_for, self._made = made_for, {}
        made = self._made

        def row(event: Event) -> Row:
            key = str(event["seq"])
            when = datetime.fromisoformat(event["at"]).astimezone(zone)
            day = "" if when.date() == today else f"{when:%m-%d} "
            clock = f"{day}{when:%H:%M:%S}" + (f".{when.microsecond // 1000:03}" if wide else "")
            run_id = (event["run_id"] or "")[: FULL_ID if wide else SHORT_ID]
            cells = (
                (Span(clock, "muted"),),
                kind_look(event).spans(plain),
                (Span(run_id),),
                (Span(event["step"] or ""),),
                (Span(event["pipeline"] or "", "muted"),),
                words(event),
            )
            return Row(key, cells)

        self._made = {
            key: made.get(key) or row(one) for one in history for key in [str(one["seq"])]
        }
        with self._holding():
            self.show_rows(list(self._made.values()))

    @contextmanager
    def _holding(self) -> Iterator[None]:
        """Keep the end in view while it is followed, else the rows that are in view."""
        top = self.scroll_offset.y
        anchor = self.rows[top].key if top < len(self.rows) else None
        self._placing = True
        yield
        if self.follows:
            self.cursor = len(self.rows) - 1
            self.show_from(max(len(self.rows) + self._head - self.size.height, 0))
        elif anchor is not None:
            keys = [row.key for row in self.rows]
            if anchor in keys and keys.index(anchor) != self.scroll_offset.y:
                self.show_from(keys.index(anchor))
        self._placing = False

    def _arrange_anew(self) -> None:
        with self._holding():
            super()._arrange_anew()

    def _fit(self) -> None:
        with self._holding():
            super()._fit()

    def set_follow(self, follows: bool) -> None:
        """Follow the end, or stop."""
        self.follows = follows
        if follows:
            with self._holding():
                pass
        self.post_message(self.Moved())

    @property
    def near_top(self) -> bool:
        """Whether the reader will soon want what came before."""
        return self.scroll_offset.y < MARGIN or self.cursor < MARGIN

    @property
    def near_end(self) -> bool:
        """Whether the reader will soon want what came after."""
        seen = max(self.scroll_offset.y + self.size.height - self._head, self.cursor + 1)
        return seen > len(self.rows) - MARGIN

    def watch_cursor(self, old: int, new: int) -> None:
        """Stop following when the reader leaves the last row, and start when he goes there."""
        super().watch_cursor(old, new)
        if not self._placing and old != new:
            self.follows = new == len(self.rows) - 1
            self.post_message(self.Moved())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Stop following when the reader scrolls up."""
        super().watch_scroll_y(old_value, new_value)
        if not self._placing and round(old_value) != round(new_value):
            self.follows = self.follows and new_value > old_value
            self.post_message(self.Moved())

    def action_up(self) -> None:
        """One row up, or what came before the first one."""
        super().action_up()
        self.post_message(self.Moved())

    def action_top(self) -> None:
        """To the first row, or what came before it."""
        super().action_top()
        self.post_message(self.Moved())

    def action_page_up(self) -> None:
        """One screenful up, or what came before it."""
        super().action_page_up()
        self.post_message(self.Moved())

    def on_mouse_scroll_up(self) -> None:
        """Ask for what came before."""
        self.post_message(self.Moved())

    def action_bottom(self) -> None:
        """To the last row, and follow."""
        super().action_bottom()
        self.set_follow(True)

    def action_filter(self) -> None:
        """Ask for facets, too, which are the screen's."""
        self.post_message(self.FilterAsked())

    def copied(self) -> tuple[str, str] | None:
        """Leave it to the screen, which has the whole event."""
        return None
