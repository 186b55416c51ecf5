import asyncio
from collections.abc import Awaitable, Callable
from functools import partial

import pytest
from textual.app import App, ComposeResult

from tests.tui.driving import Driver, until
from tests.tui.memory_log import Memory
from trainauto_tui.errors import LinkLost
from trainauto_tui.widgets.log_view import LogView
from trainauto_tui.widgets.log_view.reader import Reader
from trainauto_tui.widgets.log_view.tape import LONG_LINE, PIECE

TALL = (60, 200)


class LogApp(App[None]):
    """One log."""

    def compose(self) -> ComposeResult:
        yield LogView(poll_s=0.01)


def shown(log: LogView) -> list[str]:
    return [log.render_line(y).text.strip() for y in range(log.size.height)]


def reader(log: LogView) -> Reader:
    assert log.reader is not None
    return log.reader


def on_log(
    source: Memory,
    script: Callable[[Driver, LogView], Awaitable[None]],
    size: tuple[int, int] = (60, 10),
) -> None:
    """Open ``source``, wait for its first part, and run ``script``."""

    async def run() -> None:
        async with LogApp().run_test(size=size) as pilot:
            log = pilot.app.query_one(LogView)
            log.open_source(source)
            await until(pilot, lambda: log.loaded or log.message)
            await pilot.pause()
            await script(pilot, log)

    asyncio.run(run())


def numbered(count: int, width: int = 0) -> bytes:
    return b"".join(b"line %d%s\n" % (n, b"." * width) for n in range(count))


def test_it_opens_at_the_end_and_follows() -> None:
    source = Memory(numbered(100), complete=False)

    async def script(pilot: Driver, log: LogView) -> None:
        assert shown(log)[-1] == "line 99"
        assert log.follows
        source.data += b"line 100\nhalf a li"
        await until(pilot, lambda: shown(log)[-1] == "half a li")
        source.data += b"ne\n"
        await until(pilot, lambda: shown(log)[-1] == "half a line")

    on_log(source, script)


def test_going_up_stops_following_and_the_end_starts_it_again() -> None:
    source = Memory(numbered(100), complete=False)

    async def script(pilot: Driver, log: LogView) -> None:
        await pilot.press("k")
        assert not log.follows
        top = shown(log)[0]
        source.data += numbered(5)
        await until(
            pilot, lambda: log.reader is not None and log.reader.tape.size == len(source.data)
        )
        assert shown(log)[0] == top
        await pilot.press("G")
        await until(pilot, lambda: log.follows)
        await until(pilot, lambda: shown(log)[-1] == "line 4")

    on_log(source, script)


def test_a_large_log_is_never_read_whole() -> None:
    source = Memory(numbered(300_000))

    async def script(pilot: Driver, log: LogView) -> None:
        assert shown(log)[-1] == "line 299999"
        assert len(source.asked) == 1
        await pilot.press("g")
        await until(pilot, lambda: shown(log)[0] == "line 0")
        await pilot.press("ctrl+d")
        assert shown(log)[0] == "line 9"
        await pilot.press("G")
        await until(pilot, lambda: shown(log)[-1] == "line 299999")
        assert len(source.asked) <= 6

    on_log(source, script)


def test_what_stands_before_is_fetched_on_the_way_up() -> None:
    source = Memory(numbered(20_000))

    async def script(pilot: Driver, log: LogView) -> None:
        expected = 20_000 - 200
        while expected > 13_000:
            log.action_page_up()
            expected -= 199
            await pilot.pause(0.01)
            await until(pilot, partial(_first_is, log, f"line {expected}"))
        assert len(source.asked) == 2

    on_log(source, script, TALL)


def test_what_comes_after_is_fetched_on_the_way_down() -> None:
    source = Memory(numbered(20_000))

    async def script(pilot: Driver, log: LogView) -> None:
        await pilot.press("g")
        await until(pilot, lambda: shown(log)[0] == "line 0")
        expected = 0
        while expected < 9_000:
            log.action_page_down()
            expected += 199
            await pilot.pause(0.01)
            await until(pilot, partial(_first_is, log, f"line {expected}"))
        assert not log.follows

    on_log(source, script, TALL)


def test_a_dropped_part_says_how_much() -> None:
    head, tail = numbered(10), numbered(12)
    source = Memory(head + b"x" * 1_200_000 + tail, gap=(len(head), len(head) + 1_200_000))

    async def script(pilot: Driver, log: LogView) -> None:
        assert shown(log)[-1] == "line 11"
        await until(pilot, lambda: reader(log).tape.index.lo == 0)
        await pilot.press("g")
        await until(pilot, lambda: shown(log)[0] == "line 0")
        await pilot.press(*"j" * 10)
        assert shown(log)[9] == "… 1.2 MB dropped …"
        await pilot.press("pagedown")
        assert shown(log)[:2] == ["… 1.2 MB dropped …", "line 0"]

    on_log(source, script)


def test_the_gap_is_found_from_the_front_too() -> None:
    head, tail = numbered(10), numbered(20_000)
    source = Memory(head + b"x" * 1_200_000 + tail, gap=(len(head), len(head) + 1_200_000))

    async def script(pilot: Driver, log: LogView) -> None:
        await pilot.press("g")
        await until(pilot, lambda: shown(log)[0] == "line 0")
        await pilot.press(*"j" * 11)
        await until(pilot, lambda: shown(log)[8:] == ["… 1.2 MB dropped …", "line 0"])

    on_log(source, script)


def test_a_line_of_a_megabyte_is_cut_with_a_mark() -> None:
    source = Memory(b"first\n" + b"y" * 1_000_000 + b"\nlast\n")
    on_log(Memory(source.data[-PIECE - 6 :]), _shows_last)
    on_log(source, _shows_last)


def _first_is(log: LogView, line: str) -> bool:
    return shown(log)[0] == line


async def _shows_last(pilot: Driver, log: LogView) -> None:
    assert "last" in shown(log)
    await pilot.press("g")
    await until(pilot, lambda: any(line.startswith("yyy") for line in shown(log)))
    long = [line for line in shown(log) if line.startswith("yyy")]
    assert len(long) == 1
    assert long[0].endswith("›")
    assert len(long[0]) < pilot.app.size.width


def test_a_progress_bar_of_a_long_line_shows_its_last_state() -> None:
    bar = b"".join(b"\r%3d%%|%s|" % (n % 101, b"#" * 40) for n in range(LONG_LINE // 40))
    source = Memory(bar + b"\r100%|done|\n")

    async def script(pilot: Driver, log: LogView) -> None:
        assert shown(log)[0] == "100%|done|"

    on_log(source, script)


def test_colours_are_kept_and_markup_is_not_read() -> None:
    source = Memory(b"\x1b[31mred\x1b[0m [bold]not bold[/]\n")

    async def script(pilot: Driver, log: LogView) -> None:
        strip = log.render_line(0)
        assert strip.text.strip() == "red [bold]not bold[/]"
        red = next(segment for segment in strip if segment.text == "red")
        assert red.style is not None
        assert red.style.color is not None
        assert red.style.color.number == 1

    on_log(source, script)


def test_wide_characters_keep_the_line_within_the_pane() -> None:
    source = Memory("模型".encode() * 40 + b"\n")

    async def script(pilot: Driver, log: LogView) -> None:
        assert log.render_line(0).cell_length == log.scrollable_content_region.width

    on_log(source, script)


def test_forgotten_bytes_are_fetched_again() -> None:
    source = Memory(numbered(4_000, width=3_000))

    async def script(pilot: Driver, log: LogView) -> None:
        for _ in range(20):
            log.action_page_up()
            await until(pilot, lambda: shown(log)[0].startswith("line"))
        await pilot.press("G")
        await until(pilot, lambda: shown(log)[-1].startswith("line 3999"))

    on_log(source, script, TALL)


def test_an_error_is_shown_and_a_message_can_replace_the_log() -> None:
    async def script(pilot: Driver, log: LogView) -> None:
        assert shown(log)[0] == "no such step"
        log.close_source("train has not run: it is pending.")
        assert shown(log)[0] == "train has not run: it is pending."

    on_log(Memory(b"", broken=RuntimeError("no such step")), script)


def test_opening_another_log_forgets_the_first() -> None:
    async def script(pilot: Driver, log: LogView) -> None:
        log.open_source(Memory(b"second\n"))
        await until(pilot, lambda: shown(log)[0] == "second")

    on_log(Memory(numbered(50)), script)


def test_it_goes_on_after_the_link_was_down() -> None:
    source = Memory(numbered(5), complete=False)

    async def script(pilot: Driver, log: LogView) -> None:
        source.broken = LinkLost("the daemon hung up")
        asked = len(source.asked)
        await until(pilot, lambda: len(source.asked) > asked)
        await pilot.pause()
        assert shown(log)[4] == "line 4"
        source.broken = None
        source.data += b"line 5\n"
        log.wake()
        await until(pilot, lambda: shown(log)[5] == "line 5")

    on_log(source, script)


def test_a_poll_that_brings_nothing_repaints_nothing() -> None:
    source = Memory(numbered(50), complete=False)

    async def script(pilot: Driver, log: LogView) -> None:
        told: list[str] = []
        log.refresh = lambda *_, **__: told.append("repaint") or log  # type: ignore[method-assign, func-returns-value]
        asked = len(source.asked)
        await until(pilot, lambda: len(source.asked) > asked + 5)
        assert told == []

    on_log(source, script)


@pytest.mark.parametrize(
    ("complete", "text"), [(True, "It wrote nothing."), (False, "Nothing written yet.")]
)
def test_an_empty_log_says_so(complete: bool, text: str) -> None:
    source = Memory(b"", complete=complete)

    async def script(pilot: Driver, log: LogView) -> None:
        assert shown(log)[0] == text
        source.data = b"at last\n"
        log.wake()
        await until(pilot, lambda: shown(log)[0] == "at last")

    on_log(source, script)
