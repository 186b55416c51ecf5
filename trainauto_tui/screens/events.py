"""All that the daemon recorded, as it happens."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType

from trainauto_tui.client import Client
from trainauto_tui.documents import Event
from trainauto_tui.drawing import json_text
from trainauto_tui.drawing.events import words
from trainauto_tui.drawing.folding import Line
from trainauto_tui.drawing.spans import Span
from trainauto_tui.live import event_window
from trainauto_tui.live.event_window import EventWindow, Facets, Part, Piece
from trainauto_tui.screens.event_query import EVENTS, wanted
from trainauto_tui.screens.facet_line import Query
from trainauto_tui.screens.facet_prompt import FacetPrompt
from trainauto_tui.screens.place import Place, said
from trainauto_tui.widgets.bars import Rule
from trainauto_tui.widgets.event_rows import FULL_ID, EventRows
from trainauto_tui.widgets.keys import bindings
from trainauto_tui.widgets.live_rows import LiveRows
from trainauto_tui.widgets.text_pane import TextPane

NONE_YET = "Nothing has been recorded yet."
NONE_SUCH = "No event is like that. / changes what is looked for."


class EventsScreen(Place[Piece]):
    """The daemon's events; the last ones are there at once, earlier ones where one looks."""

    SCOPE = "events"
    BINDINGS: ClassVar[list[BindingType]] = bindings("events")
    DEFAULT_CSS = """
    EventsScreen {
        & > TextPane { height: 30%; min-height: 4; }
        &.-zoomed > TextPane { height: 1fr; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self._query = Query()
        self._facet_prompt = FacetPrompt(self, EVENTS, lambda: self.rows, self.look_for)
        self._window = EventWindow()
        self._request: tuple[Facets, Part, tuple[int, int]] = (Facets(), "end", (0, 0))
        self._taken: Piece | None = None

    def crumb(self) -> Sequence[Span]:
        """Name the screen, and what is looked for."""
        facets = "".join(f" {name}:{value}" for name, value in self._query.facets)
        return (Span("events", "title"), Span(facets, "live"))

    def panes(self) -> ComposeResult:
        """Rows, and all of the selected event below."""
        yield EventRows(id="rows")
        yield Rule(id="rule")
        yield TextPane(id="event")

    def zoomable(self) -> Sequence[Any]:
        """Either pane may have the screen."""
        return [self.rows, self.query_one(TextPane)]

    @property
    def rows(self) -> EventRows:
        """The list."""
        return self.query_one(EventRows)

    # Fetching: the end first, then what lies before and after where the reader looks.

    def load(self, at_once: bool = False) -> None:
        """Fetch what the reader needs where he is: the end, or what comes before or after."""
        self._request = (self._window.facets, self._needed() or "later", self._window.bounds)
        super().load(at_once)

    def _needed(self) -> Part | None:
        rows, window = self.rows, self._window
        if not window.loaded or rows.follows:
            return "end"
        if rows.near_top and not window.at_start:
            return "earlier"
        return "later" if rows.near_end and not window.at_end else None

    def fetch(self, client: Client) -> Piece:
        """Get a page of events."""
        return event_window.fetch(client, *self._request)

    def concerns(self, event: Event) -> bool:
        """Events are shown as they come, without a fetch."""
        return False

    def events_arrived(self, events: Sequence[Event]) -> None:
        """Show those that are wanted, soon: a few times a second."""
        if self.present and self._window.arrived(events, keep_new=self.rows.follows):
            self.draw_soon()

    def show(self, document: Piece) -> None:
        """Show what is known, which is more than was fetched last."""
        if document is not self._taken:
            self._taken = document
            self._window.take(document)
            if not self._window.loaded:
                self.load()
        self.draw_soon(at_once=True)

    def draw(self) -> None:
        """Draw the events that are known."""
        rows, clock = self.rows, self.session.clock
        rows.show_events(self._window.events, self.now(), clock.zone, self.shell.options.ascii)
        rows.show_message(NONE_SUCH if self._query.facets else NONE_YET)
        self._show_event()

    def on_event_rows_moved(self) -> None:
        """Fetch more where the reader goes, or the end when he follows and it is not there."""
        needed = self._needed()
        if needed and not (needed == "end" and self._window.at_end):
            self.load()
        self._show_rule()

    # The selected event.

    def selected_event(self) -> Event | None:
        """Return the event under the cursor."""
        chosen = self.rows.selected
        return next((one for one in self._window.events if str(one["seq"]) == chosen), None)

    def on_live_rows_highlighted(self) -> None:
        """Show all of the event that the cursor is on."""
        self._show_event()

    def on_live_rows_opened(self, message: LiveRows.Opened) -> None:
        """Go to the step, the run or the pipeline of the event."""
        event = self.selected_event()
        if event is None:
            return
        if event["run_id"] and event["step"]:
            self.shell.open_step(event["run_id"], event["step"])
        elif event["run_id"]:
            self.shell.open_run(event["run_id"])
        elif event["pipeline"]:
            self.shell.open_runs(event["pipeline"])
        else:
            self.notify("It is about no run: there is nothing to open.", markup=False)

    def copied(self) -> tuple[str, str] | None:
        """Copy the selected event as JSON."""
        event = self.selected_event()
        return (json_text.compact(event), f"event {event['seq']}") if event else None

    def _show_event(self) -> None:
        event = self.selected_event()
        self.query_one(TextPane).say(_detail(event) if event else (), self.rows.selected)
        self._show_rule()

    def _show_rule(self) -> None:
        event, rows = self.selected_event(), self.rows
        title: Sequence[Span] = ()
        if event:
            when = datetime.fromisoformat(event["at"]).astimezone(self.session.clock.zone)
            clock = f"{when:%Y-%m-%d %H:%M:%S}.{when.microsecond // 1000:03}"
            title = (Span("event ", "muted"), Span(str(event["seq"]), "title"), Span(f"  {clock}"))
        state = Span("FOLLOW", "live") if rows.follows else Span("f follows", "muted")
        self.query_one(Rule).name_pane(title, (state,))

    # Commands.

    def action_follow(self) -> None:
        """Follow the end, or stop."""
        self.rows.set_follow(not self.rows.follows)

    def on_event_rows_filter_asked(self) -> None:
        """Ask for facets and words."""
        self._facet_prompt.ask(self._query)

    def look_for(self, query: Query) -> None:
        """Show what ``query`` wants, once its run is known by its whole id."""
        run_id = query["run"]
        if not run_id or len(run_id) == FULL_ID:
            self._look_for(query)
            return

        def found(whole: str) -> None:
            if self.present:
                self._look_for(query.having("run", whole))

        def failed(error: Exception) -> None:
            if self.present:
                self._facet_prompt.ask(self._query, query.text, said(error).split("\n", 1)[0])

        self.session.ask("event run", lambda client: client.run(run_id)["run_id"], found, failed)

    def _look_for(self, query: Query) -> None:
        anew = query.facets != self._query.facets
        self._query = query
        self.rows.filter_text = query.words
        if anew:
            self._window = EventWindow(wanted(query))
            self.rows.show_message("")
            self.rows.set_follow(True)
            self.load(at_once=True)
        self.show_bars()

    def climb(self) -> None:
        """Lift the filter, else go back."""
        if self.zoomed is None and self._query.text:
            self.look_for(Query())
        else:
            super().climb()


def _detail(event: Event) -> list[Line]:
    """Return an event in words, the texts in it as they are, and all of it as JSON."""
    lines = [words(event)]
    for value in event["data"].values():
        if isinstance(value, str) and "\n" in value.strip():
            lines += [(Span(line, "bad"),) for line in value.strip().split("\n")]
        elif isinstance(value, list) and len(value) > 1 and all(isinstance(v, str) for v in value):
            lines += [(Span(line, "bad"),) for line in value]
    return [*lines, *json_text.lines(event)]
