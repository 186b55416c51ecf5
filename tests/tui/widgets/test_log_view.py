import asyncio
from collections.abc import Awaitable, Callable

import pytest
from textual.app import App, ComposeResult
from textual.events import MouseScrollUp
from textual.scrollbar import ScrollTo

from tests.tui.driving import Driver, until
from tests.tui.memory_log import Memory
from trainauto_tui.errors import LinkLost
from trainauto_tui.widgets.log_view import LogView
from trainauto_tui.widgets.log_view.reader import Reader


class LogApp(App[None]):
    """One log."""

    def compose(self) -> ComposeResult:
        yield LogView(poll_s=0.05)


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


def test_what_is_searched_stands_out_and_the_title_tells_of_it() -> None:
    source = Memory(numbered(100))

    async def script(pilot: Driver, log: LogView) -> None:
        log.search("line 93")
        await until(pilot, lambda: not log.follows)
        assert shown(log)[3] == "line 93"
        found = [segment for segment in log.render_line(3) if segment.text == "line 93"]
        assert len(found) == 1
        assert found[0].style is not None
        assert found[0].style.reverse
        assert "".join(span.text for span in log.title_spans()) == "/line 93"
        log.keep("1")
        await pilot.press("w", "t")
        await until(pilot, lambda: "&1 19" in "".join(span.text for span in log.title_spans()))
        assert [span.text for span in log.title_spans()][-3:] == ["wrap", "  ", "time of day"]

    on_log(source, script)


def test_the_mouse_scrolls_selects_and_drags() -> None:
    source = Memory(numbered(300_000))

    async def script(pilot: Driver, log: LogView) -> None:
        log.post_message(MouseScrollUp(log, 0, 0, 0, 0, 0, False, False, False))
        await until(pilot, lambda: shown(log)[-1] == "line 299996")
        await pilot.click(LogView, offset=(5, 2))
        here = reader(log).here()
        assert here is not None
        assert source.data[here.start : here.end] == b"line 299989\n"
        room = log.virtual_size.height - log.size.height
        log.post_message(ScrollTo(y=room / 2, animate=False))
        await until(pilot, lambda: shown(log)[0][:7] in ("line 14", "line 15"))
        assert 0 < log.scroll_y < room
        log.post_message(ScrollTo(y=room, animate=False))
        await until(pilot, lambda: log.follows)

    on_log(source, script)


def test_the_next_log_is_shown_in_the_same_way() -> None:
    async def script(pilot: Driver, log: LogView) -> None:
        await pilot.press("w", "t")
        log.open_source(Memory(b"x" * 100 + b"\n"))
        await until(pilot, lambda: shown(log)[1].startswith("xxx"))
        await until(pilot, lambda: shown(log)[0].startswith("06:08:04 xxx"))

    on_log(Memory(numbered(3)), script)
