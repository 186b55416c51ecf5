"""What is typed to find runs: facets that the daemon filters by, and words for the page."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from difflib import get_close_matches

from trainauto_tui.screens.beginning import certain

STATUSES = ("queued", "running", "succeeded", "failed", "cancelled", "skipped")
TRIGGERS = ("manual", "cron", "data", "drift", "policy", "backfill", "retry")
FACETS = ("pipeline", "status", "trigger", "since", "until")
HINT = "status: pipeline: trigger: since: until: or words"


@dataclass(frozen=True, slots=True)
class RunQuery:
    """Which runs are wanted.

    Attributes:
        facets: Name and value as typed, each name once, in the order of ``FACETS``.
        words: The rest, a filter of the rows of a page.
        problems: What is not understood, a sentence each; such a query is not asked.
    """

    facets: tuple[tuple[str, str], ...] = ()
    words: str = ""
    problems: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def parse(cls, text: str) -> "RunQuery":
        """Return the query of a line such as ``status:failed since:2013-07-01 nightly``."""
        facets: dict[str, str] = {}
        words: list[str] = []
        problems: list[str] = []
        for word in text.split():
            name, colon, value = word.partition(":")
            if not colon or not name.isalpha():
                words.append(word)
            elif why := _problem(name, value):
                problems.append(why)
            else:
                facets[name] = value
        known = tuple((name, facets[name]) for name in FACETS if facets.get(name))
        return cls(known, " ".join(words), tuple(problems))

    def __getitem__(self, name: str) -> str | None:
        """Return the value of a facet, None where it is not given."""
        return dict(self.facets).get(name)

    @property
    def text(self) -> str:
        """The line that says the same."""
        return " ".join([*(f"{name}:{value}" for name, value in self.facets), *self.words.split()])


def narrowing(text: str) -> str:
    """Return the words by which a page is narrowed while ``text`` is being typed.

    What may yet become the name of a facet is not one of them.
    """
    last = text.rpartition(" ")[2]
    if last and any(name.startswith(last) for name in FACETS):
        text = text[: -len(last)]
    return RunQuery.parse(text).words


def completed(text: str, pipelines: Sequence[str]) -> str:
    """Return ``text`` with its last word completed as far as that is certain.

    Args:
        text: What was typed so far.
        pipelines: The names known for ``pipeline:``.
    """
    head, blank, word = text.rpartition(" ")
    name, colon, value = word.partition(":")
    if not colon:
        return head + blank + certain(word, [f"{facet}:" for facet in FACETS])
    known = {"status": STATUSES, "trigger": TRIGGERS, "pipeline": pipelines}.get(name, ())
    first, comma, last = value.rpartition(",")
    return f"{head}{blank}{name}:{first}{comma}{certain(last, known)}"


def _problem(name: str, value: str) -> str:
    """Return what is wrong with a facet, empty where nothing is, or not yet: it has no value."""
    if name not in FACETS:
        return _unknown("facet", name, FACETS)
    check = _CHECKS.get(name)
    return check(value) if check and value else ""


def _one_of(what: str, known: Sequence[str]) -> Callable[[str], str]:
    def check(value: str) -> str:
        wrong = next((one for one in value.split(",") if one and one not in known), None)
        return _unknown(what, wrong, known) if wrong else ""

    return check


def _unknown(what: str, typed: str, known: Sequence[str]) -> str:
    begun = [one for one in known if one.startswith(typed)]
    if begun:
        return f"{' or '.join(begun)}?"
    close = get_close_matches(typed, known, 1)
    if close:
        return f"unknown {what} {typed!r}: did you mean {close[0]}?"
    return f"{what}: {' '.join(known)}"


def _moment(value: str) -> str:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return f"{value} is no date such as 2013-07-10, nor an ISO 8601 time"
    return ""


_CHECKS = {
    "status": _one_of("status", STATUSES),
    "trigger": _one_of("trigger", TRIGGERS),
    "since": _moment,
    "until": _moment,
}
