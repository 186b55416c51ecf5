"""A real ``sshd`` of this user on a free port of the loopback, with keys of its own.

Host aliases of the ``ssh`` that ``path`` finds: ``box`` lets in; ``watcher`` may only look, by a
forced command; ``bare`` has no ``trainauto`` on its PATH; ``stranger`` has a key that nobody knows;
``unknown`` and ``changed`` have a host key that is not known here, or is another one.
"""

import os
import shutil
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path

from tests.support.far_machine import executable, trainauto_program
from tests.support.waiting import wait_until

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")
PRIVILEGE_SEPARATION = Path("/run/sshd")  # where sshd locks itself up, if root starts it

CONFIG = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/authorized
StrictModes no
UsePAM no
PidFile none
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
SetEnv PATH={folder}/far:/usr/bin:/bin TRAINAUTO_HOME={home}
"""
CLIENT = """\
Host changed
  UserKnownHostsFile {folder}/known-changed
Host unknown
  UserKnownHostsFile /dev/null
Host watcher
  IdentityFile {folder}/watcher
Host bare
  IdentityFile {folder}/bare
Host stranger
  IdentityFile {folder}/stranger
Host box
  IdentityFile {folder}/box
Host *
  HostName 127.0.0.1
  Port {port}
  IdentitiesOnly yes
  IdentityAgent none
  HostKeyAlias box
  UserKnownHostsFile {folder}/known
  StrictHostKeyChecking yes
"""
BARE = 'PATH=/nonexistent; eval \\"$SSH_ORIGINAL_COMMAND\\"'
KEYS = {
    "box": "",
    "watcher": 'restrict,command="trainauto dial-stdio --read-only --home {home}" ',
    "bare": f'restrict,command="{BARE}" ',
}


class Sshd:
    """One server, which can be cut off and come back on the same port.

    Args:
        folder: empty, for keys and settings.
        home: the default one over there, and the only one for ``watcher``.
    """

    def __init__(self, folder: Path, home: Path) -> None:
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.path = f"{folder / 'near'}{os.pathsep}{os.environ['PATH']}"
        self.port = _free_port()
        for name in ("host", "changed", "stranger", *KEYS):
            _make_key(folder / name)
        authorized = "".join(
            options.format(home=home) + (folder / f"{name}.pub").read_text()
            for name, options in KEYS.items()
        )
        (folder / "authorized").write_text(authorized)
        for known, key in (("known", "host"), ("known-changed", "changed")):
            (folder / known).write_text(f"box {(folder / f'{key}.pub').read_text()}")
        (folder / "sshd_config").write_text(CONFIG.format(folder=folder, port=self.port, home=home))
        (folder / "ssh_config").write_text(CLIENT.format(folder=folder, port=self.port))
        ssh = shutil.which("ssh") or "ssh"
        executable(folder / "near" / "ssh", f'#!/bin/sh\nexec {ssh} -F {folder}/ssh_config "$@"\n')
        trainauto_program(folder / "far")

    def start(self) -> None:
        """Listen, and return once connections are taken."""
        assert SSHD is not None
        if os.getuid() == 0:
            PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [SSHD, "-D", "-e", "-f", str(self._folder / "sshd_config")],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        wait_until(self._listens, "sshd to listen")

    def why_not(self) -> str:
        """Return why nobody can log in here, or nothing; plain ``ssh`` finds it out."""
        tried = subprocess.run(
            ["ssh", "-o", "BatchMode=yes", "box", "true"],
            env=os.environ | {"PATH": self.path},
            capture_output=True,
            text=True,
            timeout=60,
        )
        return "" if tried.returncode == 0 else f"{tried.stderr}{self.log()}"

    def log(self) -> str:
        """Return what the server said."""
        return (self._folder / "log").read_text()

    def cut(self) -> None:
        """End every session, as when a cable is pulled: nothing is said, nothing flushed."""
        assert self._process is not None
        for pid in _descendants(self._process.pid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def stop(self) -> None:
        """Take no connections any more, and end those there are."""
        if self._process is not None:
            self.cut()
            self._process.kill()
            self._process.wait()
            self._process = None

    def _listens(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, self.log()
        with socket.socket() as connection:
            return connection.connect_ex(("127.0.0.1", self.port)) == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _make_key(path: Path) -> None:
    words = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", path.name, "-f", str(path)]
    subprocess.run(words, check=True)


def _descendants(pid: int) -> list[int]:
    """Return the children of a process, theirs, and so on."""
    found: list[int] = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parent = int(path.read_text().rpartition(")")[2].split()[1])
            if parent == pid:
                found += [int(path.parent.name), *_descendants(int(path.parent.name))]
    return found
