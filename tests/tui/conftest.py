"""Fixtures of the terminal UI's tests: a stage with its double of the daemon, and the app on it."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.daemon.conftest import nursery
from tests.tui.stage import Hands, Stage
from trainauto_tui.shell import Options, TrainautoApp

__all__ = ["hands", "make_app", "nursery", "stage"]


@pytest.fixture
def stage() -> Iterator[Stage]:
    """Serve the example documents."""
    with tempfile.TemporaryDirectory(prefix="ta") as folder:  # a socket's path must be short
        stage = Stage(Path(folder) / "api.sock")
        stage.fill()
        stage.open()
        yield stage
        stage.close()


@pytest.fixture
def hands() -> Hands:
    """Return the hands of the app's clock."""
    return Hands()


@pytest.fixture
def make_app(stage: Stage, hands: Hands) -> Callable[..., TrainautoApp]:
    """Return what makes an app on the stage; keyword arguments are options."""

    def make(**options: Any) -> TrainautoApp:
        return TrainautoApp(stage.client(), Options(clock=hands.clock(), **options))

    return make
