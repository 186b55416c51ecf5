"""The curves of a step's metrics, one family of metrics at a time."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.message import Message

from trainauto_tui.charts import legend
from trainauto_tui.client import Client
from trainauto_tui.documents import MetricSeries, StepRun
from trainauto_tui.drawing.curves import axis_of, curves, families
from trainauto_tui.drawing.spans import Span
from trainauto_tui.live.session import Session
from trainauto_tui.widgets.bars import Rule
from trainauto_tui.widgets.chart import Chart

POINTS = 500  # of each curve that the daemon is asked for
WORTH_DRAWING = 2  # points of a curve that is shown unasked


class MetricsPane(Vertical):
    """Fetches the metrics of the step that it is told of while it has something to show.

    Args:
        session: The link to the daemon.
        plain: Draw without Unicode.
        slow: Draw seldom.
    """

    DEFAULT_CSS = "MetricsPane { display: none; }"

    class Changed(Message):
        """It came, or went away."""

    def __init__(
        self,
        session: Session,
        *,
        plain: bool,
        slow: bool,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._session = session
        self._plain, self._slow = plain, slow
        self.unasked = False  # whether to show curves before the reader wants them
        self._hidden = False  # by the reader
        self._family: tuple[str, ...] = ()  # that the reader chose
        self._of: tuple[str, str, int | None] | None = None
        self._document: MetricSeries | None = None
        self._asking = False

    def compose(self) -> ComposeResult:
        """A rule and the chart."""
        yield Rule()
        yield Chart(plain=self._plain, slow=self._slow)

    @property
    def busy(self) -> bool:
        """Whether curves are on their way."""
        return self._asking or (bool(self.display) and self.query_one(Chart).busy)

    def watch_step(self, run_id: str, step: StepRun | None, attempt: int | None = None) -> None:
        """Show the metrics of an attempt of ``step``, None for the latest; none before it ran.

        To be called again when they may have grown.
        """
        found = step is not None and (step["metrics"] or step["status"] == "running")
        of = (run_id, step["id"], attempt) if step is not None and found else None
        if of != self._of:
            self._of, self._document = of, None
        if of is None:
            self._show()
        elif self._document is None or not self._document["complete"]:
            self._fetch()

    def cycle(self) -> bool:
        """Show the next family of metrics, after the last one none; say whether there are any."""
        known = self._families()
        if not known:
            return False
        if self._hidden or not self.display:
            self._family, self._hidden = known[0], False
        else:
            at = known.index(self._shown(known)) + 1
            self._hidden = at == len(known)
            self._family = known[at % len(known)]
        self.unasked = True
        self._show()
        return True

    def _fetch(self) -> None:
        of = self._of
        if of is None or self._asking or self._hidden:
            return
        self._asking = True

        def ask(client: Client) -> MetricSeries:
            run_id, step, attempt = of
            return client.metric_series(run_id, step, attempt, POINTS)

        def got(document: MetricSeries) -> None:
            self._asking = False
            if self.is_running and of == self._of:
                self._document = document
                self._show()
            elif self.is_running and self._document is None:
                self._fetch()

        def failed(_error: Exception) -> None:
            self._asking = False
            if self.is_running and of == self._of and self._document is None:
                self._show()  # nothing, rather than another step's curves

        self._session.ask(f"metrics {id(self)}", ask, got, failed)

    def _families(self) -> list[tuple[str, ...]]:
        series = self._document["series"] if self._document else {}
        return families([name for name, points in series.items() if points])

    def _shown(self, known: list[tuple[str, ...]]) -> tuple[str, ...]:
        """Return the family to show: the chosen one, else the first with a curve in it."""
        if self._family in known:
            return self._family
        assert self._document is not None
        series = self._document["series"]
        worth = [one for one in known if max(len(series[name]) for name in one) >= WORTH_DRAWING]
        return (worth or known)[0]

    def _worth_showing(self) -> bool:
        series = self._document["series"] if self._document else {}
        return any(len(points) >= WORTH_DRAWING for points in series.values())

    def _show(self) -> None:
        known = self._families()
        chosen = self._family in known and not self._hidden
        shown = bool(known) and not self._hidden and self.unasked
        shown = shown and (chosen or self._worth_showing())
        if shown and self._document is not None:
            family = self._shown(known)
            drawn = curves(self._document, family)
            place = f"{known.index(family) + 1}/{len(known)}" if len(known) > 1 else ""
            self.query_one(Rule).name_pane(
                legend(drawn, self._plain),
                (Span(f"{place} ", "muted"), Span("c next", "muted")) if place else (),
            )
            self.query_one(Chart).show(drawn, axis_of(self._document))
        if shown != self.display:
            self.display = shown
            self.post_message(self.Changed())
