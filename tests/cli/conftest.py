"""The command line, run in this process against a scripted daemon."""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.support.scripted_daemon import ScriptedDaemon, serving
from trainauto_tui.cli import main
from trainautod.home import socket_path

TRAINAUTO = (
    sys.executable,
    "-c",
    "import sys; from trainauto_tui.cli import main; sys.exit(main())",
)


class Outcome(NamedTuple):
    """What a command did."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[str]:
        """Standard output by lines."""
        return self.out.splitlines()


Trainauto = Callable[..., Outcome]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    return home


@pytest.fixture
def daemon(home: Path) -> Iterator[ScriptedDaemon]:
    path = socket_path(home)
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with serving(path) as daemon:
        yield daemon


@pytest.fixture
def trainauto(
    home: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Trainauto:
    """Run ``trainauto`` with this home; it never starts a daemon by itself."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()

    def run(*words: str) -> Outcome:
        capfd.readouterr()
        try:
            code = main(["--home", str(home), "--no-start", *words])
        except SystemExit as end:
            code = int(end.code or 0)
        captured = capfd.readouterr()
        return Outcome(code, captured.out, captured.err)

    return run
