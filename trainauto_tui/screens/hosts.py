"""The machines whose daemons the reader keeps, and the way to each of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from trainauto_tui.client import Client, hosts
from trainauto_tui.documents import Event
from trainauto_tui.drawing import amounts
from trainauto_tui.drawing.spans import Role, Span
from trainauto_tui.errors import TrainautoError
from trainauto_tui.live import link
from trainauto_tui.screens.changes import command_line
from trainauto_tui.screens.confirm import ConfirmScreen
from trainauto_tui.screens.place import Place, said
from trainauto_tui.widgets.bars import Rule
from trainauto_tui.widgets.detail import Detail
from trainauto_tui.widgets.keys import bindings
from trainauto_tui.widgets.lines import Lines
from trainauto_tui.widgets.live_rows import Column, LiveRows, Row

Addresses = Mapping[str, str]
"""Address by name; that of this machine is empty."""

HERE = "this machine"
NONE_KEPT = "No host is kept yet. A keeps one: a name, and ssh://user@box[:port][/home]."
ASK = "keep a host: NAME ssh://user@box[:port][/home]"


class HostRows(LiveRows):
    """One row per host; ``key`` is its name."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("host", 20, sort="up"),
        Column("link", 20),
        Column("seen", 4, right=True),
        Column("address", None),
    )


class HostsScreen(Place[Addresses]):
    """This machine, the kept ones, and the one that is open even if it is not kept."""

    SCOPE = "hosts"
    BINDINGS: ClassVar[list[BindingType]] = bindings("hosts")

    def crumb(self) -> Sequence[Span]:
        """Name the screen."""
        return (Span("hosts", "title"),)

    def panes(self) -> ComposeResult:
        """Rows, and the selected host below."""
        yield HostRows(id="rows")
        yield Rule(id="rule")
        yield Detail(id="detail")

    # The document is a file of this machine: it needs no link, and is there at once.

    def load(self, at_once: bool = False) -> None:
        """Read the kept hosts again."""
        if not self.present:
            self.call_after_refresh(self.load)
            return
        try:
            kept = {name: str(where) for name, where in hosts.kept().items()}
        except TrainautoError as error:
            self._failed(error)
            return
        opened, place = self.shell.options.host, self.shell.options.home
        if opened and opened not in kept:
            kept[opened] = place or ""
        self._got({hosts.LOCAL: "", **kept})

    def fetch(self, client: Client) -> Addresses:
        """Ask the daemon for nothing."""
        return self.document or {}

    def concerns(self, event: Event) -> bool:
        """Nothing that a daemon does changes the hosts."""
        return False

    def link_changed(self, fresh: bool) -> None:
        """Show the link in its row, too; what is kept here is never out of date."""
        super().link_changed(fresh)
        for pane in self.query(Lines):
            pane.remove_class("-stale")
        self._show_again()

    def show(self, document: Addresses) -> None:
        """Show the rows and the detail of the selected one."""
        rows = self.query_one(HostRows)
        first = not rows.rows
        rows.show_rows([self._row(name, address) for name, address in document.items()])
        if first:
            rows.select(self.shell.options.host or hosts.LOCAL)
        self._show_detail()

    def show_problem(self, problem: str) -> None:
        """Show what is wrong with the file of hosts, at length; a link has its own place."""
        if self.document is None and problem == self.problem:
            self.query_one(HostRows).show_message("The hosts that are kept cannot be read.")
            self.query_one(Detail).say([(Span(line, "bad"),) for line in problem.splitlines()])

    def _row(self, name: str, address: str) -> Row:
        title: Role = "title" if self._is_open(name) else "plain"
        state, seen = self._link_of(name)
        cells = (
            (Span(name, title),),
            state,
            (Span(seen, "muted"),),
            (Span(address or HERE, "muted"),),
        )
        return Row(name, cells, {"host": name})

    def _link_of(self, name: str) -> tuple[tuple[Span, ...], str]:
        """Return how the link is, or was when the host was left, and how long ago that was."""
        plain, now = self.shell.options.ascii, self.now()
        if self._is_open(name):
            return link.spans(self.session.link, now, plain), "now"
        visit = self.shell.options.visits.get("" if name == hosts.LOCAL else name)
        if visit is None:
            return (Span("not opened yet", "muted"),), ""
        was = link.spans(visit.link, visit.at, plain)
        return tuple(Span(span.text, "muted") for span in was), amounts.age(now - visit.at)

    def _is_open(self, name: str) -> bool:
        return name == (self.shell.options.host or hosts.LOCAL)

    # The selected host.

    def on_live_rows_highlighted(self) -> None:
        """Show the detail of the row that the cursor is on."""
        self._show_detail()
        self.show_bars()

    def on_live_rows_opened(self, event: LiveRows.Opened) -> None:
        """Go to that machine's daemon."""
        self.shell.action_open_host((self.document or {}).get(event.key) or event.key)

    def pointless(self) -> frozenset[str]:
        """Only what is kept can be removed."""
        name = self._selected()
        kept = bool(name) and name != hosts.LOCAL
        return super().pointless() | (frozenset() if kept else {"remove_host"})

    def _selected(self) -> str:
        return self.query_one(HostRows).selected or ""

    def _show_detail(self) -> None:
        name, document = self._selected(), self.document or {}
        self.query_one(Rule).name_pane((Span(name, "title"),) if name else (), ())
        if name not in document:
            return
        lines: list[tuple[Span, ...]] = [
            (Span("address   ", "muted"), Span(document[name] or HERE)),
            (Span("command   ", "muted"), Span(command_line(document[name] or None, "status"))),
        ]
        if self._is_open(name):
            lines.append((Span("It is open now.", "muted"),))
        elif document[name]:
            lines.append((Span("Enter opens it; ssh may ask for a password then.", "muted"),))
        else:
            lines.append((Span("Enter opens it.", "muted"),))
        if len(document) == 1:
            lines.append((Span(NONE_KEPT, "muted"),))
        self.query_one(Detail).say(lines)

    # What is kept.

    def action_add_host(self) -> None:
        """Keep a host, or another address under a name that is kept."""

        def done(text: str | None) -> None:
            if text is None or not text.strip():
                return
            name, _, url = text.strip().partition(" ")
            self._change(lambda: hosts.keep(name, url.strip()), f"{name} is kept")

        self.prompt(ASK, "", lambda _text: None, done)

    def action_remove_host(self) -> None:
        """Keep the selected host no longer, after a confirmation."""
        name = self._selected()
        if "remove_host" in self.pointless():
            return

        def answered(agreed: bool | None) -> None:
            if agreed:
                self._change(lambda: hosts.forget(name), f"{name} is kept no longer")

        self.app.push_screen(
            ConfirmScreen(
                f"Forget the host {name}?",
                "Its address is kept no longer. Nothing changes on that machine.",
                command_line(None, "hosts", "remove", name),
                "forget it",
                "keep it",
            ),
            answered,
        )

    def _change(self, change: Callable[[], object], told: str) -> None:
        """Change what is kept, and show it; or say why not."""
        try:
            change()
        except (TrainautoError, OSError) as error:
            self.notify(said(error), severity="error", markup=False)
            return
        self.notify(told, markup=False, timeout=3)
        self.load()
