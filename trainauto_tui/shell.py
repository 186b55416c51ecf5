"""The application: one session, the screens on it, and the commands that work everywhere."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from textual.app import App
from textual.binding import BindingType
from textual.screen import Screen
from textual.widget import Widget

from trainauto_tui.client import Client, hosts
from trainauto_tui.commands import DESTINATIONS, Command, Destination
from trainauto_tui.documents import Event
from trainauto_tui.errors import TrainautoError
from trainauto_tui.keymap import Keymap
from trainauto_tui.live.clock import Clock
from trainauto_tui.live.session import Session
from trainauto_tui.live.visits import Visit
from trainauto_tui.screens.place import Place, said
from trainauto_tui.settings import THEMES, Settings
from trainauto_tui.widgets.keys import bindings
from trainauto_tui.widgets.lines import ASCII_CLASS, Lines

if TYPE_CHECKING:
    from trainauto_tui.screens.palette import Chosen

TICK_S = 1.0
NOTICE_S = 15.0  # ssh's words take their time to read
Address = tuple[str, ...]

#: What opens a screen that is no destination: its scope, module and class.
_WITHIN = {
    "runs": ("trainauto_tui.screens.runs", "RunsScreen"),
    "run": ("trainauto_tui.screens.run", "RunScreen"),
    "step": ("trainauto_tui.screens.step", "StepScreen"),
    "lineage": ("trainauto_tui.screens.lineage", "LineageScreen"),
}


class View(NamedTuple):
    """Where the reader is: a destination, and the way down from it."""

    mode: str
    way: tuple[Address, ...]


@dataclass(frozen=True, slots=True)
class Options:
    """How the UI was started.

    Attributes:
        home: The home as given on the command line, or the address of the far machine, for the
            commands that confirmations show.
        run: A run to open at once.
        pipeline: A pipeline whose runs to open at once.
        ascii: Draw without Unicode.
        slow: Write little: the link to the terminal is slow.
        theme: A name in ``settings.THEMES``, or of one of Textual's own themes.
        read_only: The link is one over which the daemon changes nothing.
        host: The name of the far machine; empty for this one.
        visits: How the links of other hosts were when they were left, by name.
        notice: What to tell the reader at once, such as why another host could not be opened.
        settings: What the reader set once.
        clock: Where the time comes from.
    """

    home: str | None = None
    run: str | None = None
    pipeline: str | None = None
    ascii: bool = False
    slow: bool = False
    theme: str = "dark"
    read_only: bool = False
    host: str = ""
    visits: Mapping[str, Visit] = field(default_factory=dict)
    notice: str = ""
    settings: Settings = field(default_factory=Settings)
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
    ENABLE_COMMAND_PALETTE = False  # Textual's: ours knows arguments
    CSS = """
    Toast { max-width: 76; }
    .-ascii ConfirmScreen > Vertical { border: ascii $warning; }
    .-ascii TriggerScreen > Vertical { border: ascii $primary; }
    .-ascii PaletteScreen > Vertical { border: ascii $primary; }
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
        self.paused = False
        self.wanted_host = ""  # the one to open once this application has ended
        self._places: list[Place[Any]] = []
        self._left: View | None = None
        for destination in DESTINATIONS:
            self.add_mode(destination.id, _maker(destination))

    @property
    def keymap(self) -> Keymap:
        """The reader's keys."""
        return self.options.settings.keymap

    def get_default_screen(self) -> Screen[None]:
        """Start on nothing: a destination's own screen follows at once."""
        return Screen(id="_default")

    def on_load(self) -> None:
        """Set the theme before anything is drawn."""
        from trainauto_tui.themes import CONTRAST

        self.register_theme(CONTRAST)
        wanted = THEMES.get(self.options.theme, self.options.theme)
        if wanted in self.available_themes:
            self.theme = wanted
        self.set_keymap(self.keymap.bindings())
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
        if self.theme != THEMES.get(self.options.theme, self.options.theme):
            self.action_theme(self.options.theme)  # says that there is none
        self.set_interval(TICK_S, self._tick)
        if self.options.notice:
            self.notify(self.options.notice, severity="error", markup=False, timeout=NOTICE_S)

    def on_unmount(self) -> None:
        """Leave the link."""
        self.session.close()

    # The way through the screens.

    def way(self) -> Sequence[Place[Any]]:
        """Return the screens from the top one of this destination down to where the reader is."""
        return [screen for screen in self.screen_stack if isinstance(screen, Place)]

    def view(self) -> View:
        """Return where the reader is."""
        return View(self.current_mode, tuple(place.address for place in self.way()))

    def open_address(self, address: Address) -> None:
        """Go into the screen that ``address`` names: its scope, and what it is about."""
        self.leave()
        self.push_screen(_within(address))

    def open_runs(self, pipeline: str) -> None:
        """Go into the runs of one pipeline."""
        self.open_address(("runs", pipeline))

    def open_run(self, run_id: str) -> None:
        """Go into one run."""
        self.open_address(("run", run_id))

    def open_step(self, run_id: str, step: str) -> None:
        """Go into one step of a run."""
        self.open_address(("step", run_id, step))

    def open_lineage(self, of: str) -> None:
        """Go into the lineage of ``of``, a node as the API names it, such as ``run:ID``."""
        self.open_address(("lineage", of))

    def leave(self) -> None:
        """Remember where the reader is, for the way back."""
        if self.way():
            self._left = self.view()

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
        top = next(reversed(self.screen_stack), None)  # none while the app closes
        if isinstance(top, Place) and top.present:
            top.tick()

    # Commands.

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the palette's key to whatever is being typed in."""
        if action == "palette":
            return isinstance(self.screen, Place) and not self.screen.prompting
        return super().check_action(action, parameters)

    async def action_go(self, destination: str) -> None:
        """Go to a destination; from inside it, climb to its top."""
        if self.current_mode == destination and len(self.way()) < 2:
            return
        self.leave()
        if self.current_mode != destination:
            await self.switch_mode(destination)
            return
        while len(self.way()) > 1:
            await self.pop_screen()

    def action_climb(self) -> None:
        """Go back up from where the reader is."""
        if isinstance(self.screen, Place):
            self.screen.climb()

    async def action_previous(self) -> None:
        """Go back within the screen, else to the one left last, with the next call back here."""
        if isinstance(self.screen, Place) and self.screen.step_back():
            return
        wanted = self._left
        if wanted is None:
            return
        self.leave()
        if self.current_mode != wanted.mode:
            await self.switch_mode(wanted.mode)
        here = [place.address for place in self.way()]
        same = 0
        while same < min(len(here), len(wanted.way)) and here[same] == wanted.way[same]:
            same += 1
        while len(self.way()) > max(same, 1):
            await self.pop_screen()
        for address in wanted.way[max(same, 1) :]:
            await self.push_screen(_within(address))

    def action_refresh(self) -> None:
        """Fetch what is shown again."""
        if isinstance(self.screen, Place):
            self.screen.refetch()

    def action_pause(self) -> None:
        """Leave what is on the screen as it is, or bring it up to date and let it go on."""
        self.paused = not self.paused
        for place in list(self._places):
            place.link_changed(fresh=not self.paused)

    def action_zoom(self) -> None:
        """Give a pane the whole screen."""
        if isinstance(self.screen, Place):
            self.screen.action_zoom()

    def action_copy(self) -> None:
        """Copy what is selected in the pane that has the focus, else what the screen is about."""
        place = self.screen
        if not isinstance(place, Place):
            return
        pane = place.focused
        if isinstance(pane, Lines) and pane.copies(self.copy):
            return
        if (found := place.copied()) is not None:
            self.copy(*found)

    def copy(self, text: str, what: str) -> None:
        """Put ``text`` on the clipboard of the terminal, or in a file where that will not do."""
        from trainauto_tui.clipboard import TERMINAL_LIMIT, save

        size = len(text.encode("utf-8", "surrogateescape"))
        if self.options.settings.clipboard == "terminal" and size <= TERMINAL_LIMIT:
            self.copy_to_clipboard(text.encode("utf-8", "replace").decode())
            self.notify(f"copied {what}", markup=False, timeout=2)
            return
        try:
            self.notify(f"{what} is in {save(text)}", markup=False)
        except OSError as error:
            self.notify(f"{what} could not be saved: {error}", severity="error", markup=False)

    def action_theme(self, name: str) -> None:
        """Change the colours."""
        wanted = THEMES.get(name, name)
        if wanted in self.available_themes:
            self.theme = wanted
        else:
            self.notify(f"no theme is called {name!r}", severity="warning", markup=False)

    def action_open_pipeline(self, name: str) -> None:
        """Go to the runs of a pipeline."""
        self.open_runs(name)

    def action_open_run(self, run_id: str) -> None:
        """Go to a run."""
        self.open_run(run_id)

    def action_open_lineage(self, of: str) -> None:
        """Go to a lineage; a plain run id, RUN/STEP, digest or MODEL@VERSION will do."""
        self.open_lineage(of)

    def action_open_host(self, host: str) -> None:
        """Go to the daemon of another machine: leave this one's screens, and open that one's."""
        try:
            where = hosts.resolve(host)
            name = hosts.name_of(where) if where is not None else ""
        except TrainautoError as error:
            self.notify(said(error), severity="error", markup=False)
            return
        if name == self.options.host:
            self.notify(f"{name or hosts.LOCAL} is what is open", markup=False)
            return
        self.wanted_host = host or hosts.LOCAL
        self.exit()

    def action_help(self) -> None:
        """Show the keys of the screen."""
        from trainauto_tui.screens.help import HelpScreen

        place = self.screen
        if isinstance(place, Place):
            self.push_screen(HelpScreen(place.SCOPE, place.commands(), place.pointless()))

    def action_palette(self) -> None:
        """Run a command by its name."""
        from trainauto_tui.screens.palette import PaletteScreen

        place = self.screen
        if not isinstance(place, Place):
            return
        from trainauto_tui.screens.completions import complete

        commands = [
            one for one in place.commands() if one.changes or place.check_action(one.id, ())
        ]
        home = place.focused or place

        def chosen(choice: "Chosen | None") -> None:
            if choice is not None:
                self.call_later(self._run, choice.command, choice.argument, home)

        self.push_screen(PaletteScreen(commands, partial(complete, place)), chosen)

    async def _run(self, command: Command, argument: str, home: Widget) -> None:
        """Run ``command`` where it is at home: in the pane, the screen or here."""
        if command.changes and isinstance(self.screen, Place) and not self.screen.may_change:
            self.screen.say_refused(command)
            return
        homes = [node for node in home.ancestors_with_self if hasattr(node, f"action_{command.id}")]
        action = f"{command.id}({argument!r})" if argument else command.action
        await self.run_action(action, homes[0] if homes else self)


def _within(address: Address) -> Screen[None]:
    """Return the screen of an address, importing its class on the first call."""
    module, name = _WITHIN[address[0]]
    screen: Screen[None] = getattr(import_module(module), name)(*address[1:])
    return screen


def _maker(destination: Destination) -> Callable[[], Screen[None]]:
    """Return what makes the top screen of ``destination``, importing it on the first call."""

    def make() -> Screen[None]:
        screen: Screen[None] = getattr(import_module(destination.module), destination.screen)()
        return screen

    return make
