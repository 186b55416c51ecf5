"""Which rows of a list its reader wants to see, and where in them the wanted words stand."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

EXCLUDES = "!"


@dataclass(frozen=True, slots=True)
class RowFilter:
    """Words that a row has to have, and words that it must not have.

    Attributes:
        wanted: One pattern per word; all have to be found, anywhere in the row.
        unwanted: One pattern per ``!word``; none may be found.
    """

    wanted: tuple[re.Pattern[str], ...] = ()
    unwanted: tuple[re.Pattern[str], ...] = ()

    @classmethod
    def parse(cls, text: str) -> "RowFilter":
        """Return the filter that ``text`` says; a ``!`` with no word yet says nothing."""
        words = text.split()
        return cls(
            tuple(_pattern(word) for word in words if not word.startswith(EXCLUDES)),
            tuple(
                _pattern(word[1:]) for word in words if word.startswith(EXCLUDES) and len(word) > 1
            ),
        )

    def __bool__(self) -> bool:
        """Whether any row could fail it."""
        return bool(self.wanted or self.unwanted)

    def keeps(self, texts: Sequence[str]) -> bool:
        """Return whether a row with these cells is shown."""
        return all(any(word.search(text) for text in texts) for word in self.wanted) and not any(
            word.search(text) for word in self.unwanted for text in texts
        )

    def found(self, text: str) -> tuple[tuple[int, int], ...]:
        """Return where wanted words stand in ``text``: ascending character ranges, none touching.

        Ranges of words that overlap or touch are one.
        """
        spans = sorted(
            match.span() for word in self.wanted for match in word.finditer(text) if match.group()
        )
        merged: list[tuple[int, int]] = []
        for start, end in spans:
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return tuple(merged)


def _pattern(word: str) -> re.Pattern[str]:
    """Return what finds ``word``: in either case, unless it has an upper-case letter."""
    exact = any(letter.isupper() for letter in word)
    return re.compile(re.escape(word), 0 if exact else re.IGNORECASE)
