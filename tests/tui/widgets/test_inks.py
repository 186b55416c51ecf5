"""Every role can be read on every background of every theme."""

from collections.abc import Callable

import pytest
from textual.color import Color

from tests.tui.driving import Driver, app, drive, settled
from trainauto_tui.drawing.spans import ROLES
from trainauto_tui.shell import TrainautoApp
from trainauto_tui.widgets.inks import cursor_shade, ink

#: Contrast of text and background, by WCAG 2.2: 4.5 is its level AA, 7 its level AAA.
LEAST = {"dark": 4.5, "light": 4.5, "contrast": 7.0}


def luminance(color: Color) -> float:
    """Return the relative luminance of a colour, as WCAG 2.2 defines it."""
    parts = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in color.normalized
    ]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: Color, other: Color) -> float:
    """Return the contrast of two colours, from 1 to 21."""
    bright, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", LEAST)
def test_every_role_can_be_read(make_app: Callable[..., TrainautoApp], theme: str) -> None:
    low: list[str] = []

    async def script(pilot: Driver) -> None:
        await settled(pilot)
        names = app(pilot).get_css_variables()
        for name in ("background", "surface"):
            back = Color.parse(names[name])
            rows = {
                "plain": back,
                "cursor": cursor_shade(app(pilot), back, False),
                "focus": cursor_shade(app(pilot), back, True),
            }
            for role in ROLES:
                for row, under in rows.items():
                    text = ink(app(pilot), role, under).color
                    assert text is not None
                    ratio = contrast(Color.from_rich_color(text), under)
                    if ratio < LEAST[theme]:
                        low.append(f"{role} on {name}, {row}: {ratio:.2f}")

    drive(make_app(theme=theme), script)
    assert low == []
