"""What this machine has to offer: CPUs, memory, GPUs; and what the user's config says instead."""

import os
import re
import shlex
import shutil
import socket
import subprocess
import tomllib
from dataclasses import dataclass, field
from math import inf
from pathlib import Path
from typing import TypeGuard

from trainautod.home import home_directory
from trainautod.notify.message import Place
from trainautod.notify.rates import Rate
from trainautod.runtime.errors import ConfigInvalid
from trainautod.runtime.slots import Capacity

_MEMORY_SHARE = 0.9  # of physical memory; the rest is the system's and the daemon's
_NVIDIA_SMI_S = 5.0
_MOST_GPUS = 1024  # far above any machine; a slip of the finger must not fill the memory

_SECRET = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

MiB = 1 << 20


@dataclass(frozen=True, slots=True)
class Telling:
    """Who is told of everything in this home, and how people reach it.

    Attributes:
        on: notices.
        to: names of the secrets that hold their Apprise URLs.
        rate: how many messages each target gets, those of pipelines too.
        place: this machine and home in the words of messages.
    """

    on: tuple[str, ...] = ()
    to: tuple[str, ...] = ()
    rate: Rate = field(default_factory=Rate)
    place: Place = field(default_factory=lambda: Place(socket.gethostname()))


@dataclass(frozen=True, slots=True)
class Config:
    """``config.toml`` of the home directory.

    Attributes:
        capacity: slots that steps share.
        log_head_bytes: of each attempt's log, the beginning that is always kept.
        log_tail_bytes: and the end.
        telling: who is told of what happens.
    """

    capacity: Capacity
    log_head_bytes: int = 16 * MiB
    log_tail_bytes: int = 48 * MiB
    telling: Telling = field(default_factory=Telling)


def load_config(home: Path) -> Config:
    """Read ``config.toml`` and fill in what this machine has.

    Raises:
        ConfigInvalid: the file is not TOML, or a value is not usable.
    """
    path = home / "config.toml"
    try:
        told = tomllib.loads(path.read_text("utf-8")) if path.exists() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise ConfigInvalid(f"{path}: {error}") from error
    _refuse_unknown(path, told, _KNOWN)
    slots, log = told.get("slots", {}), told.get("log", {})
    capacity = Capacity(
        cpus=_number(path, slots, "cpus", cpu_count()),
        memory_bytes=int(_number(path, slots, "memory_gib", memory_bytes() / 2**30) * 2**30),
        gpus=_gpus(path, slots),
    )
    head = int(_number(path, log, "head_mib", 16) * MiB)
    tail = int(_number(path, log, "tail_mib", 48) * MiB)
    return Config(capacity, head, tail, _telling(path, home, told.get("notify", {})))


_KNOWN = {
    "slots": {"cpus", "memory_gib", "gpus"},
    "log": {"head_mib", "tail_mib"},
    "notify": {"on", "to", "max_per_hour", "host"},
}


def cpu_count() -> int:
    """Return how many CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def memory_bytes() -> int:
    """Return the memory that steps may share, bytes."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return int(pages * _MEMORY_SHARE)


def detect_gpus() -> tuple[int, ...]:
    """Return the indexes of the NVIDIA GPUs that ``nvidia-smi`` lists."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ()
    command = [program, "--query-gpu=index", "--format=csv,noheader"]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_NVIDIA_SMI_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return ()
    return tuple(int(line) for line in done.stdout.split() if line.isdigit())


def _gpus(path: Path, slots: dict[str, object]) -> tuple[int, ...]:
    told = slots.get("gpus")
    if told is None:
        return detect_gpus()
    if _is_index(told):
        return tuple(range(told))
    if isinstance(told, list) and all(_is_index(i) for i in told):
        return tuple(sorted(set(told)))
    raise ConfigInvalid(f"{path}: slots.gpus is a number of GPUs or a list of their indexes")


def _telling(path: Path, home: Path, table: dict[str, object]) -> Telling:
    on, to = _words(path, table, "on"), _words(path, table, "to")
    if "on" in table and not to:
        raise ConfigInvalid(f"{path}: [notify] has `on` and no `to`; name who is told")
    for name in to:
        if not _SECRET.fullmatch(name):
            told = "name a secret that holds an Apprise URL, not the URL itself"
            raise ConfigInvalid(f"{path}: notify.to holds what is no name; {told}")
    most = _number(path, table, "max_per_hour", Rate().most)
    if not most.is_integer():
        raise ConfigInvalid(f"{path}: max_per_hour = {most} must be a whole number")
    return Telling(
        _notices(path, on) if to else (), to, Rate(int(most)), _place(path, home, table.get("host"))
    )


def _notices(path: Path, told: tuple[str, ...]) -> tuple[str, ...]:
    from trainautod.spec.errors import ValueRefused  # half a daemon's start, and seldom needed
    from trainautod.spec.notify import PROBLEMS, notice

    try:
        return tuple(map(notice, told)) or PROBLEMS
    except ValueRefused as error:
        raise ConfigInvalid(f"{path}: notify.on: {error}") from error


def _place(path: Path, home: Path, host: object) -> Place:
    """Return how people reach this home: by the address that they are told, or on this machine."""
    name = socket.gethostname()
    if host is None:
        usual = home_directory() == home and "TRAINAUTO_HOME" not in os.environ
        return Place(name, "" if usual else f"--home {shlex.quote(str(home))}")
    if not isinstance(host, str) or not host.strip() or not host.isprintable():
        example = "an address such as ssh://me@box, or the name that people keep it under"
        raise ConfigInvalid(f"{path}: notify.host = {host!r} must be {example}")
    return Place(name, f"--host {shlex.quote(host)}", far=True)


def _words(path: Path, table: dict[str, object], key: str) -> tuple[str, ...]:
    value = table.get(key, [])
    several = [value] if isinstance(value, str) else value
    if isinstance(several, list) and all(isinstance(each, str) for each in several):
        return tuple(dict.fromkeys(several))
    raise ConfigInvalid(f"{path}: notify.{key} must be a list of names")


def _is_index(value: object) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_GPUS


def _number(path: Path, table: dict[str, object], key: str, default: float) -> float:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < inf:
        raise ConfigInvalid(f"{path}: {key} = {value!r} must be a number above 0")
    return float(value)


def _refuse_unknown(path: Path, told: dict[str, object], known: dict[str, set[str]]) -> None:
    for section, table in told.items():
        if section not in known or not isinstance(table, dict):
            raise ConfigInvalid(f"{path}: unknown section {section!r}; known: {sorted(known)}")
        unknown = sorted(set(table) - known[section])
        if unknown:
            allowed = sorted(known[section])
            raise ConfigInvalid(
                f"{path}: unknown key {unknown[0]!r} in [{section}]; known: {allowed}"
            )
