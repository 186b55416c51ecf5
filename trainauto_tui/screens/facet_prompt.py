"""The question by which the rows of a screen are found."""

from collections.abc import Callable, Sequence
from typing import Any

from trainauto_tui.screens.completions import complete
from trainauto_tui.screens.facet_line import PIPELINE, FacetLine, Query
from trainauto_tui.screens.place import Place
from trainauto_tui.widgets.live_rows import LiveRows


class FacetPrompt:
    """Asks for facets and words: words narrow the rows at once, facets are for Enter.

    Args:
        place: The screen.
        line: What may be typed.
        rows: Returns the rows.
        found: Takes what is wanted; after Esc that is what was wanted before.
    """

    def __init__(
        self,
        place: Place[Any],
        line: FacetLine,
        rows: Callable[[], LiveRows],
        found: Callable[[Query], None],
    ) -> None:
        self._place, self._line, self._rows, self._found = place, line, rows, found
        self._pipelines: list[str] = []  # names to complete by

    def ask(self, before: Query, text: str | None = None, note: str = "") -> None:
        """Ask, until what is typed is understood.

        Args:
            before: What is wanted so far.
            text: What stands in the prompt at first; None for ``before``.
            note: What is said beside it; else what may be typed.
        """
        line = self._line
        complete(self._place, PIPELINE, self._learn)

        def narrow(typed: str) -> None:
            self._rows().filter_text = line.narrowing(typed)
            asked.say(" ".join(line.parse(typed).problems) or line.hint)

        def done(typed: str | None) -> None:
            query = before if typed is None else line.parse(typed)
            if query.problems:
                self.ask(before, typed, " ".join(query.problems))
            else:
                self._found(query)

        asked = self._place.prompt("filter", before.text if text is None else text, narrow, done)
        asked.complete = lambda typed: line.completed(typed, self._pipelines)
        asked.say(note or line.hint)

    def _learn(self, names: Sequence[str]) -> None:
        self._pipelines = list(names)
