"""What a role looks like in a theme, on a background.

Component classes would say the same in the style sheet, but each costs every widget a pass over
all rules, at every change of focus: a third of the time to the first frame.
"""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from rich.style import Style
from textual.app import App
from textual.color import BLACK, WHITE, Color

from trainauto_tui.drawing.spans import Role
from trainauto_tui.themes import CONTRAST

CURSOR_SHADE = 0.08  # of the foreground on the background, while the pane has no focus
FOCUS_SHADE = 0.30  # of the primary colour, while it has
AA, AAA = 4.5, 7.0  # contrast ratios
STEPS = 20  # on the way from a colour to black or white

_NAMES: Mapping[Role, str] = {
    "plain": "foreground",
    "muted": "text-muted",
    "title": "foreground",
    "good": "text-success",
    "bad": "text-error",
    "live": "text-primary",
    "warn": "text-warning",
    "accent": "text-secondary",
}
_BOLD = frozenset({"title", "bad", "live"})
_TERMINALS: Mapping[Role, Style] = {  # a terminal's own colours know no shades
    "plain": Style(),
    "muted": Style(dim=True),
    "title": Style(bold=True),
    "good": Style(color="green"),
    "bad": Style(color="red", bold=True),
    "live": Style(color="blue", bold=True),
    "warn": Style(color="magenta"),
    "accent": Style(color="cyan"),
}


def ink(app: App[Any], role: Role, background: Color) -> Style:
    """Return the style of ``role`` in the app's theme, readable on ``background``.

    It has no background of its own. Where the theme's colour has too little contrast for reading
    (WCAG 2.2, level AA: 4.5; with the contrast theme AAA: 7), it is moved towards black or white.
    """
    if app.native_ansi_color:
        return _TERMINALS[role]
    least = AAA if app.theme == CONTRAST.name else AA
    return _ink(_variable(app, _NAMES[role]), role in _BOLD, background, least)


def cursor(app: App[Any], background: Color, focused: bool) -> Style:
    """Return what the row of the cursor has beneath its text."""
    if app.native_ansi_color:
        return Style(reverse=True) if focused else Style(underline=True)
    return Style(bgcolor=cursor_shade(app, background, focused).rich_color)


def cursor_shade(app: App[Any], background: Color, focused: bool) -> Color:
    """Return the colour beneath the row of the cursor."""
    name, shade = ("primary", FOCUS_SHADE) if focused else ("foreground", CURSOR_SHADE)
    return background + Color.parse(_variable(app, name)).with_alpha(shade)


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of two colours, 1 to 21, as WCAG 2.2 defines it."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def _luminance(color: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in color.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _variable(app: App[Any], name: str) -> str:
    theme = app.theme
    if theme not in _VARIABLES:
        _VARIABLES[theme] = app.get_css_variables()
    return _VARIABLES[theme][name]


_VARIABLES: dict[str, Mapping[str, str]] = {}


@lru_cache(maxsize=256)
def _ink(value: str, bold: bool, background: Color, least: float) -> Style:
    if value.startswith("auto"):  # contrasting text, so much of it
        share = float(value.removeprefix("auto").strip().removesuffix("%") or 100) / 100
        color = background.blend(background.get_contrast_text(1.0), share, 1.0)
    else:
        color = background + Color.parse(value)
    pole = max((WHITE, BLACK), key=lambda end: contrast(end, background))
    for part in range(1, STEPS + 1):
        if contrast(color, background) >= least:
            break
        color = color.blend(pole, part / STEPS, 1.0)
    return Style(color=color.rich_color, bold=bold or None)
