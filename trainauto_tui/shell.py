"""The application: one session, the screens on it, and the commands that work everywhere."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, ClassVar

from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen

from trainauto_tui.client import Client
from trainauto_tui.commands import DESTINATIONS, Destination, in_scopes
from trainauto_tui.documents import Event
from trainauto_tui.live.clock import Clock
from trainauto_tui.live.session import Session
from trainauto_tui.screens.place import Place
from trainauto_tui.widgets.keys import bindings
from trainauto_tui.widgets.lines import ASCII_CLASS

THEMES = {"dark": "textual-dark", "light": "textual-light", "ansi": "ansi-dark"}
TICK_S = 1.0


@dataclass(frozen=True, slots=True)
class Options:
    """How the UI was started.

    Attributes:
        home: The home as given on the command line, for the commands that confirmations show.
        run: A run to open at once.
        pipeline: A pipeline whose runs to open at once.
        ascii: Draw without Unicode.
        slow: Write little: the link to the terminal is slow.
        theme: A name in ``THEMES``, or of one of Textual's own themes.
        clock: Where the time comes from.
    """

    home: str | None = None
    run: str | None = None
    pipeline: str | None = None
    ascii: bool = False
    slow: bool = False
    theme: str = "dark"
    clock: Clock = field(default_factory=Clock)


class TrainautoApp(App[None]):
    """The shell around the screens.

    Args:
        client: The daemon's client.
        options: How it was started.
        start_daemon: Called once if no daemon answers the first time; None to leave that.
    """

    TITLE = "trainauto"
    BINDINGS: ClassVar[list[BindingType]] = bindings()
    ENABLE_COMMAND_PALETTE = True
    CSS = """
    Toast { max-width: 76; }
    .-ascii ConfirmScreen > Vertical { border: ascii $warning; }
    .-ascii HelpScreen > VerticalScroll { border: ascii $primary; }
    """

    def __init__(
        self,
        client: Client,
        options: Options | None = None,
        start_daemon: Callable[[], None] | None = None,
    ) -> None:
        super().__init__()
        self.options = options or Options()
        self.session = Session(client, self.options.clock, self.call_later, self, start_daemon)
        self._places: list[Place[Any]] = []
        for destination in DESTINATIONS:
            self.add_mode(destination.id, _maker(destination))

    def get_default_screen(self) -> Screen[None]:
        """Start on nothing: a destination's own screen follows at once."""
        return Screen(id="_default")

    def on_load(self) -> None:
        """Set the theme before anything is drawn."""
        self.theme = THEMES.get(self.options.theme, self.options.theme)
        self.set_class(self.options.ascii, ASCII_CLASS)
        if self.options.slow:
            self.animation_level = "none"

    def on_mount(self) -> None:
        """Open the first screen and the link."""
        first = DESTINATIONS[0].id
        self.switch_mode("runs" if self.options.run else first)
        if self.options.run:
            self.open_run(self.options.run)
        elif self.options.pipeline:
            self.open_runs(self.options.pipeline)
        self.session.open()
        self.set_interval(TICK_S, self._tick)

    def on_unmount(self) -> None:
        """Leave the link."""
        self.session.close()

    # The way through the screens.

    def way(self) -> Sequence[Place[Any]]:
        """Return the screens from the top one of this destination down to where the reader is."""
        return [screen for screen in self.screen_stack if isinstance(screen, Place)]

    def open_runs(self, pipeline: str) -> None:
        """Go into the runs of one pipeline."""
        from trainauto_tui.screens.runs import RunsScreen

        self.push_screen(RunsScreen(pipeline))

    def open_run(self, run_id: str) -> None:
        """Go into one run."""
        from trainauto_tui.screens.run import RunScreen

        self.push_screen(RunScreen(run_id))

    def entered(self, place: Place[Any]) -> None:
        """Tell ``place`` of the link and of events from now on."""
        self._places.append(place)

    def left(self, place: Place[Any]) -> None:
        """Stop telling ``place``."""
        self._places.remove(place)

    # The session.

    def link_changed(self, fresh: bool) -> None:
        """Tell every screen, so that one that was covered knows what it missed."""
        for place in list(self._places):
            place.link_changed(fresh)

    def events_arrived(self, events: list[Event]) -> None:
        """Tell every screen."""
        for place in list(self._places):
            place.events_arrived(events)

    def _tick(self) -> None:
        self.session.tick()
        if isinstance(self.screen, Place):
            self.screen.tick()

    # Commands.

    async def action_go(self, destination: str) -> None:
        """Go to a destination; from inside it, climb to its top."""
        if self.current_mode != destination:
            await self.switch_mode(destination)
            return
        while len(self.way()) > 1:
            await self.pop_screen()

    def action_climb(self) -> None:
        """Go back up from where the reader is."""
        if isinstance(self.screen, Place):
            self.screen.climb()

    def action_refresh(self) -> None:
        """Fetch what is shown again."""
        if isinstance(self.screen, Place):
            self.screen.refetch()

    def action_help(self) -> None:
        """Show the keys of the screen."""
        from trainauto_tui.screens.help import HelpScreen

        place = self.screen
        commands = place.commands() if isinstance(place, Place) else in_scopes(())
        self.push_screen(HelpScreen(place.SCOPE if isinstance(place, Place) else "", commands))

    def action_command_palette(self) -> None:
        """Find a command by name."""
        from textual.command import CommandPalette

        from trainauto_tui.screens.palette import TableCommands

        if isinstance(self.screen, Place):
            self.push_screen(CommandPalette([TableCommands], id="--command-palette"))


def _maker(destination: Destination) -> Callable[[], Screen[None]]:
    """Return what makes the top screen of ``destination``, importing it on the first call."""

    def make() -> Screen[None]:
        screen: Screen[None] = getattr(import_module(destination.module), destination.screen)()
        return screen

    return make
