"""The home directory: where one daemon keeps everything, and how others find it.

Standard library only, because the command line imports it on every call.
"""

import hashlib
import os
import sys
from functools import cache
from pathlib import Path

SOCKET_PATH_LIMIT = 100  # bytes; the kernel's sun_path holds 107 on Linux, 103 on macOS
PRIVATE_DIRECTORY = 0o700


def home_directory(explicit: str | None = None) -> Path:
    """Return the absolute home: ``explicit``, else ``TRAINAUTO_HOME``, else the platform's own."""
    chosen = explicit or os.environ.get("TRAINAUTO_HOME")
    if chosen:
        return Path(os.path.abspath(os.path.expanduser(chosen)))
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Application Support" / "trainauto"
    data = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(data) / "trainauto"


def socket_path(home: Path) -> Path:
    """Return where the daemon of ``home`` listens; short enough for a socket address."""
    direct = home / "api.sock"
    if len(os.fsencode(direct)) <= SOCKET_PATH_LIMIT:
        return direct
    name = hashlib.sha256(os.fsencode(home)).hexdigest()[:16]
    runtime = os.environ.get("XDG_RUNTIME_DIR") or "/tmp"
    return Path(runtime) / f"trainauto-{os.getuid()}" / name / "api.sock"


def read_only_socket_path(home: Path) -> Path:
    """Return where the daemon of ``home`` listens for those who may only look."""
    return socket_path(home).with_name("read.sock")


def daemon_log(home: Path) -> Path:
    """Return the daemon's own log file."""
    return home / "logs" / "daemon.log"


def start_command(home: Path) -> list[str]:
    """Return the command that starts the daemon of ``home`` in the background."""
    return [sys.executable, "-m", "trainautod.main", "--home", str(home), "--detach"]


def unit_text(home: Path) -> str:
    """Return the systemd user unit of the daemon of ``home``."""
    return (
        _packaged("systemd/trainautod.service").read_text().format(python=sys.executable, home=home)
    )


@cache
def sdk_directory() -> Path:
    """Return the folder that holds ``trainauto.py``, which every step can import."""
    return _packaged("sdk/trainauto.py").parent


def _packaged(relative: str) -> Path:
    """Return a file shipped beside the package: inside it once built, next to it in a checkout."""
    package = Path(__file__).resolve().parent
    built = package / relative
    return built if built.exists() else package.parent / relative
