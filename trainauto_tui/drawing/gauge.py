"""Bars that say how much of something is taken, in one line."""

from typing import NamedTuple

from trainauto_tui.drawing.spans import Role, Span

ALMOST = 0.9  # of a disk from which on it is shown as running out
_EIGHTHS = " ▏▎▍▌▋▊▉█"


class Gauge(NamedTuple):
    """How much of a whole is taken; a whole of 0 has none of it.

    ``scarce`` tells that being nearly full is a matter of concern, as on a disk: of slots, all
    taken is what a busy machine looks like.
    """

    used: float
    total: float
    scarce: bool = False

    @property
    def part(self) -> float:
        """The taken part, from 0 to 1."""
        return min(max(self.used / self.total, 0.0), 1.0) if self.total > 0 else 0.0

    @property
    def role(self) -> Role:
        """Return what the fill means."""
        if self.scarce and self.part >= ALMOST:
            return "bad"
        return "live" if self.part > 0 else "muted"

    def bar(self, cells: int, plain: bool) -> tuple[Span, ...]:
        """Return a bar of exactly ``cells``, its ends included, in eighths of a cell.

        Something taken is never drawn as nothing, and something left never as full. ``plain``
        draws ``[##--]`` in whole cells.
        """
        room = max(cells - 2, 1)
        steps = 1 if plain else 8
        filled = round(self.part * room * steps)
        if 0 < self.part < 1:
            filled = min(max(filled, 1), room * steps - 1)
        whole, eighths = divmod(filled, steps)
        full, empty, left, right = ("#", "-", "[", "]") if plain else ("█", " ", "▕", "▏")
        fill = full * whole + (_EIGHTHS[eighths] if eighths else "")
        return (
            Span(left, "muted"),
            Span(fill, self.role),
            Span(empty * (room - len(fill)) + right, "muted"),
        )


def marks(total: list[int], used: list[int], plain: bool) -> tuple[Span, ...]:
    """Return one mark per device of ``total``, filled where it is in ``used``: ``■■□□``."""
    taken, free = ("#", "-") if plain else ("■", "□")
    return tuple(
        Span(taken, "live") if one in used else Span(free, "muted") for one in sorted(total)
    )
