"""Real daemons, one home per test."""

import random
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.daemons import LiveDaemon
from tests.support.nursery import Nursery

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
