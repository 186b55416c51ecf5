"""A stretch of the daemon's history: as much of it as a reader looks at, and no more."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Literal, NamedTuple

from trainauto_tui.client import Client
from trainauto_tui.documents import Event

PAGE = 500  # events of one request
LIMIT = 2000  # events kept; some 4 MB
NEWEST = (1 << 63) - 1  # above every number

Part = Literal["end", "earlier", "later"]


class Facets(NamedTuple):
    """Which events are wanted; an empty facet wants all.

    Attributes:
        kinds: Kinds of events.
        pipeline: A pipeline's name.
        run_id: A run, by its whole id.
    """

    kinds: tuple[str, ...] = ()
    pipeline: str = ""
    run_id: str = ""

    def admit(self, event: Event) -> bool:
        """Return whether ``event`` is wanted."""
        return (
            (not self.kinds or event["kind"] in self.kinds)
            and self.pipeline in ("", event["pipeline"])
            and self.run_id in ("", event["run_id"])
        )


ALL = Facets()


class Piece(NamedTuple):
    """Events that were asked for, oldest first.

    Attributes:
        facets: What they were asked for by.
        part: Which ones: the last of all, or those before or after what was known.
        events: They.
        whole: Whether there are no further ones in that direction.
        last: The newest number that the daemon has, of any event.
    """

    facets: Facets
    part: Part
    events: Sequence[Event]
    whole: bool
    last: int


@dataclass(slots=True)
class EventWindow:
    """Wanted events without a gap between them, oldest first, at most ``LIMIT``.

    Attributes:
        facets: Which events are wanted.
        events: Those that are known.
        at_start: Whether there are none before them.
        at_end: Whether those that come now belong right after them.
        loaded: Whether anything was fetched yet.
    """

    facets: Facets = ALL
    events: list[Event] = field(default_factory=list)
    at_start: bool = False
    at_end: bool = True
    loaded: bool = False

    @property
    def bounds(self) -> tuple[int, int]:
        """The first and the last known number; 0 and 0 when none is known."""
        return (self.events[0]["seq"], self.events[-1]["seq"]) if self.events else (0, 0)

    def arrived(self, events: Sequence[Event], keep_new: bool) -> bool:
        """Add live events at the end; return whether any was wanted.

        Where they are too many, the oldest go when ``keep_new``, else the newest: what the
        reader looks at stays.
        """
        last = self.bounds[1]
        new = [one for one in events if one["seq"] > last and self.facets.admit(one)]
        if not new or not self.at_end:
            return False
        self.events += new
        self._cut(keep_new)
        return True

    def take(self, piece: Piece) -> None:
        """Add what was fetched.

        What was asked for by other facets is left out. When the numbers are those of another
        store, nothing is known any more, and the end has to be loaded.
        """
        if piece.facets != self.facets:
            return
        first, last = self.bounds
        if piece.last < last and self.loaded:
            self.events, self.loaded = [], False
            self.at_start, self.at_end = False, True
            if piece.part != "end":
                return
        if piece.part == "end":
            self._take_end(piece)
        elif piece.part == "earlier":
            self.events[:0] = [one for one in piece.events if one["seq"] < first]
            self.at_start = piece.whole
            self._cut(keep_new=False)
        else:
            self.events += [one for one in piece.events if one["seq"] > last]
            self.at_end = piece.whole
            self._cut(keep_new=True)
        self.loaded = True

    def _take_end(self, piece: Piece) -> None:
        """Join the newest events to what is known, where no gap would be between them."""
        first, last = self.bounds
        page = list(piece.events)
        start, newest = (page[0]["seq"], page[-1]["seq"]) if page else (0, 0)
        joins = self.loaded and not piece.whole and start <= last
        before = list(takewhile(lambda one: joins and one["seq"] < start, self.events))
        came_meanwhile = [one for one in self.events if one["seq"] > newest]
        self.events = before + page + came_meanwhile
        self.at_start = piece.whole or (
            bool(before) and before[0]["seq"] == first and self.at_start
        )
        self.at_end = True
        self._cut(keep_new=True)

    def _cut(self, keep_new: bool) -> None:
        if len(self.events) <= LIMIT:
            return
        if keep_new:
            del self.events[:-LIMIT]
            self.at_start = False
        else:
            del self.events[LIMIT:]
            self.at_end = False


def fetch(client: Client, facets: Facets, part: Part, bounds: tuple[int, int]) -> Piece:
    """Ask for a page of events.

    Args:
        client: Who to ask.
        facets: Which events are wanted.
        part: Those at the end of all, or those before or after what is known.
        bounds: The first and the last known number.
    """
    after = bounds[1] if part == "later" else 0
    before = {"end": NEWEST, "earlier": bounds[0], "later": None}[part]
    page = client.event_page(
        after=after,
        before=before,
        limit=PAGE,
        run_id=facets.run_id or None,
        pipeline=facets.pipeline or None,
        kind=",".join(facets.kinds) or None,
    )
    return Piece(facets, part, page["events"], len(page["events"]) < PAGE, page["last"])
