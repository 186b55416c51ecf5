"""The steps of a run as boxes that can be walked through."""

from collections import defaultdict
from collections.abc import Iterator
from typing import ClassVar

from textual import events
from textual.binding import BindingType
from textual.geometry import Region, Size
from textual.message import Message
from textual.reactive import reactive
from textual.strip import Strip

from trainauto_tui.documents import Run, StepRun
from trainauto_tui.drawing import amounts
from trainauto_tui.drawing.boxes import HEIGHT, MARGIN, Box, Boxes, draw
from trainauto_tui.drawing.spans import Role, Span, cut, fit, width
from trainauto_tui.drawing.status import look
from trainauto_tui.drawing.walking import neighbour
from trainauto_tui.widgets.keys import bindings
from trainauto_tui.widgets.lines import Lines

TOOK = 8  # cells that a box keeps free for the time that its step takes
_THICK = str.maketrans("╭╮╰╯─│┬┴", "┏┓┗┛━┃┯┷")
_PLAIN_THICK = str.maketrans(".'-|", "##=#")


class BoxesView(Lines):
    """The box-drawn DAG of one run, with a cursor that follows its lines."""

    SCOPE = "boxes"
    BINDINGS: ClassVar[list[BindingType]] = bindings("boxes")
    DEFAULT_CSS = """
    BoxesView { height: 1fr; overflow: auto; scrollbar-size-horizontal: 1; }
    """

    selected: reactive[str | None] = reactive(None, repaint=False)

    class Highlighted(Message):
        """The cursor went to the step ``key``."""

        def __init__(self, key: str) -> None:
            super().__init__()
            self.key = key

    class Opened(Highlighted):
        """The step was opened."""

    def __init__(self, *, plain: bool, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._plain = plain
        self._needs: dict[str, tuple[str, ...]] = {}
        self._drawing = Boxes({}, (), 0)
        self._boxes_on: dict[int, list[Box]] = {}  # by row, from left to right
        self._texts: dict[str, tuple[Span, ...]] = {}

    def show_run(self, run: Run, now: float) -> None:
        """Show the steps of ``run``; durations of running ones are counted up to ``now``."""
        needs = {step["id"]: tuple(step.get("needs", ())) for step in run["steps"]}
        if needs != self._needs:
            self._needs = needs
            self._lay()
        before = self._texts
        self._texts = {step["id"]: self._text(step, now) for step in run["steps"]}
        for step, text in self._texts.items():
            if before.get(step) != text:
                self._refresh_box(step)
        if self.selected not in needs:
            self.selected = next(iter(needs), None)

    def copied(self) -> tuple[str, str] | None:
        """Return the name of the step under the cursor."""
        return (self.selected, "the step's name") if self.selected else None

    def _lay(self) -> None:
        drawing = draw(self._needs, {step: len(step) + 2 + TOOK for step in self._needs})
        self._drawing = drawing.ascii() if self._plain else drawing
        rows: dict[int, list[Box]] = defaultdict(list)
        for box in sorted(drawing.boxes.values(), key=lambda box: box.column):
            for row in range(HEIGHT):
                rows[box.row + row].append(box)
        self._boxes_on = rows
        self.virtual_size = Size(drawing.width + 2, len(drawing.lines))
        self.refresh()

    def _text(self, step: StepRun, now: float) -> tuple[Span, ...]:
        shown = look(step["status"], step["cached"])
        running = step["status"] == "running"
        took = "" if step["cached"] else amounts.duration(step["duration_s"])
        if running:
            took = amounts.running_for(step.get("started_at"), now)
        name = (
            Span(f"{shown.mark(self._plain)} ", shown.role),
            Span(step["id"], "title" if running else "plain"),
        )
        room = self._drawing.boxes[step["id"]].width - MARGIN
        return (*name, *fit((Span(took, "muted"),), room - width(name), right=True))

    def render_line(self, y: int) -> Strip:
        """Draw one line of what is in view."""
        cells, row = self.scrollable_content_region.width, y + self.scroll_offset.y
        if row >= len(self._drawing.lines):
            return Strip.blank(cells, self.rich_style)
        left = self.scroll_offset.x
        spans = cut(tuple(self._spans(row, left, left + cells)), left, cells)
        return self.painted(spans, cells)

    def _spans(self, row: int, left: int, right: int) -> Iterator[Span]:
        """Yield a line up to ``right``; of boxes that end before ``left`` the frame only."""
        line, at = self._drawing.lines[row], 0
        yield Span(" ")
        for box in self._boxes_on.get(row, ()):
            if box.column >= right:
                break
            if box.column + box.width >= left:
                yield Span(line[at : box.column], "muted")
                yield from self._box_line(box, row)
                at = box.column + box.width
        yield Span(line[at:right], "muted")

    def _box_line(self, box: Box, row: int) -> Iterator[Span]:
        """Yield one of the rows of a box."""
        line = self._drawing.lines[row][box.column : box.column + box.width]
        chosen = box.step == self.selected
        if chosen:
            line = line.translate(_PLAIN_THICK if self._plain else _THICK)
        role: Role = "live" if chosen else "muted"
        if row != box.row + HEIGHT // 2:
            yield Span(line, role)
            return
        yield Span(f"{line[0]} ", role)
        yield from self._texts.get(box.step, (Span(" " * (box.width - MARGIN)),))
        yield Span(f" {line[-1]}", role)

    # The cursor.

    def watch_selected(self, old: str | None, new: str | None) -> None:
        """Repaint both boxes and bring the new one into view."""
        for step in (old, new):
            if step is not None:
                self._refresh_box(step)
        if new is not None and new in self._drawing.boxes:
            self._bring_into_view(self._drawing.boxes[new])
            self.post_message(self.Highlighted(new))

    def on_resize(self) -> None:
        """Keep the cursor in view."""
        if self.selected is not None and self.selected in self._drawing.boxes:
            self._bring_into_view(self._drawing.boxes[self.selected])

    def _refresh_box(self, step: str) -> None:
        box = self._drawing.boxes.get(step)
        if box is not None:
            region = Region(box.column + 1, box.row, box.width, HEIGHT) - self.scroll_offset
            self.refresh(region.intersection(self.size.region))

    def _bring_into_view(self, box: Box) -> None:
        if not self.size:  # not laid out yet: any scrolling would be too far
            return
        region = Region(box.column, box.row, box.width + 2, HEIGHT).grow((1, 2, 1, 2))
        self.scroll_to_region(region, animate=False, force=True)

    def _walk(self, way: str, rows: int = 1) -> None:
        if self.selected is not None:
            self.selected = neighbour(self._drawing.boxes, self._needs, self.selected, way, rows)

    def action_down(self) -> None:
        """To a step that needs this one."""
        self._walk("down")

    def action_up(self) -> None:
        """To a step that this one needs."""
        self._walk("up")

    def action_left(self) -> None:
        """To the step on the left."""
        self._walk("left")

    def action_right(self) -> None:
        """To the step on the right."""
        self._walk("right")

    def action_page_down(self) -> None:
        """One screenful down."""
        self._walk("below", self.size.height)

    def action_page_up(self) -> None:
        """One screenful up."""
        self._walk("above", self.size.height)

    def action_top(self) -> None:
        """To the first step."""
        self._walk("above", len(self._drawing.lines))

    def action_bottom(self) -> None:
        """To the last step."""
        self._walk("below", len(self._drawing.lines))

    def action_open(self) -> None:
        """Open the step under the cursor."""
        if self.selected is not None:
            self.post_message(self.Opened(self.selected))

    def on_click(self, event: events.Click) -> None:
        """Select a box; open it when it was selected before, as Enter does."""
        column = event.x + self.scroll_offset.x - 1
        for box in self._boxes_on.get(event.y + self.scroll_offset.y, ()):
            if box.column <= column < box.column + box.width:
                if box.step == self.selected:
                    self.action_open()
                else:
                    self.selected = box.step
