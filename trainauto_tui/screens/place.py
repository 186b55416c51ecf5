"""What every screen has: crumbs, the state of the link, hints, and data that stays current."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from textual import events as ui
from textual.app import ComposeResult
from textual.await_complete import AwaitComplete
from textual.screen import Screen
from textual.widget import Widget

from trainauto_tui.client import Client
from trainauto_tui.commands import Command, asking, changing, in_scopes
from trainauto_tui.documents import Event
from trainauto_tui.drawing.spans import Span
from trainauto_tui.errors import TrainautoError
from trainauto_tui.live import link
from trainauto_tui.live.session import Session
from trainauto_tui.widgets.bars import Bar, Crumbs, Hints, Rule
from trainauto_tui.widgets.lines import Lines
from trainauto_tui.widgets.live_rows import LiveRows
from trainauto_tui.widgets.prompt import Prompt

if TYPE_CHECKING:
    from trainauto_tui.shell import TrainautoApp

D = TypeVar("D")
PACE_S = 0.25  # between two fetches of one screen, however fast events come
SLOW_PACE_S = 1.0
FULL_SIZE = (80, 24)
MINUTE_TICKS = 60
_ASKING = asking()
_CHANGING = changing()


class Place(Screen[None], Generic[D]):
    """A screen that shows one document and fetches it again when an event concerns it.

    A subclass sets ``SCOPE`` and ``BINDINGS``, composes its panes in ``panes``, and says what to
    fetch, how to show it and which events concern it.
    """

    SCOPE: ClassVar[str]
    DEFAULT_CSS = """
    Place {
        background: $background; overflow: hidden;
        & .-behind { display: none; }
        &.-prompting > Hints { display: none; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.document: D | None = None
        self.problem = ""
        self._fetching = False
        self._wanted = False
        self._behind = False  # something came since the last drawing
        self._resting = False  # so that a burst of events is drawn a few times a second
        self._ticks = 0
        self._zoomed: Widget | None = None
        self._prompt: Prompt | None = None

    # What a screen says of itself.

    @property
    def address(self) -> tuple[str, ...]:
        """What ``shell.open_address`` opens this screen by: its scope, and what it is about."""
        return (self.SCOPE,)

    def crumb(self) -> Sequence[Span]:
        """Return this screen's part of the crumbs."""
        raise NotImplementedError

    def panes(self) -> ComposeResult:
        """Yield the widgets between crumbs and hints."""
        raise NotImplementedError

    def fetch(self, client: Client) -> D:
        """Return the document; called off the drawing thread."""
        raise NotImplementedError

    def show(self, document: D) -> None:
        """Show ``document``, which is also called when only the time went on."""
        raise NotImplementedError

    def concerns(self, event: Event) -> bool:
        """Return whether ``event`` changes what is shown."""
        raise NotImplementedError

    def moving(self) -> bool:
        """Return whether something on the screen counts seconds."""
        return False

    def pointless(self) -> frozenset[str]:
        """Return the commands that would be refused now; hints dim them."""
        off = frozenset() if self.may_change else _CHANGING
        unsorted = isinstance(self.focused, LiveRows) and not self.focused.sortable
        return off | {"sort"} if unsorted else off

    def zoomable(self) -> Sequence[Widget]:
        """Return the panes that may have the screen to themselves, the likeliest first."""
        return list(self.query(LiveRows))

    def copied(self) -> tuple[str, str] | None:
        """Return what ``y`` copies when no pane has the focus that knows, and what it is."""
        return None

    def hidden(self) -> Sequence[str]:
        """Return what a screen below 80×24 has no room for."""
        return [name for rows in self.query(LiveRows) for name in rows.hidden()]

    # What the shell calls.

    @property
    def shell(self) -> "TrainautoApp":
        """The application."""
        from trainauto_tui.shell import TrainautoApp

        assert isinstance(self.app, TrainautoApp)
        return self.app

    @property
    def at_rest(self) -> bool:
        """Whether no fetch is under way or wanted."""
        return not (self._fetching or self._wanted)

    @property
    def in_sight(self) -> bool:
        """Whether it is the place that the reader is on, be it behind a dialog.

        Textual's ``is_current`` also holds for the screen right below the top one, even where
        that one hides it.
        """
        return list(self.shell.way()[-1:]) == [self]

    @property
    def may_change(self) -> bool:
        """Whether the daemon can be asked for changes now."""
        return self.session.live and not self.shell.options.read_only

    @property
    def prompting(self) -> bool:
        """Whether a line is being typed at the foot of the screen."""
        return self._prompt is not None

    @property
    def session(self) -> Session:
        """The link to the daemon."""
        return self.shell.session

    def now(self) -> float:
        """Return the time, in unix seconds."""
        return self.session.clock.now()

    def compose(self) -> ComposeResult:
        """Put the panes between crumbs and hints."""
        yield Crumbs()
        yield from self.panes()
        yield Hints()

    def on_mount(self) -> None:
        """Show the link and ask for the document."""
        self.shell.entered(self)
        self.link_changed(fresh=True)

    def on_unmount(self) -> None:
        """Be told of nothing any more."""
        self.shell.left(self)

    def on_screen_resume(self) -> None:
        """Bring a screen that was covered up to date."""
        self._show_again()
        self.link_changed(fresh=self._wanted)

    def on_resize(self, event: ui.Resize) -> None:
        """Fit crumbs and hints."""
        self.call_after_refresh(self.show_bars)

    def on_descendant_focus(self) -> None:
        """Offer the keys of the pane that got the focus."""
        self.show_bars()

    def link_changed(self, fresh: bool) -> None:
        """Show the link; ``fresh`` data is worth asking for again."""
        for pane in self.query(Lines):
            if not isinstance(pane, Bar):
                pane.set_class(not self.session.live and self.document is not None, "-stale")
        self.show_bars()
        if isinstance(self.session.link, link.Reconnecting) and self.present:
            self.show_problem(self.session.link.reason)
        if fresh:
            self.load()
        if not self._resting:
            self._draw()

    def events_arrived(self, events: Sequence[Event]) -> None:
        """Fetch again when one of ``events`` concerns this screen."""
        if self.present and any(self.concerns(event) for event in events):
            self.load()

    def tick(self) -> None:
        """Let a second pass: running things count while the link lives, ages once a minute."""
        self._ticks += 1
        if self.shell.paused:
            return
        if (self.moving() and self.session.live) or self._ticks % MINUTE_TICKS == 0:
            self._show_again()

    def load(self, at_once: bool = False) -> None:
        """Fetch the document, soon: at most one fetch at a time and four a second.

        ``at_once`` is for what a key asks for: it waits for no other fetch, nor for the end of a
        pause.
        """
        self._wanted = True
        connecting = isinstance(self.session.link, link.Connecting)
        held = not at_once and (self._fetching or self.shell.paused)
        if connecting or held or not self.in_sight:
            return
        self._wanted, self._fetching = False, True
        self.session.ask(f"{self.SCOPE} {id(self)}", self.fetch, self._got, self._failed)

    @property
    def present(self) -> bool:
        """Whether the screen has its panes; an answer may come before or after.

        A screen that is being closed does not run any more, though panes may be left of it.
        """
        ready = self.is_mounted and self.is_running and self.app.is_running
        return ready and bool(self.query(Hints))

    def _got(self, document: D) -> None:
        if not self.present:
            self._fetching, self._wanted = False, True
            return
        self.document, self.problem = document, ""
        self._show_again()
        self.link_changed(fresh=False)
        self._rest()

    def _failed(self, error: Exception) -> None:
        if not self.present:
            self._fetching, self._wanted = False, True
            return
        self.problem = said(error)
        self.show_problem(self.problem)
        self._rest()

    def _rest(self) -> None:
        def done() -> None:
            self._fetching = False
            if self._wanted:
                self.load()

        self.set_timer(self._pace_s, done)

    @property
    def _pace_s(self) -> float:
        return SLOW_PACE_S if self.shell.options.slow else PACE_S

    def _show_again(self) -> None:
        if self.document is not None and self.present:
            self._behind = False
            self.show(self.document)

    def show_problem(self, problem: str) -> None:
        """Show why there is nothing to show; what was shown before stays."""
        if self.document is None:
            for rows in self.query(LiveRows):
                rows.show_message(problem)

    # Drawing what came by itself, without a fetch.

    def draw_soon(self, at_once: bool = False) -> None:
        """Draw what is known: a few times a second, however fast events come.

        What comes in a pause, or while another screen hides this one, is drawn at the end of that.
        ``at_once`` is for what was fetched: the pace of its fetches is enough.
        """
        self._behind = True
        if at_once or not self._resting:
            self._draw()

    def draw(self) -> None:
        """Draw what is known; called when the time has come."""
        self._show_again()

    def _draw(self) -> None:
        if not (self._behind and self.present and self.in_sight) or self.shell.paused:
            return
        self._behind, self._resting = False, True
        self.draw()

        def rested() -> None:
            self._resting = False
            self._draw()

        self.set_timer(self._pace_s, rested)

    # Crumbs and hints.

    def show_bars(self) -> None:
        """Show crumbs and hints as they are now."""
        if not self.present:
            return
        plain = self.shell.options.ascii
        joint = Span(" › ", "muted")
        crumbs: list[Span] = []
        for place in self.shell.way():
            crumbs += [*([joint] if crumbs else []), *place.crumb()]
        self.query_one(Crumbs).say(
            crumbs, [*self._modes(), *link.spans(self.session.link, self.now(), plain)]
        )
        self.query_one(Hints).offer(self.commands(), self.pointless(), self._size_note())

    def commands(self) -> Sequence[Command]:
        """Return the commands that work here now, the pane that has the focus included."""
        focused = self.focused
        scopes = [focused.SCOPE] if isinstance(focused, Lines) and focused.SCOPE else []
        return [self.shell.keymap.of(one) for one in in_scopes([self.SCOPE, *scopes])]

    def _modes(self) -> Sequence[Span]:
        """Return what is unusual about this UI now."""
        modes = [
            Span("paused (p)", "warn") if self.shell.paused else None,
            Span("read-only", "accent") if self.shell.options.read_only else None,
            Span(self.shell.options.host, "title") if self.shell.options.host else None,
        ]
        return [span for mode in modes if mode for span in (mode, Span("  "))]

    def _size_note(self) -> Sequence[Span]:
        width, height = self.size
        if width >= FULL_SIZE[0] and height >= FULL_SIZE[1]:
            return ()
        hidden = ", ".join(self.hidden())
        return (Span(f"{width}×{height} hides {hidden}" if hidden else "", "warn"),)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Refuse changes while what is shown may be out of date, and a prompt within a prompt."""
        if action in _ASKING and self._prompt is not None:
            return False
        return None if action in _CHANGING and not self.may_change else True

    # Commands that every screen has.

    def climb(self) -> None:
        """Leave the zoom, else the filter, else the screen for the one above; the top ones stay."""
        focused = self.focused
        if self._zoomed is not None:
            self.zoom(None)
        elif isinstance(focused, Lines) and focused.lift():
            pass
        elif len(self.shell.way()) > 1:
            self.shell.leave()
            self.dismiss()

    def dismiss(self, result: None = None) -> AwaitComplete:
        """Leave for the screen above, once; see ``Modal.dismiss``."""
        return super().dismiss(result) if self.is_active else AwaitComplete()

    def step_back(self) -> bool:
        """Go back within this screen; return whether there was a way back."""
        return False

    def action_zoom(self) -> None:
        """Give the pane with the focus the whole screen, or give it back."""
        panes = self.zoomable()
        wanted = next((pane for pane in panes if pane.has_focus_within), next(iter(panes), None))
        self.zoom(None if self._zoomed else wanted)

    @property
    def zoomed(self) -> Widget | None:
        """The pane that has the screen to itself."""
        return self._zoomed

    def zoom(self, pane: Widget | None) -> None:
        """Give ``pane`` the whole screen; None gives it back to all."""
        for widget in self.query(".-behind"):
            widget.remove_class("-behind")
        self._zoomed = pane
        self.set_class(pane is not None, "-zoomed")
        node: Widget | None = pane
        while node is not None and node is not self:
            parent = node.parent
            assert isinstance(parent, Widget)
            for other in parent.children:
                if other is not node and not _names(other, node):
                    other.add_class("-behind")
            node = parent
        if pane is not None:
            self.call_after_refresh(pane.focus)  # what is not displayed yet cannot be focused
        self.show_bars()

    def prompt(
        self,
        label: str,
        text: str,
        changed: Callable[[str], None],
        done: Callable[[str | None], None],
        select: bool = False,
    ) -> Prompt:
        """Ask for one line at the foot of the screen.

        Args:
            label: What is asked for.
            text: What stands there at first.
            changed: Called with the text at every change.
            done: Called once: with the text at Enter, with None at Esc.
            select: Whether what is typed takes the place of the text that stands there at first.

        Returns:
            The prompt, whose ``say`` shows a note beside the text.
        """
        before = self.focused

        def answered(answer: str | None) -> None:
            self._prompt = None
            self.set_class(False, "-prompting")
            if before is not None and before.is_running:
                self.set_focus(before)  # at once: a prompt that follows this one finds it there
            asked.remove()
            done(answer)

        if self._prompt is not None:
            self._prompt.action_cancel()
        self._prompt = asked = Prompt(label, text, changed, answered, select)
        self.set_focus(None)  # what is typed from here on is no command
        self.set_class(True, "-prompting")
        self.mount(asked)
        return asked

    def on_key(self, event: ui.Key) -> None:
        """Hand what is typed before the prompt has the focus to it; say why a key is refused."""
        if self._prompt is not None and self._prompt.take(event):
            event.stop()
            event.prevent_default()
        elif self._prompt is None and not self.may_change:
            for command in self.commands():
                if command.changes and event.key in command.keys:
                    self.say_refused(command)

    def say_refused(self, command: Command) -> None:
        """Say why ``command`` cannot be carried out now."""
        read_only = self.shell.options.read_only
        why = "this UI was opened read-only" if read_only else "there is no link to the daemon"
        self.notify(f"{command.label}: {why}", severity="warning", markup=False, timeout=3)

    def refetch(self) -> None:
        """Fetch again, and try the link now if it is down."""
        self.session.retry_now()
        self.load()

    # Changes, asked for from any screen.

    def change(self, call: Any, done: Any) -> None:
        """Ask the daemon for a change, and show what it says against it."""

        def failed(error: Exception) -> None:
            self.notify(said(error), severity="error", markup=False)

        self.session.ask(f"change {id(call)}", call, done, failed, lane="changes")


def _names(bar: Widget, pane: Widget) -> bool:
    """Return whether ``bar`` stays when ``pane`` has the screen: it names it, or frames all."""
    if isinstance(bar, Crumbs | Hints | Prompt):
        return True
    siblings = list(pane.parent.children) if pane.parent else []
    return isinstance(bar, Rule) and siblings.index(bar) + 1 == siblings.index(pane)


def said(error: Exception) -> str:
    """Return an error as a sentence, with what to do about it."""
    if isinstance(error, TrainautoError):
        return "\n".join(part for part in (error.message, *error.problems, error.hint) if part)
    return f"{type(error).__name__}: {error}"
