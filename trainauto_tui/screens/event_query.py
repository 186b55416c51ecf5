"""What is typed to find events."""

from trainauto_tui.drawing.sayings import KINDS
from trainauto_tui.live.event_window import Facets
from trainauto_tui.screens.facet_line import PIPELINE, FacetLine, Query

# Kinds are not checked: a daemon of a later version may record others.
EVENTS = FacetLine(names=("kind", PIPELINE, "run"), known={"kind": KINDS})


def wanted(query: Query) -> Facets:
    """Return what the daemon is asked for; the query's run is a whole id by then."""
    kinds = tuple(kind for kind in (query["kind"] or "").split(",") if kind)
    return Facets(kinds, query[PIPELINE] or "", query["run"] or "")
