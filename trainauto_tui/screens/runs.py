"""Runs, newest first, a page at a time."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import events as ui
from textual.app import ComposeResult
from textual.binding import BindingType

from trainauto_tui.client import Client
from trainauto_tui.documents import Event, RunSummary
from trainauto_tui.drawing import amounts, causes
from trainauto_tui.drawing.spans import Span
from trainauto_tui.drawing.status import look
from trainauto_tui.drawing.values import pairs
from trainauto_tui.screens.facet_line import Query
from trainauto_tui.screens.facet_prompt import FacetPrompt
from trainauto_tui.screens.run_place import RunPlace
from trainauto_tui.screens.run_preview import RunPreview
from trainauto_tui.screens.run_query import RUNS
from trainauto_tui.widgets.bars import Rule
from trainauto_tui.widgets.detail import Detail
from trainauto_tui.widgets.keys import bindings
from trainauto_tui.widgets.live_rows import WIDE, Column, LiveRows, Row
from trainauto_tui.widgets.rail_view import RailView

PAGE = 100  # rows; a page is one request and never grows
PREVIEW_SIZE = (140, 40)  # of a screen that has room for the steps of the selected run
NO_LINK = "Only the page on the screen is here while the link is down."


class Asked(NamedTuple):
    """What a page was asked by: the filter, and the run that it begins after."""

    facets: tuple[tuple[str, str], ...] = ()
    before: str | None = None


class Page(NamedTuple):
    """Runs, what they were asked by, and the ``before`` of the page that follows."""

    asked: Asked
    runs: list[RunSummary]
    next: str | None


class RunRows(LiveRows):
    """One row per run; ``key`` is its id."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("run", 16),
        Column("pipeline", 28, sort="up"),
        Column("status", 11, sort="up"),
        Column("trigger", 8, from_width=70, sort="up"),
        Column("scheduled", 16, from_width=60, sort="down"),
        Column("took", 8, right=True, sort="down"),
        Column("age", 4, right=True, sort="down"),
        Column("cause", 24, from_width=120),
        Column("params", 16, from_width=120),
        Column("error", None, from_width=120),
    )

    def action_filter(self) -> None:
        """Ask for facets, too, which are the screen's."""
        assert isinstance(self.screen, RunsScreen)
        self.screen.ask_filter()


class RunsScreen(RunPlace[Page]):
    """Runs of all pipelines, or of one.

    Args:
        pipeline: Show only this pipeline's runs; empty for those of all.
        filter_text: Facets and words to begin with.
    """

    SCOPE = "runs"
    BINDINGS: ClassVar[list[BindingType]] = bindings("runs")

    def __init__(self, pipeline: str = "", filter_text: str = "") -> None:
        super().__init__()
        self._pipeline = pipeline
        self._query = RUNS.parse(filter_text)
        self._facet_prompt = FacetPrompt(self, RUNS, lambda: self.query_one(RunRows), self._filter)
        self._pages = [Asked(self._query.facets)]  # from the newest to the one that is wanted
        self._shown: Asked | None = None  # what the page on the screen was asked by

    @property
    def address(self) -> tuple[str, ...]:
        """The pipeline, and what is filtered by."""
        if self._query.text:
            return (self.SCOPE, self._pipeline, self._query.text)
        return (self.SCOPE, self._pipeline) if self._pipeline else (self.SCOPE,)

    def crumb(self) -> Sequence[Span]:
        """Name the pipeline, or all runs, and what is filtered by."""
        facets = "".join(f" {name}:{value}" for name, value in self._query.facets)
        page = f" page {len(self._pages)}" if len(self._pages) > 1 else ""
        title = Span(self._pipeline or "runs", "title")
        return (title, Span(facets, "live"), Span(page, "muted"))

    def panes(self) -> ComposeResult:
        """Rows, a line about the selected run, and its steps where there is room."""
        yield RunRows(id="rows")
        yield Rule(id="rule")
        yield Detail(id="detail")
        yield RunPreview(self.session, plain=self.shell.options.ascii)

    def on_mount(self) -> None:
        """Begin with the words that were given."""
        self.query_one(RunRows).filter_text = self._query.words

    # The page.

    def fetch(self, client: Client) -> Page:
        """Get one page."""
        asked = self._pages[-1]
        facets = dict(asked.facets)
        page = client.runs(
            pipeline=facets.get("pipeline") or self._pipeline or None,
            status=facets.get("status"),
            trigger=facets.get("trigger"),
            since=facets.get("since"),
            until=facets.get("until"),
            limit=PAGE,
            before=asked.before,
        )
        return Page(asked, page["runs"], page["next"])

    def _got(self, document: Page) -> None:
        """Show a page, unless another one is wanted by now."""
        if document.asked == self._pages[-1]:
            super()._got(document)
            if self.present:
                self.query_one(RunPreview).touch()
        else:
            self._rest()

    def show_problem(self, problem: str) -> None:
        """Show why there is no page; one that was asked for by something else is of no use."""
        if self.document is not None and self.document.asked != self._pages[-1]:
            self.document = None
            self.query_one(RunRows).show_rows([])
            self._show_detail()
        super().show_problem(problem)

    def concerns(self, event: Event) -> bool:
        """A page changes when a run does."""
        mine = not self._pipeline or event["pipeline"] in (None, self._pipeline)
        return mine and (event["kind"] == "run_submitted" or bool(event["changes"]["run"]))

    def events_arrived(self, events: Sequence[Event]) -> None:
        """Bring the steps of the selected run up to date, too."""
        super().events_arrived(events)
        if self.present and self.in_sight:
            chosen = self.query_one(RunRows).selected
            if any(event["run_id"] == chosen for event in events):
                self.query_one(RunPreview).touch()

    def on_screen_resume(self) -> None:
        """Bring the steps up to date with what happened while another screen was on top."""
        if self.present:
            self.query_one(RunPreview).touch()

    def moving(self) -> bool:
        """Running runs count their seconds."""
        return any(run["status"] == "running" for run in self._runs())

    def tick(self) -> None:
        """Let running steps count, too."""
        super().tick()
        if self.session.live and not self.shell.paused:
            self.query_one(RunPreview).tick()

    def show(self, document: Page) -> None:
        """Show the page."""
        rows = self.query_one(RunRows)
        rows.show_rows([self._row(run) for run in document.runs])
        rows.show_message("" if document.runs else self._none_yet())
        if document.asked != self._shown:
            self._shown = document.asked
            rows.action_top()
        self._show_detail()

    def _none_yet(self) -> str:
        if self._query.facets:
            return f"No run has {' '.join(f'{n}:{v}' for n, v in self._query.facets)}."
        if self._pipeline:
            return f"No run of {self._pipeline} yet. T starts one."
        return "No runs yet. T on a pipeline starts one."

    def _row(self, run: RunSummary) -> Row:
        plain, now = self.shell.options.ascii, self.now()
        began = amounts.seconds_of(run["started_at"])
        seconds, took = run.get("duration_s"), amounts.duration(run.get("duration_s"))
        if run["status"] == "running":
            seconds = now - began if began is not None else None
            took = amounts.running_for(run["started_at"], now)
        scheduled, error = amounts.scheduled(run["scheduled_time"]), run["error"]
        return Row(
            run["run_id"],
            (
                (Span(run["run_id"]),),
                (Span(run["pipeline"]),),
                look(run["status"]).spans(plain),
                (Span(causes.kind(run["trigger"]), "muted"),),
                (Span(scheduled if self.size.width >= WIDE else scheduled[5:]),),
                (Span(took),),
                (Span(amounts.age(now - began) if began is not None else "", "muted"),),
                (Span(causes.cause(run["trigger"]), "muted"),),
                (Span(" ".join(f"{k}={v}" for k, v in run["params"].items()), "muted"),),
                (Span(_first_line(error["message"]) if error else "", "bad"),),
            ),
            {
                "status": look(run["status"]).word,
                "scheduled": amounts.seconds_of(run["scheduled_time"]),
                "took": seconds,
                "age": -began if began is not None else None,
            },
        )

    # The selected run.

    def on_live_rows_highlighted(self, event: LiveRows.Highlighted) -> None:
        """Show what is known of the run that the cursor is on."""
        if isinstance(event.control, RunRows):
            self._show_detail()
            self.show_bars()

    def on_live_rows_opened(self, event: LiveRows.Opened) -> None:
        """Go to the run, or to its step."""
        preview = self.query_one(RunPreview).run
        if isinstance(event.control, RunRows):
            self.shell.open_run(event.key)
        elif isinstance(event.control, RailView) and preview is not None:
            self.shell.open_step(preview["run_id"], event.key)

    def on_resize(self, event: ui.Resize) -> None:
        """Show the steps of the selected run where there is room."""
        width, height = PREVIEW_SIZE
        preview = self.query_one(RunPreview)
        preview.display = event.size.width >= width and event.size.height >= height
        preview.preview(self.query_one(RunRows).selected)

    def selected_run(self) -> RunSummary | None:
        """Return the run under the cursor."""
        chosen = self.query_one(RunRows).selected
        return next((run for run in self._runs() if run["run_id"] == chosen), None)

    def selected_pipeline(self) -> str | None:
        """Return the pipeline of the run under the cursor, else the one that the screen is of."""
        run = self.selected_run()
        return run["pipeline"] if run else self._pipeline or None

    def pointless(self) -> frozenset[str]:
        """Dim the way to pages that are not there."""
        more = self.document is not None and self.document.next is not None
        off = {"older": not more, "newer": len(self._pages) < 2}
        return super().pointless() | {name for name, so in off.items() if so}

    def _runs(self) -> list[RunSummary]:
        return self.document.runs if self.document else []

    def _show_detail(self) -> None:
        run = self.selected_run()
        newer = "[ newer  " if len(self._pages) > 1 else ""
        older = "] older" if self.document is not None and self.document.next else ""
        title = (Span(run["run_id"], "title"), Span(f" {run['pipeline']}", "muted")) if run else ()
        keys = (Span((newer + older).strip(), "muted"),) if newer or older else ()
        self.query_one("#rule", Rule).name_pane(title, keys)
        lines: list[tuple[Span, ...]] = []
        if run:
            if cause := causes.cause(run["trigger"]):
                lines.append((Span("cause   ", "muted"), Span(cause)))
            params = pairs(run["params"]) or "the pipeline's own"
            lines.append((Span("params  ", "muted"), Span(params)))
            if run["error"]:
                step = run["error"]["step"]
                text = _first_line(run["error"]["message"])
                lines.append((Span(f"{step or 'error'}  ", "bad"), Span(text, "bad")))
        self.query_one("#detail", Detail).say(lines)
        self.query_one(RunPreview).preview(run["run_id"] if run else None)

    # Filter and pages.

    def ask_filter(self) -> None:
        """Ask for facets and words."""
        self._facet_prompt.ask(self._query)

    def _filter(self, query: Query) -> None:
        """Show the runs that ``query`` wants, from the newest on; without a link as before."""
        turns = query.facets != self._query.facets
        if not turns or self._can_ask():
            self._query = query
            if turns:
                self._pages = [Asked(query.facets)]
                self._turn()
        self.query_one(RunRows).filter_text = self._query.words
        self.show_bars()

    def climb(self) -> None:
        """Lift the filter, else go back."""
        if self.zoomed is None and self._query.text:
            self._filter(Query())
        else:
            super().climb()

    def action_older(self) -> None:
        """Go one page down in time."""
        if self.document and self.document.next and self._can_ask():
            self._pages.append(Asked(self._query.facets, self.document.next))
            self._turn()

    def action_newer(self) -> None:
        """Go one page up in time."""
        if len(self._pages) > 1 and self._can_ask():
            self._pages.pop()
            self._turn()

    def _can_ask(self) -> bool:
        if not self.session.live:
            self.notify(NO_LINK, severity="warning", markup=False)
        return self.session.live

    def _turn(self) -> None:
        self.load(at_once=True)
        self.show_bars()


def _first_line(text: str) -> str:
    return text.strip().split("\n", 1)[0]
