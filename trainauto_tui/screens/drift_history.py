"""The history of one score of a drift file, held against the thresholds."""

from collections.abc import Sequence
from datetime import tzinfo
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.timer import Timer

from trainauto_tui.client import Client
from trainauto_tui.documents import DriftReport, DriftSource
from trainauto_tui.drawing.drift import OVERALL, ceiling, history, levels, moments, since
from trainauto_tui.drawing.sayings import counted
from trainauto_tui.drawing.spans import Span
from trainauto_tui.live.session import Session
from trainauto_tui.widgets.bars import Rule
from trainauto_tui.widgets.chart import Chart
from trainauto_tui.widgets.keys import bindings

REPORTS = 100  # of a drift file that the daemon is asked for: three months of daily ones
SETTLE_S = 0.08  # a cursor that races over the features does not draw each of them


class HistoryChart(Chart, can_focus=True):
    """The curve; the keys of a list go to the list of features."""

    SCOPE: ClassVar[str] = "text"
    BINDINGS: ClassVar[list[BindingType]] = bindings("text")

    class Moved(Message):
        """The reader wants another feature; ``way`` is the command of a list that goes there."""

        def __init__(self, way: str) -> None:
            super().__init__()
            self.way = way

    def action_down(self) -> None:
        """To the next feature."""
        self.post_message(self.Moved("down"))

    def action_up(self) -> None:
        """To the feature before."""
        self.post_message(self.Moved("up"))

    def action_top(self) -> None:
        """To the first one."""
        self.post_message(self.Moved("top"))

    def action_bottom(self) -> None:
        """To the last one."""
        self.post_message(self.Moved("bottom"))

    def action_page_down(self) -> None:
        """One page of features down."""
        self.post_message(self.Moved("page_down"))

    def action_page_up(self) -> None:
        """One page of features up."""
        self.post_message(self.Moved("page_up"))


class DriftHistory(Vertical):
    """Fetches the reports of the drift file that it is told of, and draws one score of them.

    Args:
        session: The link to the daemon.
        plain: Draw without Unicode.
        slow: Draw seldom.
        zone: The reader's time zone.
    """

    def __init__(
        self,
        session: Session,
        *,
        plain: bool,
        slow: bool,
        zone: tzinfo,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(id=id)
        self._session = session
        self._plain, self._slow, self._zone = plain, slow, zone
        self._source: DriftSource | None = None
        self._feature = OVERALL
        self._thresholds: Sequence[float] = ()
        self._reports: Sequence[DriftReport] = ()
        self._known: tuple[str, int] | None = None  # the file and newest report of the curve
        self._asked: tuple[str, int] | None = None
        self._settling: Timer | None = None

    def compose(self) -> ComposeResult:
        """A rule and the chart."""
        yield Rule(id="history-rule")
        yield HistoryChart(plain=self._plain, slow=self._slow, id="chart")

    @property
    def busy(self) -> bool:
        """Whether a curve is on its way."""
        waits = self._asked is not None or self._settling is not None
        return bool(self.display) and (waits or self.query_one(Chart).busy)

    def watch_score(
        self, source: DriftSource | None, feature: str, thresholds: Sequence[float]
    ) -> None:
        """Show a score of ``source`` against what policies hold it against.

        To be called again when there may be newer reports.
        """
        before = (self._source["path"] if self._source else None, self._feature)
        self._source, self._feature, self._thresholds = source, feature, thresholds
        if before == (source["path"] if source else None, feature):
            self._follow()
        elif self._settling is None:
            self._settling = self.set_timer(SETTLE_S, self._follow)

    def _follow(self) -> None:
        """Draw what is known, and ask for reports that are not."""
        if self._settling is not None:
            self._settling.stop()
            self._settling = None
        wanted = self._wanted
        if wanted is None or wanted[0] != (self._known or wanted)[0]:
            self._reports, self._known = (), None
        self._draw()
        if wanted is not None and wanted != self._known and self._asked is None:
            self._ask(wanted)

    @property
    def _wanted(self) -> tuple[str, int] | None:
        last = self._source["last_good"] if self._source else None
        return (last["path"], last["id"]) if last else None

    def _ask(self, wanted: tuple[str, int]) -> None:
        self._asked = wanted

        def ask(client: Client) -> Sequence[DriftReport]:
            return client.drift_reports(wanted[0], limit=REPORTS)

        def got(reports: Sequence[DriftReport]) -> None:
            self._asked = None
            if self.is_running and self._wanted and self._wanted[0] == wanted[0]:
                self._reports, self._known = reports, wanted
                self._draw()
            if self.is_running and self._wanted != wanted:
                self._follow()

        def failed(_error: Exception) -> None:
            self._asked = None  # what was drawn stays; the next look asks again

        self._session.ask(f"drift history {id(self)}", ask, got, failed)

    def _draw(self) -> None:
        curve = history(self._reports, self._feature)
        found = sum(score == score for _, score in curve.points)  # nan is not itself
        count = f"  {counted(found, 'report')}" if found else ""
        ticks = moments(self._reports, self._zone)
        title = (Span(self._feature, "title"), Span(count, "muted"))
        everything = len(self._reports) < REPORTS
        self.query_one(Rule).name_pane(title, since(curve, ticks, everything, self._plain))
        held = levels(self._thresholds)
        self.query_one(Chart).show([curve], "count", ticks, held, 0.0, ceiling(held))
