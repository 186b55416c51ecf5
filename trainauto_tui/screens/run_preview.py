"""The steps of a run that is selected in a list, where the screen has room for them."""

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.timer import Timer

from trainauto_tui.documents import FINAL_STEP_STATUSES, Run
from trainauto_tui.drawing.spans import Span
from trainauto_tui.live.session import Session
from trainauto_tui.widgets.bars import Rule
from trainauto_tui.widgets.rail_view import RailView

SETTLE_S = 0.08  # a cursor that races over the runs does not fetch each of them
PACE_S = 0.25  # between two fetches of one run, however fast its events come


class RunPreview(Vertical):
    """Fetches the run that it is told of, once the reader stays on it, and shows its steps.

    Args:
        session: The link to the daemon.
        plain: Draw without Unicode.
    """

    DEFAULT_CSS = """
    RunPreview {
        height: auto; max-height: 50%; display: none;
        & RailView { max-height: 100%; }
    }
    """

    def __init__(self, session: Session, *, plain: bool) -> None:
        super().__init__()
        self._session = session
        self._plain = plain
        self._run_id: str | None = None
        self.run: Run | None = None
        self._timer: Timer | None = None

    def compose(self) -> ComposeResult:
        """A rule and the steps."""
        yield Rule()
        yield RailView(plain=self._plain, id="preview")

    def preview(self, run_id: str | None) -> None:
        """Show the steps of this run, soon; None shows none."""
        if run_id == self._run_id or not self.display:
            return
        self._run_id = run_id
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(SETTLE_S, self._fetch) if run_id else None

    def touch(self) -> None:
        """Fetch the run again: something happened to it."""
        if self._run_id and self.display and self._timer is None:
            self._timer = self.set_timer(PACE_S, self._fetch_again)

    def tick(self) -> None:
        """Let the seconds of running steps count."""
        if self.run is not None and self.run["status"] == "running":
            self._show(self.run)

    def _fetch_again(self) -> None:
        """Fetch, unless all is to stay as it is: the page is told of anew at the end of a pause."""
        if getattr(self.app, "paused", False):
            self._timer = None
        else:
            self._fetch()

    def _fetch(self) -> None:
        self._timer = None
        wanted = self._run_id
        if wanted is None:
            return

        def got(run: Run) -> None:
            if self.is_running and run["run_id"] == self._run_id:
                self._show(run)

        self._session.ask(
            f"preview {id(self)}", lambda client: client.run(wanted), got, lambda _error: None
        )

    def _show(self, run: Run) -> None:
        self.run = run
        done = sum(step["status"] in FINAL_STEP_STATUSES for step in run["steps"])
        self.query_one(Rule).name_pane(
            (Span(f"{done}/{len(run['steps'])} steps of ", "muted"), Span(run["run_id"], "title")),
        )
        self.query_one(RailView).show_run(run, self._session.clock.now())
