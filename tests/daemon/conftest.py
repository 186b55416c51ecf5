"""Real daemons, one home per test."""

import asyncio
import random
import shutil
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from tests.support.clocks import VirtualClock
from tests.support.daemons import LiveDaemon
from tests.support.nursery import Nursery
from tests.support.shops import Shop, Story, Tell, opened
from trainautod.lineage.schema import prepare

Write = Callable[[str], Path]


@pytest.fixture
def home() -> Iterator[Path]:
    """A home with a short path, as socket addresses want it."""
    with tempfile.TemporaryDirectory(prefix="ta-", ignore_cleanup_errors=True) as directory:
        yield Path(directory) / "home"


@pytest.fixture(scope="session")
def nursery() -> Iterator[Nursery]:
    """Forks daemons for the tests that start many."""
    found = Nursery()
    yield found
    found.close()


@pytest.fixture
def dormant(home: Path, nursery: Nursery) -> Iterator[LiveDaemon]:
    """A daemon that the test itself starts."""
    live = LiveDaemon(home, nursery)
    yield live
    live.kill()


@pytest.fixture
def fresh(home: Path, nursery: Nursery) -> Iterator[LiveDaemon]:
    """A running daemon for one test, which may kill it."""
    live = LiveDaemon(home, nursery).start()
    yield live
    live.kill()


@pytest.fixture(scope="session")
def daemon() -> Iterator[LiveDaemon]:
    """A running daemon that many tests share; their pipelines differ by seed, so nothing is reused
    from one test in another.
    """
    with tempfile.TemporaryDirectory(prefix="ta-", ignore_cleanup_errors=True) as directory:
        live = LiveDaemon(Path(directory) / "home").start()
        yield live
        live.kill()


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a pipeline's text to a file, with a seed of this test's own, and return its path."""
    seed = random.randrange(1 << 32)

    def write_pipeline(text: str) -> Path:
        path = tmp_path / "pipeline.yaml"
        path.write_text(f"seed: {seed}\n{textwrap.dedent(text).strip()}\n")
        return path

    return write_pipeline


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store that is migrated already."""
    path = tmp_path_factory.mktemp("empty") / "store.db"
    prepare(path)
    return path


@pytest.fixture
def tell(tmp_path: Path, empty_store: Path) -> Tell:
    """Tell a story about a shop that opens at some time; return the shop."""

    def told(start: datetime, story: Story) -> Shop:
        shop = Shop(tmp_path, VirtualClock(start))
        shutil.copy(empty_store, shop.home / "store.db")

        async def whole() -> None:
            async with opened(shop):
                await story(shop)

        asyncio.run(whole())
        return shop

    return told
