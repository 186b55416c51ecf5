"""From data to runs to models and back: what a thing comes from, and what came of it."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.widget import Widget

from trainauto_tui.client import Client
from trainauto_tui.documents import Event, Lineage, LineageNode
from trainauto_tui.drawing.columns import Column
from trainauto_tui.drawing.lineage import LABEL, facts, name_of, node_row
from trainauto_tui.drawing.spans import Span
from trainauto_tui.errors import TrainautoError
from trainauto_tui.screens.place import Place
from trainauto_tui.widgets.bars import Rule
from trainauto_tui.widgets.keys import bindings
from trainauto_tui.widgets.live_rows import LiveRows
from trainauto_tui.widgets.text_pane import TextPane

UP, NODE, DOWN = "from", "node", "into"  # the panes, in the order of the way
TITLE_UP, TITLE_DOWN = "comes from", "came of it"
NOTHING_UP = "Nothing is known that it comes from."
NOTHING_DOWN = "Nothing has come of it yet."


class Found(NamedTuple):
    """A node with its neighbours, and the whole document of the node where there is one.

    Attributes:
        asked: What the node was asked about by.
        lineage: The node and its neighbours.
        more: The whole document.
    """

    asked: str
    lineage: Lineage
    more: Mapping[str, Any] | None


class NodeRows(LiveRows):
    """Nodes; ``key`` is what a node is asked about by."""

    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("", 1),
        Column("kind", 8),
        Column("name", 40),
        Column("status", 11, from_width=44),
        Column("about", None),
        Column("age", 4, right=True, from_width=40),
    )

    def copied(self) -> tuple[str, str] | None:
        """Copy the id or digest."""
        if self.selected is None:
            return None
        kind, _, name = self.selected.partition(":")
        return (name, kind)

    def action_down(self) -> None:
        """One row down; from the last one to the pane below, where panes are stacked."""
        last = self.cursor >= len(self.rows) - 1
        screen = self.screen
        if not (last and isinstance(screen, LineageScreen) and screen.go_on(1)):
            super().action_down()

    def action_up(self) -> None:
        """One row up; from the first one to the pane above, where panes are stacked."""
        screen = self.screen
        if not (self.cursor == 0 and isinstance(screen, LineageScreen) and screen.go_on(-1)):
            super().action_up()


class LineageScreen(Place[Found]):
    """A node in the middle, what it comes from above, and what came of it below.

    Args:
        of: The node, as the API names it, such as ``run:ID``; or ``latest``, the latest run.
    """

    SCOPE = "lineage"
    BINDINGS: ClassVar[list[BindingType]] = bindings("lineage")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-wide")]  # noqa: RUF012 - Textual's type
    DEFAULT_CSS = """
    LineageScreen {
        & #way { height: 1fr; }
        & .pane { height: 1fr; }
        & #middle { height: auto; }
        & #node { height: 2; }
        & #facts { height: 4; }
        &.-wide {
            & #way { layout: horizontal; }
            & .pane { width: 1fr; height: 100%; }
            & #facts { height: 1fr; }
        }
        &.-zoomed #middle { height: 1fr; }
        &.-zoomed #facts { height: 1fr; }
    }
    """

    def __init__(self, of: str = "latest") -> None:
        super().__init__()
        self._of = of
        self._walk: list[str] = []  # what was in the middle before
        self._came_from: str | None = None  # after a step back, the node that was left
        self._toward = NODE  # the pane in which the reader goes on
        self._placed: str | None = None  # the node that the focus was set for

    @property
    def address(self) -> tuple[str, ...]:
        """The node in the middle."""
        return (self.SCOPE, self._of)

    def crumb(self) -> Sequence[Span]:
        """Name the node, and say how far it is from where the walk began."""
        node = self.document.lineage["node"] if self.document else None
        shown = f"{node['kind']} {node['label']}" if node else self._of
        far = f"  {len(self._walk)} back" if self._walk else ""
        return (Span("lineage ", "muted"), Span(shown, "title"), Span(far, "muted"))

    def panes(self) -> ComposeResult:
        """The node between what it comes from and what came of it."""
        with Vertical(id="way"):
            with Vertical(classes="pane"):
                yield Rule(id="from-rule")
                yield NodeRows(id=UP)
            with Vertical(id="middle", classes="pane"):
                yield Rule(id="node-rule")
                yield NodeRows(id=NODE)
                yield Rule(id="facts-rule")
                yield TextPane(indent=LABEL, id="facts")
            with Vertical(classes="pane"):
                yield Rule(id="into-rule")
                yield NodeRows(id=DOWN)

    def on_mount(self) -> None:
        """Name the panes before anything is known."""
        for name, title in ((UP, TITLE_UP), (DOWN, TITLE_DOWN)):
            self.query_one(f"#{name}-rule", Rule).name_pane((Span(title, "title"),))

    def zoomable(self) -> Sequence[Widget]:
        """The lists of neighbours and the facts."""
        return [self.pane(DOWN), self.pane(UP), self.query_one("#facts")]

    def pane(self, name: str) -> NodeRows:
        """Return one of the three lists."""
        return self.query_one(f"#{name}", NodeRows)

    def fetch(self, client: Client) -> Found:
        """Get the node with its neighbours, and what else is known of it."""
        asked = self._of
        lineage = client.lineage(asked)
        return Found(asked, lineage, _whole(client, lineage["node"]))

    def _got(self, document: Found) -> None:
        """Show a node, unless the reader has gone on to another one."""
        if document.asked == self._of:
            super()._got(document)
        else:
            self._rest()

    def concerns(self, event: Event) -> bool:
        """A run and its steps change with the run's events."""
        run_id = self._of.partition(":")[2].partition("/")[0]
        return bool(run_id) and event["run_id"] == run_id

    def show(self, document: Found) -> None:
        """Show the node and its neighbours."""
        lineage = document.lineage
        node, now, plain = lineage["node"], self.now(), self.shell.options.ascii
        self._of = name_of(node)
        more = lineage["more"]
        for name, nodes, title, cut in (
            (UP, lineage["up"], TITLE_UP, more["up"]),
            (NODE, [node], node["kind"], False),
            (DOWN, lineage["down"], TITLE_DOWN, more["down"]),
        ):
            self.pane(name).show_rows([node_row(one, now, plain) for one in nodes])
            count = f"  {len(nodes)}" if name != NODE else ""
            older = (Span("the newest", "muted"),) if cut else ()
            rule = self.query_one(f"#{name}-rule", Rule)
            rule.name_pane((Span(title, "title"), Span(count, "muted")), older)
        self.pane(UP).show_message(NOTHING_UP)
        self.pane(DOWN).show_message(NOTHING_DOWN)
        if self._placed != self._of:
            self._placed = self._of
            self._place_reader()
        self._show_facts()

    def show_problem(self, problem: str) -> None:
        """Say why there is no such node where it would be; what was shown before stays."""
        if self.document is None:
            self.pane(NODE).show_message(problem)
            return
        shown = name_of(self.document.lineage["node"])
        if self._of != shown:
            self.notify(problem, severity="warning", markup=False)
            self._of, self._came_from = shown, None
            if self._walk[-1:] == [shown]:
                self._walk.pop()
            self.show_bars()

    def _place_reader(self) -> None:
        """Put the cursor on the node that was left, else where the walk goes on."""
        for name in (UP, DOWN):
            pane = self.pane(name)
            pane.cursor = 0
            if self._came_from is not None:
                pane.select(self._came_from)
                if pane.selected == self._came_from:
                    self._toward = name
        self._came_from = None
        wanted = self.pane(self._toward)
        (wanted if wanted.rows else self.pane(NODE)).focus()

    # The walk.

    def on_live_rows_opened(self, event: LiveRows.Opened) -> None:
        """Put a neighbour in the middle, or open the node that is there."""
        if event.control.id == NODE:
            self.action_open_node()
        else:
            self._toward = str(event.control.id)
            self._walk.append(self._of)
            self._center(event.key)

    def on_live_rows_highlighted(self) -> None:
        """Show the facts of the node that the cursor is on."""
        self._show_facts()

    def on_descendant_focus(self) -> None:
        """Show the facts of the node in the pane that got the focus."""
        self._show_facts()

    def step_back(self) -> bool:
        """Go back along the walk; return whether there was one."""
        if not self._walk:
            return False
        self._came_from = self._of
        self._center(self._walk.pop())
        return True

    def climb(self) -> None:
        """Leave a zoom or a filter, else go back along the walk, else to the screen above."""
        focused = self.focused
        filtered = isinstance(focused, LiveRows) and focused.filter_text
        if self.zoomed is not None or filtered or not self.step_back():
            super().climb()

    def action_walk_back(self) -> None:
        """Go back along the walk."""
        self.step_back()

    def _center(self, of: str) -> None:
        self._of = of
        for rows in self.query(NodeRows):
            rows.filter_text = ""
        self.load(at_once=True)
        self.show_bars()

    def action_open_node(self) -> None:
        """Go to the run or step in the middle; from a file or a version to what made it."""
        if self.document is None:
            return
        lineage = self.document.lineage
        made = [one for one in lineage["up"] if one["kind"] in ("step", "run")]
        node = lineage["node"]
        target = node if node["kind"] in ("run", "step") else next(iter(made), None)
        if target is None:
            self.notify("No run made it: there is nothing to open.", markup=False)
        elif target["kind"] == "run":
            self.shell.open_run(target["id"])
        else:
            run_id, _, step = target["id"].partition("/")
            self.shell.open_step(run_id, step)

    # Panes.

    def go_on(self, by: int) -> bool:
        """Go to the next pane with rows above (-1) or below (1); return whether there is one."""
        order = (UP, NODE, DOWN)
        focused = self.focused
        if self.has_class("-wide") or focused is None or focused.id not in order:
            return False
        return self._focus(order.index(focused.id) + by, by)

    def action_left(self) -> None:
        """To the pane at the left, or above."""
        self._sideways(-1)

    def action_right(self) -> None:
        """To the pane at the right, or below."""
        self._sideways(1)

    def _sideways(self, by: int) -> None:
        order = (UP, NODE, DOWN)
        focused = self.focused
        at = order.index(focused.id) if focused is not None and focused.id in order else 1
        self._focus(at + by, by)

    def _focus(self, at: int, by: int) -> bool:
        order = (UP, NODE, DOWN)
        while 0 <= at < len(order):
            pane = self.pane(order[at])
            if pane.rows:
                pane.focus()
                return True
            at += by
        return False

    def _selected(self) -> LineageNode | None:
        """Return the node under the cursor, else the one in the middle."""
        if self.document is None:
            return None
        lineage, focused = self.document.lineage, self.focused
        nodes = {UP: lineage["up"], DOWN: lineage["down"]}.get(
            (focused.id or "") if focused else "", []
        )
        chosen = focused.selected if isinstance(focused, NodeRows) else None
        return next((one for one in nodes if name_of(one) == chosen), lineage["node"])

    def _show_facts(self) -> None:
        node = self._selected()
        if node is None or self.document is None or not self.present:
            return
        center = node is self.document.lineage["node"]
        title = (Span(f"{node['kind']} ", "muted"), Span(node["label"], "title"))
        self.query_one("#facts-rule", Rule).name_pane(title)
        told = facts(
            node,
            self.document.more if center else None,
            self.session.clock.zone,
            self.shell.options.ascii,
        )
        self.query_one("#facts", TextPane).say(told, about=name_of(node))


def _whole(client: Client, node: LineageNode) -> Mapping[str, Any] | None:
    """Return all that is known of a run, a step or a version; None where that cannot be had."""
    kind, name = node["kind"], node["id"]
    try:
        match kind:
            case "run":
                return client.run(name)
            case "step":
                return client.step(*name.split("/", 1))
            case "version":
                model, _, number = name.rpartition("@")
                models = [one for one in client.models() if one["name"] == model]
                versions = [one for found in models for one in found["versions"]]
                return next((one for one in versions if str(one["version"]) == number), None)
    except TrainautoError:  # the neighbours are worth showing without it
        return None
    return None
