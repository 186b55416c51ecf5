"""Fixtures of the terminal UI's tests: a stage with its double of the daemon, and the app on it."""

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from textual.css.model import RuleSet
from textual.css.stylesheet import Stylesheet

from tests.daemon.conftest import nursery
from tests.tui.stage import Hands, Stage
from trainauto_tui.shell import Options, TrainautoApp

__all__ = ["hands", "make_app", "nursery", "stage"]


@pytest.fixture(scope="session", autouse=True)
def parsed_once() -> Iterator[None]:
    """Let the apps of all tests share what Textual parsed: each would take a tenth of a second.

    Textual keeps parsed rules itself, but only as long as one style sheet lives; a theme is part of
    what they are kept by here.
    """
    parse, known = Stylesheet._parse_rules, dict[Any, list[RuleSet]]()

    def shared(sheet: Stylesheet, css: str, read_from: Any, *given: Any, **more: Any) -> Any:
        theme = tuple(sorted(sheet._variables.items()))
        key = (css, read_from, given, tuple(sorted(more.items())), theme)
        if key not in known:
            known[key] = parse(sheet, css, read_from, *given, **more)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Stylesheet, "_parse_rules", shared)
        yield


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
