"""One run: its DAG with what each step is doing, and the log of the selected step."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.timer import Timer
from textual.widget import Widget

from trainauto_tui.client import Client
from trainauto_tui.documents import FINAL_STEP_STATUSES, Event, Run, StepRun
from trainauto_tui.drawing import causes
from trainauto_tui.drawing.spans import Span
from trainauto_tui.drawing.status import look
from trainauto_tui.drawing.steps import run_line, why
from trainauto_tui.live.log_source import LogSource
from trainauto_tui.screens.metrics_pane import MetricsPane
from trainauto_tui.screens.run_place import RunPlace
from trainauto_tui.widgets.bars import Rule
from trainauto_tui.widgets.boxes_view import BoxesView
from trainauto_tui.widgets.detail import Detail
from trainauto_tui.widgets.keys import bindings
from trainauto_tui.widgets.live_rows import LiveRows
from trainauto_tui.widgets.log_title import log_title
from trainauto_tui.widgets.log_view import LogView
from trainauto_tui.widgets.rail_view import RailView

SETTLE_S = 0.08  # a cursor that races over the steps does not open every log on its way
WIDE = 140  # columns of a screen that has room for curves beside the log
LOG_ROOM = 14  # lines of a screen below which the log has no room beside the steps
BOXES_WIDTH = 120  # columns of a screen from which on boxes can be read
POLL_TICKS = 2  # seconds between two looks at what running steps report
SLOW_POLL_TICKS = 5


class RunScreen(RunPlace[Run]):
    """A run, by its id, a unique beginning of it, or ``latest``."""

    SCOPE = "run"
    BINDINGS: ClassVar[list[BindingType]] = bindings("run")
    DEFAULT_CSS = """
    RunScreen {
        & #graph { height: auto; max-height: 67%; }
        & #graph RailView { max-height: 100%; }
        & #log, & #curves { height: 1fr; }
        & BoxesView { display: none; }
        &.-boxes {
            & RailView { display: none; }
            & BoxesView { display: block; }
            & #graph { height: 60%; }
        }
        &.-narrow.-charted #log { display: none; }
        &.-wide {
            & #told { layout: horizontal; }
            & #curves { width: 2fr; border-left: solid $foreground 20%; }
            & #log { width: 3fr; }
            &.-boxes {
                & #body { layout: horizontal; }
                & #graph { width: 5fr; height: 1fr; max-height: 100%; }
                & #told { width: 3fr; layout: vertical; border-left: solid $foreground 20%; }
                & #curves { width: 1fr; border-left: none; height: 2fr; }
                & #log { width: 1fr; height: 3fr; }
            }
        }
        &.-low { #told { display: none; } #graph { height: 1fr; max-height: 100%; } }
    }
    """

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
        self._run_id = run_id
        self._log_of: tuple[str, int] | None = None  # the step and attempt whose log is open
        self._by_hand = False  # whether the reader chose the step
        self._placed: str | None = None
        self._boxed: str | None = None  # the step that rail and boxes last agreed on
        self._settling: Timer | None = None

    @property
    def address(self) -> tuple[str, ...]:
        """The run."""
        return (self.SCOPE, self._run_id)

    @property
    def at_rest(self) -> bool:
        """Whether no fetch is under way, and the selected step is the one that is told of."""
        return super().at_rest and self._settling is None

    def crumb(self) -> Sequence[Span]:
        """Name the run."""
        return (Span("run ", "muted"), Span(self._run_id, "title"))

    def panes(self) -> ComposeResult:
        """Facts, the steps, and beside or below them log and curves of the selected one."""
        options = self.shell.options
        yield Detail(id="facts")
        with Vertical(id="body"):
            with Vertical(id="graph"):
                yield Rule(id="steps")
                yield RailView(plain=options.ascii)
                yield BoxesView(plain=options.ascii)
            with Vertical(id="told"):
                with Vertical(id="log"):
                    yield Rule(id="log-rule")
                    yield LogView(poll_s=1.0 if options.slow else 0.5)
                yield MetricsPane(self.session, plain=options.ascii, slow=options.slow, id="curves")

    def fetch(self, client: Client) -> Run:
        """Get the run."""
        return client.run(self._run_id)

    def concerns(self, event: Event) -> bool:
        """A run changes with its own events only."""
        return event["run_id"] == self._run_id

    def moving(self) -> bool:
        """A run that runs counts its seconds."""
        return self.document is not None and self.document["status"] == "running"

    def tick(self) -> None:
        """Look at what running steps report every few seconds: there are no events of that."""
        super().tick()
        every = SLOW_POLL_TICKS if self.shell.options.slow else POLL_TICKS
        if self.moving() and self.session.live and self._ticks % every == 0:
            self.load()

    def events_arrived(self, events: Sequence[Event]) -> None:
        """Show new statuses soon; the rest comes with the fetch that follows."""
        mine = [event for event in events if self.concerns(event)]
        if self.document is not None and mine:
            for event in mine:
                _apply(self.document, event)
            self.draw_soon()
        super().events_arrived(mine)

    def show(self, document: Run) -> None:
        """Show facts and steps, and keep the cursor on what goes on until the reader moves it."""
        self._run_id = document["run_id"]
        now, plain = self.now(), self.shell.options.ascii
        facts = [run_line(document, now, plain)]
        if cause := causes.cause(document["trigger"]):
            facts.append((Span("cause  ", "muted"), Span(cause)))
        if document["error"]:
            where = document["error"]["step"]
            text = document["error"]["message"].strip().split("\n", 1)[0]
            facts.append((Span(f"{where}: {text}" if where else text, "bad"),))
        self.query_one("#facts", Detail).say(facts)
        steps = document["steps"]
        done = sum(step["status"] in FINAL_STEP_STATUSES for step in steps)
        self.query_one("#steps", Rule).name_pane(
            (Span(document["pipeline"], "title"), Span(f"  {done}/{len(steps)} steps", "plain"))
        )
        rail = self.query_one(RailView)
        rail.show_run(document, now)
        if not self._by_hand and (place := _place_of_interest(steps)):
            self._placed = place
            rail.select(place)
        if self._in_boxes:
            self._show_boxes()
        self._show_step()

    @property
    def _in_boxes(self) -> bool:
        return self.has_class("-boxes")

    def _show_boxes(self) -> None:
        if self.document is not None:
            boxes = self.query_one(BoxesView)
            agreed = boxes.selected == self._boxed  # else a key moved it, and the rail is to follow
            boxes.show_run(self.document, self.now())
            if agreed:
                boxes.selected = self._boxed = self.query_one(RailView).selected

    def on_live_rows_highlighted(self) -> None:
        """Tell of another step once the cursor rests."""
        rail = self.query_one(RailView)
        placed = self._placed or next((row.key for row in rail.rows), None)
        if rail.selected != placed:
            self._by_hand = True
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(SETTLE_S, self._show_step)

    def on_boxes_view_highlighted(self, event: BoxesView.Highlighted) -> None:
        """Keep both drawings on the same step."""
        rail, self._boxed = self.query_one(RailView), event.key
        self._by_hand |= event.key != self._placed  # at once: news may come before the rail tells
        rail.filter_text = ""
        rail.select(event.key)

    def on_live_rows_opened(self, event: LiveRows.Opened) -> None:
        """Go into the step."""
        self.shell.open_step(self._run_id, event.key)

    def on_boxes_view_opened(self, event: BoxesView.Opened) -> None:
        """Go into the step."""
        self.shell.open_step(self._run_id, event.key)

    def on_metrics_pane_changed(self) -> None:
        """Give the curves their room."""
        self.set_class(bool(self.query_one(MetricsPane).display), "-charted")

    def on_log_view_changed(self) -> None:
        """Keep the title of the log pane true."""
        if self.present:
            self._show_log_title()

    def zoomable(self) -> Sequence[Widget]:
        """The steps, or the log."""
        steps = self.query_one(BoxesView if self._in_boxes else RailView)
        return [steps, self.query_one(LogView)]

    def hidden(self) -> Sequence[str]:
        """Add the log, when the screen is too low for it."""
        return [*super().hidden(), *(["the log (Enter)"] if self.has_class("-low") else [])]

    def show_bars(self) -> None:
        """Give the log no room that it cannot use, and the boxes only what they need."""
        if not self.present:
            return
        self.set_class(self.size.height < LOG_ROOM, "-low")
        self.query_one(MetricsPane).unasked |= self.size.width >= WIDE
        if self._in_boxes and self.size.width < BOXES_WIDTH:
            self.action_view()
        super().show_bars()

    def pointless(self) -> frozenset[str]:
        """Dim the boxes where they have no room, and the curves where there are none."""
        off = set(super().pointless())
        if self.size.width < BOXES_WIDTH:
            off.add("view")
        if self._step() is None:
            off.add("rerun")
        return frozenset(off)

    def link_changed(self, fresh: bool) -> None:
        """Let the log go on, too, when the link is back."""
        super().link_changed(fresh)
        if fresh and self.present:
            self.query_one(LogView).wake()

    def selected_run(self) -> Run | None:
        """Return the run."""
        return self.document

    def selected_pipeline(self) -> str | None:
        """Return the run's pipeline."""
        return self.document["pipeline"] if self.document else None

    def copied(self) -> tuple[str, str] | None:
        """The run's id."""
        return (self._run_id, "the run's id")

    def action_view(self) -> None:
        """Draw the steps as boxes, or as a rail again."""
        if not self._in_boxes and self.size.width < BOXES_WIDTH:
            self.notify(
                f"Boxes need {BOXES_WIDTH} columns; this screen has {self.size.width}.",
                severity="warning",
                markup=False,
            )
            return
        self.toggle_class("-boxes")
        if self.zoomed is not None:
            self.zoom(None)
        if self._in_boxes:
            self._show_boxes()
        self.call_after_refresh(self.query_one(BoxesView if self._in_boxes else RailView).focus)

    def action_chart(self) -> None:
        """Show the next metric, in the end none."""
        if not self.query_one(MetricsPane).cycle():
            self.notify("This step has logged no metrics.", severity="warning", markup=False)

    def action_rerun(self) -> None:
        """Ask, then start a run from the selected step."""
        step = self._step()
        if self.document is not None and step is not None:
            self.rerun_from(self.document, step["id"])

    def action_open_step(self, step: str) -> None:
        """Go to a step of this run."""
        self.shell.open_step(self._run_id, step)

    def action_lineage(self) -> None:
        """Go to the lineage of the selected step."""
        step = self._step()
        if step is not None:
            self.shell.open_lineage(f"step:{self._run_id}/{step['id']}")

    def action_follow(self) -> None:
        """Follow the log, or stop."""
        self.query_one(LogView).toggle_follow()

    def _step(self) -> StepRun | None:
        chosen = self.query_one(RailView).selected
        steps = self.document["steps"] if self.document else []
        return next((step for step in steps if step["id"] == chosen), None)

    def _show_step(self) -> None:
        """Show log and curves of the selected step, again when a new attempt has begun.

        A filter that no step passes selects none: the log that is open stays.
        """
        if not self.present:
            return
        if self._settling is not None:
            self._settling.stop()
            self._settling = None
        step = self._step()
        if step is not None:
            self.query_one(MetricsPane).watch_step(self._run_id, step)
            self._show_log(step)
            self._show_log_title()
        elif self.document is not None and not self.document["steps"]:
            self._close_log("This run has no steps yet.")

    def _show_log(self, step: StepRun) -> None:
        begun = step["status"] not in ("pending", "skipped") and step["attempt"] > 0
        wanted = (step["id"], step["attempt"])
        if not (begun or step["cached"]):
            self._close_log(f"{step['id']} has not run: it is {look(step['status']).word}.")
        elif wanted != self._log_of:
            self._log_of = wanted
            source = LogSource(self.session, self._run_id, step["id"])
            self.query_one(LogView).open_source(source)

    def _close_log(self, why: str) -> None:
        self._log_of = None
        self.query_one(LogView).close_source(why)

    def _show_log_title(self) -> None:
        step, log = self._step(), self.query_one(LogView)
        if step is None:
            return
        reason = why(step)
        title = (Span("log ", "muted"), Span(step["id"], "title"))
        self.query_one("#log-rule", Rule).name_pane(
            (*title, *((Span("  "), *reason) if reason else ())), log_title(log)
        )


def _apply(run: Run, event: Event) -> None:
    """Bring the statuses of ``run`` up to ``event``."""
    if event["changes"]["run"]:
        run["status"] = event["changes"]["run"]
    for step in run["steps"]:
        status = event["changes"]["steps"].get(step["id"])
        if status and status != step["status"]:
            step["status"] = status
            if status == "running" and not step.get("started_at"):
                step["started_at"] = event["at"]


def _place_of_interest(steps: Sequence[StepRun]) -> str | None:
    """Return the step to look at first: one that runs, else the one that failed, else the last."""
    for status in ("running", "failed"):
        for step in steps:
            if step["status"] == status:
                return step["id"]
    ended = [step["id"] for step in steps if step["status"] == "succeeded"]
    return ended[-1] if ended else None
