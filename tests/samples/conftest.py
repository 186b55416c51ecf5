"""The flights line, run once per worker, and the scripts as modules for the quick tests."""

import fcntl
import importlib
import os
import pickle
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from .line import COMMANDS, FLIGHTS, SDK, Ended, recorded, run, variables

InProcess = Callable[..., Ended]


@pytest.fixture(scope="session")
def line(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Ended]:
    """Every step of the nightly line for 2013-07-10, each after the ones before it.

    Run once for all workers: whoever comes first holds the lock, the others read what it left.
    """
    base = tmp_path_factory.getbasetemp()
    root = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "flights-line"
    root.mkdir(exist_ok=True)
    kept = root / "ended.pickle"
    with (root / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            kept.write_bytes(pickle.dumps(run_line(root)))
    ended: dict[str, Ended] = pickle.loads(kept.read_bytes())
    return ended


def run_line(root: Path) -> dict[str, Ended]:
    """Run the steps one after the other."""
    ended: dict[str, Ended] = {}
    for step, command in COMMANDS.items():
        ended[step] = run(root / step, command, [done.sandbox for done in ended.values()])
        assert ended[step].code == 0, ended[step].errors
    return ended


@pytest.fixture(scope="session")
def script() -> Callable[[str], ModuleType]:
    """Import a script of the flights pipeline as a module."""

    def load(name: str) -> ModuleType:
        paths = [str(SDK), str(FLIGHTS)]
        sys.path[:0] = paths
        try:
            return importlib.import_module(name)
        finally:
            for path in paths:
                sys.path.remove(path)

    return load


@pytest.fixture
def step(
    script: Callable[[str], ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> InProcess:
    """Run a script's ``main`` in this process, in ``tmp_path/sandbox`` with what is there."""

    def call(name: str, *arguments: object) -> Ended:
        module = script(name)
        (tmp_path / "sandbox").mkdir(exist_ok=True)
        monkeypatch.chdir(tmp_path / "sandbox")
        monkeypatch.setattr(sys, "argv", [f"{name}.py", *map(str, arguments)])
        for variable, value in variables(tmp_path).items():
            monkeypatch.setenv(variable, value)
        code, message = 0, ""
        try:
            module.main()
        except SystemExit as ending:
            code = ending.code if isinstance(ending.code, int) else 1
            message = f"{ending.code}\n"
        out, errors = capsys.readouterr()
        return Ended(tmp_path / "sandbox", code, out, errors + message, recorded(tmp_path))

    return call


@pytest.fixture(scope="session")
def year(script: Callable[[str], ModuleType]) -> pd.DataFrame:
    """All flights of 2013, as ``fetch.py`` reads them."""
    fetch: Any = script("fetch")
    flights: pd.DataFrame = fetch.read_flights(fetch.packaged_flights())
    return flights


@pytest.fixture
def two_days(year: pd.DataFrame) -> pd.DataFrame:
    """The flights of 2013-03-01 and 2013-03-02, for a test to damage."""
    return year[(year["month"] == 3) & (year["day"] <= 2)].reset_index(drop=True)


@pytest.fixture
def raw(script: Callable[[str], ModuleType], year: pd.DataFrame) -> pd.DataFrame:
    """The checked raw table of 2013-03-01 to 2013-03-03."""
    fetch: Any = script("fetch")
    days = fetch.days_between(*map(fetch.dt.date.fromisoformat, ("2013-03-01", "2013-03-03")))
    table: pd.DataFrame = fetch.select(year, days, fetch.mapped(days))
    return table
