"""Drift: how far data have shifted, how that came, and what policies made of it."""

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget

from trainauto_tui.client import Client
from trainauto_tui.documents import DriftReport, DriftSource, Event, PolicyDocument
from trainauto_tui.drawing import amounts, drift, policies
from trainauto_tui.drawing.sayings import counted
from trainauto_tui.drawing.spans import Span
from trainauto_tui.screens.drift_history import DriftHistory, HistoryChart
from trainauto_tui.screens.place import Place
from trainauto_tui.widgets.bars import Rule
from trainauto_tui.widgets.detail import Detail
from trainauto_tui.widgets.drift_lists import FeatureRows, PolicyRows, SourceRows
from trainauto_tui.widgets.keys import bindings
from trainauto_tui.widgets.live_rows import LiveRows

NO_SOURCE = "No drift file is watched yet."
BEGIN = (
    ("trainauto add drift_policy.yaml", "registers a policy: it watches monitoring/"),
    ("trainauto drift compute A B -o FILE", "compares two tables into a drift file"),
)
NO_REPORT = "No valid report yet."
NO_POLICY = "No policy yet."
SECOND_LOOK_TICKS = 2  # seconds until policies have made something of an event
SPLIT = 72  # columns from which on bars and history stand side by side
TALL = 20  # lines of a screen that has room to tell of one policy
HIGH = 32  # lines of one that has room for many of them


class Drift(NamedTuple):
    """Drift files and policies."""

    sources: list[DriftSource]
    policies: list[PolicyDocument]


class DriftScreen(Place[Drift]):
    """Drift files above, scores and history of the chosen one, and policies below."""

    SCOPE = "drift"
    BINDINGS: ClassVar[list[BindingType]] = bindings("drift")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (SPLIT, "-split")]  # noqa: RUF012 - Textual's type
    VERTICAL_BREAKPOINTS = [(0, "-low"), (TALL, "-tall"), (HIGH, "-high")]  # noqa: RUF012 - Textual's type
    DEFAULT_CSS = """
    DriftScreen {
        & #middle { height: 1fr; }
        & #scores { width: 5fr; }
        & #history { width: 4fr; }
        & #policies { max-height: 4; }
        & #policy { max-height: 3; }
        &.-high #policies { max-height: 30%; }
        &.-high #policy { max-height: 30%; }
        &.-narrow #history { display: none; }
        &.-narrow.-charted #history { display: block; }
        &.-low #policy { display: none; }
        &.-zoomed LiveRows { height: 1fr; max-height: 100%; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._look_again = 0  # ticks until then
        self._came_from: Widget | None = None  # the pane that had the focus before the history

    def crumb(self) -> Sequence[Span]:
        """Name the screen."""
        return (Span("drift", "title"),)

    def panes(self) -> ComposeResult:
        """Drift files, scores beside their history, policies."""
        options = self.shell.options
        yield SourceRows(id="sources")
        yield Detail(id="trouble")
        with Horizontal(id="middle"):
            with Vertical(id="scores"):
                yield Rule(id="scores-rule")
                yield FeatureRows(plain=options.ascii, id="features")
            yield DriftHistory(
                self.session,
                plain=options.ascii,
                slow=options.slow,
                zone=self.session.clock.zone,
                id="history",
            )
        yield Rule(id="policies-rule")
        yield PolicyRows(id="policies")
        yield Detail(indent=policies.LABEL, id="policy")

    def on_mount(self) -> None:
        """Name the panes before anything is known, and put the reader on the drift files."""
        self._name_scores(None)
        self.query_one("#policies-rule", Rule).name_pane((Span("policies", "title"),))
        self.query_one(SourceRows).focus()

    @property
    def at_rest(self) -> bool:
        """Whether no fetch is under way or wanted, that of the history included."""
        busy = self.present and self.query_one(DriftHistory).busy
        return super().at_rest and not busy

    def zoomable(self) -> Sequence[Widget]:
        """The lists, and the history."""
        lists = [self.query_one(kind) for kind in (FeatureRows, SourceRows, PolicyRows)]
        return [*lists, self.query_one(HistoryChart)]

    def hidden(self) -> Sequence[str]:
        """Add the history, where it has no room beside the scores."""
        narrow = self.has_class("-narrow") and not self.has_class("-charted")
        return [*(["history (c)"] if narrow else []), *super().hidden()]

    def fetch(self, client: Client) -> Drift:
        """Get the drift files and the policies: both are few."""
        return Drift(client.drift(), client.policies())

    def concerns(self, event: Event) -> bool:
        """Reports, policies, signals and the files that say what is watched."""
        return event["kind"].startswith(("drift_", "policy_", "pipeline_", "signal", "model_stale"))

    def moving(self) -> bool:
        """Whether something happened so shortly ago that its seconds are counted."""
        if self.document is None:
            return False
        sources, policies = self.document
        reports = [one["last_good"] for one in sources]
        times = [report["at"] for report in reports if report]
        times += [one[when] or "" for one in policies for when in ("last_event_at", "fired_at")]
        latest = amounts.seconds_of(max(times, default=""))
        return latest is not None and self.now() - latest <= amounts.MINUTE + 1

    def events_arrived(self, events: Sequence[Event]) -> None:
        """Look at once, and again when policies have seen it: no event may tell of that."""
        super().events_arrived(events)
        if any(self.concerns(event) for event in events):
            self._look_again = SECOND_LOOK_TICKS

    def tick(self) -> None:
        """Look again after events."""
        super().tick()
        if self._look_again and self.session.live:
            self._look_again -= 1
            if not self._look_again:
                self.load()

    def show(self, document: Drift) -> None:
        """Show the lists, and what belongs to the chosen drift file."""
        plain = self.shell.options.ascii
        rows = self.query_one(SourceRows)
        first = not rows.rows
        rows.show_sources(document.sources, self.now(), plain)
        if first and (worst := drift.worst(document.sources)) is not None:
            rows.select(worst)
        rows.show_message("" if document.sources else NO_SOURCE)
        self._show_chosen()

    def show_problem(self, problem: str) -> None:
        """Say it where the drift files would be."""
        if self.document is None:
            self.query_one(SourceRows).show_message(problem)

    # The chosen drift file.

    def _chosen(self) -> DriftSource | None:
        path = self.query_one(SourceRows).selected
        sources = self.document.sources if self.document else []
        return next((one for one in sources if one["path"] == path), None)

    def _show_chosen(self) -> None:
        """Show scores, trouble, history and policies of the drift file under the cursor."""
        if self.document is None:
            return
        source = self._chosen()
        last = source["last_good"] if source else None
        features = self.query_one(FeatureRows)
        features.show_report(last)
        features.show_message("" if last else NO_REPORT)
        self._name_scores(last)
        self.query_one("#trouble", Detail).say(self._trouble(source))
        self._show_history()
        self._show_policies(self.document.policies, source)

    def _trouble(self, source: DriftSource | None) -> list[tuple[Span, ...]]:
        if source is None:
            return [
                (Span(f"{command:<37}", "live"), Span(does, "muted")) for command, does in BEGIN
            ]
        last = source["last_good"]
        told = drift.trouble(source, amounts.fresh_ago(last["at"], self.now()) if last else "")
        return [told] if told else []

    def _name_scores(self, report: DriftReport | None) -> None:
        """Say how many features there are, and how old the report is."""
        count = f"  {counted(len(report['features']), 'feature')}" if report else ""
        self.query_one("#scores-rule", Rule).name_pane(
            (Span("scores", "title"), Span(count, "muted")),
            drift.legend(self.shell.options.ascii) if report else (),
        )

    def _show_history(self) -> None:
        feature = self.query_one(FeatureRows).selected or drift.OVERALL
        source = self._chosen()
        self.query_one(DriftHistory).watch_score(source, feature, self._thresholds(source, feature))

    def _thresholds(self, source: DriftSource | None, score: str) -> list[float]:
        """Return what the policies of a drift file hold a score against."""
        watching = source["policies"] if source else []
        known = self.document.policies if self.document else []
        watchers = (one for one in known if one["name"] in watching)
        return [value for one in watchers for value in policies.thresholds(one, score)]

    # Policies.

    def _show_policies(self, known: Sequence[PolicyDocument], source: DriftSource | None) -> None:
        watching = source["policies"] if source else []
        rows = self.query_one(PolicyRows)
        rows.show_policies(known, watching, self.session.clock, self.shell.options.ascii)
        rows.show_message("" if known else NO_POLICY)
        self._show_policy()

    def _policy(self) -> PolicyDocument | None:
        name = self.query_one(PolicyRows).selected
        known = self.document.policies if self.document else []
        return next((one for one in known if one["name"] == name), None)

    def _show_policy(self) -> None:
        """Tell of the policy under the cursor."""
        policy = self._policy()
        lines = policies.facts(policy, self.now(), self.session.clock.zone) if policy else []
        self.query_one("#policy", Detail).say(lines, policy["name"] if policy else None)

    # Keys.

    def on_live_rows_highlighted(self, event: LiveRows.Highlighted) -> None:
        """Show what belongs to the row that the cursor is on."""
        match event.control:
            case SourceRows():
                self._show_chosen()
                self.query_one(FeatureRows).cursor = 0
                self.query_one(PolicyRows).cursor = 0
            case FeatureRows():
                self._show_history()
            case _:
                self._show_policy()

    def on_live_rows_opened(self, event: LiveRows.Opened) -> None:
        """From a drift file to its scores, from there to the history; to the run of a policy."""
        match event.control:
            case SourceRows():
                self.query_one(FeatureRows).focus()
            case FeatureRows():
                self.action_history()
            case _:
                self._open_run()

    def _open_run(self) -> None:
        policy = self._policy()
        if policy is not None and policy["fired_run_id"]:
            self.shell.open_run(policy["fired_run_id"])
        elif policy is not None:
            self.notify(f"{policy['name']} has started no run yet.", markup=False, timeout=3)

    def on_history_chart_moved(self, event: HistoryChart.Moved) -> None:
        """Show the history of another feature."""
        getattr(self.query_one(FeatureRows), f"action_{event.way}")()

    def action_history(self) -> None:
        """Give the history the whole screen, or take it back."""
        chart = self.query_one(HistoryChart)
        self.zoom(None if self.zoomed is chart else chart)

    def zoom(self, pane: Widget | None) -> None:
        """Make room for the history; the pane that the reader came from gets the focus back."""
        chart = self.query_one(HistoryChart)
        if pane is chart:
            self._came_from = self.focused
        elif self.zoomed is chart and pane is None and self._came_from is not None:
            self.call_after_refresh(self._came_from.focus)
        self.set_class(pane is chart, "-charted")
        super().zoom(pane)
