"""All pipelines: how they are, how they went, when they run next."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from trainauto_tui.client import Client
from trainauto_tui.documents import Event, PipelineDocument
from trainauto_tui.drawing import amounts
from trainauto_tui.drawing.spans import Span
from trainauto_tui.drawing.status import look, strip
from trainauto_tui.screens.run_place import RunPlace
from trainauto_tui.widgets.bars import Rule
from trainauto_tui.widgets.detail import Detail
from trainauto_tui.widgets.keys import bindings
from trainauto_tui.widgets.live_rows import Column, LiveRows, Row

Documents = list[PipelineDocument]
NONE_YET = "No pipelines yet. Add one:  trainauto add FILE.yaml"


class PipelineRows(LiveRows):
    """One row per pipeline; ``key`` is its name."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("pipeline", 28),
        Column("state", 8),
        Column("last runs", 10),
        Column("next", 7, from_width=50),
        Column("at", 16, from_width=60),
        Column("schedule", 34, from_width=100),
        Column("steps", 5, right=True, from_width=100),
        Column("description", None, from_width=100),
    )


class PipelinesScreen(RunPlace[Documents]):
    """The first screen: every registered pipeline."""

    SCOPE = "pipelines"
    BINDINGS: ClassVar[list[BindingType]] = bindings("pipelines")

    def crumb(self) -> Sequence[Span]:
        """Name the screen."""
        return (Span("pipelines", "title"),)

    def panes(self) -> ComposeResult:
        """Rows, and the selected pipeline below."""
        yield PipelineRows(id="rows")
        yield Rule(id="rule")
        yield Detail(id="detail")

    def fetch(self, client: Client) -> Documents:
        """Get all pipelines: they are few."""
        return client.pipelines()

    def concerns(self, event: Event) -> bool:
        """Pipelines change with their files, their slots and their runs."""
        return event["kind"].startswith(("pipeline_", "slot_")) or bool(event["changes"]["run"])

    def show(self, document: Documents) -> None:
        """Show the rows and the detail of the selected one."""
        rows = self.query_one(PipelineRows)
        rows.show_rows([self._row(pipeline) for pipeline in document])
        rows.show_message("" if document else NONE_YET)
        self._show_detail()

    def _row(self, pipeline: PipelineDocument) -> Row:
        plain, clock = self.shell.options.ascii, self.session.clock
        history = [run["status"] for run in reversed(pipeline["last_runs"])]
        fires = amounts.seconds_of(pipeline["next_fire"])
        schedules = ", ".join(_schedule(pipeline))
        return Row(
            pipeline["name"],
            (
                (Span(pipeline["name"]),),
                look(pipeline["state"]).spans(plain),
                strip(history, plain),
                (Span(amounts.until(fires - self.now()) if fires is not None else ""),),
                (Span(amounts.moment(pipeline["next_fire"], self.now(), clock.zone), "muted"),),
                (Span(schedules, "muted"),),
                (Span(str(len(pipeline["steps"])), "muted"),),
                (Span(pipeline["description"] or "", "muted"),),
            ),
        )

    def on_live_rows_highlighted(self) -> None:
        """Show the detail of the row that the cursor is on."""
        self._show_detail()

    def on_live_rows_opened(self, event: LiveRows.Opened) -> None:
        """Go to the runs of a pipeline."""
        self.shell.open_runs(event.key)

    def selected_pipeline(self) -> str | None:
        """Return the name of the pipeline under the cursor."""
        return self.query_one(PipelineRows).selected

    def _show_detail(self) -> None:
        chosen = self.selected_pipeline()
        found = [one for one in self.document or [] if one["name"] == chosen]
        self.query_one(Rule).name_pane(
            [Span(one["name"], "title") for one in found], [Span(one["path"]) for one in found]
        )
        self.query_one(Detail).say([line for one in found for line in _detail(one)])


def _schedule(pipeline: PipelineDocument) -> list[str]:
    return [f"{one['cron']} {one['timezone'] or ''}".strip() for one in pipeline["schedules"]]


def _detail(pipeline: PipelineDocument) -> list[tuple[Span, ...]]:
    """Return what is worth saying of a pipeline that its row has no room for."""
    lines: list[tuple[Span, ...]] = []
    if pipeline["state"] != "ok":
        lines.append((Span("The file is broken; its last good version stays in force:", "bad"),))
        lines += [(Span(problem, "bad"),) for problem in pipeline["problems"]]
    if pipeline["description"]:
        lines.append((Span(pipeline["description"]),))
    if pipeline["schedules"]:
        lines.append((Span("schedule  ", "muted"), Span("  ".join(_schedule(pipeline)))))
    if pipeline["params"]:
        pairs = "  ".join(f"{name}={value}" for name, value in pipeline["params"].items())
        lines.append((Span("params    ", "muted"), Span(pairs)))
    lines.append((Span("steps     ", "muted"), Span(_steps(pipeline))))
    return lines


def _steps(pipeline: PipelineDocument) -> str:
    return ", ".join(step["id"] for step in pipeline["steps"]) or "none"
