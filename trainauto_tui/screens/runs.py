"""Runs, newest first, a page at a time."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from trainauto_tui.client import Client
from trainauto_tui.documents import Event, RunPage, RunSummary
from trainauto_tui.drawing import amounts
from trainauto_tui.drawing.spans import Span
from trainauto_tui.drawing.status import look
from trainauto_tui.screens.run_place import RunPlace
from trainauto_tui.widgets.bars import Rule
from trainauto_tui.widgets.detail import Detail
from trainauto_tui.widgets.keys import bindings
from trainauto_tui.widgets.live_rows import WIDE, Column, LiveRows, Row

PAGE = 100  # rows; a page is one request and never grows


class RunRows(LiveRows):
    """One row per run; ``key`` is its id."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("run", 16),
        Column("pipeline", None),
        Column("status", 11),
        Column("trigger", 8, from_width=70),
        Column("scheduled", 16, from_width=60),
        Column("took", 8, right=True),
        Column("age", 4, right=True),
        Column("params", 40, from_width=120),
        Column("error", 50, from_width=120),
    )


class RunsScreen(RunPlace[RunPage]):
    """Runs of all pipelines, or of one.

    Args:
        pipeline: Show only this pipeline's runs.
    """

    SCOPE = "runs"
    BINDINGS: ClassVar[list[BindingType]] = bindings("runs")

    def __init__(self, pipeline: str | None = None) -> None:
        super().__init__()
        self._pipeline = pipeline
        self._befores: list[str | None] = [None]  # of the pages from the newest to this one

    @property
    def address(self) -> tuple[str, ...]:
        """The pipeline, where it is about one."""
        return (self.SCOPE, self._pipeline) if self._pipeline else (self.SCOPE,)

    def crumb(self) -> Sequence[Span]:
        """Name the pipeline, or all runs."""
        page = f" page {len(self._befores)}" if len(self._befores) > 1 else ""
        return (Span(self._pipeline or "runs", "title"), Span(page, "muted"))

    def panes(self) -> ComposeResult:
        """Rows, and a line about the selected run."""
        yield RunRows(id="rows")
        yield Rule(id="rule")
        yield Detail(id="detail")

    def fetch(self, client: Client) -> RunPage:
        """Get one page."""
        return client.runs(pipeline=self._pipeline, limit=PAGE, before=self._befores[-1])

    def concerns(self, event: Event) -> bool:
        """A page changes when a run does."""
        mine = self._pipeline is None or event["pipeline"] in (None, self._pipeline)
        return mine and (event["kind"] == "run_submitted" or bool(event["changes"]["run"]))

    def moving(self) -> bool:
        """Running runs count their seconds."""
        return any(run["status"] == "running" for run in self._runs())

    def show(self, document: RunPage) -> None:
        """Show the page."""
        rows = self.query_one(RunRows)
        rows.show_rows([self._row(run) for run in document["runs"]])
        rows.show_message("" if document["runs"] else self._none_yet())
        self._show_detail()

    def _none_yet(self) -> str:
        if self._pipeline:
            return f"No run of {self._pipeline} yet. T starts one."
        return "No runs yet. T on a pipeline starts one."

    def _row(self, run: RunSummary) -> Row:
        plain, now = self.shell.options.ascii, self.now()
        began = amounts.seconds_of(run["started_at"])
        took = amounts.duration(run.get("duration_s"))
        if run["status"] == "running":
            took = amounts.running_for(run["started_at"], now)
        scheduled, error = amounts.scheduled(run["scheduled_time"]), run["error"]
        return Row(
            run["run_id"],
            (
                (Span(run["run_id"]),),
                (Span(run["pipeline"]),),
                look(run["status"]).spans(plain),
                (Span(str(run["trigger"].get("kind", "")), "muted"),),
                (Span(scheduled if self.size.width >= WIDE else scheduled[5:]),),
                (Span(took),),
                (Span(amounts.age(now - began) if began is not None else "", "muted"),),
                (Span(" ".join(f"{k}={v}" for k, v in run["params"].items()), "muted"),),
                (Span(_first_line(error["message"]) if error else "", "bad"),),
            ),
        )

    def on_live_rows_highlighted(self) -> None:
        """Show the line about the run that the cursor is on."""
        self._show_detail()
        self.show_bars()

    def on_live_rows_opened(self, event: LiveRows.Opened) -> None:
        """Go to the run."""
        self.shell.open_run(event.key)

    def selected_run(self) -> RunSummary | None:
        """Return the run under the cursor."""
        chosen = self.query_one(RunRows).selected
        return next((run for run in self._runs() if run["run_id"] == chosen), None)

    def selected_pipeline(self) -> str | None:
        """Return the pipeline of the run under the cursor, else the one that the screen is of."""
        run = self.selected_run()
        return run["pipeline"] if run else self._pipeline

    def action_older(self) -> None:
        """Go one page down in time."""
        if self.document and self.document["next"]:
            self._befores.append(self.document["next"])
            self._turn()

    def action_newer(self) -> None:
        """Go one page up in time."""
        if len(self._befores) > 1:
            self._befores.pop()
            self._turn()

    def _turn(self) -> None:
        self.query_one(RunRows).action_top()
        self.load()
        self.show_bars()

    def _runs(self) -> list[RunSummary]:
        return self.document["runs"] if self.document else []

    def _show_detail(self) -> None:
        run = self.selected_run()
        more = self.document is not None and self.document["next"] is not None
        self.query_one(Rule).name_pane(
            (Span(run["run_id"], "title"),) if run else (),
            (Span(f"page of {PAGE}, ] has older runs"),) if more else (),
        )
        lines: list[tuple[Span, ...]] = []
        if run:
            pairs = "  ".join(f"{name}={value}" for name, value in run["params"].items())
            lines.append((Span("params  ", "muted"), Span(pairs or "the pipeline's own")))
            if run["error"]:
                step = run["error"]["step"]
                text = _first_line(run["error"]["message"])
                lines.append((Span(f"{step or 'error'}  ", "bad"), Span(text, "bad")))
        self.query_one(Detail).say(lines)


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0]
