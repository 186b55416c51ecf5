"""All pipelines: how they are, how they went, when they run next."""

import os
from collections.abc import Sequence
from datetime import tzinfo
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from trainauto_tui.client import Client
from trainauto_tui.documents import BackfillSummary, Event, PipelineDocument, RecentRun
from trainauto_tui.drawing import amounts, causes
from trainauto_tui.drawing.spans import Span, fit
from trainauto_tui.drawing.sparkline import bars
from trainauto_tui.drawing.status import look, strip
from trainauto_tui.drawing.values import pairs
from trainauto_tui.screens import changes
from trainauto_tui.screens.beginning import certain
from trainauto_tui.screens.place import said
from trainauto_tui.screens.run_place import RunPlace
from trainauto_tui.widgets.bars import Rule
from trainauto_tui.widgets.detail import Detail
from trainauto_tui.widgets.keys import bindings
from trainauto_tui.widgets.live_rows import Column, LiveRows, Row

Documents = list[PipelineDocument]
NONE_YET = "No pipelines yet. A adds a pipeline file, as  trainauto add FILE.yaml  does."
SUFFIXES = (".yaml", ".yml")  # of pipeline files
TALL = 40  # lines of a screen that has room for the last runs


class PipelineRows(LiveRows):
    """One row per pipeline; ``key`` is its name."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("pipeline", 28, sort="up"),
        Column("state", 8, sort="up"),
        Column("last runs", 10, sort="down"),
        Column("took", 10, from_width=90),
        Column("next", 8, from_width=50, sort="up"),
        Column("at", 16, from_width=60),
        Column("starts", 34, from_width=100),
        Column("steps", 5, right=True, from_width=100, sort="down"),
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
        """Pipelines change with their files, their slots, their backfills and their runs."""
        return event["kind"].startswith(("pipeline_", "slot_", "backfill_")) or bool(
            event["changes"]["run"]
        )

    def show(self, document: Documents) -> None:
        """Show the rows and the detail of the selected one."""
        rows = self.query_one(PipelineRows)
        rows.show_rows([self._row(pipeline) for pipeline in document])
        rows.show_message("" if document else NONE_YET)
        self._show_detail()

    def _row(self, pipeline: PipelineDocument) -> Row:
        plain, clock = self.shell.options.ascii, self.session.clock
        history = list(reversed(pipeline["last_runs"]))
        fires = amounts.seconds_of(pipeline["next_fire"])
        took = [(_seconds(run), look(run["status"]).role) for run in history]
        began = amounts.seconds_of(history[-1]["started_at"]) if history else None
        return Row(
            pipeline["name"],
            (
                (Span(pipeline["name"]),),
                look(pipeline["state"]).spans(plain),
                strip([run["status"] for run in history], plain),
                bars(took, plain),
                (
                    Span(
                        amounts.until(fires - self.now())
                        if fires is not None
                        else causes.awaited(pipeline)
                    ),
                ),
                (Span(amounts.moment(pipeline["next_fire"], self.now(), clock.zone), "muted"),),
                (Span(", ".join([*_schedule(pipeline), *causes.others(pipeline)]), "muted"),),
                (Span(str(len(pipeline["steps"])), "muted"),),
                (Span(pipeline["description"] or "", "muted"),),
            ),
            {"last runs": began, "next": fires, "steps": float(len(pipeline["steps"]))},
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

    # Changes.

    def pointless(self) -> frozenset[str]:
        """Dim what needs a pipeline while there is none."""
        none = self.selected_pipeline() is None
        return super().pointless() | ({"trigger", "remove_pipeline"} if none else frozenset())

    def action_add_pipeline(self) -> None:
        """Ask for the path of a pipeline file, and register it."""
        self._ask_path("")

    def _ask_path(self, path: str) -> None:
        def done(typed: str | None) -> None:
            if typed and typed.strip():
                self._add(typed.strip())

        asked = self.prompt("pipeline file", path, lambda _text: None, done)
        if not self.shell.options.host:  # else the files are elsewhere
            asked.complete = completed_path

    def _add(self, typed: str) -> None:
        def got(pipeline: PipelineDocument) -> None:
            self.notify(f"{pipeline['name']} is registered", markup=False)
            self.load()

        def failed(error: Exception) -> None:
            self.notify(said(error), severity="error", markup=False)
            if self.is_active:
                self._ask_path(typed)

        path = (
            str(Path(os.path.expanduser(typed)).absolute())
            if not self.shell.options.host
            else typed
        )
        self.session.ask("add", lambda c: c.add_pipeline(path), got, failed, lane="changes")

    def action_remove_pipeline(self) -> None:
        """Ask for its name, then forget the pipeline."""
        pipeline = self._selected()
        if pipeline is None:
            return
        name = pipeline["name"]

        def answered(agreed: bool | None) -> None:
            if agreed:
                self.change(lambda client: client.remove_pipeline(name), lambda _none: self.load())

        self.app.push_screen(changes.remove(pipeline, self.shell.options.home), answered)

    # The selected pipeline.

    def _selected(self) -> PipelineDocument | None:
        chosen = self.selected_pipeline()
        return next((one for one in self.document or [] if one["name"] == chosen), None)

    def _show_detail(self) -> None:
        one, plain = self._selected(), self.shell.options.ascii
        self.query_one(Rule).name_pane(
            [Span(one["name"], "title")] if one else [], [Span(one["path"])] if one else []
        )
        lines = pipeline_lines(one, self.now(), self.session.clock.zone) if one else []
        if one and self.size.height >= TALL:
            lines += history_lines(one, self.now(), plain)
        self.query_one(Detail).say(lines)


def _schedule(pipeline: PipelineDocument) -> list[str]:
    return [f"{one['cron']} {one['timezone'] or ''}".strip() for one in pipeline["schedules"]]


def _seconds(run: RecentRun) -> float | None:
    """Return how long a run took; None for one that has not ended."""
    began, ended = amounts.seconds_of(run["started_at"]), amounts.seconds_of(run["ended_at"])
    return ended - began if began is not None and ended is not None else None


def pipeline_lines(pipeline: PipelineDocument, now: float, zone: tzinfo) -> list[tuple[Span, ...]]:
    """Return what is worth saying of a pipeline that its row has no room for."""
    lines: list[tuple[Span, ...]] = []
    if pipeline["state"] != "ok":
        lines.append((Span("The file is broken; its last good version stays in force:", "bad"),))
        lines += [(Span(problem, "bad"),) for problem in pipeline["problems"]]
    if pipeline["description"]:
        lines.append((Span(pipeline["description"]),))
    lines += _start_lines(pipeline, now, zone)
    lines += [_line("backfill", _progress(each)) for each in pipeline.get("backfills", ())]
    if pipeline["params"]:
        lines.append(_line("params", pairs(pipeline["params"])))
    lines.append(_line("steps", ", ".join(step["id"] for step in pipeline["steps"]) or "none"))
    return lines


def _start_lines(pipeline: PipelineDocument, now: float, zone: tzinfo) -> list[tuple[Span, ...]]:
    """Return what starts a pipeline, and when it starts next; of several schedules, each does."""
    lines, several = [], len(pipeline["schedules"]) > 1
    for one, cron in zip(pipeline["schedules"], _schedule(pipeline), strict=True):
        fires = amounts.moment(one.get("next_fire"), now, zone) if several else ""
        lines.append(_line("schedule", f"{cron}  {fires}".rstrip()))
    if (at := amounts.seconds_of(pipeline["next_fire"])) is not None:
        moment = amounts.moment(pipeline["next_fire"], now, zone)
        lines.append(_line("next run", f"{moment}, {amounts.until(at - now)}"))
    lines += [_line(f"on {name}", which) for name, which in causes.other_parts(pipeline)]
    return lines


def _progress(backfill: BackfillSummary) -> str:
    """Return how far a backfill is: ``3 of 14 slots done, 1 failed, 2 running``."""
    counts = backfill["counts"]
    done = counts["succeeded"] + counts["failed"]
    total = done + counts["running"] + counts["waiting"]
    others = ((counts["failed"], "failed"), (counts["running"], "running"))
    told = [f"{done} of {total} slots done", *(f"{n} {state}" for n, state in others if n)]
    why = f"; {backfill['reason'] or 'stopped'}" if backfill["state"] == "stopped" else ""
    return f"{', '.join(told)}  {backfill['backfill']}{why}"


def history_lines(pipeline: PipelineDocument, now: float, plain: bool) -> list[tuple[Span, ...]]:
    """Return the last runs of a pipeline, a line each, newest first."""
    lines: list[tuple[Span, ...]] = [()] if pipeline["last_runs"] else []
    for run in pipeline["last_runs"]:
        age = amounts.ago(run["started_at"], now)
        took = amounts.duration(_seconds(run))
        lines.append(
            (
                Span(f"{run['run_id']}  "),
                *fit(look(run["status"]).spans(plain), 13),
                Span(f"for {amounts.scheduled(run['scheduled_time'])}  ", "muted"),
                Span(f"{took:>8}  "),
                Span(age, "muted"),
            )
        )
    return lines


def _line(name: str, text: str) -> tuple[Span, ...]:
    return (Span(f"{name:<10}", "muted"), Span(text))


def completed_path(typed: str) -> str:
    """Return the path of a folder or pipeline file completed as far as that is certain."""
    folder, slash, begun = typed.rpartition("/")
    try:
        entries = list(Path(os.path.expanduser(folder + slash)).iterdir())
    except OSError:
        return typed
    known = [
        f"{entry.name}/" if os.path.isdir(entry) else entry.name
        for entry in entries
        if os.path.isdir(entry) or entry.suffix in SUFFIXES
    ]
    return folder + slash + certain(begun, known)
