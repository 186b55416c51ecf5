"""Hearing that files were closed after writing."""

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from tests.support.waiting import PATIENCE_S
from trainautod.runtime.closings import Closings

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


class Ears:
    """What was heard."""

    def __init__(self) -> None:
        self.closed: list[str] = []
        self.lost = 0
        self.closings = Closings(lambda path: self.closed.append(os.path.basename(path)), self.lose)

    def lose(self) -> None:
        self.lost += 1

    async def until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while not condition():
                await asyncio.sleep(0.001)


Story = Callable[[Ears], Awaitable[None]]


def hear(story: Story) -> None:
    async def whole() -> None:
        ears = Ears()
        try:
            await story(ears)
        finally:
            ears.closings.close()

    asyncio.run(whole())


def test_closing_and_renaming_are_heard_and_reading_is_not(tmp_path: Path) -> None:
    async def story(ears: Ears) -> None:
        ears.closings.watch(frozenset({str(tmp_path)}))
        with (tmp_path / "a").open("w") as writer:
            writer.write("1")
            writer.flush()
            (tmp_path / "b").write_text("1")
            await ears.until(lambda: ears.closed == ["b"])
        (tmp_path / "a").read_text()
        (tmp_path / "a").rename(tmp_path / "c")
        await ears.until(lambda: ears.closed == ["b", "a", "c"])

    hear(story)


def test_folders_come_and_go(tmp_path: Path) -> None:
    one, two = tmp_path / "1", tmp_path / "2"
    one.mkdir()
    two.mkdir()

    async def story(ears: Ears) -> None:
        ears.closings.watch(frozenset({str(one), str(tmp_path / "none")}))
        (one / "a").write_text("1")
        await ears.until(lambda: ears.closed == ["a"])
        ears.closings.watch(frozenset({str(two)}))
        (one / "b").write_text("1")
        (two / "c").write_text("1")
        await ears.until(lambda: "c" in ears.closed)
        assert "b" not in ears.closed

    hear(story)


def test_a_folder_that_was_made_anew_is_heard_again(tmp_path: Path) -> None:
    folder = tmp_path / "1"
    folder.mkdir()
    wanted = frozenset({str(folder)})

    async def story(ears: Ears) -> None:
        ears.closings.watch(wanted)
        shutil.rmtree(folder)
        await ears.until(lambda: ears.lost == 1)
        folder.mkdir()
        ears.closings.watch(wanted)
        (folder / "a").write_text("1")
        await ears.until(lambda: ears.closed == ["a"])

    hear(story)


def test_a_name_that_is_no_text_is_passed_over(tmp_path: Path) -> None:
    async def story(ears: Ears) -> None:
        ears.closings.watch(frozenset({str(tmp_path)}))
        with open(os.fsencode(tmp_path) + b"/\xff", "w"):
            pass
        (tmp_path / "a").write_text("1")
        await ears.until(lambda: bool(ears.closed))
        assert ears.closed == ["a"]

    hear(story)
