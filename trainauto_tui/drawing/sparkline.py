"""Numbers as bars one line high."""

from collections.abc import Sequence

from trainauto_tui.drawing.spans import Role, Span

LEVELS = "▁▂▃▄▅▆▇█"
ASCII_LEVELS = ".:-=+*#@"
UNKNOWN = " "


def bars(values: Sequence[tuple[float | None, Role]], plain: bool) -> tuple[Span, ...]:
    """Return one bar per value, the largest as high as the line and none below zero.

    A value that is not known (None) leaves its place empty, so that the bars stand below one
    another with whatever else has one mark per value. ``plain`` draws them in ASCII.
    """
    top = max((value for value, _ in values if value is not None), default=0.0)
    levels = ASCII_LEVELS if plain else LEVELS
    return tuple(Span(_bar(value, top, levels), role) for value, role in values)


def _bar(value: float | None, top: float, levels: str) -> str:
    if value is None:
        return UNKNOWN
    share = max(value, 0.0) / top if top > 0 else 0.0
    return levels[min(int(share * len(levels)), len(levels) - 1)]
