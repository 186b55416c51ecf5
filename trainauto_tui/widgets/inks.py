"""What a role looks like in a theme, on a background.

Component classes would say the same in the style sheet, but each costs every widget a pass over
all rules, at every change of focus: a third of the time to the first frame.
"""

from collections.abc import Mapping
from functools import lru_cache

from rich.style import Style
from textual.app import App
from textual.color import Color

from trainauto_tui.drawing.spans import Role

CURSOR_SHADE = 0.08  # of the foreground on the background, while the pane has no focus
FOCUS_SHADE = 0.30  # of the primary colour, while it has

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


def ink(app: App[object], role: Role, background: Color) -> Style:
    """Return the style of ``role`` in the app's theme; it has no background of its own."""
    if app.native_ansi_color:
        return _TERMINALS[role]
    return _ink(_variable(app, _NAMES[role]), role in _BOLD, background)


def cursor(app: App[object], background: Color, focused: bool) -> Style:
    """Return what the row of the cursor has beneath its text."""
    if app.native_ansi_color:
        return Style(reverse=True) if focused else Style(underline=True)
    name, shade = ("primary", FOCUS_SHADE) if focused else ("foreground", CURSOR_SHADE)
    return _beneath(_variable(app, name), shade, background)


def _variable(app: App[object], name: str) -> str:
    theme = app.theme
    if theme not in _VARIABLES:
        _VARIABLES[theme] = app.get_css_variables()
    return _VARIABLES[theme][name]


_VARIABLES: dict[str, Mapping[str, str]] = {}


@lru_cache(maxsize=256)
def _ink(value: str, bold: bool, background: Color) -> Style:
    if value.startswith("auto"):  # contrasting text, so much of it
        share = float(value.removeprefix("auto").strip().removesuffix("%") or 100) / 100
        color = background.blend(background.get_contrast_text(1.0), share, 1.0)
    else:
        color = background + Color.parse(value)
    return Style(color=color.rich_color, bold=bold or None)


@lru_cache(maxsize=64)
def _beneath(value: str, shade: float, background: Color) -> Style:
    return Style(bgcolor=(background + Color.parse(value).with_alpha(shade)).rich_color)
