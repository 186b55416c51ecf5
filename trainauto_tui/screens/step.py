"""One step of a run: log, outputs, environment, use of the machine, attempts, why, and curves."""

from collections.abc import Sequence
from contextlib import suppress
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from trainauto_tui.client import Client
from trainauto_tui.documents import AttemptDocument, Event, Explanation, Run, StepDocument
from trainauto_tui.drawing import step_parts
from trainauto_tui.drawing.spans import Span
from trainauto_tui.drawing.status import look
from trainauto_tui.errors import NotFound
from trainauto_tui.live.log_source import LogSource
from trainauto_tui.screens.metrics_pane import MetricsPane
from trainauto_tui.screens.run import POLL_TICKS, SLOW_POLL_TICKS, WIDE
from trainauto_tui.screens.run_place import RunPlace
from trainauto_tui.widgets.bars import Rule
from trainauto_tui.widgets.detail import Detail
from trainauto_tui.widgets.keys import bindings
from trainauto_tui.widgets.live_rows import LiveRows
from trainauto_tui.widgets.log_title import log_title
from trainauto_tui.widgets.log_view import LogView
from trainauto_tui.widgets.step_lists import AttemptsView, OutputsView
from trainauto_tui.widgets.tabs import Tabs
from trainauto_tui.widgets.text_pane import TextPane

PARTS = ("log", "attempts", "outputs", "why", "resources", "environment", "curves")


class StepView(NamedTuple):
    """What the screen shows."""

    run: Run
    step: StepDocument
    explanation: Explanation | None


class StepScreen(RunPlace[StepView]):
    """A step of a run: a part at a time, or all side by side where there is room."""

    SCOPE = "step"
    BINDINGS: ClassVar[list[BindingType]] = bindings("step")
    DEFAULT_CSS = """
    StepScreen {
        & #body { height: 1fr; }
        & #left, & #right { height: 1fr; display: none; }
        & .part { height: 1fr; display: none; }
        & #left.-current, & #right.-current, & .part.-current { display: block; }
        & .part Rule { display: none; }
        & #part-log Rule, & #part-curves Rule { display: block; }
        &.-charted #no-curves { display: none; }
        &.-wide {
            & Tabs { display: none; }
            & #body { layout: horizontal; }
            & #left, & #right { display: block; }
            & #left { width: 3fr; }
            & #right { width: 2fr; border-left: solid $foreground 20%; }
            & .part { display: block; }
            & .part Rule { display: block; }
            & #part-log { height: 3fr; }
            & #part-curves { height: 2fr; display: none; }
            &.-charted #part-curves { display: block; }
            & #part-attempts, & #part-outputs, & #part-why, & #part-resources {
                height: auto; max-height: 25%;
            }
            & #part-attempts LiveRows, & #part-outputs LiveRows { height: auto; min-height: 2; }
            & #part-why TextPane, & #part-resources TextPane { height: auto; min-height: 1; }
        }
    }
    """

    def __init__(self, run_id: str, step: str) -> None:
        super().__init__()
        self.HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]
        self._run_id, self._step_id = run_id, step
        self._part = PARTS[0]
        self._chosen: int | None = None  # the attempt that the reader chose
        self._placed: str | None = None  # the row of the attempts that the screen itself chose
        self._log_of: tuple[int | None, bool] | None = None

    @property
    def address(self) -> tuple[str, ...]:
        """The run and the step."""
        return (self.SCOPE, self._run_id, self._step_id)

    def crumb(self) -> Sequence[Span]:
        """Name the step, and the run where that is not the screen above."""
        step = Span(self._step_id, "title")
        if any(place.SCOPE == "run" for place in self.shell.way()):
            return (step,)
        return (Span("run ", "muted"), Span(self._run_id), Span(" › ", "muted"), step)

    def panes(self) -> ComposeResult:
        """Facts, the names of the parts, and the parts."""
        options = self.shell.options
        yield Detail(id="facts")
        yield Tabs(PARTS)
        with Vertical(id="body"):
            with Vertical(id="left"):
                yield from _part("log", LogView(poll_s=1.0 if options.slow else 0.5))
                with Vertical(id="part-curves", classes="part"):
                    yield MetricsPane(self.session, plain=options.ascii, slow=options.slow)
                    yield TextPane(id="no-curves")
            with Vertical(id="right"):
                yield from _part("attempts", AttemptsView(plain=options.ascii))
                yield from _part("outputs", OutputsView())
                yield from _part("why", TextPane(id="why"))
                yield from _part("resources", TextPane(id="resources"))
                yield from _part("environment", TextPane(id="environment"))

    def on_mount(self) -> None:
        """Begin with the log."""
        for name in PARTS:
            for rule in self.query(f"#part-{name} > Rule").results(Rule):
                rule.name_pane((Span(name, "muted"),))
        self.query_one("#no-curves", TextPane).say([(Span("It has logged no metrics.", "muted"),)])
        self.query_one(MetricsPane).unasked = True
        self._show_part(self._part)

    def fetch(self, client: Client) -> StepView:
        """Get the step, its run, and why it ran, if that is known."""
        step = client.step(self._run_id, self._step_id)
        explanation = self._explained(step)
        if explanation is None:
            with suppress(NotFound):
                explanation = client.explain(self._run_id, self._step_id)
        return StepView(client.run(self._run_id), step, explanation)

    def _explained(self, step: StepDocument) -> Explanation | None:
        """Return why ``step`` ran if that is known already: it is decided once an attempt."""
        known = self.document
        if known is None or known.explanation is None or step["reason"] is None:
            return None
        same = known.step["attempt"] == step["attempt"]
        return known.explanation if same and known.explanation["reason"] == step["reason"] else None

    def concerns(self, event: Event) -> bool:
        """A step changes with its own events, and with the status of its run."""
        changes = event["changes"]
        mine = event["step"] == self._step_id or self._step_id in changes["steps"]
        return event["run_id"] == self._run_id and (mine or bool(changes["run"]))

    def moving(self) -> bool:
        """A step that runs counts its seconds."""
        return self.document is not None and self.document.step["status"] == "running"

    def tick(self) -> None:
        """Look at what the step reports every few seconds: there are no events of that."""
        super().tick()
        every = SLOW_POLL_TICKS if self.shell.options.slow else POLL_TICKS
        if self.moving() and self.session.live and self._ticks % every == 0:
            self.load()

    def show(self, document: StepView) -> None:
        """Show all parts."""
        self._run_id = document.run["run_id"]
        step, now, plain = document.step, self.now(), self.shell.options.ascii
        attempts = self.query_one(AttemptsView)
        attempts.show_step(step, now)
        moved = self._placed not in (None, attempts.selected)  # by the reader, just now
        if self._chosen is None and step["attempts"] and not moved:
            self._placed = str(step["attempts"][-1]["attempt"])
            attempts.select(self._placed)
        attempt = self._attempt()
        self.query_one("#facts", Detail).say(step_parts.facts(step, attempt, now, plain))
        self.query_one(OutputsView).show_step(step)
        for name, lines in (
            ("why", step_parts.explanation(document.explanation, step)),
            ("resources", step_parts.resources(step, attempt, now, plain)),
            ("environment", step_parts.environment(step)),
        ):
            self.query_one(f"#{name}", TextPane).say(lines)
        self._show_log()

    def show_problem(self, problem: str) -> None:
        """Say it where the log would be."""
        if self.document is None:
            self.query_one(LogView).close_source(problem)

    def _attempt(self) -> AttemptDocument | None:
        """Return the attempt that is shown: the chosen one, else the last."""
        attempts = self.document.step["attempts"] if self.document else []
        wanted = self._chosen
        return next(
            (one for one in attempts if one["attempt"] == wanted),
            attempts[-1] if attempts else None,
        )

    def _show_log(self) -> None:
        """Open the log and the curves of the attempt that is shown."""
        if self.document is None or not self.present:
            return
        step, attempt = self.document.step, self._attempt()
        number = attempt["attempt"] if attempt else None
        self.query_one(MetricsPane).watch_step(self._run_id, step, number)
        written = attempt is not None or step["cached"]
        if (number, written) != self._log_of:
            self._log_of = (number, written)
            log = self.query_one(LogView)
            if written:
                log.open_source(LogSource(self.session, self._run_id, self._step_id, number))
            else:
                status = look(step["status"]).word
                log.close_source(f"{self._step_id} has not run: it is {status}.")
        self._show_log_title()

    def _show_log_title(self) -> None:
        attempt = self._attempt()
        many = self.document is not None and len(self.document.step["attempts"]) > 1
        tried = f" of attempt {attempt['attempt']}" if attempt and many else ""
        self.query_one("#part-log > Rule", Rule).name_pane(
            (Span(f"log{tried}", "muted"),), log_title(self.query_one(LogView))
        )

    def on_log_view_changed(self) -> None:
        """Keep the title of the log true."""
        if self.present:
            self._show_log_title()

    def on_metrics_pane_changed(self) -> None:
        """Give the curves their room, or take it back."""
        self.set_class(bool(self.query_one(MetricsPane).display), "-charted")

    def on_live_rows_highlighted(self, event: LiveRows.Highlighted) -> None:
        """Show the log of the attempt under the cursor."""
        attempts = self.document.step["attempts"] if self.document is not None else []
        if isinstance(event.control, AttemptsView) and self.document is not None and attempts:
            last = attempts[-1]["attempt"]
            wanted = int(event.key)
            self._chosen = None if wanted == last else wanted
            self.show(self.document)

    def on_live_rows_opened(self, event: LiveRows.Opened) -> None:
        """Go to the log of an attempt, or to the lineage of a file."""
        if isinstance(event.control, AttemptsView):
            self._show_part("log")
        elif isinstance(event.control, OutputsView) and (digest := event.control.digest):
            self.shell.open_lineage(f"artifact:{digest}")

    def on_tabs_chosen(self, event: Tabs.Chosen) -> None:
        """Show the part whose name was clicked on."""
        self._show_part(event.name)

    def link_changed(self, fresh: bool) -> None:
        """Let the log go on, too, when the link is back."""
        super().link_changed(fresh)
        if fresh and self.present:
            self.query_one(LogView).wake()

    # The parts.

    def _show_part(self, name: str) -> None:
        """Show a part, and give it the keys."""
        self._part = name
        self.query_one(Tabs).point_to(name)
        for part in self.query(".part"):
            part.set_class(part.id == f"part-{name}", "-current")
        for side in ("left", "right"):
            inside = bool(self.query(f"#{side} > .part.-current"))
            self.query_one(f"#{side}").set_class(inside, "-current")
        pane = self.query_one(f"#part-{name}").query(".keys").first() if name != "curves" else None
        if pane is not None:
            self.call_after_refresh(pane.focus)
        self.show_bars()

    def action_next_tab(self) -> None:
        """Show the next part."""
        self._show_part(PARTS[(PARTS.index(self._part) + 1) % len(PARTS)])

    def action_previous_tab(self) -> None:
        """Show the part before."""
        self._show_part(PARTS[PARTS.index(self._part) - 1])

    def zoomable(self) -> Sequence[Widget]:
        """All panes that take keys, the log first."""
        return list(self.query(".keys"))

    def hidden(self) -> Sequence[str]:
        """Nothing is cut off: a part has the whole screen."""
        return []

    def copied(self) -> tuple[str, str] | None:
        """Return the command, once it is known."""
        command = self.document.step["command"] if self.document else None
        return (command, "the command") if command else None

    def selected_run(self) -> Run | None:
        """Return the run."""
        return self.document.run if self.document else None

    def selected_pipeline(self) -> str | None:
        """Return the run's pipeline."""
        return self.document.run["pipeline"] if self.document else None

    def action_attempt(self) -> None:
        """Show the next attempt, after the last the first."""
        attempts = self.query_one(AttemptsView)
        if attempts.rows:
            attempts.cursor = (attempts.cursor + 1) % len(attempts.rows)

    def action_chart(self) -> None:
        """Show the next metric, in the end none."""
        if self.has_class("-narrow") and self._part != "curves":
            self._show_part("curves")
        elif not self.query_one(MetricsPane).cycle():
            self.notify("This step has logged no metrics.", severity="warning", markup=False)

    def action_rerun(self) -> None:
        """Ask, then start a run from this step."""
        if self.document is not None:
            self.rerun_from(self.document.run, self._step_id)

    def action_open_step(self, step: str) -> None:
        """Go to another step of this run."""
        self.shell.open_step(self._run_id, step)

    def action_lineage(self) -> None:
        """Go to what the step came from, and what came of it."""
        self.shell.open_lineage(f"step:{self._run_id}/{self._step_id}")

    def action_follow(self) -> None:
        """Follow the log, or stop."""
        self.query_one(LogView).toggle_follow()


def _part(name: str, pane: Widget) -> ComposeResult:
    """Yield a part: a rule that names it, shown where parts stand side by side, and its pane."""
    pane.add_class("keys")
    with Vertical(id=f"part-{name}", classes="part"):
        yield Rule()
        yield pane
