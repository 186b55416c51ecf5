"""The daemon: how it is, what it keeps running, and what the machine has left."""

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from trainauto_tui.client import Client
from trainauto_tui.documents import Event, Status
from trainauto_tui.drawing import health, json_text
from trainauto_tui.drawing.columns import Column
from trainauto_tui.drawing.spans import Span
from trainauto_tui.live.link import Live
from trainauto_tui.screens.place import Place
from trainauto_tui.widgets.bars import Rule
from trainauto_tui.widgets.keys import bindings
from trainauto_tui.widgets.live_rows import LiveRows
from trainauto_tui.widgets.text_pane import TextPane

POLL_TICKS = 2  # seconds between two looks
SLOW_POLL_TICKS = 5
NOTHING_HELD = "Nothing is running: every slot is free."


class LeaseRows(LiveRows):
    """Who holds slots of the machine; ``key`` is run and step."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("run", 16, sort="up"),
        Column("step", None),
        Column("attempt", 7, right=True),
        Column("cpus", 5, right=True, sort="down"),
        Column("memory", 9, right=True),
        Column("gpus", 8, right=True),
    )


class TaskRows(LiveRows):
    """The daemon's background tasks; ``key`` is a task's name."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("task", 24, sort="up"),
        Column("state", 12, sort="up"),
        Column("restarts", 8, right=True, sort="down"),
        Column("last error", None),
    )


class DaemonScreen(Place[Status]):
    """How the daemon is; looked at again every other second while it is shown."""

    SCOPE = "daemon"
    BINDINGS: ClassVar[list[BindingType]] = bindings("daemon")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (140, "-wide")]  # noqa: RUF012 - Textual's type
    DEFAULT_CSS = """
    DaemonScreen {
        & #about, & #room { height: auto; max-height: 50%; }
        & #columns { height: 1fr; }
        & #machine { height: auto; }
        & #work { height: 1fr; }
        & LeaseRows { height: auto; min-height: 2; max-height: 40%; }
        &.-wide {
            & #columns { layout: horizontal; }
            & #machine { width: 1fr; height: 100%; }
            & #work { width: 1fr; }
        }
        &.-zoomed LeaseRows { height: 1fr; max-height: 100%; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._measured: Status | None = None
        self._looked: tuple[int, float, float] | None = None  # pid, its CPU time, when
        self._cpu_part: float | None = None

    def crumb(self) -> Sequence[Span]:
        """Name the screen."""
        return (Span("daemon", "title"),)

    def panes(self) -> ComposeResult:
        """Facts and bars, then who holds slots, then the tasks."""
        with Vertical(id="columns"):
            with Vertical(id="machine"):
                yield TextPane(id="about")
                yield Rule(id="room-rule")
                yield TextPane(id="room")
            with Vertical(id="work"):
                yield Rule(id="lease-rule")
                yield LeaseRows(id="leases")
                yield Rule(id="task-rule")
                yield TaskRows(id="tasks")

    def on_mount(self) -> None:
        """Name the panes, and put the reader on what can be opened."""
        for name, title in (("room", "machine"), ("lease", "slots held"), ("task", "tasks")):
            self.query_one(f"#{name}-rule", Rule).name_pane((Span(title, "title"),))
        self.query_one(LeaseRows).focus()

    def zoomable(self) -> Sequence[Widget]:
        """Either list may have the screen."""
        return list(self.query(LiveRows))

    def fetch(self, client: Client) -> Status:
        """Ask the daemon how it is."""
        return client.status()

    def concerns(self, event: Event) -> bool:
        """What happens to the daemon itself is worth a look at once."""
        return event["kind"].startswith(("daemon_", "task_", "store_", "notification_"))

    def tick(self) -> None:
        """Look again, every other second."""
        super().tick()
        every = SLOW_POLL_TICKS if self.shell.options.slow else POLL_TICKS
        if self._ticks % every == 0 and self.session.live:
            self.load()

    def show(self, status: Status) -> None:
        """Show it; lines that say the same as before are left alone."""
        self._measure(status)
        plain, link = self.shell.options.ascii, self.session.link
        latency = link.latency_ms if isinstance(link, Live) else None
        known = health.LinkFacts(latency, self.session.reconnects)
        about = health.facts(status, known, self._cpu_part, self.now(), plain)
        self.query_one("#about", TextPane).say(about)
        self.query_one("#room", TextPane).say(health.gauges(status, self.size.width, plain))
        leases = self.query_one(LeaseRows)
        leases.show_rows([health.lease_row(one) for one in status.get("leases", ())])
        leases.show_message(NOTHING_HELD)
        self.query_one(TaskRows).show_rows([health.task_row(t, plain) for t in status["tasks"]])

    def _measure(self, status: Status) -> None:
        """Find how much CPU the daemon took since the look before."""
        seconds, before = status.get("cpu_s"), self._looked
        if seconds is None or status is self._measured:
            return
        self._measured, self._looked = status, (status["pid"], seconds, self.now())
        if before is not None and before[0] == status["pid"] and self._looked[2] > before[2]:
            self._cpu_part = (seconds - before[1]) / (self._looked[2] - before[2])

    def show_problem(self, problem: str) -> None:
        """Say it where the daemon would be described."""
        if self.document is None:
            self.query_one("#about", TextPane).say([(Span(problem, "bad"),)])

    def on_live_rows_opened(self, event: LiveRows.Opened) -> None:
        """Go to the run that holds slots."""
        if isinstance(event.control, LeaseRows):
            self.shell.open_run(event.key.partition("/")[0])

    def copied(self) -> tuple[str, str] | None:
        """Copy all that the daemon says of itself."""
        return (json_text.compact(self.document), "the status") if self.document else None
