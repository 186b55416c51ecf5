"""What is typed to find events: facets that the daemon filters by, and words for the rows."""

from typing import NamedTuple

from trainauto_tui.drawing.events import KINDS
from trainauto_tui.live.event_window import Facets
from trainauto_tui.screens.beginning import certain

NAMES = ("kind", "pipeline", "run")
HINT = "kind: pipeline: run: or words"


class EventQuery(NamedTuple):
    """Which events are wanted.

    Attributes:
        facets: What the daemon is asked for; its run may be the beginning of an id, or latest.
        words: The rest, a filter of the rows that are there.
        problem: What is not understood; such a query is not asked.
    """

    facets: Facets = Facets()
    words: str = ""
    problem: str = ""

    @classmethod
    def parse(cls, text: str) -> "EventQuery":
        """Return the query of a line such as ``kind:attempt_finished run:3f2a exited``."""
        found: dict[str, str] = {}
        words: list[str] = []
        problem = ""
        for word in text.split():
            name, colon, value = word.partition(":")
            if not colon or not name.isalpha():
                words.append(word)
            elif name in NAMES:
                found[name] = value
            else:
                problem = problem or f"unknown facet {name!r}: known are {', '.join(NAMES)}"
        kinds = tuple(kind for kind in found.get("kind", "").split(",") if kind)
        facets = Facets(kinds, found.get("pipeline", ""), found.get("run", ""))
        return cls(facets, " ".join(words), problem)

    @property
    def text(self) -> str:
        """The line that says the same."""
        return " ".join([*(f"{name}:{value}" for name, value in self.told), *self.words.split()])

    @property
    def told(self) -> list[tuple[str, str]]:
        """The facets that are given, as they are typed."""
        kinds, pipeline, run_id = self.facets
        values = zip(NAMES, (",".join(kinds), pipeline, run_id), strict=True)
        return [(name, value) for name, value in values if value]


def narrowing(text: str) -> str:
    """Return the words by which rows are narrowed while ``text`` is being typed.

    What may yet become the name of a facet is not one of them.
    """
    last = text.rpartition(" ")[2]
    if last and any(name.startswith(last) for name in NAMES):
        text = text[: -len(last)]
    return EventQuery.parse(text).words


def completed(text: str) -> str:
    """Return ``text`` with the facet or the kind at its end completed as far as is certain."""
    head, blank, word = text.rpartition(" ")
    name, colon, value = word.partition(":")
    if not colon:
        return head + blank + certain(word, [f"{facet}:" for facet in NAMES])
    if name != "kind":
        return text
    first, comma, last = value.rpartition(",")
    return f"{head}{blank}kind:{first}{comma}{certain(last, KINDS)}"
