"""How a status looks: always a glyph and a word and a role, never a colour alone."""

from typing import NamedTuple

from trainauto_tui.drawing.spans import Role, Span


class Look(NamedTuple):
    """One status on the screen; ``ascii`` replaces ``glyph`` where the terminal has no Unicode."""

    glyph: str
    ascii: str
    word: str
    role: Role

    def mark(self, plain: bool) -> str:
        """Return the one-cell mark, the ASCII one when ``plain``."""
        return self.ascii if plain else self.glyph

    def spans(self, plain: bool) -> tuple[Span, ...]:
        """Return mark and word."""
        return (Span(f"{self.mark(plain)} {self.word}", self.role),)


REUSED = Look("✔", "=", "reused", "accent")
_LOOKS = {
    "queued": Look("◌", ".", "queued", "muted"),
    "pending": Look("○", "o", "pending", "muted"),
    "running": Look("▶", ">", "running", "live"),
    "succeeded": Look("✔", "*", "succeeded", "good"),
    "failed": Look("✘", "x", "failed", "bad"),
    "skipped": Look("⊘", "-", "skipped", "muted"),
    "cancelled": Look("■", "#", "cancelled", "warn"),
    "ok": Look("●", "*", "ok", "good"),
    "broken": Look("✘", "x", "broken", "bad"),
}
ACTIVE = frozenset({"queued", "running"})


def look(status: str, cached: bool = False) -> Look:
    """Return the look of a pipeline's, run's or step's status.

    An unknown status, of a newer daemon, is shown by its own word.
    """
    if cached and status == "succeeded":
        return REUSED
    return _LOOKS.get(status) or Look("?", "?", status, "warn")


def strip(statuses: list[str], plain: bool) -> tuple[Span, ...]:
    """Return one mark per status, oldest first: the history of a pipeline at a glance."""
    looks = [look(status) for status in statuses]
    return tuple(Span(one.mark(plain), one.role) for one in looks)
