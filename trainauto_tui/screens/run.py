"""One run: its DAG with what each step is doing, and the log of the selected step."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.timer import Timer

from trainauto_tui.client import Client
from trainauto_tui.documents import FINAL_STEP_STATUSES, Event, Run, StepRun
from trainauto_tui.drawing.spans import Span
from trainauto_tui.drawing.status import look
from trainauto_tui.drawing.steps import run_line
from trainauto_tui.live.log_source import LogSource
from trainauto_tui.screens.run_place import RunPlace
from trainauto_tui.widgets.bars import Rule
from trainauto_tui.widgets.detail import Detail
from trainauto_tui.widgets.keys import bindings
from trainauto_tui.widgets.log_view import LogView
from trainauto_tui.widgets.rail_view import RailView

SETTLE_S = 0.08  # a cursor that races over the steps does not open every log on its way
LOG_ROOM = 14  # lines of a screen below which the log has no room beside the steps


class RunScreen(RunPlace[Run]):
    """A run, by its id, a unique beginning of it, or ``latest``."""

    SCOPE = "run"
    BINDINGS: ClassVar[list[BindingType]] = bindings("run")
    DEFAULT_CSS = """
    RunScreen {
        &.-zoomed { #facts, #steps, RailView { display: none; } }
        &.-low { #log-rule, LogView { display: none; } RailView { height: 1fr; max-height: 100%; } }
        &.-low.-zoomed { #log-rule, LogView { display: block; } }
    }
    """

    def __init__(self, run_id: str) -> None:
        super().__init__()
        self._run_id = run_id
        self._log_of: tuple[str, int, bool] | None = None  # step, attempt, whether it had begun
        self._by_hand = False  # whether the reader chose the step
        self._placed: str | None = None
        self._settling: Timer | None = None

    @property
    def address(self) -> tuple[str, ...]:
        """The run."""
        return (self.SCOPE, self._run_id)

    def crumb(self) -> Sequence[Span]:
        """Name the run, and the step whose log has the whole screen."""
        step = self.query_one(RailView).selected if self.has_class("-zoomed") else None
        inner = (Span(" › ", "muted"), Span(step, "title")) if step else ()
        return (Span("run ", "muted"), Span(self._run_id, "title"), *inner)

    def panes(self) -> ComposeResult:
        """Facts, steps, log."""
        yield Detail(id="facts")
        yield Rule(id="steps")
        yield RailView(plain=self.shell.options.ascii)
        yield Rule(id="log-rule")
        yield LogView(poll_s=1.0 if self.shell.options.slow else 0.5)

    def fetch(self, client: Client) -> Run:
        """Get the run."""
        return client.run(self._run_id)

    def concerns(self, event: Event) -> bool:
        """A run changes with its own events only."""
        return event["run_id"] == self._run_id

    def moving(self) -> bool:
        """A run that runs counts its seconds."""
        return self.document is not None and self.document["status"] == "running"

    def events_arrived(self, events: Sequence[Event]) -> None:
        """Show new statuses at once; the rest comes with the fetch that follows."""
        mine = [event for event in events if self.concerns(event)]
        if self.document is not None and mine:
            for event in mine:
                _apply(self.document, event)
            if self.is_current and self.present:
                self.show(self.document)
        super().events_arrived(mine)

    def show(self, document: Run) -> None:
        """Show facts and steps, and keep the cursor on what goes on until the reader moves it."""
        self._run_id = document["run_id"]
        now, plain = self.now(), self.shell.options.ascii
        facts = [run_line(document, now, plain)]
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
        self._show_log()

    def on_live_rows_highlighted(self) -> None:
        """Show another step's log once the cursor rests."""
        if self._placed not in (None, self.query_one(RailView).selected):
            self._by_hand = True
        if self._settling is not None:
            self._settling.stop()
        self._settling = self.set_timer(SETTLE_S, self._show_log)

    def on_live_rows_opened(self) -> None:
        """Go into the step: its log gets the screen."""
        self._by_hand = True
        self._set_zoom(True)

    def on_log_view_changed(self) -> None:
        """Keep the title of the log pane true."""
        if self.present:
            self._show_log_title()

    def hidden(self) -> Sequence[str]:
        """Add the log, when the screen is too low for it."""
        log = ["the log (z)"] if self.has_class("-low") and not self.has_class("-zoomed") else []
        return [*super().hidden(), *log]

    def show_bars(self) -> None:
        """Give the log no room that it cannot use."""
        self.set_class(self.size.height < LOG_ROOM, "-low")
        super().show_bars()

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

    def climb(self) -> None:
        """Leave the log for the steps, and the steps for the runs."""
        if self.has_class("-zoomed"):
            self._set_zoom(False)
        else:
            super().climb()

    def action_zoom(self) -> None:
        """Give the log the whole screen, or give it back."""
        self._set_zoom(not self.has_class("-zoomed"))

    def action_follow(self) -> None:
        """Follow the log, or stop."""
        self.query_one(LogView).toggle_follow()

    def _set_zoom(self, zoomed: bool) -> None:
        self.set_class(zoomed, "-zoomed")
        pane = self.query_one(LogView) if zoomed else self.query_one(RailView)
        self.call_after_refresh(pane.focus)  # what is not displayed yet cannot be focused
        self.show_bars()

    def _step(self) -> StepRun | None:
        chosen = self.query_one(RailView).selected
        steps = self.document["steps"] if self.document else []
        return next((step for step in steps if step["id"] == chosen), None)

    def _show_log(self) -> None:
        """Open the log of the selected step, again when a new attempt has begun."""
        if not self.present:
            return
        step, log = self._step(), self.query_one(LogView)
        if step is None:
            log.close_source("This run has no steps yet.")
            return
        begun = step["status"] not in ("pending", "skipped") and step["attempt"] > 0
        if (wanted := (step["id"], step["attempt"], begun or step["cached"])) == self._log_of:
            return
        self._log_of = wanted
        if wanted[2]:
            log.open_source(LogSource(self.session, self._run_id, step["id"]))
        else:
            log.close_source(f"{step['id']} has not run: it is {look(step['status']).word}.")
        self._show_log_title()

    def _show_log_title(self) -> None:
        step, log = self._step(), self.query_one(LogView)
        if step is None:
            return
        size = log.size_text
        state = Span("FOLLOW", "live") if log.follows else Span("f follows", "muted")
        told = log.title_spans()
        right = (
            *told,
            Span(f"  {size}" if told else size, "muted"),
            *(() if log.complete else (Span("  "), state)),
        )
        self.query_one("#log-rule", Rule).name_pane(
            (Span("log ", "muted"), Span(step["id"], "title")), right if size else ()
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
