"""What is typed to find rows: facets that the daemon filters by, and words for the rows."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from trainauto_tui.screens.beginning import certain

PIPELINE = "pipeline"  # the facet whose values are the daemon's


@dataclass(frozen=True, slots=True)
class Query:
    """Which rows are wanted.

    Attributes:
        facets: Name and value as typed, each name once, in the order of the line's names.
        words: The rest, a filter of the rows that are there.
        problems: What is not understood, a sentence each; such a query is not asked.
    """

    facets: tuple[tuple[str, str], ...] = ()
    words: str = ""
    problems: tuple[str, ...] = field(default=(), compare=False)

    def __getitem__(self, name: str) -> str | None:
        """Return the value of a facet, None where it is not given."""
        return dict(self.facets).get(name)

    def having(self, name: str, value: str) -> "Query":
        """Return the query with another value for a facet that it has."""
        facets = ((one, value if one == name else typed) for one, typed in self.facets)
        return replace(self, facets=tuple(facets))

    @property
    def text(self) -> str:
        """The line that says the same."""
        return " ".join([*(f"{name}:{value}" for name, value in self.facets), *self.words.split()])


@dataclass(frozen=True, slots=True)
class FacetLine:
    """A line such as ``status:failed since:2013-07-01 nightly``, and what its facets may be.

    Attributes:
        names: The facets, in the order in which they are told.
        known: The values of those facets that Tab completes, besides names of pipelines.
        checks: What returns the problem of a facet's value, empty where there is none.
    """

    names: Sequence[str]
    known: Mapping[str, Sequence[str]]
    checks: Mapping[str, Callable[[str], str]] = field(default_factory=dict)

    @property
    def hint(self) -> str:
        """What may be typed."""
        return " ".join([*(f"{name}:" for name in self.names), "or words"])

    def parse(self, text: str) -> Query:
        """Return the query of a line; a facet without a value is not one yet."""
        facets: dict[str, str] = {}
        words: list[str] = []
        problems: list[str] = []
        for word in text.split():
            name, colon, value = word.partition(":")
            if not colon or not name.isalpha():
                words.append(word)
            elif why := self._problem(name, value):
                problems.append(why)
            else:
                facets[name] = value
        given = tuple((name, facets[name]) for name in self.names if facets.get(name))
        return Query(given, " ".join(words), tuple(problems))

    def narrowing(self, text: str) -> str:
        """Return the words by which rows are narrowed while ``text`` is being typed.

        What may yet become the name of a facet is not one of them.
        """
        last = text.rpartition(" ")[2]
        if last and any(name.startswith(last) for name in self.names):
            text = text[: -len(last)]
        return self.parse(text).words

    def completed(self, text: str, pipelines: Sequence[str] = ()) -> str:
        """Return ``text`` with its last word completed as far as that is certain.

        Args:
            text: What was typed so far.
            pipelines: The names known for ``pipeline:``.
        """
        head, blank, word = text.rpartition(" ")
        name, colon, value = word.partition(":")
        if not colon:
            return head + blank + certain(word, [f"{facet}:" for facet in self.names])
        known = pipelines if name == PIPELINE else self.known.get(name, ())
        first, comma, last = value.rpartition(",")
        return f"{head}{blank}{name}:{first}{comma}{certain(last, known)}"

    def _problem(self, name: str, value: str) -> str:
        """Return what is wrong with a facet; one without a value is only begun."""
        if name not in self.names:
            return unknown("facet", name, self.names)
        check = self.checks.get(name)
        return check(value) if check and value else ""


def one_of(what: str, known: Sequence[str]) -> Callable[[str], str]:
    """Return the check of a facet whose values, separated by commas, are among ``known``."""

    def check(value: str) -> str:
        wrong = next((one for one in value.split(",") if one and one not in known), None)
        return unknown(what, wrong, known) if wrong else ""

    return check


def unknown(what: str, typed: str, known: Sequence[str]) -> str:
    """Return the problem of a word that is not among ``known``, with what may be meant."""
    begun = [one for one in known if one.startswith(typed)]
    if begun:
        return f"{' or '.join(begun)}?"
    close = get_close_matches(typed, known, 1)
    if close:
        return f"unknown {what} {typed!r}: did you mean {close[0]}?"
    return f"{what}: {' '.join(known)}"
