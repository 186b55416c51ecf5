"""Watching folders, when the machine lacks what it takes."""

import asyncio
import threading
from collections.abc import Iterable
from pathlib import Path

import pytest

from trainautod.runtime import watching
from trainautod.runtime.scanning import Place
from trainautod.runtime.watching import FileChange, Watcher

PATIENCE_S = 30.0


class Lacking(threading.Thread):
    """A thread that cannot be started the first times."""

    left = 2

    def start(self) -> None:
        if Lacking.left:
            Lacking.left -= 1
            raise RuntimeError("can't start new thread")
        super().start()


def test_without_a_thread_it_is_told_and_watching_comes_back_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Lacking, "left", 2)
    monkeypatch.setattr(threading, "Thread", Lacking)
    monkeypatch.setattr(watching, "RETRY_S", 0.01)
    reasons: list[str] = []

    async def story() -> None:
        stands, seen = asyncio.Event(), asyncio.Event()

        def changed(changes: Iterable[FileChange]) -> None:
            if any(path.endswith("new.csv") for _, path in changes):
                seen.set()

        watcher = Watcher(changed, stands.set, reasons.append)
        watcher.watch(frozenset({Place(str(tmp_path), (0, 0), deep=True)}))
        task = asyncio.create_task(watcher.run())
        try:
            await asyncio.wait_for(stands.wait(), PATIENCE_S)
            (tmp_path / "new.csv").touch()
            await asyncio.wait_for(seen.wait(), PATIENCE_S)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    asyncio.run(story())

    assert "can't start new thread" in reasons
    assert reasons[-1] == ""
