"""Driving the app in a test: to a condition, never for a time."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

from textual import events
from textual.pilot import Pilot
from textual.widgets import Input

from trainauto_tui.screens.metrics_pane import MetricsPane
from trainauto_tui.screens.place import Place
from trainauto_tui.shell import TrainautoApp
from trainauto_tui.widgets.lines import Lines
from trainauto_tui.widgets.log_view import LogView

PATIENCE_S = 10.0
CALM_LOOKS = 2  # a message of one look may send the next
Driver = Pilot[None]


async def until(pilot: Driver, condition: Callable[[], object]) -> None:
    """Let the app go on until ``condition`` holds."""
    deadline = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"never came true; the screen was:\n{screen(pilot)}"
        await pilot.pause(0.01)


async def taken(pilot: Driver) -> None:
    """Wait until every key and message sent so far has been acted on, on a busy machine too."""
    calm = 0
    while calm < CALM_LOOKS:
        await pilot.pause()
        pumps = [pilot.app, *pilot.app.screen_stack, *pilot.app.screen.walk_children()]
        calm = 0 if any(pump.message_queue_size for pump in pumps) else calm + 1


async def settled(pilot: Driver) -> None:
    """Wait until the link is up and the screen shows its document and its log."""
    await taken(pilot)
    await until(pilot, lambda: app(pilot).session.live)
    await until(pilot, lambda: place(pilot).document is not None and place(pilot).at_rest)
    await pilot.pause()
    logs = place(pilot).query(LogView)
    await until(pilot, lambda: all(log.message or log.loaded for log in logs))
    curves = place(pilot).query(MetricsPane)
    await until(pilot, lambda: not any(pane.busy for pane in curves))
    await pilot.pause()


async def answered(pilot: Driver, lane: str) -> None:
    """Wait until all that was asked for on ``lane`` so far has come back."""
    back: list[None] = []
    app(pilot).session.ask(f"last on {lane}", lambda _client: None, back.append, print, lane)
    await until(pilot, lambda: back)
    await taken(pilot)


async def write(pilot: Driver, text: str) -> None:
    """Put ``text`` into the input that has the focus, as fast as pasting it."""
    await until(pilot, lambda: isinstance(pilot.app.focused, Input))
    assert isinstance(pilot.app.focused, Input)
    pilot.app.focused.value = text
    pilot.app.focused.cursor_position = len(text)
    await pilot.pause()


def type_ahead(pilot: Driver, *keys: str) -> None:
    """Press ``keys`` faster than the app takes them, as a slow link hands them over."""
    for key in keys:
        pilot.app.post_message(events.Key(key, " " if key == "space" else None))


def app(pilot: Driver) -> TrainautoApp:
    """Return the application, typed."""
    assert isinstance(pilot.app, TrainautoApp)
    return pilot.app


def place(pilot: Driver) -> Place[Any]:
    """Return the screen that the reader is on."""
    current = pilot.app.screen
    assert isinstance(current, Place)
    return current


def lines(widget: Lines) -> list[str]:
    """Return what a pane shows, a text per line."""
    return [widget.render_line(y).text.rstrip() for y in range(widget.size.height)]


def screen(pilot: Driver) -> str:
    """Return the whole screen as text."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


def drive(
    tui: TrainautoApp, script: Callable[[Driver], Awaitable[None]], size: tuple[int, int] = (80, 24)
) -> None:
    """Run ``tui`` without a terminal, and ``script`` on it."""

    async def run() -> None:
        async with tui.run_test(size=size, notifications=True) as pilot:
            await script(pilot)

    asyncio.run(run())
