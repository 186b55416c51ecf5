"""The nearest known word for one that was not recognised."""

from collections.abc import Iterable
from difflib import get_close_matches


def nearest(word: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """The known word that `word` was probably meant to be, or None when nothing is close.

    Args:
        word: What was written.
        known: What could be meant.
        cutoff: How much of both words must be the same, from 0 to 1.
    """
    by_folded = {name.casefold(): name for name in sorted(known, reverse=True)}
    found = get_close_matches(word.casefold()[:100], by_folded, n=1, cutoff=cutoff)
    return by_folded[found[0]] if found else None


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint such as ``did you mean 'needs'?``; empty when nothing is close."""
    found = nearest(word, known)
    return f"did you mean '{found}'?" if found else ""
