"""The steps of a run, each on one row with its place in the DAG."""

from collections.abc import Sequence, Set
from typing import ClassVar

from trainauto_tui.documents import FINAL_STEP_STATUSES, Run, StepRun
from trainauto_tui.drawing import amounts
from trainauto_tui.drawing.rail import Rail, RailRow, draw
from trainauto_tui.drawing.spans import Span
from trainauto_tui.drawing.status import look
from trainauto_tui.drawing.steps import note
from trainauto_tui.widgets.live_rows import Cell, Column, LiveRows, Row

RAIL = 33  # cells; on an 80-column screen a wider rail is cut, as its names matter more
REST = 87  # cells of the other columns that a wide screen leaves to them
WIDEST = 400
CUT = "›"  # stands where the rail goes on


class RailView(LiveRows):
    """The rail-drawn DAG of one run; ``key`` of a row is the step's id."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("", WIDEST),
        Column("step", 30),
        Column("status", 11),
        Column("took", 8, right=True),
        Column("reason, metrics", None),
        Column("attempt", 7, right=True, from_width=110),
        Column("started", 8, from_width=110),
        Column("cpu", 8, right=True, from_width=110),
        Column("memory", 9, right=True, from_width=110),
        Column("log", 9, right=True, from_width=110),
    )
    DEFAULT_CSS = "RailView { height: auto; max-height: 60%; min-height: 3; }"

    def __init__(self, *, plain: bool, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._plain = plain
        self._needs: dict[str, tuple[str, ...]] = {}
        self._rail = Rail((), 0)
        self._shown: tuple[Run, float, int] | None = None  # and the room that the rail had

    def show_run(self, run: Run, now: float) -> None:
        """Show the steps of ``run``; durations of running ones are counted up to ``now``."""
        self._shown = run, now, self._room
        needs = {step["id"]: tuple(step.get("needs", ())) for step in run["steps"]}
        if needs != self._needs:
            self._needs, rail = needs, draw(needs)
            self._rail = rail.ascii() if self._plain else rail
        steps = {step["id"]: step for step in run["steps"]}
        done = {name for name, step in steps.items() if step["status"] in FINAL_STEP_STATUSES}
        self.show_rows(
            [self._row(place, steps[place.step], done, now) for place in self._rail.rows]
        )

    def on_resize(self) -> None:
        """Give the rail the room that there is now."""
        super().on_resize()
        if self._shown is not None and self._shown[2] != self._room:
            self.show_run(*self._shown[:2])

    @property
    def _room(self) -> int:
        return max(RAIL, self.size.width - REST)

    def _row(self, place: RailRow, step: StepRun, done: Set[str], now: float) -> Row:
        shown = look(step["status"], step["cached"])
        running = step["status"] == "running"
        lacking = [need for need in self._needs[step["id"]] if need not in done]
        took = "" if step["cached"] else amounts.duration(step["duration_s"])
        if running:
            took = amounts.running_for(step.get("started_at"), now)
        return Row(
            step["id"],
            (
                self._rail_cell(place, Span(shown.mark(self._plain), shown.role)),
                (Span(step["id"], "title" if running else "plain"),),
                (Span(shown.word, shown.role),),
                (Span(took, "plain"),),
                note(step, lacking, self._plain),
                *_figures(step, now),
            ),
        )

    def _rail_cell(self, place: RailRow, mark: Span) -> Cell:
        """Return the rail with the step's mark; a mark beyond the cut stands at the cut."""
        cells, node, room = place.cells, place.node, self._room
        if len(cells) > room or node >= room:
            node = min(node, room - 2)
            tail = cells[node + 1 : room - 1].ljust(room - 2 - node)
            end = Span(">" if self._plain else CUT, "warn")
            return (Span(cells[:node].ljust(node), "muted"), mark, Span(tail, "muted"), end)
        return (Span(cells[:node], "muted"), mark, Span(cells[node + 1 :], "muted"))


def _figures(step: StepRun, now: float) -> Sequence[Cell]:
    """Return the cells that only a wide screen has room for."""
    started = amounts.seconds_of(step.get("started_at"))
    memory, log = step.get("peak_memory_bytes"), step.get("log_bytes")
    return (
        (Span(str(step["attempt"] or ""), "muted"),),
        (Span(amounts.age(now - started) if started is not None else "", "muted"),),
        (Span(amounts.duration(step.get("cpu_s")), "muted"),),
        (Span(amounts.size(memory) if memory else "", "muted"),),
        (Span(amounts.size(log) if log else "", "muted"),),
    )
