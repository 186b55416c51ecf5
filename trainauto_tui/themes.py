"""The theme that Textual does not have."""

from textual.theme import Theme

#: White on black, and colours that differ in lightness, too.
CONTRAST = Theme(
    name="trainauto-contrast",
    primary="#5fd7ff",
    secondary="#ffafff",
    accent="#ffd75f",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#262626",
    success="#87ff87",
    warning="#ffff5f",
    error="#ff8787",
    dark=True,
    variables={
        "text-muted": "#d0d0d0",
        "text-primary": "#5fd7ff",
        "text-secondary": "#ffafff",
        "text-success": "#87ff87",
        "text-warning": "#ffff5f",
        "text-error": "#ff8787",
    },
)
