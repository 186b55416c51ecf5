"""A daemon behind a real ``sshd`` on the loopback, and the command line on this side of it."""

import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import TRAINAUTO, Outcome
from tests.support.daemons import LiveDaemon
from tests.support.gates import Gate
from tests.support.sshd import SSHD, Sshd

Trainauto = Callable[..., Outcome]

GATED = """\
name: gated
steps:
  - id: wait
    run: |
      echo first {mark}
      {gate}
      echo second {mark}
"""


@pytest.fixture(scope="session")
def daemon() -> Iterator[LiveDaemon]:
    """The daemon of the other machine."""
    with tempfile.TemporaryDirectory(prefix="ta-", ignore_cleanup_errors=True) as folder:
        live = LiveDaemon(Path(folder) / "home").start()
        yield live
        live.kill()


@pytest.fixture(scope="session")
def server(daemon: LiveDaemon) -> Iterator[Sshd]:
    """The other machine's ``sshd``."""
    if SSHD is None:
        pytest.skip("no sshd on this machine: install openssh-server to try --host for real")
    with tempfile.TemporaryDirectory(prefix="ta-ssh-", ignore_cleanup_errors=True) as folder:
        server = Sshd(Path(folder), daemon.home)
        server.start()
        try:
            if why := server.why_not():
                pytest.skip(f"sshd lets this user in for nobody: {why}")
            yield server
        finally:
            server.stop()


@pytest.fixture
def sshd(server: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sshd:
    """The other machine's ``sshd``, found by the ``ssh`` of this test."""
    monkeypatch.setenv("PATH", server.path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.delenv("TRAINAUTO_HOST", raising=False)
    return server


@pytest.fixture
def there(daemon: LiveDaemon, sshd: Sshd) -> str:
    """The address of the daemon."""
    return f"ssh://box{daemon.home}"


@pytest.fixture
def trainauto(sshd: Sshd) -> Trainauto:
    """Run ``trainauto`` as a person without a terminal would."""

    def run(*words: str) -> Outcome:
        done = subprocess.run(
            [*TRAINAUTO, *words],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            env=os.environ | {"PATH": sshd.path},
            start_new_session=True,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run


class Gated:
    """A pipeline whose one step prints a line, waits, and prints another."""

    def __init__(self, folder: Path) -> None:
        self.gate = Gate(folder / "gate")
        self.file = folder / "gated.yaml"
        self.mark = folder.name
        self.file.write_text(GATED.format(gate=self.gate, mark=self.mark))

    def open(self) -> None:
        """Let the step go on."""
        self.gate.open()


@pytest.fixture
def gated(tmp_path: Path) -> Gated:
    return Gated(tmp_path)
